"""Every claim that holds is proved, and ``prove`` answers proved, refuted or unknown."""

import json

import pytest

from linreg_unlearn.algebra.expressions import Identity, Letter, inv, pinv
from linreg_unlearn.algebra.statements import (
    Semidefinite,
    SizeIs,
    full_column_rank,
    full_row_rank,
)
from linreg_unlearn.audit.certificates import (
    check_claims,
    provable,
    read_folder,
    to_text,
    write_certificates,
)
from linreg_unlearn.audit.evidence import assumptions_hold
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.proofs import Proved, Refuted, Unknown, prove
from linreg_unlearn.audit.verify import Effort, verify_claim
from linreg_unlearn.claims.claim import Check, Claim, Observation, Part, load_claims
from linreg_unlearn.proving.certificate import terms_of
from linreg_unlearn.proving.search import Limits

CLAIMS = load_claims()
CERTIFICATES = read_folder()
CHECKED = check_claims(CLAIMS.values(), CERTIFICATES)
MAY_ARGUE = {"A9", "A10", "B8", "B10", "C5"}  # an expectation, a depth, a best mask, bounds
MOST_TERMS = 60
# An inequality between two squares of sums, whose cross terms no lemma takes together.
LONGER = {("E6", 2): 68, ("B3", 2): 239}

A, B = Letter("A", "m", "n"), Letter("B", "n", "p")
K, M = Letter("K", "n", "n"), Letter("M", "n", "n")
I_n = Identity("n")


@pytest.mark.parametrize("name", [name for name, claim in CLAIMS.items() if provable(claim)])
def test_every_part_of_a_claim_that_holds_is_proved(name: str) -> None:
    (outcome,) = (o for o in CHECKED.outcomes if o.name == name)
    assert outcome.accepted, outcome.reason
    assert all(CHECKED.proves(CLAIMS[name], n + 1) for n in range(len(CLAIMS[name].parts)))


def test_only_what_the_language_cannot_say_rests_on_an_argument() -> None:
    with_checks = {name for name, c in CLAIMS.items() if c.checks and c.expected == "holds"}
    assert {name for name in with_checks if name[0] in "ABCL"} <= MAY_ARGUE
    assert not any(o.accepted and CLAIMS[o.name].expected == "fails" for o in CHECKED.outcomes)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_proof_is_short_and_names_an_instance_of_its_assumptions(name: str) -> None:
    for proof, part in zip(CERTIFICATES[name]["proofs"], CLAIMS[name].parts, strict=True):
        most = LONGER.get((name, proof["part"]), MOST_TERMS)
        assert terms_of(proof) <= most, f"part {proof['part']}: split it by a lemma"
        assert proof["says"] == str(part)
        assert assumptions_hold(part, Instance.from_data(proof["holds_for"]))


def test_the_same_claim_gives_the_same_certificate() -> None:
    chosen = [CLAIMS[name] for name in ("A2", "A4", "B3", "L1")]
    again, missing = write_certificates(chosen)
    assert not missing
    for claim in chosen:
        assert json.loads(to_text(again[claim.id])) == CERTIFICATES[claim.id]


def test_an_identity_by_expansion_needs_no_step() -> None:
    answer = prove((K + M) @ (K - M) == K @ K - K @ M + M @ K - M @ M)
    assert isinstance(answer, Proved)
    assert answer.terms == 0


def test_a_proof_shows_steps_text_and_latex() -> None:
    answer = prove(pinv(A.T @ A) == pinv(A) @ pinv(A).T)
    assert isinstance(answer, Proved)
    assert answer.steps
    assert answer.instance is not None
    assert any("Penrose" in line for line in answer.readable())
    assert r"\begin" in answer.latex()


def test_what_is_false_is_refuted_by_an_exact_instance() -> None:
    answer = prove(pinv(A @ B) == pinv(B) @ pinv(A))
    assert isinstance(answer, Refuted)
    assert answer.counterexample.covered


def test_what_is_neither_proved_nor_refuted_is_unknown_and_says_what_was_tried() -> None:
    # Cayley-Hamilton for one size is not a statement about words.
    X = Letter("X", "2", "2")
    Y = Letter("Y", "2", "2")
    Z = Letter("Z", "2", "2")
    square = (X @ Y - Y @ X) @ (X @ Y - Y @ X)
    answer = prove(square @ Z == Z @ square, [SizeIs("2", 2)], limits=Limits(seconds=5))
    assert isinstance(answer, Unknown)
    assert len(answer.tried) >= 2


def test_contradicting_assumptions_have_no_instance() -> None:
    answer = prove(K == M, [K @ K == I_n, K == 0 * K])
    assert isinstance(answer, Proved)
    assert answer.instance is None


def test_ranks_inverses_and_inequalities_are_goals_and_assumptions() -> None:
    for statement, assuming in (
        (A @ pinv(A) == Identity("m"), [full_row_rank(A)]),
        (full_row_rank(A), [A @ pinv(A) == Identity("m")]),
        (inv(A.T @ A) @ A.T == pinv(A), [full_column_rank(A)]),
        (Semidefinite(A.T @ A), []),
        (Semidefinite(B.T @ K @ B), [Semidefinite(K)]),
        (K.T == K, [Semidefinite(K)]),
        (inv(inv(K)) == K, [full_row_rank(K)]),
    ):
        answer = prove(statement, assuming)
        assert isinstance(answer, Proved), f"{statement}: {answer}"


def test_that_an_inverse_exists_is_part_of_what_is_claimed() -> None:
    assert isinstance(prove(inv(K) @ K == I_n), Refuted)
    assert isinstance(prove(inv(K) @ K == I_n, [full_row_rank(K)]), Proved)


def test_scalars_commute_and_only_scalars() -> None:
    x, y = Letter("x", "n", "1"), Letter("y", "n", "1")
    assert isinstance(prove(x.T @ y @ x.T == x.T @ x @ y.T @ Identity("n")), Refuted)
    assert isinstance(prove(x @ (x.T @ y) @ (y.T @ x) == x @ (y.T @ x) @ (x.T @ y)), Proved)
    assert isinstance(prove(K @ M == M @ K), Refuted)


def test_a_claim_says_how_it_is_known() -> None:
    quick = Effort(exact=5, draws=60, float_draws=1, search=2000)
    status = {n: verify_claim(CLAIMS[n], quick, CHECKED).status for n in ("A1", "A9", "A10")}
    assert status == {"A1": "proved", "A9": "argument", "A10": "proved + argument"}
    assert verify_claim(CLAIMS["A1"], quick).status == "tested"


def test_an_instance_against_a_proved_part_is_a_contradiction() -> None:
    false = Claim("Z1", "false", (Part(pinv(A @ B) == pinv(B) @ pinv(A)),), source="x")
    report = verify_claim(false, Effort(exact=5, draws=60, search=2000))
    wrong = type(report)(false, report.parts, (), (True,))
    assert (report.status, wrong.status) == ("refuted", "contradicted")
    assert not wrong.agrees


def test_a_claim_with_a_check_is_proved_with_an_argument() -> None:
    check = Check("so", "because", lambda seed: Observation(1, 0.0, "fine"))
    claim = Claim("Z2", "true", (Part(A @ pinv(A) @ A == A),), source="x", checks=(check,))
    certificates, missing = write_certificates([claim])
    assert not missing
    checked = check_claims([claim], certificates)
    quick = Effort(exact=5, draws=60, float_draws=1)
    assert verify_claim(claim, quick, checked).status == "proved + argument"
