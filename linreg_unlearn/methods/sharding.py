"""Many small models on separate shards of the rows: forgetting a row retrains one of them.

Every row belongs to one shard, by a rule that no deletion changes: a seeded shuffle of the indices
that the rows had in the caller's data, or a routing of one's own. One least-squares adapter is
trained per shard on the given features, which stand for a fixed encoder, and the model combines the
adapters. What is exact here is exact relative to this sharded model, which is not the one that
training on all rows at once would give.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    FloatArray,
    IntArray,
    kind,
    real_number,
    weight_array,
    whole_number,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import residual_norm
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem


def shard_of_rows(
    problem: Problem, *, shards: int = 5, seed: int = 0, routing: ArrayLike | None = None
) -> IntArray:
    """Return the shard that every row belongs to.

    Parameters
    ----------
    problem : Problem
    shards : int, default 5
        How many there are; at most one per row, unless `routing` is given.
    seed : int, default 0
        Of the shuffle that deals the rows out evenly. It sees the original number of rows and
        their original indices, nothing else.
    routing : array_like of int, shape (n,), optional
        The shard of every row of the caller's data, from 0 to ``shards − 1``, instead of the
        shuffle: entry ``problem.rows[i]`` is that of row ``i`` of ``problem.X``.

    Returns
    -------
    ndarray of int, shape (n,)
        In the order of ``problem.X``, retained rows first.

    Raises
    ------
    InputError
        `shards` is not a whole number of at least 1, `seed` not one of at least 0, or `routing`
        does not name one shard per row.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [2], [3]], [1, 2, 3], forget=[0])
    >>> shard_of_rows(problem, shards=2, routing=[0, 1, 1])
    array([1, 1, 0])
    """
    count, number = whole_number(shards, "shards", 1), whole_number(seed, "seed", 0)
    known = int(problem.rows.max()) + 1
    if routing is None:
        dealt = np.random.default_rng(number).permutation(known) % count
        return np.asarray(dealt[problem.rows], dtype=np.int64)
    try:
        given = np.asarray(routing)
    except (ValueError, TypeError):
        given = np.empty(0, dtype=object)
    if given.shape != (known,):
        raise InputError(
            f"routing has shape {given.shape}, but there are {known} rows: pass one shard per row"
        )
    if given.dtype.kind not in "iu":
        raise InputError(f"routing holds {kind(given)}: pass whole numbers, one shard per row")
    outside = given[(given < 0) | (given >= count)]
    if outside.size:
        raise InputError(
            f"routing names shard {outside[0]}, but there are {count} shards: use numbers from 0 "
            f"to {count - 1}"
        )
    return np.asarray(given[problem.rows], dtype=np.int64)


def touched_shards(
    problem: Problem, *, shards: int = 5, seed: int = 0, routing: ArrayLike | None = None
) -> IntArray:
    """Return the shards that hold a row to forget: what a deletion has to retrain.

    Parameters
    ----------
    problem : Problem
    shards, seed, routing
        As for :func:`shard_of_rows`.

    Returns
    -------
    ndarray of int
        In increasing order, each once.

    Raises
    ------
    InputError
        As for :func:`shard_of_rows`.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [2], [3]], [1, 2, 3], forget=[0])
    >>> touched_shards(problem, shards=2, routing=[0, 1, 1])
    array([0])
    """
    shard = shard_of_rows(problem, shards=shards, seed=seed, routing=routing)
    return np.unique(shard[problem.n_r :])


@register(
    title="sharded adapters (LegoNet)",
    family="structure",
    variants=[lambda problem: {"shards": 2}, lambda problem: {"combine": "rows"}],
)
def sharded_ridge(
    problem: Problem,
    *,
    shards: int = 5,
    ridge: float = 0.0,
    combine: str = "mean",
    update: str = "retrain",
    routing: ArrayLike | None = None,
    start: ArrayLike | None = None,
    seed: int = 0,
) -> Solution:
    """Train one model per shard of the rows, and after a deletion only the touched ones again.

    Problem
    -------
    Per shard ``s``: ``min ‖X_s w − y_s‖² + λ‖w − w_0‖²``; the model is a mean of these adapters.

    Method
    ------
    Direct. Adapters of shards without a row to forget are those trained before; a touched one is
    trained again on what is left of its shard, or downdated: ``w_s + H⁻¹X_kᵀ(I − S)⁻¹(X_k w_s −
    y_k)`` with the deleted rows ``X_k`` of the shard, ``H`` its Gram matrix plus ``λI`` and
    ``S = X_k H⁻¹X_kᵀ``. A shard that has lost all its rows returns to ``w_0`` and stays in the
    mean. One shard per row, a linear adapter on fixed features and the squared loss are our reading
    of a fixed encoder with many adapters.

    Guarantee
    ---------
    F2: the sharded model trained from scratch on the retained rows, exactly, since neither features
    nor routing depend on the deleted rows. It is not golden: where the rows of different shards
    are orthogonal, the mean over ``S`` shards is ``w_g/S`` at ``λ = 0`` and ``w_0 = 0``; where
    every shard determines all weights and the retained targets are ``X_r w_*``, both are ``w_*``.
    [yu2022legonet]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    shards : int, default 5
        How many; at most one per row, unless `routing` is given.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to the sum over the rows of each shard.
    combine : {"mean", "rows"}, default "mean"
        Every adapter counts the same, or as much as its shard has retained rows.
    update : {"retrain", "downdate"}, default "retrain"
        How a touched adapter is brought up to date. The results agree; a downdate needs a ridge.
    routing : array_like of int, shape (n,), optional
        The shard of every row of the caller's data. Default: dealt out evenly by a seeded shuffle.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``, fixed weights that every adapter corrects. Default: zeros.
    seed : int, default 0
        Of the shuffle.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows.

    Raises
    ------
    InputError
        `shards` or `seed` is not a whole number or too small, `ridge` is negative or not finite,
        `combine` or `update` is unknown, `update` is "downdate" without a ridge, `routing` does not
        name one shard per row, or `start` has another shape or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[2, 0], [0, 2], [1, 0]], [2, 4, 9], forget=[2])
    >>> sharded_ridge(problem, shards=2, routing=[0, 1, 1]).coef
    array([0.5, 1. ])
    """
    w_0, penalty = _base(problem, start), real_number(ridge, "ridge", 0)
    if update not in ("retrain", "downdate"):
        raise InputError(f"update is {update!r}: pass 'retrain' or 'downdate'")
    if update == "downdate" and penalty == 0:
        raise InputError("update is 'downdate' but ridge is 0: pass ridge > 0 or update='retrain'")
    shard = shard_of_rows(problem, shards=shards, seed=seed, routing=routing)
    weights = _shares(problem, shard, _count(problem, shards, routing), combine)
    touched = np.unique(shard[problem.n_r :])
    coef = np.zeros(problem.weight_shape)
    for s, weight in enumerate(weights):
        rows = np.flatnonzero(shard == s)
        if update == "downdate" and s in touched:
            adapter = _downdated(problem, rows, w_0, penalty)
        else:
            adapter = _adapter(problem, rows[rows < problem.n_r], w_0, penalty)
        coef += weight * adapter
    how = "trained again" if update == "retrain" else "downdated"
    return _solution(
        problem,
        coef,
        method="sharded_ridge",
        done=f"{touched.size} of {weights.size} adapters {how}, the others reused"
        + _combined(combine, penalty),
    )


def retrained_sharded(
    problem: Problem,
    *,
    shards: int = 5,
    ridge: float = 0.0,
    combine: str = "mean",
    routing: ArrayLike | None = None,
    start: ArrayLike | None = None,
    seed: int = 0,
) -> Solution:
    """Train the sharded model from scratch on the retained rows: what `sharded_ridge` must reach.

    Parameters
    ----------
    problem : Problem
        Its forget rows are not looked at, only that their places in the routing stay empty.
    shards, ridge, combine, routing, start, seed
        As for :func:`sharded_ridge`.

    Returns
    -------
    Solution
        ``rank`` and ``residual_norm`` of the retained rows.

    Raises
    ------
    InputError
        As for :func:`sharded_ridge`.

    Examples
    --------
    >>> problem = Problem.from_arrays([[2, 0], [0, 2], [1, 0]], [2, 4, 9], forget=[2])
    >>> retrained_sharded(problem, shards=2, routing=[0, 1, 1]).coef
    array([0.5, 1. ])
    """
    w_0, penalty = _base(problem, start), real_number(ridge, "ridge", 0)
    shard = shard_of_rows(problem, shards=shards, seed=seed, routing=routing)
    weights = _shares(problem, shard, _count(problem, shards, routing), combine)
    coef = np.zeros(problem.weight_shape)
    for s, weight in enumerate(weights):
        rows = shard[: problem.n_r] == s
        factors = factorize(problem.X_r[rows])
        coef += weight * ridge_nearest(factors, w_0, problem.y_r[rows], penalty)
    return _solution(
        problem,
        coef,
        method="retrained_sharded",
        done=f"{weights.size} adapters from scratch on the {problem.n_r} retained rows"
        + _combined(combine, penalty),
    )


def _count(problem: Problem, shards: int, routing: ArrayLike | None) -> int:
    return shards if routing is not None else min(shards, int(problem.rows.max()) + 1)


def _base(problem: Problem, start: ArrayLike | None) -> FloatArray:
    if start is None:
        return np.zeros(problem.weight_shape)
    return weight_array(start, problem.weight_shape, "start")


def _shares(problem: Problem, shard: IntArray, count: int, combine: str) -> FloatArray:
    """Return how much every adapter counts."""
    if combine == "mean":
        return np.full(count, 1.0 / count)
    if combine == "rows":
        return np.bincount(shard[: problem.n_r], minlength=count) / problem.n_r
    raise InputError(f"combine is {combine!r}: pass 'mean' or 'rows'")


def _adapter(problem: Problem, rows: IntArray, w_0: FloatArray, ridge: float) -> FloatArray:
    return ridge_nearest(factors_of(problem).subset(rows), w_0, problem.y[rows], ridge)


def _downdated(problem: Problem, rows: IntArray, w_0: FloatArray, ridge: float) -> FloatArray:
    """Train on all rows of a shard, then take its forget rows out by Woodbury's formula."""
    w = _adapter(problem, rows, w_0, ridge)
    # Least squares with one 1 among the targets gives a column of H⁻¹X_kᵀ.
    gone = np.flatnonzero(rows >= problem.n_r)
    ones = np.zeros((rows.size, gone.size))
    ones[gone, np.arange(gone.size)] = 1.0
    factors = factors_of(problem).subset(rows)
    D = ridge_nearest(factors, np.zeros((problem.d, gone.size)), ones, ridge)
    X_k, y_k = problem.X[rows[gone]], problem.y[rows[gone]]
    rest = factorize(np.eye(gone.size) - X_k @ D)
    return np.asarray(w + D @ rest.min_norm(X_k @ w - y_k))


def _combined(combine: str, ridge: float) -> str:
    by = "averaged" if combine == "mean" else "weighted by retained rows"
    return f", {by}" + (f", ridge {ridge:g}" if ridge else "")


def _solution(problem: Problem, coef: FloatArray, *, method: str, done: str) -> Solution:
    return Solution(
        coef=coef,
        rank=factors_of(problem).retained.rank,
        residual_norm=residual_norm(problem.X_r, problem.y_r, coef),
        method=method,
        done=done,
    )
