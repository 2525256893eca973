"""What the documents say is so: citations, links, commands, and nothing outside the repository."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from linreg_unlearn.claims.claim import load_claims

ROOT = Path(__file__).parents[2]
# Tools keep what they like in hidden folders; ours is .ci.
SKIPPED = re.compile(r"\.(?!ci$).*|__pycache__|dist|build|output|.*\.egg-info")
CITATION = re.compile(r"\[([a-z]+\d{4}[a-z]*)\]")


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the repository and what it says."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not SKIPPED.fullmatch(name)]
        for name in names:
            path = Path(folder, name)
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def bibliography() -> dict[str, str]:
    """The entries of refs.bib by key."""
    text = (ROOT / "refs.bib").read_text(encoding="utf-8")
    entries = re.findall(r"^@\w+\{([^,]+),(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    assert len(entries) == len(re.findall(r"^@", text, re.MULTILINE))
    assert len({key for key, _ in entries}) == len(entries)
    return dict(entries)


def test_every_entry_of_the_bibliography_names_its_work() -> None:
    for key, fields in bibliography().items():
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field} +=", fields, re.MULTILINE), f"{key} has no {field}"
        first_author = re.search(r"author += \{([^,]+),", fields)
        assert first_author is not None
        name = re.sub(r"[^a-z]", "", first_author[1].lower())
        assert key.startswith(name), (
            f"{key} does not begin with its first author, {first_author[1]}"
        )


def test_every_citation_has_an_entry() -> None:
    keys = bibliography()
    cited = {
        (path.relative_to(ROOT), key)
        for path, text in texts()
        if path.suffix in {".py", ".md"}
        for key in CITATION.findall(text)
    }
    assert {key for _, key in cited} >= {"ding2024unlearning", "penrose1955inverse"}
    assert {(path, key) for path, key in cited if key not in keys} == set()


def test_every_source_of_a_claim_has_an_entry() -> None:
    keys = bibliography()
    for claim in load_claims().values():
        named = re.findall(r"[a-z]+\d{4}[a-z]*", claim.source)
        assert set(named) <= set(keys), f"{claim.id} cites {claim.source}"


def test_the_theory_states_every_claim() -> None:
    theory = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
    for claim in load_claims():
        assert re.search(rf"\*\*{claim}\. |\bclaim {re.escape(claim)}\b", theory), claim


def test_nothing_refers_to_a_path_outside_the_repository() -> None:
    # In pieces, so that this file does not contain what it looks for.
    homes = ["/" + name + "/" for name in ("work", "home", "root", "Users", "tmp")]
    for path, text in texts():
        name = path.relative_to(ROOT)
        for home in homes:
            assert not re.search(rf"(?<![\w.*]){home}", text), f"{name} mentions {home}"
        for upwards in re.findall(r"(?:\.\./)+[\w./-]*", text):
            target = (path.parent / upwards).resolve()
            assert target.is_relative_to(ROOT), f"{name} refers to {upwards}"


def test_every_link_of_a_document_leads_somewhere() -> None:
    for path, text in texts():
        if path.suffix != ".md":
            continue
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if not target.startswith(("https://", "#")):
                file = path.parent / target.split("#")[0]
                assert file.exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_a_citation_like_the_documents_is_recognised() -> None:
    assert CITATION.findall("as in [ding2024unlearning], [1] and [R 0]") == ["ding2024unlearning"]


@pytest.mark.parametrize("path", [".ci/run", ".pre-commit-config.yaml", "Makefile"])
def test_no_host_is_named_where_tools_are_installed(path: str) -> None:
    assert "://" not in (ROOT / path).read_text(encoding="utf-8")
