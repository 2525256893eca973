"""The page as a visitor meets it, in a browser."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import linreg_unlearn
from linreg_unlearn.explore.presets import PRESETS, Preset
from linreg_unlearn.explore.solving import solve
from linreg_unlearn.explore.state import VIEWS, State, to_query
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from tests.browser.conftest import PATIENCE, Opened, watched

expect.set_options(timeout=PATIENCE)

BARS = "[data-cell-name=solutions]"


def numbers(page: Page) -> dict[str, str]:
    """Return the distances of the table by the labels of methods."""
    rows = page.locator(".lu-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return {row[0]: row[-3] for row in rows}


def expected(state: State) -> dict[str, str]:
    return {
        line.label: "0" if (far := line.row.distance_to_golden) < 1e-20 else f"{far:.4g}"
        for line in solve(state).lines
    }


def same(found: dict[str, str], right: dict[str, str]) -> bool:
    """Whether tables agree; what is zero but for rounding may differ."""
    if found.keys() != right.keys():
        return False
    ours, theirs = ([float(table[label]) for label in right] for table in (found, right))
    return np.allclose(ours, theirs, rtol=2e-3, atol=1e-9)


def wait_for_numbers(page: Page, state: State) -> None:
    right = expected(state)
    for _ in range(PATIENCE // 100):
        if same(numbers(page), right):
            return
        page.wait_for_timeout(100)
    assert numbers(page) == right


def wait_for_address(page: Page, state: State) -> None:
    wanted = to_query(state)
    page.wait_for_url(lambda url: dict(query_of(url)) == wanted)


def query_of(url: str) -> dict[str, str]:
    return {name: text[0] for name, text in parse_qs(urlsplit(url).query).items()}


def seen(page: Page, name: str, kind: str) -> Locator:
    """Return a control that is in sight: the sidebar is there twice, once for phones."""
    return page.locator(f".lu-{name} {kind} >> visible=true").first


def show(page: Page, view: str) -> None:
    page.get_by_role("tab", name=view).click()
    expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")


def choose(page: Page, control: str, option: str) -> None:
    seen(page, control, "select").select_option(label=option)


def story(page: Page, preset: Preset) -> None:
    page.get_by_role("button", name=preset.title).click()
    wait_for_address(page, preset.state)


def drawn(page: Page, cell: str = BARS) -> str:
    """Return what a chart shows, as an image."""
    page.locator(f"{cell} canvas").first.wait_for()
    image: str = page.locator(f"{cell} canvas").first.evaluate("it => it.toDataURL()")
    return image


def wait_for_another_drawing(page: Page, before: str, cell: str = BARS) -> None:
    for _ in range(PATIENCE // 100):
        if drawn(page, cell) != before:
            return
        page.wait_for_timeout(100)
    pytest.fail("the chart stayed as it was")


def test_one_command_serves_a_page_with_all_methods(desk: Page) -> None:
    expect(desk.get_by_role("heading", name="linreg_unlearn")).to_be_visible()
    wait_for_numbers(desk, State())
    assert set(numbers(desk)) == {method.title for method in METHODS.values()}
    expect(desk.locator("canvas")).to_have_count(2)
    expect(desk.locator(".lu-picture img")).to_be_visible()
    assert len(drawn(desk)) > 5000
    assert query_of(desk.url) == {}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_a_story_is_told_and_its_numbers_are_true(desk: Page, preset: Preset) -> None:
    story(desk, preset)
    expect(desk.locator(".lu-story").first).to_contain_text(preset.story)
    expect(desk.get_by_role("tab", name=preset.state.view)).to_have_attribute(
        "aria-selected", "true"
    )
    assert (
        len(drawn(desk, "[data-cell-name=steps]" if preset.state.view == "Steps" else BARS)) > 5000
    )
    show(desk, "Solutions")
    wait_for_numbers(desk, preset.state)


def test_a_slider_redraws_and_the_address_follows(desk: Page) -> None:
    story(desk, PRESETS[0])
    wait_for_numbers(desk, State())
    before = drawn(desk)
    thumb = seen(desk, "n_r", "[role=slider]")
    box = thumb.bounding_box()
    assert box is not None
    desk.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desk.mouse.down()
    desk.mouse.move(box["x"] + 80, box["y"] + box["height"] / 2, steps=4)
    desk.mouse.up()
    wait_for_another_drawing(desk, before)
    # While it was dragged, it stood elsewhere, and the address may still say so.
    value = thumb.get_attribute("aria-valuenow")
    assert value is not None
    assert int(value) > 20
    wait_for_address(desk, State(n_r=int(value)))
    wait_for_numbers(desk, State(n_r=int(value)))


def test_the_same_story_twice_brings_its_state_back(desk: Page) -> None:
    story(desk, PRESETS[1])
    choose(desk, "setup", "shared")
    wait_for_address(desk, PRESETS[1].state.but(setup="shared"))
    story(desk, PRESETS[1])
    wait_for_numbers(desk, PRESETS[1].state)


def test_keys_reach_the_controls_and_move_them(desk: Page) -> None:
    story(desk, PRESETS[0])
    focused = """() => {
        let at = document.activeElement;
        while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        const host = at.getRootNode().host ?? at;
        const control = host.closest('.lu-control')?.className ?? '';
        return [at.getAttribute('role') ?? at.tagName, control];
    }"""
    seen(desk, "setup", "select").focus()
    reached = []
    for _ in range(6):
        desk.keyboard.press("Tab")
        reached.append(tuple(desk.evaluate(focused)))
    assert ("slider", "lu-control lu-n_r") in reached
    assert ("slider", "lu-control lu-d_lap") in reached
    seen(desk, "n_r", "[role=slider]").focus()
    desk.keyboard.press("ArrowRight")
    wait_for_address(desk, State(n_r=21))
    wait_for_numbers(desk, State(n_r=21))


def test_formulas_are_typeset_and_agree(desk: Page) -> None:
    story(desk, PRESETS[0])
    show(desk, "Formulas")
    rows = desk.locator(".lu-table tbody tr")
    expect(rows.first.locator(".katex").first).to_be_visible()
    assert (
        rows.count()
        == rows.filter(has_text="agree").count()
        == rows.locator("td:nth-child(3)").filter(has=desk.locator(".katex")).count()
    )
    expect(desk.locator(".katex-error")).to_have_count(0)
    expect(rows.first.locator(".katex-mathml").first).to_contain_text("w_o")


@pytest.mark.parametrize("setup", ["distinct", "overlapping", "shared"])
def test_every_view_of_every_setup_is_without_error(desk: Page, setup: str) -> None:
    story(desk, PRESETS[0])
    choose(desk, "setup", setup)
    marks = {
        "Solutions": f"{BARS} canvas",
        "Steps": "[data-cell-name=steps] canvas",
        "Formulas": ".katex",
        "Claims": ".lu-refuted",
        "Export": ".lu-link",
    }
    for view in VIEWS:
        show(desk, view)
        desk.locator(marks[view]).first.wait_for()
        expect(desk.locator(".lu-complaint")).to_have_count(0)
        expect(desk.locator(".marimo-error, [data-testid=marimo-error]")).to_have_count(0)
    wait_for_address(desk, State(setup=setup, view="Export"))


def test_the_snippet_prints_the_numbers_of_the_table(desk: Page, tmp_path: Path) -> None:
    story(desk, PRESETS[6])
    show(desk, "Solutions")
    wait_for_numbers(desk, PRESETS[6].state)
    table = numbers(desk)
    show(desk, "Export")
    code = desk.locator("pre, .codehilite").filter(has_text="compare").first
    code.wait_for()
    done = subprocess.run(
        [sys.executable, "-c", code.inner_text()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(linreg_unlearn.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = [line.split("\t") for line in done.stdout.splitlines()]
    assert same({line[0]: line[3] for line in printed}, table)


def test_numbers_and_data_can_be_downloaded(desk: Page, tmp_path: Path) -> None:
    story(desk, PRESETS[0])
    show(desk, "Export")
    files = {}
    for label in ("Numbers (CSV)", "Data and weights (NPZ)", "Chart (Vega-Lite)"):
        with desk.expect_download() as coming:
            desk.get_by_text(label).click()
        files[label] = tmp_path / coming.value.suggested_filename
        coming.value.save_as(files[label])
    rows = csv.DictReader(io.StringIO(files["Numbers (CSV)"].read_text()))
    far = {row["label"]: row["distance_to_golden"] for row in rows}
    assert same(far, expected(State()))
    problem = Problem.from_npz(files["Data and weights (NPZ)"])
    assert (problem.n_r, problem.n_f, problem.d) == (20, 8, 80)
    assert '"$schema"' in files["Chart (Vega-Lite)"].read_text()


def test_digits_show_how_far_they_are_and_a_change_supersedes_them(desk: Page) -> None:
    story(desk, PRESETS[0])
    show(desk, "Solutions")
    desk.evaluate(
        """() => { window.seen = []; new MutationObserver(() => {
            const at = document.querySelector('[role=status] progress');
            if (at) window.seen.push([at.value, at.max]);
        }).observe(document.body, {subtree: true, childList: true, attributes: true}); }"""
    )
    choose(desk, "setup", "digits")
    desk.wait_for_function("window.seen.length > 0")
    # While the first is at work, another is asked for; only its numbers are shown.
    choose(desk, "forget", "random")
    state = State(setup="digits", forget="random")
    wait_for_numbers(desk, state)
    wait_for_address(desk, state)
    progress = desk.evaluate("window.seen")
    assert progress
    assert all(0 <= done <= total == len(METHODS) for done, total in progress)
    expect(desk.locator("progress")).to_have_count(0)
    assert len(drawn(desk, "[data-cell-name=waiting]")) > 5000
    expect(desk.get_by_role("columnheader", name="TA", exact=True)).to_be_visible()
    for view in ("Steps", "Formulas", "Claims", "Export"):
        show(desk, view)
        desk.wait_for_timeout(200)
    expect(desk.locator(".marimo-error, [data-testid=marimo-error]")).to_have_count(0)


def test_an_address_restores_the_page_in_another_browser(visit: Opened) -> None:
    state = State(
        setup="shared", n_r=33, d_lap=17, noise=0.2, seed=42, mask="energy", scale="logarithmic"
    )
    page = visit("?" + urlencode(to_query(state)))
    wait_for_numbers(page, state)
    for name in ("n_r", "d_lap"):
        thumb = seen(page, name, "[role=slider]")
        assert thumb.get_attribute("aria-valuenow") == str(getattr(state, name))
    for name in ("setup", "mask", "scale"):
        shown = seen(page, name, "select")
        assert shown.evaluate("it => it.selectedOptions[0].label") == getattr(state, name)
    assert seen(page, "seed", "input").input_value() == "42"
    # What does nothing here is out of sight.
    for name in ("d_f", "samples"):
        expect(page.locator(f".lu-{name} >> visible=true")).to_have_count(0)


def test_an_address_that_is_wrong_says_so_and_two_tabs_are_two(visit: Opened) -> None:
    wrong = visit("?n_r=many&%3Cscript%3Ealert(1)%3C/script%3E=1&ridge=0.1")
    said = wrong.locator(".lu-complaint")
    expect(said).to_contain_text("n_r is 'many': use a whole number from 1 to 60")
    expect(said).to_contain_text("'<script>alert(1)</script>' is nothing that can be set here")
    wait_for_numbers(wrong, State(ridge=0.1))
    other = visit()
    wait_for_numbers(other, State())
    story(other, PRESETS[2])
    story(wrong, PRESETS[6])
    wait_for_numbers(other, PRESETS[2].state)
    wait_for_numbers(wrong, PRESETS[6].state)
    wait_for_numbers(other, PRESETS[2].state)


def test_a_phone_has_everything_without_scrolling_sideways(browser: Browser, server: str) -> None:
    with watched(
        browser, server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    ) as opened:
        page = opened()
        wait_for_numbers(page, State())
        sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        for view in VIEWS:
            show(page, view)
            page.wait_for_timeout(300)
            assert page.evaluate(sideways) <= 0, view
            assert page.evaluate("document.querySelector('#App').scrollWidth") <= 390, view
        slider = page.locator(".lu-n_r [role=slider] >> visible=true")
        expect(slider).to_have_count(0)
        page.locator("[data-testid=sidebar-toggle], button:has(svg.lucide-menu)").first.click()
        expect(slider).to_have_count(1)


# The canvas turns whatever notation a colour has into red, green and blue.
BRIGHTNESS = """(it, property) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.fillStyle = getComputedStyle(it)[property];
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((sum, part) => sum + part) / 3;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_dark_where_the_system_is(browser: Browser, server: str, theme: str) -> None:
    with watched(browser, server, color_scheme=theme) as opened:
        page = opened()
        wait_for_numbers(page, State())
        paper = page.locator("body").evaluate(BRIGHTNESS, "backgroundColor")
        for text in (".lu-table td", ".lu-story", ".lu-title small", ".lu-neither"):
            if page.locator(text).count():
                ink = page.locator(text).first.evaluate(BRIGHTNESS, "color")
                assert (ink - paper) * (1 if theme == "dark" else -1) > 60, text
        assert (paper < 60) == (theme == "dark")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_what_it_looks_like(
    browser: Browser, server: str, size: tuple[int, int], theme: str, request: pytest.FixtureRequest
) -> None:
    folder = request.config.getoption("--screenshots")
    if folder is None:
        pytest.skip("draws with --screenshots DIR")
    folder.mkdir(parents=True, exist_ok=True)
    width, height = size
    with watched(
        browser, server, viewport={"width": width, "height": height}, color_scheme=theme
    ) as opened:
        page = opened()
        wait_for_numbers(page, State())
        for view in VIEWS:
            show(page, view)
            page.wait_for_timeout(1200)
            page.screenshot(path=folder / f"{view.lower()}-{width}-{theme}.png")
