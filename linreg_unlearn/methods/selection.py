"""Methods that choose some parameters and change only these.

The retained objective is ``½‖X_r w − y_r‖² + ½λ‖w‖²``; its gradient at the pretrained weights is
``g = −X_fᵀe_f`` with ``e_f = X_f w_o − y_f``, its Hessian ``H_r = X_rᵀX_r + λI``, and
``H = XᵀX + λI`` is the Hessian of training on all rows. A set ``S`` of parameters serves all
outputs, but for dampening, which treats every weight by itself. Gradients that are rounding count
as zero: at ``λ = 0`` and interpolation they rank nothing, and nothing moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    BoolArray,
    FloatArray,
    column_mask,
    real_number,
    share_of_one,
    whole_number,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.curvature import best_block, greedy_block, newton_step, row_solve
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.rounding import gradient, residuals
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import pretrained, residual_norm, trained
from linreg_unlearn.methods.masking import reset
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.regularized import forget_targets
from linreg_unlearn.methods.saliency import scores, select
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

CHOICES = ("largest", "smallest", "random", "gain", "optimal")
"""What :func:`select_parameters` can go by."""

SALIENCIES = ("gradient", "fisher", "column energy")
"""What :func:`salun` can rank weights by."""

_MOST_SUBSETS = 20_000

# With more columns even few sets are costly to compare, as these are then nearly all or none.
_MOST_COLUMNS = 60

# Quotients of Fisher entries this close to the threshold are at it.
_TIED = 1e-10


@dataclass(frozen=True, eq=False)
class BestSubset:
    """A set of parameters of given size, and how good it is.

    Attributes
    ----------
    mask : ndarray of bool, shape (d,)
    decrease : float
        ``½ Σ g_Sᵀ((H_r)_SS)⁻¹g_S``, summed over outputs.
    exact : bool
        Whether all sets of this size were compared; otherwise parameters were added one by one.
    """

    mask: BoolArray
    decrease: float
    exact: bool


def best_subset(
    problem: Problem, k: int, *, ridge: float = 0.0, most: int = _MOST_SUBSETS
) -> BestSubset:
    """Find the ``k`` parameters on which the retained objective can decrease most.

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    k : int
        From 0 to d.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.
    most : int, default 20000
        Up to this many sets, of at most 60 columns, all of them are compared; else parameters are
        added one by one, each time the one that helps most, which need not find the best set.

    Returns
    -------
    BestSubset
        Of sets that are equally good, the first one in lexicographic order.

    Raises
    ------
    InputError
        `k` is not a whole number from 0 to d, `most` is not a whole number of at least 0, or
        `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1], [1, 2]], [0, 0, 5], forget=[2])
    >>> best = best_subset(problem, 1)
    >>> best.mask, round(best.decrease, 12), best.exact
    (array([False,  True]), 1.388888888889, True)
    """
    penalty = real_number(ridge, "ridge", 0)
    count = _subset_size(problem, k)
    limit = whole_number(most, "most", 0)
    d = problem.d
    g = _gradient(problem, _forget_errors(problem, penalty)).reshape(d, -1)
    trivial = count in (0, 1, d)
    exact = trivial or (math.comb(d, count) <= limit and d <= _MOST_COLUMNS)
    if exact and not trivial:
        mask = best_block(problem.X_r, penalty, g, count)
    else:
        mask = greedy_block(problem.X_r, penalty, g, count)
    return BestSubset(mask, _block_decrease(problem, mask, g, penalty), exact)


def select_parameters(
    problem: Problem, k: int, *, choose: str = "largest", ridge: float = 0.0, seed: int = 0
) -> BoolArray:
    """Choose ``k`` parameters to update.

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    k : int
        How many, from 0 to d. Of parameters that tie the first ones are chosen.
    choose : {"largest", "smallest", "random", "gain", "optimal"}, default "largest"
        - "largest", "smallest": by the diagonal of the Hessian ``H`` of training,
          ``‖X[:, j]‖² + λ``. Accounts of the published method disagree on which.
        - "random": any.
        - "gain": by ``g_j²/(H_r)_jj``, twice what the retained objective can decrease along this
          parameter alone, summed over outputs.
        - "optimal": the set on which it can decrease most, see :func:`best_subset`.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.
    seed : int, default 0
        Of "random".

    Returns
    -------
    ndarray of bool, shape (d,)

    Raises
    ------
    InputError
        `k` is not a whole number from 0 to d, `choose` is unknown, `ridge` is negative or not
        finite, or `seed` is not a whole number of at least 0.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1], [1, 2]], [0, 0, 5], forget=[2])
    >>> select_parameters(problem, 1), select_parameters(problem, 1, choose="smallest")
    (array([False,  True]), array([ True, False]))
    """
    if choose not in CHOICES:
        raise InputError(f"choose is {choose!r}: pass one of {', '.join(map(repr, CHOICES))}")
    count = _subset_size(problem, k)
    penalty = real_number(ridge, "ridge", 0)
    number = whole_number(seed, "seed", 0)
    d = problem.d
    if choose == "random":
        chosen = np.zeros(d, dtype=np.bool_)
        chosen[np.random.default_rng(number).permutation(d)[:count]] = True
        return chosen
    if choose == "optimal":
        return best_subset(problem, count, ridge=penalty).mask
    if choose == "gain":
        return select(_gains(problem, penalty), kept=count / d)
    # The ridge is the same for all of them, and a large one would blur what tells them apart.
    diagonal = np.einsum("ij,ij->j", problem.X, problem.X)
    return select(diagonal if choose == "largest" else diagonal.max() - diagonal, kept=count / d)


def decrease(
    problem: Problem, mask: ArrayLike, *, hessian: str = "retained", ridge: float = 0.0
) -> float:
    """Return how much a second-order step on some parameters lowers the retained objective.

    The step ``−B⁻¹g_S`` on the parameters ``S`` lowers it by
    ``g_SᵀB⁻¹g_S − ½g_SᵀB⁻¹(H_r)_SS B⁻¹g_S``, which is ``½g_SᵀB⁻¹g_S`` for ``B = (H_r)_SS`` and
    never more for another ``B``. At ``λ = 0`` inverses are pseudo-inverses.

    Parameters
    ----------
    problem : Problem
    mask : array_like of bool, shape (d,)
        ``S``.
    hessian : {"retained", "full"}, default "retained"
        ``B = (H_r)_SS`` or ``B = H_SS``.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.

    Returns
    -------
    float
        In units of ``½‖X_r w − y_r‖²``, summed over outputs.

    Raises
    ------
    InputError
        `mask` does not have one flag per column, `hessian` is unknown, or `ridge` is negative or
        not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [0, 4], forget=[1])
    >>> decrease(problem, [True]), decrease(problem, [True], hessian="full")
    (2.0, 1.5)
    """
    chosen = column_mask(mask, problem.d, "mask")
    penalty = real_number(ridge, "ridge", 0)
    _known_hessian(hessian)
    errors = _forget_errors(problem, penalty)
    slope = _gradient(problem, errors)[chosen]
    u = _block_step(problem, chosen, errors, hessian, penalty)
    bend = np.linalg.norm(problem.X_r[:, chosen] @ u) ** 2 + penalty * np.linalg.norm(u) ** 2
    return float(-(slope * u).sum() - 0.5 * bend)


@register(
    title="SAPS (largest curvature)",
    family="selection",
    variants=[
        lambda problem: {"choose": "smallest"},
        lambda problem: {"choose": "gain"},
        lambda problem: {"choose": "random"},
    ],
)
def saps(
    problem: Problem,
    *,
    choose: str = "largest",
    fraction: float = 0.5,
    order: int = 2,
    hessian: str = "full",
    step_size: float | None = None,
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Choose parameters by their curvature, and take one step on the retained objective with them.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖²`` over the weights in ``S``, the others as pretrained.

    Method
    ------
    Sharpness-aware parameter selection: ``S`` has a given fraction of the parameters, those with
    the largest (or smallest: accounts disagree) diagonal of the Hessian of training. The step is
    ``−B⁻¹g_S`` with ``B = H_SS`` or ``(H_r)_SS``, or ``−τg_S``. The steps on a subset, the other
    ways to choose, and one ``S`` for all outputs are our reading. `fraction` times ``d`` is rounded
    to the nearest whole number (a half up).

    Guarantee
    ---------
    Expected, E5: how much the retained objective decreases, see :func:`decrease`. Neither the
    largest nor the smallest diagonal is the best choice in general; the largest ``g_j²/(H_r)_jj``
    is where ``H_r`` is diagonal. E3: at ``λ = 0`` and interpolation nothing moves.
    [malekmohammadi2025sharpness]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    choose : {"largest", "smallest", "random", "gain", "optimal"}, default "largest"
        See :func:`select_parameters`.
    fraction : float, default 0.5
        How many of the parameters are updated, from 0 to 1; of those that tie the first ones.
    order : {1, 2}, default 2
        Gradient step or step with a Hessian.
    hessian : {"full", "retained"}, default "full"
        Of second order: of training on all rows, or on the retained ones, which ends at the minimum
        over ``S``.
    step_size : float, optional
        ``τ ≥ 0`` of first order. Default: ``‖g_S‖²/g_Sᵀ(H_r)_SS g_S`` for each output, where the
        objective is least.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows; at 0 inverses are pseudo-inverses.
    seed : int, default 0
        Of a random choice.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows, without the
        ridge.

    Raises
    ------
    InputError
        `choose`, `order` or `hessian` is unknown, `fraction` is not between 0 and 1, `step_size` or
        `ridge` is negative or not finite, or `seed` is not a whole number of at least 0.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1], [0, 1]], [1, 0, 4], forget=[2])
    >>> saps(problem).coef, saps(problem, hessian="retained").coef
    (array([1., 1.]), array([1., 0.]))
    >>> saps(problem, choose="smallest").coef
    array([1., 2.])
    """
    if order not in (1, 2):
        raise InputError(f"order is {order!r}: pass 1 or 2")
    _known_hessian(hessian)
    share = share_of_one(fraction, "fraction")
    tau = None if step_size is None else real_number(step_size, "step_size", 0)
    penalty = real_number(ridge, "ridge", 0)
    k = math.floor(share * problem.d + 0.5)
    if choose == "optimal":
        found = best_subset(problem, k, ridge=penalty)
        chosen, how = found.mask, "that are best together" if found.exact else "added greedily"
    else:
        chosen = select_parameters(problem, k, choose=choose, ridge=penalty, seed=seed)
        how = _HOW[choose]
    errors = _forget_errors(problem, penalty)
    coef = errors.weights.copy()
    still = penalty == 0 and not errors.forget.any()
    if still:
        u, step = np.zeros(coef[chosen].shape), "no step"
    elif order == 2:
        u = _block_step(problem, chosen, errors, hessian, penalty)
        step = f"a step with the {hessian} Hessian"
    else:
        slope = _gradient(problem, errors)[chosen]
        u = -slope * (_steepest(problem, chosen, slope, penalty) if tau is None else tau)
        step = f"a gradient step of size {tau:g}" if tau is not None else "the best gradient step"
    coef[chosen] += u
    return Solution(
        coef=coef,
        rank=factors_of(problem).all.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="saps",
        done=f"{trained(penalty)}, then {step} on {k} of {problem.d} parameters {how}"
        + (": the gradient vanishes" if still else ""),
    )


@register(title="SSD", family="selection")
def ssd(
    problem: Problem, *, threshold: float = 10.0, strength: float = 1.0, ridge: float = 0.0
) -> Solution:
    """Dampen the weights that matter much more to the forget rows than to all rows.

    Problem
    -------
    Make single weights smaller that the forget rows depend on, without any training.

    Method
    ------
    Selective synaptic dampening: ``F_f`` and ``F`` are the means of the squared gradients of
    ``½(x_iᵀw − y_i)²`` at ``w_o`` over the forget rows and over all rows, for every weight and
    output. Where ``F_f > aF`` the weight is multiplied by ``min(bF/F_f, 1)``. Here a squared
    gradient is ``(e_i x_ij)²``. Residuals that are rounding count as zero, so that 0/0 selects
    nothing.

    Guarantee
    ---------
    Expected, E3: nothing moves where ``w_o`` interpolates. As the forget rows are among all rows,
    ``F_f ≤ (n/n_f)F``: nothing moves either for ``a ≥ n/n_f``. In general it does not reach golden.
    [foster2024ssd]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    threshold : float, default 10.0
        ``a ≥ 0``.
    strength : float, default 1.0
        ``b ≥ 0``; a smaller one dampens more, and 0 resets.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, added to sums over rows; no part of the gradients.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows.

    Raises
    ------
    InputError
        One of the numbers is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 1], [1, 0], [0, 1], [0, 1]], [1, 1, 0, 3], forget=[3])
    >>> w_o = ssd(problem).coef
    >>> (ssd(problem, threshold=1.2).coef / w_o).round(3)
    array([1.   , 0.389])
    """
    a = real_number(threshold, "threshold", 0)
    b = real_number(strength, "strength", 0)
    penalty = real_number(ridge, "ridge", 0)
    before = pretrained(problem, ridge=penalty)
    coef = before.coef.reshape(problem.d, -1).copy()
    of_forget, of_all = _fisher(problem, residuals(problem, before.coef))
    dampened = of_forget > a * of_all * (1 + _TIED)
    ratio = of_all[dampened] / of_forget[dampened]
    coef[dampened] *= np.minimum(b * ratio, 1.0)
    coef = coef.reshape(problem.weight_shape)
    return Solution(
        coef=coef,
        rank=before.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method="ssd",
        done=f"{trained(penalty)}, {int(dampened.sum())} of {coef.size} weights dampened",
    )


@register(
    title="SalUn (random labels)",
    family="selection",
    variants=[
        lambda problem: {"saliency": "fisher"},
        lambda problem: {"saliency": "column energy"},
    ],
)
def salun(
    problem: Problem,
    *,
    saliency: str = "gradient",
    fraction: float = 0.5,
    targets: ArrayLike = "random",
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Train the weights that are salient for the forget rows on random labels of these rows.

    Problem
    -------
    ``min ‖X_r w − y_r‖² + ‖X_f w − ỹ_f‖² + λ‖w − w_o‖²`` over the weights in ``S``, the others as
    pretrained; at ``λ = 0`` among the solutions the one nearest to ``w_o``.

    Method
    ------
    ``S`` has a given fraction of the columns, those with the largest norm over outputs of
    ``X_fᵀe_f``; for "fisher" with the largest ``Σ_i ‖e_i‖² x_ij²`` over the forget rows, for
    "column energy" with the largest ``‖X_f[:, j]‖²``, which does not need a gradient. `fraction`
    times ``d`` is rounded to the nearest whole number (a half up), and columns without any saliency
    are never in ``S``. Public code alternates between forget and retained batches; one exact
    solution of the sum is our reading. Other ways to rank are ours too.

    Guarantee
    ---------
    Expected, B8: at interpolation gradients vanish and rank nothing; then ``S`` is empty and
    nothing moves, unless columns are ranked by energy. With all columns in ``S`` it is regularized
    fine-tuning, C1 and C2, with weights of sums. [fan2024salun]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    saliency : {"gradient", "fisher", "column energy"}, default "gradient"
        What columns are ranked by; those that tie by position.
    fraction : float, default 0.5
        How many of the columns are trained at most, from 0 to 1.
    targets : str or array_like of shape (n_f,) or (n_f, c), default "random"
        ``ỹ_f``, as for ``regularized``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, and of the training, where it pulls towards these.
    seed : int, default 0
        Of random labels.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` of the columns in ``S``, over all rows;
        ``residual_norm`` of all rows with the new labels, without the ridge.

    Raises
    ------
    InputError
        `saliency` is unknown, `fraction` is not between 0 and 1, `targets` is an unknown name or
        has another shape, `ridge` is negative or not finite, or `seed` is not a whole number of at
        least 0.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> salun(problem).done
    'pretrained, then 0 of 2 weights trained with random labels: the gradient vanishes'
    >>> salun(problem, saliency="column energy", targets="zero").coef
    array([1., 0.])
    """
    if saliency not in SALIENCIES:
        raise InputError(
            f"saliency is {saliency!r}: pass one of {', '.join(map(repr, SALIENCIES))}"
        )
    share = share_of_one(fraction, "fraction")
    penalty = real_number(ridge, "ridge", 0)
    labels = np.concatenate([problem.y_r, forget_targets(problem, targets, seed)])
    errors = _forget_errors(problem, penalty)
    w_o = errors.weights
    if saliency == "gradient":
        g = _gradient(problem, errors).reshape(problem.d, -1)
        values = np.linalg.norm(g, axis=1)
    elif saliency == "fisher":
        e_f = errors.forget.reshape(problem.n_f, -1)
        values = _unit(problem.X_f).T ** 2 @ (_unit(e_f) ** 2).sum(axis=1)
    else:
        values = scores(problem, "energy", data="forget")
    chosen = select(values, kept=share) & (values > 0)
    coef = w_o.copy()
    factors = factorize(problem.X[:, chosen])
    rest = labels - problem.X[:, ~chosen] @ w_o[~chosen]
    coef[chosen] = ridge_nearest(factors, w_o[chosen], rest, penalty)
    name = targets if isinstance(targets, str) else "given"
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X, labels, coef),
        method="salun",
        done=f"{trained(penalty)}, then {int(chosen.sum())} of {problem.d} weights trained with "
        f"{name} labels" + ("" if values.any() else ": the gradient vanishes"),
    )


@register(title="essential graph", family="selection")
def essential_graph(
    problem: Problem, *, threshold: float = 0.0, rows: ArrayLike | None = None, ridge: float = 0.0
) -> Solution:
    """Prune the weights that matter to the forget rows and not to the retained ones.

    Problem
    -------
    Remove what is there for the forget rows alone.

    Method
    ------
    The published method selects parameters by explanations of the model, leaves out those that
    matter to other targets too, and prunes the rest. Our reading for a linear model: column ``j``
    matters to rows by its mean energy, ``‖X_f[:, j]‖²/n_f`` and ``‖X_r[:, j]‖²/n_r``, and its
    weight is set to zero where the second is at most ``t`` times the first, which is not zero. All
    weights are then fine-tuned on `rows`, if any.

    Guarantee
    ---------
    Expected: with ``t = 0`` it is the retain mask on the supports read off the data, so B1–B4 and
    B9 apply. [xu2024essential] [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    threshold : float, default 0.0
        ``t ≥ 0``. A large one prunes everything that the forget rows use, as a forget mask does.
    rows : array_like of shape (n_t,), optional
        Retained rows to fine-tune on: indices from 0 to n_r − 1 or a mask of shape (n_r,). Default:
        no fine-tuning.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, and of fine-tuning, where it pulls towards the pruned
        weights.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows fine-tuned on,
        without fine-tuning of all rows.

    Raises
    ------
    InputError
        `threshold` or `ridge` is negative or not finite, or `rows` does not name retained rows.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> essential_graph(problem).coef
    array([1., 0., 0.])
    """
    t = real_number(threshold, "threshold", 0)
    of_forget = scores(problem, "energy", data="forget")
    of_retained = scores(problem, "energy")
    with np.errstate(over="ignore"):
        matters = t * (of_forget / problem.n_f) * (1 + _TIED)
    pruned = (of_forget > 0) & (of_retained / problem.n_r <= matters)
    return reset(problem, ~pruned, rows, ridge, method="essential_graph")


_HOW = {
    "largest": "of largest curvature",
    "smallest": "of smallest curvature",
    "random": "chosen at random",
    "gain": "of largest gain",
}


@dataclass(frozen=True, eq=False)
class _Errors:
    """Pretrained weights and what they miss on the forget rows, zero where that is rounding."""

    weights: FloatArray
    forget: FloatArray


def _forget_errors(problem: Problem, ridge: float) -> _Errors:
    w_o = pretrained(problem, ridge=ridge).coef
    return _Errors(w_o, residuals(problem, w_o)[problem.n_r :])


def _gradient(problem: Problem, errors: _Errors) -> FloatArray:
    """Return the gradient of the retained objective at ``w_o``, zero where it is rounding."""
    return -gradient(problem, errors.weights, "forget")


def _gains(problem: Problem, ridge: float) -> FloatArray:
    g = _gradient(problem, _forget_errors(problem, ridge)).reshape(problem.d, -1)
    diagonal = np.einsum("ij,ij->j", problem.X_r, problem.X_r) + ridge
    # Without a ridge a column that no retained row uses has no gradient but rounding.
    usable = diagonal > 0
    gains = np.zeros(problem.d)
    gains[usable] = (g[usable] ** 2).sum(axis=1) / diagonal[usable]
    return gains


def _block_step(
    problem: Problem, chosen: BoolArray, errors: _Errors, hessian: str, ridge: float
) -> FloatArray:
    """Return ``−B⁻¹g_S``."""
    rows = problem.X if hessian == "full" else problem.X_r
    factors = factorize(rows[:, chosen])
    if hessian == "full":
        # g_S is a combination of these rows.
        targets = np.concatenate([np.zeros(problem.y_r.shape), errors.forget])
        nothing = np.zeros((int(chosen.sum()), *problem.y.shape[1:]))
        return ridge_nearest(factors, nothing, targets, ridge)
    return newton_step(factors, errors.weights[chosen], -_gradient(problem, errors)[chosen], ridge)


def _block_decrease(problem: Problem, mask: BoolArray, g: FloatArray, ridge: float) -> float:
    """Return ``½ Σ g_Sᵀ((H_r)_SS)⁻¹g_S``."""
    block = problem.X_r[:, mask]
    if ridge:
        block = np.vstack([block, math.sqrt(ridge) * np.eye(block.shape[1])])
    return 0.5 * float((g[mask] * row_solve(factorize(block), g[mask], 0.0)).sum())


def _steepest(problem: Problem, chosen: BoolArray, slope: FloatArray, ridge: float) -> FloatArray:
    """Return ``‖g_S‖²/g_Sᵀ(H_r)_SS g_S`` for each output."""
    size = np.abs(slope).max(axis=0, initial=0.0)
    unit = slope / np.where(size > 0, size, 1.0)
    squares = (unit**2).sum(axis=0)
    bend = ((problem.X_r[:, chosen] @ unit) ** 2).sum(axis=0) + ridge * squares
    return np.asarray(np.where(bend > 0, squares, 0.0) / np.where(bend > 0, bend, 1.0))


def _unit(A: FloatArray) -> FloatArray:
    """Divide by the largest entry, so that no square overflows."""
    return np.asarray(A / (np.abs(A).max() or 1.0))


def _fisher(problem: Problem, e: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean squared gradients over the forget rows and over all rows, shape (d, c).

    Up to one factor for every weight and output, in which neither overflows.
    """
    e = e.reshape(problem.n, -1)
    unit = np.abs(e).max(axis=0)
    columns = np.abs(problem.X).max(axis=0)
    squared_e = (e / np.where(unit > 0, unit, 1.0)) ** 2
    squared_X = (problem.X / np.where(columns > 0, columns, 1.0)) ** 2
    of_forget = squared_X[problem.n_r :].T @ squared_e[problem.n_r :] / problem.n_f
    return of_forget, squared_X.T @ squared_e / problem.n


def _subset_size(problem: Problem, k: int) -> int:
    count = whole_number(k, "k", 0)
    if count > problem.d:
        raise InputError(f"k is {count}, but there are {problem.d} columns: pass at most that")
    return count


def _known_hessian(hessian: str) -> None:
    if hessian not in ("full", "retained"):
        raise InputError(f"hessian is {hessian!r}: pass 'full' or 'retained'")
