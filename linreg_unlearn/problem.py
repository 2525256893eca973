"""The data of one unlearning question.

A :class:`Problem` holds the rows to keep, the rows to forget and their targets, retained rows
first, in float64 and read-only. Everything that computes takes one; everything that reads data
makes one. All input is checked here, so the rest of the package can trust what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linreg_unlearn.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    column_mask,
    kind,
    matrix,
    row_indices,
    target_array,
    weight_array,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.files import read_archive, read_npy_file, read_table, read_text, write_archive


@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """One unlearning question: rows to keep, rows to forget, and their targets.

    Build it with :meth:`from_arrays`, :meth:`from_npz`, :meth:`from_csv` or a generator of
    :mod:`linreg_unlearn.setups`; these check the data. The plain constructor trusts its arguments.
    Problems compare and hash by identity, so factorizations can be cached per problem.

    Attributes
    ----------
    X : ndarray of shape (n, d)
        The rows as samples, the ``n_r`` retained ones first. Read-only.
    y : ndarray of shape (n,) or (n, c)
        Targets in the order of `X`; ``c`` outputs share the same rows.
    n_f : int
        How many rows (the last ones) are to be forgotten.
    rows : ndarray of shape (n,)
        ``rows[i]`` is the index that row ``i`` of `X` had in the caller's data.
    retained_support, forget_support : ndarray of bool, shape (d,)
        Columns that may be non-zero in the retained rows and in the forget rows: as given, or the
        columns that are non-zero there.
    w_star : ndarray of shape (d,) or (d, c), or None
        The weights that generated the targets, when they are known.
    X_test, y_test : ndarray or None
        Held-out rows and targets, used by metrics only.
    name : str
        A label for tables and error messages.

    Examples
    --------
    >>> problem = Problem.from_arrays([[0, 1], [1, 0], [1, 1]], [5, 2, 3], forget=[0])
    >>> problem
    Problem('data', n_r=2, n_f=1, d=2, outputs=1)
    >>> problem.X_f, problem.y_f
    (array([[0., 1.]]), array([5.]))
    >>> problem.rows
    array([1, 2, 0])
    """

    X: FloatArray
    y: FloatArray
    n_f: int
    rows: IntArray
    retained_support: BoolArray
    forget_support: BoolArray
    w_star: FloatArray | None = None
    X_test: FloatArray | None = None
    y_test: FloatArray | None = None
    name: str = "data"

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __repr__(self) -> str:
        return (
            f"Problem({self.name!r}, n_r={self.n_r}, n_f={self.n_f}, d={self.d}, "
            f"outputs={self.outputs})"
        )

    @property
    def n(self) -> int:
        """Number of rows, retained and forget together."""
        return len(self.X)

    @property
    def n_r(self) -> int:
        """Number of retained rows."""
        return len(self.X) - self.n_f

    @property
    def d(self) -> int:
        """Number of columns (weights per output)."""
        return int(self.X.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs; 1 for one-dimensional targets."""
        return 1 if self.y.ndim == 1 else int(self.y.shape[1])

    @property
    def has_classes(self) -> bool:
        """Whether every target is one-hot: a single 1 among at least two outputs, zeros elsewhere.

        Examples
        --------
        >>> Problem.from_arrays([[1, 0], [0, 1]], [[1, 0], [0, 1]], forget=[0]).has_classes
        True
        """
        y = self.y
        if self.outputs < 2:
            return False
        return bool(np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1))

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of a weight vector: (d,), or (d, c) for two-dimensional targets."""
        return (self.d, *self.y.shape[1:])

    @property
    def X_r(self) -> FloatArray:
        """Retained rows, a view of shape (n_r, d)."""
        return self.X[: self.n_r]

    @property
    def y_r(self) -> FloatArray:
        """Retained targets, a view of shape (n_r,) or (n_r, c)."""
        return self.y[: self.n_r]

    @property
    def X_f(self) -> FloatArray:
        """Forget rows, a view of shape (n_f, d)."""
        return self.X[self.n_r :]

    @property
    def y_f(self) -> FloatArray:
        """Forget targets, a view of shape (n_f,) or (n_f, c)."""
        return self.y[self.n_r :]

    @classmethod
    def from_arrays(
        cls,
        X: ArrayLike,
        y: ArrayLike,
        *,
        forget: ArrayLike,
        retained_support: ArrayLike | None = None,
        forget_support: ArrayLike | None = None,
        X_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        w_star: ArrayLike | None = None,
        intercept: bool = False,
        name: str = "data",
    ) -> Self:
        """Check arrays and stack them, retained rows first.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Real, finite entries; rows are samples.
        y : array_like of shape (n,) or (n, c)
            Real, finite targets.
        forget : array_like
            The rows to forget: integer row indices (any order, each once) or a boolean mask of
            shape (n,). At least one row must be named and at least one must be left.
        retained_support, forget_support : array_like of shape (d,), optional
            Masks of the columns that may be non-zero in the retained and in the forget rows. A
            support that leaves out a non-zero column is refused: it would contradict the data.
            Default: the columns that are non-zero there.
        X_test, y_test : array_like of shape (m, d) and (m,) or (m, c), optional
            Held-out data; give both or neither.
        w_star : array_like of shape (d,) or (d, c), optional
            The weights that generated the targets.
        intercept : bool, default False
            Append a column of ones to `X` and `X_test`, as the last column. It counts as a weight
            like any other (its size enters minimum norms), belongs to both supports, and gets a
            zero in `w_star`.
        name : str, default "data"
            A label; ``" + intercept"`` is added to it when a column of ones is appended.

        Returns
        -------
        Problem
            With read-only copies of the arrays.

        Raises
        ------
        InputError
            An argument cannot be used; the sentence says which one, why, and what to do.

        Examples
        --------
        >>> mask = [False, True, False]
        >>> Problem.from_arrays([[1, 2], [3, 4], [5, 6]], [1, 2, 3], forget=mask).X_f
        array([[3., 4.]])
        >>> Problem.from_arrays([[1, 2], [3, 4]], [1, 2], forget=[1], intercept=True).X
        array([[1., 2., 1.],
               [3., 4., 1.]])
        >>> Problem.from_arrays([[1, 2], [3, 4]], [1, 2], forget=[2])
        Traceback (most recent call last):
            ...
        linreg_unlearn.errors.InputError: forget names row 2, but X has 2 rows: use indices from 0 to 1
        """  # noqa: E501
        X_in = matrix(X, "X")
        n, d = X_in.shape
        y_in = target_array(y, "y", n, "X")
        forget_rows = row_indices(forget, n, "forget", "X")
        if forget_rows.size == 0:
            raise InputError("forget names no row: name at least one row to forget")
        keep = np.ones(n, dtype=bool)
        keep[forget_rows] = False
        if not keep.any():
            raise InputError(
                f"forget names all {n} rows, so none is retained: leave at least one row out of it"
            )
        rows = np.concatenate([np.flatnonzero(keep), forget_rows])
        n_r = n - forget_rows.size

        stacked = np.empty((n, d + intercept))
        np.take(X_in, rows, axis=0, out=stacked[:, :d])
        active_r = np.ones(d + intercept, dtype=bool)
        active_f = np.ones(d + intercept, dtype=bool)
        active_r[:d] = _support(retained_support, "retained_support", stacked[:n_r, :d])
        active_f[:d] = _support(forget_support, "forget_support", stacked[n_r:, :d])
        stacked[:, d:] = 1.0

        test: tuple[FloatArray | None, FloatArray | None] = (None, None)
        if (X_test is None) != (y_test is None):
            given, missing = ("X_test", "y_test") if y_test is None else ("y_test", "X_test")
            raise InputError(f"{given} is given without {missing}: give both or neither")
        if X_test is not None and y_test is not None:
            test = _held_out(X_test, y_test, d, y_in.shape[1:], intercept)

        weights = None
        if w_star is not None:
            weights = np.zeros((d + intercept, *y_in.shape[1:]))
            weights[:d] = weight_array(w_star, (d, *y_in.shape[1:]), "w_star")

        return cls(
            X=stacked,
            y=y_in[rows],
            n_f=int(forget_rows.size),
            rows=rows,
            retained_support=active_r,
            forget_support=active_f,
            w_star=weights,
            X_test=test[0],
            y_test=test[1],
            name=f"{name} + intercept" if intercept else name,
        )

    @classmethod
    def from_npz(
        cls, path: str | Path, *, forget: ArrayLike | None = None, intercept: bool = False
    ) -> Self:
        """Read an ``.npz`` archive (``numpy.savez``), never unpickling anything.

        Parameters
        ----------
        path : str or Path
            An archive with the arrays ``X`` and ``y``, and ``forget`` unless it is passed here;
            ``X_test``, ``y_test``, ``retained_support``, ``forget_support``, ``w_star`` and
            ``name`` are used when present, other arrays are not read.
        forget : array_like, optional
            Row indices or a boolean mask, used instead of the array in the archive; supports in the
            archive belong to that array and are then not read.
        intercept : bool, default False
            Append a column of ones, as in :meth:`from_arrays`.

        Returns
        -------
        Problem

        Raises
        ------
        InputError
            The file is missing, damaged, not an archive, holds Python objects, declares more data
            than it has, or its arrays do not make a problem.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "toy.npz"
        >>> np.savez(path, X=[[1, 0], [1, 1]], y=[1, 2], forget=[1])
        >>> Problem.from_npz(path)
        Problem('toy', n_r=1, n_f=1, d=2, outputs=1)
        """
        path = Path(path)
        wanted = ["X", "y", "X_test", "y_test", "w_star"]
        if forget is None:
            # Stored supports belong to the stored rows to forget.
            wanted += ["forget", "retained_support", "forget_support"]
        arrays = read_archive(path, [*wanted, "name"])
        stored = arrays.pop("name", None)
        name = path.stem
        if stored is not None and stored.dtype.kind == "U" and stored.ndim == 0:
            # It came from a file and may be printed on a terminal.
            name = "".join(character for character in str(stored) if character.isprintable())[:200]
        for key in ("X", "y"):
            if key not in arrays:
                raise InputError(
                    f"{str(path)!r} holds no array {key}: save it with "
                    "numpy.savez(path, X=X, y=y, forget=rows)"
                )
        if forget is None and "forget" not in arrays:
            raise InputError(
                f"{str(path)!r} holds no array forget: save the rows to forget in it or name them "
                "separately"
            )
        X, y = arrays.pop("X"), arrays.pop("y")
        chosen = arrays.pop("forget") if forget is None else forget
        return cls.from_arrays(X, y, forget=chosen, intercept=intercept, name=name, **arrays)

    @classmethod
    def from_csv(
        cls, path: str | Path, *, forget: ArrayLike | None = None, intercept: bool = False
    ) -> Self:
        r"""Read a CSV file with a header row.

        Parameters
        ----------
        path : str or Path
            UTF-8 text. The column ``y`` (or ``y0``, ``y1``, … for several outputs) holds the
            targets, an optional column ``forget`` holds 1 for the rows to forget and 0 for the
            others; every other column is a feature. Row 0 is the first line after the header.
        forget : array_like, optional
            Row indices or a boolean mask, used instead of the column ``forget``.
        intercept : bool, default False
            Append a column of ones, as in :meth:`from_arrays`.

        Returns
        -------
        Problem

        Raises
        ------
        InputError
            The file cannot be read, a column is missing or named twice, or a cell is not a number;
            the sentence gives the line.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "toy.csv"
        >>> _ = path.write_text("age,size,y,forget\n1,0,1,0\n1,1,2,1\n")
        >>> Problem.from_csv(path).X_f
        array([[1., 1.]])
        """
        path = Path(path)
        header, table = read_table(path)
        targets = _target_columns(header, path)
        features = [j for j, title in enumerate(header) if title != "forget" and j not in targets]
        if not features:
            raise InputError(f"{str(path)!r} has no feature column: add at least one besides y")
        if forget is None:
            if "forget" not in header:
                raise InputError(
                    f"{str(path)!r} has no column forget: add one with 0 or 1 per row or name the "
                    "rows to forget separately"
                )
            flags = table[:, header.index("forget")]
            if not np.isin(flags, (0.0, 1.0)).all():
                line = int(np.flatnonzero(~np.isin(flags, (0.0, 1.0)))[0])
                raise InputError(
                    f"{str(path)!r} has {flags[line]:g} in column forget, data row {line}: use 1 "
                    "for the rows to forget and 0 for the others"
                )
            forget = flags == 1.0
        y = table[:, targets[0]] if header[targets[0]] == "y" else table[:, targets]
        return cls.from_arrays(
            table[:, features], y, forget=forget, intercept=intercept, name=path.stem
        )

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` archive that :meth:`from_npz` reads back to the same problem.

        Parameters
        ----------
        path : str or Path
            Where to write; the name is used as it is. Rows are saved in their original order.

        Raises
        ------
        InputError
            The file cannot be written.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "toy.npz"
        >>> problem = Problem.from_arrays([[1, 0], [1, 1]], [1, 2], forget=[0])
        >>> problem.save(path)
        >>> np.array_equal(Problem.from_npz(path).X, problem.X)
        True
        """
        X, y = np.empty_like(self.X), np.empty_like(self.y)
        X[self.rows], y[self.rows] = self.X, self.y
        arrays: dict[str, NDArray[Any]] = {
            "X": X,
            "y": y,
            "forget": self.rows[self.n_r :],
            "retained_support": self.retained_support,
            "forget_support": self.forget_support,
            "name": np.array(self.name),
        }
        for key in ("w_star", "X_test", "y_test"):
            if (value := getattr(self, key)) is not None:
                arrays[key] = value
        write_archive(Path(path), arrays)


def read_forget_file(path: str | Path) -> IntArray:
    r"""Read the rows to forget from a text file or an ``.npy`` file.

    Parameters
    ----------
    path : str or Path
        Text with one row index per line (from 0; empty lines and what follows ``#`` are ignored),
        or a file ending in ``.npy`` with a one-dimensional integer array.

    Returns
    -------
    ndarray of int64, shape (m,)
        The indices as written; :meth:`Problem.from_arrays` checks that they name rows.

    Raises
    ------
    InputError
        The file cannot be read, or an entry is not an integer; the sentence gives the line.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "forget.txt"
    >>> _ = path.write_text("# outliers\n3\n17  # twice measured\n")
    >>> read_forget_file(path)
    array([ 3, 17])
    """
    path = Path(path)
    if path.suffix == ".npy":
        array = read_npy_file(path)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise InputError(
                f"{str(path)!r} holds {kind(array)} of shape {array.shape}: save a "
                "one-dimensional array of integer row indices"
            )
        return _as_int64(array, path)
    rows = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            rows.append(_integer(text))
        except ValueError:
            raise InputError(
                f"{str(path)!r} has {text[:40]!r} in line {number}: write one integer row index "
                "per line"
            ) from None
    return np.array(rows, dtype=np.int64)


def _held_out(
    X_test: ArrayLike, y_test: ArrayLike, d: int, outputs: tuple[int, ...], intercept: bool
) -> tuple[FloatArray, FloatArray]:
    X_in = matrix(X_test, "X_test")
    if X_in.shape[1] != d or X_in.shape[0] == 0:
        raise InputError(
            f"X_test has shape {X_in.shape}: pass at least one row with {d} columns, as in X"
        )
    y_in = target_array(y_test, "y_test", X_in.shape[0], "X_test")
    if y_in.shape[1:] != outputs:
        raise InputError(
            f"y_test has {_outputs(y_in.shape[1:])}, but y has {_outputs(outputs)}: give both the "
            "same"
        )
    stacked = np.ones((X_in.shape[0], d + intercept))
    stacked[:, :d] = X_in
    return stacked, y_in.copy()


def _outputs(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} output column(s)" if shape else "one dimension"


def _support(value: ArrayLike | None, argument: str, X: FloatArray) -> BoolArray:
    active: BoolArray = np.asarray(X.any(axis=0))
    if value is None:
        return active
    support = column_mask(value, X.shape[1], argument)
    if (active & ~support).any():
        column = int(np.flatnonzero(active & ~support)[0])
        raise InputError(
            f"{argument} leaves out column {column}, which is non-zero in those rows: include it "
            "(an approximate mask goes to the mask option of a method)"
        )
    return support


def _as_int64(array: NDArray[Any], path: Path) -> IntArray:
    if array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise InputError(f"{str(path)!r} has row index {array.max()}: use indices from 0 on")
    return array.astype(np.int64)


def _integer(text: str) -> int:
    """Parse a row index; Python alone would accept 1_0 and numbers beyond int64."""
    value = int(text)
    if "_" in text or abs(value) > np.iinfo(np.int64).max:
        raise ValueError(text)
    return value


def _target_columns(header: list[str], path: Path) -> list[int]:
    """Return the columns of y, or of y0, y1, … in that order."""
    several = sum(title[:1] == "y" and title[1:].isdecimal() for title in header)
    if "y" in header:
        if "y0" in header:
            raise InputError(f"{str(path)!r} has both columns y and y0: keep one kind of target")
        return [header.index("y")]
    numbered = [f"y{k}" for k in range(several)]
    missing = [title for title in numbered if title not in header]
    if missing or not numbered:
        raise InputError(
            f"{str(path)!r} has no column {(missing or ['y'])[0]}: name the target column y, or "
            "y0, y1, … for several outputs"
        )
    return [header.index(title) for title in numbered]
