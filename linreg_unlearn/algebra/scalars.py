"""Scalars of the language: polynomials with rational coefficients in named parameters.

Parameters (a ridge ``λ``, a weight ``α``, ``m_f = 1/n_f``) commute with every matrix. Division by a
polynomial does not exist; an inverse is a parameter of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from linreg_unlearn.errors import InputError

__all__ = ["Polynomial", "fair", "parameter"]

Monomial = tuple[tuple[str, int], ...]

_GREEK = {
    "lambda": "λ",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "eta": "η",
    "kappa": "κ",
    "sigma": "σ",
    "tau": "τ",
}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _times(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(powers.items()))


@dataclass(frozen=True)
class Polynomial:
    """A polynomial: pairs ``(monomial, coefficient)``, sorted, without zero coefficients.

    Examples
    --------
    >>> a = parameter("alpha")
    >>> print((a + 1) * (a - 1))
    -1 + α²
    """

    terms: tuple[tuple[Monomial, Fraction], ...] = ()

    @staticmethod
    def of(value: Polynomial | Fraction | int) -> Polynomial:
        """Return ``value`` as a polynomial.

        Raises
        ------
        InputError
            If ``value`` is a float or anything else that is not exact.
        """
        if isinstance(value, Polynomial):
            return value
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise InputError(
                f"scalar {value!r} is not exact: use an int, a fractions.Fraction or a parameter"
            )
        return Polynomial._collect({(): Fraction(value)})

    @staticmethod
    def _collect(terms: Mapping[Monomial, Fraction]) -> Polynomial:
        return Polynomial(tuple(sorted((m, c) for m, c in terms.items() if c)))

    def __add__(self, other: Polynomial | Fraction | int) -> Polynomial:
        terms = dict(self.terms)
        for monomial, coefficient in Polynomial.of(other).terms:
            terms[monomial] = terms.get(monomial, Fraction(0)) + coefficient
        return Polynomial._collect(terms)

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((m, -c) for m, c in self.terms))

    def __sub__(self, other: Polynomial | Fraction | int) -> Polynomial:
        return self + (-Polynomial.of(other))

    def __rsub__(self, other: Polynomial | Fraction | int) -> Polynomial:
        return Polynomial.of(other) - self

    def times(self, other: Polynomial) -> Polynomial:
        """Return the product of two polynomials."""
        terms: dict[Monomial, Fraction] = {}
        for m1, c1 in self.terms:
            for m2, c2 in other.terms:
                monomial = _times(m1, m2)
                terms[monomial] = terms.get(monomial, Fraction(0)) + c1 * c2
        return Polynomial._collect(terms)

    def __mul__(self, other: Polynomial | Fraction | int) -> Polynomial:
        if not isinstance(other, Polynomial | Fraction | int):
            return NotImplemented  # a matrix scales itself
        return self.times(Polynomial.of(other))

    __rmul__ = __mul__

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that occur."""
        return frozenset(name for monomial, _ in self.terms for name, _ in monomial)

    def constant(self) -> Fraction | None:
        """Return the value where no parameter occurs, else None."""
        if not self.terms:
            return Fraction(0)
        return self.terms[0][1] if self.terms[0][0] == () and len(self.terms) == 1 else None

    def value(self, parameters: Mapping[str, Fraction]) -> Fraction:
        """Return the value at exact parameters.

        Raises
        ------
        InputError
            If a parameter that occurs has no value.
        """
        total = Fraction(0)
        for monomial, coefficient in self.terms:
            product = coefficient
            for name, power in monomial:
                if name not in parameters:
                    raise InputError(f"parameter {name!r} has no value: bind it in the instance")
                product *= parameters[name] ** power
            total += product
        return total

    def text(self, *, latex: bool = False) -> str:
        """Return the polynomial as plain text or LaTeX."""
        if not self.terms:
            return "0"
        pieces = []
        for monomial, coefficient in self.terms:
            factors = [_power(name, power, latex=latex) for name, power in monomial]
            size = abs(coefficient)
            if size != 1 or not factors:
                factors.insert(0, _fraction(size, latex=latex))
            sign = "-" if coefficient < 0 else "+"
            pieces.append((sign, (" " if latex else "·").join(factors)))
        first_sign, first = pieces[0]
        head = first if first_sign == "+" else f"-{first}"
        return head + "".join(f" {sign} {body}" for sign, body in pieces[1:])

    def __str__(self) -> str:
        return self.text()


def _fraction(value: Fraction, *, latex: bool) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    if latex:
        return rf"\tfrac{{{value.numerator}}}{{{value.denominator}}}"
    return f"{value.numerator}/{value.denominator}"


def _power(name: str, power: int, *, latex: bool) -> str:
    if latex:
        base = rf"\{name}" if name in _GREEK else name
        return base if power == 1 else f"{base}^{{{power}}}"
    base = _GREEK.get(name, name)
    return base if power == 1 else base + str(power).translate(_SUPERSCRIPTS)


def fair(*names: str) -> None:
    """Refuse names that could be mistaken for other text: proofs tell letters apart by theirs.

    Raises
    ------
    InputError
        If a name is empty, no text, or has a space or one of ``[ ] : × '`` in it.
    """
    for name in names:
        if not (isinstance(name, str) and name) or {*"[]:×' "} & {*name}:
            raise InputError(f"{name!r} is no name: use text without spaces and without [ ] : × '")


def parameter(name: str) -> Polynomial:
    """Return the parameter called ``name`` as a polynomial.

    Raises
    ------
    InputError
        If the name could be mistaken for other text.

    Examples
    --------
    >>> print(parameter("lambda") * 2)
    2·λ
    """
    fair(name)
    return Polynomial(((((name, 1),), Fraction(1)),))
