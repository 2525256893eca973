"""What smooths a linear model around some rows shrinks it, whichever rows they are."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.zero_shot import best_shrinkage, just_in_time, shrinkage_constant
from linreg_unlearn.metrics import distance_to_golden, retain_loss, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems


def test_the_constant_by_quadrature() -> None:
    assert shrinkage_constant(1) == pytest.approx(1.0, rel=1e-15)
    assert shrinkage_constant(2) == pytest.approx(2 / math.pi, rel=1e-15)
    for d in (2, 3, 4, 7, 20, 101):
        # The mean of |cos θ| over a sphere, at angle θ from the weights.
        above, below = (
            scipy.integrate.quad(f, 0, math.pi / 2, epsabs=0, epsrel=1e-12)[0]
            for f in (
                lambda t, k=d - 2: math.cos(t) * math.sin(t) ** k,
                lambda t, k=d - 2: math.sin(t) ** k,
            )
        )
        assert shrinkage_constant(d) == pytest.approx(above / below, rel=1e-11)


def test_the_constant_in_ball_arithmetic() -> None:
    for d in (1, 2, 3, 10, 999, 100_000):
        half, pi = arb(d) / 2, arb.pi()
        exact = half.gamma() / (pi.sqrt() * (half + arb(1) / 2).gamma()) if d < 1000 else None
        if exact is not None:
            assert shrinkage_constant(d) == pytest.approx(float(exact), rel=1e-12)
        # The beta function turns a product of two neighbours into 2/(πd).
        product = shrinkage_constant(d) * shrinkage_constant(d + 1)
        assert product == pytest.approx(2 / (math.pi * d), rel=1e-9)
    assert ctx.prec == 53


def test_the_constant_by_simulation() -> None:
    rng = np.random.default_rng(0)
    for d in (1, 3, 12):
        xi, w = rng.standard_normal((100_000, d)), rng.standard_normal(d)
        seen = np.abs(xi @ w) / np.linalg.norm(xi, axis=1) / np.linalg.norm(w)
        # A mean of 1e5 numbers between 0 and 1; 6 standard deviations are below 0.006.
        assert abs(seen.mean() - shrinkage_constant(d)) < 0.006


@given(problem=problems(), penalty=st.sampled_from(["squared", "relative"]))
def test_steps_add_up_and_only_shrink(problem: Problem, penalty: str) -> None:
    w_o = pretrained(problem).coef
    options: dict[str, Any] = {"penalty": penalty, "noise": 0.7, "step_size": 0.3}
    w, size = w_o.reshape(problem.d, -1).copy(), 0.0
    for _ in range(5):
        for j in range(w.shape[1]):
            size = float(np.linalg.norm(w[:, j]))
            # The gradient of the mean penalty, by hand; a step never goes beyond zero.
            slope = 0.49 * size if penalty == "squared" else shrinkage_constant(problem.d)
            w[:, j] *= max(1 - 0.3 * slope / size, 0) if size > 0 else 0.0
    ours = just_in_time(problem, steps=5, **options).coef
    allowed = 1e-12 * (1 + np.linalg.norm(w_o))
    assert np.linalg.norm(ours - w.reshape(problem.weight_shape)) <= allowed
    again = just_in_time(
        problem, steps=3, start=just_in_time(problem, steps=2, **options).coef, **options
    ).coef
    assert np.linalg.norm(ours - again) <= allowed


def test_draws_have_the_mean_that_is_claimed() -> None:
    problem = shared(n_r=6, n_f=3, d=8, outputs=2)
    for penalty in ("squared", "relative"):
        options: dict[str, Any] = {"penalty": penalty, "noise": 0.5, "step_size": 0.4, "steps": 1}
        closed = just_in_time(problem, **options).coef
        w_o = pretrained(problem).coef
        drawn = just_in_time(problem, samples=200_000, seed=1, **options).coef
        # Standard deviations of the means, per entry, stay below 4e-4 of ‖w_o‖.
        assert np.abs(drawn - closed).max() < 2e-3 * np.linalg.norm(w_o)
        assert np.linalg.norm(closed - w_o) > 0.02 * np.linalg.norm(w_o)
        # What public code differentiates has the mean zero.
        still = just_in_time(problem, both_branches=False, **options).coef
        np.testing.assert_array_equal(still, w_o)
        half = just_in_time(problem, samples=200_000, both_branches=False, seed=1, **options).coef
        assert np.abs(half - w_o).max() < 2e-2 * np.linalg.norm(w_o)
        few = just_in_time(problem, samples=5, both_branches=False, **options).coef
        # Along the forget rows, wherever it goes.
        moved = few - w_o
        inside = problem.X_f.T @ np.linalg.lstsq(problem.X_f.T, moved)[0]
        np.testing.assert_allclose(inside, moved, atol=1e-12)
        assert np.linalg.norm(moved) > 1e-3


def test_the_sampled_gradient_is_that_of_the_penalty() -> None:
    problem = shared(n_r=3, n_f=2, d=4)
    w_o = pretrained(problem).coef
    xi = 0.5 * np.random.default_rng(7).standard_normal((3, 4))

    def loss(w: Any, penalty: str) -> float:
        change = xi @ w
        if penalty == "squared":
            return float((change**2).mean() / 2)
        return float((np.abs(change) / np.linalg.norm(xi, axis=1)).mean())

    for penalty in ("squared", "relative"):
        moved = just_in_time(
            problem, penalty=penalty, noise=0.5, step_size=1.0, steps=1, samples=3, seed=7
        ).coef
        slopes = [
            (loss(w_o + h, penalty) - loss(w_o - h, penalty)) / 2e-6 for h in 1e-6 * np.eye(4)
        ]
        np.testing.assert_allclose(w_o - moved, slopes, rtol=1e-6, atol=1e-8)


@given(problem=problems(), penalty=st.sampled_from(["squared", "relative"]))
def test_it_does_not_see_which_rows_are_to_go(problem: Problem, penalty: str) -> None:
    start = np.ones(problem.weight_shape)
    other = (
        Problem.from_arrays(problem.X[::-1] * 7 + 1, problem.y, forget=[0], intercept=False)
        if problem.n > 1
        else problem
    )
    one, two = (just_in_time(p, penalty=penalty, start=start).coef for p in (problem, other))
    np.testing.assert_array_equal(one, two)


@given(problem=problems(interpolating=True, max_condition=1e3, outputs=(None,)))
def test_both_kinds_of_rows_are_forgotten_alike(problem: Problem) -> None:
    w_o, w_g = pretrained(problem).coef, golden(problem).coef
    w = just_in_time(problem, step_size=0.2, steps=2).coef
    s = 0.8**2
    scale = 1e-8 * (1 + float(np.linalg.norm(problem.y)) ** 2)
    expected = (1 - s) ** 2 * float((problem.y_r**2).mean())
    assert retain_loss(problem, w) == pytest.approx(expected, abs=scale)
    expected = (1 - s) ** 2 * float((problem.y_f**2).mean())
    assert unlearning_loss(problem, w) == pytest.approx(expected, abs=scale)
    factor, distance = best_shrinkage(problem)
    size, kept = float(w_o @ w_o), float(w_g @ w_g)
    if size > 0:
        assert factor == pytest.approx(kept / size, abs=1e-8)
        assert distance**2 == pytest.approx(kept * (1 - kept / size), abs=1e-7 * (1 + size))
    for steps in range(0, 20, 3):
        for penalty in ("squared", "relative"):
            w = just_in_time(problem, penalty=penalty, step_size=0.1, steps=steps).coef
            assert distance_to_golden(problem, w) >= distance - 1e-9 * (1 + size)


def test_the_best_shrinkage_is_reached() -> None:
    problem = shared(n_r=6, n_f=3, d=20, outputs=2, noise=0.3)
    factor, distance = best_shrinkage(problem, ridge=0.2)
    w = just_in_time(problem, ridge=0.2, steps=1, step_size=1 - factor).coef
    away = np.linalg.norm(w - golden(problem, ridge=0.2).coef)
    assert away == pytest.approx(distance, rel=1e-12)
    zero = Problem.from_arrays([[1], [1]], [0, 0], forget=[0])
    assert best_shrinkage(zero) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"penalty": "cubed"}, "penalty is 'cubed': pass 'squared' or 'relative'"),
        ({"noise": -1.0}, "noise is -1.0"),
        ({"noise": 0.0, "penalty": "relative"}, "noise is 0 but penalty is 'relative'"),
        ({"step_size": -1.0}, "step_size is -1.0"),
        ({"steps": -1}, "steps is -1"),
        ({"samples": 0}, "samples is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"ridge": -1.0}, "ridge is -1.0"),
        ({"start": [1.0]}, "start has shape (1,)"),
        ({"step_size": 9.0, "steps": 1000}, "the weights overflow: pass a smaller step_size"),
        ({"noise": 1e200}, "the weights overflow"),
        ({"noise": 1e200, "samples": 2}, "the weights overflow"),
    ],
)
def test_bad_input(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        just_in_time(shared(2, 1, 3), **options)
    assert sentence in str(caught.value)
