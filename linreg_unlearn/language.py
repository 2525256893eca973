"""A user's own statement: text to a part whose shapes are inferred.

``pinv(A.T*A) == pinv(A)*pinv(A).T`` names matrices and no sizes. Every sum, product and equation
says which of them agree; what is left free gets a dimension symbol, and so does what a shape was
declared with. Sizes that are declared cannot agree with others, and that is where an inconsistency
shows. ``inv(E)`` is only defined where ``E`` is invertible, so it becomes an assumption.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Identity,
    Inverse,
    Letter,
    Product,
    PseudoInverse,
    Scale,
    Shape,
    Sum,
    Transpose,
    Zero,
)
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import SizeIs, Statement, full_row_rank
from linreg_unlearn.claims.claim import Assumption, Part
from linreg_unlearn.claims.vocabulary import E_f, E_r
from linreg_unlearn.errors import InputError
from linreg_unlearn.syntax import Node, Source, read_equation

__all__ = ["MAX_SIZE", "ParsedProblem", "parse_problem"]

MAX_SIZE = 100
"""The largest declared size: of larger matrices an exact pseudo-inverse takes minutes."""

_NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")
_SIDE = re.compile("[A-Za-z][A-Za-z0-9_]*|[0-9]+")
_LONGEST_SHAPE = 200
_RESERVED = frozenset({"I", "T", "pinv", "inv"})
_SYMBOLS = "mnpqrstuvklhgabcdefijowxyz"


@dataclass(frozen=True)
class ParsedProblem:
    """What a statement and its assumptions say.

    Parameters
    ----------
    part : Part
        The statement, with what was assumed: equations as given, then one assumption for each
        ``inv(E)``, then the sizes that were declared.
    shapes : mapping of str to tuple of str
        Rows and columns of each matrix, in the order in which they occur.
    invertible : tuple of Expr
        The ``E`` of each ``inv(E)``.
    """

    part: Part
    shapes: Mapping[str, Shape]
    invertible: tuple[Expr, ...]

    @property
    def assumed(self) -> tuple[Assumption | Statement, ...]:
        """What is assumed of matrices: everything but declared sizes."""
        return tuple(item for item in self.part.assuming if not isinstance(item, SizeIs))

    @property
    def extent(self) -> str:
        """For which sizes it is asked, in words.

        Examples
        --------
        >>> parse_problem("X*w == y", shapes=["X=2xd"]).extent
        'all d and m'
        """
        symbols = dict.fromkeys(itertools.chain(*self.shapes.values()))
        free = [symbol for symbol in symbols if not symbol.isdigit()]
        if len(free) == len(symbols):
            return "all sizes"
        if not free:
            return "the declared sizes"
        *others, last = free
        return f"all {', '.join(others)} and {last}" if others else f"all {last}"


def parse_problem(
    statement: str,
    assume: Sequence[str] = (),
    shapes: Mapping[str, str] | Sequence[str] = (),
) -> ParsedProblem:
    """Read a statement, what it assumes and the shapes declared.

    Parameters
    ----------
    statement : str
        One equation. Names are matrices, ``*`` or ``@`` is the product, and there are ``+``, ``-``,
        rational scalars such as ``3/4``, ``.T``, ``pinv( )``, ``inv( )``, ``I``, ``0`` and ``==``.
    assume : sequence of str
        Equations it may rest on.
    shapes : mapping of str to str, or sequence of str
        ``{"X": "nxd"}`` or ``["X=nxd"]``; rows and columns are positive integers or names of
        dimensions. The other shapes are inferred.

    Returns
    -------
    ParsedProblem

    Raises
    ------
    InputError
        If a text is not in the language, shapes do not fit together, a declaration cannot be used
        or an inverse cannot exist. Where there is a column to point at, the message does.

    Examples
    --------
    >>> problem = parse_problem("inv(X.T*X)*X.T == pinv(X)", shapes=["X=nxd"])
    >>> print(problem.part)
    Xᵀ X invertible ⟹ (Xᵀ X)⁻¹ Xᵀ = X⁺
    >>> parse_problem("A*B == B*A").shapes
    {'A': ('m', 'm'), 'B': ('m', 'm')}
    >>> parse_problem("inv(X.T*X)*X.T*X == I", shapes={"X": "2x5"})
    Traceback (most recent call last):
    ...
    linreg_unlearn.errors.InputError: Xᵀ X has rank at most 2 and size 5 at column 5 of ...
    """
    sources = [Source(statement, "the statement")]
    assumed = [assume] if isinstance(assume, str) else assume
    sources += [Source(text, f"assumption {at}") for at, text in enumerate(assumed, start=1)]
    read = [(source, *read_equation(source)) for source in sources]
    inference = _Inference(_declared(shapes))
    for source, left, right in read:
        inference.equate(source, left, right)
    inference.finish(read)
    equations = [
        Equation(inference.build(source, left), inference.build(source, right))
        for source, left, right in read
    ]
    sizes = {size for shape in inference.shapes.values() for size in shape if size.isdigit()}
    invertible = tuple(inference.invertible)
    part = Part(
        equations[0],
        assuming=(
            *equations[1:],
            *(Assumption(f"{expr} invertible", (full_row_rank(expr),)) for expr in invertible),
            # A 1 has size 1 without being told.
            *(SizeIs(size, int(size)) for size in sorted(sizes - {"1"}, key=int)),
        ),
    )
    return ParsedProblem(part, inference.shapes, invertible)


def _declared(shapes: Mapping[str, str] | Sequence[str]) -> dict[str, Shape]:
    """Read the declarations."""
    pairs: Iterable[tuple[str, str]]
    if isinstance(shapes, Mapping):
        pairs = shapes.items()
    else:
        pairs = [_split(text) for text in ([shapes] if isinstance(shapes, str) else shapes)]
    declared: dict[str, Shape] = {}
    for name, text in pairs:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise InputError(
                f"shape {_shown(name, text)} declares {name[:40]!r}, which is no name of a matrix: "
                "use a letter, or a letter followed by letters, digits and _"
            )
        shape = _shape(name, text)
        if declared.setdefault(name, shape) != shape:
            raise InputError(
                f"{name} is declared {'×'.join(declared[name])} and {'×'.join(shape)}: declare one "
                "shape for it"
            )
    return declared


def _split(text: str) -> tuple[str, str]:
    name, equals, shape = text.partition("=")
    if not equals:
        raise InputError(f"shape {text[:40]!r} cannot be read: write NAME=ROWSxCOLS, as in X=2x5")
    return name.strip(), shape.strip()


def _shown(name: str, text: str) -> str:
    return repr(f"{name}={text}"[:40])


def _shape(name: str, text: str) -> Shape:
    # A dimension may be called x, so every x is tried as the one between rows and columns.
    crosses = list(re.finditer("[x×]", text)) if len(text) <= _LONGEST_SHAPE else []
    choices = [(text[: at.start()].strip(), text[at.end() :].strip()) for at in crosses]
    fitting = [pair for pair in choices if all(_SIDE.fullmatch(side) for side in pair)]
    if len(fitting) != 1:
        why = "positive integers or names of dimensions, as in X=2x5 or X=nxd"
        if fitting:
            why = "names of dimensions that have no x, as there are two ways to read it"
        raise InputError(
            f"shape {_shown(name, text)} cannot be read: write NAME=ROWSxCOLS with {why}"
        )
    ((rows, columns),) = fitting
    return _dimension(name, text, rows), _dimension(name, text, columns)


def _dimension(name: str, text: str, side: str) -> str:
    if not side.isdigit():
        return side
    size = int(side)
    if not 1 <= size <= MAX_SIZE:
        raise InputError(
            f"shape {_shown(name, text)} has a size that is not between 1 and {MAX_SIZE}: write a "
            "name of a dimension, which stands for every size"
        )
    return str(size)


class _Inference:
    """Which dimensions agree, over all statements together.

    Dimensions are numbered; ``parent`` makes a forest of those that agree, and the root of a tree
    has the label that was declared for it, if any.
    """

    def __init__(self, declared: Mapping[str, Shape]) -> None:
        self.declared = declared
        self.parent: list[int] = []
        self.label: dict[int, str] = {}
        self.constants: dict[str, int] = {}
        self.letters: dict[str, tuple[int, int]] = {}
        self.found: dict[Node, tuple[int, int]] = {}
        self.names: dict[int, str] = {}
        self.shapes: dict[str, Shape] = {}
        self.invertible: dict[Expr, None] = {}

    def _new(self, label: str | None = None) -> int:
        if label in self.constants:
            return self.constants[label]
        self.parent.append(len(self.parent))
        if label is not None:
            self.constants[label] = self.parent[-1]
            self.label[self.parent[-1]] = label
        return self.parent[-1]

    def _root(self, at: int) -> int:
        while self.parent[at] != at:
            self.parent[at] = self.parent[self.parent[at]]
            at = self.parent[at]
        return at

    def _agree(self, first: int, second: int) -> tuple[str, str] | None:
        """Make two dimensions one, or return the labels that keep them apart."""
        one, other = self._root(first), self._root(second)
        if one == other:
            return None
        if one in self.label and other in self.label:
            return self.label[one], self.label[other]
        kept, joined = (one, other) if one in self.label else (other, one)
        self.parent[joined] = kept
        return None

    def equate(self, source: Source, left: Node, right: Node) -> None:
        """Infer from an equation."""
        first, second = self._infer(source, left), self._infer(source, right)
        self._same(source, (left, first), (right, second))

    def _same(
        self,
        source: Source,
        left: tuple[Node, tuple[int, int]],
        right: tuple[Node, tuple[int, int]],
    ) -> None:
        for axis, what in enumerate(("row", "column")):
            apart = self._agree(left[1][axis], right[1][axis])
            if apart is not None:
                raise source.error(
                    "the shapes do not fit",
                    right[0].start,
                    f"{source.show(left[0])} has {_count(apart[0], what)} and "
                    f"{source.show(right[0])} has {_count(apart[1], what)}, so check transposes "
                    "and declared shapes",
                )

    def _infer(self, source: Source, node: Node) -> tuple[int, int]:
        shape = self._shape(source, node)
        self.found[node] = shape
        return shape

    def _shape(self, source: Source, node: Node) -> tuple[int, int]:
        below = [(child, self._infer(source, child)) for child in node.children]
        match node.kind:
            case "name":
                return self._letter(node.name)
            case "identity":
                size = self._new()
                return size, size
            case "number":
                if node.scalar != 0:
                    raise source.error(
                        f"{source.show(node)} is a number where a matrix goes",
                        node.start,
                        f"write a multiple of the identity, such as {abs(node.scalar)}*I",
                    )
                return self._new(), self._new()
            case "sum":
                for other in below[1:]:
                    self._same(source, below[0], other)
                return below[0][1]
            case "product":
                for (left, (_, inner)), (right, (outer, _)) in itertools.pairwise(below):
                    apart = self._agree(inner, outer)
                    if apart is not None:
                        raise source.error(
                            "the shapes do not fit",
                            right.start,
                            f"{source.show(left)} has {_count(apart[0], 'column')} and "
                            f"{source.show(right)} has {_count(apart[1], 'row')}, so check "
                            "transposes and declared shapes",
                        )
                return below[0][1][0], below[-1][1][1]
            case "inv":
                ((child, (rows, columns)),) = below
                apart = self._agree(rows, columns)
                if apart is not None:
                    raise source.error(
                        "the shapes do not fit",
                        child.start,
                        f"{source.show(child)} is {apart[0]}×{apart[1]} and inv( ) is of square "
                        "matrices, so use pinv( )",
                    )
                return rows, columns
            case "transpose" | "pinv":
                ((_, (rows, columns)),) = below
                return columns, rows

    def _letter(self, name: str) -> tuple[int, int]:
        if name not in self.letters:
            rows, columns = self.declared.get(name, (None, None))
            self.letters[name] = self._new(rows), self._new(columns)
        return self.letters[name]

    def finish(self, read: Sequence[tuple[Source, Node, Node]]) -> None:
        """Give every dimension its symbol, once all statements are seen."""
        for name, (rows, columns) in self.declared.items():
            if name not in self.letters:
                raise InputError(
                    f"{name} is declared {rows}×{columns} and does not occur: declare one of "
                    f"{', '.join(self.letters) or 'the letters of the statement'}"
                )
        taken = {*self.letters, *self.constants}
        for selector in (E_r, E_f):
            taken |= set(selector.shape) if selector.name in self.letters else set()
        symbols = _symbols(taken)
        for pair in self.letters.values():
            for root in map(self._root, pair):
                if root not in self.names:
                    self.names[root] = self.label.get(root) or next(symbols)
        self.shapes = {
            name: (self.names[self._root(rows)], self.names[self._root(columns)])
            for name, (rows, columns) in self.letters.items()
        }
        for selector in (E_r, E_f):
            # The theory knows of it what no user assumed.
            if self.shapes.get(selector.name) == selector.shape:
                raise InputError(
                    f"{selector.name} of shape {'×'.join(selector.shape)} is the selector of the "
                    "theory, of which more is known: give it or a dimension another name"
                )
        for source, *sides in read:
            for node in _nodes(*sides):
                if any(self._root(at) not in self.names for at in self.found[node]):
                    raise source.error(
                        f"nothing says of which size {source.show(node)} is",
                        node.start,
                        "multiply it by a matrix, or leave it out",
                    )

    def build(self, source: Source, node: Node) -> Expr:
        """Return the expression of a node."""
        below = [self.build(source, child) for child in node.children]
        rows, columns = (self.names[self._root(at)] for at in self.found[node])
        match node.kind:
            case "name":
                return Letter(node.name, rows, columns, _tex(node.name))
            case "identity":
                return Identity(rows)
            case "number":
                return Zero((rows, columns))
            case "sum":
                return Sum(tuple(below))
            case "product":
                product = below[0] if len(below) == 1 else Product(tuple(below))
                return product if node.scalar == 1 else Scale(Polynomial.of(node.scalar), product)
            case "transpose":
                return Transpose(below[0])
            case "pinv":
                return PseudoInverse(below[0])
            case "inv":
                self._require_invertible(source, node.children[0], below[0])
                return Inverse(below[0])

    def _require_invertible(self, source: Source, node: Node, expr: Expr) -> None:
        bound, size = _largest_rank(expr), expr.shape[0]
        if bound == 0 or (size.isdigit() and bound is not None and bound < int(size)):
            has = f"has rank at most {bound} and size {size}" if bound else "is zero"
            raise source.error(
                f"{expr} {has}",
                node.start,
                "it is never invertible, so use pinv( ) or other shapes",
            )
        self.invertible[expr] = None


def _nodes(*roots: Node) -> Iterator[Node]:
    for root in roots:
        yield root
        yield from _nodes(*root.children)


def _count(size: str, what: str) -> str:
    return f"{size} {what}{'s' * (size != '1')}"


def _symbols(taken: set[str]) -> Iterator[str]:
    """Yield names for dimensions that nobody declared."""
    turn = 0
    while True:
        yield from (
            name for name in (f"{symbol}{turn or ''}" for symbol in _SYMBOLS) if name not in taken
        )
        turn += 1


def _tex(name: str) -> str:
    """Return the LaTeX of a name: what follows the first _ or the last digits is a subscript."""
    base, mark, below = name.partition("_")
    if mark and not below:
        base += r"\_"
    elif not mark:
        base, below = re.fullmatch("(.*?)([0-9]*)", base).groups()  # type: ignore[union-attr]
    below = below.replace("_", r"\_")
    if len(base) > 1:
        base = rf"\mathit{{{base}}}"
    return f"{base}_{{{below}}}" if below else base


def _largest_rank(expr: Expr) -> int | None:
    """Return a bound on the rank that sizes alone give, or None where they give none."""
    below = [_largest_rank(child) for child in expr.children]
    known = [bound for bound in below if bound is not None]
    limits = [int(size) for size in expr.shape if size.isdigit()]
    match expr:
        case Zero():
            return 0
        case Scale(coefficient=coefficient) if coefficient.constant() == 0:
            return 0
        case Sum():
            # A summand of any rank leaves the sum without a bound.
            limits += [sum(known)] if len(known) == len(below) else []
        case _:
            limits += known
    return min(limits, default=None)
