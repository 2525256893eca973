"""What the book says of each claim: gathered from the registry, the certificates and the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from linreg_unlearn.algebra.statements import Statement
from linreg_unlearn.audit.certificates import check_claims, digest, read_folder
from linreg_unlearn.audit.evidence import Verdict, judge, violates
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.needs import Need, name_of, read_needs
from linreg_unlearn.audit.search import Counterexample
from linreg_unlearn.book.connections import (
    Picture,
    Place,
    methods_of,
    pictures_of,
    places_of_claims,
)
from linreg_unlearn.book.examples import Evaluated, evaluated
from linreg_unlearn.claims.claim import Assumption, Claim, Part, load_claims
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving.certificate import terms_of
from linreg_unlearn.proving.layout import Item, tex
from linreg_unlearn.proving.notation import abbreviations
from linreg_unlearn.proving.text import paragraphs
from linreg_unlearn.shipped import find_directory

__all__ = [
    "FAMILIES",
    "Book",
    "Entry",
    "Premise",
    "Proof",
    "Section",
    "Status",
    "gather",
]

Status = Literal["proved", "proved + argument", "argument", "refuted", "open"]
"""What is known of a claim; ``open`` is what the evidence at hand leaves undecided."""

FAMILIES = {
    "A": "Fine-tuning",
    "B": "Masks",
    "C": "Regularized fine-tuning",
    "D": "Matching predictions, and gradient steps",
    "E": "Influence, Newton and chosen parameters",
    "F": "Other ideas, as linear statements",
    "G": "Every method in every regime",
    "L": "Lemmas",
}
"""What the families of claims are about, in the order of docs/theory.md."""


@dataclass(frozen=True)
class Proof:
    """A proof that the checker accepts.

    Parameters
    ----------
    items : tuple of Item
        Its texts and chains, formulas in LaTeX.
    steps : int
    terms : int
        How many cofactors, squares and citations it has.
    cites : tuple of str
        The parts that it cites, such as ``L6.2``.
    """

    items: tuple[Item, ...]
    steps: int
    terms: int
    cites: tuple[str, ...]

    @property
    def latex(self) -> str:
        """The proof as LaTeX."""
        return tex(self.items)


@dataclass(frozen=True)
class Premise:
    """Something that a part assumes, and why.

    Parameters
    ----------
    name : str
        Its name, or what it says where it has none.
    statements : tuple of Statement
    named : bool
    outcome : str
        What the audit found: "needed", "not needed", "definitional", "unknown", or nothing.
    why : str
        The same as a sentence.
    shown : Evaluated or None
        The instance that shows it.
    """

    name: str
    statements: tuple[Statement, ...]
    named: bool
    outcome: str = ""
    why: str = ""
    shown: Evaluated | None = None

    @staticmethod
    def of(item: Assumption | Statement) -> Premise:
        """Return a premise of which nothing else is known."""
        if isinstance(item, Assumption):
            return Premise(item.name, item.statements, True)
        return Premise(str(item), (item,), False)


@dataclass(frozen=True)
class Section:
    """One part of a claim.

    Parameters
    ----------
    number : int
        From 1.
    part : Part
    digest : str
        Changes when what is said changes.
    assumed : tuple of Premise
    proof : Proof or None
    example : Evaluated or None
        An instance on which everything holds and nothing is trivial.
    counterexample : Counterexample or None
        An instance on which the assumptions hold and the statement does not.
    failing : Evaluated or None
        The same, evaluated.
    """

    number: int
    part: Part
    digest: str
    assumed: tuple[Premise, ...]
    proof: Proof | None
    example: Evaluated | None
    counterexample: Counterexample | None
    failing: Evaluated | None


@dataclass(frozen=True)
class Entry:
    """A claim and all that the book says of it."""

    claim: Claim
    status: Status
    sections: tuple[Section, ...]
    defined_at: Place
    methods: tuple[str, ...]
    certificate: Path | None

    @property
    def id(self) -> str:
        """The id of the claim."""
        return self.claim.id

    @property
    def family(self) -> str:
        """The letter of its family."""
        return self.id[0]

    @cached_property
    def cites(self) -> tuple[str, ...]:
        """The other claims that its proofs cite."""
        parts = [name for part in self.sections if part.proof for name in part.proof.cites]
        claims = dict.fromkeys(name.rpartition(".")[0] for name in parts)
        return tuple(name for name in claims if name != self.id)


@dataclass(frozen=True)
class Book:
    """Everything that the book says.

    Parameters
    ----------
    entries : mapping of str to Entry
        By the id of the claim, in the order of the theory.
    pictures : tuple of Picture
    """

    entries: Mapping[str, Entry]
    pictures: tuple[Picture, ...]

    @cached_property
    def cited_by(self) -> dict[str, tuple[str, ...]]:
        """Which claims cite a claim, by its id."""
        return {
            name: tuple(other.id for other in self.entries.values() if name in other.cites)
            for name in self.entries
        }

    def family(self, letter: str) -> list[Entry]:
        """Return the claims of one family."""
        return [entry for entry in self.entries.values() if entry.family == letter]

    @property
    def digests(self) -> dict[str, str]:
        """The digest of every part, by its name."""
        return {
            f"{entry.id}.{section.number}": section.digest
            for entry in self.entries.values()
            for section in entry.sections
        }


def gather() -> Book:
    """Check the certificates and counterexamples, and collect what is known of every claim.

    Returns
    -------
    Book

    Raises
    ------
    InputError
        If a stored counterexample is none, or a claim of a new family has no heading yet.
    """
    claims = load_claims()
    certificates = read_folder()
    lemmas = check_claims(claims.values(), certificates).lemmas
    places, refuted, methods = places_of_claims(), _counterexamples(claims), methods_of(claims)
    needs = read_needs()
    entries = {}
    for name, claim in claims.items():
        if name[0] not in FAMILIES:
            raise InputError(
                f"claim {name} is of no known family: add its letter to book.content.FAMILIES"
            )
        proofs = certificates.get(name, {})
        sections = tuple(
            _section(
                claim, number, proofs if f"{name}.{number}" in lemmas else None, refuted, needs
            )
            for number in range(1, len(claim.parts) + 1)
        )
        folder = find_directory("proofs") / "certificates"
        entries[name] = Entry(
            claim,
            _status(claim, sections),
            sections,
            places[name],
            methods.get(name, ()),
            folder / f"{name}.json" if any(section.proof for section in sections) else None,
        )
    return Book(entries, tuple(pictures_of(claims)))


def _status(claim: Claim, sections: tuple[Section, ...]) -> Status:
    if any(section.counterexample for section in sections):
        return "refuted"
    if not all(section.proof for section in sections):
        return "open"
    if not sections:
        return "argument"
    return "proved + argument" if claim.checks else "proved"


def _section(
    claim: Claim,
    number: int,
    proofs: Mapping[str, Any] | None,
    refuted: Mapping[str, Counterexample],
    needs: Mapping[tuple[str, int, str], Need],
) -> Section:
    part = claim.parts[number - 1]
    counterexample = refuted.get(f"{claim.id}.{number}")
    failing = None if counterexample is None else evaluated(part, counterexample.instance)
    proof, example = None, None
    if proofs is not None:
        data = proofs["proofs"][number - 1]
        proof = Proof(
            tuple(paragraphs(proofs["letters"], data, names=abbreviations(*part.expressions))),
            len(data["steps"]),
            terms_of(data),
            tuple(dict.fromkeys(step["lemma"] for step in data["steps"] if step.get("lemma"))),
        )
        instance = Instance.from_data(data["holds_for"])
        # What the checker accepts cannot be contradicted; were it, the book must not show it.
        if judge(part, instance) not in (Verdict.CONFIRMED, Verdict.DEGENERATE):
            raise InputError(
                f"the instance in the certificate of {claim.id}.{number} does not satisfy it: "
                "search the certificate again"
            )
        example = evaluated(part, instance)
    assumed = tuple(
        _premise(part, item, needs.get((claim.id, number, name_of(item)))) for item in part.assuming
    )
    return Section(number, part, digest(part), assumed, proof, example, counterexample, failing)


_WHY = {
    "needed": "Needed: without it the statement fails",
    "definitional": "Needed for the statement to say something: without it there is no",
    "not needed": "Not needed: a certificate proves the statement without it.",
    "unknown": "Whether it is needed is not known.",
}


def _premise(part: Part, item: Assumption | Statement, need: Need | None) -> Premise:
    premise = Premise.of(item)
    if need is None:
        return premise
    why, shown = _WHY[need.outcome], None
    if need.instance is not None:
        shown = evaluated(part, need.instance)
        why += f" {need.term}" if need.term else ""
        why += ", here on the smallest instance" if need.minimal else ", as here"
        why += "."
    return replace(premise, outcome=need.outcome, why=why, shown=shown)


def _counterexamples(claims: Mapping[str, Claim]) -> dict[str, Counterexample]:
    """Return the stored counterexamples by claim and part, each checked."""
    file = find_directory("proofs") / "counterexamples.json"
    found = {}
    for name, data in json.loads(file.read_text(encoding="utf-8")).items():
        claim_id, _, number = name.rpartition(".")
        instance = Instance.from_data(data["instance"])
        if claim_id not in claims or not violates(
            claims[claim_id].parts[int(number) - 1], instance
        ):
            raise InputError(
                f"the counterexample to {name} in {file.name} is none: run proofs/refute.py again"
            )
        found[name] = Counterexample(int(number) - 1, instance, data["covered"], data["tried"])
    return found
