"""The search for the smallest counterexample, against plain enumeration."""

import functools
import itertools
from collections.abc import Iterator

import pytest
from flint import fmpq_mat

from linreg_unlearn.algebra.expressions import Letter, inv, pinv
from linreg_unlearn.algebra.statements import Mask
from linreg_unlearn.audit.evidence import assumptions_hold, violates
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


X, K, M = Letter("X", "n", "d"), Letter("K", "d", "d"), Letter("M", "d", "d")
w = Letter("w", "d", "c")


def turns(size: int) -> Iterator[fmpq_mat]:
    for order in itertools.permutations(range(size)):
        for signs in itertools.product((1, -1), repeat=size):
            matrix = fmpq_mat(size, size)
            for row, (column, sign) in enumerate(zip(order, signs, strict=True)):
                matrix[row, column] = sign
            yield matrix


def class_of(instance: Instance, letters: tuple[Letter, ...]) -> tuple[int, ...]:
    """The sizes and entries that come first among all turns of the dimensions."""
    symbols = sorted(instance.sizes)
    found = []
    for chosen in itertools.product(*(turns(instance.sizes[symbol]) for symbol in symbols)):
        turn = dict(zip(symbols, chosen, strict=True))
        entries = [instance.sizes[symbol] for symbol in symbols]
        for letter in letters:
            matrix = turn[letter.rows] * instance.letters[letter.name]
            entries += map(int, (matrix * turn[letter.columns].transpose()).entries())
        found.append(tuple(entries))
    return min(found)


@pytest.mark.parametrize(
    ("part", "letters"),
    [
        (Part(X @ K == X), (X, K)),
        (Part(X @ M == X, (Mask(M),)), (X, M)),
        (Part(X @ M @ w == X @ w, (Mask(M),)), (X, M, w)),
        (Part(X @ K == X, (K == K.T,)), (X, K)),
    ],
    ids=str,
)
def test_no_class_of_instances_is_left_out(part: Part, letters: tuple[Letter, ...]) -> None:
    total = len({symbol for letter in letters for symbol in letter.shape}) + 1
    seen: list[Instance] = []

    def look(part: Part, instance: Instance) -> bool:
        seen.append(instance)
        return sum(instance.sizes.values()) > total

    smallest_counterexample(part, budget=100_000, wrong=look)
    small = [
        instance
        for instance in seen[:-1]
        if all(abs(e) <= 1 for x in letters for e in instance.letters[x.name].entries())
        and assumptions_hold(part, instance)
    ]
    expected = set()
    symbols = sorted({symbol for letter in letters for symbol in letter.shape})
    for large in (None, *symbols):
        sizes = {symbol: 1 + (symbol == large) for symbol in symbols}
        areas = [sizes[x.rows] * sizes[x.columns] for x in letters]
        for entries in itertools.product((-1, 0, 1), repeat=sum(areas)):
            values = iter(entries)
            instance = Instance(
                sizes,
                {
                    x.name: fmpq_mat(
                        sizes[x.rows], sizes[x.columns], list(itertools.islice(values, area))
                    )
                    for x, area in zip(letters, areas, strict=True)
                },
                {},
            )
            if assumptions_hold(part, instance):
                expected.add(class_of(instance, letters))
    assert {class_of(instance, letters) for instance in small} == expected


def test_zero_may_be_the_smallest_counterexample() -> None:
    found = smallest_counterexample(Part(inv(K) @ K == K))
    assert found is not None
    assert found.instance.letters["K"] == fmpq_mat(1, 1, [0])
    assert found.tried == 1


def test_letters_of_ones_own_are_not_mistaken_for_those_of_the_theory() -> None:
    E = Letter("E_r", "a", "b")
    found = smallest_counterexample(Part(E @ E.T @ E == E))
    assert found is not None
    assert found.covered
    assert set(found.instance.sizes) == {"a", "b"}
    D, Z = Letter("D", "a", "a"), Letter("Z", "a", "b")
    found = smallest_counterexample(Part(D @ Z == Z, (Mask(D), Z == D @ Z)), budget=1000)
    assert found is None
    found = smallest_counterexample(Part(D @ Z == Z, (Mask(D),)))
    assert found is not None
    assert violates(Part(D @ Z == Z, (Mask(D),)), found.instance)


def test_a_letter_may_be_given_by_itself_by_another_or_by_what_does_not_exist() -> None:
    P, Q, R = (Letter(name, "q", "q") for name in "PQR")
    for assumed in (
        (P == P.T, P @ P == Q),
        (P == Q, Q == P),
        (Q == P @ P, R == Q @ P + P),
        (Q == inv(P), R == R),
    ):
        part = Part(P @ Q == R, assumed)
        found = smallest_counterexample(part)
        assert found is not None
        assert violates(part, found.instance)


def test_numbers_have_no_dimension_to_choose() -> None:
    x, y = Letter("x", "1", "1"), Letter("y", "1", "1")
    assert smallest_counterexample(Part(x @ y == y @ x), budget=1000) is None
    found = smallest_counterexample(Part(x @ y == x))
    assert found is not None
    assert found.covered
    assert size_of(found.instance, {"x", "y"}) == (0, 1, 1)
