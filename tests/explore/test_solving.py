"""What the page shows of a state is what the methods return when they are called directly."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from linreg_unlearn.comparison import compare
from linreg_unlearn.errors import InputError
from linreg_unlearn.explore import solving
from linreg_unlearn.explore.solving import (
    call_of,
    mask_of,
    options_of,
    paths,
    problem_of,
    runs_of,
    solve,
)
from linreg_unlearn.explore.state import CONTROLS, State
from linreg_unlearn.methods.iterates import ITERATIVE, critical_beta, looped
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.metrics import retain_loss, unlearning_loss
from linreg_unlearn.setups import distinct, overlapping, shared

DIGITS = State(setup="digits", samples=100, features=50)
STATES = {
    "as it opens": State(),
    "distinct": State(setup="distinct", variants="shown"),
    "shared, under-determined by noise": State(setup="shared", d_lap=20, noise=0.5, n_r=40),
    "ridge": State(ridge=0.1, variants="shown"),
    "digits": DIGITS,
    "digits with a ridge": DIGITS.but(ridge=1.0),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_numbers_are_those_of_the_methods(state: State) -> None:
    solved = solve(state)
    problem = solved.problem
    assert not solved.refusals
    # The second route to golden and the pretrained weights: NumPy's least squares.
    if state.ridge:
        eye = np.sqrt(state.ridge) * np.eye(problem.d)
        nothing = np.zeros((problem.d, *problem.y.shape[1:]))
        rows = (problem.X_r, problem.y_r), (problem.X, problem.y)
        golden, start = (
            np.linalg.lstsq(np.vstack([X, eye]), np.concatenate([y, nothing]), rcond=None)[0]
            for X, y in rows
        )
    else:
        golden = np.linalg.lstsq(problem.X_r, problem.y_r, rcond=None)[0]
        start = np.linalg.lstsq(problem.X, problem.y, rcond=None)[0]
    apart = float(np.linalg.norm(golden - start))
    for line in solved.lines:
        w = line.row.coef
        assert line.row.retain_loss == retain_loss(problem, w)
        assert line.row.unlearning_loss == unlearning_loss(problem, w)
        far, moved = (float(np.linalg.norm(w - v)) for v in (golden, start))
        assert line.row.distance_to_golden == pytest.approx(far, abs=1e-9 * apart)
        expected = "golden" if far < 1e-8 * apart else "pretrained"
        if min(far, moved) >= 1e-8 * apart:
            expected = "neither"
        assert line.outcome == expected, line.label


@pytest.mark.parametrize("state", [State(), State(ridge=0.5)], ids=["no ridge", "ridge"])
def test_by_default_it_is_a_comparison_without_variants(state: State) -> None:
    """But for what the page sets itself: rows and steps, and that the energy mask has a share."""
    shown = {line.row.method: line.row for line in solve(state).lines}
    own = (*ITERATIVE, "fine_tuned", "energy_mask")
    for row in compare(problem_of(state), ridge=state.ridge):
        if not row.options and row.method not in own:
            assert np.array_equal(shown[row.method].coef, row.coef), row.method
    tuned = METHODS["fine_tuned"](problem_of(State()), rows=range(10))
    assert np.array_equal(solve(State()).lines[2].row.coef, tuned.coef)


def test_the_lines_are_in_the_order_of_the_registry() -> None:
    labels = [line.label for line in solve(State()).lines]
    assert labels == [method.title for method in METHODS.values()]
    with_variants = [line.label for line in solve(State(variants="shown")).lines]
    assert len(set(with_variants)) == len(with_variants)
    assert len(with_variants) == sum(len(method.variants) for method in METHODS.values())
    assert [label for label in with_variants if label in labels] == labels


@pytest.mark.parametrize("family", dict.fromkeys(m.family for m in METHODS.values()))
def test_a_family_is_shown_with_golden_and_the_pretrained_model(family: str) -> None:
    found = {line.row.method for line in solve(State(family=family)).lines}
    members = {method.name for method in METHODS.values() if method.family == family}
    assert found == members | {"golden", "pretrained"}


# A control, what it is set to, and what each method it speaks to is given.
SPOKEN: Mapping[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "alpha": ({"alpha": 2.0}, {"alpha": 2.0}, {"alpha"}),
    "targets": ({"targets": "golden"}, {"targets": "golden"}, {"targets", "regularized"}),
    "step_size": ({"step_size": 1e-3}, {"step_size": 1e-3}, {"step_size", "iterative"}),
    "steps": ({"steps": 7}, {"steps": 7}, {"steps", "iterative"}),
    "steps to the limit": ({"steps": "limit"}, {"steps": None}, {"steps", "iterative"}),
    "beta": ({"beta": 0.1}, {"beta": 0.1}, {"beta", "iterative"}),
    "kept": ({"kept": 0.25}, {"kept": 0.25}, {"kept", "masking"}),
    "fraction": ({"fraction": 0.25}, {"fraction": 0.25}, {"fraction", "selection"}),
}


@pytest.mark.parametrize(("change", "given", "where"), SPOKEN.values(), ids=SPOKEN.keys())
def test_an_option_goes_to_the_methods_that_have_it_and_to_no_other(
    change: dict[str, Any], given: dict[str, Any], where: set[str]
) -> None:
    (name,) = given
    # Of a family, where a control speaks to one alone: other methods mean something else by the
    # name, or have a default of their own.
    family = next(iter(where - {name}), None)
    spoken_to = {
        method.name
        for method in METHODS.values()
        if name in [option.name for option in method.options]
        and (family is None or method.family == family)
    }
    assert spoken_to
    for method in METHODS.values():
        before, after = options_of(State(), method), options_of(State().but(**change), method)
        if method.name in spoken_to:
            assert after == {**before, **given}, method.name
        else:
            assert after == before, method.name


def test_every_number_of_the_methods_changes_what_is_shown() -> None:
    """A control that nothing listens to would lie."""
    noisy = State(setup="shared", n_r=40, d_lap=20, noise=0.5, ridge=0.1, variants="shown")
    reference = {line.label: line.row.coef for line in solve(noisy).lines}
    changes: dict[str, Any] = {
        "alpha": 5.0,
        "targets": "random",
        "step_size": 1e-4,
        "steps": 7,
        "beta": 1e-3,
        "kept": 0.2,
        "fraction": 0.2,
        "n_t": 17,
        "ridge": 2.0,
        "noise": 1.0,
        "condition": 10.0,
        "seed": 1,
        "n_r": 41,
        "n_f": 9,
        "d_lap": 19,
    }
    spoken_of = {name for name, c in CONTROLS.items() if c.group in ("Problem", "Methods")}
    others = {"setup", "mask", "d_r", "d_f", "samples", "features", "forget"}
    assert set(changes) == spoken_of - others
    for name, value in changes.items():
        found = {line.label: line.row.coef for line in solve(noisy.but(**{name: value})).lines}
        assert any(
            label not in found
            or found[label].shape != coef.shape
            or not np.array_equal(found[label], coef)
            for label, coef in reference.items()
        ), name


def test_fine_tuning_sees_the_first_rows_while_there_are_more() -> None:
    method = METHODS["fine_tuned"]
    assert options_of(State(n_t=3), method) == {"rows": [0, 1, 2]}
    assert options_of(State(n_t=20), method) == options_of(State(n_t=60), method) == {}
    assert options_of(DIGITS.but(n_t=3), method) == {}


def test_what_a_method_refuses_is_said_and_the_others_are_shown() -> None:
    """Ascent has no limit, and the largest step outgrows floating point."""
    noisy = State(n_r=40, n_f=6, setup="shared", d_lap=20, noise=0.5, family="iterative")
    limit = solve(noisy.but(steps="limit"))
    refused = {refusal.title: refusal.reason for refusal in limit.refusals}
    assert METHODS["gradient_ascent"].title in refused
    assert "no limit" in refused[METHODS["gradient_ascent"].title]
    shown = {line.row.method for line in limit.lines}
    assert {"golden", "pretrained", "retain_descent", "oracle_matching_descent"} <= shown
    assert len(limit.lines) + len(limit.refusals) == len(runs_of(noisy, problem_of(noisy)))
    for line in limit.lines:
        given = [
            method(limit.problem, **line.options)
            for method in METHODS.values()
            if method.name == line.row.method
        ]
        assert np.array_equal(given[0].coef, line.row.coef)
    large = solve(noisy.but(steps=1e6, step_size=1.0))
    assert {line.row.method for line in large.lines} == {"golden", "pretrained"}
    assert len(large.refusals) == len(ITERATIVE)
    assert all("step" in item.reason for item in large.refusals)


def test_work_can_be_given_up_between_two_methods() -> None:
    begun: list[str] = []

    class GivenUpError(Exception):
        pass

    def advance(title: str) -> None:
        begun.append(title)
        if len(begun) == 3:
            raise GivenUpError

    with pytest.raises(GivenUpError):
        solve(State(), advance)
    assert begun == [method.title for method in METHODS.values()][:3]


def test_a_state_names_the_problem_of_its_setup() -> None:
    cases = {
        "distinct": distinct(n_r=5, n_f=3, d_r=7, d_f=4, noise=0.1, condition=10, seed=3),
        "overlapping": overlapping(
            n_r=5, n_f=3, d_r=7, d_lap=6, d_f=4, noise=0.1, condition=10, seed=3
        ),
        "shared": shared(n_r=5, n_f=3, d=6, noise=0.1, condition=10, seed=3),
    }
    for setup, expected in cases.items():
        state = State(
            setup=setup, n_r=5, n_f=3, d_r=7, d_lap=6, d_f=4, noise=0.1, condition=10.0, seed=3
        )
        problem = problem_of(state)
        assert np.array_equal(problem.X, expected.X)
        assert np.array_equal(problem.y, expected.y)
        assert problem_of(state) is problem
        # Controls of other setups are not heard.
        for name, control in CONTROLS.items():
            if control.setups and setup not in control.setups:
                assert name not in call_of(state)[1]
    assert problem_of(DIGITS).n_f == 8
    assert problem_of(DIGITS.but(forget="random")).n_f == 8
    assert problem_of(DIGITS).d == 50


def test_every_control_of_a_problem_is_heard_by_the_setups_it_names() -> None:
    """And by no other: the page hides it there."""
    loud: dict[str, Any] = {"noise": 0.1, "condition": 10.0, "forget": "random"}
    for setup in ("distinct", "overlapping", "shared", "digits"):
        heard = set()
        for field in fields(State):
            control = CONTROLS[field.name]
            if control.group != "Problem" or field.name in ("setup", "ridge"):
                continue
            value = loud.get(field.name, getattr(State(), field.name))
            other = value if field.name in loud else value + 1
            if call_of(State(setup=setup)) != call_of(
                State(setup=setup).but(**{field.name: other})
            ):
                heard.add(field.name)
        named = {
            name
            for name, control in CONTROLS.items()
            if control.group == "Problem"
            and name not in ("setup", "ridge")
            and (not control.setups or setup in control.setups)
        }
        assert heard == named, setup


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_paths_are_what_a_loop_does(ridge: float) -> None:
    state = State(setup="shared", n_r=12, n_f=4, d_lap=9, noise=0.5, ridge=ridge, beta=0.05)
    problem, found = problem_of(state), paths(state)
    assert found.steps[0] == 1
    assert found.steps[-1] == 100_000
    assert not found.refusals
    target = next(line.row.coef for line in solve(state).lines if line.row.method == "golden")
    few = [step for step in found.steps if step <= 100]
    for name in ITERATIVE:
        options = {**options_of(state, METHODS[name])}
        options.pop("steps")
        if ridge:
            options["ridge"] = ridge
        walked = np.linalg.norm(looped(problem, name, few, **options) - target, axis=1)
        shown = found.distances[METHODS[name].title][: len(few)]
        assert np.allclose(shown, walked, rtol=1e-6, atol=1e-9), name


def test_a_path_is_followed_until_it_outgrows_floating_point() -> None:
    """However late that is: each step of ascent grows by 1 + η σ²."""
    state = State(setup="shared", n_r=40, n_f=6, d_lap=20, noise=0.5, step_size=4e-4)
    line = paths(state).distances[METHODS["gradient_ascent"].title]
    known = np.isfinite(line)
    assert 0 < known.sum() < len(line)
    assert known[: known.sum()].all()
    problem = problem_of(state)
    growth = 1 + 4e-4 * np.linalg.svd(problem.X_f, compute_uv=False)[0] ** 2
    steps = np.array(paths(state).steps)
    # The first that is left out, and no earlier one, is beyond what floating point squares.
    assert steps[~known][0] * np.log10(growth) > 145 > steps[known][-1] * np.log10(growth)


def test_beyond_the_critical_weight_ascent_wins() -> None:
    state = State(setup="shared", n_r=40, n_f=6, d_lap=20, noise=0.5)
    critical = critical_beta(problem_of(state))
    solved = {
        share: {
            item.title for item in solve(state.but(beta=share * critical, steps="limit")).refusals
        }
        for share in (0.9, 1.1)
    }
    title = METHODS["neg_grad_plus"].title
    assert title not in solved[0.9]
    assert title in solved[1.1]


def test_masks_are_those_of_the_methods() -> None:
    state = State(noise=0.1, n_r=40, n_f=12, d_r=8, d_f=9, d_lap=10)
    kept = {}
    for kind in ("retained", "forget", "energy", "magnitude", "gradient"):
        mask = mask_of(state.but(mask=kind, kept=0.3))
        assert mask is not None
        kept[kind] = mask
    columns = np.arange(27)
    assert np.array_equal(kept["retained"], columns < 18)
    assert np.array_equal(kept["forget"], columns < 8)
    problem = problem_of(state)
    for kind in ("energy", "magnitude", "gradient"):
        w = METHODS[f"{kind}_mask"](problem, kept=0.3).coef
        start = METHODS["pretrained"](problem).coef
        assert np.array_equal(np.where(kept[kind], start, 0.0), w), kind
        assert kept[kind].sum() == 8
    # Gradients that vanish rank nothing: the method keeps everything, and so does the picture.
    fits = State(mask="gradient", kept=0.3)
    everything = mask_of(fits)
    assert everything is not None
    assert everything.all()
    assert METHODS["gradient_mask"](problem_of(fits), kept=0.3).coef.all()
    assert mask_of(state.but(mask="none")) is None


def test_no_problem_is_one_sentence() -> None:
    with pytest.raises(InputError, match="seed"):
        solve(State(seed=-1))


def test_what_is_called_equal_is_stated() -> None:
    assert 0 < solving.SAME < 1e-6
