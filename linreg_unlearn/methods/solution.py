"""What a method returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights, and how they were reached.

    Attributes
    ----------
    coef : ndarray of shape (d,) or (d, c)
        The weights, one column per output if the targets are two-dimensional. Read-only.
    rank : int
        Rank of the rows that were solved with last, by the rule of
        :mod:`linreg_unlearn.linalg.factorization`. A result, not a promise.
    residual_norm : float
        Frobenius norm of ``A coef − B`` on those rows ``A`` and their targets ``B``.
    method : str
        Name of the method in the registry.
    done : str
        One line that says what was done, in order.

    Examples
    --------
    >>> from linreg_unlearn.methods.fine_tuning import golden
    >>> from linreg_unlearn.setups import shared
    >>> solution = golden(shared(n_r=4, n_f=2, d=8))
    >>> solution.rank, solution.method
    (4, 'golden')
    """

    coef: NDArray[np.float64]
    rank: int
    residual_norm: float
    method: str
    done: str

    def __post_init__(self) -> None:
        self.coef.flags.writeable = False
