"""Several outputs at once are several problems with one output each.

Except where a method chooses weights by what they do for all outputs together: one mask serves
every column, or the outputs share hidden units.
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

# These rank weights by their norm over the outputs.
ONE_MASK_FOR_ALL_OUTPUTS = {"magnitude_mask", "gradient_mask", "mask_ceiling", "salun"}
SHARED_HIDDEN_UNITS = {"two_layer"}


@given(problem=problems(outputs=(2, 3), max_condition=1e3), data=st.data())
def test_columns(
    method: Method,
    problem: Problem,
    data: st.DataObject,
    draw_options: Callable[..., Any],
    method_bound: Callable[..., float],
) -> None:
    if method.name in ONE_MASK_FOR_ALL_OUTPUTS:
        pytest.skip("ranks weights by their norm over the outputs")
    if method.name in SHARED_HIDDEN_UNITS:
        pytest.skip("one step moves the hidden units of all outputs")
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
        assert np.linalg.norm(joint[:, j] - alone) <= method_bound(single, chosen, alone)
