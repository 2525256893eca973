"""The certificates of the registered claims: written by the search, read and checked without it.

One file per claim in ``proofs/certificates``, named by its id; docs/certificates.md describes the
format. Checking one needs the registered claim and the certificates that it cites, nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from linreg_unlearn.algebra.checker import Lemma, RejectedError, check
from linreg_unlearn.algebra.relations import goals, relations
from linreg_unlearn.audit.drawing import Limits as Sizes
from linreg_unlearn.audit.drawing import RandomSource, draw_instance
from linreg_unlearn.audit.evidence import Verdict, judge
from linreg_unlearn.audit.finding import assumed_by, find
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.refute import satisfying_instance
from linreg_unlearn.claims.claim import Claim, Part, load_claims
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving.certificate import Letters, terms_of, write_proof
from linreg_unlearn.proving.search import Limits
from linreg_unlearn.shipped import find_directory

__all__ = [
    "FORMAT",
    "Checked",
    "Outcome",
    "accepted_lemmas",
    "check_claims",
    "check_folder",
    "digest",
    "read_folder",
    "to_text",
    "write_certificates",
]

FORMAT = "linreg-unlearn certificate, version 1"

Json = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What the checker says of the certificate of one claim.

    Parameters
    ----------
    name : str
        The id of the claim, or the name of a file that belongs to none.
    accepted : bool
        Whether every part is proved.
    reason : str
        Why it is not accepted.
    terms : int
        How many cofactors, squares and citations the proofs have.
    """

    name: str
    accepted: bool
    reason: str
    terms: int


@dataclass(frozen=True)
class Checked:
    """What the checker says of a set of certificates.

    Parameters
    ----------
    outcomes : tuple of Outcome
        One for each claim that should have a certificate and for each file that is none.
    lemmas : dict of str to Lemma
        What was proved, by claim and part, such as ``"A3.1"``.
    """

    outcomes: tuple[Outcome, ...]
    lemmas: dict[str, Lemma]

    def proves(self, claim: Claim, part: int) -> bool:
        """Whether a part of a claim, counted from 1, is proved."""
        return f"{claim.id}.{part}" in self.lemmas


def digest(part: Part) -> str:
    """Return a short digest of what a part says, as words: it changes when its meaning does.

    Examples
    --------
    >>> len(digest(load_claims()["A1"].parts[0]))
    16
    """
    assumed = assumed_by(part)
    shown = [f"{kind} {total.text}" for kind, total in goals(part.statement, assumed)]
    # Signs and sizes give no relation, but change what may be done.
    given = sorted({total.text for total in relations(assumed)} | set(map(str, assumed)))
    return hashlib.sha256("\n".join([*shown, "from", *given]).encode()).hexdigest()[:16]


def provable(claim: Claim) -> bool:
    """Whether a claim should have a certificate: it is expected to hold and says something."""
    return claim.expected == "holds" and bool(claim.parts)


def read_folder(folder: Path | None = None) -> dict[str, Json]:
    """Return the certificates in a folder by the name of the file; the shipped ones by default.

    A file that cannot be read is there too, as what was wrong with it.
    """
    if folder is None:
        folder = find_directory("proofs") / "certificates"
    found: dict[str, Json] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            found[path.stem] = data if isinstance(data, dict) else {"error": "it is not an object"}
        except (OSError, ValueError, RecursionError) as error:
            found[path.stem] = {"error": f"it is not JSON: {error}"}
    return found


def check_folder(folder: Path | None = None) -> list[Outcome]:
    """Check the certificates of all registered claims.

    Parameters
    ----------
    folder : Path, optional
        Where they are; the shipped ones by default.

    Returns
    -------
    list of Outcome
    """
    return list(check_claims(load_claims().values(), read_folder(folder)).outcomes)


@cache
def accepted_lemmas() -> Mapping[str, Lemma]:
    """Return what the shipped certificates prove, for proofs to cite."""
    return check_claims(load_claims().values(), read_folder()).lemmas


def check_claims(claims: Iterable[Claim], certificates: Mapping[str, Json]) -> Checked:
    """Check the certificates of claims, each after those that it cites.

    Parameters
    ----------
    claims : iterable of Claim
    certificates : mapping of str to dict
        By the id of the claim.
    """
    wanted = {claim.id: claim for claim in claims if provable(claim)}
    lemmas: dict[str, Lemma] = {}
    reasons: dict[str, str] = {}
    waiting: dict[str, tuple[Part, Json, Json]] = {}
    for name, claim in wanted.items():
        data = certificates.get(name)
        if data is None:
            reasons[name] = "missing"
            continue
        try:
            waiting.update(_proofs(claim, data))
        except RejectedError as error:
            reasons[name] = str(error)
    # A citation has to be checked before what cites it, so a cycle is never entered.
    progress = True
    while waiting and progress:
        progress = False
        for name, (part, letters, proof) in list(waiting.items()):
            if not _cited(proof) <= lemmas.keys():
                continue
            del waiting[name]
            progress = True
            try:
                lemmas[name] = check(letters, proof, part.statement, assumed_by(part), lemmas)
            except RejectedError as error:
                claim_id, _, number = name.rpartition(".")
                reasons.setdefault(claim_id, f"part {number}: {error}")
    for name, (_, _, proof) in waiting.items():
        claim_id, _, number = name.rpartition(".")
        missing = ", ".join(sorted(_cited(proof) - lemmas.keys()))
        reasons.setdefault(claim_id, f"part {number} cites what is not proved: {missing}")
    outcomes = []
    for name in dict.fromkeys((*wanted, *certificates)):
        reason = reasons.get(name, "")
        if name not in wanted:
            reason = "no registered claim that is expected to hold has this name"
        # Whatever happened above, nothing is accepted of which a part was not checked.
        parts = [f"{name}.{n}" for n in range(1, 1 + len(wanted[name].parts))] if not reason else []
        accepted = not reason and all(part in lemmas for part in parts)
        terms = sum(map(terms_of, certificates[name]["proofs"])) if accepted else 0
        outcomes.append(Outcome(name, accepted, reason, terms))
    return Checked(tuple(outcomes), lemmas)


def _proofs(claim: Claim, data: Json) -> Iterator[tuple[str, tuple[Part, Json, Json]]]:
    if "error" in data:
        raise RejectedError(data["error"])
    if data.get("format") != FORMAT:
        raise RejectedError(f"its format is not {FORMAT!r}")
    if data.get("claim") != claim.id:
        raise RejectedError(f"it is a certificate of {data.get('claim')!r}")
    proofs, letters = data.get("proofs"), data.get("letters")
    if not isinstance(proofs, list) or not isinstance(letters, dict):
        raise RejectedError("it has no list of proofs or no letters")
    numbers = [proof.get("part") if isinstance(proof, dict) else None for proof in proofs]
    if numbers != list(range(1, len(claim.parts) + 1)):
        raise RejectedError(f"it proves parts {numbers}, and the claim has {len(claim.parts)}")
    for number, (part, proof) in enumerate(zip(claim.parts, proofs, strict=True), 1):
        if proof.get("statement") != digest(part):
            raise RejectedError(f"stale: part {number} of the claim says something else now")
        yield f"{claim.id}.{number}", (part, letters, proof)


def _cited(proof: Json) -> set[str]:
    steps = proof.get("steps")
    if not isinstance(steps, list):
        return set()
    return {str(step["lemma"]) for step in steps if isinstance(step, dict) and step.get("lemma")}


def write_certificates(
    claims: Iterable[Claim], limits: Limits | None = None
) -> tuple[dict[str, Json], list[str]]:
    """Search proofs of claims.

    Parameters
    ----------
    claims : iterable of Claim
    limits : Limits, optional

    Returns
    -------
    certificates : dict of str to dict
        Those of claims of which every part was proved.
    missing : list of str
        The parts that were not, such as ``"A3.1"``.
    """
    certificates: dict[str, Json] = {}
    missing: list[str] = []
    for claim in filter(provable, claims):
        letters, proofs = Letters(), []
        for number, part in enumerate(claim.parts, 1):
            outcome = find(part, limits)
            if not outcome.complete:
                missing.append(f"{claim.id}.{number}")
                continue
            proofs.append(
                {
                    "part": number,
                    "says": str(part),
                    "statement": digest(part),
                    **write_proof(outcome.reached, letters),
                    "holds_for": _witness(part).as_data(),
                }
            )
        if len(proofs) == len(claim.parts):
            certificates[claim.id] = {
                "format": FORMAT,
                "claim": claim.id,
                "letters": letters.entries,
                "proofs": proofs,
            }
    return certificates, missing


def _witness(part: Part) -> Instance:
    """Return a small instance on which the assumptions hold and the statement says something."""
    source, sizes = RandomSource(0), Sizes()
    best: Instance | None = None
    enough = _ENOUGH
    for _ in range(400):
        instance = draw_instance(part, source, sizes)
        if judge(part, instance) is not Verdict.CONFIRMED:
            continue
        enough -= 1
        if best is None or instance.total_size() < best.total_size():
            best = instance
        if enough == 0 or best.total_size() <= _SMALL:
            break
    best = best or satisfying_instance(part)
    if best is None:
        raise InputError(f"no instance was found on which this is not empty: {part}")
    return best


_SMALL = 8
_ENOUGH = 40


def to_text(certificate: Json) -> str:
    """Return a certificate as JSON that is good to read and to compare, a fact or term per line.

    Examples
    --------
    >>> print(to_text({"a": [1, {"b": "c"}]}), end="")
    {"a":[1,{"b":"c"}]}
    """

    def compact(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def write(value: Any, indent: str) -> str:
        flat = compact(value)
        if len(indent) + len(flat) <= _WIDTH or not isinstance(value, dict | list) or not value:
            return flat
        deeper = indent + " "
        if isinstance(value, dict):
            lines = [f"{compact(key)}:{write(item, deeper)}" for key, item in value.items()]
            return "{\n" + ",\n".join(deeper + line for line in lines) + "\n" + indent + "}"
        lines = [write(item, deeper) for item in value]
        return "[\n" + ",\n".join(deeper + line for line in lines) + "\n" + indent + "]"

    return write(certificate, "") + "\n"


_WIDTH = 120
