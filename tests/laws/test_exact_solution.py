"""Both paths of ``factorize`` agree with exact rational arithmetic."""

from collections.abc import Callable
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import identity, moore_penrose, rank, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg import factorization
from linreg_unlearn.linalg.factorization import Factorization, factorize
from linreg_unlearn.testing.problems import matrices

# Whole numbers are what they are; of the spectral family only full rank survives rounding.
exact_matrices = st.one_of(
    matrices(family="integers"),
    matrices(family="edge"),
    matrices(family="spectral", max_columns=6, max_rows=9),
)


def on_path(A: FloatArray, path: str) -> Factorization:
    """Factorize on the path wanted; a draw for which the fast path does not exist is rejected."""
    with ExitStack() as stack:
        if path == "svd":
            stack.enter_context(patch.object(factorization, "SMALLEST_GRAM_RCOND", np.inf))
        factors = factorize(A)
    assume(factors.path == path)
    return factors


@pytest.mark.parametrize("path", ["gram", "svd"])
@given(A=exact_matrices, data=st.data())
def test_minimum_norm_and_nearest_and_projection(
    path: str,
    A: FloatArray,
    data: st.DataObject,
    exact: Callable[[FloatArray], fmpq_mat],
    bound: Callable[..., float],
) -> None:
    m, d = A.shape
    whole = st.integers(-3, 3).map(float)
    columns = data.draw(st.sampled_from([0, 1, 2]))
    shape = (columns,) if columns else ()
    size = columns or 1
    B = np.reshape(data.draw(st.lists(whole, min_size=m * size, max_size=m * size)), (m, *shape))
    v = np.reshape(data.draw(st.lists(whole, min_size=d * size, max_size=d * size)), (d, *shape))

    factors = on_path(A, path)
    A_e, B_e, v_e = exact(A), exact(B), exact(v)
    assume(factors.rank == rank(A_e))
    pseudo = moore_penrose(A_e)

    answers = {
        "min_norm": (factors.min_norm(B), pseudo * B_e, bound(A, B)),
        "project_affine": (
            factors.project_affine(v, B),
            v_e + pseudo * (B_e - A_e * v_e),
            bound(A, B, v),
        ),
        "project": (factors.project(v), pseudo * (A_e * v_e), bound(A, A @ v, v)),
    }
    for name, (computed, true, allowed) in answers.items():
        assert computed.shape == (d, *shape), name
        error = to_float(exact(computed) - true)
        assert np.linalg.norm(error) <= allowed, name


@given(A=matrices(family="integers"))
def test_column_basis_spans_the_columns(A: FloatArray, exact: Callable[..., fmpq_mat]) -> None:
    Q = factorize(A).column_basis()
    assert Q.shape == (len(A), rank(exact(A)))
    A_e = exact(A)
    hat = to_float(A_e * moore_penrose(A_e))
    assert np.linalg.norm(Q @ Q.T - hat) <= 1e-10
    assert np.linalg.norm(Q.T @ Q - to_float(identity(Q.shape[1]))) <= 1e-13


def test_both_paths_are_reached_by_these_draws() -> None:
    seen: list[tuple[str, int]] = []

    @given(A=exact_matrices)
    def collect(A: FloatArray) -> None:
        factors = factorize(A)
        seen.append((factors.path, min(A.shape) - factors.rank))

    collect()
    assert sum(path == "gram" for path, _ in seen) >= len(seen) // 5
    assert sum(path == "svd" and missing > 0 for path, missing in seen) >= len(seen) // 10
