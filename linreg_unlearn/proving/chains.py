"""From the steps of a certificate to chains ``A = B = C`` that a reader can follow.

A step is a sum of multiples of relations. Taken off one by one, in the right order, each of them
turns a word of what is left into another: that order is searched for here. Whatever the order, the
chain begins and ends where it should, because a sum may be added up in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from linreg_unlearn.algebra.words import Monomial, Word, Words, flipped, meaning, times
from linreg_unlearn.errors import InputError

__all__ = [
    "Chain",
    "Link",
    "Move",
    "Proof",
    "Relation",
    "Square",
    "Step",
    "chain",
    "merged",
    "sides",
    "split",
    "through",
]

Json = Any
Source = str | int

_BEAM = 32
"""How many half-finished orders are kept."""

_MOST = 40
"""More moves than this are no reading matter in any order."""

_RULES = frozenset({"zero", "psd", "cancel", "invert", "root", "lemma"})

_LINE = 6
"""What a line of a chain costs, in letters."""


@dataclass(frozen=True)
class Relation:
    """What is zero by assumption: ``kind`` is "given", "commute" or "symmetric"."""

    kind: str
    total: Words


@dataclass(frozen=True)
class Move:
    """A multiple of a relation or earlier step, ``c · left · total · right``.

    Parameters
    ----------
    source : str or int
        Label of the relation, or index of the step.
    total : Words
        What is zero, transposed already where the step says so.
    turned : bool
        Whether it was transposed.
    scale : Fraction
    by : tuple of tuple of str and int
        Parameters and their powers.
    left, right : tuple of str
    shape : tuple of str
    """

    source: Source
    total: Words
    turned: bool
    scale: Fraction
    by: Monomial
    left: Word
    right: Word
    shape: tuple[str, str]

    @cached_property
    def value(self) -> Words:
        """The multiple, multiplied out."""
        return Words.collect(
            self.shape,
            (
                (self.left + word + self.right, times(monomial, self.by), c * self.scale)
                for word, monomial, c in self.total.terms
            ),
        )

    def scaled(self, factor: Fraction | int) -> Move:
        """Return a multiple of the move."""
        return replace(self, scale=self.scale * factor)


@dataclass(frozen=True)
class Square:
    """``c · ZᵀZ``."""

    scale: Fraction
    by: Monomial
    root: Words

    @property
    def value(self) -> Words:
        """The square, multiplied out."""
        return (self.root.T @ self.root).scaled(self.scale, self.by)


@dataclass(frozen=True)
class Step:
    """One step of a proof: ``data`` is what only its rule reads."""

    rule: str
    claim: Words
    moves: tuple[Move, ...]
    squares: tuple[Square, ...]
    factors: tuple[Words, ...]
    lemma: str
    images: Mapping[str, Words]
    sizes: Mapping[str, str]


class Proof:
    """A certificate's proof, read into words.

    Parameters
    ----------
    letters : mapping
        The table of letters of a certificate.
    proof : mapping
        Its relations and steps.

    Raises
    ------
    InputError
        If it is not in the format of certificates.
    """

    def __init__(self, letters: Json, proof: Json) -> None:
        self.letters: dict[str, str] = {}
        self.relations: dict[str, Relation] = {}
        self.steps: list[Step] = []
        try:
            for name, entry in letters.items():
                self.letters[name] = self._letter(name, entry).terms[0][0][0]
            for label, entry in proof["relations"].items():
                self.relations[label] = self._relation(entry)
            for step in proof["steps"]:
                self.steps.append(self._step(step))
            self._forget_unused()
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"the proof cannot be read ({error!r}): pass the letters and the proof of a "
                "certificate that was checked"
            ) from error

    def _forget_unused(self) -> None:
        """Keep the letters of this proof only: the parts of a claim share a table."""
        sums = [relation.total for relation in self.relations.values()]
        for step in self.steps:
            sums += [step.claim, *(move.value for move in step.moves), *step.factors]
            sums += [*(square.root for square in step.squares), *step.images.values()]
        used: set[str] = set()
        while sums:
            for word, _, _ in sums.pop().terms:
                for letter in {x.rstrip("'") for x in word} - used:
                    used.add(letter)
                    argument = meaning(letter).argument
                    sums += [] if argument is None else [argument]
        self.letters = {name: letter for name, letter in self.letters.items() if letter in used}

    def _letter(self, name: str, entry: Json) -> Words:
        ((kind, source),) = entry.items()
        if kind == "letter":
            rows, columns = source
            return Words.letter(kind, name, (rows, columns))
        argument = self._sum(source)
        if kind == "pinv":
            return argument.pinv
        return Words.letter(kind, "", argument.shape, argument)

    def _word(self, text: str) -> Word:
        word: Word = ()
        for x in text.split():
            word += (self.letters[x],) if x in self.letters else flipped((self.letters[x[:-1]],))
        return word

    def _sum(self, data: Json) -> Words:
        return Words.collect(
            (data["row"], data["col"]),
            ((self._word(w), _monomial(m), Fraction(c)) for c, m, w in data["poly"]),
        )

    def _relation(self, entry: Json) -> Relation:
        ((kind, source),) = entry.items()
        if kind == "given":
            return Relation(kind, self._sum(source))
        sums = [self._sum(item) for item in source]
        if kind == "commute":
            return Relation(kind, sums[0] @ sums[1] - sums[1] @ sums[0])
        return Relation(kind, sums[0] - sums[0].T)

    def _step(self, step: Json) -> Step:
        rule, claim = step["rule"], self._sum(step["claim"])
        squares = tuple(
            Square(Fraction(item["c"], step["den"]), _monomial(item["mono"]), self._sum(item["Z"]))
            for item in step.get("squares", ())
        )
        roots = [square.root for square in squares]
        if rule not in _RULES or (rule == "cancel" and claim not in roots):
            raise ValueError(f"{rule} shows something else")
        if rule == "zero" and claim.terms and not step["cofactors"]:
            raise ValueError("a step has no cofactors")
        # Of these rules, the cofactors do not add up to the claim but to what it follows from.
        size = {"cancel": claim.shape[1:] * 2, "invert": claim.shape[:1] * 2}
        shape = size.get(rule, claim.shape)
        return Step(
            rule,
            claim,
            tuple(self._move(item, step["den"], shape) for item in step.get("cofactors", ())),
            squares,
            tuple(self._sum(step[name]) for name in ("a", "b") if name in step),
            step.get("lemma", ""),
            {name: self._sum(image) for name, image in step.get("with", {}).items()},
            step.get("sizes", {}),
        )

    def _move(self, item: Json, den: int, shape: tuple[str, str]) -> Move:
        source = item["rel"]
        known = (
            self.relations[source].total if isinstance(source, str) else self.steps[source].claim
        )
        return Move(
            source,
            known.T if item["tr"] else known,
            item["tr"],
            Fraction(item["c"], den),
            _monomial(item["mono"]),
            self._word(item["l"]),
            self._word(item["r"]),
            shape,
        )


def _monomial(powers: Json) -> Monomial:
    return tuple(sorted(powers.items()))


@dataclass(frozen=True)
class Link:
    """One "=": what is taken off, all of one source, and what is left."""

    moves: tuple[Move, ...]
    result: Words


@dataclass(frozen=True)
class Chain:
    """``start = … = …``, one relation at a time."""

    start: Words
    links: tuple[Link, ...]

    @property
    def sums(self) -> tuple[Words, ...]:
        """What stands between the equality signs, from the start to the end."""
        return (self.start, *(link.result for link in self.links))


def merged(moves: Iterable[Move]) -> list[Move]:
    """Put multiples of the same thing together, and leave out those that cancel.

    Parameters
    ----------
    moves : iterable of Move

    Returns
    -------
    list of Move

    Examples
    --------
    >>> A = Words.letter("letter", "A", ("n", "n"))
    >>> move = Move("r1", A, False, Fraction(2), (), (), (), A.shape)
    >>> merged([move, move])[0].value == A.scaled(4)
    True
    >>> merged([move, move.scaled(-1)])
    []
    """
    total: dict[tuple[Source, Words], Move] = {}
    for move in moves:
        if not move.value.terms:
            continue
        lead = move.value.terms[0][2]
        key = (move.source, move.value.scaled(1 / lead))
        if key in total:  # a relation that is its own transpose may come both ways
            before = total[key].value.terms[0][2]
            total[key] = total[key].scaled((before + lead) / before)
        else:
            total[key] = move
    return [move for move in total.values() if move.scale]


def split(moves: Sequence[Move]) -> list[list[Move]]:
    """Put moves into groups that have no words in common: each group is an equation of its own.

    Parameters
    ----------
    moves : sequence of Move

    Returns
    -------
    list of list of Move
        In the order of their first moves.

    Examples
    --------
    >>> A, B = (Words.letter("letter", name, ("n", "n")) for name in "AB")
    >>> a, b = (Move("r1", x, False, Fraction(1), (), (), (), x.shape) for x in (A, B))
    >>> [len(group) for group in split([a, b, a])]
    [2, 1]
    """
    groups: list[tuple[set[_Key], list[int]]] = []
    for at, move in enumerate(moves):
        keys, joined, apart = set(_terms(move.value)), [at], []
        for known, members in groups:
            if known & keys:
                keys, joined = known | keys, [*members, *joined]
            else:
                apart.append((known, members))
        groups = [*apart, (keys, joined)]
    return [[moves[at] for at in group] for group in sorted(sorted(g) for _, g in groups)]


def sides(total: Words) -> tuple[Words, Words]:
    """Return the two sides of the equation that says that a sum is zero.

    Parameters
    ----------
    total : Words

    Returns
    -------
    tuple of Words
        Sums without a minus sign; only the second may be zero, unless the whole sum is.

    Examples
    --------
    >>> A, B = (Words.letter("letter", name, ("n", "n")) for name in "AB")
    >>> sides(A - B) == (A, B)
    True
    >>> sides(A.scaled(-1)) == (A, A - A)
    True
    """
    plus = Words(total.shape, tuple(term for term in total.terms if term[2] > 0))
    minus = plus - total
    return (plus, minus) if plus.terms else (minus, plus)


def through(start: Words, moves: Sequence[Move]) -> Chain | None:
    """Return a chain that starts from a sum and takes off all moves, or None where none is found.

    Each move has to shrink a word of what is left. Orders are searched breadth first; the best are
    kept, measured by what a reader has to read.

    Parameters
    ----------
    start : Words
    moves : sequence of Move

    Returns
    -------
    Chain or None

    Examples
    --------
    >>> A, B, C = (Words.letter("letter", name, ("n", "n")) for name in "ABC")
    >>> a, b = (Move("r1", x, False, Fraction(1), (), (), (), A.shape) for x in (A - B, B - C))
    >>> through(A, [b, a]).sums == (A, C)
    True
    """
    found = _searched(start, moves)
    return None if found is None else found[1]


def chain(total: Words, moves: Sequence[Move]) -> Chain | None:
    """Return the chain that shows best why a sum is zero, where moves add up to it.

    It goes from the words with one sign to those with the other, either way, or from all of them to
    zero.

    Parameters
    ----------
    total : Words
    moves : sequence of Move

    Returns
    -------
    Chain or None

    Examples
    --------
    >>> A, B = (Words.letter("letter", name, ("n", "n")) for name in "AB")
    >>> move = Move("r1", A - B, False, Fraction(1), (), (), (), A.shape)
    >>> chain(A - B, [move]).sums == (A, B)
    True
    """
    plus, minus = sides(total)
    away = [move.scaled(-1) for move in moves]
    # To zero, both sides have to be read at once, so it has to be much shorter.
    starts = [(plus, moves, 1.0), (minus, away, 1.15), (total, moves, 1.4)]
    if not minus.terms:
        starts = [(plus, moves if plus == total else away, 1.0)]
    best: tuple[float, Chain] | None = None
    for start, ways, factor in starts:
        found = _searched(start, ways)
        if found is not None and (best is None or factor * found[0] < best[0]):
            best = (factor * found[0], found[1])
    return None if best is None else best[1]


_Key = tuple[Word, Monomial]
_Sum = dict[_Key, int | Fraction]


@dataclass(frozen=True)
class _State:
    """The moves made so far, as bits and in order, and what is left of the sum."""

    cost: int
    made: int
    order: tuple[int, ...]
    left: _Sum


def _terms(total: Words) -> _Sum:
    # Whole numbers are much faster than fractions.
    return {(w, m): c.numerator if c.denominator == 1 else c for w, m, c in total.terms}


def _size(keys: Iterable[_Key]) -> int:
    return sum(1 + len(word) for word, _ in keys)


def _searched(start: Words, moves: Sequence[Move]) -> tuple[int, Chain] | None:
    if len(moves) > _MOST:
        return None
    values = [_terms(move.value) for move in moves]
    first = _terms(start)
    states = [_State(_size(first), 0, (), first)]
    for _ in moves:
        after: dict[tuple[int, Source], tuple[int, _State, int]] = {}
        for state in states:
            size = _size(state.left)
            last = moves[state.order[-1]].source if state.order else None
            for at, move in enumerate(moves):
                grown = None if state.made >> at & 1 else _growth(state.left, values[at])
                if grown is None:
                    continue
                # Where a line before is of the same relation, it is one line for both.
                line = grown if last == move.source else grown + size + _LINE
                step = (state.cost + line, state, at)
                key = (state.made | 1 << at, move.source)
                if key not in after or step[0] < after[key][0]:
                    after[key] = step
        best = sorted(after.values(), key=lambda step: step[0])[:_BEAM]
        states = [_moved(state, cost, at, values[at]) for cost, state, at in best]
    if not states:
        return None
    return states[0].cost, _linked(start, [moves[at] for at in states[0].order])


def _growth(left: _Sum, value: _Sum) -> int | None:
    """Return by how much a sum gets longer without a move, or None where it rewrites nothing."""
    growth, rewrites = 0, len(value) == 1  # a word that is zero may come or go
    for key, c in value.items():
        before = left.get(key, 0)
        if not before:
            growth += 1 + len(key[0])
        elif before == c:
            growth -= 1 + len(key[0])
        rewrites |= (before - c) ** 2 < before**2
    return growth if rewrites else None


def _moved(state: _State, cost: int, at: int, value: _Sum) -> _State:
    left = dict(state.left)
    for key, c in value.items():
        left[key] = left.get(key, 0) - c
        if not left[key]:
            del left[key]
    return _State(cost, state.made | 1 << at, (*state.order, at), left)


def _linked(start: Words, order: Iterable[Move]) -> Chain:
    links: list[Link] = []
    rest = start
    for move in order:
        rest = rest - move.value
        if links and links[-1].moves[0].source == move.source:
            links[-1] = Link((*links[-1].moves, move), rest)
        else:
            links.append(Link((move,), rest))
    return Chain(start, tuple(links))
