"""The counterexamples that are kept are the smallest there are."""

from __future__ import annotations

import json

import pytest

from linreg_unlearn.audit.evidence import violates
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.search import smallest_counterexample
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.shipped import find_directory

STORED = json.loads((find_directory("proofs") / "counterexamples.json").read_text("utf-8"))
SLOW = {"B3.gap.1"}
"""The search for it looks at 40,000 instances; ``python proofs/refute.py --check`` does."""


def test_every_claim_that_is_expected_to_fail_has_them() -> None:
    failing = [claim for claim in load_claims().values() if claim.expected == "fails"]
    assert list(STORED) == [
        f"{claim.id}.{number}" for claim in failing for number in range(1, len(claim.parts) + 1)
    ]


@pytest.mark.parametrize("name", STORED)
def test_it_is_one_and_the_search_finds_it_again(name: str) -> None:
    claim, _, number = name.rpartition(".")
    part = load_claims()[claim].parts[int(number) - 1]
    stored = STORED[name]
    assert violates(part, Instance.from_data(stored["instance"]))
    assert stored["covered"]
    if name not in SLOW:
        found = smallest_counterexample(part, budget=1000, position=int(number) - 1)
        assert found is not None
        assert found.instance.as_data() == stored["instance"]
        assert (found.covered, found.tried) == (stored["covered"], stored["tried"])
