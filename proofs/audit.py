"""Search what assumptions are needed for, and what neighbours of claims say, for ``proofs/audit``.

The same claims give the same files, so a difference that git shows is a difference of the theory or
of the search. ``python proofs/audit.py`` searches every claim (minutes), ``python proofs/audit.py
A3 B1`` some of them; with ``--check`` it writes nothing, and fails where a file would change. What
the files say is decided again, exactly, by ``linreg-unlearn verify --audit`` and by the tests.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from linreg_unlearn.audit.certificates import accepted_lemmas, digest, to_text
from linreg_unlearn.audit.needs import FORMAT, Json, find_need, name_of
from linreg_unlearn.audit.neighbours import search_neighbours
from linreg_unlearn.claims.claim import Claim, load_claims, select

FOLDER = Path(__file__).resolve().parent / "audit"
SECTIONS = ("needs", "neighbours")


def record_of(claim: Claim, before: Json, sections: Collection[str]) -> Json:
    """Search a claim and return what is found as data.

    Parameters
    ----------
    claim : Claim
        Expected to hold: where a claim is refuted, its counterexample says it all.
    before : dict
        What there is, of which sections that are not searched are kept where it is current.
    sections : collection of {"needs", "neighbours"}
        What to search.
    """
    lemmas = accepted_lemmas()
    known = {(entry["part"], entry["statement"]): entry for entry in before.get("parts", ())}
    parts = []
    for number, part in enumerate(claim.parts, 1):
        entry: Json = {"part": number, "says": str(part), "statement": digest(part)}
        kept = known.get((number, digest(part)), {})
        if "needs" in sections or "needs" not in kept:
            entry["needs"] = {
                name_of(item): find_need(part, item, lemmas).as_data() for item in part.assuming
            }
        if "neighbours" in sections:
            found = search_neighbours(part, lemmas, f"{claim.id}.{number}")
            entry["neighbours"] = found.as_data()
        parts.append({**kept, **entry})
    return {"format": FORMAT, "claim": claim.id, "parts": parts}


def main(
    ids: Iterable[str], check: bool, sections: Collection[str] = SECTIONS, folder: Path = FOLDER
) -> int:
    """Write the files of some claims, or compare them, and return the exit status.

    Parameters
    ----------
    ids : iterable of str
        The claims; all of them where there are none.
    check : bool
        Compare only.
    sections : collection of {"needs", "neighbours"}
        What to search; the rest is kept.
    folder : Path
        Where the files are.
    """
    ids = list(ids)
    claims = [claim for claim in select(ids) if claim.expected == "holds" and claim.parts]
    faults = []
    folder.mkdir(exist_ok=True)
    for claim in claims:
        path = folder / f"{claim.id}.json"
        there = path.read_text(encoding="utf-8") if path.is_file() else "{}"
        text = to_text(record_of(claim, json.loads(there), sections))
        if there == text:
            continue
        sys.stdout.write(f"{claim.id} {'would change' if check else 'changed'}\n")
        sys.stdout.flush()
        if check:
            faults.append(claim.id)
        else:
            path.write_text(text, encoding="utf-8")
    known = {claim.id for claim in load_claims().values() if claim.expected == "holds"}
    for path in sorted(folder.glob("*.json")):
        if path.stem not in known:
            sys.stdout.write(f"{path.stem} belongs to no claim\n")
            faults.append(path.stem)
            if not check:
                path.unlink()
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", nargs="*", help="some claims; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    parser.add_argument("--only", choices=SECTIONS, help="search that, and keep the rest")
    given = parser.parse_args()
    sections = (given.only,) if given.only else SECTIONS
    sys.exit(main(given.claims, given.check, sections))
