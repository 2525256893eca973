"""Differences that are zero in exact arithmetic, told from those that are not.

At interpolation, and wherever the weights are stationary, what a method ranks, divides by or lets
grow may be rounding and nothing else. What counts as that is decided here.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.problem import Problem

#: A difference below this share of the terms that cancel in it is rounding. Measured for residuals
#: and for every entry of gradients on interpolating problems of 10 to 1000 rows and conditions up
#: to 1e12, rounding stays below 5e-15; label noise of 1e-9 gives more than 1e-12 up to a condition
#: of 1e10.
VANISHING = 1e-13


def residuals(problem: Problem, coef: FloatArray) -> FloatArray:
    """Return ``Xw − y``, with exact zeros where only rounding is left.

    Quotients of residuals are noise where residuals are, so methods that form them ask here. An
    entry counts as zero below ``1e-13 (‖X‖‖w‖ + ‖y‖)``, norms of its output.

    Parameters
    ----------
    problem : Problem
    coef : ndarray of shape (d,) or (d, c)

    Returns
    -------
    ndarray of shape (n,) or (n, c)

    Examples
    --------
    >>> problem = Problem.from_arrays([[1], [1]], [0.3, 1.0], forget=[1])
    >>> residuals(problem, np.array([0.1 + 0.2])).round(12)
    array([ 0. , -0.7])
    """
    e: FloatArray = problem.X @ coef - problem.y
    e[np.abs(e) <= VANISHING * _terms(problem, coef)] = 0.0
    return e


def gradient(problem: Problem, coef: FloatArray, data: Literal["retained", "forget"]) -> FloatArray:
    """Return ``X_rᵀ(X_r w − y_r)`` (or ``X_f, y_f``), with exact zeros where only rounding is left.

    Residuals reach an entry through its own column and output alone, so it counts as zero below
    ``1e-13 ‖X_r[:, j]‖(‖X‖‖w‖ + ‖y‖)``, norms of that column and that output: the size of other
    entries says nothing about it.

    Parameters
    ----------
    problem : Problem
    coef : ndarray of shape (d,) or (d, c)
    data : {"retained", "forget"}

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 3], [0, 1]], [0.3, 1.0, 1.0], forget=[2])
    >>> gradient(problem, np.array([0.1 + 0.2, 0.0]), "retained")
    array([ 0., -3.])
    """
    rows = slice(0, problem.n_r) if data == "retained" else slice(problem.n_r, problem.n)
    A = problem.X[rows]
    g: FloatArray = A.T @ residuals(problem, coef)[rows]
    columns = np.linalg.norm(A, axis=0)
    g[np.abs(g) <= VANISHING * np.multiply.outer(columns, _terms(problem, coef))] = 0.0
    return g


def _terms(problem: Problem, coef: FloatArray) -> FloatArray:
    """Bound the terms that cancel in ``Xw − y``, output by output."""
    size = np.linalg.norm(problem.X) * np.linalg.norm(coef, axis=0)
    return np.asarray(size + np.linalg.norm(problem.y, axis=0))
