"""Every equality of the registry, entry by entry with symbolic entries.

Each part of a claim is read at small matrices of unknowns (``SHAPES``). What it assumes is met by
construction, and then decided on the very matrices on which the statement is decided:

- assumptions about the data choose among the shapes, and among all masks of zeros and ones;
- an equation in labels or weights, such as ``y = X w_*`` or ``w_t = w_o``, is solved: it defines
  one of them or is linear in it, and the general solution takes the place of the unknowns;
- an equation between functions of the data that has no name of its own, as in the converse of an
  *iff*, is solved by cases: a product of polynomials is zero where one of them is.

Both sides of the statement are then matrices of rational functions, equal or not. At a shape this
covers all real values of the unknowns at which no rank drops, be it that of data or of equations
solved; lower ranks have shapes of their own. Parameters are unknowns too: a claim may still need
``α > 0``, since a weight of zero lowers a rank.

The route shares nothing with the search for proofs. Weights are not read as their formulas: they
solve the optimality conditions of the problem that they are named after (``OPTIMA``), by
elimination, while the other side of an equation has pseudo-inverses. The arithmetic is that of
SymPy's rational functions; its simplifier of matrix expressions is not involved.

Run it with ``python proofs/entrywise.py``, or for some claims with ``python proofs/entrywise.py A3
B6``. A claim that is registered later is checked without a line here. Where no shape meets what it
assumes, the script says so and fails, until there is such a shape or a reason in ``REASONS``.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any, Literal

from sympy.polys.matrices import DomainMatrix

from linreg_unlearn.algebra.expressions import (
    ONE,
    Equation,
    Expr,
    Letter,
    Named,
    Product,
    PseudoInverse,
    Scale,
    Sum,
    Transpose,
)
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import (
    Different,
    KeepsActiveColumns,
    Mask,
    NoZeroColumn,
    Partition,
    Positive,
    RankEquation,
    Semidefinite,
    SizeIs,
    Statement,
)
from linreg_unlearn.algebra.symbolic import SymbolicReading, SymbolicSpace, is_zero
from linreg_unlearn.audit.drawing import letters_of, parameters_of
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.claims.claim import Assumption, Part, load_claims, select
from linreg_unlearn.claims.matching import w_o_ridge
from linreg_unlearn.claims.second_order import relabelled
from linreg_unlearn.errors import InputError

Element = Any
"""An element of SymPy's field of rational functions."""

Values = Mapping[int, Element]
"""What takes the place of unknowns, by their number in the field."""


# What is read.


@dataclass(frozen=True)
class Shape:
    """Retained and forget rows with unknown entries.

    Parameters
    ----------
    name : str
    retained, forget : str
        Rows, separated by semicolons, of entries: 0 or a product of unknowns, such as ``-t*b``.
    outputs : int
        Columns of the labels.
    for_draws : str, optional
        Read only parts for which such instances are drawn: the shape is large, or of one purpose.
    """

    name: str
    retained: str
    forget: str
    outputs: int = 1
    for_draws: str = ""

    @property
    def rows(self) -> list[list[str]]:
        """The entries of all rows."""
        return [row.split() for row in f"{self.retained};{self.forget}".split(";")]

    @property
    def unknowns(self) -> list[str]:
        """The unknowns of the entries, each once."""
        factors = (f for row in self.rows for entry in row for f in entry.lstrip("-").split("*"))
        return sorted({factor for factor in factors if not factor.isdigit()})

    @property
    def sizes(self) -> dict[str, int]:
        """The size of every dimension of the theory; fine-tuning data is one mixture of rows."""
        n_r, n_f = (rows.count(";") + 1 for rows in (self.retained, self.forget))
        n, d, c = n_r + n_f, len(self.rows[0]), self.outputs
        return {"n_r": n_r, "n_f": n_f, "n": n, "d": d, "c": c, "n_t": 1}

    def __str__(self) -> str:
        sizes = self.sizes
        return f"{sizes['n_r']}+{sizes['n_f']}×{sizes['d']}"


@dataclass(frozen=True)
class Sizes:
    """Sizes for letters that are not those of the theory, as in a lemma.

    Parameters
    ----------
    of_dimensions : tuple of (str, int)
    """

    of_dimensions: tuple[tuple[str, int], ...]

    @property
    def sizes(self) -> dict[str, int]:
        """The size of every dimension."""
        return dict(self.of_dimensions)

    def __str__(self) -> str:
        return ",".join(f"{symbol}={size}" for symbol, size in self.of_dimensions)


SHAPES = (
    # Labels that no weights fit, and two outputs: transposed products of labels differ.
    Shape("one feature", "a", "p", outputs=2),
    Shape("square", "a b", "p q"),
    Shape("one direction", "a b", "k*a k*b"),
    Shape("overlapping", "a b 0", "0 p q"),
    Shape("distinct", "a b 0", "0 0 p"),
    Shape("orthogonal", "a b 0", "-t*b t*a p", for_draws="orthogonal"),
    Shape("retained rows of rank one", "a 0; b 0", "p q"),
    Shape("all features", "a b; 0 c", "p q", for_draws="retained full column rank"),
    Shape("forget rows spanned", "a 0 0; 0 b 0", "p q 0", for_draws="same row space"),
    Shape("two retained rows", "a b 0; 0 c 0", "0 p q"),
    Shape("two forget rows", "a b 0", "0 p 0; 0 q r"),
    Shape("ranks of columns add", "a b 0 0; k*a k*b c 0", "0 0 p q", for_draws="rank additive"),
)

DATA = frozenset({formula.X, formula.E_r, formula.E_f, formula.S})
"""The letters that a shape binds."""

MIXTURE = ("s", "t")
"""The coefficients with which fine-tuning data mixes the retained rows."""

SOLVED_FOR = ("ỹ_f", "y", "w", "v", "w_0", "w_*")
"""The letters in which equations are linear, in the order in which they are solved for."""

MOST_ENTRIES = 10
"""How many unknown entries the letters of a lemma may have, where it does not define them."""

REASONS: dict[tuple[str, int], str] = {
    ("E5", 1): "A selection of parameters is no matrix of unknowns.",
    **{("F6", number): "An orthonormal base has roots in its entries." for number in (1, 2)},
    ("E4", 3): "Inverses of two sums of rows: rational functions of too many unknowns.",
    **{
        ("G.linear_head", number): "An orthonormal base of the rows has roots in its entries."
        for number in range(1, 6)
    },
    **{
        ("G.two_layer", number): "Layers are not determined by the map that they compute."
        for number in range(1, 6)
    },
}
"""Why a part of a claim, counted from 1, is not checked, in one sentence."""

INEQUALITY = "An inequality: what unknowns make up shows no sign."


# Weights, from the conditions that make them optimal.


@dataclass(frozen=True)
class Optimum:
    """The minimizer of ``(Z w − b)ᵀ D (Z w − b)`` that is closest to a start.

    Parameters
    ----------
    rows, targets : Expr
        ``Z`` and ``b``.
    start : Expr, optional
        Zero where not given.
    weights : Expr, optional
        ``D``, the identity where not given; positive definite.
    ridge : bool
        Add ``λ ‖w − start‖²`` to the loss.
    """

    rows: Expr
    targets: Expr
    start: Expr | None = None
    weights: Expr | None = None
    ridge: bool = False

    def derive(self, reading: EntrywiseReading) -> DomainMatrix:
        """Solve the optimality conditions."""
        Z, b = reading.value(self.rows), reading.value(self.targets)
        ZtD = Z.transpose()
        if self.weights is not None:
            ZtD = ZtD * reading.value(self.weights)
        start = None if self.start is None else reading.value(self.start)
        missed = b if start is None else b - Z * start
        if self.ridge:
            # The gradient is zero: ZᵀD (Z w − b) + λ (w − start) = 0.
            ridge = reading.identity(Z.shape[1]) * reading.parameters["lambda"]
            step = (ZtD * Z + ridge).lu_solve(ZtD * missed)
        elif Z.rank() == Z.shape[0]:
            # Independent rows: the least loss is zero.
            step = shortest(Z, missed)
        else:
            normal, pivots = (ZtD * Z).hstack(ZtD * missed).rref()
            conditions = normal[: len(pivots), :]
            step = shortest(conditions[:, : Z.shape[1]], conditions[:, Z.shape[1] :])
        return step if start is None else start + step


def shortest(A: DomainMatrix, b: DomainMatrix) -> DomainMatrix:
    """Return the shortest solution of ``A w = b`` with independent rows.

    It comes out of its Lagrange conditions ``[I Aᵀ; A 0] [w; μ] = [0; b]``, without a
    pseudo-inverse.
    """
    rows, columns = A.shape
    field = A.domain
    upper = DomainMatrix.eye(columns, field).to_dense().hstack(A.transpose())
    lower = A.hstack(DomainMatrix.zeros((rows, rows), field).to_dense())
    right = DomainMatrix.zeros((columns, b.shape[1]), field).to_dense().vstack(b)
    return upper.vstack(lower).lu_solve(right)[:columns, :]


_D = formula.weighting(formula.alpha)

OPTIMA: dict[Expr, Optimum] = {
    formula.w_o: Optimum(formula.X, formula.y),
    formula.w_g: Optimum(formula.X_r, formula.y_r),
    formula.w_t: Optimum(formula.X_t, formula.y_t, formula.w_o),
    formula.w_t_from_start: Optimum(formula.X_r, formula.y_r, formula.w_0),
    formula.w_rbm_tuned: Optimum(formula.X_t, formula.y_t, formula.w_rbm),
    formula.w_forget_tuned: Optimum(formula.X_t, formula.y_t, formula.w_forget),
    formula.w_forget_retained: Optimum(formula.X_r, formula.y_r, formula.w_forget),
    formula.w_g_ridge: Optimum(formula.X_r, formula.y_r, ridge=True),
    w_o_ridge: Optimum(formula.X, formula.y, ridge=True),
    relabelled: Optimum(formula.X, formula.relabelled, ridge=True),
    formula.w_reg_limit: Optimum(formula.X, formula.relabelled, formula.w_o, _D),
    formula.w_reg_limit_from_start: Optimum(formula.X, formula.relabelled, formula.w_0, _D),
    formula.w_reg_zero: Optimum(formula.X, formula.zero_labelled, formula.w_o, _D),
    formula.w_reg_from_start: Optimum(formula.X, formula.relabelled, formula.w_0, _D, ridge=True),
}
"""The problems that the named weights solve."""


class EntrywiseReading(SymbolicReading):
    """The symbolic reading, with unknown parameters, lower ranks, and weights that are derived.

    Parameters
    ----------
    space, sizes, letters
        As for the symbolic reading.
    parameters : mapping of str to element of the field
    known : dict
        Values that are known already; what is evaluated is added to it.
    """

    def __init__(
        self,
        space: SymbolicSpace,
        sizes: Mapping[str, int],
        letters: Mapping[str, DomainMatrix],
        parameters: Mapping[str, Element],
        known: dict[Expr, DomainMatrix],
    ) -> None:
        super().__init__(space, sizes, letters, parameters)
        self._values = known

    def _evaluate(self, node: Expr) -> DomainMatrix:
        optimum = OPTIMA.get(node)
        return super()._evaluate(node) if optimum is None else optimum.derive(self)

    def scale(self, coefficient: Polynomial, matrix: DomainMatrix) -> DomainMatrix:
        """Return a matrix times a polynomial in the parameters."""
        total = self._field.zero
        for monomial, number in coefficient.terms:
            term = self._field.convert(number)
            for name, power in monomial:
                term *= self.parameters[name] ** power
            total += term
        return matrix * total

    def pseudo_inverse(self, matrix: DomainMatrix) -> DomainMatrix:
        """Return the Moore-Penrose inverse at the rank that the unknowns have."""
        rows, columns = matrix.shape
        _, independent_columns = matrix.rref()
        if len(independent_columns) == min(rows, columns):
            return matrix.inv() if rows == columns else super().pseudo_inverse(matrix)
        if not independent_columns:
            return matrix.transpose()
        # With C and R columns and rows that span those of A: A⁺ = Rᵀ (Cᵀ A Rᵀ)⁻¹ Cᵀ.
        _, independent_rows = matrix.transpose().rref()
        Ct = matrix.extract(range(rows), independent_columns).transpose()
        Rt = matrix.extract(independent_rows, range(columns)).transpose()
        return Rt * (Ct * matrix * Rt).inv() * Ct


# Deciding.


def _active(matrix: DomainMatrix) -> list[bool]:
    return [any(column) for column in matrix.transpose().to_list()]


def holds(statement: Statement, reading: EntrywiseReading) -> bool:
    """Decide a statement at unknown entries; parameters are unknown positive numbers.

    Raises
    ------
    UndefinedError
        If an inverse in the statement does not exist.
    InputError
        If statements of this kind cannot be decided here.
    """
    value = reading.value
    match statement:
        case Equation(lhs=lhs, rhs=rhs):
            return is_zero(value(lhs) - value(rhs))
        case RankEquation(left=left, right=right):
            return _ranks(left, reading) == _ranks(right, reading)
        case Mask(argument=argument):
            entries = value(argument).to_list()
            return all(
                entry == 0 or (i == j and entry == 1)
                for i, row in enumerate(entries)
                for j, entry in enumerate(row)
            )
        case KeepsActiveColumns(mask=mask, matrix=matrix, complement=complement):
            active = enumerate(_active(value(matrix)))
            entries = value(mask).to_list()
            keeps = all(bool(entries[j][j]) == (on != complement) for j, on in active)
            return keeps and holds(Mask(mask), reading)
        case NoZeroColumn(argument=argument):
            return all(_active(value(argument)))
        case Positive(parameter=name):
            return name in reading.parameters
        case Different(first=first, second=second):
            return bool(reading.parameters[first] != reading.parameters[second])
        case SizeIs(dimension=dimension, size=size):
            return reading.sizes[dimension] == size
        case Partition(first=first, second=second):
            both = value(first).vstack(value(second))
            unit = reading.identity(both.shape[0])
            return is_zero(both * both.transpose() - unit) and both.is_square
        case _:
            raise InputError(
                f"{statement} cannot be decided at unknown entries: teach proofs/entrywise.py how"
            )


def _ranks(exprs: Sequence[Expr], reading: EntrywiseReading) -> int:
    return int(sum(reading.value(expr).rank() for expr in exprs))


NON_ZERO, CANCELS, CANCELS_INSIDE, SAYS_NOTHING = 3, 2, 1, 0


def substance(statement: Equation | RankEquation, reading: EntrywiseReading) -> int:
    """Return how much a true statement says at these matrices.

    Returns
    -------
    int
        ``NON_ZERO``: both sides are not zero. ``CANCELS``: they are, as a sum of terms or a product
        of factors that are not zero. ``CANCELS_INSIDE``: the same holds for terms and factors, such
        as the residual that a loss is made of. ``SAYS_NOTHING``: ``0 = 0``, since a letter is zero.
    """
    if isinstance(statement, RankEquation):
        return NON_ZERO if _ranks(statement.left, reading) else SAYS_NOTHING
    if not is_zero(reading.value(statement.lhs)):
        return NON_ZERO
    return max(_cancels(statement.lhs, reading), _cancels(statement.rhs, reading))


def _cancels(node: Expr, reading: EntrywiseReading) -> int:
    """Return how a node comes to be zero."""
    match node:
        case Named(body=below) | Scale(argument=below) | Transpose(argument=below):
            return _cancels(below, reading)
        case PseudoInverse(argument=below):
            return min(CANCELS_INSIDE, _cancels(below, reading))
        case Sum(terms=terms):
            if not all(is_zero(reading.value(term)) for term in terms):
                return CANCELS
            return min(CANCELS_INSIDE, max(_cancels(term, reading) for term in terms))
        case Product(factors=factors):
            if all(isinstance(factor, Letter) for factor in factors):
                return SAYS_NOTHING  # rows of the data that are zero
            zeros = [factor for factor in factors if is_zero(reading.value(factor))]
            if not zeros:
                return CANCELS
            return min(CANCELS_INSIDE, *(_cancels(factor, reading) for factor in zeros))
        case _:
            return SAYS_NOTHING


# Cases: matrices that satisfy what a part assumes.


@dataclass(frozen=True)
class Case:
    """A part of a claim with matrices for its letters.

    Parameters
    ----------
    part : Part
    space : SymbolicSpace
    sizes, letters, parameters
        What its readings bind.
    unknowns : mapping of str to sequence of int
        The numbers of the unknowns in letters that equations are solved for.
    data : frozenset of int
        The numbers of the unknowns that equations of higher degree are solved for.
    known : dict
        Values of expressions at these matrices.
    """

    part: Part
    space: SymbolicSpace
    sizes: Mapping[str, int]
    letters: Mapping[str, DomainMatrix]
    parameters: Mapping[str, Element]
    unknowns: Mapping[str, Sequence[int]]
    data: frozenset[int]
    known: dict[Expr, DomainMatrix]

    def reading(self) -> EntrywiseReading:
        """Return a reading; all readings of a case share what they evaluate."""
        bound = (self.space, self.sizes, self.letters, self.parameters)
        return EntrywiseReading(*bound, self.known)

    def at(self, values: Values) -> Case:
        """Return the case with values in the place of unknowns."""
        return self.bound({name: _substituted(A, values) for name, A in self.letters.items()})

    def bound(self, letters: Mapping[str, DomainMatrix]) -> Case:
        """Return the case with other matrices for some letters."""
        changed = {name for name, A in letters.items() if self.letters.get(name) != A}
        # What does not speak of them keeps its value.
        known = {e: value for e, value in self.known.items() if changed.isdisjoint(_names(e))}
        return replace(self, letters={**self.letters, **letters}, known=known)


@cache
def _names(expr: Expr) -> frozenset[str]:
    """Return the names of the letters in an expression."""
    own = {expr.name} if isinstance(expr, Letter) else set()
    return frozenset(own.union(*map(_names, expr.children)))


def places(part: Part) -> Iterator[Shape | Sizes]:
    """Yield the shapes at which a part is read, or sizes if it does not speak of the data."""
    letters = letters_of(part)
    if DATA.isdisjoint(letters):
        symbols = sorted({symbol for letter in letters for symbol in letter.shape} - {ONE})
        bound = {letter.name for s in part.assumed for letter in _bound_by(s)}
        for chosen in product((1, 2), repeat=len(symbols)):
            if len(chosen) > 1 and set(chosen) == {2}:
                continue  # square letters have inverses, of which there is little to say
            sizes = Sizes(tuple(zip(symbols, chosen, strict=True)))
            shapes = (letter.shape for letter in letters if letter.name not in bound)
            entries = sum(sizes.sizes.get(m, 1) * sizes.sizes.get(n, 1) for m, n in shapes)
            if entries <= MOST_ENTRIES:
                yield sizes
        return
    draws = set(part.also_draw)
    for item in part.assuming:
        draws.update(item.constructions if isinstance(item, Assumption) else ())
    for shape in SHAPES:
        if not shape.for_draws or shape.for_draws in draws:
            yield shape


def _bound_by(assumption: Statement) -> tuple[Letter, ...]:
    """Return the letters that an assumption leaves no choice."""
    match assumption:
        case Partition(first=Letter() as first, second=Letter() as second):
            return (first, second)
        case Equation(lhs=Letter() as letter, rhs=rhs) if letter.name not in _names(rhs):
            return (letter,)
        case _:
            return ()


def cases(part: Part, place: Shape | Sizes) -> Iterator[Case]:
    """Yield the matrices of one shape that satisfy what a part assumes; none where none do.

    Raises
    ------
    InputError
        If a letter has a dimension that the shape does not know.
    UndecidedError
        If an assumption could not be solved.
    """
    for case in _masked(_unmasked(part, place), _masks(part)):
        yield from _satisfying(case)


def _masks(part: Part) -> list[Letter]:
    """Return the letters that are assumed to be masks."""
    arguments = (s.argument for s in part.assumed if isinstance(s, Mask))
    return [argument for argument in arguments if isinstance(argument, Letter)]


def _selectors(part: Part, sizes: Mapping[str, int]) -> dict[str, list[list[int]]]:
    """Return letters that split rows between them: the first rows and the others."""
    bound: dict[str, list[list[int]]] = {}
    for letters in (_bound_by(s) for s in part.assumed if isinstance(s, Partition)):
        size = sum(sizes[letter.rows] for letter in letters)
        unit = [[int(i == j) for j in range(size)] for i in range(size)]
        for letter in letters:
            if size == sizes[letter.columns]:
                bound[letter.name], unit = unit[: sizes[letter.rows]], unit[sizes[letter.rows] :]
    return bound


def _unmasked(part: Part, place: Shape | Sizes) -> Case:
    """Return the letters of a part at one shape, all but the masks."""
    letters = letters_of(part)
    # What the data do not decide, such as how many parameters are chosen, is one.
    free_sizes = {size: 1 for letter in letters for size in letter.shape}
    sizes = {**free_sizes, **place.sizes, ONE: 1}
    selectors = _selectors(part, sizes)
    others: dict[str, list[list[str]]] = {}
    for letter in letters:
        if letter in DATA.union(_masks(part)) or letter.name in selectors:
            continue
        rows, columns = (range(sizes[symbol]) for symbol in letter.shape)
        others[letter.name] = [[f"{letter.name}[{i},{j}]" for j in columns] for i in rows]
    parameters = set(parameters_of(part))
    for statement in part.assumed:
        if isinstance(statement, Positive):
            parameters.add(statement.parameter)
        elif isinstance(statement, Different):
            parameters |= {statement.first, statement.second}
    # These two are no choice; which of them is meant shows where n_r and n_f differ.
    fixed = {f"m_{k}": Fraction(1, sizes[f"n_{k}"]) for k in "rf" if f"n_{k}" in sizes}
    mixture = MIXTURE[: sizes["n_r"]] if formula.S in set(letters) else ()
    data = [*mixture, *(place.unknowns if isinstance(place, Shape) else ())]
    free = {name: [e for row in rows for e in row] for name, rows in others.items()}
    names = [*data, *(e for entries in free.values() for e in entries)]
    space = SymbolicSpace([*names, *sorted(parameters - fixed.keys())])
    entries: dict[str, list[list[str]] | list[list[int]]] = {**others, **selectors}
    bound = {name: space.matrix(rows) for name, rows in entries.items()}
    if isinstance(place, Shape):
        both = DomainMatrix.eye(sizes["n"], space.field).to_dense()
        bound["X"] = _read(place.rows, space)
        bound["E_r"], bound["E_f"] = both[: sizes["n_r"], :], both[sizes["n_r"] :, :]
    if mixture:
        bound["S"] = space.matrix([mixture])
    number = {name: i for i, name in enumerate(names)}
    return Case(
        part,
        space,
        {size: number for size, number in sizes.items() if size != ONE},
        bound,
        {
            name: space.field.convert(fixed[name]) if name in fixed else space.unknown(name)
            for name in parameters
        },
        {name: [number[e] for e in entries] for name, entries in free.items()},
        frozenset(i for name, i in number.items() if name.partition("[")[0] not in SOLVED_FOR),
        {},
    )


def _read(rows: Sequence[Sequence[str]], space: SymbolicSpace) -> DomainMatrix:
    """Return the matrix whose entries are written as products."""

    def entry(text: str) -> Element:
        value = space.field.convert(-1 if text.startswith("-") else 1)
        for factor in text.lstrip("-").split("*"):
            value *= space.field.convert(0) if factor == "0" else space.unknown(factor)
        return value

    entries = [[entry(text) for text in row] for row in rows]
    return DomainMatrix(entries, (len(rows), len(rows[0])), space.field)


def _masked(case: Case, masks: Sequence[Letter]) -> Iterator[Case]:
    """Yield the case with every choice of masks that the named assumptions do not rule out."""
    if not masks:
        yield case
        return
    letter, *rest = masks
    bound = {letter.name, *case.letters} - case.unknowns.keys()
    named = (item for item in case.part.assuming if isinstance(item, Assumption))
    asked = []
    for statement in (statement for item in named for statement in item.statements):
        names = set().union(*map(_names, statement.expressions))
        if letter.name in names and names <= bound:
            asked.append(statement)
    size = case.sizes[letter.rows]
    for kept in product((1, 0), repeat=size):
        mask = [[kept[i] if i == j else 0 for j in range(size)] for i in range(size)]
        masked = case.bound({letter.name: case.space.matrix(mask)})
        reading = masked.reading()
        if all(_is_met(statement, reading) for statement in asked):
            yield from _masked(masked, rest)


def _satisfying(case: Case) -> Iterator[Case]:
    """Yield the case, or what is left of it when its assumptions are solved one by one."""
    reading = case.reading()
    for statement in case.part.assumed:
        if not _is_met(statement, reading):
            if isinstance(statement, Equation):
                for solved in _solutions(case, statement, reading):
                    yield from _satisfying(solved)
            return
    yield case


def _is_met(assumption: Statement, reading: EntrywiseReading) -> bool:
    try:
        return holds(assumption, reading)
    except UndefinedError:
        return False


# Solving equations.


class UndecidedError(Exception):
    """A polynomial equation that cannot be solved for an unknown."""


def _solutions(case: Case, equation: Equation, reading: EntrywiseReading) -> Iterator[Case]:
    """Yield cases that together have every solution of an equation; none if it is undefined."""
    try:
        difference = reading.value(equation.lhs) - reading.value(equation.rhs)
    except UndefinedError:
        return
    for letter in _bound_by(equation):
        numbers = case.unknowns.get(letter.name, ())
        if case.letters[letter.name].to_list_flat() == [case.space.field.gens[i] for i in numbers]:
            yield case.bound({letter.name: reading.value(equation.rhs)})
            return
    entries = [entry.numer for entry in difference.to_list_flat() if entry]
    bare = equation in case.part.assuming
    others = () if bare else sorted(case.unknowns.keys() - {*SOLVED_FOR})
    unknowns = [case.unknowns.get(name, ()) for name in (*SOLVED_FOR, *others)]
    # A square is zero where its root is; roots are expensive, so they are a second attempt.
    for attempt in range(2):
        if attempt and any(_degree(p, numbers) > 1 for p in entries for numbers in unknowns):
            entries = [entry.sqf_part() for entry in entries]
        for numbers in unknowns:
            linear = [p for p in entries if _degree(p, numbers) == 1]
            values = _linear_solution(linear, numbers, case.space.field) if linear else None
            if values is not None:
                yield case.at(values)
                return
    if not bare:
        return  # a named assumption is met by a shape
    simplest = min(entries, key=lambda p: len(p.terms()))
    found: list[Mapping[str, DomainMatrix]] = []
    for values in _zeros(simplest, case):
        try:
            solved = case.at(values)
        except ZeroDivisionError:
            continue  # this unknown was divided by before: the other branch of that step has it
        if solved.letters not in found:
            found.append(solved.letters)
            yield solved


def _degree(polynomial: Any, numbers: Sequence[int]) -> int:
    return max(sum(int(monomial[i]) for i in numbers) for monomial in polynomial.monoms())


def _linear_solution(
    polynomials: Sequence[Any], numbers: Sequence[int], field: Any
) -> dict[int, Element] | None:
    """Return the general solution of linear equations in some unknowns, None where none is."""
    unknowns = [polynomials[0].ring.gens[i] for i in numbers]
    rows = []
    for p in polynomials:
        constant = p.subs([(unknown, 0) for unknown in unknowns])
        row = [*(p.diff(unknown) for unknown in unknowns), constant]
        rows.append([field.field.field_new(entry) for entry in row])
    reduced, pivots = DomainMatrix(rows, (len(rows), len(numbers) + 1), field).rref()
    if len(numbers) in pivots:
        return None
    values = {}
    for row, pivot in zip(reduced.to_list(), pivots, strict=False):
        others = (row[k] * field.gens[i] for k, i in enumerate(numbers) if k != pivot)
        values[numbers[pivot]] = -sum(others, row[-1])
    return values


def _zeros(polynomial: Any, case: Case) -> Iterator[dict[int, Element]]:
    """Yield values of unknowns that together have every real zero of a polynomial.

    Raises
    ------
    UndecidedError
        If a factor is not linear in any unknown.
    """
    field = case.space.field
    different = [
        (case.parameters[s.first] - case.parameters[s.second]).numer
        for s in case.part.assumed
        if isinstance(s, Different)
    ]
    positive = {
        field.gens.index(case.parameters[s.parameter])
        for s in case.part.assumed
        if isinstance(s, Positive)
    }
    for factor, _ in polynomial.factor_list()[1]:
        unknowns = [i for i in sorted(case.data) if factor.degree(i) > 0]
        if not unknowns or factor in different:
            continue
        linear = [i for i in unknowns if factor.degree(i) == 1]
        if linear:
            # Where the coefficient is not zero the unknown is a quotient.
            slopes = {i: factor.diff(i) for i in linear}
            number = min(reversed(linear), key=lambda i: len(slopes[i].terms()))
            rest = factor.subs(factor.ring.gens[number], 0)
            new = field.field.field_new
            yield {number: -new(rest) / new(slopes[number])}
            if not slopes[number].is_ground:
                yield from _zeros(slopes[number], case)
            continue
        even = all(
            power % 2 == 0 or i in positive
            for monomial in factor.monoms()
            for i, power in enumerate(monomial)
        )
        if not (even and len({coefficient > 0 for coefficient in factor.coeffs()}) == 1):
            raise UndecidedError(f"cannot be solved: {factor} = 0")
        # A sum of squares is zero where each of them is; one without unknowns never is.
        parts = [[i for i in unknowns if monomial[i]] for monomial in factor.monoms()]
        if all(parts):
            yield from ({i: field.zero} for i in parts[0])


def _substituted(matrix: DomainMatrix, values: Values) -> DomainMatrix:
    field = matrix.domain

    def evaluated(polynomial: Any) -> Element:
        total = field.zero
        for monomial, coefficient in polynomial.terms():
            term = field.convert(coefficient)
            for i, power in enumerate(monomial):
                if power:
                    term *= values.get(i, field.gens[i]) ** power
            total += term
        return total

    def concerned(entry: Element) -> bool:
        return any(part.degree(i) > 0 for part in (entry.numer, entry.denom) for i in values)

    rows = [
        [evaluated(e.numer) / evaluated(e.denom) if concerned(e) else e for e in row]
        for row in matrix.to_list()
    ]
    return DomainMatrix(rows, matrix.shape, field)


# Checking.


@dataclass(frozen=True)
class Outcome:
    """What came out for one part of a claim.

    Parameters
    ----------
    kind : {"holds", "differs", "not feasible", "error"}
        ``differs`` is for claims that are expected to fail; everything unexpected is an error.
    places : tuple of Shape or Sizes
        Where the statement says most and the expected came out.
    reason : str
        Why it was not checked, here and there or at all, or what went wrong.
    """

    kind: Literal["holds", "differs", "not feasible", "error"]
    places: tuple[Shape | Sizes, ...] = ()
    reason: str = ""


def _total(place: Shape | Sizes) -> int:
    return sum(place.sizes.values())


def check(
    part: Part, *, expected: str = "holds", reason: str = "", most: int | None = None
) -> Outcome:
    """Check one part of a claim at every shape, or show at one that it fails if that is expected.

    Parameters
    ----------
    part : Part
    expected : {"holds", "fails"}
    reason : str
        Why it is not checked.
    most : int, optional
        At how many shapes where it says something, the smallest first.
    """
    statement = part.statement
    if isinstance(statement, Semidefinite):
        reason = INEQUALITY
    if reason:
        return Outcome("not feasible", reason=reason)
    if not isinstance(statement, Equation | RankEquation):
        return Outcome("error", reason="Neither an equation nor explained: see REASONS.")
    says: dict[Shape | Sizes, int] = {}
    unsolved: list[str] = []
    for place in sorted(places(part), key=_total) if most else places(part):
        if most and sum(found > SAYS_NOTHING for found in says.values()) == most:
            break
        try:
            for case in cases(part, place):
                reading = case.reading()
                try:
                    true = holds(statement, reading)
                except UndefinedError:
                    continue
                if not true and expected == "fails":
                    return Outcome("differs", (place,))
                if not true:
                    return Outcome("error", (place,), "The sides differ.")
                says[place] = max(says.get(place, SAYS_NOTHING), substance(statement, reading))
        except UndecidedError:
            # The cases so far are not all, so this place does not count.
            unsolved.append(str(place))
            says.pop(place, None)
        except InputError as error:
            return Outcome("error", reason=f"{error}.")
    if expected == "fails":
        return Outcome("error", reason="It is expected to fail and holds at every shape.")
    degree = "(what it assumes has too high a degree to be solved)."
    note = " ".join(["Undecided at", *unsolved, degree]) if unsolved else ""
    most = max(says.values(), default=SAYS_NOTHING)
    if most == SAYS_NOTHING:
        nowhere = "No shape meets its assumptions and lets it say something: see SHAPES."
        return Outcome("error", reason=f"{nowhere} {note}".strip())
    return Outcome("holds", tuple(place for place, found in says.items() if found == most), note)


# Inverses of sums of several kinds of rows: their entries grow out of hand with the shape.
SMALLEST_ONLY = {("E4", 2), ("E7", 1), ("E7", 2), ("E7.influence", 1)}


def most_shapes(claim: str, number: int) -> int | None:
    """Return at how many shapes a part is read, or None for all of them.

    The cells of the table are many, and their shapes differ less than their formulas.
    """
    if (claim, number) in SMALLEST_ONLY:
        return 1
    return 2 if claim.startswith("G.") else None


def outcomes(ids: Sequence[str] = ()) -> Iterator[tuple[str, Outcome]]:
    """Yield every part of the claims with these ids, or of all, and what came out for it."""
    for claim in select(ids, load_claims()):
        for number, part in enumerate(claim.parts, 1):
            reason = REASONS.get((claim.id, number), "")
            most = most_shapes(claim.id, number)
            found = check(part, expected=claim.expected, reason=reason, most=most)
            yield f"{claim.id}:{number}", found


def described(name: str, outcome: Outcome) -> str:
    """Return the line, or lines, of a part: at most 80 columns."""
    sizes = " ".join(dict.fromkeys(map(str, outcome.places)))
    text = " ".join(word for word in (outcome.kind, sizes, outcome.reason) if word)
    indent = " " * 15
    return textwrap.fill(text, 80, initial_indent=f"{name:<15}", subsequent_indent=indent)


def main(ids: Sequence[str] = ()) -> int:
    """Check, say what came out, and return 1 if something is wrong."""
    counts: dict[str, int] = {}
    print("Claim and part, and at which sizes n_r+n_f×d of unknowns.", flush=True)  # noqa: T201
    for name, outcome in outcomes(ids):
        print(described(name, outcome), flush=True)  # noqa: T201
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))  # noqa: T201
    return int("error" in counts)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
