"""What may come in: numbers, masks and row indices, checked once and named when refused."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linreg_unlearn.errors import InputError

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

# Sums of squares of such entries stay below the largest float64 (1.8e308) for every array that
# fits in memory, so no loss and no Gram matrix can overflow.
LARGEST_ENTRY = 1e145


def real_array(value: ArrayLike, argument: str) -> FloatArray:
    """Turn array-like data into finite float64, copying only when it has to.

    Parameters
    ----------
    value : array_like
        Any shape.
    argument : str
        Name of the argument, for the error sentence.

    Returns
    -------
    ndarray of float64
        May share memory with `value`.

    Raises
    ------
    InputError
        Ragged, not real numbers, masked, NaN, infinite, or too large to be squared.

    Examples
    --------
    >>> real_array([1, 2], "y")
    array([1., 2.])
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise InputError(f"{argument} has masked entries: fill them or drop their rows")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise InputError(
            f"{argument} is not a rectangular array of numbers: make all rows equally long"
        ) from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"{argument} holds {kind(array)}: pass real numbers")
    # A long double beyond the range becomes infinite here and is named below.
    with np.errstate(over="ignore"):
        array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(
            f"{argument} has a NaN or infinite entry (the first at index "
            f"{where[0] if len(where) == 1 else where}): drop or fill such rows"
        )
    if array.size and np.abs(array).max() > LARGEST_ENTRY:
        raise InputError(
            f"{argument} has an entry beyond {LARGEST_ENTRY:g}, whose square overflows: rescale "
            "the data"
        )
    return array


def matrix(value: ArrayLike, argument: str) -> FloatArray:
    """Turn rows of samples into finite float64 of shape (n, d) with ``d >= 1``.

    Parameters
    ----------
    value : array_like of shape (n, d)
    argument : str
        Name of the argument, for the error sentence.

    Returns
    -------
    ndarray of float64
        May share memory with `value`.

    Raises
    ------
    InputError
        As :func:`real_array`, or another shape.

    Examples
    --------
    >>> matrix([[1, 2]], "X")
    array([[1., 2.]])
    """
    array = real_array(value, argument)
    if array.ndim != 2:
        raise InputError(
            f"{argument} has {array.ndim} dimension(s), not 2: pass one row per sample, shape "
            "(n, d)"
        )
    if array.shape[1] == 0:
        raise InputError(f"{argument} has no columns: pass at least one feature")
    return array


def target_array(value: ArrayLike, argument: str, n: int, of: str) -> FloatArray:
    """Turn targets into finite float64 of shape (n,) or (n, c).

    Parameters
    ----------
    value : array_like of shape (n,) or (n, c)
    argument, of : str
        Names of the argument and of the rows it belongs to, for the error sentence.
    n : int
        How many rows there are.

    Returns
    -------
    ndarray of float64
        May share memory with `value`.

    Raises
    ------
    InputError
        As :func:`real_array`, or another shape.

    Examples
    --------
    >>> target_array([[1], [2]], "y", 2, "X").shape
    (2, 1)
    """
    array = real_array(value, argument)
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] == 0):
        raise InputError(
            f"{argument} has shape {array.shape}: pass one target per row, shape (n,), or one "
            "column per output, shape (n, c)"
        )
    if array.shape[0] != n:
        raise InputError(
            f"{argument} has {array.shape[0]} rows but {of} has {n}: pass one target per row"
        )
    return array


def row_indices(value: ArrayLike, size: int, argument: str, of: str) -> IntArray:
    """Turn row indices or a boolean mask into distinct indices, in the order given.

    Parameters
    ----------
    value : array_like
        Integers from 0 to ``size - 1``, each at most once, or a boolean mask of shape (size,).
        May be empty.
    size : int
        How many rows there are.
    argument, of : str
        Names of the argument and of the rows it points into, for the error sentence.

    Returns
    -------
    ndarray of int64
        The indices; a mask gives them in increasing order.

    Raises
    ------
    InputError
        Not one-dimensional, not integers, out of range, repeated, or a mask of another length.

    Examples
    --------
    >>> row_indices([2, 0], 3, "rows", "X")
    array([2, 0])
    >>> row_indices([True, False, True], 3, "rows", "X")
    array([0, 2])
    """
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        array = np.empty(0, dtype=object)
    if array.ndim != 1:
        raise InputError(
            f"{argument} has {array.ndim} dimension(s), not 1: pass a list of row indices or a "
            "boolean mask"
        )
    if array.dtype == np.bool_:
        if array.size != size:
            raise InputError(
                f"{argument} is a mask of length {array.size}, but {of} has {size} rows: pass one "
                "flag per row or row indices"
            )
        return np.flatnonzero(array).astype(np.int64)
    if array.size == 0 and array.dtype != np.dtype(object):
        return np.empty(0, dtype=np.int64)
    if array.dtype.kind not in "iu":
        raise InputError(
            f"{argument} holds {kind(array)}, not row numbers: pass integer row indices or a "
            "boolean mask"
        )
    outside = array[(array < 0) | (array >= size)]
    if outside.size:
        raise InputError(
            f"{argument} names row {outside[0]}, but {of} has {size} rows: use indices from 0 to "
            f"{size - 1}"
        )
    values, counts = np.unique(array, return_counts=True)
    if (counts > 1).any():
        raise InputError(
            f"{argument} names row {values[counts > 1][0]} more than once: name each row once (a "
            "mask must be boolean, not 0 and 1)"
        )
    return array.astype(np.int64)


def column_mask(value: ArrayLike, d: int, argument: str) -> BoolArray:
    """Turn a mask of the columns into booleans.

    Parameters
    ----------
    value : array_like of shape (d,)
        Booleans, or numbers that are all 0 or 1.
    d : int
        How many columns there are.
    argument : str
        Name of the argument, for the error sentence.

    Returns
    -------
    ndarray of bool, shape (d,)

    Raises
    ------
    InputError
        Another shape, or an entry other than 0 and 1.

    Examples
    --------
    >>> column_mask([1, 0, 1], 3, "mask")
    array([ True, False,  True])
    """
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        array = np.empty(0, dtype=object)
    if array.shape != (d,):
        raise InputError(
            f"{argument} has shape {array.shape}, but there are {d} columns: pass one flag per "
            "column"
        )
    if array.dtype == np.bool_:
        return array.copy()
    if array.dtype.kind not in "iuf" or not np.isin(array, (0, 1)).all():
        raise InputError(
            f"{argument} has entries other than 0 and 1: pass True for every column to keep and "
            "False for the others"
        )
    return array.astype(np.bool_)


def weight_array(value: ArrayLike, shape: tuple[int, ...], argument: str) -> FloatArray:
    """Turn weights into finite float64 of one given shape.

    Parameters
    ----------
    value : array_like
    shape : tuple of int
        (d,) or (d, c).
    argument : str
        Name of the argument, for the error sentence.

    Returns
    -------
    ndarray of float64
        May share memory with `value`.

    Raises
    ------
    InputError
        As :func:`real_array`, or another shape.

    Examples
    --------
    >>> weight_array([1, 2], (2,), "start")
    array([1., 2.])
    """
    array = real_array(value, argument)
    if array.shape != shape:
        raise InputError(
            f"{argument} has shape {array.shape}, but the data asks for {shape}: pass one weight "
            "per column and output"
        )
    return array


def real_number(value: object, argument: str, least: float) -> float:
    """Turn a finite real number that is at least `least` into a float.

    Parameters
    ----------
    value : float
    argument : str
        Name of the argument, for the error sentence.
    least : float
        Smallest value allowed.

    Returns
    -------
    float

    Raises
    ------
    InputError
        Not a number, not finite, or too small.

    Examples
    --------
    >>> real_number(2, "condition", 1)
    2.0
    """
    number = float(value) if isinstance(value, Real) else math.nan
    if not (math.isfinite(number) and number >= least):
        raise InputError(
            f"{argument} is {value!r}: pass a finite number that is at least {least:g}"
        )
    return number


def share_of_one(value: object, argument: str) -> float:
    """Turn a real number from 0 to 1 into a float.

    Parameters
    ----------
    value : float
    argument : str
        Name of the argument, for the error sentence.

    Returns
    -------
    float

    Raises
    ------
    InputError
        Not a number, not finite, or out of range.

    Examples
    --------
    >>> share_of_one(1, "kept")
    1.0
    """
    number = real_number(value, argument, 0)
    if number > 1:
        raise InputError(f"{argument} is {number:g}: pass a number from 0 to 1")
    return number


def whole_number(value: int, argument: str, least: int) -> int:
    """Turn an integer of any kind into an int that is at least `least`.

    Parameters
    ----------
    value : int
        NumPy integers too; neither floats nor text.
    argument : str
        Name of the argument, for the error sentence.
    least : int
        Smallest value allowed.

    Returns
    -------
    int

    Raises
    ------
    InputError
        Not an integer, or too small.

    Examples
    --------
    >>> whole_number(3, "outputs", 1)
    3
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(f"{argument} is {value!r}: pass a whole number") from None
    if number < least:
        raise InputError(f"{argument} is {number}: pass a whole number that is at least {least}")
    return number


def kind(array: NDArray[Any]) -> str:
    """Name what an array holds, for an error sentence.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    str

    Examples
    --------
    >>> kind(np.array([1.5]))
    'decimal numbers'
    """
    names = {"b": "booleans", "i": "integers", "u": "integers", "f": "decimal numbers"}
    names |= {"c": "complex numbers", "U": "text", "S": "text", "O": "Python objects"}
    return names.get(array.dtype.kind, f"data of type {array.dtype}")
