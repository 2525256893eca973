"""Several outputs at once are several problems with one output each."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.methods.registry import Method
from linreg_unlearn.problem import Problem
from linreg_unlearn.testing.problems import problems


@given(problem=problems(outputs=(2, 3)), data=st.data())
def test_columns(
    method: Method,
    problem: Problem,
    data: st.DataObject,
    draw_options: Callable[..., Any],
    method_bound: Callable[..., float],
) -> None:
    options = draw_options(data, method, problem)
    joint = method(problem, **options).coef
    for j in range(problem.outputs):
        single = Problem.from_arrays(
            problem.X,
            problem.y[:, j],
            forget=np.arange(problem.n_r, problem.n),
            retained_support=problem.retained_support,
            forget_support=problem.forget_support,
        )
        chosen = dict(options)
        if "start" in options:
            chosen["start"] = options["start"][:, j]
        alone = method(single, **chosen).coef
        assert alone.shape == (problem.d,)
        assert np.linalg.norm(joint[:, j] - alone) <= method_bound(single, chosen)
