"""Every claim has its page, and the page says what the registry and the certificates say."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

import linreg_unlearn
from linreg_unlearn.algebra.expressions import Equation, Identity, Letter
from linreg_unlearn.algebra.mathml import mathml
from linreg_unlearn.algebra.rational import to_fractions
from linreg_unlearn.algebra.statements import RankEquation
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.certificates import accepted_lemmas, digest, read_folder
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.book.content import FAMILIES, Book
from linreg_unlearn.book.errata import CORRECTIONS
from linreg_unlearn.claims.claim import Claim, load_claims
from linreg_unlearn.proving.notation import abbreviations
from linreg_unlearn.proving.text import latex as proof_in_latex
from linreg_unlearn.table import entries
from tests.book.conftest import Node, Written, parse

CLAIMS = load_claims()
CERTIFICATES = read_folder()
every_claim = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)


def leaves(node: Node) -> str:
    """The text of a node, without the spaces that only lay it out."""
    return re.sub(r"\s+", "", node.text)


def shown(tex: str) -> str:
    return leaves(parse(mathml(tex, breakable=True)))


def numbers(table: Node) -> list[list[Fraction]]:
    return [
        [Fraction(cell.text.replace("−", "-")) for cell in row.find("td")]
        for row in table.find("tr")
    ]


@every_claim
def test_a_page_states_every_part_and_what_it_assumes(claim: Claim, written: Written) -> None:
    page = written.pages[f"claims/{claim.id}.html"]
    sections = [
        node for node in page.find("section", "part") if "check" not in node.attributes["class"]
    ]
    assert [node.attributes["id"] for node in sections] == [
        f"part-{number}" for number in range(1, len(claim.parts) + 1)
    ]
    for part, section in zip(claim.parts, sections, strict=True):
        (statement,) = section.find("div", "statement")
        assert leaves(statement) == shown(part.statement.latex())
        assumed = [
            leaves(formula)
            for item in section.find("ul", "assumptions")
            for line in item.find("li")
            for formula in line.children
            if isinstance(formula, Node) and formula.attributes.get("class") == "formula"
        ]
        assert assumed == [shown(statement.latex()) for statement in part.assumed]
        assert digest(part) in section.text
    for check in claim.checks:
        assert re.sub(r"[\s_^{}]", "", check.argument) in re.sub(r"[\s_^{}]", "", page.text)


@every_claim
def test_a_status_is_what_the_evidence_amounts_to(claim: Claim, written: Written) -> None:
    page = written.pages[f"claims/{claim.id}.html"]
    proved = [
        f"{claim.id}.{number}" in accepted_lemmas() for number in range(1, len(claim.parts) + 1)
    ]
    if claim.expected == "fails":
        wanted = "refuted"
    elif not claim.parts:
        wanted = "argument"
    else:
        assert all(proved)
        wanted = "proved + argument" if claim.checks else "proved"
    assert page.find("span", "status")[0].text == wanted


def test_every_proof_has_all_its_steps_and_a_link_for_every_lemma(written: Written) -> None:
    for name, certificate in CERTIFICATES.items():
        page = written.pages[f"claims/{name}.html"]
        sections = page.find("section", "part")
        for data, section in zip(certificate["proofs"], sections, strict=False):
            (proof,) = section.find("details", "proof")
            steps = [bold.text for bold in proof.find("b")]
            assert steps == [f"{number}." for number in range(1, len(data["steps"]) + 1)]
            cited = [step["lemma"] for step in data["steps"] if step.get("lemma")]
            linked = [(link.text, link.attributes["href"]) for link in proof.find("a")]
            assert linked == [
                (lemma, "../claims/{}.html#part-{}".format(*lemma.rsplit(".", 1)))
                for lemma in cited
            ]
            # What is copied is the proof that is shown.
            copied = section.find("details", "source")[-1].find("code")[0].text
            assert copied.count(r"\textbf{") == len(steps)


def test_the_latex_of_a_proof_is_that_of_the_proof(book: Book) -> None:
    for entry in list(book.entries.values())[::9]:
        for section in entry.sections:
            if section.proof is None:
                continue
            certificate = CERTIFICATES[entry.id]
            data = certificate["proofs"][section.number - 1]
            names = abbreviations(*section.part.expressions)
            assert section.proof.latex == proof_in_latex(certificate["letters"], data, names=names)


@every_claim
def test_examples_are_right_by_words_too(claim: Claim, written: Written) -> None:
    """The numbers on the page are values of trees; a sum of words is another way to them."""
    if claim.id not in CERTIFICATES:
        return
    page = written.pages[f"claims/{claim.id}.html"]
    for part, data, section in zip(
        claim.parts, CERTIFICATES[claim.id]["proofs"], page.find("section", "part"), strict=False
    ):
        compared = 0
        (example,) = section.find("details", "example")
        reading = Instance.from_data(data["holds_for"]).exact()
        sides = example.find("div", "sides")
        values = {
            leaves(v.find("span", "formula")[0]): v for s in sides for v in s.find("div", "value")
        }
        for expr in part.statement.expressions:
            value = values.get(shown(f"{latex(expr)} ="))
            if value is not None:
                found = numbers(value.find("table", "matrix")[0])
                assert found == to_fractions(reading.value_of_words(words(expr)))
                compared += 1
        told = all(isinstance(expr, Letter | Identity) for expr in part.statement.expressions)
        assert compared or told or isinstance(part.statement, RankEquation)
        if isinstance(part.statement, Equation):
            assert "Both sides are equal." in example.text
        assert not re.search("differ|is not positive", example.text)


def test_counterexamples_contradict_what_they_are_shown_for(written: Written) -> None:
    seen = 0
    for name, page in written.pages.items():
        for needed in page.find("details", "needed"):
            if needed.find("table", "matrix"):
                seen += 1
                assert re.search(
                    r"differ|is not positive|does not exist|The ranks are", needed.text
                ), name
        for failing in page.find("div", "failing"):
            seen += 1
            assert re.search(r"differ|is not positive", failing.text), name
    assert seen > 50


def test_certificates_are_those_that_were_checked(written: Written) -> None:
    for name, certificate in CERTIFICATES.items():
        copied = json.loads((written.folder / "certificates" / f"{name}.json").read_text("utf-8"))
        assert copied == certificate
        page = written.pages[f"claims/{name}.html"]
        assert any(a.attributes["href"].endswith(f"{name}.json") for a in page.find("a"))


def test_the_digests_are_a_file_too(written: Written) -> None:
    stored = json.loads((written.folder / "digests.json").read_text("utf-8"))
    assert stored == {
        f"{claim.id}.{number}": digest(part)
        for claim in CLAIMS.values()
        for number, part in enumerate(claim.parts, 1)
    }


def test_the_list_has_every_claim_in_its_family(written: Written) -> None:
    page = written.pages["index.html"]
    listed = [link.attributes["href"] for link in page.find("a", "id")]
    assert listed == [f"claims/{name}.html" for name in CLAIMS]
    assert [h.text[0] for h in page.find("h2")] == list(FAMILIES)


def test_every_cell_of_the_table_leads_to_its_part(written: Written) -> None:
    (table,) = written.pages["table.html"].find("table", "methods")
    cells = [(a.text, a.attributes["href"]) for a in table.find("a", "verdict")]
    assert cells == [
        (entry.cell.verdict, f"claims/{entry.row.claim}.html#part-{entry.part}")
        for entry in entries({})
    ]


def test_the_errata_have_every_claim_that_fails_and_name_claims_that_hold(
    written: Written, book: Book
) -> None:
    page = written.pages["errata.html"]
    failing = [claim.id for claim in CLAIMS.values() if claim.expected == "fails"]
    assert [node.attributes["id"] for node in page.find("article")] == failing
    for correction in CORRECTIONS:
        for name in correction.claims:
            assert book.entries[name].status != "refuted"


def test_the_search_knows_every_claim(written: Written) -> None:
    script = (written.folder / "search.js").read_text("utf-8")
    index = json.loads(script.removeprefix("const BOOK_INDEX = ").removesuffix(";\n"))
    found = {entry["id"]: entry for entry in index}
    assert set(CLAIMS) <= set(found)
    assert str(CLAIMS["A3"].parts[0].statement) in found["A3"]["text"]
    for entry in index:
        assert (written.folder / entry["url"].partition("#")[0]).is_file()


def test_what_is_known_of_a_claim_besides_is_linked(book: Book) -> None:
    entry = book.entries["A2"]
    assert "fine_tuned" in entry.methods
    assert entry.defined_at.file == "claims/fine_tuning.py"
    assert any("A2" in picture.about for picture in book.pictures)
    assert book.cited_by["A4"] == tuple(e.id for e in book.entries.values() if "A4" in e.cites)
    assert "C3" in book.cited_by["A4"]
    for other in book.entries.values():
        line = other.defined_at.line
        path = load_source(other.defined_at.file)
        key = other.id[2:] if other.family == "G" else other.id
        assert any(f'"{key}"' in text for text in path[line - 1 : line + 2]), other.id


def load_source(file: str) -> list[str]:
    return (Path(linreg_unlearn.__file__).parent / file).read_text("utf-8").splitlines()
