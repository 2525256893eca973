"""Matrices made from the rows of a problem, whose rank is known not to exceed a number.

What is left of the forget rows when their part in the row space of the retained rows is taken away
may be nothing but rounding, and so may the retained rows in some of their coordinates. The rank
rule, applied to such a matrix alone, would count that rounding. Theory says how large the rank can
be at most, in terms of ranks that the rule decided on the rows themselves: no more singular values
than that are used.
"""

from __future__ import annotations

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
    >>> import numpy as np
    >>> factorize_at_most(np.array([[2.0, 0.0], [0.0, 1e-9]]), 1)
    Factorization(2x2, rank=1, path='svd')
    """
    U, s, Vt = truncated_svd(A)
    k = min(rank, s.size)
    condition = float(s[0] / s[k - 1]) if k else 1.0
    return Factorization(A, k, "svd", condition, _svd=(U[:, :k], s[:k], Vt[:k]))


def new_directions(problem: Problem) -> Factorization:
    """Factorize ``B = X_f(I − P_r)``, what the forget rows say that retained rows do not.

    Its rank is ``rank X − rank X_r``, and its smallest singular value that counts is at least that
    of ``X``: on the row space of ``B`` all predictions of ``X`` are those of ``B``.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Factorization
        Of ``B``, shape (n_f, d).

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0, 0], [0, 1, 0], [3, 4, 0]], [0, 0, 0], forget=[1, 2])
    >>> B = new_directions(problem)
    >>> B.matrix
    array([[0., 1., 0.],
           [0., 4., 0.]])
    >>> B.rank
    1
    """
    factors = factors_of(problem)
    B = problem.X_f - factors.retained.project(problem.X_f.T).T
    return factorize_at_most(B, max(factors.all.rank - factors.retained.rank, 0))
