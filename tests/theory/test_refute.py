"""Counterexamples and satisfying instances for statements that nobody registered."""

import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flint import fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Equation, Expr, Identity, Letter, inv, pinv
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.statements import (
    Positive,
    Semidefinite,
    SizeIs,
    Statement,
    full_row_rank,
)
from linreg_unlearn.audit.binding import Meter, Plan, is_true
from linreg_unlearn.audit.evidence import assumptions_hold, violates
from linreg_unlearn.audit.families import POLISHED, RECTANGULAR, SQUARE
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.refute import refute, satisfying_instance
from linreg_unlearn.audit.smallest import smallest_first
from linreg_unlearn.audit.structured import Draws
from linreg_unlearn.claims.claim import Claim, Part, load_claims
from linreg_unlearn.errors import InputError

A, B, C = Letter("A", "m", "n"), Letter("B", "n", "k"), Letter("C", "k", "l")
P, Q, R = (Letter(name, "n", "n") for name in "PQR")
S, T, X = (Letter(name, "n", "n") for name in "STX")
U, v = Letter("U", "m", "n"), Letter("v", "n", "1")
I_n = Identity("n")


def projector(M: Expr) -> tuple[Equation, ...]:
    return (M == M.T, M @ M == M)


# What is false, from what a single number refutes to what takes fractions or five dimensions.
FALSE = {
    "Gram matrices are invertible": Part(pinv(A.T @ A) @ A.T @ A == Identity("n")),
    "the reverse order law": Part(pinv(A @ B) == pinv(B) @ pinv(A)),
    "isometries are onto": Part(U @ U.T == Identity("m"), (U.T @ U == I_n,)),
    "inner inverses are outer ones": Part(X @ S @ X == X, (S @ X @ S == S,)),
    "cancellation": Part(S == T, (P @ S == P @ T,)),
    "inverses add": Part(inv(S + T) == inv(S) + inv(T), tuple(map(full_row_rank, (S, T, S + T)))),
    "push-through the wrong way": Part(
        inv(I_n + S @ T) @ S == T @ inv(I_n + S @ T), (full_row_rank(I_n + S @ T),)
    ),
    "oblique projectors are orthogonal": Part(P == P.T, (P @ P == P,)),
    "projectors commute": Part(P @ Q == Q @ P, (*projector(P), *projector(Q))),
    "commuting is transitive": Part(
        P @ R == R @ P,
        (*projector(P), *projector(Q), *projector(R), P @ Q == Q @ P, Q @ R == R @ Q),
    ),
    "a nilpotent of order four": Part(S @ S @ S == 0, (S @ S @ S @ S == 0,)),
    "a nilpotent of order five": Part(S @ S @ S @ S == 0, (S @ S @ S @ S @ S == 0,)),
    "what a nilpotent does to others": Part(S @ S @ S @ T == 0, (S @ S @ S @ S == 0,)),
    "a commutator that commutes vanishes": Part(
        S @ T == T @ S,
        tuple((S @ T - T @ S) @ M == M @ (S @ T - T @ S) for M in (S, T)),
    ),
    "a ladder has one step": Part(S @ S == 0, (S @ T - T @ S == S,)),
    "anticommuting complex structures": Part(
        S == T,
        (S @ T == -(T @ S), S @ S == -I_n, T @ T == -I_n, S.T == -S, T.T == -T),
    ),
    "the square is monotone": Part(
        Semidefinite(S @ S - T @ T), (Semidefinite(S), Semidefinite(T), Semidefinite(S - T))
    ),
    "a ridge does not matter": Part(
        inv(S.T @ S + parameter("lambda") * I_n) @ S.T == pinv(S), (Positive("lambda"),)
    ),
    "Drazin inverses are group inverses": Part(
        S @ S @ X == S, (S @ X == X @ S, X @ S @ X == X, S @ S @ S @ X == S @ S)
    ),
    "unit columns span everything": Part(v @ v.T == I_n, (v.T @ v == Identity("1"),)),
    "an orthogonal matrix is an identity": Part(
        S == I_n, (S == I_n - 2 * v @ v.T, v.T @ v == Identity("1"))
    ),
    "what a letter is": Part(S @ T == T @ S, (S == P @ T, P == P.T)),
    "what is given by nothing": Part(S @ T == T, (S == 2 * I_n,)),
}

TRUE = {
    "Penrose": Part(A @ pinv(A) @ A == A),
    "commuting projectors": Part(
        P @ Q @ P @ Q == P @ Q, (*projector(P), *projector(Q), P @ Q == Q @ P)
    ),
    "isometries": Part(pinv(U) == U.T, (U.T @ U == I_n,)),
    "push-through": Part(
        inv(I_n + S @ T) @ S == S @ inv(I_n + T @ S),
        (full_row_rank(I_n + S @ T), full_row_rank(I_n + T @ S)),
    ),
    "contradiction": Part(S == T, (S @ T - T @ S == I_n,)),
}


@pytest.mark.parametrize("part", FALSE.values(), ids=list(FALSE))
def test_what_is_false_is_refuted(part: Part) -> None:
    found = refute(part)
    assert found is not None
    assert violates(part, found.instance)
    assert assumptions_hold(part, found.instance)


@pytest.mark.parametrize("part", TRUE.values(), ids=list(TRUE))
def test_what_is_true_is_not_refuted(part: Part) -> None:
    assert refute(part, budget=40_000) is None


def matrices(rows: int, columns: int) -> Iterator[fmpq_mat]:
    for entries in itertools.product((-1, 0, 1), repeat=rows * columns):
        yield fmpq_mat(rows, columns, list(entries))


def plain(part: Part, letters: tuple[Letter, ...], total: int) -> Iterator[Instance]:
    """Every instance with entries -1, 0, 1 and this sum of dimensions."""
    symbols = sorted({symbol for letter in letters for symbol in letter.shape})
    for numbers in itertools.product(range(1, total + 1), repeat=len(symbols)):
        if sum(numbers) != total:
            continue
        sizes = dict(zip(symbols, numbers, strict=True))
        choices = [matrices(sizes[x.rows], sizes[x.columns]) for x in letters]
        for chosen in itertools.product(*choices):
            names = (letter.name for letter in letters)
            yield Instance(sizes, dict(zip(names, chosen, strict=True)), {})


def nonzero(instance: Instance) -> int:
    return sum(entry != 0 for matrix in instance.letters.values() for entry in matrix.entries())


@pytest.mark.parametrize(
    ("part", "letters"),
    [
        (FALSE["the reverse order law"], (A, B)),
        (FALSE["oblique projectors are orthogonal"], (P,)),
        (Part(S @ T == T @ S, (S @ S == 0,)), (S, T)),
        (Part(S @ T == T @ S, (S @ T == S @ S,)), (S, T)),
        (Part(A @ A.T == Identity("m")), (A,)),
        (Part(U @ U.T @ U == U, (U.T @ U @ U.T @ U == 2 * U.T @ U,)), (U,)),
        (Part(S.T @ S == S @ S.T, (full_row_rank(S),)), (S,)),
    ],
    ids=str,
)
def test_the_smallest_is_where_plain_enumeration_says(
    part: Part, letters: tuple[Letter, ...]
) -> None:
    found = refute(part)
    assert found is not None
    assert found.covered
    for total in range(1, sum(found.instance.sizes.values()) + 1):
        wrong = [nonzero(i) for i in plain(part, letters, total) if violates(part, i)]
        if wrong:
            assert total == sum(found.instance.sizes.values())
            assert min(wrong) == nonzero(found.instance)
            return
    raise AssertionError("plain enumeration finds nothing of this size")


def turned(instance: Instance, letters: tuple[Letter, ...]) -> Iterator[tuple[int, ...]]:
    """The sizes and entries of the instance, after every signed permutation of every dimension."""
    symbols = sorted(instance.sizes)
    groups = [list(signed_permutations(instance.sizes[symbol])) for symbol in symbols]
    for choice in itertools.product(*groups):
        turn = dict(zip(symbols, choice, strict=True))
        entries = [instance.sizes[symbol] for symbol in symbols]
        for letter in letters:
            matrix = turn[letter.rows] * instance.letters[letter.name]
            matrix = matrix * turn[letter.columns].transpose()
            entries += map(int, matrix.entries())
        yield tuple(entries)


def signed_permutations(size: int) -> Iterator[fmpq_mat]:
    for order in itertools.permutations(range(size)):
        for signs in itertools.product((1, -1), repeat=size):
            matrix = fmpq_mat(size, size)
            for row, (column, sign) in enumerate(zip(order, signs, strict=True)):
                matrix[row, column] = sign
            yield matrix


@pytest.mark.parametrize(
    ("part", "letters", "total"),
    [
        (Part(A @ B == A @ B), (A, B), 4),
        (Part(S @ T == T @ S), (S, T), 2),
        (Part(S @ T == T @ S, (S @ T @ S == S,)), (S, T), 2),
        (Part(S @ A.T == A.T), (S, A), 3),
    ],
    ids=str,
)
def test_one_instance_of_each_class_is_looked_at(
    part: Part, letters: tuple[Letter, ...], total: int
) -> None:
    classes = {
        min(turned(instance, letters))
        for instance in plain(part, letters, total)
        if assumptions_hold(part, instance)
    }
    seen: list[tuple[int, ...]] = []
    for reading in smallest_first(Plan(part), Meter(10**7)):
        assert reading is not None
        sizes = {name: size for name, size in reading.sizes.items() if name != "1"}
        if sum(sizes.values()) > total:
            break
        instance = Instance(sizes, reading.letters, {})
        largest = max(abs(entry) for x in letters for entry in instance.letters[x.name].entries())
        if sum(sizes.values()) == total and largest <= 1:
            seen.append(min(turned(instance, letters)))
    assert len(seen) == len(set(seen)), "two instances differ by a turn alone"
    assert set(seen) == classes


def test_the_search_goes_on_where_its_budget_ran_out() -> None:
    part = Part(S @ T == T @ S, (S @ T @ S == S,))

    def first(budget: int) -> list[str]:
        meter, found = Meter(budget), []
        for reading in smallest_first(Plan(part), meter):
            if reading is None:
                meter.left = budget
            else:
                found.append(str(Instance({}, reading.letters, {})))
            if len(found) == 60:
                break
        return found

    assert first(7) == first(10**7)


@pytest.mark.parametrize("name", ["what a nilpotent does to others", "projectors commute"])
def test_what_is_drawn_is_said_to_be_drawn_and_holds_nothing_it_does_not_need(name: str) -> None:
    part = FALSE[name]
    found = refute(part)
    assert found is not None
    assert not found.covered
    assert "not everything smaller" in found.extent
    sizes, letters = found.instance.sizes, found.instance.letters
    for gone in range(sizes["n"]):
        kept = [at for at in range(sizes["n"]) if at != gone]
        smaller = {
            key: rational.select_columns(rational.select_rows(matrix, kept), kept)
            for key, matrix in letters.items()
        }
        assert not violates(part, Instance({"n": sizes["n"] - 1}, smaller, {}))
    for key, matrix in letters.items():
        for i, j in itertools.product(range(sizes["n"]), repeat=2):
            if matrix[i, j] != 0:
                changed = fmpq_mat(matrix)
                changed[i, j] = 0
                assert not violates(part, Instance(sizes, {**letters, key: changed}, {}))


def test_what_is_drawn_is_simple() -> None:
    found = refute(FALSE["a nilpotent of order five"])
    assert found is not None
    assert found.instance.sizes == {"n": 5}
    assert nonzero(found.instance) == 4


def test_sizes_that_are_given_are_kept() -> None:
    X = Letter("X", "2", "5")
    sizes = (SizeIs("2", 2), SizeIs("5", 5))
    found = refute(Part(pinv(X) @ X == Identity("5"), sizes))
    assert found is not None
    assert found.covered
    assert found.instance.letters["X"].nrows() == 2
    assert found.instance.letters["X"].ncols() == 5
    assert refute(Part(pinv(X) @ X @ X.T == X.T, sizes), budget=10_000) is None


def test_large_matrices_take_no_time() -> None:
    # A budget of operations is meant to be one of time: an operation on these counts as many.
    X, Y = Letter("X", "60", "90"), Letter("Y", "90", "90")
    part = Part(X @ Y == X, (Y @ Y == Y, SizeIs("60", 60), SizeIs("90", 90)))
    found = refute(part)
    assert found is not None
    assert violates(part, found.instance)
    assert satisfying_instance(part) is not None
    huge = Letter("X", "5000", "5000")
    assert refute(Part(huge @ huge == huge, (SizeIs("5000", 5000),))) is None
    assert satisfying_instance(Part(huge @ huge == huge, (SizeIs("5000", 5000),))) is None


def test_a_small_budget_is_kept() -> None:
    assert refute(FALSE["a nilpotent of order four"], budget=100) is None
    assert satisfying_instance(Part(P == P, projector(P)), budget=0) is None


def test_selectors_follow_from_the_sizes() -> None:
    part = load_claims()["A6.reach"].parts[0]
    found = refute(part)
    assert found is not None
    assert violates(part, found.instance)
    true = load_claims()["A3"].parts[0]
    assert refute(true, budget=3000) is None


def test_a_letter_with_two_shapes_is_refused() -> None:
    other = Letter("A", "n", "m")
    with pytest.raises(InputError, match=r"'A' has two shapes, m×n and n×m"):
        refute(Part(A @ other == A @ other))


ROOT = Path(__file__).parents[2]
SCRIPT = """
from tests.theory.test_refute import FALSE
from linreg_unlearn.audit.refute import refute, satisfying_instance
for name in ("projectors commute", "a ladder has one step", "the reverse order law"):
    print(refute(FALSE[name]), satisfying_instance(FALSE[name]))
"""


def test_the_same_question_has_the_same_answer_in_every_process() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert "Counterexample" in answers.pop()


# Satisfying instances.

SATISFIABLE: dict[str, tuple[Statement, ...]] = {
    "projectors that commute": (*projector(P), *projector(Q), P @ Q == Q @ P),
    "projectors at an angle": (*projector(P), *projector(Q), P @ Q @ P == P / 2),
    "orthogonal projectors": (*projector(P), *projector(Q), P @ Q == 0),
    "three that add up": (*projector(P), *projector(Q), *projector(R), P + Q + R == I_n),
    "an inverse": (S @ T == I_n, T @ S == I_n),
    "Penrose's equations": (
        *(S @ X @ S == S, X @ S @ X == X),
        *((S @ X).T == S @ X, (X @ S).T == X @ S),
    ),
    "a complex structure": (S @ S == -I_n,),
    "a golden section": (S @ S == S + I_n,),
    "Sylvester's equation": (S @ X - X @ T == P,),
    "a partial isometry": (U @ U.T @ U == U,),
    "normal, not symmetric": (S @ S.T == S.T @ S, S + S.T == 0),
    "Greville's conditions": (
        pinv(A) @ A @ B @ B.T @ A.T == B @ B.T @ A.T,
        B @ pinv(B) @ A.T @ A @ B == A.T @ A @ B,
    ),
    "a resolvent": (full_row_rank(I_n + S @ T), full_row_rank(S)),
    "semidefinite order": (Semidefinite(S), Semidefinite(T - S)),
}


@pytest.mark.parametrize("assumed", SATISFIABLE.values(), ids=list(SATISFIABLE))
def test_assumptions_are_satisfied_by_something_that_says_something(
    assumed: tuple[Statement, ...],
) -> None:
    letters = [x for statement in assumed for x in statement.expressions]
    part = Part(Equation(letters[0], letters[0]), assumed)
    instance = satisfying_instance(part)
    assert instance is not None
    assert assumptions_hold(part, instance)
    for matrix in instance.letters.values():
        assert not rational.is_zero(matrix)
        assert matrix.nrows() != matrix.ncols() or matrix != rational.identity(matrix.nrows())
    assert all(size >= 2 for size in instance.sizes.values())


def test_an_instance_on_which_both_sides_vanish_says_less() -> None:
    product = S @ T @ P @ Q
    instance = satisfying_instance(Part(product == product))
    assert instance is not None
    assert not rational.is_zero(instance.exact().value(product))


@pytest.mark.parametrize(
    "assumed",
    [(S.T @ S == 0,), (S @ T - T @ S == I_n,), (S @ S == -I_n, S == S.T), (S == 0,)],
    ids=str,
)
def test_assumptions_that_nothing_but_zero_satisfies(assumed: tuple[Statement, ...]) -> None:
    assert satisfying_instance(Part(S @ S == S, assumed), budget=60_000) is None


def test_some_letters_may_have_to_be_zero() -> None:
    instance = satisfying_instance(Part(S @ T == 0, (S.T @ S == 0,)), budget=60_000)
    assert instance is not None
    assert rational.is_zero(instance.letters["S"])
    assert not rational.is_zero(instance.letters["T"])


def test_inverses_in_the_statement_exist() -> None:
    part = Part(inv(S) @ T == T @ inv(S), (S @ T == T @ S, T @ T == 0))
    instance = satisfying_instance(part)
    assert instance is not None
    assert rational.rank(instance.letters["S"]) == instance.sizes["n"]
    assert not violates(part, instance)
    never = Part(inv(S - S) @ S == S)
    assert satisfying_instance(never, budget=20_000) is None


def test_a_statement_about_no_letter_needs_none() -> None:
    instance = satisfying_instance(Part(I_n @ I_n == I_n), budget=1000)
    assert instance is not None
    assert not instance.letters


HOLDING = [claim for claim in load_claims().values() if claim.expected == "holds" and claim.parts]


@pytest.mark.parametrize("claim", HOLDING, ids=lambda claim: str(claim.id))
def test_no_registered_claim_assumes_a_contradiction(claim: Claim) -> None:
    for part in claim.parts:
        instance = satisfying_instance(part)
        assert instance is not None
        assert assumptions_hold(part, instance)
        assert not violates(part, instance)


# How instances are put together.


def test_a_letter_that_is_given_is_computed() -> None:
    plan = Plan(Part(S == T, (S == P @ T, T @ T + 2 * Q.T == P @ P)))
    assert set(plan.solved) == {"S", "Q"}
    assert {letter.name for letter in plan.free} == {"P", "T"}


@pytest.mark.parametrize(
    "equation",
    [A.T == B @ B.T @ U.T, 3 * A.T - U.T == B @ C @ C.T @ B.T @ U.T, U == 2 * U @ B @ B.T - A / 2],
    ids=str,
)
def test_what_is_computed_satisfies_what_gave_it(equation: Equation) -> None:
    plan = Plan(Part(A == A, (equation,)))
    assert set(plan.solved) == {"A"}
    for reading in itertools.islice(smallest_first(plan, Meter(10**6)), 300):
        assert reading is not None
        assert is_true(equation, reading)


def test_letters_are_not_given_twice() -> None:
    plan = Plan(Part(S == S, (S == I_n, S == S @ S + S)))
    assert not list(smallest_first(plan, Meter(10**6)))
    assert refute(plan.part, budget=10_000) is None


def test_letters_are_not_given_in_a_circle() -> None:
    part = Part(S == T, (S == T @ T, T == S @ S))
    assert len(Plan(part).solved) == 1
    found = refute(part)
    assert found is not None
    assert violates(part, found.instance)
    assert not Plan(Part(P == P, projector(P))).solved


def test_a_letter_given_by_an_inverse_that_does_not_exist_is_no_instance() -> None:
    part = Part(S @ T == I_n, (S == inv(T),))
    assert refute(part, budget=20_000) is None
    instance = satisfying_instance(part)
    assert instance is not None
    assert instance.letters["S"] * instance.letters["T"] == rational.identity(instance.sizes["n"])


def test_linear_assumptions_are_solved_rather_than_hoped_for() -> None:
    part = Part(S == S, (S @ T == T @ S, T @ v == 2 * v))
    plan, meter = Plan(part), Meter(30_000)
    found = [r for r in itertools.islice(Draws(plan, meter, random.Random(0)).readings(), 300) if r]
    assert all(is_true(statement, reading) for reading in found for statement in part.assumed)

    def interesting(matrix: fmpq_mat) -> bool:
        return bool(matrix != rational.identity(matrix.nrows()) * matrix[0, 0])

    both = [r for r in found if interesting(r.letters["S"]) and interesting(r.letters["T"])]
    assert len([r for r in both if not rational.is_zero(r.letters["v"])]) >= 20


def test_letters_are_drawn_from_the_ranges_of_others() -> None:
    # Neither assumption is linear in A or B, or gives one of them.
    D = Letter("D", "m", "n")
    part = Part(A == D, (A @ pinv(A) == D @ pinv(D), pinv(A) @ A == pinv(D) @ D))
    found = set()
    for reading in itertools.islice(
        Draws(Plan(part), Meter(40_000), random.Random(0)).readings(), 900
    ):
        if reading is None:
            break
        first, second = reading.letters["A"], reading.letters["D"]
        if 0 < rational.rank(first) < min(first.nrows(), first.ncols()) and first != second:
            found.add(str(first) + str(second))
    assert len(found) >= 20


def test_families_have_the_shape_that_was_asked_for() -> None:
    rng = random.Random(0)
    for _ in range(20):
        rows, columns = rng.randint(1, 5), rng.randint(1, 5)
        for rectangular in RECTANGULAR.values():
            matrix = rectangular(rows, columns, rng)
            assert (matrix.nrows(), matrix.ncols()) == (rows, columns)
        for square in SQUARE.values():
            matrix = square(rows, rng)
            assert (matrix.nrows(), matrix.ncols()) == (rows, rows)
            for polish in POLISHED.values():
                assert polish(matrix).nrows() == polish(matrix).ncols() == rows


Property = Callable[[fmpq_mat], bool]
KINDS: dict[str, Property] = {
    "symmetric": lambda M: M == M.transpose(),
    "skew": lambda M: M == -M.transpose(),
    "positive": rational.is_positive_semidefinite,
    "projector": lambda M: M * M == M and M == M.transpose(),
    "idempotent": lambda M: M * M == M,
    "involution": lambda M: M * M == rational.identity(M.nrows()),
    "reflection": lambda M: M * M == rational.identity(M.nrows()) and M == M.transpose(),
    "turned nilpotent": lambda M: rational.is_zero(M * M * M * M),
    "orthogonal": lambda M: M * M.transpose() == rational.identity(M.nrows()),
    "signed permutation": lambda M: M * M.transpose() == rational.identity(M.nrows()),
    "invertible": lambda M: rational.rank(M) == M.nrows(),
    "normal": lambda M: M * M.transpose() == M.transpose() * M,
    "range symmetric": lambda M: (
        M * rational.moore_penrose(M) == rational.moore_penrose(M) * M
        or rational.rank(M) < M.nrows()
    ),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_families_are_what_they_are_called(kind: str) -> None:
    rng = random.Random(0)
    drawn = [SQUARE[kind](rng.randint(2, 4), rng) for _ in range(40)]
    assert all(map(KINDS[kind], drawn))
    assert len({str(matrix) for matrix in drawn}) >= 15


def test_polishing_keeps_what_matrices_commute_with() -> None:
    rng = random.Random(1)
    for _ in range(30):
        T_value = RECTANGULAR["small"](3, 3, rng)
        other = T_value * T_value - 2 * T_value
        idempotent = POLISHED["idempotent"](T_value)
        assert idempotent * idempotent == idempotent
        assert idempotent * other == other * idempotent
        assert rational.rank(idempotent) == rational.rank(T_value * T_value * T_value)
