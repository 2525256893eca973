"""The machinery that judges claims, judged: it must refute, doubt and disagree when it should."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from linreg_unlearn.algebra.expressions import gram, inv
from linreg_unlearn.algebra.statements import SizeIs
from linreg_unlearn.audit.verify import Effort, to_json, verify_claim
from linreg_unlearn.claims import claim as registry_module
from linreg_unlearn.claims.assumptions import distinct, interpolating, one_forget_row
from linreg_unlearn.claims.claim import Assumption, Claim, Part, load_claims, register
from linreg_unlearn.claims.vocabulary import (
    SOLVED_BY,
    X,
    X_f,
    m_f,
    unlearning_loss,
    w_g,
    w_o,
    w_star,
    w_t,
)
from linreg_unlearn.cli import main
from linreg_unlearn.errors import InputError
from linreg_unlearn.testing.claims import check_claim

QUICK = Effort(exact=30, draws=200, float_draws=1, search=3000)
ROW = {
    "id",
    "status",
    "expected",
    "source",
    "assumptions",
    "exact_instances",
    "float_instances",
    "max_error",
    "counterexample",
}


@pytest.fixture
def registry() -> Iterator[dict[str, Claim]]:
    """The registry, restored afterwards."""
    load_claims()
    before = dict(registry_module._REGISTRY)
    yield registry_module._REGISTRY
    registry_module._REGISTRY.clear()
    registry_module._REGISTRY.update(before)


def false_claim() -> Claim:
    # A3 without its projector.
    return Claim(
        "Z1",
        "golden's unlearning loss is that of predicting zero",
        (Part(unlearning_loss(w_g) == m_f * gram(X_f @ w_star), (interpolating,)),),
        source="nobody",
    )


def test_a_false_claim_in_the_registry_is_refuted_and_verify_exits_1(
    registry: dict[str, Claim],
) -> None:
    register(false_claim())
    result = CliRunner().invoke(main, ["verify", "Z1", "--search", "2000"])
    assert result.exit_code == 1
    assert "Z1 is refuted" in result.output
    assert "Z1 is expected to hold and is refuted" in result.output
    report = verify_claim(registry["Z1"], QUICK)
    assert report.counterexample is not None
    assert report.counterexample.covered


def test_a_claim_expected_to_fail_that_holds_disagrees() -> None:
    claim = Claim("Z2", "t", (Part(w_t == w_o, (interpolating,)),), "nobody", expected="fails")
    report = verify_claim(claim, QUICK)
    assert report.status == "tested"
    assert not report.agrees


def test_a_claim_whose_draws_are_mostly_degenerate_fails() -> None:
    # With distinct features and no loss at all, both sides are zero on every instance.
    trivial = Part(X_f @ w_g == 2 * (X_f @ w_g), (distinct,))
    claim = Claim("Z3", "zero is twice zero", (trivial,), "nobody")
    report = verify_claim(claim, QUICK)
    assert report.status == "untested"
    assert not report.agrees
    with pytest.raises(AssertionError, match="hardly tested"):
        check_claim(claim)


def test_a_claim_with_a_few_informative_draws_is_untested_too() -> None:
    # With distinct features both sides are zero; one draw in four is not of that kind.
    mostly = Assumption("mostly distinct", (), ("distinct",) * 3 + ("overlapping",))
    part = Part(X_f @ w_g == (X_f @ w_g).T.T, (mostly,))
    report = verify_claim(Claim("Z8", "twice transposed", (part,), "nobody"), QUICK)
    assert report.exact_instances > 0
    assert report.status == "untested"


def test_a_claim_whose_assumptions_never_hold_is_untested() -> None:
    impossible = Part(w_t == w_o, (one_forget_row, SizeIs("n_f", 2)))
    report = verify_claim(Claim("Z4", "nothing", (impossible,), "nobody"), QUICK)
    assert report.status == "untested"
    assert report.exact_instances == 0


def test_a_method_that_computes_something_else_is_off_in_floats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solve = SOLVED_BY[w_g]
    monkeypatch.setitem(SOLVED_BY, w_g, lambda problem, at: solve(problem, at) * (1 + 1e-9))
    report = verify_claim(load_claims()["A3"], QUICK)
    assert report.status == "off in floats"
    assert not report.agrees


def test_a_term_that_is_undefined_refutes() -> None:
    part = Part(inv(X.T @ X) @ X.T @ X @ w_star == w_star)
    report = verify_claim(Claim("Z5", "always invertible", (part,), "nobody"), QUICK)
    assert report.status == "refuted"


def test_rows_have_the_promised_keys_and_survive_json() -> None:
    reports = [verify_claim(load_claims()[name], QUICK) for name in ("A3", "B4.overlap")]
    rows = json.loads(to_json(reports))
    assert all(set(row) == ROW for row in rows)
    tested, refuted = rows
    assert tested["status"] == "tested"
    assert tested["counterexample"] is None
    assert tested["max_error"] < 1000
    assert tested["exact_instances"] >= 30
    assert refuted["counterexample"]["everything_smaller_covered"] is True
    assert refuted["counterexample"]["letters"]["X"] == [[1, 1], [0, -1]]


def test_the_same_seed_gives_the_same_report() -> None:
    claim = load_claims()["B2"]
    assert verify_claim(claim, QUICK).as_row() == verify_claim(claim, QUICK).as_row()
    other = verify_claim(claim, Effort(exact=30, float_draws=1, seed=5)).max_error
    assert verify_claim(claim, QUICK).max_error != other


def test_ids_are_unique() -> None:
    with pytest.raises(InputError, match="'A1' is taken"):
        register(Claim("A1", "again", (Part(w_o == w_o),), "nobody"))


def test_claims_that_are_no_claims_are_refused() -> None:
    with pytest.raises(InputError, match="no parts"):
        Claim("Z6", "t", (), "nobody")
    with pytest.raises(InputError, match="'perhaps'"):
        Claim("Z7", "t", (Part(w_o == w_o),), "nobody", expected="perhaps")  # type: ignore[arg-type]
