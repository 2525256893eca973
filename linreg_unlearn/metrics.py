"""What is measured on a solution.

Losses are summed over outputs and averaged over rows, without a factor ½. Classification metrics
read the column with the largest entry as the class, in predictions and in one-hot targets alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import FloatArray, weight_array
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.problem import Problem

# Outputs that differ by less, relative to the largest target, are equal: far above the rounding of
# solves, far below any difference that says something.
_TIE = 1e-8


class Gap(NamedTuple):
    """How much larger the losses are than those of the golden weights.

    Attributes
    ----------
    unlearning : float
        ``UL(w) − UL(w_g)``; negative when too little was forgotten.
    retain : float
        ``RL(w) − RL(w_g)``, which is never negative, and is ``RL(w)`` at interpolation.
    """

    unlearning: float
    retain: float


def retain_loss(problem: Problem, coef: ArrayLike) -> float:
    """Return ``RL(w) = ‖X_r w − y_r‖²/n_r``.

    Parameters
    ----------
    problem : Problem
    coef : array_like of shape (d,) or (d, c)

    Returns
    -------
    float

    Raises
    ------
    InputError
        `coef` has another shape, or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> retain_loss(problem, [4, 0])
    9.0
    """
    return _loss(problem.X_r, problem.y_r, _checked(problem, coef))


def unlearning_loss(problem: Problem, coef: ArrayLike) -> float:
    """Return ``UL(w) = ‖X_f w − y_f‖²/n_f``.

    Parameters
    ----------
    problem : Problem
    coef : array_like of shape (d,) or (d, c)

    Returns
    -------
    float

    Raises
    ------
    InputError
        `coef` has another shape, or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> unlearning_loss(problem, [4, 0])
    4.0
    """
    return _loss(problem.X_f, problem.y_f, _checked(problem, coef))


def test_loss(problem: Problem, coef: ArrayLike) -> float:
    """Return ``‖X_test w − y_test‖²/n_test`` on the held-out rows.

    Parameters
    ----------
    problem : Problem
        With ``X_test`` and ``y_test``.
    coef : array_like of shape (d,) or (d, c)

    Returns
    -------
    float

    Raises
    ------
    InputError
        The problem has no held-out rows, or `coef` cannot be used.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> X, y = [[1, 0], [0, 1]], [1, 2]
    >>> problem = Problem.from_arrays(X, y, forget=[1], X_test=[[1, 1]], y_test=[3])
    >>> test_loss(problem, [1, 1])
    1.0
    """
    X_test, y_test = _held_out(problem)
    return _loss(X_test, y_test, _checked(problem, coef))


def gap_to_golden(problem: Problem, coef: ArrayLike) -> Gap:
    """Return the excess of both losses over those of the golden weights.

    Parameters
    ----------
    problem : Problem
    coef : array_like of shape (d,) or (d, c)

    Returns
    -------
    Gap
        ``unlearning = UL(w) − UL(w_g)`` and ``retain = RL(w) − RL(w_g)``.

    Raises
    ------
    InputError
        `coef` has another shape, or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> gap_to_golden(problem, [1, 2])
    Gap(unlearning=-4.0, retain=0.0)
    """
    w, w_g = _checked(problem, coef), golden(problem).coef
    return Gap(
        unlearning=unlearning_loss(problem, w) - unlearning_loss(problem, w_g),
        retain=retain_loss(problem, w) - retain_loss(problem, w_g),
    )


def distance_to_golden(problem: Problem, coef: ArrayLike) -> float:
    """Return ``‖w − w_g‖`` (Frobenius).

    Parameters
    ----------
    problem : Problem
    coef : array_like of shape (d,) or (d, c)

    Returns
    -------
    float

    Raises
    ------
    InputError
        `coef` has another shape, or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> distance_to_golden(problem, [1, 2])
    2.0
    """
    return float(np.linalg.norm(_checked(problem, coef) - golden(problem).coef))


def norm(problem: Problem, coef: ArrayLike) -> float:
    """Return ``‖w‖`` (Frobenius).

    Parameters
    ----------
    problem : Problem
    coef : array_like of shape (d,) or (d, c)

    Returns
    -------
    float

    Raises
    ------
    InputError
        `coef` has another shape, or entries that are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> norm(Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1]), [3, 4])
    5.0
    """
    return float(np.linalg.norm(_checked(problem, coef)))


def unlearning_accuracy(problem: Problem, coef: ArrayLike) -> float:
    """Return UA, the share of forget rows that are classified wrongly.

    Parameters
    ----------
    problem : Problem
        With at least two outputs (one-hot targets).
    coef : array_like of shape (d, c)

    Returns
    -------
    float
        From 0 to 1: one minus the accuracy on the forget rows.

    Raises
    ------
    InputError
        Fewer than two outputs, or `coef` cannot be used.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [[1, 0], [0, 1]], forget=[1])
    >>> unlearning_accuracy(problem, [[1, 0], [1, 0]])
    1.0
    """
    return 1.0 - _accuracy(problem.X_f, problem.y_f, _classifier(problem, coef))


def retain_accuracy(problem: Problem, coef: ArrayLike) -> float:
    """Return RA, the share of retained rows that are classified rightly.

    Parameters
    ----------
    problem : Problem
        With at least two outputs (one-hot targets).
    coef : array_like of shape (d, c)

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    InputError
        Fewer than two outputs, or `coef` cannot be used.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [[1, 0], [0, 1]], forget=[1])
    >>> retain_accuracy(problem, [[1, 0], [1, 0]])
    1.0
    """
    return _accuracy(problem.X_r, problem.y_r, _classifier(problem, coef))


def test_accuracy(problem: Problem, coef: ArrayLike) -> float:
    """Return TA, the share of held-out rows that are classified rightly.

    Parameters
    ----------
    problem : Problem
        With at least two outputs (one-hot targets), ``X_test`` and ``y_test``.
    coef : array_like of shape (d, c)

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    InputError
        Fewer than two outputs, no held-out rows, or `coef` cannot be used.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> X = y = [[1, 0], [0, 1]]
    >>> problem = Problem.from_arrays(X, y, forget=[1], X_test=X, y_test=y)
    >>> test_accuracy(problem, [[1, 0], [1, 0]])
    0.5
    """
    W = _classifier(problem, coef)
    return _accuracy(*_held_out(problem), W)


# pytest collects what is called test_*, wherever it is imported.
test_loss.__test__ = False  # type: ignore[attr-defined]
test_accuracy.__test__ = False  # type: ignore[attr-defined]


def _checked(problem: Problem, coef: ArrayLike) -> FloatArray:
    return weight_array(coef, problem.weight_shape, "coef")


def _classifier(problem: Problem, coef: ArrayLike) -> FloatArray:
    if problem.outputs < 2:
        raise InputError(
            f"y has {problem.outputs} output, but an accuracy compares classes: pass one-hot "
            "targets of shape (n, c) with c >= 2"
        )
    return _checked(problem, coef)


def _held_out(problem: Problem) -> tuple[FloatArray, FloatArray]:
    if problem.X_test is None or problem.y_test is None:
        raise InputError(f"{problem.name} has no held-out rows: pass X_test and y_test")
    return problem.X_test, problem.y_test


def _loss(X: FloatArray, y: FloatArray, w: FloatArray) -> float:
    residual = X @ w - y
    return float(np.sum(residual * residual)) / len(X)


def _accuracy(X: FloatArray, y: FloatArray, W: FloatArray) -> float:
    outputs = X @ W
    # A model that was told to say nothing has equal outputs up to rounding, which must not decide.
    best = outputs.max(axis=1, keepdims=True) - _TIE * float(np.abs(y).max())
    tied = outputs >= best
    hits = tied[np.arange(len(y)), np.argmax(y, axis=1)] / tied.sum(axis=1)
    return float(np.mean(hits))
