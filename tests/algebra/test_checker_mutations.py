"""A proof that is changed somewhere is refused, unless what it says is still so.

Whether it is so is decided without the checker: every step is evaluated on exact matrices that
satisfy the assumptions (``proof_oracle``).
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linreg_unlearn.algebra.checker import RejectedError, check
from tests.algebra.proof_oracle import Instance, Unknowable, confirm, instances
from tests.algebra.searched_proofs import NAMES, by_name

Json = Any
Path = tuple[str | int, ...]


@cache
def _drawn(name: str) -> tuple[Instance, ...]:
    written = by_name(name)
    return tuple(instances(written.statement, written.assumed, 6))


def accepted(name: str, data: Json) -> bool:
    """Whether the checker accepts changed letters and proof; if so, they have to be right."""
    written = by_name(name)
    try:
        check(
            data.get("letters"),
            data.get("proof"),
            written.statement,
            written.assumed,
            written.lemmas,
        )
    except RejectedError:
        return False
    for instance in _drawn(name):
        try:
            confirm(data["letters"], data["proof"], instance.copy())
        except Unknowable:
            continue
    return True


def original(name: str) -> Json:
    written = by_name(name)
    return json.loads(json.dumps({"letters": written.letters, "proof": written.proof}))


def places(data: Json, path: Path = ()) -> Iterator[Path]:
    """Every place in a certificate, those of whole objects too."""
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
    for key in path:
        data = data[key]
    return data


# Changes one by one. Each is made, looked at and taken back.

Change = Callable[[Json], Iterator[None]]


def put(data: Json, path: Path, value: Any) -> Iterator[None]:
    """Put something else in one place."""
    holder, key = at(data, path[:-1]), path[-1]
    before = holder[key]
    holder[key] = value
    yield
    holder[key] = before


def without(data: Json, path: Path) -> Iterator[None]:
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


def named(data: Json, *keys: str) -> Iterator[tuple[Path, Any]]:
    """Every place with one of some keys, and what is there."""
    yield from [(path, at(data, path)) for path in places(data) if path[-1] in keys]


def coefficients(data: Json) -> Iterator[None]:
    """One more of a cofactor or a square."""
    for path, value in named(data, "c"):
        yield from put(data, path, value + 1)


def coefficients_of_sums(data: Json) -> Iterator[None]:
    """One more of a word: right where it is a definition, or the words vanish."""
    for path, terms in named(data, "poly"):
        for number, term in enumerate(terms):
            yield from put(data, (*path, number, 0), term[0] + 1)


def denominators(data: Json) -> Iterator[None]:
    for path, _ in named(data, "den"):
        for value in (0, -1, 1.0, True, "1", None):
            yield from put(data, path, value)


def citations(data: Json) -> Iterator[None]:
    """Steps that cite themselves, later ones, ones before the first, and what is no number."""
    count = len(data["proof"]["steps"])
    for path, _ in named(data, "rel"):
        own = path[2]
        assert isinstance(own, int)
        for value in (10**6, -1, True, None, "r999", 0.0, *{own, own + 1, count - 1} - {own - 1}):
            if not isinstance(value, int) or value >= own or value < 0:
                yield from put(data, path, value)


def other_citations(data: Json) -> Iterator[None]:
    """Another relation or step: right where it says the same."""
    labels = [*data["proof"]["relations"], *range(len(data["proof"]["steps"]))]
    for path, value in named(data, "rel"):
        for label in labels:
            if label != value:
                yield from put(data, path, label)


def transposed(data: Json) -> Iterator[None]:
    """The other flag: right where a relation is symmetric."""
    for path, value in named(data, "tr"):
        yield from put(data, path, not value)


def reversed_words(data: Json) -> Iterator[None]:
    """Words the other way round."""
    for path, text in named(data, "l", "r"):
        turned = " ".join(reversed(text.split()))
        if turned != text:
            yield from put(data, path, turned)


def longer_words(data: Json) -> Iterator[None]:
    """A letter too many, or another in the place of the first: ill-typed, or of another value."""
    for path, text in named(data, "l", "r"):
        for name in list(data["letters"])[:4]:
            for word in (f"{name} {text}", f"{name}' {text}", " ".join([name, *text.split()[1:]])):
                if word.split() != text.split():
                    yield from put(data, path, word)


def missing_terms(data: Json) -> Iterator[None]:
    for path, items in named(data, "cofactors", "squares"):
        for number in range(len(items)):
            yield from without(data, (*path, number))


def repeated_terms(data: Json) -> Iterator[None]:
    for path, items in named(data, "cofactors", "squares"):
        if items:
            yield from put(data, path, [*items, items[0]])


def missing_steps(data: Json) -> Iterator[None]:
    """Nearly every step is used or wanted."""
    for number in range(len(data["proof"]["steps"])):
        yield from without(data, ("proof", "steps", number))


def missing_relations(data: Json) -> Iterator[None]:
    for label in list(data["proof"]["relations"]):
        yield from without(data, ("proof", "relations", label))


def missing_letters(data: Json) -> Iterator[None]:
    """Nearly every letter is used."""
    for name in list(data["letters"]):
        yield from without(data, ("letters", name))


def two_kinds(data: Json) -> Iterator[None]:
    for path, value in named(data, "letter", "pinv", "let", "root", "given", "symmetric"):
        for other in ("let", "pinv", "symmetric"):
            if other != path[-1]:
                yield from put(data, path[:-1], {path[-1]: value, other: value})


def other_kinds(data: Json) -> Iterator[None]:
    """Letters of another kind, known or not."""
    for path, value in named(data, "letter", "pinv", "let", "root"):
        for kind in ("trace", "inv", "pinv", "let", "root", "Letter", ""):
            if kind != path[-1]:
                yield from put(data, path[:-1], {kind: value})


def other_rules(data: Json) -> Iterator[None]:
    """Another rule: right where a step is one of both, such as a sum of no squares."""
    for path, rule in named(data, "rule"):
        for other in ("zero", "psd", "cancel", "invert", "root", "lemma", "axiom", None):
            if other != rule:
                yield from put(data, path, other)


def missing_keys(data: Json) -> Iterator[None]:
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
    for path, _ in named(data, *keys):
        if path[-2] not in ("sizes", "with", "letters", "mono"):
            yield from without(data, path)


def odd_powers(data: Json) -> Iterator[None]:
    """Another power or another parameter."""
    for path, powers in named(data, "mono"):
        yield from put(data, path, {**powers, "zeta": 1})
        for name, power in powers.items():
            yield from put(data, path, {**powers, name: power + 1})


def some(change: Change, name: str) -> Iterator[Json]:
    """Yield a proof with one change at a time, at evenly spaced places of a long one."""
    data = original(name)
    every = max(1, sum(1 for _ in change(data)) // MANY)
    for number, _ in enumerate(change(data)):
        if number % every == 0:
            yield data
    assert data == original(name), "a change was not taken back"


MANY = 40
ALWAYS: list[Change] = [
    coefficients,
    denominators,
    citations,
    missing_terms,
    repeated_terms,
    missing_relations,
    missing_keys,
    odd_powers,
]
UNLESS_RIGHT: list[Change] = [
    coefficients_of_sums,
    other_citations,
    transposed,
    reversed_words,
    longer_words,
    missing_steps,
    missing_letters,
    two_kinds,
    other_kinds,
    other_rules,
]


@pytest.mark.parametrize("change", ALWAYS, ids=lambda f: f.__name__)
def test_what_is_changed_is_refused(change: Change) -> None:
    tried = 0
    for name in NAMES:
        for data in some(change, name):
            assert not accepted(name, data), f"{name}: {json.dumps(data)}"
            tried += 1
    assert tried > 50


@pytest.mark.parametrize("change", UNLESS_RIGHT, ids=lambda f: f.__name__)
def test_what_is_changed_is_refused_or_still_right(change: Change) -> None:
    seen: Counter[bool] = Counter()
    for name in NAMES:
        seen.update(accepted(name, data) for data in some(change, name))
    assert seen[False] > 15
    assert seen[True] <= seen[False] / 4, "nearly every change makes a proof wrong"


# Changes at random.

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    10**30,
    0.5,
    1.0,
    -0.0,
    float("nan"),
    float("inf"),
    1e-300,
    "",
    "1",
    "1/2",
    "n",
    "A",
    "A'",
    "X pinv1",
    "pinv1'",
    "r1",
    "zero",
    "psd",
    "cancel",
    [],
    {},
    [[]],
    [[1, {}, ""]],
    {"alpha": 2},
    {"lambda": -1},
    {"a b": 1},
    {"alpha": 0.5},
    {"row": "n", "col": "n", "poly": []},
    {"row": "n", "col": "n", "poly": [[1, {}, ""]]},
]


@st.composite
def changed_proofs(draw: st.DrawFn) -> tuple[str, Json]:
    name = draw(st.sampled_from(NAMES))
    data = original(name)
    for _ in range(draw(st.integers(1, 3))):
        every = list(places(data))
        path = draw(st.sampled_from(every))
        match draw(st.integers(0, 4)):
            case 0 | 1:
                _set(data, path, copy.deepcopy(draw(st.sampled_from(ODD))))
            case 2:  # something else of the same proof
                other = at(data, draw(st.sampled_from(every)))
                _set(data, path, copy.deepcopy(other))
            case 3:
                value = at(data, path)
                if type(value) is int:
                    _set(data, path, value + draw(st.sampled_from((-2, -1, 1, 2))))
                elif isinstance(value, str):
                    tokens = draw(st.permutations(value.split()))
                    _set(data, path, " ".join(tokens))
                elif isinstance(value, bool):
                    _set(data, path, not value)
            case _:
                del at(data, path[:-1])[path[-1]]
        if not list(places(data)):
            break
    return name, data


def _set(data: Json, path: Path, value: Any) -> None:
    at(data, path[:-1])[path[-1]] = value


@settings(max_examples=max(400, settings().max_examples * 4))
@given(changed_proofs())
def test_what_is_changed_at_random_is_refused_or_still_right(changed: tuple[str, Json]) -> None:
    name, data = changed
    accepted(name, data)
