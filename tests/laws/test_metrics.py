"""Metrics are what their definitions say, written out with loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn import metrics
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems


@given(problem=problems(), seed=st.integers(0, 99))
def test_losses_and_distances(problem: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    w = rng.integers(-3, 4, size=(problem.d, *problem.y.shape[1:])).astype(float)
    W = w.reshape(problem.d, -1)

    def loss(X: np.ndarray, y: np.ndarray, W: np.ndarray) -> float:
        Y = y.reshape(len(y), -1)
        total = 0.0
        for i in range(len(X)):
            for j in range(Y.shape[1]):
                total += (sum(X[i, k] * W[k, j] for k in range(problem.d)) - Y[i, j]) ** 2
        return total / len(X)

    W_g = golden(problem).coef.reshape(problem.d, -1)
    RL, UL = loss(problem.X_r, problem.y_r, W), loss(problem.X_f, problem.y_f, W)
    RL_g, UL_g = loss(problem.X_r, problem.y_r, W_g), loss(problem.X_f, problem.y_f, W_g)
    tiny = 1e-9 * (1 + float(np.linalg.norm(W_g)) ** 2)

    def close(value: float) -> object:
        return pytest.approx(value, rel=1e-9, abs=tiny)

    assert metrics.retain_loss(problem, w) == close(RL)
    assert metrics.unlearning_loss(problem, w) == close(UL)
    gap = metrics.gap_to_golden(problem, w)
    assert gap.unlearning == close(UL - UL_g)
    assert gap.retain == close(RL - RL_g)
    assert gap.retain >= -tiny
    distance = float(np.sqrt(((W - W_g) ** 2).sum()))
    assert metrics.distance_to_golden(problem, w) == close(distance)
    assert metrics.norm(problem, w) == pytest.approx(float(np.sqrt((W**2).sum())))


def test_held_out_rows() -> None:
    problem = Problem.from_arrays(
        np.eye(2), np.eye(2), forget=[1], X_test=[[1, 0], [2, 2], [0, 1]], y_test=[[1, 0]] * 3
    )
    W = np.array([[1.0, 0.5], [0.0, 1.0]])
    # Residuals (0, 0.5), (1, 3), (-1, 1); the classes 0, 1 and 1 of three zeros.
    assert metrics.test_loss(problem, W) == pytest.approx((0.25 + 10 + 2) / 3)
    assert metrics.test_accuracy(problem, W) == pytest.approx(1 / 3)


def test_classes() -> None:
    labels = np.array([0, 1, 2, 2, 1])
    problem = Problem.from_arrays(np.eye(5), np.eye(3)[labels], forget=[3, 4])
    scores = np.array([[5, 1, 0], [0, 1, 9], [0, 1, 2], [0, 1, 2], [3, 1, 2]], dtype=float)
    assert metrics.retain_accuracy(problem, scores) == pytest.approx(2 / 3)
    assert metrics.unlearning_accuracy(problem, scores) == pytest.approx(1 / 2)


def test_gap_of_golden_is_zero() -> None:
    problem = shared(n_r=8, n_f=3, d=20, noise=0.3, outputs=2)
    w_g = golden(problem).coef
    assert metrics.gap_to_golden(problem, w_g) == (0.0, 0.0)
    assert metrics.distance_to_golden(problem, w_g) == 0.0
    # Weights that fit the forget rows as well have forgotten too little.
    gap = metrics.gap_to_golden(problem, pretrained(problem).coef)
    assert gap.unlearning < 0
    assert gap.retain == pytest.approx(0.0, abs=1e-20)
