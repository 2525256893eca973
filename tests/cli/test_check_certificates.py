"""``linreg-unlearn check-certificates`` says of each certificate whether it is one, and why not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from linreg_unlearn import cli
from linreg_unlearn.algebra import statements as say
from linreg_unlearn.algebra.expressions import Letter, inv, named, pinv
from linreg_unlearn.audit import certificates
from linreg_unlearn.audit.certificates import (
    FORMAT,
    check_claims,
    digest,
    provable,
    read_folder,
)
from linreg_unlearn.claims.claim import Part, load_claims

Json = Any
SHIPPED = Path(__file__).parents[2] / "proofs" / "certificates"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.console, "_width", 400)


FEW = ("A3", "A8", "L1", "L2")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of some shipped certificates, where no other claims are registered."""
    claims = load_claims()
    failing = [claim.id for claim in claims.values() if claim.expected == "fails"]
    some = {name: claims[name] for name in (*FEW, *failing)}
    monkeypatch.setattr(certificates, "load_claims", lambda: some)
    for name in FEW:
        shutil.copy(SHIPPED / f"{name}.json", tmp_path)
    return tmp_path


def checked(*arguments: str) -> tuple[int, dict[str, str], str]:
    """The exit status, what is said of each certificate, and the last line."""
    result = CliRunner().invoke(cli.main, ["check-certificates", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    *each, total = result.stdout.splitlines()
    said = dict(line.split(maxsplit=1) for line in each)
    assert len(said) == len(each), "one line each"
    return result.exit_code, said, total.strip()


def changed(path: Path, change: Callable[[Json], None]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def test_the_shipped_certificates_are_accepted() -> None:
    status, said, total = checked()
    refused = {name: text for name, text in said.items() if not text.startswith("accepted, ")}
    assert refused == {}
    assert status == 0
    wanted = [claim.id for claim in load_claims().values() if provable(claim)]
    assert list(said) == wanted
    terms = sum(int(text.split()[1]) for text in said.values())
    assert total == f"{len(wanted)} of {len(wanted)} accepted, {terms} terms in all"


def test_a_folder_is_checked_instead_of_the_shipped_one(folder: Path) -> None:
    status, said, total = checked(str(folder))
    assert status == 0
    assert tuple(said) == FEW
    terms = sum(int(text.split()[1]) for text in said.values())
    assert total == f"4 of 4 accepted, {terms} terms in all"


def refused(folder: Path, name: str, reason: str, *others: str) -> None:
    """One certificate is refused for a reason, those that cite it as well, and no others."""
    status, said, total = checked(str(folder))
    assert status == 1
    assert reason in said[name], said[name]
    assert said[name].startswith("rejected: ")
    bad = {other for other, text in said.items() if not text.startswith("accepted, ")}
    citing = {"L2"} if name == "L1" else set()
    assert bad == {name, *others, *citing}
    assert all("cites what is not proved: L1.1" in said[other] for other in citing - {*others})
    assert total.startswith(f"{len(said) - len(bad)} of {len(said)} accepted, ")


def test_one_that_is_missing(folder: Path) -> None:
    (folder / "A3.json").unlink()
    refused(folder, "A3", "rejected: missing")


def test_all_are_missing(tmp_path: Path) -> None:
    status, said, total = checked(str(tmp_path))
    assert status == 1
    assert list(said) == [claim.id for claim in load_claims().values() if provable(claim)]
    assert set(said.values()) == {"rejected: missing"}
    assert total == f"0 of {len(said)} accepted, 0 terms in all"


def test_one_that_names_no_claim(folder: Path) -> None:
    shutil.copy(folder / "A3.json", folder / "Z99.json")
    refused(folder, "Z99", "no registered claim")


def test_one_that_is_renamed(folder: Path) -> None:
    (folder / "A3.json").rename(folder / "A03.json")
    refused(folder, "A03", "no registered claim", "A3")
    assert checked(str(folder))[1]["A3"] == "rejected: missing"


def test_one_in_the_place_of_another(folder: Path) -> None:
    shutil.copy(folder / "A8.json", folder / "A3.json")
    refused(folder, "A3", "it is a certificate of 'A8'")


def test_one_of_a_claim_that_is_expected_to_fail(folder: Path) -> None:
    failing = [claim.id for claim in load_claims().values() if claim.expected == "fails"]
    if not failing:
        failing = ["B7"]  # then no claim has this name
    shutil.copy(folder / "A3.json", folder / f"{failing[0]}.json")
    refused(folder, failing[0], "no registered claim that is expected to hold")


def test_one_that_is_corrupted(folder: Path) -> None:
    def more(data: Json) -> None:
        data["proofs"][1]["steps"][-1]["claim"]["poly"][0][0] += 1

    changed(folder / "A3.json", more)
    refused(folder, "A3", "part 2: ")


def test_one_whose_claim_says_something_else_now(folder: Path) -> None:
    def stale(data: Json) -> None:
        data["proofs"][2]["statement"] = "0123456789abcdef"

    changed(folder / "A3.json", stale)
    refused(folder, "A3", "stale: part 3")


A, B = Letter("A", "n", "n"), Letter("B", "n", "n")


@pytest.mark.parametrize(
    "other",
    [
        Part(A @ B == B @ A, (A == B,)),
        Part(A @ B == A, (A == B, say.Mask(A))),
        Part(A @ B == A, (A == B, say.Positive("alpha"))),
        Part(A @ B == A, (A == B, say.Positive("beta"))),
        Part(A @ B == A, (A == B, say.SizeIs("n", 1))),
        Part(A @ B == A, (A == B, say.SizeIs("n", 2))),
        Part(A @ B == A, (A == B, say.Different("alpha", "beta"))),
        Part(A @ B == A, (A == -B,)),
        Part(inv(A) @ B == A, (A == B,)),
        Part(pinv(A) @ B == A, (A == B,)),
        Part(say.RankEquation((A @ B,), (B,)), (A == B,)),
        Part(say.Semidefinite(A @ B - A), (A == B,)),
    ],
    ids=str,
)
def test_a_part_that_says_something_else_has_another_digest(other: Part) -> None:
    assert digest(other) != digest(Part(A @ B == A, (A == B,)))


def test_a_part_that_is_written_in_another_way_has_the_same_digest() -> None:
    P = named("P", A @ B)
    assert digest(Part(P == A + 0 * B, (A == B,))) == digest(Part(A @ B == A, (A == B,)))


def test_one_of_another_version(folder: Path) -> None:
    changed(folder / "A3.json", lambda data: data.update(format=FORMAT[:-1] + "2"))
    refused(folder, "A3", "its format is not")
    changed(folder / "A3.json", lambda data: data.pop("format"))
    refused(folder, "A3", "its format is not")


def test_one_with_parts_that_are_missing_or_too_many(folder: Path) -> None:
    changed(folder / "A3.json", lambda data: data["proofs"].pop())
    refused(folder, "A3", "the claim has 4")
    changed(folder / "A8.json", lambda data: data["proofs"].append(data["proofs"][0]))
    refused(folder, "A8", "the claim has 1", "A3")


@pytest.mark.parametrize("number", [True, 1.0])
def test_numbers_of_parts_are_no_way_to_hide_a_refusal(folder: Path, number: Any) -> None:
    def hidden(data: Json) -> None:
        data["proofs"][0]["part"] = number
        data["proofs"][0]["steps"] = []

    changed(folder / "A3.json", hidden)
    status, said, _ = checked(str(folder))
    assert status == 1
    assert said["A3"].startswith("rejected: ")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "null", '"A3"', "{}", '{"format":NaN}', "[" * 100_000, "\x00", "\ufeff{}"],
    ids=lambda text: repr(text[:12]),
)
def test_one_that_cannot_be_read(folder: Path, text: str) -> None:
    (folder / "A3.json").write_text(text, encoding="utf-8")
    refused(folder, "A3", "rejected: it")


def test_one_that_is_no_text(folder: Path) -> None:
    (folder / "A3.json").write_bytes(b"\xff\xfe\x00{")
    refused(folder, "A3", "it is not JSON")
    (folder / "A3.json").unlink()
    (folder / "A3.json").mkdir()
    refused(folder, "A3", "it is not JSON")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("letters", None),
        ("letters", []),
        ("letters", {"X": None}),
        ("proofs", None),
        ("proofs", {}),
        ("proofs", [None, None, None, None]),
        ("proofs", [[], [], [], []]),
        ("claim", None),
        ("claim", ["A3"]),
    ],
)
def test_one_of_another_form(folder: Path, key: str, value: Any) -> None:
    changed(folder / "A3.json", lambda data: data.update({key: value}))
    status, said, _ = checked(str(folder))
    assert status == 1
    assert said["A3"].startswith("rejected: ")


@pytest.mark.parametrize("key", ["cofactors", "squares"])
@pytest.mark.parametrize("value", [None, 5, "many", {"a": 1}])
def test_what_a_rule_does_not_read_is_not_counted(folder: Path, key: str, value: Any) -> None:
    """A step of a rule without squares may carry anything else; that is no reason to fall over."""

    def more(data: Json) -> None:
        for proof in data["proofs"]:
            for step in proof["steps"]:
                step.setdefault(key, value)

    for name in ("A3", "A8", "L2"):
        changed(folder / f"{name}.json", more)
    status, said, _ = checked(str(folder))
    assert status in (0, 1)
    assert said["A8"].startswith(("accepted, ", "rejected: "))


def cite(name: str, images: Json, sizes: Json, claim: Json) -> Json:
    return {
        "rule": "lemma",
        "claim": claim,
        "den": 1,
        "lemma": name,
        "with": images,
        "sizes": sizes,
    }


def _itself(data: Json, name: str) -> None:
    """Have the first part of a certificate say no more than that some lemma says so."""
    (proof, *_) = data["proofs"]
    goal = proof["steps"][-1]["claim"]
    letters = {
        letter: {"row": entry["letter"][0], "col": entry["letter"][1], "poly": [[1, {}, letter]]}
        for letter, entry in data["letters"].items()
        if "letter" in entry
    }
    sizes = {size: size for total in letters.values() for size in (total["row"], total["col"])}
    proof["steps"] = [cite(name, letters, sizes, goal)]


def test_one_that_cites_itself(folder: Path) -> None:
    changed(folder / "L1.json", lambda data: _itself(data, "L1.1"))
    refused(folder, "L1", "part 1 cites what is not proved: L1.1")


def test_some_that_cite_each_other(folder: Path) -> None:
    changed(folder / "L1.json", lambda data: _itself(data, "L2.1"))
    changed(folder / "L2.json", lambda data: _itself(data, "L1.1"))
    refused(folder, "L1", "part 1 cites what is not proved: L2.1", "L2")
    refused(folder, "L2", "part 1 cites what is not proved: L1.1", "L1")


@pytest.mark.parametrize("name", ["L99.1", "A3", "", "L2.2", "L1.0", None, ["L1.1"], 1, {}])
def test_one_that_cites_what_is_not_there(folder: Path, name: Any) -> None:
    changed(folder / "L1.json", lambda data: _itself(data, name))
    status, said, _ = checked(str(folder))
    assert status == 1
    assert said["L1"].startswith("rejected: ")


def test_what_cites_a_refused_lemma_is_refused(folder: Path) -> None:
    (folder / "L1.json").unlink()
    steps = [step for proof in read_folder(folder)["L2"]["proofs"] for step in proof["steps"]]
    assert "L1.1" in {step.get("lemma") for step in steps}
    refused(folder, "L1", "missing")


def test_a_part_is_proved_where_its_own_proof_is_right(folder: Path) -> None:
    changed(folder / "A3.json", lambda data: data["proofs"][1]["steps"].clear())
    claims = {name: load_claims()[name] for name in FEW}
    found = check_claims(claims.values(), read_folder(folder))
    proved = [found.proves(claims["A3"], number) for number in (1, 2, 3, 4)]
    assert proved == [True, False, True, True]


def test_files_that_are_no_certificates_are_left_alone(folder: Path) -> None:
    (folder / "README.md").write_text("Certificates.", encoding="utf-8")
    (folder / "notes").mkdir()
    status, said, _ = checked(str(folder))
    assert status == 0
    assert tuple(said) == FEW
