"""Fine-tuning on the retained data that also fits new labels on the data to forget.

The regularizers of the first version of [ding2024unlearning] are cross-entropies and divergences of
classifiers. Read with a squared loss they are one family, told apart by the labels put on the
forget rows and by which term carries the weight ``α``; which labels stand for which regularizer is
our judgment, stated with each method.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import FloatArray, real_number, target_array, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.ridge import weighted_nearest
from linreg_unlearn.methods.fine_tuning import (
    golden,
    origin,
    residual_norm,
    starting_weights,
)
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

TARGETS = ("zero", "wrong", "random", "uniform", "golden")
"""What :func:`forget_targets` knows by name."""


def forget_targets(
    problem: Problem, targets: ArrayLike = "zero", seed: int = 0, ridge: float = 0.0
) -> FloatArray:
    """Return the labels ``ỹ_f`` that are put on the forget rows.

    Targets count as *classes* where every row of ``y`` is one-hot: a single 1 among at least two
    outputs, zeros elsewhere. Everything else is regression.

    Parameters
    ----------
    problem : Problem
        ``y_f`` of shape (n_f,) or (n_f, c).
    targets : str or array_like of shape (n_f,) or (n_f, c), default "zero"
        - "zero": all 0.
        - "wrong": the next class, after the last one the first; ``−y_f`` for regression.
        - "random": a class drawn evenly from all ``c``, the true one included; for regression
          targets of other rows, drawn without repetition from all ``n``.
        - "uniform": ``1/c`` for every class, the labels that say nothing; for regression the mean
          of the retained targets, which is the best answer without looking at a row.
        - "golden": ``X_f w_g``, what the retrained model says. It needs the answer, so it is an
          oracle.
        - an array like ``y_f``: these labels.
    seed : int, default 0
        Of "random"; the draw follows the order of the forget rows.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the model behind "golden".

    Returns
    -------
    ndarray of shape (n_f,) or (n_f, c)

    Raises
    ------
    InputError
        `targets` is an unknown name, or an array of another shape or with entries that are not
        finite; `seed` is not a whole number of at least 0; or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [[1, 0], [0, 1]], forget=[1])
    >>> forget_targets(problem, "wrong")
    array([[1., 0.]])
    >>> forget_targets(problem, "uniform")
    array([[0.5, 0.5]])
    """
    number = whole_number(seed, "seed", 0)
    y, y_f = problem.y, problem.y_f
    if not isinstance(targets, str):
        labels = target_array(targets, "targets", problem.n_f, "X_f")
        if labels.shape != y_f.shape:
            raise InputError(
                f"targets has shape {labels.shape}, but y_f has {y_f.shape}: pass one label per "
                "forget row and output"
            )
        return labels
    classes = problem.has_classes
    if targets == "zero":
        return np.zeros(y_f.shape)
    if targets == "wrong":
        return np.roll(y_f, 1, axis=1) if classes else -y_f
    if targets == "random":
        rng = np.random.default_rng(number)
        if classes:
            return np.eye(problem.outputs)[rng.integers(problem.outputs, size=problem.n_f)]
        return y[rng.permutation(problem.n)[: problem.n_f]]
    if targets == "uniform":
        if classes:
            return np.full(y_f.shape, 1.0 / problem.outputs)
        return np.broadcast_to(problem.y_r.mean(axis=0), y_f.shape).copy()
    if targets == "golden":
        return np.asarray(problem.X_f @ golden(problem, ridge=ridge).coef)
    raise InputError(
        f"targets is {targets!r}: pass one of {', '.join(map(repr, TARGETS))} or one label per "
        "forget row"
    )


@register(
    title="regularized fine-tuning",
    family="regularized",
    variants=[lambda problem: {"targets": "random"}],
)
def regularized(
    problem: Problem,
    *,
    targets: ArrayLike = "zero",
    alpha: float = 1.0,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    seed: int = 0,
) -> Solution:
    """Fine-tune on the retained rows and, with weight ``α``, on new labels of the forget rows.

    Problem
    -------
    ``min ‖X_r w − y_r‖²/n_r + α‖X_f w − ỹ_f‖²/n_f + λ‖w − w_0‖²``.

    Method
    ------
    Direct. ``ridge=0`` is the limit ``λ → 0``, ``w_0 + (XᵀDX)⁺XᵀD(ỹ − Xw_0)`` with
    ``D = diag(I/n_r, αI/n_f)`` and ``ỹ = [y_r; ỹ_f]``: of all minimizers of the first two terms the
    one nearest to ``w_0``. Squared losses in the place of the paper's are our reading.

    Guarantee
    ---------
    Expected, for the limit. C1: independent of ``α > 0`` for all labels if and only if
    ``rank X = rank X_r + rank X_f``. C2: with independent rows the retain loss is zero and the
    unlearning loss ``‖ỹ_f − y_f‖²/n_f``. C3: golden for labels 0 and distinct features, from the
    pretrained weights. C4: golden for labels ``X_f w_g`` and consistent retained data. C5: how far
    a finite ``λ`` stays from the limit. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    targets : str or array_like of shape (n_f,) or (n_f, c), default "zero"
        ``ỹ_f``: "zero", "wrong", "random", "uniform", "golden", or the labels themselves; see
        :func:`forget_targets`.
    alpha : float, default 1.0
        ``α ≥ 0``. At 0 the forget rows are left out, which is fine-tuning; as the limit
        ``λ → 0`` comes first, that is not what a very small ``α`` does.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to *means* over rows: ``λ n_r`` here is what ``λ`` is for `fine_tuned`.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained without a ridge.
    seed : int, default 0
        Of random labels.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows that have a
        weight, with the new labels, without weights and ridge.

    Raises
    ------
    InputError
        `targets` is an unknown name or has another shape, `alpha` or `ridge` is negative or not
        finite, `start` has another shape or entries that are not finite, or `seed` is not a whole
        number of at least 0.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [1, 1], forget=[1])
    >>> regularized(problem, alpha=3.0).coef.round(12)
    array([0.25])
    >>> regularized(problem, alpha=0.0).coef.round(12)
    array([1.])
    """
    weight = real_number(alpha, "alpha", 0)
    terms = _Terms(1.0, weight, real_number(ridge, "ridge", 0))
    return _solve(problem, targets, terms, start, seed, method="regularized")


@register(title="CE-FT (wrong labels)", family="regularized")
def ce_ft(
    problem: Problem, *, alpha: float = 1.0, ridge: float = 0.0, start: ArrayLike | None = None
) -> Solution:
    """Fine-tune on the retained rows and, with weight ``α``, on wrong labels of the forget rows.

    Problem
    -------
    ``min ‖X_r w − y_r‖²/n_r + α‖X_f w − ỹ_f‖²/n_f + λ‖w − w_0‖²`` with wrong labels ``ỹ_f``.

    Method
    ------
    `regularized` with ``targets="wrong"``. Our judgment: the paper's cross-entropy towards labels
    that are not the true ones becomes a squared loss, and the wrong label is the next class, so
    that nothing depends on a seed; ``−y_f`` for regression.

    Guarantee
    ---------
    Expected, C1–C5 as for `regularized`. In particular C2: with independent rows and ``λ → 0`` the
    wrong labels are fitted exactly, whatever ``α > 0``, and with C4 that is golden only where
    golden predicts them. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    alpha : float, default 1.0
        ``α ≥ 0``, the weight of the forget rows; 0 leaves them out.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to means over rows; 0 is the limit ``λ → 0``.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights.

    Returns
    -------
    Solution
        As for `regularized`.

    Raises
    ------
    InputError
        `alpha` or `ridge` is negative or not finite, or `start` has another shape or entries that
        are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [[1, 0], [0, 1]], forget=[1])
    >>> ce_ft(problem).coef
    array([[1., 0.],
           [1., 0.]])
    """
    weight = real_number(alpha, "alpha", 0)
    terms = _Terms(1.0, weight, real_number(ridge, "ridge", 0))
    return _solve(problem, "wrong", terms, start, 0, method="ce_ft")


@register(title="ICE-FT (wrong labels)", family="regularized")
def ice_ft(
    problem: Problem, *, alpha: float = 1.0, ridge: float = 0.0, start: ArrayLike | None = None
) -> Solution:
    """Fine-tune on wrong labels of the forget rows and, with weight ``α``, on the retained rows.

    Problem
    -------
    ``min α‖X_r w − y_r‖²/n_r + ‖X_f w − ỹ_f‖²/n_f + λ‖w − w_0‖²`` with wrong labels ``ỹ_f``.

    Method
    ------
    `regularized` with ``targets="wrong"``, with ``1/α`` in the place of ``α`` and ``λ/α`` in that
    of ``λ``. Our judgment: the paper's inverse form differs from CE-FT in which term carries the
    weight and in nothing else.

    Guarantee
    ---------
    Expected, C1–C5 as for `regularized`: up to scale the same family as CE-FT, and in the limit
    ``λ → 0`` with independent rows the same weights. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    alpha : float, default 1.0
        ``α ≥ 0``, the weight of the retained rows; 0 leaves them out.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to means over rows; 0 is the limit ``λ → 0``.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights.

    Returns
    -------
    Solution
        As for `regularized`.

    Raises
    ------
    InputError
        `alpha` or `ridge` is negative or not finite, or `start` has another shape or entries that
        are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [1, 1], forget=[1])
    >>> ice_ft(problem, alpha=3.0).coef.round(12)
    array([0.5])
    """
    weight = real_number(alpha, "alpha", 0)
    terms = _Terms(weight, 1.0, real_number(ridge, "ridge", 0))
    return _solve(problem, "wrong", terms, start, 0, method="ice_ft")


@register(title="KL-FT (uniform labels)", family="regularized")
def kl_ft(
    problem: Problem, *, alpha: float = 1.0, ridge: float = 0.0, start: ArrayLike | None = None
) -> Solution:
    """Fine-tune on the retained rows and, with weight ``α``, on labels that say nothing.

    Problem
    -------
    ``min ‖X_r w − y_r‖²/n_r + α‖X_f w − ỹ_f‖²/n_f + λ‖w − w_0‖²`` with uniform labels ``ỹ_f``.

    Method
    ------
    `regularized` with ``targets="uniform"``. Our judgment: the paper's divergence from a
    distribution of labels becomes the squared distance to it, and the distribution is the even one,
    ``1/c`` for every class; for regression it is the mean of the retained targets.

    Guarantee
    ---------
    Expected, C1–C5 as for `regularized`. In particular C2: with independent rows and ``λ → 0`` the
    model is exactly undecided on the forget rows, whatever ``α > 0``. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    alpha : float, default 1.0
        ``α ≥ 0``, the weight of the forget rows; 0 leaves them out.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to means over rows; 0 is the limit ``λ → 0``.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights.

    Returns
    -------
    Solution
        As for `regularized`.

    Raises
    ------
    InputError
        `alpha` or `ridge` is negative or not finite, or `start` has another shape or entries that
        are not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [[1, 0], [0, 1]], forget=[1])
    >>> kl_ft(problem).coef.round(12)
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    weight = real_number(alpha, "alpha", 0)
    terms = _Terms(1.0, weight, real_number(ridge, "ridge", 0))
    return _solve(problem, "uniform", terms, start, 0, method="kl_ft")


class _Terms(NamedTuple):
    """Weights of the mean loss on retained rows, of that on forget rows, and of the ridge."""

    retained: float
    forget: float
    ridge: float


def _solve(
    problem: Problem,
    targets: ArrayLike,
    terms: _Terms,
    start: ArrayLike | None,
    seed: int,
    *,
    method: str,
) -> Solution:
    w_0 = starting_weights(problem, start, 0.0)
    labels = np.concatenate([problem.y_r, forget_targets(problem, targets, seed)])
    coef, rank = weighted_nearest(
        problem,
        w_0,
        labels,
        retained=terms.retained / problem.n_r,
        forget=terms.forget / problem.n_f,
        ridge=terms.ridge,
    )
    used = slice(0 if terms.retained else problem.n_r, problem.n if terms.forget else problem.n_r)
    name = targets if isinstance(targets, str) else "given"
    return Solution(
        coef=coef,
        rank=rank,
        residual_norm=residual_norm(problem.X[used], labels[used], coef),
        method=method,
        done=f"{origin(start)}, then fine-tuned on {problem.n_r} retained rows (weight "
        f"{terms.retained:g}) and {problem.n_f} forget rows with {name} labels (weight "
        f"{terms.forget:g}), {f'ridge {terms.ridge:g}' if terms.ridge else 'ridge to 0'}",
    )
