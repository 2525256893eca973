"""Masks chosen by a saliency of the columns instead of given supports, and the best mask there is.

A saliency gives every column a score; columns are kept by a threshold or by a fraction. All
outputs share one mask.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import BoolArray, FloatArray, kind, real_number, share_of_one
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.rounding import gradient
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.masking import reset
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

RULES = ("support", "energy", "gradient", "magnitude")
"""What :func:`scores` can measure."""

# Scores this close, relative to the largest, are told apart by rounding only: they tie.
_TIED = 1e-10


def scores(
    problem: Problem, rule: str, *, data: str = "retained", ridge: float = 0.0
) -> FloatArray:
    """Return how salient every column is.

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    rule : {"support", "energy", "gradient", "magnitude"}
        "support": 1 in the support of the data, else 0. "energy": ``‖X_r[:, j]‖²`` (or ``X_f``).
        "gradient": the norm of row ``j`` of ``X_rᵀ(X_r w_o − y_r)`` (or with ``X_f, y_f``) at the
        pretrained weights, whose entries are exactly zero where they are so up to rounding, see
        :func:`~linreg_unlearn.linalg.rounding.gradient`. "magnitude": the norm of row ``j`` of
        ``w_o``. Norms of rows are over outputs.
    data : {"retained", "forget"}, default "retained"
        Whose columns are scored; "magnitude" does not depend on it.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights in "gradient" and "magnitude".

    Returns
    -------
    ndarray of shape (d,)
        At least 0.

    Raises
    ------
    InputError
        `rule` or `data` is unknown, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 3]], [1, 2], forget=[1])
    >>> scores(problem, "energy")
    array([1., 0., 0.])
    >>> scores(problem, "energy", data="forget")
    array([0., 1., 9.])
    >>> scores(problem, "gradient")
    array([0., 0., 0.])
    """
    if rule not in RULES:
        raise InputError(f"rule is {rule!r}: pass one of {', '.join(map(repr, RULES))}")
    if data not in ("retained", "forget"):
        raise InputError(f"data is {data!r}: pass 'retained' or 'forget'")
    penalty = real_number(ridge, "ridge", 0)
    retained = data == "retained"
    if rule == "support":
        support = problem.retained_support if retained else problem.forget_support
        return support.astype(np.float64)
    if rule == "energy":
        A = problem.X_r if retained else problem.X_f
        energy: FloatArray = np.einsum("ij,ij->j", A, A)
        # A column whose squares underflow is still used.
        energy[(energy == 0) & A.any(axis=0)] = np.nextafter(0.0, 1.0)
        return energy
    w_o = pretrained(problem, ridge=penalty).coef
    if rule == "magnitude":
        return _row_norms(w_o)
    return _row_norms(gradient(problem, w_o, "retained" if retained else "forget"))


def select(
    scores: ArrayLike, *, threshold: float | None = None, kept: float | None = None
) -> BoolArray:
    """Choose the columns with the largest scores.

    Parameters
    ----------
    scores : array_like of shape (d,)
        At least 0.
    threshold : float, optional
        Choose the columns whose score is larger than this.
    kept : float, optional
        Choose this fraction of the columns, from 0 to 1: ``kept · d`` of them, rounded to the
        nearest whole number (a half up). Scores that differ by less than 1e-10 of the largest tie,
        and of tied columns the first ones are chosen.

    Returns
    -------
    ndarray of bool, shape (d,)

    Raises
    ------
    InputError
        Both or neither of `threshold` and `kept` are given, one of them is out of range, or
        `scores` is not one finite number of at least 0 per column.

    Examples
    --------
    >>> select([1.0, 0.0, 4.0], threshold=0)
    array([ True, False,  True])
    >>> select([1.0, 1.0, 4.0, 1.0], kept=0.5)
    array([ True, False,  True, False])
    """
    values = _score_array(scores)
    if (threshold is None) == (kept is None):
        which = "neither threshold nor kept is" if kept is None else "both threshold and kept are"
        raise InputError(f"{which} given: pass one of them")
    if kept is None:
        return values > real_number(threshold, "threshold", 0)
    return _largest(values, share_of_one(kept, "kept"))


@register(title="energy mask", family="masking", variants=[lambda problem: {"data": "forget"}])
def energy_mask(
    problem: Problem,
    *,
    kept: float | None = None,
    threshold: float | None = None,
    data: str = "retained",
    rows: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Keep the weights whose columns carry energy in the retained rows, then fine-tune or not.

    Problem
    -------
    Find a mask where supports are not given, or are too large to be of use.

    Method
    ------
    The saliency of column ``j`` is ``‖X_r[:, j]‖²``, and pretrained weights of low saliency are set
    to zero. With ``data="forget"`` it is ``‖X_f[:, j]‖²``, and weights of high saliency are set to
    zero. All weights are then fine-tuned on `rows`, if any. That energy stands for the saliency of
    Retention-Based Masking is our reading of its idea.

    Guarantee
    ---------
    Expected, B8: with a threshold below the least energy of an active retained column, the mask is
    the retain mask, to which B1–B4 then apply; threshold 0 always does, with supports read off the
    data. With ``data="forget"`` threshold 0 is the forget mask, for which see B5 and B6.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    kept : float, optional
        The fraction of weights to keep, from 0 to 1; of tied columns the first ones are kept.
    threshold : float, optional
        In squared units of ``X``. Weights are kept (with ``data="forget"``: reset) where the energy
        is larger. Default: 0, unless `kept` is given.
    data : {"retained", "forget"}, default "retained"
        Keep what is salient for the retained rows, or drop what is salient for the forget rows.
    rows : array_like of shape (n_t,), optional
        Retained rows to fine-tune on: indices from 0 to n_r − 1 or a mask of shape (n_r,). Default:
        no fine-tuning.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, and of fine-tuning, where it pulls towards the masked
        weights.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows fine-tuned on,
        without fine-tuning of all rows.

    Raises
    ------
    InputError
        `kept` and `threshold` are both given or out of range, `data` is unknown, `rows` does not
        name retained rows, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> energy_mask(problem).coef
    array([1., 0., 0.])
    """
    if kept is None and threshold is None:
        threshold = 0.0
    keep = _kept(scores(problem, "energy", data=data), data, threshold, kept)
    return reset(problem, keep, rows, ridge, method="energy_mask")


@register(title="magnitude mask", family="masking")
def magnitude_mask(
    problem: Problem,
    *,
    kept: float | None = None,
    threshold: float | None = None,
    rows: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Keep the largest pretrained weights, whatever the data, then fine-tune or not.

    Problem
    -------
    What a mask is worth that knows nothing about which rows are to be forgotten: a baseline.

    Method
    ------
    The saliency of column ``j`` is the norm of row ``j`` of ``w_o``, and pretrained weights of low
    saliency are set to zero. All weights are then fine-tuned on `rows`, if any. To use it as a
    baseline is our choice.

    Guarantee
    ---------
    Expected, B10: without fine-tuning it is never nearer to golden than the mask ceiling.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    kept : float, optional
        The fraction of weights to keep, from 0 to 1; of tied columns the first ones are kept.
        Default: 0.5, unless `threshold` is given.
    threshold : float, optional
        In units of the weights, which are kept where their norm is larger.
    rows : array_like of shape (n_t,), optional
        Retained rows to fine-tune on: indices from 0 to n_r − 1 or a mask of shape (n_r,). Default:
        no fine-tuning.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, and of fine-tuning, where it pulls towards the masked
        weights.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows fine-tuned on,
        without fine-tuning of all rows.

    Raises
    ------
    InputError
        `kept` and `threshold` are both given or out of range, `rows` does not name retained rows,
        or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> magnitude_mask(problem).coef
    array([0., 2.])
    """
    if kept is None and threshold is None:
        kept = 0.5
    values = scores(problem, "magnitude", ridge=ridge)
    keep = _kept(values, "retained", threshold, kept)
    return reset(problem, keep, rows, ridge, method="magnitude_mask")


@register(title="gradient mask", family="masking", variants=[lambda problem: {"data": "forget"}])
def gradient_mask(
    problem: Problem,
    *,
    kept: float | None = None,
    threshold: float | None = None,
    data: str = "retained",
    rows: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Keep the weights on which the retained loss has a large gradient, then fine-tune or not.

    Problem
    -------
    Find a mask from gradients alone, as weight saliency does for deep networks.

    Method
    ------
    The saliency of column ``j`` is the norm of row ``j`` of ``X_rᵀ(X_r w_o − y_r)``, and pretrained
    weights of low saliency are set to zero. With ``data="forget"`` it is that of ``X_f, y_f``, and
    weights of high saliency are set to zero. All weights are then fine-tuned on `rows`, if any.
    SalUn trains the salient weights instead of resetting them; this linear counterpart, which
    isolates the choice of the mask, is ours.

    Guarantee
    ---------
    Expected, B8: at interpolation the gradient vanishes and ranks nothing. Then the mask keeps
    everything and ``Solution.done`` says so; ranked by rounding errors, a kept fraction would be
    noise. [fan2024salun]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    kept : float, optional
        The fraction of weights to keep, from 0 to 1; of tied columns the first ones are kept.
        Default: 0.5, unless `threshold` is given.
    threshold : float, optional
        In units of the gradient of ``½‖X_r w − y_r‖²``. Weights are kept (with ``data="forget"``:
        reset) where it is larger.
    data : {"retained", "forget"}, default "retained"
        Keep what is salient for the retained rows, or drop what is salient for the forget rows.
    rows : array_like of shape (n_t,), optional
        Retained rows to fine-tune on: indices from 0 to n_r − 1 or a mask of shape (n_r,). Default:
        no fine-tuning.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights, and of fine-tuning, where it pulls towards the masked
        weights. The gradient is that of the data, without the ridge.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows fine-tuned on,
        without fine-tuning of all rows.

    Raises
    ------
    InputError
        `kept` and `threshold` are both given or out of range, `data` is unknown, `rows` does not
        name retained rows, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> gradient_mask(problem).done
    'pretrained, 0 of 2 weights reset to zero: the gradient vanishes and ranks nothing'
    >>> gradient_mask(problem, ridge=1.0).coef
    array([0.5, 0. ])
    """
    if kept is None and threshold is None:
        kept = 0.5
    values = scores(problem, "gradient", data=data, ridge=ridge)
    keep = _kept(values, data, threshold, kept)
    because = ""
    if not values.any():
        keep, because = np.ones(problem.d, dtype=np.bool_), _NO_GRADIENT
    return reset(problem, keep, rows, ridge, method="gradient_mask", because=because)


@register(title="mask ceiling (knows golden)", family="masking")
def mask_ceiling(problem: Problem, *, ridge: float = 0.0) -> Solution:
    """Apply the best mask in hindsight: no other one brings ``w_o`` nearer to golden.

    Problem
    -------
    How near to golden any mask can come: ``min ‖M w_o − w_g‖`` over all masks ``M``. It looks at
    golden, so it is a yardstick and no unlearning method.

    Method
    ------
    Every column for itself: weight ``j`` is kept if and only if ``Σ w_o,j² ≤ 2 Σ w_o,j w_g,j``,
    sums over outputs. A tie is kept, and what rounding cannot tell from a tie counts as one.

    Guarantee
    ---------
    Expected, B10: the least distance to golden among all ``2^d`` masks that all outputs share,
    without fine-tuning. It is our yardstick for the masks of the paper. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    ridge : float, default 0.0
        ``λ ≥ 0`` of pretrained and golden weights alike.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 1, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> mask_ceiling(problem).coef.round(12)
    array([0., 1., 0.])
    """
    penalty = real_number(ridge, "ridge", 0)
    shape = (problem.d, problem.outputs)
    w_o = pretrained(problem, ridge=penalty).coef.reshape(shape)
    w_g = golden(problem, ridge=penalty).coef.reshape(shape)
    excess = np.einsum("ij,ij->i", w_o, w_o - 2.0 * w_g)
    slack = _TIED * np.linalg.norm(w_o) * _row_norms(w_o)
    return reset(problem, excess <= slack, None, penalty, method="mask_ceiling")


_NO_GRADIENT = ": the gradient vanishes and ranks nothing"


def _kept(values: FloatArray, data: str, threshold: float | None, kept: float | None) -> BoolArray:
    """Turn scores into the mask of what is kept, for either part of the data."""
    if data == "retained" or kept is None or threshold is not None:
        chosen = select(values, threshold=threshold, kept=kept)
        return chosen if data == "retained" else ~chosen
    return _largest(-values, share_of_one(kept, "kept"))


def _largest(values: FloatArray, fraction: float) -> BoolArray:
    """Choose a fraction of the entries, the largest ones, and the first ones of those that tie."""
    d = values.size
    order = np.argsort(-values, kind="stable")
    gaps = -np.diff(values[order], prepend=values[order[:1]])
    group = np.empty(d, dtype=np.int64)
    group[order] = np.cumsum(gaps > _TIED * np.abs(values).max(initial=0.0))
    ranked = np.argsort(group, kind="stable")
    chosen = np.zeros(d, dtype=np.bool_)
    chosen[ranked[: math.floor(fraction * d + 0.5)]] = True
    return chosen


def _row_norms(w: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(w.reshape(len(w), -1), axis=1))


def _score_array(scores: Any) -> FloatArray:
    try:
        array = np.asarray(scores)
    except (ValueError, TypeError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        raise InputError(f"scores holds {kind(array)}: pass one number of at least 0 per column")
    if array.ndim != 1:
        raise InputError(f"scores has {array.ndim} dimension(s), not 1: pass one number per column")
    array = array.astype(np.float64)
    if not (np.isfinite(array) & (array >= 0)).all():
        raise InputError(
            "scores has an entry that is negative, NaN or infinite: pass one finite number of at "
            "least 0 per column"
        )
    return array
