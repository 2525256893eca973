"""Masks: reset some weights to zero, then fine-tune or not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import BoolArray, column_mask, real_number, row_indices
from linreg_unlearn.methods.fine_tuning import nearest, pretrained, residual_norm, trained
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem


def _then_all_retained_rows(problem: Problem) -> dict[str, Any]:
    return {"rows": np.arange(problem.n_r)}


@register(title="retain mask (RBM)", family="masking", variants=[_then_all_retained_rows])
def retain_mask(
    problem: Problem,
    *,
    mask: ArrayLike | None = None,
    rows: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Keep only the weights that the retained rows use: ``M w_o``, then fine-tune or not.

    Problem
    -------
    Remove what the forget rows wrote into weights that the retained rows do not use.

    Method
    ------
    Retention-based masking: weights outside the mask ``M`` are set to zero in the pretrained
    weights; all weights are then fine-tuned on `rows`, if any.

    Guarantee
    ---------
    At ``λ = 0``. B1: with the mask on the retained support and at interpolation, the retain loss
    stays zero, before any fine-tuning. B2: the unlearning loss is ``‖X_f(I − M)w_o‖²/n_f``. B3: the
    distance to golden never grows. B4: golden itself in the distinct setup. Exact.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    mask : array_like of bool, shape (d,), optional
        True for the weights to keep. Default: ``problem.retained_support``.
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
        `mask` does not have one flag per column, `rows` does not name retained rows, or `ridge` is
        negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 1]], [1, 2], forget=[1])
    >>> retain_mask(problem).coef
    array([1., 0., 0.])
    """
    keep = problem.retained_support if mask is None else column_mask(mask, problem.d, "mask")
    return reset(problem, keep, rows, ridge, method="retain_mask")


@register(title="forget mask", family="masking", variants=[_then_all_retained_rows])
def forget_mask(
    problem: Problem,
    *,
    mask: ArrayLike | None = None,
    rows: ArrayLike | None = None,
    ridge: float = 0.0,
) -> Solution:
    """Drop every weight that the forget rows use: ``M_B w_o``, then fine-tune or not.

    Problem
    -------
    Make the model constant on the forget rows, at the price of shared weights.

    Method
    ------
    Weights outside the mask ``M_B`` are set to zero in the pretrained weights; all weights are then
    fine-tuned on `rows`, if any.

    Guarantee
    ---------
    At ``λ = 0``. B5: with the mask off the forget support, the unlearning loss is ``‖y_f‖²/n_f``
    and the retain loss ``‖X_r(I − M_B)w_o‖²/n_r`` at interpolation, before fine-tuning. B6: after
    fine-tuning on ``X_t`` the retain loss is ``‖X_r(I − P_t)(I − M_B)w_o‖²/n_r``. Exact.
    [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    mask : array_like of bool, shape (d,), optional
        True for the weights to keep. Default: the complement of ``problem.forget_support``.
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
        `mask` does not have one flag per column, `rows` does not name retained rows, or `ridge` is
        negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 1, 0], [0, 1, 1]], [2, 2], forget=[1])
    >>> forget_mask(problem).coef.round(12)
    array([0.66666667, 0.        , 0.        ])
    """
    keep = ~problem.forget_support if mask is None else column_mask(mask, problem.d, "mask")
    return reset(problem, keep, rows, ridge, method="forget_mask")


def reset(
    problem: Problem,
    keep: BoolArray,
    rows: ArrayLike | None,
    ridge: float,
    *,
    method: str,
    because: str = "",
) -> Solution:
    """Set the pretrained weights outside a mask to zero, then fine-tune or not.

    Parameters
    ----------
    problem : Problem
    keep : ndarray of bool, shape (d,)
    rows : array_like of shape (n_t,), or None
        Retained rows to fine-tune on; None for no fine-tuning.
    ridge : float
        Of the pretrained weights and of fine-tuning.
    method : str
        The method this is a step of.
    because : str, default ""
        What is to be said about the mask in ``Solution.done``.

    Returns
    -------
    Solution

    Raises
    ------
    InputError
        `rows` does not name retained rows, or `ridge` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> reset(problem, np.array([True, False]), None, 0.0, method="demo").coef
    array([1., 0.])
    """
    penalty = real_number(ridge, "ridge", 0)
    before = pretrained(problem, ridge=penalty)
    # A mask is a selection, not a product: the reset weights are exactly zero.
    coef = before.coef.copy()
    coef[~keep] = 0.0
    dropped = int(np.count_nonzero(~keep))
    done = f"{trained(penalty)}, {dropped} of {problem.d} weights reset to zero{because}"
    if rows is not None:
        chosen = row_indices(rows, problem.n_r, "rows", "the retained data")
        return nearest(problem, coef, chosen, method=method, before=done, ridge=penalty)
    return Solution(
        coef=coef,
        rank=before.rank,
        residual_norm=residual_norm(problem.X, problem.y, coef),
        method=method,
        done=done,
    )
