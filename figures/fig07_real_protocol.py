"""Figure 7: accuracies of every method on handwritten digits, against golden's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.protocol import SYMBOLS, run_protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig07_real_protocol"
TITLE = "Accuracies of every method on digits, against golden's"
CAPTION = (
    "How far every method is from golden, the model retrained without the forgotten rows, when it "
    "forgets one class of handwritten digits or one training row in ten (panels). Filled circles "
    "are the disparity: the average of three gaps to golden, whose markers are open, in the share "
    "of forget rows classified wrongly (UA) and in the shares of retained (RA) and held-out rows "
    "(TA) classified rightly. Golden is the line at zero. Nothing here is theory: all numbers are "
    "computed on real data, markers are means over 20 seeds, each with its own images, split and "
    "random features, and bars are the standard deviation, cut off at 0 and 100. Methods are in "
    "the order of their disparity averaged over the panels; pretrained forgets nothing, and the "
    "mask ceiling is no method, as it knows golden. All problems interpolate: 320 training images, "
    "80 held out, 500 random features. These sizes are our own choice; linreg-unlearn protocol "
    "runs the same on all 1797 images."
)
PARAMETERS: dict[str, Any] = {
    "dataset": "digits",
    "samples": 400,
    "features": 500,
    "seeds": list(range(20)),
}
COLUMNS = ("forget", "n_r", "n_f", "method", "label", "seed", *SYMBOLS)


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the scores of every method, for every setting and seed."""
    results = run_protocol(**parameters, report=lambda done, total: report(done / total))
    return [
        (
            each.setting.forget,
            each.setting.retained,
            each.setting.forgotten,
            each.method,
            each.label,
            each.seed,
            *each.scores,
        )
        for each in results.measurements
    ]


#: Colour, marker and height within the row of the disparity and its parts, in drawing order.
LOOK: dict[str, tuple[str, str, float]] = {
    "disparity": ("black", "o", -0.30),
    "UA": ("vermilion", "^", -0.10),
    "RA": ("green", "s", 0.10),
    "TA": ("blue", "D", 0.30),
}
GOLDEN: dict[str, Any] = {"color": COLOURS["orange"], "linewidth": 1.8}


def render(data: Data) -> Figure:
    """Draw methods as rows, gaps to golden as dots, one panel per setting."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    gaps = gaps_to_golden(data)
    settings = list(dict.fromkeys(setting for setting, _ in gaps))
    labels = list(dict.fromkeys(label for _, label in gaps))
    average = {
        label: float(np.mean([gaps[setting, label]["disparity"] for setting in settings]))
        for label in labels
    }
    # Sorting keeps equals in the order of the registry.
    labels = sorted(labels, key=lambda label: round(average[label], 9))

    height = 1.1 + 0.25 * len(labels)
    figure = Figure(figsize=(TWO_COLUMNS, height), layout="constrained")
    panels = figure.subplots(1, len(settings), sharex=True, sharey=True)
    for axes, setting in zip(panels, settings, strict=True):
        draw_panel(axes, [gaps[setting, label] for label in labels])
        axes.set_title(title_of(setting))
    panels[0].set_yticks(range(len(labels)), labels)
    figure.supxlabel("gap to golden, in percentage points", fontsize=9.0)
    legend = [Line2D([], [], **GOLDEN, label="golden")] + [
        Line2D([], [], label=name if name == "disparity" else f"{name} gap", **marker(name))
        for name in LOOK
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=5, handlelength=1.5)
    return figure


def gaps_to_golden(data: Data) -> dict[tuple[str, str], dict[str, FloatArray]]:
    """Return, by setting and label, the gaps to golden of every seed in percentage points."""
    settings = list(dict.fromkeys(row[0] for row in data.rows))
    labels = list(dict.fromkeys(row[COLUMNS.index("label")] for row in data.rows))
    gaps = {}
    for setting in settings:
        here = data.where(forget=setting)
        golden = here.where(method="golden")
        for label in labels:
            some = here.where(label=label)
            if some.rows == golden.rows:
                continue
            # Both are in the order of the seeds.
            gaps[setting, label] = {"disparity": 100 * np.array(some.numbers("disparity"))} | {
                name: 100 * np.abs(np.subtract(some.numbers(name), golden.numbers(name)))
                for name in ("UA", "RA", "TA")
            }
    return gaps


def title_of(setting: str) -> str:
    """Return what is forgotten in a few words."""
    return "one in ten" if setting == "random" else f"all of class {setting.partition(':')[2]}"


def marker(name: str) -> dict[str, Any]:
    """Return the look of the disparity or of a part of it."""
    colour, shape, _ = LOOK[name]
    return {
        "linestyle": "",
        "marker": shape,
        "color": COLOURS[colour],
        "markerfacecolor": COLOURS[colour] if name == "disparity" else "white",
        "markersize": 4.2 if name == "disparity" else 3.4,
        "markeredgewidth": 0.8,
    }


def draw_panel(axes: Axes, rows: list[dict[str, FloatArray]]) -> None:
    """Draw the gaps of all methods in one setting."""
    axes.axvline(0.0, **GOLDEN, zorder=1)
    places = np.arange(len(rows))
    for place in places[::2]:
        axes.axhspan(place - 0.5, place + 0.5, color="0.95", zorder=0, linewidth=0)
    for name, (_, _, shift) in LOOK.items():
        means = np.array([row[name].mean() for row in rows])
        spread = np.array([row[name].std(ddof=1) for row in rows])
        axes.errorbar(
            means,
            places + shift,
            # No gap is negative or above 100.
            xerr=[np.minimum(spread, means), np.minimum(spread, 100 - means)],
            elinewidth=0.8,
            zorder=3,
            clip_on=False,
            **marker(name),
        )
    axes.set_xlim(-4, 104)
    axes.set_xticks([0, 50, 100])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
