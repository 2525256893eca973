"""Real data turned into problems. Needs the extra ``data``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import numpy as np

from linreg_unlearn.arrays import FloatArray, IntArray, real_array, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem

# One row in five is held out; one training row in ten is forgotten at random.
_HELD_OUT = 0.2
_RANDOM_SHARE = 0.1

# Fewer rows per class than this, on average, and the target is no class but a number or a name.
_ROWS_PER_CLASS = 10


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled rows of numbers, from which :meth:`problem` draws problems.

    Attributes
    ----------
    name : str
        For titles.
    inputs : ndarray of shape (m, k)
        One row per sample, scaled to the range from 0 to 1.
    labels : ndarray of int, shape (m,)
        The class of every row, as a position in `classes`.
    classes : tuple of str
        The names of the classes.

    Examples
    --------
    >>> data = load("digits")
    >>> data.inputs.shape, data.classes[:3]
    ((1797, 64), ('0', '1', '2'))
    """

    name: str
    inputs: FloatArray
    labels: IntArray
    classes: tuple[str, ...]

    def problem(
        self,
        *,
        forget: str = "random",
        features: int = 2000,
        samples: int = 2000,
        seed: int = 0,
    ) -> Problem:
        """Return a linear problem on random features of these rows.

        The inputs ``x`` are mapped to ``max(0, [x, 1] G)/√d`` with normal ``G``, so that a linear
        model with one-hot targets can interpolate them. A fifth of the rows is held out, the same
        share of every class.

        Parameters
        ----------
        forget : str, default "random"
            ``"class:3"``: all training rows of the class that is called 3; ``"random"``: one in ten
            training rows, of any class.
        features : int, default 2000
            Number of random features ``d``. Above the number of training rows the model
            interpolates.
        samples : int, default 2000
            Use at most so many rows, drawn with the same share of every class.
        seed : int, default 0
            Seed of the features, of the split and of the random choices.

        Returns
        -------
        Problem
            ``X`` of shape (n, features), ``y`` of shape (n, c), and held-out ``X_test``,
            ``y_test``. ``problem.rows`` counts training rows.

        Raises
        ------
        InputError
            An argument cannot be used, or leaves nothing to forget or to retain.

        Examples
        --------
        >>> load("digits").problem(forget="random", features=300, samples=200)
        Problem('digits, random', n_r=144, n_f=16, d=300, outputs=10)
        """
        width, seed = whole_number(features, "features", 1), whole_number(seed, "seed", 0)
        chosen = self._class(forget)
        feature_rng, split_rng, forget_rng, sample_rng = np.random.default_rng(seed).spawn(4)
        inputs, labels = self.inputs, self.labels
        most = whole_number(samples, "samples", 1)
        if most < labels.size:
            drawn = _sample(labels, most, sample_rng)
            inputs, labels = inputs[drawn], labels[drawn]

        # The last input is constant, so the kinks need not meet at zero.
        inputs = np.column_stack([inputs, np.ones(len(inputs))])
        G = feature_rng.standard_normal((inputs.shape[1], width))
        X = np.maximum(inputs @ G, 0.0) / np.sqrt(width)
        y = np.eye(len(self.classes))[labels]

        train, test = _split(labels, split_rng)
        if chosen is None:
            count = round(_RANDOM_SHARE * train.size)
            rows = np.sort(forget_rng.choice(train.size, size=count, replace=False))
        else:
            rows = np.flatnonzero(labels[train] == chosen)
        if not 0 < rows.size < train.size:
            raise InputError(
                f"forget is {forget!r}, which is {rows.size} of the {train.size} training rows of "
                f"{self.name}: use more samples or forget something else"
            )
        return Problem.from_arrays(
            X[train],
            y[train],
            forget=rows,
            X_test=X[test],
            y_test=y[test],
            name=f"{self.name}, {forget}",
        )

    def _class(self, forget: str) -> int | None:
        """Return the position of the class to forget, or None for random rows."""
        if forget == "random":
            return None
        kind, _, label = str(forget).partition(":")
        if kind != "class" or label not in self.classes:
            if self.classes == tuple(str(i) for i in range(len(self.classes))):
                known = f"'class:0' to 'class:{len(self.classes) - 1}'"
            else:
                known = f"'class:' and one of {_listed(self.classes)}"
            raise InputError(
                f"forget is {forget!r}: pass {known} for all rows of a class, or 'random' for one "
                "row in ten"
            )
        if len(self.classes) < 3:
            raise InputError(
                f"forget is {forget!r}, but {self.name} has only {len(self.classes)} classes, and "
                "a class can be forgotten where at least two others remain: forget 'random' or "
                "choose other data"
            )
        return self.classes.index(label)


def digits(
    *, forget: str = "class:3", features: int = 2000, samples: int = 2000, seed: int = 0
) -> Problem:
    """Handwritten digits as a linear problem with more weights than rows.

    The 1797 images of 8×8 pixels that come with scikit-learn, as :meth:`Dataset.problem` makes a
    problem of them.

    Parameters
    ----------
    forget : str, default "class:3"
        ``"class:0"`` to ``"class:9"``: all training images of that digit; ``"random"``: one in ten
        training images, of any digit.
    features : int, default 2000
        Number of random features ``d``. Above the 1437 training rows the model interpolates.
    samples : int, default 2000
        Use at most so many of the images; by default all.
    seed : int, default 0
        Seed of the features, of the split and of the random choices.

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
    return load("digits").problem(forget=forget, features=features, samples=samples, seed=seed)


def load(dataset: str) -> Dataset:
    """Return the data set of that name.

    Parameters
    ----------
    dataset : str
        ``"digits"``, which come with scikit-learn; or ``"openml:NAME"`` for data that scikit-learn
        fetches from openml.org (the oldest active version) and keeps in its own cache. Every column
        of those is scaled to the range from 0 to 1.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        The name is unknown, scikit-learn is not installed, or the data cannot be fetched or are no
        classification data with numeric columns.

    Examples
    --------
    >>> load("letters")
    Traceback (most recent call last):
        ...
    linreg_unlearn.errors.InputError: 'letters' is no data set: pass 'digits' or 'openml:NAME' ...
    """
    source, separator, name = str(dataset).partition(":")
    if dataset == "digits":
        bunch = _import("load_digits")()
        # Pixels run from 0 to 16.
        return Dataset(
            name="digits",
            inputs=np.asarray(bunch.data, dtype=np.float64) / 16.0,
            labels=np.asarray(bunch.target, dtype=np.int64),
            classes=tuple("0123456789"),
        )
    if source == "openml" and separator and name.strip():
        return _openml(name.strip())
    raise InputError(
        f"{dataset!r} is no data set: pass 'digits' or 'openml:NAME' with a name from openml.org"
    )


def _import(loader: str) -> Any:
    try:
        import sklearn.datasets
    except ImportError:
        raise InputError(
            "the data sets come with scikit-learn, which is not installed: run "
            "pip install 'linreg-unlearn[data]'"
        ) from None
    return getattr(sklearn.datasets, loader)


def _openml(name: str) -> Dataset:
    bunch = _fetched(name)
    title = f"openml:{name}"
    columns = [str(column) for column in bunch.feature_names]
    raw: Any = bunch.data
    data = np.asarray(raw.toarray() if hasattr(raw, "toarray") else raw)
    # With this parser a column of words arrives as the numbers of its words.
    words = sorted(set(bunch.categories or {}) & set(columns), key=columns.index)
    if words or data.dtype.kind not in "biuf":
        which = f" ({_listed(words)})" if words else ""
        raise _not_numeric(title, which)
    if data.ndim != 2 or data.shape[1] == 0:
        raise InputError(f"{title} has no numeric columns: choose other data")
    data = data.astype(np.float64)
    missing = np.flatnonzero(np.isnan(data).any(axis=0))
    if missing.size:
        raise InputError(
            f"{title} has missing values, in {_listed([columns[i] for i in missing])}: choose data "
            "without any"
        )
    labels, classes = _classes(title, bunch.target)
    return Dataset(title, _unit_range(real_array(data, f"the data of {title}")), labels, classes)


def _fetched(name: str) -> Any:
    fetch = _import("fetch_openml")
    try:
        with warnings.catch_warnings():
            # That there are several versions, or that a download is tried again.
            warnings.simplefilter("ignore", UserWarning)
            # This combination needs no pandas.
            return fetch(name, as_frame=False, parser="liac-arff")
    except (OSError, ValueError, KeyError, HTTPException) as error:
        if "STRING attributes" in str(error):
            raise _not_numeric(f"openml:{name}", "") from None
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise InputError(
            f"openml:{name} could not be fetched ({reason}): check the name on openml.org and that "
            "this machine reaches it"
        ) from None


def _not_numeric(title: str, which: str) -> InputError:
    return InputError(f"{title} has columns that are not numeric{which}: choose numeric data")


def _classes(title: str, target: Any) -> tuple[IntArray, tuple[str, ...]]:
    """Return the position of every row's class and the names of the classes, in order."""
    target = np.asarray([] if target is None else target)
    if target.ndim != 1 or target.size == 0:
        raise InputError(f"{title} does not have one target column: choose classification data")
    if target.dtype.kind in "iuf":
        numbers = target.astype(np.float64)
        if not np.isfinite(numbers).all() or np.any(numbers != np.round(numbers)):
            raise InputError(f"{title} has numbers as targets, not classes: choose other data")
        values, labels = np.unique(numbers, return_inverse=True)
        names = [f"{value:.0f}" for value in values]
    else:
        if any(value is None for value in target.tolist()):
            raise InputError(f"{title} has rows without a class: choose data where all have one")
        values, labels = np.unique(target.astype(str), return_inverse=True)
        names = [str(value) for value in values]
    if len(names) < 2:
        raise InputError(
            f"{title} has {len(names)} class, and at least 2 are needed: choose other data"
        )
    if len(names) * _ROWS_PER_CLASS > target.size:
        raise InputError(
            f"{title} has {len(names)} classes for {target.size} rows: choose data with at least "
            f"{_ROWS_PER_CLASS} rows per class"
        )
    return labels.astype(np.int64), tuple(names)


def _unit_range(data: FloatArray) -> FloatArray:
    """Scale every column to the range from 0 to 1; a constant column becomes 0."""
    least = data.min(axis=0)
    width = data.max(axis=0) - least
    scaled: FloatArray = (data - least) / np.where(width > 0, width, 1.0)
    return scaled


def _sample(labels: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Draw rows with the same share of every class, to within one row."""
    grouped = _grouped(labels, rng)
    return np.sort(grouped[np.arange(count) * labels.size // count])


def _split(labels: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Hold out one row in five, the same share of every class, to within one row."""
    held_out = np.zeros(labels.size, dtype=bool)
    held_out[_grouped(labels, rng)[:: round(1 / _HELD_OUT)]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _grouped(labels: IntArray, rng: np.random.Generator) -> IntArray:
    """Return the rows class by class, shuffled within each."""
    order = rng.permutation(labels.size)
    grouped: IntArray = order[np.argsort(labels[order], kind="stable")]
    return grouped


def _listed(names: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
