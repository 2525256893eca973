"""Counterexamples to a statement of one's own, and instances that satisfy what it assumes.

Letters may have any shapes, assumptions may be any statements. Two ways take turns: the smallest
integer instances one after another (``audit.smallest``), and structured draws of larger ones, which
have fractions where they need them (``audit.structured``). What is found is checked once more by
``audit.evidence``, so neither is trusted.

Budgets count matrix operations, not seconds, so that the same call gives the same answer anywhere.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Expr
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import Positive
from linreg_unlearn.audit.binding import Meter, Partial, Plan, is_true, work
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import Verdict, judge, violates
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.search import Counterexample, has_selectors, smallest_counterexample
from linreg_unlearn.audit.smallest import smallest_first
from linreg_unlearn.audit.structured import Draws
from linreg_unlearn.claims.claim import Part

__all__ = ["candidates", "refute", "satisfying_instance"]

BUDGET = 250_000
"""Matrix operations for one question: about a second where there is nothing to find."""


def refute(
    part: Part,
    *,
    budget: int = BUDGET,
    seed: int = 0,
    wrong: Callable[[Part, Instance], bool] = violates,
) -> Counterexample | None:
    """Look for an exact instance that satisfies the assumptions and violates the statement.

    Parameters
    ----------
    part : Part
        Any statement, assuming any statements, of letters of any shapes.
    budget : int
        How many matrix operations to spend.
    seed : int
        Of the structured draws.
    wrong : callable, optional
        What is looked for, where it is something else; wherever it is so, the statement is not
        true.

    Returns
    -------
    Counterexample or None
        ``covered`` says whether everything smaller was looked at. None proves nothing.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> A, B = Letter("A", "m", "n"), Letter("B", "n", "k")
    >>> print(refute(Part(pinv(A @ B) == pinv(B) @ pinv(A))).instance)
    A = [[1, 0]], B = [[1], [1]]
    >>> refute(Part(A @ pinv(A) @ A == A), budget=2000) is None
    True
    """
    if has_selectors(part):
        return _refute_by_rows(part, budget, seed, wrong)
    search = _Search(part, seed, wrong)
    if not search.affordable(budget):
        return None
    found = search.in_order(budget // 10)
    if found is None:
        drawn = search.by_drawing(budget // 2)
        found = search.in_order(budget // 10 if drawn else 4 * budget // 10)
        if drawn is not None and (found is None or _total(drawn) < _total(found)):
            simple = search.simplified(drawn, budget // 5)
            return Counterexample(0, simple, False, search.tried + search.drawn)
    return None if found is None else Counterexample(0, found, True, search.tried)


def _refute_by_rows(
    part: Part, budget: int, seed: int, wrong: Callable[[Part, Instance], bool]
) -> Counterexample | None:
    # Selectors follow from the sizes, which takes the search and the draws made for the theory.
    tries = budget // 150
    found = smallest_counterexample(part, budget=tries, wrong=wrong)
    if found is not None:
        return found
    drawn = itertools.islice(_drawn_by_rows(part, seed), tries // 10)
    found_by_chance = [instance for instance in drawn if wrong(part, instance)]
    if not found_by_chance:
        return None
    return Counterexample(0, min(found_by_chance, key=_complexity), False, tries + tries // 10)


def _drawn_by_rows(part: Part, seed: int) -> Iterator[Instance]:
    source, plan = RandomSource(seed), Plan(part)
    signed = {said.parameter for said in part.assumed if isinstance(said, Positive)}
    while True:
        instance = draw_instance(part, source, _SMALL)
        yield instance
        # Draws are of positive parameters; one that need not be so is turned, or zero.
        unsigned = [name for name in instance.parameters if name not in signed | _MEANS]
        if unsigned:
            values = {name: _TURNED[source.integer(0, len(_TURNED) - 1)] for name in unsigned}
            parameters = {**instance.parameters, **values}
            yield replace(instance, parameters=parameters)
        # Where no construction makes a letter what an assumption says it is, it is computed.
        free = {letter.name: instance.letters[letter.name] for letter in plan.free}
        completed = _completed(plan, instance.sizes, instance.parameters, free, Meter(0))
        if completed is not None and completed.letters != instance.letters:
            yield completed


def satisfying_instance(part: Part, *, budget: int = BUDGET, seed: int = 0) -> Instance | None:
    """Look for a non-zero instance on which all assumptions hold and every inverse exists.

    A proof from assumptions that contradict each other says nothing; the instance shows that they
    do not.

    Parameters
    ----------
    part : Part
    budget : int
        How many matrix operations to spend.
    seed : int
        Of the draws.

    Returns
    -------
    Instance or None
        If possible, no letter is zero or an identity, every dimension is at least 2, and the
        statement does not hold for a trivial reason. At the least, some letter is not zero.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter
    >>> A = Letter("A", "n", "n")
    >>> instance = satisfying_instance(Part(A @ A @ A == 0, (A @ A == 0,)))
    >>> A_value = instance.letters["A"]
    >>> rational.is_zero(A_value), rational.is_zero(A_value * A_value)
    (False, True)
    >>> satisfying_instance(Part(A == 0, (A.T @ A == 0,)), budget=1000) is None
    True
    """
    best: Instance | None = None
    grade, enough = 0, budget
    for spent, instance in candidates(part, budget, seed):
        found = _grade(part, instance)
        if found > grade or (found == grade and best and _complexity(instance) < _complexity(best)):
            best, grade = instance, found
        if grade == _PERFECT:
            # A little longer, in case that there is a simpler one.
            enough = min(enough, spent + budget // 50)
        # The longer it takes, the less is asked.
        if spent >= enough or (spent > budget // 3 and grade >= _GOOD):
            break
    return best


def candidates(part: Part, budget: int, seed: int) -> Iterator[tuple[int, Instance]]:
    """Yield instances on which all assumptions hold, each with what was spent so far.

    Parameters
    ----------
    part : Part
    budget : int
        How many matrix operations to spend.
    seed : int
        Of the draws.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter
    >>> A = Letter("A", "n", "n")
    >>> _, instance = next(candidates(Part(A @ A == A, (A == A.T,)), 1000, 0))
    >>> instance.letters["A"] == instance.letters["A"].transpose()
    True
    """
    if has_selectors(part):
        for turn, instance in enumerate(itertools.islice(_drawn_by_rows(part, seed), 200)):
            if judge(part, instance) is not Verdict.REJECTED:
                yield turn * budget // 200, instance
        return
    search = _Search(part, seed)
    if not search.affordable(budget):
        return
    shares = (search.draws.readings(), 2 * budget // 3), (search.ordered, budget // 3)
    spent = 0
    for readings, share in shares:
        search.meter.left = share
        for reading in readings:
            if reading is None:
                break
            search.meter.left -= _JUDGING * reading.unit
            yield spent + share - search.meter.left, _instance(search.plan, reading)
        spent += share


# Judging an instance evaluates everything once more.
_JUDGING = 30

_MEANS = {"m_r", "m_f"}
_TURNED = (*map(Fraction, (0, -1, 1, -2, 2)), Fraction(-1, 2))

_SMALL = Limits(retained=(1, 3), forget=(1, 2), features=(1, 4))

_GOOD, _PERFECT = 12, 15


def _grade(part: Part, instance: Instance) -> int:
    """Return how much an instance says, as a number: 0 says nothing."""
    verdict = judge(part, instance)
    if verdict is Verdict.REJECTED or not _is_defined(part.statement.expressions, instance):
        return 0
    matrices = instance.letters.values()
    zeros = sum(map(rational.is_zero, matrices))
    if matrices and zeros == len(matrices):
        return 0
    plain = not any(m.nrows() == m.ncols() and m == rational.identity(m.nrows()) for m in matrices)
    large = all(size > 1 for name, size in instance.sizes.items() if not name.isdigit())
    informative = verdict is not Verdict.DEGENERATE
    # Something is better than nothing, hence 1.
    return 8 * (zeros == 0) + 4 * informative + 2 * plain + large or 1


def _is_defined(expressions: Sequence[Expr], instance: Instance) -> bool:
    reading = instance.exact()
    try:
        for expr in expressions:
            reading.value(expr)
    except UndefinedError:
        return False
    return True


def _instance(plan: Plan, reading: Partial) -> Instance:
    return Instance(
        {name: size for name, size in reading.sizes.items() if name != "1"},
        {letter.name: reading.letters[letter.name] for letter in plan.letters},
        reading.parameters,
    )


class _Search:
    """The two ways through the instances of one part, each of which can be continued."""

    def __init__(
        self, part: Part, seed: int, wrong: Callable[[Part, Instance], bool] = violates
    ) -> None:
        self.part, self.plan, self.wrong = part, Plan(part), wrong
        self.meter = Meter(0)
        self.tried = self.drawn = 0
        self.ordered = smallest_first(self.plan, self.meter)
        self.draws = Draws(self.plan, self.meter, random.Random(seed))

    def affordable(self, budget: int) -> bool:
        """Whether a budget suffices for a few instances of the sizes that are given."""
        return work(max(self.plan.fixed.values(), default=1)) <= budget // 20

    def in_order(self, budget: int) -> Instance | None:
        """Go on through the smallest instances, until one violates the statement."""
        self.meter.left = budget
        return next(self._violating(self.ordered), None)

    def by_drawing(self, budget: int) -> Instance | None:
        """Draw until an instance violates the statement."""
        self.meter.left = budget
        return next(self._violating(self.draws.readings()), None)

    def _violating(self, readings: Iterator[Partial | None]) -> Iterator[Instance]:
        for reading in readings:
            if reading is None:
                return
            if readings is self.ordered:
                self.tried += 1
            else:
                self.drawn += 1
            if not is_true(self.plan.statement, reading):
                instance = _instance(self.plan, reading)
                if self.wrong(self.part, instance):
                    yield instance

    def simplified(self, instance: Instance, budget: int) -> Instance:
        """Look for a simpler one among other draws, then drop what is not needed of it."""
        self.meter.left = budget // 2
        others = self._violating(self.draws.readings(instance.sizes))
        best = min((instance, *others), key=_complexity)
        self.meter.left = budget // 2
        return self._shrunk(best)

    def _shrunk(self, instance: Instance) -> Instance:
        """Drop rows and columns and simplify entries while the statement stays violated."""
        better: Instance | None = instance
        while better is not None:
            instance = better
            better = next(
                (other for other in self._smaller(instance) if self.wrong(self.part, other)), None
            )
        return instance

    def _smaller(self, instance: Instance) -> Iterator[Instance]:
        plan = self.plan
        free = {x.name: instance.letters[x.name] for x in plan.free}
        for symbol in plan.symbols:
            for gone in range(instance.sizes[symbol] if instance.sizes[symbol] > 1 else 0):
                kept = [at for at in range(instance.sizes[symbol]) if at != gone]
                smaller = dict(free)
                for letter in plan.free:
                    if letter.rows == symbol:
                        smaller[letter.name] = rational.select_rows(smaller[letter.name], kept)
                    if letter.columns == symbol:
                        smaller[letter.name] = rational.select_columns(smaller[letter.name], kept)
                yield from self._with(instance, {**instance.sizes, symbol: len(kept)}, smaller)
        for name, matrix in free.items():
            for i in range(matrix.nrows()):
                for j in range(matrix.ncols()):
                    for value in (0, 1, -1):
                        if _height(fmpq(value)) < _height(matrix[i, j]):
                            simpler = fmpq_mat(matrix)
                            simpler[i, j] = value
                            yield from self._with(instance, instance.sizes, {**free, name: simpler})

    def _with(
        self, like: Instance, sizes: Mapping[str, int], free: Mapping[str, fmpq_mat]
    ) -> Iterator[Instance]:
        instance = _completed(self.plan, sizes, like.parameters, free, self.meter)
        self.meter.left -= _JUDGING * work(max(sizes.values(), default=1))
        if instance is not None and self.meter.left > 0:
            yield instance


def _completed(
    plan: Plan,
    sizes: Mapping[str, int],
    parameters: Mapping[str, Fraction],
    free: Mapping[str, fmpq_mat],
    meter: Meter,
) -> Instance | None:
    """Return the instance in which these letters determine the others."""
    reading = Partial(sizes, parameters, meter)
    for name, matrix in free.items():
        reading = reading.bound(name, matrix)
    try:
        for name, expr in plan.computable(set(free)):
            reading = reading.bound(name, reading.value(expr))
    except UndefinedError:
        return None
    return _instance(plan, reading)


def _total(instance: Instance) -> int:
    return sum(instance.sizes.values())


def _complexity(instance: Instance) -> tuple[int, int]:
    """Return the sum of dimensions, then how long the entries are."""
    entries = (entry for matrix in instance.letters.values() for entry in matrix.entries())
    return _total(instance), sum(_height(entry)[0] for entry in entries)


def _height(value: fmpq) -> tuple[int, int]:
    return (abs(int(value.p)) + int(value.q) if value else 0, value < 0)
