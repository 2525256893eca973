"""The float reading: reference numbers at small sizes, the second route to what methods compute.

It inverts every matrix it is told to, by singular values, and so is slow and plain on purpose. It
also keeps the condition number of everything it inverted: what a comparison may expect.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from linreg_unlearn.algebra.expressions import (
    Expr,
    Inverse,
    Named,
    Product,
    PseudoInverse,
    Scale,
    Sum,
    Trace,
    Transpose,
)
from linreg_unlearn.algebra.reading import Reading, UndefinedError
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.words import Word
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import truncated_svd

__all__ = ["LARGEST_SIZE", "FloatReading"]

Array = NDArray[np.float64]

LARGEST_SIZE = 200
"""The largest number of rows or columns that is evaluated."""


class FloatReading(Reading[Array]):
    """Evaluates expressions in floating-point arithmetic, up to 200 rows and columns.

    Raises
    ------
    InputError
        If a dimension is larger than that: use ``linreg_unlearn.methods`` there.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> A = Letter("A", "m", "n")
    >>> reading = FloatReading({"m": 1, "n": 2}, {"A": np.array([[3.0, 4.0]])}, {})
    >>> reading.value(pinv(A)).ravel()
    array([0.12, 0.16])
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        letters: Mapping[str, Array],
        parameters: Mapping[str, Fraction],
        given: Mapping[Expr, Array] | None = None,
    ) -> None:
        for name, size in sizes.items():
            if size > LARGEST_SIZE:
                raise InputError(
                    f"dimension {name!r} is {size}, and the float reading stops at {LARGEST_SIZE}: "
                    "use linreg_unlearn.methods for larger data"
                )
        super().__init__(sizes, letters, parameters, given)
        self.conditions: dict[bytes, float] = {}
        self._magnified: dict[Expr, float] = dict.fromkeys(given or (), 1.0)

    def identity(self, size: int) -> Array:
        """Return the identity."""
        return np.eye(size)

    def zero(self, rows: int, columns: int) -> Array:
        """Return a zero matrix."""
        return np.zeros((rows, columns))

    def add(self, terms: Sequence[Array]) -> Array:
        """Return the sum of at least one matrix."""
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def multiply(self, left: Array, right: Array) -> Array:
        """Return a product."""
        return left @ right

    def scale(self, coefficient: Polynomial, matrix: Array) -> Array:
        """Return a matrix times a scalar."""
        return matrix * float(coefficient.value(self.parameters))

    def transpose(self, matrix: Array) -> Array:
        """Return the transpose."""
        return matrix.T

    def pseudo_inverse(self, matrix: Array) -> Array:
        """Return the Moore-Penrose inverse; the rank is decided by the rule of ``linalg``."""
        U, s, Vt = self._svd(matrix)
        return (Vt.T / s) @ U.T

    def inverse(self, matrix: Array) -> Array:
        """Return the inverse, or raise :class:`~.reading.UndefinedError` below full rank."""
        U, s, Vt = self._svd(matrix)
        if s.size < matrix.shape[0]:
            raise UndefinedError("the matrix to be inverted is singular to working precision")
        return (Vt.T / s) @ U.T

    def _svd(self, matrix: Array) -> tuple[Array, Array, Array]:
        if matrix.size == 0:
            rows, columns = matrix.shape
            return np.zeros((rows, 0)), np.zeros(0), np.zeros((0, columns))
        U, s, Vt = truncated_svd(matrix)
        # An argument is keyed by its entries: the same matrix counts once, however it is written.
        self.conditions[matrix.tobytes()] = float(s[0] / s[-1]) if s.size else 1.0
        return U, s, Vt

    def trace(self, matrix: Array) -> Array:
        """Return the trace as a 1×1 matrix."""
        return np.array([[np.trace(matrix)]])

    def bound(self, word: Word) -> float:
        """Return the product of the norms of the letters of a word: a bound on its norm."""
        return float(np.prod([np.linalg.norm(self._atom(atom)) for atom in word]))

    @property
    def condition(self) -> float:
        """The product of the condition numbers of all arguments inverted so far."""
        return float(np.prod(list(self.conditions.values()))) if self.conditions else 1.0

    def amplification(self, expr: Expr) -> float:
        """Return how many times larger than ``eps`` the rounding of an expression may be.

        An inverse magnifies by its condition number, and what stands behind it has been rounded
        before: factors multiply. Terms of a sum are rounded side by side, so the worst counts.

        Examples
        --------
        >>> from linreg_unlearn.algebra.expressions import Letter, inv
        >>> A, b = Letter("A", "n", "n"), Letter("b", "n", "1")
        >>> reading = FloatReading({"n": 2}, {"A": np.diag([1.0, 0.1]), "b": np.ones((2, 1))}, {})
        >>> behind, within = inv(A) @ (b + inv(A) @ b), inv(A + inv(A))
        >>> [round(reading.amplification(expr), 6) for expr in (behind, within)]
        [100.0, 50.5]
        """
        known = self._magnified.get(expr)
        if known is None:
            known = self._magnified[expr] = self._magnification(expr)
        return known

    def _magnification(self, expr: Expr) -> float:
        match expr:
            case Inverse(argument=inner) | PseudoInverse(argument=inner):
                self.value(expr)
                # Empty matrices have none.
                condition = self.conditions.get(self.value(inner).tobytes(), 1.0)
                return condition * self.amplification(inner)
            case Product(factors=factors):
                return float(np.prod([self.amplification(factor) for factor in factors]))
            case Sum(terms=terms):
                return max(self.amplification(term) for term in terms)
            case Named(body=inner) | Scale(argument=inner):
                return self.amplification(inner)
            case Transpose(argument=inner) | Trace(argument=inner):
                return self.amplification(inner)
            case _:
                return 1.0
