"""The word reading: an expression as a sum of words in typed, noncommuting letters.

Products are multiplied out, transposes pushed to the letters, names unfolded; nothing else happens,
so what has the same words is equal for matrices of every size. Trusted, like ``relations`` and
``checker``: the standard library and the trees, nothing else. What keeps it honest:

- the empty word has a type: the words of ``I_n`` and ``I_d`` differ, because shapes are kept;
- a pseudo-inverse is a letter keyed by the words of its argument, so order and names do not matter,
  while ``pinv(A.T)`` and ``pinv(A).T`` are different letters: their equality is a theorem;
- ``inv(A)`` is read as ``pinv(A)``: that ``A`` is invertible is a goal (``relations.goals``);
- a trace is a letter keyed by a word up to rotation and transposition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, reduce
from operator import matmul
from typing import NamedTuple

from linreg_unlearn.algebra import expressions as tree
from linreg_unlearn.errors import InputError

__all__ = ["Monomial", "Word", "Words", "flipped", "meaning", "shape_of", "times", "words"]

Word = tuple[str, ...]  # names of letters, each with a ' behind it where it is transposed
Monomial = tuple[tuple[str, int], ...]  # parameters and their powers
Term = tuple[Word, Monomial, Fraction]


class Meaning(NamedTuple):
    """What a letter stands for: a matrix ("letter"), or what ``kind`` makes of an argument."""

    kind: str  # "letter", "pinv", "trace"; proofs define letters of kind "let" and "root"
    name: str
    shape: tree.Shape
    argument: Words | None


_LETTERS: dict[str, Meaning] = {}  # a letter's name tells all of this, so entries never change


def meaning(letter: str) -> Meaning:
    """Return what a letter stands for, whether transposed or not."""
    return _LETTERS[letter.rstrip("'")]


def shape_of(letter: str) -> tree.Shape:
    """Return rows and columns of a letter as it stands in a word."""
    shape = meaning(letter).shape
    return shape[::-1] if letter.endswith("'") else shape


def flipped(word: Word) -> Word:
    """Return the transpose of a word; a trace is its own transpose."""
    turned = (x[:-1] if x[-1] == "'" else x if x[:6] == "trace[" else x + "'" for x in word)
    return tuple(turned)[::-1]


def times(left: Monomial, right: Monomial) -> Monomial:
    """Return the product of two monomials."""
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(item for item in powers.items() if item[1]))


@dataclass(frozen=True)
class Words:
    """A sum of words of one shape: sorted terms, none zero, so that equal sums are equal."""

    shape: tree.Shape
    terms: tuple[Term, ...] = ()

    @staticmethod
    def collect(shape: tree.Shape, terms: Iterable[Term]) -> Words:
        """Add up words that may repeat."""
        total: dict[tuple[Word, Monomial], Fraction] = {}
        for word, monomial, c in terms:
            key = (word, monomial)
            total[key] = total[key] + c if key in total else c
        kept = [(*key, c) for key, c in total.items() if c]
        return Words(shape, tuple(sorted(kept, key=lambda term: (len(term[0]), term))))

    @staticmethod
    def identity(size: str) -> Words:
        """Return the empty word of one size."""
        return Words((size, size), (((), (), Fraction(1)),))

    @staticmethod
    def letter(kind: str, name: str, shape: tree.Shape, argument: Words | None = None) -> Words:
        """Return one letter; what is made of an argument is named by it."""
        text = f"{name}:{'×'.join(shape)}" if argument is None else f"{kind}[{argument.text}]"
        _LETTERS.setdefault(text, Meaning(kind, name, shape, argument))
        return Words(shape, (((text,), (), Fraction(1)),))

    @property
    def pinv(self) -> Words:
        """The letter for the pseudo-inverse of this sum."""
        return Words.letter("pinv", "", self.shape[::-1], self)

    @cached_property
    def text(self) -> str:
        """The sum as text; equal sums have equal texts."""
        terms = (" ".join((str(c), *(f"{x}^{p}" for x, p in m), *w)) for w, m, c in self.terms)
        return f"{'×'.join(self.shape)}: {' + '.join(terms)}"

    @property
    def T(self) -> Words:
        """The transpose."""
        return Words.collect(self.shape[::-1], ((flipped(w), m, c) for w, m, c in self.terms))

    def scaled(self, factor: Fraction | int, by: Monomial = ()) -> Words:
        """Return the sum times a scalar."""
        return Words.collect(self.shape, ((w, times(m, by), c * factor) for w, m, c in self.terms))

    def __add__(self, other: Words) -> Words:
        if self.shape != other.shape:
            raise InputError(f"cannot add words of shapes {self.shape} and {other.shape}")
        return Words.collect(self.shape, self.terms + other.terms)

    def __sub__(self, other: Words) -> Words:
        return self + other.scaled(-1)

    def __matmul__(self, other: Words) -> Words:
        if self.shape[1] != other.shape[0]:
            raise InputError(f"cannot multiply words of shapes {self.shape} and {other.shape}")
        terms = ((u + v, times(m, n), a * b) for u, m, a in self.terms for v, n, b in other.terms)
        return Words.collect((self.shape[0], other.shape[1]), terms)

    @property
    def trace(self) -> Words:
        """The trace, each word standing for its rotations and theirs transposed."""

        def letter(word: Word) -> Word:
            turns = (w[i:] + w[:i] for w in (word, flipped(word)) for i in range(len(w)))
            first = min(turns, default=word)
            size = shape_of(first[0])[0] if first else self.shape[0]
            inside = Words((size, size), ((first, (), Fraction(1)),))
            return Words.letter("trace", "", (tree.ONE, tree.ONE), inside).terms[0][0]

        return Words.collect((tree.ONE, tree.ONE), ((letter(w), m, c) for w, m, c in self.terms))

    def replaced(self, images: Mapping[str, Words], sizes: Mapping[str, str]) -> Words:
        """Return the sum with a sum in the place of every letter, and dimensions renamed along."""
        total = Words((sizes[self.shape[0]], sizes[self.shape[1]]))
        for word, monomial, coefficient in self.terms:
            product = Words.identity(total.shape[0])
            for letter in word:
                kind, name, shape, inside = meaning(letter)
                pinv = inside.replaced(images, sizes).pinv if inside and kind == "pinv" else None
                image = pinv or images[name]
                if image.shape != (sizes[shape[0]], sizes[shape[1]]):
                    raise InputError(f"what replaces {name} has another shape")
                product = product @ (image.T if letter[-1] == "'" else image)
            total = total + product.scaled(coefficient, monomial)
        return total


@cache
def words(expr: tree.Expr) -> Words:
    """Return the words of an expression.

    Examples
    --------
    >>> X, Y = tree.Letter("X", "n", "d"), tree.Letter("Y", "n", "d")
    >>> words((X - Y).T @ (X + Y)) == words(X.T @ X + X.T @ Y - Y.T @ X - Y.T @ Y)
    True
    >>> words(tree.Identity("n")) == words(tree.Identity("d"))
    False
    """
    match expr:
        case tree.Letter(name=name):
            return Words.letter("letter", name, expr.shape)
        case tree.Identity(size=size):
            return Words.identity(size)
        case tree.Zero():
            return Words(expr.shape)
        case tree.Named(body=body):
            return words(body)
        case tree.Transpose(argument=argument):
            return words(argument).T
        case tree.Scale(coefficient=polynomial, argument=argument):
            inside = words(argument)
            return sum((inside.scaled(c, m) for m, c in polynomial.terms), Words(expr.shape))
        case tree.Sum(terms=terms):
            return sum(map(words, terms), Words(expr.shape))
        case tree.Product(factors=factors):
            return reduce(matmul, map(words, factors))
        case tree.PseudoInverse(argument=argument) | tree.Inverse(argument=argument):
            return words(argument).pinv
        case tree.Trace(argument=argument):
            return words(argument).trace
        case _:
            raise InputError(f"{type(expr).__name__} has no words: add it to algebra.words")
