r"""Retraining without some rows, and on many subsets of the rows.

*What a row contributes.* Let ``w`` be trained on all rows and ``w'`` without the rows ``F``, with
the same ridge. Subtracting their normal equations gives ``(XᵀX + λI)(w − w') = X_Fᵀ r`` with
``r = y_F − X_F w'``, in any shape and for any rank; so ``w − w' = C r``, where column ``i`` of
``C`` is how ``w`` moves with the target of row ``i``. Only ``r`` depends on which other rows leave.

*Residuals.* A ridge is ``√λ I`` next to the rows (``n <= d``) or below them, so let ``A`` be the
rows with it. With independent rows ``CᵀC`` is the block ``[K⁻¹]_FF`` of ``K = A Aᵀ`` and ``Cᵀw``
is ``[K⁻¹y]_F``: all rows together have ``r = C⁺w``, and one row alone has ``r_i = c_iᵀw/‖c_i‖²``,
without ever forming ``K⁻¹``. In general, with orthonormal columns ``Q`` that span those of ``A``
and leverages ``h_i = ‖q_i‖²``, one row alone has ``r_i = (y_i − q_iᵀQᵀy)/(1 − h_i)``; where its
leverage is one, it alone holds a direction of the row space and ``r_i = c_iᵀw/‖c_i‖²`` once more.

*Digits.* ``1 − h_i`` would lose them near a leverage of one. As ``QQᵀ`` is a projector,
``h_i(1 − h_i)`` is the sum of squares of the other entries of its column ``i``, which loses none;
its root also tells whether the leverage is one. The span of the columns is known up to
``eps · κ(A)``, so a root below ``max(m, d) · eps · κ(A)`` counts as zero (measured for leverages of
one in 4 to 230 rows, in blocks of condition up to 1e6 and different sizes: at most a fifth of it).
"""

from __future__ import annotations

import numpy as np

from linreg_unlearn.arrays import BoolArray, FloatArray, IntArray
from linreg_unlearn.linalg.factorization import Factorization, factorize
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.problem import Problem


def remove_together(problem: Problem, ridge: float) -> tuple[FloatArray, FloatArray]:
    """Return what the forget rows contribute to the weights, when all of them leave.

    Parameters
    ----------
    problem : Problem
    ridge : float
        ``λ ≥ 0``, checked; the same with and without the rows.

    Returns
    -------
    directions : ndarray of shape (d, n_f)
        ``C``, how the weights trained on all rows move with the targets of the forget rows.
    residuals : ndarray of shape (n_f,) or (n_f, c)
        ``r = y_f − X_f w_g``; the difference to retraining is ``directions @ residuals``.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> C, r = remove_together(problem, 0.0)
    >>> C.round(12), r.round(12)
    (array([[0.],
           [1.]]), array([4.]))
    """
    factors, targets = _system(problem, ridge)
    rows = np.arange(problem.n_r, problem.n)
    C = _moved_by_targets(factors, rows)
    if factors.rank == len(factors.matrix):
        residuals = factorize(C).min_norm(factors.min_norm(targets))
    else:
        # Leaving rows out may lower the rank; only retraining knows.
        start = np.zeros(problem.weight_shape)
        w_g = ridge_nearest(factors_of(problem).retained, start, problem.y_r, ridge)
        residuals = problem.y_f - problem.X_f @ w_g
    return C[: problem.d], residuals


def remove_each(problem: Problem, rows: IntArray, ridge: float) -> tuple[FloatArray, FloatArray]:
    """Return what rows contribute to the weights, when each of them leaves alone.

    Parameters
    ----------
    problem : Problem
    rows : ndarray of int, shape (k,)
        Distinct positions in ``problem.X``.
    ridge : float
        ``λ ≥ 0``, checked; the same with and without the row.

    Returns
    -------
    directions : ndarray of shape (d, k)
        ``C``, how the weights trained on all rows move with the targets of these rows.
    residuals : ndarray of shape (k,) or (k, c)
        ``r_i = y_i − x_iᵀw'`` for the weights ``w'`` trained without row ``i``, whose difference to
        those trained on all rows is ``directions[:, i] * residuals[i]``.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [1], [1]], [0, 3, 6], forget=[0])
    >>> remove_each(problem, np.array([2]), 0.0)[1].round(12)
    array([-4.5])
    """
    factors, targets = _system(problem, ridge)
    m = len(factors.matrix)
    y = targets.reshape(m, -1)
    C = _moved_by_targets(factors, rows)
    w = factors.min_norm(y)
    residuals = np.zeros((rows.size, y.shape[1]))
    lowers = np.ones(rows.size, dtype=np.bool_)
    if factors.rank < m:
        Q = factors.column_basis()
        others = Q @ Q[rows].T
        leverage = others[rows, np.arange(rows.size)]
        others[rows, np.arange(rows.size)] = 0.0
        size = np.linalg.norm(others, axis=0)
        high = leverage > 0.5
        noise = max(factors.matrix.shape) * np.finfo(np.float64).eps * factors.condition
        lowers = high & (size <= noise)
        gap = np.where(high, size**2 / np.where(high, leverage, 1.0), 1.0 - leverage)
        gap[lowers] = 1.0
        residuals = y[rows] - (others.T @ y) / gap[:, None]
    squares = (C * C).sum(axis=0)
    residuals[lowers] = (C.T @ w)[lowers] / squares[lowers, None]
    return C[: problem.d], residuals.reshape(rows.size, *problem.y.shape[1:])


def retrain_on(problem: Problem, included: BoolArray, ridge: float) -> FloatArray:
    """Train on each of many subsets of the rows.

    Up to as many rows as columns, every Gram matrix is a slice of that of all rows. Ranks are those
    of the subset's own rows: in coordinates of the row space of all rows, which would be shorter,
    rounding errors of large rows decide the rank of small ones.

    Parameters
    ----------
    problem : Problem
    included : ndarray of bool, shape (m, n)
        One subset per row; it may be empty, then the weights are zero.
    ridge : float
        ``λ ≥ 0``, checked.

    Returns
    -------
    ndarray of shape (m, d) or (m, d, c)

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> retrain_on(problem, np.array([[True, False], [False, True], [True, True]]), 0.0).round(12)
    array([[1. , 0. ],
           [2.5, 2.5],
           [1. , 4. ]])
    """
    X, y, gram = problem.X, problem.y, None
    if problem.n <= problem.d:
        gram = factors_of(problem).all.gram
        gram = X @ X.T if gram is None else gram
    start = np.zeros(problem.weight_shape)
    weights = np.zeros((len(included), *problem.weight_shape))
    for k, subset in enumerate(included):
        rows = np.flatnonzero(subset)
        if rows.size:
            part = None if gram is None else gram[np.ix_(rows, rows)]
            weights[k] = ridge_nearest(factorize(X[rows], gram=part), start, y[rows], ridge)
    return weights


def _system(problem: Problem, ridge: float) -> tuple[Factorization, FloatArray]:
    """Return the rows, with the ridge as more columns or more rows, and their targets."""
    factors = factors_of(problem).all
    X, y = problem.X, problem.y
    if ridge == 0:
        return factors, y
    gram = factors.gram
    if gram is not None:
        gram = gram + ridge * np.eye(len(gram))
    if problem.n <= problem.d:
        A = np.hstack([X, np.sqrt(ridge) * np.eye(problem.n)])
        return factorize(A, gram=gram), y
    A = np.vstack([X, np.sqrt(ridge) * np.eye(problem.d)])
    return factorize(A, gram=gram), np.concatenate([y, np.zeros(problem.weight_shape)])


def _moved_by_targets(factors: Factorization, rows: IntArray) -> FloatArray:
    """Return columns of the pseudo-inverse."""
    units = np.zeros((len(factors.matrix), rows.size))
    units[rows, np.arange(rows.size)] = 1.0
    return factors.min_norm(units)
