"""A second layer changes nothing at interpolation; a head is as good as the base lets it be."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import moore_penrose, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.networks import linear_head, two_layer, two_layer_weights
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from([0.0, 0.5]))
def test_the_pretrained_network_computes_the_pretrained_weights(
    problem: Problem, ridge: float
) -> None:
    V_1, V_2 = two_layer_weights(problem, ridge=ridge)
    w_o = pretrained(problem, ridge=ridge).coef.reshape(problem.d, -1)
    size = 1 + float(np.linalg.norm(w_o))
    assert np.linalg.norm(V_1 @ V_2 - w_o) <= 1e-9 * size
    assert np.linalg.norm(V_1.T @ V_1 - V_2 @ V_2.T) <= 1e-12 * size
    # Least parameter norm: twice the nuclear norm, from SciPy.
    norm = float((V_1**2).sum() + (V_2**2).sum())
    assert norm == pytest.approx(2 * scipy.linalg.svdvals(w_o).sum(), abs=1e-9 * size)


def test_no_interpolating_network_is_smaller() -> None:
    problem = shared(n_r=5, n_f=2, d=9, outputs=3)
    V_1, V_2 = two_layer_weights(problem)
    least = float((V_1**2).sum() + (V_2**2).sum())
    # Descent with a little weight decay from anywhere ends there.
    rng = np.random.default_rng(0)
    A, B = 0.3 * rng.standard_normal((9, 5)), 0.3 * rng.standard_normal((5, 3))
    for decay in (1.0, 0.1, 1e-2, 1e-3):
        for _ in range(10_000):
            G = problem.X.T @ (problem.X @ A @ B - problem.y)
            A, B = A - 0.005 * (G @ B.T + decay * A), B - 0.005 * (A.T @ G + decay * B)
    assert np.linalg.norm(A @ B - pretrained(problem).coef) <= 1e-2
    assert float((A**2).sum() + (B**2).sum()) == pytest.approx(least, rel=1e-2)


@given(problem=problems(interpolating=True, max_condition=1e3))
def test_fine_tuning_both_layers_at_interpolation_changes_nothing(problem: Problem) -> None:
    w_o = pretrained(problem).coef
    for step_size in (None, 1e-3):
        w = two_layer(problem, step_size=step_size).coef
        assert np.linalg.norm(w - w_o) <= 1e-9 * (1 + np.linalg.norm(w_o))


def plain_descent(problem: Problem, step: float, steps: int, ridge: float) -> FloatArray:
    V_1, V_2 = two_layer_weights(problem, ridge=ridge)
    y_r = problem.y_r.reshape(problem.n_r, -1)
    for _ in range(steps):
        G = problem.X_r.T @ (problem.X_r @ V_1 @ V_2 - y_r) + ridge * V_1 @ V_2
        V_1, V_2 = V_1 - step * G @ V_2.T, V_2 - step * V_1.T @ G
    return np.asarray((V_1 @ V_2).reshape(problem.weight_shape))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_the_steps_are_gradient_steps(outputs: int, ridge: float) -> None:
    problem = shared(n_r=12, n_f=5, d=6, noise=0.5, outputs=outputs)
    ours = two_layer(problem, steps=40, step_size=0.01, ridge=ridge).coef
    expected = plain_descent(problem, 0.01, 40, ridge)
    np.testing.assert_allclose(ours, expected, rtol=1e-10)
    # Many more, with steps of its own choice, end where descent ends: here at golden.
    far = two_layer(problem, steps=20_000, ridge=ridge).coef
    w_g = golden(problem, ridge=ridge).coef
    np.testing.assert_allclose(far, w_g, atol=1e-8)
    assert np.linalg.norm(ours - w_g) > 1e-3


def loss(problem: Problem, w: FloatArray, ridge: float) -> float:
    R = problem.X_r @ w - problem.y_r
    return float((R**2).sum() + ridge * (w**2).sum()) / 2


@given(
    problem=problems(max_condition=1e3),
    width=st.sampled_from([None, 1, 2]),
    ridge=st.sampled_from([0.0, 0.5]),
)
def test_the_loss_never_grows(problem: Problem, width: int | None, ridge: float) -> None:
    losses = [
        loss(problem, two_layer(problem, width=width, steps=k, ridge=ridge).coef, ridge)
        for k in (0, 1, 2, 5, 30)
    ]
    slack = 1e-10 * (1 + losses[0])
    assert all(later <= before + slack for before, later in pairwise(losses))


def test_it_moves_what_one_layer_keeps() -> None:
    problem = shared(n_r=5, n_f=6, d=8, noise=1.0, outputs=2, seed=3)
    w_o = pretrained(problem).coef
    X_r = problem.X_r
    outside = np.eye(8) - np.linalg.pinv(X_r) @ X_r
    one, two = fine_tuned(problem).coef, two_layer(problem, steps=500).coef
    assert np.linalg.norm(outside @ (one - w_o)) <= 1e-12
    assert np.linalg.norm(outside @ (two - w_o)) > 1e-2


def test_a_narrow_network_is_the_best_of_its_rank() -> None:
    problem = shared(n_r=15, n_f=5, d=6, noise=0.5, outputs=4)
    for ridge in (0.0, 2.0):
        X = np.vstack([problem.X, np.sqrt(ridge) * np.eye(6)])
        Y = np.vstack([problem.y, np.zeros((6, 4))])
        for width in (1, 2, 3):
            V_1, V_2 = two_layer_weights(problem, width=width, ridge=ridge)
            assert V_1.shape == (6, width)
            right = np.random.default_rng(0).standard_normal((width, 4))
            for _ in range(500):
                left = scipy.linalg.lstsq(X, Y @ np.linalg.pinv(right))[0]
                right = np.linalg.pinv(X @ left) @ Y
            best = np.linalg.norm(X @ left @ right - Y)
            assert np.linalg.norm(X @ V_1 @ V_2 - Y) == pytest.approx(best, rel=1e-9)


def test_rounding_makes_no_hidden_unit() -> None:
    # The best weights are zero; what is left of them in floats must not grow.
    for y in ([1.0, -1.0, 3.0, 3.0], [0.1, -0.1, 0.3, 0.3]):
        problem = Problem.from_arrays([[0.3], [0.3], [0.1], [-0.1]], y, forget=[1])
        np.testing.assert_array_equal(two_layer(problem).coef, [0.0])


@given(
    problem=problems(max_condition=1e3),
    ridge=st.sampled_from([0.0, 0.3]),
    base=st.sampled_from(["all", "retained"]),
)
def test_a_head_over_all_directions_is_golden(problem: Problem, ridge: float, base: str) -> None:
    solution = linear_head(problem, ridge=ridge, base=base)
    w_g = golden(problem, ridge=ridge)
    # The second route: the base made explicit, and the head fitted by SciPy.
    rows = problem.X if base == "all" else problem.X_r
    U, s, _ = scipy.linalg.svd(rows.T)
    U = U[:, : int(np.count_nonzero(s > 1e-9 * s[0])) if s.size and s[0] > 0 else 0]
    assert np.linalg.norm(solution.coef - w_g.coef) <= 1e-12 * (1 + np.linalg.norm(w_g.coef))
    if U.shape[1]:
        A = np.vstack([problem.X_r @ U, np.sqrt(ridge) * np.eye(U.shape[1])])
        zeros = np.zeros((U.shape[1], *problem.y.shape[1:]))
        h = scipy.linalg.lstsq(A, np.concatenate([problem.y_r, zeros]), cond=1e-9)[0]
        size = 1 + np.linalg.norm(h) + np.linalg.norm(problem.y_r)
        assert np.linalg.norm(U @ h - solution.coef) <= 1e-8 * size


@pytest.mark.parametrize("shape", [(9, 4, 20, None), (20, 6, 7, None), (9, 6, 12, 7)])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_how_far_a_smaller_base_keeps_the_head_from_golden(
    shape: tuple[int, int, int, int | None], ridge: float
) -> None:
    n_r, n_f, d, rank = shape
    problem = shared(n_r, n_f, d, rank=rank, noise=0.4, outputs=2)
    w_g = golden(problem, ridge=ridge).coef
    whole = np.linalg.matrix_rank(problem.X)
    for k in (1, 3, whole - 1):
        U = scipy.linalg.svd(problem.X)[2][:k].T
        ours = linear_head(problem, directions=k, ridge=ridge).coef
        Q = U @ U.T
        np.testing.assert_allclose(Q @ ours, ours, atol=1e-12)
        if ridge:
            H_r = problem.X_r.T @ problem.X_r + ridge * np.eye(d)
            inner = np.linalg.inv(U.T @ H_r @ U)
            np.testing.assert_allclose(ours, U @ inner @ U.T @ H_r @ w_g, atol=1e-10)
            outside = w_g - Q @ w_g
            missed = outside + U @ inner @ U.T @ problem.X_f.T @ problem.X_f @ outside
            np.testing.assert_allclose(w_g - ours, missed, atol=1e-10)
        else:
            expected = U @ np.linalg.pinv(problem.X_r @ U) @ problem.X_r @ w_g
            np.testing.assert_allclose(ours, expected, atol=1e-9)
        # Never better than the projection of golden, and really away from it.
        away = np.linalg.norm(w_g - ours)
        assert away >= np.linalg.norm(w_g - Q @ w_g) - 1e-12
        assert away > 1e-3
    many = linear_head(problem, directions=1000, ridge=ridge).coef
    np.testing.assert_allclose(many, w_g, atol=1e-10)


def test_a_small_base_remembers_the_forget_rows() -> None:
    problem = shared(n_r=20, n_f=6, d=7, noise=0.4)
    stale = linear_head(problem, directions=3).coef
    fresh = linear_head(problem, directions=3, base="retained").coef
    U = scipy.linalg.svd(problem.X_r)[2][:3].T
    expected = U @ np.linalg.pinv(problem.X_r @ U) @ problem.y_r
    np.testing.assert_allclose(fresh, expected, atol=1e-11)
    assert np.linalg.norm(stale - fresh) > 1e-2


def test_the_head_exactly(exact: Callable[[FloatArray], fmpq_mat]) -> None:
    # Orthogonal rows, so that the singular vectors of all rows are rational: the axes, in order.
    X = np.diag([5.0, 4.0, 3.0, 2.0])[[0, 0, 1, 2, 3, 3]]
    y = np.array([1.0, 4.0, 2.0, 7.0, -3.0, 5.0])
    problem = Problem.from_arrays(X, y, forget=[1, 3])
    for k in (1, 2, 3):
        A = exact(problem.X_r[:, :k])
        expected = np.zeros(4)
        expected[:k] = to_float(moore_penrose(A) * exact(problem.y_r))[:, 0]
        coef = linear_head(problem, directions=k).coef
        np.testing.assert_allclose(coef, expected, atol=1e-14)


def test_the_released_noise() -> None:
    problem = shared(n_r=9, n_f=4, d=20, outputs=2)
    clean = {k: linear_head(problem, directions=k).coef for k in (3, 13)}
    for k, before in clean.items():
        drawn = [
            linear_head(problem, directions=k, noise=0.1, seed=seed).coef - before
            for seed in range(400)
        ]
        # A sum of 800·k squares; 6 standard deviations are below a fifth.
        mean = float(np.mean([(noise**2).sum() for noise in drawn]))
        assert mean == pytest.approx(0.01 * k * 2, rel=0.2)
        U = scipy.linalg.svd(problem.X)[2][:k].T
        np.testing.assert_allclose(U @ (U.T @ drawn[0]), drawn[0], atol=1e-12)


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        (two_layer, {"width": 0}, "width is 0: pass a whole number that is at least 1"),
        (two_layer, {"steps": -1}, "steps is -1"),
        (two_layer, {"step_size": -1.0}, "step_size is -1.0"),
        (two_layer, {"ridge": -1.0}, "ridge is -1.0"),
        (two_layer, {"ridge": 1.0, "step_size": 1e9}, "the weights overflow: pass a smaller"),
        (linear_head, {"directions": 0}, "directions is 0: pass a whole number"),
        (linear_head, {"base": "none"}, "base is 'none': pass 'all' or 'retained'"),
        (linear_head, {"noise": -1.0}, "noise is -1.0"),
        (linear_head, {"ridge": -1.0}, "ridge is -1.0"),
        (linear_head, {"seed": -1}, "seed is -1"),
    ],
)
def test_bad_input(method: Callable[..., object], options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        method(shared(2, 1, 3), **options)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("n_r", [20, 60])
def test_rows_of_equal_singular_values_are_descended_on(n_r: int) -> None:
    """Their Gram matrix is a multiple of the identity but for rounding."""
    problem = shared(n_r=n_r, n_f=8, d=53, condition=1.0, noise=1e-3, seed=9291)
    V_1, V_2 = two_layer_weights(problem)
    slope = problem.X_r.T @ (problem.X_r @ V_1 @ V_2 - problem.y_r[:, None])
    eta = 1e-3
    w = (V_1 - eta * slope @ V_2.T) @ (V_2 - eta * V_1.T @ slope)
    assert np.linalg.norm(two_layer(problem, steps=1, step_size=eta).coef - w[:, 0]) <= 1e-12
    assert np.isfinite(two_layer(problem).coef).all()
