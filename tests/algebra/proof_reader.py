"""Reads a proof back from the text that was written of it, knowing nothing of how it was written.

Every formula is read into words, every reason into what it says is zero. Lines are taken unbroken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from linreg_unlearn.algebra.relations import penrose
from linreg_unlearn.algebra.words import Monomial, Words

Json = Any

_POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_GREEK = {
    "λ": "lambda",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "η": "eta",
    "κ": "kappa",
    "σ": "sigma",
    "τ": "tau",
}
_SCALAR = re.compile(r"(\d+)|(1/\(\w+−\w+\)|[^\W\d]\w*?)([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*)")


@dataclass
class WrittenChain:
    """Sums, and the reason for each "=" between them."""

    sums: list[str]
    reasons: list[str] = field(default_factory=list)


@dataclass
class WrittenStep:
    """A step as it was written: its first line, chains, equations without one, and other lines.

    ``symbols`` are those that mean something in this step only.
    """

    head: str
    symbols: dict[str, Words] = field(default_factory=dict)
    chains: list[WrittenChain] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


class ProofReader:
    """What the opening of a proof defines, and its steps."""

    def __init__(self, lines: list[str], parameters: set[str], lets: set[Words]) -> None:
        self.parameters = parameters
        self.symbols: dict[str, Words] = {}
        self.assumed: dict[str, str] = {}
        self.steps: list[WrittenStep] = []
        self.here: dict[str, Words] = {}
        self.bodies: dict[Words, Words] = {}
        for line in lines:
            first, _, rest = line.partition(" ")
            body = rest.removesuffix(".")
            if re.fullmatch(r"\d+\.", first):
                assert first == f"{len(self.steps) + 1}."
                self.steps.append(WrittenStep(body))
            elif self.steps:
                self._read_line(line)
            elif first == "Letters:":
                for name, rows, columns in re.findall(r"(\S+) \((\S+) × (\S+?)\)", body):
                    self.symbols[name] = Words.letter("letter", name, (rows, columns))
            elif first in ("Let", "Products:"):
                self._define(body, lets, self.symbols)
            elif first == "Assumed:":
                for label, text in re.findall(r"(\(\w+\)) (.*?)(?=, \(\w+\) |$)", body):
                    self.assumed[label] = text
            else:
                assert line.startswith("Penrose equations: ")

    def enter(self, step: WrittenStep) -> WrittenStep:
        """Read formulas as they are meant in a step from now on."""
        self.here = step.symbols
        return step

    def _define(self, text: str, lets: set[Words], symbols: dict[str, Words]) -> None:
        rooted = re.fullmatch(r"(\S+) be a symmetric square root: \1 \1 = (.*) and \1ᵀ = \1", text)
        if rooted:
            argument = self.sum(rooted[2])
            symbols[rooted[1]] = Words.letter("root", "", argument.shape, argument)
            return
        for name, body in re.findall(r"(\S+) = (.*?)(?=, \S+ = | and \S+ = |$)", text):
            total = self.sum(body)
            made = Words.letter("let", "", total.shape, total)
            symbols[name] = made if total in lets else total
            if total in lets:
                self.bodies[made] = total

    def _read_line(self, line: str) -> None:
        step = self.steps[-1]
        if line.startswith("   Let "):
            body = line.strip().removeprefix("Let ").removesuffix(".")
            self._define(body, set(), step.symbols)
            return
        start = re.match(r" {5}(?=\S)| {3}\([ivx]+\) ", line)
        again = re.fullmatch(r"   \([ivx]+\) (.*): \([ivx]+\) again, transposed\.", line)
        if again:
            step.again.append(again[1])
        elif start and "[" not in line and not line.endswith("."):
            step.chains.append(WrittenChain([]))
            self._read_row(line[start.end() :])
        elif re.match(r" {6,}= ", line):
            self._read_row(line.strip())
        else:
            step.other.append(line.strip())

    def _read_row(self, text: str) -> None:
        chain = self.steps[-1].chains[-1]
        formula, _, reason = re.sub(r"  +by ", "\t", text).partition("\t")
        chain.sums += [part.strip() for part in re.split(r"(?:^| )= ", formula) if part.strip()]
        chain.reasons += [reason] if reason else []

    # Formulas.

    def equation(self, text: str, shape: tuple[str, str] | None = None) -> Words:
        """Return left minus right."""
        left, right = text.split(" = ")
        if left in ("0", "I"):
            return self.sum(left, self.sum(right, shape).shape) - self.sum(right, shape)
        total = self.sum(left, shape)
        return total - self.sum(right, total.shape)

    def sum(self, text: str, shape: tuple[str, str] | None = None) -> Words:
        """Return a sum; its shape is needed where it has no letters."""
        read = [self._term(sign, term, shape) for sign, term in _terms(text)]
        shapes = [word.shape for _, _, word in read if word is not None]
        shape = shapes[0] if shapes else shape
        assert shape is not None, f"of which size is {text!r}"
        total = Words(shape)
        for c, monomial, word in read:
            total += (word or Words.identity(shape[0])).scaled(c, monomial) if c else Words(shape)
        return total

    def _term(
        self, sign: int, tokens: list[str], shape: tuple[str, str] | None
    ) -> tuple[Fraction, Monomial, Words | None]:
        scalar = self._scalar(tokens[0])
        if scalar is not None:
            tokens = tokens[1:]
        c, monomial = scalar or (Fraction(1), ())
        word: Words | None = None
        for token in tokens:
            if token != "I":
                factor = self._factor(token, shape)
                word = factor if word is None else word @ factor
        return sign * c, monomial, word

    def _scalar(self, token: str) -> tuple[Fraction, Monomial] | None:
        c, powers = Fraction(1), []
        number = re.match(r"(\d+(?:/\d+)?)(?:·|$)", token)
        if number:
            c = Fraction(number[1])
        for part in token[number.end() if number else 0 :].split("·"):
            match = _SCALAR.fullmatch(part)
            if match is None or part in self.symbols:
                if part:
                    return None
                continue
            name = "".join(_GREEK.get(x, x) for x in match[2].replace("−", "-"))
            if name not in self.parameters:
                return None
            powers.append((name, int(match[3].translate(_POWERS) or 1)))
        return c, tuple(sorted(powers))

    def _factor(self, token: str, shape: tuple[str, str] | None) -> Words:
        base = token.rstrip("⁺ᵀ")
        bracket = base[0] + base[-1]
        if bracket in ("()", "[]"):
            value = self.sum(base[1:-1], shape and (shape[0], shape[0]))
        else:
            value = self.here[base] if base in self.here else self.symbols[base]
        for mark in token[len(base) :]:
            # A pseudo-inverse is of what a letter stands for.
            value = self.bodies.get(value, value).pinv if mark == "⁺" else value.T
        return value

    # Reasons.

    def zeros(self, reason: str, claims: list[Words], shape: tuple[str, str]) -> Words:
        """Return what a reason says is zero."""
        step = re.fullmatch(r"step (\d+)", reason)
        if step:
            return claims[int(step[1]) - 1]
        law = re.fullmatch(r"Penrose ([1-4]) of (.*)", reason)
        if law:
            argument = self.sum(law[2])
            return penrose(self.bodies.get(argument, argument))[int(law[1]) - 1]
        label = re.match(r"\(\w+\)", reason)
        assert label, f"no reason: {reason!r}"
        assert reason in (label[0], f"{label[0]} {self.assumed[label[0]]}")
        return self.equation(self.assumed[label[0]], shape)


def _terms(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the sign and the factors of each term; brackets hold together."""
    tokens: list[str] = []
    for piece in text.split(" "):
        if tokens and sum(map(tokens[-1].count, "([")) > sum(map(tokens[-1].count, ")]")):
            tokens[-1] += f" {piece}"
        else:
            tokens.append(piece)
    if tokens[0].startswith("−"):
        tokens[:1] = ["−", tokens[0][1:]]
    elif tokens[0] != "+":
        tokens.insert(0, "+")
    starts = [at for at, token in enumerate(tokens) if token in ("+", "−")]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        yield (1 if tokens[start] == "+" else -1), tokens[start + 1 : end]
