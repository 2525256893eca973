"""Steps from the pretrained weights that use the curvature of the loss, or stand in for it.

Objectives are sums with a half: ``½‖Xw − y‖² + ½λ‖w‖²``, with the same ``λ`` for pretrained and
golden weights. ``H = XᵀX + λI`` and ``H_r = X_rᵀX_r + λI`` are the Hessians of all and of the
retained data, ``e_f = X_f w_o − y_f`` is what ``w_o`` misses on the forget rows, and
``S = X_f H⁻¹X_fᵀ``. The gradient of the retained objective at ``w_o`` is ``−X_fᵀe_f``, because that
of the whole objective is zero there. At ``λ = 0`` every inverse is a pseudo-inverse; where ``w_o``
interpolates, ``e_f = 0`` and nothing here moves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    FloatArray,
    matrix,
    real_number,
    target_array,
    weight_array,
    whole_number,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.curvature import curvature_solve, damped_min_norm, newton_step
from linreg_unlearn.linalg.factorization import Factorization, factorize
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.rounding import residuals
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import pretrained, residual_norm, trained
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem


@register(title="Newton step", family="second order")
def newton(problem: Problem, *, ridge: float = 0.0) -> Solution:
    """Take one Newton step on the retained objective: ``w_o + H_r⁻¹X_fᵀe_f``.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖²``, started at the pretrained weights ``w_o``.

    Method
    ------
    The gradient at ``w_o`` is ``−X_fᵀe_f`` and the objective is quadratic, so one step with its
    Hessian ``H_r`` ends at its minimum. The step is solved for with the factorization of the
    retained rows. Outside their row space it is ``−(I − P_r)w_o`` for every ``λ > 0``, and this is
    taken as known, so that no rounding error is divided by a small ``λ``.

    Guarantee
    ---------
    Expected, E1: golden for every ``λ > 0``. E3: at ``λ = 0`` the part outside the row space of
    ``X_r`` is left alone: the step is then fine-tuning on all retained rows and misses golden by
    ``(I − P_r)w_o``, for example by everything where ``w_o`` interpolates, although its limit
    ``λ → 0`` is golden. [warnecke2023features] [guo2020certified]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows; at 0 the step uses the pseudo-inverse ``H_r⁺``.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows,
        without the ridge.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.methods.fine_tuning import golden
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1], [0, 1]], [1, 2, 4], forget=[2])
    >>> newton(problem, ridge=1.0).coef.round(12), golden(problem, ridge=1.0).coef.round(12)
    (array([0.8, 0.6]), array([0.8, 0.6]))
    """
    penalty = real_number(ridge, "ridge", 0)
    w_o = pretrained(problem, ridge=penalty).coef
    factors = factors_of(problem).retained
    coef = w_o + _to_retained(problem, w_o, penalty)
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X_r, problem.y_r, coef),
        method="newton",
        done=f"{trained(penalty)}, then one Newton step on the {problem.n_r} retained rows",
    )


@register(
    title="influence step",
    family="second order",
    variants=[lambda problem: {"iterations": 5}],
)
def influence(problem: Problem, *, iterations: int = 1, ridge: float = 0.0) -> Solution:
    """Take the Newton step with the Hessian of all data instead: ``w_o + H⁻¹X_fᵀe_f``.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖²`` from ``w_o``, when only the factorization of all data is at
    hand.

    Method
    ------
    ``w_{j+1} = w_j − H⁻¹(X_rᵀ(X_r w_j − y_r) + λw_j)`` with ``H`` fixed. Collected, that is
    ``w_{j+1} = H⁻¹Xᵀ[y_r; X_f w_j]``: training on all rows again, with what the model says at
    present as the labels of the forget rows. It is computed in this form.

    Guarantee
    ---------
    Expected, for ``λ > 0``. E2: after ``k`` iterations
    ``w_g − w_k = H⁻¹X_fᵀ(I − S)⁻¹S^k e_f``, so the error relative to the start is at most
    ``λ_max(S)^k`` in the norm of ``H``. E6: the unlearning loss of one step lies between those of
    ``w_o`` and of golden. E3: at ``λ = 0`` and interpolation nothing moves. [warnecke2023features]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    iterations : int, default 1
        ``k ≥ 1``, how many steps.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows; at 0 the steps use the pseudo-inverse ``H⁺``.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows, with their
        true labels and without the ridge.

    Raises
    ------
    InputError
        `iterations` is not a whole number of at least 1, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 4], forget=[1])
    >>> influence(problem).coef, influence(problem, iterations=3).coef
    (array([1.]), array([0.25]))
    """
    count = whole_number(iterations, "iterations", 1)
    penalty = real_number(ridge, "ridge", 0)
    factors = factors_of(problem).all
    nothing = np.zeros(problem.weight_shape)
    coef = pretrained(problem, ridge=penalty).coef
    for _ in range(count):
        labels = np.concatenate([problem.y_r, problem.X_f @ coef])
        coef = ridge_nearest(factors, nothing, labels, penalty)
    steps = "one influence step" if count == 1 else f"{count} influence steps"
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="influence",
        done=f"{trained(penalty)}, then {steps} with the Hessian of all {problem.n} rows",
    )


@register(title="first-order step", family="second order")
def first_order(
    problem: Problem, *, step_size: float | None = None, ridge: float = 0.0
) -> Solution:
    """Take one gradient step on the retained objective: ``w_o + τX_fᵀe_f``.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖²`` from ``w_o``, without any Hessian.

    Method
    ------
    With ``g = X_fᵀe_f`` the update is ``w_o + τg``. The default ``τ = gᵀH_r⁻¹g/‖g‖²``, one for each
    output, is the best one in hindsight: no other brings the weights nearer to golden. It needs the
    Newton step, so it shows what the direction is worth and is no practical choice.

    Guarantee
    ---------
    Expected, E4: with the default ``τ`` the Euclidean distance to golden, ``‖w − w_g‖``, is at most
    ``(κ − 1)/(κ + 1)`` of ``‖w_o − w_g‖``, where ``κ`` is the condition number of ``H_r`` and
    ``λ > 0``; some problem reaches this for every ``κ``. (The step that is best in the norm of
    ``H_r`` is another one, ``‖g‖²/gᵀH_r g``, with the same bound in that norm.) At ``λ = 0`` the
    same holds with the nearest retained solution in the place of golden and the non-zero
    eigenvalues of ``H_r``. [warnecke2023features]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    step_size : float, optional
        ``τ ≥ 0``, for all outputs. Default: the best one, for each output.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows; at 0 the default ``τ`` uses the pseudo-inverse ``H_r⁺``.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows, without the
        ridge.

    Raises
    ------
    InputError
        `step_size` or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 4], forget=[1])
    >>> first_order(problem, step_size=0.5).coef, first_order(problem).coef
    (array([1.]), array([0.]))
    """
    penalty = real_number(ridge, "ridge", 0)
    tau = None if step_size is None else real_number(step_size, "step_size", 0)
    w_o = pretrained(problem, ridge=penalty).coef
    g = problem.X_f.T @ (problem.X_f @ w_o - problem.y_f)
    step = _projected(_to_retained(problem, w_o, penalty), g) if tau is None else tau * g
    coef = w_o + step
    name = "the best step size" if tau is None else f"step size {tau:g}"
    return Solution(
        coef=coef,
        rank=factors_of(problem).all.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="first_order",
        done=f"{trained(penalty)}, then one gradient step on the {problem.n_r} retained rows with "
        f"{name}",
    )


@register(title="SSSE", family="second order")
def ssse(
    problem: Problem, *, damping: float = 1.0, strength: float = 1.0, ridge: float = 0.0
) -> Solution:
    """Take a step with the empirical Fisher matrix for the Hessian: ``w_o + ε F⁻¹g_f/(n − k)``.

    Problem
    -------
    Newton's step on the mean retained loss, from the gradients of the samples alone.

    Method
    ------
    Single-step sample erasure: ``k = n_f`` rows go, ``g_f = Σ_f e_i x_i`` is the sum of their
    gradients of ``½(x_iᵀw − y_i)²`` at ``w_o``, and ``F = (1/n) Σ e_i² x_i x_iᵀ + δI`` over all
    ``n`` rows. Our reading for the squared loss: ``F`` weights rows by squared residuals, so it is
    not an approximation of ``H``; every output has one of its own; the damping ``δ`` is what makes
    it invertible. With ``G = diag(e)X`` the step is ``(εn/(n − k)) Gᵀ(GGᵀ + nδI)⁻¹1_f``, which
    solves a system with as many unknowns as there are rows or columns, whichever are fewer.

    Guarantee
    ---------
    Expected, E3: nothing moves where ``w_o`` interpolates; residuals that are zero up to rounding
    count as zero. In general it does not reach golden, whatever ``δ`` and ``ε``. [peste2021ssse]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    damping : float, default 1.0
        ``δ > 0``, in units of squared gradients. A large one makes this a gradient step.
    strength : float, default 1.0
        ``ε ≥ 0``, a factor of the step.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, added to sums over rows; no part of ``F``.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows, without the
        ridge.

    Raises
    ------
    InputError
        `damping` is not positive, or one of the numbers is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 2], forget=[1])
    >>> ssse(problem).coef
    array([0.5])
    """
    delta = real_number(damping, "damping", 0)
    if delta == 0:
        raise InputError("damping is 0, but the Fisher matrix may be singular: pass damping > 0")
    factor = real_number(strength, "strength", 0)
    penalty = real_number(ridge, "ridge", 0)
    w_o = pretrained(problem, ridge=penalty).coef
    n, scale = problem.n, factor * problem.n / problem.n_r
    forget = np.zeros(n)
    forget[problem.n_r :] = 1.0
    step = np.zeros((problem.d, problem.outputs))
    kernel = factors_of(problem).all.gram if n <= problem.d else None
    for j, e in enumerate(residuals(problem, w_o).reshape(n, -1).T):
        if e[problem.n_r :].any():
            # Where this overflows the rows are too large for a Gram matrix, and it is not used.
            with np.errstate(over="ignore"):
                gram = None if kernel is None else np.outer(e, e) * kernel
            step[:, j] = scale * damped_min_norm(
                e[:, None] * problem.X, forget, n * delta, gram=gram
            )
    coef = w_o + step.reshape(problem.weight_shape)
    return Solution(
        coef=coef,
        rank=factors_of(problem).all.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="ssse",
        done=f"{trained(penalty)}, then one step with the empirical Fisher matrix, damping "
        f"{delta:g}",
    )


@register(
    title="certified removal",
    family="second order",
    variants=[lambda problem: {"step": "influence"}],
)
def certified_removal(
    problem: Problem,
    *,
    step: str = "newton",
    epsilon: float = 1.0,
    delta: float = 1e-4,
    noise: str | float = "calibrated",
    seed: int = 0,
    ridge: float = 0.0,
) -> Solution:
    """Train with a random linear term, then take a step whose error that term hides.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖² + bᵀw`` from the weights trained on all rows with the same ``b``.

    Method
    ------
    Objective perturbation in sums: ``b ~ N(0, σ²I)`` is drawn before training, and afterwards one
    Newton or influence step removes the forget rows. Our reading of the calibration:
    ``σ = ‖r‖ √(2 ln(1.5/δ))/ε`` for each output, where ``r`` is the gradient of the retained
    objective after the step without noise, see :func:`gradient_residual`. For the Newton step
    ``r = 0``, so there is nothing to hide and no noise; for the influence step
    ``r = −X_fᵀS e_f``.

    A certificate needs a bound on ``‖r‖`` that holds whatever the data; this ``σ`` depends on them,
    so it shows the size of the noise and proves no privacy.

    Guarantee
    ---------
    Expected, E1: with the Newton step the weights of the perturbed objective retrained without the
    forget rows, hence golden itself, for every ``λ > 0``. E2: with the influence step the residual
    above. [guo2020certified]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    step : {"newton", "influence"}, default "newton"
        With ``H_r`` or with ``H``.
    epsilon : float, default 1.0
        ``ε > 0``.
    delta : float, default 1e-4
        ``0 < δ < 1``.
    noise : "calibrated" or float, default "calibrated"
        ``σ``, or a number ``≥ 0`` in its place.
    seed : int, default 0
        Of ``b``.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows. At 0 the inverses are pseudo-inverses, and the part of
        ``b`` outside the row space of ``X`` has no effect.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows (with
        the influence step: of all rows), without ridge and linear term.

    Raises
    ------
    InputError
        `step` or `noise` is unknown, `epsilon` is not positive, `delta` is not between 0 and 1, a
        number is negative or not finite, or `seed` is not a whole number of at least 0.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 4], forget=[1])
    >>> certified_removal(problem).coef
    array([0.])
    >>> certified_removal(problem, step="influence").done
    'pretrained, then one influence step, noise of deviation 4.39 in training'
    """
    if step not in ("newton", "influence"):
        raise InputError(f"step is {step!r}: pass 'newton' or 'influence'")
    budget = real_number(epsilon, "epsilon", 0)
    if budget == 0:
        raise InputError("epsilon is 0, which asks for infinite noise: pass epsilon > 0")
    failure = real_number(delta, "delta", 0)
    if not 0 < failure < 1:
        raise InputError(f"delta is {failure:g}: pass a number between 0 and 1")
    if isinstance(noise, str) and noise != "calibrated":
        raise InputError(f"noise is {noise!r}: pass 'calibrated' or a standard deviation")
    number = whole_number(seed, "seed", 0)
    penalty = real_number(ridge, "ridge", 0)

    exact = step == "newton"
    factors = factors_of(problem).retained if exact else factors_of(problem).all
    w_o = pretrained(problem, ridge=penalty).coef
    if exact:
        coef = w_o + _to_retained(problem, w_o, penalty)
        left_over = np.zeros(problem.weight_shape)
    else:
        move = _forget_step(problem, problem.X_f @ w_o - problem.y_f, penalty)
        coef = w_o + move
        left_over = problem.X_f.T @ (problem.X_f @ move)
    if isinstance(noise, str):
        sigma = np.linalg.norm(left_over, axis=0) * math.sqrt(2 * math.log(1.5 / failure)) / budget
    else:
        sigma = np.full(problem.y.shape[1:], real_number(noise, "noise", 0))
    if sigma.any():
        b = sigma * np.random.default_rng(number).standard_normal(problem.weight_shape)
        # Training and step are affine, so the noise has an effect of its own.
        shift = curvature_solve(factors_of(problem).all, b, penalty)
        moved = problem.X_f @ shift
        if exact:
            shift = shift + curvature_solve(factors, problem.X_f.T @ moved, penalty)
        else:
            shift = shift + _forget_step(problem, moved, penalty)
        coef = coef - shift
    used = slice(0, problem.n_r if exact else problem.n)
    noisy = f"noise of deviation {sigma.max():.3g} in training" if sigma.any() else "no noise"
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X[used], problem.y[used], coef),
        method="certified_removal",
        done=f"{trained(penalty)}, then one {'Newton' if exact else 'influence'} step, {noisy}",
    )


def gradient_residual(problem: Problem, coef: ArrayLike, ridge: float = 0.0) -> FloatArray:
    """Return ``X_rᵀ(X_r w − y_r) + λw``, the gradient that is left of the retained objective.

    It is zero at golden, and small where little is missing. At ``w_o`` it is ``−X_fᵀe_f``, after
    ``k`` influence steps ``−X_fᵀS^k e_f``.

    Parameters
    ----------
    problem : Problem
    coef : array_like of shape (d,) or (d, c)
    ridge : float, default 0.0
        ``λ ≥ 0``.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Raises
    ------
    InputError
        `coef` has another shape or entries that are not finite, or `ridge` is negative or not
        finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 2], [0, 1]], [1, 2], forget=[1])
    >>> gradient_residual(problem, [1, 1], ridge=0.5)
    array([2.5, 4.5])
    """
    penalty = real_number(ridge, "ridge", 0)
    w = weight_array(coef, problem.weight_shape, "coef")
    return np.asarray(problem.X_r.T @ (problem.X_r @ w - problem.y_r) + penalty * w)


def corrected(
    problem: Problem,
    *,
    labels: ArrayLike | None = None,
    features: ArrayLike | None = None,
    order: int = 2,
    hessian: str = "original",
    step_size: float | None = None,
    ridge: float = 0.0,
) -> FloatArray:
    """Replace the labels or the features of the forget rows by one step from ``w_o``.

    With ``(X̃_f, ỹ_f)`` in the place of ``(X_f, y_f)`` the gradient changes by
    ``Δ = X̃_fᵀ(X̃_f w_o − ỹ_f) − X_fᵀ(X_f w_o − y_f)``, and the step is ``w_o − τΔ`` or
    ``w_o − H⁻¹Δ``, sums and not means. Without new labels and features the rows are deleted, the
    first part is absent, and the second-order step is `influence` (with the changed Hessian:
    `newton`). At ``λ = 0`` inverses are pseudo-inverses. [warnecke2023features]

    E4 expects: with changed labels the second-order step is exact. With changed features, and for
    deletion, it is exact for every ``λ > 0`` with the Hessian ``H̃`` of the changed data, and with
    the original one off by ``H⁻¹(XᵀX − X̃ᵀX̃)H̃⁻¹Δ``.

    Parameters
    ----------
    problem : Problem
        ``X_f`` of shape (n_f, d), ``y_f`` of shape (n_f,) or (n_f, c).
    labels : array_like of shape (n_f,) or (n_f, c), optional
        ``ỹ_f``. Default: with new features, the old labels.
    features : array_like of shape (n_f, d), optional
        ``X̃_f``. Default: with new labels, the old features.
    order : {1, 2}, default 2
        Gradient step or step with a Hessian.
    hessian : {"original", "changed"}, default "original"
        Of second order: ``XᵀX + λI`` of the old or of the changed data.
    step_size : float, optional
        ``τ ≥ 0`` of first order. Default: the best one in hindsight, for each output.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Raises
    ------
    InputError
        `labels` or `features` has another shape or entries that are not finite, `order` or
        `hessian` is unknown, or `step_size` or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 4], forget=[1])
    >>> corrected(problem, labels=[2])
    array([1.])
    >>> corrected(problem, features=[[2]]), corrected(problem, features=[[2]], hessian="changed")
    (array([1.]), array([1.6]))
    """
    if order not in (1, 2):
        raise InputError(f"order is {order!r}: pass 1 or 2")
    if hessian not in ("original", "changed"):
        raise InputError(f"hessian is {hessian!r}: pass 'original' or 'changed'")
    tau = None if step_size is None else real_number(step_size, "step_size", 0)
    penalty = real_number(ridge, "ridge", 0)
    X_new, y_new = _changed_rows(problem, labels, features)
    w_o = pretrained(problem, ridge=penalty).coef
    e_f = problem.X_f @ w_o - problem.y_f
    if features is None and labels is not None:
        # The old features cancel: Δ = X_fᵀ(y_f − ỹ_f).
        change = problem.X_f.T @ (problem.y_f - y_new)
    else:
        change = X_new.T @ (X_new @ w_o - y_new) - problem.X_f.T @ e_f
    if order == 1 and tau is not None:
        return np.asarray(w_o - tau * change)
    if order == 2 and hessian == "original":
        return np.asarray(w_o - curvature_solve(factors_of(problem).all, change, penalty))
    step = newton_step(_changed_factors(problem, labels, features), w_o, -change, penalty)
    return np.asarray(w_o + (_projected(step, change) if order == 1 else step))


def retrained_on_correction(
    problem: Problem,
    *,
    labels: ArrayLike | None = None,
    features: ArrayLike | None = None,
    ridge: float = 0.0,
) -> FloatArray:
    """Train from scratch on the corrected rows: what `corrected` has to reach.

    Parameters
    ----------
    problem : Problem
    labels : array_like of shape (n_f,) or (n_f, c), optional
        As for :func:`corrected`; without labels and features the forget rows are deleted.
    features : array_like of shape (n_f, d), optional
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows; 0 is minimum norm.

    Returns
    -------
    ndarray of shape (d,) or (d, c)

    Raises
    ------
    InputError
        As for :func:`corrected`.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 4], forget=[1])
    >>> retrained_on_correction(problem, features=[[2]])
    array([1.6])
    """
    penalty = real_number(ridge, "ridge", 0)
    _, y_new = _changed_rows(problem, labels, features)
    factors = _changed_factors(problem, labels, features)
    targets = np.concatenate([problem.y_r, y_new])
    return ridge_nearest(factors, np.zeros(problem.weight_shape), targets, penalty)


def _changed_rows(
    problem: Problem, labels: ArrayLike | None, features: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Check what comes in the place of the forget rows; no rows at all for a deletion."""
    if labels is None and features is None:
        return problem.X_f[:0], problem.y_f[:0]
    X_new, y_new = problem.X_f, problem.y_f
    if features is not None:
        X_new = matrix(features, "features")
        if X_new.shape != problem.X_f.shape:
            raise InputError(
                f"features has shape {X_new.shape}, but X_f has {problem.X_f.shape}: pass one row "
                "per forget row"
            )
    if labels is not None:
        y_new = target_array(labels, "labels", problem.n_f, "X_f")
        if y_new.shape != problem.y_f.shape:
            raise InputError(
                f"labels has shape {y_new.shape}, but y_f has {problem.y_f.shape}: pass one label "
                "per forget row and output"
            )
    return X_new, y_new


def _changed_factors(
    problem: Problem, labels: ArrayLike | None, features: ArrayLike | None
) -> Factorization:
    if features is not None:
        return factorize(np.vstack([problem.X_r, _changed_rows(problem, labels, features)[0]]))
    shared = factors_of(problem)
    return shared.retained if labels is None else shared.all


def _to_retained(problem: Problem, w_o: FloatArray, ridge: float) -> FloatArray:
    """Return ``H_r⁻¹X_fᵀe_f``."""
    g = problem.X_f.T @ (problem.X_f @ w_o - problem.y_f)
    return newton_step(factors_of(problem).retained, w_o, g, ridge)


def _forget_step(problem: Problem, errors: FloatArray, ridge: float) -> FloatArray:
    """Return ``H⁻¹X_fᵀe`` for errors on the forget rows, without squaring the condition of X."""
    targets = np.concatenate([np.zeros(problem.y_r.shape), errors])
    return ridge_nearest(factors_of(problem).all, np.zeros(problem.weight_shape), targets, ridge)


def _projected(step: FloatArray, direction: FloatArray) -> FloatArray:
    """Return the multiple of a direction that is nearest to a step, for each output."""
    size = np.abs(direction).max(axis=0)
    unit = direction / np.where(size > 0, size, 1.0)
    norms = (unit * unit).sum(axis=0)
    return np.asarray(unit * ((unit * step).sum(axis=0) / np.where(norms > 0, norms, 1.0)))
