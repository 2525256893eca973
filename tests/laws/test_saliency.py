"""A saliency mask keeps what its scores say, and a gradient that is rounding says nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.rounding import gradient
from linreg_unlearn.methods.fine_tuning import fine_tuned, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.methods.saliency import (
    RULES,
    energy_mask,
    gradient_mask,
    magnitude_mask,
    scores,
    select,
)
from linreg_unlearn.methods.selection import salun
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.testing.problems import problems, retained_rows

HALF: Any = "half"
RAGGED: Any = [[1.0], 2.0]
SALIENCY_MASKS: list[Callable[..., Any]] = [energy_mask, magnitude_mask, gradient_mask]
NOISY = shared(n_r=30, n_f=10, d=12, noise=0.5, outputs=2, seed=4)


@given(problem=problems(), ridge=st.sampled_from([0.0, 0.7]))
def test_scores_entry_by_entry(problem: Problem, ridge: float) -> None:
    W = pretrained(problem, ridge=ridge).coef.reshape(problem.d, -1)
    for data, A, B in (
        ("retained", problem.X_r, problem.y_r.reshape(problem.n_r, -1)),
        ("forget", problem.X_f, problem.y_f.reshape(problem.n_f, -1)),
    ):
        found = {rule: scores(problem, rule, data=data, ridge=ridge) for rule in RULES}
        support = problem.retained_support if data == "retained" else problem.forget_support
        size = float(np.linalg.norm(A) * (np.linalg.norm(problem.X) * np.linalg.norm(W) + 1))
        size = size * (1 + float(np.linalg.norm(problem.y)))
        for j in range(problem.d):
            energy = sum(float(x) ** 2 for x in A[:, j])
            assert found["energy"][j] == pytest.approx(energy, rel=1e-14)
            magnitude = sum(float(x) ** 2 for x in W[j]) ** 0.5
            assert found["magnitude"][j] == pytest.approx(magnitude, rel=1e-14)
            slopes = [float(A[:, j] @ (A @ W[:, c] - B[:, c])) for c in range(W.shape[1])]
            gradient = sum(slope**2 for slope in slopes) ** 0.5
            assert found["gradient"][j] == pytest.approx(gradient, abs=2e-13 * size)
            assert found["support"][j] == (1.0 if support[j] else 0.0)


def test_the_gradient_is_that_of_half_the_squared_error() -> None:
    def loss(w: Any) -> float:
        return 0.5 * float(np.sum((NOISY.X_f @ w - NOISY.y_f) ** 2))

    w_o, found = pretrained(NOISY).coef, scores(NOISY, "gradient", data="forget")
    for j in range(NOISY.d):
        slopes = []
        for c in range(2):
            e = np.zeros_like(w_o)
            e[j, c] = 1e-4
            slopes.append((loss(w_o + e) - loss(w_o - e)) / 2e-4)
        assert found[j] == pytest.approx(np.hypot(slopes[0], slopes[1]), rel=1e-7)


@given(
    values=st.lists(st.sampled_from([0.0, 1e-300, 0.5, 1.0, 1.0 + 1e-14, 7.0]), max_size=12),
    kept=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]),
)
def test_selection(values: list[float], kept: float) -> None:
    chosen = select(values, kept=kept)
    assert chosen.dtype == np.bool_
    d = len(values)
    assert int(chosen.sum()) == int(kept * d + 0.5)
    # Largest first; scores apart by rounding tie, and then the position decides.
    unit = max(values, default=0.0) or 1.0
    ranked = sorted(range(d), key=lambda j: (-round(values[j] / unit, 9), j))
    assert set(np.flatnonzero(chosen)) == set(ranked[: int(chosen.sum())])
    for threshold in (0.0, 0.5, 1.0, 7.0):
        expected = [value > threshold for value in values]
        np.testing.assert_array_equal(select(values, threshold=threshold), expected)


@given(problem=problems(), data=st.data())
def test_energy_above_zero_is_the_support(problem: Problem, data: st.DataObject) -> None:
    # With the supports that the data show.
    problem = Problem.from_arrays(problem.X, problem.y, forget=np.arange(problem.n_r, problem.n))
    rows = data.draw(st.none() | retained_rows(problem))
    for options, by_support in (({}, retain_mask), ({"data": "forget"}, forget_mask)):
        ours = energy_mask(problem, rows=rows, **options)  # type: ignore[arg-type]
        theirs = by_support(problem, rows=rows)
        np.testing.assert_array_equal(ours.coef, theirs.coef)
        assert (ours.rank, ours.residual_norm) == (theirs.rank, theirs.residual_norm)


def test_every_threshold_below_the_least_active_energy_gives_the_retain_mask() -> None:
    problem = overlapping(n_r=12, n_f=8, d_r=10, d_lap=6, d_f=9)
    energy = scores(problem, "energy")
    least = energy[problem.retained_support].min()
    expected = retain_mask(problem).coef
    for threshold in (0.0, 1e-12 * least, 0.5 * least, 0.999 * least):
        np.testing.assert_array_equal(energy_mask(problem, threshold=threshold).coef, expected)
    above = energy_mask(problem, threshold=1.001 * least).coef
    assert np.linalg.norm(above - expected) > 1e-3


def test_a_column_whose_squares_underflow_is_active() -> None:
    problem = Problem.from_arrays([[1e-200, 0.0], [1.0, 1.0]], [1e-200, 1.0], forget=[1])
    assert scores(problem, "energy")[0] > 0
    np.testing.assert_array_equal(energy_mask(problem).coef, retain_mask(problem).coef)


@pytest.mark.parametrize("data", ["retained", "forget"])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.5, 1.0])
def test_fractions_keep_the_right_end(data: str, kept: float) -> None:
    w_o = pretrained(NOISY).coef
    count = int(kept * NOISY.d + 0.5)
    for method, rule in ((energy_mask, "energy"), (gradient_mask, "gradient")):
        found = scores(NOISY, rule, data=data)
        order = np.argsort(-found if data == "retained" else found)
        expected = np.zeros_like(w_o)
        expected[order[:count]] = w_o[order[:count]]
        solution = method(NOISY, kept=kept, data=data)
        np.testing.assert_array_equal(solution.coef, expected)
        threshold = float(np.median(found))
        above = method(NOISY, threshold=threshold, data=data).coef
        keep = (found > threshold) == (data == "retained")
        np.testing.assert_array_equal(above, np.where(keep[:, None], w_o, 0.0))
    largest = np.argsort(-np.linalg.norm(w_o, axis=1))[:count]
    expected = np.zeros_like(w_o)
    expected[largest] = w_o[largest]
    np.testing.assert_array_equal(magnitude_mask(NOISY, kept=kept).coef, expected)


def test_what_is_kept_by_default() -> None:
    for method in (magnitude_mask, gradient_mask):
        np.testing.assert_array_equal(method(NOISY).coef, method(NOISY, kept=0.5).coef)
        assert "6 of 12 weights reset" in method(NOISY).done
    np.testing.assert_array_equal(energy_mask(NOISY).coef, energy_mask(NOISY, threshold=0).coef)


@given(problem=problems(interpolating=True), data=st.data())
def test_at_interpolation_the_gradient_mask_is_a_stated_no_op(
    problem: Problem, data: st.DataObject
) -> None:
    rows = data.draw(st.none() | retained_rows(problem))
    part = data.draw(st.sampled_from(["retained", "forget"]))
    choice = data.draw(st.sampled_from([{}, {"kept": 0.0}, {"kept": 0.3}, {"threshold": 1.0}]))
    assert not scores(problem, "gradient", data=part).any()
    solution = gradient_mask(problem, data=part, rows=rows, **choice)
    untouched = pretrained(problem) if rows is None else fine_tuned(problem, rows=rows)
    np.testing.assert_array_equal(solution.coef, untouched.coef)
    assert f"0 of {problem.d} weights reset to zero: the gradient vanishes" in solution.done


@pytest.mark.parametrize("size", [1e-60, 1.0, 1e60])
@pytest.mark.parametrize("condition", [1.0, 1e5, 1e9])
def test_the_gradient_of_noise_counts_and_that_of_rounding_does_not(
    size: float, condition: float
) -> None:
    for n_r, n_f, d in ((100, 30, 200), (100, 30, 60)):
        exact = shared(n_r, n_f, d, condition=condition, seed=1)
        noise = np.random.default_rng(0).standard_normal(exact.n) * 1e-9
        for noisy in (False, True):
            y = exact.y + noise * (noisy and n_r + n_f > d)
            problem = Problem.from_arrays(size * exact.X, y, forget=np.arange(n_r, exact.n))
            for data in ("retained", "forget"):
                expected = noisy and n_r + n_f > d
                assert scores(problem, "gradient", data=data).any() == expected


def test_rounding_is_told_from_a_gradient_entry_by_entry() -> None:
    # Three features without a row in common. The first fits its labels up to rounding, in units
    # that make this larger than what the second and the third have of a gradient.
    unit = 1e9
    X = np.zeros((7, 3))
    X[[0, 1, 2], 0] = 0.3 * unit, 0.7 * unit, 1.1 * unit
    X[[3, 4], 1] = X[[5, 6], 2] = 1.0, 1.0
    y = np.array([0.03 * unit, 0.07 * unit, 0.11 * unit, 0.0, 1.0, 0.0, 1.0])
    problem = Problem.from_arrays(X, y, forget=[2, 4])
    # The third is stationary, for all its residuals are retained.
    nearly = np.array([0.1 * (1 + 2**-50), 0.5, 0.5])
    raw = problem.X_r.T @ (problem.X_r @ nearly - problem.y_r)
    assert abs(raw[0]) > 1
    np.testing.assert_allclose(raw[1:], [0.5, 0.0])
    np.testing.assert_array_equal(gradient(problem, nearly, "retained"), [0.0, 0.5, 0.0])
    found = scores(problem, "gradient")
    np.testing.assert_array_equal(found > 0, [False, True, False])
    assert found[1] == pytest.approx(0.5)
    np.testing.assert_array_equal(
        gradient_mask(problem, threshold=0.0).coef != 0, [False, True, False]
    )
    assert "1 of 3 weights trained" in salun(problem, fraction=1.0).done


def test_a_ridge_leaves_a_gradient() -> None:
    problem = shared(n_r=5, n_f=3, d=12)
    assert not scores(problem, "gradient").any()
    solution = gradient_mask(problem, ridge=0.1)
    assert "6 of 12 weights reset to zero" in solution.done
    assert "vanishes" not in solution.done
    w = pretrained(problem, ridge=0.1).coef
    slopes = np.abs(problem.X_r.T @ (problem.X_r @ w - problem.y_r))
    np.testing.assert_array_equal(solution.coef != 0, slopes > np.median(slopes))


@given(problem=problems(), ridge=st.sampled_from([0.0, 0.3]), data=st.data())
def test_then_fine_tuned(problem: Problem, ridge: float, data: st.DataObject) -> None:
    rows = data.draw(retained_rows(problem))
    for method in SALIENCY_MASKS:
        masked = method(problem, kept=0.4, ridge=ridge)
        tuned = method(problem, kept=0.4, ridge=ridge, rows=rows)
        expected = fine_tuned(problem, rows=rows, start=masked.coef, ridge=ridge)
        np.testing.assert_array_equal(tuned.coef, expected.coef)
        assert (tuned.rank, tuned.residual_norm) == (expected.rank, expected.residual_norm)


def test_ties_do_not_depend_on_rounding() -> None:
    # The two rows and columns are alike, so all four weights are equal: up to rounding.
    problem = Problem.from_arrays([[1, 1, 1, 1], [3, 3, 3, 3]], [0.3, 0.9], forget=[1])
    w_o = pretrained(problem).coef
    for factor in (np.array([1, 1 + 1e-15, 1, 1 + 3e-16]), np.array([1, 1, 1 + 4e-15, 1])):
        np.testing.assert_array_equal(select(w_o * factor, kept=0.5), [True, True, False, False])


def test_gradients_on_supports() -> None:
    # Away from interpolation the retained gradient vanishes off the retained support.
    problem = distinct(n_r=30, n_f=20, d_r=5, d_f=4, noise=0.4)
    found = scores(problem, "gradient", data="retained", ridge=1.0)
    assert (found[problem.retained_support] > 0).all()
    assert not found[~problem.retained_support].any()


def test_registered() -> None:
    for name in ("energy_mask", "magnitude_mask", "gradient_mask", "mask_ceiling"):
        assert METHODS[name].family == "masking"
        assert len(METHODS[name].variants) <= 2


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: scores(p, "hessian"), "rule is 'hessian': pass one of 'support', 'energy', "),
        (lambda p: scores(p, "energy", data="all"), "data is 'all': pass 'retained' or 'forget'"),
        (lambda p: scores(p, "energy", ridge=-1.0), "ridge is -1.0: pass a finite number"),
        (lambda p: energy_mask(p, data="test"), "data is 'test': pass 'retained' or 'forget'"),
        (lambda p: gradient_mask(p, data=""), "data is '': pass 'retained' or 'forget'"),
        (lambda p: energy_mask(p, kept=1.5), "kept is 1.5: pass a number from 0 to 1"),
        (lambda p: energy_mask(p, kept=-0.1), "kept is -0.1: pass a finite number that is at lea"),
        (lambda p: energy_mask(p, kept=1.5, data="forget"), "kept is 1.5: pass a number"),
        (lambda p: magnitude_mask(p, kept=np.nan), "kept is nan: pass a finite number"),
        (lambda p: gradient_mask(p, kept=HALF), "kept is 'half': pass a finite number"),
        (lambda p: energy_mask(p, threshold=-1), "threshold is -1: pass a finite number that is"),
        (lambda p: energy_mask(p, threshold=np.inf), "threshold is inf: pass a finite number"),
        (lambda p: energy_mask(p, rows=[99]), "rows names row 99, but the retained data has 3"),
        (lambda p: energy_mask(p, ridge=np.nan), "ridge is nan: pass a finite number"),
        (lambda p: gradient_mask(p, ridge=-2), "ridge is -2: pass a finite number"),
        (lambda p: magnitude_mask(p, ridge=HALF), "ridge is 'half': pass a finite number"),
        *(
            (call, "both threshold and kept are given: pass one of them")
            for call in (
                lambda p: energy_mask(p, kept=0.5, threshold=0.0),
                lambda p: energy_mask(p, kept=0.5, threshold=0.0, data="forget"),
                lambda p: magnitude_mask(p, kept=0.5, threshold=0.1),
                lambda p: gradient_mask(p, kept=0.5, threshold=0.1),
                lambda p: select(np.ones(p.d), kept=0.5, threshold=0.1),
            )
        ),
        (lambda p: select(np.ones(p.d)), "neither threshold nor kept is given: pass one of them"),
        (lambda p: select([[1.0]], kept=0.5), "scores has 2 dimension(s), not 1: pass one number"),
        (lambda p: select([1.0, np.nan], kept=0.5), "scores has an entry that is negative, NaN"),
        (lambda p: select([-1.0], kept=0.5), "scores has an entry that is negative, NaN or infi"),
        (lambda p: select(["1"], kept=0.5), "scores holds text: pass one number of at least 0"),
        (lambda p: select(RAGGED, kept=0.5), "scores holds Python objects: pass one number"),
    ],
)
def test_bad_input(call: Callable[[Problem], object], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        call(shared(n_r=3, n_f=2, d=6))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
