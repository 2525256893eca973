"""Generators draw what they are asked for."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping, random_orthonormal, shared

Blocks = Callable[[Problem], list[FloatArray]]

SETUPS: dict[str, tuple[Callable[..., Problem], Blocks]] = {
    "distinct": (
        lambda **more: distinct(7, 5, 9, 8, **more),
        lambda p: [p.X_r[:, :9], p.X_f[:, 9:]],
    ),
    "overlapping": (
        lambda **more: overlapping(7, 5, 4, 5, 3, **more),
        lambda p: [p.X_r[:, :9], p.X_f[:, 4:]],
    ),
    "shared": (lambda **more: shared(7, 5, 17, **more), lambda p: [p.X]),
}
every_setup = pytest.mark.parametrize(("draw", "blocks"), SETUPS.values(), ids=SETUPS)


@every_setup
def test_spectrum_rank_and_condition(draw: Callable[..., Problem], blocks: Blocks) -> None:
    for block in blocks(draw(condition=1e5)):
        s = scipy.linalg.svdvals(block)
        np.testing.assert_allclose(s, np.geomspace(1, 1e-5, min(block.shape)), rtol=1e-9)
    for block in blocks(draw(spectrum=[3.0, 0.5])):
        s = scipy.linalg.svdvals(block)
        np.testing.assert_allclose(s[:2], [3.0, 0.5], rtol=1e-12)
        assert s[2:].max() < 1e-14
    for block in blocks(draw(rank=3)):
        assert np.linalg.matrix_rank(block) == 3
    for block in blocks(draw(rank=3, condition=100)):
        s = scipy.linalg.svdvals(block)
        np.testing.assert_allclose(s[:3], [1, 0.1, 0.01], rtol=1e-12)
        assert s[3:].max() < 1e-14


@every_setup
def test_supports_are_the_columns_of_the_setup(
    draw: Callable[..., Problem], blocks: Blocks
) -> None:
    problem = draw(seed=3)
    np.testing.assert_array_equal(problem.X_r.any(axis=0), problem.retained_support)
    np.testing.assert_array_equal(problem.X_f.any(axis=0), problem.forget_support)
    np.testing.assert_array_equal(problem.X_r[:, ~problem.retained_support], 0)
    assert all((block != 0).all() for block in blocks(problem))
    assert problem.name.endswith("seed=3)")


def test_which_columns_overlap() -> None:
    d = overlapping(7, 5, 4, 5, 3)
    assert (d.retained_support & d.forget_support).sum() == 5
    assert (d.retained_support & ~d.forget_support).sum() == 4
    assert (~d.retained_support & d.forget_support).sum() == 3
    assert not (distinct(7, 5, 9, 8).retained_support & distinct(7, 5, 9, 8).forget_support).any()
    assert shared(7, 5, 9).retained_support.all()
    none = overlapping(3, 2, 4, 0, 3, seed=1)
    np.testing.assert_array_equal(none.X, distinct(3, 2, 4, 3, seed=1).X)


@every_setup
def test_targets(draw: Callable[..., Problem], blocks: Blocks) -> None:
    quiet, loud, wide = draw(), draw(noise=0.5), draw(outputs=3)
    assert quiet.w_star is not None
    assert wide.w_star is not None
    np.testing.assert_array_equal(quiet.y, quiet.X @ quiet.w_star)
    np.testing.assert_array_equal(wide.y, wide.X @ wide.w_star)
    assert quiet.y.shape == (12,)
    assert wide.y.shape == (12, 3)
    # Noise and outputs change neither the rows nor, noise, the weights.
    np.testing.assert_array_equal(loud.X, quiet.X)
    np.testing.assert_array_equal(wide.X, quiet.X)
    np.testing.assert_array_equal(loud.w_star, quiet.w_star)
    many = [draw(noise=0.5, seed=seed) for seed in range(200)]
    errors = np.concatenate([p.y - p.X @ p.w_star for p in many if p.w_star is not None])
    assert np.std(errors) == pytest.approx(0.5, rel=0.1)
    assert abs(float(np.mean(errors))) < 0.05


@every_setup
def test_seeds(draw: Callable[..., Problem], blocks: Blocks) -> None:
    np.testing.assert_array_equal(draw(seed=4).X, draw(seed=4).X)
    np.testing.assert_array_equal(draw(seed=4).y, draw(seed=4).y)
    assert not np.allclose(draw(seed=4).X, draw(seed=5).X)


def test_default_entries_are_standard_normal() -> None:
    X = shared(300, 100, 100).X
    assert float(X.mean()) == pytest.approx(0, abs=0.02)
    assert float(X.std()) == pytest.approx(1, abs=0.02)


def test_orthonormal_factors_are_uniform() -> None:
    # Each entry of a Haar-distributed matrix is symmetric about zero with mean square 1/m;
    # without the correction of signs the corner entry would always have the same sign.
    rng = np.random.default_rng(0)
    corners = np.array([random_orthonormal(rng, 4, 2)[0, 0] for _ in range(2000)])
    assert abs(float(np.mean(corners))) < 0.05
    assert float(np.mean(corners**2)) == pytest.approx(0.25, abs=0.02)
    Q = random_orthonormal(rng, 6, 4)
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-14)
