"""Figure 6: what the weight α of regularized fine-tuning changes, and where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Equation, Expr
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.methods.regularized import regularized
from linreg_unlearn.metrics import retain_loss, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig06_sensitivity_to_alpha"
TITLE = "Losses of regularized fine-tuning against the weight of its forget term"
CAPTION = (
    "Remaining loss RL (top) and unlearning loss UL (bottom), relative to the loss of predicting "
    "zero, after fine-tuning the pretrained model on retained labels and, with weight α, on zero "
    "labels for the forget data, for a ridge λ around the pretrained model and in the limit λ → "
    "0. At full row rank (left) the limit cannot depend on α (C1): it fits both kinds of labels "
    "(C2), and only a finite ridge makes α matter. Where the ranks of retained and forget rows do "
    "not add (right), α matters in the limit too. Lines are theory, the formulas of claims C1 and "
    "C5 and for golden A3, evaluated without the methods. Markers are the computed models, bars "
    "their standard deviation. Lines and markers are averages over 10 random problems; markers "
    "are moved sideways a little so that none hides another. The problems are interpolated, with "
    "20 retained and 10 forget samples, 40 features, all used by both, rank 30 on the left and 24 "
    "on the right, and singular values from 1 to 1/3; the sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "sizes": {"n_r": 20, "n_f": 10, "d": 40, "condition": 3.0},
    "ranks": {"full": 30, "deficient": 24},
    # Quarters of a decade.
    "log10_alpha": [step / 4 for step in range(-12, 13)],
    "ridge": [0.0, 0.003, 0.03],
    "seeds": list(range(10)),
}
COLUMNS = (
    *("rank", "model", "alpha", "seed"),
    *("RL", "RL_theory", "RL_zero", "UL", "UL_theory", "UL_zero"),
)

LOSSES = ("RL", "UL")


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return both losses, computed and by formula, of golden and for every α and ridge.

    A model is named by its ridge. Golden, which knows no α, stands at α = 0.
    """
    alphas = [10.0**step for step in parameters["log10_alpha"]]
    cases = [(rank, seed) for rank in parameters["ranks"] for seed in parameters["seeds"]]
    rows: list[Row] = []
    for done, (rank, seed) in enumerate(cases, start=1):
        problem = shared(**parameters["sizes"], rank=parameters["ranks"][rank], seed=seed)
        zero = losses(problem, np.zeros(problem.d))

        found = {("golden", 0.0): (losses(problem, golden(problem).coef), golden_losses(problem))}
        for alpha in alphas:
            theory = regularized_losses(problem, alpha, parameters["ridge"])
            for ridge, by_formula in theory.items():
                solution = regularized(problem, targets="zero", alpha=alpha, ridge=ridge)
                found[f"{ridge:g}", alpha] = (losses(problem, solution.coef), by_formula)

        for (model, alpha), (computed, expected) in found.items():
            (RL, UL), (RL_theory, UL_theory), (RL_zero, UL_zero) = computed, expected, zero
            cells = (RL, RL_theory, RL_zero, UL, UL_theory, UL_zero)
            rows.append((rank, model, alpha, seed, *cells))
        report(done / len(cases))
    return rows


def losses(problem: Problem, coef: FloatArray) -> tuple[float, float]:
    """Return RL and UL of some weights."""
    return retain_loss(problem, coef), unlearning_loss(problem, coef)


def golden_losses(problem: Problem) -> tuple[float, float]:
    """Return RL and UL of golden by the formulas of A3."""
    reading = reading_of(problem, {})
    RL, UL = (
        float(reading.value(right_side("A3", loss(formula.w_g)))[0, 0])
        for loss in (formula.retain_loss, formula.unlearning_loss)
    )
    return RL, UL


def regularized_losses(
    problem: Problem, alpha: float, ridges: list[float]
) -> dict[float, tuple[float, float]]:
    """Return RL and UL by ridge for some α by the formulas of C1 (the limit) and C5 (off it)."""
    scalars = {"alpha": Fraction(alpha)}
    limit = formula.w_reg_limit_from_start
    # What does not depend on the ridge is evaluated once.
    once = reading_of(problem, scalars)
    G, T = formula.weighted_gram(formula.alpha), formula.regularized_operator(formula.alpha)
    given: dict[Expr, FloatArray] = {expr: once.value(expr) for expr in (G, T, limit)}
    off_limit = right_side("C5", formula.w_reg_from_start - limit)
    found = {}
    for ridge in ridges:
        w = given[limit][:, 0]
        if ridge > 0:
            reading = reading_of(problem, scalars | {"lambda": Fraction(ridge)}, given)
            w = w + reading.value(off_limit)[:, 0]
        found[ridge] = losses(problem, w)
    return found


def reading_of(
    problem: Problem,
    scalars: Mapping[str, Fraction],
    given: Mapping[Expr, FloatArray] | None = None,
) -> FloatReading:
    """Return what evaluates formulas on a problem, with zero as the new labels."""
    n_r, n_f, n = problem.n_r, problem.n_f, problem.n
    assert problem.w_star is not None  # a generator drew the problem
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": problem.d, "c": 1}
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "w_*": problem.w_star[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
        "ỹ_f": np.zeros((n_f, 1)),
    }
    means = {"m_r": Fraction(1, n_r), "m_f": Fraction(1, n_f)}
    start = FloatReading(sizes, letters, means).value(formula.w_o)
    return FloatReading(sizes, {**letters, "w_0": start}, {**means, **scalars}, given)


def right_side(claim: str, left: Expr) -> Expr:
    """Return what a claim equates an expression to."""
    for part in load_claims()[claim].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claim} does not equate {left} to anything")


#: Colour, dashes, marker and sideways factor of every ridge, in the order of drawing.
LOOKS: tuple[tuple[str, Any, str, float], ...] = (
    ("black", ":", "o", 1.0),
    ("blue", "--", "s", 0.9),
    ("vermilion", "-.", "^", 1.11),
)
GOLDEN: dict[str, Any] = {"color": COLOURS["orange"], "linewidth": 2.6}
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}


def render(data: Data) -> Figure:
    """Draw two rows of losses by two columns of ranks."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 4.2), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey="row")
    titles = {"full": "full row rank", "deficient": "ranks that do not add"}
    for column, (rank, title) in enumerate(titles.items()):
        for row, loss in enumerate(LOSSES):
            draw_panel(panels[row, column], data.where(rank=rank), loss)
        panels[0, column].set_title(f"{title}, rank $X$ = {data.provenance['ranks'][rank]}")
        panels[1, column].set_xlabel("weight $α$ of the forget term")
    for row, loss in enumerate(LOSSES):
        panels[row, 0].set_ylabel(f"{loss}$(w)$ / {loss}$(0)$")
    legend = [Line2D([], [], **GOLDEN, label="golden")]
    for ridge, (colour, dashes, marker, _) in zip(data.provenance["ridge"], LOOKS, strict=True):
        label = f"$λ$ = {ridge:g}" if ridge else "limit $λ$ → 0"
        options = {"color": COLOURS[colour], "linestyle": dashes, "marker": marker, **MARKER}
        legend.append(Line2D([], [], **options, label=label))
    figure.legend(handles=legend, loc="outside upper center", ncols=len(legend), handlelength=4)
    return figure


def draw_panel(axes: Axes, data: Data, loss: str) -> None:
    """Draw one loss of every model for data of one rank."""
    _, _, theory = relative(data.where(model="golden"), loss)
    axes.axhline(float(theory.mean()), **GOLDEN)
    for ridge, (colour, dashes, marker, shift) in zip(data.provenance["ridge"], LOOKS, strict=True):
        alpha, computed, theory = relative(data.where(model=format(ridge, "g")), loss)
        axes.semilogx(alpha, theory.mean(axis=1), linestyle=dashes, color=COLOURS[colour])
        some = slice(None, None, 4)
        axes.errorbar(
            alpha[some] * shift,
            computed[some].mean(axis=1),
            computed[some].std(axis=1),
            fmt=marker,
            color=COLOURS[colour],
            elinewidth=0.7,
            zorder=3,
            **MARKER,
        )
    axes.minorticks_off()


def relative(data: Data, loss: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the values of α, and by α and seed the computed and the theoretical loss."""
    alpha = np.array(data.numbers("alpha"))
    values = np.unique(alpha)
    order = np.lexsort((np.array(data.numbers("seed")), alpha))

    def table(column: str) -> FloatArray:
        share = np.array(data.numbers(column)) / np.array(data.numbers(f"{loss}_zero"))
        return np.reshape(share[order], (len(values), -1))

    return values, table(loss), table(f"{loss}_theory")
