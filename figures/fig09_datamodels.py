"""Figure 9: what estimates of single contributions miss of the contribution of a group."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Equation, Expr, inv
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.claims.fine_tuning import kernel_ridge
from linreg_unlearn.claims.matching import D, X_q, block_ridge, w_o_ridge
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.datamodels import (
    additive_datamodel,
    banzhaf_values,
    fixed_size_values,
    group_effect,
    regressed_datamodel,
)
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig09_datamodels"
TITLE = "Error of datamodels for a group of rows against leverage and group size"
CAPTION = (
    "Error of what datamodels say the forget rows contribute to predictions, relative to what they "
    "contribute, f_o(x) − f_g(x): against their mean leverage, set by the ridge, for a group of 5 "
    "of 10 rows (left), and against the size of the group for one ridge (right; a grey line marks "
    "in each panel where the other one is taken). Effects of leaving out single rows add up to "
    "that of the group where [K⁻¹]_ff is diagonal (D3): for a single row, and nearly for small "
    "leverage. The regressed datamodels have other coefficients: Banzhaf values where every row is "
    "drawn independently; where all subsets have one size, differences of means that add up to "
    "zero over all rows and are far off whatever the leverage. Lines are theory: the formulas of "
    "D3, evaluated without the methods, and for the regressions their limits, by training on all "
    "1024 subsets. Markers are the computed datamodels, against a model retrained without the "
    "group; those of the regressions, on 2000 models each, scatter around their lines. One random "
    "Gaussian feature matrix with 10 rows and 15 features, 8 random targets with noise, and 50 "
    "queries, over which errors are root mean squares; the sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "n": 10,
    "d": 15,
    "noise": 1.0,
    "outputs": 8,
    "queries": 50,
    "models": 2000,
    "ridge": [0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0],
    "n_f": list(range(1, 10)),
    # Where each panel cuts through the other one.
    "at": {"ridge": 10.0, "n_f": 5},
    "seed": 0,
}
COLUMNS = ("panel", "ridge", "n_f", "leverage", "datamodel", "error", "error_theory")


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the relative errors of the datamodels, computed and expected."""
    at = parameters["at"]
    sizes = (parameters["n"] - 1, 1, parameters["d"])
    options = {"noise": parameters["noise"], "outputs": parameters["outputs"]}
    drawn = shared(*sizes, **options, seed=parameters["seed"])
    rng = np.random.default_rng([parameters["seed"], 1])
    X_query = rng.standard_normal((parameters["queries"], drawn.d))
    # Rounded as the regression rounds it.
    size = round(drawn.n / 2)
    rows: list[Row] = []
    ridges = sorted({*parameters["ridge"], at["ridge"]})
    for done, ridge in enumerate(ridges, start=1):
        regressions = {
            "independent": banzhaf_values(drawn, X_query, ridge=ridge),
            "one size": fixed_size_values(drawn, X_query, size, ridge=ridge),
        }
        estimates = {
            name: regressed_datamodel(
                drawn,
                X_query,
                models=parameters["models"],
                independent=name == "independent",
                seed=parameters["seed"],
                ridge=ridge,
            ).coefficients
            for name in regressions
        }
        groups = [("leverage", at["n_f"])] if ridge in parameters["ridge"] else []
        if ridge == at["ridge"]:
            groups += [("group size", n_f) for n_f in parameters["n_f"]]
        for panel, n_f in groups:
            # The last rows are the group: the problem is random, so they are random rows.
            last = slice(drawn.n - n_f, None)
            problem = Problem.from_arrays(
                drawn.X, drawn.y, forget=np.arange(drawn.n)[last], w_star=drawn.w_star
            )
            w_o, w_g = (train(problem, ridge=ridge).coef for train in (pretrained, golden))
            retrained = X_query @ (w_o - w_g)
            exact, additive, leverage = formulas_on(problem, X_query, ridge)
            datamodels = {
                "exact": (group_effect(problem, X_query, ridge=ridge), exact),
                "additive": (additive_datamodel(problem, X_query, ridge=ridge).effect(), additive),
            } | {
                name: (estimates[name][:, last].sum(axis=1), values[:, last].sum(axis=1))
                for name, values in regressions.items()
            }
            for name, (computed, expected) in datamodels.items():
                errors = (relative(computed, retrained), relative(expected, exact))
                rows.append((panel, ridge, n_f, leverage, name, *errors))
        report(done / len(ridges))
    return rows


def relative(effect: FloatArray, exact: FloatArray) -> float:
    """Return by how much an effect misses the exact one, over all queries and targets."""
    return float(np.linalg.norm(effect - exact) / np.linalg.norm(exact))


def formulas_on(
    problem: Problem, X_query: FloatArray, ridge: float
) -> tuple[FloatArray, FloatArray, float]:
    """Return the exact and the additive effect by the formulas of D3, and the mean leverage."""
    n_r, n_f, n = problem.n_r, problem.n_f, problem.n
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": problem.d, "c": problem.outputs}
    sizes["q"] = len(X_query)
    letters = {
        "X": problem.X,
        "y": problem.y,
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
        "X_q": X_query,
    }
    scalars = {"lambda": Fraction(ridge)}
    once = FloatReading(sizes, letters, scalars)
    block = once.value(block_ridge)
    reading = FloatReading(sizes, {**letters, "D": np.diag(np.diag(block))}, scalars)
    exact = right_side("D3", X_q @ w_o_ridge - X_q @ formula.w_g_ridge)
    # What D3 says with the diagonal D of the block in its place.
    X, y, E_f = formula.X, formula.y, formula.E_f
    additive = X_q @ X.T @ inv(kernel_ridge) @ E_f.T @ inv(D) @ E_f @ inv(kernel_ridge) @ y
    # I − S = λ [K⁻¹]_ff (E1).
    leverage = 1 - ridge * float(np.mean(np.diag(block)))
    return reading.value(exact), reading.value(additive), leverage


def right_side(claim: str, left: Expr) -> Expr:
    """Return what a claim equates an expression to."""
    for part in load_claims()[claim].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claim} does not equate {left} to anything")


#: Name in the legend, colour, dashes and marker of every datamodel, in the order of drawing.
LOOK: dict[str, tuple[str, str, Any, str]] = {
    "exact": ("exact group effect", "orange", "-", "o"),
    "additive": ("additive (leave one out)", "blue", "--", "s"),
    "independent": ("regressed, rows independent", "green", "-.", "^"),
    "one size": ("regressed, subsets of one size", "vermilion", ":", "D"),
}
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}
NOTE: dict[str, Any] = {"fontsize": 7.5, "color": "0.3", "va": "center"}


def render(data: Data) -> Figure:
    """Draw errors against leverage, and against group size."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    at = data.provenance["at"]
    n = data.provenance["n"]
    by_leverage, by_size = data.where(panel="leverage"), data.where(panel="group size")
    cut = by_size.where(n_f=str(at["n_f"])).numbers("leverage")[0]
    left.axvline(cut, color="0.8", linewidth=0.8, zorder=0)
    right.axvline(at["n_f"], color="0.8", linewidth=0.8, zorder=0)
    draw_panel(left, by_leverage, "leverage")
    draw_panel(right, by_size, "n_f")
    left.set_title(f"{at['n_f']} of {n} rows, any ridge")
    left.set_xlabel(r"mean leverage of the group, $\mathrm{tr}\,S / n_f$")
    left.set_ylabel("error / effect of the group")
    left.set_xlim(-0.02, 1.02)
    left.set_ylim(bottom=-0.04)
    right.set_title(f"ridge $λ$ = {at['ridge']:g}")
    right.set_xlabel("rows in the group, $n_f$")
    right.set_xticks(data.provenance["n_f"])
    legend = [
        Line2D(
            [],
            [],
            color=COLOURS[colour],
            linestyle=dashes,
            marker=marker,
            **MARKER,
            label=label,
        )
        for label, colour, dashes, marker in LOOK.values()
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=2, handlelength=4)
    return figure


def draw_panel(axes: Axes, data: Data, across: str) -> None:
    """Draw the error of every datamodel, and where its line comes from."""
    for name, (_, colour, dashes, marker) in LOOK.items():
        some = data.where(datamodel=name)
        x, expected = np.array(some.numbers(across)), np.array(some.numbers("error_theory"))
        order = np.argsort(x)
        width = 2.6 if dashes == "-" else 1.2
        axes.plot(
            x[order],
            expected[order],
            linestyle=dashes,
            color=COLOURS[colour],
            linewidth=width,
        )
        axes.plot(
            x,
            some.numbers("error"),
            marker,
            color=COLOURS[colour],
            zorder=3,
            clip_on=False,
            **MARKER,
        )
        if name in ("exact", "additive"):
            height = expected[order][-1]
            axes.annotate("D3", (1.02, height), xycoords=axes.get_yaxis_transform(), **NOTE)
