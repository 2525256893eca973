"""Evaluates a proof as data on matrices, knowing nothing of words, relations or rules.

Letters are numbers here: every sum that a proof writes down is multiplied out in rational
arithmetic, and what a relation or a step says is zero has to be zero. It is what holds the checker:
what the checker accepts, this has to confirm.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import isqrt
from typing import Any

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import ONE, Expr, Letter, Scale, walk
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import Different, Partition, Positive, Statement

Json = Any

__all__ = ["Instance", "Unknowable", "confirm", "instances"]


class Unknowable(Exception):  # noqa: N818 - it is no error
    """A root has no rational entries here, so nothing can be said."""


@dataclass
class Instance:
    """Matrices for the letters of a statement, by name and shape, and values of parameters."""

    sizes: dict[str, int]
    letters: dict[tuple[str, str, str], fmpq_mat]
    parameters: dict[str, Fraction]
    source: random.Random = field(default_factory=lambda: random.Random(0))

    def copy(self) -> Instance:
        """The same values, to which others may be added."""
        source = random.Random(0)
        return Instance(dict(self.sizes), dict(self.letters), dict(self.parameters), source)

    def size(self, dimension: str) -> int:
        """The size of a dimension; one that the statement does not have gets some size."""
        assert type(dimension) is str
        return self.sizes.setdefault(dimension, self.source.randint(1, 3))

    def letter(self, name: str, rows: str, columns: str) -> fmpq_mat:
        """The matrix of a letter; one that the statement does not have is any matrix."""
        if (name, rows, columns) not in self.letters:
            shape = (self.size(rows), self.size(columns))
            self.letters[name, rows, columns] = _drawn(self.source, *shape)
        return self.letters[name, rows, columns]

    def parameter(self, name: str) -> Fraction:
        """The value of a parameter; one that the statement does not have is any number."""
        return self.parameters.setdefault(name, Fraction(self.source.choice((-2, -1, 3))))


def _drawn(source: random.Random, rows: int, columns: int) -> fmpq_mat:
    entries = [source.choice((-1, 0, 0, 1, 2)) for _ in range(rows * columns)]
    return fmpq_mat(rows, columns, entries)


def instances(
    statement: Statement, assumed: tuple[Statement, ...], count: int, tries: int = 20_000
) -> Iterator[Instance]:
    """Draw small matrices until the assumptions hold, and yield some that differ."""
    source = random.Random(1)
    both = (statement, *assumed)
    expressions = tuple(expr for item in both for expr in item.expressions)
    nodes = list(walk(*expressions))
    letters = {(x.name, *x.shape) for x in nodes if isinstance(x, Letter)}
    dimensions = sorted({size for _, *shape in letters for size in shape} | _sizes(nodes))
    names = {name for x in nodes if isinstance(x, Scale) for name in x.coefficient.parameters}
    names |= {item.parameter for item in both if isinstance(item, Positive)}
    gaps = [(s.first, s.second) for s in both if isinstance(s, Different)]
    names |= {name for gap in gaps for name in gap}
    for _ in range(tries):
        sizes = {size: source.choice((1, 1, 2, 2, 3)) for size in dimensions} | {ONE: 1}
        for split in (item for item in both if isinstance(item, Partition)):
            upper, lower = (e.shape for e in split.expressions)
            sizes[upper[1]] = sizes[upper[0]] + sizes[lower[0]]
        matrices = {key: _drawn(source, sizes[key[1]], sizes[key[2]]) for key in sorted(letters)}
        for split in (item for item in both if isinstance(item, Partition)):
            _select(split, sizes, matrices)
        values = {name: Fraction(source.choice((1, 2, 3, -1))) for name in sorted(names)}
        for p, q in gaps:
            if values[p] != values[q]:
                values[f"1/({p}-{q})"] = 1 / (values[p] - values[q])
        reading = ExactReading(sizes, {key[0]: m for key, m in matrices.items()}, values)
        try:
            if all(holds(item, reading) for item in assumed):
                yield Instance(sizes, matrices, values)
                count -= 1
        except UndefinedError:
            continue
        if not count:
            return


def _sizes(nodes: list[Expr]) -> set[str]:
    return {size for node in nodes for size in node.shape}


def _select(
    split: Partition, sizes: dict[str, int], matrices: dict[tuple[str, str, str], fmpq_mat]
) -> None:
    first, second = split.expressions
    assert isinstance(first, Letter)
    assert isinstance(second, Letter)
    every = rational.identity(sizes[first.columns])
    top = sizes[first.rows]
    matrices[first.name, *first.shape] = rational.select_rows(every, range(top))
    matrices[second.name, *second.shape] = rational.select_rows(every, range(top, every.nrows()))


class _Evaluation:
    def __init__(self, letters: Json, instance: Instance) -> None:
        self.instance = instance
        self.values: dict[str, fmpq_mat] = {}
        for name, entry in letters.items():
            assert type(name) is str
            assert not {*"[]:' "} & {*name}, f"{name!r} can be mistaken for something else"
            ((kind, source),) = entry.items()
            if kind == "letter":
                rows, columns = source
                value = instance.letter(name, rows, columns)
            else:
                value = self.made(kind, self.sum(source))
            self.values[name] = value

    def made(self, kind: str, value: fmpq_mat) -> fmpq_mat:
        if kind == "pinv":
            return rational.moore_penrose(value)
        if kind == "let":
            return value
        assert kind == "root"
        return _root(value)

    def monomial(self, powers: Json) -> fmpq:
        value = fmpq(1)
        for name, power in powers.items():
            assert type(name) is str
            assert type(power) is int
            known = self.instance.parameter(name)
            value *= fmpq(known.numerator, known.denominator) ** power
        return value

    def word(self, text: str, rows: int, columns: int) -> fmpq_mat:
        assert type(text) is str
        total = rational.identity(rows)
        for token in text.split():
            value = self.values[token.removesuffix("'")]
            total = total * (value.transpose() if token.endswith("'") else value)
        assert total.ncols() == columns, f"{text!r} does not have {columns} columns"
        return total

    def sum(self, data: Json) -> fmpq_mat:
        rows, columns = self.instance.size(data["row"]), self.instance.size(data["col"])
        whole = data.get("den", 1)
        assert type(whole) is int
        assert whole > 0
        total = rational.zeros(rows, columns)
        for c, powers, text in data["poly"]:
            assert type(c) is int
            total = total + self.word(text, rows, columns) * (
                self.monomial(powers) * fmpq(c, whole)
            )
        return total

    def relation(self, entry: Json) -> fmpq_mat:
        ((kind, source),) = entry.items()
        if kind == "given":
            return self.sum(source)
        values = [self.sum(data) for data in source]
        if kind == "symmetric":
            (value,) = values
            return value - value.transpose()
        assert kind == "commute"
        first, second = values
        return first * second - second * first


def _root(value: fmpq_mat) -> fmpq_mat:
    """The root of a diagonal matrix of squares; others have no rational root, or none at all."""
    size = value.nrows()
    off = any(value[i, j] != 0 for i in range(size) for j in range(size) if i != j)
    entries = [value[i, i] for i in range(size)]
    roots = [fmpq(isqrt(abs(int(q.p))), isqrt(int(q.q))) for q in entries]
    if off or any(r * r != q for r, q in zip(roots, entries, strict=True)):
        raise Unknowable
    return rational.diagonal(roots)


def confirm(letters: Json, proof: Json, instance: Instance) -> None:
    """Evaluate everything a proof says, and fail where some of it is not so."""
    at = _Evaluation(letters, instance)
    for label, entry in proof["relations"].items():
        assert rational.is_zero(at.relation(entry)), f"relation {label} does not hold"
    for number, step in enumerate(proof["steps"]):
        value = at.sum(step["claim"])
        if step["rule"] == "psd":
            assert rational.is_positive_semidefinite(value), f"step {number} is not semidefinite"
        else:
            assert rational.is_zero(value), f"step {number} does not hold"
        used = [*step["cofactors"]] if step["rule"] in ("zero", "psd", "cancel", "invert") else []
        used += step["squares"] if step["rule"] in ("psd", "cancel") else []
        for item in used:
            assert type(item["c"]) is int, f"step {number} has a coefficient {item['c']!r}"
            at.monomial(item["mono"])
        assert type(step["den"]) is int
        assert step["den"] > 0
