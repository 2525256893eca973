"""Figure 8: how far iterative methods are from golden, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Expr
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.iterates import critical_beta, looped, trajectory
from linreg_unlearn.methods.regularized import forget_targets
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import overlapping
from linreg_unlearn.table import rows as table_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig08_iterates"
TITLE = "Distance to golden of iterative methods against the gradients they take"
CAPTION = (
    "Distance to golden, relative to that of the pretrained model, of gradient methods that start "
    "there, against the gradients they take, in passes over all rows (a step on forget rows alone "
    "is part of a pass). Left, on a linear scale: interpolating data without ridge, where every "
    "step on true labels is zero (A2, D4), so that five methods stay where they are; descent on "
    "retained rows from half the pretrained weights ends at its floor ‖(I − P_r)w_0‖ (D4). Right: "
    "noisy data with a ridge. Descent on retained rows and oracle matching reach golden (D4, G); "
    "other labels and teachers pass it at some distance and end elsewhere (G); NegGrad+ does so "
    "for β below β* (D4.ascent) and diverges above, as do ascent, projected ascent (D4.projected) "
    "and, after many small steps, SCRUB. Lines are theory: the closed form of all steps, at the "
    "right margins the limits, by the formulas of D4 and of the table (G). Markers are weights "
    "reached step by step, where gradients that are nothing but rounding count as zero. One random "
    "problem on each side. Left: 40 retained and 20 forget rows, features 40 retained, 20 common "
    "and 40 forget ones, singular values of each kind of rows from 1 to 1/3, β = 0.01, β* = 0. "
    "Right: 60 and 20 rows, 15, 10 and 15 features, labels with noise of deviation 2, λ = 5, "
    "β = β*/2 or 2β*. Step sizes are the methods' default ones; the sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "interpolating": {
        "sizes": {"n_r": 40, "n_f": 20, "d_r": 40, "d_lap": 20, "d_f": 40, "condition": 3.0},
        "ridge": 0.0,
    },
    "ridge": {
        "sizes": {"n_r": 60, "n_f": 20, "d_r": 15, "d_lap": 10, "d_f": 15, "noise": 2.0},
        "ridge": 5.0,
    },
    # In units of the critical weight; where that is 0, NegGrad+ takes its default, which is above.
    "beta": {"below": 0.5, "above": 2.0},
    # Of a pass over all rows: 24 steps per decade.
    "log10_passes": [step / 24 for step in range(85)],
    "seed": 0,
}
COLUMNS = ("panel", "method", "source", "steps", "passes", "error")

PANELS = ("interpolating", "ridge")

#: What lies so far beyond the axes is not written down.
FARTHEST = 1e4
MARKERS = 7

#: By panel and method, the row of the table (G) whose formula is the limit.
LIMITS: dict[tuple[str, str], str] = {
    ("interpolating", "bad teacher"): "bad_teacher",
    ("interpolating", "PGU, zero labels"): "lora_residual",
    ("interpolating", "random labels"): "random_label_descent",
    ("ridge", "NegGrad+, β < β*"): "neg_grad_plus",
    ("ridge", "bad teacher"): "bad_teacher",
    ("ridge", "PGU, zero labels"): "lora_residual",
    ("ridge", "random labels"): "random_label_descent",
}
#: What stands beside a limit; G where nothing else says more.
CLAIMS = {"NegGrad+, β < β*": "D4.ascent", "retain descent from $w_o/2$": "D4"}
#: The table's name for the regime of a panel.
REGIMES = {"interpolating": "overlapping", "ridge": "ridge"}


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the relative distances to golden: in closed form, by steps, and in the limit."""
    rows: list[Row] = []
    for done, panel in enumerate(PANELS, start=1):
        ridge = parameters[panel]["ridge"]
        problem = overlapping(**parameters[panel]["sizes"], seed=parameters["seed"])
        w_g = golden(problem, ridge=ridge).coef
        unit = float(np.linalg.norm(pretrained(problem, ridge=ridge).coef - w_g))
        runs = runs_on(problem, ridge, parameters["beta"])
        for place, (method, (name, options)) in enumerate(runs.items()):
            share = rows_per_step(problem, name) / problem.n
            steps = sorted({max(1, round(10**x / share)) for x in parameters["log10_passes"]})
            # Markers of different methods stand at different places.
            gap = max(1, len(steps) // MARKERS)
            some = steps[place % gap :: gap]
            for source, walk, at in (("closed form", trajectory, steps), ("loop", looped, some)):
                for k, w in zip(at, walk(problem, name, at, **options), strict=True):
                    error = float(np.linalg.norm(w - w_g)) / unit
                    if error < FARTHEST:
                        rows.append((panel, method, source, k, k * share, error))
        for method, distance in limits_on(problem, panel, parameters).items():
            rows.append((panel, method, "limit", "", "", distance / unit))
        report(done / len(PANELS))
    return rows


def runs_on(
    problem: Problem, ridge: float, beta: Mapping[str, float]
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return name and options of every method, in the order of drawing."""
    critical = critical_beta(problem, ridge)
    half = pretrained(problem, ridge=ridge).coef / 2
    runs: dict[str, tuple[str, dict[str, Any]]] = {
        "oracle matching": ("oracle_matching_descent", {}),
        "retain descent": ("retain_descent", {}),
        "retain descent from $w_o/2$": ("retain_descent", {"start": half}),
        "ascent": ("gradient_ascent", {}),
        "NegGrad+, β < β*": ("neg_grad_plus", {"beta": beta["below"] * critical}),
        "NegGrad+, β > β*": ("neg_grad_plus", {"beta": beta["above"] * critical or None}),
        "SCRUB": ("scrub", {}),
        "PGU, ascent": ("projected_gradient", {"direction": "ascent"}),
        "PGU, zero labels": ("projected_gradient", {"direction": "descent", "targets": "zero"}),
        "random labels": ("random_label_descent", {}),
        "bad teacher": ("bad_teacher", {}),
    }
    # With a ridge the start does not matter in the end; without one, no weight is below β* = 0.
    del runs["retain descent from $w_o/2$" if ridge else "NegGrad+, β < β*"]
    return {method: (name, {**some, "ridge": ridge}) for method, (name, some) in runs.items()}


def rows_per_step(problem: Problem, name: str) -> int:
    """Return of how many rows one step takes the gradient."""
    if name == "retain_descent":
        return problem.n_r
    if name in ("gradient_ascent", "projected_gradient"):
        return problem.n_f
    return problem.n


def limits_on(problem: Problem, panel: str, parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return how far from golden the methods end that end off it, by the formulas of the claims."""
    n_r, n_f, n, ridge = problem.n_r, problem.n_f, problem.n, parameters[panel]["ridge"]
    assert problem.w_star is not None  # a generator drew the problem
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "w_*": problem.w_star[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
        "ỹ_f": forget_targets(problem, "random", parameters["seed"])[:, np.newaxis],
    }
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": problem.d, "c": 1}
    beta = parameters["beta"]["below"] * critical_beta(problem, ridge)
    reading = FloatReading(sizes, letters, {"lambda": Fraction(ridge), "beta": Fraction(beta)})

    def distance(error: Expr) -> float:
        return float(np.linalg.norm(reading.value(error)))

    found = {
        method: distance(error_in_table(row, REGIMES[panel]))
        for (where, method), row in LIMITS.items()
        if where == panel
    }
    if ridge == 0:
        unseen = (formula.I_d - formula.P_r) @ formula.w_o
        found["retain descent from $w_o/2$"] = distance(unseen) / 2
    return found


def error_in_table(row: str, regime: str) -> Expr:
    """Return by what the weights of a row of the table miss golden."""
    (says,) = (cell.says for cell in table_rows()[row].cells if cell.regime == regime)
    return says


#: Colour, dashes and marker of every method, in the order of the legend.
LOOK: dict[str, tuple[str, Any, str]] = {
    "oracle matching": ("black", "-", "o"),
    "retain descent": ("blue", "-", "s"),
    "retain descent from $w_o/2$": ("blue", (0, (4, 1.5)), "D"),
    "ascent": ("vermilion", ":", "x"),
    "PGU, ascent": ("vermilion", (0, (4, 1.5)), "v"),
    "NegGrad+, β < β*": ("green", "-", "^"),
    "NegGrad+, β > β*": ("green", ":", "+"),
    "SCRUB": ("orange", "-", "p"),
    "PGU, zero labels": ("purple", "-", "<"),
    "bad teacher": ("purple", (0, (4, 1.5)), ">"),
    "random labels": ("sky", "-", "h"),
}
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}
#: Names of claims and what they are about.
NOTE: dict[str, Any] = {"fontsize": 7.5, "color": "0.3"}
#: Limits that differ by less than this factor share a name.
NEAR = 1.3
STILL = "no step at 1: retain descent,\nascent, NegGrad+, SCRUB,\nPGU ascent"


def render(data: Data) -> Figure:
    """Draw one panel for each kind of data."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 3.9), layout="constrained")
    panels = left, right = figure.subplots(1, 2)
    for axes, panel in zip(panels, PANELS, strict=True):
        draw_panel(axes, data.where(panel=panel))
        note_limits(axes, data.where(panel=panel, source="limit"))
        axes.set_xlabel("gradients taken, in passes over all rows")
    left.set_ylabel(r"$\|w - w_g\|$ / $\|w_o - w_g\|$")
    left.set_title("interpolating data, no ridge")
    left.set_ylim(-0.04, 1.45)
    left.annotate(STILL, (3000, 0.88), ha="right", va="top", **NOTE)
    for height, claims in ((1, "A2, D4"), (0, "D4")):
        place = (1.05, height)
        left.annotate(claims, place, xycoords=left.get_yaxis_transform(), va="center", **NOTE)
    right.set_title(f"noisy data, ridge $λ$ = {data.provenance['ridge']['ridge']:g}")
    right.set_yscale("log")
    right.set_ylim(1e-3, 1e2)
    right.annotate("D4.ascent,\nD4.projected", (260, 22), **NOTE)
    right.annotate("D4, G", (220, 1.5e-3), **NOTE)
    legend = [
        Line2D([], [], color=COLOURS[colour], linestyle=dashes, marker=marker, **MARKER, label=name)
        for name, (colour, dashes, marker) in LOOK.items()
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=4, handlelength=3.2)
    return figure


def draw_panel(axes: Axes, data: Data) -> None:
    """Draw closed forms as lines and loops as markers."""
    last = 10 ** max(data.provenance["log10_passes"])
    for method, (colour, dashes, marker) in LOOK.items():
        line, marks = (data.where(method=method, source=s) for s in ("closed form", "loop"))
        if not line.rows:
            continue
        axes.semilogx(
            line.numbers("passes"), line.numbers("error"), linestyle=dashes, color=COLOURS[colour]
        )
        axes.plot(
            marks.numbers("passes"),
            marks.numbers("error"),
            marker,
            color=COLOURS[colour],
            zorder=3,
            **MARKER,
        )
    axes.set_xlim(0.9, 1.15 * last)


def note_limits(axes: Axes, data: Data) -> None:
    """Draw limits as stubs in the right margin, with the claims that say them."""
    place = data.columns.index("method")
    beside: dict[str, list[list[float]]] = {}
    for height, method in sorted(
        zip(data.numbers("error"), (row[place] for row in data.rows), strict=True)
    ):
        axes.plot(
            [1.0, 1.035],
            [height] * 2,
            transform=axes.get_yaxis_transform(),
            color=COLOURS[LOOK[method][0]],
            linewidth=1.8,
            clip_on=False,
        )
        groups = beside.setdefault(CLAIMS.get(method, "G"), [])
        if groups and height < NEAR * groups[-1][0]:
            groups[-1].append(height)
        else:
            groups.append([height])
    for claim, groups in beside.items():
        for heights in groups:
            axes.annotate(
                claim,
                (1.05, float(np.mean(heights))),
                xycoords=axes.get_yaxis_transform(),
                va="center",
                **NOTE,
            )
