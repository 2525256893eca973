"""The search for a proof: which tactics are tried, in which order, and when to stop.

A goal may vanish by expansion, or by rewriting with the relations of what is assumed. Where it does
not, the rules are completed a little and it is tried again. Where a sum of squares vanishes, so
does each root (``ZᵀZ = 0`` gives ``Z = 0``); squares are tried of the goals, of parts of relations,
of what the definition of a pseudo-inverse suggests and, last, of differences of short words.

The whole is run more than once: with the letters as they are, and with shorthands for what recurs.
Budgets count rewriting steps, so the same question has the same answer on every machine; the clock
only ends what would take too long, and that is reported.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from linreg_unlearn.algebra.relations import Fact, cleared
from linreg_unlearn.algebra.statements import Statement
from linreg_unlearn.algebra.words import Words
from linreg_unlearn.proving.completion import Cofactor, Completion, Node, Poly, flip, transposed
from linreg_unlearn.proving.scalars import Coefficient, split
from linreg_unlearn.proving.workspace import Application, Citation, Square, Workspace, add, multiply

__all__ = ["Guide", "Limits", "Outcome", "Tree", "search"]

UNIQUE = "L1"
"""The lemma that the four Penrose equations have one solution."""

# Rewriting steps allowed to each way of looking at a question, before the next is tried.
_BRIEFLY, _LONGER = 6_000, 120_000
_LONGEST_SQUARE = 12  # terms of a sum that is squared
_MOST_DIFFERENCES = 3_000
_DEEPEST = 2  # sums of squares within sums of squares
_TURNS = 4  # rounds of turning words around under a trace


@dataclass(frozen=True)
class Limits:
    """When to stop.

    Parameters
    ----------
    seconds : float
        For the whole search.
    rules : int
        The most rules kept at a time.
    longest : int
        The longest word formed.
    """

    seconds: float = 10.0
    rules: int = 600
    longest: int = 14


@dataclass(frozen=True)
class Tree:
    """How a sum of words is written: ``c`` times a sum, a product or a transpose of parts.

    Parameters
    ----------
    total : Words
    kind : {"leaf", "sum", "product", "transpose"}
    parts : tuple of Tree
    c : coefficient
    """

    total: Words
    kind: str = "leaf"
    parts: tuple[Tree, ...] = ()
    c: Coefficient = 1


@dataclass(frozen=True)
class Guide:
    """What may help the search; none of it is believed.

    Parameters
    ----------
    via : sequence of Words
        Sums that vanish and are worth showing first, in this order.
    squares : sequence of (Words, Words)
        Coefficients (1×1) and roots ``Z`` of a sum of squares for a semidefinite goal.
    roots : sequence of Words
        Sums ``Z`` whose square ``ZᵀZ`` has a root that occurs.
    lets : sequence of Words
        Sums that the above have a letter for.
    shorthands : sequence of Words
        More sums that may be worth a letter of their own, those of data first.
    citations : sequence of Citation
        Lemmas, and what stands for their letters.
    grams : sequence of (coefficient, Words, Words)
        Ways in which a goal is ``c (ZᵀZ − WᵀW)``: enough that ``Z = ± W``.
    trees : sequence of Tree
        How goals, squares and what is worth showing are written, so that brackets can be rewritten
        before they are multiplied out.
    weighted : bool
        Whether rows are weighted, so that they should be kept apart.
    unique : bool
        Whether the lemma that pseudo-inverses are unique may be cited.
    """

    via: Sequence[Words] = ()
    squares: Sequence[tuple[Coefficient, Words]] = ()
    roots: Sequence[Words] = ()
    lets: Sequence[Words] = ()
    shorthands: Sequence[Words] = ()
    citations: Sequence[Citation] = ()
    grams: Sequence[tuple[Coefficient, Words, Words]] = ()
    trees: Sequence[Tree] = ()
    weighted: bool = False
    unique: bool = True


@dataclass(frozen=True)
class Outcome:
    """What the search came to.

    Parameters
    ----------
    reached : tuple of (Workspace, tuple of Node)
        Goals that were reached, with the letters in which their nodes are written.
    missing : int
        How many goals were not reached.
    tried : tuple of str
        What was tried, a sentence each.
    """

    reached: tuple[tuple[Workspace, tuple[Node, ...]], ...]
    missing: int
    tried: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every goal was reached."""
        return not self.missing


def search(
    goals: Sequence[Fact],
    assumed: Sequence[Statement],
    guide: Guide | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Look for a proof of goals under assumptions.

    Parameters
    ----------
    goals : sequence of Fact
        See ``algebra.relations.goals``.
    assumed : sequence of Statement
    guide : Guide, optional
    limits : Limits, optional

    Returns
    -------
    Outcome

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> from linreg_unlearn.algebra.relations import goals
    >>> A = Letter("A", "m", "n")
    >>> search(goals(A.T @ A @ pinv(A) == A.T, ()), ()).complete
    True
    """
    limits, guide = limits or Limits(), guide or Guide()
    end = time.monotonic() + limits.seconds
    # E_fᵀE_f = I − E_rᵀE_r mixes the weights of rows, so weighted sums are tried without it first.
    ways = [("the letters as they are", False, True, _BRIEFLY)]
    if guide.weighted:
        ways.insert(0, ("rows kept apart", False, False, 4 * _BRIEFLY))
    if guide.shorthands:
        ways.append(("shorthands", True, True, _LONGER))
    ways.append(("the letters as they are, at length", False, True, 20 * _LONGER))
    tried: list[str] = []
    reached: list[tuple[Workspace, tuple[Node, ...]]] = []
    open_ = list(goals)
    for name, short, unit, allowance in ways:
        work = Workspace(assumed, open_, guide, short, unit)
        attempt = _Attempt(work, limits, end, allowance)
        attempt.run()
        tried.append(attempt.report(name))
        found = tuple(node for node in attempt.found if node is not None)
        if found:
            reached.append((work, found))
        open_ = [goal for goal, node in zip(open_, attempt.found, strict=True) if node is None]
        if not open_ or time.monotonic() > end:
            break
    return Outcome(tuple(reached), len(open_), tuple(tried))


_Gap = tuple[Poly, Node | None]


class _Attempt:
    """One run of the tactics."""

    def __init__(self, work: Workspace, limits: Limits, end: float, allowance: int) -> None:
        self.work, self.limits = work, limits
        weights = work.heavy()
        self.rules = Completion(work.shape, work.positive, weights, limits.longest)
        self.rules.gaps = work.gaps()
        self.rules.deadline, self.rules.allowance = end, allowance
        self.given = work.chosen()
        # What is worth showing on the way is a goal like any other, and a rule once shown.
        self.targets = [("zero", total, work.encode(total)) for total in work.guide.via]
        self.goals = [(kind, goal, work.encode(goal)) for kind, goal in work.goals]
        self.shown: list[Node | None] = [None] * len(self.targets)
        self.found: list[Node | None] = [None] * len(self.goals)
        self.cancelled = 0
        self.waiting = list(work.guide.citations)
        # What lemmas say, as they say it: shorter than what rewriting makes of it.
        self.stated: dict[Words, Node] = {}
        self.trees = {tree.total: tree for tree in work.guide.trees}

    def report(self, name: str) -> str:
        """Say what was done, in words."""
        rules = self.rules
        ending = "until nothing was left to do"
        if rules.exhausted:
            ending = "until the budget was spent"
        elif rules.skipped:
            ending = f"leaving out {rules.skipped} words longer than {self.limits.longest}"
        return (
            f"{name}: {len(rules.rules)} rules from {rules.formed} overlaps and "
            f"{self.cancelled} cancellations, {ending}"
        )

    def run(self) -> None:
        """Try everything."""
        self.rules.saturate((*self.work.root_nodes, *self.given))
        self._cite()
        if self._finished():
            return
        # What is worth showing may take no more than a square of its own.
        open_ = -1
        while open_ != (open_ := self.shown.count(None)):
            self._cancel_targets()
            self._settle()
            if self._finished():
                return
        self._cancel_in(self.given)
        self._gram_arguments()
        self._cancel_targets()
        self._settle()
        if self._finished() or self._unique():
            return
        for widely in (False, True):
            if widely:
                self._cancel_widely()
                self._settle()
            if self._complete(widely):
                return

    def _cite(self) -> None:
        """Add what lemmas say, where their assumptions are relations or follow by rewriting."""
        known = (*self.work.definitions, *self.work.given)
        given = {cleared(node.extra[1]) for node in known if node.extra[0] == "given"}
        waiting = []
        for citation in self.waiting:
            open_ = [total for total in citation.needs if cleared(total) not in given]
            needs = [
                self.stated.get(cleared(t)) or self._vanishing(self.work.encode(t), t.shape)
                for t in open_
            ]
            if None in needs:
                waiting.append(citation)
                continue
            shown = tuple(node for node in needs if node is not None)
            use = Application(citation.lemma, citation.images, citation.sizes, shown)
            for total in citation.shows:
                node = Node(self.work.encode(total), total.shape, "lemma", (), use)
                self.stated.setdefault(cleared(total), node)
                self.rules.add(node)
        self.waiting = waiting
        self._settle()

    def _complete(self, to_the_end: bool) -> bool:
        """Complete the rules; now and then, look at the goals."""
        seen, step, most = 0, 4, self.limits.rules if to_the_end else 40
        for made in self.rules.run(self.limits.rules):
            nodes = list(dict.fromkeys(rule.node for rule in made))
            self._cancel_in(nodes)
            seen += len(made)
            if seen >= step:
                step = seen + max(4, seen // 8)
                if self._finished():
                    return True
                self._cancel_targets()
                self._gram_arguments()
            if seen >= most:
                break
        self._cancel_targets()
        self._settle()
        return self._finished()

    def _settle(self) -> None:
        """Turn what is pending into rules, and what follows from it by cancelling."""
        while self.rules.pending and not self.rules.exhausted:
            known = {rule.node for rule in self.rules.rules}
            self.rules.saturate(())
            self._cancel_in([r.node for r in self.rules.rules if r.node not in known])

    # Goals.

    def _finished(self) -> bool:
        for at, (_, total, poly) in enumerate(self.targets):
            if self.shown[at] is None:
                node = self._reached(total, poly)
                self.shown[at] = node
                if node is not None and node.cofactors:
                    self._learn(node)
        for at, (kind, goal, poly) in enumerate(self.goals):
            if self.found[at] is None:
                if kind == "zero":
                    self.found[at] = self._reached(goal, poly)
                else:
                    self.found[at] = self._semidefinite(goal, poly)
        return None not in self.found

    def _learn(self, node: Node) -> None:
        """Use what was shown on the way; the two ways to rewrite it may say different things."""
        rest, used = self.rules.reduce(node.poly, newest=True)
        self.rules.add(node)
        if rest and used:
            minus = (Cofactor(-u.c, u.left, u.node, u.turned, u.right) for u in used)
            cofactors = (Cofactor(1, "", node, False, ""), *minus)
            self.rules.add(Node(rest, node.shape, "zero", cofactors))
        self._settle()
        self._cite()

    def _vanishing(self, poly: Poly, shape: tuple[str, str]) -> Node | None:
        rest, used = self.rules.reduce(poly)
        for size, (node, over) in self.rules.void.items():
            # The identity of this size vanishes, so everything does that passes through it.
            if rest and size in shape:
                words_ = [("", w) if size == shape[0] else (w, "") for w in rest]
                used += [Cofactor(rest[u + v] * over, u, node, False, v) for u, v in words_]
                rest = {}
        return None if rest else Node(poly, shape, "zero", tuple(used))

    def _reached(self, total: Words, poly: Poly) -> Node | None:
        """Show that a goal vanishes: at once, as a difference of squares, or row by row."""
        shape = total.shape
        used = self._inside_out(self.trees.get(total))
        if used is not None:
            return Node(poly, shape, "zero", tuple(used))
        return (
            self._vanishing(poly, shape)
            or self._same_gram(poly, shape)
            or self._by_rows(poly, shape, False)
            or self._by_rows(transposed(poly), shape[::-1], True)
        )

    def _inside_out(self, tree: Tree | None) -> list[Cofactor] | None:
        """Rewrite what is in brackets first: far fewer terms than multiplying out."""
        if tree is None:
            return None
        rest, used = self._evaluate(tree, {})
        return None if rest else used

    def _evaluate(self, tree: Tree, gaps: dict[Words, _Gap]) -> tuple[Poly, list[Cofactor]]:
        """Return what is left of a sum as it is written, and what was subtracted from it."""
        used: list[Cofactor] = []
        if tree.kind == "leaf":
            poly = self.work.encode(tree.total)
        elif tree.kind == "sum":
            poly = {}
            for part in tree.parts:
                rest, gap = self._part(part, gaps)
                poly = add(poly, rest)
                used += [Cofactor(1, "", gap, False, "")] if gap else []
        elif tree.kind == "transpose":
            rest, gap = self._part(tree.parts[0], gaps)
            poly, used = transposed(rest), [Cofactor(1, "", gap, True, "")] if gap else []
        else:
            poly = {"": tree.c}
            for at, part in enumerate(tree.parts):
                rest, gap = self._part(part, gaps)
                if gap is not None:
                    after: Poly = {"": 1}
                    for later in tree.parts[at + 1 :]:
                        after = multiply(after, self.work.encode(later.total))
                    used += [
                        Cofactor(c * k, left, gap, False, right)
                        for left, c in poly.items()
                        for right, k in after.items()
                    ]
                poly = multiply(poly, rest)
        rest, more = self.rules.reduce(poly)
        return rest, used + more

    def _part(self, tree: Tree, gaps: dict[Words, _Gap]) -> _Gap:
        """Return what is left of a part, and one node for what was subtracted."""
        if tree.total not in gaps:
            rest, used = self._evaluate(tree, gaps)
            if rest and tree.kind == "sum":
                shape = tree.total.shape
                units = (unit for _, _, unit in self.work.splits if unit.poly == rest)
                node = (
                    next(units, None)
                    or self._by_rows(rest, shape, False)
                    or self._by_rows(transposed(rest), shape[::-1], True)
                )
                if node is not None:
                    rest, used = {}, [*used, Cofactor(1, "", node, False, "")]
            gap = add(self.work.encode(tree.total), rest, -1)
            node = Node(gap, tree.total.shape, "zero", tuple(used)) if used else None
            gaps[tree.total] = rest, node
        return gaps[tree.total]

    def _same_gram(self, poly: Poly, shape: tuple[str, str]) -> Node | None:
        """``ZᵀZ − WᵀW`` is ``Zᵀ(Z − W) + (Z − W)ᵀW``, and the same with the other sign of W."""
        for c, first, second in self.work.guide.grams:
            Z, W = self.work.encode(first), self.work.encode(second)
            whole = add(multiply(transposed(Z), Z), multiply(transposed(W), W), -1)
            if poly != {word: c * k for word, k in whole.items()}:
                continue
            for sign in (1, -1):
                gap = self._vanishing(add(Z, W, -sign), first.shape)
                if gap is not None:
                    used = [Cofactor(c * k, w, gap, False, "") for w, k in transposed(Z).items()]
                    used += [Cofactor(c * k * sign, "", gap, True, w) for w, k in W.items()]
                    return Node(poly, shape, "zero", tuple(used))
        return None

    def _by_rows(self, poly: Poly, shape: tuple[str, str], turned: bool) -> Node | None:
        """Show that a sum vanishes by the rows that each of two selectors takes of it."""
        for E, F, unit in self.work.splits:
            if self.work.shape(E)[1] != shape[0]:
                continue
            parts = []
            for selector in (E, F):
                rows = (self.work.shape(selector)[0], shape[1])
                parts.append(self._vanishing(multiply({selector: 1}, poly), rows))
                if parts[-1] is None:
                    break
            else:
                used = [
                    Cofactor(1, flip(selector), part, False, "")
                    for selector, part in zip((E, F), parts, strict=True)
                    if part is not None
                ]
                used += [Cofactor(-c, "", unit, False, word) for word, c in poly.items()]
                node = Node(poly, shape, "zero", tuple(used))
                if not turned:
                    return node
                back = (Cofactor(1, "", node, True, ""),)
                return Node(transposed(poly), shape[::-1], "zero", back)
        return None

    def _semidefinite(self, goal: Words, poly: Poly) -> Node | None:
        """Write a goal as a sum of squares: those of the guide, or what its words show."""
        shape = goal.shape
        offered = [Square(c, self.work.encode(Z), Z.shape) for c, Z in self.work.guide.squares]
        tree = self.trees.get(goal)
        if tree is not None:
            less = [self._gram(-c, self.trees[Z]) for c, Z in self.work.guide.squares]
            used = self._inside_out(Tree(goal, "sum", (tree, *less)))
            if used is not None:
                return Node(poly, shape, "psd", tuple(used), tuple(offered))
        seen, _ = self.rules.reduce(poly)
        roots = self._roots(seen, shape[0]) or ()
        for squares in (offered, [Square(c, B, (rows, shape[0])) for c, B, rows in roots]):
            total = poly
            for square in squares:
                total = add(total, multiply(transposed(square.Z), square.Z), -square.c)
            rest, used = self.rules.reduce(total)
            if not rest:
                return Node(poly, shape, "psd", tuple(used), tuple(squares))
        return None

    def _gram(self, c: Coefficient, tree: Tree) -> Tree:
        """Return ``c ZᵀZ`` as it is written."""
        Z = tree.total
        turned = Tree(Z.T, "transpose", (tree,))
        square = multiply(transposed(self.work.encode(Z)), self.work.encode(Z))
        whole = self.work.decode(multiply({"": c}, square), (Z.shape[1],) * 2)
        return Tree(whole, "product", (turned, tree), c)

    def _unique(self) -> bool:
        """Show that a pseudo-inverse is what a goal says by its four equations."""
        for at, (kind, goal, poly) in enumerate(self.goals):
            if kind != "zero" or self.found[at] is not None or not self.work.guide.unique:
                continue
            for name, A in self.work.pinvs.items():
                code = self.work.code(name)
                c = poly.get(code)
                if c not in (1, -1) or any(code in w or flip(code) in w for w in poly if w != code):
                    continue
                other = {w: -c * k for w, k in poly.items() if w != code}
                B = self.work.decode(other, goal.shape)
                wanted = [total for total in _penrose_of(A, B) if total.terms]
                nodes = [self._vanishing(self.work.encode(w), w.shape) for w in wanted]
                shown = [node for node in nodes if node is not None]
                if len(shown) == len(wanted):
                    sizes = {"m": A.shape[0], "n": A.shape[1], "1": "1"}
                    use = Application(f"{UNIQUE}.1", {"A": A, "B": B}, sizes, tuple(shown))
                    scaled = {w: c * k for w, k in poly.items()}
                    lemma = Node(scaled, goal.shape, "lemma", (), use)
                    self.found[at] = (
                        lemma
                        if c == 1
                        else Node(poly, goal.shape, "zero", (Cofactor(-1, "", lemma, False, ""),))
                    )
                    break
        return None not in self.found

    # Squares.

    def _cancel(self, squares: Sequence[Square], by_trace: bool = False) -> bool:
        """Where a sum of squares vanishes, or its trace does, add that each root does."""
        if self.rules.exhausted:
            return False
        total: Poly = {}
        for square in squares:
            total = add(total, multiply(transposed(square.Z), square.Z), square.c)
        rest, used = self.rules.reduce(total)
        if rest and by_trace:
            rest = self._turned(rest, squares[0].shape[1], used)
        if rest:
            return False
        new = False
        for square in squares:
            if self.rules.reduce(square.Z)[0]:
                self.rules.add(Node(square.Z, square.shape, "cancel", tuple(used), tuple(squares)))
                self.cancelled += 1
                new = True
        return new

    def _turned(self, poly: Poly, size: str, used: list[Cofactor]) -> Poly:
        """Reduce a square sum of which only the trace matters: words may be turned around."""
        for _ in range(_TURNS):
            total: Poly = {}
            for word, c in poly.items():
                ways = [
                    self.rules.reduce({w[i:] + w[:i]: c})
                    for w in (word, flip(word))
                    for i in range(len(w))
                    if self.work.shape(w[i])[0] == size
                ]
                rest, more = min(
                    ways or [({word: c}, [])], key=lambda way: sorted(map(self.rules.order, way[0]))
                )
                used += more
                total = add(total, rest)
            if not total or total == poly:
                return total
            poly = total
        return poly

    def _both(self, Z: Poly, shape: tuple[str, str]) -> bool:
        return self._cancel([Square(1, Z, shape)]) or self._cancel(
            [Square(1, transposed(Z), shape[::-1])]
        )

    def _open(self) -> list[tuple[Poly, tuple[str, str]]]:
        """Return what is still to be shown, as far as it is reduced."""
        pairs = [
            *zip(self.targets, self.shown, strict=True),
            *zip(self.goals, self.found, strict=True),
        ]
        wanted = [t for t, node in pairs if node is None and t[0] == "zero"]
        return [(self.rules.reduce(poly)[0], total.shape) for _, total, poly in wanted]

    def _cancel_targets(self) -> None:
        for rest, shape in self._open():
            if 0 < len(rest) <= _LONGEST_SQUARE and not self._both(rest, shape):
                self._cancel([Square(1, rest, shape)], by_trace=True)

    def _cancel_in(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self._cancel_parts(node)
            self._invert(node)

    def _cancel_parts(self, node: Node) -> None:
        """Where a relation is ``S Q = 0``, squares of parts of it may vanish.

        ``UᵀU Q = 0`` gives ``U Q = 0``, and so does a sum of squares in the place of ``UᵀU``.
        """
        if not 0 < len(node.poly) <= 8:
            return
        for poly, shape in ((node.poly, node.shape), (transposed(node.poly), node.shape[::-1])):
            common = _common_prefix(list(poly))
            for k in range(1, len(common)):
                Z = {word[k:]: c for word, c in poly.items()}
                if self._cancel([Square(1, Z, (self.work.shape(common[k])[0], shape[1]))]):
                    break
            tail = flip(_common_prefix([flip(word) for word in poly]))
            for k in range(len(tail) + 1) if len(poly) > 1 else ():
                right = tail[len(tail) - k :]
                size = self.work.shape(right[0])[0] if right else shape[1]
                if size != shape[0]:
                    continue
                for sign in (1, -1):
                    inner = {w[: len(w) - k]: sign * c for w, c in poly.items()}
                    roots = self._roots(inner, size)
                    if roots is not None:
                        self._cancel(
                            [Square(c, multiply(B, {right: 1}), (r, shape[1])) for c, B, r in roots]
                        )

    def _invert(self, node: Node) -> None:
        """Of square matrices, ``a b = I`` gives ``b a = I``."""
        if len(node.poly) != 2 or "" not in node.poly:
            unit = self._unit(node)
            if unit is None:
                return
            node = unit
        (word,) = (word for word in node.poly if word)
        c = node.poly[word]
        if c != -node.poly[""] or not isinstance(c, int | Fraction):
            return
        for k in range(1, len(word)):
            if self.work.shape(word[k])[0] != node.shape[0]:
                continue
            a, b = {word[:k]: 1}, {word[k:]: 1}
            claim = add({word[k:] + word[:k]: 1}, {"": 1}, -1)
            if self.rules.reduce(claim)[0]:
                used = (Cofactor(1 if c == 1 else Fraction(1) / c, "", node, False, ""),)
                extra = ((a, node.shape), (b, node.shape))
                self.rules.add(Node(claim, node.shape, "invert", used, extra))

    def _unit(self, node: Node) -> Node | None:
        """From ``u w = w`` with ``w wᵀ = I``, return ``u w wᵀ = I``."""
        if len(node.poly) != 2:
            return None
        short, long = sorted(node.poly, key=len)
        if not short or node.poly[short] != -node.poly[long]:
            return None
        rest, used = self.rules.reduce({short + flip(short): 1})
        if rest != {"": 1}:
            return None
        c = node.poly[short]
        poly = {long + flip(short): -c, "": c}
        factors = [Cofactor(1, "", node, False, flip(short))]
        factors += [Cofactor(-c * u.c, u.left, u.node, u.turned, u.right) for u in used]
        return Node(poly, (node.shape[0],) * 2, "zero", tuple(factors))

    def _gram_arguments(self) -> None:
        """Of ``A = Σ c BᵀB`` with ``c > 0``, what ``A`` annihilates every ``B`` does."""
        for name, argument in self.work.pinvs.items():
            if argument.shape[0] != argument.shape[1]:
                continue
            size, poly = argument.shape[0], self.work.encode(argument)
            roots = self._roots(poly, size)
            if roots is None:
                continue
            Z = add({"": 1}, multiply({self.work.code(name): 1}, poly), -1)
            squares = [Square(c, multiply(B, Z), (rows, size)) for c, B, rows in roots]
            if all(not self.rules.reduce(square.Z)[0] for square in squares):
                continue
            total: Poly = {}
            for c, B, _ in roots:
                total = add(total, multiply(transposed(B), B), c)
            if total != poly:
                self._cancel(squares)
                continue
            # A Z = A − A A⁺ A, so that Zᵀ A Z vanishes without any rewriting.
            first = self.work.penrose_node(name)
            used = tuple(Cofactor(-c, w, first, False, "") for w, c in transposed(Z).items())
            for square in squares:
                if self.rules.reduce(square.Z)[0]:
                    node = Node(square.Z, square.shape, "cancel", used, tuple(squares))
                    self.rules.add(node)
                    self.cancelled += 1
                    if square.Z == Z:  # A⁺A = I, so that A A⁺ = I
                        p: Poly = {self.work.code(name): 1}
                        other = add(multiply(poly, p), {"": 1}, -1)
                        back = (Cofactor(-1, "", node, False, ""),)
                        pair = ((p, square.shape), (poly, square.shape))
                        self.rules.add(Node(other, square.shape, "invert", back, pair))

    def _roots(
        self, poly: Poly, size: str, deep: int = 0
    ) -> list[tuple[Coefficient, Poly, str]] | None:
        """Write a sum as one of squares, word by word: coefficients, roots and their rows."""
        found: list[tuple[Coefficient, Poly, str]] = []
        for word, coefficient in poly.items():
            for monomial, c in split(coefficient):
                if c < 0 or not {n for n, power in monomial if power % 2} <= self.work.positive:
                    return None
            half = len(word) // 2
            if not word:
                found.append((coefficient, {"": 1}, size))
            elif len(word) % 2 == 0 and self._are_turned(word[:half], word[half:]):
                found.append((coefficient, {word[half:]: 1}, self.work.shape(word[half])[0]))
            else:
                inner = self._middle(word, deep) or self._defined(word, size, deep)
                if inner is None:
                    return None
                found += [(coefficient * c, B, rows) for c, B, rows in inner]
        return found

    def _are_turned(self, left: str, right: str) -> bool:
        """Whether one word is the transpose of another."""
        turned = flip(left)
        return turned == right or not self.rules.reduce(add({turned: 1}, {right: 1}, -1))[0]

    def _middle(self, word: str, deep: int) -> list[tuple[Coefficient, Poly, str]] | None:
        """Roots of ``vᵀ p v`` where ``p`` is one of a sum of squares, or its pseudo-inverse."""
        half = len(word) // 2
        p, v = word[half], word[half + 1 :]
        if deep > _DEEPEST or len(word) < 3 or len(word) % 2 == 0:
            return None
        if not self._are_turned(word[:half], v):
            return None
        argument = self.work.pinvs.get(self.work.letter(p).rstrip("'"))
        if argument is None:
            inner, tail = self._defined(p, self.work.shape(p)[0], deep + 1), v
        else:  # p = pᵀ A p
            size, poly = argument.shape[0], self.work.encode(argument)
            inner, tail = self._roots(poly, size, deep + 1), p + v
        return inner and [(c, multiply(B, {tail: 1}), rows) for c, B, rows in inner]

    def _defined(
        self, word: str, size: str, deep: int
    ) -> list[tuple[Coefficient, Poly, str]] | None:
        """Roots of a projector, or of what a relation says is a sum of squares."""
        if deep > _DEEPEST:
            return None
        if not self.rules.reduce(add({flip(word) + word: 1}, {word: 1}, -1))[0]:
            return [(1, {word: 1}, size)]
        for node in self.given:
            c = node.poly.get(word)
            if c not in (1, -1) or len(node.poly) < 2 or node.shape != (size, size):
                continue
            rest = {w: -c * k for w, k in node.poly.items() if w != word}
            roots = None if any(word in w for w in rest) else self._roots(rest, size, deep + 1)
            if roots is not None:
                return roots
        return None

    # The last resort.

    def _cancel_widely(self) -> None:
        """Try squares of multiples of the goals, and of differences of short words."""
        elements = self._elements()
        for rest, shape in self._open():
            for word, (rows, columns) in elements if 0 < len(rest) <= 6 else ():
                if columns == shape[0]:
                    self._both(multiply({word: 1}, rest), (rows, shape[1]))
                if rows == shape[1]:
                    self._both(multiply(rest, {word: 1}), (shape[0], columns))
        self._annihilated()
        self._invert_blocks(elements)
        square = [(word, shape) for word, shape in elements if shape[0] == shape[1]]
        short = [element for element in elements if len(element[0]) == 1]
        square += [
            (u + v, (r, c)) for u, (r, k) in short for v, (m, c) in short if k == m and r == c
        ]
        tried = 0
        for word, shape in self._pieces():
            for e, (size, _) in square:
                if size != shape[0] or tried >= _MOST_DIFFERENCES or self.rules.exhausted:
                    continue
                tried += 1
                Z = self.rules.reduce({word: 1, e + word: -1})[0]
                if Z:
                    self._both(Z, shape)

    def _invert_blocks(self, elements: Sequence[tuple[str, tuple[str, str]]]) -> None:
        """Find blocks ``E x Eᵀ``, taken by rows ``E Eᵀ = I``, that invert each other."""
        selectors = [
            (u, rows)
            for u, (rows, columns) in elements
            if rows != columns and self.rules.reduce({u + flip(u): 1})[0] == {"": 1}
        ]
        blocks = [
            (u + x + flip(u), rows)
            for u, rows in selectors
            for x, shape in elements
            if shape == (self.work.shape(u[-1])[1],) * 2
        ]
        for a, size in blocks:
            for b, other in blocks:
                rest, used = (
                    self.rules.reduce({a + b: 1, "": -1}) if size == other else ({a: 1}, [])
                )
                if not rest and self.rules.reduce({b + a: 1, "": -1})[0]:
                    shape = (size, size)
                    node = Node({a + b: 1, "": -1}, shape, "zero", tuple(used))
                    back = (Cofactor(1, "", node, False, ""),)
                    claim: Poly = {b + a: 1, "": -1}
                    pair = (({a: 1}, shape), ({b: 1}, shape))
                    self.rules.add(Node(claim, shape, "invert", back, pair))

    def _annihilated(self) -> None:
        """Where ``S = Σ BᵀB`` and a projector kills ``S``, it kills every ``B``."""
        projectors: list[tuple[Poly, str]] = []
        for name, argument in self.work.pinvs.items():
            p: Poly = {self.work.code(name): 1}
            A = self.work.encode(argument)
            projectors.append((add({"": 1}, multiply(A, p), -1), argument.shape[0]))
            projectors.append((add({"": 1}, multiply(p, A), -1), argument.shape[1]))
        for node in self.given:
            if node.shape[0] != node.shape[1] or not 2 <= len(node.poly) <= 6:
                continue
            for sign in (1, -1):
                part = {w: sign * c for w, c in node.poly.items() if sign * _lead(c) > 0}
                roots = self._roots(part, node.shape[0]) if part else None
                for e, size in projectors if roots else ():
                    if size == node.shape[0] and roots:
                        self._cancel([Square(c, multiply(B, e), (r, size)) for c, B, r in roots])

    def _elements(self) -> list[tuple[str, tuple[str, str]]]:
        """Letters, and the projectors ``A⁺A`` and ``AA⁺``."""
        work = self.work
        letters = [work.code(name + turned) for name in work.names for turned in ("", "'")]
        found = [(letter, work.shape(letter)) for letter in letters]
        for name, argument in work.pinvs.items():
            p = work.code(name)
            for word in work.encode(argument) if len(argument.terms) == 1 else ():
                found.append((p + word, (argument.shape[1],) * 2))
                found.append((word + p, (argument.shape[0],) * 2))
        return found

    def _pieces(self) -> list[tuple[str, tuple[str, str]]]:
        """Irreducible words of up to three letters that occur in relations and goals."""
        seen: dict[str, tuple[str, str]] = {}
        for poly in [node.poly for node in self.given] + [poly for _, _, poly in self.goals]:
            for word in poly:
                for k in range(1, 4):
                    for part in {word[i : i + k]: None for i in range(len(word) - k + 1)}:
                        for w in (part, flip(part)):
                            ends = (self.work.shape(w[0])[0], self.work.shape(w[-1])[1])
                            seen.setdefault(w, ends)
        return [(w, s) for w, s in seen.items() if not any(r.lead in w for r in self.rules.rules)]


def _penrose_of(A: Words, B: Words) -> tuple[Words, ...]:
    """Return what has to vanish for ``B`` to be the pseudo-inverse of ``A``."""
    return (A @ B @ A - A, B @ A @ B - B, (A @ B).T - A @ B, (B @ A).T - B @ A)


def _lead(value: Coefficient) -> int | Fraction:
    """Return the number in front of the first term of a coefficient."""
    return split(value)[0][1]


def _common_prefix(strings: Sequence[str]) -> str:
    first, last = min(strings), max(strings)
    k = 0
    while k < min(len(first), len(last)) and first[k] == last[k]:
        k += 1
    return first[:k]
