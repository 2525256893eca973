"""Datamodels say what leaving rows out really changes, and what regression on subsets estimates."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import (
    from_rows,
    inverse,
    moore_penrose,
    select_columns,
    select_rows,
    to_float,
)
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.retraining import remove_each, remove_together, retrain_on
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.datamodels import (
    additive_datamodel,
    banzhaf_values,
    dm_direct,
    effect_weights,
    fixed_size_values,
    group_effect,
    regressed_datamodel,
)
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, random_orthonormal, shared
from linreg_unlearn.testing.problems import problems

RIDGES = [0.0, 1e-2, 1.0, 30.0]

# All subsets of these are trained on in exact arithmetic.
whole = st.sampled_from(["integers", "edge"]).flatmap(
    lambda family: problems(
        family=family,  # type: ignore[arg-type]
        max_retained=3,
        max_forget=2,
        max_features=5,
        outputs=(None, 2),
    )
)


def refit(X: FloatArray, y: FloatArray, ridge: float) -> FloatArray:
    """Train with SciPy, the ridge as extra rows."""
    d = X.shape[1]
    A = np.vstack([X, np.sqrt(ridge) * np.eye(d if ridge else 0, d)])
    B = np.concatenate([y, np.zeros((len(A) - len(X), *y.shape[1:]))])
    return np.asarray(scipy.linalg.lstsq(A, B, cond=1e-9)[0])


def queries(problem: Problem) -> FloatArray:
    waves: FloatArray = np.sin(1 + np.arange(3.0 * problem.d))
    return waves.reshape(3, problem.d)


def allowed_error(problem: Problem, ridge: float, kappa: Callable[..., float]) -> float:
    """Bound the error of any refit; leaving rows out may leave only small ones."""
    X, y = problem.X, problem.y
    kept = [np.delete(X, i, axis=0) for i in range(problem.n)]
    k = max(kappa(X, problem.X_r, *kept), *(_ratio(X, part) * kappa(part) for part in kept))
    k = max(k, _ratio(X, problem.X_r) * kappa(problem.X_r))
    smallest = max(float(np.linalg.norm(X, 2)) / k, np.sqrt(ridge), 1e-300)
    return float(1e-13 * k * k * (1 + np.linalg.norm(y)) * (1 + 1 / smallest))


def _ratio(X: FloatArray, part: FloatArray) -> float:
    return float(np.linalg.norm(X, 2) / np.linalg.norm(part, 2)) if part.any() else 1.0


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_the_exact_effect_is_that_of_retraining(
    problem: Problem, ridge: float, kappa: Callable[..., float]
) -> None:
    Q = queries(problem)
    effect = Q @ (refit(problem.X, problem.y, ridge) - refit(problem.X_r, problem.y_r, ridge))
    allowed = allowed_error(problem, ridge, kappa) * float(np.linalg.norm(Q))
    assert np.linalg.norm(group_effect(problem, Q, ridge=ridge) - effect) <= allowed
    directions, residuals = remove_together(problem, ridge)
    np.testing.assert_array_equal(directions @ residuals, effect_weights(problem, ridge=ridge))
    missed = problem.y_f - problem.X_f @ refit(problem.X_r, problem.y_r, ridge)
    size = 1 + np.linalg.norm(problem.X)
    # Without a ridge, residuals are determined up to what the row space lacks: nothing.
    assert np.linalg.norm(residuals - missed) <= allowed_error(problem, ridge, kappa) * size


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_additive_coefficients_leave_one_row_out(
    problem: Problem, ridge: float, kappa: Callable[..., float]
) -> None:
    Q = queries(problem)
    model = additive_datamodel(problem, Q, rows="all", ridge=ridge)
    w_o = refit(problem.X, problem.y, ridge)
    allowed = allowed_error(problem, ridge, kappa) * float(np.linalg.norm(Q))
    for i in range(problem.n):
        without = refit(np.delete(problem.X, i, axis=0), np.delete(problem.y, i, axis=0), ridge)
        effect = Q @ (w_o - without)
        assert model.coefficients[:, i].shape == effect.shape
        assert np.linalg.norm(model.coefficients[:, i] - effect) <= allowed
    assert np.linalg.norm(model.outputs - Q @ w_o) <= allowed
    forget = additive_datamodel(problem, Q, ridge=ridge)
    np.testing.assert_array_equal(forget.rows, np.arange(problem.n_r, problem.n))
    np.testing.assert_array_equal(model.forget, np.arange(problem.n) >= problem.n_r)
    np.testing.assert_allclose(
        forget.coefficients, model.coefficients[:, model.forget], rtol=1e-6, atol=allowed
    )
    np.testing.assert_allclose(forget.effect(), model.effect(), rtol=1e-6, atol=allowed)


@given(problem=whole, power=st.sampled_from([None, -1, 0, 1]))
def test_kernel_formulas_exactly(problem: Problem, power: int | None) -> None:
    n, n_r = problem.n, problem.n_r
    X, y = rational(problem.X), rational(problem.y)
    K = X * X.transpose()
    for i in range(n):
        K[i, i] += 0 if power is None else fmpq(3) ** power
    inv = inverse(K)
    if inv is None:
        return
    forget = list(range(n_r, n))
    block, at = select_rows(select_columns(inv, forget), forget), select_rows(inv * y, forget)
    reach = rational(queries(problem)) * X.transpose() * select_columns(inv, forget)
    diagonal = fmpq_mat(len(forget), len(forget))
    for i in range(len(forget)):
        diagonal[i, i] = 1 / block[i, i]
    ridge = 0.0 if power is None else 3.0**power
    Q, shape = queries(problem), (3, *problem.y.shape[1:])
    exact = to_float(reach * block.inv() * at).reshape(shape)
    np.testing.assert_allclose(group_effect(problem, Q, ridge=ridge), exact, rtol=1e-7, atol=1e-7)
    additive = to_float(reach * diagonal * at).reshape(shape)
    found = additive_datamodel(problem, Q, ridge=ridge).effect()
    np.testing.assert_allclose(found, additive, rtol=1e-7, atol=1e-7)


def test_additive_is_exact_for_every_target_iff_the_block_is_diagonal() -> None:
    # K⁻¹ = CᵀC with C = X⁺: of its columns, only the last two are orthogonal.
    C = np.random.default_rng(0).standard_normal((6, 5))
    C[:, 4] -= C[:, 3] * (C[:, 3] @ C[:, 4]) / (C[:, 3] @ C[:, 3])
    X = scipy.linalg.pinv(C)
    assert abs((X @ X.T)[3, 4]) > 0.01
    for forget, is_exact in (([3, 4], True), ([0, 4], False)):
        apart = 0.0
        for target in np.eye(5):
            problem = Problem.from_arrays(X, target, forget=forget)
            difference = additive_datamodel(problem, np.eye(6)).effect()
            difference -= group_effect(problem, np.eye(6))
            apart = max(apart, float(np.abs(difference).max()))
        assert apart < 1e-12 if is_exact else apart > 0.01
    # A repeated forget row with a ridge: the block has no zeros, and neither has the difference.
    twice = Problem.from_arrays([[0, 1], [1, 0], [1, 0]], [3, 2, 2], forget=[1, 2])
    difference = additive_datamodel(twice, np.eye(2), ridge=0.5).effect()
    assert np.abs(difference - group_effect(twice, np.eye(2), ridge=0.5)).max() > 0.1


@pytest.mark.parametrize("small_part", [1e-3, 1e-6, 1e-7])
def test_leverage_close_to_one_loses_few_digits(small_part: float) -> None:
    # Rows of rank 4 in five columns; only the first row sees much of one direction.
    rng = np.random.default_rng(1)
    rows = rng.integers(-3, 4, (9, 4)).astype(float)
    rows[:, 3] = 0.0
    rows[0, 3], rows[1, 3] = 1.0, small_part
    X = rows @ rng.integers(-2, 3, (4, 5))
    X[2] = X[3]
    y = np.cos(np.arange(9.0))
    problem = Problem.from_arrays(X, y, forget=[0])
    first = problem.n - 1
    kept, targets = problem.X_r, problem.y_r
    A, B = (
        from_rows([[Fraction(x) for x in row] for row in M.tolist()])
        for M in (kept, targets[:, None])
    )
    w = to_float(moore_penrose(A) * B)[:, 0]
    expected = problem.y[first] - problem.X[first] @ w
    _, residuals = remove_each(problem, np.array([first]), 0.0)
    assert residuals[0] == pytest.approx(expected, rel=1e-13 / small_part)
    # Without the small part, the direction is lost altogether.
    rows[1, 3] = 0.0
    X = rows @ rng.integers(-2, 3, (4, 5))
    problem = Problem.from_arrays(X, y, forget=[0])
    w_g = golden(problem).coef
    _, residuals = remove_each(problem, np.array([first]), 0.0)
    assert residuals[0] == pytest.approx(y[0] - X[0] @ w_g, rel=1e-10)


@pytest.mark.parametrize("condition", [1e0, 1e2, 1e4])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_leverage_of_one_despite_rounding(condition: float, scale: float) -> None:
    # Two parallel retained rows, and forget rows that are independent of all others.
    rng = np.random.default_rng(0)
    for _ in range(20):
        X = np.zeros((4, 7))
        X[:2, :5] = scale * rng.standard_normal((2, 1)) * rng.standard_normal(5)
        X[2:, :5] = rng.standard_normal((2, 5))
        X[2:, 5:] = random_orthonormal(rng, 2, 2) * [1.0, 1.0 / condition]
        X = X @ random_orthonormal(rng, 7, 7)
        problem = Problem.from_arrays(X, rng.standard_normal(4), forget=[2, 3])
        assert factors_of(problem).all.rank == 3
        model = additive_datamodel(problem, np.eye(7))
        for i in (2, 3):
            w = refit(np.delete(X, i, axis=0), np.delete(problem.y, i), 0.0)
            effect = pretrained(problem).coef - w
            error = model.coefficients[:, i - 2] - effect
            assert np.linalg.norm(error) <= 1e-6 * np.linalg.norm(pretrained(problem).coef)


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES), data=st.data())
def test_retraining_on_subsets(
    problem: Problem, ridge: float, data: st.DataObject, bound: Callable[..., float]
) -> None:
    flags = st.lists(st.booleans(), min_size=problem.n, max_size=problem.n)
    included = np.array([data.draw(flags) for _ in range(3)])
    weights = retrain_on(problem, included, ridge)
    assert weights.shape == (3, *problem.weight_shape)
    for subset, w in zip(included, weights, strict=True):
        X, y = problem.X[subset], problem.y[subset]
        if not subset.any():
            assert not w.any()
            continue
        A = np.vstack([X, np.sqrt(ridge) * np.eye(problem.d if ridge else 0, problem.d)])
        B = np.concatenate([y, np.zeros((len(A) - len(X), *y.shape[1:]))])
        size = float(np.linalg.norm(problem.X, 2) / np.linalg.norm(X, 2)) if X.any() else 1.0
        allowed = 10 * size * bound(A, B) + 1e-13 * np.linalg.norm(w)
        assert np.linalg.norm(w - refit(X, y, ridge)) <= allowed


def test_small_rows_have_their_own_rank() -> None:
    # Rounding errors of the large rows would make the small parallel ones independent.
    rng = np.random.default_rng(0)
    direction, large = rng.standard_normal((1, 6)), rng.standard_normal((3, 6))
    X = np.vstack([large, large[0] + large[1], 2.0**-20 * direction, 2.0**-19 * direction])
    y = np.arange(6.0)
    problem = Problem.from_arrays(X, y, forget=[0])
    included = np.array([[False] * 3 + [True, True, False]])
    assert np.linalg.matrix_rank(problem.X[included[0]]) == 1
    (w,) = retrain_on(problem, included, 0.0)
    expected = refit(problem.X[included[0]], problem.y[included[0]], 0.0)
    np.testing.assert_allclose(w, expected, rtol=1e-9)


def rational(A: FloatArray) -> fmpq_mat:
    table = A if A.ndim == 2 else A[:, None]
    return from_rows([[Fraction(x) for x in row] for row in table.tolist()], table.shape[1])


def exact_outputs(problem: Problem) -> tuple[list[tuple[int, ...]], fmpq_mat]:
    """Train on every subset in rational arithmetic; columns are queries times outputs."""
    subsets = [s for m in range(problem.n + 1) for s in combinations(range(problem.n), m)]
    Q, X, y = rational(queries(problem)), rational(problem.X), rational(problem.y)
    table = []
    for subset in subsets:
        if subset:
            said = Q * (moore_penrose(select_rows(X, subset)) * select_rows(y, subset))
        else:
            said = fmpq_mat(Q.nrows(), y.ncols())
        table.append([said[i, j] for i in range(said.nrows()) for j in range(said.ncols())])
    return subsets, fmpq_mat(len(table), len(table[0]), [v for row in table for v in row])


def exact_regression(subsets: list[tuple[int, ...]], outputs: fmpq_mat, n: int) -> fmpq_mat:
    """Regress on inclusion with an intercept, over the whole population; norm without it least."""
    count = len(subsets)
    Z = fmpq_mat(count, n, [fmpq(i in subset) for subset in subsets for i in range(n)])
    for i in range(n):
        mean = sum((Z[k, i] for k in range(count)), fmpq(0)) / count
        for k in range(count):
            Z[k, i] -= mean
    return moore_penrose(Z) * outputs


@given(problem=whole)
def test_population_coefficients_are_banzhaf_values_exactly(problem: Problem) -> None:
    n = problem.n
    subsets, outputs = exact_outputs(problem)
    place = {subset: k for k, subset in enumerate(subsets)}
    regressed = exact_regression(subsets, outputs, n)
    values = fmpq_mat(n, outputs.ncols())
    for i in range(n):
        for subset in subsets:
            if i in subset:
                continue
            larger = place[tuple(sorted((*subset, i)))]
            for j in range(outputs.ncols()):
                gain = outputs[larger, j] - outputs[place[subset], j]
                values[i, j] += gain / 2 ** (n - 1)
    assert regressed == values
    expected = to_float(values).reshape(n, 3, *problem.y.shape[1:])
    found = banzhaf_values(problem, queries(problem))
    np.testing.assert_allclose(np.moveaxis(found, 1, 0), expected, rtol=1e-8, atol=1e-8)


@given(problem=whole, data=st.data())
def test_population_coefficients_of_one_size_exactly(problem: Problem, data: st.DataObject) -> None:
    n = problem.n
    size = data.draw(st.integers(1, n - 1))
    subsets, outputs = exact_outputs(problem)
    chosen = [k for k, subset in enumerate(subsets) if len(subset) == size]
    of_size, said = [subsets[k] for k in chosen], select_rows(outputs, chosen)
    regressed = exact_regression(of_size, said, n)
    values = fmpq_mat(n, outputs.ncols())
    for i in range(n):
        inside = sum(i in subset for subset in of_size)
        for j in range(outputs.ncols()):
            for k, subset in enumerate(of_size):
                share = fmpq(1, inside) if i in subset else fmpq(-1, len(of_size) - inside)
                values[i, j] += said[k, j] * share * fmpq(n - 1, n)
    assert regressed == values
    for j in range(outputs.ncols()):
        assert sum((values[i, j] for i in range(n)), fmpq(0)) == 0
    expected = to_float(values).reshape(n, 3, *problem.y.shape[1:])
    found = fixed_size_values(problem, queries(problem), size)
    np.testing.assert_allclose(np.moveaxis(found, 1, 0), expected, rtol=1e-8, atol=1e-8)


def test_regression_is_neither_leave_one_out_nor_the_truth() -> None:
    # Twice the same row among three: what one copy is worth depends on who else is there.
    problem = Problem.from_arrays([[0, 1], [1, 0], [1, 0]], [3, 2, 2], forget=[1, 2])
    query = np.array([[1.0, 0.0]])
    left_out = additive_datamodel(problem, query, rows="all").coefficients
    np.testing.assert_allclose(left_out, [[0, 0, 0]], atol=1e-14)
    np.testing.assert_allclose(banzhaf_values(problem, query), [[0, 1, 1]], atol=1e-14)
    np.testing.assert_allclose(group_effect(problem, query), [2], atol=1e-14)
    # Half the difference of 2 between pairs {0, 1}, {0, 2}, {1, 2}, which all predict 2: nothing.
    np.testing.assert_allclose(fixed_size_values(problem, query, 2), [[0, 0, 0]], atol=1e-14)
    # Independent and equal contributions: only subsets of varying size can see them.
    equal = Problem.from_arrays(np.eye(4), np.full(4, 5.0), forget=[3])
    every = np.ones((1, 4))
    np.testing.assert_allclose(group_effect(equal, every), [5], atol=1e-13)
    np.testing.assert_allclose(banzhaf_values(equal, every), np.full((1, 4), 5.0), atol=1e-13)
    np.testing.assert_allclose(fixed_size_values(equal, every, 2), np.zeros((1, 4)), atol=1e-13)
    np.testing.assert_allclose(regressed_datamodel(equal, every).effect(), [0], atol=1e-12)


def test_many_models_estimate_the_population() -> None:
    problem = shared(n_r=5, n_f=2, d=9, outputs=2, seed=3)
    Q = queries(problem)
    for independent in (True, False):
        truth = banzhaf_values(problem, Q) if independent else fixed_size_values(problem, Q, 4)
        away = []
        for models in (300, 30_000):
            model = regressed_datamodel(
                problem, Q, models=models, independent=independent, fraction=0.5, seed=1
            )
            assert model.coefficients.shape == (3, 7, 2)
            away.append(float(np.abs(model.coefficients - truth).max()))
        # 100 times as many models, a tenth of the error.
        assert away[1] < away[0] / 3
        assert away[1] < 0.05 * np.abs(truth).max()


@given(problem=problems(max_condition=1e3), seed=st.integers(0, 99), data=st.data())
def test_the_regression_is_least_squares_with_an_intercept(
    problem: Problem, seed: int, data: st.DataObject, kappa: Callable[..., float]
) -> None:
    independent = data.draw(st.booleans())
    models, fraction = data.draw(st.integers(1, 12)), data.draw(st.sampled_from([0.2, 0.5, 0.9]))
    options: dict[str, Any] = {"models": models, "fraction": fraction, "seed": seed}
    options |= {"independent": independent, "ridge": 0.5}
    Q = queries(problem)
    model = regressed_datamodel(problem, Q, **options)
    # The same subsets, drawn the same way, trained one by one.
    rng = np.random.default_rng(seed)
    if independent:
        included = rng.random((models, problem.n)) < fraction
    else:
        size = min(max(round(fraction * problem.n), 1), problem.n - 1)
        first = np.arange(problem.n) < size
        included = rng.permuted(np.tile(first, (models, 1)), axis=1)
        assert (included.sum(axis=1) == size).all()
    said = np.array([Q @ refit(problem.X[s], problem.y[s], 0.5) for s in included])
    Z = included - included.mean(axis=0)
    tau = scipy.linalg.pinv(Z, rtol=1e-9) @ (said - said.mean(axis=0)).reshape(models, -1)
    expected = np.moveaxis(tau.reshape(problem.n, *said.shape[1:]), 0, 1)
    np.testing.assert_allclose(model.coefficients, expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(model.rows, np.arange(problem.n))
    # Adding coefficients up and weighing the models is the same.
    omega = effect_weights(problem, "regressed", **options)
    np.testing.assert_allclose(Q @ omega, model.effect(), rtol=1e-7, atol=1e-7)
    direct = dm_direct(problem, Q, datamodel="regressed", **options)
    np.testing.assert_allclose(direct, model.outputs - model.effect(), rtol=1e-7, atol=1e-7)


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_direct_predictions(problem: Problem, ridge: float, kappa: Callable[..., float]) -> None:
    Q = queries(problem)
    allowed = allowed_error(problem, ridge, kappa) * float(np.linalg.norm(Q))
    told = Q @ refit(problem.X_r, problem.y_r, ridge)
    assert np.linalg.norm(dm_direct(problem, Q, ridge=ridge) - told) <= allowed
    model = additive_datamodel(problem, Q, ridge=ridge)
    direct = dm_direct(problem, Q, datamodel="additive", ridge=ridge)
    assert np.linalg.norm(direct - (model.outputs - model.effect())) <= allowed


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from([0.0, 0.5]))
def test_effects_lie_in_the_row_space(problem: Problem, ridge: float) -> None:
    for datamodel in ("exact", "additive", "regressed"):
        omega = effect_weights(problem, datamodel, models=9, ridge=ridge)
        assert omega.shape == problem.weight_shape
        outside = omega - factors_of(problem).all.project(omega)
        assert np.linalg.norm(outside) <= 1e-8 * (1 + np.linalg.norm(omega))


def test_orthogonal_blocks_leave_nothing_to_estimate() -> None:
    problem = distinct(n_r=4, n_f=1, d_r=6, d_f=3)
    w = effect_weights(problem)
    np.testing.assert_allclose(w, pretrained(problem).coef - golden(problem).coef, atol=1e-13)
    np.testing.assert_allclose(effect_weights(problem, "additive"), w, atol=1e-13)
    values = banzhaf_values(problem, np.eye(problem.d))[:, -1]
    np.testing.assert_allclose(values, w, atol=1e-13)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"models": 0}, "models is 0: pass a whole number that is at least 1"),
        ({"models": 2.0}, "models is 2.0: pass a whole number"),
        ({"seed": -1}, "seed is -1: pass a whole number that is at least 0"),
        ({"fraction": 0}, "fraction is 0: pass a number between 0 and 1"),
        ({"fraction": 1.0}, "fraction is 1: pass a number between 0 and 1"),
        ({"fraction": np.nan}, "fraction is nan: pass a finite number"),
        ({"ridge": -1}, "ridge is -1: pass a finite number that is at least 0"),
        ({"X_query": [[1.0]]}, "X_query has 1 columns: pass 6, as in X"),
        ({"X_query": [1.0]}, "X_query has 1 dimension(s), not 2"),
        ({"X_query": np.full((1, 6), np.nan)}, "X_query has a NaN or infinite entry"),
    ],
)
def test_bad_input(options: dict[str, Any], sentence: str) -> None:
    problem = shared(n_r=3, n_f=2, d=6)
    asked = {"X_query": problem.X} | options
    with pytest.raises(InputError) as caught:
        regressed_datamodel(problem, **asked)
    assert str(caught.value).startswith(sentence)
    if "X_query" in options:
        for function in (group_effect, additive_datamodel, banzhaf_values, dm_direct):
            with pytest.raises(InputError) as caught:
                function(problem, **asked)
            assert str(caught.value).startswith(sentence)
    else:
        with pytest.raises(InputError) as caught:
            effect_weights(problem, "exact", **options)
        assert str(caught.value).startswith(sentence)


def test_bad_names_and_sizes() -> None:
    problem = shared(n_r=3, n_f=2, d=6)
    with pytest.raises(InputError, match="datamodel is 'linear': pass one of 'exact', 'additive'"):
        effect_weights(problem, "linear")
    with pytest.raises(InputError, match="rows is 'some': pass 'forget' or 'all'"):
        additive_datamodel(problem, problem.X, rows="some")
    with pytest.raises(InputError, match="size is 5: pass at most 4, one row less than all"):
        fixed_size_values(problem, problem.X, 5)
    with pytest.raises(InputError, match="size is 0: pass a whole number that is at least 1"):
        fixed_size_values(problem, problem.X, 0)
    large = shared(n_r=13, n_f=2, d=6)
    with pytest.raises(InputError, match="there are 15 rows, whose subsets are too many"):
        banzhaf_values(large, large.X)
    with pytest.raises(InputError, match="there are 15 rows, whose subsets are too many"):
        fixed_size_values(large, large.X, 3)
