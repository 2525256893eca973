"""The graph has every citation, and is laid out so that it can be read."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.audit.certificates import read_folder
from linreg_unlearn.book.graph import Graph, lay_out
from linreg_unlearn.errors import InputError
from tests.book.conftest import Written


@st.composite
def citations(draw: st.DrawFn) -> dict[str, list[str]]:
    """Claims that cite earlier ones."""
    count = draw(st.integers(1, 14))
    names = [f"c{at}" for at in range(count)]
    return {
        name: draw(st.lists(st.sampled_from(names[:at]), unique=True, max_size=4)) if at else []
        for at, name in enumerate(names)
    }


def check(graph: Graph, cites: dict[str, list[str]]) -> None:
    spots = {spot.name: spot for spot in graph.spots}
    joined = {name for name, those in cites.items() for name in (name, *those) if those}
    assert set(spots) == joined
    for one, other in itertools.combinations(graph.spots, 2):
        apart = abs(one.x - other.x) >= one.width or abs(one.y - other.y) >= one.height
        assert apart, f"{one} and {other} overlap"
    for spot in graph.spots:
        assert spot.x >= 0
        assert spot.y >= -1e-6
        assert spot.x + spot.width <= graph.width + 1e-6
        assert spot.y + spot.height <= graph.height + 1e-6
    assert {(line.cited, line.citing) for line in graph.lines} == {
        (cited, name) for name, those in cites.items() for cited in those
    }
    for line in graph.lines:
        numbers = [float(x) for x in re.findall(r"-?[\d.]+(?:e-?\d+)?", line.path)]
        start, end = spots[line.cited], spots[line.citing]
        assert start.x + start.width < end.x
        assert numbers[:2] == pytest.approx([start.x + start.width, start.y + start.height / 2])
        assert numbers[-2:] == pytest.approx([end.x, end.y + end.height / 2])


@given(citations())
def test_boxes_are_apart_and_lines_lead_from_what_is_cited_to_the_right(
    cites: dict[str, list[str]],
) -> None:
    graph = lay_out(cites)
    check(graph, cites)
    assert lay_out(cites) == graph


@pytest.mark.parametrize(
    "cites",
    [
        {"d": ["a", "b"], "e": ["b"], "f": ["a"]},
        {"c": ["b"], "d": ["a"], "e": ["a"], "f": ["b"]},
        {"x": ["c"], "y": ["b", "a"], "z": ["a"], "w": ["c", "b"]},
    ],
)
def test_lines_that_need_not_cross_do_not(cites: dict[str, list[str]]) -> None:
    y = {spot.name: spot.y for spot in lay_out(cites).spots}
    lines = [(y[cited], y[name]) for name, those in cites.items() for cited in those]
    for (a, b), (c, d) in itertools.combinations(lines, 2):
        assert (a - c) * (b - d) >= 0


def test_a_circle_is_refused() -> None:
    with pytest.raises(InputError, match="claims cite each other in a circle"):
        lay_out({"a": ["b"], "b": ["a"]})


def test_the_page_has_the_citations_of_all_certificates(written: Written) -> None:
    cited = {
        (step["lemma"].rpartition(".")[0], "G" if name[0] == "G" else name)
        for name, certificate in read_folder().items()
        for proof in certificate["proofs"]
        for step in proof["steps"]
        if step.get("lemma")
    }
    page = written.pages["graph.html"]
    paths = [node.attributes for node in page.find("path") if "data-from" in node.attributes]
    assert {(p["data-from"], p["data-to"]) for p in paths} == {
        (one, other) for one, other in cited if one != other and not one.startswith("G")
    }
    names = {a.attributes["data-name"] for a in page.find("a") if "data-name" in a.attributes}
    assert names == {name for p in paths for name in (p["data-from"], p["data-to"])}
    alone = {a.text for a in page.find("a", "chip")}
    assert not names & alone
    assert {
        n
        for n in (
            p.removeprefix("claims/").removesuffix(".html")
            for p in written.pages
            if p.startswith("claims/")
        )
        if n[0] != "G"
    } == (names | alone) - {"G"}


def test_the_picture_in_the_documents_is_that_of_the_book(written: Written) -> None:
    shown = Path(__file__).resolve().parents[2] / "docs" / "graph.svg"
    assert shown.read_text(encoding="utf-8") == (written.folder / "graph.svg").read_text(
        encoding="utf-8"
    ), "the graph has changed: run make tables"
