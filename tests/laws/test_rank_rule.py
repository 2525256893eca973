"""One rule decides the rank: a singular value counts above ``max(m, d) · eps · σ_max``.

Libraries disagree on a matrix with a singular value of 3e-15, and their solutions then differ by
twelve orders of magnitude. Here there is one answer, whatever the route.
"""

import numpy as np
import pytest

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import random_orthonormal

EPS = float(np.finfo(np.float64).eps)


def with_smallest(m: int, d: int, smallest: float, exact: bool = True) -> FloatArray:
    """Return a matrix with singular values 1, …, 1 and one more."""
    k = min(m, d)
    s = np.ones(k)
    s[-1] = smallest
    if exact:
        A = np.zeros((m, d))
        A[np.arange(k), np.arange(k)] = s
        return A
    rng = np.random.default_rng(7)
    return np.asarray((random_orthonormal(rng, m, k) * s) @ random_orthonormal(rng, d, k).T)


@pytest.mark.parametrize(("m", "d"), [(3, 5), (5, 3), (4, 4), (2, 100), (100, 2)])
@pytest.mark.parametrize("unit", [1.0, 2.0**-300, 2.0**300, 2.0**-480, 2.0**480])
def test_the_rule_is_sharp_and_blind_to_units(m: int, d: int, unit: float) -> None:
    edge = max(m, d) * EPS
    k = min(m, d)
    for smallest, rank in [(1.01 * edge, k), (0.99 * edge, k - 1), (0.0, k - 1), (1.0, k)]:
        factors = factorize(unit * with_smallest(m, d, smallest))
        assert factors.rank == rank
        B = np.ones(m)
        counted = np.zeros(d)
        counted[:k] = 1.0 / np.append(np.ones(k - 1), smallest if rank == k else np.inf)
        np.testing.assert_allclose(factors.min_norm(B), counted / unit, rtol=1e-12)


def test_a_trap_on_which_libraries_disagree() -> None:
    # Singular values 1 and 3e-15 in 20 columns: below the rule (4.4e-15), above eps · σ_max.
    A = with_smallest(4, 20, 3e-15, exact=False)
    B = np.ones(4)
    assert np.linalg.norm(np.linalg.pinv(A) @ B) > 1e12
    factors = factorize(A)
    assert factors.path == "svd"
    assert factors.rank == 3
    assert np.linalg.norm(factors.min_norm(B)) < 10
    # A problem of those rows gets the same answer from the shared factors.
    problem = Problem.from_arrays(np.vstack([A, np.eye(1, 20)]), np.ones(5), forget=[4])
    assert factors_of(problem).retained.rank == golden(problem).rank == 3
    assert np.linalg.norm(golden(problem).coef) < 10
    assert pretrained(problem).rank == 4
    assert np.linalg.norm(pretrained(problem).coef) < 10


def test_rank_zero() -> None:
    factors = factorize(np.zeros((3, 4)))
    assert (factors.rank, factors.condition) == (0, 1.0)
    np.testing.assert_array_equal(factors.min_norm(np.ones(3)), np.zeros(4))
    np.testing.assert_array_equal(factors.project(np.ones(4)), np.zeros(4))
    assert factors.column_basis().shape == (3, 0)
