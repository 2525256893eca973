"""Figure 11: influence, Newton and leave-block-out, and the order of limits in the ridge."""

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
from linreg_unlearn.claims.matching import block_ridge
from linreg_unlearn.claims.second_order import S, e_f, through
from linreg_unlearn.claims.second_order import influence as influence_formula
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.linalg.leave_block_out import leave_block_out
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.second_order import influence, newton
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig11_second_order"
TITLE = "Influence, Newton and leave-block-out updates against deleted rows and ridge"
CAPTION = (
    "Distance to golden, relative to that of the pretrained model. Left: noisy data with a ridge, "
    "against the share of deleted rows. One Newton step and leave-block-out, the update by "
    "Woodbury's formula, are golden but for rounding (E1); influence, by the Hessian of all rows, "
    "misses it the more the more is deleted, and every further iteration with this Hessian puts "
    "one more power of S in the error (E2). Right: interpolating data, against the ridge λ. "
    "Towards λ = 0 influence approaches the pretrained model, however often it is iterated. The "
    "Newton step is golden for every λ > 0, but at 0, where no gradient is left, it does nothing: "
    "limits cannot be exchanged (E3). Leave-block-out has no factor λ left to divide by and is "
    "golden at 0 too (A7). Lines are theory: on the left the formula of E2, on the right the same "
    "with what E3 puts in the place of e_f and of I − S. Markers are the computed models. Averages "
    "over 10 random Gaussian problems: on the left 120 rows in all, 30 features, noise of "
    "deviation 1 and λ = 10; on the right 30 retained and 10 forget rows and 60 features. The "
    "sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "deleted": {"n": 120, "d": 30, "noise": 1.0, "ridge": 10.0},
    "n_f": [1, 2, 4, 6, 12, 18, 24, 36, 48, 60, 72, 84, 96, 102, 108],
    "limit": {"n_r": 30, "n_f": 10, "d": 60},
    # Halves of a decade; the ridge 0 is the limit and comes first.
    "log10_ridge": [step / 2 for step in range(-16, 9)],
    "iterations": [1, 5, 25],
    "seeds": list(range(10)),
}
COLUMNS = ("panel", "method", "n_f", "ridge", "seed", "error", "error_theory")


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the relative distances to golden, computed and by formula."""
    iterations, seeds = parameters["iterations"], parameters["seeds"]
    rows: list[Row] = []
    for done, seed in enumerate(seeds, start=1):
        ridge, n = parameters["deleted"]["ridge"], parameters["deleted"]["n"]
        noisy = shared(
            n - 1,
            1,
            parameters["deleted"]["d"],
            noise=parameters["deleted"]["noise"],
            seed=seed,
        )
        for n_f in parameters["n_f"]:
            # The problem is random, so its last rows are random rows.
            problem = Problem.from_arrays(noisy.X, noisy.y, forget=np.arange(n - n_f, n))
            expected = by_leverage(problem, ridge, iterations)
            for method, error in computed_errors(problem, ridge, iterations).items():
                rows.append(("deleted", method, n_f, ridge, seed, error, expected[method]))
        problem = shared(**parameters["limit"], seed=seed)
        for ridge in (0.0, *(10.0**step for step in parameters["log10_ridge"])):
            expected = by_kernel(problem, ridge, iterations)
            for method, error in computed_errors(problem, ridge, iterations).items():
                cells = (problem.n_f, ridge, seed, error, expected[method])
                rows.append(("limit", method, *cells))
        report(done / len(seeds))
    return rows


def computed_errors(problem: Problem, ridge: float, iterations: list[int]) -> dict[str, float]:
    """Return how far from golden the methods end, relative to where they start."""
    found = {"Newton": newton(problem, ridge=ridge).coef}
    found["leave-block-out"] = weights_left_out(problem, ridge)
    for k in iterations:
        found[name_of(k)] = influence(problem, iterations=k, ridge=ridge).coef
    w_g = golden(problem, ridge=ridge).coef
    unit = np.linalg.norm(pretrained(problem, ridge=ridge).coef - w_g)
    return {method: float(np.linalg.norm(w - w_g) / unit) for method, w in found.items()}


def weights_left_out(problem: Problem, ridge: float) -> FloatArray:
    """Return the weights trained on golden's predictions for the forget rows, found without it."""
    labels = np.concatenate([problem.y_r, problem.y_f - leave_block_out(problem, ridge)])
    return ridge_nearest(factors_of(problem).all, np.zeros(problem.d), labels, ridge)


def name_of(iterations: int) -> str:
    """Return what influence is called."""
    return "influence" if iterations == 1 else f"influence, {iterations} iterations"


def reading_of(problem: Problem, ridge: float) -> FloatReading:
    """Return what evaluates formulas on a problem."""
    n_r, n_f, n = problem.n_r, problem.n_f, problem.n
    letters = {
        "X": problem.X,
        "y": problem.y[:, np.newaxis],
        "E_r": np.eye(n)[:n_r],
        "E_f": np.eye(n)[n_r:],
    }
    sizes = {"n_r": n_r, "n_f": n_f, "n": n, "d": problem.d, "c": 1}
    return FloatReading(sizes, letters, {"lambda": Fraction(ridge)})


def by_leverage(problem: Problem, ridge: float, iterations: list[int]) -> dict[str, float]:
    """Return the relative distances to golden by the formulas of E1 and E2, for λ > 0."""
    reading = reading_of(problem, ridge)
    once = right_side("E2", formula.w_g_ridge - influence_formula)
    missed = {1: reading.value(once)}
    back, leverage, residual = (reading.value(part) for part in (through, S, e_f))
    # A further iteration puts S T in the place of T.
    for k in (0, *iterations):
        missed.setdefault(k, back @ np.linalg.matrix_power(leverage, k) @ residual)
    return {**relative(missed, iterations), "Newton": 0.0, "leave-block-out": 0.0}


def by_kernel(problem: Problem, ridge: float, iterations: list[int]) -> dict[str, float]:
    """Return the same with ``e_f = −λ[K⁻¹y]_f`` and ``I − S = λ[K⁻¹]_ff`` of E3, for λ ≥ 0.

    In ``H⁻¹X_fᵀ(I − S)⁻¹S^k e_f`` the factors λ cancel, and ``H⁻¹X_fᵀ = XᵀK⁻¹E_fᵀ``.
    """
    reading = reading_of(problem, ridge)
    back = formula.X.T @ inv(kernel_ridge) @ formula.E_f.T @ inv(block_ridge)
    dual = formula.E_f @ inv(kernel_ridge) @ formula.y
    across, block, missing = (reading.value(part) for part in (back, block_ridge, dual))
    leverage = np.eye(problem.n_f) - ridge * block
    missed = {k: -across @ np.linalg.matrix_power(leverage, k) @ missing for k in (0, *iterations)}
    # At λ = 0 the Newton step finds no gradient.
    return {
        **relative(missed, iterations),
        "Newton": 0.0 if ridge else 1.0,
        "leave-block-out": 0.0,
    }


def relative(missed: dict[int, FloatArray], iterations: list[int]) -> dict[str, float]:
    """Return the distances relative to that before the first iteration."""
    unit = np.linalg.norm(missed[0])
    return {name_of(k): float(np.linalg.norm(missed[k]) / unit) for k in iterations}


def right_side(claim: str, left: Expr) -> Expr:
    """Return what a claim equates an expression to."""
    for part in load_claims()[claim].parts:
        if isinstance(part.statement, Equation) and part.statement.lhs.same(left):
            return part.statement.rhs
    raise LookupError(f"claim {claim} does not equate {left} to anything")


#: Colour, dashes and marker of what does not depend on iterations, and of every number of them.
EXACT: dict[str, tuple[str, Any, str]] = {
    "Newton": ("orange", "-", "o"),
    "leave-block-out": ("black", ":", "x"),
}
LOOKS: tuple[tuple[str, Any, str], ...] = (
    ("blue", "-", "s"),
    ("green", "--", "^"),
    ("purple", "-.", "D"),
)
MARKER: dict[str, Any] = {"markersize": 3.8, "markerfacecolor": "white", "markeredgewidth": 0.9}
NOTE: dict[str, Any] = {"fontsize": 7.5, "color": "0.3", "va": "center"}


def render(data: Data) -> Figure:
    """Draw errors against the share of deleted rows, and against the ridge."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    looks = dict(zip(map(name_of, data.provenance["iterations"]), LOOKS, strict=True)) | EXACT
    figure = Figure(figsize=(TWO_COLUMNS, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for method, look in looks.items():
        draw_deleted(left, data.where(panel="deleted", method=method), look)
        draw_limit(right, data.where(panel="limit", method=method), look)
    label_panels(left, right, data)
    first, second, third = map(name_of, data.provenance["iterations"])
    # Column by column.
    legend = [
        Line2D([], [], color=COLOURS[colour], linestyle=dashes, marker=marker, **MARKER, label=name)
        for name in (first, "Newton", second, "leave-block-out", third)
        for colour, dashes, marker in (looks[name],)
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=3, handlelength=4)
    return figure


def label_panels(left: Axes, right: Axes, data: Data) -> None:
    """Write down what the axes are, and which claims the lines are from."""
    panel = data.provenance["deleted"]
    left.set_title(f"noisy data, ridge $λ$ = {panel['ridge']:g}")
    left.set_xlabel("share of deleted rows $n_f/n$")
    left.set_ylabel(r"$\|w - w_g\|$ / $\|w_o - w_g\|$")
    left.set_ylim(3e-17, 5)
    left.set_xlim(0, 0.93)
    left.annotate("E1", (1.02, 1e-15), xycoords=left.get_yaxis_transform(), **NOTE)
    left.annotate("E2", (1.02, 0.4), xycoords=left.get_yaxis_transform(), **NOTE)

    first, last = min(data.provenance["log10_ridge"]), max(data.provenance["log10_ridge"])
    decades = range(round(first), round(last) + 1, 2)
    right.set_title("interpolating data")
    right.set_xlabel("ridge $λ$")
    right.set_xticks(
        [place_of_limit(data), *(10.0**k for k in decades)],
        labels=["0", *(f"$10^{{{k}}}$" for k in decades)],
    )
    right.minorticks_off()
    right.set_ylim(-0.04, 1.08)
    right.annotate("E1: golden for every $λ > 0$", (1e-8, 0.05), **NOTE)
    right.annotate(
        "E3: influence tends to\nno step, Newton jumps\nto it at $λ = 0$", (1e-8, 0.86), **NOTE
    )


def place_of_limit(data: Data) -> float:
    """Return where λ = 0 stands on the logarithmic axis."""
    return float(10.0 ** (min(data.provenance["log10_ridge"]) - 1.2))


def draw_deleted(axes: Axes, data: Data, look: tuple[str, Any, str]) -> None:
    """Draw one method against the share of deleted rows."""
    colour, dashes, marker = look
    n_f, computed, theory = averaged(data, "n_f")
    share = n_f / data.provenance["deleted"]["n"]
    if theory.any():
        axes.semilogy(share, theory, linestyle=dashes, color=COLOURS[colour])
    axes.semilogy(share, computed, marker, color=COLOURS[colour], zorder=3, **MARKER)


def draw_limit(axes: Axes, data: Data, look: tuple[str, Any, str]) -> None:
    """Draw one method against the ridge, with λ = 0 apart, on a stub of its line."""
    colour, dashes, marker = look
    ridge, computed, theory = averaged(data, "ridge")
    width = 2.6 if marker == "o" else 1.2
    axes.semilogx(ridge[1:], theory[1:], linestyle=dashes, color=COLOURS[colour], linewidth=width)
    # Markers of golden methods alternate, so that none hides another.
    some = slice(3, None, 4) if marker == "x" else slice(1, None, 4)
    axes.plot(ridge[some], computed[some], marker, color=COLOURS[colour], zorder=3, **MARKER)
    at_zero = place_of_limit(data)
    stub = [at_zero / 2.5, at_zero * 2.5]
    axes.plot(stub, [theory[0]] * 2, color=COLOURS[colour], linewidth=width)
    axes.plot(at_zero, computed[0], marker, color=COLOURS[colour], zorder=3, **MARKER)


def averaged(data: Data, across: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the values of a column, and for each the mean computed and expected error."""
    x = np.array(data.numbers(across))
    values = np.unique(x)

    def means(column: str) -> FloatArray:
        numbers = np.array(data.numbers(column))
        return np.array([numbers[x == value].mean() for value in values])

    return values, means("error"), means("error_theory")
