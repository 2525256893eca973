"""Hypothesis strategies that draw matrices and unlearning problems.

Dense random entries make matrices that are almost never singular and now and then nearly so, which
is the wrong way round for testing. These strategies draw the structure instead, from three
families:

*spectral*: ``U diag(s) Vᵀ`` with random orthonormal factors, a chosen condition number, and full or
lower rank; the seed and the sizes are what Hypothesis shrinks.

*integers*: small whole numbers, so that exact arithmetic sees the same problem.

*edge*: whole numbers again, bent: a repeated row, a row that is the sum of others, a column of
zeros, a single repeated direction, all zeros; and the sizes where theorems break: one retained row,
one forget row, as many rows as columns, more rows than columns.

Nothing is drawn and then thrown away. Whatever the family and the sizes, the same ingredients are
drawn in the same order, and entries have a fixed place: so Hypothesis can lower one size, or change
the family, without disturbing the rest, and failures shrink to few rows, few columns and zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import random_orthonormal

Family: TypeAlias = Literal["spectral", "integers", "edge"]
Setup: TypeAlias = Literal["distinct", "overlapping", "shared"]

FAMILIES: tuple[Family, ...] = ("integers", "edge", "spectral")
SETUPS: tuple[Setup, ...] = ("distinct", "overlapping", "shared")

_CONDITIONS = (1.0, 1e1, 1e3, 1e6, 1e9, 1e12)


@st.composite
def matrices(
    draw: st.DrawFn,
    *,
    family: Family | None = None,
    min_rows: int = 1,
    max_rows: int = 8,
    min_columns: int = 1,
    max_columns: int = 12,
    max_condition: float = 1e6,
) -> FloatArray:
    """Draw a matrix from the three families.

    Parameters
    ----------
    family : {"spectral", "integers", "edge"}, optional
        Default: any of them.
    min_rows, max_rows, min_columns, max_columns : int
        Limits of the shape, inclusive.
    max_condition : float, default 1e6
        Largest ratio of singular values in the family "spectral"; the ratios are 1, 10, 1e3, 1e6,
        1e9 and 1e12.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of ndarray of shape (m, d)

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=20, database=None)
    ... @given(matrices(max_rows=3))
    ... def at_most_three_rows(A):
    ...     assert len(A) <= 3
    >>> at_most_three_rows()
    """
    kind = draw(_FAMILY) if family is None else family
    m = draw(st.integers(min_rows, max_rows))
    d = draw(st.integers(min_columns, max_columns))
    recipe = _draw_recipe(draw, max_rows, max_columns)
    return _block(recipe, kind, np.arange(m), np.arange(d), 0, max_condition)


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    setup: Setup | None = None,
    family: Family | None = None,
    min_retained: int = 1,
    max_retained: int = 5,
    min_forget: int = 1,
    max_forget: int = 3,
    max_features: int = 12,
    outputs: Sequence[int | None] = (None, 1, 2),
    interpolating: bool | None = None,
    max_condition: float = 1e6,
) -> Problem:
    """Draw an unlearning problem.

    Parameters
    ----------
    setup : {"distinct", "overlapping", "shared"}, optional
        Which columns retained and forget rows use. Default: any.
    family : {"spectral", "integers", "edge"}, optional
        How the entries are drawn. In "integers" and "edge" every entry of the problem is a small
        whole number, targets and generating weights included. Default: any.
    min_retained, max_retained, min_forget, max_forget : int
        Limits of the numbers of rows, inclusive.
    max_features : int, default 12
        Largest number of columns in all; at least 2 for "distinct" and 3 for "overlapping".
    outputs : sequence of int or None, default (None, 1, 2)
        Numbers of target columns to choose from; None is one-dimensional targets.
    interpolating : bool, optional
        True: the targets are ``X w_star``, with ``w_star`` set. False: they are drawn freely
        (``w_star`` is None), so they interpolate when the rows are independent and by chance only
        otherwise. Default: either.
    max_condition : float, default 1e6
        As in :func:`matrices`.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of Problem
        The name of a problem says how it was drawn.

    Raises
    ------
    InputError
        `max_features` is too small for `setup`.

    Examples
    --------
    A property of a method of one's own takes a problem:

    >>> from hypothesis import given, settings
    >>> from linreg_unlearn import distance_to_golden, fine_tuned, golden
    >>> @settings(max_examples=20, database=None)
    ... @given(problems(setup="distinct", interpolating=True))
    ... def fine_tuning_from_golden_stays_there(problem):
    ...     tuned = fine_tuned(problem, start=golden(problem).coef)
    ...     assert distance_to_golden(problem, tuned.coef) < 1e-6
    >>> fine_tuning_from_golden_stays_there()
    """
    if setup is not None and max_features < _FEWEST_FEATURES[setup]:
        raise InputError(
            f"max_features is {max_features}, but the setup {setup} needs at least "
            f"{_FEWEST_FEATURES[setup]} columns: raise it"
        )
    chosen = draw(_SETUP[min(max_features, 3)]) if setup is None else setup
    kind = draw(_FAMILY) if family is None else family
    n_r = draw(st.integers(min_retained, max_retained))
    n_f = draw(st.integers(min_forget, max_forget))
    d = draw(st.integers(_FEWEST_FEATURES[chosen], max_features))
    case = draw(_CASE)
    if kind == "edge":
        limits = (min_retained, min_forget, _FEWEST_FEATURES[chosen], max_features)
        n_r, n_f, d = _bend_sizes(case, n_r, n_f, d, limits)
    first, width = draw(_PLACE), draw(_PLACE)
    recipe = _draw_recipe(draw, max_retained + max_forget, max_features)
    c = draw(st.sampled_from(list(outputs)))
    generated = draw(_FLAG) if interpolating is None else interpolating
    weights = _draw_table(draw, max_features, c or 1)
    targets = _draw_table(draw, max_retained + max_forget, c or 1)

    # A retained row keeps its entries when another one goes, and so does a forget row.
    retained, forget = np.arange(n_r), max_retained + np.arange(n_f)
    rows, columns = np.concatenate([retained, forget]), np.arange(d)
    in_retained = in_forget = np.ones(d, dtype=bool)
    X = np.zeros((n_r + n_f, d))
    if chosen == "shared":
        X[:] = _block(recipe, kind, rows, columns, 0, max_condition)
    else:
        # Every part keeps a column: d_r, d_f >= 1, and d_lap >= 1 where they overlap.
        lap = int(chosen == "overlapping")
        start = 1 + first % (d - 1 - lap)
        stop = start + (1 + width % (d - 1 - start) if lap else 0)
        in_retained, in_forget = columns < stop, columns >= start
        X[:n_r, :stop] = _block(recipe, kind, retained, columns[:stop], 0, max_condition)
        X[n_r:, start:] = _block(recipe, kind, forget, columns[start:], 1, max_condition)

    shape = () if c is None else (c,)
    w_star = weights[:d].reshape(d, *shape) if generated else None
    y = targets[rows].reshape(n_r + n_f, *shape) if w_star is None else X @ w_star
    return Problem.from_arrays(
        X,
        y,
        forget=np.arange(n_r, n_r + n_f),
        retained_support=in_retained,
        forget_support=in_forget,
        w_star=w_star,
        name=f"{chosen}, {kind}",
    )


@st.composite
def retained_rows(draw: st.DrawFn, problem: Problem) -> IntArray:
    """Draw some retained rows of a problem, to fine-tune on.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    hypothesis.strategies.SearchStrategy of ndarray of int64
        Distinct indices from 0 to n_r − 1 in any order: none, some or all.

    Examples
    --------
    >>> from hypothesis import given, settings, strategies as st
    >>> @settings(max_examples=20, database=None)
    ... @given(st.data())
    ... def rows_are_distinct(data):
    ...     problem = data.draw(problems())
    ...     rows = data.draw(retained_rows(problem))
    ...     assert len(set(rows)) == len(rows) <= problem.n_r
    >>> rows_are_distinct()
    """
    order = draw(st.permutations(range(problem.n_r)))
    size = draw(st.integers(0, problem.n_r))
    return np.array(order[:size], dtype=np.int64)


_FEWEST_FEATURES: dict[Setup, int] = {"distinct": 2, "overlapping": 3, "shared": 1}


_VALUES = np.array([0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0])
_DIGITS = 6

# Hypothesis limits how much an example may draw. Larger tables repeat themselves, with a prime
# period.
_LARGEST_DRAW = 499

_WAYS = ("zero column", "duplicate row", "sum of rows", "one direction", "zero row", "all zero")


class _Bend(NamedTuple):
    """One way to make a block special, and where."""

    block: int
    way: str
    i: int
    j: int


class _Recipe(NamedTuple):
    """What a matrix of any family is made from."""

    table: FloatArray
    bends: list[_Bend]
    exponent: int
    lower_rank: bool
    drop: int
    seed: int


# Made once: building a strategy costs as much as drawing from it.
_PLACE = st.integers(0, 60)
_BENDS = st.lists(
    st.builds(_Bend, st.integers(0, 1), st.sampled_from(_WAYS), _PLACE, _PLACE),
    min_size=1,
    max_size=3,
)
_EXPONENT = st.integers(0, len(_CONDITIONS) - 1)
_SEED = st.integers(0, 2**32 - 1)
_SIX_DIGITS = st.integers(0, _VALUES.size**_DIGITS - 1)
_SETUP = {
    least: st.sampled_from([name for name in SETUPS if _FEWEST_FEATURES[name] <= least])
    for least in (1, 2, 3)
}
_FAMILY = st.sampled_from(FAMILIES)
_FLAG = st.booleans()
_CASE = st.sampled_from(["as drawn", "n_r = 1", "n_f = 1", "n = d", "n > d"])


def _draw_recipe(draw: st.DrawFn, rows: int, columns: int) -> _Recipe:
    return _Recipe(
        table=_draw_table(draw, rows, columns),
        bends=draw(_BENDS),
        exponent=draw(_EXPONENT),
        lower_rank=draw(_FLAG),
        drop=draw(_PLACE),
        seed=draw(_SEED),
    )


@lru_cache(maxsize=64)
def _packed(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(_SIX_DIGITS, min_size=count, max_size=count)


def _draw_table(draw: st.DrawFn, rows: int, columns: int) -> FloatArray:
    """Draw whole numbers from −3 to 3.

    Six entries are the digits of one drawn number: every draw costs time, above all in shrinking.
    """
    count = min(-(-rows * columns // _DIGITS), _LARGEST_DRAW)
    packed = np.array(draw(_packed(count)), dtype=np.int64)
    digits = packed[:, None] // _VALUES.size ** np.arange(_DIGITS) % _VALUES.size
    return np.resize(_VALUES[digits], (rows, columns))


def _bend_sizes(
    case: str, n_r: int, n_f: int, d: int, limits: tuple[int, int, int, int]
) -> tuple[int, int, int]:
    """Move the sizes to where theorems break, as far as the limits allow."""
    min_retained, min_forget, min_features, max_features = limits
    if case == "n_r = 1":
        n_r = max(1, min_retained)
    elif case == "n_f = 1":
        n_f = max(1, min_forget)
    elif case == "n = d":
        d = min(max(n_r + n_f, min_features), max_features)
    elif case == "n > d":
        d = min(max(n_r + n_f - 1, min_features), d)
    return n_r, n_f, d


def _block(
    recipe: _Recipe,
    family: Family,
    rows: IntArray,
    columns: IntArray,
    number: int,
    max_condition: float,
) -> FloatArray:
    """Make one dense block; `number` tells the blocks of a problem apart."""
    if family == "spectral":
        return _spectral(recipe, rows.size, columns.size, number, max_condition)
    A = recipe.table[np.ix_(rows, columns)]
    if family == "edge" and A.size:
        for bend in recipe.bends:
            bent = _bent(bend, A)
            # In a small block most ways leave nothing; only one of them is meant to.
            if bend.block == number and (bent.any() or bend.way == "all zero"):
                A = bent
    return A


def _spectral(recipe: _Recipe, m: int, d: int, number: int, max_condition: float) -> FloatArray:
    limit = min(m, d)
    if limit == 0:
        return np.zeros((m, d))
    conditions = [c for c in _CONDITIONS if c <= max_condition]
    condition = conditions[recipe.exponent % len(conditions)]
    # Half the matrices have full rank.
    rank = limit - recipe.drop % limit if recipe.lower_rank else limit
    rng = np.random.default_rng([recipe.seed, number])
    s = np.geomspace(1.0, 1.0 / condition, rank)
    U, V = random_orthonormal(rng, m, rank), random_orthonormal(rng, d, rank)
    return np.asarray((U * s) @ V.T)


def _bent(bend: _Bend, A: FloatArray) -> FloatArray:
    """Return a block of whole numbers made special."""
    m, d = A.shape
    i, j = bend.i % m, bend.j % m
    B = A.copy()
    if bend.way == "zero column":
        B[:, bend.j % d] = 0.0
    elif bend.way == "duplicate row":
        B[i] = A[j]
    elif bend.way == "sum of rows":
        B[i] = A.sum(axis=0) - A[i]
    elif bend.way == "one direction":
        B[:] = np.outer(A[:, bend.j % d], A[i])
    elif bend.way == "zero row":
        B[i] = 0.0
    else:
        B[:] = 0.0
    return B
