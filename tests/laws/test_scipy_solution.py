"""``factorize`` agrees with SciPy's least squares where all agree on the rank."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.setups import random_orthonormal
from linreg_unlearn.testing.problems import matrices

EPS = float(np.finfo(np.float64).eps)


@given(A=matrices())
def test_small(A: FloatArray, bound: Callable[..., float]) -> None:
    B = np.cos(np.arange(2.0 * len(A))).reshape(len(A), 2)
    w, allowed = factorize(A).min_norm(B), 2 * bound(A, B)
    # Two algorithms: divide and conquer on the singular values, and a complete orthogonal
    # factorization.
    by_svd = scipy.linalg.lstsq(A, B, cond=1e-9, lapack_driver="gelsd")[0]
    by_qr = scipy.linalg.lstsq(A, B, cond=1e-9, lapack_driver="gelsy")[0]
    assert np.linalg.norm(w - by_svd) <= allowed
    assert np.linalg.norm(w - by_qr) <= allowed


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e6, 1e7, 1e10])
@pytest.mark.parametrize(("m", "d"), [(60, 150), (150, 60), (80, 80)])
def test_large_with_residual(m: int, d: int, condition: float) -> None:
    rng = np.random.default_rng(m + d)
    k = min(m, d)
    A = (random_orthonormal(rng, m, k) * np.geomspace(1, 1 / condition, k)) @ random_orthonormal(
        rng, d, k
    ).T
    B = A @ rng.standard_normal((d, 3)) + 1e-12 * rng.standard_normal((m, 3))
    factors = factorize(A)
    assert factors.rank == k
    if condition != 1e6:
        assert factors.path == ("gram" if condition < 1e6 else "svd")
    assert condition / 3 <= factors.condition <= 3 * condition * np.sqrt(k)
    w = factors.min_norm(B)
    expected = scipy.linalg.lstsq(A, B)[0]
    residual = np.linalg.norm(A @ expected - B)
    allowed = 20 * EPS * (condition * np.linalg.norm(expected) + condition**2 * residual)
    assert np.linalg.norm(w - expected) <= allowed
