"""Real data turned into problems. Needs the extra ``data``."""

from __future__ import annotations

import numpy as np

from linreg_unlearn.arrays import FloatArray, IntArray, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem

# One row in five is held out; one training row in ten is forgotten at random.
_HELD_OUT = 0.2
_RANDOM_SHARE = 0.1


def digits(*, forget: str = "class:3", features: int = 2000, seed: int = 0) -> Problem:
    """Handwritten digits as a linear problem with more weights than rows.

    The 1797 images of 8×8 pixels that come with scikit-learn are mapped to random features
    ``max(0, [x, 1] G)`` with normal ``G``, so that a linear model with one-hot targets can
    interpolate them. A fifth of the images is held out, the same share of every digit.

    Parameters
    ----------
    forget : str, default "class:3"
        ``"class:0"`` to ``"class:9"``: all training images of that digit; ``"random"``: one in ten
        training images, of any digit.
    features : int, default 2000
        Number of random features ``d``. Above the 1437 training rows the model interpolates.
    seed : int, default 0
        Seed of the features, of the split and of the random choice.

    Returns
    -------
    Problem
        ``X`` of shape (1437, features), ``y`` of shape (1437, 10), and held-out ``X_test``,
        ``y_test`` of 360 rows. ``problem.rows`` counts training rows.

    Raises
    ------
    InputError
        scikit-learn is not installed, or an argument cannot be used.

    Examples
    --------
    >>> digits(forget="class:6", features=200)
    Problem('digits, class:6', n_r=1292, n_f=145, d=200, outputs=10)
    """
    width, seed = whole_number(features, "features", 1), whole_number(seed, "seed", 0)
    digit = _digit(forget)
    pixels, labels = _load()
    feature_rng, split_rng, forget_rng = np.random.default_rng(seed).spawn(3)

    # Pixels run from 0 to 16. The last input is constant, so the kinks need not meet at zero.
    inputs = np.column_stack([pixels / 16.0, np.ones(len(pixels))])
    G = feature_rng.standard_normal((inputs.shape[1], width))
    X = np.maximum(inputs @ G, 0.0) / np.sqrt(width)
    y = np.eye(10)[labels]

    train, test = _split(labels, split_rng)
    if digit is None:
        count = round(_RANDOM_SHARE * train.size)
        rows = np.sort(forget_rng.choice(train.size, size=count, replace=False))
    else:
        rows = np.flatnonzero(labels[train] == digit)
    return Problem.from_arrays(
        X[train],
        y[train],
        forget=rows,
        X_test=X[test],
        y_test=y[test],
        name=f"digits, {forget}",
    )


def _load() -> tuple[FloatArray, IntArray]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(
            "the digits come with scikit-learn, which is not installed: run "
            "pip install 'linreg-unlearn[data]'"
        ) from None
    bunch = load_digits()
    return np.asarray(bunch.data, dtype=np.float64), np.asarray(bunch.target, dtype=np.int64)


def _split(labels: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Hold out the same share of every digit, to within one image, 360 in all."""
    order = rng.permutation(labels.size)
    # Sorting the shuffled labels groups the digits; every fifth of that list is held out.
    grouped = order[np.argsort(labels[order], kind="stable")]
    held_out = np.zeros(labels.size, dtype=bool)
    held_out[grouped[:: round(1 / _HELD_OUT)]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _digit(forget: str) -> int | None:
    if forget == "random":
        return None
    kind, _, text = str(forget).partition(":")
    if kind != "class" or text not in list("0123456789"):
        raise InputError(
            f"forget is {forget!r}: pass 'class:0' to 'class:9' for all images of a digit, or "
            "'random' for one in ten"
        )
    return int(text)
