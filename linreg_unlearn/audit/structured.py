"""Structured draws of instances on which all assumptions of a part hold.

Letters are drawn one after another (``audit.binding``), each as one of many kinds of matrices
(``audit.families``): what linear assumptions leave of a letter is computed, so that a matrix that
has to commute with another does, and what other assumptions want is tried out. Kinds, sizes and
orders that have worked are preferred.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Inverse,
    Letter,
    Product,
    PseudoInverse,
)
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.audit.binding import Meter, Partial, Plan, Step
from linreg_unlearn.audit.families import POLISHED, RECTANGULAR, SQUARE, combination, derived

__all__ = ["Draws"]

# Small sizes are enough for most, and cheap; some need more room.
_SIZES = {1: 1.0, 2: 2.0, 3: 1.0, 4: 0.3, 5: 0.1}
_ORDERS = 8
_ATTEMPTS = 5
_LEAST = 0.05
_MOST_UNKNOWNS = 30
_LARGE = 10
_PARAMETERS = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3), Fraction(-1), Fraction(-2))
# These are one over a number of rows wherever they occur.
_MEANS = {"m_r", "m_f"}

# What stays simple at any size.
_SPARSE = ("diagonal", "selection", "zero", "identity", "bits", "signed permutation")

# How often a kind is drawn before anything is known, where not 1; what fails is drawn less.
_USUAL = {"zero": 0.2, "identity": 0.3}


@dataclass(frozen=True)
class _Way:
    """How a letter is drawn at one step.

    Parameters
    ----------
    equations : tuple of Equation
        The assumptions that are linear in it.
    alone : bool
        Whether they speak of nothing else.
    kinds : _Preference of str
        The kinds of matrices it may be.
    """

    equations: tuple[Equation, ...]
    alone: bool
    kinds: _Preference[str]


class Draws:
    """Structured draws of instances on which the assumptions of a plan hold."""

    def __init__(self, plan: Plan, meter: Meter, rng: random.Random) -> None:
        self.plan, self.meter, self.rng = plan, meter, rng
        orders = {plan.order(): None}
        for _ in range(_ORDERS):
            orders[tuple(rng.sample(plan.free, len(plan.free)))] = None
        self.orders = _Preference(dict.fromkeys(orders, 1.0), rng)
        self._ways: dict[Step, _Way] = {}
        self._kinds: dict[tuple[object, ...], _Preference[str]] = {}
        self._spaces: dict[tuple[object, ...], _Space] = {}
        self.sizes = {symbol: _Preference(_SIZES, rng, least=1.0) for symbol in plan.symbols}

    def _way(self, step: Step, reading: Partial) -> _Way:
        if step not in self._ways:
            equations = _linear(self.plan, step)
            names = self.plan.names(*(side for e in equations for side in e.expressions))
            kinds = list(RECTANGULAR)
            if step.letter.rows == step.letter.columns:
                kinds += SQUARE
            weights = {kind: _USUAL.get(kind, 1.0) for kind in kinds}
            if reading.unit > _LARGE:
                weights = {kind: 1.0 for kind in _SPARSE if kind in weights}
            elif equations:
                weights = {kind: weight / 8 for kind, weight in weights.items()}
                weights |= {f"polished {kind}": 1.0 for kind in POLISHED}
                weights["polished as it is"] = 5.0
            if reading.letters and reading.unit <= _LARGE:
                weights["derived"] = 2.0 if equations else 5.0
            # In whatever order letters are drawn, experience with the same equations is shared.
            key = (step.letter.name, equations, "derived" in weights)
            kinds_known = self._kinds.setdefault(key, _Preference(weights, self.rng))
            self._ways[step] = _Way(equations, names <= {step.letter.name}, kinds_known)
        return self._ways[step]

    def readings(self, most: Mapping[str, int] | None = None) -> Iterator[Partial | None]:
        """Yield readings without end; None means that the meter has run out.

        Parameters
        ----------
        most : mapping of str to int, optional
            Draw these sizes, or others with a smaller sum.
        """
        for turn in itertools.count():
            if self.meter.left < 0:
                yield None
            self.meter.left -= 5
            sizes = {symbol: choice.choose() for symbol, choice in self.sizes.items()}
            sizes |= self.plan.fixed
            if most is not None and (turn % 2 or sum(sizes.values()) >= sum(most.values())):
                sizes = dict(most)
            order = self.orders.choose()
            reading = self._drawn(order, sizes)
            self.orders.learn(order, reading is not None)
            for symbol, choice in self.sizes.items():
                choice.learn(sizes[symbol], reading is not None)
            if reading is not None:
                yield reading

    def _drawn(self, order: tuple[Letter, ...], sizes: dict[str, int]) -> Partial | None:
        parameters = {name: self._parameter(name) for name in self.plan.parameters}
        root = self.plan.root(sizes, parameters, self.meter)
        reading = root
        for step in self.plan.steps(order):
            if root is None or reading is None:
                break
            reading = self._bound(step, reading, root)
        return reading

    def _parameter(self, name: str) -> Fraction:
        if name in _MEANS:
            return Fraction(1, self.rng.randint(1, 3))
        return self.rng.choice(_PARAMETERS)

    def _bound(self, step: Step, reading: Partial, root: Partial) -> Partial | None:
        way = self._way(step, reading)
        rows, columns = (reading.sizes[symbol] for symbol in step.letter.shape)
        space: _Space | None = None
        for _ in range(2 * _ATTEMPTS if way.equations else _ATTEMPTS):
            kind = way.kinds.choose()
            self.meter.left -= 5 * reading.unit
            if kind.startswith("polished") and space is None:
                if rows * columns > _MOST_UNKNOWNS:
                    continue
                space = self._space(way, step.letter, reading)
                if space.origin is None:
                    return None  # no matrix satisfies the linear assumptions
            matrix = self._matrix(kind, step.letter, reading, space)
            if matrix is None:
                continue
            known = step.alone_with(root, matrix)
            child = None if known is None else step.taken(reading, matrix, known)
            way.kinds.learn(kind, child is not None)
            if child is not None:
                return child
        return None

    def _space(self, way: _Way, letter: Letter, reading: Partial) -> _Space:
        if not way.alone:
            return _Space(way.equations, letter, reading)
        # What is said of a letter alone depends on nothing but the sizes.
        key = (letter.name, *sorted(reading.sizes.items()))
        if key not in self._spaces:
            self._spaces[key] = _Space(way.equations, letter, reading)
        return self._spaces[key]

    def _matrix(
        self, kind: str, letter: Letter, reading: Partial, space: _Space | None
    ) -> fmpq_mat | None:
        rows, columns = (reading.sizes[symbol] for symbol in letter.shape)
        if kind == "derived":
            return derived(rows, columns, list(reading.letters.values()), self.rng)
        if kind in RECTANGULAR:
            return RECTANGULAR[kind](rows, columns, self.rng)
        if kind in SQUARE:
            return SQUARE[kind](rows, self.rng)
        assert space is not None
        return space.polished(kind.removeprefix("polished "), self.rng)


def _linear(plan: Plan, step: Step) -> tuple[Equation, ...]:
    """Return the assumptions decided at a step that are linear in its letter."""
    computed = {name for name, _ in step.solved}
    degrees: dict[Expr, float] = {}
    return tuple(
        statement
        for statement in (*step.alone, *step.checks)
        if isinstance(statement, Equation)
        and not plan.names(*statement.expressions) & computed
        and all(_degree(side, step.letter, degrees) <= 1 for side in statement.expressions)
    )


def _degree(expr: Expr, letter: Letter, known: dict[Expr, float]) -> float:
    """Return how often a letter is multiplied with itself, infinite inside an inverse."""
    if expr not in known:
        below = [_degree(child, letter, known) for child in expr.children]
        if isinstance(expr, PseudoInverse | Inverse):
            known[expr] = math.inf if any(below) else 0
        elif isinstance(expr, Product):
            known[expr] = sum(below)
        else:
            known[expr] = max(below, default=float(expr is letter))
    return known[expr]


class _Space:
    """The matrices of one letter that satisfy the assumptions which are linear in it."""

    def __init__(self, equations: Sequence[Equation], letter: Letter, reading: Partial) -> None:
        self.rows, self.columns = (reading.sizes[symbol] for symbol in letter.shape)
        self.origin: fmpq_mat | None = fmpq_mat(self.rows, self.columns)
        self.basis: list[fmpq_mat] = []
        self._solve(equations, letter, reading)

    def _solve(self, equations: Sequence[Equation], letter: Letter, reading: Partial) -> None:
        rows, columns = self.rows, self.columns
        area = rows * columns

        def residuals(matrix: fmpq_mat) -> list[fmpq]:
            child = reading.bound(letter.name, matrix)
            return [
                entry
                for equation in equations
                for entry in (child.value(equation.lhs) - child.value(equation.rhs)).entries()
            ]

        units = []
        for at in range(area):
            unit = fmpq_mat(rows, columns)
            unit[at // columns, at % columns] = 1
            units.append(unit)
        if not equations:
            self.basis = units
            return
        try:
            constant = residuals(fmpq_mat(rows, columns))
            slopes = [[a - b for a, b in zip(residuals(u), constant, strict=True)] for u in units]
        except UndefinedError:
            self.origin = None
            return
        table = fmpq_mat(
            len(constant),
            area + 1,
            [
                entry
                for at, value in enumerate(constant)
                for entry in (*(slope[at] for slope in slopes), -value)
            ],
        )
        echelon, rank = table.rref()
        pivots = [next(j for j in range(area + 1) if echelon[row, j] != 0) for row in range(rank)]
        if area in pivots:
            self.origin = None
            return
        origin = [fmpq(0)] * area
        for row, pivot in enumerate(pivots):
            origin[pivot] = echelon[row, area]
        self.origin = fmpq_mat(rows, columns, origin)
        for free in (j for j in range(area) if j not in pivots):
            direction = [fmpq(0)] * area
            direction[free] = fmpq(1)
            for row, pivot in enumerate(pivots):
                direction[pivot] = -echelon[row, free]
            # Without fractions, so that combinations with small coefficients stay simple.
            common = math.lcm(*(int(value.q) for value in direction))
            self.basis.append(fmpq_mat(rows, columns, [value * common for value in direction]))

    def polished(self, kind: str, rng: random.Random) -> fmpq_mat | None:
        """Draw a matrix of the space, and turn it into one of some kind."""
        assert self.origin is not None
        matrix = combination(self.origin, self.basis, rng)
        if kind == "as it is":
            return matrix
        return POLISHED[kind](matrix) if self.rows == self.columns else None


Kind = TypeVar("Kind")


class _Preference(Generic[Kind]):
    """A choice among kinds, which prefers those that have worked.

    Parameters
    ----------
    weights : mapping to float
        The kinds, each with how often it is chosen before anything is known.
    rng : random.Random
    least : float
        What is left at least of the weight of a kind that has worked.
    """

    def __init__(
        self, weights: Mapping[Kind, float], rng: random.Random, least: float = _LEAST
    ) -> None:
        self._rng, self._least = rng, least
        self._kinds = list(weights)
        self._place = {kind: at for at, kind in enumerate(self._kinds)}
        self._usual = list(weights.values())
        self._weights = list(self._usual)
        self._hits = [1] * len(self._kinds)
        self._tries = [1] * len(self._kinds)

    def choose(self) -> Kind:
        """Choose a kind."""
        return self._rng.choices(self._kinds, self._weights)[0]

    def learn(self, kind: Kind, worked: bool) -> None:
        """Take notice of what became of a choice."""
        at = self._place[kind]
        self._hits[at] += worked
        self._tries[at] += 1
        rate = self._hits[at] / self._tries[at]
        least = self._least if self._hits[at] > 1 else _LEAST
        self._weights[at] = self._usual[at] * max(rate, least)
