"""The checker accepts proofs and refuses what is none, whatever a certificate says of itself."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from linreg_unlearn.algebra import statements as say
from linreg_unlearn.algebra.checker import Lemma, RejectedError, check
from linreg_unlearn.algebra.expressions import (
    Equation,
    Identity,
    Letter,
    Zero,
    constant,
    inv,
    pinv,
    trace,
)
from linreg_unlearn.algebra.relations import goals, relations
from linreg_unlearn.algebra.scalars import Polynomial, parameter
from linreg_unlearn.algebra.words import shape_of, words
from linreg_unlearn.errors import InputError
from tests.algebra.proof_oracle import Unknowable, confirm, instances
from tests.algebra.searched_proofs import NAMES, by_name, lemma, searched
from tests.algebra.written_proofs import (
    WRITTEN,
    WrittenProof,
    cofactor,
    given,
    matrix,
    square,
    step,
    total,
)

Json = Any

A, B, K = (Letter(name, "n", "n") for name in "ABK")
I = Identity("n")  # noqa: E741
a, b = parameter("a"), parameter("b")
SQUARES = {"A": matrix("nxn"), "B": matrix("nxn")}


def zero(text: str, *cofactors: str, shape: str = "nxn") -> Json:
    return step("zero", shape, text, cofactors)


def poly(*terms: tuple[Any, Json, str], row: str = "n", col: str = "n") -> Json:
    return {"row": row, "col": col, "poly": [list(term) for term in terms]}


def attempt(
    statement: say.Statement,
    steps: list[Json],
    relations: Json | None = None,
    letters: Json | None = None,
    assumed: tuple[say.Statement, ...] = (),
    lemmas: dict[str, Lemma] | None = None,
) -> Lemma:
    proof = json.loads(json.dumps({"relations": relations or {}, "steps": steps}))
    entries = json.loads(json.dumps(SQUARES if letters is None else letters))
    return check(entries, proof, statement, assumed, lemmas or {})


@pytest.mark.parametrize("name", NAMES)
def test_proofs_are_accepted_and_true(name: str) -> None:
    written = by_name(name)
    written.check()
    seen = 0
    for instance in instances(written.statement, written.assumed, 8):
        try:
            confirm(written.letters, written.proof, instance)
        except Unknowable:
            continue
        seen += 1
    # A root of a matrix is rational now and then only.
    assert seen >= (0 if name == "a root" else 3), "nothing was tested"


@pytest.mark.parametrize("name", ["L1.1", "L2.1", "C5.1"])
def test_lemmas_and_what_cites_them_are_accepted(name: str) -> None:
    assert lemma(name).facts


def test_every_rule_and_every_kind_of_letter_and_relation_is_tried() -> None:
    every = [by_name(name) for name in NAMES]
    rules = {step["rule"] for written in every for step in written.steps}
    assert rules == {"zero", "psd", "cancel", "invert", "root", "lemma"}
    kinds = {kind for written in every for entry in written.letters.values() for kind in entry}
    assert kinds == {"letter", "pinv", "let", "root"}
    sources = {kind for written in every for entry in written.relations.values() for kind in entry}
    assert sources == {"given", "commute", "symmetric"}


# What is proved, and from what, is for the caller to say.


def test_a_proof_proves_what_was_asked_and_nothing_else() -> None:
    Q = Letter("Q", "n", "n")
    others = (A == Q, Q.T == Q, say.Semidefinite(Q), say.full_row_rank(Q), inv(Q) @ Q == I)
    for name in NAMES:
        written = by_name(name)
        for statement in others:
            with pytest.raises(RejectedError, match="does not show"):
                check(written.letters, written.proof, statement, written.assumed, written.lemmas)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_assumptions_it_is_no_proof(name: str) -> None:
    written = by_name(name)
    needed = [
        item for item in written.assumed if not isinstance(item, say.Positive | say.Partition)
    ]
    if needed:
        with pytest.raises(RejectedError):
            check(written.letters, written.proof, written.statement, (), written.lemmas)


@pytest.mark.parametrize(("name", "other"), [("A3.1", "A3.3"), ("A2.1", "A2.3"), ("L1.1", "L2.1")])
def test_the_proof_of_another_part_is_refused(name: str, other: str) -> None:
    one, two = searched(name), searched(other)
    for first, second in ((one, two), (two, one)):
        with pytest.raises(RejectedError):
            check(first.letters, first.proof, second.statement, second.assumed, first.lemmas)


def test_an_equation_that_expands_to_nothing_needs_no_steps() -> None:
    attempt(A @ (A + B) == A @ A + A @ B, [])
    attempt(trace(A @ B) == trace(B @ A), [])
    with pytest.raises(RejectedError, match="does not show"):
        attempt(A @ B == B @ A, [])
    with pytest.raises(RejectedError, match="does not show"):
        attempt(say.Semidefinite(Zero(("n", "n"))), [])
    attempt(say.Semidefinite(Zero(("n", "n"))), [step("psd", "nxn", "", squares=[])])


def test_a_fact_that_is_semidefinite_is_not_zero_and_the_other_way_round() -> None:
    shown = step("psd", "nxn", "A' A", squares=[square("nxn", "A")])
    with pytest.raises(RejectedError, match="does not show"):
        attempt(Equation(A.T @ A, Zero(("n", "n"))), [shown])
    with pytest.raises(RejectedError, match="cannot be read"):
        attempt(Equation(A.T @ A, Zero(("n", "n"))), [shown, zero("A' A", "1||0|")])
    # Semidefinite matrices are symmetric, so a square alone is shown.
    with pytest.raises(RejectedError, match="add up"):
        attempt(say.Semidefinite(A), [step("psd", "nxn", "A", squares=[square("nxn", "1")])])


def test_what_cannot_be_a_goal_is_said_to_the_caller() -> None:
    with pytest.raises(InputError, match="not a goal"):
        attempt(say.Mask(A), [])


# Inverses.


def test_an_inverse_has_to_be_shown_to_exist() -> None:
    with pytest.raises(RejectedError, match="does not show"):
        attempt(inv(A) == pinv(A), [])
    attempt(
        inv(A) == pinv(A),
        [zero("p A - 1", "1||r1|"), zero("A p - 1", "1||r2|")],
        {"r1": given("nxn", "p A - 1"), "r2": given("nxn", "A p - 1")},
        {"A": matrix("nxn"), "p": {"pinv": total("nxn", "A")}},
        (say.full_row_rank(A),),
    )


def test_only_square_matrices_have_two_sided_inverses() -> None:
    U, V = Letter("U", "m", "n"), Letter("V", "n", "m")
    letters = {"U": matrix("mxn"), "V": matrix("nxm")}
    shown = step("invert", "nxn", "V U - 1", ["1||r1|"], a=total("mxn", "U"), b=total("nxm", "V"))
    with pytest.raises(RejectedError):
        attempt(
            V @ U == I, [shown], {"r1": given("mxm", "U V - 1")}, letters, (U @ V == Identity("m"),)
        )


# Signs.


@pytest.mark.parametrize(
    ("c", "powers", "positive"),
    [
        (-1, {}, ()),
        (-1, {"a": 1}, ("a",)),
        (1, {"a": 1}, ()),
        (1, {"a": 1}, ("b",)),
        (1, {"a": 3}, ()),
        (2, {"a": 1, "b": 1}, ("a",)),
        (-1, {"a": 2}, ("b",)),
    ],
)
def test_squares_have_positive_coefficients(
    c: int, powers: dict[str, int], positive: tuple[str, ...]
) -> None:
    factor = Polynomial.of(c)
    for name, power in powers.items():
        for _ in range(power):
            factor = factor * parameter(name)
    squares = [{"c": c, "mono": powers, "Z": total("nxn", "A")}]
    weighed: Json = {"given": poly((c, powers, "A' A"))}
    signs: list[say.Statement] = [say.Positive(name) for name in positive]
    assumed = (Equation(factor * (A.T @ A), Zero(A.shape)), *signs)
    cancelled = {**step("cancel", "nxn", "A", ["1||r|"]), "squares": squares}
    shown = {**step("psd", "nxn", ""), "claim": weighed["given"], "squares": squares}
    with pytest.raises(RejectedError):
        attempt(A == 0, [cancelled], {"r": weighed}, assumed=assumed)
    with pytest.raises(RejectedError):
        attempt(say.Semidefinite(factor * (A.T @ A)), [shown], assumed=tuple(signs))
    if c > 0:  # it is the signs that are missing
        known = [say.Positive(name) for name in powers]
        attempt(A == 0, [cancelled], {"r": weighed}, assumed=(assumed[0], *known))
        attempt(say.Semidefinite(factor * (A.T @ A)), [shown], assumed=tuple(known))


@pytest.mark.parametrize("c", [0, True, 1.0, 0.5, "1", None])
def test_coefficients_of_squares_are_whole_and_positive(c: Any) -> None:
    squares = [{"c": c, "mono": {}, "Z": total("nxn", "A")}]
    for claim in ("A' A", ""):
        with pytest.raises(RejectedError):
            attempt(A == A, [{**step("psd", "nxn", claim), "squares": squares}])
    with pytest.raises(RejectedError):
        attempt(A == A, [{**step("cancel", "nxn", "A"), "squares": squares}])


def test_a_square_with_a_factor_that_may_be_zero_does_not_cancel() -> None:
    vanishes = Equation(a * a * (A.T @ A), Zero(A.shape))
    shown = step("cancel", "nxn", "A", ["1||r|"], squares=[square("nxn", "A", a=2)])
    relations = {"r": {"given": poly((1, {"a": 2}, "A' A"))}}
    with pytest.raises(RejectedError):
        attempt(Equation(A, Zero(A.shape)), [shown], relations, assumed=(vanishes,))
    attempt(Equation(A, Zero(A.shape)), [shown], relations, assumed=(vanishes, say.Positive("a")))


def test_only_positive_parameters_are_divided_by() -> None:
    half = {"rule": "zero", "claim": poly((1, {}, "A")), "den": 1, "cofactors": []}
    half["cofactors"] = [{"c": 1, "mono": {"a": -1}, "l": "", "rel": "r", "tr": False, "r": ""}]
    relations = {"r": {"given": poly((1, {"a": 1}, "A"))}}
    nothing = Equation(a * A, Zero(A.shape))
    with pytest.raises(RejectedError):
        attempt(A == 0, [half], relations, assumed=(nothing,))
    attempt(A == 0, [half], relations, assumed=(nothing, say.Positive("a")))


# Scalars.


@pytest.mark.parametrize("kind", ["commute", "symmetric"])
@pytest.mark.parametrize(
    "assumed", [(), (say.SizeIs("n", 2),), (say.SizeIs("m", 1),)], ids=["any", "2", "another"]
)
def test_only_scalars_commute(kind: str, assumed: tuple[say.Statement, ...]) -> None:
    sums = [total("nxn", "A"), total("nxn", "B")][: 2 if kind == "commute" else 1]
    claim, statement = ("A B - B A", A @ B == B @ A) if kind == "commute" else ("A - A'", A == A.T)
    steps = [zero(claim, "1||r|")]
    with pytest.raises(RejectedError, match="scalars"):
        attempt(statement, steps, {"r": {kind: sums}}, assumed=assumed)
    attempt(statement, steps, {"r": {kind: sums}}, assumed=(say.SizeIs("n", 1),))


def test_rows_and_columns_of_size_one_are_no_scalars() -> None:
    letters = {"u": matrix("1xn")}
    with pytest.raises(RejectedError):
        attempt(A == A, [], {"r": {"symmetric": [total("1xn", "u")]}}, letters)


# Lemmas.

_ridge = (say.Positive("a"),)
KNOWN = Lemma(
    # Where A B = I and a > 0, it is shown that a (B A − I) = 0.
    (goals(A @ B == I, ())[0][1],),
    frozenset({"a"}),
    tuple(goals(a * (B @ A) == a * I, ())),
)


def _cite(**changes: Any) -> Json:
    claim = poly((1, {"a": 1}, "B A"), (-1, {"a": 1}, ""))
    own = {
        "rule": "lemma",
        "claim": claim,
        "den": 1,
        "lemma": "X.1",
        "with": {"A": total("nxn", "A"), "B": total("nxn", "B")},
        "sizes": {"n": "n"},
    }
    return {**own, **changes}


CITED = a * (B @ A) == a * I
HERE = (A @ B == I, say.Positive("a"))


def test_a_lemma_is_cited() -> None:
    attempt(CITED, [_cite()], assumed=HERE, lemmas={"X.1": KNOWN})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lemma": "X.2"}, "cannot be read"),
        ({"lemma": ["X.1"]}, "cannot be read"),
        ({"lemma": None}, "cannot be read"),
        ({"with": {"A": total("nxn", "A")}}, "cannot be read"),
        ({"with": {"A": total("nxn", "A"), "B": total("nxn", "B'")}}, "needs"),
        ({"with": {"A": total("nxn", "B"), "B": total("nxn", "A")}}, "needs"),
        ({"with": {"A": total("nxn", "2 A"), "B": total("nxn", "B")}}, "needs"),
        ({"sizes": {}}, "cannot be read"),
        ({"sizes": {"n": "m"}}, "cannot be"),
        ({"sizes": {"n": "1"}}, "cannot be"),
        ({"sizes": {"m": "n"}}, "cannot be read"),
        ({"claim": poly((1, {}, "B A"), (-1, {}, ""))}, "differs"),
        ({"claim": poly((1, {"a": 1}, "A B"), (-1, {"a": 1}, ""))}, "differs"),
    ],
)
def test_a_lemma_says_what_it_says_of_sums_of_its_shapes(changes: Json, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        attempt(CITED, [_cite(**changes)], assumed=HERE, lemmas={"X.1": KNOWN})


def test_what_a_lemma_assumes_has_to_be_there() -> None:
    with pytest.raises(RejectedError, match="needs"):
        attempt(CITED, [_cite()], assumed=HERE[1:], lemmas={"X.1": KNOWN})
    with pytest.raises(RejectedError, match="positive"):
        attempt(CITED, [_cite()], assumed=HERE[:1], lemmas={"X.1": KNOWN})
    # It may be shown before, and not after.
    shown, letters = zero("A B - 1", "1|A|r|"), SQUARES | {"C": matrix("nxn")}
    relations = {"r": given("nxn", "B - C"), "s": given("nxn", "A C - 1")}
    shown = zero("A B - 1", "1|A|r|", "1||s|")
    C = Letter("C", "n", "n")
    more = (B == C, A @ C == I, HERE[1])
    attempt(CITED, [shown, _cite()], relations, letters, more, {"X.1": KNOWN})
    with pytest.raises(RejectedError, match="needs"):
        attempt(CITED, [_cite(), shown], relations, letters, more, {"X.1": KNOWN})


def test_what_a_lemma_assumes_may_be_true_of_the_sums_themselves() -> None:
    identity = total("nxn", "1")
    trivial = _cite(claim=poly(), **{"with": {"A": identity, "B": identity}})
    attempt(A == A, [trivial], assumed=HERE[1:], lemmas={"X.1": KNOWN})


def test_what_is_semidefinite_is_not_zero_for_a_lemma_either() -> None:
    vanishing = attempt(
        A == 0, [zero("A", "1||r|")], {"r": given("nxn", "A")}, assumed=(Equation(A, 0 * A),)
    )
    shown = step("psd", "nxn", "A' A", squares=[square("nxn", "A")])
    own = {"with": {"A": total("nxn", "A' A")}, "claim": total("nxn", "A' A")}
    with pytest.raises(RejectedError, match="needs"):
        attempt(Equation(A.T @ A, 0 * A), [shown, _cite(**own)], lemmas={"X.1": vanishing})


def test_a_size_of_one_stays_one_in_a_lemma() -> None:
    # For columns uᵀv = vᵀu. For matrices it is not.
    u, v, U, V = (Letter(x, "n", k) for k, x in (("1", "u"), ("1", "v"), ("k", "U"), ("k", "V")))
    columns = attempt(
        u.T @ v == v.T @ u,
        [zero("u' v - v' u", "1||r|", shape="1x1")],
        {"r": {"symmetric": [total("1x1", "u' v")]}},
        {"u": matrix("nx1"), "v": matrix("nx1")},
    )
    cited = {
        "rule": "lemma",
        "claim": total("kxk", "U' V - V' U"),
        "den": 1,
        "lemma": "X.1",
        "with": {"u": total("nxk", "U"), "v": total("nxk", "V")},
        "sizes": {"n": "n", "1": "k"},
    }
    letters = {"U": matrix("nxk"), "V": matrix("nxk")}
    with pytest.raises(RejectedError):
        attempt(U.T @ V == V.T @ U, [cited], None, letters, lemmas={"X.1": columns})


def test_letters_of_a_lemma_keep_their_shapes() -> None:
    # Where n is 0, so is C Cᵀ for an m×n matrix C. That says nothing of an m×k matrix.
    C, D, E = Letter("C", "m", "n"), Letter("D", "m", "k"), Letter("E", "e", "e")
    empty = attempt(
        Equation(C @ C.T, Zero(("m", "m"))),
        [zero("C C'", "1|C|z|C'", "-1|C|i|C'", shape="mxm")],
        {"z": given("nxn", "B"), "i": given("nxn", "B - 1")},
        {"B": matrix("nxn"), "C": matrix("mxn")},
        (Equation(B, Zero(("n", "n"))), B == I),
    )
    cited = {
        "rule": "lemma",
        "claim": total("mxm", "D D'"),
        "den": 1,
        "lemma": "X.1",
        "with": {"B": total("exe", "E"), "C": total("mxk", "D")},
        "sizes": {"m": "m", "n": "e"},
    }
    with pytest.raises(RejectedError):
        attempt(
            Equation(D @ D.T, Zero(("m", "m"))),
            [cited],
            None,
            {"D": matrix("mxk"), "E": matrix("exe")},
            (Equation(E, Zero(("e", "e"))), E == Identity("e")),
            {"X.1": empty},
        )


@pytest.mark.parametrize(
    "special",
    [
        say.SizeIs("n", 1),
        say.Different("a", "b"),
        say.Semidefinite(A),
        say.full_row_rank(A),
        say.NoZeroColumn(A),
        say.KeepsActiveColumns(A, B),
    ],
    ids=str,
)
def test_what_holds_at_special_sizes_or_signs_is_not_for_citing(special: say.Statement) -> None:
    proved = attempt(
        A == B, [zero("A - B", "1||r|")], {"r": given("nxn", "A - B")}, assumed=(A == B, special)
    )
    assert proved.facts == ()
    general = attempt(
        A == B,
        [zero("A - B", "1||r|")],
        {"r": given("nxn", "A - B")},
        assumed=(A == B, say.Mask(A), say.Positive("a")),
    )
    assert len(general.facts) == 1
    assert general.positive == {"a"}


# Certificates that are written to mislead. Each was tried to prove something false.


def test_parameters_have_names_that_cannot_be_mistaken() -> None:
    # A parameter called "a^1 b" would share pseudo-inverses with the product of a and b, and its
    # square with a b². Then a = 1 would follow.
    odd, product, other = {"a^1 b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}
    twice = {name: 2 * power for name, power in odd.items()}
    letters = SQUARES | {
        "p": {"pinv": poly((1, odd, ""))},
        "q": {"pinv": poly((1, twice, ""))},
        "p2": {"pinv": poly((1, product, ""))},
        "q2": {"pinv": poly((1, other, ""))},
    }

    def times(one: Json, two: Json) -> Json:
        return {x: one.get(x, 0) + two.get(x, 0) for x in {**one, **two}}

    def used(c: int, label: str | int, powers: Json | None = None) -> Json:
        return {"c": c, "mono": powers or {}, "l": "", "rel": label, "tr": False, "r": ""}

    relations: Json = {}

    def equal(left: Json, right: Json, labels: str, name: str) -> list[Json]:
        l1, l2, r1, r2 = (f"{x}{i}" for x in labels for i in (1, 2))
        relations.update(
            {
                l1: {"given": poly((1, times(left, left), name), (-1, left, ""))},
                l2: {"given": poly((1, left, f"{name} {name}"), (-1, {}, name))},
                r1: {"given": poly((1, times(right, right), name), (-1, right, ""))},
                r2: {"given": poly((1, right, f"{name} {name}"), (-1, {}, name))},
            }
        )
        return [
            used(-1, l1),
            used(-1, r2, times(left, left)),
            used(1, l2, times(left, right)),
            used(1, r1),
            used(1, l2, times(right, right)),
            used(-1, r2, times(left, right)),
        ]

    steps = [
        {**zero(""), "claim": poly((1, left, ""), (-1, right, "")), "cofactors": cofactors}
        for left, right, cofactors in (
            (odd, product, equal(odd, product, "wm", "p")),
            (twice, other, equal(twice, other, "vn", "q")),
        )
    ]
    squares, once = poly((1, {"a": 2, "b": 2}, ""), (-1, other, "")), used(1, 1)
    steps.append(
        {
            **zero(""),
            "claim": squares,
            "cofactors": [once, used(-1, 0, odd), used(-1, 0, product)],
        }
    )
    with pytest.raises(RejectedError):
        attempt((a * a * b * b) * I == (a * b * b) * I, steps, relations, letters)


@pytest.mark.parametrize("name", ["a b", "A:nxn", "x^1 + 1 y", "[", "]", "a'", ""])
def test_a_parameter_with_an_odd_name_has_no_pseudo_inverse_of_its_own(name: str) -> None:
    letters = SQUARES | {"p": {"pinv": poly((1, {name: 1}, ""))}}
    with pytest.raises(RejectedError):
        attempt(A == A, [], None, letters)


def test_powers_are_whole() -> None:
    # The square of √a A would make a AᵀA semidefinite, whatever the sign of a.
    root = {"c": 1, "mono": {}, "Z": poly((1, {"a": 0.5}, "A"))}
    shown = {**step("psd", "nxn", "", squares=[root]), "claim": poly((1, {"a": 1}, "A' A"))}
    with pytest.raises(RejectedError):
        attempt(say.Semidefinite(a * (A.T @ A)), [shown])


def test_numbers_are_not_rounded() -> None:
    # As floats, 10²⁰ + 1 and 10²⁰ are equal, so A = 0 would follow from nothing.
    many = 10**20
    letters = {"A": matrix("nxn"), "B": {"let": total("nxn", "A")}}
    first = zero(f"{many} B - {many + 1} A", f"{many}||r|")
    steps = [first, zero("A", f"{many}||r|", "-1||0|")]
    relations = {"r": given("nxn", "B - A")}
    for den in (1, 1.0):
        with pytest.raises(RejectedError):
            attempt(A == 0, [{**first, "den": den}, steps[1]], relations, letters)


NUMBERS: list[Any] = [1.0, 1.5, float("nan"), float("inf"), True, "1", "1/1", None, [], {}, [1]]


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("place", ["den", "c", "claim", "power", "square", "letter"])
def test_numbers_are_whole(number: Any, place: str) -> None:
    shown = zero("A - B", "1||r|")
    squared = step("psd", "nxn", "A' A", squares=[square("nxn", "A")])
    letters: Json = copy.deepcopy(SQUARES)
    if place == "den":
        shown["den"] = number
    elif place == "c":
        shown["cofactors"][0]["c"] = number
    elif place == "claim":
        shown["claim"]["poly"][0][0] = number
    elif place == "power":
        shown["cofactors"][0]["mono"] = {"a": number}
    elif place == "square":
        squared["squares"][0]["c"] = number
    else:
        letters["p"] = {"pinv": poly((number, {}, "A"))}
    with pytest.raises(RejectedError):
        attempt(A == B, [shown, squared], {"r": given("nxn", "A - B")}, letters, assumed=(A == B,))


@pytest.mark.parametrize("den", [0, -1, 2])
def test_a_step_is_what_its_denominator_says(den: int) -> None:
    shown = {**zero("A - B", "1||r|"), "den": den}
    with pytest.raises(RejectedError):
        attempt(A == B, [shown], {"r": given("nxn", "A - B")}, assumed=(A == B,))


@pytest.mark.parametrize("cited", [1, 2, -1, -2, True, False, 0.0, "0", "s", None, [0], {}])
def test_a_step_uses_what_was_shown_before_it(cited: Any) -> None:
    first = zero("A - B", "1||r|")
    second = zero("B - A", "-1||r|")
    second["cofactors"] = [{**second["cofactors"][0], "rel": cited}]
    if cited is False or (cited == 0 and isinstance(cited, float)):
        second["cofactors"][0]["c"] = -1  # it would be right if it were a number of a step
    with pytest.raises(RejectedError):
        attempt(A == B, [first, second], {"r": given("nxn", "A - B")}, assumed=(A == B,))


def test_a_step_does_not_use_itself() -> None:
    with pytest.raises(RejectedError, match="cannot be read"):
        attempt(A == B, [zero("A - B", "1||0|")])
    with pytest.raises(RejectedError, match="cannot be read"):
        attempt(A == B, [zero("A - B", "1||1|"), zero("A - B", "1||0|")])


@pytest.mark.parametrize("turned", ["false", "", 0, 1, None, [], 1.0])
def test_whether_a_relation_is_transposed_is_true_or_false(turned: Any) -> None:
    shown = zero("A - B", "1||r|")
    shown["cofactors"][0]["tr"] = turned
    with pytest.raises(RejectedError):
        attempt(A == B, [shown], {"r": given("nxn", "A - B")}, assumed=(A == B,))


def test_a_relation_is_given_as_the_table_has_it() -> None:
    for text in ("A", "B", "A - B'", "2 A - 2 B", "A' - B'", "A B - B B", "B - A"):
        with pytest.raises(RejectedError, match="nothing assumed"):
            attempt(A == A, [], {"r": given("nxn", text)}, assumed=(A == B,))
    for kind in ("assumed", "Given", "", "zero"):
        with pytest.raises(RejectedError):
            attempt(A == A, [], {"r": {kind: total("nxn", "A - B")}}, assumed=(A == B,))
    scalar = total("1x1", "")
    entry: Json
    for entry in (
        {"nonsense": [scalar]},
        {"commute": [scalar]},
        {"commute": [scalar] * 3},
        {"symmetric": [scalar] * 2},
        {"symmetric": []},
        {},
        {"given": total("nxn", "A - B"), "symmetric": [scalar]},
    ):
        with pytest.raises(RejectedError):
            attempt(A == A, [], {"r": entry}, assumed=(A == B,))


@pytest.mark.parametrize(
    "entry",
    [
        {"trace": total("nxn", "A")},
        {"inv": total("nxn", "A")},
        {"letter": ["n"]},
        {"letter": ["n", "n", "n"]},
        {"letter": ["n", 1]},
        {"letter": ["n", ["n"]]},
        {"letter": ["n", "n]"]},
        {"letter": ["n: 1", "n"]},
        {"letter": None},
        {"let": total("nxn", "Q")},
        {"let": total("nxn", "Z")},
        {"let": total("nxn", "later")},
        {"pinv": total("nxm", "A")},
        {"pinv": None},
        {"pinv": total("nxn", "A"), "let": total("nxn", "B")},
        {},
        [],
        None,
        "letter",
    ],
    ids=repr,
)
def test_letters_are_what_the_format_knows_made_of_letters_before_them(entry: Json) -> None:
    letters = {**SQUARES, "Z": entry, "later": matrix("nxn")}
    with pytest.raises(RejectedError):
        attempt(A == A, [], None, letters)


@pytest.mark.parametrize("name", ["A'", "A:nxn", "A B", "pinv[A", "A]", "trace[A]"])
@pytest.mark.parametrize("kind", ["letter", "pinv", "let", "root"])
def test_names_of_letters_mislead_nobody(name: str, kind: str) -> None:
    entry = matrix("nxn") if kind == "letter" else {kind: total("nxn", "A")}
    with pytest.raises(RejectedError):
        attempt(A == A, [], None, {**SQUARES, name: entry})


def test_a_letter_with_the_name_of_another_is_not_that_letter() -> None:
    # "A" is short for B here, so that A − A is written where B − A is meant.
    letters = {"A": matrix("nxm"), "B": matrix("nxn")}
    with pytest.raises(RejectedError):
        attempt(A == B, [zero("A - B", "1||r|")], {"r": given("nxn", "A - B")}, letters)
    letters = {"B": matrix("nxn"), "A": {"let": total("nxn", "B")}}
    relations = {"r": given("nxn", "A - B")}
    with pytest.raises(RejectedError, match="does not show"):
        attempt(A == B, [zero("A - B", "1||r|")], relations, letters)


def test_letters_called_trace_have_transposes() -> None:
    T = Letter("traceA", "n", "n")
    with pytest.raises(RejectedError, match="does not show"):
        attempt(T.T == T, [], None, {})
    with pytest.raises(RejectedError, match="squares remain"):
        attempt(
            T == 0,
            [step("cancel", "nxn", "traceA", ["1||r|"], squares=[square("nxn", "traceA")])],
            {"r": given("nxn", "traceA traceA")},
            {"traceA": matrix("nxn")},
            (Equation(T @ T, Zero(T.shape)),),
        )


@pytest.mark.parametrize(
    "word", ["A?", "Ab", "A''", "A1", "'", "a", "Aʹ", "C", "A'B", "A-B", "A*B", "(A)"]
)
def test_words_are_made_of_letters(word: str) -> None:
    with pytest.raises(RejectedError):
        attempt(A == A, [{**zero(""), "claim": poly((1, {}, word), (-1, {}, word))}])


@pytest.mark.parametrize("word", [None, 1, ["A"], {"A": 1}, True])
def test_words_are_text(word: Any) -> None:
    with pytest.raises(RejectedError):
        attempt(A == A, [{**zero(""), "claim": poly((1, {}, word))}])


def test_words_have_the_shape_of_their_sum() -> None:
    letters = {"U": matrix("mxn"), "V": matrix("mxn"), "A": matrix("nxn")}
    for text in ("U", "U V", "U U", "A U'", "U' A", "A V", ""):
        with pytest.raises(RejectedError):
            attempt(A == A, [zero(f"{text or '1'} + A", shape="nxm")], None, letters)
    for shape in ("mxn", "nxm"):
        with pytest.raises(RejectedError):
            attempt(A == A, [{**zero(""), "claim": total(shape, "1")}], None, letters)


def test_dimensions_of_different_names_differ() -> None:
    U = Letter("U", "m", "n")
    letters = {"U": matrix("mxn")}
    relations = {"r": given("mxm", "U U' - 1")}
    claims = [zero("U U' - 1", "1||r|", shape="nxn"), zero("U' U - 1", "1||r|")]
    for shown in claims:
        with pytest.raises(RejectedError):
            attempt(U.T @ U == I, [shown], relations, letters, (U @ U.T == Identity("m"),))
    # The words of I_m and I_n are the same; their sums are not.
    small, large = Identity("m"), Identity("n")
    with pytest.raises(RejectedError):
        attempt(
            Equation(2 * large, Zero(large.shape)),
            [zero("2", "2||r|")],
            {"r": given("mxm", "1")},
            {},
            (Equation(small, Zero(small.shape)),),
        )


@pytest.mark.parametrize("data", [None, [], 1, "A", {"row": "n"}, {"row": "n", "col": "n"}])
def test_sums_are_sums(data: Any) -> None:
    with pytest.raises(RejectedError):
        attempt(A == A, [{**zero(""), "claim": data}])
    with pytest.raises(RejectedError):
        attempt(A == A, [], {"r": {"given": data}})


@pytest.mark.parametrize("size", [None, 1, True, ["n"], "n: 1", "n]", "n'"])
def test_sizes_are_names(size: Any) -> None:
    with pytest.raises(RejectedError):
        attempt(A == A, [{**zero(""), "claim": {"row": size, "col": size, "poly": []}}])


@pytest.mark.parametrize("kind", ["pinv", "let"])
def test_a_root_is_of_what_was_shown_to_be_semidefinite(kind: str) -> None:
    letters = SQUARES | {"R": {"root": total("nxn", "A")}}
    squared = step("root", "nxn", "R R - A")
    with pytest.raises(RejectedError, match="root"):
        attempt(A == A, [squared], None, letters)
    # Semidefinite is what was shown, not its double or what comes later.
    shown = step("psd", "nxn", "A' A", squares=[square("nxn", "A")])
    other = SQUARES | {"R": {"root": total("nxn", "2 A' A")}}
    with pytest.raises(RejectedError, match="root"):
        attempt(A == A, [shown, step("root", "nxn", "R R - 2 A' A")], None, other)
    own = SQUARES | {"R": {"root": total("nxn", "A' A")}}
    with pytest.raises(RejectedError, match="root"):
        attempt(A == A, [step("root", "nxn", "R R - A' A"), shown], None, own)
    # A root is not what it is the root of.
    for text in ("R - A' A", "R' R - A' A"):
        with pytest.raises(RejectedError, match="nothing assumed"):
            attempt(A == A, [shown], {"r": given("nxn", text)}, own)
        with pytest.raises(RejectedError, match="root"):
            attempt(A == A, [shown, step("root", "nxn", text)], None, own)
    # What was shown to be zero is no root, and a letter of another kind is none.
    letters = SQUARES | {"R": {kind: total("nxn", "A' A")}}
    with pytest.raises(RejectedError, match="root"):
        attempt(A == A, [shown, step("root", "nxn", "R R - A' A")], None, letters)


def test_only_the_roots_of_squares_that_are_there_cancel() -> None:
    assumed = (Equation(A.T @ A + B.T @ B, Zero(A.shape)),)
    relations = {"r": given("nxn", "A' A + B' B")}
    both = [square("nxn", "A"), square("nxn", "B")]
    for claim in ("A - B", "A + B", "1", "A'", "2 A"):
        shown = step("cancel", "nxn", claim, ["1||r|"], squares=both)
        with pytest.raises(RejectedError, match="cancels something else"):
            attempt(A == 0, [shown], relations, assumed=assumed)
    for squares in (both[:1], both[1:], [both[0]] * 2):
        claim = squares[0]["Z"]
        with pytest.raises(RejectedError, match="squares remain"):
            attempt(
                A == 0,
                [{**step("cancel", "nxn", "A", ["1||r|"], squares=squares), "claim": claim}],
                relations,
                assumed=assumed,
            )


def test_squares_cancel_where_their_trace_is_zero() -> None:
    # The trace of AᵀA is that of A Aᵀ, so either gives A = 0; that of A A is another.
    relations = {"r": given("nxn", "A A'")}
    shown = step("cancel", "nxn", "A", ["1||r|"], squares=[square("nxn", "A")])
    attempt(A == 0, [shown], relations, assumed=(Equation(A @ A.T, Zero(A.shape)),))
    relations = {"r": given("nxn", "A A")}
    with pytest.raises(RejectedError, match="squares remain"):
        attempt(A == 0, [shown], relations, assumed=(Equation(A @ A, Zero(A.shape)),))
    # Identities of different sizes have different traces.
    letters = {"U": matrix("mxn"), "A": matrix("nxn")}
    shown = step("cancel", "nxn", "1", ["1||r|"], squares=[square("nxn", "1")])
    with pytest.raises(RejectedError):
        attempt(
            Equation(I, Zero(I.shape)),
            [shown],
            {"r": given("mxm", "1")},
            letters,
            (Equation(Identity("m"), Zero(("m", "m"))),),
        )


@pytest.mark.parametrize("rule", ["", "ZERO", "given", "axiom", None, True, 0, ["zero"], {}])
def test_there_are_six_rules(rule: Any) -> None:
    with pytest.raises(RejectedError):
        attempt(A == A, [{**zero("A - A"), "rule": rule}])


@pytest.mark.parametrize(
    "proof",
    [
        None,
        [],
        {},
        "",
        1,
        {"relations": {}},
        {"steps": []},
        {"relations": [], "steps": []},
        {"relations": None, "steps": []},
        {"relations": {}, "steps": None},
        {"relations": {}, "steps": {"rule": "zero"}},
        {"relations": {}, "steps": [None]},
        {"relations": {}, "steps": [[]]},
        {"relations": {}, "steps": [{}]},
        {"relations": {"r": None}, "steps": []},
    ],
    ids=repr,
)
def test_what_is_no_proof_is_rejected_and_never_crashes(proof: Any) -> None:
    with pytest.raises(RejectedError, match="cannot be read"):
        check(SQUARES, proof, A == A, (), {})


@pytest.mark.parametrize("letters", [None, [], 1, "A", {"A": None}, {"A": []}, [["A", {}]]])
def test_what_are_no_letters_are_rejected(letters: Any) -> None:
    with pytest.raises(RejectedError):
        check(letters, {"relations": {}, "steps": []}, A == A, (), {})


def test_deep_nesting_is_no_way_out() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    for place in ("claim", "den", "cofactors", "rule"):
        with pytest.raises(RejectedError):
            check(SQUARES, {"relations": {}, "steps": [{**zero(""), place: deep}]}, A == A, (), {})


def test_pseudo_inverses_of_sums_with_fractions_can_be_written() -> None:
    half = {**total("nxn", "A"), "den": 2}
    letters = {"A": matrix("nxn"), "p": {"pinv": half}}
    statement = A @ pinv(A / 2) @ A == 2 * A
    # The table has whole coefficients: ½ A p ½ A − ½ A is written four times.
    relations = {"r": given("nxn", "A p A - 2 A")}
    attempt(statement, [zero("A p A - 2 A", "1||r|")], relations, letters)
    for den in (0, -2, 1, 2.0, "2", True, None):
        odd = {"A": matrix("nxn"), "p": {"pinv": {**half, "den": den}}}
        with pytest.raises(RejectedError):
            attempt(statement, [zero("A p A - 2 A", "1||r|")], relations, odd)


def test_letters_of_other_shapes_are_other_letters() -> None:
    for first, second in ((("ab", "cxd"), ("abxc", "d")), (("x", "xx"), ("xx", "x"))):
        one, two = words(Letter("A", *first)), words(Letter("A", *second))
        assert one.terms != two.terms
        for total_, shape in ((one, first), (two, second)):
            assert shape_of(total_.terms[0][0][0]) == shape
        assert words(pinv(Letter("A", *first))).terms != words(pinv(Letter("A", *second))).terms


@pytest.mark.parametrize("name", ["A'", "A:n", "A]", "[", "A B", "n×n"])
def test_formulas_have_no_misleading_names(name: str) -> None:
    with pytest.raises(InputError, match="no name"):
        Letter(name, "n", "n")
    with pytest.raises(InputError, match="no name"):
        Letter("A", name, "n")
    with pytest.raises(InputError, match="no name"):
        Identity(name)
    with pytest.raises(InputError, match="no name"):
        Zero((name, "n"))
    with pytest.raises(InputError, match="no name"):
        parameter(name)


def test_differences_are_of_parameters_that_can_be_told_from_a_difference() -> None:
    # 1/(a-b-c) would be the inverse of two differences.
    for first, second in (("a-b", "c"), ("a", "b-c"), ("a)", "b"), ("", "b")):
        with pytest.raises(InputError, match="parameters"):
            say.Different(first, second)


def test_letters_that_are_made_of_others_are_not_replaced_in_a_lemma() -> None:
    s, t = Letter("s", "1", "1"), Letter("t", "1", "1")
    traced = Lemma((), frozenset(), (("zero", words(trace(s)) - words(t)),))
    with_ = {"s": total("1x1", "s"), "t": total("1x1", "t"), "": total("1x1", "t")}
    letters = {"s": matrix("1x1"), "t": matrix("1x1"), "p": {"pinv": total("1x1", "s")}}
    for text in ("p - t", "s - t", "t - t"):
        cited = _cite(**{"with": with_, "sizes": {}, "claim": total("1x1", text)})
        with pytest.raises(RejectedError):
            attempt(s == s, [cited], None, letters, lemmas={"X.1": traced})


def test_rank_equations_that_have_no_equation_of_matrices_are_refused() -> None:
    L = Letter("L", "n", "n")
    for statement in (
        say.RankEquation((A,), (B,)),
        say.RankEquation((A @ B,), (A,)),
        say.RankEquation((A,), (A @ B,)),
        say.RankEquation((L,), (A, B)),
        say.RankEquation((A + B,), (A, -B)),
        say.RankEquation((A, B), (A + B,)),
        say.RankEquation((A,), (Identity("m"),)),
    ):
        for said in (lambda s=statement: goals(s, ()), lambda s=statement: list(relations((s,)))):
            with pytest.raises(InputError, match=r"no relations|cannot hold"):
                said()


def test_a_mask_that_keeps_the_zero_columns_keeps_none_where_there_are_none() -> None:
    U = Letter("U", "m", "n")
    both = (say.Mask(A), say.KeepsActiveColumns(A, U, complement=True), say.NoZeroColumn(U))
    table = list(relations(both))
    assert words(U @ A) in table
    assert words(A - I) not in table
    assert words(U @ A - U) not in table


def test_scalars_of_size_one_are_one_by_one_only() -> None:
    with pytest.raises(RejectedError):
        attempt(
            constant(2) == constant(1),
            [zero("1", "1||r|", shape="1x1")],
            {"r": {"symmetric": [total("1x1", "1")]}},
            {},
        )


def test_a_mask_keeps_active_columns_only_if_it_is_a_mask() -> None:
    # [1 1] [1 5; 0 1] = [1 6]: a matrix with ones on its diagonal is not a mask.
    from linreg_unlearn.algebra import rational
    from linreg_unlearn.algebra.deciding import holds
    from linreg_unlearn.algebra.exact import ExactReading

    letters = {"A": rational.from_rows([[1, 5], [0, 1]]), "U": rational.from_rows([[1, 1]])}
    reading = ExactReading({"n": 2, "m": 1}, letters, {})
    assert not holds(say.KeepsActiveColumns(A, Letter("U", "m", "n")), reading)


def test_the_data_of_a_proof_are_left_as_they_are() -> None:
    for written in (*WRITTEN.values(), by_name("A3.1")):
        before = copy.deepcopy((written.letters, written.proof))
        written.check()
        assert before == (written.letters, written.proof)


def test_order_of_keys_and_terms_does_not_matter() -> None:
    def turned(data: Any) -> Any:
        if isinstance(data, dict):
            keep = "pinv1" in data or "letter" in next(iter(data.values()), ())
            items = data.items() if keep else reversed(data.items())
            return {key: turned(value) for key, value in items}
        return data

    written = WRITTEN["a chain"]
    proof = turned(written.proof)
    proof["steps"][0]["claim"]["poly"].reverse()
    proof["steps"][0]["cofactors"].reverse()
    check(written.letters, proof, written.statement, written.assumed, {})


def test_cofactors_are_read_as_written() -> None:
    assert cofactor("-1 a|A B'|r'|C") == {
        "c": -1,
        "mono": {"a": 1},
        "l": "A B'",
        "rel": "r",
        "tr": True,
        "r": "C",
    }


def test_proofs_are_of_statements_with_the_same_words() -> None:
    written = WRITTEN["halves"]
    C = Letter("C", "n", "n")
    moved = WrittenProof(
        written.letters, written.relations, written.steps, A - C == 0 * A, written.assumed
    )
    moved.check()
