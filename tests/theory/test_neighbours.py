"""Neighbours of a statement are refuted, say the same, or follow; what is kept is not believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.expressions import Equation, Expr, Letter, Zero, gram, pinv
from linreg_unlearn.algebra.statements import Mask, RankEquation, Semidefinite, Statement
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.certificates import accepted_lemmas
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import assumptions_hold
from linreg_unlearn.audit.neighbours import (
    RULES,
    Record,
    fates_of,
    form,
    name_of,
    neighbours,
    reduced,
    scaled,
    search_neighbours,
)
from linreg_unlearn.claims.claim import Part, load_claims
from linreg_unlearn.claims.vocabulary import (
    I_d,
    M,
    P,
    P_f,
    P_r,
    X,
    X_f,
    X_r,
    m_r,
    unlearning_loss,
    w_g,
    w_o,
    y_f,
)

A, B, A_d = Letter("A", "n", "n"), Letter("B", "n", "n"), Letter("A", "d", "d")
HOLDING = {name: claim for name, claim in load_claims().items() if claim.expected == "holds"}


def zero(expr: Expr) -> Equation:
    return Equation(expr, Zero(expr.shape))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part(A @ B == A - B), [A @ B == -A - B, B @ A == A - B, A.T @ B == A - B, A @ B == A]),
        (Part(A @ B == A - B), [2 * (A @ B) == A - B, B == A - B]),
        (Part(pinv(A) @ B == B), [A.T @ B == B, pinv(A) == B]),
        (Part(w_g == w_o), [w_o == w_o, pinv(X_f) @ y_f == w_o]),
        (Part(P @ P_r == P_r), [P @ P_f == P_r, (I_d - P) @ P_r == P_r]),
        (Part(X_r @ X_f.T == 0), [X_r @ X_r.T == 0, X_r @ X.T == 0]),
        (Part(M @ A_d == A_d, (Mask(M),)), [(I_d - M) @ A_d == A_d]),
        (Part(RankEquation((X_r,), (X,))), [RankEquation((X_f,), (X,))]),
        (
            Part(Semidefinite(gram(A) - gram(B))),
            [Semidefinite(gram(A)), Semidefinite(gram(B) - gram(A)), zero(gram(A) - gram(B))],
        ),
        (Part(unlearning_loss(w_g) == 0), [m_r * gram(X_f @ w_g - y_f) == 0]),
    ],
    ids=lambda value: str(value) if isinstance(value, Part) else "",
)
def test_rules_apply_where_they_can(part: Part, expected: list[Statement]) -> None:
    forms = {form(other.statement) for other in neighbours(part)}
    assert {form(statement) for statement in expected} <= forms


def test_every_rule_applies_somewhere() -> None:
    parts = [part for claim in HOLDING.values() if claim.id[0] in "AB" for part in claim.parts]
    assert RULES.keys() <= {other.rule for part in parts for other in neighbours(part)}


@pytest.mark.parametrize("name", ["A1", "A4", "A6", "B3", "C1", "D4.ascent", "F4"])
def test_neighbours_are_well_typed_and_differ_as_words(name: str) -> None:
    for part in HOLDING[name].parts:
        every = neighbours(part)
        forms = [form(other.statement) for other in every]
        assert len(set(forms)) == len(forms)
        assert form(part.statement) not in forms


@given(st.sampled_from(sorted(HOLDING)), st.integers(0, 10**6), st.data())
def test_what_goes_without_saying_is_so(name: str, seed: int, data: st.DataObject) -> None:
    """Both the words and the shorter ones are evaluated, on an instance of the assumptions."""
    claim = HOLDING[name]
    if not claim.parts:
        return
    part = data.draw(st.sampled_from(claim.parts))
    instance = draw_instance(part, RandomSource(seed), Limits())
    if not assumptions_hold(part, instance):
        return
    masks = frozenset(
        words(s.argument).terms[0][0][0]
        for s in part.assumed
        if isinstance(s, Mask) and isinstance(s.argument, Letter)
    )
    reading = instance.exact()
    for expr in part.statement.expressions:
        for total in (words(expr), words(expr.T)):
            assert reading.value_of_words(reduced(total, masks)) == reading.value_of_words(total)


def test_a_factor_is_no_difference_unless_it_may_vanish() -> None:
    part = Part(A == 0)
    assert scaled(2 * A == 0, part) == scaled(A.T == 0, part)
    assert scaled(A + B == 0, part) != scaled(A + 2 * B == 0, part)


def test_false_neighbours_are_refuted_and_true_ones_proved() -> None:
    part = Part(A @ A == A, (A @ A == A, A == A.T))
    record = search_neighbours(part, {}, "")
    fates = fates_of(part, record, {}, "")
    assert not fates.unknown
    assert fates.refuted
    assert fates.implied + fates.equivalent
    every = len(neighbours(part))
    assert fates.refuted + fates.equivalent + fates.implied == every


def test_what_is_kept_is_not_believed() -> None:
    part = HOLDING["A1"].parts[0]
    lemmas = accepted_lemmas()
    right = fates_of(part, search_neighbours(part, lemmas, "A1.1"), lemmas, "A1.1")
    assert not right.unknown
    # All neighbours are said to be implied: those that are refuted stay so.
    every = {name_of(other.statement): 0 for other in neighbours(part)}
    told = fates_of(part, Record((), every, ()), lemmas, "A1.1")
    assert told.refuted == right.refuted
    # Nothing is kept: what is true and not proved is unknown.
    bare = fates_of(part, Record(), lemmas, "A1.1")
    assert bare.refuted == right.refuted
    assert len(bare.unknown) == right.implied > 0
    # An instance that violates the assumptions refutes nothing.
    instance = draw_instance(part, RandomSource(0), Limits())
    letters = {**instance.letters, "w_*": instance.letters["w_*"] * 0}
    foreign = replace(instance, letters=letters)
    told = fates_of(part, Record((foreign,), {}, ()), lemmas, "A1.1")
    assert (told.refuted, told.implied) == (bare.refuted, bare.implied)
