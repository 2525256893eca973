"""A ridge solution is a least-squares solution with ``√λ`` more rows; its limits are known."""

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_unlearn.algebra.rational import moore_penrose, to_float
from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import factorize
from linreg_unlearn.linalg.leave_block_out import leave_block_out
from linreg_unlearn.linalg.ridge import ridge_nearest
from linreg_unlearn.linalg.sharing import SharedFactors, factors_of
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.saliency import mask_ceiling
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import random_orthonormal, shared
from linreg_unlearn.testing.problems import matrices, problems, retained_rows

EPS = float(np.finfo(np.float64).eps)
RIDGES = [1e-6, 1e-2, 1.0, 1e3]


def stacked(A: FloatArray, ridge: float) -> FloatArray:
    return np.vstack([A, np.sqrt(ridge) * np.eye(A.shape[1])])


def by_lstsq(A: FloatArray, B: FloatArray, w0: FloatArray, ridge: float) -> FloatArray:
    """Solve ``[A; √λ I] u = [B − A w0; 0]``."""
    rest = np.concatenate([B - A @ w0, np.zeros_like(w0)])
    u = scipy.linalg.lstsq(stacked(A, ridge), rest, lapack_driver="gelsy")[0]
    return np.asarray(w0 + u)


def start_for(problem: Problem) -> FloatArray:
    waves: FloatArray = np.sin(1 + np.arange(float(problem.d * problem.outputs)))
    return waves.reshape(problem.weight_shape)


@given(problem=problems(), ridge=st.sampled_from(RIDGES), data=st.data())
def test_every_method_against_a_stacked_system(
    problem: Problem, ridge: float, data: st.DataObject, bound: Callable[..., float]
) -> None:
    rows, start = data.draw(retained_rows(problem)), start_for(problem)
    zero, X_t, y_t = 0 * start, problem.X[rows], problem.y[rows]

    def allowed(A: FloatArray, B: FloatArray, w0: FloatArray) -> float:
        rest = np.concatenate([B - A @ w0, 0 * w0])
        return 2 * bound(stacked(A, ridge), rest, w0)

    w_o = by_lstsq(problem.X, problem.y, zero, ridge)
    first = allowed(problem.X, problem.y, zero)
    assert np.linalg.norm(pretrained(problem, ridge=ridge).coef - w_o) <= first
    w_g = by_lstsq(problem.X_r, problem.y_r, zero, ridge)
    retrained = golden(problem, ridge=ridge).coef
    assert np.linalg.norm(retrained - w_g) <= allowed(problem.X_r, problem.y_r, zero)
    tuned = fine_tuned(problem, rows=rows, start=start, ridge=ridge).coef
    expected = by_lstsq(X_t, y_t, start, ridge)
    assert np.linalg.norm(tuned - expected) <= allowed(X_t, y_t, start)
    for method, keep in (
        (fine_tuned, np.ones(problem.d, dtype=bool)),
        (retain_mask, problem.retained_support),
        (forget_mask, ~problem.forget_support),
    ):
        masked = np.where(keep.reshape(-1, *[1] * (w_o.ndim - 1)), w_o, 0.0)
        expected = by_lstsq(X_t, y_t, masked, ridge)
        tuned = method(problem, rows=rows, ridge=ridge).coef
        assert np.linalg.norm(tuned - expected) <= 2 * first + allowed(X_t, y_t, masked)


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e5, 1e8, 1e12])
@pytest.mark.parametrize(("m", "d"), [(40, 90), (90, 40), (50, 50)])
@pytest.mark.parametrize("ridge", [1e-20, 1e-8, 1e-2, 1e4])
def test_errors_at_size(m: int, d: int, condition: float, ridge: float) -> None:
    rng = np.random.default_rng(m)
    k = min(m, d)
    s = np.geomspace(1, 1 / condition, k)
    U, V = random_orthonormal(rng, m, k), random_orthonormal(rng, d, k)
    A, w0 = (U * s) @ V.T, rng.standard_normal((d, 2))
    B = A @ rng.standard_normal((d, 2)) + 1e-12 * rng.standard_normal((m, 2))
    factors = factorize(A)
    assert factors.path == ("gram" if condition <= 1e5 else "svd")
    u = V @ ((s / (s**2 + ridge))[:, None] * (U.T @ (B - A @ w0)))
    kappa = 1 / np.hypot(s[-1], np.sqrt(ridge))
    residual = float(np.linalg.norm(A @ u - (B - A @ w0)))
    allowed = 20 * EPS * (kappa * np.linalg.norm(w0) * 10 + kappa**2 * residual)
    assert np.linalg.norm(ridge_nearest(factors, w0, B, ridge) - w0 - u) <= allowed


def test_small_ridges_exactly(exact: Callable[[FloatArray], fmpq_mat]) -> None:
    # Ill-conditioned integers and a right-hand side that no weights fit.
    A = np.vander(np.arange(1.0, 9.0), 5)
    B = np.cos(np.arange(8.0))
    for matrix, rhs in ((A, B), (A.T.copy(), B[:5])):
        d = matrix.shape[1]
        X, y = exact(matrix), exact(rhs)
        for power in (-20, -6, 0, 3, 12):
            ridge = fmpq(10) ** power
            G = X.transpose() * X
            for i in range(d):
                G[i, i] += ridge
            true = to_float(G.inv() * X.transpose() * y)[:, 0]
            w = ridge_nearest(factorize(matrix), np.zeros(d), rhs, 10.0**power)
            assert np.linalg.norm(w - true) <= 1e-10 * np.linalg.norm(true)


@given(A=matrices(), scale=st.sampled_from([0.0, 1.0, 1e3]))
def test_the_ridge_goes_to_zero(
    A: FloatArray, scale: float, kappa: Callable[..., float], bound: Callable[..., float]
) -> None:
    assume(A.any())
    m, d = A.shape
    B, w0 = np.cos(np.arange(float(m))), scale * np.sin(1 + np.arange(float(d)))
    factors, allowed = factorize(A), 2 * bound(A, B - A @ w0, w0)
    limit = factors.project_affine(w0, B)
    moved = float(np.linalg.norm(limit - w0))
    least = (float(np.linalg.norm(A, 2)) / kappa(A)) ** 2
    for power in range(-300, 1, 4):
        ridge = 10.0**power * least
        away = np.linalg.norm(ridge_nearest(factors, w0, B, ridge) - limit)
        assert away <= ridge / (ridge + least) * moved * (1 + 1e-6) + allowed
    assert np.array_equal(ridge_nearest(factors, w0, B, 0.0), limit)


def test_repeated_rows_do_not_spoil_small_ridges() -> None:
    # Rank 3 up to rounding, targets that no weights fit: whoever inverts XXᵀ + λI divides by λ.
    rng = np.random.default_rng(0)
    for m, d in ((8, 12), (12, 6)):
        A = rng.standard_normal((m, 3)) @ rng.standard_normal((3, d))
        factors, B = factorize(A), rng.standard_normal(m)
        limit = factors.min_norm(B)
        for ridge in (1e-16, 1e-13, 1e-10):
            away = np.linalg.norm(ridge_nearest(factors, np.zeros(d), B, ridge) - limit)
            assert away <= 1e-12 + 10 * ridge


@given(problem=problems(), ridge=st.sampled_from([1e20, 1e150, 1e300, 1.7e308]))
def test_the_ridge_goes_to_infinity(problem: Problem, ridge: float) -> None:
    start = start_for(problem)
    assert np.linalg.norm(fine_tuned(problem, start=start, ridge=ridge).coef - start) <= 1e-15
    assert np.linalg.norm(pretrained(problem, ridge=ridge).coef) <= 1e-15


def test_entries_of_extreme_size() -> None:
    A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [1.0, 3.0, 1.0]])
    for rows in (slice(0, 2), slice(0, 3)):
        expected = ridge_nearest(factorize(A[rows]), np.zeros(3), np.ones(3)[rows], 0.5)
        for size in (1e-140, 1e-100, 1e100, 1e140):
            w = ridge_nearest(
                factorize(size * A[rows]), np.zeros(3), np.ones(3)[rows], 0.5 * size * size
            )
            np.testing.assert_allclose(w * size, expected, rtol=1e-13)


def test_a_ridge_beyond_all_entries() -> None:
    for A in (np.ones((2, 3)), np.eye(2, 3)):
        w = ridge_nearest(factorize(1e-140 * A), np.ones(3), np.ones(2), 1e300)
        np.testing.assert_array_equal(w, np.ones(3))


@pytest.mark.parametrize("ridge", [0.05, 2.0])
def test_where_descent_goes(ridge: float) -> None:
    for problem in (
        shared(n_r=8, n_f=3, d=25, condition=3.0, noise=0.5, outputs=2, seed=2),
        shared(n_r=20, n_f=5, d=6, condition=3.0, noise=0.5, seed=3),
        shared(n_r=9, n_f=3, d=14, condition=3.0, rank=5, noise=0.1, seed=4),
    ):
        start = start_for(problem)
        for X, y, origin, w in (
            (problem.X, problem.y, 0 * start, pretrained(problem, ridge=ridge).coef),
            (problem.X_r, problem.y_r, 0 * start, golden(problem, ridge=ridge).coef),
            (problem.X_r, problem.y_r, start, fine_tuned(problem, start=start, ridge=ridge).coef),
        ):
            step, v = 1 / (np.linalg.norm(X, 2) ** 2 + ridge), origin
            for _ in range(20_000):
                v = v - step * (X.T @ (X @ v - y) + ridge * (v - origin))
            np.testing.assert_allclose(w, v, atol=1e-12)


@given(problem=problems(max_condition=1e3), ridge=st.sampled_from(RIDGES))
def test_golden_and_leaving_out_agree(problem: Problem, ridge: float) -> None:
    w_g = golden(problem, ridge=ridge).coef
    left = problem.y_f - problem.X_f @ w_g
    np.testing.assert_allclose(leave_block_out(problem, ridge), left, atol=1e-7)


def test_what_is_said() -> None:
    problem = shared(n_r=6, n_f=2, d=20, rank=5)
    for ridge in (0.0, 0.25):
        assert pretrained(problem, ridge=ridge).rank == 5
        assert ("0.25" in pretrained(problem, ridge=ridge).done) == bool(ridge)
        assert ("0.25" in golden(problem, ridge=ridge).done) == bool(ridge)
        assert ("0.25" in fine_tuned(problem, ridge=ridge).done) == bool(ridge)
        assert ("0.25" in retain_mask(problem, ridge=ridge).done) == bool(ridge)
    solution = pretrained(problem, ridge=0.25)
    expected = np.linalg.norm(problem.X @ solution.coef - problem.y)
    assert solution.residual_norm == pytest.approx(expected)


def test_the_shared_gram_matrix_serves_the_ridge() -> None:
    problem = shared(n_r=12, n_f=4, d=30)
    factors = factors_of(problem)
    assert factors.all.gram is not None
    assert factors.retained.gram is not None
    assert np.shares_memory(factors.all.gram, factors.retained.gram)
    with patch.object(SharedFactors, "_new_subset", side_effect=AssertionError):
        golden(problem, ridge=1.0)
        pretrained(problem, ridge=1.0)
        fine_tuned(problem, ridge=1.0)


def test_the_exact_limit_is_the_moore_penrose_inverse(
    exact: Callable[[FloatArray], fmpq_mat],
) -> None:
    A, B = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]]), np.array([1.0, 0.0, 2.0])
    true = to_float(moore_penrose(exact(A)) * exact(B))[:, 0]
    np.testing.assert_allclose(ridge_nearest(factorize(A), np.zeros(3), B, 1e-40), true, atol=1e-14)


@pytest.mark.parametrize("ridge", [-1.0, np.nan, np.inf, "1", None, [1.0]])
def test_bad_ridges(ridge: float) -> None:
    problem = shared(n_r=3, n_f=2, d=6)
    for method in (pretrained, golden, fine_tuned, retain_mask, forget_mask, mask_ceiling):
        with pytest.raises(
            InputError, match=r"^ridge is .*: pass a finite number that is at least"
        ):
            method(problem, ridge=ridge)
