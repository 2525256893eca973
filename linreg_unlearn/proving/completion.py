"""Noncommutative completion with traced cofactors: what follows from relations by rewriting.

A relation becomes a rule that replaces its leading word by the rest. Where two leading words
overlap, the two ways to rewrite differ by something that is zero too: a new rule. Rules are kept
inter-reduced (a leading word that contains another is rewritten, not kept), and every relation
stands for its transpose as well. Each rule remembers the combination of relations and earlier rules
that it is, so whatever reduces to nothing comes with its proof.

Words are strings here, a character per letter: the least bit of a character says transposed.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from linreg_unlearn.algebra.words import times
from linreg_unlearn.proving.scalars import Coefficient, Laurent, inverse, split

__all__ = ["Cofactor", "Completion", "Node", "Poly", "flip", "transposed"]

Poly = dict[str, Coefficient]


@dataclass(frozen=True)
class Cofactor:
    """``c · left · node · right``, the node transposed or not."""

    c: Coefficient
    left: str
    node: Node
    turned: bool
    right: str


@dataclass(frozen=True, eq=False)
class Node:
    """Something that is zero, and why: a relation, a combination, or what ``rule`` makes of one.

    Parameters
    ----------
    poly : Poly
    rows, columns : str
        Its shape.
    rule : str
        "given", "zero" (a combination of cofactors), or a rule of the checker such as "cancel".
    cofactors : tuple of Cofactor
    extra : object
        What else the rule needs.
    """

    poly: Poly = field(repr=False)
    shape: tuple[str, str]
    rule: str
    cofactors: tuple[Cofactor, ...] = ()
    extra: Any = None


def flip(word: str) -> str:
    """Return the transpose of a word.

    Examples
    --------
    >>> flip("BA") == "@C"
    True
    """
    return "".join(chr(ord(letter) ^ 1) for letter in reversed(word))


def transposed(poly: Poly) -> Poly:
    """Return the transpose of a sum."""
    return {flip(word): c for word, c in poly.items()}


@dataclass(eq=False)
class Rule:
    lead: str
    tail: list[tuple[str, Coefficient]]  # lead + tail = 0
    node: Node
    turned: bool
    scale: Coefficient  # the rule is scale · node
    alive: bool = True


def _add(poly: Poly, word: str, c: Coefficient) -> None:
    total = poly.get(word, 0) + c
    if total:
        poly[word] = total
    else:
        poly.pop(word, None)


class Completion:
    """A growing set of rules.

    Parameters
    ----------
    weights : callable
        The weight of a letter; words are ordered by total weight, then as strings.
    positive : frozenset of str
        The parameters one may divide by.
    shapes : callable
        The shape of a letter.
    longest : int
        Words longer than this are not formed.
    """

    def __init__(
        self,
        shapes: Callable[[str], tuple[str, str]],
        positive: frozenset[str] = frozenset(),
        weights: dict[str, int] | None = None,
        longest: int = 14,
    ) -> None:
        self.shapes = shapes
        self.positive = positive
        self.heavy = [(letter, weight - 1) for letter, weight in (weights or {}).items()]
        self.longest = longest
        self.rules: list[Rule] = []
        self.pairs: list[tuple[int, int, int, Rule, Rule, int]] = []
        self.pending: list[tuple[int, int, Node]] = []
        self.count = 0
        self.formed = 0
        self.deadline = math.inf
        self.allowance = 10**9
        # Sizes whose identity vanishes, since the assumptions contradict each other there.
        self.void: dict[str, tuple[Node, Coefficient]] = {}
        self.gaps: list[tuple[str, str, str, dict[str, Node]]] = []
        self.steps = 0
        self.skipped = 0  # what was too long, or had no leading coefficient to divide by

    def order(self, word: str) -> tuple[int, str]:
        """Return what words are compared by."""
        weight = len(word)
        for letter, more in self.heavy:
            weight += more * word.count(letter)
        return (weight, word)

    # Rewriting.

    def reduce(self, poly: Poly, newest: bool = False) -> tuple[Poly, list[Cofactor]]:
        """Return what is left of a sum, and what was subtracted from it.

        Where several rules apply, the oldest is used, or the newest.
        """
        todo, left_over = dict(poly), Poly()
        used: list[Cofactor] = []
        order = self.order
        rules = self.rules[::-1] if newest else self.rules
        while todo:
            if self.steps > self.allowance:
                return {**todo, **left_over}, used  # too late to find anything
            word = max(todo, key=order)
            c = todo.pop(word)
            for rule in rules:
                at = word.find(rule.lead)
                if at >= 0:
                    break
            else:
                left_over[word] = c
                continue
            self.steps += 1 + len(rule.tail)
            left, right = word[:at], word[at + len(rule.lead) :]
            for tail, k in rule.tail:
                _add(todo, left + tail + right, -(c * k))
            used.append(Cofactor(c * rule.scale, left, rule.node, rule.turned, right))
        return left_over, used

    @property
    def exhausted(self) -> bool:
        """Whether the steps allowed, or the time, are used up."""
        return self.steps > self.allowance or time.monotonic() > self.deadline

    # Growing.

    def add(self, node: Node) -> None:
        """Put something that is zero in the queue."""
        self.count += 1
        size = max((self.order(word)[0] for word in node.poly), default=0)
        heapq.heappush(self.pending, (size, self.count, node))

    def _orient(self, poly: Poly) -> tuple[str, Coefficient] | None:
        for word in sorted(poly, key=self.order, reverse=True):
            over = inverse(poly[word], self.positive)
            return (word, over) if over is not None and word else None
        return None

    def _insert(self, node: Node) -> list[Rule]:
        """Reduce a node; if something is left, make rules of it and of its transpose."""
        made: list[Rule] = []
        for turned in (False, True):
            start = transposed(node.poly) if turned else node.poly
            poly, used = self.reduce(start)
            if not poly:
                continue
            if used:
                shape = node.shape[::-1] if turned else node.shape
                cofactors = (
                    Cofactor(1, "", node, turned, ""),
                    *(Cofactor(-u.c, u.left, u.node, u.turned, u.right) for u in used),
                )
                own, flag = Node(poly, shape, "zero", cofactors), False
            else:
                own, flag = node, turned
            if set(poly) == {""}:
                over = inverse(poly[""], self.positive)
                if over is not None:
                    self.void.setdefault(own.shape[0], (own, over))
                continue
            oriented = self._orient(poly)
            if oriented is None:
                divided = self._divided(own, flag)
                if divided is not None:
                    self.add(divided)
                else:
                    self.skipped += 1
                continue
            lead, over = oriented
            tail = [(word, c * over) for word, c in poly.items() if word != lead]
            rule = Rule(lead, tail, own, flag, over)
            self._displace(rule)
            self.rules.append(rule)
            made.append(rule)
        for rule in made:
            # A relation and its transpose may be reduced to different rules.
            if rule.node is not node and self.reduce(transposed(rule.node.poly))[0]:
                self.add(rule.node)
        return made

    def _divided(self, node: Node, turned: bool) -> Node | None:
        """Divide by a difference of parameters that is not zero, where the largest word has it.

        ``1/(p − q)`` is a parameter of its own, so the coefficient becomes 1 by a relation.
        """
        poly = transposed(node.poly) if turned else node.poly
        shape = node.shape[::-1] if turned else node.shape
        lead = max(poly, key=self.order)
        for name, p, q, nodes in self.gaps:
            terms = split(poly[lead])
            if len(terms) != 2:
                continue
            by = [
                (times(m, ((x, -1),)), sign * c)
                for (m, c), (x, sign) in zip(terms, ((p, 1), (q, -1)), strict=True)
            ]
            if by[0] != by[1]:
                by = [
                    (times(m, ((x, -1),)), sign * c)
                    for (m, c), (x, sign) in zip(terms, ((q, -1), (p, 1)), strict=True)
                ]
            over = inverse(Laurent({by[0][0]: by[0][1]}), self.positive) if by[0] == by[1] else None
            if over is None:
                continue
            scale = Laurent({((name, 1),): 1}) * over
            total: Poly = {}
            cofactors = [Cofactor(scale, "", node, turned, "")]
            for word, c in poly.items():
                value = c * scale
                for monomial, k in split(value):
                    powers = dict(monomial)
                    if powers.get(name, 0) > 0 and powers.get(p, 0) > 0:
                        # name · p = 1 + name · q, by the relation at the size of the columns.
                        rest = Laurent.of({times(monomial, ((name, -1), (p, -1))): k})
                        size = self.shapes(word[-1])[1] if word else shape[1]
                        cofactors.append(Cofactor(-rest, word, nodes[size], False, ""))
                        _add(total, word, rest)
                        _add(total, word, rest * Laurent({times(((name, 1),), ((q, 1),)): 1}))
                    else:
                        _add(total, word, Laurent.of({monomial: k}))
            return Node(total, shape, "zero", tuple(cofactors))
        return None

    def _displace(self, new: Rule) -> None:
        kept = []
        for rule in self.rules:
            if new.lead in rule.lead:
                rule.alive = False
                self.add(rule.node)  # it is reduced again, by the new rule too
            else:
                kept.append(rule)
        self.rules = kept

    def _form_pairs(self, new: Rule) -> None:
        for other in self.rules:
            for first, second in (
                ((new, other), (other, new)) if other is not new else ((new, new),)
            ):
                a, b = first.lead, second.lead
                for k in range(1, min(len(a), len(b))):
                    if a.endswith(b[:k]):
                        whole = a + b[k:]
                        if len(whole) > self.longest:
                            self.skipped += 1
                            continue
                        self.count += 1
                        entry = (
                            self.order(whole)[0],
                            len(first.tail) + len(second.tail),
                            self.count,
                        )
                        heapq.heappush(self.pairs, (*entry, first, second, k))

    def _s_polynomial(self, first: Rule, second: Rule, k: int) -> Node | None:
        left, right = first.lead[:-k], second.lead[k:]
        poly: Poly = {}
        for word, c in first.tail:
            _add(poly, word + right, c)
        for word, c in second.tail:
            _add(poly, left + word, -c)
        if not poly:
            return None
        rest, used = self.reduce(poly)
        if not rest:
            return None
        rows = self.shapes((first.lead + right)[0])[0]
        columns = self.shapes((first.lead + right)[-1])[1]
        cofactors = (
            Cofactor(first.scale, "", first.node, first.turned, right),
            Cofactor(-second.scale, left, second.node, second.turned, ""),
            *(Cofactor(-u.c, u.left, u.node, u.turned, u.right) for u in used),
        )
        return Node(rest, (rows, columns), "zero", cofactors)

    def run(self, most: int) -> Iterator[list[Rule]]:
        """Complete, yielding each time new rules were made; stop at a number of rules."""
        while (self.pending or self.pairs) and len(self.rules) <= most and not self.exhausted:
            if self.pending and (not self.pairs or self.pending[0][0] <= self.pairs[0][0]):
                node: Node | None = heapq.heappop(self.pending)[2]
            else:
                *_, first, second, k = heapq.heappop(self.pairs)
                if not (first.alive and second.alive):
                    continue
                self.formed += 1
                node = self._s_polynomial(first, second, k)
            if node is None:
                continue
            made = self._insert(node)
            for rule in made:
                if rule.alive:
                    self._form_pairs(rule)
            if made:
                yield made

    def saturate(self, nodes: Iterable[Node]) -> None:
        """Turn nodes into rules without looking at overlaps."""
        for node in nodes:
            self.add(node)
        while self.pending and not self.exhausted:
            node = heapq.heappop(self.pending)[2]
            for rule in self._insert(node):
                if rule.alive:
                    self._form_pairs(rule)
