"""``project_affine`` returns the least-squares solution nearest to where it starts.

Together with the normal equations this characterises it: the step lies in the row space of ``A``,
that is, it is orthogonal to every direction that ``A`` does not see.
"""

from collections.abc import Callable

import numpy as np
import scipy.linalg
from hypothesis import given

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.testing.problems import matrices


@given(A=matrices())
def test_step_is_orthogonal_to_the_null_space(A: FloatArray, bound: Callable[..., float]) -> None:
    m, d = A.shape
    B, w0 = np.cos(np.arange(float(m))), np.sin(1 + np.arange(float(d)))
    w = factorize(A).project_affine(w0, B)
    null = scipy.linalg.null_space(A, rcond=1e-9)
    allowed = bound(A, B, w0)
    assert np.linalg.norm(null.T @ (w - w0)) <= allowed
    # Any other least-squares solution is farther away, by Pythagoras.
    for direction in null.T:
        other = w + 0.5 * direction
        assert np.linalg.norm(other - w0) >= np.linalg.norm(w - w0) - allowed


@given(A=matrices())
def test_projecting_twice_changes_nothing(A: FloatArray, bound: Callable[..., float]) -> None:
    factors = factorize(A)
    v = np.sin(1 + np.arange(float(A.shape[1])))
    p = factors.project(v)
    allowed = bound(A, A @ v, v)
    assert np.linalg.norm(factors.project(p) - p) <= allowed
    assert abs(float(p @ (v - p))) <= allowed * float(np.linalg.norm(v))
    assert np.linalg.norm(A @ (v - p)) <= allowed * float(np.linalg.norm(A, 2))


@given(A=matrices())
def test_a_solution_is_left_where_it_is(A: FloatArray, bound: Callable[..., float]) -> None:
    w0 = np.sin(1 + np.arange(float(A.shape[1])))
    w = factorize(A).project_affine(w0, A @ w0)
    assert np.linalg.norm(w - w0) <= bound(A, A @ w0, w0)


def test_no_rows_move_nothing() -> None:
    factors = factorize(np.zeros((0, 3)))
    w0 = np.array([1.0, 2.0, 3.0])
    assert factors.rank == 0
    np.testing.assert_array_equal(factors.project_affine(w0, np.zeros(0)), w0)
    np.testing.assert_array_equal(factors.min_norm(np.zeros((0, 2))), np.zeros((3, 2)))
    np.testing.assert_array_equal(factors.project(w0), np.zeros(3))
