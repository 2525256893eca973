"""A sharded model forgets exactly as long as routing and combination ignore the deleted rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import moore_penrose, to_float
from linreg_unlearn.arrays import FloatArray, IntArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.methods.sharding import (
    retrained_sharded,
    shard_of_rows,
    sharded_ridge,
    touched_shards,
)
from linreg_unlearn.metrics import distance_to_golden
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems


def start_for(problem: Problem) -> FloatArray:
    waves: FloatArray = np.sin(1 + np.arange(float(problem.d * problem.outputs)))
    return waves.reshape(problem.weight_shape)


@given(
    problem=problems(max_condition=1e3),
    shards=st.integers(1, 6),
    combine=st.sampled_from(["mean", "rows"]),
    ridge=st.sampled_from([0.0, 1e-2, 1.0]),
    seed=st.integers(0, 3),
)
def test_it_is_the_sharded_model_retrained_from_scratch(
    problem: Problem,
    shards: int,
    combine: str,
    ridge: float,
    seed: int,
    bound: Callable[..., float],
) -> None:
    start = start_for(problem)
    options: dict[str, Any] = {
        "shards": shards,
        "combine": combine,
        "ridge": ridge,
        "start": start,
        "seed": seed,
    }
    ours = sharded_ridge(problem, **options)
    again = retrained_sharded(problem, **options)
    # The second route: SciPy on stacked systems, shard by shard.
    shard = shard_of_rows(problem, shards=shards, seed=seed)[: problem.n_r]
    count = min(shards, problem.n)
    expected, allowed = np.zeros(problem.weight_shape), 0.0
    for s in range(count):
        mine = shard == s
        root = np.sqrt(ridge) * np.eye(problem.d if ridge else 0, problem.d)
        A = np.vstack([problem.X_r[mine], root])
        rest = problem.y_r[mine] - problem.X_r[mine] @ start
        B = np.concatenate([rest, np.zeros((len(root), *rest.shape[1:]))])
        share = 1 / count if combine == "mean" else mine.mean()
        allowed += share * bound(A, B, start)
        step = scipy.linalg.lstsq(A, B, cond=1e-9)[0] if len(A) else 0.0
        expected = expected + share * (start + step)
    allowed += 1e-14 * float(np.linalg.norm(expected))
    assert np.linalg.norm(ours.coef - expected) <= allowed
    assert np.linalg.norm(again.coef - expected) <= allowed
    if ridge:
        down = sharded_ridge(problem, update="downdate", **options)
        scale = 1 + float(np.linalg.norm(problem.X, 2)) ** 2 / ridge
        assert np.linalg.norm(down.coef - expected) <= 2 * allowed * scale


def test_exactly(exact: Callable[[FloatArray], fmpq_mat]) -> None:
    rng = np.random.default_rng(3)
    X = rng.integers(-3, 4, (9, 4)).astype(float)
    y = rng.integers(-5, 6, 9).astype(float)
    problem = Problem.from_arrays(X, y, forget=[2, 7])
    for ridge in (0, 2):
        total = fmpq_mat(4, 1)
        for s in range(3):
            rows = [i for i in range(9) if i % 3 == s and i not in (2, 7)]
            A, B = exact(X[rows]), exact(y[rows])
            G = A.transpose() * A
            for j in range(4):
                G[j, j] += ridge
            total += moore_penrose(G) * A.transpose() * B * fmpq(1, 3)
        ours = sharded_ridge(problem, shards=3, ridge=ridge, routing=np.arange(9) % 3)
        np.testing.assert_allclose(ours.coef, to_float(total)[:, 0], rtol=1e-12, atol=1e-13)


@given(problem=problems(min_retained=2, max_retained=8), data=st.data())
def test_deleting_other_rows_leaves_the_routing_alone(
    problem: Problem, data: st.DataObject
) -> None:
    # The caller's data in its order, and two ways to forget some of it.
    order = np.array(data.draw(st.permutations(range(problem.n))))
    X, y = problem.X[order], problem.y[order]
    routes = []
    for forget in ([0], list(range(1, problem.n, 2))):
        one = Problem.from_arrays(X, y, forget=forget)
        shard = np.empty(problem.n, dtype=int)
        shard[one.rows] = shard_of_rows(one, shards=3, seed=5)
        routes.append(shard)
        touched = touched_shards(one, shards=3, seed=5)
        np.testing.assert_array_equal(touched, np.unique(shard[forget]))
        done = sharded_ridge(one, shards=3, seed=5).done
        assert done.startswith(f"{touched.size} of {min(3, problem.n)} adapters")
    np.testing.assert_array_equal(routes[0], routes[1])
    sizes = np.bincount(routes[0], minlength=3)
    assert sizes.max() - sizes.min() <= 1


def by_mean(problem: Problem, rows: IntArray) -> IntArray:
    """Route every row by its side of the mean of some rows, along the first feature."""
    centre = problem.X[rows, 0].mean()
    shard = np.empty(problem.n, dtype=int)
    shard[problem.rows] = problem.X[:, 0] > centre
    return shard


def test_routing_that_saw_the_deleted_rows_is_not_exact() -> None:
    X = np.random.default_rng(0).standard_normal((30, 4))
    X[:6, 0] += 5
    y = X @ np.arange(1.0, 5.0) + np.random.default_rng(1).standard_normal(30)
    problem = Problem.from_arrays(X, y, forget=range(6))
    stale, fresh = (by_mean(problem, np.arange(m)) for m in (problem.n, problem.n_r))
    assert (stale != fresh)[problem.rows[: problem.n_r]].any()
    kept = sharded_ridge(problem, shards=2, routing=stale).coef
    scratch = retrained_sharded(problem, shards=2, routing=fresh).coef
    assert np.linalg.norm(kept - scratch) > 0.01
    # A threshold that no row decides has no such memory.
    fixed = np.empty(problem.n, dtype=int)
    fixed[problem.rows] = problem.X[:, 0] > 0
    kept = sharded_ridge(problem, shards=2, routing=fixed).coef
    scratch = retrained_sharded(problem, shards=2, routing=fixed).coef
    np.testing.assert_allclose(kept, scratch, rtol=1e-12)


def test_orthogonal_shards_shrink_golden() -> None:
    X = np.zeros((9, 12))
    rng = np.random.default_rng(2)
    for s in range(3):
        X[s::3, 4 * s : 4 * s + 4] = rng.standard_normal((3, 4))
    problem = Problem.from_arrays(X, rng.standard_normal(9), forget=[4, 8])
    ours = sharded_ridge(problem, shards=3, routing=np.arange(9) % 3)
    np.testing.assert_allclose(3 * ours.coef, golden(problem).coef, rtol=1e-12, atol=1e-13)
    assert distance_to_golden(problem, ours.coef) > 0.1


def test_shards_that_determine_all_weights_agree_with_golden() -> None:
    problem = shared(n_r=40, n_f=6, d=4, noise=0.0, seed=1)
    for combine in ("mean", "rows"):
        ours = sharded_ridge(problem, shards=3, combine=combine)
        assert distance_to_golden(problem, ours.coef) <= 1e-12
    noisy = shared(n_r=40, n_f=6, d=4, noise=0.5, seed=1)
    assert distance_to_golden(noisy, sharded_ridge(noisy, shards=3).coef) > 1e-3
    # One shard is training as usual.
    assert distance_to_golden(noisy, sharded_ridge(noisy, shards=1).coef) <= 1e-12


def test_an_emptied_shard_returns_to_the_start_and_still_counts() -> None:
    problem = Problem.from_arrays([[1, 0], [0, 1]], [2, 2], forget=[1])
    options: dict[str, Any] = {"routing": [0, 1], "shards": 2, "start": [4.0, 4.0], "ridge": 1.0}
    expected = [(3.0 + 4.0) / 2, (4.0 + 4.0) / 2]
    for update in ("retrain", "downdate"):
        coef = sharded_ridge(problem, update=update, **options).coef
        np.testing.assert_allclose(coef, expected, rtol=1e-14)
    np.testing.assert_allclose(sharded_ridge(problem, combine="rows", **options).coef, [3.0, 4.0])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shards": 0}, "shards is 0: pass a whole number that is at least 1"),
        ({"seed": -1}, "seed is -1"),
        ({"ridge": -1.0}, "ridge is -1.0"),
        ({"combine": "sum"}, "combine is 'sum': pass 'mean' or 'rows'"),
        ({"update": "no"}, "update is 'no': pass 'retrain' or 'downdate'"),
        ({"update": "downdate"}, "update is 'downdate' but ridge is 0: pass ridge > 0"),
        ({"routing": [0, 1]}, "routing has shape (2,), but there are 3 rows"),
        ({"routing": [[0], [1, 2]]}, "routing has shape (0,), but there are 3 rows"),
        ({"routing": [0.0, 1.0, 2.0]}, "routing holds decimal numbers: pass whole numbers"),
        ({"routing": [0, 5, 0]}, "routing names shard 5, but there are 5 shards: use numbers from"),
        ({"start": [1.0]}, "start has shape (1,), but the data asks for (3,)"),
    ],
)
def test_bad_input(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        sharded_ridge(shared(2, 1, 3), **options)
    assert sentence in str(caught.value)
