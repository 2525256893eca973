"""Leave-block-out residuals equal those of a real refit without the block."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.leave_block_out import leave_block_out, leave_blocks_out
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems

EPS = float(np.finfo(np.float64).eps)


def refit_residual(X: FloatArray, y: FloatArray, block: IntArray, ridge: float) -> FloatArray:
    """Refit without the block, with SciPy, the ridge as extra rows."""
    X_r, y_r = np.delete(X, block, axis=0), np.delete(y, block, axis=0)
    if ridge:
        X_r = np.vstack([X_r, np.sqrt(ridge) * np.eye(X.shape[1])])
        y_r = np.concatenate([y_r, np.zeros((X.shape[1], *y.shape[1:]))])
    w = scipy.linalg.lstsq(X_r, y_r, cond=1e-9)[0]
    return np.asarray(y[block] - X[block] @ w)


def allowed_error(X: FloatArray, y: FloatArray, k: float) -> float:
    return float(1e3 * EPS * k * k * (1 + np.linalg.norm(X)) * (1 + np.linalg.norm(y)))


def sensitivity(X: FloatArray, X_left: FloatArray, kappa: Callable[..., float]) -> float:
    """How much an error relative to all rows weighs on the weights that the rest determines."""
    if not X_left.any():
        return kappa(X)
    ratio = float(np.linalg.norm(X, 2) / np.linalg.norm(X_left, 2))
    return max(kappa(X), ratio * kappa(X_left))


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from([1e-2, 1.0, 30.0]))
def test_with_ridge(problem: Problem, ridge: float, kappa: Callable[..., float]) -> None:
    X, y = problem.X, problem.y
    computed = leave_block_out(problem, ridge)
    expected = refit_residual(X, y, np.arange(problem.n_r, problem.n), ridge)
    k = float(np.sqrt(1 + np.linalg.norm(X, 2) ** 2 / ridge))
    assert computed.shape == problem.y_f.shape
    assert np.linalg.norm(computed - expected) <= allowed_error(X, y, k)


@given(problem=problems(max_condition=1e3))
def test_without_ridge(problem: Problem, kappa: Callable[..., float]) -> None:
    X, y = problem.X, problem.y
    k = sensitivity(X, problem.X_r, kappa)
    ranks = [int(np.linalg.matrix_rank(A, rtol=1e-9)) for A in (X, problem.X_r)]
    if ranks[0] < problem.n and ranks[1] < ranks[0]:
        with pytest.raises(InputError, match="lowers the rank"):
            leave_block_out(problem)
        return
    computed = leave_block_out(problem)
    expected = refit_residual(X, y, np.arange(problem.n_r, problem.n), 0.0)
    assert np.linalg.norm(computed - expected) <= allowed_error(X, y, k)


@given(problem=problems(max_condition=1e3), data=st.data())
def test_many_blocks_equal_one_by_one(
    problem: Problem, data: st.DataObject, kappa: Callable[..., float]
) -> None:
    ridge = data.draw(st.sampled_from([0.0, 0.5]))
    sizes = st.lists(st.integers(0, problem.n - 1), min_size=1, unique=True)
    blocks = [np.array(data.draw(sizes)) for _ in range(3)]
    assume(all(block.size < problem.n for block in blocks))
    try:
        together = leave_blocks_out(problem.X, problem.y, blocks, ridge)
    except InputError:
        assume(False)
    for block, residual in zip(blocks, together, strict=True):
        k = sensitivity(problem.X, np.delete(problem.X, block, axis=0), kappa)
        if ridge:
            k = float(np.sqrt(1 + np.linalg.norm(problem.X, 2) ** 2 / ridge))
        expected = refit_residual(problem.X, problem.y, block, ridge)
        assert np.linalg.norm(residual - expected) <= allowed_error(problem.X, problem.y, k)
        alone = Problem.from_arrays(problem.X, problem.y, forget=block)
        difference = leave_block_out(alone, ridge) - residual
        assert np.linalg.norm(difference) <= allowed_error(problem.X, problem.y, k)


def test_leverage_close_to_one_loses_no_digits() -> None:
    # The forget row is nearly the only one that sees the last column.
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 5))
    X[:, -1] *= 1e-5
    X[-1, -1] = 1.0
    y = rng.standard_normal(30)
    computed = leave_block_out(Problem.from_arrays(X, y, forget=[29]))
    expected = refit_residual(X, y, np.array([29]), 0.0)
    np.testing.assert_allclose(computed, expected, rtol=1e-10)


@pytest.mark.parametrize("condition", [1e2, 1e5, 1e8])
def test_error_grows_with_the_condition_not_with_its_square(condition: float) -> None:
    problem = shared(n_r=30, n_f=10, d=80, condition=condition, noise=0.0)
    computed = leave_block_out(problem)
    w_g = scipy.linalg.lstsq(problem.X_r, problem.y_r)[0]
    expected = problem.y_f - problem.X_f @ w_g
    assert np.linalg.norm(computed - expected) <= 100 * EPS * condition * np.linalg.norm(problem.y)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_an_empty_block_has_no_residual(ridge: float) -> None:
    problem = shared(n_r=4, n_f=2, d=9, outputs=2)
    (residual,) = leave_blocks_out(problem.X, problem.y, [[]], ridge)
    assert residual.shape == (0, 2)
