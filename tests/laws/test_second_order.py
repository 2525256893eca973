"""Second-order steps are what their formulas say, and miss golden by what the formulas say."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import identity, moore_penrose, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.curvature import curvature_solve, damped_min_norm, row_solve
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.linalg.rounding import residuals
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.second_order import (
    certified_removal,
    corrected,
    first_order,
    gradient_residual,
    influence,
    newton,
    retrained_on_correction,
    ssse,
)
from linreg_unlearn.metrics import distance_to_golden, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems

RIDGES = [1e-3, 0.5, 20.0]
RAGGED: Any = [[1.0], 2.0]

WIDE = Problem.from_arrays(
    [[1, 2, 0, 1], [0, 1, 1, 3], [2, 0, 1, 1]], [[1, 0], [4, 1], [-2, 3]], forget=[2]
)
TALL = Problem.from_arrays(
    [[1, 2], [3, 1], [1, 1], [0, 1], [2, 5]], [1, 0, 2, -1, 3], forget=[3, 4]
)
LOW_RANK = Problem.from_arrays(
    [[1, 2, 1], [2, 1, 1], [3, 3, 2], [0, 3, 1], [1, -1, 0]], [1, 0, 2, 5, 1], forget=[1, 3]
)
NEW_DIRECTION = Problem.from_arrays(
    [[1, 0, 0], [1, 1, 0], [1, 2, 0], [0, 1, 1], [2, 0, 1], [1, 0, 2]],
    [1, 0, 2, 5, 1, 1],
    forget=[3, 4, 5],
)
NO_ROW = Problem.from_arrays([[0, 0], [1, 1], [1, 2]], [1, 2, 0], forget=[1, 2])
PROBLEMS = [WIDE, TALL, LOW_RANK, NEW_DIRECTION, NO_ROW]
NOISY = shared(n_r=30, n_f=10, d=12, noise=0.5, outputs=2, condition=10.0, seed=4)
Exact = Callable[[FloatArray], fmpq_mat]


class Rational:
    """The objects of theory, exactly."""

    def __init__(self, problem: Problem, ridge: float, exact: Exact) -> None:
        shift = exact(np.array([[ridge]]))[0, 0]
        self.X, self.y = exact(problem.X), exact(problem.y)
        self.X_r, self.y_r = exact(problem.X_r), exact(problem.y_r)
        self.X_f, self.y_f = exact(problem.X_f), exact(problem.y_f)
        self.ridge = shift
        self.inverse = moore_penrose(self.hessian(self.X))
        self.inverse_r = moore_penrose(self.hessian(self.X_r))
        self.w_o = self.inverse * self.X.transpose() * self.y
        self.w_g = self.inverse_r * self.X_r.transpose() * self.y_r
        self.e_f = self.X_f * self.w_o - self.y_f
        self.S = self.X_f * self.inverse * self.X_f.transpose()

    def hessian(self, A: fmpq_mat) -> fmpq_mat:
        return A.transpose() * A + identity(A.ncols()) * self.ridge

    def gradient(self, w: fmpq_mat) -> fmpq_mat:
        return self.X_r.transpose() * (self.X_r * w - self.y_r) + w * self.ridge


def as_weights(A: fmpq_mat, problem: Problem) -> FloatArray:
    return to_float(A).reshape(problem.weight_shape)


def close(one: FloatArray, two: FloatArray, tolerance: float = 1e-9) -> None:
    assert np.linalg.norm(one - two) <= tolerance * (1 + np.linalg.norm(two))


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("ridge", [0.0, 2.0**-20, 0.5, 1024.0])
def test_newton_and_influence_exactly(problem: Problem, ridge: float, exact: Exact) -> None:
    true = Rational(problem, ridge, exact)
    w_n = true.w_o + true.inverse_r * true.X_f.transpose() * true.e_f
    close(newton(problem, ridge=ridge).coef, as_weights(w_n, problem))
    w = true.w_o
    for k in (1, 2, 3):
        w = w - true.inverse * true.gradient(w)
        if k == 1:
            assert w == true.w_o + true.inverse * true.X_f.transpose() * true.e_f
        found = influence(problem, ridge=ridge, iterations=k).coef
        close(found, as_weights(w, problem))
        left = gradient_residual(problem, found, ridge)
        close(left, as_weights(-true.X_f.transpose() * true.S**k * true.e_f, problem), 1e-8)
    if ridge:
        # E1 and E2, exactly.
        assert w_n == true.w_g
        n_f = problem.n_f
        gap = (identity(n_f) - true.S).inv() * true.S**3 * true.e_f
        assert true.w_g - w == true.inverse * true.X_f.transpose() * gap


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_one_newton_step_is_a_refit(problem: Problem, ridge: float) -> None:
    solution, refit = newton(problem, ridge=ridge), golden(problem, ridge=ridge)
    close(solution.coef, refit.coef)
    assert solution.rank == refit.rank
    assert solution.residual_norm == pytest.approx(refit.residual_norm, rel=1e-6, abs=1e-8)


@given(problem=problems(max_condition=1e3))
def test_without_a_ridge_newton_is_fine_tuning(problem: Problem) -> None:
    close(newton(problem).coef, fine_tuned(problem).coef, 1e-7)


@pytest.mark.parametrize("problem", [*PROBLEMS, shared(8, 4, 30), shared(30, 8, 12, rank=9)])
@pytest.mark.parametrize("ridge", [1e-9, 1e-30, 1e-300])
def test_the_limit_of_newton_is_golden(problem: Problem, ridge: float) -> None:
    # E3: the value at the limit is another one wherever a direction is new.
    close(newton(problem, ridge=ridge).coef, golden(problem).coef, 1e-7)


@given(problem=problems(interpolating=True, max_condition=1e3))
def test_nothing_moves_at_interpolation(problem: Problem) -> None:
    w_o = pretrained(problem).coef
    for solution in (
        newton(problem),
        influence(problem, iterations=4),
        first_order(problem),
        first_order(problem, step_size=0.1),
        certified_removal(problem, step="influence"),
    ):
        close(solution.coef, w_o, 1e-7)
    np.testing.assert_array_equal(ssse(problem).coef, w_o)


@pytest.mark.parametrize("ridge", [0.1, 3.0])
def test_influence_contracts_in_the_norm_of_the_hessian(ridge: float) -> None:
    X_f, H = NOISY.X_f, NOISY.X.T @ NOISY.X + ridge * np.eye(NOISY.d)
    largest = scipy.linalg.eigvalsh(X_f @ np.linalg.solve(H, X_f.T))[-1]
    assert largest < 1

    def distance(w: FloatArray) -> float:
        v = w - golden(NOISY, ridge=ridge).coef
        return float(np.sqrt(np.trace(v.T @ H @ v)))

    start = distance(pretrained(NOISY, ridge=ridge).coef)
    for k in (1, 2, 5, 20):
        away = distance(influence(NOISY, iterations=k, ridge=ridge).coef)
        assert away <= largest**k * start * (1 + 1e-9) + 1e-14
    # One direction only: the bound is reached.
    one = Problem.from_arrays([[1], [2]], [0, 1], forget=[1])
    for k in (1, 3):
        error = influence(one, iterations=k, ridge=1.0).coef - golden(one, ridge=1.0).coef
        start_error = pretrained(one, ridge=1.0).coef - golden(one, ridge=1.0).coef
        assert error[0] / start_error[0] == pytest.approx((4 / 6) ** k, rel=1e-12)


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_influence_forgets_less_than_golden(problem: Problem, ridge: float) -> None:
    losses = [
        unlearning_loss(problem, method(problem, ridge=ridge).coef)
        for method in (pretrained, influence, golden)
    ]
    slack = 1e-9 * (1 + losses[-1])
    assert losses[0] <= losses[1] + slack
    assert losses[1] <= losses[2] + slack


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from([0.5, 20.0]))
def test_the_best_gradient_step(problem: Problem, ridge: float) -> None:
    w_o, w_g = pretrained(problem, ridge=ridge).coef, golden(problem, ridge=ridge).coef
    eigenvalues = scipy.linalg.eigvalsh(problem.X_r.T @ problem.X_r) + ridge
    kappa = eigenvalues[-1] / eigenvalues[0]
    found = first_order(problem, ridge=ridge).coef
    before = np.linalg.norm(w_o - w_g, axis=0)
    after = np.linalg.norm(found - w_g, axis=0)
    slack = 1e-9 * (1 + np.linalg.norm(w_g))
    assert np.all(after <= (kappa - 1) / (kappa + 1) * before + slack)
    for tau in np.geomspace(1 / eigenvalues[-1], 1 / eigenvalues[0], 7):
        other = first_order(problem, step_size=float(tau), ridge=ridge).coef
        assert np.all(after <= np.linalg.norm(other - w_g, axis=0) + slack)


@pytest.mark.parametrize("kappa", [1.0, 4.0, 100.0])
def test_the_bound_on_gradient_steps_is_sharp(kappa: float) -> None:
    root = kappa**0.5
    problem = Problem.from_arrays([[1, 0], [0, root], [1, root]], [0, 0, 1], forget=[2])
    w_o = pretrained(problem).coef
    away = distance_to_golden(problem, first_order(problem).coef)
    expected = (kappa - 1) / (kappa + 1) * distance_to_golden(problem, w_o)
    assert away == pytest.approx(expected, rel=1e-12, abs=1e-15)
    e_f = problem.X_f @ w_o - problem.y_f
    given_step = first_order(problem, step_size=0.25).coef
    np.testing.assert_allclose(given_step, w_o + 0.25 * problem.X_f.T @ e_f, rtol=1e-14)


@pytest.mark.parametrize("problem", [*PROBLEMS, NOISY])
@pytest.mark.parametrize(("damping", "strength"), [(1.0, 1.0), (2.0**-30, 0.5), (64.0, 2.0)])
def test_fisher_step_exactly(
    problem: Problem, damping: float, strength: float, exact: Exact
) -> None:
    ridge = 0.5
    w_o = pretrained(problem, ridge=ridge).coef
    X, E = exact(problem.X), exact(problem.X) * exact(w_o) - exact(problem.y)
    n, n_r = problem.n, problem.n_r
    moves = []
    for j in range(problem.outputs):
        G = fmpq_mat(n, problem.d, [E[i, j] * X[i, k] for i in range(n) for k in range(problem.d)])
        F = G.transpose() * G / fmpq(n) + identity(problem.d) * fmpq(*damping.as_integer_ratio())
        total = G.transpose() * fmpq_mat(n, 1, [int(i >= n_r) for i in range(n)])
        moves.append(to_float(F.solve(total))[:, 0] * strength / n_r)
    step = np.column_stack(moves).reshape(problem.weight_shape)
    found = ssse(problem, damping=damping, strength=strength, ridge=ridge).coef
    close(found, w_o + step)
    assert np.linalg.norm(step) > 1e-4


def test_fisher_steps_for_hopeless_sizes() -> None:
    for size, damping in product((1e-100, 1e100), (1e-300, 1e300)):
        problem = Problem.from_arrays(
            size * NOISY.X, NOISY.y * size, forget=np.arange(NOISY.n_r, NOISY.n)
        )
        assert np.isfinite(ssse(problem, damping=damping).coef).all()


@pytest.mark.parametrize("step", ["newton", "influence"])
@pytest.mark.parametrize("ridge", [0.3, 4.0])
@pytest.mark.parametrize("noise", ["calibrated", 0.7])
def test_certified_removal_is_a_step_from_noisy_training(
    step: str, ridge: float, noise: str | float
) -> None:
    X, y, X_f, y_f, eye = NOISY.X, NOISY.y, NOISY.X_f, NOISY.y_f, np.eye(NOISY.d)
    H, H_r = X.T @ X + ridge * eye, NOISY.X_r.T @ NOISY.X_r + ridge * eye
    plain = newton if step == "newton" else influence
    left = gradient_residual(NOISY, plain(NOISY, ridge=ridge).coef, ridge)
    sigma = np.linalg.norm(left, axis=0) * np.sqrt(2 * np.log(1.5 / 1e-3)) / 2.0
    if noise != "calibrated":
        sigma = np.array([0.7, 0.7])
    b = sigma * np.random.default_rng(8).standard_normal((NOISY.d, 2))
    trained = np.linalg.solve(H, X.T @ y - b)
    moved = np.linalg.solve(H_r if step == "newton" else H, X_f.T @ (X_f @ trained - y_f))
    found = certified_removal(
        NOISY, step=step, epsilon=2.0, delta=1e-3, noise=noise, seed=8, ridge=ridge
    )
    close(found.coef, trained + moved)
    if step == "newton":
        close(found.coef, np.linalg.solve(H_r, NOISY.X_r.T @ NOISY.y_r - b))
        assert ("no noise" in found.done) == (noise == "calibrated")
    else:
        assert np.linalg.norm(sigma) > 1e-3


def test_certified_noise_without_a_ridge_stays_in_the_row_space() -> None:
    problem = shared(6, 3, 5, rank=3, noise=0.4)
    for step in ("newton", "influence"):
        w = certified_removal(problem, step=step, noise=1.0).coef
        null = scipy.linalg.null_space(problem.X)
        assert np.linalg.norm(null.T @ w) <= 1e-12
        assert np.linalg.norm(w - certified_removal(problem, step=step, noise=0.0).coef) > 1e-3
        other = certified_removal(problem, step=step, noise=1.0, seed=1).coef
        assert np.linalg.norm(w - other) > 1e-3


CORRECTIONS = ["labels", "features", "both", "deletion"]


def correction(problem: Problem, what: str) -> dict[str, Any]:
    labels = np.cos(1 + np.arange(float(problem.y_f.size))).reshape(problem.y_f.shape)
    features = problem.X_f + np.sin(np.arange(float(problem.X_f.size))).reshape(problem.X_f.shape)
    chosen = {"labels": labels, "features": features}
    return {
        name: value
        for name, value in chosen.items()
        if what in (name, "both") and what != "deletion"
    }


@pytest.mark.parametrize("problem", [*PROBLEMS, NOISY, shared(5, 3, 12)])
@pytest.mark.parametrize("what", CORRECTIONS)
@pytest.mark.parametrize("ridge", [0.0, 0.01, 2.0])
def test_corrections(problem: Problem, what: str, ridge: float) -> None:
    changes = correction(problem, what)
    X_new, y_new = changes.get("features", problem.X_f), changes.get("labels", problem.y_f)
    target = retrained_on_correction(problem, ridge=ridge, **changes)
    if what == "deletion":
        close(target, golden(problem, ridge=ridge).coef, 1e-14)
        X_new, y_new = X_new[:0], y_new[:0]
    else:
        n_r, n = problem.n_r, problem.n
        other = Problem.from_arrays(
            np.vstack([problem.X_r, X_new]),
            np.concatenate([problem.y_r, y_new]),
            forget=np.arange(n_r, n),
        )
        close(target, pretrained(other, ridge=ridge).coef, 1e-13)
    original = corrected(problem, ridge=ridge, **changes)
    changed = corrected(problem, ridge=ridge, hessian="changed", **changes)
    if what == "labels":
        close(original, target)
    if what == "deletion":
        close(original, influence(problem, ridge=ridge).coef, 1e-9)
        close(changed, newton(problem, ridge=ridge).coef, 1e-9)
    if not ridge:
        return
    close(changed, target)
    # Off by this with the original Hessian, and the best first-order step is the best one.
    w_o = pretrained(problem, ridge=ridge).coef
    delta = X_new.T @ (X_new @ w_o - y_new) - problem.X_f.T @ (problem.X_f @ w_o - problem.y_f)
    eye = ridge * np.eye(problem.d)
    H = problem.X.T @ problem.X + eye
    H_new = problem.X_r.T @ problem.X_r + X_new.T @ X_new + eye
    error = np.linalg.solve(H, (H - H_new) @ np.linalg.solve(H_new, delta))
    close(original - target, error, 1e-8)
    if what in ("features", "both"):
        assert np.linalg.norm(error) > 1e-4
    best = corrected(problem, order=1, ridge=ridge, **changes)
    away = np.linalg.norm(best - target, axis=0)
    for factor in (0.0, 0.9, 1.1):
        nearby = w_o + factor * (best - w_o)
        assert np.all(away <= np.linalg.norm(nearby - target, axis=0) + 1e-9)
    by_hand = corrected(problem, order=1, step_size=0.3, ridge=ridge, **changes)
    close(by_hand, w_o - 0.3 * delta, 1e-12)


def test_newton_in_turn_is_newton_at_once_and_influence_is_not() -> None:
    X, y, ridge = NOISY.X, NOISY.y, 0.4
    H = X.T @ X + ridge * np.eye(NOISY.d)
    first, second = slice(30, 35), slice(35, 40)
    apart = []
    for exact_hessian in (True, False):
        w = pretrained(NOISY, ridge=ridge).coef
        now = H.copy()
        for rows in (first, second):
            if exact_hessian:
                now = now - X[rows].T @ X[rows]
            w = w + np.linalg.solve(now, X[rows].T @ (X[rows] @ w - y[rows]))
        joint = (newton if exact_hessian else influence)(NOISY, ridge=ridge).coef
        apart.append(np.linalg.norm(w - joint))
    assert apart[0] <= 1e-12
    assert apart[1] > 1e-3


def matrices() -> list[FloatArray]:
    rng = np.random.default_rng(3)
    return [
        rng.standard_normal((4, 9)),
        rng.standard_normal((9, 4)),
        rng.standard_normal((5, 5)),
        rng.standard_normal((6, 2)) @ rng.standard_normal((2, 7)),
        np.zeros((3, 4)),
    ]


@pytest.mark.parametrize("A", matrices(), ids=lambda A: str(A.shape))
@pytest.mark.parametrize("ridge", [0.0, 1e-6, 3.0, 1e200])
@pytest.mark.parametrize("outputs", [None, 2])
def test_curvature_solves(A: FloatArray, ridge: float, outputs: int | None) -> None:
    m, d = A.shape
    rng = np.random.default_rng(4)
    V = rng.standard_normal((d,) if outputs is None else (d, outputs))
    B = rng.standard_normal((m, *V.shape[1:]))
    s, Q = scipy.linalg.eigh(A.T @ A)
    counts = s > 1e-10 * (s[-1] or 1)
    weights = np.where(counts, 1 / (np.where(counts, s, 1) + ridge), 0)
    inside = (Q * weights) @ Q.T @ V
    rest = Q[:, ~counts] @ Q[:, ~counts].T @ V
    factors = factorize(A)
    close(row_solve(factors, V, ridge), inside, 1e-11)
    outside = rest / ridge if ridge else 0 * rest
    close(curvature_solve(factors, V, ridge), inside + outside, 1e-9)
    if ridge:
        damped = (Q * weights) @ Q.T @ (A.T @ B)
        close(damped_min_norm(A, B, ridge), damped, 1e-9)


def test_a_damping_that_makes_nothing_well_conditioned() -> None:
    A = np.diag([1.0, 1e-5])
    found = damped_min_norm(A, np.ones(2), 1e-10)
    np.testing.assert_allclose(found, [1 / (1 + 1e-10), 5e4], rtol=1e-12)


def test_rounding_is_no_residual() -> None:
    problem = shared(20, 5, 60, condition=1e5, outputs=2)
    w = pretrained(problem).coef
    assert not residuals(problem, w).any()
    e = residuals(problem, w + 1e-9)
    np.testing.assert_array_equal(e, problem.X @ (w + 1e-9) - problem.y)
    assert e.any()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: newton(NOISY, ridge=-1), "ridge is -1: pass a finite number"),
        (lambda: influence(NOISY, iterations=0), "iterations is 0: pass a whole number that is"),
        (lambda: influence(NOISY, ridge=np.nan), "ridge is nan"),
        (lambda: first_order(NOISY, step_size=-0.5), "step_size is -0.5: pass a finite number"),
        (lambda: ssse(NOISY, damping=0), "damping is 0, but the Fisher matrix may be singular"),
        (lambda: ssse(NOISY, strength=np.inf), "strength is inf"),
        (lambda: certified_removal(NOISY, step="half"), "step is 'half': pass 'newton' or 'infl"),
        (lambda: certified_removal(NOISY, epsilon=0), "epsilon is 0, which asks for infinite"),
        (lambda: certified_removal(NOISY, delta=0), "delta is 0: pass a number between 0 and 1"),
        (lambda: certified_removal(NOISY, delta=1.0), "delta is 1: pass a number between 0 and 1"),
        (lambda: certified_removal(NOISY, noise="much"), "noise is 'much': pass 'calibrated' or"),
        (lambda: certified_removal(NOISY, noise=-1.0), "noise is -1.0: pass a finite number"),
        (lambda: certified_removal(NOISY, seed=-1), "seed is -1"),
        (lambda: gradient_residual(NOISY, [1.0]), "coef has shape (1,), but the data asks for"),
        (lambda: corrected(NOISY, order=3), "order is 3: pass 1 or 2"),
        (lambda: corrected(NOISY, hessian="new"), "hessian is 'new': pass 'original' or 'changed'"),
        (lambda: corrected(NOISY, labels=np.zeros(10)), "labels has shape (10,), but y_f has (10"),
        (lambda: corrected(NOISY, labels=RAGGED), "labels is not a rectangular array"),
        (lambda: corrected(NOISY, features=np.zeros((10, 3))), "features has shape (10, 3), but"),
        (lambda: corrected(NOISY, step_size=-1), "step_size is -1"),
        (lambda: retrained_on_correction(NOISY, ridge=-1), "ridge is -1"),
    ],
)
def test_bad_input(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert sentence in str(caught.value)
