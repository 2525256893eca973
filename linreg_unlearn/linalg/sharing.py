"""One Gram matrix and one Cholesky factor for all the solves of a problem.

With ``n <= d`` the kernel ``K = X Xᵀ`` is formed once. Retained rows come first, so the Cholesky
factor of ``K_rr`` is the leading block of that of ``K``, and so is that of the first few retained
rows: pretrained, golden and fine-tuned weights cost one factorization together. With ``n > d`` the
smaller ``Xᵀ X = X_rᵀ X_r + X_fᵀ X_f`` takes its place, formed from the two parts at no extra cost.
"""

from __future__ import annotations

import weakref
from functools import cached_property

import numpy as np

from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.linalg.factorization import Factorization, cholesky, factorize
from linreg_unlearn.problem import Problem

# Fine-tuning and the masks are usually asked about the same few subsets in turn.
_REMEMBERED_SUBSETS = 8


class SharedFactors:
    """Factorizations of the rows of one problem, made on demand; see :func:`factors_of`.

    Attributes
    ----------
    all, retained, forget : Factorization
        Of ``X``, ``X_r`` and ``X_f``.
    """

    def __init__(self, problem: Problem) -> None:
        # The arrays, not the problem: the cache must not keep it alive.
        self._X = problem.X
        self._n_r = problem.n_r
        self._subsets: dict[bytes, Factorization] = {}

    @cached_property
    def all(self) -> Factorization:
        """Factorization of ``X``, shape (n, d)."""
        return self._leading(self._X.shape[0])

    @cached_property
    def retained(self) -> Factorization:
        """Factorization of ``X_r``, shape (n_r, d)."""
        return self._leading(self._n_r)

    @cached_property
    def forget(self) -> Factorization:
        """Factorization of ``X_f``, shape (n_f, d)."""
        X_f, n_r = self._X[self._n_r :], self._n_r
        if self._wide:
            return factorize(X_f, gram=self._kernel[n_r:, n_r:])
        return factorize(X_f, gram=self._forget_gram if X_f.shape[0] > X_f.shape[1] else None)

    def subset(self, rows: IntArray) -> Factorization:
        """Factorize some of the rows.

        Parameters
        ----------
        rows : ndarray of int, shape (m,)
            Distinct positions in the stacked ``X`` (0 to n_r − 1 are the retained rows), in the
            order wanted; may be empty.

        Returns
        -------
        Factorization
            Of ``X[rows]``, shape (m, d). The last few are remembered.
        """
        m = rows.size
        if np.array_equal(rows, np.arange(m)):
            if m == self._n_r:
                return self.retained
            if m == self._X.shape[0]:
                return self.all
        key = rows.astype(np.int64).tobytes()
        known = self._subsets.pop(key, None)
        if known is None:
            known = self._new_subset(rows)
            if len(self._subsets) >= _REMEMBERED_SUBSETS:
                del self._subsets[next(iter(self._subsets))]
        self._subsets[key] = known
        return known

    def weighted_gram(self, forget: float) -> FloatArray:
        """Return ``X_rᵀ X_r + forget · X_fᵀ X_f``, the Gram matrix of weighted rows.

        Parameters
        ----------
        forget : float
            Weight of the forget rows relative to the retained ones.

        Returns
        -------
        ndarray of shape (d, d)
        """
        G: FloatArray = self._retained_gram + forget * self._forget_gram
        return G

    def _new_subset(self, rows: IntArray) -> Factorization:
        m = rows.size
        if m and np.array_equal(rows, np.arange(m)):
            return self._leading(m)
        A = self._X[rows]
        gram = self._kernel[np.ix_(rows, rows)] if self._wide and m else None
        return factorize(A, gram=gram)

    @property
    def _wide(self) -> bool:
        return bool(self._X.shape[0] <= self._X.shape[1])

    @cached_property
    def _kernel(self) -> FloatArray:
        """``K = X Xᵀ``, shape (n, n); only used when n <= d."""
        K: FloatArray = self._X @ self._X.T
        return K

    @cached_property
    def _kernel_lower(self) -> FloatArray | None:
        return cholesky(self._kernel)

    @cached_property
    def _retained_gram(self) -> FloatArray:
        G: FloatArray = self._X[: self._n_r].T @ self._X[: self._n_r]
        return G

    @cached_property
    def _forget_gram(self) -> FloatArray:
        G: FloatArray = self._X[self._n_r :].T @ self._X[self._n_r :]
        return G

    def _leading(self, m: int) -> Factorization:
        """Factorize the first m rows."""
        A = self._X[:m]
        if self._wide:
            L = self._kernel_lower
            # Fortran order, or LAPACK would copy the block at every solve.
            block = None if L is None else np.asfortranarray(L[:m, :m])
            return factorize(A, gram=self._kernel[:m, :m], lower=block)
        if m <= self._X.shape[1]:
            return factorize(A)
        if m == self._n_r:
            return factorize(A, gram=self._retained_gram)
        if m == self._X.shape[0]:
            return factorize(A, gram=self._retained_gram + self._forget_gram)
        return factorize(A)


_cache: weakref.WeakKeyDictionary[Problem, SharedFactors] = weakref.WeakKeyDictionary()


def factors_of(problem: Problem) -> SharedFactors:
    """Return the factorizations of a problem, the same object every time.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    SharedFactors
        Kept as long as the problem is.

    Examples
    --------
    >>> from linreg_unlearn.setups import shared
    >>> problem = shared(n_r=6, n_f=3, d=12)
    >>> factors = factors_of(problem)
    >>> factors.all.rank, factors.retained.rank, factors.forget.rank
    (9, 6, 3)
    >>> factors_of(problem) is factors
    True
    """
    factors = _cache.get(problem)
    if factors is None:
        factors = _cache[problem] = SharedFactors(problem)
    return factors
