"""Every method returns a ``Solution`` that is complete and says the truth about itself."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.methods.registry import METHODS, Method
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems


@given(problem=problems(), data=st.data())
def test_every_field(
    method: Method, problem: Problem, data: st.DataObject, draw_options: Callable[..., Any]
) -> None:
    X, y = problem.X.copy(), problem.y.copy()
    options = draw_options(data, method, problem)
    copies = {name: np.array(value) for name, value in options.items()}
    solution = method(problem, **options)

    assert isinstance(solution, Solution)
    assert solution.coef.shape == (problem.d, *problem.y.shape[1:])
    assert solution.coef.dtype == np.float64
    assert np.isfinite(solution.coef).all()
    assert not solution.coef.flags.writeable
    assert type(solution.rank) is int
    assert 0 <= solution.rank <= min(problem.n, problem.d)
    assert type(solution.residual_norm) is float
    assert solution.residual_norm >= 0
    assert solution.method == method.name
    assert re.fullmatch(r"\S[^\n]*\S", solution.done)

    np.testing.assert_array_equal(problem.X, X)
    np.testing.assert_array_equal(problem.y, y)
    for name, value in options.items():
        np.testing.assert_array_equal(value, copies[name])
        assert not np.shares_memory(solution.coef, value)


@given(problem=problems(), data=st.data())
def test_rank_and_residual_are_those_of_the_rows_solved_last(
    problem: Problem, data: st.DataObject, draw_options: Callable[..., Any]
) -> None:
    every, retained = np.arange(problem.n), np.arange(problem.n_r)
    last = {
        "pretrained": every,
        "golden": retained,
        "fine_tuned": retained,
        "retain_mask": every,
        "forget_mask": every,
    }
    for name, default in last.items():
        method = METHODS[name]
        options = draw_options(data, method, problem)
        rows = options.get("rows", default)
        solution = method(problem, **options)
        A, B = problem.X[rows], problem.y[rows]
        assert solution.rank == (np.linalg.matrix_rank(A, rtol=1e-9) if A.size else 0)
        expected = np.linalg.norm(A @ solution.coef - B)
        assert solution.residual_norm == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_the_same_call_gives_the_same_bits(method: Method) -> None:
    one, two = (shared(n_r=20, n_f=6, d=40, condition=1e4, seed=5) for _ in range(2))
    method(one)  # whatever it remembers must not change what it says
    np.testing.assert_array_equal(method(one).coef, method(two).coef)
