"""Instances are what the constructions promise, and rarely trivial."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Letter, pinv, walk
from linreg_unlearn.algebra.statements import Mask
from linreg_unlearn.audit.drawing import (
    CONSTRUCTIONS,
    Limits,
    RandomSource,
    draw_instance,
)
from linreg_unlearn.audit.evidence import Verdict, assumptions_hold, judge
from linreg_unlearn.audit.verify import FLOAT_LIMITS
from linreg_unlearn.claims import assumptions as vocabulary
from linreg_unlearn.claims.claim import Assumption, Claim, Part, load_claims
from linreg_unlearn.claims.vocabulary import M_B, M, X, X_f, X_r, w_o, y
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import factorize

CLAIMS = load_claims()
# Lemmas name no constructions: instances of theirs come from audit.refute.
HOLDING = {
    name: claim
    for name, claim in CLAIMS.items()
    if claim.expected == "holds" and not name.startswith(("L", "G"))
}
ASSUMPTIONS = [item for item in vars(vocabulary).values() if isinstance(item, Assumption)]
WITH_CONSTRUCTION = [item for item in ASSUMPTIONS if item.constructions]

# What is drawn besides can spoil these: a mixture of rows that moves the optimum, or a forget mask
# that drops more than it has to. Such instances are rejected.
USUALLY = {
    "w_o stationary on X_t": 0.75,
    "the forget mask commutes with P_r": 0.85,
    "the ranks of the kept and dropped columns add": 0.85,
}


@pytest.mark.parametrize("assumption", WITH_CONSTRUCTION, ids=lambda a: str(a.name))
def test_constructions_make_their_assumption_true(assumption: Assumption) -> None:
    # What is said of a mask is drawn together with one of its kind.
    letters = [node for s in assumption.statements for node in walk(*s.expressions)]
    kinds = {M: vocabulary.retain_mask, M_B: vocabulary.forget_mask}
    together = [kind for mask, kind in kinds.items() if any(node.same(mask) for node in letters)]
    if assumption.name == "any mask":
        together = []
    part = Part(X @ pinv(X) @ X == X, (assumption, *together))
    drawn = [draw_instance(part, RandomSource(seed), Limits()) for seed in range(100)]
    share = sum(assumptions_hold(part, instance) for instance in drawn) / len(drawn)
    assert share >= USUALLY.get(assumption.name, 1.0)


@pytest.mark.parametrize("limits", FLOAT_LIMITS[::2], ids=str)
def test_instances_for_floats_are_not_rounded(limits: Limits) -> None:
    part = Part(w_o == w_o, (vocabulary.interpolating,))
    for seed in range(5):
        instance = draw_instance(part, RandomSource(seed), limits)
        assert instance.is_exact_in_floats()
        recovered = np.vectorize(Fraction)(instance.float_letters["X"])
        assert recovered.tolist() == rational.to_fractions(instance.letters["X"])


def test_spread_widens_the_singular_values() -> None:
    part = Part(X @ pinv(X) @ X == X)

    def conditions(spread: int) -> list[float]:
        limits = Limits((6, 8), (2, 3), (16, 20), spread=spread, for_methods=True)
        instances = [draw_instance(part, RandomSource(seed), limits) for seed in range(20)]
        return [factorize(i.float_letters["X"]).condition for i in instances]

    assert np.median(conditions(10)) > 20 * np.median(conditions(0))


@pytest.mark.parametrize("claim", HOLDING.values(), ids=list(HOLDING))
def test_most_instances_of_every_part_are_informative(claim: Claim) -> None:
    for part in claim.parts:
        verdicts = Counter(
            judge(part, draw_instance(part, RandomSource(seed), Limits())) for seed in range(200)
        )
        informative = verdicts[Verdict.CONFIRMED] + verdicts[Verdict.VIOLATED]
        assert informative >= verdicts[Verdict.DEGENERATE], f"{part}: {verdicts}"
        assert informative >= 20, f"{part}: {verdicts}"


def test_edge_shapes_are_drawn() -> None:
    part = Part(X_r @ pinv(X_r) @ X_r == X_r, (X_f @ pinv(X_f) @ X_f == X_f, y == y))
    instances = [draw_instance(part, RandomSource(seed), Limits()) for seed in range(1000)]
    sizes = [(i.sizes["n_r"], i.sizes["n_f"], i.sizes["d"], i.sizes["c"]) for i in instances]
    assert any(n_r == 1 for n_r, *_ in sizes)
    assert any(n_f == 1 for _, n_f, *_ in sizes)
    assert any(d == 1 for _, _, d, _ in sizes)
    assert any(n_r + n_f == d for n_r, n_f, d, _ in sizes)
    assert any(n_r > d for n_r, _, d, _ in sizes)
    ranks = [rational.rank(i.letters["X"]) for i in instances]
    short = [rank < min(n_r + n_f, d) for rank, (n_r, n_f, d, _) in zip(ranks, sizes, strict=True)]
    assert 0.2 < np.mean(short) < 0.8


def test_letters_of_your_own_get_matrices_and_masks() -> None:
    A, D = Letter("A", "p", "q"), Letter("D", "q", "q")
    part = Part(A @ D @ D == A @ D, (Mask(D),))
    for seed in range(50):
        instance = draw_instance(part, RandomSource(seed), Limits())
        assert instance.letters["A"].nrows() == instance.sizes["p"]
        assert judge(part, instance) in (Verdict.CONFIRMED, Verdict.DEGENERATE)


def test_an_unknown_construction_is_named() -> None:
    wishful = Assumption("wishful", (), ("wishful",))
    with pytest.raises(InputError, match=r"'wishful' does not exist: choose from"):
        draw_instance(Part(w_o == w_o, (wishful,)), RandomSource(0), Limits())


def test_every_construction_is_used() -> None:
    used = {name for item in ASSUMPTIONS for name in item.constructions}
    for claim in CLAIMS.values():
        for part in claim.parts:
            used.update(name for name in part.also_draw if isinstance(name, str))
            named = (item for item in part.assuming if isinstance(item, Assumption))
            used.update(name for item in named for name in item.constructions)
    assert used == set(CONSTRUCTIONS)
