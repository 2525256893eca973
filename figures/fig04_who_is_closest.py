"""Figure 4: which mask ends closer to golden, over the overlap and the fine-tuning data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import overlapping

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig04_who_is_closest"
TITLE = "Which mask ends closer to golden, over the overlap and the fine-tuning samples"
CAPTION = (
    "Share of random draws in which RBM is closer to golden than a forget mask followed by "
    "fine-tuning, against the share of retained samples used for fine-tuning and the number of "
    "features common to retained and forget data, by distance of the weights (left) and by "
    "distance of the unlearning loss (right). The line is the 50 % contour between the centres of "
    "the cells; without common features both methods are golden. All of it is simulation (B7 is "
    "no theorem): each cell holds 480 draws, 8 random targets on each of 60 random feature "
    "matrices, with a standard error below 3 points. The problems are Gaussian and interpolated, "
    "with 20 retained and 10 forget samples and 20 features that belong to each alone; the sizes "
    "are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "n_r": 20,
    "n_f": 10,
    "d_r": 20,
    "d_f": 20,
    "d_lap": list(range(3, 49, 3)),
    "n_t": list(range(0, 21, 2)),
    "outputs": 8,
    "seeds": list(range(60)),
}
COLUMNS = ("d_lap", "n_t", "weights", "weights_error", "UL", "UL_error")

METRICS = ("weights", "UL")

#: Where each map says who wins, and in which colour and direction.
PLACES: dict[str, list[tuple[float, float, str, str, float]]] = {
    "weights": [
        (0.25, 24, "RBM closer", "white", 0),
        (0.95, 37, "forget mask closer", "black", 90),
    ],
    "UL": [
        (0.16, 3.2, "RBM closer", "white", 0),
        (0.6, 30, "forget mask closer", "black", 0),
    ],
}


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return the share of draws that RBM wins by each metric, and its standard error."""
    sizes = {name: parameters[name] for name in ("n_r", "n_f", "d_r", "d_f", "outputs")}
    rows: list[Row] = []
    for done, d_lap in enumerate(parameters["d_lap"], start=1):
        # The draws that share a feature matrix are not independent: the share of each matrix is
        # one observation.
        shares = np.array(
            [
                shares_won(overlapping(**sizes, d_lap=d_lap, seed=seed), parameters["n_t"])
                for seed in parameters["seeds"]
            ]
        )
        means = shares.mean(axis=0)
        errors = shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
        for n_t, mean, error in zip(parameters["n_t"], means, errors, strict=True):
            cells = zip(mean.tolist(), error.tolist(), strict=True)
            rows.append((d_lap, n_t, *(cell for pair in cells for cell in pair)))
        report(done / len(parameters["d_lap"]))
    return rows


def shares_won(problem: Problem, fine_tuning: list[int]) -> FloatArray:
    """Return by n_t and metric the share of the targets for which RBM is closer to golden."""
    w_g = golden(problem).coef
    # Fine-tuning leaves RBM where it is (B1).
    rbm = away_from(problem, w_g, retain_mask(problem).coef)
    # The problem is random, so its first rows are random rows.
    others = [
        away_from(problem, w_g, forget_mask(problem, rows=np.arange(n_t)).coef)
        for n_t in fine_tuning
    ]
    return np.asarray(np.mean(rbm < np.array(others), axis=-1))


def away_from(problem: Problem, w_g: FloatArray, coef: FloatArray) -> FloatArray:
    """Return by metric and target how far some weights are from golden."""

    def loss(w: FloatArray) -> FloatArray:
        # Target by target, where the metric of the package adds them up.
        return np.asarray(np.mean((problem.X_f @ w - problem.y_f) ** 2, axis=0))

    distances = {
        "weights": np.linalg.norm(coef - w_g, axis=0),
        "UL": np.abs(loss(coef) - loss(w_g)),
    }
    return np.array([distances[metric] for metric in METRICS])


def render(data: Data) -> Figure:
    """Draw one map for each metric."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    colours = LinearSegmentedColormap.from_list(
        "shares", [COLOURS["vermilion"], "#F7F7F7", COLOURS["blue"]]
    )
    figure = Figure(figsize=(TWO_COLUMNS, 3.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"weights": r"by distance of weights $\|w - w_g\|$", "UL": "by gap of UL to golden"}
    for axes, (metric, title) in zip(panels, titles.items(), strict=True):
        image = draw_map(axes, data, metric, colours)
        axes.set_title(title)
        axes.set_xlabel("share of retained samples fine-tuned on, $n_t/n_r$")
    panels[0].set_ylabel(r"common features $d_{\mathrm{lap}}$")
    bar = figure.colorbar(image, ax=panels, aspect=25, pad=0.02)
    bar.set_label("share of draws won by RBM")
    bar.set_ticks([0, 0.5, 1], labels=["0 %", "50 %", "100 %"])
    return figure


def draw_map(axes: Axes, data: Data, metric: str, colours: Any) -> Any:
    """Draw the share of draws that RBM wins by one metric, and return the coloured mesh."""
    fine_tuned, common = np.array(data.numbers("n_t")), np.array(data.numbers("d_lap"))
    across, up = np.unique(fine_tuned) / data.provenance["n_r"], np.unique(common)
    share = np.empty((len(up), len(across)))
    share[
        np.searchsorted(up, common),
        np.searchsorted(across, fine_tuned / data.provenance["n_r"]),
    ] = data.numbers(metric)
    image = axes.pcolormesh(across, up, share, cmap=colours, vmin=0, vmax=1, shading="nearest")
    image.set_rasterized(True)
    half = axes.contour(across, up, share, [0.5], colors="black", linewidths=1.6)
    axes.clabel(half, fmt="50 %%", fontsize=8)
    for x, y, words, colour, angle in PLACES[metric]:
        axes.text(x, y, words, color=colour, rotation=angle, ha="center", va="center")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_yticks(range(0, int(up[-1]) + 1, 12))
    axes.set_ylim(up[0] - 1.5, up[-1] + 1.5)
    return image
