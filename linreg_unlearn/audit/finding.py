"""From a part of a claim to the search for its proof: assumptions, goals and hints as words."""

from __future__ import annotations

from collections.abc import Mapping

from linreg_unlearn.algebra.expressions import (
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
from linreg_unlearn.algebra.relations import goals, relations
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import Partition, Semidefinite, Statement
from linreg_unlearn.algebra.words import Words, words
from linreg_unlearn.claims.claim import Part, load_claims
from linreg_unlearn.claims.vocabulary import background
from linreg_unlearn.proving.scalars import Coefficient, Laurent
from linreg_unlearn.proving.search import UNIQUE, Guide, Limits, Outcome, Tree, search
from linreg_unlearn.proving.workspace import Citation

__all__ = ["assumed_by", "cite", "find", "guide_for", "square_of"]


def assumed_by(part: Part) -> tuple[Statement, ...]:
    """Return what a proof of a part may use: its assumptions, and what the vocabulary means."""
    return (*background(part.expressions), *part.assumed)


def guide_for(part: Part) -> Guide:
    """Turn the hints of a part, and what recurs in its formulas, into words for the search."""
    hints = part.hints
    swap: dict[str, str] = {}

    def read(expr: Expr) -> Words:
        total = words(expr)
        terms = ((tuple(swap.get(x, x) for x in word), m, c) for word, m, c in total.terms)
        return Words.collect(total.shape, terms)

    def define(letter: Letter, kind: str, argument: Words) -> None:
        ((own,),), ((made,),) = (
            [w for w, _, _ in total.terms]
            for total in (words(letter), Words.letter(kind, "", argument.shape, argument))
        )
        swap.update({own: made, own + "'": made + "'"})

    lets, roots = [], []
    for letter, expr in hints.lets:
        lets.append(read(expr))
        define(letter, "let", lets[-1])
    for letter, of in hints.roots:
        if isinstance(of, Semidefinite):
            define(letter, "root", read(of.argument))
            continue
        roots.append(read(of))
        define(letter, "root", roots[-1].T @ roots[-1])

    def spelled(expr: Expr) -> Tree:
        """Return how an expression is written; words of single letters are not taken apart."""
        total = read(expr)
        match expr:
            case Named(body=body):
                return spelled(body)
            case Transpose(argument=argument):
                return Tree(total, "transpose", (spelled(argument),))
            case Scale(coefficient=c, argument=argument):
                return Tree(total, "product", (spelled(argument),), _coefficient(c))
            case Sum(terms=terms):
                return Tree(total, "sum", tuple(map(spelled, terms)))
            case Product(factors=factors):
                parts = tuple(map(spelled, factors))
                if any(part.kind != "leaf" for part in parts) or any(
                    isinstance(factor, Named) for factor in factors
                ):
                    return Tree(total, "product", parts)
        return Tree(total)

    def difference(equation: Equation) -> Tree:
        return spelled(equation.lhs - equation.rhs)

    statement = part.statement
    trees = [difference(equation) for equation in hints.via]
    trees += [spelled(Z) for _, Z in hints.squares]
    if isinstance(statement, Equation):
        trees.append(difference(statement))
    elif isinstance(statement, Semidefinite):
        trees.append(spelled(statement.argument))
    return Guide(
        trees=trees,
        via=[read(equation.lhs) - read(equation.rhs) for equation in hints.via],
        squares=[(_coefficient(c), read(Z)) for c, Z in hints.squares],
        roots=roots,
        lets=lets,
        shorthands=_shorthands(part),
        grams=_grams(part.statement),
        weighted=_is_weighted(part),
        unique=part not in load_claims()[UNIQUE].parts,
        citations=[
            cite(name, {x: read(e) for x, e in images.items()}) for name, images in hints.lemmas
        ],
    )


def _is_weighted(part: Part) -> bool:
    """Whether a sum that is inverted weighs the rows of two selectors."""
    inverted = (
        node for node in walk(*part.expressions) if isinstance(node, PseudoInverse | Inverse)
    )
    selectors = {
        letter.name
        for split in assumed_by(part)
        if isinstance(split, Partition)
        for letter in split.expressions
        if isinstance(letter, Letter)
    }
    return any(
        selectors <= {below.name for below in walk(node.argument) if isinstance(below, Letter)}
        for node in inverted
        if selectors
    )


def _grams(statement: Statement) -> list[tuple[Coefficient, Words, Words]]:
    """Return how an equation is one of two squares ``c ZᵀZ``, the second of which may be zero."""
    if not isinstance(statement, Equation):
        return []
    left, right = square_of(statement.lhs), square_of(statement.rhs)
    if left is None:
        return []
    if isinstance(statement.rhs, Zero):
        return [(_coefficient(left[0]), words(left[1]), Words(left[1].shape))]
    if right is None or left[0] != right[0] or left[1].shape != right[1].shape:
        return []
    return [(_coefficient(left[0]), words(left[1]), words(right[1]))]


def square_of(expr: Expr) -> tuple[Polynomial, Expr] | None:
    """Return ``c`` and ``Z`` of an expression that is written ``c ZᵀZ``, else None.

    Examples
    --------
    >>> print(*square_of(2 * (Letter("Z", "m", "n").T @ Letter("Z", "m", "n"))))
    2 Z
    """
    match expr:
        case Named(body=body):
            return square_of(body)
        case Scale(coefficient=c, argument=argument):
            inner = square_of(argument)
            return None if inner is None else (inner[0] * c, inner[1])
        case Product(factors=(Transpose(argument=Z), *rest)) if len(rest) >= 1:
            W = rest[0] if len(rest) == 1 else Product(tuple(rest))
            return (Polynomial.of(1), W) if Z.same(W) else None
    return None


def cite(name: str, images: Mapping[str, Words]) -> Citation:
    """Return what a lemma says with sums in the place of its letters."""
    claim, _, number = name.rpartition(".")
    part = load_claims()[claim].parts[int(number) - 1]
    sizes = {"1": "1"}
    assumed = assumed_by(part)
    said = (e for statement in (part.statement, *assumed) for e in statement.expressions)
    letters = {node.name: node for node in walk(*said) if isinstance(node, Letter)}
    images = {**{name: words(letter) for name, letter in letters.items()}, **images}
    for letter, image in images.items():
        sizes |= dict(zip(letters[letter].shape, image.shape, strict=True))
    needs = (r.replaced(images, sizes) for r in relations(assumed))
    shows = (fact.replaced(images, sizes) for _, fact in goals(part.statement, assumed))
    return Citation(
        name,
        dict(images),
        {k: v for k, v in sizes.items() if k != "1"},
        tuple(total for total in needs if total.terms),
        tuple(total for total in shows if total.terms),
    )


def _coefficient(value: Polynomial | int) -> Coefficient:
    if isinstance(value, int):
        return value
    return Laurent.of({m: c.numerator if c.denominator == 1 else c for m, c in value.terms})


def _shorthands(part: Part) -> list[Words]:
    """Return what recurs in formulas: the rows that selectors take, and inverted sums."""
    nodes = list(walk(*part.expressions))
    letters = [node for node in nodes if isinstance(node, Letter)]
    rows = [
        words(selector @ letter)
        for split in assumed_by(part)
        if isinstance(split, Partition)
        for letter in letters
        for selector in split.expressions
        if letter.shape[0] == selector.shape[1] and not selector.same(letter)
    ]
    inverted = [words(node.argument) for node in nodes if isinstance(node, PseudoInverse | Inverse)]
    sums = {t: max((len(word) for word, _, _ in t.terms), default=0) for t in inverted}
    return [*rows, *sorted((t for t in sums if len(t.terms) > 1), key=lambda t: sums[t])]


def find(part: Part, limits: Limits | None = None) -> Outcome:
    """Search for a proof of a part."""
    assumed = assumed_by(part)
    wanted = list(dict.fromkeys(goals(part.statement, assumed)))
    return search(wanted, assumed, guide_for(part), limits)
