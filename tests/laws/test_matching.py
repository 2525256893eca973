"""Matching predictions ends at the nearest weights that predict so, and where that is golden."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import from_rows, identity, is_zero, moore_penrose
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.datamodels import effect_weights
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.matching import (
    datamodel_matching,
    matching_rows,
    min_norm_og,
    muso,
    oracle_matching,
)
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.testing.problems import problems, retained_rows

RIDGES = [0.0, 1e-2, 1.0, 30.0]


def lstsq(A: FloatArray, B: FloatArray) -> FloatArray:
    return np.asarray(scipy.linalg.lstsq(A, B, cond=1e-9)[0])


def train(A: FloatArray, B: FloatArray, start: FloatArray, ridge: float) -> FloatArray:
    """Go from a start to the nearest solution, a ridge towards it as extra rows."""
    extra = np.sqrt(ridge) * np.eye(A.shape[1] if ridge else 0, A.shape[1])
    rest = np.concatenate([B - A @ start, np.zeros((len(extra), *B.shape[1:]))])
    return start + lstsq(np.vstack([A, extra]), rest)


def start_for(problem: Problem) -> FloatArray:
    waves: FloatArray = np.sin(1 + np.arange(float(problem.d * problem.outputs)))
    return waves.reshape(problem.weight_shape)


def close(w: FloatArray, expected: FloatArray, *sizes: FloatArray) -> bool:
    """Tell weights apart; problems here have a condition of at most 1e3."""
    scale = 1 + sum(float(np.linalg.norm(v)) for v in (w, expected, *sizes))
    return bool(np.linalg.norm(w - expected) <= 1e-7 * scale)


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_matching_all_rows_reaches_golden(problem: Problem, ridge: float) -> None:
    expected = train(problem.X_r, problem.y_r, 0 * start_for(problem), ridge)
    for method in (oracle_matching, datamodel_matching):
        solution = method(problem, ridge=ridge)
        assert close(solution.coef, expected, problem.y)
        assert solution.rank == np.linalg.matrix_rank(problem.X, rtol=1e-9)
        assert solution.residual_norm <= 1e-7 * (1 + np.linalg.norm(problem.X @ expected))


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES), data=st.data())
def test_matching_is_the_nearest_solution(
    problem: Problem, ridge: float, data: st.DataObject, kappa: Callable[..., float]
) -> None:
    zero, start = 0 * start_for(problem), start_for(problem)
    w_g = train(problem.X_r, problem.y_r, zero, ridge)
    w_o = train(problem.X, problem.y, zero, ridge)
    some = st.lists(st.sampled_from(range(problem.n)), unique=True)
    for rows in ("all", "forget", "published", np.array(data.draw(some), dtype=np.int64)):
        chosen = matching_rows(problem, rows)
        X_S = problem.X[chosen]
        kappa(X_S)  # rejects rows whose rank is a matter of rounding
        starts: list[tuple[FloatArray, dict[str, Any]]] = [(w_o, {}), (start, {"start": start})]
        for w_0, options in starts:
            solution = oracle_matching(problem, rows=rows, ridge=ridge, **options)
            expected = train(X_S, X_S @ w_g, w_0, 0.0) if X_S.any() else w_0
            assert close(solution.coef, expected, w_g, w_0)
            assert solution.rank == (np.linalg.matrix_rank(X_S, rtol=1e-9) if X_S.size else 0)
            told = float(np.linalg.norm(X_S @ (solution.coef - w_g)))
            assert solution.residual_norm == pytest.approx(told, abs=1e-6 * (1 + told))
        for datamodel in ("exact", "additive", "regressed"):
            omega = effect_weights(problem, datamodel, models=15, seed=4, ridge=ridge)
            matched = datamodel_matching(
                problem, datamodel=datamodel, rows=chosen, models=15, seed=4, ridge=ridge
            )
            expected = w_o - lstsq(X_S, X_S @ omega) if X_S.any() else w_o
            assert close(matched.coef, expected, w_o, omega)
            assert datamodel in matched.done


@given(problem=problems(interpolating=True, max_condition=1e3))
def test_error_of_matching_forget_rows(problem: Problem) -> None:
    w = oracle_matching(problem, rows="forget").coef
    P, P_r, P_f = (
        scipy.linalg.pinv(A, rtol=1e-9) @ A for A in (problem.X, problem.X_r, problem.X_f)
    )
    assert problem.w_star is not None
    error = (np.eye(problem.d) - P_f) @ (P - P_r) @ problem.w_star
    assert close(w - golden(problem).coef, error, problem.w_star)


@given(problem=problems(family="edge", max_features=5, interpolating=True))
def test_forget_rows_suffice_iff_projectors_commute_exactly(problem: Problem) -> None:
    X, X_r, X_f = (rational(A) for A in (problem.X, problem.X_r, problem.X_f))
    P, P_r, P_f = (moore_penrose(A) * A for A in (X, X_r, X_f))
    error = (identity(problem.d) - P_f) * (P - P_r)
    assert is_zero(error) == (P_r * P_f == P_f * P_r)


def rational(A: FloatArray) -> fmpq_mat:
    return from_rows([[int(x) for x in row] for row in A.tolist()], A.shape[1])


def test_forget_rows_suffice_for_distinct_features_only() -> None:
    easy = distinct(n_r=5, n_f=3, d_r=8, d_f=6)
    assert close(oracle_matching(easy, rows="forget").coef, golden(easy).coef)
    hard = overlapping(n_r=5, n_f=3, d_r=8, d_lap=4, d_f=6)
    apart = np.linalg.norm(oracle_matching(hard, rows="forget").coef - golden(hard).coef)
    assert apart > 0.05


def test_error_of_datamodel_matching_is_that_of_its_targets() -> None:
    for problem in (
        shared(8, 4, 20, outputs=2),
        shared(9, 5, 6, noise=0.5),
        shared(8, 4, 20, rank=6, noise=0.5),
    ):
        for datamodel in ("exact", "additive", "regressed"):
            w = datamodel_matching(problem, datamodel=datamodel, models=30, seed=2).coef
            w_o, w_g = pretrained(problem).coef, golden(problem).coef
            omega = effect_weights(problem, datamodel, models=30, seed=2)
            delta = problem.X @ (w_o - omega) - problem.X @ w_g
            np.testing.assert_allclose(w - w_g, lstsq(problem.X, delta), atol=1e-10)
            # Nothing is lost: the matched weights say what the datamodel says, at every query.
            np.testing.assert_allclose(w, w_o - omega, atol=1e-10)
            exact = datamodel == "exact"
            assert (np.linalg.norm(w - w_g) < 1e-10) == exact


@given(
    problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES), given_start=st.booleans()
)
def test_muso_is_retraining_from_the_same_start(
    problem: Problem, ridge: float, given_start: bool
) -> None:
    start = start_for(problem) if given_start else 0 * start_for(problem)
    # Its three trainings in turn.
    w_o = train(problem.X, problem.y, start, ridge)
    retrained = train(problem.X_r, problem.y_r, start, ridge)
    labels = np.concatenate([problem.y_r, problem.X_f @ retrained])
    last = train(problem.X, labels, w_o if ridge == 0 else start, ridge)
    options = {"start": start} if given_start else {}
    solution = muso(problem, ridge=ridge, **options)
    assert close(solution.coef, last, problem.y)
    assert close(solution.coef, retrained, problem.y)
    if not given_start:
        assert close(solution.coef, golden(problem, ridge=ridge).coef, problem.y)
    assert solution.rank == np.linalg.matrix_rank(problem.X, rtol=1e-9)
    told = float(np.linalg.norm(problem.X @ solution.coef - labels))
    assert solution.residual_norm == pytest.approx(told, rel=1e-6, abs=1e-6)


def test_muso_needs_no_consistent_labels_and_keeps_what_its_start_hides() -> None:
    problem = shared(n_r=12, n_f=3, d=6, noise=1.0)
    assert np.linalg.norm(problem.X_r @ golden(problem).coef - problem.y_r) > 0.5
    np.testing.assert_allclose(muso(problem).coef, golden(problem).coef, atol=1e-12)
    wide = shared(n_r=3, n_f=2, d=8)
    start = start_for(wide)
    hidden = start - lstsq(wide.X_r, wide.X_r @ start)
    away = muso(wide, start=start).coef - golden(wide).coef
    np.testing.assert_allclose(away, hidden, atol=1e-12)
    assert np.linalg.norm(hidden) > 0.5


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES), data=st.data())
def test_minimum_norm(problem: Problem, ridge: float, data: st.DataObject) -> None:
    rows = data.draw(retained_rows(problem))
    strength = data.draw(st.sampled_from([0.0, 0.25, 1.0]))
    X_t = problem.X[rows]
    w_o = train(problem.X, problem.y, 0 * start_for(problem), ridge)
    for w_0, options in ((w_o, {}), (start_for(problem), {"start": start_for(problem)})):
        seen = lstsq(X_t, X_t @ w_0) if X_t.any() else 0 * w_0
        solution = min_norm_og(problem, rows=rows, strength=strength, ridge=ridge, **options)
        assert close(solution.coef, w_0 - strength * (w_0 - seen), w_0)
        assert close(X_t @ solution.coef, X_t @ w_0)
        assert solution.rank == (np.linalg.matrix_rank(X_t, rtol=1e-9) if X_t.any() else 0)


@given(problem=problems(max_condition=1e3), given_start=st.booleans())
def test_error_of_the_minimum_norm(problem: Problem, given_start: bool) -> None:
    w_0 = start_for(problem) if given_start else pretrained(problem).coef
    w, w_g = min_norm_og(problem, start=w_0).coef, golden(problem).coef
    error = lstsq(problem.X_r, problem.X_r @ w_0 - problem.y_r) if problem.X_r.any() else 0 * w
    assert close(w - w_g, error, w_0, w_g)


@given(problem=problems(interpolating=True, max_condition=1e3), data=st.data())
def test_deletions_one_after_the_other(problem: Problem, data: st.DataObject) -> None:
    kept = data.draw(retained_rows(problem))
    joint = min_norm_og(problem, rows=kept).coef
    first = min_norm_og(problem).coef
    second = min_norm_og(problem, rows=kept, start=first).coef
    assert close(second, joint, first)
    # Both are the golden weights of the last question.
    assert close(
        joint, train(problem.X[kept], problem.y[kept], 0 * joint, 0.0) if kept.size else 0 * joint
    )


def test_any_interpolant_will_do_and_noise_will_not() -> None:
    problem = shared(n_r=6, n_f=3, d=15)
    start = start_for(problem)
    interpolant = start + lstsq(problem.X_r, problem.y_r - problem.X_r @ start)
    np.testing.assert_allclose(
        min_norm_og(problem, start=interpolant).coef, golden(problem).coef, atol=1e-12
    )
    noisy = shared(n_r=12, n_f=3, d=6, noise=1.0)
    assert np.linalg.norm(min_norm_og(noisy).coef - golden(noisy).coef) > 0.05


def test_matching_rows() -> None:
    problem = shared(n_r=10, n_f=2, d=5)
    np.testing.assert_array_equal(matching_rows(problem), np.arange(12))
    np.testing.assert_array_equal(matching_rows(problem, "forget"), [10, 11])
    np.testing.assert_array_equal(matching_rows(problem, [11, 0]), [11, 0])
    drawn = [matching_rows(problem, "published", seed) for seed in range(200)]
    for rows in drawn:
        assert rows.size == 8
        assert len(set(rows)) == 8
        np.testing.assert_array_equal(rows[-2:], [10, 11])
        assert set(rows[:6]) <= set(range(10))
    np.testing.assert_array_equal(matching_rows(problem, "published", 7), drawn[7])
    # Each retained row is in 6 of 10 draws; 5 standard deviations of 200 draws are 0.17.
    counts = np.bincount(np.concatenate(drawn), minlength=12)[:10] / 200
    assert np.abs(counts - 0.6).max() < 0.18
    few = shared(n_r=3, n_f=2, d=5)
    np.testing.assert_array_equal(matching_rows(few, "published"), np.arange(5))
    wide = shared(n_r=10, n_f=2, d=20)
    one, two = (oracle_matching(wide, rows="published", seed=s).coef for s in (0, 1))
    assert np.linalg.norm(one - two) > 0.05


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rows": "retained"}, "rows is 'retained': pass one of 'all', 'forget', 'published' or"),
        ({"rows": [5]}, "rows names row 5, but X has 5 rows: use indices from 0 to 4"),
        ({"rows": [0.5]}, "rows holds decimal numbers, not row numbers"),
        ({"seed": -1}, "seed is -1: pass a whole number that is at least 0"),
        ({"seed": 0.5}, "seed is 0.5: pass a whole number"),
        ({"ridge": -1e-9}, "ridge is -1e-09: pass a finite number that is at least 0"),
        ({"ridge": np.nan}, "ridge is nan: pass a finite number"),
    ],
)
def test_bad_input(options: dict[str, Any], sentence: str) -> None:
    problem = shared(n_r=3, n_f=2, d=6)
    methods: list[Callable[..., object]] = [oracle_matching, datamodel_matching]
    if "ridge" in options:
        methods += [muso, min_norm_og]
    for method in methods:
        with pytest.raises(InputError) as caught:
            method(problem, **options)
        assert str(caught.value).startswith(sentence)


def test_bad_starts_strengths_and_names() -> None:
    problem = shared(n_r=3, n_f=2, d=6)
    for method in (oracle_matching, muso, min_norm_og):
        with pytest.raises(InputError, match="start has shape"):
            method(problem, start=[1.0])
    with pytest.raises(InputError, match=r"strength is 1\.5: pass a number from 0 to 1"):
        min_norm_og(problem, strength=1.5)
    with pytest.raises(InputError, match="strength is -1: pass a finite number"):
        min_norm_og(problem, strength=-1)
    with pytest.raises(InputError, match="rows names row 3, but the retained data has 3 rows"):
        min_norm_og(problem, rows=[3])
    with pytest.raises(InputError, match="datamodel is 'linear': pass one of 'exact'"):
        datamodel_matching(problem, datamodel="linear")
    with pytest.raises(InputError, match="models is 0: pass a whole number that is at least 1"):
        datamodel_matching(problem, models=0)
