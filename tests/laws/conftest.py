"""What several laws share: exact copies, condition numbers, error bounds, options of methods."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq_mat
from hypothesis import assume
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import from_rows
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.methods.registry import METHODS, Method
from linreg_unlearn.problem import Problem
from linreg_unlearn.testing.problems import retained_rows

EPS = float(np.finfo(np.float64).eps)


@pytest.fixture(scope="session")
def exact() -> Callable[[FloatArray], fmpq_mat]:
    """Turn floats into the rational numbers that they are; a vector becomes a column."""

    def convert(A: FloatArray) -> fmpq_mat:
        table = A if A.ndim == 2 else A[:, None]
        return from_rows([[Fraction(x) for x in row] for row in table.tolist()], table.shape[1])

    return convert


@pytest.fixture(scope="session")
def kappa() -> Callable[..., float]:
    """Ratio of the largest to the smallest non-zero singular value, from SciPy.

    Draws with a singular value that rounding could turn into zero, or zero into it, are rejected.
    """

    def measure(*matrices: FloatArray) -> float:
        worst = 1.0
        for A in matrices:
            if A.size == 0 or not A.any():
                continue
            s = scipy.linalg.svdvals(A) / scipy.linalg.svdvals(A)[0]
            assume(not ((s > 0.2 * max(A.shape) * EPS) & (s < 1e-9)).any())
            worst = max(worst, 1.0 / float(s[s > 1e-9].min()))
        return worst

    return measure


@pytest.fixture(scope="session")
def bound(kappa: Callable[..., float]) -> Callable[..., float]:
    """How far the least-squares solution of ``A w = B`` may be off: a backward stable solver's
    first-order bound, times a constant for the sizes drawn here."""

    def compute(A: FloatArray, B: FloatArray, *others: Any) -> float:
        k = kappa(A)
        if A.size == 0 or not A.any():
            return 1e-300
        w = scipy.linalg.lstsq(A, B, cond=1e-9)[0]
        sigma = float(scipy.linalg.svdvals(A)[0])
        size = float(np.linalg.norm(w)) + sum(float(np.linalg.norm(v)) for v in others)
        residual = float(np.linalg.norm(A @ w - B)) / sigma
        data = float(np.linalg.norm(B)) / sigma
        return 100 * EPS * (k * (size + data) + k * k * residual)

    return compute


@pytest.fixture(scope="session", params=METHODS.values(), ids=lambda method: method.name)
def method(request: pytest.FixtureRequest) -> Method:
    """Every method of the registry in turn."""
    chosen: Method = request.param
    return chosen


@pytest.fixture(scope="session")
def draw_options() -> Callable[[st.DataObject, Method, Problem], dict[str, Any]]:
    """Draw options for a method; an option of a name unknown here keeps its default."""

    def draw(data: st.DataObject, method: Method, problem: Problem) -> dict[str, Any]:
        size = problem.d * problem.outputs
        weights = st.lists(st.integers(-3, 3).map(float), min_size=size, max_size=size)
        strategies = {
            "rows": retained_rows(problem),
            "mask": st.lists(st.booleans(), min_size=problem.d, max_size=problem.d).map(np.array),
            "start": weights.map(
                lambda values: np.reshape(values, (problem.d, *problem.y.shape[1:]))
            ),
        }
        return {
            option.name: data.draw(strategies[option.name], label=option.name)
            for option in method.options
            if option.name in strategies and data.draw(st.booleans())
        }

    return draw


@pytest.fixture(scope="session")
def method_bound(
    bound: Callable[..., float], kappa: Callable[..., float]
) -> Callable[[Problem, dict[str, Any], FloatArray], float]:
    """How far the weights that a method returned may be off.

    Whichever rows it solves with, and whichever targets: what a method asks of the forget rows may
    be far from consistent with the rest, so its own result counts as well.
    """

    def compute(problem: Problem, options: dict[str, Any], coef: FloatArray) -> float:
        start = options.get("start", scipy.linalg.lstsq(problem.X, problem.y, cond=1e-9)[0])
        rows = options.get("rows", np.arange(problem.n_r))
        on_given_targets = (
            bound(problem.X, problem.y)
            + bound(problem.X_r, problem.y_r, start)
            + bound(problem.X[rows], problem.y[rows], start)
        )
        k = kappa(problem.X, problem.X_r, problem.X[rows])
        return 2 * on_given_targets + 100 * EPS * k * k * float(np.linalg.norm(coef))

    return compute
