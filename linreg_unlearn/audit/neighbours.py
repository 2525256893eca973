"""The neighbours of a statement: what it says with one thing changed, by rule, wherever it applies.

A theorem says something only if its neighbours are false: a checker that accepted ``P_r`` for ``P``
or ``n_f`` for ``n_r`` would not be noticed otherwise. Every rule is applied at every place of a
statement, inside the names that it uses too. What is ill-typed is no neighbour, and neither is what
has the words of the statement itself, up to an overall sign or transposition.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from flint import fmpq

from linreg_unlearn.algebra.checker import Lemma, RejectedError, check
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Identity,
    Inverse,
    Letter,
    Named,
    Product,
    PseudoInverse,
    Scale,
    ShapeError,
    Sum,
    Trace,
    Transpose,
    Zero,
    walk,
)
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.scalars import Polynomial, parameter
from linreg_unlearn.algebra.statements import Mask, Positive, RankEquation, Semidefinite, Statement
from linreg_unlearn.algebra.words import Word, Words, flipped, meaning, words
from linreg_unlearn.audit.evidence import Verdict, assumptions_hold, judge
from linreg_unlearn.audit.families import small
from linreg_unlearn.audit.finding import assumed_by, find, square_of
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.refute import candidates, refute
from linreg_unlearn.claims.claim import Hints, Part
from linreg_unlearn.claims.vocabulary import (
    E_f,
    E_r,
    I_d,
    P,
    P_f,
    P_r,
    P_t,
    X,
    X_f,
    X_r,
    X_t,
    w_g,
    w_o,
    y,
    y_f,
    y_r,
    y_t,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving.certificate import Letters, write_proof
from linreg_unlearn.proving.search import Limits

__all__ = [
    "RULES",
    "Fates",
    "Neighbour",
    "Record",
    "fates_of",
    "form",
    "name_of",
    "neighbours",
    "reduced",
    "search_neighbours",
]


@dataclass(frozen=True)
class Neighbour:
    """A statement with one thing changed.

    Parameters
    ----------
    rule : str
        What was changed, a key of :data:`RULES`.
    statement : Statement
    """

    rule: str
    statement: Statement


Change = Callable[[Expr, Part], Iterator[Expr]]


def _without(items: tuple[Expr, ...], at: int) -> tuple[Expr, ...]:
    return items[:at] + items[at + 1 :]


def _put(items: tuple[Expr, ...], at: int, *new: Expr) -> tuple[Expr, ...]:
    return (*items[:at], *new, *items[at + 1 :])


def _signs(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, Sum):
        for at, term in enumerate(node.terms):
            yield Sum(_put(node.terms, at, -term))


def _dropped_terms(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, Sum) and len(node.terms) > 1:
        for at in range(len(node.terms)):
            left = _without(node.terms, at)
            yield left[0] if len(left) == 1 else Sum(left)


def _factors_of_two(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, Sum):
        for at, term in enumerate(node.terms):
            for factor in (Fraction(2), Fraction(1, 2)):
                yield Sum(_put(node.terms, at, factor * term))


def _transposes(node: Expr, part: Part) -> Iterator[Expr]:
    if node.shape[0] == node.shape[1] and not isinstance(node, Transpose | Sum | Identity | Zero):
        yield node.T
    if isinstance(node, Transpose) and node.shape[0] == node.shape[1]:
        yield node.argument


def _inverses(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, PseudoInverse):
        yield node.argument.T
    if isinstance(node, Transpose) and not isinstance(node.argument, Named | Transpose):
        yield PseudoInverse(node.argument)
    if isinstance(node, Inverse):
        yield node.argument


def _dropped_factors(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, Product):
        for at in range(len(node.factors)):
            yield from _typed(_without(node.factors, at))


def _orders(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, Product):
        for at, (a, b) in enumerate(itertools.pairwise(node.factors)):
            yield from _typed((*node.factors[:at], b, a, *node.factors[at + 2 :]))


def _typed(factors: tuple[Expr, ...]) -> Iterator[Expr]:
    """Yield the product of factors, if there is one."""
    try:
        yield factors[0] if len(factors) == 1 else Product(factors)
    except ShapeError:
        return


def _parameters(node: Expr, part: Part) -> Iterator[Expr]:
    """Change a parameter: twice as much, none of it, 1/n_r for 1/n_f, one for the other."""
    if not isinstance(node, Scale):
        return
    c = node.coefficient
    own = sorted(c.parameters)
    others = sorted(
        {
            name
            for other in walk(*part.statement.expressions)
            if isinstance(other, Scale)
            for name in other.coefficient.parameters
        }
    )
    for name in own:
        swap = {"m_f": "m_r", "m_r": "m_f"}.get(name)
        images = [2 * parameter(name), Polynomial.of(1)]
        images += [parameter(other) for other in dict.fromkeys((*others, *filter(None, [swap])))]
        for image in images:
            changed = _with_parameter(c, name, image)
            if changed != c and changed.terms:
                yield Scale(changed, node.argument)


def _with_parameter(c: Polynomial, name: str, image: Polynomial) -> Polynomial:
    total = Polynomial.of(0)
    for monomial, number in c.terms:
        product = Polynomial.of(number)
        for other, power in monomial:
            for _ in range(power):
                product = product * (image if other == name else parameter(other))
        total = total + product
    return total


def _masks(node: Expr, part: Part) -> Iterator[Expr]:
    for said in part.assumed:
        if isinstance(said, Mask) and node.same(said.argument):
            yield Identity(node.shape[0]) - node
            for other in part.assumed:
                if isinstance(other, Mask) and other.argument.shape == node.shape:
                    yield other.argument


_PROJECTORS = (P, P_r, P_f, P_t)


def _projectors(node: Expr, part: Part) -> Iterator[Expr]:
    if any(node.same(other) for other in _PROJECTORS):
        yield I_d - node
        yield from _PROJECTORS
        yield I_d
    if node.same(I_d):
        yield from _PROJECTORS


def _names(node: Expr, part: Part) -> Iterator[Expr]:
    """Put another letter or named formula of the part, or of the theory, in the place of one."""
    if not isinstance(node, Letter | Named):
        return
    there = [n for n in walk(*part.expressions) if isinstance(n, Letter | Named)]
    for other in (*there, w_o, w_g):
        if other.shape == node.shape and not other.same(node):
            yield other


_ROWS: tuple[tuple[tuple[Expr, Expr], ...], ...] = (
    ((E_r, E_f),),
    ((E_f, E_r),),
    ((E_r, E_f), (E_f, E_r)),
    ((X_r, X), (y_r, y)),
    ((X_f, X), (y_f, y)),
    ((X_t, X_r), (y_t, y_r)),
    ((X_t, X_f), (y_t, y_f)),
    ((X, X_r), (y, y_r)),
    ((X, X_f), (y, y_f)),
)
"""Which rows are taken for which, all through a part of a formula."""


def _rows(node: Expr, part: Part) -> Iterator[Expr]:
    if isinstance(node, Letter | Identity | Zero):
        return
    for pairs in _ROWS:
        try:
            yield _replaced(node, pairs)
        except ShapeError:
            continue


def _replaced(node: Expr, pairs: tuple[tuple[Expr, Expr], ...]) -> Expr:
    for old, new in pairs:
        if node.same(old):
            return new
    children = tuple(_replaced(child, pairs) for child in node.children)
    if all(a is b for a, b in zip(children, node.children, strict=True)):
        return node
    return _rebuilt(node, children)


def _rebuilt(node: Expr, children: tuple[Expr, ...]) -> Expr:
    """Return a node with other children; a name that no longer fits is dropped."""
    match node:
        case Sum():
            return Sum(tuple(itertools.chain(*(_flat(child, Sum) for child in children))))
        case Product():
            return Product(tuple(itertools.chain(*(_flat(child, Product) for child in children))))
        case Named():
            return children[0]
        case Scale():
            return replace(node, argument=children[0])
        case Transpose() | PseudoInverse() | Inverse() | Trace():
            return type(node)(children[0])
    return node


def _flat(node: Expr, kind: type[Sum] | type[Product]) -> tuple[Expr, ...]:
    return node.children if isinstance(node, kind) else (node,)


RULES: dict[str, Change] = {
    "sign of a term": _signs,
    "a term dropped": _dropped_terms,
    "a factor 2": _factors_of_two,
    "transposed": _transposes,
    "transpose for pseudo-inverse": _inverses,
    "a factor dropped": _dropped_factors,
    "factors in another order": _orders,
    "another parameter": _parameters,
    "another mask": _masks,
    "another projector": _projectors,
    "another name": _names,
    "other rows": _rows,
}
"""What may be changed in an expression, each giving expressions to put in the place of one."""


def _changed(node: Expr, part: Part) -> Iterator[tuple[str, Expr]]:
    """Yield an expression with one thing changed in it, at any depth."""
    for rule, change in RULES.items():
        for other in change(node, part):
            if other.shape == node.shape:
                yield rule, other
    Z = _root_of(node)
    if Z is not None:
        # A square stays one: both factors are changed at once.
        for rule, other in _changed(Z, part):
            if not other.same(Z):
                yield rule, other.T @ other
        return
    for at, child in enumerate(node.children):
        for rule, other in _changed(child, part):
            yield rule, _rebuilt(node, _put(node.children, at, other))


def _root_of(node: Expr) -> Expr | None:
    """Return ``Z`` of a product that is written ``ZᵀZ``."""
    if not isinstance(node, Product) or not isinstance(node.factors[0], Transpose):
        return None
    square = square_of(node)
    return None if square is None else square[1]


def form(statement: Statement, read: Callable[[Expr], Words] = words) -> str:
    """Return what a statement says as text: the same for words that are the same.

    Parameters
    ----------
    statement : Statement
    read : callable, optional
        What reads an expression as words.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter
    >>> A, B = Letter("A", "n", "n"), Letter("B", "n", "n")
    >>> form(A @ B == B) == form((B - A @ B).T == 0)
    True
    """
    match statement:
        case Equation(lhs=lhs, rhs=rhs):
            return "0 = " + _first(read(lhs) - read(rhs), signs=True)
        case Semidefinite(argument=argument):
            return "0 ⪯ " + _first(read(argument), signs=False)
        case RankEquation(left=left, right=right):
            sides = [sorted(_first(read(e), signs=True) for e in side) for side in (left, right)]
            return f"{sorted(sides)}"
    return str(statement)


def _first(total: Words, *, signs: bool) -> str:
    turned = (total, total.T)
    return min(w.scaled(c).text for w in turned for c in ((1, -1) if signs else (1,)))


def reduced(total: Words, masks: frozenset[str] = frozenset()) -> Words:
    """Return a sum of words after what goes without saying: the same matrix in fewer words.

    Projectors ``A⁺A`` and ``AA⁺``, the inverse of what is symmetric and masks are symmetric,
    ``A A⁺A = A``, ``A⁺A A⁺ = A⁺``, a mask is its own square, and ``E⁺ = Eᵀ`` for the selectors.

    Parameters
    ----------
    total : Words
    masks : frozenset of str
        The names of letters that are masks.

    Examples
    --------
    >>> reduced(words(P.T @ P)) == words(P), reduced(words(P @ P_r)) == words(P_r)
    (True, False)
    """
    terms = [(_shortened(word, masks), monomial, c) for word, monomial, c in total.terms]
    return Words.collect(total.shape, terms)


_SELECTORS = (words(E_r), words(E_f))


def _shortened(word: Word, masks: frozenset[str]) -> Word:
    rules: list[tuple[Word, Word]] = []
    letters: list[str] = []
    for letter in word:
        kind, _, _, argument = meaning(letter)
        if argument is not None and kind == "pinv" and argument in _SELECTORS:
            turned = flipped(argument.terms[0][0])
            letters += flipped(turned) if letter.endswith("'") else turned
        elif argument is not None and kind == "pinv":
            inside = reduced(argument, masks)
            made = inside.pinv.terms[0][0][0]
            if inside.T == inside:
                letters.append(made)
            else:
                letters.append(made + "'" * letter.endswith("'"))
            A, monomial, c = inside.terms[0] if len(inside.terms) == 1 else ((), (), Fraction(0))
            if c == 1 and not monomial:
                p = (made,)
                rules += [(flipped(A) + flipped(p), p + A), (flipped(p) + flipped(A), A + p)]
                rules += [(A + p + A, A), (p + A + p, p)]
                rules += [(flipped(x), flipped(z)) for x, z in rules[-2:]]
        else:
            letters.append(
                name_of_mask if (name_of_mask := letter.rstrip("'")) in masks else letter
            )
    rules += [((mask, mask), (mask,)) for mask in masks if mask in letters]
    short = tuple(letters)
    done = False
    while not done:
        done = True
        for old, new in rules:
            for at in range(len(short) - len(old) + 1):
                if short[at : at + len(old)] == old != new:
                    short, done = short[:at] + new + short[at + len(old) :], False
                    break
    return short


def _of(statement: Statement, part: Part) -> Iterator[tuple[str, Statement]]:
    match statement:
        case Equation(lhs=lhs, rhs=rhs):
            for rule, other in _changed(lhs, part):
                yield rule, Equation(other, rhs)
            for rule, other in _changed(rhs, part):
                yield rule, Equation(lhs, other)
            yield "sign of a term", Equation(-lhs, rhs)
            for factor in (Fraction(2), Fraction(1, 2)):
                yield "a factor 2", Equation(factor * lhs, rhs)
            for a, b in _other_rows((lhs, rhs)):
                if isinstance(rhs, Zero):
                    yield "other rows", Equation(a, Zero(a.shape))
                elif a.shape == b.shape:
                    yield "other rows", Equation(a, b)
        case Semidefinite(argument=argument):
            for rule, other in _changed(argument, part):
                yield rule, Semidefinite(other)
            yield "inequality reversed", Semidefinite(-argument)
            yield "equality", Equation(argument, Zero(argument.shape))
            for (other,) in _other_rows((argument,)):
                yield "other rows", Semidefinite(other)
        case RankEquation(left=left, right=right):
            for side, rest in ((left, right), (right, left)):
                for at, expr in enumerate(side):
                    for rule, other in _changed(expr, part):
                        yield rule, RankEquation(_put(side, at, other), rest)
                    for (other,) in _other_rows((expr,)):
                        yield "other rows", RankEquation(_put(side, at, other), rest)
                    yield "a factor 2", RankEquation(_put(side, at, expr, expr), rest)
                    if len(side) > 1:
                        yield "a term dropped", RankEquation(_without(side, at), rest)


def _other_rows(sides: tuple[Expr, ...]) -> Iterator[tuple[Expr, ...]]:
    """Take some rows for others on all sides at once, which may change the shape."""
    for pairs in _ROWS:
        try:
            changed = tuple(_replaced(side, pairs) for side in sides)
        except ShapeError:
            continue
        if any(a is not b for a, b in zip(changed, sides, strict=True)):
            yield changed


def neighbours(part: Part) -> tuple[Neighbour, ...]:
    """Return the neighbours of the statement of a part, each once.

    Parameters
    ----------
    part : Part

    Returns
    -------
    tuple of Neighbour
        In the order of the rules' places in the statement.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> part = load_claims()["A1"].parts[0]
    >>> [str(other.statement) for other in neighbours(part)][:2]
    ['w_* = P w_*', 'w_g = P w_*']
    """
    seen = {form(part.statement)}
    found = []
    letters = {x for x in walk(*part.expressions) if isinstance(x, Letter)}
    for rule, statement in _of(part.statement, part):
        new = {x for x in walk(*statement.expressions) if isinstance(x, Letter)} - letters
        if new and not (new <= _THEORY and X in letters):
            continue  # it speaks of what instances of the part do not have
        name = form(statement)
        if name not in seen:
            seen.add(name)
            found.append(Neighbour(rule, statement))
    return tuple(found)


_THEORY: frozenset[Expr] = frozenset({X, y, E_r, E_f})


@dataclass(frozen=True)
class Fates:
    """What became of the neighbours of a part.

    Parameters
    ----------
    refuted : int
        Those that an exact instance of the assumptions refutes.
    equivalent : int
        Those that say the same, up to a factor or by what goes without saying (:func:`reduced`).
    implied : int
        Those that are true: the checker accepts a certificate.
    unknown : tuple of Neighbour
    """

    refuted: int
    equivalent: int
    implied: int
    unknown: tuple[Neighbour, ...]


_INFORMATIVE, _OTHERS = 10, 6
BRIEFLY, THOROUGHLY = 60_000, 400_000
"""Matrix operations for the search of an instance before and after that of a proof."""


def pool_of(part: Part) -> list[Instance]:
    """Draw instances of the assumptions of a part, which also have what its neighbours speak of.

    Letters of which nothing is assumed are any matrices on some of them: draws for the theory make
    ``M`` a mask even where a part does not ask for one.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> len(pool_of(load_claims()["A3"].parts[0])) > 10
    True
    """
    letters = {x.name: x for x in walk(*part.expressions) if isinstance(x, Letter)}
    more: tuple[Statement, ...] = ()
    if X.same(letters.get("X", y)):
        more = (X_r == X_r, X_f == X_f, y_r == y_r)
    wide = replace(part, assuming=(*part.assuming, *more))
    informative: list[Instance] = []
    others: list[Instance] = []
    for _, drawn in candidates(wide, 100_000, 1):
        instance = _with_means(drawn)
        found = informative if judge(part, instance) is Verdict.CONFIRMED else others
        if len(found) < (_INFORMATIVE if found is informative else _OTHERS):
            found.append(instance)
        if len(informative) == _INFORMATIVE:
            break
    bound = {
        n.name
        for n in walk(*(e for s in part.assumed for e in s.expressions))
        if isinstance(n, Letter)
    }
    free = [x for name, x in letters.items() if name not in bound | {"E_r", "E_f"}]
    rng = random.Random(1)
    freed = [_freed(instance, free, rng) for instance in informative]
    tight = [other for instance in informative for other in _tight(wide, instance)]
    scaled_down = [_scaled_down(instance) for instance in informative]
    fine = [instance for instance in scaled_down if assumptions_hold(part, instance)]
    return [*informative, *others, *freed, *tight, *fine]


def _scaled_down(instance: Instance) -> Instance:
    """Make data small: Gram matrices of integers are never below the identity."""
    small_data = {
        name: instance.letters[name] * fmpq(1, 8)
        for name in ("X", "y", "ỹ_f")
        if name in instance.letters
    }
    return replace(instance, letters={**instance.letters, **small_data})


def _tight(part: Part, instance: Instance) -> Iterator[Instance]:
    """Yield instances whose parameters are as small, and as large, as assumptions allow.

    A bound that is far from what it bounds lets many false inequalities pass.
    """
    for name, value in instance.parameters.items():
        if name in ("m_f", "m_r"):
            continue
        for factor in (Fraction(1, 2), Fraction(2)):
            best: Instance | None = None
            for power in range(1, 7):
                parameters = {**instance.parameters, name: value * factor**power}
                other = replace(instance, parameters=parameters)
                if assumptions_hold(part, other):
                    best = other
            if best is not None:
                yield best


def _with_means(instance: Instance) -> Instance:
    means = {
        f"m_{x}": Fraction(1, instance.sizes[f"n_{x}"]) for x in "rf" if f"n_{x}" in instance.sizes
    }
    return replace(instance, parameters={**instance.parameters, **means})


def _freed(instance: Instance, free: Sequence[Letter], rng: random.Random) -> Instance:
    letters = dict(instance.letters)
    for letter in free:
        matrix = letters[letter.name]
        letters[letter.name] = small(matrix.nrows(), matrix.ncols(), rng)
    # All that is assumed of 1/n_r and 1/n_f is that they are positive.
    means = {
        name: Fraction(rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 3)))
        for name in ("m_f", "m_r")
        if name in instance.parameters
    }
    return replace(instance, letters=letters, parameters={**instance.parameters, **means})


def _is_false(statement: Statement, reading: ExactReading) -> bool:
    """Whether a statement is false or undefined at a reading, which has what it speaks of."""
    try:
        return not holds(statement, reading)
    except UndefinedError:
        return True
    except InputError:
        return False  # a letter or a parameter that the instance does not bind


@dataclass(frozen=True)
class Record:
    """What the search found out of the neighbours that draws do not refute.

    Parameters
    ----------
    instances : tuple of Instance
        They refute the others that are false.
    implied : dict of str to int
        By the name of a neighbour (:func:`name_of`), the way in which its proof is found.
    unknown : tuple of str
        The names of those of which nothing was found.
    """

    instances: tuple[Instance, ...] = ()
    implied: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {
            "instances": [instance.as_data() for instance in self.instances],
            "implied": dict(self.implied),
            "unknown": list(self.unknown),
        }

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Record:
        """Return what :meth:`as_data` wrote."""
        instances = tuple(map(Instance.from_data, data["instances"]))
        return Record(instances, dict(data["implied"]), tuple(data["unknown"]))


def name_of(statement: Statement) -> str:
    """Return a short name of what a statement says as words.

    Examples
    --------
    >>> name_of(P == P_r) == name_of(P_r == P)
    True
    """
    return hashlib.sha256(form(statement).encode()).hexdigest()[:12]


def _open(
    part: Part, known: Sequence[Instance]
) -> tuple[int, int, list[Neighbour], list[ExactReading]]:
    """Count the neighbours that draws refute or that say the same; return the others."""
    same = scaled(part.statement, part)
    readings = [instance.exact() for instance in (*pool_of(part), *known)]
    refuted = equivalent = 0
    left: list[Neighbour] = []
    for neighbour in neighbours(part):
        if any(_is_false(neighbour.statement, reading) for reading in readings):
            refuted += 1
        elif scaled(neighbour.statement, part) == same:
            equivalent += 1
        else:
            left.append(neighbour)
    return refuted, equivalent, left, readings


def fates_of(part: Part, record: Record, lemmas: Mapping[str, Lemma], name: str) -> Fates:
    """Decide every neighbour of a part again, with what was found before.

    Parameters
    ----------
    part : Part
    record : Record
        Of nothing in it is believed more than what is decided here.
    lemmas : mapping of str to Lemma
        What proofs may cite.
    name : str
        The claim and the number of the part, such as ``"A3.1"``.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> fates = fates_of(load_claims()["A1"].parts[0], Record(), {}, "A1.1")
    >>> fates.refuted > 5
    True
    """
    # An instance of something else refutes nothing.
    known = [instance for instance in record.instances if assumptions_hold(part, instance)]
    refuted, equivalent, left, _ = _open(part, known)
    unknown = [
        neighbour
        for neighbour in left
        if (way := record.implied.get(name_of(neighbour.statement))) is None
        or _proved(part, neighbour.statement, lemmas, name, way) is None
    ]
    return Fates(refuted, equivalent, len(left) - len(unknown), tuple(unknown))


def search_neighbours(part: Part, lemmas: Mapping[str, Lemma], name: str) -> Record:
    """Search instances that refute neighbours, or proofs of them.

    Parameters
    ----------
    part : Part
    lemmas : mapping of str to Lemma
        What proofs may cite.
    name : str
        The claim and the number of the part, such as ``"A3.1"``.
    """
    _, _, left, _ = _open(part, ())
    instances: list[Instance] = []
    implied: dict[str, int] = {}
    unknown: list[str] = []
    readings: list[ExactReading] = []
    for neighbour in left:
        if any(_is_false(neighbour.statement, reading) for reading in readings):
            continue
        other = replace(part, statement=neighbour.statement)
        wrong = refute(other, budget=BRIEFLY)
        if wrong is None:
            way = _proved(part, neighbour.statement, lemmas, name)
            if way is not None:
                implied[name_of(neighbour.statement)] = way
                continue
            wrong = refute(other, budget=THOROUGHLY)
        if wrong is None:
            unknown.append(name_of(neighbour.statement))
            continue
        instances.append(_with_means(wrong.instance))
        readings.append(instances[-1].exact())
    return Record(tuple(instances), implied, tuple(unknown))


def scaled(statement: Statement, part: Part) -> str:
    """Return what a statement says after what goes without saying, up to a positive factor.

    Parameters
    ----------
    statement : Statement
    part : Part
        Says which letters are masks, and which parameters are positive.

    Examples
    --------
    >>> part = Part(P == 0)
    >>> scaled(2 * P == 0, part) == scaled(P.T == 0, part)
    True
    """
    masks = _mask_letters(part)

    def read(expr: Expr) -> Words:
        return reduced(words(expr), masks)

    if not isinstance(statement, Equation):
        return form(statement, read)
    total = read(statement.lhs - statement.rhs)
    if not total.terms:
        return "0 = 0"
    _, first, c = total.terms[0]
    positive = {s.parameter for s in assumed_by(part) if isinstance(s, Positive)}
    common = all(monomial == first for _, monomial, _ in total.terms)
    sure = common and {name for name, _ in first} <= positive | {"m_f", "m_r"}
    by = tuple((name, -power) for name, power in first) if sure else ()
    turned = (total.scaled(1 / c, by), total.T.scaled(1 / c, by))
    return "0 = " + min(w.scaled(sign).text for w in turned for sign in (1, -1))


def _mask_letters(part: Part) -> frozenset[str]:
    return frozenset(
        words(said.argument).terms[0][0][0]
        for said in part.assumed
        if isinstance(said, Mask) and isinstance(said.argument, Letter)
    )


def _squares_more(own: Expr, other: Expr) -> Iterator[tuple[Polynomial, Expr]]:
    """Yield the square that a sum has more than another, where it is a multiple of a summand."""
    difference = words(other) - words(own)
    for term in _terms(own):
        square = square_of(term)
        if square is None or any(c < 0 for _, c in square[0].terms):
            square = square_of(-term)
        for factor in (Fraction(k, 4) for k in (1, 2, 3, 4, 8, 12)):
            if square and words(square[0] * factor * (square[1].T @ square[1])) == difference:
                yield square[0] * factor, square[1]
                return


def _proved(
    part: Part,
    statement: Statement,
    lemmas: Mapping[str, Lemma],
    name: str,
    only: int | None = None,
) -> int | None:
    """Return in which way a certificate is found that the checker accepts, None where in none."""
    for way, hints in enumerate(_ways(part, statement, lemmas, name)):
        if only is not None and way != only:
            continue
        wanted = replace(part, statement=statement, hints=hints)
        try:
            outcome = find(wanted, Limits(seconds=SECONDS if only is None else PATIENCE))
        except InputError:
            return None  # ranks of which no equation is known
        if not outcome.complete:
            continue
        letters = Letters()
        proof = write_proof(outcome.reached, letters)
        try:
            check(letters.entries, proof, statement, assumed_by(wanted), dict(lemmas))
        except RejectedError:
            continue
        return way
    return None


SECONDS, PATIENCE = 2.0, 60.0
"""For a proof that may not exist, and for one that was found before: a machine may be busy."""


def _ways(
    part: Part, statement: Statement, lemmas: Mapping[str, Lemma], name: str
) -> Iterator[Hints]:
    """Yield hints to try in turn."""
    own = part.statement
    yield from _ways_of_the_claim(part, statement, lemmas, name)
    if isinstance(own, Equation):
        yield part.hints
    # What was worth showing, of the rows that were taken instead.
    for pairs in _ROWS:
        try:
            turned = _turned(part.hints, pairs)
        except ShapeError:
            continue
        if str(turned) != str(part.hints):
            yield turned
    if isinstance(statement, Semidefinite) and isinstance(own, Semidefinite):
        # What a weaker inequality has more, word by word.
        difference = words(statement.argument) - words(own.argument)
        more = tuple(_halves(difference))
        if len(more) == len(difference.terms):
            yield replace(part.hints, squares=(*part.hints.squares, *more))


def _halves(total: Words) -> Iterator[tuple[Polynomial, Expr]]:
    """Yield the words that are squares, each with its coefficient and its root."""
    for word, monomial, c in total.terms:
        half = word[len(word) // 2 :]
        if c > 0 and half and flipped(half) + half == word:
            coefficient = Polynomial(((monomial, c),))
            factors = tuple(map(_expression_of, half))
            yield coefficient, factors[0] if len(factors) == 1 else Product(factors)


def _expression_of(letter: str) -> Expr:
    """Return the expression that a letter of words stands for."""
    kind, name, shape, argument = meaning(letter)
    if argument is None:
        expr: Expr = Letter(name, *shape)
    else:
        terms = [
            Scale(
                Polynomial(((monomial, c),)),
                Product(tuple(map(_expression_of, word))) if word else Identity(argument.shape[0]),
            )
            for word, monomial, c in argument.terms
        ]
        expr = (PseudoInverse if kind == "pinv" else Trace)(Sum(tuple(terms)))
    return expr.T if letter.endswith("'") else expr


def _turned(hints: Hints, pairs: tuple[tuple[Expr, Expr], ...]) -> Hints:
    def new(expr: Expr) -> Expr:
        return _replaced(expr, pairs)

    return replace(
        hints,
        via=tuple(Equation(new(e.lhs), new(e.rhs)) for e in hints.via),
        squares=tuple((c, new(Z)) for c, Z in hints.squares),
        lets=tuple((letter, new(expr)) for letter, expr in hints.lets),
        lemmas=tuple(
            (name, {x: new(expr) for x, expr in images.items()}) for name, images in hints.lemmas
        ),
    )


def _ways_of_the_claim(
    part: Part, statement: Statement, lemmas: Mapping[str, Lemma], name: str
) -> Iterator[Hints]:
    own = part.statement
    if isinstance(own, Equation) and name in lemmas and lemmas[name].facts:
        yield replace(part.hints, lemmas=((name, {}), *part.hints.lemmas))
        if {"E_r", "E_f"} <= {x.name for x in walk(*part.expressions) if isinstance(x, Letter)}:
            # The same of the other rows.
            turned = (name, {"E_r": E_f, "E_f": E_r})
            yield replace(part.hints, lemmas=(turned, *part.hints.lemmas))
        return
    if isinstance(statement, Semidefinite) and isinstance(own, Semidefinite):
        more = tuple(_squares_more(own.argument, statement.argument))
        yield replace(part.hints, squares=(*part.hints.squares, *more))
        # Where cross terms vanish, squares of sums differ by that of the difference.
        apart = tuple(_squares_apart(own.argument, statement.argument))
        yield replace(part.hints, squares=(*part.hints.squares, *apart))
        yield Hints(squares=tuple(_squares_of(statement.argument)))
        return
    if not isinstance(own, Equation):
        yield part.hints


def _squares_apart(own: Expr, other: Expr) -> Iterator[tuple[Polynomial, Expr]]:
    terms, others = _terms(own), _terms(other)
    if len(terms) == len(others):
        for a, b in zip(terms, others, strict=True):
            for sign in (1, -1):
                first, second = square_of(sign * a), square_of(sign * b)
                if first is None or second is None or first[1].same(second[1]):
                    continue
                if first[1].shape != second[1].shape:
                    continue
                if first[0] == second[0] and all(c > 0 for _, c in first[0].terms):
                    yield first[0], second[1] - first[1]


def _terms(total: Expr) -> tuple[Expr, ...]:
    while isinstance(total, Named):
        total = total.body
    return total.terms if isinstance(total, Sum) else (total,)


def _squares_of(total: Expr) -> Iterator[tuple[Polynomial, Expr]]:
    for term in _terms(total):
        square = square_of(term)
        if square is not None:
            yield square
