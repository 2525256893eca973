"""References are typeset as they are in refs.bib, and what is not understood is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from linreg_unlearn.book import bibliography
from linreg_unlearn.book.bibliography import read_references
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.errors import InputError
from linreg_unlearn.shipped import find_references
from tests.book.conftest import Written

ENTRY = "@article{key,\n  author = {Last, First},\n  title = {T},\n  year = {2000},\n}\n"


def test_every_entry_is_read() -> None:
    text = find_references().read_text("utf-8")
    assert list(read_references()) == [
        line.partition("{")[2].rstrip(",") for line in text.splitlines() if line[:1] == "@"
    ]


@pytest.mark.parametrize(
    ("key", "authors", "title"),
    [
        ("foster2024lipschitz", "Cengiz Öztireli", "via Lipschitz Regularization"),
        ("djordjevic2010reverse", "Dragan S. Djordjević and Nebojša Č. Dinčić", "Moore–Penrose"),
        ("hogben2006handbook", "Leslie Hogben", "Handbook of Linear Algebra"),
        ("greville1974solutions", "Thomas N. E. Greville", "$XAX = X$"),
    ],
)
def test_names_and_titles(key: str, authors: str, title: str) -> None:
    entry = read_references()[key]
    assert authors in entry.authors
    assert title in entry.title


def test_the_sources_of_a_claim_are_on_its_page(written: Written) -> None:
    known = read_references()
    for claim in load_claims().values():
        (sources,) = written.pages[f"claims/{claim.id}.html"].find("ul", "sources")
        shown = [item.text for item in sources.find("li")]
        keys = [key.strip() for key in claim.source.split(",")]
        assert len(shown) == len(keys)
        for key, text in zip(keys, shown, strict=True):
            assert known[key].authors in text
            assert known[key].fields["year"] in text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ENTRY.replace("  year = {2000},\n", ""), "has no year"),
        (ENTRY.replace("\n}\n", " }\n"), "could not be read"),
        (ENTRY.replace("{T}", r"{\LaTeX}"), "has a command"),
    ],
)
def test_what_is_not_understood_is_refused(
    text: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "refs.bib"
    monkeypatch.setattr(bibliography, "find_references", lambda: file)
    file.write_text(ENTRY)
    assert read_references()["key"].authors == "First Last"
    file.write_text(text)
    with pytest.raises(InputError, match=fault):
        [entry.title for entry in read_references().values()]
