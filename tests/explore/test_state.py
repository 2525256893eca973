"""A state fits into an address and back, whatever an address says."""

import unicodedata
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.explore.presets import PRESETS, Preset
from linreg_unlearn.explore.state import (
    CONTROLS,
    VIEWS,
    Choice,
    Control,
    Grid,
    State,
    Whole,
    from_query,
    to_query,
)
from linreg_unlearn.methods.registry import METHODS


def values(control: Control) -> st.SearchStrategy[Any]:
    match control:
        case Whole(low=low, high=high):
            return st.integers(low, high)
        case Grid(values=marks):
            return st.sampled_from(marks)
        case Choice(options=options):
            return st.sampled_from(options)
    raise AssertionError(f"no values for a {type(control).__name__}")


states = st.fixed_dictionaries(
    {}, optional={name: values(control) for name, control in CONTROLS.items()}
).map(lambda settings: State(**settings))


def test_every_field_has_a_control_that_can_show_its_default() -> None:
    assert {field.name for field in fields(State)} == set(CONTROLS)
    for name, control in CONTROLS.items():
        default = getattr(State(), name)
        assert control.read(name, f"{default}") == default
        assert control.label
        assert control.help.endswith(".")
    assert State().view == VIEWS[0]


def test_families_are_those_of_the_registry() -> None:
    control = CONTROLS["family"]
    assert isinstance(control, Choice)
    assert set(control.options) == {"all", *(method.family for method in METHODS.values())}


def test_numbers_on_a_grid_are_sorted_and_start_where_their_words_stand() -> None:
    for name, control in CONTROLS.items():
        if isinstance(control, Grid):
            numbers = [value for value in control.values if not isinstance(value, str)]
            assert numbers == sorted(set(numbers)), name
            assert len(control.values) - len(numbers) <= 1, name


@given(state=states)
def test_an_address_restores_a_state(state: State) -> None:
    query = urlencode(to_query(state))
    assert query.isascii()
    assert from_query(parse_qs(query)) == (state, [])
    assert set(to_query(state)) == set(state.changes())


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_an_address_restores_a_story(preset: Preset) -> None:
    assert from_query(to_query(preset.state)) == (preset.state, [])


HOSTILE = (
    "",
    "1_0",
    "-1",
    "1e999",
    "-1e999",
    "nan",
    "inf",
    "0x10",
    "1.5.2",
    "٣",  # digits of another script
    "１２",
    "9" * 5000,
    "\x00\x1b[31m",
    "\u202e",
    "<script>alert(1)</script>",
    "__import__('os').getcwd()",
    "None",
    "{}",
)


@pytest.mark.parametrize("name", CONTROLS)
def test_what_a_control_cannot_be_gets_one_sentence(name: str) -> None:
    for text in HOSTILE:
        state, complaints = from_query({name: text})
        assert state == State(), text
        (sentence,) = complaints
        assert sentence.startswith(f"{name} is "), text
        assert "use " in sentence
        assert len(sentence) < 300
        assert not any(unicodedata.category(ch).startswith("C") for ch in sentence), text


@given(
    query=st.dictionaries(
        st.one_of(st.sampled_from(sorted(CONTROLS)), st.text(max_size=60)),
        st.one_of(st.text(max_size=80), st.lists(st.text(max_size=5), max_size=3)),
        max_size=5,
    )
)
def test_no_address_raises(query: dict[str, str | list[str]]) -> None:
    state, complaints = from_query(query)
    assert len(complaints) <= len(query)
    assert from_query(to_query(state)) == (state, [])
    for sentence in complaints:
        assert len(sentence) < 300
        assert sentence.isprintable()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"seed": ["1", "2"]}, "seed is given 2 times: the default is used"),
        ({"n_rr": "1"}, "'n_rr' is nothing that can be set here: it is left out"),
        ({"n_r": "61"}, "n_r is '61': use a whole number from 1 to 60"),
        ({"ridge": "2e3"}, "ridge is '2e3': use a number from 0 to 1000"),
        (
            {"steps": "forever"},
            "steps is 'forever': use a number from 1 to 1e+06, or 'limit'",
        ),
        ({"view": "Solution"}, f"view is 'Solution': use one of {', '.join(VIEWS)}"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_a_sentence_says_what_to_do(query: dict[str, str | list[str]], sentence: str) -> None:
    assert from_query(query) == (State(), [sentence])


def test_a_number_between_the_marks_becomes_the_nearest_one() -> None:
    state, complaints = from_query({"ridge": "0.0124", "kept": "0.52", "steps": "101"})
    assert (state.ridge, state.kept, state.steps, complaints) == (0.01, 0.5, 100, [])


def test_what_is_right_is_used_beside_what_is_not() -> None:
    state, complaints = from_query({"n_r": "12", "n_f": "many", "setup": "shared"})
    assert state == State(n_r=12, setup="shared")
    assert len(complaints) == 1
