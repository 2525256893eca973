"""What draws are counted by, and that instances of a part that says little are noticed."""

from __future__ import annotations

from linreg_unlearn.algebra.expressions import Equation, Letter, Zero
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import assumptions_hold
from linreg_unlearn.audit.vacuity import ASPECTS, drawn, reason
from linreg_unlearn.claims.assumptions import distinct, interpolating, one_forget_row
from linreg_unlearn.claims.claim import Part, load_claims
from linreg_unlearn.claims.vocabulary import X, X_f, X_r, w_o, w_star, y

CLAIMS = load_claims()


def test_counts_are_those_of_the_draws_themselves() -> None:
    part = CLAIMS["A3"].parts[0]
    seen = drawn(part, draws=50, seed=3)
    source = RandomSource(3)
    instances = [draw_instance(part, source, Limits()) for _ in range(50)]
    valid = [instance for instance in instances if assumptions_hold(part, instance)]
    assert seen.valid == len(valid)
    assert seen.having["n_f ≥ 2"] == sum(i.sizes["n_f"] >= 2 for i in valid)
    shared = 0
    for instance in valid:
        rows = instance.float_letters["X"] != 0
        n_r = instance.sizes["n_r"]
        shared += bool((rows[:n_r].any(axis=0) & rows[n_r:].any(axis=0)).any())
    assert seen.having["features overlap"] == shared


def test_what_no_instance_has_is_named_and_has_a_reason_where_there_is_one() -> None:
    apart = Part(X_r @ X_f.T == 0, (distinct,))
    seen = drawn(apart, draws=30)
    assert seen.never == ("features overlap",)
    assert reason(apart, "features overlap")
    assert not reason(apart, "n_f ≥ 2")
    single = Part(X_f @ w_o == X_f @ w_o, (one_forget_row,))
    assert "n_f ≥ 2" in drawn(single, draws=30).never
    assert reason(single, "n_f ≥ 2")


def test_a_part_that_is_only_drawn_where_it_says_nothing_is_noticed() -> None:
    # X = 0 makes everything true.
    empty = Part(X @ w_star == y, (interpolating, Equation(X, Zero(X.shape))))
    seen = drawn(empty, draws=60)
    assert not seen.having.get("informative", 0)
    # A mask that is said to keep everything masks nothing.
    everything = CLAIMS["B4"].parts[1]
    assert drawn(everything, draws=60).never == ("masks mask",)
    assert reason(everything, "masks mask")
    assert not reason(CLAIMS["B1"].parts[0], "masks mask")


def test_an_aspect_that_a_part_does_not_speak_of_is_not_counted() -> None:
    A = Letter("A", "m", "n")
    part = Part(A.T @ A == (A.T @ A).T)
    instance = draw_instance(part, RandomSource(0), Limits())
    assert {name: aspect(part, instance) for name, aspect in ASPECTS.items()} == {
        "informative": True,
        "features overlap": None,
        "masks mask": None,
        "n_f ≥ 2": None,
        "no side is zero": True,
    }
