"""Coefficients of the search: rational numbers, and polynomials in the parameters where they occur.

Negative powers are allowed for parameters that are assumed positive. The search divides by single
terms only, never by a sum.
"""

from __future__ import annotations

from fractions import Fraction

from linreg_unlearn.algebra.words import Monomial, times

__all__ = ["Coefficient", "Laurent", "inverse", "split"]


class Laurent:
    """A polynomial in the parameters, with negative powers: monomials and their coefficients."""

    __slots__ = ("terms",)

    def __init__(self, terms: dict[Monomial, Fraction | int]) -> None:
        self.terms = terms

    @staticmethod
    def of(terms: dict[Monomial, Fraction | int]) -> Coefficient:
        """Return the sum of terms, as a number where no parameter is left."""
        kept = {m: c for m, c in terms.items() if c}
        if not kept:
            return 0
        if len(kept) == 1 and () in kept:
            return kept[()]
        return Laurent(kept)

    def __add__(self, other: Coefficient) -> Coefficient:
        terms = dict(self.terms)
        for m, c in other.terms.items() if isinstance(other, Laurent) else (((), other),):
            terms[m] = terms.get(m, 0) + c
        return Laurent.of(terms)

    __radd__ = __add__

    def __neg__(self) -> Laurent:
        return Laurent({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Coefficient) -> Coefficient:
        return self + (-other)

    def __rsub__(self, other: Coefficient) -> Coefficient:
        return -self + other

    def __mul__(self, other: Coefficient) -> Coefficient:
        if not isinstance(other, Laurent):
            return Laurent.of({m: c * other for m, c in self.terms.items()})
        terms: dict[Monomial, Fraction | int] = {}
        for m1, c1 in self.terms.items():
            for m2, c2 in other.terms.items():
                m = times(m1, m2)
                terms[m] = terms.get(m, 0) + c1 * c2
        return Laurent.of(terms)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Laurent):
            return self.terms == other.terms
        return False if isinstance(other, int | Fraction) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


Coefficient = int | Fraction | Laurent


def split(value: Coefficient) -> list[tuple[Monomial, Fraction | int]]:
    """Return the terms of a coefficient.

    Examples
    --------
    >>> split(3)
    [((), 3)]
    """
    if isinstance(value, Laurent):
        return sorted(value.terms.items())
    return [((), value)] if value else []


def inverse(value: Coefficient, positive: frozenset[str]) -> Coefficient | None:
    """Return one over a coefficient, None where the search may not divide by it.

    Examples
    --------
    >>> inverse(-2, frozenset())
    Fraction(-1, 2)
    >>> inverse(Laurent({(("alpha", 1),): 1}), frozenset()) is None
    True
    """
    terms = split(value)
    if len(terms) != 1:
        return None
    ((monomial, number),) = terms
    over = number if number in (1, -1) else Fraction(1) / number
    if not monomial:
        return over
    if not {name for name, _ in monomial} <= positive:
        return None
    return Laurent({tuple((name, -power) for name, power in monomial): over})
