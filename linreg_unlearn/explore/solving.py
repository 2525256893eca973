"""What a state amounts to: its problem, its methods with their options, and their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from linreg_unlearn.arrays import BoolArray, FloatArray
from linreg_unlearn.comparison import ComparisonRow, compare, with_ridge
from linreg_unlearn.datasets import load
from linreg_unlearn.errors import InputError
from linreg_unlearn.explore.state import DEFAULT, LIMIT, State
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.iterates import ITERATIVE, trajectory
from linreg_unlearn.methods.registry import METHODS, Method
from linreg_unlearn.methods.saliency import scores, select
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared

__all__ = [
    "Line",
    "Paths",
    "Refusal",
    "Solved",
    "call_of",
    "mask_of",
    "options_of",
    "paths",
    "problem_of",
    "runs_of",
    "solve",
]

ALWAYS = ("pretrained", "golden")
"""Methods that are shown with every family."""

SAME = 1e-9
"""What rounding explains of a difference of weights, as a share of how far golden is away."""

_MARKS = tuple(sorted({round(10 ** (k / 6)) for k in range(31)}))
"""The numbers of steps at which trajectories are shown, from 1 to 100,000."""


@dataclass(frozen=True)
class Refusal:
    """A method that cannot do what the page is set to, and its sentence."""

    title: str
    reason: str


@dataclass(frozen=True, eq=False)
class Line:
    """One method with one set of options, and what it does.

    Parameters
    ----------
    label : str
        Its title, and in which options a variant differs.
    options : mapping
        What it was called with besides the ridge.
    row : ComparisonRow
    outcome : {"golden", "pretrained", "neither"}
        What its weights are. They are called equal where they differ by less than :data:`SAME` of
        what golden and the pretrained weights are apart; where these are equal themselves, of
        golden's norm.
    """

    label: str
    options: Mapping[str, Any]
    row: ComparisonRow
    outcome: str


@dataclass(frozen=True, eq=False)
class Solved:
    """The methods on a problem.

    Parameters
    ----------
    state : State
    problem : Problem
    lines : tuple of Line
        In the order of the registry.
    refusals : tuple of Refusal
    """

    state: State
    problem: Problem
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, eq=False)
class Paths:
    """Where iterative methods are on their way.

    Parameters
    ----------
    steps : tuple of int
    distances : mapping of str to ndarray of shape (len(steps),)
        To golden, by the titles of the methods; NaN where the weights outgrow floating point.
    refusals : tuple of Refusal
    """

    steps: tuple[int, ...]
    distances: Mapping[str, FloatArray]
    refusals: tuple[Refusal, ...]


def call_of(state: State) -> tuple[str, dict[str, Any]]:
    """Return which generator of problems a state names, and with which arguments.

    Examples
    --------
    >>> call_of(State(setup="shared", d_lap=40))
    ('shared', {'n_r': 20, 'n_f': 8, 'd': 40, 'seed': 0})
    """
    if state.setup == "digits":
        names = ("forget", "features", "samples", "seed")
        return "digits", {name: getattr(state, name) for name in names}
    sizes = {
        "distinct": {"d_r": state.d_r, "d_f": state.d_f},
        "overlapping": {"d_r": state.d_r, "d_lap": state.d_lap, "d_f": state.d_f},
        "shared": {"d": state.d_lap},
    }[state.setup]
    arguments: dict[str, Any] = {"n_r": state.n_r, "n_f": state.n_f, **sizes}
    if state.condition != DEFAULT:
        arguments["condition"] = state.condition
    if state.noise:
        arguments["noise"] = state.noise
    return state.setup, {**arguments, "seed": state.seed}


_SETUPS: Mapping[str, Callable[..., Problem]] = MappingProxyType(
    {"distinct": distinct, "overlapping": overlapping, "shared": shared}
)


@lru_cache(maxsize=8)
def problem_of(state: State) -> Problem:
    """Return the problem of a state; the same object for the same state.

    Raises
    ------
    InputError
        There is no such problem.

    Examples
    --------
    >>> problem_of(State(setup="shared", n_r=4, n_f=2, d_lap=9))
    Problem('shared(n_r=4, n_f=2, d=9, seed=0)', n_r=4, n_f=2, d=9, outputs=1)
    """
    name, arguments = call_of(state)
    if name == "digits":
        return load("digits").problem(**arguments)
    return _SETUPS[name](**arguments)


def _iterative(method: Method) -> bool:
    return method.name in ITERATIVE


# Which methods a control speaks to: those that have its option, and are of its kind.
_SPEAKS_TO: Mapping[str, Callable[[Method], bool]] = MappingProxyType(
    {
        "alpha": lambda method: True,
        "targets": lambda method: method.family == "regularized",
        "step_size": _iterative,
        "steps": _iterative,
        "beta": _iterative,
        "kept": lambda method: method.family == "masking",
        "fraction": lambda method: method.family == "selection",
    }
)


def options_of(state: State, method: Method) -> dict[str, Any]:
    """Return the options that a state gives a method, but for the ridge.

    Examples
    --------
    >>> options_of(State(alpha=2.0, targets="wrong"), METHODS["regularized"])
    {'targets': 'wrong', 'alpha': 2.0}
    >>> options_of(State(steps="limit"), METHODS["retain_descent"])
    {'steps': None}
    """
    found: dict[str, Any] = {}
    for option in method.options:
        speaks = _SPEAKS_TO.get(option.name)
        if speaks is not None and speaks(method):
            value = getattr(state, option.name)
            if value != DEFAULT:
                found[option.name] = None if value == LIMIT else value
    if method.name == "fine_tuned" and state.setup != "digits" and state.n_t < state.n_r:
        found["rows"] = list(range(state.n_t))
    return found


def runs_of(state: State, problem: Problem) -> list[tuple[Method, str, dict[str, Any]]]:
    """Return what a state runs: methods, each with a label and its options but for the ridge.

    Examples
    --------
    >>> state = State(family="matching", variants="shown")
    >>> [label for _, label, _ in runs_of(state, problem_of(state))][:4]
    ['pretrained', 'golden (retrained)', 'oracle matching', 'oracle matching (rows: forget)']
    """
    found = []
    for method in METHODS.values():
        if state.family not in ("all", method.family) and method.name not in ALWAYS:
            continue
        options = options_of(state, method)
        found.append((method, method.title, options))
        if state.variants == "shown":
            for build in method.variants[1:]:
                extra = build(problem)
                shown = ", ".join(f"{name}: {_short(value)}" for name, value in extra.items())
                found.append((method, f"{method.title} ({shown})", {**options, **extra}))
    return found


def _short(value: Any) -> str:
    return f"{len(value)} rows" if isinstance(value, np.ndarray | list) else str(value)


def solve(state: State, advance: Callable[[str], None] | None = None) -> Solved:
    """Run the methods that a state shows, as it says.

    Parameters
    ----------
    state : State
    advance : callable, optional
        Called with the title of each method before it runs; what it raises ends the work.

    Returns
    -------
    Solved

    Raises
    ------
    InputError
        There is no such problem.

    Examples
    --------
    >>> solved = solve(State(setup="distinct"))
    >>> [line.label for line in solved.lines if line.outcome == "golden"][:2]
    ['golden (retrained)', 'regularized fine-tuning']
    """
    problem = problem_of(state)
    target = golden(problem, ridge=state.ridge).coef
    start = pretrained(problem, ridge=state.ridge).coef
    size = float(np.linalg.norm(target)) or 1.0
    apart = float(np.linalg.norm(start - target))
    unit = apart if apart > SAME * size else size
    lines = []
    found, refusals = _compared(problem, state.ridge, runs_of(state, problem), advance)
    for label, options, row in found:
        if row.distance_to_golden <= SAME * unit:
            outcome = "golden"
        else:
            moved = float(np.linalg.norm(row.coef - start))
            outcome = "pretrained" if moved <= SAME * unit else "neither"
        lines.append(Line(label, options, row, outcome))
    return Solved(state, problem, tuple(lines), refusals)


_Run = tuple[Method, str, dict[str, Any]]


def _compared(
    problem: Problem, ridge: float, runs: list[_Run], advance: Callable[[str], None] | None
) -> tuple[list[tuple[str, dict[str, Any], ComparisonRow]], tuple[Refusal, ...]]:
    """Run methods together, or one by one where some of them refuse."""
    calls = [(method.name, options) for method, _, options in runs]
    try:
        rows = compare(problem, ridge=ridge, runs=calls, advance=advance)
    except InputError:
        rows = []
    if rows:
        return [(label, o, row) for (_, label, o), row in zip(runs, rows, strict=True)], ()
    found, refusals = [], []
    for (_, label, options), call in zip(runs, calls, strict=True):
        try:
            (row,) = compare(problem, ridge=ridge, runs=[call], advance=advance)
            found.append((label, options, row))
        except InputError as error:
            refusals.append(Refusal(label, str(error)))
    return found, tuple(refusals)


def paths(state: State) -> Paths:
    """Return where the iterative methods are after any number of steps, in closed form.

    Examples
    --------
    >>> found = paths(State(ridge=0.1))
    >>> [len(line) == len(found.steps) for line in found.distances.values()][:2]
    [True, True]
    """
    problem = problem_of(state)
    target = golden(problem, ridge=state.ridge).coef
    distances: dict[str, FloatArray] = {}
    refusals = []
    for name in ITERATIVE:
        method = METHODS[name]
        options = {**with_ridge(method, problem, state.ridge), **options_of(state, method)}
        options.pop("steps", None)
        try:
            distances[method.title] = _along(problem, name, options, target)
        except InputError as error:
            refusals.append(Refusal(method.title, str(error)))
    return Paths(_MARKS, distances, tuple(refusals))


def _along(
    problem: Problem, name: str, options: Mapping[str, Any], target: FloatArray
) -> FloatArray:
    """Return the distances to golden after each number of steps, as far as they are numbers."""
    found = np.full(len(_MARKS), np.nan)
    known, possible, tried = 0, len(_MARKS), len(_MARKS)
    while known < possible:
        try:
            weights = trajectory(problem, name, _MARKS[:tried], **options)
        except InputError:
            # It grows beyond what can be squared; what comes before can still be shown.
            if tried == 1:
                raise
            possible = tried - 1
        else:
            known = tried
            found[:known] = [np.linalg.norm(w - target) for w in weights]
        tried = (known + possible + 1) // 2
    return found


def mask_of(state: State) -> BoolArray | None:
    """Return the weights that the mask of a state keeps, or None where none is drawn.

    Examples
    --------
    >>> mask_of(State(setup="distinct", d_r=2, d_f=1)).tolist()
    [True, True, False]
    """
    problem = problem_of(state)
    match state.mask:
        case "none":
            return None
        case "retained":
            return problem.retained_support
        case "forget":
            return ~problem.forget_support
        case kind:
            found = scores(problem, kind, ridge=state.ridge)
            # As the methods do: gradients that vanish rank nothing, and everything is kept.
            return select(found, kept=state.kept if found.any() else 1.0)
