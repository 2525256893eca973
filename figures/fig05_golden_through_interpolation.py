"""Figure 5: what golden is expected to lose on the forget data, through n_r = d."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.claims.fine_tuning_limits import expected_unlearning_loss
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.metrics import unlearning_loss
from linreg_unlearn.setups import shared

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "fig05_golden_through_interpolation"
TITLE = "Golden's expected unlearning loss through the interpolation threshold"
CAPTION = (
    "Unlearning loss UL(w_g) of the golden model against the number n_r of retained samples, "
    "without and with label noise of variance s², relative to E‖w_*‖² = d. Lines are theory: the "
    "expectation E UL(w_g) = (1 − n_r/d)₊‖w_*‖² + s²[1 + min(n_r, d)/(|n_r − d| − 1)] of claim "
    "A9, with the noise on retained and forget labels; with noise it is infinite for |n_r − d| ≤ "
    "1, where the lines are open. Markers are simulation: means over 200 random problems each, "
    "bars their 95 % confidence intervals. With noise they stand only where |n_r − d| ≥ 6 "
    "(outside the grey band), since nearer to n_r = d the tails are too heavy for a mean of "
    "simulations. Samples are independent N(0, I_d), with d = 40 features and 20 forget samples; "
    "the sizes and noise levels are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "d": 40,
    "n_f": 20,
    "variances": [0.0, 4.0, 10.0],
    "n_r": [4, 10, 16, 22, 28, 34, 40, 46, 52, 58, 66, 76, 88, 100],
    "nearest": 6,
    "draws": 200,
}
COLUMNS = ("source", "variance", "n_r", "UL", "UL_deviation")


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the expected loss for every n_r, and mean and deviation of simulated ones for some."""
    d, n_f, draws = parameters["d"], parameters["n_f"], parameters["draws"]
    rows: list[Row] = []
    # Random weights w_* of d standard normal entries: E‖w_*‖² = d.
    for variance in parameters["variances"]:
        for n_r in range(1, max(parameters["n_r"]) + 1):
            expected = expected_unlearning_loss(n_r, d, float(d), variance)
            if np.isfinite(expected):
                rows.append(("theory", variance, n_r, expected, 0.0))
    cases = [
        (variance, n_r)
        for variance in parameters["variances"]
        for n_r in parameters["n_r"]
        if variance == 0 or abs(n_r - d) >= parameters["nearest"]
    ]
    for case, (variance, n_r) in enumerate(cases):
        losses = []
        # Markers share no random numbers, so that their errors are independent.
        for seed in range(case * draws, (case + 1) * draws):
            problem = shared(n_r, n_f, d, noise=np.sqrt(variance), seed=seed)
            losses.append(unlearning_loss(problem, golden(problem).coef))
        mean, deviation = float(np.mean(losses)), float(np.std(losses, ddof=1))
        rows.append(("simulation", variance, n_r, mean, deviation))
        report((case + 1) / len(cases))
    return rows


#: Colour, dashes and marker of every variance of the noise.
LOOKS = (("orange", "-", "o"), ("blue", "--", "s"), ("black", "-.", "^"))
HIGHEST = 2.9


def render(data: Data) -> Figure:
    """Draw one panel: lines of theory, markers of simulation."""
    from matplotlib.figure import Figure

    d, draws = data.provenance["d"], data.provenance["draws"]
    nearest = data.provenance["nearest"]
    figure = Figure(figsize=(TWO_COLUMNS, 3.1), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(d - nearest, d + nearest, color="0.93", linewidth=0)
    axes.axvline(d, color="0.6", linewidth=0.6)
    axes.annotate("$n_r = d$", (d, HIGHEST), (0, 3), textcoords="offset points", ha="center")
    for variance, (colour, dashes, marker) in zip(data.provenance["variances"], LOOKS, strict=True):
        some = data.where(variance=format(variance, ".12g"))
        line = some.where(source="theory")
        n_r, expected = np.array(line.numbers("n_r")), np.array(line.numbers("UL")) / d
        parts = [n_r < d, n_r > d] if variance else [n_r > 0]
        for part in parts:
            axes.plot(n_r[part], expected[part], dashes, color=COLOURS[colour])
        marks = some.where(source="simulation")
        axes.errorbar(
            marks.numbers("n_r"),
            np.array(marks.numbers("UL")) / d,
            1.96 * np.array(marks.numbers("UL_deviation")) / np.sqrt(draws) / d,
            fmt=marker,
            color=COLOURS[colour],
            markersize=3.6,
            markerfacecolor="white",
            markeredgewidth=0.9,
            elinewidth=0.9,
            capsize=2,
            zorder=3,
        )
        share = f"$s^2 = {variance / d:g}\\,\\mathrm{{E}}\\|w_*\\|^2$" if variance else "no noise"
        axes.annotate(
            share,
            (n_r[-1], expected[-1]),
            (7, 0),
            textcoords="offset points",
            color=COLOURS[colour],
            va="center",
            annotation_clip=False,
        )
    axes.set_xlim(0, n_r[-1] + 1)
    axes.set_ylim(-0.06, HIGHEST)
    axes.set_xlabel("retained samples $n_r$")
    axes.set_ylabel(r"UL$(w_g)$ / $\mathrm{E}\|w_*\|^2$")
    return figure
