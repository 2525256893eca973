"""A comparison runs what it is told to, in that order, and gives each method golden's ridge."""

from typing import Any

import numpy as np
import pytest

from linreg_unlearn.comparison import compare, with_ridge
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.setups import overlapping

PROBLEM = overlapping(n_r=8, n_f=4, d_r=8, d_lap=3, d_f=6, noise=0.3, seed=1)


def test_runs_are_done_in_their_order_with_their_options() -> None:
    runs: list[tuple[str, dict[str, Any]]] = [
        ("newton", {}),
        ("fine_tuned", {"rows": [0, 1]}),
        ("pretrained", {}),
        ("fine_tuned", {}),
    ]
    rows = compare(PROBLEM, runs=runs)
    assert [(row.method, dict(row.options)) for row in rows] == runs
    for row, (name, options) in zip(rows, runs, strict=True):
        assert np.array_equal(row.coef, METHODS[name](PROBLEM, **options).coef)
    assert compare(PROBLEM, runs=[]) == []


def test_by_default_every_method_runs_in_every_variant() -> None:
    names = [row.method for row in compare(PROBLEM)]
    assert names == [name for name, m in METHODS.items() for _ in m.variants]


def test_families_choose_among_the_runs() -> None:
    runs: list[tuple[str, dict[str, Any]]] = [("newton", {}), ("golden", {})]
    (row,) = compare(PROBLEM, families=["second order"], runs=runs)
    assert row.method == "newton"


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (("newtown", {}), "'newtown' is no method: choose from pretrained, golden"),
        (("newton", {"rige": 1.0}), r"^newton has no option 'rige': choose from .*ridge"),
        (("golden", {"problem": PROBLEM}), "golden has no option 'problem': choose from"),
    ],
)
def test_what_is_no_method_or_no_option_is_one_sentence(
    run: tuple[str, dict[str, object]], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        compare(PROBLEM, runs=[("golden", {}), run])


@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_every_method_pulls_as_golden_does(ridge: float) -> None:
    """A Newton step with golden's ridge is golden."""
    for name, method in METHODS.items():
        options = with_ridge(method, PROBLEM, ridge)
        if not ridge:
            assert options == {}, name
        elif method.family == "regularized":
            # A mean over n_r rows of losses and λ/n_r have the minimum of a sum and λ.
            assert options["ridge"] == pytest.approx(ridge / PROBLEM.n_r)
            eye = np.eye(PROBLEM.d)
            start = np.linalg.solve(PROBLEM.X.T @ PROBLEM.X + ridge * eye, PROBLEM.X.T @ PROBLEM.y)
            assert np.allclose(options["start"], start)
        else:
            assert options == {"ridge": ridge}, name
    (row,) = compare(PROBLEM, ridge=ridge, runs=[("newton", {})])
    if ridge:
        assert row.distance_to_golden < 1e-12
