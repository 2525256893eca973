"""What can be said of expressions, and how it is decided in exact arithmetic.

:class:`~linreg_unlearn.algebra.expressions.Equation` is written ``lhs == rhs``; the other kinds are
here. They are data: ``algebra.deciding`` decides them on an instance, ``algebra.relations`` turns
them into relations for proofs.
"""

from __future__ import annotations

from dataclasses import dataclass

from linreg_unlearn.algebra.expressions import Equation, Expr, Identity, ShapeError
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.errors import InputError

__all__ = [
    "Different",
    "KeepsActiveColumns",
    "Mask",
    "NoZeroColumn",
    "Partition",
    "Positive",
    "RankEquation",
    "Semidefinite",
    "SizeIs",
    "Statement",
    "full_column_rank",
    "full_row_rank",
]


@dataclass(frozen=True)
class Semidefinite:
    """The statement ``A ⪰ 0``: symmetric, with no negative eigenvalue."""

    argument: Expr

    def __post_init__(self) -> None:
        rows, columns = self.argument.shape
        if rows != columns:
            raise ShapeError(
                f"{self.argument} ⪰ 0 cannot be asked: it is {rows}×{columns}, so use a square "
                "expression"
            )

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of."""
        return (self.argument,)

    def __repr__(self) -> str:
        return f"{self.argument} ⪰ 0"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        return rf"{latex(self.argument)} \succeq 0"


@dataclass(frozen=True)
class RankEquation:
    """The statement that two sums of ranks are equal.

    ``rank Identity("n")`` is ``n``, so full row rank is a rank equation too.
    """

    left: tuple[Expr, ...]
    right: tuple[Expr, ...]

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of."""
        return self.left + self.right

    def __repr__(self) -> str:
        return " = ".join(
            " + ".join(_rank(expr) for expr in side) for side in (self.left, self.right)
        )

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        return " = ".join(
            " + ".join(
                expr.size
                if isinstance(expr, Identity)
                else rf"\operatorname{{rank}}\left({latex(expr)}\right)"
                for expr in side
            )
            for side in (self.left, self.right)
        )


def _rank(expr: Expr) -> str:
    if isinstance(expr, Identity):
        return expr.size
    text = str(expr)
    return f"rank({text})" if " " in text else f"rank {text}"


def full_row_rank(expr: Expr) -> RankEquation:
    """Return the statement that an expression has full row rank.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter
    >>> full_row_rank(Letter("X", "n", "d"))
    rank X = n
    """
    return RankEquation((expr,), (Identity(expr.shape[0]),))


def full_column_rank(expr: Expr) -> RankEquation:
    """Return the statement that an expression has full column rank.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter
    >>> full_column_rank(Letter("X", "n", "d"))
    rank X = d
    """
    return RankEquation((expr,), (Identity(expr.shape[1]),))


@dataclass(frozen=True)
class Mask:
    """The statement that an expression is a diagonal matrix of zeros and ones."""

    argument: Expr

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of."""
        return (self.argument,)

    def __repr__(self) -> str:
        return f"{self.argument} is a 0/1 diagonal"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        return rf"{latex(self.argument)} \in \operatorname{{diag}}\{{0, 1\}}"


@dataclass(frozen=True)
class KeepsActiveColumns:
    """The statement that a mask keeps exactly the columns that are not zero in a matrix.

    With ``complement`` it keeps exactly those that are zero there.
    """

    mask: Expr
    matrix: Expr
    complement: bool = False

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of."""
        return (self.mask, self.matrix)

    def __repr__(self) -> str:
        kind = "zero" if self.complement else "non-zero"
        return f"{self.mask} keeps exactly the {kind} columns of {self.matrix}"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        relation = "=" if self.complement else r"\neq"
        return (
            rf"{latex(self.mask)} = \operatorname{{diag}}\left("
            rf"\mathbb{{1}}\{{{latex(self.matrix)} e_j {relation} 0\}}\right)"
        )


@dataclass(frozen=True)
class NoZeroColumn:
    """The statement that no column of an expression is zero."""

    argument: Expr

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of."""
        return (self.argument,)

    def __repr__(self) -> str:
        return f"{self.argument} has no zero column"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        return rf"{latex(self.argument)} e_j \neq 0 \text{{ for every }} j"


@dataclass(frozen=True)
class Positive:
    """The statement that a parameter is positive."""

    parameter: str

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of: none."""
        return ()

    def __repr__(self) -> str:
        return f"{self.parameter} > 0"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        return f"{parameter(self.parameter).text(latex=True)} > 0"


@dataclass(frozen=True)
class Different:
    """The statement that two parameters have different values."""

    first: str
    second: str

    def __post_init__(self) -> None:
        # The inverse of the difference has a name made of both.
        if not (self.first.isidentifier() and self.second.isidentifier()):
            raise InputError(f"{self} is about parameters: their names are letters, digits and _")

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of: none."""
        return ()

    def __repr__(self) -> str:
        return f"{self.first} ≠ {self.second}"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        first, second = (parameter(name).text(latex=True) for name in (self.first, self.second))
        return rf"{first} \neq {second}"


@dataclass(frozen=True)
class SizeIs:
    """The statement that a dimension has a given size."""

    dimension: str
    size: int

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions it speaks of: none."""
        return ()

    def __repr__(self) -> str:
        return f"{self.dimension} = {self.size}"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        return f"{self.dimension} = {self.size}"


@dataclass(frozen=True)
class Partition:
    """The statement that two selectors split the rows of a matrix between them.

    ``E Eᵀ = I`` for each, ``E_r E_fᵀ = 0`` and ``E_rᵀ E_r + E_fᵀ E_f = I``.
    """

    first: Expr
    second: Expr

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The selectors."""
        return (self.first, self.second)

    def __repr__(self) -> str:
        return f"{self.first} and {self.second} split the rows"

    def latex(self) -> str:
        """Return the statement as LaTeX."""
        pair = (latex(self.first), latex(self.second))
        return rf"{pair[0]}^{{\top}} {pair[0]} + {pair[1]}^{{\top}} {pair[1]} = I"


Statement = (
    Equation
    | Semidefinite
    | RankEquation
    | Mask
    | KeepsActiveColumns
    | NoZeroColumn
    | Positive
    | Different
    | SizeIs
    | Partition
)
