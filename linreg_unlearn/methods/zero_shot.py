"""Forgetting by making the model smooth around the forget rows, without looking at retained ones.

A linear model has the same slope everywhere, so what the penalty shrinks is all of it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import LARGEST_ENTRY, FloatArray, real_number, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import (
    golden,
    origin,
    pretrained,
    residual_norm,
    starting_weights,
    trained,
)
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

PENALTIES = ("squared", "relative")
"""What :func:`just_in_time` can make small."""


def shrinkage_constant(d: int) -> float:
    """Return ``c_d = Γ(d/2)/(√π Γ((d + 1)/2))``, the mean of ``|wᵀξ|/(‖w‖‖ξ‖)``.

    It is that of ``|u_1|`` for a direction ``u`` drawn evenly, whatever the distribution of the
    length of ``ξ``. ``c_1 = 1``, ``c_2 = 2/π``, ``c_3 = 1/2``, and about ``√(2/(πd))`` for many
    columns.

    Parameters
    ----------
    d : int
        Number of columns, at least 1.

    Returns
    -------
    float

    Raises
    ------
    InputError
        `d` is not a whole number of at least 1.

    Examples
    --------
    >>> round(shrinkage_constant(3), 12)
    0.5
    """
    columns = whole_number(d, "d", 1)
    return math.exp(math.lgamma(columns / 2) - math.lgamma((columns + 1) / 2)) / math.sqrt(math.pi)


def best_shrinkage(problem: Problem, *, ridge: float = 0.0) -> tuple[float, float]:
    """Return the factor by which ``w_o`` comes nearest to golden, and how near it comes.

    ``s = ⟨w_o, w_g⟩/‖w_o‖²``, at distance ``√(‖w_g‖² − ⟨w_o, w_g⟩²/‖w_o‖²)``. At interpolation
    ``⟨w_o, w_g⟩ = ‖w_g‖²``. No method that only shrinks can do better.

    Parameters
    ----------
    problem : Problem
    ridge : float, default 0.0
        ``λ ≥ 0`` of pretrained and golden weights alike.

    Returns
    -------
    factor, distance : float
        Frobenius norms and products, over all outputs. A factor of 1 where ``w_o`` is zero.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [3, 4], forget=[1])
    >>> factor, distance = best_shrinkage(problem)
    >>> round(factor, 12), round(distance, 12)
    (0.36, 2.4)
    """
    penalty = real_number(ridge, "ridge", 0)
    w_o, w_g = pretrained(problem, ridge=penalty).coef, golden(problem, ridge=penalty).coef
    size = float(np.vdot(w_o, w_o))
    factor = float(np.vdot(w_o, w_g)) / size if size else 1.0
    return factor, float(np.linalg.norm(factor * w_o - w_g))


@register(
    title="just in time (JiT)",
    family="structure",
    variants=[lambda problem: {"penalty": "relative"}],
)
def just_in_time(
    problem: Problem,
    *,
    penalty: str = "squared",
    noise: float = 1.0,
    step_size: float = 0.05,
    steps: int = 10,
    samples: int | None = None,
    both_branches: bool = True,
    start: ArrayLike | None = None,
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Make predictions at the forget rows insensitive to noise, without any other data.

    Problem
    -------
    Make ``mean ½|wᵀξ|²`` or ``mean |wᵀξ|/‖ξ‖`` small, ``ξ`` normal with standard deviation ``σ``:
    what the predictions ``x_iᵀw`` at the forget rows and ``(x_i + ξ)ᵀw`` differ by. The row ``x_i``
    cancels.

    Method
    ------
    Gradient steps from the pretrained weights, in closed form: in the mean over all noise the
    penalties are ``½σ²‖w‖²`` and ``c_d‖w‖`` with `shrinkage_constant`, so a step multiplies the
    weights by ``1 − ησ²``, or shortens them by ``η c_d``, not beyond zero. With `samples` every
    step draws that many ``ξ`` instead. Several outputs are penalized one by one. That public code
    does not differentiate the noisy prediction, we offer as an option: the gradient then has the
    direction of ``x_i`` and the mean 0. Reading the penalty without its denominator, and the mean
    instead of 25 draws per row, are ours.

    Guarantee
    ---------
    F1: pure shrinkage, ``w = s w_o`` for one output, blind to which rows are to be forgotten. At
    interpolation ``RL = (1 − s)²‖y_r‖²/n_r`` and ``UL = (1 − s)²‖y_f‖²/n_f``: both kinds of rows
    are forgotten alike; golden is out of reach unless it is a multiple of ``w_o``, see
    `best_shrinkage`. Without the noisy branch nothing moves in the mean. [foster2024lipschitz]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    penalty : {"squared", "relative"}, default "squared"
        ``½|wᵀξ|²`` or ``|wᵀξ|/‖ξ‖``.
    noise : float, default 1.0
        ``σ ≥ 0``. It drops out of the relative penalty, where it has to be positive.
    step_size : float, default 0.05
        ``η ≥ 0``.
    steps : int, default 10
        How many.
    samples : int, optional
        Draws per step, shared by all outputs. Default: the mean over all noise.
    both_branches : bool, default True
        Whether the prediction with noise is differentiated as well as the one without.
    start : array_like of shape (d,) or (d, c), optional
        The weights to start from. Default: the pretrained ones.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows.

    Raises
    ------
    InputError
        `penalty` is unknown, a number is negative or not finite, `steps` or `seed` is not a whole
        number of at least 0 or `samples` not one of at least 1, `noise` is 0 with the relative
        penalty, `start` has another shape or entries that are not finite, or the weights overflow.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [3, 4], forget=[1])
    >>> just_in_time(problem, step_size=0.5, steps=1).coef
    array([1.5, 2. ])
    >>> just_in_time(problem, penalty="relative", step_size=1.0, steps=1).coef.round(3)
    array([2.618, 3.491])
    """
    if penalty not in PENALTIES:
        raise InputError(f"penalty is {penalty!r}: pass 'squared' or 'relative'")
    sigma, eta = real_number(noise, "noise", 0), real_number(step_size, "step_size", 0)
    squared, count = penalty == "squared", whole_number(steps, "steps", 0)
    if not squared and sigma == 0:
        raise InputError("noise is 0 but penalty is 'relative': pass noise > 0 or 'squared'")
    lam, number = real_number(ridge, "ridge", 0), whole_number(seed, "seed", 0)
    w = starting_weights(problem, start, lam)
    table = w.reshape(problem.d, -1).copy()
    if samples is None:
        how = "in the mean over all noise"
        if both_branches:
            table = _shrunk(table, squared, eta, sigma, count)
    else:
        draws = whole_number(samples, "samples", 1)
        how = f"with {draws} draws each"
        rng = np.random.default_rng(number)
        for _ in range(count):
            xi = sigma * rng.standard_normal((draws, problem.d))
            rows = None
            if not both_branches:
                rows = problem.X_f[rng.integers(problem.n_f, size=draws)]
            with np.errstate(over="ignore", invalid="ignore"):
                table -= eta * _sampled_gradient(table, xi, rows, squared)
    if not (np.abs(table) <= LARGEST_ENTRY).all():
        raise InputError("the weights overflow: pass a smaller step_size or noise, or fewer steps")
    coef = table.reshape(problem.weight_shape)
    return Solution(
        coef=coef,
        rank=factors_of(problem).all.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="just_in_time",
        done=(trained(lam) if start is None else origin(start))
        + f", then {count} steps on the {penalty} penalty {how}"
        + ("" if both_branches else ", without differentiating the noisy prediction"),
    )


def _shrunk(W: FloatArray, squared: bool, eta: float, sigma: float, steps: int) -> FloatArray:
    """Take steps on the mean penalty, each output for itself."""
    if squared:
        with np.errstate(over="ignore", invalid="ignore"):
            factor = (1.0 - eta * np.float64(sigma) ** 2) ** steps
            return np.asarray(factor * W)
    sizes = np.linalg.norm(W, axis=0)
    left = np.maximum(sizes - steps * eta * shrinkage_constant(len(W)), 0.0)
    factors: FloatArray = np.divide(left, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return W * factors


def _sampled_gradient(
    W: FloatArray, xi: FloatArray, rows: FloatArray | None, squared: bool
) -> FloatArray:
    """Return the mean gradient of the penalty over some draws.

    Without the noisy branch ``wᵀξ`` is ``(x + ξ)ᵀw`` held fixed less ``xᵀw``, so only ``−x`` is
    left of its derivative ``ξ``.
    """
    change = xi @ W
    slope = xi if rows is None else -rows
    if not squared:
        change = np.sign(change) / np.linalg.norm(xi, axis=1)[:, None]
    gradient: FloatArray = slope.T @ change / len(xi)
    return gradient
