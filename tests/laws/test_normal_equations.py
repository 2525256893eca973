"""Every least-squares solution satisfies ``Aᵀ(A w − B) = 0``, nearest ones included."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.testing.problems import matrices

EPS = float(np.finfo(np.float64).eps)


@given(A=matrices(), scale=st.sampled_from([0.0, 1.0, 1e6]))
def test_gradient_vanishes(A: FloatArray, scale: float, kappa: Callable[..., float]) -> None:
    m, d = A.shape
    B, w0 = np.cos(np.arange(float(m))), scale * np.sin(1 + np.arange(float(d)))
    w = factorize(A).project_affine(w0, B)
    size = float(np.linalg.norm(A, 2))
    # The residual of a computed solution is right to eps·κ·(‖A‖‖w‖ + ‖B‖).
    terms = size * (float(np.linalg.norm(w)) + float(np.linalg.norm(w0))) + float(np.linalg.norm(B))
    assert np.linalg.norm(A.T @ (A @ w - B)) <= 100 * EPS * kappa(A) * size * terms
