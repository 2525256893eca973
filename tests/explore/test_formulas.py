"""What the page says of formulas and claims is what the table, the data and the proofs say."""

from dataclasses import replace

import numpy as np
import pytest

from linreg_unlearn.algebra.text import latex
from linreg_unlearn.audit.certificates import check_claims, read_folder
from linreg_unlearn.claims.cells import REGIMES
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.cli import markers
from linreg_unlearn.explore.solving import problem_of, solve
from linreg_unlearn.explore.state import State
from linreg_unlearn.explore.theory import claims_on, formulas, status_of
from linreg_unlearn.shipped import checkout_root
from linreg_unlearn.table import rows

STATES = {
    "distinct": State(setup="distinct", seed=1),
    "overlapping": State(seed=1),
    "shared": State(setup="shared", d_lap=60, seed=1),
    "ridge": State(ridge=0.1, noise=0.5, seed=1),
    "under": State(setup="shared", n_r=40, d_lap=10, noise=0.5, seed=1),
}


@pytest.mark.parametrize("regime", REGIMES)
def test_in_every_regime_all_rows_are_shown_and_agree(regime: str) -> None:
    found = formulas(STATES[regime])
    assert found.regime == regime
    assert found.title == REGIMES[regime]
    assert not found.missed
    number = list(REGIMES).index(regime) + 1
    assert [item.title for item in found.formulas] == [row.title for row in rows().values()]
    for item, row in zip(found.formulas, rows().values(), strict=True):
        cell = row.cells[number - 1]
        assert item.agreement == "yes", item.title
        assert not item.reason
        assert (item.verdict, item.claim) == (cell.verdict, f"{row.claim}.{number}")
        assert item.weights.endswith(latex(getattr(cell.weights, "body", cell.weights)))
        assert bool(item.error) == (item.verdict in ("inexact", "diverges"))


@pytest.mark.parametrize("regime", REGIMES)
def test_the_verdicts_are_what_the_methods_do(regime: str) -> None:
    """Exact is golden and a no-op is the pretrained model, on the data as in the table."""
    state = STATES[regime]
    apart = next(
        line.row.distance_to_golden
        for line in solve(state).lines
        if line.row.method == "pretrained"
    )
    for item in formulas(state).formulas:
        assert item.seen is not None
        if item.verdict == "exact":
            assert item.seen.distance <= 1e-9 * apart, item.title
        elif item.verdict == "no-op":
            assert item.seen.distance == pytest.approx(apart, rel=1e-8), item.title
        else:
            assert item.seen.distance > 1e-9 * apart, item.title
        assert item.seen.distance_by_formula == pytest.approx(
            item.seen.distance, rel=1e-7, abs=1e-9 * apart
        )


def test_data_of_no_regime_name_what_they_miss() -> None:
    found = formulas(State(setup="shared", d_lap=24, noise=0.5))
    assert found.regime is None
    assert found.title == "none of the table"
    assert not found.formulas
    assert set(found.missed) == {"X_r of full column rank", "interpolating"}
    assert all(not margin.met and margin.reading for margin in found.missed.values())


def test_a_wrong_formula_is_called_different() -> None:
    item = formulas(State()).formulas[2]
    seen = item.seen
    assert seen is not None
    assert item.agreement == "yes"
    for factor, word in ((1 + 1e-12, "yes"), (1 + 1e-6, "no"), (-1, "no"), (0, "no")):
        assert replace(item, seen=replace(seen, solved=factor * seen.solved)).agreement == word
    assert replace(item, seen=None).agreement == ""


def test_ill_conditioned_data_are_called_so_and_not_different() -> None:
    words = {
        state: {item.agreement for item in formulas(state).formulas}
        for state in (
            State(condition=1e8),
            State(condition=1e8, seed=8945, n_r=2, d_r=47, d_lap=29, d_f=9),
            State(setup="shared", n_r=44, n_f=29, d_lap=48, condition=1e7, ridge=2e-3),
            *(State(ridge=10.0**-k) for k in range(10)),
        )
    }
    assert all("no" not in found for found in words.values())
    assert "ill-conditioned" in words[State(condition=1e8)]
    # A large ridge is well-conditioned, and so are data as they are drawn.
    assert words[State(ridge=1.0)] == {"yes"}


def test_data_that_are_too_large_for_formulas_say_so() -> None:
    found = formulas(State(setup="digits", samples=100, features=300, ridge=1.0))
    assert found.regime == "ridge"
    for item in found.formulas:
        assert item.seen is None
        assert "use fewer rows or columns" in item.reason
        assert item.agreement == ""


def test_formulas_hold_for_ten_outputs_or_say_that_they_are_for_one() -> None:
    found = formulas(State(setup="digits", samples=100, features=50, ridge=1.0)).formulas
    (single,) = (item for item in found if item.seen is None)
    assert single.title == "SSD (dampening)"
    assert "its formula is for one output" in single.reason
    words = [item.agreement for item in found]
    assert words.count("yes") >= len(words) - 2
    assert "no" not in words
    assert {item.seen.formula.shape for item in found if item.seen is not None} == {(50, 10)}


def test_the_status_of_a_claim_is_that_of_the_readme_and_of_its_certificate() -> None:
    """A test of the README compares its table with ``verify``."""
    root = checkout_root()
    assert root is not None
    begin, end = markers("claims")
    text = (root / "README.md").read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    lines = [line.strip("| \n").split(" | ") for line in text.strip().splitlines()[2:]]
    shown = {line[0]: line[-1] for line in lines}
    claims = load_claims()
    statuses = {name: status_of(claim) for name, claim in claims.items()}
    # Its last line stands for all cells of the table of methods.
    assert {statuses[name] for name in statuses if name.startswith("G.")} == {shown.pop("G")}
    assert {name: statuses[name] for name in shown} == shown
    checked = check_claims(claims.values(), read_folder())
    accepted = {outcome.name for outcome in checked.outcomes if outcome.accepted}
    assert accepted == {name for name, word in statuses.items() if word.startswith("proved")}
    refuted = {name for name, word in statuses.items() if word == "refuted"}
    assert refuted == {name for name, claim in claims.items() if claim.expected == "fails"}


def test_claims_are_those_about_data_and_apply_where_their_assumptions_are_met() -> None:
    found = {item.claim.id: item for item in claims_on(problem_of(State()))}
    assert not [name for name in found if name.startswith(("L", "G"))]
    assert all(item.claim.expected == "holds" for item in found.values())
    assert found["A2"].applies
    assert "A11.blind" in load_claims()
    assert "A11.blind" not in found
    # Noise on more rows than columns takes interpolation away, and the margin says how much.
    noisy = State(setup="shared", n_r=40, d_lap=10, noise=0.5)
    margins = dict({item.claim.id: item for item in claims_on(problem_of(noisy))}["A5"].missed)
    problem = problem_of(noisy)
    w = np.linalg.lstsq(problem.X, problem.y, rcond=None)[0]
    left = np.linalg.norm(problem.X @ w - problem.y) / np.linalg.norm(problem.y)
    assert margins["interpolating"].miss == pytest.approx(left)
