r"""One matrix factorized once: minimum norms, nearest solutions, projections.

*Rank.* There is one rule: a singular value counts when it is larger than
``max(m, d) * eps * sigma_max`` for an ``(m, d)`` matrix. Libraries differ here, so the rule is
applied nowhere else.

*Two paths.* The fast path is a Cholesky factorization of the smaller Gram matrix (``A Aᵀ`` or
``Aᵀ A``). Forming it squares the condition number, so its solutions are corrected by
:data:`REFINEMENTS` steps of iterative refinement with residuals of ``A`` itself, after which the
error is of the order of ``eps · κ(A)``, as for an orthogonal factorization. Each step multiplies
the remaining error by about ``eps · κ(A)²``, so the path is taken only while LAPACK's estimate of
the reciprocal condition of the Gram matrix is above :data:`SMALLEST_GRAM_RCOND`. Everything else
takes the safe path: a singular value decomposition and the rank rule.

*Where to switch*, measured against exact solutions (12×20, 20×12 and 30×60) and extended-precision
ones (600×1800, 1200×400) as error over ``eps · κ · ‖x‖``: with two refinements the fast path stays
below 0.2 down to a reciprocal condition of 3e-14 (``κ`` about 3e6) and is then up to three times
more accurate than the decomposition; at 4e-15 it reaches 8, at 4e-16 it is lost. With one
refinement it is lost at 3e-13, with none at any condition above 100. The switch at 1e-12 keeps a
factor of 30 between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.linalg
from scipy.linalg import lapack

from linreg_unlearn.arrays import FloatArray

SMALLEST_GRAM_RCOND = 1e-12
REFINEMENTS = 2

# Squares of entries outside this range may under- or overflow in the Gram matrix.
SQUARABLE = (1e-120, 1e120)


@dataclass(frozen=True, eq=False, repr=False)
class Factorization:
    """A factorized matrix ``A`` of shape (m, d); made by :func:`factorize`.

    Attributes
    ----------
    matrix : ndarray of shape (m, d)
        ``A`` itself (not copied).
    rank : int
        By the rank rule of this module.
    path : {"gram", "svd"}
        How it was factorized.
    condition : float
        Ratio of the largest to the smallest non-zero singular value: exact on the path "svd",
        estimated in the 1-norm of the Gram matrix, hence up to ``sqrt(min(m, d))`` too large, on
        the path "gram". 1 for a zero matrix.
    gram : ndarray of shape (k, k), ``k = min(m, d)``, or None
        ``A Aᵀ`` when ``m <= d``, else ``Aᵀ A``, if it was factorized; None on the path "svd".
    """

    matrix: FloatArray
    rank: int
    path: Literal["gram", "svd"]
    condition: float
    gram: FloatArray | None = field(default=None)
    _lower: FloatArray | None = field(default=None)
    _svd: tuple[FloatArray, FloatArray, FloatArray] | None = field(default=None)

    def __repr__(self) -> str:
        m, d = self.matrix.shape
        return f"Factorization({m}x{d}, rank={self.rank}, path={self.path!r})"

    def min_norm(self, B: FloatArray) -> FloatArray:
        """Return ``A⁺B``, the least-squares solution of smallest norm.

        Parameters
        ----------
        B : ndarray of shape (m,) or (m, c)

        Returns
        -------
        ndarray of shape (d,) or (d, c)

        Examples
        --------
        >>> import numpy as np
        >>> factorize(np.array([[3.0, 4.0]])).min_norm(np.array([25.0]))
        array([3., 4.])
        """
        return self.project_affine(np.zeros((self.matrix.shape[1], *B.shape[1:])), B)

    def project_affine(self, w0: FloatArray, B: FloatArray) -> FloatArray:
        """Return ``w0 + A⁺(B − A w0)``, the least-squares solution nearest to `w0`.

        Parameters
        ----------
        w0 : ndarray of shape (d,) or (d, c)
        B : ndarray of shape (m,) or (m, c)

        Returns
        -------
        ndarray of shape (d,) or (d, c)

        Examples
        --------
        >>> import numpy as np
        >>> A = np.array([[1.0, 1.0]])
        >>> factorize(A).project_affine(np.array([1.0, 0.0]), np.array([3.0]))
        array([2., 1.])
        """
        w = w0 + self._solve(B - self.matrix @ w0)
        if self.path == "gram":
            for _ in range(REFINEMENTS):
                w += self._solve(B - self.matrix @ w)
        return w

    def project(self, v: FloatArray) -> FloatArray:
        """Return ``P_A v`` with ``P_A = A⁺A``, without forming a matrix of shape (d, d).

        Parameters
        ----------
        v : ndarray of shape (d,) or (d, c)

        Returns
        -------
        ndarray of shape (d,) or (d, c)

        Examples
        --------
        >>> import numpy as np
        >>> factorize(np.array([[1.0, 1.0]])).project(np.array([1.0, 0.0]))
        array([0.5, 0.5])
        """
        if self.rank == self.matrix.shape[1]:
            return v.copy()
        if self._svd is not None:
            Vt = self._svd[2]
            return Vt.T @ (Vt @ v)
        p = self._solve(self.matrix @ v)
        for _ in range(REFINEMENTS):
            p += self._solve(self.matrix @ (v - p))
        return p

    def column_basis(self) -> FloatArray:
        """Return orthonormal columns that span the column space of ``A``.

        Returns
        -------
        ndarray of shape (m, rank)

        Examples
        --------
        >>> import numpy as np
        >>> Q = factorize(np.array([[1.0, 1.0], [1.0, 1.0]])).column_basis()
        >>> np.round(Q @ Q.T, 12)
        array([[0.5, 0.5],
               [0.5, 0.5]])
        """
        if self._svd is not None:
            return self._svd[0]
        if self.rank in (0, self.matrix.shape[0]):
            return np.eye(self.matrix.shape[0], self.rank)
        Q, _ = scipy.linalg.qr(self.matrix, mode="economic", check_finite=False)
        return np.asarray(Q)

    def svd(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the part of the singular value decomposition that counts by the rank rule.

        Returns
        -------
        U, s, Vt : ndarray of shape (m, rank), (rank,), (rank, d)
            Computed once, and only when asked for, if ``A`` was factorized by its Gram matrix.

        Examples
        --------
        >>> import numpy as np
        >>> factorize(np.array([[3.0, 4.0]])).svd()[1]
        array([5.])
        """
        return self._svd if self._svd is not None else self._late_svd

    @cached_property
    def _late_svd(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return truncated_svd(self.matrix)

    def _solve(self, B: FloatArray) -> FloatArray:
        """Apply ``A⁺`` once, without refinement."""
        A = self.matrix
        if self._svd is not None:
            U, s, Vt = self._svd
            z = U.T @ B
            return Vt.T @ (z / (s if z.ndim == 1 else s[:, None]))
        if self._lower is None:
            return np.zeros((A.shape[1], *B.shape[1:]))
        if A.shape[0] <= A.shape[1]:
            return A.T @ cholesky_solve(self._lower, B)
        return cholesky_solve(self._lower, A.T @ B)


def factorize(
    A: FloatArray, *, gram: FloatArray | None = None, lower: FloatArray | None = None
) -> Factorization:
    """Factorize a matrix on the fast path if its condition allows, else on the safe path.

    Parameters
    ----------
    A : ndarray of shape (m, d)
        Finite. Zero rows are legal: then the rank is 0 and ``A⁺B`` is zero.
    gram : ndarray of shape (k, k), ``k = min(m, d)``, optional
        ``A Aᵀ`` when ``m <= d``, else ``Aᵀ A``, if it is known already.
    lower : ndarray of shape (k, k), optional
        The lower Cholesky factor of `gram`, if it is known already; needs `gram`.

    Returns
    -------
    Factorization

    Examples
    --------
    >>> import numpy as np
    >>> factorize(np.array([[1.0, 0.0], [0.0, 1.0]])).path
    'gram'
    >>> factorize(np.array([[1.0, 0.0], [1.0, 0.0]]))
    Factorization(2x2, rank=1, path='svd')
    """
    if min(A.shape) == 0:
        return Factorization(A, 0, "gram", 1.0)
    fast = factorize_gram(A, gram=gram, lower=lower)
    if fast is not None:
        return fast
    factors = truncated_svd(A)
    s = factors[1]
    return Factorization(A, s.size, "svd", float(s[0] / s[-1]) if s.size else 1.0, _svd=factors)


def factorize_gram(
    A: FloatArray, *, gram: FloatArray | None = None, lower: FloatArray | None = None
) -> Factorization | None:
    """Factorize a matrix on the fast path, or return None if its condition does not allow it.

    Parameters
    ----------
    A : ndarray of shape (m, d)
        Finite, with at least one row and one column.
    gram, lower : ndarray of shape (k, k), optional
        As for :func:`factorize`.

    Returns
    -------
    Factorization, or None

    Examples
    --------
    >>> import numpy as np
    >>> factorize_gram(np.array([[1.0, 0.0], [1.0, 0.0]])) is None
    True
    """
    m, d = A.shape
    largest = max(A.max(), -A.min())
    if not SQUARABLE[0] < largest < SQUARABLE[1]:
        return None
    if gram is None:
        gram = A @ A.T if m <= d else A.T @ A
    if lower is None:
        lower = cholesky(gram)
    if lower is None:
        return None
    rcond = reciprocal_condition(gram, lower)
    if rcond <= SMALLEST_GRAM_RCOND:
        return None
    return Factorization(A, min(m, d), "gram", rcond**-0.5, gram=gram, _lower=lower)


def cholesky(gram: FloatArray) -> FloatArray | None:
    """Return the lower Cholesky factor, or None if the matrix is not numerically positive definite.

    Parameters
    ----------
    gram : ndarray of shape (k, k)
        Symmetric.

    Returns
    -------
    ndarray of shape (k, k), or None

    Examples
    --------
    >>> import numpy as np
    >>> cholesky(np.array([[4.0]]))
    array([[2.]])
    >>> cholesky(np.array([[0.0]])) is None
    True
    """
    try:
        return scipy.linalg.cholesky(gram, lower=True, check_finite=False)
    except scipy.linalg.LinAlgError:
        return None


def cholesky_solve(lower: FloatArray, B: FloatArray) -> FloatArray:
    """Solve with a matrix by its lower Cholesky factor, without refinement.

    Parameters
    ----------
    lower : ndarray of shape (k, k)
        As from :func:`cholesky`.
    B : ndarray of shape (k,) or (k, c)

    Returns
    -------
    ndarray of shape (k,) or (k, c)

    Examples
    --------
    >>> import numpy as np
    >>> cholesky_solve(np.array([[2.0]]), np.array([8.0]))
    array([2.])
    """
    return np.asarray(scipy.linalg.cho_solve((lower, True), B, check_finite=False))


def reciprocal_condition(gram: FloatArray, lower: FloatArray) -> float:
    """Estimate ``1/(‖G‖‖G⁻¹‖)`` in the 1-norm, as LAPACK does.

    Parameters
    ----------
    gram, lower : ndarray of shape (k, k)
        ``G`` and its lower Cholesky factor.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> reciprocal_condition(np.diag([1.0, 4.0]), np.diag([1.0, 2.0]))
    0.25
    """
    norm = float(np.abs(gram).sum(axis=0).max())
    return float(lapack.dpocon(lower, norm, uplo="L")[0])


def truncated_svd(A: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the part of the singular value decomposition that counts by the rank rule.

    Parameters
    ----------
    A : ndarray of shape (m, d)
        Finite.

    Returns
    -------
    U, s, Vt : ndarray of shape (m, rank), (rank,), (rank, d)
        ``A ≈ U diag(s) Vt`` with ``s`` decreasing and ``s > max(m, d) * eps * s[0]``.

    Examples
    --------
    >>> import numpy as np
    >>> truncated_svd(np.array([[3.0, 0.0], [0.0, 1e-17]]))[1]
    array([3.])
    """
    if A.size == 0:
        return np.zeros((A.shape[0], 0)), np.zeros(0), np.zeros((0, A.shape[1]))
    try:
        U, s, Vt = scipy.linalg.svd(A, full_matrices=False, check_finite=False)
    except scipy.linalg.LinAlgError:
        # Divide and conquer failed to converge; QR iteration is slower and does not.
        U, s, Vt = scipy.linalg.svd(
            A, full_matrices=False, check_finite=False, lapack_driver="gesvd"
        )
    rank = int(np.count_nonzero(s > max(A.shape) * np.finfo(np.float64).eps * s[0]))
    return U[:, :rank], s[:rank], Vt[:rank]
