"""No mask brings the pretrained weights nearer to golden than the ceiling does."""

from itertools import product

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.saliency import energy_mask, magnitude_mask, mask_ceiling
from linreg_unlearn.metrics import distance_to_golden
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping
from linreg_unlearn.testing.problems import problems


def all_distances(w_o: FloatArray, w_g: FloatArray) -> FloatArray:
    """Distance to golden of every one of the 2^d masked weights."""
    masks = np.array(list(product([0.0, 1.0], repeat=len(w_o))))
    shaped = masks.reshape(*masks.shape, *[1] * (w_o.ndim - 1))
    apart = (shaped * w_o - w_g).reshape(len(masks), -1)
    return np.asarray(np.linalg.norm(apart, axis=1))


@given(problem=problems(max_features=8), ridge=st.sampled_from([0.0, 0.5]))
def test_least_of_all_masks(problem: Problem, ridge: float) -> None:
    w_o, w_g = pretrained(problem, ridge=ridge).coef, golden(problem, ridge=ridge).coef
    w = mask_ceiling(problem, ridge=ridge).coef
    kept = w == w_o
    assert (kept | (w == 0)).all()
    if w.ndim == 2:
        # One mask for all outputs.
        assert ((w == w_o).all(axis=1) | (w == 0).all(axis=1)).all()
    least = all_distances(w_o, w_g).min()
    scale = float(np.linalg.norm(w_o) + np.linalg.norm(w_g))
    reached = float(np.linalg.norm(w - w_g))
    # Squares, because near zero the distance itself magnifies what was called a tie.
    assert reached**2 <= least**2 + 1e-9 * scale**2
    assert reached >= least - 1e-12 * scale


@given(problem=problems(max_features=8, max_condition=10.0, family="spectral"))
def test_without_ties_it_is_the_very_mask(problem: Problem) -> None:
    w_o, w_g = pretrained(problem).coef, golden(problem).coef
    apart = np.sort(all_distances(w_o, w_g) ** 2)
    assume(apart[1] - apart[0] > 1e-7 * float(np.linalg.norm(w_o)) ** 2)
    masks = np.array(list(product([False, True], repeat=problem.d)))
    best = masks[all_distances(w_o, w_g).argmin()]
    expected = np.where(best.reshape(-1, *[1] * (w_o.ndim - 1)), w_o, 0.0)
    np.testing.assert_array_equal(mask_ceiling(problem).coef, expected)


def test_ties_are_kept() -> None:
    # The same row twice with targets 1 and 3: golden is half of pretrained, as far from it as zero
    # is. Rounding takes both sides of the tie in turn.
    for a, scale in product(np.linspace(0.3, 1.7, 9), np.geomspace(1e-30, 1e30, 13)):
        tie = Problem.from_arrays([[a, 0], [a, 0]], [scale, 3 * scale], forget=[1])
        w_o, w_g = pretrained(tie).coef, golden(tie).coef
        np.testing.assert_allclose(w_o[0], 2 * w_g[0])
        np.testing.assert_array_equal(mask_ceiling(tie).coef, w_o)
        # Off the tie by more than rounding, and golden is nearer to zero or to pretrained.
        for step in (1e-6, -1e-6):
            near = Problem.from_arrays(tie.X, [scale * (1 - step), scale * (3 + step)], forget=[1])
            assert mask_ceiling(near).coef.any() == (step < 0)


def test_nothing_is_nearer() -> None:
    problem = overlapping(n_r=10, n_f=6, d_r=8, d_lap=5, d_f=7, noise=0.1, outputs=2)
    ceiling = distance_to_golden(problem, mask_ceiling(problem).coef)
    masked = [retain_mask(problem), forget_mask(problem), energy_mask(problem, kept=0.5)]
    masked += [magnitude_mask(problem, kept=kept) for kept in np.linspace(0, 1, 21)]
    for solution in masked:
        assert distance_to_golden(problem, solution.coef) >= ceiling
    assert ceiling < 0.99 * distance_to_golden(problem, retain_mask(problem).coef)


def test_distinct_features_reach_golden() -> None:
    problem = distinct(n_r=8, n_f=5, d_r=12, d_f=9)
    assert distance_to_golden(problem, mask_ceiling(problem).coef) <= 1e-13
    kept = mask_ceiling(problem).coef != 0
    np.testing.assert_array_equal(kept, problem.retained_support)


def test_what_is_reported() -> None:
    problem = distinct(n_r=8, n_f=5, d_r=12, d_f=9)
    solution = mask_ceiling(problem)
    assert (solution.rank, solution.method) == (13, "mask_ceiling")
    assert "9 of 21 weights reset to zero" in solution.done
    residual = np.linalg.norm(problem.X @ solution.coef - problem.y)
    np.testing.assert_allclose(solution.residual_norm, residual)
