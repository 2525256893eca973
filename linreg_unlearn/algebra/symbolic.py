"""The symbolic reading: matrices whose entries are rational functions of named unknowns.

An identity checked here holds for all real entries of matrices of *these sizes*, which is more
than any number of instances and less than a proof for every size. The arithmetic is that of SymPy's
field of fractions, on canonical forms; SymPy's matrix-expression simplifier is not involved (it
turns ``inv(XᵀX) XᵀX`` into the identity where ``XᵀX`` is singular). Needs the extra ``proofs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from linreg_unlearn.algebra.reading import Reading, UndefinedError
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.errors import InputError

try:
    from sympy import QQ, Symbol
    from sympy.polys.matrices import DomainMatrix
    from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError
except ImportError:
    raise InputError(
        "symbolic entries need SymPy, which is not installed: pip install 'linreg-unlearn[proofs]'"
    ) from None

__all__ = ["SymbolicReading", "SymbolicSpace", "is_zero"]


class SymbolicSpace:
    """A field of rational functions, and matrices over it.

    Parameters
    ----------
    names : sequence of str
        The unknowns.

    Examples
    --------
    >>> space = SymbolicSpace(["a", "b"])
    >>> A = space.matrix([["a", "b"]])
    >>> A * A.transpose()
    DomainMatrix([[a**2 + b**2]], (1, 1), QQ(a,b))
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.field = QQ.frac_field(*(Symbol(name) for name in names))
        self._unknowns = dict(zip(names, self.field.gens, strict=True))

    def matrix(self, rows: Sequence[Sequence[str | int]]) -> DomainMatrix:
        """Return a matrix from names of unknowns and integers."""
        entries = [
            [self._unknowns[e] if isinstance(e, str) else self.field.convert(e) for e in row]
            for row in rows
        ]
        return DomainMatrix(entries, (len(rows), len(rows[0])), self.field)

    def unknown(self, name: str) -> Any:
        """Return one unknown as an element of the field."""
        return self._unknowns[name]


def is_zero(matrix: DomainMatrix) -> bool:
    """Whether every entry is the zero of the field, in canonical form.

    Examples
    --------
    >>> A = SymbolicSpace(["a"]).matrix([["a"]])
    >>> is_zero(A - A), is_zero(A)
    (True, False)
    """
    return bool(matrix.is_zero_matrix)


class SymbolicReading(Reading[DomainMatrix]):
    """Evaluates expressions over a field of rational functions.

    Parameters
    ----------
    space : SymbolicSpace
    sizes, letters, given
        As for every reading.
    parameters : mapping of str to Fraction
        Values of parameters, exact numbers.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> space = SymbolicSpace(["a", "b"])
    >>> A = Letter("A", "m", "n")
    >>> reading = SymbolicReading(space, {"m": 1, "n": 2}, {"A": space.matrix([["a", "b"]])}, {})
    >>> is_zero(reading.value(A @ pinv(A) @ A - A))
    True
    """

    def __init__(
        self,
        space: SymbolicSpace,
        sizes: Mapping[str, int],
        letters: Mapping[str, DomainMatrix],
        parameters: Mapping[str, Fraction],
    ) -> None:
        super().__init__(sizes, letters, parameters)
        self._field = space.field

    def identity(self, size: int) -> DomainMatrix:
        """Return the identity."""
        return DomainMatrix.eye(size, self._field).to_dense()

    def zero(self, rows: int, columns: int) -> DomainMatrix:
        """Return a zero matrix."""
        return DomainMatrix.zeros((rows, columns), self._field).to_dense()

    def add(self, terms: Sequence[DomainMatrix]) -> DomainMatrix:
        """Return the sum of at least one matrix."""
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def multiply(self, left: DomainMatrix, right: DomainMatrix) -> DomainMatrix:
        """Return a product."""
        return left * right

    def scale(self, coefficient: Polynomial, matrix: DomainMatrix) -> DomainMatrix:
        """Return a matrix times a scalar."""
        value = coefficient.value(self.parameters)
        return matrix * self._field.convert_from(QQ(value.numerator, value.denominator), QQ)

    def transpose(self, matrix: DomainMatrix) -> DomainMatrix:
        """Return the transpose."""
        return matrix.transpose()

    def pseudo_inverse(self, matrix: DomainMatrix) -> DomainMatrix:
        """Return the Moore-Penrose inverse at full row or column rank of the unknowns.

        Raises
        ------
        InputError
            Below full rank: choose a pattern of entries of full rank.
        """
        rows, columns = matrix.shape
        turned = matrix.transpose()
        try:
            if rows <= columns:
                return turned * (matrix * turned).inv()
            return (turned * matrix).inv() * turned
        except DMNonInvertibleMatrixError:
            raise InputError(
                f"the {rows}×{columns} matrix of unknowns is below full rank: choose a pattern of "
                "entries of full rank"
            ) from None

    def inverse(self, matrix: DomainMatrix) -> DomainMatrix:
        """Return the inverse, or raise :class:`~.reading.UndefinedError`."""
        try:
            return matrix.inv()
        except DMNonInvertibleMatrixError:
            raise UndefinedError("the matrix to be inverted is singular") from None

    def trace(self, matrix: DomainMatrix) -> DomainMatrix:
        """Return the trace as a 1×1 matrix."""
        dense = matrix.to_dense()
        total = sum((dense[i, i].element for i in range(matrix.shape[0])), self._field.zero)
        return DomainMatrix([[total]], (1, 1), self._field)
