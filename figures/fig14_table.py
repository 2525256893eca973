"""Figure 14: what every method does in every regime, as claimed and as measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.claims.cells import Regime
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.table import rows as rows_of_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig14_table"
TITLE = "What every method does in every regime: exact, nothing, something else, or diverge"
CAPTION = (
    "What methods (rows) do in five regimes (columns). The colour is the verdict of claim G, whose "
    "part for the row stands at its end: the weights are golden, they are the pretrained ones, "
    "they miss golden by a formula, or steps grow without bound. The number is measured: the "
    "distance to golden relative to that of the pretrained model, so that 0 is golden and 1 is as "
    "far as doing nothing; the median over 5 random problems of the regime. An arrow leads to the "
    "distance after ten times as many steps. Pretraining, golden and methods share the ridge λ = 2 "
    "of its regime, and have none in the others. Data interpolate in the first three, with 24 "
    "retained and 8 forget samples and 64 features, of which 16 are common to both where features "
    "overlap. In the last two, 60 retained and 4 forget samples have noise of standard deviation "
    "1, the labels of the forget samples are off by 20 more, and there are 40 features, of which "
    "16 are common, with the ridge, and 20 without it. Options are the defaults, iterates those "
    "after 100 steps, unless the row of the table says otherwise. The sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "problems": {
        "distinct": {"n_r": 24, "n_f": 8, "d_r": 40, "d_f": 24},
        "overlapping": {"n_r": 24, "n_f": 8, "d_r": 24, "d_lap": 16, "d_f": 24},
        "shared": {"n_r": 24, "n_f": 8, "d": 64},
        "ridge": {"n_r": 60, "n_f": 4, "d_r": 12, "d_lap": 16, "d_f": 12, "noise": 1.0},
        "under": {"n_r": 60, "n_f": 4, "d": 20, "noise": 1.0},
    },
    "ridge": 2.0,
    # Standard deviation of what forget labels are off where they are off.
    "mislabelled": 20.0,
    "longer": 10,
    "seeds": list(range(5)),
}
COLUMNS = ("row", "title", "claim", "regime", "verdict", "error", "moved", "later")

GENERATORS: dict[Regime, Callable[..., Problem]] = {
    "distinct": distinct,
    "overlapping": overlapping,
    "shared": shared,
    "ridge": overlapping,
    "under": shared,
}


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return for every cell how far the method ends from golden and from the pretrained weights.

    Both are relative to the distance of these two; where steps diverge, ``later`` is the distance
    to golden after more of them, and elsewhere no number.
    """
    drawn = {
        regime: [draw(regime, parameters, seed) for seed in parameters["seeds"]]
        for regime in GENERATORS
    }
    table = rows_of_table()
    found: list[Row] = []
    for done, entry in enumerate(table.values(), start=1):
        method = METHODS[entry.methods[0]]
        for cell in entry.cells:
            options = {"ridge": ridge_in(cell.regime, parameters), **entry.options}
            distances = [
                measured(problem, method(problem, **options).coef, options["ridge"])
                for problem in drawn[cell.regime]
            ]
            later = float("nan")
            if cell.verdict == "diverges":
                (steps,) = (option.default for option in method.options if option.name == "steps")
                assert isinstance(steps, int)
                options["steps"] = parameters["longer"] * steps
                later = float(
                    np.median(
                        [
                            measured(problem, method(problem, **options).coef, options["ridge"])[0]
                            for problem in drawn[cell.regime]
                        ]
                    )
                )
            error, moved = np.median(distances, axis=0).tolist()
            name = (entry.name, entry.title, entry.claim)
            found.append((*name, cell.regime, cell.verdict, error, moved, later))
        report(done / len(table))
    return found


def ridge_in(regime: Regime, parameters: Mapping[str, Any]) -> float:
    """Return the ridge of a regime."""
    return float(parameters["ridge"]) if regime == "ridge" else 0.0


def draw(regime: Regime, parameters: Mapping[str, Any], seed: int) -> Problem:
    """Return a random problem of a regime; without interpolation forget labels are wrong."""
    problem = GENERATORS[regime](**parameters["problems"][regime], seed=seed)
    if regime not in ("ridge", "under"):
        return problem
    rng = np.random.default_rng([seed, 1])
    y = problem.y.copy()
    y[problem.n_r :] += parameters["mislabelled"] * rng.standard_normal(problem.n_f)
    return Problem.from_arrays(
        problem.X,
        y,
        forget=np.arange(problem.n_r, problem.n),
        retained_support=problem.retained_support,
        forget_support=problem.forget_support,
    )


def measured(problem: Problem, coef: FloatArray, ridge: float) -> tuple[float, float]:
    """Return the distances of weights to golden and to the pretrained ones."""
    w_g = METHODS["golden"](problem, ridge=ridge).coef
    w_o = METHODS["pretrained"](problem, ridge=ridge).coef
    unit = float(np.linalg.norm(w_o - w_g))
    return float(np.linalg.norm(coef - w_g)) / unit, float(np.linalg.norm(coef - w_o)) / unit


#: How cells are filled, and what the legend calls it.
FILLS: dict[str, tuple[str, float, str]] = {
    "exact": ("green", 0.55, "exact"),
    "no-op": ("black", 0.16, "no-op"),
    "inexact": ("orange", 0.40, "inexact"),
    "diverges": ("vermilion", 0.75, "diverges"),
}
HEADS: dict[str, str] = {
    "distinct": "distinct",
    "overlapping": "overlapping",
    "shared": "shared",
    "ridge": "ridge",
    "under": "under-\nparameterized",
}


def render(data: Data) -> Figure:
    """Draw the table."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    names = list(dict.fromkeys(row[0] for row in data.rows))
    figure = Figure(figsize=(TWO_COLUMNS, 1.1 + 0.215 * len(names)), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(names):
        draw_row(axes, data.where(row=name), place)
    titles = {row[0]: row[1] for row in data.rows}
    axes.set_yticks(range(len(names)), [titles[name] for name in names])
    axes.set_xticks(range(len(HEADS)), list(HEADS.values()))
    axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    axes.set_xlim(-0.5, len(HEADS) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    above = axes.get_xaxis_transform()
    axes.annotate("interpolating", (1, 1.047), xycoords=above, ha="center", fontsize=8)
    axes.plot(
        [-0.4, 2.4], [1.042, 1.042], color="0.3", linewidth=0.6, transform=above, clip_on=False
    )
    legend = [
        Patch(facecolor=COLOURS[colour], alpha=strength, label=label)
        for colour, strength, label in FILLS.values()
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=len(legend), handlelength=1.4)
    return figure


def draw_row(axes: Axes, data: Data, place: int) -> None:
    """Draw the cells of one row, and its claim."""
    from matplotlib.patches import Rectangle

    heads = list(HEADS)
    numbers = (data.numbers(name) for name in ("error", "later"))
    for cells, error, later in zip(data.rows, *numbers, strict=True):
        column, verdict = heads.index(cells[3]), cells[4]
        colour, strength, _ = FILLS[verdict]
        axes.add_patch(
            Rectangle(
                (column - 0.48, place - 0.45),
                0.96,
                0.9,
                facecolor=COLOURS[colour],
                alpha=strength,
                linewidth=0,
            )
        )
        text = shown(error, verdict)
        if verdict == "diverges":
            text = rf"{text}$\,\to\,${shown(later, verdict)}"
        size = 6.8 if verdict == "diverges" else 8.0
        axes.text(column, place, text, ha="center", va="center_baseline", fontsize=size)
    axes.annotate(
        data.rows[0][2],
        (1.01, place),
        xycoords=axes.get_yaxis_transform(),
        color="0.3",
        fontsize=7,
        va="center_baseline",
    )


def shown(number: float, verdict: str) -> str:
    """Return a distance as text, a whole number only where the verdict says so."""
    for word, whole in (("exact", 0), ("no-op", 1)):
        if verdict == word and abs(number - whole) < ROUNDING:
            return str(whole)
    if number >= 99.5:
        digits, power = f"{number:.0e}".split("e")
        return rf"${digits}{{\cdot}}10^{{{int(power)}}}$"
    return f"{number:.2f}" if number >= 0.0995 else f"{number:.2g}"


#: What is rounding, relative to the distance of golden and pretrained weights.
ROUNDING = 1e-9
