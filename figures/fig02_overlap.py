"""Figure 2: how far models end from golden, against the share of features that data share."""

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
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.saliency import mask_ceiling
from linreg_unlearn.metrics import distance_to_golden, gap_to_golden, norm, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import overlapping

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig02_overlap"
TITLE = "Gap in UL and distance to golden against the share of common features"
CAPTION = (
    "Unlearning loss UL minus that of golden, relative to the loss of predicting zero (left), and "
    "distance of the weights to golden, relative to golden's norm (right), against the share of "
    "features common to retained and forget data. Negative gaps mean that too little was "
    "forgotten. At share 0 both masks are golden; at share 1 the retain mask keeps every weight, "
    "so RBM is the fine-tuned model, and the forget mask drops every weight, so that fine-tuning "
    "it is retraining. The mask ceiling is the 0/1 mask nearest to golden, chosen in hindsight; "
    "no other mask without later fine-tuning is nearer, though one may be better in UL. Lines are "
    "theory: the formulas of the claims beside them, evaluated without the methods. Markers are "
    "the computed models, bars their standard deviation. Lines and markers are averages over 40 "
    "random problems; markers are moved sideways a little so that none hides another. The "
    "problems are Gaussian and interpolated, with 30 retained and 10 forget samples and 80 "
    "features, and the forget mask is fine-tuned on all retained samples; the sizes are our own "
    "choice."
)
PARAMETERS: dict[str, Any] = {
    "n_r": 30,
    "n_f": 10,
    "d": 80,
    "d_lap": list(range(0, 81, 8)),
    "seeds": list(range(40)),
}
COLUMNS = (
    *("method", "d_lap", "seed"),
    *("gap", "gap_theory", "UL_zero", "distance", "distance_theory", "golden_norm"),
)

METHODS = ("fine-tuned", "RBM", "forget mask, fine-tuned", "mask ceiling")

#: The claims whose right-hand sides are drawn: UL of a model, and what it is off golden.
#: (A2 says that the fine-tuned model is the pretrained one, whose loss A1 gives.)
LOSSES: dict[str, tuple[str, Expr]] = {
    "golden": ("A3", formula.unlearning_loss(formula.w_g)),
    "fine-tuned": ("A1", formula.unlearning_loss(formula.w_o)),
    "RBM": ("B2", formula.unlearning_loss(formula.w_rbm)),
    "forget mask, fine-tuned": ("B6", formula.unlearning_loss(formula.w_forget_tuned)),
}
ERRORS: dict[str, tuple[str, Expr]] = {
    "fine-tuned": ("B9", formula.w_t - formula.w_g),
    "RBM": ("B9", formula.w_rbm - formula.w_g),
    "forget mask, fine-tuned": ("B6", formula.w_forget_retained - formula.w_g),
}


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return gap and distance to golden of every method, computed and by formula."""
    sizes = {"n_r": parameters["n_r"], "n_f": parameters["n_f"]}
    cases = [(d_lap, seed) for d_lap in parameters["d_lap"] for seed in parameters["seeds"]]
    rows: list[Row] = []
    for done, (d_lap, seed) in enumerate(cases, start=1):
        own = (parameters["d"] - d_lap) // 2
        problem = overlapping(**sizes, d_r=own, d_lap=d_lap, d_f=own, seed=seed)
        every = np.arange(problem.n_r)
        solutions = {
            "fine-tuned": fine_tuned(problem),
            "RBM": retain_mask(problem),
            "forget mask, fine-tuned": forget_mask(problem, rows=every),
            "mask ceiling": mask_ceiling(problem),
        }
        theory = by_formula(problem)
        zero = unlearning_loss(problem, np.zeros(problem.d))
        length = norm(problem, golden(problem).coef)
        for method in METHODS:
            w = solutions[method].coef
            gap, distance = gap_to_golden(problem, w).unlearning, distance_to_golden(problem, w)
            gap_theory, distance_theory = theory[method]
            cells = (gap, gap_theory, zero, distance, distance_theory, length)
            rows.append((method, d_lap, seed, *cells))
        report(done / len(cases))
    return rows


def right_side(claim: str, left: Expr) -> Expr:
    """Return what a claim equates an expression to."""
    for part in load_claims()[claim].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claim} does not equate {left} to anything")


def by_formula(problem: Problem) -> dict[str, tuple[float, float]]:
    """Return gap and distance to golden of every method by the formulas of the claims."""
    n_r, n_f, n, d = problem.n_r, problem.n_f, problem.n, problem.d
    assert problem.w_star is not None  # a generator drew the problem
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "w_*": problem.w_star[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
        "S": np.eye(n_r),
        "M": np.diag(problem.retained_support.astype(float)),
        "M_B": np.diag((~problem.forget_support).astype(float)),
    }
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": d, "c": 1, "n_t": n_r}
    reading = FloatReading(sizes, letters, {"m_r": Fraction(1, n_r), "m_f": Fraction(1, n_f)})

    def value(expr: Expr) -> FloatArray:
        return np.asarray(reading.value(expr)[:, 0])

    losses = {method: float(value(right_side(*at))[0]) for method, at in LOSSES.items()}
    found = {
        method: (losses[method] - losses["golden"], float(np.linalg.norm(value(right_side(*at)))))
        for method, at in ERRORS.items()
    }
    # B10 is a rule, no formula: feature by feature the nearer of keeping and dropping.
    w_o, w_g = value(formula.P @ formula.w_star), value(formula.P_r @ formula.w_star)
    w = np.where(w_o**2 <= 2 * w_o * w_g, w_o, 0.0)
    loss = float(np.mean((problem.X_f @ w - problem.y_f) ** 2))
    distance = float(np.sqrt(np.sum(np.minimum((w_o - w_g) ** 2, w_g**2))))
    return {**found, "mask ceiling": (loss - losses["golden"], distance)}


#: Colour, dashes, marker and sideways shift of every method, in the order of drawing.
LOOK: dict[str, tuple[str, Any, str, float]] = {
    "fine-tuned": ("vermilion", ":", "x", 0.007),
    "RBM": ("blue", "--", "s", -0.007),
    "forget mask, fine-tuned": ("green", "-.", "^", 0.021),
    "mask ceiling": ("purple", (0, (5, 1, 1, 1, 1, 1)), "D", -0.021),
}
#: The claims of each line's end, which stand beside it; lines that end together share a place.
CLAIMS: dict[str, dict[str, str]] = {
    "gap": {"forget mask, fine-tuned": "A3, B6", "mask ceiling": "B10", "RBM": "A1, A2, B2"},
    "distance": {"forget mask, fine-tuned": "B6", "mask ceiling": "B10", "RBM": "B9"},
}
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}


def render(data: Data) -> Figure:
    """Draw the gap and the distance side by side."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 3.3), layout="constrained")
    left, right = figure.subplots(1, 2)
    golden_line: dict[str, Any] = {"color": COLOURS["orange"], "linewidth": 2.6, "label": "golden"}
    for axes in (left, right):
        axes.axhline(0, **golden_line)
        axes.set_xlabel(r"share of common features $d_{\mathrm{lap}}/d$")
        axes.set_xlim(-0.04, 1.04)
    draw_panel(left, data, "gap", "UL_zero")
    draw_panel(right, data, "distance", "golden_norm")
    left.set_ylabel("[UL$(w)$ − UL$(w_g)$] / UL$(0)$")
    right.set_ylabel(r"$\|w - w_g\|$ / $\|w_g\|$")
    legend = [Line2D([], [], **golden_line)] + [
        Line2D([], [], color=COLOURS[colour], linestyle=dashes, marker=marker, **MARKER, label=name)
        for name, (colour, dashes, marker, _) in LOOK.items()
    ]
    options: dict[str, Any] = {"handlelength": 3.5, "columnspacing": 1.4}
    figure.legend(handles=legend, loc="outside upper center", ncols=len(legend), **options)
    return figure


def draw_panel(axes: Axes, data: Data, quantity: str, unit: str) -> None:
    """Draw one quantity of every method."""
    for method, (colour, dashes, marker, shift) in LOOK.items():
        some = data.where(method=method)
        share, computed = relative(some, quantity, unit)
        line = relative(some, f"{quantity}_theory", unit)[1].mean(axis=1)
        axes.plot(share, line, linestyle=dashes, color=COLOURS[colour])
        axes.errorbar(
            share + shift,
            computed.mean(axis=1),
            computed.std(axis=1),
            fmt=marker,
            color=COLOURS[colour],
            elinewidth=0.7,
            zorder=3,
            **MARKER,
        )
        if method in CLAIMS[quantity]:
            axes.annotate(
                CLAIMS[quantity][method],
                (1.02, float(line[-1])),
                xycoords=axes.get_yaxis_transform(),
                color="0.3",
                fontsize=7.5,
                va="center",
            )


def relative(data: Data, column: str, unit: str) -> tuple[FloatArray, FloatArray]:
    """Return the shares of common features, and by share and seed one column over another."""
    common = np.array(data.numbers("d_lap"))
    order = np.lexsort((np.array(data.numbers("seed")), common))
    values = np.unique(common)
    ratio = np.array(data.numbers(column)) / np.array(data.numbers(unit))
    return values / data.provenance["d"], np.reshape(ratio[order], (len(values), -1))
