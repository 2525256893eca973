"""Every relation that a proof may use is zero on every exact instance of every claim that uses it.

The table of relations is trusted, so it is held against exact arithmetic: assumptions are decided
on the matrices themselves (``algebra.deciding``), relations are evaluated from their words.
"""

import itertools

import pytest
from flint import fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.expressions import Letter, pinv
from linreg_unlearn.algebra.relations import goals, penrose, relations, root
from linreg_unlearn.algebra.statements import (
    KeepsActiveColumns,
    Mask,
    NoZeroColumn,
    RankEquation,
    Semidefinite,
    Statement,
    full_column_rank,
    full_row_rank,
)
from linreg_unlearn.algebra.words import Words, meaning, words
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import assumptions_hold
from linreg_unlearn.audit.finding import assumed_by
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.claim import Claim, Part, load_claims

CLAIMS = {name: c for name, c in load_claims().items() if c.expected == "holds" and c.parts}
INSTANCES = 12


def sizes_of(part: Part) -> list[str]:
    letters = {size for expr in part.expressions for size in expr.shape}
    return sorted(letters)


def completed(instance: Instance) -> Instance:
    """Give values to what only relations speak of: the other selector, and 1/(p − q)."""
    known, letters, sizes = dict(instance.parameters), dict(instance.letters), instance.sizes
    if "n_r" in sizes and "n_f" in sizes:
        every = rational.identity(sizes["n_r"] + sizes["n_f"])
        letters.setdefault("E_r", rational.select_rows(every, range(sizes["n_r"])))
        letters.setdefault("E_f", rational.select_rows(every, range(sizes["n_r"], every.nrows())))
    gaps = {
        f"1/({p}-{q})": 1 / (known[p] - known[q])
        for p in known
        for q in known
        if known[p] != known[q]
    }
    return Instance(sizes, letters, {**known, **gaps})


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_relations_hold_wherever_the_assumptions_do(claim: Claim) -> None:
    for number, part in enumerate(claim.parts, 1):
        source, seen = RandomSource(number), 0
        assumed = assumed_by(part)
        table = list(relations(assumed, sizes_of(part)))
        arguments = {
            argument
            for total in (*table, *(fact for _, fact in goals_of(part)))
            for word, _, _ in total.terms
            for letter in word
            if (argument := meaning(letter).argument) is not None and meaning(letter).kind == "pinv"
        }
        table += [relation for argument in arguments for relation in penrose(argument)]
        for _ in range(40 * INSTANCES):
            instance = draw_instance(part, source, Limits())
            if not assumptions_hold(part, instance):
                continue
            seen += 1
            reading = completed(instance).exact()
            for relation in table:
                if any(meaning(x).kind == "root" for word, _, _ in relation.terms for x in word):
                    continue  # a root is irrational as a rule; it is tested below
                value = reading.value_of_words(relation)
                assert rational.is_zero(value), f"{claim.id}.{number}: {relation.text}"
            if seen == INSTANCES:
                break
        if claim.id[0] != "L":  # lemmas have no constructions; their proofs need none
            assert seen, f"{claim.id}.{number}: no instance, so nothing was tested"


def goals_of(part: Part) -> list[tuple[str, Words]]:
    return goals(part.statement, assumed_by(part))


A, B, S = Letter("A", "m", "n"), Letter("B", "m", "n"), Letter("S", "n", "n")
U, M, N = Letter("U", "k", "m"), Letter("M", "n", "n"), Letter("N", "n", "n")


def instances(rows: int, columns: int) -> list[Instance]:
    """Pairs of small matrices of one size, and a third made of them."""
    every = list(itertools.product((-1, 0, 1), repeat=rows * columns))
    some = [fmpq_mat(rows, columns, list(v)) for v in every[:: max(1, len(every) // 12)]]
    return [
        Instance({"m": rows, "n": columns, "k": rows}, {"A": a, "B": b, "U": a * b.transpose()}, {})
        for a in some
        for b in some
    ]


RANKS: list[RankEquation] = [
    full_row_rank(A),
    full_column_rank(A),
    RankEquation((U @ A,), (A,)),
    RankEquation((A @ B.T,), (A,)),
    RankEquation((A + B,), (A, B)),
]


@pytest.mark.parametrize("statement", RANKS[:3] + RANKS[4:], ids=str)
def test_equations_for_ranks_hold_exactly_where_the_ranks_are_equal(
    statement: RankEquation,
) -> None:

    table = list(relations((statement,)))
    seen = {True: 0, False: 0}
    for shape in ((1, 2), (2, 1), (2, 2), (2, 3)):
        for instance in instances(*shape):
            reading = instance.exact()
            vanish = all(rational.is_zero(reading.value_of_words(r)) for r in table)
            assert vanish == holds(statement, reading), f"{statement} on {instance}"
            seen[vanish] += 1
    assert min(seen.values()) > 5, "both cases have to occur"


def test_a_semidefinite_matrix_has_the_root_that_the_table_speaks_of() -> None:
    # A root is irrational as a rule, so one is put where the reading would compute it.
    value = rational.from_rows([[2, 1], [1, 3]])
    relation, symmetry = root(words(S))
    (name,) = {x for word, _, _ in relation.terms for x in word if meaning(x).kind == "root"}
    reading = Instance({"n": 2}, {"S": value * value}, {}).exact()
    reading._words["root", words(S)] = value
    assert name.startswith("root")
    assert rational.is_zero(reading.value_of_words(relation))
    assert rational.is_zero(reading.value_of_words(symmetry))
    assert list(relations((Semidefinite(S),))) == [relation, symmetry]


def test_masks_commute_and_a_mask_of_a_dense_matrix_is_the_identity() -> None:
    both: tuple[Statement, ...] = (Mask(M), Mask(N))
    assert words(M @ N) - words(N @ M) in list(relations(both))
    dense = (Mask(M), KeepsActiveColumns(M, A), NoZeroColumn(A))
    assert words(M) - Words.identity("n") in list(relations(dense))
    assert words(M) - Words.identity("n") not in list(relations((*dense[:2], NoZeroColumn(B))))


def test_no_relation_comes_from_nothing() -> None:
    assert list(relations(())) == []
    assert [total.shape for total in penrose(words(A))] == [
        ("m", "n"),
        ("n", "m"),
        ("m", "m"),
        ("n", "n"),
    ]
    assert words(pinv(A)).shape == ("n", "m")
