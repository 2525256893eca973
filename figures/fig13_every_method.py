"""Figure 13: remaining against unlearning loss of every registered method, in four setups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.figures import COLOURS, TWO_COLUMNS, Data, Report, Row
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.metrics import retain_loss, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "fig13_every_method"
TITLE = "Remaining and unlearning loss of every method, with golden as the target"
CAPTION = (
    "Remaining loss RL against unlearning loss UL of every registered method, with its default "
    "options and with those it is compared with, relative to the loss of predicting zero. The star "
    "and the lines are golden, the target: to the left of it too little was forgotten, above it "
    "retained data suffer. RL is drawn as a square root, on the lower right as a logarithm, and "
    "what is far to the right stands at the edge, with its UL. Where methods of several families "
    "end at the same place, there is a dot and a mark for each family around it; what follows a + "
    "is how many others are there. Where data interpolate, whatever follows gradients of true "
    "labels stays at the pretrained model, and what knows golden's predictions or what retained "
    "rows span ends at golden; with distinct features so do masks and zero labels. With noise, and "
    "a ridge λ in pretraining and golden alike, methods spread out. A smaller base is that of a "
    "linear head. Nothing here is theory. One random problem a panel: 24 retained and 8 forget "
    "samples and 64 features, of which 16 are common to both in the setup overlapping; on the "
    "lower right 60 retained samples with these features, noise of standard deviation 2 and λ = 5. "
    "The sizes are our own choice."
)
PARAMETERS: dict[str, Any] = {
    "setups": {
        "distinct": {"n_r": 24, "n_f": 8, "d_r": 40, "d_f": 24},
        "overlapping": {"n_r": 24, "n_f": 8, "d_r": 24, "d_lap": 16, "d_f": 24},
        "shared": {"n_r": 24, "n_f": 8, "d": 64},
        "ridge": {"n_r": 60, "n_f": 8, "d_r": 24, "d_lap": 16, "d_f": 24, "noise": 2.0},
    },
    "ridge": 5.0,
    "seed": 0,
}
COLUMNS = ("setup", "method", "options", "family", "RL", "UL")

TITLES = {
    "distinct": "distinct features",
    "overlapping": "overlapping features",
    "shared": "shared features",
    "ridge": "overlapping features, noise and ridge",
}


def compute(parameters: Mapping[str, Any], report: Report) -> list[Row]:
    """Return RL and UL of every method in each of its variants, relative to those of zero."""
    generators: dict[str, Callable[..., Problem]] = {
        "distinct": distinct,
        "overlapping": overlapping,
        "shared": shared,
        "ridge": overlapping,
    }
    rows: list[Row] = []
    for done, (setup, draw) in enumerate(generators.items(), start=1):
        problem = draw(**parameters["setups"][setup], seed=parameters["seed"])
        ridge = parameters["ridge"] if setup == "ridge" else 0.0
        zero = np.zeros(problem.d)
        for method in METHODS.values():
            for variant in method.variants:
                options = variant(problem)
                coef = method(problem, ridge=ridge, **options).coef
                losses = (
                    loss(problem, coef) / loss(problem, zero)
                    for loss in (retain_loss, unlearning_loss)
                )
                rows.append((setup, method.name, spelled(options), method.family, *losses))
        report(done / len(generators))
    return rows


def spelled(options: Mapping[str, Any]) -> str:
    """Return options as text; rows are all retained rows in every variant."""
    return ", ".join(
        f"{name}={'all' if isinstance(value, np.ndarray) else value}"
        for name, value in options.items()
    )


#: Colour and marker of every family of methods.
LOOK: dict[str, tuple[str, str]] = {
    "fine-tuning": ("black", "x"),
    "regularized": ("purple", "D"),
    "iterative": ("blue", "s"),
    "matching": ("sky", "o"),
    "masking": ("green", "^"),
    "second order": ("vermilion", "v"),
    "selection": ("vermilion", "+"),
    "structure": ("black", "p"),
}

#: What is named in each panel: method, options, text, shift in points, and rotation of the text.
#: A text that ends in a separate + is followed by how many others are there.
NAMED: dict[str, list[tuple[str, str, str, float, float, float]]] = {
    "distinct": [
        ("pretrained", "", "pretrained +", 6, 6, 45),
        ("min_norm_og", "strength=0.5", "half MinNorm-OG", 2, 4, 45),
        ("magnitude_mask", "", "magnitude mask", 5, 3, 0),
        ("just_in_time", "", "JiT", 5, 0, 0),
        ("datamodel_matching", "datamodel=regressed, models=50", "regressed datamodels", 5, 0, 0),
        ("golden", "", "golden +", 6, 7, 45),
        ("linear_head", "directions=16", "smaller base", 5, 0, 0),
        ("sharded_ridge", "shards=2", "LegoNet, 2 shards", 5, 0, 0),
        ("sharded_ridge", "", "LegoNet, 5 shards", 5, 0, 0),
        ("fused", "", "fused layers (EUL)", 2, 4, 45),
        ("kl_ft", "", "KL-FT, uniform labels", 2, 4, 45),
        ("datamodel_matching", "datamodel=additive", "additive datamodels", 2, 4, 45),
        ("random_label_descent", "", "random labels +", 2, 10, 60),
        ("ce_ft", "", "CE-FT, ICE-FT", 0, 5, 90),
    ],
    "overlapping": [
        ("pretrained", "", "pretrained +", 6, 6, 45),
        ("min_norm_og", "strength=0.5", "half MinNorm-OG", 2, 4, 45),
        ("magnitude_mask", "", "magnitude mask", 0, 5, 90),
        ("just_in_time", "", "JiT", 5, 0, 0),
        ("datamodel_matching", "datamodel=regressed, models=50", "regressed datamodels", -5, 0, 0),
        ("retain_mask", "", "RBM +", -3, 9, -45),
        ("random_label_descent", "", "random labels +", -6, 8, -45),
        ("mask_ceiling", "", "mask ceiling", -3, 4, -45),
        ("golden", "", "golden +", 6, 7, 45),
        ("oracle_matching", "rows=forget", "oracle matching\non forget rows", 5, -6, 0),
        ("fused", "on=forget", "EUL on forget rows", 5, 0, 0),
        ("linear_head", "directions=16", "smaller base", 5, 0, 0),
        ("sharded_ridge", "shards=2", "LegoNet, 2 shards", 5, 0, 0),
        ("sharded_ridge", "", "LegoNet, 5 shards", 5, 0, 0),
        ("lora_residual", "", "zero labels +", 5, 7, 45),
        ("forget_mask", "", "forget mask", 5, 0, 0),
        ("kl_ft", "", "KL-FT", 6, 1, 0),
        ("ce_ft", "", "CE-FT, ICE-FT", 0, 5, 90),
    ],
    "shared": [
        ("pretrained", "", "pretrained +", 6, 6, 45),
        ("min_norm_og", "strength=0.5", "half MinNorm-OG", 2, 4, 45),
        ("magnitude_mask", "", "magnitude mask", 0, 5, 90),
        ("just_in_time", "", "JiT", 5, 0, 0),
        (
            "datamodel_matching",
            "datamodel=regressed, models=50",
            "regressed\ndatamodels",
            -5,
            -1,
            0,
        ),
        ("mask_ceiling", "", "mask ceiling", 0, 7, 0),
        ("sharded_ridge", "shards=2", "LegoNet, 2 shards", -5, 0, 0),
        ("sharded_ridge", "", "LegoNet, 5 shards", -5, 0, 0),
        ("lora_residual", "", "zero labels +", 0, 9, 90),
        ("golden", "", "golden +", 6, 7, 45),
        ("oracle_matching", "rows=forget", "oracle matching\non forget rows", 5, -6, 0),
        ("fused", "on=forget", "EUL on forget rows", 5, 4, 0),
        ("linear_head", "directions=16", "smaller base", -5, -2, 0),
        ("random_label_descent", "", "random labels +", 0, 9, 90),
        ("forget_mask", "", "forget mask", 5, 0, 0),
        ("ce_ft", "", "CE-FT, ICE-FT", 0, 5, 90),
    ],
    "ridge": [
        ("pretrained", "", "pretrained +", 0, 9, 90),
        ("fine_tuned", "", "fine-tuned", 2, -7, 0),
        ("regularized", "targets=random", "random labels", 4, -5, 0),
        ("kl_ft", "", "KL-FT", 5, 0, 0),
        ("magnitude_mask", "", "magnitude mask", 0, 5, 90),
        ("datamodel_matching", "datamodel=regressed, models=50", "regressed\ndatamodels", 5, 0, 0),
        ("just_in_time", "", "JiT", 5, 0, 0),
        ("first_order", "", "first-order step", -4, 2, 0),
        ("retain_mask", "rows=all", "RBM, fine-tuned", 5, 0, 0),
        ("forget_mask", "rows=all", "forget mask, fine-tuned", 5, -2, 0),
        ("golden", "", "golden +", 0, 19, 90),
        ("neg_grad_plus", "", "NegGrad+", -1, 7, 0),
        ("ce_ft", "", "CE-FT, ICE-FT", 1, 7, 0),
        ("lora_residual", "", "zero labels +", -2, -17, 0),
        ("linear_head", "directions=32", "smaller base", -5, 0, 0),
        ("sharded_ridge", "shards=2", "LegoNet, 2 shards", 5, 0, 0),
        ("sharded_ridge", "combine=rows", "LegoNet, 5 shards", -5, -1, 0),
        ("gradient_mask", "data=forget", "gradient mask", -5, 1, 0),
        ("forget_mask", "", "forget mask", -1, 7, 0),
        ("certified_removal", "step=influence", "certified removal by influence", -5, 0, 0),
    ],
}

#: The largest UL drawn in each panel; what is beyond stands at the edge, with its UL.
WIDTHS = {"distinct": 4.2, "overlapping": 1.3, "shared": 2.2, "ridge": 1.1}
#: The lowest and highest RL drawn: as square roots, and with noise as logarithms.
HEIGHTS = {
    "distinct": (0.0, 0.6),
    "overlapping": (0.0, 0.6),
    "shared": (0.0, 1.0),
    "ridge": (0.011, 0.7),
}
TICKS = (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
#: The part of a panel that is one place, and the distance of the marks around it in points.
SAME, RING = 0.012, 5.0
MARKER: dict[str, Any] = {"markersize": 3.4, "markerfacecolor": "white", "markeredgewidth": 0.8}
GOLDEN: dict[str, Any] = {
    "linestyle": "",
    "marker": "*",
    "markersize": 8.5,
    "color": COLOURS["orange"],
    "markeredgecolor": "black",
    "markeredgewidth": 0.5,
}


def render(data: Data) -> Figure:
    """Draw one panel per setup."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(TWO_COLUMNS, 6.4), layout="constrained")
    panels = figure.subplots(2, 2)
    for axes, (setup, title) in zip(panels.flat, TITLES.items(), strict=True):
        draw_panel(axes, data.where(setup=setup), setup)
        axes.set_title(title)
    for axes in panels[1]:
        axes.set_xlabel("unlearning loss UL$(w)$ / UL$(0)$")
    for axes in panels[:, 0]:
        axes.set_ylabel("remaining loss RL$(w)$ / RL$(0)$")
    legend = [Line2D([], [], **GOLDEN, label="golden")] + [
        Line2D([], [], linestyle="", marker=shape, color=COLOURS[colour], **MARKER, label=family)
        for family, (colour, shape) in LOOK.items()
    ]
    options: dict[str, Any] = {"handletextpad": 0.1, "columnspacing": 0.9, "handlelength": 1.4}
    figure.legend(handles=legend, loc="outside upper center", ncols=len(legend), **options)
    return figure


def draw_panel(axes: Axes, data: Data, setup: str) -> None:
    """Draw all methods in one setup."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import ScaledTranslation

    places = placed(data, setup)
    (target,) = (place for place, row in zip(places, data.rows, strict=True) if row[1] == "golden")
    line: dict[str, Any] = {"color": COLOURS["orange"], "linewidth": 0.8, "zorder": 0}
    axes.axvline(target[0], **line)
    axes.axhline(target[1], **line)
    page = axes.get_figure(root=True)
    assert page is not None
    inch = page.dpi_scale_trans
    together = piles(places)
    for members in together:
        centre = places[members[0]]
        families = [f for f in LOOK if any(data.rows[i][3] == f for i in members)]
        at_golden = bool(np.all(centre == target))
        if at_golden:
            axes.plot(*target, **GOLDEN, zorder=4)
        elif len(families) > 1:
            axes.plot(*centre, ".", color="0.3", markersize=2.5, zorder=4)
        radius = RING / 72 if at_golden or len(families) > 1 else 0.0
        for turn, family in enumerate(families):
            angle = 2 * np.pi * turn / len(families) + np.pi / 2
            across, up = radius * np.cos(angle), radius * np.sin(angle)
            shift = ScaledTranslation(across, up, inch)
            colour, shape = LOOK[family]
            axes.plot(
                *centre,
                shape,
                color=COLOURS[colour],
                transform=axes.transData + shift,
                zorder=3,
                clip_on=False,
                **MARKER,
            )
    for method, options, words, right, up, rotation in NAMED[setup]:
        (index,) = (i for i, row in enumerate(data.rows) if row[1:3] == (method, options))
        (members,) = (pile for pile in together if index in pile)
        loss = data.numbers("UL")[index]
        axes.annotate(
            words
            + (str(len(members) - 1) if words.endswith(" +") else "")
            + (f" (at {loss:.1f})" if loss > WIDTHS[setup] else ""),
            places[members[0]],
            (right, up),
            textcoords="offset points",
            fontsize=6.8,
            rotation=rotation,
            rotation_mode="anchor",
            linespacing=0.95,
            ha="left" if right >= 0 else "right",
            va="center",
            zorder=5,
            path_effects=[withStroke(linewidth=1.6, foreground="white")],
        )
    ticks = [t for t in TICKS if inside(t, setup)]
    axes.set_yticks([height(tick, setup) for tick in ticks], labels=[f"{t:g}" for t in ticks])
    step = 1.0 if WIDTHS[setup] > 3 else 0.5 if WIDTHS[setup] > 2 else 0.25
    axes.set_xticks(np.arange(0, WIDTHS[setup], step))
    axes.set_xlim(-0.04 * WIDTHS[setup], WIDTHS[setup])
    axes.set_ylim(-0.07, 1.03)


def placed(data: Data, setup: str) -> FloatArray:
    """Return where methods are drawn: UL as it is, and how far up the panel RL is."""
    across = np.minimum(data.numbers("UL"), WIDTHS[setup])
    up = [height(loss, setup) for loss in data.numbers("RL")]
    found = np.column_stack([across, up])
    # Whatever is at golden but for rounding is drawn exactly there.
    (target,) = (place for place, row in zip(found, data.rows, strict=True) if row[1] == "golden")
    near = np.all(np.abs(found - target) < 1e-6, axis=1)
    return np.where(near[:, np.newaxis], target, found)


def inside(loss: float, setup: str) -> bool:
    """Return whether an RL is drawn."""
    lowest, highest = HEIGHTS[setup]
    return lowest <= loss <= highest


def height(loss: float, setup: str) -> float:
    """Return how far up the panel an RL is, from 0 to 1."""
    lowest, highest = HEIGHTS[setup]
    if lowest == 0:
        return float(np.sqrt(loss / highest))
    return float(np.log(loss / lowest) / np.log(highest / lowest))


def piles(places: FloatArray) -> list[list[int]]:
    """Return which places coincide, as lists of rows; the first is where they are drawn."""
    unit = np.array([places[:, 0].max(), 1.0])
    found: list[list[int]] = []
    for i, place in enumerate(places):
        for members in found:
            if np.all(np.abs(place - places[members[0]]) < SAME * unit):
                members.append(i)
                break
        else:
            found.append([i])
    return found
