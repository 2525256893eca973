"""The exact reading: rational matrices, in which a difference is a counterexample."""

from collections.abc import Sequence

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.reading import Reading, UndefinedError
from linreg_unlearn.algebra.scalars import Polynomial

__all__ = ["ExactReading"]


class ExactReading(Reading[fmpq_mat]):
    """Evaluates expressions in rational arithmetic.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> A = Letter("A", "m", "n")
    >>> reading = ExactReading(
    ...     {"m": 2, "n": 2}, {"A": rational.from_rows([[1, 1], [1, 1]])}, {}
    ... )
    >>> reading.value(A @ pinv(A) @ A) == reading.value(A)
    True
    """

    def identity(self, size: int) -> fmpq_mat:
        """Return the identity."""
        return rational.identity(size)

    def zero(self, rows: int, columns: int) -> fmpq_mat:
        """Return a zero matrix."""
        return rational.zeros(rows, columns)

    def add(self, terms: Sequence[fmpq_mat]) -> fmpq_mat:
        """Return the sum of at least one matrix."""
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def multiply(self, left: fmpq_mat, right: fmpq_mat) -> fmpq_mat:
        """Return a product."""
        return left * right

    def scale(self, coefficient: Polynomial, matrix: fmpq_mat) -> fmpq_mat:
        """Return a matrix times a scalar."""
        value = coefficient.value(self.parameters)
        return matrix * fmpq(value.numerator, value.denominator)

    def transpose(self, matrix: fmpq_mat) -> fmpq_mat:
        """Return the transpose."""
        return matrix.transpose()

    def pseudo_inverse(self, matrix: fmpq_mat) -> fmpq_mat:
        """Return the Moore-Penrose inverse, at any rank."""
        return rational.moore_penrose(matrix)

    def inverse(self, matrix: fmpq_mat) -> fmpq_mat:
        """Return the inverse, or raise :class:`~.reading.UndefinedError`."""
        inverted = rational.inverse(matrix)
        if inverted is None:
            raise UndefinedError("the matrix to be inverted is singular")
        return inverted

    def trace(self, matrix: fmpq_mat) -> fmpq_mat:
        """Return the trace as a 1×1 matrix."""
        return rational.from_rows([[rational.trace(matrix)]])
