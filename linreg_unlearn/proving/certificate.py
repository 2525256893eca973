"""From what the search found to the data that the checker reads.

Only what a proof uses is written. A step that is used once is multiplied into the step that uses
it; names are given in the order of first use, so that the same proof is the same file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from linreg_unlearn.algebra.words import Words, meaning
from linreg_unlearn.proving.completion import Cofactor, Node, Poly, flip
from linreg_unlearn.proving.scalars import Coefficient, split
from linreg_unlearn.proving.workspace import Application, Square, Workspace

__all__ = ["Letters", "Script", "terms_of", "write_proof"]

Json = dict[str, Any]


class Letters:
    """Short names for the letters of a certificate, each defined by those before it."""

    def __init__(self) -> None:
        self.entries: dict[str, Json] = {}
        self.names: dict[str, str] = {}

    def name(self, letter: str) -> str:
        """Return the short name of a letter, transposed or not."""
        plain = letter.rstrip("'")
        known = self.names.get(plain)
        if known is None:
            kind, name, shape, argument = meaning(plain)
            if argument is None:
                known = name
                entry: Json = {kind: list(shape)}
            else:
                body = self.sum(argument)  # names what it is made of first
                number = sum(kind in other for other in self.entries.values()) + 1
                known, entry = f"{kind}.{number}", {kind: body}  # no name has a dot
            self.entries[known] = entry
            self.names[plain] = known
        return known + letter[len(plain) :]

    def sum(self, total: Words) -> Json:
        """Return a sum as data, with whole coefficients over a denominator."""
        den = lcm(*(c.denominator for _, _, c in total.terms))
        poly = [
            [int(c * den), dict(monomial), " ".join(map(self.name, word))]
            for word, monomial, c in total.terms
        ]
        data: Json = {"row": total.shape[0], "col": total.shape[1], "poly": poly}
        return data if den == 1 else {**data, "den": den}


def _denominator(coefficients: Iterable[Coefficient]) -> int:
    return lcm(*(Fraction(c).denominator for value in coefficients for _, c in split(value)))


def _merged(cofactors: Iterable[Cofactor]) -> tuple[Cofactor, ...]:
    total: dict[tuple[str, Node, bool, str], Coefficient] = {}
    for item in cofactors:
        key = (item.left, item.node, item.turned, item.right)
        total[key] = total.get(key, 0) + item.c
    return tuple(Cofactor(c, left, n, t, r) for (left, n, t, r), c in total.items() if c)


def _expanded(item: Cofactor, inner: Sequence[Cofactor]) -> Iterator[Cofactor]:
    for part in inner:
        left, right = part.left, part.right
        if item.turned:
            left, right = flip(right), flip(left)
        yield Cofactor(
            item.c * part.c,
            item.left + left,
            part.node,
            part.turned != item.turned,
            right + item.right,
        )


class Script:
    """The steps that a list of goals needs, in order.

    Parameters
    ----------
    work : Workspace
    goals : sequence of Node
    """

    def __init__(self, work: Workspace, goals: Sequence[Node]) -> None:
        self.work = work
        self.goals = list(dict.fromkeys(goals))
        self.cofactors: dict[Node, tuple[Cofactor, ...]] = {}
        self.steps: list[Node] = []
        for goal in self.goals:
            self._visit(goal)
        self._inline()

    def _needs(self, node: Node) -> Iterator[Node]:
        yield from (item.node for item in self.cofactors[node])
        if isinstance(node.extra, Application):
            yield from node.extra.needs

    def _visit(self, goal: Node) -> None:
        stack: list[tuple[Node, bool]] = [(goal, False)]
        while stack:
            node, done = stack.pop()
            if done:
                self.steps.append(node)
                continue
            if node in self.cofactors or node.rule == "given":
                continue
            self.cofactors[node] = _merged(node.cofactors)
            stack.append((node, True))
            stack += [(other, False) for other in self._needs(node)]

    def _inline(self) -> None:
        """Multiply steps into their use where that makes the proof shorter."""
        kept = set(self.goals)
        changed = True
        while changed:
            changed = False
            uses = Counter(other for node in self.steps for other in self._needs(node))
            pinned = kept | {
                n
                for node in self.steps
                if isinstance(node.extra, Application)
                for n in node.extra.needs
            }
            for node in list(self.steps):
                inner = self.cofactors[node]
                if node in pinned or node.rule != "zero":
                    continue
                if uses[node] == 0 or uses[node] == 1 or len(inner) == 1:
                    self.steps.remove(node)
                    for user in self.steps:
                        if any(item.node is node for item in self.cofactors[user]):
                            self.cofactors[user] = _merged(
                                part
                                for item in self.cofactors[user]
                                for part in (
                                    _expanded(item, inner) if item.node is node else (item,)
                                )
                            )
                    changed = True
                    break

    @property
    def terms(self) -> int:
        """How many cofactors and squares there are in all."""
        squares = sum(
            len(node.extra) for node in self.steps if node.rule in ("cancel", "psd") and node.extra
        )
        return squares + sum(
            len(split(item.c)) for node in self.steps for item in self.cofactors[node]
        )


def write_proof(reached: Sequence[tuple[Workspace, Sequence[Node]]], letters: Letters) -> Json:
    """Return the relations and steps of a proof as data.

    Parameters
    ----------
    reached : sequence of (Workspace, sequence of Node)
        See ``search.Outcome``.
    letters : Letters
        Names letters that are new to it.
    """
    proof: Json = {"relations": {}, "steps": []}
    for work, nodes in reached:
        _append(proof, Script(work, nodes), letters)
    return proof


def _append(proof: Json, script: Script, letters: Letters) -> None:
    work = script.work
    relations, steps = proof["relations"], proof["steps"]
    labels: dict[Node, str] = {}
    positions = {node: at for at, node in enumerate(script.steps, len(steps))}
    scales = {node: _denominator(node.poly.values()) for node in script.steps}

    def label(node: Node) -> str | int:
        if node in positions:
            return positions[node]
        if node not in labels:
            kind, *sums = node.extra
            labels[node] = f"r{len(relations) + 1}"
            if kind == "given":
                scales[node] = lcm(*(c.denominator for _, _, c in sums[0].terms))
                relations[labels[node]] = {"given": letters.sum(sums[0].scaled(scales[node]))}
            else:
                scales[node] = 1
                relations[labels[node]] = {kind: [letters.sum(total) for total in sums]}
        return labels[node]

    def word(text: str) -> str:
        return " ".join(letters.name(work.letter(code)) for code in text)

    def total(poly: Poly, shape: tuple[str, str], scale: int = 1) -> Json:
        return letters.sum(work.decode(poly, shape).scaled(scale))

    def cofactors(node: Node, factor: int) -> tuple[list[Json], int]:
        items = []
        for item in script.cofactors[node]:
            cited = label(item.node)
            for monomial, c in split(item.c):
                items.append((Fraction(c) * factor / scales[item.node], monomial, item, cited))
        den = lcm(*(c.denominator for c, *_ in items))
        return [
            {
                "c": int(c * den),
                "mono": dict(monomial),
                "l": word(item.left),
                "rel": cited,
                "tr": item.turned,
                "r": word(item.right),
            }
            for c, monomial, item, cited in items
        ], den

    def squares(items: Sequence[Square], factor: int) -> list[Json]:
        return [
            {
                "c": int(Fraction(c) * factor),
                "mono": dict(monomial),
                "Z": total(square.Z, square.shape),
            }
            for square in items
            for monomial, c in split(square.c)
        ]

    for node in script.steps:
        scale = scales[node]
        step: Json = {"rule": node.rule, "claim": total(node.poly, node.shape, scale), "den": 1}
        if node.rule == "zero":
            step["cofactors"], step["den"] = cofactors(node, scale)
        elif node.rule == "cancel":
            # Roots are taken as they are, so the squares carry the denominators.
            roots = [
                Square(
                    s.c * Fraction(1, k * k) if k > 1 else s.c,
                    {w: c * k for w, c in s.Z.items()},
                    s.shape,
                )
                for s in node.extra
                for k in [_denominator(s.Z.values())]
            ]
            items, den = cofactors(node, 1)
            more = _denominator(s.c for s in roots)
            whole = lcm(den, more)
            step["squares"] = squares(roots, whole)
            step["cofactors"] = [{**item, "c": item["c"] * (whole // den)} for item in items]
        elif node.rule == "psd":
            items, den = cofactors(node, scale)
            whole = lcm(den, _denominator(s.c * scale for s in node.extra))
            step["squares"] = squares(node.extra, scale * whole)
            step["cofactors"] = [{**item, "c": item["c"] * (whole // den)} for item in items]
            step["den"] = whole
        elif node.rule == "invert":
            items, den = cofactors(node, 1)
            step |= {"a": total(*node.extra[0]), "b": total(*node.extra[1])}
            step |= {"cofactors": items, "den": den}
        elif node.rule == "lemma":
            use = node.extra
            step |= {
                "lemma": use.lemma,
                "with": {name: letters.sum(image) for name, image in use.images.items()},
                "sizes": dict(use.sizes),
            }
        steps.append(step)


def terms_of(proof: Json) -> int:
    """Return how many cofactors, squares and citations a proof has.

    Examples
    --------
    >>> terms_of({"relations": {}, "steps": []})
    0
    """
    lists = [step.get(key) for step in proof["steps"] for key in ("cofactors", "squares")]
    cited = sum(1 for step in proof["steps"] if step["rule"] == "lemma")
    return cited + sum(len(items) for items in lists if isinstance(items, list))
