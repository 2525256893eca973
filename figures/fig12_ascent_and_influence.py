"""Figure 12: NegGrad+ up to its critical weight, and who forgets too much and who too little."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Equation, Expr
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.claims import iterates, matching, second_order
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.iterates import critical_beta
from linreg_unlearn.methods.iterative import neg_grad_plus
from linreg_unlearn.methods.second_order import influence
from linreg_unlearn.metrics import unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig12_ascent_and_influence"
TITLE = "NegGrad+ up to its critical weight, and the order of unlearning losses with a ridge"
CAPTION = (
    "Left and centre: the limit of NegGrad+, which descends on retained and with weight β ascends "
    "on forget data, against β in units of the critical weight β*, for three ridges λ: distance to "
    "golden, relative to that of the pretrained model, and unlearning loss, relative to golden's. "
    "Golden itself is at β = 0; from β* on there is no minimum. Right: unlearning loss of the "
    "pretrained model, after an influence step, of golden and of NegGrad+ with β = β*/2, relative "
    "to the loss of predicting zero, against λ. Influence always forgets too little and NegGrad+ "
    "too much (E6). Lines are theory, evaluated without the methods: the error of claim D4.ascent "
    "on the left and in the centre, the weights of claim E6 on the right. Markers are the computed "
    "models, those of NegGrad+ the limit of its steps. One random problem with 40 retained and 10 "
    "forget samples, 60 features that all samples use, and noise of standard deviation 2; the "
    "sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "sizes": {"n_r": 40, "n_f": 10, "d": 60, "noise": 2.0},
    "seed": 0,
    "ridge": [1.0, 10.0, 100.0],
    # β/β*: twentieths, and more closely where it ends.
    "share": [*(step / 20 for step in range(20)), 0.97, 0.98, 0.99],
    # Quarters of a decade.
    "log10_ridge": [step / 4 for step in range(-6, 13)],
}
COLUMNS = ("part", "model", "ridge", "share", "error", "error_theory", "UL", "UL_theory")

HALF = 0.5
MODELS: dict[str, Expr] = {
    "pretrained": matching.w_o_ridge,
    "influence": second_order.influence,
    "golden": formula.w_g_ridge,
    "NegGrad+": iterates.neg_grad,
}


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return errors and unlearning losses, computed and by formula."""
    problem = shared(**parameters["sizes"], seed=parameters["seed"])
    rows: list[Row] = []
    sweeps = [("weight", ridge) for ridge in parameters["ridge"]]
    sweeps += [("order", 10.0**step) for step in parameters["log10_ridge"]]
    for done, (part, ridge) in enumerate(sweeps, start=1):
        rows += (
            by_weight(problem, ridge, parameters) if part == "weight" else by_model(problem, ridge)
        )
        report(done / len(sweeps))
    return rows


def by_weight(problem: Problem, ridge: float, parameters: Mapping[str, Any]) -> list[Row]:
    """Return NegGrad+ for every weight, with its error relative to that of the pretrained model."""
    critical = critical_beta(problem, ridge)
    w_g = golden(problem, ridge=ridge).coef
    unit = float(np.linalg.norm(pretrained(problem, ridge=ridge).coef - w_g))
    loss = unlearning_loss(problem, w_g)
    missed_by = right_side("D4.ascent", iterates.neg_grad - formula.w_g_ridge)
    rows: list[Row] = []
    for share in parameters["share"]:
        beta = share * critical
        coef = neg_grad_plus(problem, beta=beta, ridge=ridge, steps=None).coef
        reading = on(problem, ridge, beta)
        error = reading.value(missed_by)
        theory = reading.value(formula.w_g_ridge) + error
        cells = (
            float(np.linalg.norm(coef - w_g)) / unit,
            float(np.linalg.norm(error)) / unit,
            unlearning_loss(problem, coef) / loss,
            unlearning_loss(problem, theory[:, 0]) / loss,
        )
        rows.append(("weight", "NegGrad+", ridge, share, *cells))
    return rows


def by_model(problem: Problem, ridge: float) -> list[Row]:
    """Return every model at one ridge, with losses relative to that of predicting zero."""
    beta = HALF * critical_beta(problem, ridge)
    computed = {
        "pretrained": pretrained(problem, ridge=ridge),
        "influence": influence(problem, ridge=ridge),
        "golden": golden(problem, ridge=ridge),
        "NegGrad+": neg_grad_plus(problem, beta=beta, ridge=ridge, steps=None),
    }
    w_g = computed["golden"].coef
    unit = float(np.linalg.norm(computed["pretrained"].coef - w_g))
    zero = unlearning_loss(problem, np.zeros(problem.d))
    reading = on(problem, ridge, beta)
    rows: list[Row] = []
    for model, expr in MODELS.items():
        coef, theory = computed[model].coef, reading.value(expr)[:, 0]
        cells = (
            float(np.linalg.norm(coef - w_g)) / unit,
            float(np.linalg.norm(theory - reading.value(formula.w_g_ridge)[:, 0])) / unit,
            unlearning_loss(problem, coef) / zero,
            unlearning_loss(problem, theory) / zero,
        )
        rows.append(("order", model, ridge, HALF, *cells))
    return rows


def right_side(claim: str, left: Expr) -> Expr:
    """Return what a claim equates an expression to."""
    for part in load_claims()[claim].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claim} does not equate {left} to anything")


def on(problem: Problem, ridge: float, beta: float) -> FloatReading:
    """Return what evaluates formulas on a problem."""
    n_r, n = problem.n_r, problem.n
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
    }
    sizes = {"n_r": n_r, "n_f": problem.n_f, "n": n, "d": problem.d, "c": 1}
    return FloatReading(sizes, letters, {"lambda": Fraction(ridge), "beta": Fraction(beta)})


#: Colour, dashes and marker of every ridge on the left, and of every model on the right.
RIDGES = (("purple", "--", "s"), ("black", "-", "o"), ("sky", "-.", "^"))
LOOK: dict[str, tuple[str, Any, str]] = {
    "NegGrad+": ("green", "-.", "^"),
    "golden": ("orange", "-", "o"),
    "influence": ("blue", "--", "s"),
    "pretrained": ("vermilion", ":", "x"),
}
MARKER: dict[str, Any] = {"markersize": 3.6, "markerfacecolor": "white", "markeredgewidth": 0.9}


def render(data: Data) -> Figure:
    """Draw error and loss against the weight, and the losses against the ridge."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(TWO_COLUMNS, 2.9), layout="constrained")
    left, centre, right = figure.subplots(1, 3)
    weight_panel(left, data, "error")
    weight_panel(centre, data, "UL")
    order_panel(right, data)
    left.set_ylabel(r"$\|w - w_g\|$ / $\|w_o - w_g\|$")
    left.set_title("NegGrad+: distance")
    centre.set_ylabel("UL$(w)$ / UL$(w_g)$")
    centre.set_title("NegGrad+: loss")
    right.set_ylabel("UL$(w)$ / UL$(0)$")
    right.set_title("too little and too much")
    left.legend(loc="upper left", handlelength=2.6, borderaxespad=0.2, labelspacing=0.3)
    return figure


def weight_panel(axes: Axes, data: Data, quantity: str) -> None:
    """Draw one quantity of NegGrad+ against its weight, for every ridge."""
    for ridge, (colour, dashes, marker) in zip(data.provenance["ridge"], RIDGES, strict=True):
        some = data.where(part="weight", ridge=format(ridge, ".12g"))
        share = np.array(some.numbers("share"))
        computed, theory = some.numbers(quantity), some.numbers(f"{quantity}_theory")
        # Without a weight it is golden: at distance 0, which has no logarithm.
        first = 1 if quantity == "error" else 0
        look: dict[str, Any] = {"color": COLOURS[colour], "label": f"$λ$ = {ridge:g}"}
        axes.plot(share[first:], theory[first:], linestyle=dashes, color=COLOURS[colour])
        axes.plot([], [], linestyle=dashes, marker=marker, **look, **MARKER)
        drawn = slice(first, None, 2)
        axes.plot(share[drawn], computed[drawn], marker, color=COLOURS[colour], **MARKER)
    axes.set_yscale("log")
    axes.axvspan(1.0, 1.12, color="0.88", linewidth=0)
    axes.annotate(
        "no minimum",
        (1.06, 0.5),
        xycoords=axes.get_xaxis_transform(),
        rotation=90,
        ha="center",
        va="center",
        color="0.3",
        fontsize=7.5,
    )
    axes.annotate("D4.ascent", (0.86, 0.03), xycoords="axes fraction", **ASIDE)
    axes.set_xlim(-0.04, 1.12)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "¼", "½", "¾", "1"])
    axes.set_xlabel("weight $β/β^*$")


ASIDE: dict[str, Any] = {"color": "0.3", "fontsize": 7.5, "ha": "right"}


def order_panel(axes: Axes, data: Data) -> None:
    """Draw the unlearning losses of all models against the ridge."""
    for model, (colour, dashes, marker) in LOOK.items():
        some = data.where(part="order", model=model)
        ridge, computed, theory = (
            np.array(some.numbers(column)) for column in ("ridge", "UL", "UL_theory")
        )
        width = 2.4 if dashes == "-" else 1.2
        axes.semilogx(ridge, theory, linestyle=dashes, color=COLOURS[colour], linewidth=width)
        axes.plot(ridge[::2], computed[::2], marker, color=COLOURS[colour], **MARKER)
        look: dict[str, Any] = {"color": COLOURS[colour], "label": model}
        axes.plot([], [], linestyle=dashes, marker=marker, **look, **MARKER)
    axes.legend(loc="upper left", handlelength=2.6, borderaxespad=0.2, labelspacing=0.3)
    axes.annotate("E6", (0.98, 0.03), xycoords="axes fraction", **ASIDE)
    axes.set_ylim(bottom=-0.08)
    axes.set_xlabel("ridge $λ$")
