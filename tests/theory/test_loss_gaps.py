"""SymPy's rational functions agree with the loss gaps of the registry, entry by entry."""

from types import ModuleType
from typing import Any

import pytest

from linreg_unlearn.algebra.expressions import gram
from linreg_unlearn.claims.vocabulary import X_f, m_f, w_star
from linreg_unlearn.shipped import find_directory, load_script


def _load() -> ModuleType:
    return load_script(find_directory("proofs") / "loss_gaps.py")


LOSS_GAPS = _load()


@pytest.mark.parametrize("case", LOSS_GAPS.CASES, ids=lambda case: f"{case.claim}-{case.part}")
def test_the_derived_loss_is_the_registered_formula(case: Any) -> None:
    derivation = LOSS_GAPS.derive(case)
    assert derivation.holds
    assert not derivation.is_vacuous


def test_every_loss_gap_is_derived() -> None:
    assert {case.claim for case in LOSS_GAPS.CASES} == {"A3", "A4", "A5", "B2", "B5"}


def test_a_wrong_formula_is_told_apart() -> None:
    first = LOSS_GAPS.CASES[0]
    forgot_the_projector = m_f * gram(X_f @ w_star)
    assert not LOSS_GAPS.derive(first, forgot_the_projector).holds
    right_but_for_a_factor = 2 * LOSS_GAPS.load_claims()["A3"].parts[0].statement.rhs
    assert not LOSS_GAPS.derive(first, right_but_for_a_factor).holds


def test_the_minimum_norm_weights_satisfy_their_constraint() -> None:
    space = LOSS_GAPS.SymbolicSpace(["a", "b", "y"])
    A, b = space.matrix([["a", "b"]]), space.matrix([["y"]])
    w = LOSS_GAPS.minimum_norm(A, b)
    assert LOSS_GAPS.is_zero(A * w - b)
