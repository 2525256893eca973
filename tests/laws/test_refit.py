"""Golden is a real refit on the retained rows, pretrained one on all rows."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given

from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems


@given(problem=problems())
def test_refit(problem: Problem, bound: Callable[..., float]) -> None:
    for method, X, y in (
        (golden, problem.X_r, problem.y_r),
        (pretrained, problem.X, problem.y),
    ):
        expected = scipy.linalg.lstsq(X, y, cond=1e-9)[0]
        assert np.linalg.norm(method(problem).coef - expected) <= 2 * bound(X, y)


@pytest.mark.parametrize("condition", [1e2, 1e8])
@pytest.mark.parametrize(("n_r", "n_f", "d"), [(40, 10, 150), (120, 30, 40), (40, 40, 60)])
def test_refit_at_size(n_r: int, n_f: int, d: int, condition: float) -> None:
    problem = shared(n_r=n_r, n_f=n_f, d=d, condition=condition, outputs=3, seed=n_r)
    expected = scipy.linalg.lstsq(problem.X_r, problem.y_r)[0]
    s = scipy.linalg.svdvals(problem.X_r)
    allowed = 20 * np.finfo(float).eps * float(s[0] / s[-1]) * float(np.linalg.norm(expected))
    assert np.linalg.norm(golden(problem).coef - expected) <= allowed


def test_golden_does_not_see_the_forgotten_targets() -> None:
    problem = shared(n_r=10, n_f=4, d=20)
    y = problem.y.copy()
    y[10:] = 1e3
    other = Problem.from_arrays(problem.X, y, forget=np.arange(10, 14))
    np.testing.assert_array_equal(golden(other).coef, golden(problem).coef)
    assert not np.allclose(pretrained(other).coef, pretrained(problem).coef)
