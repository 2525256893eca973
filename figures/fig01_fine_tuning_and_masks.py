"""Figure 1: what fine-tuned, golden and masked models remember, against fine-tuning data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Equation, Expr
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.metrics import retain_loss, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig01_fine_tuning_and_masks"
TITLE = "Losses of fine-tuned, golden and masked models against the fine-tuning samples"
CAPTION = (
    "Remaining loss RL (top) and unlearning loss UL (bottom) against the number n_t of retained "
    "samples used for fine-tuning, for distinct (left) and overlapping features (right), relative "
    "to the loss of predicting zero. Golden is what unlearning aims at. Lines are the claims' "
    "formulas, evaluated without the methods; the claims stand beside their lines. Markers are "
    "the computed models, bars their standard deviation. Lines and markers are averages over 20 "
    "random problems; markers are moved sideways a little so that none hides another. The "
    "problems are Gaussian and interpolated, with 60 retained and 20 forget samples and 160 "
    "features, of which 40 are shared on the right; the sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "n_r": 60,
    "n_f": 20,
    "distinct": {"d_r": 100, "d_f": 60},
    "overlapping": {"d_r": 60, "d_lap": 40, "d_f": 60},
    "n_t": list(range(0, 61, 5)),
    "seeds": list(range(20)),
}
COLUMNS = (
    *("setup", "method", "n_t", "seed"),
    *("RL", "RL_theory", "RL_zero", "UL", "UL_theory", "UL_zero"),
)

METHODS = ("golden", "RBM", "forget mask", "fine-tuned")
LOSSES = ("RL", "UL")

#: Where a line comes from: the claims, the first of which equates the loss to the formula drawn.
#: (A2 says that the fine-tuned model is the pretrained one, whose losses A1 gives.)
SOURCES: dict[tuple[str, str, str], tuple[tuple[str, ...], Expr]] = {
    ("distinct", "golden", "UL"): (("A4",), formula.unlearning_loss(formula.w_g)),
    ("overlapping", "golden", "UL"): (("A5",), formula.unlearning_loss(formula.w_g)),
}
for _setup in ("distinct", "overlapping"):
    SOURCES |= {
        (_setup, "golden", "RL"): (("A3",), formula.retain_loss(formula.w_g)),
        (_setup, "RBM", "RL"): (("B1",), formula.retain_loss(formula.w_rbm)),
        (_setup, "RBM", "UL"): (("B2",), formula.unlearning_loss(formula.w_rbm)),
        (_setup, "forget mask", "RL"): (("B6",), formula.retain_loss(formula.w_forget_tuned)),
        (_setup, "forget mask", "UL"): (("B6",), formula.unlearning_loss(formula.w_forget_tuned)),
        (_setup, "fine-tuned", "RL"): (("A1", "A2"), formula.retain_loss(formula.w_o)),
        (_setup, "fine-tuned", "UL"): (("A1", "A2"), formula.unlearning_loss(formula.w_o)),
    }


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return RL and UL of every method, computed and by formula, for every setup, seed and n_t."""
    sizes = {"n_r": parameters["n_r"], "n_f": parameters["n_f"]}
    draw: dict[str, Callable[..., Problem]] = {"distinct": distinct, "overlapping": overlapping}
    cases = [(setup, seed) for setup in draw for seed in parameters["seeds"]]
    rows: list[Row] = []
    for done, (setup, seed) in enumerate(cases, start=1):
        problem = draw[setup](**sizes, **parameters[setup], seed=seed)
        by_formula = formulas_on(problem, setup)
        zero = losses(problem, np.zeros(problem.d))
        for n_t in parameters["n_t"]:
            # The problem is random, so its first rows are random rows.
            chosen = np.arange(n_t)
            theory = by_formula(chosen)
            for method, computed in computed_losses(problem, chosen).items():
                cells = [(computed[loss], theory[method, loss], zero[loss]) for loss in LOSSES]
                rows.append((setup, method, n_t, seed, *cells[0], *cells[1]))
        report(done / len(cases))
    return rows


def computed_losses(problem: Problem, chosen: IntArray) -> dict[str, dict[str, float]]:
    """Return RL and UL of what the methods compute, fine-tuned on the chosen retained rows."""
    solutions = {
        "golden": golden(problem),
        "RBM": retain_mask(problem, rows=chosen),
        "forget mask": forget_mask(problem, rows=chosen),
        "fine-tuned": fine_tuned(problem, rows=chosen),
    }
    return {method: losses(problem, solution.coef) for method, solution in solutions.items()}


def losses(problem: Problem, coef: FloatArray) -> dict[str, float]:
    """Return RL and UL of some weights."""
    return {"RL": retain_loss(problem, coef), "UL": unlearning_loss(problem, coef)}


def formula_of(setup: str, method: str, loss: str) -> Expr:
    """Return what a loss should be: the right-hand side of a claim."""
    claims, left = SOURCES[setup, method, loss]
    for part in load_claims()[claims[0]].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claims[0]} does not equate {left} to anything")


def formulas_on(problem: Problem, setup: str) -> Callable[[IntArray], dict[tuple[str, str], float]]:
    """Return what evaluates every formula on a problem, given the rows to fine-tune on."""
    n_r, n_f, n = problem.n_r, problem.n_f, problem.n
    assert problem.w_star is not None  # a generator drew the problem
    retained, forget = problem.retained_support, problem.forget_support
    columns = {
        "M": retained,
        "M_B": ~forget,
        "C_r": retained & ~forget,
        "C_lap": retained & forget,
        "C_f": forget & ~retained,
    }
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "w_*": problem.w_star[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
        **{name: np.diag(kept.astype(float)) for name, kept in columns.items()},
    }
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": problem.d, "c": 1}
    means = {"m_r": Fraction(1, n_r), "m_f": Fraction(1, n_f)}
    wanted = {(m, loss): formula_of(setup, m, loss) for m in METHODS for loss in LOSSES}

    # What does not depend on the fine-tuning rows is evaluated once.
    once = FloatReading(sizes, letters, means)
    fixed = [formula.w_o, *(f for (method, _), f in wanted.items() if method != "forget mask")]
    given = {expr: once.value(expr) for expr in fixed}

    def evaluate(chosen: IntArray) -> dict[tuple[str, str], float]:
        selector = {"S": np.eye(n_r)[chosen]}
        reading = FloatReading(sizes | {"n_t": len(chosen)}, letters | selector, means, given)
        return {key: float(reading.value(expr)[0, 0]) for key, expr in wanted.items()}

    return evaluate


#: Colour, dashes, marker and sideways shift of every method, in the order of drawing.
LOOK: dict[str, tuple[str, Any, str, float]] = {
    "golden": ("orange", "-", "o", -2.1),
    "RBM": ("blue", "--", "s", -0.7),
    "forget mask": ("green", "-.", "^", 0.7),
    "fine-tuned": ("vermilion", ":", "x", 2.1),
}
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}


def render(data: Data) -> Figure:
    """Draw two rows of losses by two columns of setups."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 4.0), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(2, 3))
    for column, setup in enumerate(("distinct", "overlapping")):
        for row, loss in enumerate(LOSSES):
            draw_panel(panels[row, column], data, setup, loss)
        panels[0, column].set_title(f"{setup} features")
        panels[1, column].set_xlabel("fine-tuning samples $n_t$")
    panels[0, 0].set_ylabel("RL$(w)$ / RL$(0)$")
    panels[1, 0].set_ylabel("UL$(w)$ / UL$(0)$")
    legend = [
        Line2D([], [], color=COLOURS[colour], linestyle=dashes, marker=marker, **MARKER, label=name)
        for name, (colour, dashes, marker, _) in LOOK.items()
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=len(LOOK), handlelength=4)
    return figure


def draw_panel(axes: Axes, data: Data, setup: str, loss: str) -> None:
    """Draw one loss of every method in one setup."""
    claims: dict[float, list[str]] = {}
    for method, (colour, dashes, marker, shift) in LOOK.items():
        n_t, computed, theory = relative(data.where(setup=setup, method=method), loss)
        line = theory.mean(axis=1)
        # The first line is broad, so that it shows below the dashes of those that coincide with it.
        width = 2.6 if dashes == "-" else 1.2
        axes.plot(n_t, line, dashes, color=COLOURS[colour], linewidth=width)
        some = slice(None, None, 2)
        axes.errorbar(
            n_t[some] + shift,
            computed[some].mean(axis=1),
            computed[some].std(axis=1),
            fmt=marker,
            color=COLOURS[colour],
            elinewidth=0.9,
            zorder=3,
            **MARKER,
        )
        ends = claims.setdefault(round(float(line[-1]), 3), [])
        ends += SOURCES[setup, method, loss][0]
        axes.set_xticks(n_t[some])
    axes.set_xlim(-4, n_t[-1] + 4)
    axes.margins(y=0.09)
    for height, sources in claims.items():
        lines = [", ".join(sorted(sources)[i : i + 2]) for i in range(0, len(sources), 2)]
        axes.annotate(
            "\n".join(lines),
            (1.01, height),
            xycoords=axes.get_yaxis_transform(),
            color="0.3",
            fontsize=7.5,
            va="center" if len(lines) == 1 else "bottom",
        )


def relative(data: Data, loss: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the values of n_t, and by n_t and seed the computed and the theoretical loss."""
    n_t = np.array(data.numbers("n_t"))
    values = np.unique(n_t)
    order = np.lexsort((np.array(data.numbers("seed")), n_t))

    def table(column: str) -> FloatArray:
        share = np.array(data.numbers(column)) / np.array(data.numbers(f"{loss}_zero"))
        return np.reshape(share[order], (len(values), -1))

    return values, table(loss), table(f"{loss}_theory")
