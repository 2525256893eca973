"""The syntax of a user's own statement: text to a tree that remembers its columns.

Nothing here knows of shapes, and no text is ever evaluated: a grammar reads it, its length and its
depth are bounded, and what cannot be read is one sentence with a mark under the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Literal

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from linreg_unlearn.errors import InputError

__all__ = [
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_TERMS",
    "Node",
    "Source",
    "read_equation",
]

MAX_LENGTH = 2000
"""The most characters of a statement."""

MAX_DEPTH = 40
"""The most levels of brackets and functions; every later pass may then recurse."""

MAX_TERMS = 1000
"""The most products into which an expression multiplies out: it doubles with every (A+B)."""

_GRAMMAR = r"""
start: sum EQUALS sum
sum: product ((PLUS | MINUS) product)*
product: factor ((TIMES | SLASH) factor)*
?factor: (PLUS | MINUS) factor -> signed
       | postfix
?postfix: postfix TRANSPOSE -> transpose
        | atom
?atom: NUMBER -> number
     | NAME -> name
     | IDENTITY -> identity
     | (PINV | INV) OPEN sum CLOSE -> function
     | OPEN sum CLOSE -> brackets

EQUALS: "=="
PLUS: "+"
MINUS: "-"
TIMES: "*" | "@"
SLASH: "/"
OPEN: "("
CLOSE: ")"
PINV: "pinv"
INV: "inv"
IDENTITY: "I"
NUMBER: /[0-9]+/
NAME: /[A-Za-z][A-Za-z0-9_]*/
TRANSPOSE: /\.[ \t\r\n]*T(?![A-Za-z0-9_])/
%ignore /[ \t\r\n]+/
"""

_NO_POWERS = "there are no powers, so write A*A for a square, inv(A) or pinv(A) for an inverse"
_TRANSPOSE = "write .T for the transpose"
_ADVICE = {
    "^": _NO_POWERS,
    "²": _NO_POWERS,
    "⁺": "write pinv(A)",
    "⁻": "write inv(A)",
    "'": _TRANSPOSE,
    "′": _TRANSPOSE,
    "ᵀ": _TRANSPOSE,
    "⊤": _TRANSPOSE,
    ".": "write .T for the transpose and 1/2 for 0.5",
    "=": "write == between the two sides",
    "−": "write - with the minus sign of the keyboard",
    "·": "write * for a product",
    "×": "write * for a product",
    "[": "use round brackets, and letters for matrices",
    "{": "use round brackets",
    "<": "only equations can be stated, with ==",
    ">": "only equations can be stated, with ==",
    "≤": "only equations can be stated, with ==",
    "⪰": "only equations can be stated, with ==",
    "_": "names begin with a letter from A to Z or a to z",
}
_LANGUAGE = "use names, numbers, + - * / @ .T pinv( ) inv( ) I 0 == and brackets"

# Beyond this, the line under a message shows only what is near the mark.
_SHOWN = 72


@dataclass(frozen=True)
class Source:
    """A text and what to call it in messages.

    Parameters
    ----------
    text : str
    title : str
        Such as ``the statement`` or ``assumption 2``.
    """

    text: str
    title: str

    def error(self, what: str, start: int, why: str) -> InputError:
        """Return an error: one sentence, then the line with a mark under the column.

        Parameters
        ----------
        what : str
            What is wrong.
        start : int
            Where, counted from 0.
        why : str
            Details, and what to do.

        Examples
        --------
        >>> print(Source("A ? B", "the statement").error("'?' is unknown", 2, "write * or +"))
        '?' is unknown at column 3 of the statement: write * or +
          A ? B
            ^
        """
        sentence = f"{what} at column {start + 1} of {self.title}: {why}"
        # What stands before the mark was read, so it is plain ASCII and one character is one cell.
        first = max(0, start - _SHOWN // 2) if len(self.text) > _SHOWN else 0
        line = self.text[first : first + _SHOWN]
        line = "".join(ch if ch.isprintable() else " " if ch.isspace() else "�" for ch in line)
        if first:
            line = "…" + line[1:]
        if first + _SHOWN < len(self.text):
            line = line[:-1] + "…"
        return InputError(f"{sentence}\n  {line}\n  {' ' * (start - first)}^")

    def show(self, node: Node) -> str:
        """Return the text of a node, shortened where it is long."""
        text = " ".join(self.text[node.start : node.end].split())
        return text if len(text) <= 24 else text[:23] + "…"


@dataclass(frozen=True, eq=False)
class Node:
    """A piece of a statement and where it stands.

    Parameters
    ----------
    kind : str
    start, end : int
        The first column and the one after the last, from 0.
    children : tuple of Node
    scalar : Fraction
        The value of a number, the coefficient of a product.
    name : str
    depth : int
        How many levels there are, brackets counted in.
    terms : int
        Into how many products it multiplies out.
    """

    kind: Literal["number", "name", "identity", "sum", "product", "transpose", "pinv", "inv"]
    start: int
    end: int
    children: tuple[Node, ...] = ()
    scalar: Fraction = Fraction(1)
    name: str = ""
    depth: int = 1
    terms: int = 1

    @property
    def is_number(self) -> bool:
        """Whether it is a scalar: no letter and no identity occurs."""
        return self.kind == "number"


class _FaultError(Exception):
    """What is wrong and where; the builder does not know the text."""

    def __init__(self, what: str, start: int, why: str) -> None:
        super().__init__(what, start, why)
        self.what, self.start, self.why = what, start, why


def _checked(node: Node) -> Node:
    if node.depth > MAX_DEPTH:
        raise _FaultError(
            "the statement is nested too deeply",
            node.start,
            f"at most {MAX_DEPTH} levels of brackets, functions, signs and .T are read, so leave "
            "some out or split it",
        )
    if node.terms > MAX_TERMS:
        raise _FaultError(
            "there is too much to multiply out",
            node.start,
            f"this is a sum of more than {MAX_TERMS} products, so use a letter for a factor and "
            "assume what it is",
        )
    return node


def _signed(sign: str, inner: Node, start: int) -> Node:
    by = -1 if sign == "-" else 1
    if by == 1 or inner.kind in ("number", "product"):
        # The sign goes into the scalar: a node more would only make the algebra longer.
        return replace(inner, start=start, scalar=by * inner.scalar, depth=inner.depth + 1)
    return Node(
        "product",
        start,
        inner.end,
        (inner,),
        scalar=Fraction(by),
        depth=inner.depth + 1,
        terms=inner.terms,
    )


def _start(token: Token) -> int:
    return token.start_pos or 0


def _end(token: Token) -> int:
    return token.end_pos or 0


@v_args(inline=True)
class _Builder(Transformer[Token, "tuple[Node, Node]"]):
    """Builds nodes while the text is read, so that a deep tree is refused before it is walked."""

    def start(self, left: Node, _: Token, right: Node) -> tuple[Node, Node]:
        return left, right

    def number(self, token: Token) -> Node:
        return Node("number", _start(token), _end(token), scalar=Fraction(int(token)))

    def name(self, token: Token) -> Node:
        if token == "T":
            raise _FaultError(
                "T is not a name", _start(token), "write A.T for a transpose, or another letter"
            )
        return Node("name", _start(token), _end(token), name=str(token))

    def identity(self, token: Token) -> Node:
        return Node("identity", _start(token), _end(token))

    def brackets(self, first: Token, inner: Node, last: Token) -> Node:
        return _checked(replace(inner, start=_start(first), end=_end(last), depth=inner.depth + 1))

    def function(self, name: Token, _: Token, inner: Node, last: Token) -> Node:
        kind: Literal["pinv", "inv"] = "pinv" if name == "pinv" else "inv"
        return _checked(Node(kind, _start(name), _end(last), (inner,), depth=inner.depth + 1))

    def transpose(self, inner: Node, mark: Token) -> Node:
        return _checked(
            Node(
                "transpose",
                inner.start,
                _end(mark),
                (inner,),
                depth=inner.depth + 1,
                terms=inner.terms,
            )
        )

    def signed(self, sign: Token, inner: Node) -> Node:
        return _checked(_signed(str(sign), inner, _start(sign)))

    def product(self, first: Node, *rest: Token | Node) -> Node:
        if not rest:
            return first
        nodes = [first, *(node for node in rest if isinstance(node, Node))]
        scalar, terms = Fraction(1), 1
        factors: list[Node] = []
        for operator, node in zip(["*", *rest[::2]], nodes, strict=True):
            if operator == "/":
                scalar /= _divisor(node)
            elif node.is_number:
                scalar *= node.scalar
            else:
                terms *= node.terms
                if node.kind == "product":
                    scalar *= node.scalar
                    factors += node.children
                else:
                    factors.append(node)
        return _checked(
            Node(
                "product" if factors else "number",
                nodes[0].start,
                nodes[-1].end,
                tuple(factors),
                scalar=scalar,
                depth=max(node.depth for node in nodes) + 1,
                terms=terms,
            )
        )

    def sum(self, first: Node, *rest: Token | Node) -> Node:
        if not rest:
            return first
        nodes = [first, *(node for node in rest if isinstance(node, Node))]
        terms = [
            _signed(str(operator), node, node.start) if operator == "-" else node
            for operator, node in zip(["+", *rest[::2]], nodes, strict=True)
        ]
        start, end, depth = nodes[0].start, nodes[-1].end, max(node.depth for node in terms) + 1
        if all(node.is_number for node in terms):
            total = sum((node.scalar for node in terms), Fraction(0))
            return _checked(Node("number", start, end, scalar=total, depth=depth))
        count = sum(node.terms for node in terms)
        return _checked(Node("sum", start, end, tuple(terms), depth=depth, terms=count))


def _divisor(node: Node) -> Fraction:
    if not node.is_number:
        raise _FaultError(
            "the divisor is not a number",
            node.start,
            "multiply by inv( ) or pinv( ) instead",
        )
    if node.scalar == 0:
        raise _FaultError("there is a division by zero", node.start, "divide by another number")
    return node.scalar


def _unexpected(source: Source, error: UnexpectedToken) -> InputError:
    """Say what is wrong with a token that cannot follow what was read."""
    token, wanted = error.token, error.accepts or set()
    ended, after_operand = token.type == "$END", "OPEN" not in wanted
    start = len(source.text.rstrip()) if ended else _start(token)
    before = source.text[:start].rstrip()
    name = re.search(r"(?<![A-Za-z0-9_.])[A-Za-z][A-Za-z0-9_]*$", before)
    if wanted == {"OPEN"} and name:
        what, why = f"{name[0]} is a function", f"write {name[0]}( ) with what it is of"
        start = name.start()
    elif token.type == "OPEN" and after_operand and name:
        what = f"{name[0]} is not a function"
        why = "the functions are pinv( ) and inv( ), and a product is written with *"
        start = name.start()
    elif token.type == "EQUALS" and "CLOSE" in wanted:
        what, why = "a bracket is still open", "close it before =="
    elif token.type == "EQUALS" and "$END" in wanted:
        what, why = "there is a second ==", "state one equation, and assume others"
    elif ended and "EQUALS" in wanted:
        what, why = "there is no ==", "state an equation, such as pinv(A.T) == pinv(A).T"
    elif ended and "CLOSE" in wanted:
        what, why = "a bracket is still open", "close it with )"
    elif token.type == "CLOSE" and after_operand:
        what, why = "a bracket is closed that was never opened", "leave it out"
    elif after_operand:
        what, why = "an operator is missing", "write * for a product"
    elif ended:
        what, why = "the end is missing", "a name, a number, I, 0, pinv( ), inv( ) or ( goes here"
    else:
        what = f"{token} is out of place"
        why = "a name, a number, I, 0, pinv( ), inv( ) or ( goes here"
    return source.error(what, start, why)


@cache
def _grammar() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder())


def read_equation(source: Source) -> tuple[Node, Node]:
    """Read one equation.

    Parameters
    ----------
    source : Source

    Returns
    -------
    tuple of Node
        Both sides.

    Raises
    ------
    InputError
        If it is no equation of the language, with a mark under the column.

    Examples
    --------
    >>> left, right = read_equation(Source("2*A.T == B", "the statement"))
    >>> left.kind, left.scalar, right.name
    ('product', Fraction(2, 1), 'B')
    """
    text = source.text
    if len(text) > MAX_LENGTH:
        raise InputError(
            f"{source.title} has {len(text)} characters, and at most {MAX_LENGTH} are read: "
            "shorten it or split it"
        )
    if not text.strip():
        raise InputError(
            f"{source.title} is empty: state an equation, such as pinv(A.T) == pinv(A).T"
        )
    try:
        # The builder, not lark's own tree, is what comes back.
        sides: tuple[Node, Node] = _grammar().parse(text)  # type: ignore[assignment]
    except _FaultError as fault:
        raise source.error(fault.what, fault.start, fault.why) from None
    except UnexpectedCharacters as error:
        start = error.pos_in_stream or 0
        character = text[start]
        why = _ADVICE.get(character, _LANGUAGE)
        raise source.error(f"{character!r} cannot be read", start, why) from None
    except UnexpectedToken as error:
        raise _unexpected(source, error) from None
    return sides
