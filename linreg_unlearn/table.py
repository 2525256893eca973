"""The table of methods and regimes: its cells, what shows each, and how it is written.

A cell is a part of a claim of family G. Its formula holds by a certificate. That it is the *right*
word takes a witness: an exact instance on which the pretrained weights are not golden and the
method ends at neither, at golden, or at the pretrained weights, as the cell says.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import assumptions_hold
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.cells import (
    REGIMES,
    ROWS,
    Cell,
    Row,
    golden_in,
    pretrained_in,
)
from linreg_unlearn.claims.claim import Part, load_claims
from linreg_unlearn.claims.vocabulary import X_f, X_r, background, w, y_f

__all__ = ["Entry", "by_row", "entries", "rows", "to_csv", "to_latex", "to_markdown", "witness"]

_DRAWS = 400
_ENOUGH = 12
_NAMES: dict[str, str] = {"under": "under-parameterized"}


@dataclass(frozen=True)
class Entry:
    """One cell with what shows it.

    Parameters
    ----------
    row : Row
    cell : Cell
    part : int
        The number of its part in the claim of the row, from 1.
    proved : bool
        Whether the part has a certificate that the checker accepts.
    """

    row: Row
    cell: Cell
    part: int
    proved: bool

    @property
    def claim(self) -> str:
        """The part that says it, such as ``G.newton.4``."""
        return f"{self.row.claim}.{self.part}"

    @property
    def formula(self) -> str:
        """What the weights miss golden by, or what a residual is multiplied by; else nothing."""
        return str(self.cell.says) if self.cell.verdict in ("inexact", "diverges") else ""


def rows() -> Mapping[str, Row]:
    """Return the rows of the table by name.

    Examples
    --------
    >>> [cell.verdict for cell in rows()["newton"].cells]
    ['no-op', 'no-op', 'no-op', 'exact', 'exact']
    """
    load_claims()
    return ROWS


def entries(proved: Mapping[str, object]) -> list[Entry]:
    """Return every cell of the table, row by row.

    Parameters
    ----------
    proved : mapping
        What is proved, by claim and part, as :func:`~.audit.certificates.accepted_lemmas` gives it.
    """
    return [
        Entry(row, cell, number, f"{row.claim}.{number}" in proved)
        for row in rows().values()
        for number, cell in enumerate(row.cells, 1)
    ]


def witness(cell: Cell, seed: int = 0) -> Instance | None:
    """Return a small exact instance on which the cell's word is the only right one.

    Parameters
    ----------
    cell : Cell
    seed : int
        Of the draws.

    Returns
    -------
    Instance or None
        The assumptions hold, the pretrained weights are not golden, and the weights are golden,
        are the pretrained ones, or are neither, as the cell says; where it diverges, the residual
        changes. None where no draw was of that kind.

    Examples
    --------
    >>> cell = rows()["newton"].cells[0]
    >>> instance = witness(cell)
    >>> instance.exact().value(cell.weights) == instance.exact().value(pretrained_in("distinct"))
    True
    """
    # Assuming of each formula that it is itself has it drawn and defined at every witness, whatever
    # the statement mentions.
    compared = (golden_in(cell.regime), pretrained_in(cell.regime), cell.weights)
    mentioned = (*background(compared), *(formula == formula for formula in compared))
    part = Part(cell.part.statement, (*cell.part.assuming, *mentioned), cell.part.also_draw)
    source, found = RandomSource(seed), []
    for _ in range(_DRAWS):
        instance = draw_instance(part, source, Limits())
        if assumptions_hold(part, instance) and _decides(cell, instance):
            found.append(instance)
            if len(found) == _ENOUGH:
                break
    return min(found, key=Instance.total_size) if found else None


def _decides(cell: Cell, instance: Instance) -> bool:
    reading = instance.exact()
    target = reading.value(golden_in(cell.regime))
    start = reading.value(pretrained_in(cell.regime))
    end = reading.value(cell.weights)
    if target == start or (cell.regime == "overlapping" and not _shares_features(reading)):
        return False
    match cell.verdict:
        case "exact":
            return bool(end == target)
        case "no-op":
            return bool(end == start)
        case "diverges":
            factor = reading.value(cell.says)
            grown = factor - rational.identity(factor.nrows())
            return not rational.is_zero(grown * (reading.value(X_f @ w - y_f)))
        case _:
            return bool(end not in (target, start))


def _shares_features(reading: ExactReading) -> bool:
    in_r, in_f = (rational.active_columns(reading.value(rows)) for rows in (X_r, X_f))
    return any(r and f for r, f in zip(in_r, in_f, strict=True))


def to_csv(table: list[Entry]) -> str:
    """Return the table as CSV, a cell per line.

    Examples
    --------
    >>> print(to_csv(entries({})).splitlines()[0])
    method,title,methods,regime,verdict,formula,claim,proved
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("method", "title", "methods", "regime", "verdict", "formula", "claim", "proved")
    )
    for entry in table:
        row = entry.row
        writer.writerow(
            (
                row.name,
                row.title,
                " ".join(row.methods),
                entry.cell.regime,
                entry.cell.verdict,
                entry.formula,
                entry.claim,
                "yes" if entry.proved else "no",
            )
        )
    return out.getvalue()


def to_markdown(table: list[Entry], *, formulas: bool = True) -> str:
    """Return the table in Markdown, by default with the formulas below it.

    Examples
    --------
    >>> print(to_markdown(entries({})).splitlines()[0])
    | method | distinct | overlapping | shared | ridge | under-parameterized |
    """
    names = [_NAMES.get(name, name) for name in REGIMES]
    lines = [f"| method | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for row, cells in by_row(table):
        marks = (f"{e.cell.verdict}{'' if e.proved else ' (not proved)'}" for e in cells)
        lines.append(f"| {row.title} | {' | '.join(marks)} |")
    if not formulas:
        return "\n".join(lines) + "\n"
    lines += ["", "Errors to golden, and factors of growth:", ""]
    for row, cells in by_row(table):
        shown = _formulas(cells)
        if shown:
            told = "; ".join(f"{', '.join(where)}: `{text}`" for text, where in shown.items())
            lines.append(f"- **{row.title}**: {told}")
    return "\n".join(lines) + "\n"


def to_latex(table: list[Entry]) -> str:
    r"""Return the table as a LaTeX ``tabular``, errors as formulas.

    Examples
    --------
    >>> print(to_latex(entries({})).splitlines()[0])
    \begin{tabular}{llllll}
    """
    lines = [rf"\begin{{tabular}}{{{'l' * (len(REGIMES) + 1)}}}", r"\hline"]
    lines.append(" & ".join(["method", *(title for title in REGIMES.values())]) + r" \\ \hline")
    for row, cells in by_row(table):
        texts = [
            f"${latex(e.cell.says)}$" if e.cell.verdict == "inexact" else e.cell.verdict
            for e in cells
        ]
        title = row.title.replace("δ", r"$\delta$")
        lines.append(" & ".join([title, *texts]) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def _formulas(cells: list[Entry]) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {}
    for entry in cells:
        if entry.formula:
            name = _NAMES.get(entry.cell.regime, entry.cell.regime)
            shown.setdefault(entry.formula, []).append(name)
    return shown


def by_row(table: list[Entry]) -> Iterator[tuple[Row, list[Entry]]]:
    """Yield the rows, each with its cells.

    Examples
    --------
    >>> [row.title for row, _ in by_row(entries({}))][:2]
    ['nothing', 'retraining']
    """
    for row in dict.fromkeys(entry.row.name for entry in table):
        cells = [entry for entry in table if entry.row.name == row]
        yield cells[0].row, cells
