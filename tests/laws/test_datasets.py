"""The digits are scikit-learn's, interpolated, split fairly, and forgotten as asked."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from linreg_unlearn import datasets, metrics
from linreg_unlearn.datasets import digits
from linreg_unlearn.methods.fine_tuning import golden, pretrained


@pytest.mark.parametrize("digit", [3, 6, 9])
def test_class_wise(digit: int) -> None:
    problem = digits(forget=f"class:{digit}", features=50)
    assert problem.y_test is not None
    assert set(np.argmax(problem.y_f, axis=1)) == {digit}
    assert digit not in np.argmax(problem.y_r, axis=1)
    assert digit in np.argmax(problem.y_test, axis=1)


def test_every_image_is_used_once_and_split_evenly() -> None:
    problem = digits(forget="random", features=50)
    assert problem.y_test is not None
    assert problem.X_test is not None
    labels = load_digits().target
    train, held_out = problem.y.sum(axis=0), problem.y_test.sum(axis=0)
    np.testing.assert_array_equal(train + held_out, np.bincount(labels))
    assert problem.n == 1437
    assert problem.n_f == 144
    assert problem.y_test.shape == (360, 10)
    assert np.abs(held_out - 0.2 * np.bincount(labels)).max() < 1.001
    assert len(np.unique(np.vstack([problem.X, problem.X_test]), axis=0)) > 1790
    np.testing.assert_array_equal(np.sort(problem.rows), np.arange(1437))
    # Ten in a hundred of every digit, roughly: the choice does not look at the labels.
    assert problem.y_f.sum(axis=0).min() >= 5


def test_seeds() -> None:
    one, same, other = (digits(forget="random", features=20, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.X, same.X)
    assert not np.array_equal(one.rows, other.rows)
    # The same images are trained on, whatever is forgotten.
    by_class = digits(forget="class:0", features=20, seed=1)
    np.testing.assert_array_equal(
        one.X[np.argsort(one.rows)], by_class.X[np.argsort(by_class.rows)]
    )


def test_with_default_features_it_interpolates_and_classifies() -> None:
    problem = digits()
    assert problem.d > problem.n
    w_o, w_g = pretrained(problem), golden(problem)
    assert w_o.rank == problem.n
    assert w_o.residual_norm < 1e-9
    assert metrics.test_accuracy(problem, w_o.coef) > 0.95
    # Retraining without a class never predicts it; the pretrained model always does.
    assert metrics.unlearning_accuracy(problem, w_o.coef) == 0.0
    assert metrics.unlearning_accuracy(problem, w_g.coef) == 1.0


@pytest.mark.parametrize("samples", [100, 333])
def test_fewer_samples_keep_the_share_of_every_class(samples: int) -> None:
    problem = digits(forget="random", features=30, samples=samples)
    assert problem.y_test is not None
    assert problem.X_test is not None
    assert problem.n + len(problem.y_test) == samples
    counts = problem.y.sum(axis=0) + problem.y_test.sum(axis=0)
    share = np.bincount(load_digits().target) / 1797
    assert np.abs(counts - samples * share).max() < 1.001
    # Every image is drawn at most once.
    assert len(np.unique(np.vstack([problem.X, problem.X_test]), axis=0)) == samples


def test_other_seeds_draw_other_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[int]] = []
    sample = datasets._sample

    def spy(*arguments: Any) -> Any:
        drawn.append(sample(*arguments).tolist())
        return np.array(drawn[-1])

    monkeypatch.setattr(datasets, "_sample", spy)
    for seed in (0, 1, 0):
        digits(features=5, samples=100, seed=seed)
    assert drawn[0] == drawn[2]
    assert len(set(drawn[0]) & set(drawn[1])) < 20


def test_more_samples_than_there_are_means_all() -> None:
    all_of_them, asked = digits(features=20), digits(features=20, samples=5000)
    np.testing.assert_array_equal(all_of_them.X, asked.X)
