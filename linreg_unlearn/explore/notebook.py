# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""The explorer as a notebook: run by ``linreg-unlearn explore``, changed by ``marimo edit``.

What a cell shows comes from :mod:`linreg_unlearn.explore.page`; here is only what depends on what.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="linreg_unlearn: theory to turn with a slider", css_file="page.css"
)


@app.cell
def _():
    import marimo as mo

    from linreg_unlearn.explore import page
    from linreg_unlearn.explore.state import from_query, to_query

    return from_query, mo, page, to_query


@app.cell
def _(from_query, mo):
    # What the address says, once. It is read by a call and not kept under a name, or this cell
    # would run again whenever the address follows the page.
    _start, complaints = from_query(mo.query_params().to_dict())
    chosen, choose = mo.state((_start, None))
    return choose, chosen, complaints


@app.cell
def _(choose, page):
    stories = page.presets(lambda preset: choose((preset.state, preset)))
    return (stories,)


@app.cell
def _(chosen, page):
    controls = page.controls(chosen()[0])
    widgets, sidebar, bar = controls.elements, controls.sidebar, controls.bar
    return bar, sidebar, widgets


@app.cell
def _(mo, sidebar):
    mo.sidebar(sidebar, width="300px")
    return


@app.cell
def heading(bar, chosen, complaints, mo, page, stories):
    mo.vstack(
        [page.title(), page.row(stories), page.told(chosen()[1]), page.complaint(complaints), bar],
        gap=0.5,
    )
    return


@app.cell
def solutions(page, widgets):
    state = page.read(widgets.value)
    # What takes seconds is solved in a thread; a change on the page runs this cell again, which
    # tells the thread of before to stop.
    work = page.begin(state)
    page.distances(state, work.solved)
    return state, work


@app.cell
def _(page, work):
    # While a thread works, this element has the next cell look after it.
    tick = page.ticker(work)
    return (tick,)


@app.cell
def waiting(page, state, tick, work):
    solved, fault = work.solved, work.fault
    page.progress(state, work, tick)
    return fault, solved


@app.cell
def matrix(page, solved, state):
    page.matrix(state, solved)
    return


@app.cell
def losses(page, solved, state):
    page.losses(state, solved)
    return


@app.cell
def steps(fault, page, state):
    page.steps(state, fault)
    return


@app.cell
def words(fault, page, solved, state):
    page.words(state, solved, fault)
    return


@app.cell
def _(mo, state, to_query):
    # The address follows last: nobody waits for it.
    _address, _wanted = mo.query_params(), to_query(state)
    for _name in [name for name in _address if name not in _wanted]:
        _address.remove(_name)
    for _name, _value in _wanted.items():
        if _address.get(_name) != _value:
            _address.set(_name, _value)
    return


if __name__ == "__main__":
    app.run()
