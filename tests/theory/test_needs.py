"""Every assumption of a registered claim is needed, and what shows it is decided again here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Equation, Identity, Letter, inv, pinv
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.statements import Mask, Positive, Semidefinite, Statement
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.certificates import accepted_lemmas, digest
from linreg_unlearn.audit.evidence import Verdict, judge
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.needs import (
    Need,
    contradicts,
    dropped,
    fault_of,
    find_need,
    name_of,
    read_needs,
    read_records,
    undefined_term,
)
from linreg_unlearn.claims.claim import Assumption, Part, load_claims
from linreg_unlearn.errors import InputError

A, B, M = Letter("A", "n", "n"), Letter("B", "n", "n"), Letter("M", "n", "n")
x = Letter("x", "n", "c")
I_n = Identity("n")
NEEDS = read_needs()


def is_wrong_as_words(statement: Statement, instance: Instance) -> bool:
    """A second route: the words of a statement, which no decision of trees ever looks at."""
    reading = instance.exact()
    if isinstance(statement, Equation):
        difference = words(statement.lhs) - words(statement.rhs)
        return not rational.is_zero(reading.value_of_words(difference))
    if isinstance(statement, Semidefinite):
        value = rational.to_float(reading.value_of_words(words(statement.argument)))
        lowest = float(np.linalg.eigvalsh((value + value.T) / 2).min())
        return lowest < -1e-9 or not np.allclose(value, value.T)
    return judge(Part(statement), instance) is Verdict.VIOLATED


@pytest.mark.parametrize("claim_id", sorted({claim for claim, _, _ in NEEDS}))
def test_what_is_kept_of_assumptions_is_so(claim_id: str) -> None:
    claim = load_claims()[claim_id]
    for number, part in enumerate(claim.parts, 1):
        for item in part.assuming:
            need = NEEDS[claim_id, number, name_of(item)]
            assert fault_of(part, item, need, accepted_lemmas()) == "", (number, name_of(item))
            if need.outcome == "needed":
                assert need.instance is not None
                assert is_wrong_as_words(part.statement, need.instance), (number, name_of(item))


def test_what_is_kept_belongs_to_the_claims_as_they_are() -> None:
    for claim_id, record in read_records().items():
        parts = load_claims()[claim_id].parts
        assert [entry["statement"] for entry in record["parts"]] == [digest(p) for p in parts]
        for entry, part in zip(record["parts"], parts, strict=True):
            assert list(entry["needs"]) == [name_of(item) for item in part.assuming]


def test_an_assumption_that_is_needed_has_the_smallest_counterexample() -> None:
    part = Part(A @ B == B @ A, (A == A.T, A @ B == I_n))
    inverse = part.assuming[1]
    # A B = I makes matrices commute whether or not they are symmetric.
    need = find_need(part, inverse, {})
    assert (need.outcome, need.minimal) == ("needed", True)
    assert need.instance is not None
    assert need.instance.sizes == {"n": 2}
    assert contradicts(dropped(part, inverse), need.instance)
    assert fault_of(part, inverse, need, {}) == ""


def test_an_assumption_that_is_not_needed_has_a_certificate() -> None:
    part = Part(A @ pinv(A) @ A @ x == A @ x, (A == A.T,))
    need = find_need(part, part.assuming[0], {})
    assert need.outcome == "not needed"
    assert fault_of(part, part.assuming[0], need, {}) == ""
    assert need.certificate is not None
    other = Part(A @ pinv(A) @ x == x, (A == A.T,))
    assert "rejected" in fault_of(other, other.assuming[0], need, {})


def test_an_assumption_that_makes_an_inverse_exist_is_definitional() -> None:
    part = Part(A @ inv(A) @ x == x, (Assumption("A is invertible", (inv(A) @ A == I_n,)),))
    need = find_need(part, part.assuming[0], {}, budget=100_000)
    assert (need.outcome, need.term) == ("definitional", "A⁻¹")
    assert need.instance is not None
    assert rational.is_zero(need.instance.letters["A"])
    assert fault_of(part, part.assuming[0], need, {}) == ""
    # What exists is no such instance, and neither is another term.
    fine = Instance({"n": 1, "c": 1}, dict.fromkeys("Ax", rational.identity(1)), {})
    assert undefined_term(dropped(part, part.assuming[0]), fine) == ""
    assert fault_of(part, part.assuming[0], replace(need, instance=fine), {}) != ""
    assert fault_of(part, part.assuming[0], replace(need, term="B⁻¹"), {}) != ""


def test_where_a_claim_says_that_an_inverse_exists_a_singular_matrix_refutes_it() -> None:
    gram = A.T @ A + parameter("lambda") * I_n
    part = Part(inv(gram) @ gram == I_n, (Positive("lambda"),))
    need = find_need(part, part.assuming[0], {})
    assert need.outcome == "needed"
    assert need.instance is not None
    assert need.instance.parameters["lambda"] <= 0


def test_a_mask_may_be_any_matrix_where_it_is_dropped() -> None:
    part = Part(M @ M == M, (Mask(M),))
    need = find_need(part, part.assuming[0], {})
    assert need.outcome == "needed"
    assert need.instance is not None
    value = need.instance.letters["M"]
    assert value * value != value


def test_an_instance_of_something_else_is_refused() -> None:
    part = load_claims()["A4"].parts[0]
    item = part.assuming[0]
    need = NEEDS["A4", 1, name_of(item)]
    assert need.instance is not None
    letters = {**need.instance.letters, "y": need.instance.letters["y"] * 0}
    harmless = Instance(need.instance.sizes, letters, need.instance.parameters)
    for wrong in (replace(need, instance=harmless), replace(need, instance=None)):
        assert fault_of(part, item, wrong, {}) != ""
    assert fault_of(part, item, Need("not needed"), {}) != ""
    # What the letters mean is kept: selectors that do not split the rows are no instance.
    letters = {**need.instance.letters, "E_f": need.instance.letters["E_r"]}
    assert not contradicts(
        dropped(part, item),
        Instance(need.instance.sizes, letters, need.instance.parameters),
    )


def test_only_an_assumption_can_be_dropped() -> None:
    with pytest.raises(InputError, match="no assumption"):
        dropped(Part(A == A), A == B)
