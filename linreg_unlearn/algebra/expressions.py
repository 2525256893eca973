r"""Typed matrix expressions: the trees in which every formula of the project is written.

Shapes are pairs of symbols, so a formula is written once for all dimensions, and an ill-typed
product is an error where it is written::

    X = Letter("X", "n", "d")
    X @ X.T @ X        # fine: n×d
    X @ X              # ShapeError: X is n×d, so X·X does not exist

``@`` is the matrix product, ``*`` scales by an exact scalar, ``.T`` transposes, ``==`` states an
equation. Sums and products are flattened and nothing else is rewritten: ``A.T.T`` stays what was
written, and ``pinv(A.T)`` is not ``pinv(A).T`` — that they are equal is a theorem, so it belongs
to a proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import Any

from linreg_unlearn.algebra.scalars import Polynomial, fair
from linreg_unlearn.errors import InputError

__all__ = [
    "Equation",
    "Expr",
    "Identity",
    "Inverse",
    "Letter",
    "Named",
    "Product",
    "PseudoInverse",
    "Scale",
    "ShapeError",
    "Sum",
    "Trace",
    "Transpose",
    "Zero",
    "constant",
    "gram",
    "inv",
    "named",
    "pinv",
    "trace",
    "walk",
]

Shape = tuple[str, str]
Scalar = Polynomial | Fraction | int

ONE = "1"
"""The dimension of scalars: the only one whose size is fixed."""


class ShapeError(InputError):
    """Two expressions do not fit together."""


def _dims(shape: Shape) -> str:
    return f"{shape[0]}×{shape[1]}"


class Expr:
    """A matrix-valued expression with a symbolic shape ``(rows, columns)``.

    ``a == b`` builds an :class:`Equation`, whose truth value says whether the two trees are the
    same; so expressions still work as dictionary keys.
    """

    shape: Shape

    # Subclasses are frozen dataclasses, equal by structure, through Equation.__bool__. Shapes and
    # hashes are cached: sub-expressions are shared, and a deep formula has exponentially many paths
    # to its letters.
    @cached_property
    def _hash(self) -> int:
        values = tuple(getattr(self, f.name) for f in fields(self) if f.compare)  # type: ignore[arg-type]
        return hash((type(self).__name__, *values))

    def __hash__(self) -> int:
        return self._hash

    def same(self, other: Expr) -> bool:
        """Whether the other expression is the same tree."""
        if self is other:
            return True
        if type(self) is not type(other) or self._hash != other._hash:
            return False
        return all(
            bool(getattr(self, f.name) == getattr(other, f.name))
            for f in fields(self)  # type: ignore[arg-type]
            if f.compare
        )

    @property
    def children(self) -> tuple[Expr, ...]:
        """The expressions directly below this one."""
        return ()

    @property
    def T(self) -> Transpose:
        """The transpose."""
        return Transpose(self)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, int) and not isinstance(other, bool) and other == 0:
            return Equation(self, Zero(self.shape))
        if not isinstance(other, Expr):
            return NotImplemented
        return Equation(self, other)

    def __ne__(self, other: object) -> bool:
        return not (isinstance(other, Expr) and self.same(other))

    def __add__(self, other: Expr) -> Sum:
        if not isinstance(other, Expr):
            return NotImplemented
        return Sum((*_summands(self), *_summands(other)))

    def __sub__(self, other: Expr) -> Sum:
        if not isinstance(other, Expr):
            return NotImplemented
        return Sum((*_summands(self), *(-term for term in _summands(other))))

    def __neg__(self) -> Expr:
        if isinstance(self, Scale):
            negated = -self.coefficient
            return self.argument if negated.constant() == 1 else Scale(negated, self.argument)
        return Scale(Polynomial.of(-1), self)

    def __matmul__(self, other: Expr) -> Product:
        if not isinstance(other, Expr):
            return NotImplemented
        return Product((*_factors(self), *_factors(other)))

    def __mul__(self, other: Scalar) -> Scale:
        if not isinstance(other, Polynomial | Fraction | int):
            raise InputError("use @ for the product of two matrices; * scales by an exact scalar")
        return Scale(Polynomial.of(other), self)

    __rmul__ = __mul__

    def __truediv__(self, other: int | Fraction) -> Scale:
        return Scale(Polynomial.of(1 / Fraction(other)), self)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        from linreg_unlearn.algebra.text import plain

        return plain(self)

    def _repr_latex_(self) -> str:
        from linreg_unlearn.algebra.text import latex

        return f"${latex(self)}$"


def _summands(expr: Expr) -> tuple[Expr, ...]:
    return expr.terms if isinstance(expr, Sum) else (expr,)


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return expr.factors if isinstance(expr, Product) else (expr,)


@dataclass(frozen=True, eq=False, repr=False)
class Letter(Expr):
    """A matrix symbol.

    Parameters
    ----------
    name : str
        Its name in plain text; two letters are the same when name and shape are.
    rows, columns : str
        The symbols of its dimensions; ``"1"`` is the one with a fixed size.
    tex : str, optional
        Its LaTeX form, ``name`` where not given.

    Examples
    --------
    >>> X = Letter("X", "n", "d")
    >>> (X @ X.T).shape
    ('n', 'n')
    >>> X @ X
    Traceback (most recent call last):
    ...
    linreg_unlearn.algebra.expressions.ShapeError: X X does not exist: X is n×d and X is n×d, ...
    """

    name: str
    rows: str
    columns: str
    tex: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        fair(self.name, self.rows, self.columns)

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return (self.rows, self.columns)


@dataclass(frozen=True, eq=False, repr=False)
class Identity(Expr):
    """The identity of one size; ``Identity("n")`` and ``Identity("d")`` differ."""

    size: str

    def __post_init__(self) -> None:
        fair(self.size)

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return (self.size, self.size)


@dataclass(frozen=True, eq=False, repr=False)
class Zero(Expr):
    """The zero matrix of one shape."""

    shape: Shape

    def __post_init__(self) -> None:
        fair(*self.shape)


@dataclass(frozen=True, eq=False, repr=False)
class Sum(Expr):
    """A sum of expressions of one shape."""

    terms: tuple[Expr, ...]

    def __post_init__(self) -> None:
        first = self.terms[0]
        for term in self.terms[1:]:
            if term.shape != first.shape:
                raise ShapeError(
                    f"cannot add {first} and {term}: {_dims(first.shape)} and {_dims(term.shape)} "
                    "differ, so check the transposes and the letters"
                )

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return self.terms[0].shape

    @property
    def children(self) -> tuple[Expr, ...]:
        """The summands."""
        return self.terms


@dataclass(frozen=True, eq=False, repr=False)
class Product(Expr):
    """A product of expressions whose inner dimensions agree."""

    factors: tuple[Expr, ...]

    def __post_init__(self) -> None:
        for left, right in zip(self.factors, self.factors[1:], strict=False):
            if left.shape[1] != right.shape[0]:
                raise ShapeError(
                    f"{left} {right} does not exist: {left} is {_dims(left.shape)} and {right} is "
                    f"{_dims(right.shape)}, so {left.shape[1]} meets {right.shape[0]}"
                )

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return (self.factors[0].shape[0], self.factors[-1].shape[1])

    @property
    def children(self) -> tuple[Expr, ...]:
        """The factors."""
        return self.factors


@dataclass(frozen=True, eq=False, repr=False)
class Scale(Expr):
    """An expression times an exact scalar: a rational number or a polynomial in parameters."""

    coefficient: Polynomial
    argument: Expr

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return self.argument.shape

    @property
    def children(self) -> tuple[Expr, ...]:
        """The scaled expression."""
        return (self.argument,)


@dataclass(frozen=True, eq=False, repr=False)
class Transpose(Expr):
    """The transpose of an expression."""

    argument: Expr

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        rows, columns = self.argument.shape
        return (columns, rows)

    @property
    def children(self) -> tuple[Expr, ...]:
        """The transposed expression."""
        return (self.argument,)


@dataclass(frozen=True, eq=False, repr=False)
class PseudoInverse(Expr):
    """The Moore-Penrose inverse of an expression."""

    argument: Expr

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        rows, columns = self.argument.shape
        return (columns, rows)

    @property
    def children(self) -> tuple[Expr, ...]:
        """The inverted expression."""
        return (self.argument,)


@dataclass(frozen=True, eq=False, repr=False)
class Inverse(Expr):
    """The inverse of a square expression; it is undefined where that is singular."""

    argument: Expr

    def __post_init__(self) -> None:
        rows, columns = self.argument.shape
        if rows != columns:
            raise ShapeError(
                f"inv({self.argument}) does not exist: {self.argument} is "
                f"{_dims((rows, columns))}, so use pinv or invert a square expression"
            )

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return self.argument.shape

    @property
    def children(self) -> tuple[Expr, ...]:
        """The inverted expression."""
        return (self.argument,)


@dataclass(frozen=True, eq=False, repr=False)
class Named(Expr):
    """A sub-expression with a name of its own, such as ``P_r`` for ``X_r⁺ X_r``.

    The name is how texts show it; every other reading sees the body.
    """

    name: str
    body: Expr
    tex: str = field(default="", compare=False)

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """Rows and columns."""
        return self.body.shape

    @property
    def children(self) -> tuple[Expr, ...]:
        """The body."""
        return (self.body,)


@dataclass(frozen=True, eq=False, repr=False)
class Trace(Expr):
    """The trace of a square expression, a 1×1 expression."""

    argument: Expr

    def __post_init__(self) -> None:
        rows, columns = self.argument.shape
        if rows != columns:
            raise ShapeError(
                f"trace({self.argument}) does not exist: {self.argument} is "
                f"{_dims((rows, columns))}, so take the trace of a square expression"
            )

    @cached_property
    def shape(self) -> Shape:  # type: ignore[override]
        """1×1."""
        return (ONE, ONE)

    @property
    def children(self) -> tuple[Expr, ...]:
        """The traced expression."""
        return (self.argument,)


@dataclass(frozen=True, eq=False, repr=False)
class Equation:
    """The statement that two expressions of one shape are equal.

    Its truth value is about the trees, not the theorem: True where both sides are the same tree.

    Examples
    --------
    >>> A = Letter("A", "m", "n")
    >>> A @ pinv(A) @ A == A
    A A⁺ A = A
    """

    lhs: Expr
    rhs: Expr

    def __post_init__(self) -> None:
        if self.lhs.shape != self.rhs.shape:
            raise ShapeError(
                f"{self.lhs} = {self.rhs} cannot hold: {_dims(self.lhs.shape)} and "
                f"{_dims(self.rhs.shape)} differ, so check the transposes and the letters"
            )

    def __bool__(self) -> bool:
        return self.lhs.same(self.rhs)

    def __hash__(self) -> int:
        return hash((self.lhs, self.rhs))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equation) and self.lhs.same(other.lhs) and self.rhs.same(other.rhs)

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """Both sides."""
        return (self.lhs, self.rhs)

    def __repr__(self) -> str:
        return f"{self.lhs} = {self.rhs}"

    def latex(self) -> str:
        """Return the equation as LaTeX."""
        from linreg_unlearn.algebra.text import latex

        return f"{latex(self.lhs)} = {latex(self.rhs)}"

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def pinv(argument: Expr) -> PseudoInverse:
    """Return the Moore-Penrose inverse of an expression.

    Examples
    --------
    >>> pinv(Letter("X", "n", "d")).shape
    ('d', 'n')
    """
    return PseudoInverse(argument)


def inv(argument: Expr) -> Inverse:
    """Return the inverse of a square expression.

    Examples
    --------
    >>> inv(Letter("K", "n", "n"))
    K⁻¹
    """
    return Inverse(argument)


def trace(argument: Expr) -> Trace:
    """Return the trace of a square expression.

    Examples
    --------
    >>> trace(Letter("K", "n", "n")).shape
    ('1', '1')
    """
    return Trace(argument)


def constant(value: Scalar) -> Scale:
    """Return an exact scalar as a 1×1 expression.

    Examples
    --------
    >>> constant(Fraction(1, 2))
    1/2 I
    """
    return Scale(Polynomial.of(value), Identity(ONE))


def named(name: str, body: Expr, tex: str = "") -> Named:
    """Give a sub-expression a name for the texts.

    Examples
    --------
    >>> X = Letter("X", "n", "d")
    >>> P = named("P", pinv(X) @ X)
    >>> X @ P == X
    X P = X
    """
    return Named(name, body, tex)


def gram(argument: Expr) -> Product:
    """Return ``Zᵀ Z``: its trace is the squared norm of ``Z``, its entries those of each output.

    Examples
    --------
    >>> gram(Letter("e", "n", "c"))
    eᵀ e
    """
    return argument.T @ argument


def walk(*roots: Expr) -> Iterator[Expr]:
    """Yield every distinct node below the roots, each once, parents first.

    Examples
    --------
    >>> X = Letter("X", "n", "d")
    >>> [str(node) for node in walk(X.T @ X)]
    ['Xᵀ X', 'Xᵀ', 'X']
    """
    seen: set[Expr] = set()
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        stack.extend(reversed(node.children))
