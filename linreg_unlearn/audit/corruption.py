"""Proofs with something wrong in them: what is changed somewhere has to be refused.

Each kind of change is made at one place of a certificate at a time, looked at and taken back. Most
kinds make any proof wrong. Others may leave a proof: a relation that is symmetric is its own
transpose, a step may have been superfluous, a step may fall under two rules. Those that the checker
still accepts prove the registered claim another way, and are counted apart.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from linreg_unlearn.algebra.checker import Lemma, RejectedError, check
from linreg_unlearn.audit.finding import assumed_by
from linreg_unlearn.claims.claim import Claim, Part

__all__ = [
    "ALWAYS",
    "UNLESS_RIGHT",
    "Change",
    "Corrupted",
    "Json",
    "Path",
    "at",
    "corrupted",
    "places",
]

Json = Any
Path = tuple[str | int, ...]
Change = Callable[[Json], Iterator[None]]


def places(data: Json, path: Path = ()) -> Iterator[Path]:
    """Yield every place in a certificate, those of whole objects too.

    Examples
    --------
    >>> list(places({"a": [1, 2]}))
    [('a',), ('a', 0), ('a', 1)]
    """
    if path:
        yield path
    items: Any = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in items:
        yield from places(value, (*path, key))


def at(data: Json, path: Path) -> Any:
    """Return what is at a place.

    Examples
    --------
    >>> at({"a": [1, 2]}, ("a", 1))
    2
    """
    for key in path:
        data = data[key]
    return data


def _put(data: Json, path: Path, value: Any) -> Iterator[None]:
    """Put something else in one place."""
    holder, key = at(data, path[:-1]), path[-1]
    before = holder[key]
    holder[key] = value
    yield
    holder[key] = before


def _without(data: Json, path: Path) -> Iterator[None]:
    """Leave out one place."""
    holder = at(data, path[:-1])
    before = holder.copy()
    del holder[path[-1]]
    yield
    holder.clear()
    if isinstance(holder, dict):
        holder.update(before)
    else:
        holder.extend(before)


def _named(data: Json, *keys: str) -> Iterator[tuple[Path, Any]]:
    """Yield every place with one of some keys, and what is there; names of letters are no keys."""
    for path in list(places(data)):
        if path[-1] in keys and (len(path) == 1 or path[-2] not in _NAMES):
            yield path, at(data, path)


_NAMES = ("letters", "mono", "relations", "sizes", "with")


def _coefficients(data: Json) -> Iterator[None]:
    """One more of a cofactor or a square."""
    for path, value in _named(data, "c"):
        yield from _put(data, path, value + 1)


def _coefficients_of_sums(data: Json) -> Iterator[None]:
    """One more of a word: right where it is a definition, or the words vanish."""
    for path, terms in _named(data, "poly"):
        for number, term in enumerate(terms):
            yield from _put(data, (*path, number, 0), term[0] + 1)


def _denominators(data: Json) -> Iterator[None]:
    """Zero, a negative number, and what is no whole number."""
    for path, _ in _named(data, "den"):
        for value in (0, -1, 1.0, True, "1", None):
            yield from _put(data, path, value)


def _citations(data: Json) -> Iterator[None]:
    """Cite the step itself, later ones, ones before the first, and what is no number."""
    count = len(data["proof"]["steps"])
    for path, _ in _named(data, "rel"):
        own = path[2]
        assert isinstance(own, int)
        for value in (10**6, -1, True, None, "r999", 0.0, *{own, own + 1, count - 1} - {own - 1}):
            if not isinstance(value, int) or value >= own or value < 0:
                yield from _put(data, path, value)


def _other_citations(data: Json) -> Iterator[None]:
    """Another relation or step: right where it says the same."""
    labels = [*data["proof"]["relations"], *range(len(data["proof"]["steps"]))]
    for path, value in _named(data, "rel"):
        for label in labels:
            if label != value:
                yield from _put(data, path, label)


def _transposed(data: Json) -> Iterator[None]:
    """Turn a flag: right where a relation is symmetric."""
    for path, value in _named(data, "tr"):
        yield from _put(data, path, not value)


def _reversed_words(data: Json) -> Iterator[None]:
    """Words the other way round."""
    for path, text in _named(data, "l", "r"):
        turned = " ".join(reversed(text.split()))
        if turned != text:
            yield from _put(data, path, turned)


def _longer_words(data: Json) -> Iterator[None]:
    """Put a letter too many, or another in the place of the first."""
    for path, text in _named(data, "l", "r"):
        for name in list(data["letters"])[:4]:
            for word in (f"{name} {text}", f"{name}' {text}", " ".join([name, *text.split()[1:]])):
                if word.split() != text.split():
                    yield from _put(data, path, word)


def _missing_terms(data: Json) -> Iterator[None]:
    """Leave out a cofactor or a square."""
    for path, items in _named(data, "cofactors", "squares"):
        for number in range(len(items)):
            yield from _without(data, (*path, number))


def _repeated_terms(data: Json) -> Iterator[None]:
    """Take the first cofactor or square twice."""
    for path, items in _named(data, "cofactors", "squares"):
        if items:
            yield from _put(data, path, [*items, items[0]])


def _missing_steps(data: Json) -> Iterator[None]:
    """Nearly every step is used or wanted."""
    for number in range(len(data["proof"]["steps"])):
        yield from _without(data, ("proof", "steps", number))


def _missing_relations(data: Json) -> Iterator[None]:
    """Leave out a relation."""
    for label in list(data["proof"]["relations"]):
        yield from _without(data, ("proof", "relations", label))


def _missing_letters(data: Json) -> Iterator[None]:
    """Nearly every letter is used."""
    for name in list(data["letters"]):
        yield from _without(data, ("letters", name))


def _two_kinds(data: Json) -> Iterator[None]:
    for path, value in _named(data, "letter", "pinv", "let", "root", "given", "symmetric"):
        for other in ("let", "pinv", "symmetric"):
            if other != path[-1]:
                yield from _put(data, path[:-1], {path[-1]: value, other: value})


def _other_kinds(data: Json) -> Iterator[None]:
    """Letters of another kind, known or not."""
    for path, value in _named(data, "letter", "pinv", "let", "root"):
        for kind in ("trace", "inv", "pinv", "let", "root", "Letter", ""):
            if kind != path[-1]:
                yield from _put(data, path[:-1], {kind: value})


def _other_rules(data: Json) -> Iterator[None]:
    """Another rule: right where a step is one of both, such as a sum of no squares."""
    for path, rule in _named(data, "rule"):
        for other in ("zero", "psd", "cancel", "invert", "root", "lemma", "axiom", None):
            if other != rule:
                yield from _put(data, path, other)


def _missing_keys(data: Json) -> Iterator[None]:
    """One of the keys of a step less."""
    keys: tuple[str, ...] = (
        "row",
        "col",
        "poly",
        "c",
        "mono",
        "l",
        "r",
        "rel",
        "tr",
        "Z",
        "rule",
        "claim",
        "den",
    )
    keys += ("squares", "with", "sizes", "lemma", "a", "b")
    for path, _ in _named(data, *keys):
        yield from _without(data, path)


def _odd_powers(data: Json) -> Iterator[None]:
    """Another power or another parameter."""
    for path, powers in _named(data, "mono"):
        yield from _put(data, path, {**powers, "zeta": 1})
        for name, power in powers.items():
            yield from _put(data, path, {**powers, name: power + 1})


def _foreign_letters(data: Json) -> Iterator[None]:
    """Let letters mean what their neighbours mean."""
    names = list(data["letters"])
    for first, second in itertools.pairwise(names):
        a, b = data["letters"][first], data["letters"][second]
        if a != b:
            data["letters"][first], data["letters"][second] = b, a
            yield
            data["letters"][first], data["letters"][second] = a, b


def _other_lemmas(data: Json) -> Iterator[None]:
    """Citations of what is proved nowhere, or of the claim itself."""
    for path, _ in _named(data, "lemma"):
        for other in ("", "L1", "L1.99", data["name"]):
            yield from _put(data, path, other)


def _other_claims(data: Json) -> Iterator[None]:
    """Claim a word less."""
    for path, terms in _named(data, "poly"):
        if path[-2] == "claim" and terms:
            yield from _without(data, (*path, 0))


ALWAYS: list[Change] = [
    _other_lemmas,
    _coefficients,
    _denominators,
    _citations,
    _missing_terms,
    _repeated_terms,
    _missing_relations,
    _missing_keys,
    _odd_powers,
]
"""Kinds of changes that leave no proof."""
UNLESS_RIGHT: list[Change] = [
    _other_claims,
    _foreign_letters,
    _coefficients_of_sums,
    _other_citations,
    _transposed,
    _reversed_words,
    _longer_words,
    _missing_steps,
    _missing_letters,
    _two_kinds,
    _other_kinds,
    _other_rules,
]
"""Those that may leave a proof."""


@dataclass(frozen=True)
class Corrupted:
    """What the checker said of the corrupted certificates of a claim.

    Parameters
    ----------
    rejected : int
    still_proofs : int
        Accepted, although changed: another proof of the same.
    accepted : tuple of str
        Accepted, although a change of this kind leaves no proof.
    """

    rejected: int
    still_proofs: int
    accepted: tuple[str, ...]


def corrupted(
    claim: Claim, certificate: Json, lemmas: Mapping[str, Lemma], most: int = 20
) -> Corrupted:
    """Change the certificate of a claim in every way, and see what the checker says.

    Parameters
    ----------
    claim : Claim
    certificate : dict
        A certificate that is accepted.
    lemmas : mapping of str to Lemma
        What proofs may cite.
    most : int
        Changes of each kind, at evenly spaced places.

    Examples
    --------
    >>> from linreg_unlearn.audit.certificates import accepted_lemmas, read_folder
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> claim = load_claims()["A1"]
    >>> seen = corrupted(claim, read_folder()["A1"], accepted_lemmas(), most=2)
    >>> seen.accepted, seen.rejected > 20
    ((), True)
    """
    rejected = still = 0
    accepted: list[str] = []
    data = copy.deepcopy(certificate)
    for number, (part, proof) in enumerate(zip(claim.parts, data["proofs"], strict=True), 1):
        name = f"{claim.id}.{number}"
        # What is proved cannot be cited for itself.
        known = {key: lemma for key, lemma in lemmas.items() if key != name}
        steps = {"relations": proof["relations"], "steps": proof["steps"]}
        changed = {"name": name, "letters": data["letters"], "proof": steps}
        for change in (*ALWAYS, *UNLESS_RIGHT):
            share = -(-most // len(claim.parts))
            every = max(1, sum(1 for _ in change(changed)) // share)
            for turn, _ in enumerate(change(changed)):
                if turn % every:
                    continue
                if not _accepts(part, changed, known):
                    rejected += 1
                elif change in UNLESS_RIGHT:
                    still += 1
                else:
                    accepted.append(f"{name}: {change.__name__.strip('_').replace('_', ' ')}")
    return Corrupted(rejected, still, tuple(accepted))


def _accepts(part: Part, data: Json, lemmas: Mapping[str, Lemma]) -> bool:
    letters, proof = data.get("letters"), data.get("proof")
    try:
        check(letters, proof, part.statement, assumed_by(part), dict(lemmas))
    except RejectedError:
        return False
    return True
