"""The audit of a claim says what is wrong with it, and nothing where nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from linreg_unlearn.audit import report
from linreg_unlearn.audit.certificates import accepted_lemmas, read_folder
from linreg_unlearn.audit.corruption import ALWAYS, UNLESS_RIGHT, corrupted
from linreg_unlearn.audit.needs import read_records
from linreg_unlearn.claims.claim import load_claims

CLAIMS = load_claims()


@pytest.mark.parametrize("name", ["A8", "L2", "G.golden"])
def test_nothing_is_wrong_with_these(name: str) -> None:
    seen = report.audit_claim(CLAIMS[name])
    assert seen.faults == ()
    assert seen.neighbours["refuted"]
    assert seen.corruptions["rejected"] > 20
    assert seen.informative > seen.draws / 2


def _changed(name: str, change: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    records = {name: read_records()[name]}
    change(records[name]["parts"])
    monkeypatch.setattr(report, "_records", lambda: records)
    return report.audit_claim(CLAIMS[name]).faults


def test_a_stale_record_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(parts: Any) -> None:
        parts[0]["statement"] = "0" * 16

    faults = _changed("A8", stale, monkeypatch)
    assert any("no current record" in fault for fault in faults)
    assert any("unknown" in fault for fault in faults)


def test_in_the_table_an_assumption_may_be_that_of_the_regime_alone() -> None:
    seen = report.audit_claim(CLAIMS["G.golden"])
    assert seen.needs["not needed"]
    assert not seen.faults


def test_a_forged_certificate_of_what_is_not_needed_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def free(parts: Any) -> None:
        (need,) = parts[0]["needs"].values()
        need["outcome"] = "not needed"
        need["certificate"] = {"letters": {}, "proof": {"relations": {}, "steps": []}}

    assert any("rejected" in fault for fault in _changed("A8", free, monkeypatch))


def test_an_assumption_that_is_not_needed_is_a_fault_outside_of_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "fault_of", lambda *_: "")

    def free(parts: Any) -> None:
        (need,) = parts[0]["needs"].values()
        need["outcome"] = "not needed"

    assert any("holds without" in fault for fault in _changed("A8", free, monkeypatch))


def test_a_need_that_is_not_so_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def harmless(parts: Any) -> None:
        (need,) = parts[0]["needs"].values()
        letters = need["instance"]["letters"]
        letters["X"] = [[0 for _ in row] for row in letters["X"]]
        letters["y"] = [[0 for _ in row] for row in letters["y"]]

    assert any("no counterexample" in fault for fault in _changed("A8", harmless, monkeypatch))


def test_a_corrupted_proof_that_is_accepted_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    claim, certificate = CLAIMS["A8"], read_folder()["A8"]
    good = corrupted(claim, certificate, accepted_lemmas(), most=2)
    assert not good.accepted
    monkeypatch.setattr("linreg_unlearn.audit.corruption.check", lambda *_: None)
    bad = corrupted(claim, certificate, accepted_lemmas(), most=2)
    assert bad.rejected == 0
    assert bad.accepted
    assert len(bad.accepted) + bad.still_proofs == good.rejected + good.still_proofs
    assert certificate == read_folder()["A8"]


def test_no_kind_of_corruption_is_both() -> None:
    assert not set(ALWAYS) & set(UNLESS_RIGHT)
