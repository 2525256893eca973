"""Random typed expressions with matrices for their letters."""

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq_mat
from hypothesis import strategies as st

from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    Expr,
    Identity,
    Letter,
    Zero,
    inv,
    named,
    pinv,
    trace,
)
from linreg_unlearn.algebra.scalars import parameter

DIMENSIONS = ("m", "n", "k")
PARAMETERS = {"alpha": Fraction(2, 3), "lambda": Fraction(5)}


@dataclass(frozen=True)
class Sample:
    """An expression with what it takes to evaluate it."""

    expr: Expr
    sizes: dict[str, int]
    letters: dict[str, fmpq_mat]

    def exact(self) -> ExactReading:
        return ExactReading(self.sizes, self.letters, PARAMETERS)


def letter(rows: str, columns: str, which: int) -> Letter:
    return Letter(f"{'AB'[which]}_{rows}{columns}", rows, columns)


@st.composite
def expressions(draw: st.DrawFn, rows: str, columns: str, depth: int) -> Expr:
    kinds = ["letter"]
    if rows == columns:
        kinds.append("identity")
    if depth:
        kinds += ["sum", "product", "product", "transpose", "scale", "pinv", "named", "zero"]
        if rows == columns:
            kinds += ["inverse", "trace"]
    kind = draw(st.sampled_from(kinds))

    def below(r: str, c: str) -> Expr:
        return draw(expressions(r, c, depth - 1))

    match kind:
        case "letter":
            return letter(rows, columns, draw(st.integers(0, 1)))
        case "identity":
            return Identity(rows)
        case "zero":
            return Zero((rows, columns))
        case "sum":
            left, right = below(rows, columns), below(rows, columns)
            return draw(st.sampled_from([left + right, left - right]))
        case "product":
            middle = draw(st.sampled_from(DIMENSIONS))
            return below(rows, middle) @ below(middle, columns)
        case "transpose":
            return below(columns, rows).T
        case "pinv":
            return pinv(below(columns, rows))
        case "inverse":
            # A Gram matrix plus a positive multiple of the identity can always be inverted.
            inner = below(draw(st.sampled_from(DIMENSIONS)), rows)
            return inv(inner.T @ inner + parameter("lambda") * Identity(rows))
        case "trace":
            inner = below(rows, rows)
            scalar = trace(inner @ inner) @ trace(inner)
            column = Letter(f"u_{rows}", rows, "1")
            return column @ scalar @ column.T
        case "named":
            return named("N", below(rows, columns))
        case _:
            return (parameter("alpha") - draw(st.integers(-2, 2))) * below(rows, columns)


@st.composite
def samples(draw: st.DrawFn, depth: int = 2) -> Sample:
    sizes = {name: draw(st.integers(1, 3)) for name in DIMENSIONS}
    expr = draw(
        expressions(draw(st.sampled_from(DIMENSIONS)), draw(st.sampled_from(DIMENSIONS)), depth)
    )

    def matrix(rows: int, columns: int) -> fmpq_mat:
        entries = draw(
            st.lists(st.integers(-2, 2), min_size=rows * columns, max_size=rows * columns)
        )
        return fmpq_mat(rows, columns, entries)

    letters = {
        letter(r, c, which).name: matrix(sizes[r], sizes[c])
        for r in DIMENSIONS
        for c in DIMENSIONS
        for which in (0, 1)
    }
    letters |= {f"u_{name}": matrix(sizes[name], 1) for name in DIMENSIONS}
    return Sample(expr, sizes, letters)
