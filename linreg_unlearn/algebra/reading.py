"""What the numeric readings share: walking a tree, or its words, with one kind of matrix.

A reading binds every letter to a matrix, every dimension to a size and every parameter to a value.
:class:`Reading` walks; a subclass brings the arithmetic (exact, floating-point, symbolic).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Generic, TypeVar

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
    Sum,
    Trace,
    Transpose,
    Zero,
)
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.words import Word, Words, meaning
from linreg_unlearn.errors import InputError

__all__ = ["Reading", "UndefinedError"]

M = TypeVar("M")


class UndefinedError(ArithmeticError):
    """An inverse in the expression does not exist at these matrices."""


class Reading(ABC, Generic[M]):
    """Evaluates expressions and words, each distinct node once.

    Parameters
    ----------
    sizes : mapping of str to int
        The size of every dimension symbol; ``"1"`` is always 1.
    letters : mapping of str to matrix
        The matrix of every letter, by name.
    parameters : mapping of str to Fraction
        The value of every parameter.
    given : mapping of Expr to matrix, optional
        Values that replace the evaluation of a node, for example a solver's answer in place of the
        formula it should agree with.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        letters: Mapping[str, M],
        parameters: Mapping[str, Fraction],
        given: Mapping[Expr, M] | None = None,
    ) -> None:
        self.sizes = {**sizes, ONE: 1}
        self.letters = dict(letters)
        self.parameters = dict(parameters)
        self._values: dict[Expr, M] = dict(given or {})
        self._words: dict[Word | tuple[str, Words], M] = {}

    @abstractmethod
    def identity(self, size: int) -> M:
        """Return the identity."""

    @abstractmethod
    def zero(self, rows: int, columns: int) -> M:
        """Return a zero matrix."""

    @abstractmethod
    def add(self, terms: Sequence[M]) -> M:
        """Return the sum of at least one matrix."""

    @abstractmethod
    def multiply(self, left: M, right: M) -> M:
        """Return a product."""

    @abstractmethod
    def scale(self, coefficient: Polynomial, matrix: M) -> M:
        """Return a matrix times a scalar."""

    @abstractmethod
    def transpose(self, matrix: M) -> M:
        """Return the transpose."""

    @abstractmethod
    def pseudo_inverse(self, matrix: M) -> M:
        """Return the Moore-Penrose inverse."""

    @abstractmethod
    def inverse(self, matrix: M) -> M:
        """Return the inverse, or raise :class:`UndefinedError`."""

    @abstractmethod
    def trace(self, matrix: M) -> M:
        """Return the trace as a 1×1 matrix."""

    def value(self, expr: Expr) -> M:
        """Return the matrix an expression stands for."""
        known = self._values.get(expr)
        if known is None:
            known = self._values[expr] = self._evaluate(expr)
        return known

    def _size(self, symbol: str) -> int:
        if symbol not in self.sizes:
            raise InputError(f"dimension {symbol!r} has no size: bind it in the instance")
        return self.sizes[symbol]

    def _letter(self, name: str) -> M:
        if name not in self.letters:
            raise InputError(f"letter {name!r} has no matrix: bind it in the instance")
        return self.letters[name]

    def _evaluate(self, node: Expr) -> M:
        match node:
            case Letter(name=name):
                return self._letter(name)
            case Identity(size=size):
                return self.identity(self._size(size))
            case Zero(shape=(rows, columns)):
                return self.zero(self._size(rows), self._size(columns))
            case Named(body=body):
                return self.value(body)
            case Sum(terms=terms):
                return self.add([self.value(term) for term in terms])
            case Product(factors=factors):
                # From the right: the rightmost factor is usually the thinnest.
                total = self.value(factors[-1])
                for factor in reversed(factors[:-1]):
                    total = self.multiply(self.value(factor), total)
                return total
            case Scale(coefficient=coefficient, argument=argument):
                return self.scale(coefficient, self.value(argument))
            case Transpose(argument=argument):
                return self.transpose(self.value(argument))
            case PseudoInverse(argument=argument):
                return self.pseudo_inverse(self.value(argument))
            case Inverse(argument=argument):
                return self.inverse(self.value(argument))
            case Trace(argument=argument):
                return self.trace(self.value(argument))
            case _:
                raise InputError(f"{type(node).__name__} has no value: add it to algebra.reading")

    def value_of_words(self, sum_of_words: Words) -> M:
        """Return the matrix a sum of words stands for, never looking at a tree."""
        terms = self.summands(sum_of_words)
        if not terms:
            rows, columns = sum_of_words.shape
            return self.zero(self._size(rows), self._size(columns))
        return self.add(terms)

    def summands(self, sum_of_words: Words) -> list[M]:
        """Return the value of each word times its coefficient."""
        size = sum_of_words.shape[0]
        return [
            self.scale(Polynomial(((monomial, coefficient),)), self._word(word, size))
            for word, monomial, coefficient in sum_of_words.terms
        ]

    def _word(self, word: Word, size: str) -> M:
        if not word:
            return self.identity(self._size(size))
        known = self._words.get(word)
        if known is None:
            last = self._atom(word[-1])
            rest = word[:-1]
            known = last if not rest else self.multiply(self._word(rest, size), last)
            self._words[word] = known
        return known

    def _atom(self, letter: str) -> M:
        kind, name, _, argument = meaning(letter)
        if argument is None:
            matrix = self._letter(name)
        else:
            known = self._words.get((kind, argument))
            if known is None:
                known = self._words[kind, argument] = self._stands_for(kind, argument)
            matrix = known
        return self.transpose(matrix) if letter.endswith("'") else matrix

    def _stands_for(self, kind: str, argument: Words) -> M:
        value = self.value_of_words(argument)
        match kind:
            case "pinv":
                return self.pseudo_inverse(value)
            case "trace":
                return self.trace(value)
            case "let":
                return value
            case _:
                raise InputError(f"a letter of kind {kind} has no value: add it to algebra.reading")
