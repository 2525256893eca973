"""Stochastic steps do in the mean what the theory says, and end where it says."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.iterates import looped
from linreg_unlearn.methods.iterative import oracle_matching_descent, retain_descent
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems

STOCHASTIC = [m.name for m in METHODS.values() if "batch" in {o.name for o in m.options}]


def squared(A: fmpq_mat) -> fmpq:
    return sum((x * x for row in A.table() for x in row), fmpq(0))


def as_float(x: fmpq) -> float:
    return float(x.p) / float(x.q)


def contraction(problem: Problem, eta: float) -> float:
    """The factor per step of the expected squared error, from the row space."""
    s = factors_of(problem).all.svd()[1]
    largest = float((problem.X**2).sum(axis=1).max())
    return 1 - eta * (2 - eta * largest) * float(s[-1]) ** 2 / problem.n


@given(
    problem=problems(family="integers", outputs=(None,), max_features=6),
    seed=st.integers(0, 99),
    share=st.integers(1, 7),
)
def test_one_step_of_oracle_matching_exactly(
    exact: Callable[[FloatArray], fmpq_mat], problem: Problem, seed: int, share: int
) -> None:
    assume(problem.X.any())
    X = exact(problem.X)
    norms = [squared(exact(x)) for x in problem.X]
    eta = fmpq(share, 4) / max(norms)
    mix = np.random.default_rng(seed).integers(-3, 4, size=problem.n).astype(float)
    u = X.transpose() * exact(mix)  # w − w_g in the row space
    after, identity = fmpq(0), fmpq(0)
    for x, norm in zip(problem.X, norms, strict=True):
        row = exact(x)
        inner = (row.transpose() * u)[0, 0]
        after += squared(u - row * (eta * inner)) / problem.n
        identity += eta * (2 - eta * norm) * inner * inner / problem.n
    assert after == squared(u) - identity
    # With 0 < η < 2/L no larger than the bound, whose smallest singular value is a float.
    bound = contraction(problem, as_float(eta)) * as_float(squared(u))
    assert as_float(after) <= bound + 1e-9 * as_float(squared(u))


@pytest.mark.parametrize("name", STOCHASTIC)
@pytest.mark.parametrize("batch", [1, 2])
def test_a_step_uses_rows_that_were_drawn_and_on_average_all(name: str, batch: int) -> None:
    problem = shared(n_r=3, n_f=2, d=4, noise=1.0, seed=3)
    ridge, eta, start = 0.3, 0.07, np.arange(1.0, 5.0)
    options = {"ridge": ridge, "step_size": eta, "start": start}
    used = {"retain_descent": slice(0, 3), "gradient_ascent": slice(3, 5)}.get(name, slice(0, 5))
    N = len(problem.X[used])
    # The gradient of every row alone: what full steps of one row are.
    weights = {"gradient_ascent": [-1.0] * 5, "neg_grad_plus": [1.0] * 3 + [-0.4] * 2}
    if name == "neg_grad_plus":
        options["beta"] = 0.4
    T = problem.y.copy()
    if name == "random_label_descent":
        rng_rows = np.random.default_rng(0).permutation(problem.n)[: problem.n_f]
        T[3:] = problem.y[rng_rows]
    if name == "bad_teacher":
        T = np.concatenate([problem.X_r @ pretrained(problem, ridge=ridge).coef, np.zeros(2)])
    if name == "oracle_matching_descent":
        T = problem.X @ golden(problem, ridge=ridge).coef
    decays = name in ("retain_descent", "neg_grad_plus", "random_label_descent")
    gradients = [
        weights.get(name, [1.0] * 5)[i] * problem.X[i] * (problem.X[i] @ start - T[i])
        + (ridge / N if decays else 0.0) * start
        for i in range(5)[used]
    ]
    candidates = np.array(
        [
            start - eta * sum(gradients[i] for i in drawn)
            for drawn in product(range(N), repeat=batch)
        ]
    )
    seen, total = set(), np.zeros(4)
    for seed in range(300):
        more = {} if name == "random_label_descent" else {"seed": seed}
        if name == "random_label_descent" and seed:
            break
        w = METHODS[name](problem, steps=1, batch=batch, **more, **options).coef
        away = np.abs(candidates - w).max(axis=1)
        assert away.min() <= 1e-12
        seen.add(int(away.argmin()))
        total += w
    full = {**options, "step_size": eta * batch / N}
    mean = METHODS[name](problem, steps=1, **full).coef
    np.testing.assert_allclose(candidates.mean(axis=0), mean, rtol=1e-12)
    if name != "random_label_descent":
        spread = candidates.std(axis=0) / np.sqrt(300)
        assert (np.abs(total / 300 - mean) <= 5 * spread + 1e-12).all()
        if batch == 1:
            assert seen == set(range(N))


@given(problem=problems(outputs=(None,), max_condition=10.0), seed=st.integers(0, 99))
def test_the_bound_for_many_steps(kappa: Callable[..., float], problem: Problem, seed: int) -> None:
    kappa(problem.X)
    assume(problem.X.any())
    largest = float((problem.X**2).sum(axis=1).max())
    u = problem.X.T @ np.random.default_rng(seed).standard_normal(problem.n)
    assume(np.linalg.norm(u) > 0)
    for share in (0.2, 1.0, 1.8):
        eta = share / largest
        moment, factor = np.outer(u, u), contraction(problem, eta)
        for k in range(1, 9):
            # E[u uᵀ] after one more step, over all rows that may be drawn.
            maps = [np.eye(problem.d) - eta * np.outer(x, x) for x in problem.X]
            moment = np.mean([M @ moment @ M for M in maps], axis=0)
            assert np.trace(moment) <= factor**k * float(u @ u) * (1 + 1e-9)


def test_the_mean_over_seeds_stays_below_the_bound_and_goes_to_zero() -> None:
    problem = shared(n_r=6, n_f=2, d=5, condition=2.0, noise=1.0, seed=1)
    w_g, start = golden(problem).coef, np.arange(5.0)
    eta = 1.0 / float((problem.X**2).sum(axis=1).max())
    counts = [0, 5, 20, 40]
    errors = np.array(
        [
            [
                float(np.linalg.norm(w - w_g)) ** 2
                for w in looped(
                    problem, "oracle_matching_descent", counts, batch=1, seed=seed, start=start
                )
            ]
            for seed in range(200)
        ]
    )
    factor = contraction(problem, eta)
    spread = errors.std(axis=0) / np.sqrt(200)
    for place, k in enumerate(counts):
        assert errors[:, place].mean() <= factor**k * errors[0, 0] + 5 * spread[place]
    last = oracle_matching_descent(problem, steps=5000, batch=1, start=start).coef
    np.testing.assert_allclose(last, w_g, rtol=1e-9)


@given(problem=problems(max_condition=1e2), ridge=st.sampled_from([0.0, 0.5]))
def test_the_noise_floor_of_retain_descent(
    kappa: Callable[..., float], problem: Problem, ridge: float
) -> None:
    k = kappa(problem.X_r)
    w_g = golden(problem, ridge=ridge).coef
    errors = problem.X_r @ w_g - problem.y_r
    rows = [
        np.multiply.outer(x, e) + ridge / problem.n_r * w_g
        for x, e in zip(problem.X_r, errors, strict=True)
    ]
    noise = [float(np.linalg.norm(g)) for g in rows]
    rounding = 1e-12 * k * k * (1 + float(np.linalg.norm(problem.X)) ** 2 + np.linalg.norm(w_g))
    assume(not any(rounding < g < 1e-6 for g in noise))
    # From golden itself a step moves by its row's gradient, so it stays iff there is none.
    seeds = range(3 * problem.n_r)
    moves = [
        float(
            np.linalg.norm(
                retain_descent(problem, start=w_g, ridge=ridge, batch=1, steps=40, seed=seed).coef
                - w_g
            )
        )
        for seed in seeds
    ]
    if max(noise) <= rounding:
        assert max(moves) <= 100 * rounding
    else:
        assert max(moves) > 1e-9


def test_the_floor_is_there_to_stay_and_shrinks_with_the_step() -> None:
    problem = shared(n_r=9, n_f=2, d=4, condition=2.0, noise=1.0, seed=5)
    w_g = golden(problem, ridge=0.2).coef
    floor = []
    for step in (0.2, 0.02):
        walk = looped(
            problem,
            "retain_descent",
            range(4000, 8000, 10),
            batch=1,
            ridge=0.2,
            step_size=step,
        )
        floor.append(float(np.mean(np.linalg.norm(walk - w_g, axis=1) ** 2)))
    assert floor[0] > 4 * floor[1] > 1e-6
    # Its size, from the fixed point of the second moment: Σ = E[MΣM] + η² E[g gᵀ].
    eta, d, n_r = 0.02, problem.d, problem.n_r
    maps = [np.eye(d) * (1 - eta * 0.2 / n_r) - eta * np.outer(x, x) for x in problem.X_r]
    rows = problem.X_r * (problem.X_r @ w_g - problem.y_r)[:, None] + 0.2 / n_r * w_g
    A = np.eye(d * d) - np.mean([np.kron(M, M) for M in maps], axis=0)
    # First moments vanish: the mean of u is 0 where the row gradients at golden add to 0.
    np.testing.assert_allclose(rows.sum(axis=0), 0, atol=1e-10)
    cross = eta * eta * np.mean([np.kron(g, g) for g in rows], axis=0)
    sigma = np.linalg.solve(A, cross).reshape(d, d)
    assert floor[1] == pytest.approx(float(np.trace(sigma)), rel=0.5)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_seeds(name: str) -> None:
    problem = shared(n_r=6, n_f=3, d=4, noise=1.0, outputs=2, seed=2)
    one, again, other = (looped(problem, name, [9, 4], batch=2, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-6
    # A longer walk begins like a shorter one.
    np.testing.assert_array_equal(one[1], looped(problem, name, [4], batch=2, seed=1)[0])
    np.testing.assert_array_equal(one[0], METHODS[name](problem, steps=9, batch=2, seed=1).coef)
