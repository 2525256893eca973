"""Two layers: a linear network trained in both, and a linear head over a base that stays."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from linreg_unlearn.arrays import LARGEST_ENTRY, FloatArray, real_number, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.bounded_rank import factorize_at_most
from linreg_unlearn.linalg.factorization import Factorization, truncated_svd
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.rounding import VANISHING
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import pretrained, residual_norm
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

# Halving a step this often makes it smaller than rounding.
_HALVINGS = 60


def two_layer_weights(
    problem: Problem, *, width: int | None = None, ridge: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return the layers ``V_1, V_2`` of the pretrained two-layer linear network ``x ↦ xᵀV_1V_2``.

    Of all networks of that width with the least loss and the least norm of the map ``V_1V_2``, the
    balanced one: ``V_1ᵀV_1 = V_2V_2ᵀ``, which has the least parameter norm
    ``‖V_1‖² + ‖V_2‖²``, twice the sum of the singular values of the map.

    Parameters
    ----------
    problem : Problem
    width : int, optional
        Largest number of hidden units, at least 1. With fewer than the pretrained weights have
        rank, the map is the best one of that rank. Units beyond the rank would be zero and stay
        zero; they are left out.
    ridge : float, default 0.0
        ``λ ≥ 0``, on the squared norm of the map.

    Returns
    -------
    V_1, V_2 : ndarray of shape (d, h) and (h, c)
        ``c = 1`` for one-dimensional targets.

    Raises
    ------
    InputError
        `width` is not a whole number of at least 1, or `ridge` is negative or not finite.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [[8, 0], [0, 2]], forget=[1])
    >>> V_1, V_2 = two_layer_weights(problem, width=1)
    >>> (V_1 @ V_2).round(12) + 0.0
    array([[8., 0.],
           [0., 0.]])
    """
    penalty = real_number(ridge, "ridge", 0)
    widest = problem.d if width is None else whole_number(width, "width", 1)
    W = pretrained(problem, ridge=penalty).coef.reshape(problem.d, problem.outputs)
    # How well a map of lower rank does is measured by its predictions, and by its ridge.
    _, s, Vt = truncated_svd(np.vstack([problem.X @ W, np.sqrt(penalty) * W]))
    # Hidden units made from rounding would grow into whatever it points at.
    counts = s > VANISHING * float(np.linalg.norm(problem.y))
    basis = Vt[: min(widest, int(np.count_nonzero(counts)))]
    U, s, Zt = truncated_svd(W @ basis.T)
    root = np.sqrt(s)
    return U * root, root[:, None] * (Zt @ basis)


@register(
    title="two-layer linear network, fine-tuned",
    family="structure",
    variants=[lambda problem: {"width": 1, "steps": 30}],
)
def two_layer(
    problem: Problem,
    *,
    width: int | None = None,
    steps: int = 100,
    step_size: float | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Fine-tune both layers of a pretrained linear network on the retained rows.

    Problem
    -------
    ``min ½‖X_r V_1V_2 − y_r‖² + ½λ‖V_1V_2‖²`` over both layers, from the pretrained ones.

    Method
    ------
    Gradient descent on both layers at once from `two_layer_weights`, until the gradient by the map
    vanishes up to rounding: 1e-13 of the terms that cancel in it. The weights returned are the map
    ``V_1V_2``. The ridge is on the map, not on the layers: our choice, so that the pretrained
    map is ridge regression.

    Guarantee
    ---------
    A10: at ``λ = 0`` and interpolation, with at least as many units as ``X⁺y`` has rank, the
    pretrained network of least parameter norm computes ``X⁺y``. A2: fine-tuning then changes
    nothing, as with one layer. Away from interpolation it is not what one layer does: the part of
    the weights outside the row space of ``X_r``, which A6 says one layer keeps, moves as well.
    Descent of the loss is guaranteed with the default step size, golden is not.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    width : int, optional
        Hidden units, at least 1. Default: as many as the pretrained weights have rank.
    steps : int, default 100
        How many.
    step_size : float, optional
        ``η ≥ 0``. Default: at every step the inverse of a bound on the local curvature,
        ``(‖X_r‖² + λ)(‖V_1‖² + ‖V_2‖²) + ‖G‖`` with the gradient ``G`` by the map, halved until
        the loss does not grow.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows, in pretraining and in fine-tuning.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows,
        without the ridge.

    Raises
    ------
    InputError
        `width` is not a whole number of at least 1 or `steps` not one of at least 0, `step_size` or
        `ridge` is negative or not finite, or the weights overflow.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 3], forget=[1])
    >>> two_layer(problem).coef.round(12)
    array([1., 2.])
    """
    penalty, count = real_number(ridge, "ridge", 0), whole_number(steps, "steps", 0)
    eta = None if step_size is None else real_number(step_size, "step_size", 0)
    V_1, V_2 = two_layer_weights(problem, width=width, ridge=penalty)
    with np.errstate(over="ignore", invalid="ignore"):
        V_1, V_2, taken = _descend(problem, V_1, V_2, penalty, count, eta)
        coef = (V_1 @ V_2).reshape(problem.weight_shape)
    if not (np.abs(coef) <= LARGEST_ENTRY).all():
        raise InputError("the weights overflow: pass a smaller step_size, or rescale the data")
    return Solution(
        coef=coef,
        rank=factors_of(problem).retained.rank,
        residual_norm=residual_norm(problem.X_r, problem.y_r, coef),
        method="two_layer",
        done=f"pretrained with {len(V_2)} hidden units that are not zero, then {taken} of {count} "
        f"gradient steps on the {problem.n_r} retained rows"
        + (f", ridge {penalty:g}" if penalty else ""),
    )


@register(
    title="head over a fixed base",
    family="structure",
    variants=[lambda problem: {"directions": max(1, min(problem.n, problem.d) // 2)}],
)
def linear_head(
    problem: Problem,
    *,
    directions: int | None = None,
    base: str = "all",
    noise: float = 0.0,
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Train the head again without the forget rows and leave the base, which saw them, as it is.

    Problem
    -------
    ``min ‖X_r U h − y_r‖² + λ‖h‖²``; the weights are ``U h``.

    Method
    ------
    Direct. The base ``U`` are the first right singular vectors of all rows, orthonormal columns;
    the head is retrained on ``X_r U`` and released with normal noise. With all directions the range
    of ``U`` is the row space, and the regression is solved in the given features, without ``U``.
    This is our linear reading of unlearning pretraining data through the head of a topic model
    alone; its regressions have constraints, and what is said here is about them while the active
    ones do not change.

    Guarantee
    ---------
    F6, without noise: the retained weights within the range of ``U`` that fit best,
    ``U(X_rU)⁺X_r w_g`` at ``λ = 0`` and ``U(UᵀH_rU)⁻¹UᵀH_r w_g`` with ``H_r = X_rᵀX_r + λI``,
    ``λ > 0``. Golden for every target if and only if the row space of ``X_r`` lies in the range of
    ``U``, as it does with all directions. Otherwise, for ``λ > 0`` and with ``Q = UUᵀ``, the head
    misses golden by ``(I − Q)w_g + U(UᵀH_rU)⁻¹UᵀX_fᵀX_f(I − Q)w_g``, at least by
    ``‖(I − Q)w_g‖``. Noise adds ``σ²k`` per output to the expected squared distance.
    [wei2024provable]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    directions : int, optional
        ``k ≥ 1``, how many directions the base has; at most the rank of the rows it is made from.
        Default: that rank.
    base : {"all", "retained"}, default "all"
        The rows whose singular vectors are the base. With "retained" the base is retrained too:
        what the unlearned head is to be compared with.
    noise : float, default 0.0
        ``σ ≥ 0``, standard deviation of what is added to every entry of ``h`` on release.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.
    seed : int, default 0
        Of the noise.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` of ``X_rU`` and ``residual_norm`` of the retained
        rows.

    Raises
    ------
    InputError
        `directions` is not a whole number of at least 1 or `seed` not one of at least 0, `base` is
        unknown, or `noise` or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 3]], [1, 2], forget=[1])
    >>> linear_head(problem).coef.round(12) + 0.0
    array([1., 0.])
    >>> linear_head(problem, directions=1).coef.round(12) + 0.0
    array([0., 0.])
    """
    sigma, penalty = real_number(noise, "noise", 0), real_number(ridge, "ridge", 0)
    wanted = None if directions is None else whole_number(directions, "directions", 1)
    number = whole_number(seed, "seed", 0)
    if base not in ("all", "retained"):
        raise InputError(f"base is {base!r}: pass 'all' or 'retained'")
    factors = factors_of(problem)
    rows = factors.all if base == "all" else factors.retained
    k = rows.rank if wanted is None else min(wanted, rows.rank)
    release = sigma * np.random.default_rng(number).standard_normal(problem.weight_shape)
    zeros = np.zeros(problem.weight_shape)
    if k == rows.rank:
        coef = ridge_nearest(factors.retained, zeros, problem.y_r, penalty)
        rank, release = factors.retained.rank, rows.project(release)
    else:
        Ut = rows.svd()[2][:k]
        head = factorize_at_most(problem.X_r @ Ut.T, factors.retained.rank)
        coef = Ut.T @ ridge_nearest(head, Ut @ zeros, problem.y_r, penalty)
        rank, release = head.rank, Ut.T @ (Ut @ release)
    coef = coef + release
    return Solution(
        coef=coef,
        rank=rank,
        residual_norm=residual_norm(problem.X_r, problem.y_r, coef),
        method="linear_head",
        done=f"base of {k} directions from {'all' if base == 'all' else 'retained'} rows, head on "
        f"the {problem.n_r} retained rows"
        + (f", ridge {penalty:g}" if penalty else "")
        + (f", released with noise {sigma:g}" if sigma else ""),
    )


def _descend(
    problem: Problem,
    V_1: FloatArray,
    V_2: FloatArray,
    ridge: float,
    steps: int,
    step_size: float | None,
) -> tuple[FloatArray, FloatArray, int]:
    """Take gradient steps on both layers; stop early where nothing but rounding is left to gain."""
    X, Y = problem.X_r, problem.y_r.reshape(problem.n_r, -1)
    largest = _largest_eigenvalue(factors_of(problem).retained)
    noise = VANISHING * (largest**0.5 * float(np.linalg.norm(problem.y)))
    hidden = X @ V_1
    for step in range(steps):
        W = V_1 @ V_2
        G = X.T @ (hidden @ V_2 - Y) + ridge * W
        size = float(np.linalg.norm(G))
        if size <= noise + VANISHING * (largest + ridge) * float(np.linalg.norm(W)):
            return V_1, V_2, step
        down_1, down_2 = G @ V_2.T, V_1.T @ G
        down_hidden = X @ down_1
        if step_size is None:
            eta = 1.0 / ((largest + ridge) * float((V_1**2).sum() + (V_2**2).sum()) + size)
        else:
            eta = step_size
        for _ in range(_HALVINGS if step_size is None else 0):
            # How much the loss changes, without the part of it that no weights can change.
            new_2 = V_2 - eta * down_2
            change = -eta * (V_1 @ down_2 + down_1 @ new_2)
            fits = -eta * (hidden @ down_2 + down_hidden @ new_2)
            if 2 * (G * change).sum() + (fits**2).sum() + ridge * (change**2).sum() <= 0:
                break
            eta /= 2
        V_1, V_2 = V_1 - eta * down_1, V_2 - eta * down_2
        hidden = hidden - eta * down_hidden
    return V_1, V_2, steps


def _largest_eigenvalue(factors: Factorization) -> float:
    """Return ``‖A‖²``."""
    if factors.gram is None:
        s = factors.svd()[1]
        return float(s[0]) ** 2 if s.size else 0.0
    # All of them: where they are equal but for rounding, LAPACK fails to single one out.
    return float(scipy.linalg.eigvalsh(factors.gram, check_finite=False)[-1])
