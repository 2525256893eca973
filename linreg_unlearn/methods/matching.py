"""Matching: fine-tune towards what a retrained model predicts, or is estimated to predict.

The published methods train a network for a few epochs towards outputs, of retrained models or of a
datamodel, on the forget rows and some retained ones. For least squares their objective has a
minimizer nearest to where training starts; that limit is what these functions return, and to study
it in the place of a few epochs is our reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    FloatArray,
    IntArray,
    real_number,
    row_indices,
    share_of_one,
    weight_array,
    whole_number,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import Factorization
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.datamodels import effect_weights
from linreg_unlearn.methods.fine_tuning import (
    golden,
    origin,
    pretrained,
    residual_norm,
    starting_weights,
)
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

MATCHING_ROWS = ("all", "forget", "published")
"""What :func:`matching_rows` knows by name."""

# The published choice: forget rows and three times as many retained ones.
_RETAINED_PER_FORGET = 3


def matching_rows(problem: Problem, rows: ArrayLike = "all", seed: int = 0) -> IntArray:
    """Return the rows on which predictions are matched.

    Parameters
    ----------
    problem : Problem
    rows : str or array_like of shape (m,), default "all"
        - "all": retained and forget rows.
        - "forget": the forget rows.
        - "published": the forget rows and three times as many retained ones drawn at random, as far
          as there are.
        - an array: positions in ``problem.X``, or a mask of shape (n,). May be empty.
    seed : int, default 0
        Of "published"; the draw follows the order of the retained rows.

    Returns
    -------
    ndarray of int, shape (m,)
        Positions in ``problem.X``.

    Raises
    ------
    InputError
        `rows` is an unknown name or does not name rows, or `seed` is not a whole number of at least
        0.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [2], [3]], [1, 2, 3], forget=[1])
    >>> matching_rows(problem, "forget")
    array([2])
    """
    number = whole_number(seed, "seed", 0)
    if not isinstance(rows, str):
        return row_indices(rows, problem.n, "rows", "X")
    forget = np.arange(problem.n_r, problem.n)
    if rows == "all":
        return np.arange(problem.n)
    if rows == "forget":
        return forget
    if rows == "published":
        order = np.random.default_rng(number).permutation(problem.n_r)
        retained = np.sort(order[: _RETAINED_PER_FORGET * problem.n_f])
        return np.concatenate([retained, forget])
    raise InputError(
        f"rows is {rows!r}: pass one of {', '.join(map(repr, MATCHING_ROWS))} or positions in X"
    )


@register(
    title="oracle matching",
    family="matching",
    variants=[lambda problem: {"rows": "forget"}, lambda problem: {"rows": "published"}],
)
def oracle_matching(
    problem: Problem,
    *,
    rows: ArrayLike = "all",
    start: ArrayLike | None = None,
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Fine-tune until predictions on the matching rows are golden's.

    Problem
    -------
    ``min ‖X_S w − X_S w_g‖²`` over the matching rows ``S``, of all solutions the one nearest to the
    start ``w_0``. It needs golden's predictions, so it is an oracle.

    Method
    ------
    Direct: ``w_0 + X_S⁺X_S(w_g − w_0)``. The published method takes the mean outputs of retrained
    networks and a few epochs of a stochastic method; one golden model and the limit of training are
    our reading.

    Guarantee
    ---------
    Expected, D1: the error is ``(I − P_S)(w_0 − w_g)``. So on all rows, from the pretrained
    weights, golden, at interpolation or not, with a ridge or without. On the forget rows alone it
    is ``(I − P_f)(P − P_r)w_*`` at interpolation without a ridge, zero for every target if and only
    if ``P_r P_f = P_f P_r``. [georgiev2025attribute]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    rows : str or array_like of shape (m,), default "all"
        "all", "forget", "published" (the forget rows and three times as many retained ones), or
        positions in ``problem.X``; see :func:`matching_rows`.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained and the golden weights; matching itself has none.
    seed : int, default 0
        Of the published rows.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` of the matching rows, ``residual_norm`` on them
        with golden's predictions as targets.

    Raises
    ------
    InputError
        `rows` is an unknown name or does not name rows, `start` has another shape or entries that
        are not finite, `ridge` is negative or not finite, or `seed` is not a whole number of at
        least 0.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> oracle_matching(problem).coef.round(12)
    array([1., 0.])
    >>> oracle_matching(problem, rows="forget").coef.round(12)
    array([-1.,  2.])
    """
    penalty = real_number(ridge, "ridge", 0)
    chosen = matching_rows(problem, rows, seed)
    w_0 = starting_weights(problem, start, penalty)
    target = golden(problem, ridge=penalty).coef
    before = f"{origin(start)}, then golden's"
    return _match(problem, w_0, target, chosen, "oracle_matching", before)


@register(
    title="datamodel matching",
    family="matching",
    variants=[
        lambda problem: {"datamodel": "additive"},
        lambda problem: {"datamodel": "regressed", "models": 50},
    ],
)
def datamodel_matching(
    problem: Problem,
    *,
    datamodel: str = "exact",
    rows: ArrayLike = "all",
    models: int = 200,
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Fine-tune until predictions on the matching rows are those a datamodel expects of golden.

    Problem
    -------
    ``min ‖X_S w − f̂_S‖²`` over the matching rows ``S``, of all solutions the one nearest to the
    pretrained weights; ``f̂(x) = f_o(x) − Σ_{i∈F} τ_i(x)`` are the predictions of
    :func:`~linreg_unlearn.methods.datamodels.dm_direct`.

    Method
    ------
    Direct. A datamodel of least squares is linear in the query, ``Σ_{i∈F} τ_i(x) = xᵀω``, so the
    solution is ``w_o − P_S ω``. Plain least squares in the place of a sparse regression, and the
    limit of training in the place of a few epochs, are our reading.

    Guarantee
    ---------
    Expected, D3: on all rows the error is ``X⁺δ`` for targets that miss golden's predictions by
    ``δ``; ``ω`` lies in the row space, so matching keeps exactly what the datamodel says. The exact
    datamodel gives golden. The additive one does for every target if and only if ``[K⁻¹]_FF`` is
    diagonal (independent rows or a ridge). The regressed one estimates mean contributions to
    training on subsets, which are neither: on subsets of one size they add to zero over all rows.
    [georgiev2025attribute]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    datamodel : {"exact", "additive", "regressed"}, default "exact"
        Whose contributions of the forget rows are taken away; see
        :mod:`~linreg_unlearn.methods.datamodels`.
    rows : str or array_like of shape (m,), default "all"
        As for `oracle_matching`.
    models : int, default 200
        How many models on random halves of the rows "regressed" trains.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights and of all models of the datamodel; matching itself has
        none.
    seed : int, default 0
        Of the published rows and of the random halves, which follow the order of the rows.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` of the matching rows, ``residual_norm`` on them
        with the predictions expected of golden as targets.

    Raises
    ------
    InputError
        `datamodel` or `rows` is an unknown name, `rows` does not name rows, `models` is not a whole
        number of at least 1 or `seed` of at least 0, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[0, 1], [1, 0], [1, 0]], [3, 2, 2], forget=[1, 2])
    >>> (datamodel_matching(problem).coef + 0.0).round(12)
    array([0., 3.])
    >>> datamodel_matching(problem, datamodel="additive").coef.round(12)
    array([2., 3.])
    """
    penalty = real_number(ridge, "ridge", 0)
    chosen = matching_rows(problem, rows, seed)
    w_o = pretrained(problem, ridge=penalty).coef
    omega = effect_weights(problem, datamodel, models=models, seed=seed, ridge=penalty)
    before = f"the pretrained weights, then the {datamodel} datamodel's"
    return _match(problem, w_o, w_o - omega, chosen, "datamodel_matching", before)


@register(title="MUSO (relabelling)", family="matching")
def muso(problem: Problem, *, start: ArrayLike | None = None, ridge: float = 0.0) -> Solution:
    """Relabel the forget rows by what retraining from the same start would predict, and fine-tune.

    Problem
    -------
    Labels ``ŷ_f`` with which training on all rows ends at golden:
    ``min ‖X_r w − y_r‖² + ‖X_f w − ŷ_f‖² + λ‖w − w_init‖²``, at ``λ = 0`` of all solutions the one
    nearest to the weights pretrained from ``w_init``.

    Method
    ------
    Direct, with ``ŷ_f = X_f w_g'`` and ``w_g' = w_init + X_r⁺(y_r − X_r w_init)``, the weights
    retrained from ``w_init``. With a ridge, which here pulls towards ``w_init``, ``w_g'`` is its
    ridge solution; that form, and the limit of training, are our reading.

    Guarantee
    ---------
    Expected, D1: ``w_g'`` exactly, for every ``y``, shape and ridge. Retained labels need not be
    consistent: what they leave over is orthogonal to the retained columns and vanishes from the
    normal equations. So it is golden if and only if retraining from ``w_init`` is: without a ridge
    ``(I − P_r)w_init = 0``, in particular from zeros. [yang2024muso]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    start : array_like of shape (d,) or (d, c), optional
        ``w_init``, where pretraining and retraining start. Default: zeros.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows, of all three trainings alike.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows with the new
        labels, without the ridge.

    Raises
    ------
    InputError
        `start` has another shape or entries that are not finite, or `ridge` is negative or not
        finite.

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> muso(problem).coef.round(12)
    array([1., 0.])
    >>> muso(problem, start=np.ones(2)).coef.round(12)
    array([1., 1.])
    """
    penalty = real_number(ridge, "ridge", 0)
    w_init = (
        np.zeros(problem.weight_shape)
        if start is None
        else weight_array(start, problem.weight_shape, "start")
    )
    factors = factors_of(problem)
    retrained = ridge_nearest(factors.retained, w_init, problem.y_r, penalty)
    labels = np.concatenate([problem.y_r, problem.X_f @ retrained])
    # Pretraining moves within the row space, so the solution nearest to its end is also the one
    # nearest to its start; with a ridge there is only one.
    coef = ridge_nearest(factors.all, w_init, labels, penalty)
    before = "zeros" if start is None else origin(start)
    return Solution(
        coef=coef,
        rank=factors.all.rank,
        residual_norm=residual_norm(problem.X, labels, coef),
        method="muso",
        done=f"pretrained from {before}, {problem.n_f} forget rows relabelled, then fine-tuned on "
        f"all {problem.n} rows" + (f" with ridge {penalty:g}" if penalty else ""),
    )


def _some_of_the_way(problem: Problem) -> dict[str, Any]:
    return {"strength": 0.5}


@register(title="minimum norm (MinNorm-OG)", family="matching", variants=[_some_of_the_way])
def min_norm_og(
    problem: Problem,
    *,
    rows: ArrayLike | None = None,
    strength: float = 1.0,
    start: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Drop from the weights what the retained rows do not see: ``w_0 − ρ(I − P_t)w_0``.

    Problem
    -------
    ``min ‖w_0 + Δ‖`` over moves ``Δ`` orthogonal to the retained rows, along which predictions on
    them do not change. It needs retained rows but not their targets.

    Method
    ------
    Direct: ``ρ = 1`` is the solution, ``P_t w_0``; a smaller ``ρ`` goes part of the way. In a
    network gradients of outputs take the place of rows; for a linear model they are the rows.

    Guarantee
    ---------
    Expected, D2, with all retained rows and ``ρ = 1``: ``w − w_g = X_r⁺(X_r w_0 − y_r)`` for the
    golden weights without a ridge, so golden if and only if ``X_rᵀ(X_r w_0 − y_r) = 0``: from any
    weights that fit the retained rows as well as any can, as the pretrained ones do at
    interpolation. One deletion after the other ends where all at once do. [block2025overparameterization]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    rows : array_like of shape (n_t,), optional
        Which retained rows to keep the predictions of: indices from 0 to n_r − 1 or a mask of shape
        (n_r,). May be empty. Default: all.
    strength : float, default 1.0
        ``ρ``, from 0 to 1.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with `ridge`.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights; the step itself has none.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows used.

    Raises
    ------
    InputError
        `rows` does not name retained rows, `strength` is not between 0 and 1, `start` has another
        shape or entries that are not finite, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> min_norm_og(problem).coef.round(12)
    array([1., 0.])
    >>> min_norm_og(problem, strength=0.5).coef.round(12)
    array([1., 2.])
    """  # noqa: E501
    penalty = real_number(ridge, "ridge", 0)
    chosen = (
        np.arange(problem.n_r)
        if rows is None
        else row_indices(rows, problem.n_r, "rows", "the retained data")
    )
    share = share_of_one(strength, "strength")
    w_0 = starting_weights(problem, start, penalty)
    factors = factors_of(problem).subset(chosen)
    coef = w_0 - share * (w_0 - factors.project(w_0))
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(factors.matrix, problem.y[chosen], coef),
        method="min_norm_og",
        done=f"{origin(start)}, then {share:g} of what {chosen.size} of {problem.n_r} retained "
        "rows do not see dropped",
    )


def _match(
    problem: Problem, w_0: FloatArray, target: FloatArray, rows: IntArray, method: str, before: str
) -> Solution:
    """Go to the weights nearest to `w_0` that predict on these rows what `target` predicts."""
    factors = _factors(problem, rows)
    coef = w_0 + factors.project(target - w_0)
    A = factors.matrix
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(A, A @ target, coef),
        method=method,
        done=f"{before} predictions matched on {rows.size} of {problem.n} rows",
    )


def _factors(problem: Problem, rows: IntArray) -> Factorization:
    shared = factors_of(problem)
    if np.array_equal(rows, np.arange(problem.n_r, problem.n)):
        return shared.forget
    return shared.subset(rows)
