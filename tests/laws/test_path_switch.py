"""The fast path is taken while it is accurate, and no longer.

The true solution comes from exact rational arithmetic, so the error is the error.
"""

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from flint import fmpq_mat

from linreg_unlearn.algebra.rational import moore_penrose, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg import factorization
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.setups import random_orthonormal

EPS = float(np.finfo(np.float64).eps)


def matrix(m: int, d: int, condition: float) -> FloatArray:
    rng = np.random.default_rng(3)
    k = min(m, d)
    U, V = random_orthonormal(rng, m, k), random_orthonormal(rng, d, k)
    return np.asarray((U * np.geomspace(1, 1 / condition, k)) @ V.T)


def relative_error(A: FloatArray, exact: Callable[[FloatArray], fmpq_mat]) -> tuple[float, str]:
    """Return the error of a consistent solve, and the path taken."""
    B = A @ np.cos(np.arange(float(A.shape[1])))
    factors = factorize(A)
    # Of a tall A, the rounded B is only nearly consistent; that part of the error is κ²‖residual‖.
    true = moore_penrose(exact(A)) * exact(B)
    w = to_float(true)
    error = np.linalg.norm(to_float(exact(factors.min_norm(B)) - true))
    return float(error / np.linalg.norm(w)), factors.path


@pytest.mark.parametrize(("m", "d"), [(10, 16), (16, 10), (12, 12)])
@pytest.mark.parametrize("power", range(13))
def test_error_is_eps_times_condition(
    m: int, d: int, power: int, exact: Callable[[FloatArray], fmpq_mat]
) -> None:
    condition = 10.0**power
    error, path = relative_error(matrix(m, d, condition), exact)
    assert error <= 10 * EPS * condition
    if power <= 5:
        assert path == "gram"
    if power >= 7:
        assert path == "svd"


@pytest.mark.parametrize(("m", "d"), [(10, 16), (16, 10)])
def test_the_switch_is_needed_and_so_is_the_refinement(
    m: int, d: int, exact: Callable[[FloatArray], fmpq_mat]
) -> None:
    with patch.object(factorization, "SMALLEST_GRAM_RCOND", 0.0):
        # The worst of several, since each depends on how BLAS rounds.
        conditions = [10**power for power in (7.7, 7.8, 7.85, 7.9)]
        found = [relative_error(matrix(m, d, condition), exact) for condition in conditions]
        assert {path for _, path in found} == {"gram"}
        errors = np.array([error for error, _ in found])
        assert np.max(errors / conditions) > 100 * EPS
    with patch.object(factorization, "REFINEMENTS", 0):
        error, path = relative_error(matrix(m, d, 1e5), exact)
        assert path == "gram"
        assert error > 100 * EPS * 1e5


def test_projections_are_refined_too(exact: Callable[[FloatArray], fmpq_mat]) -> None:
    A, condition = matrix(10, 16, 1e5), 1e5
    v, B = np.cos(np.arange(16.0)), A @ np.sin(np.arange(16.0))
    A_e, v_e, B_e = exact(A), exact(v), exact(B)
    pseudo = moore_penrose(A_e)
    true = {
        "project": pseudo * (A_e * v_e),
        "project_affine": v_e + pseudo * (B_e - A_e * v_e),
    }

    def errors() -> dict[str, float]:
        factors = factorize(A)
        assert factors.path == "gram"
        computed = {"project": factors.project(v), "project_affine": factors.project_affine(v, B)}
        return {
            name: float(np.linalg.norm(to_float(exact(computed[name]) - true[name])))
            for name in true
        }

    assert max(errors().values()) <= 10 * EPS * condition
    with patch.object(factorization, "REFINEMENTS", 0):
        assert min(errors().values()) > 100 * EPS * condition


@pytest.mark.parametrize(("m", "d"), [(10, 16), (16, 10)])
def test_the_switch_comes_well_before_the_fast_path_fails(
    m: int, d: int, exact: Callable[[FloatArray], fmpq_mat]
) -> None:
    # Four times the condition number at the switch, two refinements suffice; at ten times that, the
    # second one still gains a digit (50 to 800 times less error, depending on the kernels of BLAS).
    with patch.object(factorization, "SMALLEST_GRAM_RCOND", 0.0):
        error, path = relative_error(matrix(m, d, 10**6.6), exact)
        assert path == "gram"
        assert error <= 0.5 * EPS * 10**6.6
        error, path = relative_error(matrix(m, d, 1e7), exact)
        with patch.object(factorization, "REFINEMENTS", 1):
            with_one, _ = relative_error(matrix(m, d, 1e7), exact)
        assert path == "gram"
        assert with_one > 10 * error


@pytest.mark.parametrize("size", [1e-130, 1e-160, 1e-300, 1e130, 1e145])
def test_entries_whose_squares_vanish_or_overflow_take_the_safe_path(size: float) -> None:
    A = size * np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    factors = factorize(A)
    assert (factors.path, factors.rank) == ("svd", 2)
    expected = factorize(A / size).min_norm(np.ones(2)) / size
    np.testing.assert_allclose(
        factors.min_norm(np.ones(2)) * size, expected * size, rtol=1e-12, atol=1e-14
    )
