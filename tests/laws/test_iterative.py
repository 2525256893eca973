"""Iterative methods are where their steps lead: closed forms against loops, solves and claims."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.bounded_rank import new_rows
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.iterates import (
    ITERATIVE,
    critical_beta,
    dynamics,
    iteration_of,
    looped,
    trajectory,
)
from linreg_unlearn.methods.iterative import (
    bad_teacher,
    gradient_ascent,
    neg_grad_plus,
    oracle_matching_descent,
    projected_gradient,
    random_label_descent,
    retain_descent,
    scrub,
)
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.methods.regularized import forget_targets, regularized
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.testing.problems import problems

TRUE_LABELS = ("retain_descent", "gradient_ascent", "neg_grad_plus", "scrub", "projected_gradient")

PROBLEMS = [
    shared(n_r=8, n_f=3, d=25, condition=10.0, noise=0.5, seed=1),
    shared(n_r=8, n_f=3, d=25, condition=3.0, noise=0.5, outputs=2, seed=2),
    shared(n_r=20, n_f=5, d=6, condition=3.0, noise=0.5, seed=3),
    shared(n_r=9, n_f=3, d=14, condition=3.0, rank=5, noise=0.1, seed=4),
    distinct(n_r=6, n_f=4, d_r=9, d_f=8, condition=3.0, noise=0.5, seed=5),
    overlapping(n_r=6, n_f=4, d_r=5, d_lap=4, d_f=6, condition=3.0, noise=0.2, seed=6),
]
# More retained rows than columns: the retained rows determine the weights.
TALL = [PROBLEMS[2], shared(n_r=12, n_f=7, d=5, condition=8.0, noise=1.0, outputs=3, seed=8)]

each = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


def plain_step(problem: Problem, name: str, eta: float, options: dict[str, Any]) -> Any:
    """One step of a method, written down from its formula with dense matrices."""
    X, X_r, y_r, X_f, y_f = problem.X, problem.X_r, problem.y_r, problem.X_f, problem.y_f
    ridge = options.get("ridge", 0.0)
    w_o, w_g = pretrained(problem, ridge=ridge).coef, golden(problem, ridge=ridge).coef
    P_r = np.linalg.pinv(X_r, rcond=1e-9) @ X_r
    labels = options.get("targets", y_f)
    labels = forget_targets(problem, labels) if isinstance(labels, str) else labels
    randomized = forget_targets(problem, "random", options.get("seed", 0))
    sign = 1.0 if options.get("direction") == "descent" else -1.0
    gamma, beta = options.get("gamma", 1.0), options.get("beta", 0.01)

    def pair(w: FloatArray) -> FloatArray:
        w = w + eta * X_f.T @ (X_f @ w - X_f @ w_o)
        down = X_r.T @ (X_r @ w - y_r) + gamma * X_r.T @ (X_r @ w - X_r @ w_o) + ridge * w
        return np.asarray(w - eta * down)

    gradients: dict[str, Callable[[FloatArray], FloatArray]] = {
        "retain_descent": lambda w: X_r.T @ (X_r @ w - y_r) + ridge * w,
        "gradient_ascent": lambda w: -X_f.T @ (X_f @ w - y_f),
        "neg_grad_plus": lambda w: (
            X_r.T @ (X_r @ w - y_r) + ridge * w - beta * X_f.T @ (X_f @ w - y_f)
        ),
        "projected_gradient": lambda w: (
            sign * (np.eye(problem.d) - P_r) @ X_f.T @ (X_f @ w - labels)
        ),
        "random_label_descent": lambda w: (
            X_r.T @ (X_r @ w - y_r) + X_f.T @ (X_f @ w - randomized) + ridge * w
        ),
        "bad_teacher": lambda w: X_r.T @ X_r @ (w - w_o) + X_f.T @ X_f @ w,
        "oracle_matching_descent": lambda w: X.T @ X @ (w - w_g),
    }
    return pair if name == "scrub" else lambda w: w - eta * gradients[name](w)


def extra(name: str, projected: int = 0) -> dict[str, Any]:
    """Options that make a method independent of its defaults."""
    if name == "neg_grad_plus":
        return {"beta": 0.3}
    if name == "projected_gradient":
        return [{}, {"direction": "descent", "targets": "zero"}][projected % 2]
    return {}


@pytest.mark.parametrize("name", ITERATIVE)
@given(
    problem=problems(max_condition=1e3),
    ridge=st.sampled_from([0.0, 0.25]),
    factor=st.sampled_from([0.3, 1.0, 1.7]),
    own=st.booleans(),
    seed=st.integers(0, 99),
)
def test_closed_form_is_the_loop_is_the_formula(
    kappa: Callable[..., float],
    name: str,
    problem: Problem,
    ridge: float,
    factor: float,
    own: bool,
    seed: int,
) -> None:
    k = kappa(problem.X, problem.X_r, problem.X_f)
    options = extra(name, seed) | {"ridge": ridge}
    # The projector off the retained rows decides what moves; its own rank rule is tested below.
    if own:
        rng = np.random.default_rng(seed)
        options["start"] = rng.integers(-3, 4, size=problem.weight_shape).astype(float)
    elif name == "projected_gradient" and options.get("targets") is None:
        assume(ridge > 0 or not interpolated(problem))
    options["step_size"] = factor * iteration_of(problem, name, **options).step_size
    counts = [7, 0, 1, 2, 40]
    closed = trajectory(problem, name, counts, **options)
    steps = looped(problem, name, counts, **options)
    step, w = plain_step(problem, name, options["step_size"], options), steps[1]
    size, plain = float(np.linalg.norm(w)), []
    for _ in range(41):
        plain.append(w)
        w = step(w)
        size = max(size, float(np.linalg.norm(w)))
    # What grows blows up rounding as well.
    rate = max(1.0, dynamics(problem, name, **options).contraction)
    for place, count in enumerate(counts):
        allowed = 1e-12 * k * k * (1 + size) * rate**count
        assert np.linalg.norm(closed[place] - steps[place]) <= allowed
        assert np.linalg.norm(steps[place] - plain[count]) <= allowed


def interpolated(problem: Problem) -> bool:
    residual = problem.X @ pretrained(problem).coef - problem.y
    return bool(np.linalg.norm(residual) <= 1e-9 * (1 + np.linalg.norm(problem.y)))


@given(
    problem=problems(family="integers", max_features=6),
    seed=st.integers(0, 99),
    steps=st.integers(0, 9),
)
def test_exact_arithmetic(
    exact: Callable[[FloatArray], fmpq_mat], problem: Problem, seed: int, steps: int
) -> None:
    start = np.random.default_rng(seed).integers(-3, 4, size=problem.weight_shape).astype(float)
    eta, ridge, beta = 2.0**-7, 0.5, 0.25
    X_r, X_f = exact(problem.X_r), exact(problem.X_f)
    y_r, y_f = exact(problem.y_r), exact(problem.y_f)
    step = fmpq(1, 128)
    for name, weights in (
        ("retain_descent", (fmpq(1), fmpq(0), fmpq(1, 2))),
        ("gradient_ascent", (fmpq(0), fmpq(-1), fmpq(0))),
        ("neg_grad_plus", (fmpq(1), fmpq(-1, 4), fmpq(1, 2))),
    ):
        retained, forget, penalty = weights
        w = exact(start)
        for _ in range(steps):
            gradient = (X_r.transpose() * (X_r * w - y_r)) * retained
            gradient += (X_f.transpose() * (X_f * w - y_f)) * forget
            w = w - (gradient + w * penalty) * step
        options: dict[str, Any] = {"ridge": ridge, "start": start, "step_size": eta}
        if name == "neg_grad_plus":
            options["beta"] = beta
        expected = np.array([[float(v.p) / float(v.q) for v in row] for row in w.table()])
        found = trajectory(problem, name, [steps], **options)[0].reshape(expected.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11)


@each
def test_limits_of_descent(problem: Problem) -> None:
    rng = np.random.default_rng(0)
    start = rng.standard_normal(problem.weight_shape)
    for w_0 in (None, start):
        found = retain_descent(problem, start=w_0, steps=None).coef
        np.testing.assert_allclose(found, fine_tuned(problem, start=w_0).coef, rtol=1e-9, atol=1e-9)
        found = retain_descent(problem, start=w_0, steps=None, ridge=0.3).coef
        np.testing.assert_allclose(found, golden(problem, ridge=0.3).coef, rtol=1e-9, atol=1e-9)
        # Equal weights per row, where `regularized` weighs means.
        found = random_label_descent(problem, start=w_0, steps=None, seed=3).coef
        expected = regularized(
            problem, targets="random", alpha=problem.n_f / problem.n_r, start=w_0, seed=3
        ).coef
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
        w_1 = pretrained(problem).coef if w_0 is None else w_0
        pinv = np.linalg.pinv(problem.X, rcond=1e-9)
        wanted = np.concatenate([problem.X_r @ pretrained(problem).coef, 0 * problem.y_f])
        found = bad_teacher(problem, start=w_0, steps=None).coef
        np.testing.assert_allclose(
            found, w_1 + pinv @ (wanted - problem.X @ w_1), rtol=1e-9, atol=1e-9
        )
        found = oracle_matching_descent(problem, start=w_0, steps=None).coef
        w_g = golden(problem).coef
        np.testing.assert_allclose(
            found, w_1 + pinv @ problem.X @ (w_g - w_1), rtol=1e-9, atol=1e-9
        )
        P_r = np.linalg.pinv(problem.X_r, rcond=1e-9) @ problem.X_r
        B = problem.X_f @ (np.eye(problem.d) - P_r)
        B[np.abs(B) < 1e-12] = 0.0
        solution = projected_gradient(
            problem, direction="descent", targets="zero", start=w_0, steps=None
        )
        expected = w_1 - np.linalg.pinv(B, rcond=1e-9) @ (problem.X_f @ w_1)
        np.testing.assert_allclose(solution.coef, expected, rtol=1e-9, atol=1e-9)
        assert solution.rank == factors_of(problem).all.rank - factors_of(problem).retained.rank


@pytest.mark.parametrize("name", ITERATIVE)
@each
def test_very_many_steps_are_the_limit(problem: Problem, name: str) -> None:
    options = {"ridge": 0.1, "direction": "descent"} if name == "projected_gradient" else {}
    options = options or {"ridge": 0.1}
    if name == "neg_grad_plus":
        options["beta"] = 0.5 * critical_beta(problem, 0.1)
    if name == "scrub":
        # So far that the retained rows and the ridge hold what the ascent pushes.
        options |= {"ridge": 2.0, "step_size": 0.01}
    if name == "gradient_ascent":
        with pytest.raises(InputError, match="no limit"):
            METHODS[name](problem, steps=None, **options)
        with pytest.raises(InputError, match="grow beyond 1e"):
            METHODS[name](problem, steps=10**9, **options)
        return
    limit = METHODS[name](problem, steps=None, **options).coef
    many = METHODS[name](problem, steps=10**9, **options).coef
    np.testing.assert_allclose(many, limit, rtol=1e-8, atol=1e-8)
    some = looped(problem, name, [20_000], **options)[0]
    np.testing.assert_allclose(some, limit, rtol=1e-5, atol=1e-5)


def test_scrub_converges_where_the_retained_rows_hold_it() -> None:
    for problem in TALL:
        options = {"gamma": 4.0, "ridge": 0.1, "step_size": 0.02}
        limit = scrub(problem, steps=None, **options).coef
        np.testing.assert_allclose(looped(problem, "scrub", [30_000], **options)[0], limit)
        # It is a fixed point of the pair, and no minimum of the descent alone.
        step = plain_step(problem, "scrub", 0.02, options)
        np.testing.assert_allclose(step(limit), limit, rtol=1e-10)
        assert np.linalg.norm(limit - golden(problem, ridge=0.1).coef) > 1e-3


@given(problem=problems(max_condition=1e3), seed=st.integers(0, 9), steps=st.integers(0, 50))
def test_the_floor_of_retain_descent(
    kappa: Callable[..., float], problem: Problem, seed: int, steps: int
) -> None:
    k = kappa(problem.X_r)
    start = np.random.default_rng(seed).standard_normal(problem.weight_shape)
    w_g = golden(problem).coef
    floor = np.linalg.norm(start - np.linalg.pinv(problem.X_r, rcond=1e-9) @ problem.X_r @ start)
    errors = [
        np.linalg.norm(retain_descent(problem, start=start, steps=count).coef - w_g)
        for count in (steps, steps + 1, None)
    ]
    slack = 1e-13 * k * k * (1 + np.linalg.norm(w_g) + np.linalg.norm(start))
    assert errors[0] >= errors[1] - slack
    assert errors[1] >= errors[2] - slack
    assert abs(errors[2] - floor) <= slack


@given(problem=problems(interpolating=True, max_condition=1e3))
def test_at_interpolation_true_labels_move_nothing(problem: Problem) -> None:
    w_o = pretrained(problem).coef
    allowed = 1e-9 * (1 + np.linalg.norm(w_o))
    for name in TRUE_LABELS:
        for steps in (1, 1000, 10**6, None):
            assert np.linalg.norm(METHODS[name](problem, steps=steps).coef - w_o) <= allowed, name


@each
def test_with_a_ridge_only_the_first_ascent_of_scrub_is_stationary(problem: Problem) -> None:
    ridge, eta, gamma = 0.2, 0.01, 1.0
    options: dict[str, Any] = {"ridge": ridge, "step_size": eta}
    one, two = trajectory(problem, "scrub", [1, 2], **options)
    descent = retain_descent(problem, steps=1, **options).coef
    np.testing.assert_allclose(one, descent, rtol=1e-12, atol=1e-12)
    w_o = pretrained(problem, ridge=ridge).coef
    assert np.linalg.norm(one - w_o) > 1e-6
    X_r, y_r = problem.X_r, problem.y_r
    down = X_r.T @ ((1 + gamma) * X_r @ one - y_r - gamma * X_r @ w_o) + ridge * one
    assert np.linalg.norm(two - (one - eta * down)) > 1e-9


# The forget rows add a direction, and the retained row cannot have its way.
UNBOUNDED = Problem.from_arrays(
    [[1, 0, 0], [1, 1, 0], [1, 2, 0], [1, 3, 0]], [0, 1, 5, 2], forget=[1, 2, 3]
)


@pytest.mark.parametrize("name", ["gradient_ascent", "neg_grad_plus", "scrub"])
def test_without_a_minimum_the_steps_have_no_limit(name: str) -> None:
    with pytest.raises(InputError, match="the objective has no minimum"):
        METHODS[name](UNBOUNDED, steps=None)
    n = 3000 if name == "neg_grad_plus" else 60
    sizes = np.linalg.norm(looped(UNBOUNDED, name, [0, n, 2 * n], step_size=0.05), axis=1)
    assert sizes[0] < sizes[1] / 10 < sizes[2] / 100


@given(problem=problems(max_condition=1e3))
def test_projected_ascent_on_true_labels_never_leaves_the_pretrained_weights(
    problem: Problem,
) -> None:
    w_o = pretrained(problem).coef
    for steps in (100, 10**5, None):
        w = projected_gradient(problem, steps=steps).coef
        assert np.linalg.norm(w - w_o) <= 1e-8 * (1 + np.linalg.norm(w_o))


def test_projected_ascent_leaves_other_weights() -> None:
    for start in (np.zeros(3), golden(UNBOUNDED).coef):
        with pytest.raises(InputError, match="the objective has no minimum"):
            projected_gradient(UNBOUNDED, start=start, steps=None)


@each
def test_ascent_grows_as_said(problem: Problem) -> None:
    steps, eta, ridge = 12, 0.05, 0.5
    w_o = pretrained(problem, ridge=ridge).coef
    X_f, y_f = problem.X_f, problem.y_f
    growth = np.linalg.matrix_power(np.eye(problem.n_f) + eta * X_f @ X_f.T, steps)
    w = gradient_ascent(problem, steps=steps, step_size=eta, ridge=ridge).coef
    np.testing.assert_allclose(X_f @ w - y_f, growth @ (X_f @ w_o - y_f), rtol=1e-9)

    w = projected_gradient(problem, steps=steps, step_size=eta, ridge=ridge).coef
    np.testing.assert_allclose(problem.X_r @ w, problem.X_r @ w_o, rtol=1e-10, atol=1e-11)
    B = X_f - X_f @ np.linalg.pinv(problem.X_r, rcond=1e-9) @ problem.X_r
    growth = np.linalg.matrix_power(np.eye(problem.n_f) + eta * B @ B.T, steps)
    np.testing.assert_allclose(X_f @ w - y_f, growth @ (X_f @ w_o - y_f), rtol=1e-9)


@given(problem=problems(max_condition=1e3))
def test_new_rows(kappa: Callable[..., float], problem: Problem) -> None:
    k = kappa(problem.X, problem.X_r)
    C, directions = new_rows(problem)
    B = problem.X_f - problem.X_f @ np.linalg.pinv(problem.X_r, rcond=1e-9) @ problem.X_r
    size = float(np.linalg.norm(problem.X))
    assert np.linalg.norm(C @ directions - B) <= 1e-12 * k * k * (1 + size)
    assert np.linalg.norm(problem.X_r @ directions.T) <= 1e-12 * k * (1 + size)
    assert np.linalg.norm(directions @ directions.T - np.eye(len(directions))) <= 1e-12


@given(problem=problems(max_condition=1e2), ridge=st.sampled_from([0.0, 0.01, 1.0]))
def test_critical_beta(kappa: Callable[..., float], problem: Problem, ridge: float) -> None:
    kappa(problem.X, problem.X_r)
    found = critical_beta(problem, ridge)
    Q = scipy.linalg.orth(problem.X.T, rcond=1e-9)
    X_r, X_f = problem.X_r @ Q, problem.X_f @ Q
    H, F = X_r.T @ X_r + ridge * np.eye(Q.shape[1]), X_f.T @ X_f
    if not problem.X_f.any():
        assert found == np.inf or found > 1e20 or found == 0.0
        return
    if found == 0.0:
        assert np.linalg.matrix_rank(X_r, tol=1e-9) < Q.shape[1]
        assert ridge == 0
        return
    largest = scipy.linalg.eigh(F, H, eigvals_only=True)[-1]
    assert found == pytest.approx(1 / largest, rel=1e-6)
    inside, outside = (scipy.linalg.eigvalsh(H - b * found * F)[0] for b in (0.99, 1.01))
    assert outside < 0 < inside


@pytest.mark.parametrize("ridge", [0.0, 0.4])
@pytest.mark.parametrize("problem", [*TALL, PROBLEMS[0], PROBLEMS[3], PROBLEMS[5]])
def test_neg_grad_plus_below_at_and_above_the_critical_weight(
    problem: Problem, ridge: float
) -> None:
    critical = critical_beta(problem, ridge)
    X_f, y_f, w_g = problem.X_f, problem.y_f, golden(problem, ridge=ridge).coef
    if critical == 0:
        assert ridge == 0
        for beta in (1e-6, 0.1, 5.0):
            with pytest.raises(InputError, match="no minimum"):
                neg_grad_plus(problem, beta=beta, steps=None, start=np.ones(problem.weight_shape))
        return
    for share in (0.1, 0.5, 0.97):
        beta = share * critical
        A = problem.X_r.T @ problem.X_r + ridge * np.eye(problem.d) - beta * X_f.T @ X_f
        miss = beta * np.linalg.pinv(A, rcond=1e-10) @ X_f.T @ (X_f @ w_g - y_f)
        found = neg_grad_plus(problem, beta=beta, ridge=ridge, steps=None).coef
        start = pretrained(problem, ridge=ridge).coef
        P = np.linalg.pinv(problem.X, rcond=1e-9) @ problem.X
        rest = (start - P @ start) if ridge == 0 else 0.0
        np.testing.assert_allclose(found, w_g + miss + rest, rtol=1e-7, atol=1e-9)
    for share in (1.001, 3.0):
        with pytest.raises(InputError, match="no minimum"):
            neg_grad_plus(problem, beta=share * critical, ridge=ridge, steps=None)
    default = iteration_of(problem, "neg_grad_plus", ridge=ridge).does
    assert default.endswith(f"{critical / 2:g}")


def test_a_limit_keeps_its_digits_at_high_condition() -> None:
    problem = shared(n_r=30, n_f=4, d=8, condition=1e6, noise=0.3, seed=2)
    beta = 0.5 * critical_beta(problem)
    X_r, X_f = (np.asarray(A, dtype=np.longdouble) for A in (problem.X_r, problem.X_f))
    A = X_r.T @ X_r - beta * X_f.T @ X_f
    b = X_r.T @ problem.y_r - beta * X_f.T @ problem.y_f
    found = neg_grad_plus(problem, beta=beta, steps=None).coef
    # The stationary point in extended precision: eliminate without pivoting, A is definite.
    M = np.column_stack([A, b])
    for i in range(len(M)):
        M[i + 1 :] -= np.outer(M[i + 1 :, i] / M[i, i], M[i])
    w = np.zeros(len(M), dtype=np.longdouble)
    for i in reversed(range(len(M))):
        w[i] = (M[i, -1] - M[i, :-1] @ w) / M[i, i]
    np.testing.assert_allclose(found, w.astype(float), rtol=1e-5)


@given(problem=problems(max_condition=1e2), seed=st.integers(0, 99))
def test_contraction_of_oracle_matching(
    kappa: Callable[..., float], problem: Problem, seed: int
) -> None:
    assume(problem.X.any())
    kappa(problem.X)
    s = scipy.linalg.svdvals(problem.X)
    s = s[s > 1e-9 * s[0]]
    facts = dynamics(problem, "oracle_matching_descent")
    assert facts.step_size == pytest.approx(1 / s[0] ** 2)
    assert facts.best_step == pytest.approx(2 / (s[0] ** 2 + s[-1] ** 2), rel=1e-6)
    assert facts.stability_limit == pytest.approx(2 / s[0] ** 2)
    assert facts.best_step is not None
    rate = {
        factor: dynamics(
            problem, "oracle_matching_descent", step_size=factor * facts.best_step
        ).contraction
        for factor in (0.5, 0.9, 1.0, 1.05)
    }
    assert min(rate.values()) == rate[1.0]
    kappa_2 = (s[0] / s[-1]) ** 2
    assert rate[1.0] == pytest.approx((kappa_2 - 1) / (kappa_2 + 1), abs=1e-9)
    # Never slower from the row space, and no faster along an extreme direction.
    _, _, Vt = scipy.linalg.svd(problem.X)
    rng = np.random.default_rng(seed)
    w_g = golden(problem).coef
    for V, equal in ((Vt[: s.size], False), (Vt[:1], True), (Vt[s.size - 1 : s.size], True)):
        away = V.T @ rng.standard_normal((len(V), *w_g.shape[1:]))
        w = oracle_matching_descent(
            problem, start=w_g + away, steps=3, step_size=facts.best_step
        ).coef
        left = np.linalg.norm(w - w_g) / np.linalg.norm(away)
        assert left <= rate[1.0] ** 3 + 1e-9
        if equal:
            assert left == pytest.approx(rate[1.0] ** 3, abs=1e-9)


@pytest.mark.parametrize("name", ["retain_descent", "random_label_descent", "bad_teacher"])
@each
def test_the_stability_limit(problem: Problem, name: str) -> None:
    limit = dynamics(problem, name).stability_limit
    start = 100 * np.random.default_rng(1).standard_normal(problem.weight_shape)
    for factor, grows in ((0.98, False), (1.02, True)):
        options: dict[str, Any] = {"start": start, "step_size": factor * limit}
        w = looped(problem, name, [1000], **options)[0]
        assert (np.linalg.norm(w) > 1e6) == grows
        if grows:
            with pytest.raises(InputError, match=r"do not converge: pass a number, or a step_size"):
                METHODS[name](problem, steps=None, **options)
        else:
            METHODS[name](problem, steps=None, **options)


@pytest.mark.parametrize("name", ITERATIVE)
def test_counts_in_any_order_and_their_shape(name: str) -> None:
    for problem in (PROBLEMS[0], PROBLEMS[1]):
        counts = [5, 0, 3, 5]
        for route in (trajectory, looped):
            found = route(problem, name, counts)
            assert found.shape == (4, *problem.weight_shape)
            np.testing.assert_array_equal(found[0], found[3])
            start = pretrained(problem).coef
            np.testing.assert_array_equal(found[1], start)
            assert not np.shares_memory(found, start)
        assert trajectory(problem, name, []).shape == (0, *problem.weight_shape)
        for place, count in enumerate(counts):
            single = METHODS[name](problem, steps=count).coef
            np.testing.assert_array_equal(trajectory(problem, name, counts)[place], single)


def test_every_iterative_method_has_a_trajectory() -> None:
    assert {m.name for m in METHODS.values() if m.family == "iterative"} == set(ITERATIVE)


def test_one_output_stands_still_and_the_other_moves() -> None:
    X = np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0]])
    problem = Problem.from_arrays(X, [[1, 1], [2, 2], [2, 5]], forget=[2])
    for route in (trajectory, looped):
        for name in ("gradient_ascent", "neg_grad_plus"):
            more = {"beta": 2.0} if name == "neg_grad_plus" else {}
            w = route(problem, name, [3000], step_size=0.01, **more)[0]
            np.testing.assert_array_equal(w[:, 0], pretrained(problem).coef[:, 0])
            assert np.abs(w[:, 1] - pretrained(problem).coef[:, 1]).max() > 0.1


def test_data_without_a_scale() -> None:
    for problem in (
        Problem.from_arrays(np.zeros((3, 2)), [1.0, 2, 3], forget=[0]),
        Problem.from_arrays([[0, 0], [1, 1]], [1.0, 2], forget=[0]),
        Problem.from_arrays([[0, 0], [1, 1]], [1.0, 2], forget=[1]),
        Problem.from_arrays(np.full((3, 2), 1e-100), [1.0, 2, 3], forget=[0]),
        Problem.from_arrays(np.full((3, 2), 1e140), [1.0, 2, 3], forget=[0]),
    ):
        for name in ITERATIVE:
            for ridge in (0.0, 1.0):
                assert np.isfinite(METHODS[name](problem, ridge=ridge).coef).all()
    tiny = Problem.from_arrays(np.full((3, 2), 1e-170), [1.0, 2, 3], forget=[0])
    for name in ITERATIVE:
        with pytest.raises(InputError, match="pretrained weights exceed"):
            METHODS[name](tiny)
        assert np.isfinite(METHODS[name](tiny, ridge=1.0, start=np.zeros(2)).coef).all()


def refused(sentence: str, name: str, options: dict[str, Any]) -> Any:
    return pytest.param(sentence, name, options, id=f"{name}-{sentence[:25]}")


@pytest.mark.parametrize(
    ("sentence", "name", "options"),
    [
        refused("steps is -1: pass a whole number", "retain_descent", {"steps": -1}),
        refused("steps is 1.5: pass a whole number", "scrub", {"steps": 1.5}),
        refused("or None for the limit", "retain_descent", {"steps": 2**60}),
        refused("step_size is 0, so nothing would move", "scrub", {"step_size": 0}),
        refused("step_size is -1: pass a finite", "bad_teacher", {"step_size": -1}),
        refused("ridge is -1: pass a finite", "gradient_ascent", {"ridge": -1}),
        refused("start has shape (1,)", "projected_gradient", {"start": [1.0]}),
        refused("beta is -1: pass a finite", "neg_grad_plus", {"beta": -1}),
        refused("gamma is nan: pass a finite", "scrub", {"gamma": np.nan}),
        refused("pass 'ascent' or 'descent'", "projected_gradient", {"direction": "up"}),
        refused("targets is 'right'", "projected_gradient", {"targets": "right"}),
        refused("pass 'zero', 'random' or one weight", "bad_teacher", {"teacher": "worse"}),
        refused("teacher has shape (2,)", "bad_teacher", {"teacher": [1.0, 2.0]}),
        refused("batch is 0: pass a whole number", "retain_descent", {"batch": 0}),
        refused("seed is -1: pass a whole number", "random_label_descent", {"seed": -1}),
        refused("stochastic steps go on moving", "retain_descent", {"batch": 1, "steps": None}),
        refused("no minimum, so the steps have no limit", "gradient_ascent", {"steps": None}),
        refused("grow beyond 1e+145 within 10000", "gradient_ascent", {"steps": 10**8}),
        refused("grow beyond 1e+145", "retain_descent", {"steps": 99, "step_size": 1e300}),
        refused("grow beyond", "retain_descent", {"batch": 2, "step_size": 1e9, "steps": 999}),
    ],
)
def test_what_is_refused(sentence: str, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        METHODS[name](PROBLEMS[3], **options)
    message = str(caught.value)
    assert sentence in message
    assert ": " in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("sentence", "call"),
    [
        ("'golden' is no iterative method", lambda p: trajectory(p, "golden", [1])),
        ("scrub has no option rows", lambda p: looped(p, "scrub", [1], rows=[0])),
        ("scrub has no option steps", lambda p: dynamics(p, "scrub", steps=3)),
        ("batch is given, but", lambda p: trajectory(p, "retain_descent", [1], batch=1)),
        ("batch is given, but", lambda p: dynamics(p, "retain_descent", batch=1)),
        ("ridge is -1: pass", lambda p: critical_beta(p, -1)),
        ("steps is -2: pass", lambda p: looped(p, "scrub", [-2])),
        ("grow beyond", lambda p: looped(p, "gradient_ascent", [9999], step_size=9.0)),
    ],
)
def test_what_else_is_refused(sentence: str, call: Callable[[Problem], object]) -> None:
    with pytest.raises(InputError) as caught:
        call(PROBLEMS[3])
    assert sentence in str(caught.value)
