"""Factors taken from the shared Gram matrix equal separate factorizations."""

import gc
import weakref
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.linalg import sharing
from linreg_unlearn.linalg.factorization import cholesky, factorize
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import problems, retained_rows


@given(problem=problems(), data=st.data())
def test_shared_equals_separate(
    problem: Problem, data: st.DataObject, bound: Callable[..., float]
) -> None:
    factors = factors_of(problem)
    rows = data.draw(retained_rows(problem))
    few = np.arange(data.draw(st.integers(0, problem.n_r)))
    pairs = [
        (factors.all, problem.X, problem.y),
        (factors.retained, problem.X_r, problem.y_r),
        (factors.forget, problem.X_f, problem.y_f),
        (factors.subset(rows), problem.X[rows], problem.y[rows]),
        (factors.subset(few), problem.X[few], problem.y[few]),
        (factors.subset(np.arange(problem.n)), problem.X, problem.y),
    ]
    for ours, A, B in pairs:
        np.testing.assert_array_equal(ours.matrix, A)
        alone = factorize(A.copy())
        allowed = bound(A, B)
        assert ours.rank == alone.rank
        assert np.linalg.norm(ours.min_norm(B) - alone.min_norm(B)) <= 2 * allowed


def test_one_cholesky_serves_pretrained_golden_and_first_rows() -> None:
    problem = shared(n_r=20, n_f=5, d=60)
    with (
        patch.object(sharing, "cholesky", wraps=cholesky) as shared_cholesky,
        patch("linreg_unlearn.linalg.factorization.cholesky") as separate_cholesky,
    ):
        factors = factors_of(problem)
        for chosen in (factors.all, factors.retained, factors.subset(np.arange(7))):
            assert chosen.path == "gram"
        assert shared_cholesky.call_count == 1
        assert separate_cholesky.call_count == 0


def test_with_more_rows_than_columns_the_gram_matrix_is_a_sum() -> None:
    problem = shared(n_r=40, n_f=30, d=10)
    factors = factors_of(problem)
    for ours, A in [(factors.all, problem.X), (factors.retained, problem.X_r)]:
        assert ours.path == "gram"
        B = np.cos(np.arange(float(len(A))))
        np.testing.assert_allclose(ours.min_norm(B), factorize(A).min_norm(B), atol=1e-13)
    assert problem.w_star is not None
    np.testing.assert_allclose(factors.forget.min_norm(problem.y_f), problem.w_star, atol=1e-12)


def test_repeated_rows_do_not_spoil_the_others() -> None:
    X = np.vstack([np.eye(4, 6), np.eye(1, 6)])
    factors = factors_of(Problem.from_arrays(X, np.arange(5.0), forget=[4]))
    assert (factors.all.path, factors.all.rank) == ("svd", 4)
    assert (factors.retained.path, factors.retained.rank) == ("gram", 4)


def test_subsets_are_remembered_and_forgotten() -> None:
    problem = shared(n_r=12, n_f=2, d=30)
    factors = factors_of(problem)
    first = factors.subset(np.array([3, 1]))
    assert factors.subset(np.array([3, 1])) is first
    assert factors.subset(np.array([1, 3])) is not first
    for i in range(9):
        factors.subset(np.array([5, i if i < 5 else i + 1]))
    assert factors.subset(np.array([3, 1])) is not first


def test_the_cache_keeps_no_problem_alive() -> None:
    problem = shared(n_r=4, n_f=2, d=9)
    for method in METHODS.values():
        method(problem)
    assert factors_of(problem) is factors_of(problem)
    watch = weakref.ref(problem)
    del problem
    gc.collect()
    assert watch() is None
