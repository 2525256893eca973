r"""Any number of gradient steps on a quadratic at the price of one decomposition.

``w ← w − η(A w − b)`` with the curvature ``A = ρ X_rᵀX_r + φ X_fᵀX_f + λI``, where ``φ`` may be
negative, stays in the row space of ``X`` but for the ridge, which shrinks everything else by
``1 − ηλ`` per step. In the eigenvectors of ``A`` steps do not mix, and ``k`` of them move a
coordinate of curvature ``a`` and gradient ``g`` by

    −φ_k(a) g,    φ_k(a) = (1 − (1 − ηa)^k)/a,    φ_k(0) = ηk.

*Which decomposition.* One group of rows, or two of equal weight, needs the singular value
decomposition of those rows, whose squares are the curvatures: small ones keep their digits, and the
rank rule of :mod:`~linreg_unlearn.linalg.factorization` decides which ones count. Two weights need
an eigendecomposition of size ``rank X`` in coordinates of the row space.

*Growth.* Where ``ηa < 0`` the powers grow, and so does rounding. A gradient that is rounding and
nothing else would be blown up to any size, so where something grows, an output whose gradient is
below :data:`~linreg_unlearn.linalg.rounding.VANISHING` of the terms that cancel in it counts as
stationary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg

from linreg_unlearn.arrays import LARGEST_ENTRY, BoolArray, FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.bounded_rank import new_rows
from linreg_unlearn.linalg.factorization import (
    Factorization,
    cholesky,
    cholesky_solve,
    truncated_svd,
)
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.rounding import VANISHING
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.problem import Problem

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class QuadraticFlow:
    """Gradient steps in coordinates in which they do not mix.

    Attributes
    ----------
    start : ndarray of shape (d,) or (d, c)
        ``w_0``.
    directions : ndarray of shape (r, d)
        Row ``i`` is how the weights move with coordinate ``i``.
    curvatures : ndarray of shape (r,)
    gradient : ndarray of shape (r, c)
        At the start, in these coordinates.
    outside : ndarray of shape (d, c)
        The part of the start that only the ridge moves; used where `ridge` is positive.
    ridge : float
        ``λ ≥ 0``, the curvature of all other directions.
    bounded : bool
        Whether the quadratic has a minimum from every start.
    still : ndarray of bool, shape (c,)
        Outputs that do not move: something grows, and their gradient is rounding.
    minimizer : ndarray of shape (d,) or (d, c), or None
        Where the steps end, if that is known with more digits than the coordinates give.
    """

    start: FloatArray
    directions: FloatArray
    curvatures: FloatArray
    gradient: FloatArray
    outside: FloatArray
    ridge: float
    bounded: bool
    still: BoolArray
    minimizer: FloatArray | None = None

    @property
    def spectrum(self) -> FloatArray:
        """All curvatures that move anything, that of the ridge included."""
        r, d = self.directions.shape
        if self.ridge > 0 and r < d:
            return np.append(self.curvatures, self.ridge)
        return self.curvatures

    @property
    def stability_limit(self) -> float:
        """``2/a_max``: larger steps oscillate without end; infinite if nothing curves upwards."""
        largest = float(self.spectrum.max(initial=0.0))
        return 2.0 / largest if largest > 0 else np.inf

    @property
    def best_step(self) -> float | None:
        """``2/(a_max + a_min)``, the constant step of least contraction; None if none contracts."""
        spectrum = self.spectrum
        if not self.bounded or spectrum.size == 0 or spectrum.min() <= 0:
            return None
        return float(2.0 / (spectrum.max() + spectrum.min()))

    def contraction(self, step: float) -> float:
        """Return ``max |1 − ηa|``: by how much a step shrinks what can shrink, at worst.

        Parameters
        ----------
        step : float
            ``η > 0``.

        Returns
        -------
        float
            Above 1 the steps diverge.
        """
        return float(np.abs(1.0 - step * self.spectrum).max(initial=0.0))

    def after(self, steps: int, step: float) -> FloatArray:
        """Return the weights after some steps.

        Parameters
        ----------
        steps : int
            ``k ≥ 0``.
        step : float
            ``η > 0``.

        Returns
        -------
        ndarray of shape (d,) or (d, c)

        Raises
        ------
        InputError
            The weights have grown beyond what can be squared.

        Examples
        --------
        >>> from linreg_unlearn.linalg.factorization import factorize
        >>> flow = row_flow(factorize(np.array([[2.0]])), np.zeros(1), np.array([4.0]))
        >>> [round(float(flow.after(k, 0.125)[0]), 6) for k in range(4)]
        [0.0, 1.0, 1.5, 1.75]
        """
        if steps == 0:
            return self.start.copy()
        with np.errstate(over="ignore", invalid="ignore"):
            weights = _summed_powers(self.curvatures, steps, step)[:, None]
            move = np.where(self.gradient == 0, 0.0, weights * self.gradient)
            w = self.start.reshape(self.outside.shape) - self.directions.T @ move
            if self.ridge > 0:
                w -= self.ridge * _summed_powers(np.array([self.ridge]), steps, step) * self.outside
        return representable(w, steps, step).reshape(self.start.shape)

    def obstacle(self, step: float) -> str:
        """Say why the steps do not converge.

        Parameters
        ----------
        step : float
            ``η > 0``.

        Returns
        -------
        str
            Empty if they do.
        """
        if self.still.all():
            return ""
        if not self.bounded:
            return "the objective has no minimum, so the steps have no limit: pass a number"
        if step >= self.stability_limit:
            return (
                f"with step_size {step:g} the steps do not converge: pass a number, or a step_size "
                f"below {self.stability_limit:g}"
            )
        return ""

    def limit(self, step: float) -> FloatArray | None:
        """Return where the steps end, or None if they do not converge.

        Parameters
        ----------
        step : float
            ``η > 0``.

        Returns
        -------
        ndarray of shape (d,) or (d, c), or None

        Examples
        --------
        >>> from linreg_unlearn.linalg.factorization import factorize
        >>> flow = row_flow(factorize(np.array([[2.0]])), np.zeros(1), np.array([4.0]))
        >>> flow.limit(0.125)
        array([2.])
        >>> flow.limit(0.5) is None
        True
        """
        if self.obstacle(step):
            return None
        if self.still.all():
            return self.start.copy()
        if self.minimizer is not None:
            return self.minimizer.copy()
        # Division by a curvature, not by a power: exact where after() would need infinite steps.
        move = np.where(self.gradient == 0, 0.0, self.gradient / self.curvatures[:, None])
        w = self.start.reshape(self.outside.shape) - self.directions.T @ move
        return (w - self.outside if self.ridge > 0 else w).reshape(self.start.shape)


def representable(w: FloatArray, steps: int, step: float) -> FloatArray:
    """Refuse weights that have grown beyond what can be squared.

    Parameters
    ----------
    w : ndarray
    steps : int
    step : float
        For the sentence.

    Returns
    -------
    ndarray
        `w` itself.

    Raises
    ------
    InputError
        An entry is too large or not finite.

    Examples
    --------
    >>> representable(np.array([1.0]), 10, 0.5)
    array([1.])
    """
    if not (np.abs(w) <= LARGEST_ENTRY).all():
        raise InputError(
            f"the weights grow beyond {LARGEST_ENTRY:g} within {steps} steps of size {step:g}: "
            "take fewer or smaller steps"
        )
    return w


def row_flow(
    factors: Factorization,
    start: FloatArray,
    targets: FloatArray,
    *,
    ridge: float = 0.0,
    weight: float = 1.0,
) -> QuadraticFlow:
    """Gradient steps on ``½ρ‖A w − T‖² + ½λ‖w‖²``.

    Parameters
    ----------
    factors : Factorization
        Of ``A``, shape (m, d).
    start : ndarray of shape (d,) or (d, c)
    targets : ndarray of shape (m,) or (m, c)
        ``T``.
    ridge : float, default 0.0
        ``λ ≥ 0``.
    weight : float, default 1.0
        ``ρ``, not 0; negative for ascent.

    Returns
    -------
    QuadraticFlow

    Examples
    --------
    >>> from linreg_unlearn.linalg.factorization import factorize
    >>> row_flow(factorize(np.array([[3.0, 4.0]])), np.zeros(2), np.ones(1)).best_step
    0.04
    """
    A, (U, s, Vt) = factors.matrix, factors.svd()
    w, T = _table(start), _table(targets)
    coordinates = Vt @ w
    curvatures = weight * s * s + ridge
    gradient = weight * s[:, None] * (U.T @ (A @ w - T)) + ridge * coordinates
    return _settled(
        QuadraticFlow(
            start=start,
            directions=Vt,
            curvatures=curvatures,
            gradient=gradient,
            outside=w - Vt.T @ coordinates,
            ridge=ridge,
            bounded=bool((curvatures > 0).all()),
            still=np.zeros(w.shape[1], dtype=np.bool_),
        ),
        abs(weight) * _terms(A, w, T) + ridge * _norms(w),
    )


def weighted_flow(
    problem: Problem,
    start: FloatArray,
    targets: FloatArray,
    *,
    retained: float,
    forget: float,
    ridge: float = 0.0,
) -> QuadraticFlow:
    """Gradient steps on ``½ρ‖X_r w − T_r‖² + ½φ‖X_f w − T_f‖² + ½λ‖w‖²``.

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d); its targets are not used.
    start : ndarray of shape (d,) or (d, c)
    targets : ndarray of shape (n,) or (n, c)
        ``T``, the retained ones first.
    retained, forget : float
        ``ρ ≥ 0`` and ``φ`` of any sign, not both 0. A weight of 0 leaves the rows out.
    ridge : float, default 0.0
        ``λ ≥ 0``.

    Returns
    -------
    QuadraticFlow

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [1]], [1, 0], forget=[1])
    >>> flow = weighted_flow(problem, np.zeros(1), problem.y, retained=1.0, forget=-0.5)
    >>> flow.limit(1.0).round(12)
    array([2.])
    """
    factors, n_r = factors_of(problem), problem.n_r
    if forget == 0:
        return row_flow(factors.retained, start, targets[:n_r], ridge=ridge, weight=retained)
    if retained == 0:
        return row_flow(factors.forget, start, targets[n_r:], ridge=ridge, weight=forget)
    if retained == forget:
        return row_flow(factors.all, start, targets, ridge=ridge, weight=retained)
    U, s, Vt = factors.all.svd()
    rows, w, T = U * s, _table(start), _table(targets)
    weights = np.full(problem.n, retained)
    weights[n_r:] = forget
    coordinates = Vt @ w
    curvature = rows.T @ (weights[:, None] * rows) + ridge * np.eye(s.size)
    a, Z = _eigh(curvature)
    gradient = rows.T @ (weights[:, None] * (problem.X @ w - T)) + ridge * coordinates
    minimizer, bounded = None, forget > 0
    if forget < 0 and -forget < retained * critical_weight(problem, ridge / retained):
        beta, penalty = -forget / retained, ridge / retained
        minimizer = _difference_minimizer(problem, start, targets, beta, penalty)
        bounded = minimizer is not None
    return _settled(
        QuadraticFlow(
            start=start,
            directions=Z.T @ Vt,
            curvatures=a,
            gradient=Z.T @ gradient,
            outside=w - Vt.T @ coordinates,
            ridge=ridge,
            bounded=bounded,
            still=np.zeros(w.shape[1], dtype=np.bool_),
            minimizer=minimizer,
        ),
        max(retained, abs(forget)) * _terms(problem.X, w, T) + ridge * _norms(w),
    )


def alternating_flow(
    problem: Problem,
    start: FloatArray,
    teacher: FloatArray,
    *,
    step: float,
    retained: float,
    distance: float,
    ridge: float = 0.0,
) -> QuadraticFlow:
    r"""Pairs of steps of one size: away from a teacher on the forget rows, then down again.

    A pair is an ascent step on ``½‖X_f(w − w_o)‖²``, then a descent step on
    ``½ρ‖X_r w − y_r‖² + ½γ‖X_r(w − w_o)‖² + ½λ‖w‖²``. In ``u = w − w_o`` it is the affine map
    ``u ← (I − ηK)(I + ηF)u − ηg`` with ``F = X_fᵀX_f`` and ``K = (ρ + γ)X_rᵀX_r + λI``. The matrix
    is not symmetric, but in ``(I + ηF)^½ u`` it is: there a pair is a gradient step with curvature
    ``(I + ηF)^½ K (I + ηF)^½ − F``.

    Parameters
    ----------
    problem : Problem
    start, teacher : ndarray of shape (d,) or (d, c)
        ``w_0`` and ``w_o``.
    step : float
        ``η > 0``; the coordinates depend on it, so use the flow with no other one.
    retained, distance : float
        ``ρ`` and ``γ``, at least 0.
    ridge : float, default 0.0
        ``λ ≥ 0``.

    Returns
    -------
    QuadraticFlow

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [1]], [1, 1], forget=[1])
    >>> flow = alternating_flow(
    ...     problem, np.array([3.0]), np.array([1.0]), step=0.5, retained=1.0, distance=0.0
    ... )
    >>> flow.after(1, 0.5).round(12)
    array([2.5])
    """
    U, s, Vt = factors_of(problem).all.svd()
    rows, w, w_o = U * s, _table(start), _table(teacher)
    rows_r, rows_f = rows[: problem.n_r], rows[problem.n_r :]
    F = rows_f.T @ rows_f
    K = (retained + distance) * (rows_r.T @ rows_r) + ridge * np.eye(s.size)
    f, Q = _eigh(F)
    stretch = np.sqrt(1.0 + step * np.maximum(f, 0.0))
    root, unroot = (Q * stretch) @ Q.T, (Q / stretch) @ Q.T
    curvature = root @ K @ root - F
    a, Z = _eigh((curvature + curvature.T) / 2)
    y_r = _table(problem.y_r)
    pull = retained * (rows_r.T @ (problem.X_r @ w_o - y_r)) + ridge * (Vt @ w_o)
    gradient = Z.T @ (curvature @ (root @ (Vt @ (w - w_o))) + root @ pull)
    size = float(np.abs(a).max(initial=0.0))
    terms = (retained + distance) * _terms(problem.X_r, w, y_r) + ridge * _norms(w)
    return _settled(
        QuadraticFlow(
            start=start,
            directions=Z.T @ unroot @ Vt,
            curvatures=a,
            gradient=gradient,
            outside=w - Vt.T @ (Vt @ w),
            ridge=ridge,
            bounded=bool(a.size == 0 or a.min() > a.size * _EPS * size),
            still=np.zeros(w.shape[1], dtype=np.bool_),
        ),
        terms + _terms(problem.X_f, w - w_o, np.zeros((problem.n_f, 1))),
    )


def new_rows_flow(
    problem: Problem, start: FloatArray, targets: FloatArray, *, weight: float = 1.0
) -> QuadraticFlow:
    r"""Take steps ``w ← w − ηρ Bᵀ(X_f w − T)`` with ``B = X_f(I − P_r)``.

    Parameters
    ----------
    problem : Problem
    start : ndarray of shape (d,) or (d, c)
    targets : ndarray of shape (n_f,) or (n_f, c)
        ``T``.
    weight : float, default 1.0
        ``ρ``, not 0; negative for ascent.

    Returns
    -------
    QuadraticFlow

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [1, 2]], [1, 1], forget=[1])
    >>> new_rows_flow(problem, np.array([1.0, 0.0]), np.array([5.0])).limit(0.25).round(12)
    array([1., 2.])
    """
    C, directions = new_rows(problem)
    w, T = _table(start), _table(targets)
    U, s, Zt = truncated_svd(C)
    curvatures = weight * s * s
    gradient = weight * s[:, None] * (U.T @ (problem.X_f @ w - T))
    return _settled(
        QuadraticFlow(
            start=start,
            directions=Zt @ directions,
            curvatures=curvatures,
            gradient=gradient,
            outside=np.zeros(w.shape),
            ridge=0.0,
            bounded=bool((curvatures > 0).all()),
            still=np.zeros(w.shape[1], dtype=np.bool_),
        ),
        abs(weight) * _terms(problem.X_f, w, T),
    )


def critical_weight(problem: Problem, ridge: float = 0.0) -> float:
    """Return ``1/λ_max(H_r⁻¹X_fᵀX_f)`` with ``H_r = X_rᵀX_r + λI``.

    Parameters
    ----------
    problem : Problem
    ridge : float, default 0.0
        ``λ ≥ 0``.

    Returns
    -------
    float
        ``H_r − βX_fᵀX_f`` is positive definite on the row space of ``X`` exactly for the smaller
        ``β``. 0 where at ``λ = 0`` forget rows leave the row space of the retained ones; infinite
        where the forget rows are zero.

    Examples
    --------
    >>> problem = Problem.from_arrays([[2], [1]], [1, 1], forget=[1])
    >>> critical_weight(problem), critical_weight(problem, 1.0)
    (4.0, 5.0)
    """
    factors = factors_of(problem)
    if ridge == 0 and factors.retained.rank < factors.all.rank:
        return 0.0
    halves = np.hstack(_halves(problem, ridge))
    gain = float(np.linalg.norm(halves, 2)) ** 2 if halves.size else 0.0
    return 1.0 / gain if gain > 0 else np.inf


def _difference_minimizer(
    problem: Problem, start: FloatArray, targets: FloatArray, weight: float, ridge: float
) -> FloatArray | None:
    """Minimize ``‖X_r w − T_r‖² + λ‖w‖² − β‖X_f w − T_f‖²`` from the minimizer without ``β``.

    With ``Z = H_r⁻¹X_fᵀ`` and ``S = X_f Z`` it is ``w_g + βZ(I − βS)⁻¹(X_f w_g − T_f)``: no sum of
    squared singular values of ``X`` is formed, whose small ones would lose half of their digits.
    """
    factors, n_r = factors_of(problem).retained, problem.n_r
    w_g = ridge_nearest(factors, start if ridge == 0 else 0.0 * start, targets[:n_r], ridge)
    inside, beyond = _halves(problem, ridge)
    halves = np.hstack([inside, beyond])
    lower = cholesky(np.eye(problem.n_f) - weight * (halves @ halves.T))
    if lower is None:
        return None
    miss = weight * (problem.X_f @ w_g - targets[n_r:])
    z = _table(cholesky_solve(lower, miss))
    _, s, Vt_r = factors.svd()
    u = Vt_r.T @ ((inside.T @ z) / np.hypot(s, np.sqrt(ridge))[:, None])
    if beyond.size:
        u += beyond.T @ z / np.sqrt(ridge)
    return np.asarray(w_g + u.reshape(w_g.shape))


def _halves(problem: Problem, ridge: float) -> tuple[FloatArray, FloatArray]:
    """Return ``X_f H_r^{−½}``: in coordinates of the row space of ``X_r``, and the rest if any."""
    factors = factors_of(problem)
    _, s, Vt_r = factors.retained.svd()
    seen = problem.X_f @ Vt_r.T
    inside = seen / np.hypot(s, np.sqrt(ridge))
    if ridge == 0 or factors.retained.rank == factors.all.rank:
        return inside, np.zeros((problem.n_f, 0))
    return inside, (problem.X_f - seen @ Vt_r) / np.sqrt(ridge)


def _summed_powers(a: FloatArray, steps: int, step: float) -> FloatArray:
    """Return ``(1 − (1 − ηa)^k)/a``, and its limit ``ηk`` where ``a`` is 0."""
    x = -step * a
    # For a power near 1 the difference cancels, so it is never formed.
    close = np.abs(x) < 0.5
    near = np.where(close, x, 0.25)
    # A subnormal product is no quotient to trust; its limit is.
    flat = np.abs(near) < 1e-300
    near = np.where(flat, 0.25, near)
    small = np.where(flat, float(steps), np.expm1(steps * np.log1p(near)) / near)
    far = np.where(close, 1.0, 1.0 + x)
    with np.errstate(divide="ignore"):
        power = np.exp(steps * np.log(np.abs(far)))
    power = np.where((far < 0) & (steps % 2 == 1), -power, power)
    large = (1.0 - power) / np.where(close, 1.0, a)
    return np.where(close, step * small, large)


def _settled(flow: QuadraticFlow, terms: FloatArray) -> QuadraticFlow:
    """Stop outputs whose gradient is rounding, if anything grows."""
    if flow.curvatures.min(initial=0.0) >= 0:
        return flow
    size = np.hypot(_norms(flow.gradient), flow.ridge * _norms(flow.outside))
    still = size <= VANISHING * terms
    return replace(
        flow,
        still=still,
        gradient=np.where(still, 0.0, flow.gradient),
        outside=np.where(still, 0.0, flow.outside),
    )


def _terms(A: FloatArray, w: FloatArray, T: FloatArray) -> FloatArray:
    """Bound the terms that cancel in ``Aᵀ(A w − T)``, output by output."""
    size = float(np.linalg.norm(A))
    return size * (size * _norms(w) + _norms(T))


def _eigh(A: FloatArray) -> tuple[FloatArray, FloatArray]:
    if A.size == 0:
        return np.zeros(0), A
    a, Z = scipy.linalg.eigh(A, check_finite=False)
    return a, Z


def _table(v: FloatArray) -> FloatArray:
    """Give a vector one column."""
    return v[:, None] if v.ndim == 1 else v


def _norms(v: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(v, axis=0))
