"""Search the proofs of all registered claims and write their certificates.

The same claims give the same files, so a difference that git shows is a difference of the theory or
of the search. Run it with ``python proofs/certify.py``; with ``--check`` it writes nothing, and
fails where a file would change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from linreg_unlearn.audit.certificates import check_claims, to_text, write_certificates
from linreg_unlearn.claims.claim import load_claims

FOLDER = Path(__file__).resolve().parent / "certificates"


def main(check: bool, folder: Path = FOLDER) -> int:
    """Write the certificates, or compare them, and return the exit status.

    Parameters
    ----------
    check : bool
        Compare only.
    folder : Path
        Where the certificates are.
    """
    claims = list(load_claims().values())
    certificates, missing = write_certificates(claims)
    outcomes = check_claims(claims, certificates).outcomes
    faults = [f"{outcome.name}: {outcome.reason}" for outcome in outcomes if not outcome.accepted]
    faults += [f"{name}: no proof was found" for name in missing]
    texts = {f"{name}.json": to_text(data) for name, data in certificates.items()}
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    changed = sorted(name for name in {*texts, *there} if texts.get(name) != there.get(name))
    if check:
        faults += [f"{name}: would change" for name in changed]
    else:
        folder.mkdir(exist_ok=True)
        for name in changed:
            if name in texts:
                (folder / name).write_text(texts[name], encoding="utf-8")
            else:
                (folder / name).unlink()
    total = sum(outcome.terms for outcome in outcomes)
    sys.stdout.write(f"{len(texts)} certificates, {total} terms, {len(changed)} changed\n")
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    sys.exit(main(parser.parse_args().check))
