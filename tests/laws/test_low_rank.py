"""Updates of low rank leave retained predictions alone; fused layers are weighted regressions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import identity, moore_penrose, rank, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.bounded_rank import new_rows
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.low_rank import fuse, fused, lora_residual
from linreg_unlearn.metrics import distance_to_golden
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import overlapping, shared
from linreg_unlearn.testing.problems import Family, problems

WHOLE: list[Family] = ["integers", "edge"]


def labels_for(problem: Problem) -> FloatArray:
    waves: FloatArray = np.round(3 * np.cos(1 + np.arange(float(problem.y_f.size))))
    return waves.reshape(problem.y_f.shape)


@given(data=st.data())
def test_the_update_exactly(data: st.DataObject, exact: Callable[[FloatArray], fmpq_mat]) -> None:
    problem = data.draw(problems(family=data.draw(st.sampled_from(WHOLE))))
    labels = labels_for(problem)
    X_r, X_f = exact(problem.X_r), exact(problem.X_f)
    w_o = moore_penrose(exact(problem.X)) * exact(problem.y)
    B = X_f * (identity(problem.d) - moore_penrose(X_r) * X_r)
    T = exact(labels) - X_f * w_o
    delta = moore_penrose(B) * T
    solution = lora_residual(problem, targets=labels)
    expected = to_float(w_o + delta).reshape(problem.weight_shape)
    np.testing.assert_allclose(solution.coef, expected, rtol=1e-7, atol=1e-8)
    assert solution.rank == rank(B) == rank(exact(problem.X)) - rank(X_r)
    # Feasible iff T is in the range of B, and then of the rank of T.
    assert (X_r * delta).rank() == 0
    if B * delta == T:
        assert solution.residual_norm <= 1e-7
        assert rank(delta) == rank(T)
    else:
        assert solution.residual_norm == pytest.approx(
            float(np.linalg.norm(to_float(X_f * (w_o + delta) - exact(labels)))), rel=1e-6
        )


@given(problem=problems(max_condition=1e3), targets=st.sampled_from(["zero", "wrong", "golden"]))
def test_retained_predictions_stay(problem: Problem, targets: str) -> None:
    w_o = pretrained(problem, ridge=0.5).coef
    w = lora_residual(problem, targets=targets, ridge=0.5).coef
    size = np.linalg.norm(problem.X_r) * (1 + np.linalg.norm(w) + np.linalg.norm(w_o))
    assert np.linalg.norm(problem.X_r @ (w - w_o)) <= 1e-9 * size


@given(problem=problems(interpolating=True, max_condition=1e3))
def test_golden_labels_reach_golden_at_interpolation(problem: Problem) -> None:
    w = lora_residual(problem, targets="golden").coef
    assert distance_to_golden(problem, w) <= 1e-8 * (1 + np.linalg.norm(w))


def test_golden_labels_do_not_reach_golden_elsewhere() -> None:
    problem = shared(n_r=12, n_f=4, d=6, noise=0.5)
    assert distance_to_golden(problem, lora_residual(problem, targets="golden").coef) > 1e-3
    # Nothing is left to move where retained rows determine all weights.
    w_o = pretrained(problem).coef
    np.testing.assert_array_equal(lora_residual(problem).coef, w_o)


def test_golden_labels_follow_the_ridge() -> None:
    problem = shared(n_r=6, n_f=3, d=20, noise=0.5)
    w = lora_residual(problem, targets="golden", ridge=2.0).coef
    wanted = problem.X_f @ golden(problem, ridge=2.0).coef
    np.testing.assert_allclose(problem.X_f @ w, wanted, rtol=1e-10, atol=1e-10)


def test_the_best_update_of_a_rank() -> None:
    problem = overlapping(n_r=12, n_f=7, d_r=6, d_lap=4, d_f=3, outputs=5, noise=0.3, seed=2)
    labels = np.random.default_rng(0).standard_normal(problem.y_f.shape)
    w_o, (C, V) = pretrained(problem).coef, new_rows(problem)
    B = C @ V
    T = labels - problem.X_f @ w_o
    losses = []
    for most in range(6):
        solution = lora_residual(problem, targets=labels, rank=most)
        delta = solution.coef - w_o
        assert np.linalg.matrix_rank(delta, tol=1e-9) == min(most, 3)
        assert np.linalg.norm(problem.X_r @ delta) <= 1e-11
        losses.append(solution.residual_norm)
        # The second route: alternating least squares over both factors of the update.
        best = float(np.linalg.norm(T)) if most == 0 else np.inf
        for seed in range(5 if most else 0):
            right = np.random.default_rng(seed).standard_normal((most, 5))
            for _ in range(300):
                left = scipy.linalg.lstsq(B, T @ np.linalg.pinv(right), cond=1e-9)[0]
                right = np.linalg.pinv(B @ left) @ T
            best = min(best, float(np.linalg.norm(B @ left @ right - T)))
        assert solution.residual_norm == pytest.approx(best, rel=1e-6)
        # Cutting the whole update down to the rank is no better.
        U, s, Vt = scipy.linalg.svd(lora_residual(problem, targets=labels).coef - w_o)
        cut = (U[:, :most] * s[:most]) @ Vt[:most]
        assert solution.residual_norm <= np.linalg.norm(problem.X_f @ cut - T) + 1e-12
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_array_equal(lora_residual(problem, targets=labels, rank=0).coef, w_o)
    full = lora_residual(problem, targets=labels).coef
    np.testing.assert_allclose(
        lora_residual(problem, targets=labels, rank=9).coef, full, atol=1e-12
    )


@given(
    sizes=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    d=st.integers(1, 5),
    seed=st.integers(0, 10**6),
)
def test_fusing_exactly(
    sizes: list[int], d: int, seed: int, exact: Callable[[FloatArray], fmpq_mat]
) -> None:
    rng = np.random.default_rng(seed)
    rows = [rng.integers(-2, 3, (m, d)).astype(float) for m in sizes]
    weights = [rng.integers(-4, 5, (d, 2)).astype(float) for _ in sizes]
    G, b = fmpq_mat(d, d), fmpq_mat(d, 2)
    for X, W in zip(rows, weights, strict=True):
        block = exact(X)
        G += block.transpose() * block
        b += block.transpose() * block * exact(W)
    expected = moore_penrose(G) * b
    ours = fuse(rows, weights)
    np.testing.assert_allclose(ours.coef, to_float(expected), rtol=1e-8, atol=1e-8)
    apart = [exact(X) * (expected - exact(W)) for X, W in zip(rows, weights, strict=True)]
    total = sum((entry**2 for block in apart for entry in block.entries()), fmpq(0))
    assert ours.residual_norm**2 == pytest.approx(int(total.p) / int(total.q), rel=1e-6, abs=1e-12)
    adds = rank(exact(np.concatenate(rows))) == sum(rank(exact(X)) for X in rows)
    assert ours.always_exact == adds
    if adds:
        assert total == 0
        return
    # Where ranks do not add, a combination of all rows is zero without being so in every block;
    # layers that follow its parts cannot be fused.
    null = scipy.linalg.null_space(np.concatenate(rows).T)
    parts = [X.T @ z for X, z in zip(rows, np.split(null, np.cumsum(sizes)[:-1]), strict=True)]
    column = int(np.argmax(sum((part**2).sum(axis=0) for part in parts)))
    assert fuse(rows, [part[:, column] for part in parts]).residual_norm > 1e-9


def refit(problem: Problem, keep: Any, ridge: float) -> FloatArray:
    A, B = problem.X[keep], problem.y[keep]
    root = np.sqrt(ridge) * np.eye(problem.d)
    zeros = np.zeros((problem.d, *B.shape[1:]))
    return np.asarray(
        scipy.linalg.lstsq(np.vstack([A, root]), np.concatenate([B, zeros]), cond=1e-9)[0]
    )


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("on", ["both", "forget"])
@pytest.mark.parametrize("requests", [1, 2, 3, 9])
@pytest.mark.parametrize(
    "problem",
    [
        shared(n_r=7, n_f=5, d=30, noise=0.3, outputs=2),
        shared(n_r=20, n_f=7, d=6, noise=0.3),
        shared(n_r=9, n_f=4, d=12, rank=6, noise=0.3),
    ],
    ids=lambda problem: problem.name,
)
def test_fused_is_the_regression_it_says(
    problem: Problem, requests: int, on: str, ridge: float
) -> None:
    n_r, n = problem.n_r, problem.n
    w_o = refit(problem, np.arange(n), ridge)
    rows, weights = [], []
    for group in np.array_split(np.arange(n_r, n), min(requests, problem.n_f)):
        weights.append(refit(problem, np.delete(np.arange(n), group), ridge) - w_o)
        own = problem.X[group]
        rows.append(np.vstack([problem.X_r, own]) if on == "both" else own)
    expected = w_o + fuse(rows, weights).coef
    ours = fused(problem, requests=requests, on=on, ridge=ridge)
    np.testing.assert_allclose(ours.coef, expected, rtol=1e-9, atol=1e-9)
    if requests == 1 and on == "both":
        w_g = golden(problem, ridge=ridge).coef
        np.testing.assert_allclose(ours.coef, w_g, rtol=1e-9, atol=1e-9)


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from([0.0, 0.5]))
def test_a_single_request_is_golden(problem: Problem, ridge: float) -> None:
    w = fused(problem, requests=1, ridge=ridge).coef
    away = np.linalg.norm(w - golden(problem, ridge=ridge).coef)
    assert away <= 1e-8 * (1 + np.linalg.norm(w))


def test_requests_that_say_nothing_about_each_other_are_golden() -> None:
    rng = np.random.default_rng(4)
    X = np.zeros((8, 12))
    X[:, :4] = rng.standard_normal((8, 4))
    X[4:6, 4:8] = rng.standard_normal((2, 4))
    X[6:, 8:] = rng.standard_normal((2, 4))
    problem = Problem.from_arrays(X, rng.standard_normal(8), forget=[4, 5, 6, 7])
    assert distance_to_golden(problem, fused(problem, requests=2).coef) <= 1e-11
    # A third cut goes through a group whose rows do predict each other.
    assert distance_to_golden(problem, fused(problem, requests=4).coef) > 1e-2


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: lora_residual(p, targets="none"), "targets is 'none': pass one of"),
        (lambda p: lora_residual(p, rank=-1), "rank is -1: pass a whole number"),
        (lambda p: lora_residual(p, ridge=-1.0), "ridge is -1.0"),
        (lambda p: lora_residual(p, seed=-1), "seed is -1"),
        (lambda p: fused(p, requests=0), "requests is 0: pass a whole number"),
        (lambda p: fused(p, on="all"), "on is 'all': pass 'both' or 'forget'"),
        (lambda p: fused(p, ridge=-1.0), "ridge is -1.0"),
        (lambda p: fuse([], []), "rows has 0 entries and weights 0: pass one set of rows per"),
        (lambda p: fuse([[[1.0]]], []), "rows has 1 entries and weights 0"),
        (lambda p: fuse([[[1]], [[1, 2]]], [[1], [1]]), "rows[1] has 2 columns and rows[0] 1"),
        (lambda p: fuse([[[1]], [[1]]], [[1], [[1]]]), "weights[1] has shape (1, 1): pass shape"),
        (lambda p: fuse([[[1]]], [[1, 2]]), "weights[0] has shape (2,): pass shape (1,)"),
    ],
)
def test_bad_input(call: Callable[[Problem], object], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        call(shared(2, 1, 3))
    assert sentence in str(caught.value)
