"""Figure 3: regularized fine-tuning along its ridge, where the weight α matters and where not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.algebra.expressions import Equation, Expr, pinv
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.claims import vocabulary as formula
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.linalg.factorization import truncated_svd
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.methods.regularized import regularized
from linreg_unlearn.metrics import distance_to_golden, norm
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig03_regularization_path"
TITLE = "Regularized fine-tuning towards zero labels along its ridge, for several weights"
CAPTION = (
    "Fine-tuning of the pretrained model on retained labels and, with weight α, on zero labels "
    "for the forget data, against the ridge λ around the pretrained model: distance to golden "
    "(top) and to the limit λ → 0 (bottom), relative to golden's norm; for large λ the model "
    "stays pretrained. At full row rank (left) the ranks of retained and forget rows add, and all "
    "α share one limit (C1); where they do not add (right), each α has its own. Lines are theory, "
    "the formulas of claims C1 and C5, evaluated without the methods; the grey band lies between "
    "the bounds of C5 for α = 1. Markers are the computed models; those above the mark 0 are the "
    "limit itself. One random, interpolated problem on each side, with 20 retained and 10 forget "
    "samples, 40 features, all used by both, rank 30 on the left and 24 on the right, and "
    "singular values from 1 to 1/3; the sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "sizes": {"n_r": 20, "n_f": 10, "d": 40, "condition": 3.0},
    "ranks": {"full": 30, "deficient": 24},
    "alpha": [0.1, 1.0, 10.0],
    # Fifths of a decade; the ridge 0 is the limit and comes first.
    "log10_ridge": [step / 5 for step in range(-25, 6)],
    "seed": 0,
}
COLUMNS = (
    *("rank", "alpha", "ridge", "to_golden", "to_golden_theory"),
    *("to_limit", "to_limit_theory", "lower_bound", "upper_bound"),
)


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the distances to golden and to the limit, computed and by formula, with bounds."""
    ridges = [0.0, *(10.0**step for step in parameters["log10_ridge"])]
    cases = [(rank, alpha) for rank in parameters["ranks"] for alpha in parameters["alpha"]]
    rows: list[Row] = []
    for done, (rank, alpha) in enumerate(cases, start=1):
        problem = shared(
            **parameters["sizes"], rank=parameters["ranks"][rank], seed=parameters["seed"]
        )
        unit = norm(problem, golden(problem).coef)
        limit = regularized(problem, targets="zero", alpha=alpha).coef
        theory = formulas_on(problem, alpha)
        for ridge in ridges:
            w = regularized(problem, targets="zero", alpha=alpha, ridge=ridge).coef
            to_golden = distance_to_golden(problem, w)
            to_limit = float(np.linalg.norm(w - limit))
            golden_theory, *rest = theory(ridge)
            distances = (to_golden, golden_theory, to_limit, *rest)
            rows.append((rank, alpha, ridge, *(value / unit for value in distances)))
        report(done / len(cases))
    return rows


def formulas_on(problem: Problem, alpha: float) -> Callable[[float], tuple[float, ...]]:
    """Return what evaluates the formulas for a ridge.

    These are the distances to golden and to the limit, and the bounds of the latter.
    """
    n_r, n_f, n, d = problem.n_r, problem.n_f, problem.n, problem.d
    w_o = formula.w_o
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": d, "c": 1}
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
        "ỹ_f": np.zeros((n_f, 1)),
    }
    scalars = {"m_r": Fraction(1, n_r), "m_f": Fraction(1, n_f), "alpha": Fraction(alpha)}
    letters["w_0"] = FloatReading(sizes, letters, scalars).value(w_o)

    # What does not depend on the ridge is evaluated once.
    once = FloatReading(sizes, letters, scalars)
    G, T = formula.weighted_gram(formula.alpha), formula.regularized_operator(formula.alpha)
    limit = formula.w_reg_limit_from_start
    given: dict[Expr, FloatArray] = {expr: once.value(expr) for expr in (G, T, limit)}
    to_golden = once.value(limit - formula.w_g)
    step = given[limit] - letters["w_0"]
    moved = float(np.linalg.norm(step))
    steepest = float(np.linalg.norm(once.value(pinv(G)) @ step))
    eigenvalues = truncated_svd(given[G])[1]
    off_limit = right_side("C5", formula.w_reg_from_start - limit)

    def evaluate(ridge: float) -> tuple[float, ...]:
        if ridge == 0:
            return float(np.linalg.norm(to_golden)), 0.0, 0.0, 0.0
        reading = FloatReading(sizes, letters, scalars | {"lambda": Fraction(ridge)}, given)
        off = reading.value(off_limit)
        return (
            float(np.linalg.norm(to_golden + off)),
            float(np.linalg.norm(off)),
            float(ridge * moved / (ridge + eigenvalues[0])),
            float(min(ridge * moved / (ridge + eigenvalues[-1]), ridge * steepest)),
        )

    return evaluate


def right_side(claim: str, left: Expr) -> Expr:
    """Return what a claim equates an expression to."""
    for part in load_claims()[claim].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claim} does not equate {left} to anything")


#: Colour, dashes and marker of every weight α.
LOOKS = (("purple", "--", "s"), ("black", "-", "o"), ("green", "-.", "^"))
BANDED = 1.0
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}


def render(data: Data) -> Figure:
    """Draw two rows of distances by two columns of ranks."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure = Figure(figsize=(TWO_COLUMNS, 4.6), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey="row")
    titles = {"full": "full row rank", "deficient": "ranks that do not add"}
    for column, (rank, title) in enumerate(titles.items()):
        golden_panel(panels[0, column], data, rank)
        limit_panel(panels[1, column], data, rank)
        value = data.provenance["ranks"][rank]
        panels[0, column].set_title(f"{title}, rank $X$ = {value}")
        panels[1, column].set_xlabel("ridge $λ$")
    panels[0, 0].set_ylabel(r"$\|w(λ) - w_g\|$ / $\|w_g\|$")
    panels[1, 0].set_ylabel(r"$\|w(λ) - w(0)\|$ / $\|w_g\|$")
    legend: list[Any] = [
        Line2D(
            [], [], color=COLOURS[colour], ls=dashes, marker=marker, **MARKER, label=f"$α$ = {a:g}"
        )
        for a, (colour, dashes, marker) in zip(data.provenance["alpha"], LOOKS, strict=True)
    ]
    legend.append(Patch(color="0.88", label=f"bounds for $α$ = {BANDED:g}"))
    figure.legend(handles=legend, loc="outside upper center", ncols=len(legend), handlelength=3.5)
    return figure


def golden_panel(axes: Axes, data: Data, rank: str) -> None:
    """Draw the distance to golden of every α."""
    first = min(data.provenance["log10_ridge"])
    place_of_limit = 10.0 ** (first - 0.8)
    for alpha, (colour, dashes, marker) in zip(data.provenance["alpha"], LOOKS, strict=True):
        some = data.where(rank=rank, alpha=format(alpha, ".12g"))
        ridge = np.array(some.numbers("ridge"))
        computed, theory = some.numbers("to_golden"), some.numbers("to_golden_theory")
        axes.semilogx(ridge[1:], theory[1:], linestyle=dashes, color=COLOURS[colour])
        axes.plot(ridge[1::5], computed[1::5], marker, color=COLOURS[colour], **MARKER)
        # The limit stands apart, on a stub of its line.
        stub = [place_of_limit / 1.6, place_of_limit * 1.6]
        axes.plot(stub, [theory[0]] * 2, color=COLOURS[colour])
        axes.plot(place_of_limit, computed[0], marker, color=COLOURS[colour], **MARKER)
    axes.set_ylim(bottom=0)


def limit_panel(axes: Axes, data: Data, rank: str) -> None:
    """Draw the distance to the limit of every α, and the bounds for one of them."""
    for alpha, (colour, dashes, marker) in zip(data.provenance["alpha"], LOOKS, strict=True):
        some = data.where(rank=rank, alpha=format(alpha, ".12g"))
        # From 1 on: the limit itself is at distance 0.
        ridge, computed, theory, lowest, highest = (
            np.array(some.numbers(column))[1:]
            for column in ("ridge", "to_limit", "to_limit_theory", "lower_bound", "upper_bound")
        )
        if alpha == BANDED:
            axes.fill_between(ridge, lowest, highest, color="0.88", linewidth=0)
        axes.loglog(ridge, theory, linestyle=dashes, color=COLOURS[colour])
        axes.plot(ridge[::5], computed[::5], marker, color=COLOURS[colour], **MARKER)
    first, last = min(data.provenance["log10_ridge"]), max(data.provenance["log10_ridge"])
    decades = range(round(first), round(last) + 1)
    axes.set_xticks(
        [10.0 ** (first - 0.8), *(10.0**k for k in decades)],
        labels=["0", *(f"$10^{{{k}}}$" for k in decades)],
    )
    axes.minorticks_off()
