"""Random problems in the three setups of the theory.

*distinct*: retained and forget rows use different columns, ``X_r = [R 0]``, ``X_f = [0 F]``.
*overlapping*: they share some, ``X_r = [R L₁ 0]``, ``X_f = [0 L₂ F]``.
*shared*: all columns are used by all rows.

What is drawn is a dense block: ``R`` and ``F``; ``[R L₁]`` and ``[L₂ F]``; ``X``. Without further
keywords its entries are independent standard normal. With `condition` or `spectrum` it is
``U diag(s) Vᵀ`` with ``U`` and ``V`` uniformly random orthonormal; with `rank` alone it is the
product of two normal factors. Targets are ``y = X w_* + noise`` with standard normal ``w_*``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import BoolArray, FloatArray, real_number, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem


def distinct(
    n_r: int,
    n_f: int,
    d_r: int,
    d_f: int,
    *,
    condition: float | None = None,
    spectrum: ArrayLike | None = None,
    rank: int | None = None,
    noise: float = 0.0,
    outputs: int | None = None,
    seed: int = 0,
) -> Problem:
    """Draw a problem whose retained and forget rows share no column.

    Parameters
    ----------
    n_r, n_f : int
        Numbers of retained and forget rows, at least 1.
    d_r, d_f : int
        Numbers of columns used by the retained and by the forget rows, at least 1.
    condition : float, optional
        Ratio of the largest (1) to the smallest non-zero singular value of each drawn block; they
        are spaced geometrically.
    spectrum : array_like, optional
        The non-zero singular values of each drawn block instead.
    rank : int, optional
        Number of non-zero singular values of each drawn block. Default: full.
    noise : float, default 0.0
        Standard deviation of the label noise; 0 makes the targets ``X w_*`` exactly.
    outputs : int, optional
        Number of target columns. Default: one-dimensional targets.
    seed : int, default 0
        Seed of ``numpy.random.default_rng``. The rows do not depend on `noise` and `outputs`.

    Returns
    -------
    Problem
        With both supports and ``w_star``.

    Raises
    ------
    InputError
        A size, rank, spectrum or noise is impossible, or two of the keywords contradict each other.

    Examples
    --------
    >>> distinct(n_r=2, n_f=1, d_r=2, d_f=1).retained_support
    array([ True,  True, False])
    """
    n_r, n_f = whole_number(n_r, "n_r", 1), whole_number(n_f, "n_f", 1)
    d_r, d_f = whole_number(d_r, "d_r", 1), whole_number(d_f, "d_f", 1)
    rng = _generator(seed)
    X = np.zeros((n_r + n_f, d_r + d_f))
    X[:n_r, :d_r] = _block(rng, n_r, d_r, condition, spectrum, rank)
    X[n_r:, d_r:] = _block(rng, n_f, d_f, condition, spectrum, rank)
    columns = np.arange(d_r + d_f)
    return _problem(
        X,
        n_f,
        columns < d_r,
        columns >= d_r,
        noise,
        outputs,
        rng,
        f"distinct(n_r={n_r}, n_f={n_f}, d_r={d_r}, d_f={d_f}, seed={seed})",
    )


def overlapping(
    n_r: int,
    n_f: int,
    d_r: int,
    d_lap: int,
    d_f: int,
    *,
    condition: float | None = None,
    spectrum: ArrayLike | None = None,
    rank: int | None = None,
    noise: float = 0.0,
    outputs: int | None = None,
    seed: int = 0,
) -> Problem:
    """Draw a problem whose retained and forget rows share some columns.

    Parameters
    ----------
    n_r, n_f : int
        Numbers of retained and forget rows, at least 1.
    d_r, d_lap, d_f : int
        Numbers of columns used by the retained rows only, by both, and by the forget rows only.
        Each may be 0 as long as both kinds of rows have a column.
    condition, spectrum, rank, noise, outputs, seed
        As in :func:`distinct`; the drawn blocks are ``[R L₁]`` and ``[L₂ F]``.

    Returns
    -------
    Problem
        With both supports and ``w_star``.

    Raises
    ------
    InputError
        As in :func:`distinct`.

    Examples
    --------
    >>> problem = overlapping(n_r=2, n_f=1, d_r=1, d_lap=1, d_f=1)
    >>> problem.retained_support, problem.forget_support
    (array([ True,  True, False]), array([False,  True,  True]))
    """
    n_r, n_f = whole_number(n_r, "n_r", 1), whole_number(n_f, "n_f", 1)
    d_r, d_lap, d_f = (
        whole_number(value, name, 0)
        for value, name in ((d_r, "d_r"), (d_lap, "d_lap"), (d_f, "d_f"))
    )
    for other, name in ((d_r, "d_r"), (d_f, "d_f")):
        if d_lap + other == 0:
            raise InputError(f"{name} and d_lap are both 0: give the rows at least one column")
    rng = _generator(seed)
    X = np.zeros((n_r + n_f, d_r + d_lap + d_f))
    X[:n_r, : d_r + d_lap] = _block(rng, n_r, d_r + d_lap, condition, spectrum, rank)
    X[n_r:, d_r:] = _block(rng, n_f, d_lap + d_f, condition, spectrum, rank)
    columns = np.arange(d_r + d_lap + d_f)
    return _problem(
        X,
        n_f,
        columns < d_r + d_lap,
        columns >= d_r,
        noise,
        outputs,
        rng,
        f"overlapping(n_r={n_r}, n_f={n_f}, d_r={d_r}, d_lap={d_lap}, d_f={d_f}, seed={seed})",
    )


def shared(
    n_r: int,
    n_f: int,
    d: int,
    *,
    condition: float | None = None,
    spectrum: ArrayLike | None = None,
    rank: int | None = None,
    noise: float = 0.0,
    outputs: int | None = None,
    seed: int = 0,
) -> Problem:
    """Draw a problem in which all rows use all columns.

    Parameters
    ----------
    n_r, n_f : int
        Numbers of retained and forget rows, at least 1.
    d : int
        Number of columns, at least 1.
    condition, spectrum, rank, noise, outputs, seed
        As in :func:`distinct`; the drawn block is ``X``.

    Returns
    -------
    Problem
        With both supports and ``w_star``.

    Raises
    ------
    InputError
        As in :func:`distinct`.

    Examples
    --------
    >>> shared(n_r=8, n_f=2, d=30, condition=100, outputs=3)
    Problem('shared(n_r=8, n_f=2, d=30, seed=0)', n_r=8, n_f=2, d=30, outputs=3)
    """
    n_r, n_f, d = whole_number(n_r, "n_r", 1), whole_number(n_f, "n_f", 1), whole_number(d, "d", 1)
    rng = _generator(seed)
    X = _block(rng, n_r + n_f, d, condition, spectrum, rank)
    every = np.ones(d, dtype=bool)
    return _problem(
        X,
        n_f,
        every,
        every,
        noise,
        outputs,
        rng,
        f"shared(n_r={n_r}, n_f={n_f}, d={d}, seed={seed})",
    )


def random_orthonormal(rng: np.random.Generator, m: int, k: int) -> FloatArray:
    """Draw a matrix with orthonormal columns, uniformly (Haar measure).

    Parameters
    ----------
    rng : numpy.random.Generator
    m, k : int
        Shape, ``k <= m``.

    Returns
    -------
    ndarray of shape (m, k)

    Examples
    --------
    >>> Q = random_orthonormal(np.random.default_rng(0), 5, 2)
    >>> np.allclose(Q.T @ Q, np.eye(2))
    True
    """
    Q, R = np.linalg.qr(rng.standard_normal((m, k)))
    # Without the signs of R the distribution would depend on the sign convention of LAPACK.
    return np.asarray(Q * np.where(np.diag(R) < 0, -1.0, 1.0))


def _block(
    rng: np.random.Generator,
    m: int,
    k: int,
    condition: float | None,
    spectrum: ArrayLike | None,
    rank: int | None,
) -> FloatArray:
    limit = min(m, k)
    full = limit if rank is None else whole_number(rank, "rank", 1)
    if full > limit:
        raise InputError(
            f"rank is {full}, but a block of {m} rows and {k} columns has rank at most {limit}: "
            "lower it"
        )
    if spectrum is not None:
        if condition is not None or rank is not None:
            raise InputError(
                "spectrum is given together with condition or rank, which it determines: drop them"
            )
        s = _positive_values(spectrum)
        if s.size > limit:
            raise InputError(
                f"spectrum has {s.size} values, but a block of {m} rows and {k} columns has at "
                f"most {limit} singular values: shorten it"
            )
    elif condition is not None:
        s = np.geomspace(1.0, 1.0 / real_number(condition, "condition", 1), full)
    elif rank is not None:
        left = rng.standard_normal((m, full))
        return np.asarray(left @ rng.standard_normal((full, k)) / np.sqrt(full))
    else:
        return rng.standard_normal((m, k))
    U, V = random_orthonormal(rng, m, s.size), random_orthonormal(rng, k, s.size)
    return np.asarray((U * s) @ V.T)


def _problem(
    X: FloatArray,
    n_f: int,
    retained_support: BoolArray,
    forget_support: BoolArray,
    noise: float,
    outputs: int | None,
    rng: np.random.Generator,
    name: str,
) -> Problem:
    deviation = real_number(noise, "noise", 0)
    n, d = X.shape
    columns = () if outputs is None else (whole_number(outputs, "outputs", 1),)
    w_star = rng.standard_normal((d, *columns))
    y = X @ w_star
    if deviation:
        y += deviation * rng.standard_normal(y.shape)
    return Problem.from_arrays(
        X,
        y,
        forget=np.arange(n - n_f, n),
        retained_support=retained_support,
        forget_support=forget_support,
        w_star=w_star,
        name=name,
    )


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(whole_number(seed, "seed", 0))


def _positive_values(value: ArrayLike) -> FloatArray:
    try:
        s = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        s = np.empty(0)
    if s.ndim != 1 or s.size == 0 or not (np.isfinite(s) & (s > 0)).all():
        raise InputError("spectrum is not a list of positive singular values: pass at least one")
    return s
