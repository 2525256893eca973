"""Closed form against a loop: where an iterative method is after 10, 1000 and 100000 steps.

Prints for every iterative method the seconds of both routes at each number of steps, their ratio,
and the largest difference between the two answers relative to the weights. The first closed form
of a problem pays for its decompositions and is timed with them.

    python benchmarks/iterates.py [n] [d]
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np

from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.iterates import ITERATIVE, looped, trajectory
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

COUNTS = (10, 1000, 100_000)
RIDGE = 0.1
# So that what may diverge stays representable after the largest number of steps.
STEP = dict.fromkeys(("gradient_ascent", "neg_grad_plus", "scrub", "projected_gradient"), 1e-4)


def fresh(n: int, d: int) -> Problem:
    """Make a problem of which nothing is factorized but what both routes start from."""
    problem = shared(n_r=n - n // 10, n_f=n // 10, d=d, condition=30.0, noise=0.1)
    pretrained(problem, ridge=RIDGE)
    golden(problem, ridge=RIDGE)
    return problem


def main(n: int = 120, d: int = 200) -> None:
    """Time every method and print a table."""
    print(f"n = {n}, d = {d}, ridge {RIDGE:g}; seconds")
    print(f"{'':26s}{'steps':>8s}{'closed':>10s}{'loop':>10s}{'ratio':>10s}{'difference':>13s}")
    for name in ITERATIVE:
        for count in COUNTS:
            options = {"ridge": RIDGE, "step_size": STEP.get(name)}
            problem = fresh(n, d)
            begin = perf_counter()
            closed = trajectory(problem, name, [count], **options)[0]
            middle = perf_counter()
            loop = looped(problem, name, [count], **options)[0]
            end = perf_counter()
            difference = float(np.linalg.norm(closed - loop) / np.linalg.norm(loop))
            print(
                f"{name if count == COUNTS[0] else '':26s}{count:8d}{middle - begin:10.4f}"
                f"{end - middle:10.4f}{(end - middle) / (middle - begin):10.1f}{difference:13.1e}"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
