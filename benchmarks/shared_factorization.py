"""One shared Gram matrix against one separate solve per method.

What a user would run instead: SciPy's least squares once per model (pretrained, golden, and one
fine-tuning on half of the retained rows), or once per forget set for leave-block-out residuals.
Prints both times, their ratio, and the largest difference between the two answers.

    python benchmarks/shared_factorization.py [n] [d]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import TypeAlias

import numpy as np
import scipy.linalg

from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.linalg.leave_block_out import leave_blocks_out
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

Run: TypeAlias = Callable[[Problem], list[FloatArray]]

REPEATS = 3
BLOCKS = 20


def shared_models(problem: Problem) -> list[FloatArray]:
    """Solve through the factors that this package shares between methods."""
    half = np.arange(problem.n_r // 2)
    start = np.zeros(problem.d)
    return [
        pretrained(problem).coef,
        golden(problem).coef,
        fine_tuned(problem, rows=half, start=start).coef,
    ]


def separate_models(problem: Problem, driver: str) -> list[FloatArray]:
    """Solve each with SciPy, from scratch."""
    half = problem.n_r // 2
    parts = [
        (problem.X, problem.y),
        (problem.X_r, problem.y_r),
        (problem.X_r[:half], problem.y_r[:half]),
    ]
    return [scipy.linalg.lstsq(X, y, lapack_driver=driver)[0] for X, y in parts]  # type: ignore[call-overload]


def blocks_of(problem: Problem) -> list[IntArray]:
    """Choose the sets of rows to leave out."""
    rng = np.random.default_rng(1)
    return [rng.choice(problem.n, size=problem.n_f, replace=False) for _ in range(BLOCKS)]


def shared_residuals(problem: Problem) -> list[FloatArray]:
    """Leave each block out with one factorization."""
    return leave_blocks_out(problem.X, problem.y, blocks_of(problem))


def refitted_residuals(problem: Problem) -> list[FloatArray]:
    """Leave each block out by refitting, through the fast path of this package."""
    residuals = []
    for block in blocks_of(problem):
        part = Problem.from_arrays(problem.X, problem.y, forget=block)
        residuals.append(part.y_f - part.X_f @ golden(part).coef)
    return residuals


def timed(run: Run, make: Callable[[], Problem]) -> tuple[float, list[FloatArray]]:
    """Return the best of a few times, each on a new problem so that nothing is remembered."""
    best = np.inf
    for _ in range(REPEATS):
        problem = make()
        begin = perf_counter()
        answer = run(problem)
        best = min(best, perf_counter() - begin)
    return best, answer


def main(n: int = 1000, d: int = 3000) -> None:
    """Time everything at one size and print a table."""
    n_f = n // 10

    def make() -> Problem:
        return shared(n_r=n - n_f, n_f=n_f, d=d, noise=0.1)

    print(f"n = {n}, d = {d}, n_f = {n_f}; best of {REPEATS}, seconds")
    rows: list[tuple[str, list[tuple[str, Run]]]] = [
        (
            "pretrained + golden + fine-tuned",
            [
                ("shared Gram", shared_models),
                ("separate gelsd", lambda p: separate_models(p, "gelsd")),
                ("separate gelsy", lambda p: separate_models(p, "gelsy")),
            ],
        ),
        (
            f"residuals of {BLOCKS} forget sets",
            [("one factorization", shared_residuals), ("one refit each", refitted_residuals)],
        ),
    ]
    for task, routes in rows:
        print(f"\n{task}")
        reference: tuple[float, list[FloatArray]] | None = None
        for name, run in routes:
            seconds, answer = timed(run, make)
            if reference is None:
                reference = seconds, answer
            differences = [
                np.linalg.norm(a - b) / np.linalg.norm(a)
                for a, b in zip(reference[1], answer, strict=True)
            ]
            print(
                f"  {name:20s} {seconds:8.3f}   ratio {seconds / reference[0]:6.1f}"
                f"   difference {max(differences):.1e}"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
