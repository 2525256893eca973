"""The page shows every view of every state: what is in it, and what is not."""

import csv
import io
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linreg_unlearn.explore import notebook, page
from linreg_unlearn.explore.charts import Chart
from linreg_unlearn.explore.presets import PRESETS
from linreg_unlearn.explore.solving import Solved, call_of, solve
from linreg_unlearn.explore.state import CONTROLS, VIEWS, Grid, State, to_query
from linreg_unlearn.metrics import test_accuracy as accuracy_of_held_out_rows
from linreg_unlearn.problem import Problem

SETUPS = {
    "distinct": State(setup="distinct"),
    "overlapping": State(),
    "shared": State(setup="shared", noise=0.5, d_lap=24),  # in no column of the table
    "digits": State(setup="digits", samples=100, features=50),
}


class Text(HTMLParser):
    """The text of a page, its rows and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in ("br", "img", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def text_of(element: Any) -> str:
    found: str = element.text
    return found


def shown(state: State) -> str:
    """Return everything that the page shows of a state, as HTML."""
    solved = solve(page.settings_of(state))
    used = solved if state.view in ("Solutions", "Export") else None
    parts = [page.words(state, used, ""), page.distances(state, used), page.losses(state, used)]
    parts += [page.matrix(state, used), page.steps(state, "")]
    return "".join(
        part.text() if isinstance(part, Chart) else text_of(part)
        for part in parts
        if part is not None
    )


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("setup", SETUPS)
def test_every_view_of_every_setup_shows_something(setup: str, view: str) -> None:
    html = shown(SETUPS[setup].but(view=view))
    assert "Traceback" not in html
    marks = {
        "Solutions": "golden (retrained)",
        "Steps": "vega",
        "Formulas": "column",
        "Claims": "A2",
        "Export": "compare(problem",
    }
    found = html if view in ("Solutions", "Steps") else Text(html).text
    assert marks[view] in found
    assert not re.search(r"\b(nan|inf)\b", found)


def test_the_table_has_the_numbers_of_every_method() -> None:
    solved = solve(State(ridge=0.1))
    head, *body = Text("".join(text_of(item) for item in page.table(State(), solved))).rows
    assert head == ["method", "RL", "UL", "distance", "norm", "is"]
    lines = sorted(solved.lines, key=lambda line: line.row.distance_to_golden)
    assert [cells[0] for cells in body] == [line.label for line in lines]
    for cells, line in zip(body, lines, strict=True):
        row = line.row
        numbers = (row.retain_loss, row.unlearning_loss, row.distance_to_golden, row.norm)
        assert [float(cell) for cell in cells[1:5]] == pytest.approx(
            list(numbers), rel=1e-3, abs=1e-20
        )
        assert cells[5] == line.outcome
    by_family = Text("".join(text_of(i) for i in page.table(State(order="by family"), solved)))
    assert [cells[0] for cells in by_family.rows[1:]] == [line.label for line in solved.lines]


def test_data_with_classes_have_accuracies() -> None:
    solved = solve(SETUPS["digits"])
    head, *body = Text("".join(text_of(item) for item in page.table(State(), solved))).rows
    at = head.index("TA")
    by_label = {line.label: line.row for line in solved.lines}
    for cells in body:
        share = accuracy_of_held_out_rows(solved.problem, by_label[cells[0]].coef)
        assert cells[at] == f"{100 * share:.1f}%"


def test_what_a_method_refuses_stands_in_the_page() -> None:
    state = State(setup="shared", n_r=40, d_lap=20, noise=0.5, family="iterative", steps="limit")
    solved = solve(state)
    text = Text("".join(text_of(item) for item in page.table(state, solved))).text
    for refusal in solved.refusals:
        assert f"{refusal.title} is left out: {refusal.reason}" in text


def test_what_comes_from_outside_is_text() -> None:
    hostile = "<script>alert(1)</script>"
    for html in (
        text_of(page.complaint([hostile])),
        text_of(page.words(State(), None, hostile)),
        text_of(page.told(replace(PRESETS[0], title=hostile, story=hostile))),
    ):
        assert "<script" not in html
        assert hostile in Text(html).text


@pytest.mark.parametrize("state", [State(), *(preset.state for preset in PRESETS)])
def test_controls_stand_where_the_state_is(state: State) -> None:
    found = page.controls(state)
    assert page.read(found.elements.value) == state
    for name in CONTROLS:
        places = (found.sidebar.text + found.bar.text).count(f'class="lu-control lu-{name}"')
        assert places == 1, name


def test_an_emptied_field_has_its_default() -> None:
    values = {**page.controls(State(n_r=7)).elements.value, "seed": None}
    assert page.read(values) == State(n_r=7)


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("view", VIEWS)
def test_controls_that_do_nothing_are_hidden(setup: str, view: str) -> None:
    state = State(setup=setup, view=view)
    html = text_of(page.only_relevant(state))
    hidden = set(re.findall(r"\.lu-(\w+)", html))
    assert not hidden or "display: none" in html
    assert hidden <= set(CONTROLS)
    assert not hidden & {"setup", "view", "seed", "ridge"}
    for name, control in CONTROLS.items():
        if control.setups:
            assert (name in hidden) == (setup not in control.setups)
    # What names the problem is in sight, and what does not is not.
    fields = {"d": "d_lap"}
    heard = {fields.get(name, name) for name in call_of(state)[1]}
    assert not heard & hidden
    assert ("scale" in hidden) == (view != "Solutions")
    assert ("family" in hidden) == (view not in ("Solutions", "Export"))


def test_every_grid_can_be_set_to_each_of_its_values() -> None:
    grids = {
        name: control.values for name, control in CONTROLS.items() if isinstance(control, Grid)
    }
    for at in range(max(map(len, grids.values()))):
        settings: dict[str, Any] = {
            name: values[at % len(values)] for name, values in grids.items()
        }
        state = State(**settings)
        assert page.read(page.controls(state).elements.value) == state


def exported(state: State) -> Solved:
    return solve(page.settings_of(state))


def test_the_numbers_can_be_taken_home() -> None:
    solved = exported(State(variants="shown", ridge=0.1))
    rows = list(csv.DictReader(io.StringIO(page.csv_file(solved).decode())))
    assert [row["label"] for row in rows] == [line.label for line in solved.lines]
    for row, line in zip(rows, solved.lines, strict=True):
        assert float(row["distance_to_golden"]) == line.row.distance_to_golden
        assert float(row["RL"]) == line.row.retain_loss
        assert float(row["UL"]) == line.row.unlearning_loss


@pytest.mark.parametrize("state", [State(), SETUPS["digits"]], ids=["synthetic", "digits"])
def test_the_data_can_be_taken_home(state: State, tmp_path: Path) -> None:
    solved = exported(state)
    path = tmp_path / "problem.npz"
    path.write_bytes(page.data_file(solved))
    problem = Problem.from_npz(path)
    assert np.array_equal(problem.X, solved.problem.X)
    assert np.array_equal(problem.y, solved.problem.y)
    assert problem.n_f == solved.problem.n_f
    assert np.array_equal(problem.retained_support, solved.problem.retained_support)
    assert (problem.X_test is None) == (solved.problem.X_test is None)
    with np.load(path, allow_pickle=False) as archive:
        assert list(archive["labels"]) == [line.label for line in solved.lines]
        assert np.array_equal(archive["weights"], [line.row.coef for line in solved.lines])


def test_the_link_is_the_end_of_the_address() -> None:
    state = State(ridge=0.1, view="Export", mask="energy", scale="logarithmic")
    html = "".join(text_of(item) for item in page.share(state, exported(state)))
    (link,) = re.findall(r'<code class="lu-link">\?(.*?)</code>', html)
    query = dict(part.split("=") for part in link.replace("&amp;", "&").split("&"))
    assert query == to_query(state)


def test_work_that_takes_seconds_is_done_in_a_thread_and_the_other_at_once() -> None:
    work = page.begin(State())
    assert not work.running
    assert work.solved is not None
    assert page.ticker(work) is None
    assert page.begin(State(view="Claims")).solved is None
    wrong = page.begin(State(seed=-1))
    assert (wrong.solved, wrong.running) == (None, False)
    assert wrong.fault.startswith("seed is -1")


def test_the_notebook_runs_as_a_program() -> None:
    """All cells, without a browser: outputs and names are those of the page."""
    outputs, names = notebook.app.run()
    assert names["state"] == State()
    assert names["solved"].lines
    assert names["fault"] == ""
    assert not names["complaints"]
    kinds = [type(output).__name__ for output in outputs if output is not None]
    assert kinds.count("Chart") == 2


def test_the_notebook_is_a_script(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, notebook.__file__],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert not list(tmp_path.iterdir())
