"""The search for the smallest counterexample, against plain enumeration."""

import functools
import itertools

import pytest
from flint import fmpq_mat

from linreg_unlearn.algebra.expressions import Letter, pinv
from linreg_unlearn.audit.evidence import violates
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.search import smallest_counterexample
from linreg_unlearn.claims.claim import Claim, Part, load_claims

A, B = Letter("A", "m", "n"), Letter("B", "n", "k")
REVERSE_ORDER = Part(pinv(A @ B) == pinv(B) @ pinv(A))
FAILING = [claim for claim in load_claims().values() if claim.expected == "fails"]

# The search for B3.gap covers tens of thousands of instances, so it is made once.
search = functools.cache(functools.partial(smallest_counterexample, budget=60_000))

Key = tuple[int, int, int]


def size_of(instance: Instance, names: set[str]) -> Key:
    """Sum of dimensions, largest entry, non-zero entries of the letters that are free."""
    entries = [e for name in names for e in instance.letters[name].entries()]
    return (
        instance.total_size(),
        max(int(abs(e)) for e in entries),
        sum(e != 0 for e in entries),
    )


def test_the_reverse_order_law_fails_first_where_plain_enumeration_says() -> None:
    # Every pair of matrices with entries -1, 0, 1, by size; no symmetry is used.
    best: Key | None = None
    for total in range(3, 6):
        for m, n in itertools.product(range(1, 4), repeat=2):
            k = total - m - n
            if k < 1:
                continue
            sizes = {"m": m, "n": n, "k": k}
            for entries in itertools.product((-1, 0, 1), repeat=m * n + n * k):
                letters = {
                    "A": fmpq_mat(m, n, list(entries[: m * n])),
                    "B": fmpq_mat(n, k, list(entries[m * n :])),
                }
                instance = Instance(sizes, letters, {})
                if violates(REVERSE_ORDER, instance):
                    key = size_of(instance, {"A", "B"})
                    best = key if best is None else min(best, key)
        if best is not None:
            break
    found = smallest_counterexample(REVERSE_ORDER)
    assert found is not None
    assert found.covered
    assert size_of(found.instance, {"A", "B"}) == best


@pytest.mark.parametrize("claim", FAILING, ids=lambda claim: str(claim.id))
def test_what_is_found_violates_the_claim(claim: Claim) -> None:
    part = claim.parts[0]
    found = search(part)
    assert found is not None
    assert violates(part, found.instance)
    assert found.covered


def test_nothing_is_found_where_the_claim_holds() -> None:
    assert smallest_counterexample(Part(A @ pinv(A) @ A == A), budget=2000) is None


def test_the_budget_is_kept() -> None:
    part = load_claims()["B3.gap"].parts[0]
    assert smallest_counterexample(part, budget=100) is None


def test_features_turned_or_renamed_give_the_same_verdict() -> None:
    # The search skips instances that differ by this alone.
    part = load_claims()["B3.gap"].parts[0]
    found = search(part)
    assert found is not None
    instance = found.instance
    turn = fmpq_mat(3, 3, [0, 0, -1, 1, 0, 0, 0, -1, 0])
    back = turn.transpose()
    letters = dict(instance.letters)
    letters["X"], letters["w_*"] = letters["X"] * back, turn * letters["w_*"]
    letters["M"] = turn * letters["M"] * back
    turned = Instance(instance.sizes, letters, instance.parameters)
    assert violates(part, turned)
