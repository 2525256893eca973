"""Exact matrices against their definitions and against floating point."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra import rational


@st.composite
def matrices(draw: st.DrawFn, largest: int = 5) -> fmpq_mat:
    rows, columns = draw(st.integers(0, largest)), draw(st.integers(0, largest))
    rank = draw(st.integers(0, min(rows, columns)))
    numbers = st.fractions(min_value=-3, max_value=3, max_denominator=3)

    def block(m: int, n: int) -> fmpq_mat:
        values = draw(st.lists(numbers, min_size=m * n, max_size=m * n))
        return rational.from_rows([values[i * n : (i + 1) * n] for i in range(m)], n)

    return block(rows, rank) * block(rank, columns)


@given(matrices())
def test_the_pseudo_inverse_satisfies_the_four_penrose_equations(A: fmpq_mat) -> None:
    P = rational.moore_penrose(A)
    assert A * P * A == A
    assert P * A * P == P
    assert A * P == (A * P).transpose()
    assert P * A == (P * A).transpose()


@given(matrices())
def test_rank_is_that_of_floating_point_where_it_is_clear(A: fmpq_mat) -> None:
    s = np.linalg.svd(rational.to_float(A), compute_uv=False)
    clear = bool(np.all((s > 1e-6) | (s < 1e-12)))
    if clear:
        assert rational.rank(A) == int(np.sum(s > 1e-6))


@given(matrices(4))
def test_gram_matrices_are_semidefinite_and_stop_being_so_when_lowered(A: fmpq_mat) -> None:
    gram = A.transpose() * A
    assert rational.is_positive_semidefinite(gram)
    if rational.rank(A) < A.ncols():
        lowered = gram - rational.identity(A.ncols()) * fmpq(1, 1000)
        assert not rational.is_positive_semidefinite(lowered)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0, 1], [1, 0]], False),
        ([[0, 0], [0, 1]], True),
        ([[1, 2], [2, 4]], True),
        ([[1, 2], [2, 3]], False),
        ([[1, 2], [0, 1]], False),
        ([[-1]], False),
        ([[0]], True),
    ],
)
def test_semidefiniteness_of_small_matrices(rows: list[list[int]], expected: bool) -> None:
    assert rational.is_positive_semidefinite(rational.from_rows(rows)) is expected


def test_rounding_is_to_the_nearest_float() -> None:
    third = rational.from_rows([[Fraction(1, 3), Fraction(10**40 + 1, 10**40)]])
    assert rational.to_float(third).tolist() == [[1 / 3, 1.0]]


def test_a_singular_matrix_has_no_inverse() -> None:
    assert rational.inverse(rational.from_rows([[1, 2], [2, 4]])) is None
    assert rational.inverse(rational.from_rows([[2]])) == rational.from_rows([[Fraction(1, 2)]])
