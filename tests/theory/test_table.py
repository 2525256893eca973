"""Every word of the table of methods is the only right one: exactly, and of the methods in floats.

A cell's formula is proved elsewhere. Here its word is looked at again, without the code that found
the witness: golden and pretrained weights come from the data of the witness, the regime is read off
the data, and the methods themselves are run in every regime.
"""

import csv
import io
import itertools
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.cells import REGIMES, Cell, Row
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.table import Entry, entries, rows, to_csv, to_latex, to_markdown, witness

ROWS = rows()
CELLS = [(row, cell) for row in ROWS.values() for cell in row.cells]
NAMES = [f"{row.name}-{cell.regime}" for row, cell in CELLS]
VERDICTS = {"exact", "no-op", "inexact", "diverges"}


def test_every_method_is_in_a_row_and_every_row_has_every_regime() -> None:
    assert {name for row in ROWS.values() for name in row.methods} == set(METHODS)
    for name, row in ROWS.items():
        assert row.name == name
        assert [cell.regime for cell in row.cells] == list(REGIMES)
        assert {cell.verdict for cell in row.cells} <= VERDICTS
        options = {option.name for option in METHODS[row.methods[0]].options}
        assert set(row.options) <= options


def test_every_cell_is_a_part_of_a_claim() -> None:
    claims = load_claims()
    for entry in entries({}):
        claim, _, number = entry.claim.rpartition(".")
        assert claims[claim].parts[int(number) - 1] is entry.cell.part
        assert claims[claim].expected == "holds"


# Witnesses, in rational arithmetic.


def minimum_norm(X: fmpq_mat, y: fmpq_mat, ridge: fmpq) -> fmpq_mat:
    """Least squares without the formulas of the claims: normal equations, or the inverse."""
    if ridge:
        bowl = X.transpose() * X + ridge * rational.identity(X.ncols())
        return bowl.solve(X.transpose() * y)
    return rational.moore_penrose(X) * y


def fits(X: fmpq_mat, y: fmpq_mat) -> bool:
    both = fmpq_mat([a + b for a, b in zip(X.tolist(), y.tolist(), strict=True)])
    return rational.rank(both) == rational.rank(X)


def is_in(regime: str, instance: Instance) -> bool:
    """Whether data are of a regime, and of no earlier one that its assumptions allow for."""
    X, y = instance.letters["X"], instance.letters["y"]
    X_r, X_f = instance.letters["E_r"] * X, instance.letters["E_f"] * X
    every = set(range(X.ncols()))
    in_r, in_f = (
        {j for j in every if not rational.is_zero(rational.select_columns(part, [j]))}
        for part in (X_r, X_f)
    )
    match regime:
        case "distinct":
            return fits(X, y) and not in_r & in_f
        case "overlapping":
            return fits(X, y) and bool(in_r & in_f)
        case "shared":
            return fits(X, y) and in_r == in_f == every
        case "ridge":
            return instance.parameters["lambda"] > 0
        case _:
            return rational.rank(X_r) == X.ncols()


def witness_in_regime(cell: Cell) -> Instance | None:
    found = (witness(cell, seed) for seed in range(20))
    return next((one for one in found if one is not None and is_in(cell.regime, one)), None)


@pytest.mark.parametrize(("row", "cell"), CELLS, ids=NAMES)
def test_every_word_has_a_witness(row: Row, cell: Cell) -> None:
    instance = witness_in_regime(cell)
    assert instance is not None
    letters, reading = instance.letters, instance.exact()
    X, y = letters["X"], letters["y"]
    X_r, X_f = letters["E_r"] * X, letters["E_f"] * X
    y_r, y_f = letters["E_r"] * y, letters["E_f"] * y
    ridge = fmpq(0)
    if cell.regime == "ridge":
        number = Fraction(instance.parameters["lambda"])
        ridge = fmpq(number.numerator, number.denominator)
    assert holds(cell.part.statement, reading)
    assert all(holds(assumed, reading) for assumed in cell.part.assumed)

    target, start = minimum_norm(X_r, y_r, ridge), minimum_norm(X, y, ridge)
    end = reading.value(cell.weights)
    assert target != start
    if cell.verdict == "diverges":
        factor, before = reading.value(cell.says), X_f * letters["w"] - y_f
        grown = factor - rational.identity(factor.nrows())
        assert X_f * end - y_f == factor * before
        assert rational.is_positive_semidefinite(grown)
        assert not rational.is_zero(grown * before)
        # So it grows, and since (F − I)Fᵏ e = Fᵏ(F − I)e is no shorter, without bound.
        sizes = []
        for _ in range(4):
            sizes.append(sum((v * v for v in before.entries()), fmpq(0)))
            before = factor * before
        steps = [after - once for once, after in itertools.pairwise(sizes)]
        assert steps[0] > 0
        assert sorted(steps) == steps
    else:
        found = {end == target: "exact", end == start: "no-op"}.get(True, "inexact")
        assert found == cell.verdict
        if cell.verdict == "inexact":
            assert end - target == reading.value(cell.says)


# The methods, in floats.

RIDGE = 0.7
PROBLEMS: Mapping[str, Problem] = {
    "distinct": distinct(n_r=12, n_f=5, d_r=20, d_f=10, seed=1),
    "overlapping": overlapping(n_r=12, n_f=5, d_r=10, d_lap=10, d_f=10, seed=1),
    "shared": shared(n_r=12, n_f=5, d=30, seed=1),
    "ridge": overlapping(n_r=12, n_f=5, d_r=8, d_lap=8, d_f=6, noise=1.0, seed=1),
    "under": shared(n_r=20, n_f=6, d=8, noise=1.0, seed=1),
}

# What methods need besides: limits, and a threshold low enough for a few rows (dampening ignores
# weights that forget rows do not use ten times as much as all rows).
BESIDES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("oracle_matching", "oracle_matching_descent"): {"steps": None},
    ("lora_residual", "projected_gradient"): {
        "steps": None,
        "direction": "descent",
        "targets": "zero",
    },
}


def relative(w: FloatArray, target: FloatArray) -> float:
    return float(np.linalg.norm(w - target) / np.linalg.norm(target))


def measured(name: str, regime: str, options: Mapping[str, Any]) -> str:
    problem, method = PROBLEMS[regime], METHODS[name]
    ridge = RIDGE if regime == "ridge" else 0.0
    known = {option.name for option in method.options}
    used = {key: value for key, value in options.items() if key in known} | {"ridge": ridge}
    target, start = golden(problem, ridge=ridge).coef, pretrained(problem, ridge=ridge).coef
    assert relative(start, target) > 1e-3
    w = method(problem, **used).coef
    away, moved = relative(w, target), relative(w, start)
    if away <= 1e-9:
        return "exact"
    if moved <= 1e-9:
        return "no-op"
    assert min(away, moved) > 1e-6
    if "steps" in known and not used.get("steps", 0):
        used.pop("steps", None)
        runs = [method(problem, steps=10**k, **used).coef for k in (2, 3, 4)]
        sizes = [relative(run, target) for run in runs]
        if sizes[1] > 2 * sizes[0] and sizes[2] > 2 * sizes[1]:
            return "diverges"
    return "inexact"


@pytest.mark.parametrize(("row", "cell"), CELLS, ids=NAMES)
def test_methods_do_what_their_row_says(row: Row, cell: Cell) -> None:
    for name in row.methods:
        options = {**row.options, **BESIDES.get((row.name, name), {})}
        assert measured(name, cell.regime, options) == cell.verdict, name


# The table as text.


def listed() -> list[Entry]:
    """Every cell, those of newton proved."""
    return entries({f"G.newton.{number}": None for number in range(1, 6)})


def test_the_csv_has_a_line_per_cell() -> None:
    table = listed()
    head, *lines = csv.reader(io.StringIO(to_csv(table)))
    assert head == [
        "method",
        "title",
        "methods",
        "regime",
        "verdict",
        "formula",
        "claim",
        "proved",
    ]
    assert len(lines) == len(CELLS) == 5 * len(ROWS)
    for line, (row, cell) in zip(lines, CELLS, strict=True):
        found = dict(zip(head, line, strict=True))
        assert (found["method"], found["regime"]) == (row.name, cell.regime)
        assert found["verdict"] == cell.verdict
        assert found["methods"].split() == list(row.methods)
        assert bool(found["formula"]) == (cell.verdict in ("inexact", "diverges"))
        assert (found["proved"] == "yes") == (row.name == "newton")
        assert re.fullmatch(rf"{re.escape(row.claim)}\.[1-5]", found["claim"])


def test_the_markdown_is_a_table_and_a_list() -> None:
    table, _, formulas = to_markdown(listed()).partition("\n\n")
    assert to_markdown(listed(), formulas=False) == table + "\n"
    head, rule, *lines = table.splitlines()
    assert rule == "|---" * 6 + "|"
    assert head.startswith("| method | distinct |")
    assert len(lines) == len(ROWS)
    for line, row in zip(lines, ROWS.values(), strict=True):
        title, *marks = [field.strip() for field in line.strip("|").split("|")]
        assert title == row.title
        unproved = "" if row.name == "newton" else " (not proved)"
        assert marks == [cell.verdict + unproved for cell in row.cells]
    shown = [line for line in formulas.splitlines() if line.startswith("- **")]
    assert len(shown) == sum(
        any(cell.verdict in ("inexact", "diverges") for cell in row.cells) for row in ROWS.values()
    )
    for line in shown:
        assert line.count("`") % 2 == 0


def test_the_latex_is_a_tabular_of_formulas() -> None:
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    text = to_latex(listed())
    assert text.startswith(r"\begin{tabular}{llllll}")
    assert text.endswith("\\hline\n\\end{tabular}\n")
    assert text.count("{") == text.count("}")
    lines = [line for line in text.splitlines() if "&" in line]
    assert len(lines) == len(ROWS) + 1
    formulas = set()
    for line in lines:
        assert line.count(" & ") == line.count("&") == 5
        assert line.removesuffix(r" \hline").endswith(r" \\")
        for field in line.removesuffix(r" \hline").removesuffix(r" \\").split(" & "):
            if field.startswith("$"):
                assert field.count("$") == 2
                formulas.add(field)
            else:
                # Nothing else that LaTeX would take for a command.
                rest = field.replace(r"$\delta$", "")
                assert not re.search(r"[\\_^%#{}$~]", rest), field
    assert len(formulas) > 20
    for formula in sorted(formulas):
        # mathtext knows small fractions by another name.
        parser.parse(formula.replace(r"\tfrac", r"\frac"))
