"""The charts of the page: drawn once by Altair without data, and filled for each state.

Altair checks every chart against its schema, which takes longer than all methods together. The
charts of a page differ by their data alone, so each is checked once.
"""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import altair as alt
import numpy as np
from PIL import Image

from linreg_unlearn.arrays import BoolArray
from linreg_unlearn.explore.solving import Paths, Solved
from linreg_unlearn.problem import Problem

__all__ = ["Chart", "distances_chart", "losses_chart", "matrix_picture", "paths_chart"]

FLOOR = 1e-17
"""What a logarithmic scale shows for zero: below rounding of anything of size one."""

OUTCOMES = {"golden": "#1a7f5a", "pretrained": "#7a7f87", "neither": "#d9730d"}
"""Colours of what a method's weights are, told apart in grey and by the colour blind as well."""

_RETAINED, _FORGET, _KEPT = (36, 99, 171), (196, 69, 45), (26, 127, 90)

# Seen on light paper and on dark.
_GRID, _LABEL = "#80808038", "#808690"

_BEYOND = 1e3  # times as far as where it begins, a trajectory is not followed further
_ROW = 13  # pixels per bar

Spec = dict[str, Any]


class Chart:
    """A Vega-Lite specification that marimo draws, and any other reader of it can.

    Parameters
    ----------
    spec : dict
        Vega-Lite, with its data.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def _mime_(self) -> tuple[str, str]:
        return f"application/vnd.vegalite.v{alt.SCHEMA_VERSION[1]}+json", self.text()

    def text(self) -> str:
        """Return the specification as JSON."""
        return json.dumps(self.spec, ensure_ascii=False, separators=(",", ":"))


def _filled(template: Spec, title: str, description: str, **data: list[Spec]) -> Chart:
    head = {"text": title, "anchor": "start", "fontSize": 13, "fontWeight": 600}
    return Chart({**template, "title": head, "description": description, "datasets": data})


def _finished(chart: Any) -> Spec:
    spec: Spec = chart.configure(
        background="transparent",
        font="inherit",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            titleFontWeight="normal", labelFontSize=11, titleFontSize=12, gridColor=_GRID
        ),
    ).to_dict()
    return spec


def distances_chart(solved: Solved, *, log: bool, sort: bool) -> Chart:
    """Return how far every method is from golden, as bars.

    Parameters
    ----------
    solved : Solved
    log : bool
        Whether the axis is logarithmic.
    sort : bool
        The nearest first; otherwise in the order of the registry.
    """
    lines = list(solved.lines)
    if sort:
        lines.sort(key=lambda line: line.row.distance_to_golden)
    rows = [
        {
            "method": line.label,
            "distance": max(far, FLOOR) if log else far,
            "shown": f"{far:.6g}",
            "is": line.outcome,
        }
        for line in lines
        for far in (line.row.distance_to_golden,)
    ]
    nearest = sum(line.outcome == "golden" for line in lines)
    description = f"Distance to golden of {len(rows)} methods; {nearest} are golden."
    return _filled(_distances(log), "distance to golden ‖w − w_g‖", description, rows=rows)


@cache
def _distances(log: bool) -> Spec:
    scale = alt.Scale(type="log", domainMin=FLOOR) if log else alt.Scale(zero=True)
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar()
        .encode(
            x=alt.X("distance:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5)),
            y=alt.Y("method:N", title=None, sort=None, axis=alt.Axis(labelLimit=190)),
            color=_outcome_colour(),
            tooltip=[
                alt.Tooltip("method:N", title="method"),
                alt.Tooltip("shown:N", title="distance to golden"),
                alt.Tooltip("is:N", title="equals"),
            ],
        )
        .properties(width="container", height=alt.Step(_ROW))
    )
    if log:
        chart = chart.encode(x2=alt.X2Datum(FLOOR))
    return _finished(chart)


def _outcome_colour(legend: bool = False) -> Any:
    scale = alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values()))
    return alt.Color("is:N", scale=scale, legend=alt.Legend(title=None) if legend else None)


def losses_chart(solved: Solved, *, log: bool) -> Chart:
    """Return retained loss against unlearning loss, with one mark for methods that coincide."""
    together: dict[tuple[str, str], Spec] = {}
    for line in solved.lines:
        row = line.row
        key = (_rounded(row.retain_loss), _rounded(row.unlearning_loss))
        point = together.setdefault(
            key,
            {
                "RL": max(row.retain_loss, FLOOR) if log else row.retain_loss,
                "UL": max(row.unlearning_loss, FLOOR) if log else row.unlearning_loss,
                "RL_shown": f"{row.retain_loss:.6g}",
                "UL_shown": f"{row.unlearning_loss:.6g}",
                "methods": [],
                "is": line.outcome,
                "label": "",
            },
        )
        point["methods"].append(line.label)
        if row.method in ("golden", "pretrained"):
            point["label"] = "golden = pretrained" if point["label"] else row.method
    points = [
        {**point, "count": len(point["methods"]), "methods": "; ".join(point["methods"])}
        for point in together.values()
    ]
    description = f"Retained and unlearning loss of {len(solved.lines)} methods."
    return _filled(_losses(log), "unlearning loss against retained loss", description, rows=points)


def _rounded(loss: float) -> str:
    return f"{loss:.4g}" if loss > 1e-20 else "0"


@cache
def _losses(log: bool) -> Spec:
    def scale() -> Any:
        return alt.Scale(type="log") if log else alt.Scale(zero=True, nice=True)

    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "RL:Q", title="RL, mean over retained rows", scale=scale(), axis=alt.Axis(tickCount=5)
        ),
        y=alt.Y(
            "UL:Q", title="UL, mean over forget rows", scale=scale(), axis=alt.Axis(tickCount=6)
        ),
    )
    points = base.mark_point(filled=True, opacity=0.85).encode(
        color=_outcome_colour(),
        size=alt.Size("count:Q", scale=alt.Scale(range=[50, 200]), legend=None),
        shape=alt.Shape(
            "is:N",
            scale=alt.Scale(domain=list(OUTCOMES), range=["diamond", "square", "circle"]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("methods:N", title="methods"),
            alt.Tooltip("RL_shown:N", title="RL"),
            alt.Tooltip("UL_shown:N", title="UL"),
        ],
    )
    names = base.mark_text(align="left", dx=10, dy=-8, fontSize=12, color=_LABEL).encode(
        text="label:N"
    )
    return _finished((points + names).properties(width="container", height=300))


def paths_chart(found: Paths) -> Chart:
    """Return how far the iterative methods are from golden after any number of steps."""
    rows = []
    for title, line in found.distances.items():
        for step, distance in zip(found.steps, line, strict=True):
            if np.isfinite(distance):
                rows.append({"method": title, "steps": step, "distance": max(distance, FLOOR)})
            if not distance <= _BEYOND * max(line[0], FLOOR):
                break  # what grows without bound would leave no room for the others
    description = f"Distance to golden of {len(found.distances)} iterative methods over steps."
    return _filled(_paths(), "distance to golden after so many steps", description, rows=rows)


@cache
def _paths() -> Spec:
    legend = alt.Legend(
        title=None,
        orient="bottom",
        columns=3,
        labelLimit=200,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=3,
    )
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("steps:Q", title="steps", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=6)),
        y=alt.Y(
            "distance:Q",
            title="‖w − w_g‖",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(format=".0e", tickCount=8),
        ),
        color=alt.Color("method:N", sort=None, legend=legend),
        tooltip=["method:N", "steps:Q", alt.Tooltip("distance:Q", format=".6g")],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("method:N", sort=None, legend=legend)
    )
    marks = base.mark_point(filled=True, size=36, opacity=0.01)
    return _finished((lines + marks).properties(width="container", height=420))


def matrix_picture(problem: Problem, mask: BoolArray | None) -> bytes:
    """Return a picture of the data matrix as PNG, a pixel per entry, and a mask below it.

    Parameters
    ----------
    problem : Problem
    mask : ndarray of bool, shape (d,), or None

    Returns
    -------
    bytes
        Retained rows are blue and forget rows red, the darker the larger an entry is, and zeros
        transparent; kept columns are green below.
    """
    sizes = np.abs(problem.X)
    sizes /= sizes.max() or 1.0
    # Small entries are to be seen, and zeros are not.
    opacity = np.where(sizes > 0, 40 + 215 * np.sqrt(sizes), 0.0)
    below = 0 if mask is None else 1 + max(1, problem.n // 12)
    pixels = np.zeros((problem.n + below, problem.d, 4), dtype=np.uint8)
    pixels[: problem.n_r, :, :3] = _RETAINED
    pixels[problem.n_r : problem.n, :, :3] = _FORGET
    pixels[: problem.n, :, 3] = opacity
    if mask is not None:
        pixels[problem.n + 1 :, mask] = (*_KEPT, 255)
        pixels[problem.n + 1 :, ~mask] = (*_KEPT, 30)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG")
    return out.getvalue()
