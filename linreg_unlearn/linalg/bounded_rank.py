"""Matrices made from the rows of a problem, whose rank is known not to exceed a number.

What is left of the forget rows when their part in the row space of the retained rows is taken away
may be nothing but rounding, and so may the retained rows in some of their coordinates. The rank
rule, applied to such a matrix alone, would count that rounding. Theory says how large the rank can
be at most, in terms of ranks that the rule decided on the rows themselves: no more directions than
that are used.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.factorization import Factorization, truncated_svd
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.problem import Problem


def factorize_at_most(A: FloatArray, rank: int) -> Factorization:
    """Factorize a matrix by its singular values, of which only the first few may count.

    Parameters
    ----------
    A : ndarray of shape (m, d)
        Finite.
    rank : int
        At least 0. The rank rule may find less; it is not asked about more.

    Returns
    -------
    Factorization

    Examples
    --------
    >>> factorize_at_most(np.array([[2.0, 0.0], [0.0, 1e-9]]), 1)
    Factorization(2x2, rank=1, path='svd')
    """
    U, s, Vt = truncated_svd(A)
    k = min(rank, s.size)
    condition = float(s[0] / s[k - 1]) if k else 1.0
    return Factorization(A, k, "svd", condition, _svd=(U[:, :k], s[:k], Vt[:k]))


def new_rows(problem: Problem) -> tuple[FloatArray, FloatArray]:
    r"""Return what the forget rows have that the retained rows do not: ``B = X_f(I − P_r)``.

    Its rank is ``rank X − rank X_r``. Subtracting projections leaves rounding where ``B`` is zero,
    which no rank rule can tell from small rows, so the directions are found first: the orthogonal
    complement of the row space of ``X_r`` within that of ``X``.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    C, directions : ndarray of shape (n_f, q), (q, d)
        Orthonormal rows, and ``B = C @ directions`` with ``q = rank X − rank X_r``.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0, 0], [1, 2, 0]], [1, 1], forget=[1])
    >>> C, directions = new_rows(problem)
    >>> (C @ directions).round(12) + 0.0
    array([[0., 2., 0.]])
    """
    factors = factors_of(problem)
    Vt, Vt_r = factors.all.svd()[2], factors.retained.svd()[2]
    known = len(Vt_r)
    if known >= len(Vt):
        return np.zeros((problem.n_f, 0)), np.zeros((0, problem.d))
    Q, _ = scipy.linalg.qr(Vt @ Vt_r.T, check_finite=False)
    directions = Q[:, known:].T @ Vt
    # Once more against the retained rows, whose row space is the one that must not be touched.
    directions -= (directions @ Vt_r.T) @ Vt_r
    V, _ = scipy.linalg.qr(directions.T, mode="economic", check_finite=False)
    return problem.X_f @ V, np.asarray(V.T)
