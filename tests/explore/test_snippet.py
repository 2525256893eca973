"""The snippet is a script of its own, and prints the numbers of the page."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import linreg_unlearn
from linreg_unlearn.explore.snippet import snippet
from linreg_unlearn.explore.solving import Solved, solve
from linreg_unlearn.explore.state import State

STATES = (
    State(),
    State(setup="distinct", variants="shown", ridge=1e-3, seed=7),
    State(setup="shared", n_r=40, d_lap=20, noise=0.5, condition=10.0, steps="limit", beta=0.1),
    State(setup="digits", samples=100, features=50, forget="random", ridge=0.5, variants="shown"),
)


def run(code: str, folder: Path) -> list[list[str]]:
    """Return the fields of what a script prints, run elsewhere in a process of its own."""
    root = Path(linreg_unlearn.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_in_a_fresh_process_it_prints_the_numbers_of_the_page(tmp_path: Path) -> None:
    """One process runs them all: what costs is its start."""
    pages = [solve(state) for state in STATES]
    printed = run("\n".join(map(snippet, pages)), tmp_path)
    lines = [line for page in pages for line in page.lines]
    assert len(printed) == len(lines)
    for (label, *numbers), line in zip(printed, lines, strict=True):
        row = line.row
        shown = (row.retain_loss, row.unlearning_loss, row.distance_to_golden)
        assert label == line.label
        size = 1 + float(np.linalg.norm(row.coef))
        for number, expected in zip(map(float, numbers), shown, strict=True):
            assert number == pytest.approx(expected, rel=1e-9, abs=1e-9 * size), label


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.setup)
def test_it_names_only_what_is_public(state: State) -> None:
    tree = ast.parse(snippet(solve(state)))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert len(imported) == 2
    for node in imported:
        assert node.module is not None
        module = import_module(node.module)
        assert all(callable(getattr(module, alias.name)) for alias in node.names)
        assert not [part for part in node.module.split(".") if part.startswith("_")]
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not [word for word in words if word.startswith("_") or "explore" in word]


def test_labels_are_quoted() -> None:
    solved = solve(State(family="fine-tuning"))
    odd = 'a "quoted" \\ label'
    lines = tuple(replace(line, label=odd) for line in solved.lines)
    code = snippet(Solved(solved.state, solved.problem, lines, ()))
    assert [
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and node.value == odd
    ] == [odd] * len(lines)


def test_what_was_refused_is_left_out() -> None:
    state = State(setup="shared", n_r=40, d_lap=20, noise=0.5, family="iterative", steps="limit")
    solved = solve(state)
    assert solved.refusals
    assert all(refusal.title not in snippet(solved) for refusal in solved.refusals)
