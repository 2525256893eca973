"""The audit of the registry: no assumption without need, no neighbour left standing, no bad proof.

Four questions are asked of every claim that is expected to hold: what each assumption is needed
for (``audit.needs``), what became of every neighbour of its statements (``audit.neighbours``),
whether corrupted certificates are rejected (``audit.corruption``), and whether the instances that
tests draw say something (``audit.vacuity``). What searches found is data in ``proofs/audit``, and
is decided again here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

from linreg_unlearn.audit.certificates import accepted_lemmas, digest, read_folder
from linreg_unlearn.audit.corruption import corrupted
from linreg_unlearn.audit.needs import Json, Need, fault_of, name_of, read_records
from linreg_unlearn.audit.neighbours import Record, fates_of
from linreg_unlearn.audit.vacuity import drawn, reason
from linreg_unlearn.claims.claim import Claim, load_claims

__all__ = ["Audited", "audit", "audit_claim"]

CORRUPTIONS = 2
"""Changes of each kind to each certificate: about twenty kinds apply."""

DRAWS = 60
"""Draws looked at for each part."""

REGIMES = "G."
"""Cells of the table share the assumptions of their regime, needed or not: that is what it is."""


@dataclass(frozen=True)
class Audited:
    """What the audit says of one claim.

    Parameters
    ----------
    claim : str
    needs : dict of str to int
        How many assumptions came to each outcome.
    neighbours : dict of str to int
        How many neighbours were refuted, equivalent, implied and unknown.
    corruptions : dict of str to int
        How many corrupted proofs were rejected, still proofs, and accepted.
    draws, valid, informative : int
        How many instances were drawn, satisfied all assumptions, and said something.
    faults : tuple of str
        What is wrong, in words.
    notes : tuple of str
        What should be known besides.
    """

    claim: str
    needs: dict[str, int]
    neighbours: dict[str, int]
    corruptions: dict[str, int]
    draws: int
    valid: int
    informative: int
    faults: tuple[str, ...]
    notes: tuple[str, ...]


@cache
def _records() -> dict[str, Json]:
    return read_records()


@cache
def _certificates() -> dict[str, Json]:
    return read_folder()


def audit_claim(claim: Claim) -> Audited:
    """Ask all four questions of a claim that is expected to hold.

    Examples
    --------
    >>> seen = audit_claim(load_claims()["A8"])
    >>> seen.needs, seen.faults
    ({'needed': 1}, ())
    """
    lemmas = accepted_lemmas()
    entries = _records().get(claim.id, {}).get("parts", [])
    needs, fates, corruptions = Counter[str](), Counter[str](), Counter[str]()
    faults: list[str] = []
    draws = valid = informative = 0
    for number, part in enumerate(claim.parts, 1):
        name = f"{claim.id}.{number}"
        entry = entries[number - 1] if number <= len(entries) else {}
        if entry.get("statement") != digest(part):
            faults.append(f"{name} has no current record: run proofs/audit.py {claim.id}")
            entry = {}
        for item in part.assuming:
            known = entry.get("needs", {}).get(name_of(item))
            need = Need("unknown") if known is None else Need.from_data(known)
            needs[need.outcome] += 1
            wrong = fault_of(part, item, need, lemmas)
            if wrong:
                faults.append(f"{name}, {name_of(item)}: {wrong}")
            elif need.outcome == "unknown":
                faults.append(f"{name}: what {name_of(item)!r} is needed for is unknown")
            elif need.outcome == "not needed" and not claim.id.startswith(REGIMES):
                faults.append(f"{name} holds without {name_of(item)!r}: state that instead")
        known = entry.get("neighbours")
        record = Record() if known is None else Record.from_data(known)
        told = fates_of(part, record, lemmas, name)
        fates += Counter(
            refuted=told.refuted, equivalent=told.equivalent, implied=told.implied
        ) + Counter(unknown=len(told.unknown))
        faults += [
            f"{name}, {other.rule}: neither refuted nor proved: {other.statement}"
            for other in told.unknown
        ]
        seen = drawn(part, DRAWS)
        draws, valid = draws + seen.draws, valid + seen.valid
        informative += seen.having.get("informative", 0)
        if not seen.valid:
            faults.append(f"{name} is never drawn")
        faults += [
            f"{name} is only drawn where this fails: {aspect}"
            for aspect in seen.never
            if not reason(part, aspect)
        ]
    if claim.parts:
        spoiled = corrupted(claim, _certificates()[claim.id], lemmas, CORRUPTIONS)
        corruptions.update(
            rejected=spoiled.rejected, still=spoiled.still_proofs, accepted=len(spoiled.accepted)
        )
        faults += [f"accepted although corrupted: {kind}" for kind in spoiled.accepted]
    return Audited(
        claim.id,
        dict(needs),
        dict(fates),
        dict(corruptions),
        draws,
        valid,
        informative,
        tuple(faults),
        tuple(_notes(claim, fates)),
    )


FEW = 10


def _notes(claim: Claim, fates: Counter[str]) -> Iterator[str]:
    if claim.parts and fates["refuted"] < FEW:
        every = sum(fates.values())
        yield (
            f"{claim.id} has {fates['refuted']} refuted neighbours of {every}: its statement is "
            "short, and the others follow from it"
        )


def _named(claim_id: str) -> Audited:
    return audit_claim(load_claims()[claim_id])


def audit(
    claims: Sequence[Claim],
    advance: Callable[[str], None] | None = None,
    workers: int = 2,
) -> list[Audited]:
    """Audit claims, those that are expected to hold.

    Parameters
    ----------
    claims : sequence of Claim
        Registered ones. Of a claim that is expected to fail the counterexample says it all.
    advance : callable, optional
        Called with the id of each claim that is done.
    workers : int
        Processes to share the work between.

    Returns
    -------
    list of Audited
        In the order of the claims.
    """
    ids = [claim.id for claim in claims if claim.expected == "holds" and claim.parts]
    done: dict[str, Audited] = {}
    if workers == 1 or len(ids) == 1:
        for name in ids:
            done[name] = _named(name)
            if advance is not None:
                advance(name)
        return [done[name] for name in ids]
    # The largest first, so that no process is left with it in the end.
    largest = sorted(ids, key=lambda name: -len(str(load_claims()[name].parts)))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_named, name): name for name in largest}
        for future in as_completed(waiting):
            done[waiting[future]] = future.result()
            if advance is not None:
                advance(waiting[future])
    return [done[name] for name in ids]
