"""What each assumption of a claim is needed for: what goes wrong where it is dropped.

Where an assumption is dropped, the rest stays, and so does what the letters of the theory mean. An
exact instance on which the claim is then false shows that the assumption is needed. Where there is
none, an inverse in the claim may have ceased to exist: then the assumption is *definitional*, and
the instance shows which. A certificate of the claim without it shows that it is not needed.

What the search finds is kept as data, in ``proofs/audit``, and is decided again wherever it is
read: the search is never believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.checker import Lemma, RejectedError, check
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Identity,
    Inverse,
    Product,
    walk,
)
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import Statement
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.finding import assumed_by, find
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.refute import refute
from linreg_unlearn.claims.claim import Assumption, Part
from linreg_unlearn.claims.vocabulary import background
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving.certificate import Letters, write_proof
from linreg_unlearn.proving.search import Limits
from linreg_unlearn.shipped import find_directory

__all__ = [
    "FORMAT",
    "Json",
    "Need",
    "contradicts",
    "dropped",
    "fault_of",
    "find_need",
    "name_of",
    "needs_of",
    "read_needs",
    "read_records",
    "undefined_term",
]

FORMAT = "linreg-unlearn audit, version 1"

Outcome = Literal["needed", "not needed", "definitional", "unknown"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Need:
    """What one assumption of a part is needed for.

    Parameters
    ----------
    outcome : {"needed", "not needed", "definitional", "unknown"}
    instance : Instance or None
        Where the other assumptions hold and the statement is false, or has an undefined term.
    minimal : bool
        Whether every smaller instance with integers up to 2 was looked at, and none is such.
    term : str
        The inverse that does not exist at the instance, where that is all there is.
    certificate : dict or None
        Where it is not needed: the letters and the proof of the part without it.
    """

    outcome: Outcome
    instance: Instance | None = None
    minimal: bool = False
    term: str = ""
    certificate: Json | None = None

    def as_data(self) -> Json:
        """Return it as plain data for JSON."""
        data: Json = {"outcome": self.outcome}
        if self.instance is not None:
            data |= {"minimal": self.minimal, "instance": self.instance.as_data()}
        if self.term:
            data["term"] = self.term
        if self.certificate is not None:
            data["certificate"] = self.certificate
        return data

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Need:
        """Return what :meth:`as_data` wrote."""
        instance = data.get("instance")
        return Need(
            data["outcome"],
            None if instance is None else Instance.from_data(instance),
            bool(data.get("minimal", False)),
            data.get("term", ""),
            data.get("certificate"),
        )


def name_of(item: Assumption | Statement) -> str:
    """Return the name of an assumption, or what a statement without a name says.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> [name_of(item) for item in load_claims()["A5"].parts[0].assuming]
    ['interpolating', 'overlapping features']
    """
    return item.name if isinstance(item, Assumption) else str(item)


def dropped(part: Part, item: Assumption | Statement) -> Part:
    """Return a part without one of its assumptions, but with what its letters mean.

    Parameters
    ----------
    part : Part
    item : Assumption or Statement
        One of ``part.assuming``.

    Raises
    ------
    InputError
        If the part assumes no such thing.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> part = load_claims()["A1"].parts[2]
    >>> print(dropped(part, part.assuming[0]))
    E_r and E_f split the rows, m_f > 0 ⟹ UL(w_o) = 0
    """
    left = tuple(other for other in part.assuming if other is not item)
    if len(left) == len(part.assuming):
        raise InputError(f"{name_of(item)!r} is no assumption of {part}: drop one that is")
    meant = background(part.expressions)
    return Part(part.statement, (*meant, *left), part.also_draw, hints=part.hints)


def contradicts(part: Part, instance: Instance) -> bool:
    """Whether a part is false on an instance: everything in it exists, and it does not hold.

    A statement that says that an inverse exists is false where it does not.
    """
    reading = instance.exact()
    try:
        if not all(holds(statement, reading) for statement in part.assumed):
            return False
        argument = _said_to_be_invertible(part.statement)
        if argument is not None:
            return rational.inverse(reading.value(argument)) is None
        return not holds(part.statement, reading)
    except UndefinedError:
        return False


def undefined_term(part: Part, instance: Instance) -> str:
    """Return an inverse of a part that does not exist on an instance where it should.

    It is empty where there is none, or where an assumption fails: one that says that an inverse
    exists fails where it does not, any other does not tell.
    """
    reading = instance.exact()
    missing = ""
    for statement in (*part.assumed, part.statement):
        try:
            fine = holds(statement, reading)
        except UndefinedError:
            if statement is not part.statement and _said_to_be_invertible(statement) is not None:
                return ""
            missing = missing or _missing(statement.expressions, reading)
        else:
            if not fine and statement is not part.statement:
                return ""
    return missing


def _said_to_be_invertible(statement: Statement) -> Expr | None:
    """Return ``A`` where all that a statement says is ``A⁻¹ A = I``: that there is an inverse."""
    match statement:
        case Equation(lhs=Product(factors=(Inverse(argument=A), *rest)), rhs=Identity()):
            B = rest[0] if len(rest) == 1 else Product(tuple(rest))
            return A if words(A) == words(B) else None
    return None


def _missing(expressions: Iterable[Expr], reading: ExactReading) -> str:
    """Return the innermost inverse that does not exist."""
    found = ""
    for node in walk(*expressions):
        if isinstance(node, Inverse):
            try:
                reading.value(node.argument)
            except UndefinedError:
                continue
            try:
                reading.value(node)
            except UndefinedError:
                found = str(node)
    return found


def _is_undefined(part: Part, instance: Instance) -> bool:
    return bool(undefined_term(part, instance))


BUDGET = 3_000_000
"""Matrix operations for one question, see ``audit.refute``."""


def find_need(
    part: Part,
    item: Assumption | Statement,
    lemmas: Mapping[str, Lemma],
    *,
    budget: int = BUDGET,
    limits: Limits | None = None,
) -> Need:
    """Search what an assumption is needed for.

    Parameters
    ----------
    part : Part
    item : Assumption or Statement
        One of ``part.assuming``.
    lemmas : mapping of str to Lemma
        What proofs may cite.
    budget : int
        Matrix operations for each search of an instance.
    limits : Limits, optional
        Of the search for a proof without the assumption.

    Returns
    -------
    Need

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> part = load_claims()["A1"].parts[2]
    >>> need = find_need(part, part.assuming[0], {})
    >>> need.outcome, need.minimal, need.instance.sizes["d"]
    ('needed', True, 1)
    """
    weaker = dropped(part, item)
    # Most instances are found at once, so a proof is searched before the long search for them.
    found = refute(weaker, budget=budget // 10, wrong=contradicts)
    undefined = None
    if found is None:
        undefined = refute(weaker, budget=budget // 10, wrong=_is_undefined)
        if undefined is None:
            certificate = _prove(weaker, lemmas, limits)
            if certificate is not None:
                return Need("not needed", certificate=certificate)
    if found is None or not found.covered:
        found = refute(weaker, budget=budget, wrong=contradicts) or found
    if found is not None:
        return Need("needed", found.instance, found.covered)
    if undefined is not None:
        term = undefined_term(weaker, undefined.instance)
        return Need("definitional", undefined.instance, undefined.covered, term)
    return Need("unknown")


def _prove(part: Part, lemmas: Mapping[str, Lemma], limits: Limits | None) -> Json | None:
    outcome = find(part, limits)
    if not outcome.complete:
        return None
    letters = Letters()
    proof = write_proof(outcome.reached, letters)
    certificate = {"letters": letters.entries, "proof": proof}
    # The search cites lemmas whose signs may be what was dropped.
    return None if _rejection(part, certificate, lemmas) else certificate


def _rejection(part: Part, certificate: Json, lemmas: Mapping[str, Lemma]) -> str:
    """Return why a certificate does not prove a part; empty where it does."""
    letters, proof = certificate.get("letters"), certificate.get("proof")
    try:
        check(letters, proof, part.statement, assumed_by(part), dict(lemmas))
    except RejectedError as error:
        return str(error)
    return ""


def fault_of(
    part: Part, item: Assumption | Statement, need: Need, lemmas: Mapping[str, Lemma]
) -> str:
    """Decide once more what is said of an assumption; return what is wrong with it, if anything.

    Parameters
    ----------
    part : Part
    item : Assumption or Statement
        One of ``part.assuming``.
    need : Need
    lemmas : mapping of str to Lemma
        What proofs may cite.
    """
    weaker = dropped(part, item)
    match need.outcome:
        case "needed":
            if need.instance is None or not contradicts(weaker, need.instance):
                return "the instance is no counterexample to the claim without it"
        case "definitional":
            found = "" if need.instance is None else undefined_term(weaker, need.instance)
            if not found or found != need.term:
                return "the instance does not leave that term undefined"
        case "not needed":
            if need.certificate is None:
                return "there is no certificate of the claim without it"
            reason = _rejection(weaker, need.certificate, lemmas)
            if reason:
                return f"the certificate of the claim without it is rejected: {reason}"
    return ""


def read_records(folder: Path | None = None) -> dict[str, Json]:
    """Return the data of the audit by claim; those that are shipped by default.

    Raises
    ------
    InputError
        If a file is no JSON or of another format.
    """
    folder = find_directory("proofs") / "audit" if folder is None else folder
    records: dict[str, Json] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(
                f"{path} cannot be read ({error}): write it with proofs/audit.py"
            ) from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise InputError(
                f"{path} is not of the format {FORMAT!r}: write it with proofs/audit.py"
            )
        records[path.stem] = data
    return records


def needs_of(records: Mapping[str, Json]) -> Iterator[tuple[tuple[str, int, str], Need]]:
    """Yield what records say of each assumption, by claim, part and name."""
    for claim_id, data in records.items():
        for part in data["parts"]:
            for name, need in part["needs"].items():
                yield (claim_id, part["part"], name), Need.from_data(need)


def read_needs() -> dict[tuple[str, int, str], Need]:
    """Return what each assumption of each part is needed for, as shipped.

    Returns
    -------
    dict
        By the id of the claim, the number of the part, counted from 1, and the name of the
        assumption or, where it has none, its statement as text (see :func:`name_of`).

    Examples
    --------
    >>> need = read_needs()["A4", 1, "distinct features"]
    >>> need.outcome, need.instance.sizes["d"]
    ('needed', 1)
    """
    return dict(needs_of(read_records()))
