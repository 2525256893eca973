"""Every registered claim, property-tested: a claim added later is tested without a test."""

import pytest

from linreg_unlearn.audit.evidence import violates
from linreg_unlearn.audit.verify import Effort, verify_claim
from linreg_unlearn.claims.claim import Claim, load_claims
from linreg_unlearn.testing.claims import check_claim, check_claim_in_floats

CLAIMS = load_claims()
# Lemmas are proved, and read entry by entry; random draws rarely meet their assumptions. Cells of
# the table have witnesses. What E6 assumes of β is met by too few draws; verify looks for them.
THEOREMS = {name: claim for name, claim in CLAIMS.items() if not name.startswith(("L", "G", "E6"))}
HOLDING = {name: claim for name, claim in THEOREMS.items() if claim.expected == "holds"}
FAILING = {name: claim for name, claim in CLAIMS.items() if claim.expected == "fails"}


@pytest.mark.parametrize("claim", HOLDING.values(), ids=list(HOLDING))
def test_holds_exactly(claim: Claim) -> None:
    check_claim(claim)


@pytest.mark.parametrize("claim", HOLDING.values(), ids=list(HOLDING))
def test_methods_agree_with_it_in_floats(claim: Claim) -> None:
    check_claim_in_floats(claim)


@pytest.mark.parametrize("claim", FAILING.values(), ids=list(FAILING))
def test_fails_where_it_is_expected_to(claim: Claim) -> None:
    # Seeded draws rather than Hypothesis: some violations are rare, and a test must not be lucky.
    report = verify_claim(claim, Effort(search=500))
    assert report.status == "refuted"
    assert report.counterexample is not None
    assert violates(claim.parts[report.counterexample.part], report.counterexample.instance)


def test_the_families_are_complete() -> None:
    numbers = {name.partition(".")[0] for name in CLAIMS}
    assert numbers >= {f"A{k}" for k in range(1, 9)} | {f"B{k}" for k in range(1, 7)}
