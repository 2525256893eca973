"""Charts are what Altair accepts, with every number of the page, and pictures are the data."""

import io
import json
from typing import Any

import altair as alt
import numpy as np
import pytest
from PIL import Image

from linreg_unlearn.explore.charts import (
    FLOOR,
    OUTCOMES,
    Chart,
    distances_chart,
    losses_chart,
    matrix_picture,
    paths_chart,
)
from linreg_unlearn.explore.solving import mask_of, paths, problem_of, solve
from linreg_unlearn.explore.state import State
from linreg_unlearn.methods.iterates import ITERATIVE
from linreg_unlearn.methods.registry import METHODS

NOISY = State(setup="shared", n_r=40, n_f=6, d_lap=20, noise=0.5, beta=1.0, step_size=0.01)


def checked(chart: Chart) -> list[dict[str, Any]]:
    """Return the data of a chart that Altair's schema accepts, as a browser receives it."""
    kind, text = chart._mime_()
    assert kind == f"application/vnd.vegalite.v{alt.SCHEMA_VERSION[1]}+json"
    spec = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    alt.Chart.from_dict(spec, validate=True) if "mark" in spec else alt.LayerChart.from_dict(
        spec, validate=True
    )
    assert "http" not in text.replace(spec["$schema"], "")
    found: list[dict[str, Any]] = spec["datasets"]["rows"]
    return found


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("state", [State(), State(variants="shown"), NOISY])
def test_bars_are_every_method_with_its_distance(state: State, log: bool) -> None:
    solved = solve(state)
    rows = checked(distances_chart(solved, log=log, sort=True))
    exact = {line.label: line.row.distance_to_golden for line in solved.lines}
    assert {row["method"] for row in rows} == set(exact)
    assert len(rows) == len(exact)
    for row in rows:
        far = exact[row["method"]]
        assert row["distance"] == (max(far, FLOOR) if log else far)
        assert float(row["shown"]) == pytest.approx(far, rel=1e-5)
    assert [row["distance"] for row in rows] == sorted(row["distance"] for row in rows)
    assert rows[0]["method"] == "golden (retrained)"
    assert {row["is"] for row in rows} <= set(OUTCOMES)
    unsorted = checked(distances_chart(solved, log=log, sort=False))
    assert [row["method"] for row in unsorted] == [line.label for line in solved.lines]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("state", [State(), NOISY])
def test_marks_are_all_methods_each_once(state: State, log: bool) -> None:
    solved = solve(state)
    rows = checked(losses_chart(solved, log=log))
    together = [name for row in rows for name in row["methods"].split("; ")]
    assert sorted(together) == sorted(line.label for line in solved.lines)
    assert sum(row["count"] for row in rows) == len(solved.lines)
    assert {row["label"] for row in rows} == {"", "golden", "pretrained"}
    by_label = {line.label: line.row for line in solved.lines}
    for row in rows:
        for name in row["methods"].split("; "):
            for key, loss in (
                ("RL", by_label[name].retain_loss),
                ("UL", by_label[name].unlearning_loss),
            ):
                shown = max(loss, FLOOR) if log else loss
                assert row[key] == pytest.approx(shown, rel=2e-3, abs=1e-19)


def test_golden_and_pretrained_share_a_mark_where_they_are_equal() -> None:
    """Golden is what all rows give when the forget rows can be predicted from the others."""
    state = State(setup="shared", n_r=40, d_lap=10)
    rows = checked(losses_chart(solve(state), log=False))
    assert {row["label"] for row in rows} == {"", "golden = pretrained"}


def test_lines_are_the_paths_until_they_are_out_of_sight() -> None:
    found = paths(NOISY)
    rows = checked(paths_chart(found))
    assert {row["method"] for row in rows} == set(found.distances)
    for title, line in found.distances.items():
        drawn = [(row["steps"], row["distance"]) for row in rows if row["method"] == title]
        assert (
            drawn
            == [(step, max(far, FLOOR)) for step, far in zip(found.steps, line, strict=True)][
                : len(drawn)
            ]
        )
        if len(drawn) < len(line):
            assert not drawn[-1][1] <= 1e3 * line[0]
            assert all(far <= 1e3 * line[0] for _, far in drawn[:-1])


def test_a_chart_says_what_it_is_without_eyes() -> None:
    solved = solve(State())
    golden = sum(line.outcome == "golden" for line in solved.lines)
    for chart, words in (
        (
            distances_chart(solved, log=False, sort=True),
            f"{len(METHODS)} methods; {golden} are golden",
        ),
        (losses_chart(solved, log=False), f"{len(METHODS)} methods"),
        (paths_chart(paths(State())), f"{len(ITERATIVE)} iterative methods"),
    ):
        assert words in chart.spec["description"]


def decoded(png: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.mode == "RGBA"
    return np.asarray(image)


def test_the_picture_has_a_pixel_per_entry_in_the_colour_of_its_block() -> None:
    state = State(n_r=20, n_f=8, d_r=5, d_lap=4, d_f=3)
    problem, mask = problem_of(state), mask_of(state)
    assert mask is not None
    pixels = decoded(matrix_picture(problem, mask))
    assert pixels.shape == (28 + 1 + 2, 12, 4)
    entries, gap, below = pixels[:28], pixels[28], pixels[29:]
    used = problem.X != 0
    assert used.any(axis=0).all()
    assert not used.all()
    assert np.array_equal(entries[..., 3] > 0, used)
    blue, red = entries[0, 0, :3], entries[20, 5, :3]
    assert blue.argmax() == 2
    assert red.argmax() == 0
    assert (entries[:20, :, :3] == blue).all()
    assert (entries[20:, :, :3] == red).all()
    # The darker, the larger an entry.
    order = np.argsort(np.abs(problem.X).ravel())
    opacity = entries[..., 3].ravel()[order].astype(int)
    assert (np.diff(opacity) >= 0).all()
    assert opacity[-1] == 255
    assert not gap[:, 3].any()
    assert (below[:, mask, 3] == 255).all()
    assert (below[:, ~mask, 3] < 60).all()
    assert below[0, 0, :3].argmax() == 1


def test_without_a_mask_nothing_is_below() -> None:
    problem = problem_of(State(n_r=3, n_f=2, d_r=5, d_lap=4, d_f=3))
    assert decoded(matrix_picture(problem, None)).shape == (5, 12, 4)
