"""Deciding a statement on one exact instance, never by rounding."""

from __future__ import annotations

from flint import fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import Equation
from linreg_unlearn.algebra.statements import (
    Different,
    KeepsActiveColumns,
    Mask,
    NoZeroColumn,
    Partition,
    Positive,
    RankEquation,
    Semidefinite,
    SizeIs,
    Statement,
)

__all__ = ["holds"]


def _is_mask(matrix: fmpq_mat) -> bool:
    return all(
        matrix[i, j] == 0 or (i == j and matrix[i, j] == 1)
        for i in range(matrix.nrows())
        for j in range(matrix.ncols())
    )


def holds(statement: Statement, reading: ExactReading) -> bool:
    """Decide a statement on one exact instance.

    Parameters
    ----------
    statement : Statement
    reading : ExactReading
        Binds the letters, sizes and parameters.

    Raises
    ------
    UndefinedError
        If an inverse in the statement does not exist at these matrices.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> from linreg_unlearn.algebra.statements import full_column_rank
    >>> A = Letter("A", "m", "n")
    >>> reading = ExactReading({"m": 1, "n": 2}, {"A": rational.from_rows([[1, 2]])}, {})
    >>> holds(A @ pinv(A) @ A == A, reading), holds(full_column_rank(A), reading)
    (True, False)
    """
    value = reading.value
    match statement:
        case Equation():
            return bool(value(statement.lhs) == value(statement.rhs))
        case Semidefinite():
            return rational.is_positive_semidefinite(value(statement.argument))
        case RankEquation():
            left = sum(rational.rank(value(expr)) for expr in statement.left)
            return left == sum(rational.rank(value(expr)) for expr in statement.right)
        case Mask():
            return _is_mask(value(statement.argument))
        case KeepsActiveColumns():
            mask = value(statement.mask)
            active = rational.active_columns(value(statement.matrix))
            return _is_mask(mask) and all(
                bool(mask[j, j]) == (on != statement.complement) for j, on in enumerate(active)
            )
        case NoZeroColumn():
            return all(rational.active_columns(value(statement.argument)))
        case Positive():
            return reading.parameters[statement.parameter] > 0
        case Different():
            first, second = statement.first, statement.second
            return reading.parameters[first] != reading.parameters[second]
        case SizeIs():
            return reading.sizes[statement.dimension] == statement.size
        case Partition(first=E_r, second=E_f):
            upper, lower = value(E_r), value(E_f)
            products = (upper * upper.transpose(), lower * lower.transpose())
            both = upper.transpose() * upper + lower.transpose() * lower
            return all(m == rational.identity(m.nrows()) for m in (*products, both))
