"""No method depends on the order of the rows, and reordering columns reorders the weights.

Except where a method keeps a given share of the weights: among equally salient ones it has to
choose by position. And where it draws or routes rows by their place in the data.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.methods.registry import Method
from linreg_unlearn.problem import Problem
from linreg_unlearn.testing.problems import problems

# These keep the more salient half by default.
TIES_BY_POSITION = {"magnitude_mask", "gradient_mask", "saps", "salun"}

# Labels are drawn from the rows in their order; shards are chosen by the place of a row.
ROWS_BY_POSITION = {"random_label_descent", "salun", "sharded_ridge"}


@given(problem=problems(max_condition=1e3), data=st.data())
def test_any_row_order_of_the_input(
    method: Method,
    problem: Problem,
    data: st.DataObject,
    draw_options: Callable[..., Any],
    method_bound: Callable[..., float],
) -> None:
    if method.name in ROWS_BY_POSITION:
        pytest.skip("draws labels or routes rows by their place in the data")
    order = np.array(data.draw(st.permutations(range(problem.n))))
    place = np.argsort(order)  # where each row of the problem went
    shuffled = Problem.from_arrays(
        problem.X[order],
        problem.y[order],
        forget=place[problem.n_r :],
        retained_support=problem.retained_support,
        forget_support=problem.forget_support,
    )
    np.testing.assert_array_equal(shuffled.X, problem.X[order][shuffled.rows])
    np.testing.assert_array_equal(shuffled.X_f, problem.X_f)
    options = draw_options(data, method, problem)
    moved = dict(options)
    if "rows" in options:
        # Retained rows are stacked in the order of the input.
        stacked = np.argsort(np.argsort(place[: problem.n_r]))
        moved["rows"] = stacked[options["rows"]]
        np.testing.assert_array_equal(shuffled.X[moved["rows"]], problem.X[options["rows"]])
    one, two = method(problem, **options), method(shuffled, **moved)
    assert one.rank == two.rank
    assert np.linalg.norm(one.coef - two.coef) <= method_bound(problem, options, one.coef)


@given(problem=problems(max_condition=1e3), data=st.data())
def test_any_column_order(
    method: Method,
    problem: Problem,
    data: st.DataObject,
    draw_options: Callable[..., Any],
    method_bound: Callable[..., float],
) -> None:
    if method.name in TIES_BY_POSITION:
        pytest.skip("chooses among equally salient weights by position")
    order = np.array(data.draw(st.permutations(range(problem.d))))
    shuffled = Problem.from_arrays(
        problem.X[:, order],
        problem.y,
        forget=np.arange(problem.n_r, problem.n),
        retained_support=problem.retained_support[order],
        forget_support=problem.forget_support[order],
    )
    options = draw_options(data, method, problem)
    moved = {
        name: value[order] if name in ("mask", "start") else value
        for name, value in options.items()
    }
    one, two = method(problem, **options), method(shuffled, **moved)
    assert np.linalg.norm(one.coef[order] - two.coef) <= method_bound(problem, options, one.coef)
