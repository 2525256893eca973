"""The small integer instances on which all assumptions of a part hold, one after another.

They come by sum of dimensions, then largest entry, then non-zero entries, and are built letter by
letter (``audit.binding``), so that an assumption that fails cuts off everything that extends it.

Every statement of the language is invariant under a signed permutation in each of its dimensions.
Of matrices that differ by one, a single one is looked at: first for the first letter, then for the
second among those that leave the first as it is, and so on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence, Set
from fractions import Fraction

from flint import fmpq_mat

from linreg_unlearn.audit.binding import Meter, Partial, Plan

__all__ = ["LARGEST_ENTRY", "LARGEST_TOTAL", "parameter_values", "smallest_first"]

LARGEST_ENTRY = 2
LARGEST_TOTAL = 10

# Any subset of the symmetries is valid; finding images under more of them costs more than it saves.
_MOST_SYMMETRIES = 600
_LARGEST_TURNED = 3

# Up to so many matrices of one letter are looked at once and remembered.
_REMEMBERED = 2000

Sizes = dict[str, int]
Values = tuple[int, ...]
Turn = tuple[tuple[int, int], ...]


def smallest_first(plan: Plan, meter: Meter) -> Iterator[Partial | None]:
    """Yield the small integer instances on which all assumptions hold, in order.

    Parameters
    ----------
    plan : Plan
    meter : Meter
        The cost of the search; the search goes on if it is filled up again.

    Yields
    ------
    Partial or None
        None means that the meter has run out, and nothing else.
    """
    start = len(plan.symbols)
    values = list(parameter_values(plan.parameters, plan.positive))
    totals = range(start, max(LARGEST_TOTAL, start + 2) + 1) if start else range(1)
    for total in totals:
        for largest in range(1, LARGEST_ENTRY + 1):
            roots = [
                plan.root(sizes, parameters, meter)
                for sizes in plan.sizes(total)
                for parameters in values
            ]
            cells = [_Cell(plan, root, largest) for root in roots if root is not None]
            # Equal numbers of non-zero entries come together, whatever the shape.
            for nonzero in range(max((cell.most for cell in cells), default=-1) + 1):
                for cell in cells:
                    yield from cell.readings(nonzero)


def parameter_values(names: Sequence[str], positive: Set[str]) -> Iterator[dict[str, Fraction]]:
    """Yield the values of parameters to look at: 1, 2, …, so that they differ.

    One that need not be positive is also 1, 0 and −1.

    Examples
    --------
    >>> [str(at["beta"]) for at in parameter_values(["alpha", "beta"], {"alpha"})]
    ['2', '1', '0', '-1']
    """
    choices = [
        dict.fromkeys((i + 1,) if name in positive else (i + 1, 1, 0, -1))
        for i, name in enumerate(names)
    ]
    for chosen in itertools.product(*choices):
        yield dict(zip(names, map(Fraction, chosen), strict=True))


class _Cell:
    """The instances of one shape and one largest entry."""

    def __init__(self, plan: Plan, root: Partial, largest: int) -> None:
        self.root, self.largest, self.meter = root, largest, root.meter
        self.steps = plan.steps(plan.order())
        self.shapes = [
            (self.root.sizes[step.letter.rows], self.root.sizes[step.letter.columns])
            for step in self.steps
        ]
        self.areas = [rows * columns for rows, columns in self.shapes]
        self.most = sum(self.areas)
        self.digits = [sign * size for size in range(1, largest + 1) for sign in (1, -1)]
        self.turns = self._turns()
        self._remembered: dict[tuple[int, int], list[tuple[Values, Partial]]] = {}

    def _turns(self) -> list[list[Turn]]:
        """Return what each symmetry does to the entries of each letter, with its identity first."""
        symbols = {symbol for step in self.steps for symbol in step.letter.shape}
        choices: dict[str, list[Turn]] = {}
        count = 1
        for symbol in sorted(symbols, key=lambda s: (self.root.sizes[s], s)):
            size = self.root.sizes[symbol]
            number = 2**size * math.factorial(size)
            if size <= _LARGEST_TURNED and count * number <= _MOST_SYMMETRIES:
                count *= number
                choices[symbol] = _signed_permutations(size)
            else:
                choices[symbol] = [tuple((at, 1) for at in range(size))]
        turns = []
        for combination in itertools.product(*choices.values()):
            chosen = dict(zip(choices, combination, strict=True))
            turns.append(
                [
                    _on_entries(chosen[step.letter.rows], chosen[step.letter.columns])
                    for step in self.steps
                ]
            )
        return turns

    def readings(self, nonzero: int) -> Iterator[Partial | None]:
        """Yield the instances with this many non-zero entries on which the assumptions hold."""
        if self.steps:
            yield from self._walk(0, self.root, nonzero, self.largest == 1, self.turns)
        elif nonzero == 0 and self.largest == 1:
            yield self.root

    def _walk(
        self, depth: int, reading: Partial, left: int, reached: bool, turns: list[list[Turn]]
    ) -> Iterator[Partial | None]:
        step, last = self.steps[depth], depth + 1 == len(self.steps)
        most = min(self.areas[depth], left)
        least = max(0, left - sum(self.areas[depth + 1 :]))
        for count in range(least, most + 1):
            for item in self._distinct(depth, count, turns):
                if self.meter.left < 0:
                    yield None
                if item is None:
                    continue
                values, known, fixing = item
                now = reached or self.largest in values or -self.largest in values
                if last and not now:
                    continue
                child = step.taken(reading, known.letters[step.letter.name], known)
                if child is None:
                    continue
                if last:
                    yield child
                else:
                    yield from self._walk(depth + 1, child, left - count, now, fixing)

    def _distinct(
        self, depth: int, count: int, turns: list[list[Turn]]
    ) -> Iterator[tuple[Values, Partial, list[list[Turn]]] | None]:
        """Yield one matrix of each class, with the symmetries that leave it as it is."""
        seen: set[Values] = set()
        for item in self._matrices(depth, count):
            self.meter.left -= 1
            if item is None:
                yield None
                continue
            values, known = item
            if values in seen:
                continue
            fixing = turns
            if len(turns) > 1:
                images = [tuple([sign * values[at] for at, sign in turn[depth]]) for turn in turns]
                self.meter.left -= len(turns) // 4
                fixing = [
                    turn for turn, image in zip(turns, images, strict=True) if image == values
                ]
                seen.update(images)
            yield values, known, fixing

    def _matrices(self, depth: int, count: int) -> Iterator[tuple[Values, Partial] | None]:
        """Yield the matrices of a letter that satisfy what is assumed of it alone."""
        area = self.areas[depth]
        if math.comb(area, count) * len(self.digits) ** count > _REMEMBERED:
            yield from self._fresh(depth, count)
            return
        if (depth, count) not in self._remembered:
            found = self._fresh(depth, count)
            self._remembered[depth, count] = [item for item in found if item is not None]
        yield from self._remembered[depth, count]

    def _fresh(self, depth: int, count: int) -> Iterator[tuple[Values, Partial] | None]:
        step, area, (rows, columns) = self.steps[depth], self.areas[depth], self.shapes[depth]
        for places in itertools.combinations(range(area), count):
            for entries in itertools.product(self.digits, repeat=count):
                values = [0] * area
                for place, entry in zip(places, entries, strict=True):
                    values[place] = entry
                self.meter.left -= 1
                known = step.alone_with(self.root, fmpq_mat(rows, columns, values))
                yield None if known is None else (tuple(values), known)


def _signed_permutations(size: int) -> list[Turn]:
    return [
        tuple(zip(order, signs, strict=True))
        for order in itertools.permutations(range(size))
        for signs in itertools.product((1, -1), repeat=size)
    ]


def _on_entries(rows: Turn, columns: Turn) -> Turn:
    width = len(columns)
    return tuple(
        (row * width + column, row_sign * column_sign)
        for row, row_sign in rows
        for column, column_sign in columns
    )
