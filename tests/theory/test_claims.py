"""Every registered claim, property-tested: a claim added later is tested without a test."""

import pytest

from linreg_unlearn.claims.claim import Claim, load_claims
from linreg_unlearn.testing.claims import check_claim, check_claim_in_floats

CLAIMS = load_claims()
HOLDING = {name: claim for name, claim in CLAIMS.items() if claim.expected == "holds"}
FAILING = {name: claim for name, claim in CLAIMS.items() if claim.expected == "fails"}


@pytest.mark.parametrize("claim", HOLDING.values(), ids=list(HOLDING))
def test_holds_exactly(claim: Claim) -> None:
    check_claim(claim)


@pytest.mark.parametrize("claim", HOLDING.values(), ids=list(HOLDING))
def test_methods_agree_with_it_in_floats(claim: Claim) -> None:
    check_claim_in_floats(claim)


@pytest.mark.parametrize("claim", FAILING.values(), ids=list(FAILING))
def test_fails_where_it_is_expected_to(claim: Claim) -> None:
    with pytest.raises(AssertionError, match=r"is violated|fails for"):
        check_claim(claim)


def test_the_families_are_complete() -> None:
    numbers = {name.partition(".")[0] for name in CLAIMS}
    assert numbers >= {f"A{k}" for k in range(1, 9)} | {f"B{k}" for k in range(1, 7)}
