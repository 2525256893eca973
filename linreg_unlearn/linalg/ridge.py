r"""Nearest solutions with a ridge, and of two groups of rows with different weights.

*Ridge.* ``min ‖A w − B‖² + λ‖w − w_0‖²`` has the solution ``w_0 + u`` with
``u = Aᵀ(A Aᵀ + λI)⁻¹(B − A w_0)``. The path is that of ``A`` itself: where its Gram matrix is well
conditioned, adding ``λI`` makes it no worse, so its Cholesky factor and refinement serve as they do
without a ridge; everywhere else the singular values that count are damped, ``σ/(σ² + λ)``. So the
rank of ``A`` is decided once for all ``λ``, and ``λ → 0`` ends at the minimum-norm solution that
:mod:`~linreg_unlearn.linalg.factorization` gives for ``λ = 0``.

*Weights.* ``min ρ‖X_r w − B_r‖² + φ‖X_f w − B_f‖² + λ‖w − w_0‖²`` could be solved as a ridge
problem with rows scaled by ``√ρ`` and ``√φ``, but a rank rule on the scaled rows would drop the
lighter ones as soon as the weights differ much. So rank is decided on ``X``, and weights enter
afterwards:

- independent rows: ``u = Xᵀ z`` with ``(X Xᵀ + λ D⁻¹) z = B − X w_0`` and ``D = diag(ρ, φ)``, where
  a heavy weight is a small number that is added; at ``λ = 0`` the weights drop out;
- more rows than columns and moderate weights: the Gram matrix ``ρ X_rᵀ X_r + φ X_fᵀ X_f``;
- otherwise orthonormal coordinates in which the two groups of rows are diagonal at the same time
  (the cosine–sine decomposition): every coordinate is a weighted mean of what the two groups ask
  for, stable for all weights.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.factorization import (
    REFINEMENTS,
    Factorization,
    cholesky,
    cholesky_solve,
    factorize_gram,
)
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.problem import Problem

# The Gram matrix of weighted rows is used up to this quotient of weights. Heavy rows of lower rank
# whose targets disagree cost it an error of about 1e-16 times the quotient (measured: 1e-14 at 1e2,
# 1e-11 at 1e4, 1e-6 at 1e10), where the simultaneous diagonal form stays at 1e-14.
_MODERATE = 1e3

# No quotient of weights leaves this range, so none becomes infinite or zero.
_LARGEST_RATIO = 1e200


def ridge_nearest(
    factors: Factorization, w0: FloatArray, B: FloatArray, ridge: float
) -> FloatArray:
    """Return the minimizer of ``‖A w − B‖² + ridge · ‖w − w0‖²``.

    Parameters
    ----------
    factors : Factorization
        Of ``A``, shape (m, d).
    w0 : ndarray of shape (d,) or (d, c)
    B : ndarray of shape (m,) or (m, c)
    ridge : float
        ``λ ≥ 0``. 0 is the limit ``λ → 0``: the least-squares solution nearest to `w0`.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.linalg.factorization import factorize
    >>> factors = factorize(np.array([[1.0, 1.0]]))
    >>> ridge_nearest(factors, np.zeros(2), np.array([6.0]), 1.0).round(12)
    array([2., 2.])
    >>> ridge_nearest(factors, np.zeros(2), np.array([6.0]), 0.0).round(12)
    array([3., 3.])
    """
    if ridge == 0 or factors.rank == 0:
        return factors.project_affine(w0, B)
    rest = B - factors.matrix @ w0
    lower = None if factors.gram is None else cholesky(shifted(factors.gram, ridge))
    if lower is None:
        U, s, Vt = factors.svd()
        return w0 + Vt.T @ scaled(damped(s, ridge), U.T @ rest)
    return w0 + ridge_step(factors.matrix, lower, rest, ridge)


def ridge_step(A: FloatArray, lower: FloatArray, B: FloatArray, ridge: float) -> FloatArray:
    """Return ``Aᵀ(A Aᵀ + λI)⁻¹B`` by a Cholesky factor, refined.

    Parameters
    ----------
    A : ndarray of shape (m, d)
    lower : ndarray of shape (k, k), ``k = min(m, d)``
        The factor of ``A Aᵀ + λI`` when ``m <= d``, else of ``AᵀA + λI``.
    B : ndarray of shape (m,) or (m, c)
    ridge : float
        ``λ``.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> import numpy as np
    >>> ridge_step(np.array([[1.0, 1.0]]), np.array([[2.0]]), np.array([6.0]), 2.0)
    array([1.5, 1.5])
    """
    m, d = A.shape
    if m <= d:
        return _kernel_step(A, lower, B, np.full(m, ridge))
    u = cholesky_solve(lower, A.T @ B)
    for _ in range(REFINEMENTS):
        u += cholesky_solve(lower, A.T @ (B - A @ u) - ridge * u)
    return u


def weighted_nearest(
    problem: Problem,
    w0: FloatArray,
    B: FloatArray,
    *,
    retained: float,
    forget: float,
    ridge: float,
) -> tuple[FloatArray, int]:
    """Return the minimizer of ``ρ‖X_r w − B_r‖² + φ‖X_f w − B_f‖² + λ‖w − w0‖²``, and the rank.

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d); its targets are not used.
    w0 : ndarray of shape (d,) or (d, c)
    B : ndarray of shape (n,) or (n, c)
        Targets, the retained ones first.
    retained, forget : float
        ``ρ ≥ 0`` and ``φ ≥ 0``, not both 0. A weight of 0 leaves the rows out.
    ridge : float
        ``λ ≥ 0``. 0 is the limit ``λ → 0``, taken before any limit of the weights.

    Returns
    -------
    w : ndarray of shape (d,) or (d, c)
    rank : int
        Of the rows with a positive weight, by the rank rule on these rows without their weights.

    Examples
    --------
    >>> import numpy as np
    >>> problem = Problem.from_arrays([[1], [1]], [1, 1], forget=[1])
    >>> w, _ = weighted_nearest(
    ...     problem, np.zeros(1), np.array([1.0, 0.0]), retained=1.0, forget=3.0, ridge=0.0
    ... )
    >>> w.round(12)
    array([0.25])
    """
    shared, n_r = factors_of(problem), problem.n_r
    if forget == 0:
        factors = shared.retained
        return ridge_nearest(factors, w0, B[:n_r], _ratio(ridge, retained)), factors.rank
    if retained == 0:
        factors = shared.forget
        return ridge_nearest(factors, w0, B[n_r:], _ratio(ridge, forget)), factors.rank

    weight, penalty = max(_ratio(forget, retained), 1 / _LARGEST_RATIO), _ratio(ridge, retained)
    if problem.n > problem.d and 1 / _MODERATE < weight < _MODERATE:
        scale = np.ones(problem.n)
        scale[n_r:] = np.sqrt(weight)
        fast = factorize_gram(scaled(scale, problem.X), gram=shared.weighted_gram(weight))
        if fast is not None:
            return ridge_nearest(fast, w0, scaled(scale, B), penalty), fast.rank
    factors = shared.all
    if factors.rank == problem.n and penalty == 0:
        return factors.project_affine(w0, B), factors.rank
    rest = B - problem.X @ w0
    if factors.rank == problem.n and factors.gram is not None:
        shift = np.full(problem.n, penalty)
        shift[n_r:] = _ratio(ridge, forget)
        lower = cholesky(shifted(factors.gram, shift))
        if lower is not None:
            return w0 + _kernel_step(problem.X, lower, rest, shift), factors.rank
    # What no weights fit in one group alone has no say, but would be magnified by small ridges.
    bases = (shared.retained.column_basis(), shared.forget.column_basis())
    parts = (rest[:n_r], rest[n_r:])
    rest = np.concatenate([Q @ (Q.T @ part) for Q, part in zip(bases, parts, strict=True)])
    return w0 + _diagonal_step(factors, n_r, rest, weight, penalty), factors.rank


def _kernel_step(
    A: FloatArray, lower: FloatArray, rest: FloatArray, shift: FloatArray
) -> FloatArray:
    """Return ``Aᵀ z`` with ``(A Aᵀ + diag(shift)) z = rest``."""
    z = cholesky_solve(lower, rest)
    u = A.T @ z
    for _ in range(REFINEMENTS):
        dz = cholesky_solve(lower, rest - A @ u - scaled(shift, z))
        z += dz
        u += A.T @ dz
    return np.asarray(u)


def _diagonal_step(
    factors: Factorization, n_r: int, rest: FloatArray, weight: float, ridge: float
) -> FloatArray:
    """Return the minimizer of ``‖X_r u − rest_r‖² + weight · ‖X_f u − rest_f‖² + ridge · ‖u‖²``."""
    U, s, Vt = factors.svd()
    k = s.size
    if k == 0:
        return np.zeros((Vt.shape[1], *rest.shape[1:]))
    # In the coordinates R Vt u all rows together have orthonormal columns Q, so the right singular
    # vectors of one group of rows make the other one diagonal too.
    rows = U * s
    base = np.vstack([rows[:n_r], np.sqrt(ridge) * np.eye(k if ridge else 0, k)])
    m = len(base)
    Q, R = scipy.linalg.qr(np.vstack([base, rows[n_r:]]), mode="economic", check_finite=False)
    light, heavy = Q[:m], Q[m:]
    light_rest, heavy_rest = np.zeros((m, *rest.shape[1:])), rest[n_r:]
    light_rest[:n_r] = rest[:n_r]
    if weight < 1:
        light, heavy, light_rest, heavy_rest = heavy, light, heavy_rest, light_rest
        weight = 1 / weight
    # Only small singular values of the heavier group need their digits, so that one is decomposed;
    # where it has none, its rounding noise times its weight must not decide.
    W, h, Zt = scipy.linalg.svd(heavy, full_matrices=len(heavy) < k, check_finite=False)
    h = h[h > max(Q.shape) * np.finfo(np.float64).eps]
    size, pull = np.zeros(k), np.zeros((k, *rest.shape[1:]))
    size[: h.size] = h
    pull[: h.size] = W[:, : h.size].T @ heavy_rest
    other = light @ Zt.T
    wanted = other.T @ light_rest + weight * scaled(size, pull)
    c = Zt.T @ scaled(1.0 / ((other * other).sum(axis=0) + weight * size**2), wanted)
    return np.asarray(Vt.T @ scipy.linalg.solve_triangular(R, c, check_finite=False))


def shifted(gram: FloatArray, shift: float | FloatArray) -> FloatArray:
    """Return a copy of a square matrix with something added to its diagonal.

    Parameters
    ----------
    gram : ndarray of shape (k, k)
    shift : float or ndarray of shape (k,)

    Returns
    -------
    ndarray of shape (k, k)

    Examples
    --------
    >>> import numpy as np
    >>> shifted(np.ones((2, 2)), 0.5)
    array([[1.5, 1. ],
           [1. , 1.5]])
    """
    copy = gram.copy()
    copy[np.diag_indices(len(gram))] += shift
    return copy


def scaled(weights: FloatArray, B: FloatArray) -> FloatArray:
    """Multiply the rows of a vector or matrix by weights.

    Parameters
    ----------
    weights : ndarray of shape (k,)
    B : ndarray of shape (k,) or (k, c)

    Returns
    -------
    ndarray of shape (k,) or (k, c)

    Examples
    --------
    >>> import numpy as np
    >>> scaled(np.array([2.0, 3.0]), np.ones((2, 1)))
    array([[2.],
           [3.]])
    """
    return B * (weights if B.ndim == 1 else weights[:, None])


def damped(s: FloatArray, ridge: float) -> FloatArray:
    """Return ``σ/(σ² + λ)``: what takes the place of ``1/σ`` with a ridge.

    Parameters
    ----------
    s : ndarray of shape (k,)
        Positive singular values ``σ``.
    ridge : float
        ``λ ≥ 0``.

    Returns
    -------
    ndarray of shape (k,)

    Examples
    --------
    >>> import numpy as np
    >>> damped(np.array([1.0, 2.0]), 4.0)
    array([0.2 , 0.25])
    """
    # An overflow is a ridge so large that this direction does not move.
    with np.errstate(over="ignore"):
        return 1.0 / (s + ridge / s)


def _ratio(one: float, other: float) -> float:
    with np.errstate(over="ignore"):
        return float(min(np.float64(one) / np.float64(other), _LARGEST_RATIO))
