"""Datamodels: what the forget rows contribute to predictions, exactly and by two estimates.

A datamodel predicts, from which rows are trained on, what a trained model says at a query
[ilyas2022datamodels]; taking the contributions of the forget rows away predicts what retraining
would say [georgiev2025attribute]. For least squares the contribution is known exactly, so the
estimates can be held against it:

- *exact*: ``f_o(x) − f_g(x) = k(x)ᵀK⁻¹[:, F]([K⁻¹]_FF)⁻¹[K⁻¹y]_F``;
- *additive*: the sum over the forget rows of what leaving out each of them alone changes. It has
  the diagonal of ``[K⁻¹]_FF`` in the place of the block, so it is exact for every ``x`` and ``y``
  if and only if that block is diagonal (independent rows, or a ridge);
- *regressed*: the published estimate, regression of predictions on which rows were trained on. Its
  coefficients estimate neither of the above. With independent inclusion at probability ½ the
  population coefficient of row ``i`` is its Banzhaf value [banzhaf1965weighted], the mean of
  ``f(S ∪ {i}) − f(S)`` over *all* subsets ``S`` of the other rows
  [hammer1992approximations], where leaving one out looks at the largest ``S`` alone. With uniform
  subsets of one size it is ``(n − 1)/n · (E[f | i ∈ S] − E[f | i ∉ S])``: the number of rows never
  varies, so regression cannot tell a constant added to all coefficients, and of the solutions this
  is the one of smallest norm. Its coefficients add to zero over all rows, even where every row
  contributes the same.

All three are linear in the query: the contribution at ``x`` is ``xᵀω`` with weights ``ω`` in the
row space of ``X``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    matrix,
    real_number,
    whole_number,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.linalg.retraining import remove_each, remove_together, retrain_on
from linreg_unlearn.methods.fine_tuning import pretrained
from linreg_unlearn.problem import Problem

DATAMODELS = ("exact", "additive", "regressed")
"""What :func:`effect_weights` and :func:`dm_direct` know by name."""

# Training on all subsets of so many rows still takes no more than seconds.
_MOST_ROWS = 14


@dataclass(frozen=True, eq=False)
class Datamodel:
    """Contributions ``τ_i(x)`` of training rows to predictions at queries.

    Attributes
    ----------
    coefficients : ndarray of shape (q, k) or (q, k, c)
        ``τ_i(x)``: one row per query, one column per training row.
    rows : ndarray of int, shape (k,)
        Positions of these training rows in ``problem.X``.
    forget : ndarray of bool, shape (k,)
        Which of them are to be forgotten; all forget rows are among them.
    outputs : ndarray of shape (q,) or (q, c)
        ``f_o(x)``, what the model trained on all rows says.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> additive_datamodel(problem, [[1, 1]]).coefficients.round(12)
    array([[2.]])
    """

    coefficients: FloatArray
    rows: IntArray
    forget: BoolArray
    outputs: FloatArray

    def effect(self) -> FloatArray:
        """Return ``Σ_{i∈F} τ_i(x)``, what the forget rows contribute.

        Returns
        -------
        ndarray of shape (q,) or (q, c)

        Examples
        --------
        >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
        >>> additive_datamodel(problem, [[1, 1]]).effect().round(12)
        array([2.])
        """
        total: FloatArray = self.coefficients[:, self.forget].sum(axis=1)
        return total


def group_effect(problem: Problem, X_query: ArrayLike, *, ridge: float = 0.0) -> FloatArray:
    """Return ``f_o(x) − f_g(x)``, what the forget rows contribute, exactly.

    It is ``k(x)ᵀK⁻¹[:, F] r`` with golden's residuals ``r = ([K⁻¹]_FF)⁻¹[K⁻¹y]_F`` on the forget
    rows; where rows are dependent and there is no ridge, ``K⁻¹[:, F]`` becomes ``K⁺[:, F]`` and
    ``r`` is taken from retraining.

    Parameters
    ----------
    problem : Problem
    X_query : array_like of shape (q, d)
        Columns as in ``problem.X``, a column of ones included if there is one.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained and the golden model alike.

    Returns
    -------
    ndarray of shape (q,) or (q, c)

    Raises
    ------
    InputError
        `X_query` is not finite data with ``d`` columns, or `ridge` is negative or not finite.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> group_effect(problem, [[1, 0], [0, 1]]).round(12)
    array([0., 4.])
    """
    X = _queries(problem, X_query)
    return X @ effect_weights(problem, "exact", ridge=ridge)


def additive_datamodel(
    problem: Problem, X_query: ArrayLike, *, rows: str = "forget", ridge: float = 0.0
) -> Datamodel:
    """Return what leaving out each row alone changes: ``τ_i(x) = f_o(x) − f_{−i}(x)``.

    All models without one row come from one factorization, whatever the shape and rank; a row that
    alone holds a direction of the row space is no exception.

    Parameters
    ----------
    problem : Problem
    X_query : array_like of shape (q, d)
        Columns as in ``problem.X``.
    rows : {"forget", "all"}, default "forget"
        Which rows to give coefficients to.
    ridge : float, default 0.0
        ``λ ≥ 0``, the same with and without the row.

    Returns
    -------
    Datamodel

    Raises
    ------
    InputError
        `X_query` is not finite data with ``d`` columns, `rows` is unknown, or `ridge` is negative
        or not finite.

    Examples
    --------
    A row that occurs twice: neither copy is missed alone, both are together.

    >>> problem = Problem.from_arrays([[0, 1], [1, 0], [1, 0]], [3, 2, 2], forget=[1, 2])
    >>> (additive_datamodel(problem, [[1, 0]]).effect() + 0.0).round(12)
    array([0.])
    >>> group_effect(problem, [[1, 0]]).round(12)
    array([2.])
    """
    penalty = real_number(ridge, "ridge", 0)
    X = _queries(problem, X_query)
    if rows not in ("forget", "all"):
        raise InputError(f"rows is {rows!r}: pass 'forget' or 'all'")
    chosen = np.arange(problem.n_r if rows == "forget" else 0, problem.n)
    directions, residuals = remove_each(problem, chosen, penalty)
    reach = X @ directions
    coefficients = reach * residuals if residuals.ndim == 1 else reach[:, :, None] * residuals
    return Datamodel(
        coefficients=coefficients,
        rows=chosen,
        forget=chosen >= problem.n_r,
        outputs=X @ pretrained(problem, ridge=penalty).coef,
    )


def regressed_datamodel(
    problem: Problem,
    X_query: ArrayLike,
    *,
    models: int = 200,
    fraction: float = 0.5,
    independent: bool = False,
    seed: int = 0,
    ridge: float = 0.0,
) -> Datamodel:
    """Estimate contributions by regression on models trained on random subsets.

    Their predictions are regressed on which rows they were trained on, with an intercept: plain
    least squares, of all solutions the one of smallest norm without the intercept. The published
    estimate penalizes absolute values; as our weights need no sparsity, we leave the penalty out.
    With fewer models than rows the coefficients are shrunk towards zero.

    Parameters
    ----------
    problem : Problem
    X_query : array_like of shape (q, d)
        Columns as in ``problem.X``.
    models : int, default 200
        How many models to train.
    fraction : float, default 0.5
        Which share of the rows each of them is trained on, between 0 and 1.
    independent : bool, default False
        False: subsets of one size, ``fraction · n`` rounded, but at least one row and not all; the
        coefficients of all rows then add to zero, see the head of this module. True: each row with
        probability `fraction`, independently of the others.
    seed : int, default 0
        Of the subsets, which follow the order of the rows.
    ridge : float, default 0.0
        ``λ ≥ 0`` of every model.

    Returns
    -------
    Datamodel
        With coefficients for all rows.

    Raises
    ------
    InputError
        `X_query` is not finite data with ``d`` columns, `models` is not a whole number of at least
        1 or `seed` of at least 0, `fraction` is not between 0 and 1, or `ridge` is negative or not
        finite.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> regressed_datamodel(problem, [[1, 1]], independent=True).coefficients.round(12)
    array([[1., 2.]])
    >>> regressed_datamodel(problem, [[1, 1]]).coefficients.round(12)
    array([[-0.5,  0.5]])
    """
    penalty = real_number(ridge, "ridge", 0)
    X = _queries(problem, X_query)
    sampling = _Sampling(models, fraction, independent, seed)
    sampling.check()
    centred, weights = sampling.train(problem, penalty)
    outputs = _predictions(X, weights)
    flat = factorize(centred).min_norm(outputs.reshape(len(centred), -1))
    every = np.arange(problem.n)
    coefficients = flat.reshape(problem.n, *outputs.shape[1:])
    return Datamodel(
        coefficients=np.moveaxis(coefficients, 0, 1),
        rows=every,
        forget=every >= problem.n_r,
        outputs=X @ pretrained(problem, ridge=penalty).coef,
    )


def effect_weights(
    problem: Problem,
    datamodel: str = "exact",
    *,
    models: int = 200,
    fraction: float = 0.5,
    independent: bool = False,
    seed: int = 0,
    ridge: float = 0.0,
) -> FloatArray:
    """Return the weights ``ω`` whose predictions are what the forget rows contribute.

    Every datamodel here is linear in the query: its effect at ``x`` is ``xᵀω``, with ``ω`` in the
    row space of ``X``.

    Parameters
    ----------
    problem : Problem
    datamodel : {"exact", "additive", "regressed"}, default "exact"
        As in :func:`group_effect`, :func:`additive_datamodel`, :func:`regressed_datamodel`.
    models, fraction, independent, seed
        Of "regressed", as in :func:`regressed_datamodel`.
    ridge : float, default 0.0
        ``λ ≥ 0`` of every model.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Raises
    ------
    InputError
        `datamodel` is unknown, or another argument is refused as in these functions.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> effect_weights(problem).round(12)
    array([0., 4.])
    """
    penalty = real_number(ridge, "ridge", 0)
    sampling = _Sampling(models, fraction, independent, seed)
    sampling.check()
    if datamodel == "exact":
        directions, residuals = remove_together(problem, penalty)
        return directions @ residuals
    if datamodel == "additive":
        forget = np.arange(problem.n_r, problem.n)
        directions, residuals = remove_each(problem, forget, penalty)
        return directions @ residuals
    if datamodel == "regressed":
        # The sum of some coefficients of a regression weighs the regressed models.
        centred, weights = sampling.train(problem, penalty)
        forget_rows = np.zeros(problem.n)
        forget_rows[problem.n_r :] = 1.0
        share = factorize(np.ascontiguousarray(centred.T)).min_norm(forget_rows)
        return np.asarray(np.tensordot(share, weights, 1))
    raise InputError(f"datamodel is {datamodel!r}: pass one of {', '.join(map(repr, DATAMODELS))}")


def dm_direct(
    problem: Problem,
    X_query: ArrayLike,
    *,
    datamodel: str = "exact",
    models: int = 200,
    fraction: float = 0.5,
    independent: bool = False,
    seed: int = 0,
    ridge: float = 0.0,
) -> FloatArray:
    """Predict what retraining would say: ``f_o(x) − Σ_{i∈F} τ_i(x)``, without any new model.

    Parameters
    ----------
    problem : Problem
    X_query : array_like of shape (q, d)
        Columns as in ``problem.X``.
    datamodel : {"exact", "additive", "regressed"}, default "exact"
        Whose contributions are taken away.
    models, fraction, independent, seed
        Of "regressed", as in :func:`regressed_datamodel`.
    ridge : float, default 0.0
        ``λ ≥ 0`` of every model.

    Returns
    -------
    ndarray of shape (q,) or (q, c)

    Raises
    ------
    InputError
        As :func:`effect_weights`, or `X_query` is not finite data with ``d`` columns.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> dm_direct(problem, [[1, 1]]).round(12)
    array([1.])
    """
    X = _queries(problem, X_query)
    omega = effect_weights(
        problem,
        datamodel,
        models=models,
        fraction=fraction,
        independent=independent,
        seed=seed,
        ridge=ridge,
    )
    return X @ (pretrained(problem, ridge=ridge).coef - omega)


def banzhaf_values(problem: Problem, X_query: ArrayLike, *, ridge: float = 0.0) -> FloatArray:
    """Return what regression on independently drawn halves estimates, by trying all subsets.

    Parameters
    ----------
    problem : Problem
        At most 14 rows; every subset is trained on.
    X_query : array_like of shape (q, d)
        Columns as in ``problem.X``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of every model.

    Returns
    -------
    ndarray of shape (q, n) or (q, n, c)
        For each row the mean of ``f(S ∪ {i}) − f(S)`` over all subsets ``S`` of the other rows,
        with ``f(∅) = 0``: the limit of the coefficients of :func:`regressed_datamodel` with
        ``independent=True`` as models become many.

    Raises
    ------
    InputError
        There are more than 14 rows, `X_query` is not finite data with ``d`` columns, or `ridge` is
        negative or not finite.

    Examples
    --------
    A row that occurs twice: each copy is missed by half of the subsets of the others.

    >>> problem = Problem.from_arrays([[0, 1], [1, 0], [1, 0]], [3, 2, 2], forget=[1, 2])
    >>> banzhaf_values(problem, [[1, 0]]).round(12)
    array([[0., 1., 1.]])
    """
    included = _every_subset(problem)
    outputs = _outputs(problem, X_query, included, ridge)
    signs = np.where(included, 1.0, -1.0) / 2 ** (problem.n - 1)
    return np.moveaxis(np.tensordot(signs.T, outputs, 1), 0, 1)


def fixed_size_values(
    problem: Problem, X_query: ArrayLike, size: int, *, ridge: float = 0.0
) -> FloatArray:
    """Return what regression on subsets of one size estimates, by trying all of them.

    Parameters
    ----------
    problem : Problem
        At most 14 rows.
    X_query : array_like of shape (q, d)
        Columns as in ``problem.X``.
    size : int
        How many rows a subset has, from 1 to n − 1.
    ridge : float, default 0.0
        ``λ ≥ 0`` of every model.

    Returns
    -------
    ndarray of shape (q, n) or (q, n, c)
        For each row ``(n − 1)/n`` times the mean prediction of the models trained on it less that
        of the others. They add to zero over the rows.

    Raises
    ------
    InputError
        There are more than 14 rows, `size` is out of range, `X_query` is not finite data with ``d``
        columns, or `ridge` is negative or not finite.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> fixed_size_values(problem, [[1, 1]], 1).round(12)
    array([[-0.5,  0.5]])
    """
    number = whole_number(size, "size", 1)
    if number >= problem.n:
        raise InputError(f"size is {number}: pass at most {problem.n - 1}, one row less than all")
    every = _every_subset(problem)
    inside = every[every.sum(axis=1) == number]
    outputs = _outputs(problem, X_query, inside, ridge)
    shares = inside / inside.sum(axis=0) - ~inside / (~inside).sum(axis=0)
    scale = (problem.n - 1) / problem.n
    return np.moveaxis(scale * np.tensordot(shares.T, outputs, 1), 0, 1)


def _queries(problem: Problem, X_query: ArrayLike) -> FloatArray:
    X = matrix(X_query, "X_query")
    if X.shape[1] != problem.d:
        raise InputError(f"X_query has {X.shape[1]} columns: pass {problem.d}, as in X")
    return X


class _Sampling(NamedTuple):
    """Which random subsets of the rows models are trained on."""

    models: int
    fraction: float
    independent: bool
    seed: int

    def check(self) -> None:
        whole_number(self.models, "models", 1)
        whole_number(self.seed, "seed", 0)
        if not 0 < real_number(self.fraction, "fraction", 0) < 1:
            raise InputError(f"fraction is {self.fraction:g}: pass a number between 0 and 1")

    def draw(self, n: int) -> BoolArray:
        rng = np.random.default_rng(self.seed)
        if self.independent:
            return rng.random((self.models, n)) < self.fraction
        size = min(max(round(self.fraction * n), 1), n - 1)
        return rng.permuted(np.tile(np.arange(n) < size, (self.models, 1)), axis=1)

    def train(self, problem: Problem, ridge: float) -> tuple[FloatArray, FloatArray]:
        """Return what models on random subsets are regressed on, and the weights of each.

        Which rows they were trained on, without the means, which an intercept takes up.
        """
        included = self.draw(problem.n)
        return included - included.mean(axis=0), retrain_on(problem, included, ridge)


def _predictions(X: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the predictions of many models, shape (m, q) or (m, q, c)."""
    return np.asarray(weights @ X.T if weights.ndim == 2 else X @ weights)


def _outputs(problem: Problem, X_query: ArrayLike, included: BoolArray, ridge: float) -> FloatArray:
    """Return the predictions of models trained on some subsets of the rows."""
    penalty, X = real_number(ridge, "ridge", 0), _queries(problem, X_query)
    return _predictions(X, retrain_on(problem, included, penalty))


def _every_subset(problem: Problem) -> BoolArray:
    if problem.n > _MOST_ROWS:
        raise InputError(
            f"there are {problem.n} rows, whose subsets are too many to try: pass a problem with "
            f"at most {_MOST_ROWS}"
        )
    included: BoolArray = (np.arange(2**problem.n)[:, None] >> np.arange(problem.n)) & 1 == 1
    return included
