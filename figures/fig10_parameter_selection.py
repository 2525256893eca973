"""Figure 10: how much of the retained objective is left after a step on some of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Equation
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.arrays import BoolArray, FloatArray
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.claims.matching import w_o_ridge
from linreg_unlearn.claims.second_order import retained_hessian
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.selection import saps, select_parameters
from linreg_unlearn.problem import Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig10_parameter_selection"
TITLE = "Gap of the retained objective after a step on some parameters, by how they are chosen"
CAPTION = (
    "How much of the gap to golden's retained objective ½‖X_r w − y_r‖² + ½λ‖w‖² is left after a "
    "second-order step from the pretrained weights on some of the parameters (SAPS), against "
    "their share. The Hessian is the block of the retained one, the best there is (E5), so that a "
    "step on all parameters is Newton's, and golden. Parameters are chosen by the largest or the "
    "smallest curvature of training, at random, by the largest gain of one parameter alone, "
    "squared gradient over curvature, or best together, by comparing all sets. In isotropic data "
    "nothing but the gradient tells parameters apart. In ill-scaled data the largest curvature is "
    "better than chance; where the forget rows use what is rare in retained rows, the smallest; in "
    "correlated data neither, and the gains of single parameters, which know nothing of each "
    "other, help little. Lines are theory, claim E5 evaluated on the chosen parameters without "
    "the method; markers are the objective at the computed weights. Lines and markers are averages "
    "over 20 random problems with 40 retained and 8 forget samples, 10 features, noise of standard "
    "deviation 1 and λ = 1. Features are scaled from 1 to 1/30, and neighbours correlated by 0.9; "
    "the sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "n_r": 40,
    "n_f": 8,
    "d": 10,
    "noise": 1.0,
    "ridge": 1.0,
    # From the largest to the smallest scale of a feature, and from one feature to the next.
    "scales": 30.0,
    "correlation": 0.9,
    "seeds": list(range(20)),
}
COLUMNS = ("design", "choice", "k", "seed", "left", "left_theory")

DESIGNS = {
    "isotropic": "isotropic",
    "ill-scaled": "ill-scaled",
    "rare": "rare in retained rows",
    "correlated": "correlated",
}
CHOICES = ("largest", "smallest", "random", "gain", "optimal")


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the share of the gap that is left, computed and by formula."""
    cases = [(design, seed) for design in DESIGNS for seed in parameters["seeds"]]
    ridge, d = parameters["ridge"], parameters["d"]
    rows: list[Row] = []
    for done, (design, seed) in enumerate(cases, start=1):
        problem = draw(design, parameters, seed)
        lowered = formula_on(problem, ridge)
        lowest, highest = (
            objective(problem, method(problem, ridge=ridge).coef, ridge)
            for method in (golden, pretrained)
        )
        for choice in CHOICES:
            options: dict[str, Any] = {"choose": choice, "ridge": ridge, "seed": seed}
            for k in range(d + 1):
                coef = saps(problem, fraction=k / d, hessian="retained", **options).coef
                left = (objective(problem, coef, ridge) - lowest) / (highest - lowest)
                # Not relative to the formula for all parameters: a wrong factor would cancel.
                share = lowered(select_parameters(problem, k, **options)) / (highest - lowest)
                rows.append((design, choice, k, seed, left, 1 - share))
        report(done / len(cases))
    return rows


def draw(design: str, parameters: Mapping[str, Any], seed: int) -> Problem:
    """Return a random problem whose features are of a kind."""
    n_r, n_f, d = (parameters[name] for name in ("n_r", "n_f", "d"))
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_r + n_f, d))
    scales = rng.permutation(np.geomspace(1.0, 1.0 / parameters["scales"], d))
    if design == "ill-scaled":
        X *= scales
    elif design == "rare":
        X[:n_r] *= scales
    elif design == "correlated":
        # Neighbours have this correlation, those further away its powers.
        rho = parameters["correlation"]
        for j in range(1, d):
            X[:, j] = rho * X[:, j - 1] + np.sqrt(1 - rho**2) * X[:, j]
    w_star, noise = rng.standard_normal(d), parameters["noise"] * rng.standard_normal(n_r + n_f)
    return Problem.from_arrays(X, X @ w_star + noise, forget=np.arange(n_r, n_r + n_f))


def objective(problem: Problem, coef: FloatArray, ridge: float) -> float:
    """Return the objective that golden minimizes."""
    residual = problem.X_r @ coef - problem.y_r
    return 0.5 * float(residual @ residual + ridge * (coef @ coef))


def formula_on(problem: Problem, ridge: float) -> Callable[[BoolArray], float]:
    """Return what evaluates by how much E5 says that a step on some parameters lowers it."""
    (part,) = load_claims()["E5"].parts
    assert isinstance(part.statement, Equation)
    lowered_twice = part.statement.rhs
    n_r, n, d = problem.n_r, problem.n, problem.d
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
    }
    sizes = {"n_r": n_r, "n_f": problem.n_f, "n": n, "d": d, "c": 1}
    scalars = {"lambda": Fraction(ridge)}
    once = FloatReading(sizes, letters, scalars)
    # The step starts at the pretrained weights.
    letters["w"], hessian = once.value(w_o_ridge), once.value(retained_hessian)

    def evaluate(chosen: BoolArray) -> float:
        if not chosen.any():
            return 0.0
        selected = {"E_S": np.eye(d)[chosen], "B": hessian[np.ix_(chosen, chosen)]}
        size = {"k": int(chosen.sum())}
        reading = FloatReading(sizes | size, letters | selected, scalars)
        return 0.5 * float(reading.value(lowered_twice)[0, 0])

    return evaluate


#: Colour, dashes, marker and name of every choice, in the order of drawing.
LOOK: dict[str, tuple[str, Any, str, str]] = {
    "optimal": ("orange", "-", "o", "best together"),
    "gain": ("blue", "--", "s", "gain of each"),
    "largest": ("green", "-.", "^", "largest curvature"),
    "smallest": ("vermilion", (0, (5, 1, 1, 1, 1, 1)), "v", "smallest curvature"),
    "random": ("purple", ":", "x", "random"),
}
MARKER: dict[str, Any] = {"markersize": 3.6, "markerfacecolor": "white", "markeredgewidth": 0.9}


def render(data: Data) -> Figure:
    """Draw one panel for each design."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 4.6), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, (design, title) in zip(panels.flat, DESIGNS.items(), strict=True):
        draw_panel(axes, data, design)
        axes.set_title(title)
    for axes in panels[1]:
        axes.set_xlabel("share of parameters updated, $k/d$")
    for axes in panels[:, 0]:
        axes.set_ylabel("share of the gap left")
    legend = [
        Line2D([], [], color=COLOURS[colour], linestyle=dashes, marker=marker, **MARKER, label=name)
        for colour, dashes, marker, name in LOOK.values()
    ]
    options: dict[str, Any] = {"handlelength": 3.2, "columnspacing": 1.4}
    figure.legend(handles=legend, loc="outside upper center", ncols=len(legend), **options)
    return figure


def draw_panel(axes: Axes, data: Data, design: str) -> None:
    """Draw what every choice leaves in one design."""
    d = data.provenance["d"]
    for choice, (colour, dashes, marker, _) in LOOK.items():
        some = data.where(design=design, choice=choice)
        k = np.array(some.numbers("k"))
        order = np.lexsort((np.array(some.numbers("seed")), k))
        computed, theory = (
            np.reshape(np.array(some.numbers(column))[order], (d + 1, -1)).mean(axis=1)
            for column in ("left", "left_theory")
        )
        share = np.unique(k) / d
        axes.plot(
            share,
            theory,
            linestyle=dashes,
            color=COLOURS[colour],
            linewidth=2.4 if dashes == "-" else 1.2,
        )
        axes.plot(share, computed, marker, color=COLOURS[colour], zorder=3, **MARKER)
    axes.annotate(
        "E5", (0.97, 0.93), xycoords="axes fraction", color="0.3", fontsize=7.5, ha="right"
    )
    axes.set_ylim(-0.04, 1.04)
