"""Search the smallest counterexamples of the claims that are expected to fail, and keep them.

One of them takes seconds to find, so what only shows them reads ``counterexamples.json``, and
checks each in exact arithmetic. Run it with ``python proofs/refute.py``; with ``--check`` it writes
nothing, and fails where the file would change.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from linreg_unlearn.audit.certificates import to_text
from linreg_unlearn.audit.search import smallest_counterexample
from linreg_unlearn.claims.claim import load_claims

FILE = Path(__file__).resolve().parent / "counterexamples.json"
BUDGET = 60_000
"""Instances to look at for each part: as many as ``linreg-unlearn verify`` does."""


def main(check: bool, file: Path = FILE) -> int:
    """Write the counterexamples, or compare them, and return the exit status.

    Parameters
    ----------
    check : bool
        Compare only.
    file : Path
        Where they are.
    """
    found, missing = {}, []
    for claim in load_claims().values():
        if claim.expected != "fails":
            continue
        for position, part in enumerate(claim.parts):
            example = smallest_counterexample(part, budget=BUDGET, position=position)
            if example is None:
                missing.append(f"{claim.id}.{position + 1}")
                continue
            found[f"{claim.id}.{position + 1}"] = {
                "instance": example.instance.as_data(),
                "covered": example.covered,
                "tried": example.tried,
            }
    text = to_text(found)
    changed = not file.exists() or json.loads(file.read_text(encoding="utf-8")) != found
    if not check:
        file.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(found)} counterexamples{', changed' if changed else ''}\n")
    sys.stdout.writelines(f"{name}: no counterexample was found\n" for name in missing)
    return 1 if missing or (check and changed) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    sys.exit(main(parser.parse_args().check))
