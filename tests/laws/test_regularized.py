"""Regularized fine-tuning minimizes its objective, at every weight and in the limit ``λ → 0``."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import moore_penrose, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.ridge import weighted_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.regularized import (
    TARGETS,
    ce_ft,
    forget_targets,
    ice_ft,
    kl_ft,
    regularized,
)
from linreg_unlearn.metrics import distance_to_golden, retain_loss, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.testing.problems import problems

ALPHAS = [1e-3, 0.5, 1.0, 20.0]


def start_for(problem: Problem) -> FloatArray:
    waves: FloatArray = np.sin(1 + np.arange(float(problem.d * problem.outputs)))
    return waves.reshape(problem.weight_shape)


def labels_for(problem: Problem) -> FloatArray:
    waves: FloatArray = np.cos(1 + np.arange(float(problem.y_f.size)))
    return waves.reshape(problem.y_f.shape)


def system(
    problem: Problem, labels: FloatArray, alpha: float, ridge: float, w0: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Write the objective as one least-squares problem for ``w − w0``."""
    root = np.sqrt(np.repeat([1 / problem.n_r, alpha / problem.n_f], [problem.n_r, problem.n_f]))
    rest = np.concatenate([problem.y_r, labels]) - problem.X @ w0
    A = np.vstack([root[:, None] * problem.X, np.sqrt(ridge) * np.eye(problem.d)])
    weighted = root * rest if rest.ndim == 1 else root[:, None] * rest
    return A, np.concatenate([weighted, 0 * w0])


@given(
    problem=problems(max_condition=1e3),
    alpha=st.sampled_from(ALPHAS),
    ridge=st.sampled_from([0.0, 1e-4, 1.0]),
)
def test_against_a_stacked_system(
    problem: Problem, alpha: float, ridge: float, bound: Callable[..., float]
) -> None:
    start, labels = start_for(problem), labels_for(problem)
    A, B = system(problem, labels, alpha, ridge, start)
    expected = start + scipy.linalg.lstsq(A, B, cond=1e-9)[0]
    solution = regularized(problem, targets=labels, alpha=alpha, ridge=ridge, start=start)
    # The first-order bound holds for the weighted rows; theirs may be worse conditioned than X.
    assert np.linalg.norm(solution.coef - expected) <= 2 * bound(A, B, start)
    assert solution.rank == np.linalg.matrix_rank(problem.X, rtol=1e-9)
    residual = problem.X @ solution.coef - np.concatenate([problem.y_r, labels])
    assert solution.residual_norm == pytest.approx(np.linalg.norm(residual), abs=1e-300)


EXACT: list[tuple[str, list[list[int]], int]] = [
    ("independent rows", [[1, 2, 0, 1], [0, 1, 1, 3], [2, 0, 1, 1]], 2),
    ("the same row twice", [[1, 2, 0, 1], [0, 1, 1, 3], [1, 2, 0, 1], [0, 1, 1, 1]], 2),
    ("all rows in one direction", [[1, 2, 3], [2, 4, 6], [-1, -2, -3]], 1),
    ("forget rows within the span of retained ones", [[1, 0, 1], [0, 2, 1], [1, 2, 2]], 2),
    ("retained rows within the span of forget ones", [[1, 2, 2], [1, 0, 1], [0, 2, 1]], 1),
    ("more rows than columns", [[1, 2], [3, 1], [1, 1], [0, 1], [2, 5]], 3),
    ("more rows, lower rank", [[1, 2, 1], [2, 1, 1], [3, 3, 2], [0, 3, 1], [1, -1, 0]], 2),
    ("the rest of the span", [[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0]], 1),
    ("a row of zeros", [[0, 0, 0], [1, 1, 0], [2, 1, 1]], 2),
]


@pytest.mark.parametrize("rows", [case[1:] for case in EXACT], ids=[case[0] for case in EXACT])
@pytest.mark.parametrize("power", [-40, -10, -5, 0, 1, 6, 10, 15, 40])
@pytest.mark.parametrize("ridge", [None, -9, 0, 4])
def test_every_weight_exactly(
    rows: tuple[list[list[int]], int],
    power: int,
    ridge: int | None,
    exact: Callable[[FloatArray], fmpq_mat],
) -> None:
    X, n_r = np.array(rows[0], dtype=float), rows[1]
    (n, d), n_f = X.shape, len(X) - n_r
    problem = Problem.from_arrays(X, np.zeros(n), forget=np.arange(n_r, n))
    w0, B = np.arange(1.0, d + 1.0), np.cos(np.arange(float(n)) ** 2)
    A, alpha = exact(X), fmpq(10) ** power
    D = fmpq_mat(n, n)
    for i in range(n):
        D[i, i] = fmpq(1, n_r) if i < n_r else alpha / n_f
    rest = A.transpose() * D * (exact(B) - A * exact(w0))
    G = A.transpose() * D * A
    if ridge is not None:
        for i in range(d):
            G[i, i] += fmpq(10) ** ridge
    step = to_float(moore_penrose(G) * rest)[:, 0]
    w, rank = weighted_nearest(
        problem,
        w0,
        B,
        retained=1 / n_r,
        forget=10.0**power / n_f,
        ridge=0.0 if ridge is None else 10.0**ridge,
    )
    assert rank == np.linalg.matrix_rank(X)
    np.testing.assert_allclose(w - w0, step, rtol=1e-7, atol=1e-11)


@pytest.mark.parametrize("power", [-11, -5, -2, 2, 5, 11])
def test_heavy_rows_that_disagree(power: int, exact: Callable[[FloatArray], fmpq_mat]) -> None:
    # Five rows of rank 2 in either part, with targets that no weights fit.
    rng = np.random.default_rng(1)
    low = rng.integers(-3, 4, (5, 2)) @ rng.integers(-3, 4, (2, 4))
    rows, B = [low, rng.integers(-5, 6, (5, 4))], rng.standard_normal(10)
    A = np.concatenate(rows if power < 0 else rows[::-1]).astype(float)
    problem = Problem.from_arrays(A, B, forget=range(5, 10))
    D = fmpq_mat(10, 10)
    for i in range(10):
        D[i, i] = fmpq(1) if i < 5 else fmpq(10) ** power
    X = exact(A)
    G = X.transpose() * D * X
    true = to_float(G.inv() * X.transpose() * D * exact(B))[:, 0]
    w, _ = weighted_nearest(problem, np.zeros(4), B, retained=1.0, forget=10.0**power, ridge=0.0)
    assert np.linalg.norm(w - true) <= 1e-12 * np.linalg.norm(true)


@pytest.mark.parametrize("condition", [1e2, 1e5, 1e8])
@pytest.mark.parametrize("shape", [(12, 5, 40, None), (12, 5, 40, 9), (30, 20, 11, None)])
def test_no_weight_costs_more_than_the_data(
    condition: float, shape: tuple[int, int, int, int | None]
) -> None:
    n_r, n_f, d, rank = shape
    problem = shared(n_r, n_f, d, condition=condition, rank=rank)
    # Labels that weights of moderate size fit: the answer is the same for every α.
    labels = problem.X_f @ pretrained(problem).coef
    expected = factors_of(problem).all.project(pretrained(problem).coef)
    for alpha in (1e-300, 1e-12, 1e-3, 1.0, 1e5, 1e18, 1e300):
        w = regularized(problem, targets=labels, alpha=alpha, start=0 * expected).coef
        assert np.linalg.norm(w - expected) <= 1e-13 * condition * np.linalg.norm(expected)


def test_where_descent_goes() -> None:
    for problem in (
        shared(n_r=8, n_f=3, d=25, condition=3.0, noise=0.5, outputs=2, seed=1),
        shared(n_r=20, n_f=5, d=6, condition=3.0, noise=0.5, seed=3),
        shared(n_r=9, n_f=6, d=14, condition=3.0, rank=5, noise=0.1, seed=4),
        overlapping(n_r=6, n_f=4, d_r=5, d_lap=4, d_f=6, condition=3.0, noise=0.2, seed=6),
    ):
        w_o = pretrained(problem).coef
        for alpha, ridge in ((0.7, 0.0), (0.7, 0.1), (5.0, 0.02), (0.0, 0.0), (0.0, 0.1)):
            labels = labels_for(problem)
            w = w_o
            for _ in range(60_000):
                slope = problem.X_r.T @ (problem.X_r @ w - problem.y_r) / problem.n_r
                slope += alpha * (problem.X_f.T @ (problem.X_f @ w - labels)) / problem.n_f
                slope += ridge * (w - w_o)
                move = 0.3 / (1 + alpha) * slope
                w = w - move
                if np.linalg.norm(move) <= 1e-15:
                    break
            else:
                raise AssertionError("descent did not converge")
            solved = regularized(problem, targets=labels, alpha=alpha, ridge=ridge).coef
            np.testing.assert_allclose(solved, w, atol=1e-9)


@given(problem=problems(), ridge=st.sampled_from([0.0, 1e-3, 1.0]))
def test_without_forget_term_it_is_fine_tuning(problem: Problem, ridge: float) -> None:
    w_o = pretrained(problem).coef
    left_out = regularized(problem, alpha=0.0, ridge=ridge)
    tuned = fine_tuned(problem, start=w_o, ridge=ridge * problem.n_r)
    np.testing.assert_allclose(left_out.coef, tuned.coef, rtol=1e-9, atol=1e-9)
    assert left_out.rank == tuned.rank
    assert left_out.residual_norm == pytest.approx(tuned.residual_norm, rel=1e-6, abs=1e-9)


def test_the_weight_drops_out_where_ranks_add_and_matters_elsewhere() -> None:
    independent = shared(n_r=7, n_f=4, d=30, condition=10.0, seed=1)
    adding = overlapping(n_r=7, n_f=5, d_r=4, d_lap=3, d_f=4, rank=3, noise=0.3, seed=2)
    repeated = shared(n_r=7, n_f=4, d=30, rank=6, noise=0.3, seed=3)
    for problem, drops_out in ((independent, True), (adding, True), (repeated, False)):
        factors = factors_of(problem)
        assert (factors.all.rank == factors.retained.rank + factors.forget.rank) == drops_out
        assert (factors.all.rank == problem.n) == (problem is independent)
        one, *others = (regularized(problem, alpha=a).coef for a in (1.0, 1e-9, 0.1, 30.0, 1e9))
        apart = [np.linalg.norm(w - one) for w in others]
        assert max(apart) <= 1e-10 if drops_out else min(apart) > 1e-2
    for alpha in (0.01, 1.0, 300.0):
        problem = Problem.from_arrays([[1], [1]], [1, 1], forget=[1])
        w = regularized(problem, alpha=alpha).coef
        np.testing.assert_allclose(w, 1 / (1 + alpha), rtol=1e-14)


@pytest.mark.parametrize("rank", [None, 5])
def test_the_ridge_goes_to_zero_and_to_infinity(rank: int | None) -> None:
    problem = shared(n_r=8, n_f=4, d=20, condition=10.0, rank=rank, noise=0.2)
    start = start_for(problem)
    for alpha in (0.0, 1e-3, 1.0, 1e5):
        limit = regularized(problem, alpha=alpha, start=start).coef
        away = []
        for ridge in (1e-9, 1e-10, 1e-16, 1e-20, 1e-100):
            w = regularized(problem, alpha=alpha, ridge=ridge, start=start).coef
            away.append(float(np.linalg.norm(w - limit)))
        # Linear in λ, then nothing but rounding.
        assert away[1] == pytest.approx(away[0] / 10, rel=0.2)
        assert max(away[3:]) <= 1e-11
        for ridge in (1e20, 1e300):
            stays = regularized(problem, alpha=alpha, ridge=ridge, start=start).coef
            assert np.linalg.norm(stays - start) <= 1e-13


@given(problem=problems(setup="distinct", max_condition=1e3), alpha=st.sampled_from(ALPHAS))
def test_zero_labels_and_distinct_features_reach_golden(problem: Problem, alpha: float) -> None:
    w = regularized(problem, alpha=alpha).coef
    assert distance_to_golden(problem, w) <= 1e-8 * (1 + np.linalg.norm(w))


@given(problem=problems(interpolating=True, max_condition=1e3), alpha=st.sampled_from(ALPHAS))
def test_golden_labels_reach_golden(problem: Problem, alpha: float) -> None:
    w = regularized(problem, targets="golden", alpha=alpha).coef
    assert distance_to_golden(problem, w) <= 1e-8 * (1 + np.linalg.norm(w))


def test_new_labels_are_fitted_where_rows_are_independent() -> None:
    problem = shared(n_r=10, n_f=5, d=40, noise=1.0)
    for targets in TARGETS:
        w = regularized(problem, targets=targets, alpha=0.3).coef
        new = forget_targets(problem, targets)
        assert retain_loss(problem, w) <= 1e-25
        expected = float(((new - problem.y_f) ** 2).mean())
        assert unlearning_loss(problem, w) == pytest.approx(expected, rel=1e-12)


def test_named_cases() -> None:
    one_hot = np.eye(3)[[0, 1, 2, 0, 1, 2, 2]]
    X = np.random.default_rng(0).standard_normal((7, 4))
    for y in (one_hot, one_hot[:, 0] + 0.5):
        problem = Problem.from_arrays(X, y, forget=[2, 5])
        start = start_for(problem)
        for alpha, ridge in ((0.4, 0.0), (3.0, 0.2)):
            chosen: dict[str, Any] = {"start": start}
            wrong = regularized(problem, targets="wrong", alpha=alpha, ridge=ridge, **chosen)
            np.testing.assert_array_equal(
                ce_ft(problem, alpha=alpha, ridge=ridge, **chosen).coef, wrong.coef
            )
            even = regularized(problem, targets="uniform", alpha=alpha, ridge=ridge, **chosen)
            np.testing.assert_array_equal(
                kl_ft(problem, alpha=alpha, ridge=ridge, **chosen).coef, even.coef
            )
            other = regularized(
                problem, targets="wrong", alpha=1 / alpha, ridge=ridge / alpha, **chosen
            )
            inverse = ice_ft(problem, alpha=alpha, ridge=ridge, **chosen)
            np.testing.assert_allclose(inverse.coef, other.coef, atol=1e-13)
            assert np.linalg.norm(inverse.coef - wrong.coef) > 1e-3
    only_forget = ice_ft(problem, alpha=0.0, start=start)
    assert only_forget.rank == 2
    np.testing.assert_allclose(problem.X_f @ only_forget.coef, -problem.y_f, atol=1e-13)


def test_labels_for_classes() -> None:
    labels = np.array([0, 1, 2, 2, 1, 0, 2])
    problem = Problem.from_arrays(np.eye(7), np.eye(3)[labels], forget=[1, 2, 6])
    np.testing.assert_array_equal(forget_targets(problem, "wrong").argmax(axis=1), [2, 0, 0])
    np.testing.assert_array_equal(forget_targets(problem, "uniform"), np.full((3, 3), 1 / 3))
    np.testing.assert_array_equal(forget_targets(problem), np.zeros((3, 3)))
    drawn = np.array([forget_targets(problem, "random", seed) for seed in range(300)])
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_array_equal(drawn.sum(axis=2), 1)
    # Each class comes up in a third of 900 draws; 5 standard deviations are 0.08.
    assert np.abs(drawn.mean(axis=(0, 1)) - 1 / 3).max() < 0.08
    np.testing.assert_array_equal(forget_targets(problem, "random", 7), drawn[7])


def test_labels_for_regression() -> None:
    y = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0], [5.0, 50.0]])
    for targets in (y, y[:, 0]):
        problem = Problem.from_arrays(np.eye(5), targets, forget=[1, 4])
        np.testing.assert_array_equal(forget_targets(problem, "wrong"), -targets[[1, 4]])
        expected = np.broadcast_to(targets[[0, 2, 3]].mean(axis=0), targets[:2].shape)
        np.testing.assert_allclose(forget_targets(problem, "uniform"), expected)
        np.testing.assert_array_equal(forget_targets(problem, "golden"), 0 * targets[:2])
        drawn = [forget_targets(problem, "random", seed) for seed in range(40)]
        firsts = {float(np.ravel(labels)[0]) for labels in drawn}
        assert firsts == {1.0, 2.0, 3.0, 4.0, 5.0}
        for labels in drawn:
            (first, second) = labels.reshape(2, -1)
            assert first.tolist() in y[:, : first.size].tolist()
            assert first[0] != second[0]
    given_labels = np.array([7.0, 8.0])
    np.testing.assert_array_equal(forget_targets(problem, given_labels), given_labels)


def test_golden_labels_are_goldens_predictions() -> None:
    problem = overlapping(n_r=6, n_f=4, d_r=5, d_lap=4, d_f=6)
    np.testing.assert_array_equal(
        forget_targets(problem, "golden"), problem.X_f @ golden(problem).coef
    )


def test_what_is_said() -> None:
    problem = distinct(n_r=4, n_f=2, d_r=6, d_f=5)
    done = regularized(problem, targets="random", alpha=0.5, ridge=0.25).done
    for word in ("pretrained", "4 retained", "2 forget", "random", "0.5", "0.25"):
        assert word in done
    assert "given labels" in regularized(problem, targets=np.zeros(2)).done
    assert "the given weights" in regularized(problem, start=np.zeros(11)).done


def test_classes_at_size() -> None:
    rng = np.random.default_rng(0)
    for n, d in ((120, 40), (60, 90)):
        X = rng.standard_normal((n, d)) * np.geomspace(1, 1e-2, d)
        problem = Problem.from_arrays(X, np.eye(10)[rng.integers(10, size=n)], forget=range(15))
        w_o = pretrained(problem).coef
        A, B = system(problem, forget_targets(problem, "wrong"), 2.0, 1e-3, w_o)
        expected = w_o + scipy.linalg.lstsq(A, B)[0]
        np.testing.assert_allclose(ce_ft(problem, alpha=2.0, ridge=1e-3).coef, expected, atol=1e-9)


def test_extreme_weights_and_ridges_together() -> None:
    for problem in (
        shared(n_r=5, n_f=3, d=12),
        shared(n_r=5, n_f=3, d=12, rank=4),
        shared(n_r=12, n_f=5, d=6),
    ):
        for alpha in (0.0, 5e-324, 1e-300, 1e300, 1.7e308):
            for ridge in (0.0, 5e-324, 1e-300, 1e300, 1.7e308):
                for method in (regularized, ce_ft, ice_ft, kl_ft):
                    assert np.isfinite(method(problem, alpha=alpha, ridge=ridge).coef).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"alpha": -1}, "alpha is -1: pass a finite number that is at least 0"),
        ({"alpha": np.nan}, "alpha is nan: pass a finite number"),
        ({"alpha": np.inf}, "alpha is inf: pass a finite number"),
        ({"ridge": -1e-9}, "ridge is -1e-09: pass a finite number that is at least 0"),
        ({"targets": "ones"}, "targets is 'ones': pass one of 'zero', 'wrong', 'random', 'unif"),
        ({"targets": [1.0]}, "targets has 1 rows but X_f has 2: pass one target per row"),
        ({"targets": [[1.0], [2.0]]}, "targets has shape (2, 1), but y_f has (2,): pass one label"),
        ({"targets": [1.0, np.nan]}, "targets has a NaN or infinite entry"),
        ({"targets": None}, "targets holds Python objects: pass real numbers"),
        ({"start": [1.0]}, "start has shape (1,), but the data asks for (6,)"),
        ({"seed": 0.5}, "seed is 0.5: pass a whole number"),
        ({"seed": -1}, "seed is -1: pass a whole number that is at least 0"),
    ],
)
def test_bad_input(options: dict[str, Any], sentence: str) -> None:
    problem = shared(n_r=3, n_f=2, d=6)
    with pytest.raises(InputError) as caught:
        regularized(problem, **options)
    assert str(caught.value).startswith(sentence)
    if not {"targets", "seed"} & set(options):
        for method in (ce_ft, ice_ft, kl_ft):
            with pytest.raises(InputError) as caught:
                method(problem, **options)
            assert str(caught.value).startswith(sentence)
