"""The formula of every cell of the table gives on data what its method computes there."""

import numpy as np
import pytest

from linreg_unlearn.claims.cells import REGIMES, Regime, Row
from linreg_unlearn.claims.on_data import on_data, regime_of
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.table import rows

RIDGE = 0.7
PROBLEMS = {
    "distinct": distinct(n_r=12, n_f=5, d_r=20, d_f=10, seed=1),
    "overlapping": overlapping(n_r=12, n_f=5, d_r=10, d_lap=10, d_f=10, seed=1),
    "shared": shared(n_r=12, n_f=5, d=30, seed=1),
    "ridge": overlapping(n_r=12, n_f=5, d_r=8, d_lap=8, d_f=6, noise=1.0, seed=1),
    "under": shared(n_r=20, n_f=6, d=8, noise=1.0, seed=1),
}


@pytest.mark.parametrize("regime", REGIMES)
def test_the_regime_is_read_off_the_data(regime: Regime) -> None:
    ridge = RIDGE if regime == "ridge" else 0.0
    assert regime_of(PROBLEMS[regime], ridge) == (regime, {})


@pytest.mark.parametrize("row", rows().values(), ids=rows().keys())
@pytest.mark.parametrize("regime", REGIMES)
def test_formula_and_method_agree(row: Row, regime: Regime) -> None:
    problem, ridge = PROBLEMS[regime], RIDGE if regime == "ridge" else 0.0
    target = golden(problem, ridge=ridge).coef
    seen = on_data(row, problem, regime, ridge)
    size = float(np.linalg.norm(target))
    assert seen.cell.regime == regime
    assert np.linalg.norm(seen.solved - seen.formula) <= 1e-9 * size
    assert seen.distance == pytest.approx(np.linalg.norm(seen.solved[:, 0] - target), abs=1e-12)
    assert seen.distance_by_formula == pytest.approx(seen.distance, abs=1e-9 * size)


def test_data_of_no_regime_say_what_they_miss() -> None:
    regime, missed = regime_of(shared(n_r=4, n_f=3, d=5, noise=1.0))
    assert regime is None
    assert missed["X_r of full column rank"].miss == 1
    assert missed["interpolating"].miss > 0.1


@pytest.mark.parametrize("ridge", [1e-1, 1e-3, 1e-5])
def test_the_condition_of_a_formula_bounds_what_rounding_does(ridge: float) -> None:
    """A Newton step divides by the Hessian what was divided by one before."""
    problem = overlapping(n_r=12, n_f=5, d_r=10, d_lap=10, d_f=10, seed=1)
    eps = float(np.finfo(np.float64).eps)
    plain = np.linalg.cond(problem.X.T @ problem.X + ridge * np.eye(problem.d))
    for name, row in rows().items():
        seen = on_data(row, problem, "ridge", ridge)
        off = np.linalg.norm(seen.solved - seen.formula) / np.linalg.norm(seen.formula)
        assert off <= 100 * eps * seen.condition, name
        if name == "pretrained":
            assert seen.condition == pytest.approx(plain, rel=1e-6)
        if name == "newton":
            assert off > eps * plain
            assert seen.condition > 1e-3 * plain**2
