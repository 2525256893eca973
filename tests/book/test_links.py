"""The book is closed: every link leads somewhere in it, and nothing is asked of a network."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import unquote

from tests.book.conftest import Written

OUTSIDE = ("https://arxiv.org/abs/", "https://doi.org/")
"""Where works can be found: links that a reader may follow, and nothing loads."""


def test_every_link_resolves(written: Written) -> None:
    ids = {
        name: {node.attributes["id"] for node in page.walk() if "id" in node.attributes}
        for name, page in written.pages.items()
    }
    count = 0
    for name, page in written.pages.items():
        for link in page.find("a"):
            target = link.attributes["href"]
            if target.startswith(OUTSIDE):
                continue
            address, _, anchor = target.partition("#")
            path = (
                ((written.folder / name).parent / unquote(address)).resolve() if address else None
            )
            if path is not None:
                assert path.is_file(), f"{name} links to {target}"
                assert path.is_relative_to(written.folder)
            place = name if path is None else path.relative_to(written.folder).as_posix()
            if anchor:
                assert anchor in ids[place], f"{name} links to {target}"
            count += 1
    assert count > 2000


def test_every_id_is_there_once(written: Written) -> None:
    for name, page in written.pages.items():
        found = Counter(node.attributes["id"] for node in page.walk() if "id" in node.attributes)
        assert not [i for i, number in found.items() if number > 1], name


def test_nothing_is_loaded_from_elsewhere(written: Written) -> None:
    for name, page in written.pages.items():
        for node in page.walk():
            for attribute in ("src", "href", "data", "action", "srcset", "poster"):
                value = node.attributes.get(attribute, "")
                if node.tag != "a" and value:
                    assert value.startswith(("data:,", "#")) or ":" not in value, (name, value)
                    if not value.startswith(("data:", "#")):
                        assert ((written.folder / name).parent / value).resolve().is_file()
            assert "style" not in node.attributes
            assert not [a for a in node.attributes if a.startswith("on")]
        assert not [node for node in page.find("script") if node.text.strip()]
    for file in ("book.css", "book.js"):
        text = (written.folder / file).read_text("utf-8")
        assert not re.search(r"https?:|@import|url\(|fetch\(|XMLHttpRequest|import\(", text)


def test_pages_say_what_they_are(written: Written) -> None:
    titles: Counter[str] = Counter()
    for name, page in written.pages.items():
        (title,) = [
            node for node in page.find("title") if node.text and "svg" not in node.attributes
        ][:1]
        titles[title.text] += 1
        assert len(page.find("h1")) == 1, name
        assert page.find("html")[0].attributes["lang"] == "en"
        assert all("alt" in image.attributes for image in page.find("img"))
    assert max(titles.values()) == 1
