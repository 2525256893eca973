"""Small proofs, found by the search or written here, with what they show and from what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from linreg_unlearn.algebra import statements as say
from linreg_unlearn.algebra.checker import Lemma, check
from linreg_unlearn.algebra.expressions import Equation, Identity, Letter, Zero, inv, pinv
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.audit.finding import assumed_by, find
from linreg_unlearn.claims.claim import Part, load_claims
from linreg_unlearn.proving.certificate import Letters, write_proof
from tests.algebra.written_proofs import WRITTEN, WrittenProof, given, matrix, square, step, total

__all__ = ["NAMES", "OWN", "REGISTERED", "ROOTED", "by_name", "lemma", "proof_of", "searched"]

REGISTERED = ("A2.1", "A2.3", "A3.1", "A3.3", "A4.1", "A4.4", "A10.2", "B3.1", "B10.1")
"""Parts of claims with short proofs; those of L1, L2 and C5 are looked at alone."""

A, B, S = (Letter(name, "n", "n") for name in "ABS")
X, Y = Letter("X", "m", "n"), Letter("Y", "m", "n")
u, v, w = (Letter(name, "n", "k") for name in "uvw")
alpha, beta = parameter("alpha"), parameter("beta")

OWN: dict[str, Part] = {
    "a right inverse": Part(B @ A == Identity("n"), (A @ B == Identity("n"),)),
    "an inverse": Part(inv(A) == pinv(A), (say.full_row_rank(A),)),
    "a size of one": Part(u.T @ v == v.T @ u, (say.SizeIs("k", 1),)),
    "scalars commute": Part(
        u.T @ v @ w.T @ u == w.T @ u @ u.T @ v,
        (say.SizeIs("k", 1),),
    ),
    "two parameters": Part(
        Equation(A, Zero(A.shape)),
        (say.Different("alpha", "beta"), Equation(alpha * A, beta * A)),
    ),
    "a ridge": Part(
        inv(X.T @ X + alpha * Identity("n")) @ (X.T @ X + alpha * Identity("n")) == Identity("n"),
        (say.Positive("alpha"),),
    ),
    "ranks": Part(X @ pinv(X) == Identity("m"), (say.full_row_rank(X),)),
    "ranks of summands": Part(
        say.RankEquation((X + Y,), (X, Y)),
        (X @ Y.T == Zero(("m", "m")), X.T @ Y == Zero(("n", "n"))),
    ),
    "ranks add": Part(X @ pinv(X + Y) @ X == X, (say.RankEquation((X + Y,), (X, Y)),)),
    "masks commute": Part(A @ B @ A == A @ B, (say.Mask(A), say.Mask(B))),
}
"""Statements that need a rule each, which no registered claim may need."""

_Y = Letter("Y", "n", "k")
_gram = Letter("X", "m", "n").T @ Letter("X", "m", "n")
ROOTED = WrittenProof(
    {
        "X": matrix("mxn"),
        "Y": matrix("nxk"),
        "root1": {"root": total("nxn", "X' X")},
    },
    {"r1": given("kxk", "Y' X' X Y")},
    [
        step("psd", "nxn", "X' X", squares=[square("mxn", "X")]),
        step("root", "nxn", "root1 root1 - X' X"),
        step("root", "nxn", "root1' - root1"),
        step(
            "cancel",
            "nxk",
            "root1 Y",
            ["1|Y'|2|root1 Y", "1|Y'|1|Y", "1||r1|"],
            squares=[square("nxk", "root1 Y")],
        ),
        step("zero", "nxk", "X' X Y", ["1|root1|3|", "-1||1|Y"]),
    ],
    Equation(_gram @ _Y, Zero(("n", "k"))),
    (Equation(_Y.T @ _gram @ _Y, Zero(("k", "k"))),),
)
"""``Yᵀ XᵀX Y = 0`` gives ``XᵀX Y = 0``, by the root of ``XᵀX`` and not by ``X``."""

SEMIDEFINITE = WrittenProof(
    {"X": matrix("mxn"), "S": matrix("nxn"), "root1": {"root": total("nxn", "S")}},
    {
        "r1": given("mxm", "X S X'"),
        "r2": given("nxn", "root1 root1 - S"),
        "r3": given("nxn", "root1' - root1"),
    },
    [
        step(
            "cancel",
            "nxm",
            "root1 X'",
            ["1|X|r3|root1 X'", "1|X|r2|X'", "1||r1|"],
            squares=[square("nxm", "root1 X'")],
        ),
        step("zero", "nxm", "S X'", ["1|root1|0|", "-1||r2|X'"]),
    ],
    Equation(S @ X.T, Zero(("n", "m"))),
    (say.Semidefinite(S), Equation(X @ S @ X.T, Zero(("m", "m")))),
)
"""``S ⪰ 0`` has a root because that is assumed."""


@cache
def lemma(name: str) -> Lemma:
    """Return what a part of a claim may be cited for, once the checker accepts its proof."""
    written = searched(name)
    return check(written.letters, written.proof, written.statement, written.assumed, written.lemmas)


@cache
def searched(name: str) -> WrittenProof:
    """Return the proof that the search finds of a part of a claim."""
    claim, _, number = name.rpartition(".")
    return proof_of(load_claims()[claim].parts[int(number) - 1])


def proof_of(part: Part) -> WrittenProof:
    """Return the proof that the search finds, as it is read back from a file."""
    outcome = find(part)
    assert outcome.complete, f"{part}: {outcome.tried}"
    letters = Letters()
    proof = json.loads(json.dumps(write_proof(outcome.reached, letters)))
    entries = json.loads(json.dumps(letters.entries))
    cited = {step["lemma"]: lemma(step["lemma"]) for step in proof["steps"] if "lemma" in step}
    assumed = assumed_by(part)
    return WrittenProof(entries, proof["relations"], proof["steps"], part.statement, assumed, cited)


def _every() -> Iterator[tuple[str, WrittenProof]]:
    yield from WRITTEN.items()
    yield "a root of a square", ROOTED
    yield "an assumed root", SEMIDEFINITE


NAMES = tuple(dict(_every())) + tuple(f"own: {name}" for name in OWN) + REGISTERED


@cache
def by_name(name: str) -> WrittenProof:
    """Return one of the proofs of ``NAMES``."""
    if name.startswith("own: "):
        return proof_of(OWN[name.removeprefix("own: ")])
    return dict(_every()).get(name) or searched(name)
