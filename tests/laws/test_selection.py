"""Methods that change chosen parameters choose what they say and decrease what they say."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import identity, moore_penrose, select_columns, to_float
from linreg_unlearn.arrays import BoolArray, FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.fine_tuning import fine_tuned, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.methods.regularized import forget_targets, regularized
from linreg_unlearn.methods.second_order import influence, newton
from linreg_unlearn.methods.selection import (
    CHOICES,
    SALIENCIES,
    best_subset,
    decrease,
    essential_graph,
    salun,
    saps,
    select_parameters,
    ssd,
)
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.testing.problems import problems

Exact = Callable[[FloatArray], fmpq_mat]
NOISY = shared(n_r=20, n_f=6, d=9, noise=0.5, outputs=2, condition=10.0, seed=4)
RIDGES = [0.0, 0.5, 20.0]


def objective(problem: Problem, w: FloatArray, ridge: float) -> float:
    error = problem.X_r @ w - problem.y_r
    return 0.5 * float(np.sum(error**2)) + 0.5 * ridge * float(np.sum(w**2))


def with_gradient(g: list[float], diagonal: list[float]) -> Problem:
    """Return a problem with this diagonal Hessian ``H_r`` and gradient ``−g`` at ``w_o``."""
    root = np.sqrt(diagonal)
    # One forget row along g; its target is such that the error of w_o on it is 1.
    leverage = float(np.sum(np.array(g) ** 2 / diagonal))
    X = np.vstack([np.diag(root), g])
    return Problem.from_arrays(X, [0.0] * len(g) + [-1 - leverage], forget=[len(g)])


def random_mask(d: int, seed: int) -> BoolArray:
    return np.random.default_rng(seed).random(d) < 0.6


def test_the_diagonal_problem_is_what_it_says() -> None:
    problem = with_gradient([2, 1], [1, 2])
    w_o = pretrained(problem).coef
    np.testing.assert_allclose(problem.X_f.T @ (problem.X_f @ w_o - problem.y_f), [2, 1])


def test_neither_largest_nor_smallest_curvature_is_best() -> None:
    # The gradients are small, so that the forget row hardly changes the curvature.
    for g, better, most in (([0.2, 0.1], "smallest", 0.02), ([0.1, 0.2], "largest", 0.01)):
        problem = with_gradient(g, [1.0, 2.0])
        gained = {
            choose: decrease(problem, select_parameters(problem, 1, choose=choose))
            for choose in ("largest", "smallest", "gain", "optimal")
        }
        worse = "largest" if better == "smallest" else "smallest"
        assert gained[better] == pytest.approx(most, rel=1e-12)
        assert gained[worse] < 0.6 * most
        assert gained["gain"] == gained["optimal"] == gained[better]


@given(
    g=st.lists(st.integers(-4, 4), min_size=2, max_size=6),
    weights=st.lists(st.sampled_from([1.0, 4.0, 9.0]), min_size=6, max_size=6),
    k=st.integers(1, 5),
)
def test_gains_are_optimal_for_a_diagonal_hessian(
    g: list[int], weights: list[float], k: int
) -> None:
    problem = with_gradient([float(v) for v in g], weights[: len(g)])
    k = min(k, len(g))
    gains = np.array(g) ** 2 / np.array(weights[: len(g)])
    best = 0.5 * float(np.sort(gains)[::-1][:k].sum())
    for choose in ("gain", "optimal"):
        found = decrease(problem, select_parameters(problem, k, choose=choose))
        assert found == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_gains_are_not_optimal_in_general() -> None:
    # Two columns alike, so the second one adds little; the third alone has the smallest gain.
    X_r = np.array([[1.0, 1.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 1.0]])
    problem = Problem.from_arrays(np.vstack([X_r, [1.0, 1.0, 0.9]]), [0, 0, 0, 1.0], forget=[3])
    best, gain = best_subset(problem, 2), select_parameters(problem, 2, choose="gain")
    np.testing.assert_array_equal(gain, [True, True, False])
    assert best.mask[2]
    assert decrease(problem, gain) < 0.7 * best.decrease


def greedy_fails() -> Problem:
    # H_r and g for which the best single parameter is in no best pair.
    H = np.array([[1.0, 0.0, 0.7], [0.0, 1.0, 0.7], [0.7, 0.7, 1.0]])
    X_r, g = np.linalg.cholesky(H).T, np.array([1.0, 1.0, 1.2])
    leverage = float(g @ np.linalg.solve(H, g))
    return Problem.from_arrays(np.vstack([X_r, g]), [0, 0, 0, -1 - leverage], forget=[3])


def test_one_by_one_need_not_find_the_best_set() -> None:
    problem = greedy_fails()
    exact, greedy = best_subset(problem, 2), best_subset(problem, 2, most=0)
    assert (exact.exact, greedy.exact) == (True, False)
    np.testing.assert_array_equal(exact.mask, [True, True, False])
    assert greedy.mask[2]
    assert greedy.decrease < exact.decrease - 0.1
    text = saps(problem, choose="optimal", fraction=0.6).done
    assert text.endswith("2 of 3 parameters that are best together")
    many = shared(20, 5, 30, noise=0.1)
    assert saps(many, choose="optimal", ridge=1.0).done.endswith("added greedily")


@pytest.mark.parametrize("ridge", RIDGES)
@pytest.mark.parametrize(
    "problem", [NOISY, shared(9, 5, 7, rank=4, noise=0.5, seed=2), greedy_fails()]
)
def test_the_best_set_is_best(problem: Problem, ridge: float) -> None:
    H_r = problem.X_r.T @ problem.X_r + ridge * np.eye(problem.d)
    w_o = pretrained(problem, ridge=ridge).coef
    g = (problem.X_f.T @ (problem.X_f @ w_o - problem.y_f)).reshape(problem.d, -1)

    def gained(S: list[int]) -> float:
        return 0.5 * float(np.trace(g[S].T @ scipy.linalg.pinvh(H_r[np.ix_(S, S)]) @ g[S]))

    for k in range(problem.d + 1):
        values = [gained(list(S)) for S in combinations(range(problem.d), k)]
        found, greedy = (best_subset(problem, k, ridge=ridge, most=m) for m in (20_000, 0))
        assert found.exact
        assert found.mask.sum() == greedy.mask.sum() == k
        assert found.decrease == pytest.approx(max(values), rel=1e-8, abs=1e-10)
        assert found.decrease == pytest.approx(
            gained(np.flatnonzero(found.mask).tolist()), abs=1e-8
        )
        assert greedy.decrease <= found.decrease + 1e-9
        # Added one by one, each time the best one.
        if k:
            last = best_subset(problem, k - 1, ridge=ridge, most=0).mask
            before = np.flatnonzero(last).tolist()
            added = max(gained([*before, j]) for j in range(problem.d) if j not in before)
            assert greedy.decrease == pytest.approx(added, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("hessian", ["retained", "full"])
@pytest.mark.parametrize("ridge", [0.0, 2.0**-10, 0.5])
@pytest.mark.parametrize("outputs", [1, 2])
def test_decrease_exactly(hessian: str, ridge: float, outputs: int, exact: Exact) -> None:
    rng = np.random.default_rng(7)
    X, Y = rng.integers(-3, 4, (8, 5)), rng.integers(-5, 6, (8, outputs))
    X[:, 3] = X[:, 1]
    problem = Problem.from_arrays(X, Y, forget=[5, 6, 7])
    A, A_r, A_f = exact(problem.X), exact(problem.X_r), exact(problem.X_f)
    y, y_r, y_f = exact(problem.y), exact(problem.y_r), exact(problem.y_f)
    shift = exact(np.array([[ridge]]))[0, 0]
    w_o = moore_penrose(A.transpose() * A + identity(5) * shift) * A.transpose() * y
    for seed in range(4):
        mask = random_mask(5, seed)
        columns = [int(j) for j in np.flatnonzero(mask)]
        S, S_r = select_columns(A, columns), select_columns(A_r, columns)
        eye = identity(len(columns)) * shift
        B = S.transpose() * S if hessian == "full" else S_r.transpose() * S_r
        g = -select_columns(A_f, columns).transpose() * (A_f * w_o - y_f)
        u = -moore_penrose(B + eye) * g

        def loss(w: fmpq_mat) -> Any:
            e = A_r * w - y_r
            squares = [v * v for v in e.entries()], [v * v for v in w.entries()]
            return (sum(squares[0]) + sum(squares[1]) * shift) / 2

        moved = fmpq_mat(w_o)
        for i, j in enumerate(columns):
            for c in range(outputs):
                moved[j, c] += u[i, c]
        lowered = loss(w_o) - loss(moved)
        found = decrease(problem, mask, hessian=hessian, ridge=ridge)
        assert found == pytest.approx(float(lowered.p) / float(lowered.q), rel=1e-9, abs=1e-9)
        if hessian == "retained":
            # At λ = 0 too: g is in the range of the singular block.
            half = -(g.transpose() * u)
            total = sum((half[c, c] for c in range(outputs)), half[0, 0] * 0) / 2
            assert lowered == total
        other = decrease(problem, mask, hessian="retained", ridge=ridge)
        assert found <= other + 1e-9
        np.testing.assert_allclose(to_float(w_o), pretrained(problem, ridge=ridge).coef, atol=1e-8)


@given(
    problem=problems(max_condition=1e3),
    ridge=st.sampled_from(RIDGES),
    choose=st.sampled_from(CHOICES),
    hessian=st.sampled_from(["retained", "full"]),
    fraction=st.sampled_from([0.0, 0.4, 1.0]),
)
def test_a_step_decreases_what_it_says(
    problem: Problem, ridge: float, choose: str, hessian: str, fraction: float
) -> None:
    options: dict[str, Any] = {
        "choose": choose,
        "fraction": fraction,
        "ridge": ridge,
        "hessian": hessian,
    }
    w, w_o = saps(problem, **options).coef, pretrained(problem, ridge=ridge).coef
    k = int(fraction * problem.d + 0.5)
    mask = select_parameters(problem, k, choose=choose, ridge=ridge)
    assert mask.sum() == k
    np.testing.assert_array_equal(w[~mask], w_o[~mask])
    start = objective(problem, w_o, ridge)
    slack = 1e-9 * (1 + start)
    lowered = decrease(problem, mask, hessian=hessian, ridge=ridge)
    assert abs(start - objective(problem, w, ridge) - lowered) <= slack
    assert lowered >= -slack
    first = saps(problem, order=1, choose=choose, fraction=fraction, ridge=ridge).coef
    np.testing.assert_array_equal(first[~mask], w_o[~mask])
    down = start - objective(problem, first, ridge)
    assert -slack <= down <= decrease(problem, mask, ridge=ridge) + slack


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_all_parameters_are_the_full_steps(problem: Problem, ridge: float) -> None:
    size = 1e-7 * (1 + np.linalg.norm(pretrained(problem, ridge=ridge).coef))
    full = saps(problem, fraction=1.0, ridge=ridge).coef
    assert np.linalg.norm(full - influence(problem, ridge=ridge).coef) <= size
    kept = saps(problem, fraction=1.0, hessian="retained", ridge=ridge).coef
    assert np.linalg.norm(kept - newton(problem, ridge=ridge).coef) <= size


@pytest.mark.parametrize("ridge", [0.0, 1e-12, 1e-300])
def test_a_subset_step_is_a_refit_of_the_subset(ridge: float) -> None:
    for problem in (NOISY, shared(9, 5, 7, rank=4, noise=0.5), shared(6, 3, 14, noise=0.2)):
        mask = select_parameters(problem, problem.d // 2)
        w_o = pretrained(problem, ridge=ridge).coef
        rest = problem.y_r - problem.X_r @ w_o
        if not ridge:
            move = scipy.linalg.pinv(problem.X_r[:, mask], rtol=1e-9) @ rest
        else:
            # The ridge asks for small weights, not for small changes.
            A = problem.X_r[:, mask]
            move = scipy.linalg.pinv(A, rtol=1e-9) @ (rest + A @ w_o[mask]) - w_o[mask]
        found = saps(problem, hessian="retained", fraction=0.49, ridge=ridge).coef
        np.testing.assert_allclose(found[mask], w_o[mask] + move, atol=1e-8)


def test_the_best_gradient_step_is_where_the_objective_is_least() -> None:
    ridge = 0.3
    w_o = pretrained(NOISY, ridge=ridge).coef
    best = saps(NOISY, order=1, ridge=ridge).coef
    for c in range(2):
        along = best.copy()
        values = []
        for factor in (0.98, 1.0, 1.02):
            along[:, c] = w_o[:, c] + factor * (best[:, c] - w_o[:, c])
            values.append(objective(NOISY, along, ridge))
        assert values[1] < min(values[0], values[2])
    mask = select_parameters(NOISY, 5)
    g = NOISY.X_f.T @ (NOISY.X_f @ w_o - NOISY.y_f)
    by_hand = saps(NOISY, order=1, step_size=0.1, ridge=ridge).coef
    np.testing.assert_allclose(by_hand, w_o + 0.1 * np.where(mask[:, None], g, 0), rtol=1e-12)


def test_choices_by_hand() -> None:
    X = NOISY.X
    energies = [float(X[:, j] @ X[:, j]) for j in range(9)]
    order = sorted(range(9), key=lambda j: energies[j])
    for k in (0, 1, 4, 9):
        smallest = select_parameters(NOISY, k, choose="smallest", ridge=1e12)
        assert set(np.flatnonzero(smallest)) == set(order[:k])
        largest = select_parameters(NOISY, k, ridge=1e12)
        assert set(np.flatnonzero(largest)) == set(order[9 - k :])
        drawn = [select_parameters(NOISY, k, choose="random", seed=s) for s in range(200)]
        assert {int(mask.sum()) for mask in drawn} == {k}
        # Each one comes up k times out of 9; 5 standard deviations are 0.18.
        assert np.abs(np.mean(drawn, axis=0) - k / 9).max() < 0.18


@pytest.mark.parametrize("seed", range(5))
def test_gains_are_of_the_retained_objective(seed: int) -> None:
    # With as many forget rows as retained ones the two Hessians are far apart.
    problem, ridge = shared(20, 20, 9, noise=1.0, outputs=2, seed=seed), 0.7
    X_r, X_f = problem.X_r, problem.X_f
    w_o = pretrained(problem, ridge=ridge).coef
    g = X_f.T @ (X_f @ w_o - problem.y_f)
    gains = [float(g[j] @ g[j]) / (float(X_r[:, j] @ X_r[:, j]) + ridge) for j in range(9)]
    ranked = sorted(range(9), key=lambda j: -gains[j])
    for k in range(10):
        chosen = select_parameters(problem, k, choose="gain", ridge=ridge)
        assert set(np.flatnonzero(chosen)) == set(ranked[:k])


@given(
    problem=problems(max_condition=1e3),
    threshold=st.sampled_from([0.0, 0.7, 1.3, 10.0]),
    strength=st.sampled_from([0.0, 0.4, 1.0, 3.0]),
    ridge=st.sampled_from([0.3, 5.0]),
)
def test_dampening_weight_by_weight(
    problem: Problem, threshold: float, strength: float, ridge: float
) -> None:
    w_o = pretrained(problem, ridge=ridge).coef.reshape(problem.d, -1)
    Y = problem.y.reshape(problem.n, -1)
    found = ssd(problem, threshold=threshold, strength=strength, ridge=ridge).coef
    found = found.reshape(w_o.shape)
    for j in range(problem.d):
        for c in range(Y.shape[1]):
            squares = []
            scale = np.linalg.norm(problem.X) * np.linalg.norm(w_o[:, c]) + np.linalg.norm(Y[:, c])
            for i in range(problem.n):
                e = float(problem.X[i] @ w_o[:, c] - Y[i, c])
                e = 0.0 if abs(e) <= 1e-13 * scale else e
                squares.append((e * float(problem.X[i, j])) ** 2)
            of_all = sum(squares) / problem.n
            of_forget = sum(squares[problem.n_r :]) / problem.n_f
            if abs(of_forget - threshold * of_all) <= 1e-9 * of_all:
                continue
            factor = 1.0
            if of_forget > threshold * of_all:
                factor = min(strength * of_all / of_forget, 1.0)
            assert found[j, c] == pytest.approx(factor * w_o[j, c], rel=1e-9, abs=1e-300)


def test_dampening_selects_nothing_beyond_the_share_of_the_rows() -> None:
    problem = distinct(12, 4, 6, 5, noise=0.4)
    w_o = pretrained(problem, ridge=0.5).coef
    only_forget = ~problem.retained_support
    for threshold, moved in ((4.0, False), (3.99, True)):
        w = ssd(problem, threshold=threshold, ridge=0.5).coef
        np.testing.assert_array_equal(w[~only_forget], w_o[~only_forget])
        expected = w_o[only_forget] * (0.25 if moved else 1)
        np.testing.assert_allclose(w[only_forget], expected, rtol=1e-12)


@given(problem=problems(interpolating=True, max_condition=1e3), seed=st.integers(0, 5))
def test_nothing_moves_at_interpolation(problem: Problem, seed: int) -> None:
    w_o = pretrained(problem).coef
    for choose in CHOICES:
        for order in (1, 2):
            w = saps(problem, choose=choose, order=order, seed=seed)
            np.testing.assert_array_equal(w.coef, w_o)
            assert w.done.endswith("the gradient vanishes")
    np.testing.assert_array_equal(ssd(problem, threshold=0.0, strength=0.0).coef, w_o)
    for saliency in ("gradient", "fisher"):
        solution = salun(problem, saliency=saliency, seed=seed)
        np.testing.assert_array_equal(solution.coef, w_o)
        assert solution.rank == 0
        assert "0 of" in solution.done


def test_dampening_where_only_the_forget_rows_are_fitted() -> None:
    # Distinct features: five columns fit four forget rows, two columns do not fit twelve others.
    problem = distinct(12, 4, 2, 5, noise=0.4)
    w_o = pretrained(problem).coef
    np.testing.assert_array_equal(ssd(problem, threshold=1.0).coef, w_o)


@given(
    problem=problems(max_condition=1e3),
    saliency=st.sampled_from(SALIENCIES),
    fraction=st.sampled_from([0.3, 0.5, 1.0]),
    ridge=st.sampled_from([0.0, 0.4]),
    targets=st.sampled_from(["random", "zero"]),
)
def test_only_salient_weights_are_trained(
    problem: Problem, saliency: str, fraction: float, ridge: float, targets: str
) -> None:
    solution = salun(
        problem, saliency=saliency, fraction=fraction, ridge=ridge, targets=targets, seed=3
    )
    w_o = pretrained(problem, ridge=ridge).coef
    e = (problem.X_f @ w_o - problem.y_f).reshape(problem.n_f, -1)
    if np.linalg.norm(problem.X_f.T @ e) <= 1e-9 * (1 + np.linalg.norm(problem.y)):
        return
    if saliency == "gradient":
        values = np.linalg.norm(problem.X_f.T @ e, axis=1)
    elif saliency == "fisher":
        values = ((e**2).sum(axis=1)[:, None] * problem.X_f**2).sum(axis=0)
    else:
        values = (problem.X_f**2).sum(axis=0)
    moved = (solution.coef != w_o).reshape(problem.d, -1).any(axis=1)
    count = int(fraction * problem.d + 0.5)
    assert moved.sum() <= count
    # No column outside is more salient than one inside, up to ties.
    trained = int(solution.done.split(", then ")[1].split(" of ")[0])
    ranked = np.sort(values)[::-1]
    assert trained == min(count, int(np.count_nonzero(values > 1e-11 * values.max())))
    if trained:
        assert values[moved].min(initial=np.inf) >= ranked[trained - 1] * (1 - 1e-8)
    # The solution is stationary on what it may change, and the nearest one.
    labels = np.concatenate([problem.y_r, forget_targets(problem, targets, 3)])
    slope = problem.X.T @ (problem.X @ solution.coef - labels) + ridge * (solution.coef - w_o)
    size = 1 + np.linalg.norm(problem.X) * np.linalg.norm(labels)
    assert np.abs(slope[moved]).max(initial=0.0) <= 1e-8 * size
    step = solution.coef[moved] - w_o[moved]
    null = scipy.linalg.null_space(problem.X[:, moved], rcond=1e-9)
    if not ridge:
        assert np.linalg.norm(null.T @ step) <= 1e-8 * size


def test_columns_of_forget_rows_only_have_no_gradient() -> None:
    # Their residuals are large and cancel, up to rounding, because w_o is stationary there.
    problem = overlapping(20, 10, 3, 2, 3, noise=0.5)
    w_o = pretrained(problem).coef
    e_f = problem.X_f @ w_o - problem.y_f
    assert np.abs(e_f).min() > 1e-3
    assert np.abs(problem.X_f.T @ e_f)[5:].max() < 1e-12
    assert ", then 2 of 8 weights trained" in salun(problem, fraction=1.0).done
    for seed in range(5):
        w = saps(problem, order=1, choose="random", fraction=0.25, seed=seed).coef
        np.testing.assert_array_equal(w[5:], w_o[5:])


def test_salun_on_all_columns_is_regularized_fine_tuning() -> None:
    problem = NOISY
    found = salun(problem, fraction=1.0, seed=9).coef
    same = regularized(
        problem, targets="random", seed=9, alpha=problem.n_f / problem.n_r, ridge=0.0
    )
    np.testing.assert_allclose(found, same.coef, atol=1e-10)
    given_labels = salun(problem, fraction=1.0, targets=problem.y_f)
    np.testing.assert_allclose(given_labels.coef, pretrained(problem).coef, atol=1e-10)
    assert given_labels.done.endswith("9 of 9 weights trained with given labels")


@given(problem=problems(max_condition=1e3))
def test_the_essential_graph_is_a_retain_mask(problem: Problem) -> None:
    seen = Problem.from_arrays(problem.X, problem.y, forget=np.arange(problem.n_r, problem.n))
    found = essential_graph(seen).coef
    # Columns that no row uses keep their zero weight under either mask.
    np.testing.assert_allclose(found, retain_mask(seen).coef, atol=1e-12)
    everything = essential_graph(seen, threshold=1e300).coef
    np.testing.assert_allclose(everything, forget_mask(seen).coef, atol=1e-12)


def test_the_essential_graph_weighs_mean_energies() -> None:
    X = [[1, 0, 2, 0], [3, 1, 2, 0], [2, 2, 0, 0], [0, 4, 0, 1]]
    problem = Problem.from_arrays(X, [1, 2, 3, 7], forget=[3])
    w_o = pretrained(problem).coef
    # Mean energies of column 1: 5/3 in the retained rows, 16 in the forget row.
    for threshold, pruned in ((0.1, [3]), (0.2, [1, 3])):
        w = essential_graph(problem, threshold=threshold).coef
        expected = w_o.copy()
        expected[pruned] = 0.0
        np.testing.assert_allclose(w, expected, rtol=1e-12)
    tuned = essential_graph(problem, threshold=0.2, rows=[0, 1, 2])
    again = fine_tuned(problem, start=expected)
    np.testing.assert_allclose(tuned.coef, again.coef, rtol=1e-12)


def test_variants_differ() -> None:
    problem = shared(60, 20, 30, noise=0.5)
    for name in ("saps", "salun"):
        method = METHODS[name]
        results = [method(problem, **variant(problem)).coef for variant in method.variants]
        for i, one in enumerate(results):
            for other in results[:i]:
                assert np.linalg.norm(one - other) > 1e-6


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: best_subset(NOISY, 10), "k is 10, but there are 9 columns: pass at most that"),
        (lambda: best_subset(NOISY, 2, most=-1), "most is -1"),
        (lambda: select_parameters(NOISY, 2.0), "k is 2.0: pass a whole number"),  # type: ignore[arg-type]
        (lambda: select_parameters(NOISY, 2, choose="best"), "choose is 'best': pass one of 'lar"),
        (lambda: select_parameters(NOISY, 2, choose="random", seed=-1), "seed is -1"),
        (lambda: decrease(NOISY, [True]), "mask has shape (1,), but there are 9 columns"),
        (lambda: decrease(NOISY, [True] * 9, hessian="half"), "hessian is 'half': pass 'full' or"),
        (lambda: saps(NOISY, order=0), "order is 0: pass 1 or 2"),
        (lambda: saps(NOISY, hessian="H"), "hessian is 'H': pass 'full' or 'retained'"),
        (lambda: saps(NOISY, fraction=1.5), "fraction is 1.5: pass a number from 0 to 1"),
        (lambda: saps(NOISY, fraction=-0.5), "fraction is -0.5: pass a finite number"),
        (lambda: saps(NOISY, step_size=-1.0), "step_size is -1.0"),
        (lambda: ssd(NOISY, threshold=-1.0), "threshold is -1.0"),
        (lambda: ssd(NOISY, strength=np.nan), "strength is nan"),
        (lambda: salun(NOISY, saliency="size"), "saliency is 'size': pass one of 'gradient', 'fi"),
        (lambda: salun(NOISY, targets="other"), "targets is 'other': pass one of"),
        (lambda: salun(NOISY, seed=-1), "seed is -1"),
        (lambda: essential_graph(NOISY, threshold=-1.0), "threshold is -1.0"),
        (lambda: essential_graph(NOISY, rows=[20]), "rows names row 20, but the retained data"),
    ],
)
def test_bad_input(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert sentence in str(caught.value)
