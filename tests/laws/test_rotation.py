"""A method that looks at no single feature turns with the features.

Masks do look at them, and so does whatever selects parameters or dampens them one by one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.methods.masking import retain_mask
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, random_orthonormal
from linreg_unlearn.testing.problems import problems

BY_FEATURE = {"masking", "selection"}


def turned(problem: Problem, Q: FloatArray) -> Problem:
    return Problem.from_arrays(problem.X @ Q, problem.y, forget=np.arange(problem.n_r, problem.n))


@given(problem=problems(max_condition=1e3), seed=st.integers(0, 1000), data=st.data())
def test_equivariance(
    problem: Problem,
    seed: int,
    data: st.DataObject,
    draw_options: Callable[..., Any],
    method_bound: Callable[..., float],
) -> None:
    Q = random_orthonormal(np.random.default_rng(seed), problem.d, problem.d)
    other = turned(problem, Q)
    for method in METHODS.values():
        if method.family in BY_FEATURE:
            continue
        options = draw_options(data, method, problem)
        moved = dict(options)
        if "start" in options:
            moved["start"] = Q.T @ options["start"]
        one, two = method(problem, **options).coef, method(other, **moved).coef
        allowed = method_bound(problem, options, one) + method_bound(other, moved, two)
        assert np.linalg.norm(Q.T @ one - two) <= allowed, method.name


def test_a_mask_does_not_turn() -> None:
    problem = distinct(n_r=3, n_f=2, d_r=4, d_f=4)
    Q = random_orthonormal(np.random.default_rng(0), 8, 8)
    difference = Q.T @ retain_mask(problem).coef - retain_mask(turned(problem, Q)).coef
    assert np.linalg.norm(difference) > 0.1


def test_methods_without_a_mask_exist() -> None:
    free = {method.name for method in METHODS.values() if method.family not in BY_FEATURE}
    assert free >= {"pretrained", "golden", "fine_tuned"}
