"""The book as a browser shows it: from the file system, without a network, on screen and paper."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("playwright.sync_api")
if shutil.which("chromium") is None:
    pytest.skip("Chromium is not installed", allow_module_level=True)

from linreg_unlearn.book.document import statement_in_latex
from linreg_unlearn.book.site import write_book
from linreg_unlearn.claims.claim import load_claims

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE, PHONE = (1280, 800), (390, 844)

# What a reader would see as a fault: a formula without size, an element that no browser knows, a
# sign that no font of this machine has, a page wider than the screen.
FAULTS = """async () => {
  document.querySelectorAll("details").forEach(d => { d.open = true; });
  const known = new Set("math mrow mi mo mn mtext mspace msub msup msubsup mover mfrac".split(" "));
  const faults = [];
  for (const math of document.querySelectorAll("math")) {
    const box = math.getBoundingClientRect();
    if (!(box.width > 0 && box.height > 0)) faults.push("empty: " + math.outerHTML);
    if (math.namespaceURI !== "http://www.w3.org/1998/Math/MathML") faults.push("no MathML");
    for (const part of math.querySelectorAll("*")) {
      if (!known.has(part.localName)) faults.push("unknown: " + part.localName);
      const leaf = !part.children.length && part.localName !== "mspace";
      if (leaf && !part.getBoundingClientRect().width) faults.push("unseen: " + math.outerHTML);
    }
  }
  for (const table of document.querySelectorAll(".matrix")) {
    if (!table.rows.length || table.getBoundingClientRect().width < 10) faults.push("matrix");
  }
  for (const image of document.images) {
    image.loading = "eager";
    await image.decode().catch(() => faults.push("image: " + image.src));
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push("wider than the screen");
  return { faults, formulas: document.querySelectorAll("math").length };
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("book") / "book"
    write_book(out)
    return out


class Reader:
    """A page, everything that it asked for, and everything that it complained of."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))

    def open(self, address: str) -> Page:
        self.page.goto(f"{self.folder.as_uri()}/{address}")
        return self.page

    def check(self) -> None:
        here = self.folder.as_uri()
        assert [url for url in self.asked if not url.startswith((here, "data:,"))] == []
        assert self.complaints == []


@pytest.fixture
def reader(browser: Browser, folder: Path) -> Iterator[Reader]:
    with browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}) as context:
        reader = Reader(context.new_page(), folder)
        yield reader
        reader.check()


def addresses(folder: Path) -> list[str]:
    every = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html")))
    return [name for name in every if not name.startswith("code/")]


def test_every_formula_of_every_page_is_shown_on_a_phone(browser: Browser, folder: Path) -> None:
    with browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}) as context:
        reader = Reader(context.new_page(), folder)
        formulas = 0
        for name in [*addresses(folder), "code/claims/masks.py.html"]:
            found = reader.open(name).evaluate(FAULTS)
            assert found["faults"] == [], name
            formulas += found["formulas"]
        reader.check()
        assert formulas > 20_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(browser: Browser, folder: Path, scheme: str) -> None:
    """Contrast of at least 4.5 for words, statuses and links, as WCAG asks for text."""
    with browser.new_context(color_scheme=scheme) as context:  # type: ignore[arg-type]
        reader = Reader(context.new_page(), folder)
        for name in ("index.html", "claims/B3.gap.html", "table.html", "claims/D3.html"):
            page = reader.open(name)
            seen = page.evaluate(
                """() => [...document.querySelectorAll("main *, header a, footer p")]
                  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
                  .map(e => {
                    let ground = "rgba(0, 0, 0, 0)";
                    for (let p = e; p && ground === "rgba(0, 0, 0, 0)"; p = p.parentElement)
                      ground = getComputedStyle(p).backgroundColor;
                    return [getComputedStyle(e).color, ground];
                  })"""
            )
            assert len(seen) > 40
            for ink, ground in {tuple(pair) for pair in seen}:
                assert contrast(ink, ground) >= 4.5, (name, ink, ground)


def contrast(ink: str, ground: str) -> float:
    def light(colour: str) -> float:
        rgb = [int(x) / 255 for x in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(ink), light(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_search_finds_claims_by_title_id_and_formula(reader: Reader) -> None:
    page = reader.open("claims/A1.html")
    box = page.locator(".search input")
    for words, wanted in (("d4.projected", "D4.projected"), ("hat matrix eigenvalue", "L9")):
        box.fill(words)
        first = page.locator("#results li a").first
        assert first.locator("b").inner_text() == wanted
    box.fill("no such thing")
    assert page.locator("#results").inner_text() == "Nothing found."
    box.fill("ridge UL(w_IF)")
    assert page.locator("#results b", has_text="E6").count() == 1
    box.fill("A6")
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/claims/A6.reach.html")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.press("Escape")
    assert page.locator("#results").is_hidden()


@pytest.mark.parametrize("allowed", [True, False], ids=["clipboard", "selection"])
def test_statements_and_proofs_are_copied_as_latex(
    browser: Browser, folder: Path, allowed: bool
) -> None:
    statement = statement_in_latex(load_claims()["A3"].parts[1])
    with browser.new_context() as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        if not allowed:  # some browsers have no clipboard for files: then by a selection
            context.add_init_script("navigator.clipboard.writeText = () => Promise.reject()")
        reader = Reader(context.new_page(), folder)
        page = reader.open("claims/A3.html")
        part = page.locator("#part-2")
        for at, wanted in enumerate((statement, r"\textbf{1.}")):
            source = part.locator("details.source").nth(at)
            source.locator("summary").click()
            source.locator("button").click()
            source.locator("button", has_text="Copied").wait_for()
            copied = page.evaluate("navigator.clipboard.readText()")
            assert wanted in copied
        reader.check()


def test_light_and_dark_can_be_chosen_and_are_kept(reader: Reader) -> None:
    page = reader.open("index.html")

    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    page.locator(".theme").click()
    dark = ground()
    assert contrast(dark, "rgb(0, 0, 0)") < 2 < contrast(light, "rgb(0, 0, 0)")
    reader.open("claims/A1.html")
    assert ground() == dark
    page.locator(".theme").click()
    assert ground() == light


def test_the_graph_answers_to_pointer_and_keyboard(reader: Reader) -> None:
    page = reader.open("graph.html")
    node = page.locator('svg a[data-name="C3"]')
    node.hover()
    near = page.evaluate("[...document.querySelectorAll('svg a.near')].map(a => a.dataset.name)")
    assert set(near) == {"A4", "C1", "L6", "C3", "C3.near", "G"}
    page.mouse.move(5, 5)
    assert page.locator("svg .near").count() == 0
    node.focus()
    assert page.locator("svg path.near").count() == len(near) - 1
    node.press("Enter")
    page.wait_for_url("**/claims/C3.html")


def test_paper_has_the_proofs_and_none_of_the_controls(reader: Reader) -> None:
    page = reader.open("claims/A7.html")
    assert page.locator("details.proof:not([open])").count() > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details.proof:not([open])").count() == 0
    assert page.locator("header").is_hidden()
    assert not any(button.is_visible() for button in page.locator("button").all())
    ink = page.evaluate("getComputedStyle(document.querySelector('.status')).color")
    assert ink == "rgb(0, 0, 0)"
    assert page.pdf()[:5] == b"%PDF-"


def test_it_can_be_read_without_scripts(browser: Browser, folder: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        reader = Reader(context.new_page(), folder)
        page = reader.open("claims/A4.html")
        page.locator("#part-2 details.source summary").first.click()
        assert r"\[" in page.locator("#part-2 details.source code").first.inner_text()
        assert page.locator("math").first.is_visible()
