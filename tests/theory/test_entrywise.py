"""Every equality of the registry holds entry by entry, where weights solve what defines them."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import Equation, Expr, Letter, gram, inv, pinv, trace, walk
from linreg_unlearn.algebra.statements import (
    KeepsActiveColumns,
    Mask,
    NoZeroColumn,
    Partition,
    Positive,
    RankEquation,
    Semidefinite,
    SizeIs,
    Statement,
)
from linreg_unlearn.claims.assumptions import any_mask, distinct, interpolating, orthogonal
from linreg_unlearn.claims.claim import Claim, Part, load_claims
from linreg_unlearn.claims.vocabulary import (
    SOLVED_BY,
    E_f,
    E_r,
    I_d,
    M,
    P,
    P_f,
    P_r,
    X_f,
    X_r,
    alpha,
    m_f,
    retain_loss,
    unlearning_loss,
    w,
    w_0,
    w_g,
    w_o,
    w_rbm,
    w_star,
    y_f,
    y_r,
)
from linreg_unlearn.shipped import find_directory, load_script

CLAIMS = load_claims()


def _load() -> ModuleType:
    return load_script(find_directory("proofs") / "entrywise.py")


ENTRYWISE = _load()


def part_of(claim: str, number: int) -> Part:
    return CLAIMS[claim].parts[number - 1]


def shape_called(name: str) -> Any:
    return next(shape for shape in ENTRYWISE.SHAPES if shape.name == name)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_every_part_comes_out_as_expected_or_has_a_reason(claim: Claim) -> None:
    for number, part in enumerate(claim.parts, 1):
        reason = ENTRYWISE.REASONS.get((claim.id, number), "")
        most = ENTRYWISE.most_shapes(claim.id, number)
        outcome = ENTRYWISE.check(part, expected=claim.expected, reason=reason, most=most)
        if reason or isinstance(part.statement, Semidefinite):
            assert outcome.kind == "not feasible"
            assert outcome.reason.endswith(".")
        else:
            assert outcome.kind == ("holds" if claim.expected == "holds" else "differs"), outcome
            assert outcome.places


def test_reasons_are_given_for_registered_parts_alone() -> None:
    parts = {(claim.id, k + 1) for claim in CLAIMS.values() for k in range(len(claim.parts))}
    assert parts >= set(ENTRYWISE.REASONS)


# What is not true is rejected.

B10_RIGHT = w_o.T @ (I_d - M) @ (w_o - w_g) - w_o.T @ (I_d - M) @ w_g

WRONG = {
    "A3 without its projector": Part(
        unlearning_loss(w_g) == m_f * gram(X_f @ w_star), (interpolating,)
    ),
    "A3 with a factor": Part(
        unlearning_loss(w_g) == 2 * m_f * gram(X_f @ (I_d - P_r) @ w_star), (interpolating,)
    ),
    "A4 with a sign": Part(P == P_r - P_f, (orthogonal,)),
    "B5 with the mean over other rows": Part(
        retain_loss(w_rbm) == m_f * gram(X_r @ (I_d - M) @ w_o), (interpolating,)
    ),
    "B10 with a transposed product": Part(
        gram(w_o - w_g) - gram(w_rbm - w_g) == B10_RIGHT, (any_mask,)
    ),
    "golden fits data that nothing fits": Part(X_r @ w_g == y_r),
    "ranks of rows always add": Part(part_of("C1", 3).statement),
}


@pytest.mark.parametrize("part", WRONG.values(), ids=list(WRONG))
def test_a_wrong_statement_is_rejected(part: Part) -> None:
    outcome = ENTRYWISE.check(part)
    assert outcome.kind == "error"
    assert outcome.places, "no shape shows it"


NEEDS_THEM = [
    *(("A1", 1), ("A2", 3), ("A2", 4), ("A3", 2), ("A3", 3), ("A4", 1), ("A4", 3), ("A4", 4)),
    *(("A5", 1), ("A6", 2), ("A6", 3), ("A6", 4), ("A8", 1), ("B1", 1), ("B3", 1), ("B4", 1)),
    *(("B5", 1), ("B5", 3), ("B6", 4), ("B6", 5), ("B6", 6), ("B6", 7), ("B9", 3), ("B9", 4)),
    *(("C1", 2), ("C1", 3), ("C2", 1), ("C3", 1), ("C4", 1), ("C4", 2), ("C4", 3)),
]


@pytest.mark.parametrize(("claim", "number"), NEEDS_THEM)
def test_the_shapes_tell_when_assumptions_are_dropped(claim: str, number: int) -> None:
    free = replace(part_of(claim, number), assuming=())
    assert ENTRYWISE.check(free, expected="fails").kind == "differs"


def test_a_part_that_cannot_be_checked_is_an_error() -> None:
    nothing_fits = Part(X_r @ w_g == y_r, (RankEquation((X_r,), (X_r, X_r)),))
    vacuous = Part(X_r @ w == 0, (w == 0,))
    unknown_size = Part(pinv(Letter("A", "d", "k")) @ X_r.T == Letter("B", "k", "n_r"))
    another_kind = Part(Mask(M), (any_mask,))
    for part in (nothing_fits, vacuous, unknown_size, another_kind):
        outcome = ENTRYWISE.check(part)
        assert outcome.kind == "error", part
        assert outcome.reason.endswith(".")


def test_where_an_inverse_does_not_exist_nothing_is_said() -> None:
    outcome = ENTRYWISE.check(Part(inv(X_r.T @ X_r) @ X_r.T == pinv(X_r)))
    assert outcome.kind == "holds"
    assert [shape.name for shape in outcome.places] == ["one feature"]


def test_claims_that_hold_cannot_be_passed_off_as_failing() -> None:
    assert ENTRYWISE.check(part_of("A1", 1), expected="fails").kind == "error"


# Weights and losses are what they are named after.


@pytest.mark.parametrize("weights", ENTRYWISE.OPTIMA, ids=str)
def test_weights_from_optimality_conditions_are_their_formulas(weights: Any) -> None:
    assert ENTRYWISE.check(Part(weights == weights.body)).kind == "holds"


@pytest.mark.parametrize("formula", SOLVED_BY, ids=str)
def test_what_methods_compute_is_derived_from_an_optimum(formula: Expr) -> None:
    # A step or a projection from given weights is its formula.
    given = any(node.same(start) for node in walk(formula) for start in (w, w_0))
    assert given or any(node in ENTRYWISE.OPTIMA for node in walk(formula))


@pytest.mark.parametrize("shape", ENTRYWISE.SHAPES, ids=lambda shape: str(shape.name))
def test_losses_are_means_of_squared_residuals(shape: Any) -> None:
    for loss, rows, labels in ((retain_loss(w_o), X_r, y_r), (unlearning_loss(w_g), X_f, y_f)):
        weights = w_o if rows is X_r else w_g
        (case,) = ENTRYWISE.cases(Part(loss == 0), shape)
        reading = case.reading()
        A, w, b = (reading.value(expr).to_list() for expr in (rows, weights, labels))
        for j in range(shape.outputs):
            squares = [
                (sum((a * w[k][j] for k, a in enumerate(row)), -b[i][j])) ** 2
                for i, row in enumerate(A)
            ]
            mean = sum(squares, case.space.field.zero) / len(A)
            assert reading.value(loss).to_list()[j][j] == mean


# What is assumed is met, by other means than those it was constructed with.


def at_random(case: Any, source: random.Random) -> ExactReading:
    """Return the exact reading of the case at random positive values of its unknowns."""
    gens = case.space.field.gens
    values = [Fraction(source.randint(1, 9), source.randint(1, 3)) for _ in gens]

    def number(entry: Any) -> Fraction:
        return of_polynomial(entry.numer) / of_polynomial(entry.denom)

    def of_polynomial(polynomial: Any) -> Fraction:
        total = Fraction(0)
        for monomial, coefficient in polynomial.terms():
            term = Fraction(int(coefficient.numerator), int(coefficient.denominator))
            for value, power in zip(values, monomial, strict=True):
                term *= value**power
            total += term
        return total

    letters = {
        name: rational.from_rows([[number(entry) for entry in row] for row in matrix.to_list()])
        for name, matrix in case.letters.items()
    }
    parameters = {name: number(value) for name, value in case.parameters.items()}
    return ExactReading(case.sizes, letters, parameters)


def parts_with_assumptions() -> Iterator[Any]:
    for claim in CLAIMS.values():
        if claim.id.startswith("G"):
            continue  # cells of the table assume regimes, which other claims assume too
        for number, part in enumerate(claim.parts, 1):
            equal = isinstance(part.statement, Equation | RankEquation)
            reason = (claim.id, number) in ENTRYWISE.REASONS
            if equal and part.assuming and claim.expected == "holds" and not reason:
                yield pytest.param(part, id=f"{claim.id}:{number}")


@pytest.mark.parametrize("part", list(parts_with_assumptions()))
def test_cases_satisfy_what_is_assumed_in_exact_arithmetic(part: Part) -> None:
    source = random.Random(0)
    checked = 0
    for place in ENTRYWISE.places(part):
        # The largest shapes say nothing new about how equations are solved.
        if sum(place.sizes.values()) > 9:
            continue
        with suppress(ENTRYWISE.UndecidedError):
            for case in ENTRYWISE.cases(part, place):
                exact = at_random(case, source)
                assert all(holds(statement, exact) for statement in part.assumed)
                checked += 1
    assert checked


@pytest.mark.parametrize(
    "statement",
    [
        Mask(M),
        KeepsActiveColumns(M, X_r),
        KeepsActiveColumns(M, X_f, complement=True),
        NoZeroColumn(X_r),
        NoZeroColumn(M),
        Partition(E_r, E_f),
        Partition(E_r, E_r),
        SizeIs("n_f", 1),
        RankEquation((X_r,), (X_r @ M, X_r @ (I_d - M))),
        M == M.T,
    ],
    ids=str,
)
def test_every_kind_of_assumption_is_decided_as_in_exact_arithmetic(statement: Statement) -> None:
    source = random.Random(1)
    for shape in map(shape_called, ("one direction", "overlapping", "two forget rows")):
        (free,) = ENTRYWISE.cases(Part(X_f @ M @ X_r.T == 0), shape)
        d = shape.sizes["d"]
        for trial in range(12):
            bits = [[source.choice((0, 0, 1, 1, 2)) for _ in range(d)] for _ in range(d)]
            if trial % 3:
                bits = [
                    [bit if i == j else 0 for j, bit in enumerate(r)] for i, r in enumerate(bits)
                ]
            case = free.bound({"M": free.space.matrix(bits)})
            decided = ENTRYWISE.holds(statement, case.reading())
            assert decided == holds(statement, at_random(case, source))


def test_an_equation_is_solved_by_cases() -> None:
    # At 2×2 the converse of A4 asks for ap + bq = 0: with or without entries that are zero.
    square = shape_called("square")
    found = [case.letters["X"].to_list() for case in ENTRYWISE.cases(part_of("A4", 4), square)]
    assert len(found) == 3
    assert all(a * p + b * q == 0 for (a, b), (p, q) in found)
    assert sorted(sum(entry == 0 for row in rows for entry in row) for rows in found) == [0, 2, 2]


def test_a_sum_of_squares_is_zero_where_each_square_is() -> None:
    first = ENTRYWISE.SHAPES[0]
    weighted = trace(gram(X_r)) + alpha * trace(gram(X_f)) == 0
    (case,) = ENTRYWISE.cases(Part(w_o == w_g, (weighted, Positive("alpha"))), first)
    assert case.letters["X"].is_zero_matrix
    with pytest.raises(ENTRYWISE.UndecidedError):
        list(ENTRYWISE.cases(Part(w_o == w_g, (weighted,)), first))


def test_where_an_equation_is_not_solved_nothing_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A sum of two squared residuals: one mask leaves a residual of zero, others do not.
    two_rows = [shape_called("two retained rows")]
    monkeypatch.setattr(ENTRYWISE, "SHAPES", two_rows)
    outcome = ENTRYWISE.check(part_of("B5", 3))
    assert outcome.kind == "error"
    assert "Undecided at 2+1×3" in outcome.reason


def test_selectors_split_the_rows_of_other_letters_too() -> None:
    E, F, A = Letter("E", "p", "m"), Letter("F", "q", "m"), Letter("A", "m", "n")
    split = Part(A.T @ A == A.T @ E.T @ E @ A + A.T @ F.T @ F @ A, (Partition(E, F),))
    assert ENTRYWISE.check(split).kind == "holds"
    assert ENTRYWISE.check(replace(split, assuming=())).kind == "error"


def test_a_letter_of_a_lemma_may_be_called_as_one_of_the_data() -> None:
    Z, K = Letter("X", "m", "k"), Letter("M", "k", "k")
    assert ENTRYWISE.check(Part(Z @ pinv(Z) @ Z == Z)).kind == "holds"
    assert ENTRYWISE.check(Part(Z @ K @ K == Z @ K, (Mask(K),))).kind == "holds"
    assert ENTRYWISE.check(Part(Z @ K @ K == Z @ K), expected="fails").kind == "differs"


def test_an_equation_is_solved_for_what_it_determines() -> None:
    # For given weights no labels satisfy it, for given labels some weights do.
    (case,) = ENTRYWISE.cases(Part(w_o == w_g, (X_r.T @ y_r == w_star,)), shape_called("square"))
    assert not case.letters["w_*"].is_zero_matrix


def test_an_equation_of_high_degree_is_left_undecided() -> None:
    square = shape_called("square")
    cubes = trace(gram(X_r) @ gram(X_r)) == trace(gram(X_f) @ gram(X_f) @ gram(X_f))
    with pytest.raises(ENTRYWISE.UndecidedError):
        list(ENTRYWISE.cases(Part(w_o == w_g, (cubes,)), square))


@pytest.mark.parametrize("shape", ENTRYWISE.SHAPES, ids=lambda shape: str(shape.name))
def test_pseudo_inverses_satisfy_the_penrose_equations(shape: Any) -> None:
    for Z in (X_r, X_f, X_r @ X_f.T, X_f.T @ X_f, X_r.T @ X_r):
        inverse = pinv(Z)
        equations = (
            Z @ inverse @ Z == Z,
            inverse @ Z @ inverse == inverse,
            (Z @ inverse).T == Z @ inverse,
            (inverse @ Z).T == inverse @ Z,
        )
        (case,) = ENTRYWISE.cases(Part(equations[0]), shape)
        assert all(ENTRYWISE.holds(equation, case.reading()) for equation in equations)


# What is printed.


def test_lines_fit_and_the_exit_status_tells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ENTRYWISE.main(["A4", "A6.reach", "B3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith("A4:1 ")
    assert lines[-1] == "5 holds, 1 differs, 1 not feasible"

    monkeypatch.setattr(ENTRYWISE, "SHAPES", [shape_called("distinct")])
    assert ENTRYWISE.main(["A6"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "error" in lines[-1]


def test_the_first_shape_with_labels_beyond_any_weights_has_them() -> None:
    first = ENTRYWISE.SHAPES[0]
    (case,) = ENTRYWISE.cases(Part(y_r == X_r @ w_o), first)
    assert not ENTRYWISE.holds(y_r == X_r @ w_o, case.reading())
    assert ENTRYWISE.check(Part(X_f @ w_g == 0, (distinct,))).kind == "holds"
