r"""The word reading: an expression as a sum of words in typed, noncommuting letters.

Products are multiplied out, transposes pushed to the letters, names unfolded; nothing else happens.
Two expressions with the same words are equal for matrices of every size, so an identity "by
expansion" is proved by this reading alone. The reverse is what proofs are for: no relation is used
here, and ``pinv(A.T)`` and ``pinv(A).T`` are different letters.

This module and the trees it reads need only the standard library, and are part of what a proof
asks its reader to trust. Three conventions keep it honest:

- the empty word has a type: the words of ``I_n`` and ``I_d`` differ, because shapes are kept;
- a (pseudo-)inverse is a letter keyed by the words of its argument, so writing the argument in
  another order or under a name gives the same letter;
- traces are letters keyed by words up to rotation and transposition, and traces commute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from linreg_unlearn.algebra.expressions import (
    ONE,
    Expr,
    Identity,
    Inverse,
    Letter,
    Named,
    Product,
    PseudoInverse,
    Scale,
    Shape,
    Sum,
    Trace,
    Transpose,
    Zero,
)
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.errors import InputError

__all__ = ["Atom", "InverseOf", "TraceOf", "Word", "Words", "words"]


@dataclass(frozen=True)
class InverseOf:
    """The letter for the (pseudo-)inverse of an argument given by its words."""

    argument: Words
    pseudo: bool

    @cached_property
    def text(self) -> str:
        """A name that orders letters; equal letters have equal names."""
        return f"{'pinv' if self.pseudo else 'inv'}[{self.argument.text}]"


@dataclass(frozen=True)
class TraceOf:
    """The letter for the trace of one word; ``size`` types the empty word."""

    word: Word
    size: str

    @cached_property
    def text(self) -> str:
        """A name that orders letters; equal letters have equal names."""
        return f"tr[{self.size}: {_text(self.word)}]"


@dataclass(frozen=True)
class Atom:
    """A letter of a word, transposed or not."""

    symbol: Letter | InverseOf | TraceOf
    transposed: bool = False

    @cached_property
    def text(self) -> str:
        """A name that orders letters; equal letters have equal names."""
        symbol = self.symbol
        if isinstance(symbol, Letter):
            name = f"{symbol.name}<{symbol.rows},{symbol.columns}>"
        else:
            name = symbol.text
        return name + "'" * self.transposed

    @property
    def shape(self) -> Shape:
        """Rows and columns, the transposition counted in."""
        symbol = self.symbol
        if isinstance(symbol, TraceOf):
            return (ONE, ONE)
        if isinstance(symbol, Letter):
            rows, columns = symbol.shape
        else:
            columns, rows = symbol.argument.shape
        return (columns, rows) if self.transposed else (rows, columns)

    def flipped(self) -> Atom:
        """Return the letter transposed once more; a trace is its own transpose."""
        return self if isinstance(self.symbol, TraceOf) else Atom(self.symbol, not self.transposed)


Word = tuple[Atom, ...]


def _text(word: Word) -> str:
    return " ".join(atom.text for atom in word)


def _flipped(word: Word) -> Word:
    return tuple(atom.flipped() for atom in reversed(word))


def _joined(left: Word, right: Word) -> Word:
    """Concatenate two words, with the traces where they meet in one order."""
    word = left + right
    if not (left and right and _is_trace(left[-1]) and _is_trace(right[0])):
        return word
    start, stop = len(left), len(left)
    while start and _is_trace(word[start - 1]):
        start -= 1
    while stop < len(word) and _is_trace(word[stop]):
        stop += 1
    middle = sorted(word[start:stop], key=lambda atom: atom.text)
    return word[:start] + tuple(middle) + word[stop:]


def _is_trace(atom: Atom) -> bool:
    return isinstance(atom.symbol, TraceOf)


@dataclass(frozen=True)
class Words:
    """A sum of words of one shape: the normal form of an expression.

    Parameters
    ----------
    shape : (str, str)
        Rows and columns; they type the empty word.
    terms : tuple of (Word, Polynomial)
        Sorted by word, without zero coefficients, so equal sums are equal objects.
    """

    shape: Shape
    terms: tuple[tuple[Word, Polynomial], ...]

    @staticmethod
    def collect(shape: Shape, terms: Iterator[tuple[Word, Polynomial]]) -> Words:
        """Add up words that may repeat."""
        total: dict[Word, Polynomial] = {}
        for word, coefficient in terms:
            known = total.get(word)
            total[word] = coefficient if known is None else known + coefficient
        kept = [(word, c) for word, c in total.items() if c.terms]
        return Words(shape, tuple(sorted(kept, key=lambda term: (len(term[0]), _text(term[0])))))

    @cached_property
    def text(self) -> str:
        """The sum as text; equal sums have equal texts."""
        body = " + ".join(f"({c}) {_text(word)}" for word, c in self.terms) or "0"
        return f"{self.shape[0]}x{self.shape[1]}: {body}"

    @cached_property
    def _hash(self) -> int:
        return hash((self.shape, self.terms))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: Words) -> Words:
        if self.shape != other.shape:
            raise InputError(f"cannot add words of shapes {self.shape} and {other.shape}")
        return Words.collect(self.shape, (t for part in (self, other) for t in part.terms))

    def __matmul__(self, other: Words) -> Words:
        if self.shape[1] != other.shape[0]:
            raise InputError(f"cannot multiply words of shapes {self.shape} and {other.shape}")
        return Words.collect(
            (self.shape[0], other.shape[1]),
            ((_joined(u, v), a.times(b)) for u, a in self.terms for v, b in other.terms),
        )

    def scaled(self, factor: Polynomial) -> Words:
        """Return every coefficient times ``factor``."""
        return Words.collect(self.shape, ((word, c.times(factor)) for word, c in self.terms))

    @property
    def T(self) -> Words:
        """The transpose."""
        return Words.collect(self.shape[::-1], ((_flipped(w), c) for w, c in self.terms))

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left after collecting."""
        return not self.terms


_UNIT = Polynomial.of(1)


def _letter(symbol: Letter | InverseOf, shape: Shape) -> Words:
    return Words(shape, (((Atom(symbol),), _UNIT),))


def _trace(argument: Words) -> Words:
    size = argument.shape[0]

    def key(word: Word) -> Word:
        # One representative of all rotations of the word and of its transpose.
        turns = [w[i:] + w[:i] for w in (word, _flipped(word)) for i in range(max(len(w), 1))]
        return min(turns, key=_text)

    def letters() -> Iterator[tuple[Word, Polynomial]]:
        for word, coefficient in argument.terms:
            canonical = key(word)
            # The empty word keeps its size; elsewhere the letters tell it.
            symbol = TraceOf(canonical, size if not canonical else canonical[0].shape[0])
            yield (Atom(symbol),), coefficient

    return Words.collect((ONE, ONE), letters())


def words(expr: Expr) -> Words:
    """Return the words of an expression.

    Parameters
    ----------
    expr : Expr

    Returns
    -------
    Words
        Equal for two expressions exactly when multiplying out and unfolding names makes them the
        same.

    Examples
    --------
    >>> X, Y = Letter("X", "n", "d"), Letter("Y", "n", "d")
    >>> words((X - Y).T @ (X + Y)) == words(X.T @ X + X.T @ Y - Y.T @ X - Y.T @ Y)
    True
    >>> words(Identity("n")) == words(Identity("d"))
    False
    """
    memo: dict[Expr, Words] = {}

    def read(node: Expr) -> Words:
        known = memo.get(node)
        if known is None:
            known = memo[node] = expand(node)
        return known

    def expand(node: Expr) -> Words:
        match node:
            case Letter():
                return _letter(node, node.shape)
            case Identity():
                return Words(node.shape, (((), _UNIT),))
            case Zero():
                return Words(node.shape, ())
            case Named(body=body):
                return read(body)
            case Transpose(argument=argument):
                return read(argument).T
            case Scale(coefficient=coefficient, argument=argument):
                return read(argument).scaled(coefficient)
            case Sum(terms=terms):
                return Words.collect(node.shape, (t for s in terms for t in read(s).terms))
            case Product(factors=factors):
                total = read(factors[0])
                for factor in factors[1:]:
                    total = total @ read(factor)
                return total
            case PseudoInverse(argument=argument) | Inverse(argument=argument):
                symbol = InverseOf(read(argument), isinstance(node, PseudoInverse))
                return _letter(symbol, node.shape)
            case Trace(argument=argument):
                return _trace(read(argument))
            case _:
                raise InputError(f"{type(node).__name__} has no words: add it to algebra.words")

    return read(expr)
