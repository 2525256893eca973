"""One book for all tests, written once, and its pages parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("jinja2")

from linreg_unlearn.book import content
from linreg_unlearn.book.content import Book, gather
from linreg_unlearn.book.site import write_book

VOID = {"meta", "link", "input", "br", "img", "wbr"}


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def find(self, tag: str = "", kind: str = "") -> list[Node]:
        """The elements of this tag and class."""
        return [
            node
            for node in self.walk()
            if (not tag or node.tag == tag)
            and (not kind or kind in node.attributes.get("class", "").split())
        ]

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)


class _Reader(HTMLParser):
    """Builds the tree, and fails where tags do not match."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].children.append(node)
        if tag not in VOID:
            self.stack.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # as in SVG
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.stack[-1].tag == tag, f"</{tag}> closes <{self.stack[-1].tag}>"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(data)


def parse(text: str) -> Node:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.stack) == 1, f"<{reader.stack[-1].tag}> is not closed"
    return reader.stack[0]


@dataclass(frozen=True)
class Written:
    """A book on disk."""

    folder: Path

    @cached_property
    def pages(self) -> dict[str, Node]:
        """Every page by its address."""
        return {
            path.relative_to(self.folder).as_posix(): parse(path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.rglob("*.html"))
        }


@pytest.fixture(scope="session")
def book() -> Book:
    return gather()


@pytest.fixture(scope="session")
def written(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("book") / "book"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "gather", lambda: book)
        write_book(folder, folder.with_suffix(".tex"))
    return Written(folder)
