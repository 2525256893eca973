"""Binding the letters of a part one after another, so that assumptions decide as early as they can.

A :class:`Plan` says in which order letters may be bound and what can be decided after each of
them. A letter that an assumption gives outright (``A = B K``) is computed as soon as what it
consists of is bound. A :class:`Partial` reads the letters bound so far, evaluates nothing twice and
counts what it costs, so that budgets are the same on every machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import TypeVar

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    ONE,
    Equation,
    Expr,
    Inverse,
    Letter,
    Named,
    Product,
    PseudoInverse,
    Scale,
    Sum,
    Transpose,
    Zero,
    walk,
)
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import Positive, SizeIs, Statement
from linreg_unlearn.audit.drawing import parameters_of
from linreg_unlearn.claims.claim import Part
from linreg_unlearn.errors import InputError

__all__ = ["Meter", "Partial", "Plan", "Step", "is_true", "isolated", "work"]

T = TypeVar("T")
Sizes = dict[str, int]


@dataclass
class Meter:
    """What is left of a budget of matrix operations; it may be filled up again."""

    left: int


def work(largest: int) -> int:
    """Return what an operation costs: 1 for small matrices, more for large ones.

    Examples
    --------
    >>> work(3), work(40)
    (1, 126)
    """
    return 1 + largest**3 // 512


class Partial(ExactReading):
    """An exact reading of the letters bound so far, which counts what it costs.

    Parameters
    ----------
    sizes, parameters
        As for every reading.
    meter : Meter
    """

    def __init__(
        self, sizes: Mapping[str, int], parameters: Mapping[str, Fraction], meter: Meter
    ) -> None:
        super().__init__(sizes, {}, parameters)
        self.meter = meter
        self.unit = work(max(self.sizes.values()))
        self._scalars: dict[Expr, fmpq] = {}

    def bound(self, name: str, matrix: fmpq_mat, known: Partial | None = None) -> Partial:
        """Return a reading of one more letter.

        Parameters
        ----------
        name : str
        matrix : fmpq_mat
        known : Partial, optional
            A reading of this letter alone, whose values are taken over.
        """
        # All that is known stays true, so nothing is evaluated again.
        child = object.__new__(Partial)
        child.__dict__ = {
            **self.__dict__,
            "letters": {**self.letters, name: matrix},
            "_values": {**self._values, **known._values} if known else self._values.copy(),
        }
        return child

    def _evaluate(self, node: Expr) -> fmpq_mat:
        # The same as in the base class for the nodes that most trees consist of, without delay.
        self.meter.left -= self.unit
        kind = type(node)
        if kind is Product:
            values = [self.value(factor) for factor in node.children]
            total = values.pop()
            while values:
                total = values.pop() * total
            return total
        if kind is Letter:
            return self.letters[node.name]  # type: ignore[attr-defined]
        if kind is Transpose:
            return self.value(node.argument).transpose()  # type: ignore[attr-defined]
        if kind is Scale:
            factor = self._scalars.get(node)
            if factor is None:
                value = node.coefficient.value(self.parameters)  # type: ignore[attr-defined]
                factor = self._scalars[node] = fmpq(value.numerator, value.denominator)
            return self.value(node.argument) * factor  # type: ignore[attr-defined]
        if kind is PseudoInverse or kind is Inverse:
            self.meter.left -= 3 * self.unit
        return super()._evaluate(node)

    def evaluate(self, expressions: Iterable[Expr]) -> None:
        """Evaluate what later readings will need, where it is defined."""
        for expr in expressions:
            try:
                self.value(expr)
            except UndefinedError:
                continue  # whatever needs it will find out


def is_true(statement: Statement, reading: ExactReading) -> bool:
    """Whether a statement is defined at a reading and holds."""
    try:
        return holds(statement, reading)
    except UndefinedError:
        return False


@dataclass(frozen=True, eq=False)
class Step:
    """Binding one letter, and what follows at once.

    Parameters
    ----------
    letter : Letter
    alone : tuple of Statement
        The assumptions that speak of this letter alone.
    solved : tuple of (str, Expr)
        The letters that can be computed now.
    checks : tuple of Statement
        The other assumptions that can be decided now.
    early, early_alone : tuple of Expr
        What later steps need, with all letters bound so far and with this letter alone.
    """

    letter: Letter
    alone: tuple[Statement, ...]
    solved: tuple[tuple[str, Expr], ...]
    checks: tuple[Statement, ...]
    early: tuple[Expr, ...]
    early_alone: tuple[Expr, ...]

    def taken(self, reading: Partial, matrix: fmpq_mat, known: Partial) -> Partial | None:
        """Return the reading with the letter bound, or None where an assumption fails."""
        child = reading.bound(self.letter.name, matrix, known)
        try:
            for name, expr in self.solved:
                child = child.bound(name, child.value(expr))
        except UndefinedError:
            return None
        if not all(is_true(check, child) for check in self.checks):
            return None
        child.evaluate(self.early)
        return child

    def alone_with(self, root: Partial, matrix: fmpq_mat) -> Partial | None:
        """Return a reading of the letter alone, or None where an assumption on it fails.

        Parameters
        ----------
        root : Partial
            The reading before any choice.
        matrix : fmpq_mat
        """
        known = root.bound(self.letter.name, matrix)
        if not all(is_true(check, known) for check in self.alone):
            return None
        known.evaluate(self.early_alone)
        return known


class Plan:
    """What can be decided about a part once some of its letters are bound.

    Parameters
    ----------
    part : Part
        Without selectors: their values follow from sizes, which only ``audit.search`` knows.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        known: dict[Expr, Expr] = {}
        self.statement = _shared(part.statement, known)
        self.assumed = tuple(_shared(statement, known) for statement in part.assumed)
        self.letters = tuple(letter for letter in known if isinstance(letter, Letter))
        _check_names(self.letters)
        self._names: dict[Expr, frozenset[str]] = {}
        self.solved = self._solve()
        self.free = tuple(x for x in self.letters if x.name not in self.solved)
        self.fixed = {s.dimension: s.size for s in part.assumed if isinstance(s, SizeIs)}
        symbols = {
            symbol for expr in walk(*part.expressions) for symbol in expr.shape if symbol != ONE
        }
        self.symbols = sorted(symbols - self.fixed.keys())
        self.parameters = sorted(parameters_of(part))
        self.positive = {s.parameter for s in part.assumed if isinstance(s, Positive)}
        given = {equation for _, equation in self.solved.values()}
        self.conditions = tuple(s for s in self.assumed if s not in given)
        constant = self._closed(set())
        self._first = tuple(s for s in self.conditions if self.names(*s.expressions) <= constant)
        self._steps: dict[tuple[str, ...], tuple[Step, ...]] = {}

    def names(self, *expressions: Expr) -> frozenset[str]:
        """Return the names of the letters in some expressions."""
        found: frozenset[str] = frozenset()
        for expr in expressions:
            if expr not in self._names:
                below = self.names(*expr.children)
                self._names[expr] = below | {expr.name} if isinstance(expr, Letter) else below
            found |= self._names[expr]
        return found

    def _solve(self) -> dict[str, tuple[Expr, Equation]]:
        """Choose letters that equations give outright in terms of others, without a circle."""
        solved: dict[str, tuple[Expr, Equation]] = {}
        needs: dict[str, frozenset[str]] = {}
        for equation in self.assumed:
            if not isinstance(equation, Equation):
                continue
            for letter in self.letters:
                expr = None if letter.name in solved else isolated(equation, letter)
                if expr is None:
                    continue
                required = self.names(expr)
                required |= frozenset().union(*(needs.get(name, frozenset()) for name in required))
                if letter.name not in required:
                    solved[letter.name] = (expr, equation)
                    for name, others in needs.items():
                        if letter.name in others:
                            needs[name] = others | required
                    needs[letter.name] = required
                    break
        return solved

    def sizes(self, total: int) -> Iterator[Sizes]:
        """Yield the sizes whose free dimensions add up to a total."""
        if not self.symbols:
            if total == 0:
                yield dict(self.fixed)
            return
        for cuts in itertools.combinations(range(1, total), len(self.symbols) - 1):
            parts = [b - a for a, b in itertools.pairwise((0, *cuts, total))]
            yield {**self.fixed, **dict(zip(self.symbols, parts, strict=True))}

    def root(
        self, sizes: Mapping[str, int], parameters: Mapping[str, Fraction], meter: Meter
    ) -> Partial | None:
        """Return a reading before any choice, or None where an assumption fails already.

        Its letters are those that assumptions give without any other, such as ``A = I``.
        """
        reading = Partial(sizes, parameters, meter)
        try:
            for name, expr in self.computable(set()):
                reading = reading.bound(name, reading.value(expr))
        except UndefinedError:
            return None
        return reading if all(is_true(s, reading) for s in self._first) else None

    def order(self) -> tuple[Letter, ...]:
        """Return the free letters so that assumptions can be decided early."""
        left: list[Letter] = list(self.free)
        chosen: list[Letter] = []
        bound: set[str] = set()
        while left:
            best = max(left, key=lambda letter: self._decided(bound | {letter.name}))
            left = [letter for letter in left if letter is not best]
            chosen.append(best)
            bound.add(best.name)
        return tuple(chosen)

    def _decided(self, bound: set[str]) -> int:
        closed = self._closed(bound)
        return sum(self.names(*s.expressions) <= closed for s in self.conditions)

    def _closed(self, bound: set[str]) -> set[str]:
        return bound | {name for name, _ in self.computable(bound)}

    def computable(self, bound: set[str]) -> Iterator[tuple[str, Expr]]:
        """Yield the solved letters that some letters determine, in order, each with its formula."""
        known = set(bound)
        waiting = [name for name in self.solved if name not in known]
        while ready := [n for n in waiting if self.names(self.solved[n][0]) <= known]:
            for name in ready:
                yield name, self.solved[name][0]
            known.update(ready)
            waiting = [name for name in waiting if name not in known]

    def steps(self, order: Sequence[Letter]) -> tuple[Step, ...]:
        """Return what happens when the free letters are bound in some order."""
        key = tuple(letter.name for letter in order)
        if key not in self._steps:
            self._steps[key] = tuple(self._steps_in(order))
        return self._steps[key]

    def _steps_in(self, order: Sequence[Letter]) -> Iterator[Step]:
        bound: set[str] = set()
        for letter in order:
            before = self._closed(bound)
            bound.add(letter.name)
            after = self._closed(bound)
            new = [
                s
                for s in self.conditions
                if self.names(*s.expressions) <= after and not self.names(*s.expressions) <= before
            ]
            new.sort(key=lambda s: sum(1 for _ in walk(*s.expressions)))
            alone = tuple(s for s in new if self.names(*s.expressions) == {letter.name})
            checks = tuple(s for s in new if self.names(*s.expressions) != {letter.name})
            later = [
                expr
                for s in (*self.conditions, self.statement)
                if not self.names(*s.expressions) <= after
                for expr in s.expressions
            ]
            later += [expr for name, (expr, _) in self.solved.items() if name not in after]
            every = [*self.conditions, self.statement, *(expr for expr, _ in self.solved.values())]
            yield Step(
                letter,
                alone,
                tuple(item for item in self.computable(bound) if item[0] not in before),
                checks,
                tuple(self._inside(later, frozenset(after))),
                tuple(self._inside(every, frozenset({letter.name}))),
            )

    def _inside(self, roots: Iterable[Expr | Statement], bound: frozenset[str]) -> Iterator[Expr]:
        """Yield the largest sub-expressions that speak of bound letters only, and of some."""
        stack = [
            expr
            for root in roots
            for expr in ((root,) if isinstance(root, Expr) else root.expressions)
        ]
        seen: set[Expr] = set()
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            names = self.names(node)
            if names and names <= bound:
                yield node
            else:
                stack.extend(node.children)


def _check_names(letters: Sequence[Letter]) -> None:
    for first, second in itertools.combinations(letters, 2):
        if first.name == second.name:
            shapes = " and ".join(
                f"{rows}×{columns}" for rows, columns in (first.shape, second.shape)
            )
            raise InputError(
                f"letter {first.name!r} has two shapes, {shapes}: give one of them another name"
            )


def _shared(item: T, known: dict[Expr, Expr]) -> T:
    """Return a tree in which equal sub-trees are one object, which makes look-ups fast."""
    if isinstance(item, Expr) and item in known:
        return known[item]  # type: ignore[return-value]
    changed: dict[str, object] = {}
    for entry in fields(item):  # type: ignore[arg-type]
        value = getattr(item, entry.name)
        if isinstance(value, Expr):
            changed[entry.name] = _shared(value, known)
        elif isinstance(value, tuple) and value and isinstance(value[0], Expr):
            changed[entry.name] = tuple(_shared(child, known) for child in value)
    made = replace(item, **changed) if changed else item  # type: ignore[type-var]
    if isinstance(made, Expr):
        known[made] = made
    return made


def isolated(equation: Equation, letter: Letter) -> Expr | None:
    """Return what an equation says a letter is, where the letter stands alone in it.

    Examples
    --------
    >>> A, B, C = (Letter(name, "n", "n") for name in "ABC")
    >>> isolated(A @ B == C, C), isolated(A @ B == C, A)
    (A B, None)
    >>> isolated(A - 2 * B.T == C, B)
    (-1/2 C + 1/2 A)ᵀ
    """
    sides = [(1, equation.lhs), (-1, equation.rhs)]
    summands: list[tuple[Fraction, Expr]] = []
    while sides:
        sign, expr = sides.pop()
        while isinstance(expr, Named):
            expr = expr.body
        if isinstance(expr, Sum):
            sides += [(sign, term) for term in reversed(expr.terms)]
        elif not isinstance(expr, Zero):
            coefficient = Fraction(sign)
            while isinstance(expr, Scale) and (value := expr.coefficient.constant()) is not None:
                coefficient, expr = coefficient * value, expr.argument
            summands.append((coefficient, expr))
    at = [i for i, (_, expr) in enumerate(summands) if letter in set(walk(expr))]
    if len(at) != 1:
        return None
    factor, found = summands.pop(at[0])
    inner = found.argument if isinstance(found, Transpose) else found
    if factor == 0 or not inner.same(letter):
        return None
    if not summands:
        rest: Expr = Zero(found.shape)
    else:
        scaled = [expr if (c := -k / factor) == 1 else c * expr for k, expr in summands]
        rest = scaled[0] if len(scaled) == 1 else Sum(tuple(scaled))
    return rest.T if isinstance(found, Transpose) else rest
