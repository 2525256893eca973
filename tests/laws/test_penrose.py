"""``A⁺ = min_norm(I)`` satisfies the four equations of Penrose."""

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.linalg import factorization
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.testing.problems import matrices

EPS = float(np.finfo(np.float64).eps)


@pytest.mark.parametrize("smallest_rcond", [factorization.SMALLEST_GRAM_RCOND, np.inf])
@given(A=matrices())
def test_four_equations(A: FloatArray, smallest_rcond: float, kappa: Callable[..., float]) -> None:
    with patch.object(factorization, "SMALLEST_GRAM_RCOND", smallest_rcond):
        pseudo = factorize(A).min_norm(np.eye(len(A)))
    k = kappa(A)
    size, pseudo_size = float(np.linalg.norm(A)), float(np.linalg.norm(pseudo))
    # An error δ in A⁺ of relative size eps·κ, put through each equation.
    allowed = 100 * EPS * k * (1 + size * pseudo_size)
    AP, PA = A @ pseudo, pseudo @ A
    assert np.linalg.norm(AP @ A - A) <= allowed * size
    assert np.linalg.norm(PA @ pseudo - pseudo) <= allowed * pseudo_size
    assert np.linalg.norm(AP - AP.T) <= allowed
    assert np.linalg.norm(PA - PA.T) <= allowed
    # The equations hold for no other rank.
    assert round(float(np.trace(PA))) == factorize(A).rank
