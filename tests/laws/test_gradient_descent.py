"""The closed forms are where gradient descent really goes."""

import numpy as np
import pytest

from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, shared

PROBLEMS = [
    shared(n_r=8, n_f=3, d=25, condition=3.0, seed=1),
    shared(n_r=8, n_f=3, d=25, condition=3.0, noise=0.5, outputs=2, seed=2),
    shared(n_r=20, n_f=5, d=6, condition=3.0, noise=0.5, seed=3),
    shared(n_r=9, n_f=3, d=14, condition=3.0, rank=5, noise=0.1, seed=4),
    distinct(n_r=6, n_f=4, d_r=9, d_f=8, condition=3.0, seed=5),
    overlapping(n_r=6, n_f=4, d_r=5, d_lap=4, d_f=6, condition=3.0, noise=0.2, seed=6),
]


def descend(X: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
    """Plain gradient descent on ``½‖Xw − y‖²`` until it no longer moves."""
    step = 1.0 / np.linalg.norm(X, 2) ** 2 if X.size else 0.0
    for _ in range(200_000):
        move = step * (X.T @ (X @ w - y))
        w = w - move
        if np.linalg.norm(move) <= 1e-15 * (1 + np.linalg.norm(w)):
            return w
    raise AssertionError("descent did not converge")


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_where_descent_goes(problem: Problem) -> None:
    rng = np.random.default_rng(0)
    shape = (problem.d, *problem.y.shape[1:])
    w_o = descend(problem.X, problem.y, np.zeros(shape))
    np.testing.assert_allclose(pretrained(problem).coef, w_o, atol=1e-11)
    w_g = descend(problem.X_r, problem.y_r, np.zeros(shape))
    np.testing.assert_allclose(golden(problem).coef, w_g, atol=1e-11)

    start = rng.standard_normal(shape)
    subsets: list[IntArray | None] = [None, rng.permutation(problem.n_r)[:4], np.arange(3)]
    for rows in subsets:
        chosen = np.arange(problem.n_r) if rows is None else rows
        X_t, y_t = problem.X_r[chosen], problem.y_r[chosen]
        tuned = fine_tuned(problem, rows=rows)
        np.testing.assert_allclose(tuned.coef, descend(X_t, y_t, w_o), atol=1e-9)
        elsewhere = fine_tuned(problem, rows=rows, start=start)
        np.testing.assert_allclose(elsewhere.coef, descend(X_t, y_t, start), atol=1e-9)
        if rows is not None:
            for method, keep in (
                (retain_mask, problem.retained_support),
                (forget_mask, ~problem.forget_support),
            ):
                masked = np.where(keep.reshape(-1, *[1] * (w_o.ndim - 1)), w_o, 0.0)
                expected = descend(X_t, y_t, masked)
                np.testing.assert_allclose(method(problem, rows=rows).coef, expected, atol=1e-9)
