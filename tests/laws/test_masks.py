"""A mask resets weights to exact zero, keeps the others to the bit, and only then fine-tunes."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.methods.fine_tuning import fine_tuned, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.problem import Problem
from linreg_unlearn.testing.problems import problems, retained_rows


@given(problem=problems(), data=st.data())
def test_masks(problem: Problem, data: st.DataObject) -> None:
    w_o = pretrained(problem).coef
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=problem.d, max_size=problem.d)))
    rows = data.draw(retained_rows(problem))
    for method, default in (
        (retain_mask, problem.retained_support),
        (forget_mask, ~problem.forget_support),
    ):
        for mask, keep in ((None, default), (flags, flags), (flags.astype(float), flags)):
            masked = method(problem, mask=mask)
            np.testing.assert_array_equal(masked.coef[keep], w_o[keep])
            assert not masked.coef[~keep].any()
            tuned = method(problem, mask=mask, rows=rows)
            expected = fine_tuned(problem, rows=rows, start=masked.coef)
            np.testing.assert_array_equal(tuned.coef, expected.coef)
            assert (tuned.rank, tuned.residual_norm) == (expected.rank, expected.residual_norm)
            assert tuned.method == masked.method == method.__name__
            assert f"{(~keep).sum()} of {problem.d} weights reset" in masked.done
            assert f"fine-tuned on {rows.size} of {problem.n_r}" in tuned.done


@given(problem=problems())
def test_what_default_masks_do_to_predictions(
    problem: Problem, method_bound: Callable[..., float]
) -> None:
    w_o = pretrained(problem).coef
    np.testing.assert_array_equal(problem.X_f @ forget_mask(problem).coef, 0 * problem.y_f)
    kept = problem.X_r @ retain_mask(problem).coef - problem.X_r @ w_o
    assert np.abs(kept).max() <= 1e-12 * (1 + float(np.linalg.norm(w_o)))


def test_rows_none_and_no_rows_differ_in_what_is_reported() -> None:
    problem = Problem.from_arrays([[1, 1, 0], [0, 1, 1]], [2, 2], forget=[1])
    untouched, nowhere = forget_mask(problem), forget_mask(problem, rows=[])
    np.testing.assert_array_equal(untouched.coef, nowhere.coef)
    assert (untouched.rank, nowhere.rank) == (2, 0)
    assert nowhere.residual_norm == 0.0
