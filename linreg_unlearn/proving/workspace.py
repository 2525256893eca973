"""One proof in the making: letters as characters, relations as nodes, and which of them to use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from linreg_unlearn.algebra.relations import Fact, penrose, relations, root
from linreg_unlearn.algebra.statements import Different, Partition, Positive, SizeIs, Statement
from linreg_unlearn.algebra.words import Words, meaning, shape_of, words
from linreg_unlearn.proving.completion import Cofactor, Completion, Node, Poly, flip
from linreg_unlearn.proving.scalars import Coefficient, Laurent, split

if TYPE_CHECKING:
    from linreg_unlearn.proving.search import Guide

__all__ = ["Application", "Citation", "Square", "Workspace", "add", "multiply"]

_FIRST = 0x100


@dataclass(frozen=True)
class Square:
    """``c · ZᵀZ`` with a coefficient that is known to be positive."""

    c: Coefficient
    Z: Poly = field(repr=False)
    shape: tuple[str, str]


@dataclass(frozen=True)
class Citation:
    """A lemma that may be worth citing: what it needs and shows of the sums in place of letters."""

    lemma: str
    images: dict[str, Words]
    sizes: dict[str, str]
    needs: tuple[Words, ...]
    shows: tuple[Words, ...]


@dataclass(frozen=True)
class Application:
    """A lemma, what stands for its letters, and the nodes that show what it assumes."""

    lemma: str
    images: dict[str, Words]
    sizes: dict[str, str]
    needs: tuple[Node, ...] = ()


def multiply(a: Poly, b: Poly) -> Poly:
    """Return the product of two sums of words."""
    total: Poly = {}
    for u, c in a.items():
        for v, k in b.items():
            word = u + v
            value = total.get(word, 0) + c * k
            if value:
                total[word] = value
            else:
                total.pop(word, None)
    return total


def add(a: Poly, b: Poly, scale: Coefficient = 1) -> Poly:
    """Return ``a + scale · b``."""
    total = dict(a)
    for word, c in b.items():
        value = total.get(word, 0) + scale * c
        if value:
            total[word] = value
        else:
            total.pop(word, None)
    return total


class Workspace:
    """The letters, relations and rules of one proof.

    Parameters
    ----------
    assumed : sequence of Statement
    goals : sequence of Fact
    guide : Guide
    short : bool
        Whether to use the shorthands of the guide.
    unit : bool
        Whether to rewrite by ``EᵀE + FᵀF = I`` of selectors.
    """

    def __init__(
        self,
        assumed: Sequence[Statement],
        goals: Sequence[Fact],
        guide: Guide,
        short: bool,
        unit: bool = True,
    ) -> None:
        self.assumed = tuple(assumed)
        self.positive = frozenset(s.parameter for s in assumed if isinstance(s, Positive))
        self.scalars = {s.dimension for s in assumed if isinstance(s, SizeIs) and s.size == 1}
        self.scalars.add("1")
        self.goals = list(goals)
        self.guide = guide
        more = guide.shorthands if short else ()
        self.shorthands = list(dict.fromkeys((*guide.lets, *more)))
        self.short, self.unit = short, unit
        self.names: list[str] = []
        self.codes: dict[str, str] = {}
        self._number_letters()
        sizes = sorted({size for name in self.names for size in meaning(name).shape})
        table = (
            *(r for A in self.pinvs.values() for r in penrose(A)),
            *relations(self.assumed, sizes),
        )
        self.given = [self._given(relation) for relation in table if relation.terms]
        self.given += self._scalar_relations()
        self.definitions = [
            self._given(Words.letter("let", "", body.shape, body) - body)
            for body in self.shorthands
        ]
        self.root_nodes = self._root_nodes()
        self.splits = [self._split(s) for s in self.assumed if isinstance(s, Partition)]

    # Letters.

    def _number_letters(self) -> None:
        """Give data small numbers and what is made of them large ones, so that it is rewritten.

        The largest word of a sum is divided by its coefficient. So of the words of one sum, those
        whose parameters may be zero should not be the largest: their letters come first of all.
        """
        sums = [*relations(self.assumed), *(goal for _, goal in self.goals), *self.guide.via]
        sums += [Z for _, Z in self.guide.squares] + list(self.guide.roots)
        sums += [total for citation in self.guide.citations for total in citation.shows]
        sums += [total for _, Z, W in self.guide.grams for total in (Z, W)]
        plain: dict[str, None] = {}
        made: dict[str, Words] = {}

        first: set[str] = set()

        def visit(total: Words) -> None:
            kinds: tuple[set[str], set[str]] = (set(), set())
            for word, monomial, _ in total.terms:
                signed = {parameter for parameter, _ in monomial} <= self.positive
                kinds[signed].update(letter.rstrip("'") for letter in word)
            if kinds[True]:
                first.update(kinds[False] - kinds[True])
            for word, _, _ in total.terms:
                for letter in word:
                    name = letter.rstrip("'")
                    argument = meaning(name).argument
                    if argument is None:
                        plain.setdefault(name)
                    elif name not in made:
                        visit(argument)
                        made[name] = argument

        for total in sums:
            visit(total)
        self.pinvs = {name: A for name, A in made.items() if meaning(name).kind == "pinv"}
        for name in (*sorted(plain, key=lambda name: name not in first), *made):
            self.code(name)

    def code(self, letter: str) -> str:
        """Return the character of a letter."""
        known = self.codes.get(letter)
        if known is None:
            name = letter.rstrip("'")
            at = _FIRST + 2 * len(self.names)
            self.names.append(name)
            self.codes[name], self.codes[name + "'"] = chr(at), chr(at + 1)
            known = self.codes[letter]
        return known

    def letter(self, code: str) -> str:
        """Return the letter of a character."""
        at = ord(code) - _FIRST
        return self.names[at // 2] + "'" * (at % 2)

    def shape(self, code: str) -> tuple[str, str]:
        """Return the shape of a letter."""
        return shape_of(self.letter(code))

    def encode(self, total: Words) -> Poly:
        """Return a sum of words in characters."""
        poly: Poly = {}
        for word, monomial, c in total.terms:
            key = "".join(map(self.code, word))
            number = c.numerator if c.denominator == 1 else c
            poly[key] = poly.get(key, 0) + Laurent.of({monomial: number})
        return poly

    def decode(self, poly: Poly, shape: tuple[str, str]) -> Words:
        """Return a sum of words in letters."""
        return Words.collect(
            shape,
            (
                (tuple(map(self.letter, word)), monomial, Fraction(c))
                for word, coefficient in poly.items()
                for monomial, c in split(coefficient)
            ),
        )

    # Relations.

    def _given(self, relation: Words) -> Node:
        return Node(self.encode(relation), relation.shape, "given", extra=("given", relation))

    def _split(self, statement: Partition) -> tuple[str, str, Node]:
        """Return two selectors and the relation that they add up to the identity."""
        E, F = (self.code(words(selector).terms[0][0][0]) for selector in statement.expressions)
        unit = list(relations((statement,)))[-1]
        return E, F, next(node for node in self.given if node.extra == ("given", unit))

    def penrose_node(self, name: str) -> Node:
        """Return the first Penrose equation of a pseudo-inverse: ``A A⁺ A = A``."""
        first = penrose(self.pinvs[name])[0]
        return next(node for node in self.given if node.extra == ("given", first))

    def _root_nodes(self) -> list[Node]:
        """Return what the root ``R`` of a square satisfies: ``R R = ZᵀZ`` and ``Rᵀ = R``."""
        nodes: list[Node] = []
        for Z in self.guide.roots:
            A = Z.T @ Z
            square = Square(1, self.encode(Z), Z.shape)
            known = Node(self.encode(A), A.shape, "psd", (), (square,))
            nodes += [
                Node(self.encode(r), r.shape, "root", (), Application("", {}, {}, (known,)))
                for r in root(A)
            ]
        return nodes

    def _scalar_relations(self) -> list[Node]:
        """Short words of size 1×1 commute and are symmetric."""
        found: dict[Words, None] = {}
        sums = [*(goal for _, goal in self.goals), *self.guide.via, *self.guide.roots]
        sums += [Z for _, Z in self.guide.squares] + [Z.T @ Z for Z in self.guide.roots]
        for total in sums:
            for word, _, _ in total.terms:
                for i in range(len(word)):
                    for j in range(i + 1, len(word) + 1):
                        ends = (shape_of(word[i])[0], shape_of(word[j - 1])[1])
                        if ends[0] == ends[1] and ends[0] in self.scalars:
                            part = word[i:j]
                            one = Words.collect(ends, [(part, (), Fraction(1))])
                            found.setdefault(one)
                            break  # longer ones are products of shorter ones
        for A in self.pinvs.values():
            pairs = ((A.pinv, A), (A, A.pinv), (A.T, A), (A, A.T), (A.pinv, A.pinv.T))
            for u, v in (*pairs, (A.pinv.T, A.pinv)):
                if u.shape[0] in self.scalars and len(A.terms) == 1:
                    found.setdefault(u @ v)
        nodes: list[Node] = []
        scalars = [total for total in found if len(total.terms[0][0]) <= 8]
        for at, u in enumerate(scalars):
            relation = u - u.T
            if relation.terms:
                nodes.append(Node(self.encode(relation), u.shape, "given", extra=("symmetric", u)))
            for v in scalars[:at]:
                relation = u @ v - v @ u if u.shape == v.shape else Words(u.shape)
                if relation.terms:
                    extra = ("commute", u, v)
                    nodes.append(Node(self.encode(relation), u.shape, "given", extra=extra))
        return nodes

    # Shorthands.

    def heavy(self) -> dict[str, int]:
        """Return the weights that have letters rewritten to the shorthands made of them."""
        selectors = {
            str(e) for s in self.assumed if isinstance(s, Partition) for e in s.expressions
        }
        rows = [
            body.terms[0][0][-1]
            for body in self.shorthands
            if len(body.terms) == 1
            and len(body.terms[0][0]) == 2
            and meaning(body.terms[0][0][0]).name in selectors
        ]
        return {c: 3 for letter in rows for c in (self.code(letter), flip(self.code(letter)))}

    def gaps(self) -> list[tuple[str, str, str, dict[str, Node]]]:
        """Return each difference ``p − q`` that has an inverse, with the relation that says so."""
        found = []
        for statement in self.assumed:
            if isinstance(statement, Different):
                p, q = statement.first, statement.second
                nodes = {
                    node.shape[0]: node
                    for node in self.given
                    if any(f"1/({p}-{q})" in str(node.extra[1].terms) for _ in "x")
                    and len(node.poly) == 1
                }
                found.append((f"1/({p}-{q})", p, q, nodes))
        return found

    def chosen(self) -> list[Node]:
        """Return the relations to start from.

        With shorthands, those that speak of nothing the goals speak of are left out, and relations
        of all rows are also there for the rows that selectors take.
        """
        # The inverse of a difference of parameters is for coefficients, not for rewriting.
        table = [node for node in self.given if set(node.poly) != {""}]
        if not self.unit:
            units = [unit for _, _, unit in self.splits]
            table = [node for node in table if node not in units]
        if not self.short:
            return [*self.definitions, *table]
        splits = [s for s in self.assumed if isinstance(s, Partition)]
        about_selectors = {r for s in splits for r in relations((s,))}
        selected = [node for s in splits for node in self._selected(s)]
        rewriting = Completion(self.shape, self.positive, self.heavy())
        rewriting.saturate(
            [*self.definitions, *(n for n in table if n.extra[1] in about_selectors)]
        )

        def letters(poly: Poly) -> set[str]:
            reduced = rewriting.reduce(poly)[0]
            return {min(x, flip(x)) for word in reduced for x in word}

        wanted = [*(goal for _, goal in self.goals), *self.guide.via]
        wanted += [Z for _, Z in self.guide.squares]
        seen = set().union(*(letters(self.encode(total)) for total in wanted))
        made = {self.code(name) for name in self.pinvs}
        waiting = []
        for node in [*table, *selected]:
            if node.extra is not None and node.extra[1] in about_selectors:
                own = {min(x, flip(x)) for word in node.poly for x in word}
            else:
                own = letters(node.poly)
            if own:
                waiting.append((node, own))
        chosen: list[Node] = []
        grown = True
        while grown:
            grown = False
            for node, own in list(waiting):
                inside = own & made
                if inside <= seen if inside else own & seen:
                    chosen.append(node)
                    seen |= own
                    waiting.remove((node, own))
                    grown = True
        return [*self.definitions, *chosen]

    def _selected(self, split: Partition) -> Iterator[Node]:
        for selector in split.expressions:
            E = self.encode(words(selector))
            (code,) = E
            for node in self.given:
                uses = any(code in word or flip(code) in word for word in node.poly)
                if node.shape[0] == selector.shape[1] and not uses:
                    poly, shape = multiply(E, node.poly), (selector.shape[0], node.shape[1])
                    yield Node(poly, shape, "zero", (Cofactor(1, code, node, False, ""),))
