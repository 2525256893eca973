"""What the notebook shows: controls, and one view after another, as marimo's elements."""

from __future__ import annotations

import base64
import csv
import html
import io
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import marimo as mo
import numpy as np

from linreg_unlearn.audit.needs import Need, read_needs
from linreg_unlearn.claims.claim import Claim, Margin, load_claims
from linreg_unlearn.errors import InputError
from linreg_unlearn.explore.charts import (
    OUTCOMES,
    Chart,
    distances_chart,
    losses_chart,
    matrix_picture,
    paths_chart,
)
from linreg_unlearn.explore.presets import PRESETS, Preset
from linreg_unlearn.explore.snippet import snippet
from linreg_unlearn.explore.solving import (
    Refusal,
    Solved,
    mask_of,
    paths,
    problem_of,
    runs_of,
    solve,
)
from linreg_unlearn.explore.state import CONTROLS, Choice, Control, Grid, State, Whole, to_query
from linreg_unlearn.explore.theory import claims_on, formulas, status_of

__all__ = [
    "Controls",
    "Work",
    "begin",
    "complaint",
    "controls",
    "distances",
    "losses",
    "matrix",
    "presets",
    "progress",
    "read",
    "row",
    "settings_of",
    "steps",
    "ticker",
    "title",
    "told",
    "words",
]

BOOK = "/book/"
"""Where the server of the page has the theorem book."""

_HEAD_START = 0.03  # seconds that the bars have before the other charts are sent

_IN_BAR = ("view", "scale", "order", "variants", "family")
"""Controls that stand above what is shown; the others are in the sidebar."""


class Controls:
    """The controls of the page for one state, and where they stand.

    Parameters
    ----------
    elements : marimo.ui.dictionary
        By the names of the fields of a state.
    sidebar, bar : marimo.Html
        What the page lays out. They are no elements themselves, so a cell that shows them does not
        run again when one of their elements changes.
    """

    def __init__(self, elements: Any, sidebar: Any, bar: Any) -> None:
        self.elements = elements
        self.sidebar = sidebar
        self.bar = bar


def controls(state: State) -> Controls:
    """Return the controls, set to a state."""
    elements = mo.ui.dictionary(
        {name: _element(name, control, getattr(state, name)) for name, control in CONTROLS.items()}
    )
    groups: dict[str, list[str]] = {}
    for name, control in CONTROLS.items():
        if name not in _IN_BAR:
            groups.setdefault(control.group, []).append(name)
    sections = "".join(
        f'<section aria-label="{group}"><h2>{group}</h2>'
        + "".join(_placed(name, elements[name]) for name in names)
        + "</section>"
        for group, names in groups.items()
    )
    bar = "".join(_placed(name, elements[name]) for name in _IN_BAR)
    return Controls(
        elements,
        mo.Html(f'<div class="lu-controls">{sections}</div>'),
        mo.Html(f'<div class="lu-bar">{bar}</div>'),
    )


def _placed(name: str, element: Any) -> str:
    title = html.escape(CONTROLS[name].help, quote=True)
    return f'<div class="lu-control lu-{name}" title="{title}">{element.text}</div>'


def _element(name: str, control: Control, value: Any) -> Any:
    label = control.label
    match control:
        case Whole(low=low, high=high) if high - low > 1000:
            return mo.ui.number(low, high, value=value, step=1, label=label, full_width=True)
        case Whole(low=low, high=high):
            return mo.ui.slider(
                low, high, value=value, label=label, show_value=True, full_width=True
            )
        case Grid(values=values) if not any(isinstance(item, str) for item in values):
            return mo.ui.slider(
                steps=[float(item) for item in values],
                value=value,
                label=label,
                show_value=True,
                full_width=True,
            )
        case Grid(values=values):
            options = {_number(item): item for item in values}
            return mo.ui.dropdown(options, value=_number(value), label=label, full_width=True)
        case Choice(options=options) if name == "view":
            return mo.ui.tabs(dict.fromkeys(options, ""), value=value)
        case Choice(options=options):
            return mo.ui.dropdown(list(options), value=value, label=label, full_width=True)
        case _:
            raise TypeError(f"{name}: no element shows a {type(control).__name__}")


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def read(values: Mapping[str, Any]) -> State:
    """Return the state that the values of the controls make; an emptied field has its default."""
    return State(**{name: value for name, value in values.items() if value is not None})


def only_relevant(state: State) -> Any:
    """Return what hides the controls that do nothing in a setup."""
    idle = [
        name
        for name, control in CONTROLS.items()
        if control.setups and state.setup not in control.setups
    ]
    if state.view == "Steps":
        idle += ["order", "variants", "family", "scale"]
    elif state.view != "Solutions":
        idle += ["order", "scale"] + ["variants", "family"] * (state.view != "Export")
    rules = ", ".join(f".lu-{name}" for name in idle)
    return mo.Html(f"<style>{rules} {{ display: none }}</style>" if rules else "")


def title() -> Any:
    """Return the name of the page."""
    return mo.Html(
        '<h1 class="lu-title">linreg_unlearn <small>machine unlearning in linear regression, '
        "exact</small></h1>"
    )


def row(elements: Sequence[Any]) -> Any:
    """Return elements beside each other, in as many lines as they need."""
    return mo.hstack(list(elements), justify="start", wrap=True, gap=0.4)


def presets(choose: Callable[[Preset], None]) -> Any:
    """Return one button per story."""

    def button(preset: Preset) -> Any:
        return mo.ui.button(
            label=preset.title, on_click=lambda _: choose(preset), tooltip=preset.story
        )

    return mo.ui.array([button(preset) for preset in PRESETS])


def told(preset: Preset | None) -> Any:
    """Return the sentence of a story, with the claims that prove it."""
    if preset is None:
        return mo.Html("")
    named = ", ".join(preset.claims)
    return mo.Html(
        f'<p class="lu-story"><strong>{html.escape(preset.title)}.</strong> '
        f'{html.escape(preset.story)} <span class="lu-quiet">Claims {named}.</span></p>'
    )


def complaint(sentences: Sequence[str]) -> Any:
    """Return a box with what could not be used, or nothing."""
    if not sentences:
        return mo.Html("")
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return mo.Html(f'<div class="lu-complaint" role="alert"><ul>{items}</ul></div>')


def words(state: State, solved: Solved | None, fault: str) -> Any:
    """Return what a view says in words and tables, and what hides idle controls.

    Parameters
    ----------
    state : State
    solved : Solved or None
        None where nothing is solved, or not yet.
    fault : str
        Why there is no such problem, or nothing.
    """
    items: list[Any] = [only_relevant(state)]
    if fault:
        items.append(complaint([fault]))
    elif state.view == "Steps":
        items.append(_about_steps())
    elif state.view == "Formulas":
        items += theory(state)
    elif state.view == "Claims":
        items += claims(state)
    elif solved is not None:
        items += share(state, solved) if state.view == "Export" else table(state, solved)
    return mo.vstack(items, gap=0.5)


# Solving.


class Work:
    """What is solved for a state: at once, or in a thread that may still be at it.

    Attributes
    ----------
    solved : Solved or None
        None where the view needs nothing solved, or not yet.
    fault : str
        Why there is no such problem, or nothing.
    running : bool
    done, total : int
        How many runs there are, and how many of them have begun.
    label : str
        The method that runs.
    """

    def __init__(self) -> None:
        self.solved: Solved | None = None
        self.fault = ""
        self.running = False
        self.done = self.total = 0
        self.label = ""

    def _begun(self, label: str) -> None:
        if mo.current_thread().should_exit:
            raise SystemExit
        self.done, self.label = self.done + 1, label

    def _run(self, state: State) -> None:
        try:
            self.solved = solve(state, self._begun)
        except InputError as error:
            self.fault = str(error)
        finally:
            self.running = False


def begin(state: State) -> Work:
    """Solve a state, if its view needs it; in a thread, if that takes seconds."""
    work = Work()
    try:
        problem = problem_of(settings_of(state))
        if state.view not in ("Solutions", "Export"):
            return work
        if state.setup != "digits":
            work.solved = solve(settings_of(state))
            return work
    except InputError as error:
        work.fault = str(error)
        return work
    work.running, work.total = True, len(runs_of(state, problem))
    mo.Thread(target=work._run, args=(settings_of(state),), daemon=True).start()
    return work


def settings_of(state: State) -> State:
    """Return what of a state has to be solved: all but how it is shown."""
    plain = State()
    return state.but(view=plain.view, scale=plain.scale, order=plain.order, mask=plain.mask)


def ticker(work: Work) -> Any:
    """Return an element that changes several times a second while there is work, or None."""
    return mo.ui.refresh(default_interval=0.25) if work.running else None


def progress(state: State, work: Work, tick: Any) -> Any:
    """Return how far a thread is, or the bars that it found."""
    if work.running:
        return mo.Html(
            f'<div role="status"><progress max="{work.total}" value="{work.done}"></progress> '
            f"solving {work.done} of {work.total}: {html.escape(work.label)}"
            f'<div class="lu-hidden">{tick.text}</div></div>'
        )
    return distances(state, work.solved) if tick is not None else None


# Solutions. Each chart is the output of a cell of its own: one within other outputs would be sent
# as text inside HTML, and parsed twice.


def distances(state: State, solved: Solved | None) -> Chart | None:
    """Return the bars of the view Solutions."""
    if solved is None or state.view != "Solutions":
        return None
    log, nearest = state.scale == "logarithmic", state.order == "nearest first"
    return distances_chart(solved, log=log, sort=nearest)


def losses(state: State, solved: Solved | None) -> Chart | None:
    """Return the losses of the view Solutions."""
    if solved is None or state.view != "Solutions":
        return None
    return losses_chart(solved, log=state.scale == "logarithmic")


def matrix(state: State, solved: Solved | None) -> Any:
    """Return a picture of the data matrix and the mask of a state, in the view Solutions."""
    if solved is None or state.view != "Solutions":
        return None
    # A browser that receives charts together draws them together; the first one shall not wait.
    time.sleep(_HEAD_START)
    problem, mask = solved.problem, mask_of(state)
    said = f"{problem.n_r} retained rows in blue, {problem.n_f} forget rows in red"
    if mask is not None:
        said += f", and in green the {int(mask.sum())} of {problem.d} columns that the mask keeps"
    encoded = base64.b64encode(matrix_picture(problem, mask)).decode()
    return mo.Html(
        f'<figure class="lu-picture"><figcaption><strong>X</strong>: {said}</figcaption>'
        f'<img src="data:image/png;base64,{encoded}" alt="The data matrix: {said}."></figure>'
    )


def table(state: State, solved: Solved) -> Sequence[Any]:
    """Return what the colours of the charts mean, and all numbers."""
    nearest = state.order == "nearest first"
    counts = [sum(line.outcome == name for line in solved.lines) for name in OUTCOMES]
    legend = "".join(
        f'<span class="lu-key"><span style="background:{colour}"></span>{name} ({count})</span>'
        for (name, colour), count in zip(OUTCOMES.items(), counts, strict=True)
    )
    return (
        mo.Html(f'<p class="lu-legend">The weights are {legend}</p>'),
        _table_of(solved, nearest),
        _refused(solved.refusals),
    )


def _table_of(solved: Solved, nearest: bool) -> Any:
    lines = list(solved.lines)
    if nearest:
        lines.sort(key=lambda line: line.row.distance_to_golden)
    accuracies = solved.problem.has_classes
    head = [
        "method",
        "RL",
        "UL",
        *(["UA", "RA", "TA"] if accuracies else []),
        "distance",
        "norm",
        "is",
    ]
    body = []
    for line in lines:
        row = line.row
        shares = (row.unlearning_accuracy, row.retain_accuracy, row.test_accuracy)
        cells = [
            html.escape(line.label),
            _small(row.retain_loss),
            _small(row.unlearning_loss),
            *(
                ("–" if share is None else f"{100 * share:.1f}%" for share in shares)
                if accuracies
                else ()
            ),
            _small(row.distance_to_golden),
            _small(row.norm),
            _span(line.outcome, line.outcome),
        ]
        body.append(cells)
    return mo.Html(_html_table(head, body, numbers=range(1, len(head) - 1)))


def _small(value: float) -> str:
    # Below rounding of anything that is shown.
    return "0" if abs(value) < 1e-20 else f"{value:.4g}"


def _html_table(
    head: Sequence[str], body: Sequence[Sequence[str]], numbers: Sequence[int] = ()
) -> str:
    """Return a table; its cells are HTML already."""

    def row(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=lu-number' if at in numbers else ''}>{cell}</{tag}>"
            for at, cell in enumerate(cells)
        )

    lines = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in body)
    return (
        f'<div class="lu-scroll" tabindex="0"><table class="lu-table"><thead><tr>{row(head, "th")}'
        f"</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _refused(refusals: Sequence[Refusal]) -> Any:
    return complaint([f"{refusal.title} is left out: {refusal.reason}" for refusal in refusals])


# Steps.


def steps(state: State, fault: str) -> Any:
    """Return the trajectories of the iterative methods, in the view Steps."""
    if fault or state.view != "Steps":
        return None
    found = paths(state)
    if found.refusals:
        return mo.vstack([paths_chart(found), _refused(found.refusals)])
    return paths_chart(found)


def _about_steps() -> Any:
    return mo.Html(
        '<p class="lu-quiet">In closed form, from the pretrained weights. What grows beyond a '
        "thousand times its first distance is not followed further.</p>"
    )


# Formulas.


@cache
def _typeset(formula: str) -> str:
    text: str = mo.md(f"${formula}$").text
    # A formula stands in a cell, not in a paragraph.
    return text.replace('<span class="paragraph">', "<span>")


_AGREEMENT = {
    "yes": ("agree", "golden"),
    "no": ("differ", "missed"),
    "ill-conditioned": ("too ill-conditioned to compare", "quiet"),
    "": ("–", "quiet"),
}


def theory(state: State) -> Sequence[Any]:
    """Return the closed form of every method in the regime of the data, with both its numbers."""
    found = formulas(state)
    if found.regime is None:
        missed = " and ".join(
            f"not {html.escape(name)} ({html.escape(margin.reading)})"
            for name, margin in found.missed.items()
        )
        return (
            mo.Html(
                '<p class="lu-story"><strong>These data are in no column of the table.</strong> '
                "Without a ridge, they would have to interpolate or to determine the weights: they "
                f"are {missed}. Give them a ridge, no noise, or fewer columns.</p>"
            ),
        )
    body = []
    for item in found.formulas:
        word, style = _AGREEMENT[item.agreement]
        seen = item.seen
        numbers = (
            ("–", "–")
            if seen is None
            else (_small(seen.distance_by_formula), _small(seen.distance))
        )
        error = (
            ""
            if not item.error
            else f'<div class="lu-error">{_error(item.verdict)} {_typeset(item.error)}</div>'
        )
        body.append(
            [
                _span("method", item.title, item.note),
                _span(f"verdict-{item.verdict}", item.verdict),
                _typeset(item.weights) + error,
                *numbers,
                _span(style, word, item.reason),
                _claim_link(item.claim),
            ]
        )
    head = [
        "method",
        "is",
        "closed form, and how it misses golden",
        "‖·−w_g‖ by formula",
        "by the method",
        "",
        "proof",
    ]
    reasons = sorted({item.reason for item in found.formulas if item.reason})
    return (
        mo.Html(
            '<p class="lu-story">These data are in the column <strong>'
            f"{html.escape(found.title)}</strong> of the table of methods and regimes. Each "
            "formula is proved for every size; each is evaluated here by dense linear algebra and "
            "laid beside what the method returns.</p>"
        ),
        complaint(reasons),
        mo.Html(_html_table(head, body, numbers=(3, 4))),
    )


def _error(verdict: str) -> str:
    return "grows by" if verdict == "diverges" else "misses by"


def _claim_link(name: str) -> str:
    """Return the id of a claim or of a part, linked to its page in the book."""
    claim, _, part = name.rpartition(".")
    if not part.isdigit():
        claim, part = name, ""
    anchor = f"#part-{part}" if part else ""
    address = html.escape(f"{BOOK}claims/{claim}.html{anchor}", quote=True)
    return (
        f'<a class="lu-claim" href="{address}" target="_blank" rel="noopener">'
        f"{html.escape(name)}</a>"
    )


def _span(style: str, text: str, title: str = "") -> str:
    hint = f' title="{html.escape(title, quote=True)}"' if title else ""
    return f'<span class="lu-{style}"{hint}>{html.escape(text)}</span>'


# Claims.


def claims(state: State) -> Sequence[Any]:
    """Return every claim with how far it applies to the data, and which assumption fails."""
    body = []
    for item in claims_on(problem_of(state)):
        if item.measured == 0:
            answer, style = "a converse", "quiet"
        elif item.applies == item.measured:
            answer, style = "applies", "golden"
        elif item.applies:
            answer, style = f"{item.applies} of {item.measured} parts", "neither"
        else:
            answer, style = "does not apply", "missed"
        reasons = [_missed(item.claim, name, margin) for name, margin in item.missed]
        reasons += [html.escape(f"your choice: {name}") for name in item.chosen]
        said = "".join(
            f"<li>{html.escape(plain_part)}</li>"
            for plain_part in (str(part) for part in item.claim.parts)
        )
        checks = "".join(f"<li>{html.escape(check.statement)}</li>" for check in item.claim.checks)
        body.append(
            [
                _claim_link(item.claim.id),
                f"<details><summary>{html.escape(item.claim.title)}</summary><ul>{said}{checks}</ul></details>",
                _span("status", status_of(item.claim)),
                _span(style, answer),
                "".join(f"<div>{reason}</div>" for reason in reasons) or "every assumption is met",
            ]
        )
    refuted = [claim for claim in load_claims().values() if claim.expected == "fails"]
    false = "".join(f"<li>{_claim_link(c.id)} {html.escape(c.title)}</li>" for c in refuted)
    return (
        mo.Html(_html_table(["claim", "says", "status", "on these data", "because"], body)),
        mo.Html(f'<h3>Refuted</h3><ul class="lu-refuted">{false}</ul>'),
    )


@cache
def _needs() -> Mapping[tuple[str, int, str], Need]:
    return read_needs()


def _missed(claim: Claim, name: str, margin: Margin) -> str:
    """Return by how much an assumption is missed, and what goes wrong without it."""
    said = html.escape(f"not {name}: {margin.reading}")
    for number in range(1, len(claim.parts) + 1):
        need = _needs().get((claim.id, number, name))
        if need is not None and need.instance is not None:
            wrong = (
                f"{need.term} does not exist"
                if need.term
                else f"part {number} of {claim.id} is false"
            )
            return (
                f"{said} <details><summary>what goes wrong without it</summary>"
                f"{html.escape(wrong)} for "
                f'<code class="lu-link">{html.escape(str(need.instance))}</code></details>'
            )
    return said


# Export.


def share(state: State, solved: Solved) -> Sequence[Any]:
    """Return what can be taken home: the link, the snippet, the figures and the data."""
    code = snippet(solved)
    link = "?" + urlencode(to_query(state))
    return (
        mo.md("**Link.** The address of this page restores what it is set to; it ends in"),
        mo.Html(f'<p><code class="lu-link">{html.escape(link)}</code></p>'),
        mo.md(
            f"**Snippet.** It prints the numbers of the view Solutions.\n\n```python\n{code}\n```"
        ),
        mo.hstack(
            [
                mo.download(
                    lambda: csv_file(solved),
                    filename="methods.csv",
                    mimetype="text/csv",
                    label="Numbers (CSV)",
                ),
                mo.download(
                    lambda: data_file(solved),
                    filename="problem.npz",
                    mimetype="application/octet-stream",
                    label="Data and weights (NPZ)",
                ),
                mo.download(
                    lambda: _spec(solved),
                    filename="distances.vl.json",
                    mimetype="application/json",
                    label="Chart (Vega-Lite)",
                ),
            ],
            justify="start",
            wrap=True,
        ),
        mo.Html(
            '<p class="lu-quiet">Charts are saved as SVG or PNG from the menu at their upper right '
            "corner.</p>"
        ),
    )


def _spec(solved: Solved) -> bytes:
    return distances_chart(solved, log=False, sort=True).text().encode()


def csv_file(solved: Solved) -> bytes:
    """Return the numbers of every method, unrounded."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["label", "method", "RL", "UL", "distance_to_golden", "norm", "is"])
    for line in solved.lines:
        row = line.row
        numbers = (row.retain_loss, row.unlearning_loss, row.distance_to_golden, row.norm)
        writer.writerow([line.label, row.method, *map(repr, numbers), line.outcome])
    return out.getvalue().encode()


def data_file(solved: Solved) -> bytes:
    """Return an archive that ``Problem.from_npz`` reads, with the weights of every method."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        solved.problem.save(path)
        with np.load(path) as saved:
            arrays = dict(saved)
    arrays["labels"] = np.array([line.label for line in solved.lines])
    arrays["weights"] = np.array([line.row.coef for line in solved.lines])
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()
