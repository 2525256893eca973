r"""What retraining without some rows would predict on them, without retraining.

For ``K = X Xᵀ + λI`` and the rows ``F`` left out, the residual of the model retrained on the other
rows (with the same ridge ``λ``) is ``([K⁻¹]_FF)⁻¹ [K⁻¹y]_F``. It holds for ``λ > 0`` and any shape,
and for ``λ = 0`` when ``X`` has full row rank. At ``λ = 0`` and rows that are not independent it
is ``(I − Hat_FF)⁻¹ (y − X X⁺y)_F`` with ``Hat = X X⁺``, as long as leaving the rows out does not
lower the rank.

``K`` is never formed: a QR factorization ``[Xᵀ; √λ I] = Q R`` gives ``K = RᵀR`` with errors of the
order of ``κ(X)`` instead of its square. With ``W = R⁻¹`` the answer solves the least-squares
problem ``min ‖W_Fᵀ z − Wᵀy‖``, whose normal equations are the formula above.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    FloatArray,
    IntArray,
    matrix,
    real_number,
    row_indices,
    target_array,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import Factorization, factorize, truncated_svd
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.problem import Problem

# Smallest eigenvalue of I − Hat_FF down to which the cheap formula is used: it loses that many
# digits.
_SMALLEST_GAP = 1e-3


def leave_block_out(problem: Problem, ridge: float = 0.0) -> FloatArray:
    """Return ``y_f − X_f w_g`` for the model ``w_g`` retrained on the retained rows.

    Parameters
    ----------
    problem : Problem
    ridge : float, default 0.0
        ``λ`` of the sum-form objective ``‖X_r w − y_r‖² + λ‖w‖²``; 0 is minimum norm.

    Returns
    -------
    ndarray of shape (n_f,) or (n_f, c)
        In the order of ``problem.y_f``.

    Raises
    ------
    InputError
        `ridge` is negative or not finite; or it is 0 and leaving the rows out lowers the rank of
        rows that are not independent, where the formula has no value.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 5], forget=[1])
    >>> leave_block_out(problem)
    array([4.])
    """
    rows = np.arange(problem.n_r, problem.n)
    factors = factors_of(problem).all if ridge == 0 else None
    return _leave_out(problem.X, problem.y, [rows], ridge, factors)[0]


def leave_blocks_out(
    X: ArrayLike, y: ArrayLike, blocks: Sequence[ArrayLike], ridge: float = 0.0
) -> list[FloatArray]:
    """Return the residuals of retraining without each of several blocks of rows.

    One factorization of ``X`` serves all blocks. At ``ridge=0`` and rows that are not independent,
    a block without which the rest hardly determines the weights (leverage within 1e-3 of 1) is
    refitted instead, to keep its digits.

    Parameters
    ----------
    X : array_like of shape (n, d)
    y : array_like of shape (n,) or (n, c)
    blocks : sequence of array_like
        Row indices or boolean masks of shape (n,), each leaving at least one row; blocks may
        overlap.
    ridge : float, default 0.0
        As in :func:`leave_block_out`.

    Returns
    -------
    list of ndarray, each of shape (m,) or (m, c)
        One per block of m rows, in its order.

    Raises
    ------
    InputError
        As for :func:`leave_block_out`; or `X` or `y` is not finite data, or a block does not name
        rows, or names all of them.

    Examples
    --------
    >>> X, y = [[1], [1], [1]], [0, 3, 6]
    >>> [r.round(12) for r in leave_blocks_out(X, y, [[0], [1, 2]])]
    [array([-4.5]), array([3., 6.])]
    """
    A = matrix(X, "X")
    rows = [row_indices(block, len(A), f"blocks[{k}]", "X") for k, block in enumerate(blocks)]
    for k, block in enumerate(rows):
        if block.size == len(A):
            raise InputError(f"blocks[{k}] names all {len(A)} rows: leave at least one out of it")
    return _leave_out(A, target_array(y, "y", len(A), "X"), rows, ridge, None)


def _leave_out(
    X: FloatArray,
    y: FloatArray,
    blocks: list[IntArray],
    ridge: float,
    factors: Factorization | None,
) -> list[FloatArray]:
    n, penalty = len(X), real_number(ridge, "ridge", 0)
    if penalty == 0:
        factors = factorize(X) if factors is None else factors
        if factors.rank < n:
            return _by_hat(X, factors, y, blocks)
        R = _triangle(X.T)
    else:
        R = _triangle(np.vstack([X.T, np.sqrt(penalty) * np.eye(n)]))
    return _by_kernel(R, y, blocks)


def _triangle(A: FloatArray) -> FloatArray:
    (R,) = scipy.linalg.qr(A, mode="r", check_finite=False)
    return np.asarray(R[: A.shape[1]])


def _by_kernel(R: FloatArray, y: FloatArray, blocks: list[IntArray]) -> list[FloatArray]:
    W, _ = scipy.linalg.lapack.dtrtri(R)
    target = W.T @ y
    return [factorize(np.ascontiguousarray(W[rows].T)).min_norm(target) for rows in blocks]


def _by_hat(
    X: FloatArray, factors: Factorization, y: FloatArray, blocks: list[IntArray]
) -> list[FloatArray]:
    Q, rank = factors.column_basis(), factors.rank
    fitted = Q @ (Q.T @ y)
    answers = []
    for rows in blocks:
        Q_f = Q[rows]
        U, s, _ = truncated_svd(Q_f)
        gap = 1.0 - s * s
        if gap.min(initial=1.0) > _SMALLEST_GAP:
            # (I − Q_f Q_fᵀ)⁻¹ = I + U diag(s² / (1 − s²)) Uᵀ
            e = y[rows] - fitted[rows]
            answers.append(e + (U * (s * s / gap)) @ (U.T @ e))
            continue
        # Leverage near one: 1 − leverage has lost its digits, so such a block is refitted.
        left = factorize(np.delete(X, rows, axis=0))
        if left.rank < rank:
            raise InputError(
                "ridge is 0 and leaving the rows out lowers the rank of rows that are not "
                "independent, so one factorization does not determine the residual: pass "
                "ridge > 0 or retrain with the method golden"
            )
        answers.append(y[rows] - X[rows] @ left.min_norm(np.delete(y, rows, axis=0)))
    return answers
