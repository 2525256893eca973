"""Proving a statement of one's own for matrices of every size, or refuting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from linreg_unlearn.algebra.checker import Lemma, check
from linreg_unlearn.algebra.statements import Statement
from linreg_unlearn.audit.certificates import FORMAT, accepted_lemmas
from linreg_unlearn.audit.finding import assumed_by, find
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.refute import refute, satisfying_instance
from linreg_unlearn.audit.search import Counterexample
from linreg_unlearn.claims.claim import Assumption, Part
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving.certificate import Letters, terms_of, write_proof
from linreg_unlearn.proving.notation import abbreviations
from linreg_unlearn.proving.search import Limits
from linreg_unlearn.proving.text import latex, readable

__all__ = ["Proved", "Refuted", "Unknown", "prove"]

_FIRST_LOOK = 20_000  # matrix operations spent on a counterexample before a proof is sought


@dataclass(frozen=True)
class Proved:
    """A statement with a certificate that the checker accepts.

    Parameters
    ----------
    part : Part
        The statement and what it assumes.
    certificate : dict
        Letters, relations and steps, as docs/certificates.md describes them.
    """

    part: Part
    certificate: dict[str, Any]

    @cached_property
    def instance(self) -> Instance | None:
        """A non-zero instance on which the assumptions hold, looked for when asked.

        None: none was found, so they may contradict each other, or hold for zero matrices only.
        """
        return satisfying_instance(self.part)

    @property
    def terms(self) -> int:
        """How many cofactors, squares and citations it takes."""
        return terms_of(self.certificate["proofs"][0])

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps, as data."""
        found: list[dict[str, Any]] = self.certificate["proofs"][0]["steps"]
        return found

    def readable(self) -> list[str]:
        """Return the proof as lines of text."""
        names = abbreviations(*self.part.expressions)
        return readable(self.certificate["letters"], self.certificate["proofs"][0], names=names)

    def latex(self) -> str:
        """Return the proof as LaTeX."""
        names = abbreviations(*self.part.expressions)
        return latex(self.certificate["letters"], self.certificate["proofs"][0], names=names)


@dataclass(frozen=True)
class Refuted:
    """A statement with an exact instance on which it fails."""

    part: Part
    counterexample: Counterexample


@dataclass(frozen=True)
class Unknown:
    """A statement that was neither proved nor refuted, and what was tried, a sentence each."""

    part: Part
    tried: tuple[str, ...]


def prove(
    statement: Statement | Part,
    assuming: Sequence[Assumption | Statement] = (),
    *,
    limits: Limits | None = None,
    lemmas: Mapping[str, Lemma] | None = None,
) -> Proved | Refuted | Unknown:
    """Prove a statement for matrices of every size, refute it, or say that neither was found.

    Parameters
    ----------
    statement : Equation, RankEquation, Semidefinite or Part
        What is to be shown; a part brings its own assumptions.
    assuming : sequence of Statement or Assumption
        What may be used.
    limits : Limits, optional
        When the search stops.
    lemmas : mapping of str to Lemma, optional
        What may be cited, by claim and part; what the shipped certificates prove by default.

    Returns
    -------
    Proved, Refuted or Unknown

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> A, B = Letter("A", "m", "n"), Letter("B", "n", "p")
    >>> proof = prove(pinv(A.T @ A) == pinv(A) @ pinv(A).T)
    >>> len(proof.steps) > 0
    True
    >>> answer = prove(pinv(A @ B) == pinv(B) @ pinv(A))
    >>> print(answer.counterexample.instance)
    A = [[1, 0]], B = [[1], [1]]
    """
    part = statement if isinstance(statement, Part) else Part(statement, tuple(assuming))
    if lemmas is None:
        lemmas = accepted_lemmas()
    # A false statement is usually refuted at once, and a search for its proof takes long.
    found = refute(part, budget=_FIRST_LOOK)
    if found is not None:
        return Refuted(part, found)
    try:
        outcome = find(part, limits)
    except InputError as error:
        outcome = None
        tried: tuple[str, ...] = (str(error),)
    if outcome is not None and outcome.complete:
        letters = Letters()
        proof = {"part": 1, "says": str(part), **write_proof(outcome.reached, letters)}
        # The search is not trusted: what it found is a proof once the checker says so.
        check(letters.entries, proof, part.statement, assumed_by(part), dict(lemmas))
        certificate = {"format": FORMAT, "letters": letters.entries, "proofs": [proof]}
        return Proved(part, certificate)
    found = refute(part)
    if found is not None:
        return Refuted(part, found)
    if outcome is not None:
        tried = outcome.tried
    return Unknown(part, (*tried, "no counterexample among the instances looked at"))
