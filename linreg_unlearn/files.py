"""Reading and writing files, so that no file can do more harm than being refused.

Nothing is ever unpickled. What a file declares about itself is compared with what it holds before
memory is set aside for it. Whatever goes wrong becomes one sentence: on hostile bytes the standard
library and NumPy raise nearly everything there is, down to the errors of Python's tokenizer, so
what they raise is caught as a whole.
"""

from __future__ import annotations

import contextlib
import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError

# An archive member that unpacks to more than this AND is smaller by more than this factor in the
# file is refused: real numbers do not compress so well, a file made to fill the memory does.
BOMB_BYTES = 2**30
BOMB_RATIO = 100


def read_archive(path: Path, wanted: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read some arrays of an ``.npz`` archive.

    Parameters
    ----------
    path : Path
    wanted : sequence of str
        Names of the arrays to read; those that the archive lacks are left out.

    Returns
    -------
    dict
        Name to array.

    Raises
    ------
    InputError
        The file is not a readable archive, or an array in it is not what it says.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npz"
    >>> np.savez(path, X=[1, 2], other=3)
    >>> read_archive(path, ["X", "y"])
    {'X': array([1, 2])}
    """
    with _open_regular(path) as file, _archive(file, path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        present = [(key, members.get(f"{key}.npy")) for key in wanted]
        return {key: _read_member(archive, info, key, path) for key, info in present if info}


def write_archive(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an ``.npz`` archive under exactly this name.

    Parameters
    ----------
    path : Path
    arrays : mapping of str to ndarray
        Plain data, no Python objects.

    Raises
    ------
    InputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a"
    >>> write_archive(path, {"X": np.array([1, 2])})
    >>> read_archive(path, ["X"])
    {'X': array([1, 2])}
    """
    try:
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be written ({_reason(error)}): choose another path"
        ) from None


def read_npy_file(path: Path) -> NDArray[Any]:
    """Read an ``.npy`` file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ndarray

    Raises
    ------
    InputError
        The file cannot be read, or is not what it says.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npy"
    >>> np.save(path, [1, 2])
    >>> read_npy_file(path)
    array([1, 2])
    """
    with _open_regular(path) as file:
        return _read_npy(file, path.stat().st_size, "the array", path)


def read_text(path: Path) -> str:
    """Read a UTF-8 text file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        Without a byte order mark.

    Raises
    ------
    InputError
        The file cannot be read or is not UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("words")
    >>> read_text(path)
    'words'
    """
    with _open_regular(path) as file:
        try:
            return file.read().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError, MemoryError):
            raise InputError(f"{str(path)!r} is not UTF-8 text: save it as UTF-8") from None


def read_table(path: Path) -> tuple[list[str], FloatArray]:
    r"""Read a CSV file with a header row and numbers below it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    header : list of str
        Distinct names of the columns.
    table : ndarray of shape (rows, columns)

    Raises
    ------
    InputError
        The file cannot be read, or is not such a table; the sentence gives line and column.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("a,b\n1,2\n")
    >>> read_table(path)
    (['a', 'b'], array([[1., 2.]]))
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        header = [title.strip() for title in next(reader, [])]
        if not any(header):
            raise InputError(f"{str(path)!r} is empty: write a header row and one row per sample")
        for j, title in enumerate(header):
            if not title:
                raise InputError(
                    f"{str(path)!r} has no name for column {j + 1}: name every column in the first "
                    "line"
                )
            if title in header[:j]:
                raise InputError(
                    f"{str(path)!r} has two columns named {title[:40]!r}: name each column once"
                )
        table = []
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{str(path)!r} has {len(cells)} cells in line {reader.line_num} but "
                    f"{len(header)} columns: fill every cell"
                )
            row = []
            for title, cell in zip(header, cells, strict=True):
                try:
                    row.append(_number(cell))
                except ValueError:
                    raise InputError(
                        f"{str(path)!r} has {cell[:40]!r} in line {reader.line_num}, column "
                        f"{title[:40]!r}: write a number"
                    ) from None
            table.append(row)
    except csv.Error as error:
        raise InputError(
            f"{str(path)!r} is not a table ({error} in line {reader.line_num}): save it as CSV"
        ) from None
    if not table:
        raise InputError(f"{str(path)!r} has a header but no rows: write one row per sample")
    return header, np.array(table)


def _reason(error: BaseException) -> str:
    """Say in a few words why reading or writing failed."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, MemoryError):
        return "it does not fit in memory"
    return "it is damaged or of another format"


@contextlib.contextmanager
def _open_regular(path: Path) -> Iterator[IO[bytes]]:
    """Open an ordinary file; a pipe or a device could be read for ever."""
    try:
        if not path.exists():
            raise InputError(f"{str(path)!r} does not exist: check the path")
        if not path.is_file():
            what = "a directory" if path.is_dir() else "not an ordinary file"
            raise InputError(f"{str(path)!r} is {what}: pass the path of a file")
        file = path.open("rb")
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be read ({_reason(error)}): check its permissions"
        ) from None
    with file:
        yield file


@contextlib.contextmanager
def _archive(file: IO[bytes], path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except Exception:
        raise InputError(
            f"{str(path)!r} is not a complete .npz archive: write it with numpy.savez(path, X=X, "
            "y=y, forget=rows)"
        ) from None
    with archive:
        yield archive


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, key: str, path: Path
) -> NDArray[Any]:
    if info.file_size > BOMB_BYTES and info.file_size > BOMB_RATIO * max(info.compress_size, 1):
        raise InputError(
            f"{key} in {str(path)!r} unpacks to {info.file_size} bytes from {info.compress_size}: "
            "if this is meant, save it uncompressed with numpy.savez"
        )
    try:
        with archive.open(info) as member:
            return _read_npy(member, info.file_size, key, path)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{key} in {str(path)!r} cannot be read ({_reason(error)}): write the file again"
        ) from None


def _read_npy(file: IO[bytes], size: int, key: str, path: Path) -> NDArray[Any]:
    """Read one array in .npy format that takes `size` bytes in all.

    The header comes first, and nothing it says is believed before it agrees with the size.
    """
    try:
        # numpy warns about headers written by Python 2; such a file is read all the same.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = npy.read_magic(file)
            header = {
                (1, 0): npy.read_array_header_1_0,
                (2, 0): npy.read_array_header_2_0,
            }[version](file)
            shape, fortran, dtype = header
            if dtype.hasobject:
                raise InputError(
                    f"{key} in {str(path)!r} holds Python objects, which are never unpickled: save "
                    "plain numbers"
                )
            declared = dtype.itemsize
            for length in shape:
                declared *= int(length)
            if declared != size - file.tell() or min(shape, default=0) < 0:
                raise InputError(
                    f"{key} in {str(path)!r} declares shape {shape}, which is not what the file "
                    "holds: write the file again"
                )
            data = file.read(declared)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{key} in {str(path)!r} cannot be read ({_reason(error)}): write the file again"
        ) from None
    if len(data) != declared:
        raise InputError(f"{key} in {str(path)!r} is cut off: write the file again")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _number(text: str) -> float:
    """Parse a cell; Python alone would accept 1_0."""
    if "_" in text:
        raise ValueError(text)
    return float(text)
