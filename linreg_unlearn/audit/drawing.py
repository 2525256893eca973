"""Drawing exact instances of the theory's letters.

Instances are *constructed* to satisfy what a claim assumes rather than filtered: matrices are drawn
as products of factors, so that ranks, orthogonality and supports are chosen and not hoped for. One
drawing routine serves seeded random numbers and Hypothesis alike; it only ever asks its
:class:`Source` for integers, and small integers come first, so Hypothesis shrinks well.

Assumptions name the constructions that make them true (``interpolating``, ``same row space`` …).
What no construction covers is drawn freely and checked afterwards, exactly.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol, TypeVar

from flint import fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Equation, Expr, Identity, Letter, walk
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import Mask, Positive
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.claim import Assumption, Part
from linreg_unlearn.errors import InputError

__all__ = [
    "CONSTRUCTIONS",
    "Limits",
    "RandomSource",
    "Source",
    "draw_instance",
    "letters_of",
    "parameters_of",
]

T = TypeVar("T")


class Source(Protocol):
    """Where the drawing routine gets its integers from."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer between ``low`` and ``high``, both included."""
        ...


class RandomSource:
    """Integers from a seeded generator: the same seed gives the same instances everywhere."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        """Return an integer between ``low`` and ``high``, both included."""
        return self._random.randint(low, high)


@dataclass(frozen=True)
class Limits:
    """How large an instance may be.

    Parameters
    ----------
    retained, forget, features, outputs : (int, int)
        Smallest and largest ``n_r``, ``n_f``, ``d`` and ``c``.
    entry : int
        Largest absolute value of the integers drawn.
    spread : int
        Singular values are spread by powers of two down to ``2**-spread``; 0 leaves them alone.
        Every entry stays a dyadic number, which floating point holds exactly.
    for_methods : bool
        Draw only what methods can be asked for: fine-tuning on a selection of retained rows
        instead of any mixture of them.
    """

    retained: tuple[int, int] = (1, 5)
    forget: tuple[int, int] = (1, 3)
    features: tuple[int, int] = (1, 7)
    outputs: tuple[int, int] = (1, 2)
    entry: int = 2
    spread: int = 0
    for_methods: bool = False


CONSTRUCTIONS: dict[str, str] = {
    "interpolating": "y = X w_*",
    "forget predictable": "y_f = X_f X_r⁺ y_r",
    "retained interpolant": "y_r = X_r w",
    "w interpolates": "X w = y for y = X w_*",
    "golden labels": "ỹ_f = X_f w_g",
    "distinct": "no feature is active in both",
    "overlapping": "column blocks: retained only, both, forget only",
    "orthogonal": "X_r X_fᵀ = 0 without zero blocks",
    "full row rank": "rank X = n",
    "same row space": "X_f = T X_r",
    "retained full column rank": "rank X_r = d",
    "rank deficient": "no block has full rank, so free targets are not interpolated",
    "few rows": "at most two retained rows and four or more features",
    "any mask": "M keeps some features",
    "retain mask": "M keeps every column active in X_r",
    "retain support": "M keeps exactly those",
    "separating mask": "M keeps the columns of X_r and drops those of X_f",
    "forget mask": "M_B drops every column active in X_f",
    "forget support": "M_B drops exactly those",
    "rank additive": "the retained-only and the overlapping columns of X_r have independent rows",
    "dense": "every column is active in X_r and in X_f",
    "one forget row": "n_f = 1",
    "small forget rows": "X_f is small beside X_r",
}
"""The ways in which instances can be drawn, and what each makes true."""


def letters_of(part: Part) -> tuple[Letter, ...]:
    """Return the letters a part speaks of, in the order of first mention."""
    return tuple(node for node in walk(*part.expressions) if isinstance(node, Letter))


def parameters_of(part: Part) -> frozenset[str]:
    """Return the parameters a part speaks of."""
    coefficients = (getattr(node, "coefficient", None) for node in walk(*part.expressions))
    used = {
        name for poly in coefficients if isinstance(poly, Polynomial) for name in poly.parameters
    }
    signs = {said.parameter for said in part.assumed if isinstance(said, Positive)}
    return frozenset(used | signs)


def draw_instance(part: Part, source: Source, limits: Limits) -> Instance:
    """Draw one instance of the letters of a part.

    Parameters
    ----------
    part : Part
        Its assumptions choose the constructions. Where an assumption offers several, and among
        those the part asks for besides, one is picked.
    source : Source
    limits : Limits

    Returns
    -------
    Instance
        Its assumptions hold by construction where there is one; they are still to be checked.
    """
    chosen = set()
    for item in part.assuming:
        if isinstance(item, Assumption) and item.constructions:
            chosen.add(_choose(source, item.constructions))
    # Constructions draw the letters of the theory; all others may be given by an assumption.
    given = [
        (said.lhs, said.rhs)
        for said in part.assumed
        if isinstance(said, Equation)
        and isinstance(said.lhs, Letter)
        and said.lhs.name not in _THEORY
    ]
    # One more kind of instance, or, as often as each of them, none.
    added = _choose(source, (*part.also_draw, None))
    more: tuple[Equation, ...] = ()
    if isinstance(added, str):
        chosen.add(added)
    elif added is not None:
        more = added if isinstance(added, tuple) else (added,)
        given += [(said.lhs, said.rhs) for said in more if isinstance(said.lhs, Letter)]
    unknown = chosen - CONSTRUCTIONS.keys()
    if unknown:
        raise InputError(
            f"construction {min(unknown)!r} does not exist: choose from {', '.join(CONSTRUCTIONS)}"
        )
    drawn = _Draw(part, source, limits, frozenset(chosen), more).instance()
    return _with_given(drawn, given)


def _with_given(instance: Instance, given: Sequence[tuple[Letter, Expr]]) -> Instance:
    """Compute the letters that are given by formulas, the last one first and each letter once.

    A letter may be given by itself: ``e = P e`` projects what was drawn.
    """
    letters, fixed = dict(instance.letters), set[str]()
    for letter, expr in reversed(given):
        if letter.name in fixed:
            continue
        reading = Instance(instance.sizes, letters, instance.parameters).exact()
        try:
            letters[letter.name] = reading.value(expr)
        except UndefinedError:
            continue
        fixed.add(letter.name)
    return Instance(instance.sizes, letters, instance.parameters) if fixed else instance


def _choose(source: Source, options: Sequence[T]) -> T:
    return options[source.integer(0, len(options) - 1)]


@dataclass
class _Draw:
    """One drawing in progress."""

    part: Part
    source: Source
    limits: Limits
    chosen: frozenset[str]
    more: tuple[Equation, ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)
    letters: dict[str, fmpq_mat] = field(default_factory=dict)

    def instance(self) -> Instance:
        wanted = letters_of(self.part)
        names = {letter.name for letter in wanted}
        if names & _THEORY:
            self._draw_sizes()
            self._draw_data()
            self._draw_masks()
            if "S" in names:
                self.letters["S"] = self._mixture()
            self._draw_targets()
        masks = {
            str(statement.argument)
            for statement in self.part.assumed
            if isinstance(statement, Mask)
        }
        for letter in wanted:
            if letter.name in self.letters:
                continue
            if self._has_orthonormal_rows(letter):
                self.letters[letter.name] = self._selector(letter.rows, letter.columns)
            elif self._has_orthonormal_rows(letter.T):
                turned = self._selector(letter.columns, letter.rows)
                self.letters[letter.name] = turned.transpose()
            else:
                self.letters[letter.name] = self._free(letter, letter.name in masks)
        self._size("1", (1, 1))
        return Instance(
            {name: size for name, size in self.sizes.items() if name != "1"},
            {letter.name: self.letters[letter.name] for letter in wanted},
            {name: self._parameter(name) for name in sorted(parameters_of(self.part))},
        )

    def _has_orthonormal_rows(self, A: Expr) -> bool:
        """Whether ``A Aᵀ = I`` is assumed, or asked for."""
        said = words(A @ A.T), words(Identity(A.shape[0]))
        return any(
            (words(other.lhs), words(other.rhs)) == said
            for other in (*self.part.assumed, *self.more)
            if isinstance(other, Equation)
        )

    # Integers and blocks.

    def _integer(self) -> int:
        # Small numbers first, signs last: 0, 1, -1, 2, -2, ... shrink towards 0.
        code = self.source.integer(0, 2 * self.limits.entry)
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def _matrix(self, rows: int, columns: int) -> fmpq_mat:
        return fmpq_mat(rows, columns, [self._integer() for _ in range(rows * columns)])

    def _bits(self, size: int) -> list[int]:
        return [self.source.integer(0, 1) for _ in range(size)]

    def _order(self, size: int) -> list[int]:
        order = list(range(size))
        for i in range(size - 1):
            j = self.source.integer(i, size - 1)
            order[i], order[j] = order[j], order[i]
        return order

    def _triangle(self, size: int, *, unit: bool) -> fmpq_mat:
        # A lower triangle with a non-zero diagonal, hence invertible.
        matrix = rational.identity(size)
        for i in range(size):
            for j in range(i):
                matrix[i, j] = self.source.integer(0, 2) - 1
            if not unit:
                matrix[i, i] = self.source.integer(1, 2)
        return matrix

    def _full_rank(self, rows: int, columns: int) -> fmpq_mat:
        """Draw a matrix of full row rank, ``rows <= columns``."""
        if self.limits.for_methods:
            # Products of triangles are ill-conditioned at size; random integers are not, and
            # their rank is checked with the assumptions.
            return self._matrix(rows, columns)
        rest = self._matrix(rows, columns - rows)
        entries = [
            rational.to_fractions(rational.identity(rows))[i] + rational.to_fractions(rest)[i]
            for i in range(rows)
        ]
        core = self._triangle(rows, unit=False) * self._triangle(rows, unit=True).transpose()
        spread_out = core * rational.from_rows(entries, columns)
        return rational.select_columns(spread_out, self._order(columns))

    def _spectrum(self, size: int) -> fmpq_mat:
        spread = self.limits.spread
        steps = max(size - 1, 1)
        return rational.diagonal([Fraction(1, 2 ** (spread * i // steps)) for i in range(size)])

    def _block(self, rows: int, columns: int, rank: int | None = None) -> fmpq_mat:
        """Draw a block: of the given rank, or of any."""
        largest = min(rows, columns)
        if rank is None and "rank deficient" in self.chosen:
            rank = self.source.integer(min(1, largest), max(largest - 1, min(1, largest)))
        if rank is None:
            # 0: plain small integers, 1: full rank by factors, 2: a smaller rank.
            kind = self.source.integer(0, 2)
            if kind == 0 and not self.limits.spread:
                return self._matrix(rows, columns)
            rank = largest if kind < 2 or largest < 2 else self.source.integer(1, largest - 1)
        left = self._full_rank(rank, rows).transpose()
        return left * self._spectrum(rank) * self._full_rank(rank, columns)

    # The problem.

    def _larger(self, low: int, high: int) -> int:
        # Distributed as the larger of two draws, since the smallest sizes are mostly degenerate;
        # from one integer, so that it shrinks to the smallest all the same.
        return low + math.isqrt(self.source.integer(0, (high - low + 1) ** 2 - 1))

    def _size(self, name: str, bounds: tuple[int, int]) -> int:
        if name not in self.sizes:
            self.sizes[name] = self._larger(*bounds)
        return self.sizes[name]

    def _draw_sizes(self) -> None:
        limits, chosen = self.limits, self.chosen
        few = "few rows" in chosen
        n_r = self._size("n_r", (1, 2) if few else limits.retained)
        forget = (1, 1) if "one forget row" in chosen else limits.forget
        n_f = self._size("n_f", forget)
        self.sizes["n"] = n_r + n_f
        low, high = limits.features
        if "full row rank" in chosen:
            low, high = max(low, n_r + n_f), max(high, n_r + n_f)
        if "retained full column rank" in chosen:
            low, high = 1, n_r
        if "orthogonal" in chosen:
            low, high = max(low, 2), max(high, 2)
        if few:
            low, high = max(low, 4), max(high, 4)
        self._size("d", (low, high))
        self._size("c", limits.outputs)

    def _draw_data(self) -> None:
        n_r, n_f, d = (self.sizes[name] for name in ("n_r", "n_f", "d"))
        layout = self._layout()
        d_r, d_lap, d_f = layout
        if "same row space" in self.chosen or "retained full column rank" in self.chosen:
            rank = d if "retained full column rank" in self.chosen else None
            X_r = self._block(n_r, d, rank)
            if rank is None:
                # Features that no row uses leave room for masks.
                unused = self._exceptions(d)
                unused[-1] |= d > 1 and "retain mask" in self.chosen
                X_r *= rational.diagonal([0 if gone else 1 for gone in unused])
            X_f = (
                self._matrix(n_f, n_r) * X_r
                if "same row space" in self.chosen
                else self._block(n_f, d)
            )
            layout = (0, d, 0)
        elif "orthogonal" in self.chosen:
            p = self.source.integer(1, d - 1)
            Z = self._matrix(p, d - p)
            X_r = self._block(n_r, p) * _beside(rational.identity(p), Z)
            X_f = self._block(n_f, d - p) * _beside(-Z.transpose(), rational.identity(d - p))
            layout = (0, d, 0)
        elif "rank additive" in self.chosen:
            top = self.source.integer(0, n_r)
            stacked = _below(
                _beside(self._block(top, d_r), rational.zeros(top, d_lap)),
                _beside(rational.zeros(n_r - top, d_r), self._block(n_r - top, d_lap)),
            )
            X_r = self._triangle(n_r, unit=True) * _beside(stacked, rational.zeros(n_r, d_f))
            X_f = _beside(rational.zeros(n_f, d_r), self._block(n_f, d_lap + d_f))
        elif "full row rank" in self.chosen and layout == (0, d, 0):
            whole = self._block(n_r + n_f, d, n_r + n_f)
            X_r = rational.select_rows(whole, range(n_r))
            X_f = rational.select_rows(whole, range(n_r, n_r + n_f))
        else:
            X_r = _beside(self._block(n_r, d_r + d_lap), rational.zeros(n_r, d_f))
            X_f = _beside(rational.zeros(n_f, d_r), self._block(n_f, d_lap + d_f))
        if "small forget rows" in self.chosen:
            X_f *= rational.diagonal([Fraction(1, 8)] * d)
        if "dense" in self.chosen:
            _fill_zero_columns(X_r)
            _fill_zero_columns(X_f)
            layout = (0, d, 0)
        self.letters["X"] = _below(X_r, X_f)
        self.letters["E_r"] = _beside(rational.identity(n_r), rational.zeros(n_r, n_f))
        self.letters["E_f"] = _beside(rational.zeros(n_f, n_r), rational.identity(n_f))
        d_r, d_lap, d_f = layout
        self.letters["C_r"] = rational.diagonal([1] * d_r + [0] * (d_lap + d_f))
        self.letters["C_lap"] = rational.diagonal([0] * d_r + [1] * d_lap + [0] * d_f)
        self.letters["C_f"] = rational.diagonal([0] * (d_r + d_lap) + [1] * d_f)

    def _layout(self) -> tuple[int, int, int]:
        """Choose how many columns are retained only, in both, forget only."""
        d, pick = self.sizes["d"], self.source.integer
        if self.chosen & {"dense", "orthogonal"}:
            return (0, d, 0)
        if self.chosen & {"distinct", "separating mask"}:
            # With one column one side has none, and its rows are zero.
            d_r = pick(1, d - 1) if d > 1 else pick(0, 1)
            return (d_r, 0, d - d_r)
        blocks = {"overlapping", "rank additive"}
        if "full row rank" in self.chosen and not self.chosen & blocks:
            return (0, d, 0)
        masks = {"retain mask", "retain support", "forget mask", "forget support"}
        # Masks say nothing of features that are all shared, so those are drawn less for them.
        if self.chosen & blocks or pick(0, 7 if self.chosen & masks else 1):
            # All three blocks where there is room for them, but for one draw in eight.
            least = 1 if d >= 3 and pick(0, 7) else 0
            d_lap = pick(least, d - 2 * least)
            d_r = pick(least, d - d_lap - least)
            return (d_r, d_lap, d - d_lap - d_r)
        return (0, d, 0)

    def _draw_masks(self) -> None:
        d, n_r = self.sizes["d"], self.sizes["n_r"]
        X = self.letters["X"]
        in_r = rational.active_columns(rational.select_rows(X, range(n_r)))
        in_f = rational.active_columns(rational.select_rows(X, range(n_r, self.sizes["n"])))
        if self.chosen & {"retain mask", "separating mask", "retain support"}:
            # Columns that the retained rows do not use may be kept.
            idle = self._exceptions(d)
            if "retain support" in self.chosen:
                idle = [False] * d
            elif "separating mask" in self.chosen:
                idle = [free and not on for free, on in zip(idle, in_f, strict=True)]
            keep = [on or free for on, free in zip(in_r, idle, strict=True)]
        else:
            keep = self._mixed_bits(d)
        self.letters["M"] = rational.diagonal([int(bit) for bit in keep])
        if "forget support" in self.chosen:
            keep = [not on for on in in_f]
        elif "forget mask" in self.chosen:
            # Columns that the forget rows do not use may be dropped.
            keep = [not on and not idle for on, idle in zip(in_f, self._exceptions(d), strict=True)]
        else:
            keep = self._mixed_bits(d)
        self.letters["M_B"] = rational.diagonal([int(bit) for bit in keep])

    def _exceptions(self, size: int) -> list[bool]:
        # None in half of the draws, else one in four.
        if self.source.integer(0, 1) == 0:
            return [False] * size
        return [self.source.integer(0, 3) == 3 for _ in range(size)]

    def _mixed_bits(self, size: int) -> list[bool]:
        # A mask of one kind of bit says little: usually one of them is turned.
        bits = [bool(bit) for bit in self._bits(size)]
        if size > 1 and len(set(bits)) == 1 and self.source.integer(0, 3):
            at = self.source.integer(0, size - 1)
            bits[at] = not bits[at]
        return bits

    def _mixture(self) -> fmpq_mat:
        """Draw the fine-tuning rows: a selection of retained rows, or any mixture of them."""
        n_r = self.sizes["n_r"]
        if "n_t" not in self.sizes:
            # Fewer is better: with all retained rows most statements about X_t are trivial.
            self.sizes["n_t"] = n_r + 1 - self._larger(1, n_r)
        n_t = self.sizes["n_t"]
        if self.limits.for_methods or self.source.integer(0, 1) == 0:
            return rational.select_rows(rational.identity(n_r), self._order(n_r)[:n_t])
        return self._matrix(n_t, n_r)

    def _draw_targets(self) -> None:
        n_r, n_f, d, c = (self.sizes[name] for name in ("n_r", "n_f", "d", "c"))
        X = self.letters["X"]
        X_r = rational.select_rows(X, range(n_r))
        X_f = rational.select_rows(X, range(n_r, n_r + n_f))
        for name in ("w_*", "w_0", "w", "v"):
            self.letters[name] = self._matrix(d, c)
        if "golden labels" in self.chosen and self.limits.for_methods:
            # Then golden is w_* itself, and its predictions have no fractions.
            self.letters["w_*"] = X_r.transpose() * self._matrix(n_r, c)
        if "w interpolates" in self.chosen:
            free = self._matrix(d, c)
            self.letters["w"] = self.letters["w_*"] + free - rational.moore_penrose(X) * (X * free)
        if self.chosen & {"interpolating", "w interpolates"}:
            y_r, y_f = X_r * self.letters["w_*"], X_f * self.letters["w_*"]
            self._finish_targets(X_r, X_f, y_r, y_f)
            return
        y_r, y_f = self._matrix(n_r, c), self._matrix(n_f, c)
        if "retained interpolant" in self.chosen:
            y_r = X_r * self.letters["w"]
        if "forget predictable" in self.chosen:
            if self.limits.for_methods or self.source.integer(0, 1):
                # Weights in the row space are found again exactly, without fractions.
                weights = X_r.transpose() * self._matrix(n_r, c)
                y_r = X_r * weights
            else:
                weights = rational.moore_penrose(X_r) * y_r
            y_f = X_f * weights
        self._finish_targets(X_r, X_f, y_r, y_f)

    def _finish_targets(self, X_r: fmpq_mat, X_f: fmpq_mat, y_r: fmpq_mat, y_f: fmpq_mat) -> None:
        """Bind the targets, and the labels that regularized fine-tuning puts in their place."""
        self.letters["y"] = _below(y_r, y_f)
        if "golden labels" in self.chosen:
            self.letters["ỹ_f"] = X_f * rational.moore_penrose(X_r) * y_r
        else:
            self.letters["ỹ_f"] = self._matrix(y_f.nrows(), y_f.ncols())

    # Everything else.

    def _free(self, letter: Letter, is_mask: bool) -> fmpq_mat:
        rows = self._size(letter.rows, (1, 1) if letter.rows == "1" else (1, 4))
        columns = self._size(letter.columns, (1, 1) if letter.columns == "1" else (1, 4))
        if is_mask:
            return rational.diagonal(self._bits(rows))
        return self._block(rows, columns)

    def _selector(self, rows: str, columns: str) -> fmpq_mat:
        """Draw some rows of an identity, in any order."""
        many = self._size(columns, (1, 4))
        few = self._size(rows, (1, many))
        return rational.select_rows(rational.identity(many), self._order(many)[:few])

    def _parameter(self, name: str) -> Fraction:
        if name in ("m_r", "m_f") and "n" + name[1:] in self.sizes:
            return Fraction(1, self.sizes["n" + name[1:]])
        return Fraction(2) ** self.source.integer(-2, 2)


_THEORY = frozenset({"X", "y", "E_r", "E_f", "S", "M", "M_B", "C_r", "C_lap", "C_f", "w_*"})


def _beside(*blocks: fmpq_mat) -> fmpq_mat:
    rows = blocks[0].nrows()
    return fmpq_mat(
        rows,
        sum(block.ncols() for block in blocks),
        [block[i, j] for i in range(rows) for block in blocks for j in range(block.ncols())],
    )


def _below(*blocks: fmpq_mat) -> fmpq_mat:
    columns = blocks[0].ncols()
    entries = [entry for block in blocks for entry in block.entries()]
    return fmpq_mat(sum(block.nrows() for block in blocks), columns, entries)


def _fill_zero_columns(matrix: fmpq_mat) -> None:
    for j, on in enumerate(rational.active_columns(matrix)):
        if not on:
            matrix[j % matrix.nrows(), j] = 1
