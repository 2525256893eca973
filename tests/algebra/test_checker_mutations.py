"""A proof that is changed somewhere is refused, unless what it says is still so.

Whether it is so is decided without the checker: every step is evaluated on exact matrices that
satisfy the assumptions (``proof_oracle``).
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linreg_unlearn.algebra.checker import RejectedError, check
from linreg_unlearn.audit.corruption import (
    ALWAYS,
    UNLESS_RIGHT,
    Change,
    Json,
    Path,
    at,
    places,
)
from tests.algebra.proof_oracle import Instance, Unknowable, confirm, instances
from tests.algebra.searched_proofs import NAMES, by_name


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
    data = {"name": name, "letters": written.letters, "proof": written.proof}
    return json.loads(json.dumps(data))


def some(change: Change, name: str) -> Iterator[Json]:
    """Yield a proof with one change at a time, at evenly spaced places of a long one."""
    data = original(name)
    every = max(1, sum(1 for _ in change(data)) // MANY)
    for number, _ in enumerate(change(data)):
        if number % every == 0:
            yield data
    assert data == original(name), "a change was not taken back"


MANY = 40


@pytest.mark.parametrize("change", ALWAYS, ids=lambda f: f.__name__)
def test_what_is_changed_is_refused(change: Change) -> None:
    tried = 0
    for name in NAMES:
        for data in some(change, name):
            assert not accepted(name, data), f"{name}: {json.dumps(data)}"
            tried += 1
    # Few of these proofs cite a lemma.
    assert tried > (3 if change.__name__ == "_other_lemmas" else 50)


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
