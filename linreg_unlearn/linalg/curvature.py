r"""Steps with the curvature ``H = AᵀA + λI`` of a least-squares objective, without forming ``H``.

A second-order step asks for ``H⁻¹V`` with any ``V``, and that is two things in one. Inside the row
space of ``A`` directions are divided by ``σ² + λ``; outside of it, by ``λ`` alone, which magnifies
whatever rounding has left there by ``1/λ``. So the two parts are separate functions: who knows the
second part from theory (it is often zero, or a multiple of the weights) does not compute it.

With fewer rows than columns the Gram matrix is ``A Aᵀ``: then ``H⁻¹V = Aᵀ(A Aᵀ + λI)⁻¹ z`` inside
the row space, where ``z = (A Aᵀ)⁻¹A V`` are the coefficients of ``V`` on the rows.
"""

from __future__ import annotations

import numpy as np

from linreg_unlearn.arrays import BoolArray, FloatArray
from linreg_unlearn.linalg.factorization import (
    REFINEMENTS,
    SQUARABLE,
    Factorization,
    cholesky,
    cholesky_solve,
    factorize,
    reciprocal_condition,
)
from linreg_unlearn.linalg.ridge import damped, ridge_nearest, ridge_step, scaled, shifted

# A column is a combination of others when what is left of its squared norm is rounding.
_DEPENDENT = 1e-12

# Blocks this close are told apart by rounding only.
_EQUAL = 1e-10

# What the rows cannot fit of the right-hand side is divided by the damping before it drops out, so
# up to this condition eight digits are left.
_SMALLEST_DAMPED_RCOND = 1e-8


def row_solve(factors: Factorization, V: FloatArray, ridge: float) -> FloatArray:
    """Return ``(AᵀA + λI)⁻¹P V`` with ``P = A⁺A``: the part inside the row space of ``A``.

    At ``λ = 0`` it is ``(AᵀA)⁺V``.

    Parameters
    ----------
    factors : Factorization
        Of ``A``, shape (m, d).
    V : ndarray of shape (d,) or (d, c)
    ridge : float
        ``λ ≥ 0``.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.linalg.factorization import factorize
    >>> row_solve(factorize(np.array([[2.0, 0.0]])), np.array([8.0, 5.0]), 0.0)
    array([2., 0.])
    """
    A, gram = factors.matrix, factors.gram
    if factors.rank == 0:
        return np.zeros(V.shape)
    m, d = A.shape
    wide = m <= d
    lower = None
    if gram is not None:
        # With few rows the ridge enters afterwards; with many, it is part of the matrix.
        lower = cholesky(gram if wide else shifted(gram, ridge))
    if lower is None:
        _, s, Vt = factors.svd()
        return np.asarray(Vt.T @ scaled(damped(s, ridge), scaled(1.0 / s, Vt @ V)))
    if wide:
        z = cholesky_solve(lower, A @ V)
        for _ in range(REFINEMENTS):
            z += cholesky_solve(lower, A @ (V - A.T @ z))
        return ridge_nearest(factors, np.zeros(V.shape), z, ridge)
    u = cholesky_solve(lower, V)
    for _ in range(REFINEMENTS):
        u += cholesky_solve(lower, V - A.T @ (A @ u) - ridge * u)
    return u


def curvature_solve(factors: Factorization, V: FloatArray, ridge: float) -> FloatArray:
    """Return ``(AᵀA + λI)⁻¹V``, or ``(AᵀA)⁺V`` at ``λ = 0``.

    Parameters
    ----------
    factors : Factorization
        Of ``A``, shape (m, d).
    V : ndarray of shape (d,) or (d, c)
    ridge : float
        ``λ ≥ 0``. The rounding errors of `V` outside the row space are divided by it.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.linalg.factorization import factorize
    >>> curvature_solve(factorize(np.array([[1.0, 0.0]])), np.array([8.0, 5.0]), 1.0)
    array([4., 5.])
    """
    inside = row_solve(factors, V, ridge)
    if ridge == 0 or factors.rank == factors.matrix.shape[1]:
        return inside
    return np.asarray(inside + (V - factors.project(V)) / ridge)


def newton_step(
    factors: Factorization, w: FloatArray, descent: FloatArray, ridge: float
) -> FloatArray:
    """Return ``(AᵀA + λI)⁻¹v`` for the negative gradient ``v`` at ``w`` of an objective on ``A``.

    Outside the row space of ``A`` only ``−λw`` is left of ``v``, which is put in exactly: no
    rounding error is divided by a small ``λ``.

    Parameters
    ----------
    factors : Factorization
        Of ``A``, shape (m, d).
    w, descent : ndarray of shape (d,) or (d, c)
        ``v = Aᵀ(b − A w) − λw`` for some targets ``b``; what it is outside the row space of ``A``
        is not looked at.
    ridge : float
        ``λ ≥ 0``; 0 is the pseudo-inverse.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.linalg.factorization import factorize
    >>> factors = factorize(np.array([[2.0, 0.0]]))
    >>> newton_step(factors, np.array([1.0, 3.0]), np.array([5.0, -3.0]), 1.0)
    array([ 1., -3.])
    """
    step = row_solve(factors, descent, ridge)
    return step + (factors.project(w) - w) if ridge else step


def damped_min_norm(
    A: FloatArray, B: FloatArray, damping: float, *, gram: FloatArray | None = None
) -> FloatArray:
    """Return ``Aᵀ(AAᵀ + δI)⁻¹B``, without asking for the rank of ``A`` unless it has to.

    A damping that is not small makes any matrix well conditioned, so one Cholesky factorization
    does. Where it is too small for that, the rows are factorized by the rank rule.

    Parameters
    ----------
    A : ndarray of shape (m, d)
    B : ndarray of shape (m,) or (m, c)
    damping : float
        ``δ > 0``.
    gram : ndarray of shape (k, k), ``k = min(m, d)``, optional
        ``A Aᵀ`` when ``m <= d``, else ``Aᵀ A``, if it is known already.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> import numpy as np
    >>> damped_min_norm(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([5.0, 5.0]), 1.0).round(12)
    array([2., 2.])
    """
    m, d = A.shape
    if 0 < min(m, d) and np.abs(A).max() < SQUARABLE[1]:
        if gram is None:
            gram = A @ A.T if m <= d else A.T @ A
        G = shifted(gram, damping)
        lower = cholesky(G)
        if lower is not None and reciprocal_condition(G, lower) > _SMALLEST_DAMPED_RCOND:
            return ridge_step(A, lower, B, damping)
    return ridge_nearest(factorize(A), np.zeros((d, *B.shape[1:])), B, damping)


def greedy_block(A: FloatArray, ridge: float, gradient: FloatArray, size: int) -> BoolArray:
    """Choose columns one by one, each time the one that adds most to ``gᵀ(H_SS)⁻¹g``.

    Parameters
    ----------
    A : ndarray of shape (m, d)
        ``H = AᵀA + λI``.
    ridge : float
        ``λ ≥ 0``.
    gradient : ndarray of shape (d, c)
        ``g``; the sum over its columns counts.
    size : int
        How many to choose, from 0 to d. Of columns that add the same the first one is chosen.

    Returns
    -------
    ndarray of bool, shape (d,)

    Examples
    --------
    >>> import numpy as np
    >>> greedy_block(np.diag([1.0, 2.0, 3.0]), 0.0, np.array([[1.0], [4.0], [3.0]]), 2)
    array([ True,  True, False])
    """
    # A Cholesky factorization of H that takes the best column as its next pivot: what is left of
    # the diagonal and of the gradient are those of the Schur complement, so their quotient is what
    # a column adds.
    d = A.shape[1]
    diagonal = np.einsum("ij,ij->j", A, A) + ridge
    left, slope = diagonal.copy(), gradient.copy()
    lower = np.zeros((d, size))
    chosen = np.zeros(d, dtype=np.bool_)
    for k in range(size):
        usable = ~chosen & (left > _DEPENDENT * diagonal)
        adds = np.zeros(d)
        adds[usable] = (slope[usable] ** 2).sum(axis=1) / left[usable]
        adds[chosen] = -1.0
        p = int(np.argmax(adds))
        chosen[p] = True
        if not usable[p]:
            continue  # Nothing adds anything any more; the block is filled up by position.
        column = A.T @ A[:, p]
        column[p] += ridge
        column -= lower[:, :k] @ lower[p, :k]
        column /= np.sqrt(left[p])
        lower[:, k] = column
        slope -= np.outer(column, slope[p] / column[p])
        left -= column**2
    return chosen


def best_block(A: FloatArray, ridge: float, gradient: FloatArray, size: int) -> BoolArray:
    """Compare all blocks of a size and choose the one with the largest ``gᵀ(H_SS)⁺g``.

    Parameters
    ----------
    A : ndarray of shape (m, d)
        ``H = AᵀA + λI``; with few columns, as the number of blocks grows fast.
    ridge : float
        ``λ ≥ 0``.
    gradient : ndarray of shape (d, c)
        ``g``, in the row space of ``A`` at ``λ = 0``; the sum over its columns counts.
    size : int
        From 0 to d. Of blocks that are equally good the first one in lexicographic order is chosen.

    Returns
    -------
    ndarray of bool, shape (d,)

    Examples
    --------
    >>> import numpy as np
    >>> A = np.array([[1.0, 1.0, 0.1], [1.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> best_block(A, 0.0, np.array([[2.0], [0.0], [1.5]]), 2)
    array([ True, False,  True])
    """
    d = A.shape[1]
    H = A.T @ A + ridge * np.eye(d)
    smallest = _DEPENDENT * np.diag(H)
    best, most = np.arange(size), -1.0

    # Every block is reached from its first columns, whose elimination it shares with many others.
    def extend(picked: list[int], schur: FloatArray, slope: FloatArray, gained: float) -> None:
        nonlocal best, most
        missing = size - len(picked)
        start = picked[-1] + 1 if picked else 0
        left = np.diag(schur)
        usable = left > smallest
        adds = np.zeros(d)
        adds[usable] = (slope[usable] ** 2).sum(axis=1) / left[usable]
        if missing == 1:
            last = adds[start:]
            j = start + int(np.argmax(last >= last.max() * (1 - _EQUAL)))
            if gained + adds[j] > most * (1 + _EQUAL):
                best, most = np.array([*picked, j]), gained + float(adds[j])
            return
        for p in range(start, d - missing + 1):
            after, then = schur, slope
            if usable[p]:
                column = schur[:, p] / left[p]
                after = schur - np.outer(column, schur[p])
                then = slope - np.outer(column, slope[p])
            extend([*picked, p], after, then, gained + float(adds[p]))

    if size:
        extend([], H, gradient, 0.0)
    chosen = np.zeros(d, dtype=np.bool_)
    chosen[best] = True
    return chosen
