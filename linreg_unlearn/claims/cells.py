"""What a table of methods and regimes consists of: regimes, cells, and rows that are claims.

A cell says that weights are golden (*exact*), that they are the pretrained ones (*no-op*), or by
which formula they miss golden (*inexact*); where iterates grow without bound (*diverges*) it says
by which formula they grow. That an inexact cell is neither exact nor a no-op takes an instance on
which it is neither, which :mod:`linreg_unlearn.table` finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from linreg_unlearn.algebra.expressions import Equation, Expr
from linreg_unlearn.algebra.statements import Statement
from linreg_unlearn.claims.assumptions import (
    dense,
    distinct,
    interpolating,
    overlapping,
    positive_ridge,
    retained_full_column_rank,
)
from linreg_unlearn.claims.claim import Assumption, Claim, Hints, Part, register
from linreg_unlearn.claims.matching import w_o_ridge
from linreg_unlearn.claims.second_order import INVERSES
from linreg_unlearn.claims.vocabulary import E_f, E_r, X, X_f, w_g, w_g_ridge, w_o

Regime = Literal["distinct", "overlapping", "shared", "ridge", "under"]
Verdict = Literal["exact", "no-op", "inexact", "diverges"]

REGIMES: dict[Regime, str] = {
    "distinct": "interpolating, distinct features",
    "overlapping": "interpolating, overlapping features",
    "shared": "interpolating, shared features",
    "ridge": "ridge",
    "under": "under-parameterized",
}
"""The columns: λ = 0 in all but one, and free labels in the last two."""

ASSUMED: dict[Regime, tuple[Assumption, ...]] = {
    "distinct": (interpolating, distinct),
    "overlapping": (interpolating, overlapping),
    "shared": (interpolating, dense),
    "ridge": (positive_ridge,),
    "under": (retained_full_column_rank,),
}


@dataclass(frozen=True)
class Cell:
    """What one method does in one regime.

    Parameters
    ----------
    regime : str
        A key of :data:`REGIMES`.
    verdict : {"exact", "no-op", "inexact", "diverges"}
    part : Part
        What is proved: that the weights are golden, that they are the pretrained ones, by which
        formula they miss golden, or by which formula the steps grow.
    weights : Expr
        The weights the method ends at; where it diverges, those after a step.
    says : Expr
        What the weights are, by how much they miss golden, or what a residual is multiplied by.
    """

    regime: Regime
    verdict: Verdict
    part: Part
    weights: Expr
    says: Expr


@dataclass(frozen=True)
class Row:
    """One row of the table: what a method does in all regimes.

    Parameters
    ----------
    name : str
        The method in the registry, and behind a point what is special about the row.
    methods : tuple of str
        The methods of the registry that the row is about.
    title : str
    note : str
        Where it ends and with which options, and what is our reading.
    source : str
        Keys of ``refs.bib``.
    cells : tuple of Cell
        In the order of :data:`REGIMES`.
    options : mapping
        Options with which the first of the methods does what the row says.
    """

    name: str
    methods: tuple[str, ...]
    title: str
    note: str
    source: str
    cells: tuple[Cell, ...]
    options: Mapping[str, Any]

    @property
    def claim(self) -> str:
        """The id of the claim that says it."""
        return f"G.{self.name}"


ROWS: dict[str, Row] = {}
"""The table, by the names of its rows."""


def golden_in(regime: Regime) -> Expr:
    """Return golden's formula in a regime."""
    return w_g_ridge if regime == "ridge" else w_g


def pretrained_in(regime: Regime) -> Expr:
    """Return the formula of the pretrained weights in a regime."""
    return w_o_ridge if regime == "ridge" else w_o


More = tuple[Assumption | Statement, ...]


def exact(
    regime: Regime,
    weights: Expr,
    more: More = (),
    hints: Hints | None = None,
    draw: tuple[Equation, ...] = (),
) -> Cell:
    """Return the cell of weights that are golden."""
    golden = golden_in(regime)
    return _cell(regime, "exact", weights, golden, weights == golden, more, hints, draw)


def no_op(
    regime: Regime,
    weights: Expr,
    more: More = (),
    hints: Hints | None = None,
    draw: tuple[Equation, ...] = (),
) -> Cell:
    """Return the cell of weights that are the pretrained ones."""
    pretrained = pretrained_in(regime)
    return _cell(regime, "no-op", weights, pretrained, weights == pretrained, more, hints, draw)


def off(
    regime: Regime,
    weights: Expr,
    error: Expr,
    more: More = (),
    hints: Hints | None = None,
    draw: tuple[Equation, ...] = (),
) -> Cell:
    """Return the cell of weights that miss golden by a formula."""
    missed = weights - golden_in(regime) == error
    return _cell(regime, "inexact", weights, error, missed, more, hints, draw)


def grows(regime: Regime, step: Expr, residual: Expr, factor: Expr, labels: Expr) -> Cell:
    """Return the cell of steps that multiply a residual by a factor."""
    part = Part(X_f @ step - labels == factor @ residual, ASSUMED[regime])
    return Cell(regime, "diverges", part, step, factor)


def _cell(
    regime: Regime,
    verdict: Verdict,
    weights: Expr,
    says: Expr,
    statement: Statement,
    more: More,
    hints: Hints | None,
    draw: tuple[Equation, ...],
) -> Cell:
    if hints is None:
        hints = Hints(lemmas=INVERSES if regime == "ridge" else IN_ROW_SPACE)
    # Three draws in four, for one equation: few others meet what is assumed besides the regime.
    part = Part(statement, (*ASSUMED[regime], *more), 3 * draw, hints=hints)
    return Cell(regime, verdict, part, weights, says)


IN_ROW_SPACE = (("L6.2", {"A": X, "E": E_r}), ("L6.1", {"A": X, "E": E_f}))


def row(
    name: str,
    title: str,
    note: str,
    *cells: Cell,
    source: str,
    also: tuple[str, ...] = (),
    options: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Enter a row into the table, and its claim into the registry."""
    methods = (name.partition(".")[0], *also)
    entry = Row(name, methods, title, note, source, cells, options)
    ROWS[name] = entry
    verdicts = ", ".join(f"{cell.regime} {cell.verdict}" for cell in cells)
    register(
        Claim(
            entry.claim,
            f"{title}: {verdicts}",
            tuple(cell.part for cell in cells),
            source=source,
            wording=note,
        )
    )


INTERPOLATING: tuple[Regime, ...] = ("distinct", "overlapping", "shared")
ALL: tuple[Regime, ...] = tuple(REGIMES)
