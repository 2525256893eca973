"""Pretraining, retraining from scratch, and fine-tuning between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import FloatArray, IntArray, real_number, row_indices, weight_array
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem


@register(title="pretrained", family="fine-tuning")
def pretrained(problem: Problem, *, ridge: float = 0.0) -> Solution:
    """Train on all rows, those to forget included: ``w_o = X⁺y``, or ridge regression.

    Problem
    -------
    ``min ‖Xw − y‖² + λ‖w‖²``; at ``λ = 0`` among the solutions the one of smallest norm.

    Method
    ------
    Direct: ``(XᵀX + λI)⁻¹Xᵀy``, whose limit ``λ → 0`` is ``X⁺y``. It is also where gradient descent
    from zero converges to.

    Guarantee
    ---------
    A1: at ``λ = 0`` and with ``y = X w_*``, ``w_o = P w_*`` and both losses are zero. Exact.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows, not to means.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows, without the
        ridge.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> pretrained(problem).coef
    array([1., 1., 1.])
    >>> pretrained(problem, ridge=1.0).coef.round(3)
    array([0.5  , 0.667, 0.667])
    """
    penalty = real_number(ridge, "ridge", 0)
    factors = factors_of(problem).all
    coef = ridge_nearest(factors, np.zeros(problem.weight_shape), problem.y, penalty)
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="pretrained",
        done=f"{from_scratch(penalty)} on all {problem.n} rows",
    )


@register(title="golden (retrained)", family="fine-tuning")
def golden(problem: Problem, *, ridge: float = 0.0) -> Solution:
    """Retrain from scratch on the retained rows: ``w_g = X_r⁺y_r``, or ridge regression.

    Problem
    -------
    ``min ‖X_r w − y_r‖² + λ‖w‖²``, at ``λ = 0`` among the solutions the one of smallest norm: what
    exact unlearning has to reach.

    Method
    ------
    Direct: ``(X_rᵀX_r + λI)⁻¹X_rᵀy_r``, with the factor of the retained rows taken from that of all
    rows.

    Guarantee
    ---------
    A3: at ``λ = 0`` and with ``y = X w_*``, the unlearning loss is ``‖X_f(I − P_r)w_*‖²/n_f`` and
    the retain loss is zero. Exact. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X_r`` of shape (n_r, d), ``y_r`` of shape (n_r,) or (n_r, c).
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows: the same number as for the pretrained weights.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows,
        without the ridge.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> golden(problem).coef
    array([1., 0., 0.])
    """
    penalty = real_number(ridge, "ridge", 0)
    factors = factors_of(problem).retained
    coef = ridge_nearest(factors, np.zeros(problem.weight_shape), problem.y_r, penalty)
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X_r, problem.y_r, coef),
        method="golden",
        done=f"{from_scratch(penalty)} on the {problem.n_r} retained rows",
    )


@register(title="fine-tuned", family="fine-tuning")
def fine_tuned(
    problem: Problem,
    *,
    rows: ArrayLike | None = None,
    start: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Continue training on retained rows: ``w_t = w_0 + X_t⁺(y_t − X_t w_0)``, or with a ridge.

    Problem
    -------
    ``min ‖X_t w − y_t‖² + λ‖w − w_0‖²`` over retained rows; at ``λ = 0`` among the solutions the
    one nearest to the start ``w_0``.

    Method
    ------
    Direct. It is also where gradient descent from ``w_0`` converges to.

    Guarantee
    ---------
    A2: at ``λ = 0``, from the pretrained weights and at interpolation nothing changes, whatever the
    rows. A6: after all retained rows, ``w_t − w_g = (I − P_r)w_0``, from any start. Exact.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    rows : array_like of shape (n_t,), optional
        Which retained rows to use: indices from 0 to n_r − 1 or a mask of shape (n_r,). May be
        empty. Default: all.
    start : array_like of shape (d,) or (d, c), optional
        The weights to start from. Default: the pretrained ones, trained with the same `ridge`.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows; it pulls towards the start, not towards zero.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows used, without
        the ridge.

    Raises
    ------
    InputError
        `rows` does not name retained rows, `start` has another shape or entries that are not
        finite, or `ridge` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> fine_tuned(problem).coef
    array([1., 1., 1.])
    >>> fine_tuned(problem, start=np.zeros(3)).coef
    array([1., 0., 0.])
    """
    penalty = real_number(ridge, "ridge", 0)
    chosen = (
        np.arange(problem.n_r)
        if rows is None
        else row_indices(rows, problem.n_r, "rows", "the retained data")
    )
    w_0 = starting_weights(problem, start, penalty)
    return nearest(problem, w_0, chosen, method="fine_tuned", before=origin(start), ridge=penalty)


def nearest(
    problem: Problem,
    w_0: FloatArray,
    rows: IntArray,
    *,
    method: str,
    before: str,
    ridge: float = 0.0,
) -> Solution:
    """Return the least-squares solution on some retained rows nearest to given weights.

    Parameters
    ----------
    problem : Problem
    w_0 : ndarray of shape (d,) or (d, c)
        Where fine-tuning starts.
    rows : ndarray of int, shape (n_t,)
        Retained rows, checked; may be empty, then nothing moves.
    method : str
        The method this is a step of.
    before : str
        What was done before, for ``Solution.done``.
    ridge : float, default 0.0
        Checked; how much the distance to `w_0` costs.

    Returns
    -------
    Solution

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 1], [0, 1]], [2, 2], forget=[1])
    >>> nearest(problem, np.zeros(2), np.array([0]), method="demo", before="zeros")
    Solution(coef=array([1., 1.]), rank=1, residual_norm=0.0, method='demo',
    done='zeros, then fine-tuned on 1 of 1 retained rows')
    """
    factors = factors_of(problem).subset(rows)
    y_t = problem.y[rows]
    coef = ridge_nearest(factors, w_0, y_t, ridge)
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(factors.matrix, y_t, coef),
        method=method,
        done=f"{before}, then fine-tuned on {rows.size} of {problem.n_r} retained rows"
        + (f" with ridge {ridge:g}" if ridge else ""),
    )


def starting_weights(problem: Problem, start: ArrayLike | None, ridge: float) -> FloatArray:
    """Return the weights that a method starts from: given ones, or the pretrained ones.

    Parameters
    ----------
    problem : Problem
    start : array_like of shape (d,) or (d, c), or None
    ridge : float
        ``λ ≥ 0`` of pretraining.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Raises
    ------
    InputError
        `start` has another shape or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> starting_weights(problem, None, 0.0), starting_weights(problem, [5, 6], 0.0)
    (array([1., 2.]), array([5., 6.]))
    """
    if start is None:
        return pretrained(problem, ridge=ridge).coef
    return weight_array(start, problem.weight_shape, "start")


def origin(start: ArrayLike | None) -> str:
    """Name the start, for ``Solution.done``.

    Parameters
    ----------
    start : array_like of shape (d,) or (d, c), or None

    Returns
    -------
    str

    Examples
    --------
    >>> origin(None)
    'the pretrained weights'
    """
    return "the pretrained weights" if start is None else "the given weights"


def trained(ridge: float) -> str:
    """Name how the pretrained weights were trained, for ``Solution.done``.

    Parameters
    ----------
    ridge : float

    Returns
    -------
    str

    Examples
    --------
    >>> trained(0.5)
    'pretrained with ridge 0.5'
    """
    return f"pretrained with ridge {ridge:g}" if ridge else "pretrained"


def from_scratch(ridge: float) -> str:
    """Name what training from scratch does, for ``Solution.done``.

    Parameters
    ----------
    ridge : float

    Returns
    -------
    str

    Examples
    --------
    >>> from_scratch(0.5)
    'ridge regression (0.5)'
    """
    return f"ridge regression ({ridge:g})" if ridge else "minimum-norm least squares"


def residual_norm(A: FloatArray, B: FloatArray, w: FloatArray) -> float:
    """Return the Frobenius norm of ``A w − B``.

    Parameters
    ----------
    A : ndarray of shape (m, d)
    B : ndarray of shape (m,) or (m, c)
    w : ndarray of shape (d,) or (d, c)

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> residual_norm(np.eye(2), np.zeros(2), np.array([3.0, 4.0]))
    5.0
    """
    return float(np.linalg.norm(A @ w - B))
