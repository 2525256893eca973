"""How letters, words and sums of a proof are written, as plain text or as LaTeX.

A pseudo-inverse is written ``(E_r X)⁺`` where its argument is short. Where it is not, and for
letters that a proof defines, a new symbol is introduced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from linreg_unlearn.algebra.expressions import Expr, Named, walk
from linreg_unlearn.algebra.text import ACCENTS, GREEK
from linreg_unlearn.algebra.words import Monomial, Word, Words, flipped, meaning, words

__all__ = ["GLUE", "Introduced", "Notation", "abbreviations", "leading"]

GLUE = "\u00a0"
"""A space at which a plain formula is broken last: it holds the factors of a product together."""

_SHORT = 12
"""The longest argument that a pseudo-inverse is written with, in characters."""

_COMMANDS = {sign: name for name, sign in GREEK.items()}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NORMAL = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SPECIAL = re.compile(r"([#$%&_{}])")
_NAME = re.compile(r"\w+[′*]*")
_NUMBERED = re.compile(r"(?<=\D)[0-9]+$")
_PRIMES = re.compile("[′']")
_RECIPROCAL = re.compile(r"1/\((.*)\)")
_APPLIED = re.compile(r"([^()]+)\(([^()]+)\)")
_FIRST_CHOICES = {"pinv": "G", "let": "L", "root": "R"}


@dataclass(frozen=True)
class Introduced:
    """A symbol that the proof introduces, for a sum or for its symmetric square root."""

    symbol: str
    is_root: bool
    argument: Words


def abbreviations(*expressions: Expr) -> dict[str, Words]:
    """Return what the names in some expressions stand for, to write a proof with them.

    Parameters
    ----------
    *expressions : Expr

    Returns
    -------
    dict of str to Words
        Without names that stand for different things.

    Examples
    --------
    >>> from linreg_unlearn.claims.vocabulary import w_g
    >>> [name for name in abbreviations(w_g)]
    ['X_r', 'w_g', 'y_r']
    """
    found: dict[str, Words] = {}
    unclear: set[str] = set()
    for node in walk(*expressions):
        if isinstance(node, Named) and found.setdefault(node.name, words(node)) != words(node):
            unclear.add(node.name)
    return {name: found[name] for name in sorted(set(found) - unclear)}


class Notation:
    r"""The symbols of one proof.

    Parameters
    ----------
    letters : iterable of str
        The letters of the proof, those that others are made of first.
    tex : bool
    names : mapping of str to Words, optional
        Sums that have a name, as from :func:`abbreviations`. Products of data such as ``X_r`` and
        arguments of pseudo-inverses are written by their names.

    Examples
    --------
    >>> X = Words.letter("letter", "X", ("n", "d"))
    >>> (p,) = X.pinv.terms[0][0]
    >>> plain, tex = (Notation([p], tex=tex) for tex in (False, True))
    >>> total = X.scaled(Fraction(-1, 2), (("lambda", 2),)) + X @ X.pinv @ X
    >>> print(plain.text(total).replace(GLUE, " "))
    X X⁺ X − 1/2·λ² X
    >>> print(tex.text(total))
    X X^{+} X - \tfrac{1}{2} \lambda^{2} X
    """

    def __init__(
        self, letters: Iterable[str], *, tex: bool, names: Mapping[str, Words] | None = None
    ) -> None:
        self.tex = tex
        self.glue = " " if tex else GLUE
        self.made: dict[str, str] = {}
        self.introduced: list[Introduced] = []
        self.used: dict[str, Word] = {}
        letters = tuple(letters)
        own = {meaning(x).name for x in letters if meaning(x).kind == "letter"}
        named = {total: name for name, total in (names or {}).items() if name not in own}
        self.taken = own | set(named.values())
        defined = {meaning(x).argument for x in letters if meaning(x).kind == "let"}
        self._named_products = {
            total: name
            for total, name in named.items()
            if _is_product(total) and total not in defined and _NAME.fullmatch(name)
        }
        self._products = [
            (word, name, marks)
            for total, name in self._named_products.items()
            for plain in [total.terms[0][0]]
            for word, marks in ((plain, ""), (flipped(plain), "T"))
        ]
        self._products.sort(key=lambda entry: -len(entry[0]))
        if tex:  # both readings introduce the same symbols, and plain text measures what is short
            plain = Notation(letters, tex=False, names=names)
            self.made, self.introduced, self.taken = plain.made, plain.introduced, plain.taken
            return
        wanted: dict[tuple[bool, Words], tuple[str, list[str]]] = {}
        for letter in letters:
            kind, _, _, argument = meaning(letter)
            if argument is None or not self._needs_symbol(kind, argument, {*named, *defined}):
                continue
            key = (kind == "root", argument)
            base = (named.get(argument) if kind != "root" else None) or _FIRST_CHOICES[kind]
            known, same = wanted.get(key, (base, []))
            # A letter that the proof defines and the argument of a pseudo-inverse may be the same.
            wanted[key] = (base if kind == "let" else known, [*same, letter])
            self.made[letter] = wanted[key][0]
        bases = [base for base, _ in wanted.values()]
        for (is_root, argument), (base, same) in wanted.items():
            symbol = base if base in named.values() else self.fresh(base, bases.count(base))
            self.made.update(dict.fromkeys(same, symbol))
            self.introduced.append(Introduced(symbol, is_root, argument))

    def _needs_symbol(self, kind: str, argument: Words, known: set[Words | None]) -> bool:
        if kind != "pinv" or not argument.terms:
            return kind in ("let", "root")
        if len(argument.terms) > 1 or (argument in known and argument not in self._named_products):
            return True  # a sum in brackets cannot be taken in at a glance
        word = argument.terms[0][0]
        deep = len(word) > 1 and any(meaning(letter).kind != "letter" for letter in word)
        return deep or len(self.text(argument)) > _SHORT

    def fresh(self, base: str, count: int = 1) -> str:
        """Return a symbol that nothing has yet, without a number if it is the only one.

        Examples
        --------
        >>> notation = Notation([], tex=False)
        >>> notation.fresh("Z"), notation.fresh("Z"), notation.fresh("Z", 2)
        ('Z', 'Z₁', 'Z₂')
        """
        known = {symbol.translate(_NORMAL).replace("_", "") for symbol in self.taken}
        number = 0 if count == 1 and base not in known else 1
        while number and f"{base}{number}" in known:
            number += 1
        symbol = base + (str(number).translate(_SUBSCRIPTS) if number else "")
        self.taken.add(symbol)
        return symbol

    # Symbols.

    def math(self, text: str) -> str:
        """Return a formula as it stands in a sentence."""
        return f"${text}$" if self.tex else text

    def symbol(self, name: str, marks: str = "") -> str:
        r"""Return the symbol of a matrix or parameter, with ``+`` and ``T`` behind it.

        Examples
        --------
        >>> tex = Notation([], tex=True)
        >>> tex.symbol("w_*"), tex.symbol("X_r", "+T"), tex.symbol("X′")
        ('w_{*}', 'X_r^{+\\top}', "X'")
        >>> tex.symbol("ỹ_f"), tex.symbol("C_lap"), tex.symbol("X10"), tex.symbol("lambda")
        ('\\tilde y_f', 'C_{\\mathrm{lap}}', 'X_{10}', '\\lambda')
        """
        if not self.tex:
            return name + _marked(marks)
        applied = _APPLIED.fullmatch(name)
        if applied is not None:
            name, inside = applied.groups()
            text = f"{self.symbol(name)}({', '.join(map(self.symbol, inside.split(', ')))})"
            return text + _superscript("", marks)
        core, primes = _PRIMES.sub("", name).translate(_NORMAL), len(_PRIMES.findall(name))
        base, _, below = core.partition("_")
        if not below:
            base, below = _NUMBERED.sub("", base) or base, (_NUMBERED.findall(base) or [""])[0]
        text = _base(base) + (f"_{_below(below)}" if below else "")
        if not marks:
            return text + "'" * primes
        return text + _superscript(r"\prime" * primes, marks)

    def _factor(self, letter: str) -> tuple[str, str]:
        """Return the name of a letter, empty where it has none, and the marks behind it."""
        kind, name, _, argument = meaning(letter)
        marks = ("+" if kind == "pinv" else "") + ("T" if letter.endswith("'") else "")
        name = name or self.made.get(letter.rstrip("'"), "")
        if kind == "pinv" and not name and argument is not None and len(argument.terms) == 1:
            word, *scalar = argument.terms[0]
            factors = list(self._factors(word)) if scalar == [(), 1] else []
            if len(factors) == 1 and not factors[0][1]:  # of X⁺ and Xᵀ, brackets are needed
                name = factors[0][0]
        return name, marks

    def _factors(self, word: Word) -> Iterator[tuple[str, str, str]]:
        """Yield name, marks and letter of the factors of a word; a product with a name is one."""
        while word:
            for product, name, marks in self._products:
                if word[: len(product)] == product:
                    self.used[name] = product if not marks else flipped(product)
                    word = word[len(product) :]
                    yield name, marks, ""
                    break
            else:
                yield *self._factor(word[0]), word[0]
                word = word[1:]

    def word(self, word: Word) -> str:
        """Return a product of letters."""
        return self.glue.join(
            self.symbol(name, marks) if name else self._unnamed(letter, marks)
            for name, marks, letter in self._factors(word)
        )

    def _unnamed(self, letter: str, marks: str) -> str:
        kind, _, _, argument = meaning(letter)
        inside = "" if argument is None else self.text(argument).replace(" ", self.glue)
        if kind == "trace":
            return (r"\operatorname{tr}" if self.tex else "tr") + f"({inside})"
        return self.raised(f"({inside})", marks)

    def raised(self, text: str, marks: str) -> str:
        """Return what holds together already with ``+`` and ``T`` behind it."""
        return text + (_superscript("", marks) if self.tex else _marked(marks))

    def parameter(self, name: str, power: int = 1) -> str:
        r"""Return a power of a parameter.

        Examples
        --------
        >>> plain, tex = Notation([], tex=False), Notation([], tex=True)
        >>> plain.parameter("alpha", -1), plain.parameter("1/(alpha-beta)", 2)
        ('α⁻¹', '1/(α−β)²')
        >>> print(tex.parameter("m_r"), tex.parameter("1/(alpha-beta)"))
        m_r \frac{1}{\alpha-\beta}
        """
        reciprocal = _RECIPROCAL.fullmatch(name)
        if reciprocal is not None:
            minus = "-" if self.tex else "−"
            inside = minus.join(self.parameter(part) for part in reciprocal[1].split("-"))
            if self.tex:
                below = inside if power == 1 else f"({inside})^{{{power}}}"
                return rf"\frac{{1}}{{{below}}}"
            return f"1/({inside})" + _power(power)
        if self.tex:
            return self.symbol(name) + (f"^{{{power}}}" if power != 1 else "")
        return GREEK.get(name, name) + _power(power)

    # Sums.

    def scalar(self, size: Fraction, by: Monomial) -> str:
        """Return a coefficient without its sign, or nothing where it is one."""
        last = sorted(by, key=lambda power: power[0].startswith("1/"))
        factors = [self.parameter(name, power) for name, power in last]
        if size != 1:
            number = f"{size.numerator}/{size.denominator}"
            if size.denominator == 1:
                number = str(size.numerator)
            elif self.tex:
                number = rf"\tfrac{{{size.numerator}}}{{{size.denominator}}}"
            factors.insert(0, number)
        return (" " if self.tex else "·").join(factors)

    def chunks(self, total: Words, order: Sequence[tuple[Word, Monomial]] = ()) -> list[str]:
        """Return the terms of a sum, each with the sign before it, where lines may be broken."""
        place = {key: at for at, key in enumerate(order or leading(total))}
        terms = sorted(total.terms, key=lambda term: place.get(term[:2], len(place)))
        texts: list[str] = []
        for word, monomial, c in terms:
            scalar, letters = self.scalar(abs(c), monomial), self.word(word)
            if not word and (total.shape[0] != "1" or not scalar):
                letters = "I" if total.shape[0] != "1" else "1"
            texts.append(self.signed(c, self.product(scalar, letters), first=not texts))
        return texts or ["0"]

    def signed(self, c: Fraction | int, text: str, *, first: bool = False) -> str:
        """Return a term with its sign."""
        minus = "-" if self.tex else "−"
        if first:
            return minus + text if c < 0 else text
        return f"{minus if c < 0 else '+'}{self.glue}{text}"

    def text(self, total: Words) -> str:
        """Return a sum."""
        return " ".join(self.chunks(total))

    def equation(self, left: Words, right: Words) -> str:
        """Return an equation.

        Examples
        --------
        >>> A, B = (Words.letter("letter", name, ("n", "n")) for name in "AB")
        >>> print(Notation([], tex=True).equation(A @ B, Words.identity("n")))
        A B = I
        """
        return f"{self.text(left)} ={self.glue}{self.text(right)}"

    def product(self, *factors: str) -> str:
        """Return a product of texts, some of which may be empty."""
        return self.glue.join(filter(None, factors))


def _is_product(total: Words) -> bool:
    """Return whether a sum is one product of data letters, such as ``E_r X``."""
    if len(total.terms) != 1:
        return False
    word, monomial, c = total.terms[0]
    return (
        len(word) > 1
        and not monomial
        and c == 1
        and all(meaning(x).kind == "letter" and not x.endswith("'") for x in word)
    )


def leading(total: Words) -> list[tuple[Word, Monomial]]:
    """Return which word a sum begins with: a positive one, if there is one.

    Parameters
    ----------
    total : Words

    Returns
    -------
    list of tuple
        Its letters and parameters, or nothing where the sum is zero.

    Examples
    --------
    >>> A, B = (Words.letter("letter", name, ("n", "n")) for name in "AB")
    >>> leading(B - A)
    [(('B:n×n',), ())]
    """
    return [t[:2] for t in sorted(total.terms, key=lambda term: term[2] < 0)[:1]]


def _power(power: int) -> str:
    return "" if power == 1 else str(power).translate(_SUPERSCRIPTS)


def _marked(marks: str) -> str:
    return marks.translate(str.maketrans("+T", "⁺ᵀ"))


def _superscript(primes: str, marks: str) -> str:
    return f"^{{{primes}{marks.replace('T', chr(92) + 'top')}}}" if primes or marks else ""


def _base(base: str) -> str:
    """Return the LaTeX of a name without subscript."""
    if base in GREEK or base in _COMMANDS:
        return "\\" + _COMMANDS.get(base, base)
    plain, *accents = list(unicodedata.normalize("NFD", base))
    if accents and all(accent in ACCENTS for accent in accents):
        return "".join(rf"\{ACCENTS[accent]} " for accent in accents) + plain
    text = _SPECIAL.sub(r"\\\1", base)
    return text if len(base) == 1 or base.isdigit() else rf"\mathit{{{text}}}"


def _below(name: str) -> str:
    """Return the LaTeX of a subscript."""
    if name in GREEK or name in _COMMANDS:
        return f"{{\\{_COMMANDS.get(name, name)}}}"
    if len(name) == 1 and name.isalnum():
        return name
    text = _SPECIAL.sub(r"\\\1", name)
    return rf"{{\mathrm{{{text}}}}}" if name[0].isalpha() and len(name) > 1 else f"{{{text}}}"
