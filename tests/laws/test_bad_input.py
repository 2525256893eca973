"""Bad input gets one clear sentence that names the argument and says what to do.

The table below reaches every sentence of these modules; the last test reads their source to see
that none is missing.
"""

import ast
import importlib
import inspect
import io
import os
import struct
import sys
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings

from linreg_unlearn import files, metrics
from linreg_unlearn.arrays import share_of_one
from linreg_unlearn.datasets import digits
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.leave_block_out import leave_block_out, leave_blocks_out
from linreg_unlearn.methods.fine_tuning import fine_tuned
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.problem import Problem, read_forget_file
from linreg_unlearn.setups import distinct, overlapping, shared
from linreg_unlearn.testing.problems import problems

MODULES = [
    "arrays",
    "files",
    "problem",
    "setups",
    "metrics",
    "linalg.factorization",
    "linalg.sharing",
    "linalg.leave_block_out",
    "methods.fine_tuning",
    "methods.masking",
    "testing.problems",
]

Case = Callable[[Path], object]

X = np.arange(6.0).reshape(3, 2) + np.eye(3, 2)
y = np.arange(3.0)


def build(X: Any = X, y: Any = y, forget: Any = (0,), **more: Any) -> Case:
    return lambda _: Problem.from_arrays(X, y, forget=forget, **more)


def call(function: Callable[..., object], *args: Any, **more: Any) -> Case:
    return lambda _: function(*args, **more)


def npz(**arrays: Any) -> Case:
    def case(folder: Path) -> object:
        np.savez(folder / "a.npz", **arrays)
        return Problem.from_npz(folder / "a.npz")

    return case


def written(content: str | bytes, read: Callable[[Path], object], name: str = "a.csv") -> Case:
    def case(folder: Path) -> object:
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
        return read(folder / name)

    return case


def csv(content: str | bytes) -> Case:
    return written(content, Problem.from_csv)


def rows_file(content: str | bytes) -> Case:
    return written(content, read_forget_file, "rows.txt")


def saved_rows(array: Any) -> Case:
    def case(folder: Path) -> object:
        np.save(folder / "rows.npy", array)
        return read_forget_file(folder / "rows.npy")

    return case


def missing(folder: Path) -> object:
    return Problem.from_npz(folder / "none.npz")


def directory(folder: Path) -> object:
    return Problem.from_csv(folder)


def device(_: Path) -> object:
    # Unlike a pipe it ends at once, so the test fails rather than waits when it is read.
    return Problem.from_npz(os.devnull)


def forbidden(folder: Path) -> object:
    (folder / "a.npz").touch()
    with patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied")):
        return Problem.from_npz(folder / "a.npz")


def too_long_a_name(folder: Path) -> object:
    return Problem.from_npz(folder / ("a" * 300))


def unwritable(folder: Path) -> object:
    shared(2, 1, 3).save(folder / "no" / "such" / "folder.npz")
    return None


def without_scikit_learn(_: Path) -> object:
    with patch.dict(sys.modules, {"sklearn.datasets": None}):
        return digits()


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array))
    return buffer.getvalue()


def member(data: bytes, alter: Callable[[bytearray], None] | None = None) -> Case:
    """Read an archive whose X.npy holds these bytes, its file altered afterwards."""

    def case(folder: Path) -> object:
        path = folder / "a.npz"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("X.npy", data)
            archive.writestr("y.npy", npy_bytes(y))
        content = bytearray(path.read_bytes())
        if alter is not None:
            alter(content)
        path.write_bytes(content)
        return Problem.from_npz(path, forget=[0])

    return case


def say_encrypted(content: bytearray) -> None:
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1


def say_longer(content: bytearray) -> None:
    """Let the directory of the archive claim 64 bytes more than are there."""
    at = content.index(b"PK\x01\x02") + 24
    (size,) = struct.unpack_from("<I", content, at)
    struct.pack_into("<I", content, at, size + 64)


def bomb(folder: Path) -> object:
    np.savez_compressed(folder / "a.npz", X=np.zeros((3, 100_000)), y=y, forget=[0])
    with patch.object(files, "BOMB_BYTES", 2**20):
        return Problem.from_npz(folder / "a.npz")


# A header that promises 80 GB, of the same length.
HUGE = npy_bytes(X).replace(b"(3, 2), }         ", b"(9999999999,), }  ")


def too_few_features(_: Path) -> object:
    @settings(max_examples=1, database=None)
    @given(problems(setup="overlapping", max_features=2))
    def draw(problem: Problem) -> None:
        raise AssertionError

    return draw()


def rank_lowered(X: Any) -> Case:
    return lambda _: leave_block_out(Problem.from_arrays(X, np.ones(len(X)), forget=[len(X) - 1]))


one_output = shared(2, 1, 3)
classes = shared(2, 1, 3, outputs=2)
ragged: Any = [[1, 2], [3]]

TABLE: list[tuple[Case, str]] = [
    # arrays
    (build(np.ma.masked_array(X, X > 3)), "X has masked entries: fill them"),
    (build(ragged), "X is not a rectangular array of numbers: make all rows equally long"),
    (build(X + 1j), "X holds complex numbers: pass real numbers"),
    (build(X.astype(str)), "X holds text"),
    (build(y=[None, 1, 2]), "y holds Python objects"),
    (build(y=np.array(["2020-01-01"] * 3, dtype="datetime64")), "y holds data of type datetime64"),
    (build(np.where(X > 4, np.nan, X)), "X has a NaN or infinite entry (the first at index (2, 1)"),
    (build(y=[0, np.inf, 0]), "y has a NaN or infinite entry (the first at index 1): drop or fill"),
    (build(X * 1e150), "X has an entry beyond 1e+145, whose square overflows: rescale the data"),
    (build(y), "X has 1 dimension(s), not 2: pass one row per sample"),
    (build(X[None]), "X has 3 dimension(s), not 2"),
    (build(np.zeros((3, 0))), "X has no columns: pass at least one feature"),
    (build(y=1.0), "y has shape (): pass one target per row"),
    (build(y=np.zeros((3, 0))), "y has shape (3, 0): pass one target per row"),
    (build(y=y[:2]), "y has 2 rows but X has 3: pass one target per row"),
    (build(y=y[None]), "y has 1 rows but X has 3"),
    # row indices and masks
    (build(forget=1), "forget has 0 dimension(s), not 1: pass a list of row indices or a boolean"),
    (build(forget=[[1]]), "forget has 2 dimension(s), not 1"),
    (build(forget=[True, False]), "forget is a mask of length 2, but X has 3 rows: pass one flag"),
    (build(forget=[0.0]), "forget holds decimal numbers, not row numbers: pass integer row ind"),
    (build(forget=["0"]), "forget holds text, not row numbers"),
    (build(forget=[None]), "forget holds Python objects, not row numbers"),
    (build(forget=ragged), "forget holds Python objects, not row numbers"),
    (build(forget=[3]), "forget names row 3, but X has 3 rows: use indices from 0 to 2"),
    (build(forget=[-1]), "forget names row -1, but X has 3 rows: use indices from 0 to 2"),
    (build(forget=[0, 2, 0]), "forget names row 0 more than once: name each row once"),
    (build(forget=[1, 1, 0]), "(a mask must be boolean, not 0 and 1)"),
    (build(forget=[]), "forget names no row: name at least one row to forget"),
    (build(forget=[False] * 3), "forget names no row"),
    (build(forget=[0, 1, 2]), "forget names all 3 rows, so none is retained: leave at least one"),
    (build(np.zeros((0, 2)), [], []), "forget names no row"),
    (call(fine_tuned, one_output, rows=[2]), "rows names row 2, but the retained data has 2 rows"),
    (call(retain_mask, one_output, rows=[0.5]), "rows holds decimal numbers, not row numbers"),
    (call(retain_mask, one_output, mask=[1, 0]), "mask has shape (2,), but there are 3 columns"),
    (call(retain_mask, one_output, mask=ragged), "mask has shape (0,), but there are 3 columns"),
    (call(forget_mask, one_output, mask=[1, 0, 2]), "mask has entries other than 0 and 1: pass Tr"),
    (call(forget_mask, one_output, mask=["a"] * 3), "mask has entries other than 0 and 1"),
    # numbers
    (call(shared, 2.0, 1, 3), "n_r is 2.0: pass a whole number"),
    (call(shared, "2", 1, 3), "n_r is '2': pass a whole number"),
    (call(shared, 2, 0, 3), "n_f is 0: pass a whole number that is at least 1"),
    (call(shared, 2, 1, 3, seed=-1), "seed is -1: pass a whole number that is at least 0"),
    (call(shared, 2, 1, 3, outputs=0), "outputs is 0: pass a whole number that is at least 1"),
    (call(shared, 2, 1, 3, noise=-1), "noise is -1: pass a finite number that is at least 0"),
    (call(shared, 2, 1, 3, noise="1"), "noise is '1': pass a finite number"),
    (call(shared, 2, 1, 3, condition=0.5), "condition is 0.5: pass a finite number that is at lea"),
    (call(shared, 2, 1, 3, condition=np.inf), "condition is inf: pass a finite number"),
    (call(share_of_one, 1.5, "kept"), "kept is 1.5: pass a number from 0 to 1"),
    (call(leave_block_out, one_output, np.nan), "ridge is nan: pass a finite number that is at le"),
    (call(leave_block_out, one_output, -1.0), "ridge is -1.0: pass a finite number"),
    # problems
    (build(X_test=X), "X_test is given without y_test: give both or neither"),
    (build(y_test=y), "y_test is given without X_test: give both or neither"),
    (build(X_test=X[:, :1], y_test=y), "X_test has shape (3, 1): pass at least one row with 2 col"),
    (build(X_test=X[:0], y_test=y[:0]), "X_test has shape (0, 2): pass at least one row"),
    (build(X_test=X, y_test=y[:2]), "y_test has 2 rows but X_test has 3"),
    (
        build(X_test=X, y_test=X),
        "y_test has 2 output column(s), but y has one dimension: give both",
    ),
    (build(X_test=X * np.nan, y_test=y), "X_test has a NaN or infinite entry"),
    (build(w_star=[1.0]), "w_star has shape (1,), but the data asks for (2,): pass one weight per"),
    (build(retained_support=[True, False]), "retained_support leaves out column 1, which is non-z"),
    (build(forget_support=[False, True]), "forget_support leaves out column 0, which is non-zero"),
    (build(forget_support=[True]), "forget_support has shape (1,), but there are 2 columns"),
    # setups
    (call(overlapping, 2, 2, 0, 0, 2), "d_r and d_lap are both 0: give the rows at least one col"),
    (call(overlapping, 2, 2, 2, 0, 0), "d_f and d_lap are both 0"),
    (call(distinct, 2, 1, 2, 3, rank=2), "rank is 2, but a block of 1 rows and 3 columns has rank"),
    (call(shared, 2, 1, 3, spectrum=[1], rank=1), "spectrum is given together with condition or r"),
    (call(shared, 2, 1, 2, spectrum=[1] * 3), "spectrum has 3 values, but a block of 3 rows and 2"),
    (call(shared, 2, 1, 2, spectrum=[1, 0]), "spectrum is not a list of positive singular values"),
    (call(shared, 2, 1, 2, spectrum=["a"]), "spectrum is not a list of positive singular values"),
    (call(shared, 2, 1, 2, spectrum=[]), "spectrum is not a list of positive singular values"),
    # methods, leave-block-out, metrics
    (call(fine_tuned, one_output, start=[1.0]), "start has shape (1,), but the data asks for (3,)"),
    (call(fine_tuned, one_output, start=[np.nan] * 3), "start has a NaN or infinite entry"),
    (call(leave_blocks_out, X, y, [[0], [0, 1, 2]]), "blocks[1] names all 3 rows: leave at least"),
    (call(leave_blocks_out, X, y, [[4]]), "blocks[0] names row 4, but X has 3 rows"),
    (call(leave_blocks_out, X, y[:1], [[0]]), "y has 1 rows but X has 3"),
    (rank_lowered(np.diag([0.0, 1.0])), "ridge is 0 and leaving the rows out lowers the rank"),
    (
        rank_lowered([[1, 0], [2, 0], [3, 0], [0, 1]]),
        "pass ridge > 0 or retrain with the method go",
    ),
    (call(metrics.norm, one_output, [1.0]), "coef has shape (1,), but the data asks for (3,)"),
    (call(metrics.norm, one_output, ["a"] * 3), "coef holds text: pass real numbers"),
    (call(metrics.test_loss, one_output, np.zeros(3)), "has no held-out rows: pass X_test and y_t"),
    (call(metrics.test_accuracy, classes, np.zeros((3, 2))), "has no held-out rows"),
    (call(metrics.retain_accuracy, one_output, np.zeros(3)), "y has 1 output, but an accuracy com"),
    (call(metrics.unlearning_accuracy, classes, np.zeros(3)), "coef has shape (3,), but the data"),
    # data sets and strategies
    (call(digits, forget="class:10"), "forget is 'class:10': pass 'class:0' to 'class:9' for all"),
    (call(digits, forget="class:"), "forget is 'class:': pass 'class:0'"),
    (call(digits, forget="3"), "forget is '3': pass 'class:0'"),
    (call(digits, features=0), "features is 0: pass a whole number that is at least 1"),
    (without_scikit_learn, "not installed: run pip install 'linreg-unlearn[data]'"),
    (too_few_features, "max_features is 2, but the setup overlapping needs at least 3 columns"),
    # any file
    (missing, "none.npz' does not exist: check the path"),
    (call(Problem.from_csv, "a\0b"), "does not exist: check the path"),
    (directory, "is a directory: pass the path of a file"),
    (device, "is not an ordinary file: pass the path of a file"),
    (forbidden, "a.npz' cannot be read (permission denied): check its permissions"),
    (too_long_a_name, "cannot be read (file name too long): check its permissions"),
    (unwritable, "cannot be written (no such file or directory): choose another path"),
    # archives (damaged and hostile ones have a file of their own)
    (written("text", Problem.from_npz, "a.npz"), "a.npz' is not a complete .npz archive: write it"),
    (npz(X=X, forget=[0]), "a.npz' holds no array y: save it with numpy.savez(path, X=X, y=y, fo"),
    (npz(y=y, forget=[0]), "a.npz' holds no array X"),
    (npz(X=X, y=y), "a.npz' holds no array forget: save the rows to forget in it or name them"),
    (npz(X=X.astype(object), y=y, forget=[0]), "X in '"),
    (npz(X=X, y=y, forget=[0.5]), "forget holds decimal numbers, not row numbers"),
    (member(b"not an array"), "X in '"),
    (member(npy_bytes(X)[:-1]), "declares shape (3, 2), which is not what the file holds: write"),
    (member(npy_bytes(X) + b"more"), "declares shape (3, 2), which is not what the file holds"),
    (member(HUGE), "declares shape (9999999999,), which is not what the file holds"),
    (member(npy_bytes(X), say_encrypted), "cannot be read (it is damaged or of another format)"),
    (member(npy_bytes(np.zeros(16))[:-64], say_longer), "X in '"),
    (bomb, "unpacks to 2400128 bytes from "),
    # tables
    (csv(b"\xff\xfe\x00"), "a.csv' is not UTF-8 text: save it as UTF-8"),
    (csv(""), "a.csv' is empty: write a header row and one row per sample"),
    (csv(",\n1,2\n"), "a.csv' is empty"),
    (csv("a,,y\n1,2,3\n"), "a.csv' has no name for column 2: name every column in the first line"),
    (csv("a,a,y\n1,2,3\n"), "a.csv' has two columns named 'a': name each column once"),
    (csv("a,y\n"), "a.csv' has a header but no rows: write one row per sample"),
    (csv("a,y\n1,2\n1\n"), "a.csv' has 1 cells in line 3 but 2 columns: fill every cell"),
    (csv("a,y\n1,two\n"), "a.csv' has 'two' in line 2, column 'y': write a number"),
    (csv("a,y\n1,\n"), "a.csv' has '' in line 2, column 'y': write a number"),
    (csv("a,y\n1,1_0\n"), "a.csv' has '1_0' in line 2, column 'y': write a number"),
    (
        csv("a,y\n1," + "9" * 200_000),
        "a.csv' is not a table (field larger than field limit (131072",
    ),
    (csv("y,forget\n1,0\n2,1\n"), "a.csv' has no feature column: add at least one besides y"),
    (csv("a,y\n1,2\n3,4\n"), "a.csv' has no column forget: add one with 0 or 1 per row"),
    (csv("a,y,forget\n1,2,0\n3,4,2\n"), "a.csv' has 2 in column forget, data row 1: use 1 for the"),
    (csv("a,y,forget\n1,nan,0\n3,4,1\n"), "y has a NaN or infinite entry (the first at index 0)"),
    (csv("a,b\n1,2\n"), "a.csv' has no column y: name the target column y, or y0, y1, … for sever"),
    (csv("a,y1\n1,2\n"), "a.csv' has no column y0: name the target column y, or y0, y1"),
    (csv("a,y0,y2\n1,2,3\n"), "a.csv' has no column y1"),
    (csv("a,y,y0\n1,2,3\n"), "a.csv' has both columns y and y0: keep one kind of target"),
    # lists of rows
    (rows_file("1\n# 2\nthree\n"), "rows.txt' has 'three' in line 3: write one integer row index"),
    (rows_file("1 2\n"), "rows.txt' has '1 2' in line 1"),
    (rows_file("1_0\n"), "rows.txt' has '1_0' in line 1"),
    (rows_file("9" * 30), "rows.txt' has '" + "9" * 30 + "' in line 1"),
    (rows_file(b"\xff"), "rows.txt' is not UTF-8 text"),
    (saved_rows([0.5]), "rows.npy' holds decimal numbers of shape (1,): save a one-dimensional ar"),
    (saved_rows([[1]]), "rows.npy' holds integers of shape (1, 1)"),
    (saved_rows([True]), "rows.npy' holds booleans of shape (1,)"),
    (saved_rows(np.array([2**63], dtype=np.uint64)), "rows.npy' has row index 9223372036854775808"),
    (written(b"", read_forget_file, "rows.npy"), "the array in '"),
]


@pytest.mark.parametrize(
    ("case", "start"), TABLE, ids=[f"{i}-{text[:30]}" for i, (_, text) in enumerate(TABLE)]
)
def test_sentence(case: Case, start: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        case(tmp_path)
    message = str(caught.value)
    assert start in message
    assert_one_sentence(message)
    # Nothing of the machinery shows: the user sees this error alone.
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def assert_one_sentence(message: str) -> None:
    assert "\n" not in message
    assert ". " not in message
    assert not message.endswith(".")
    assert ": " in message, "says what to do after a colon"
    assert len(message) < 600


def test_no_sentence_is_missing_from_the_table(tmp_path: Path) -> None:
    reached: set[tuple[str, int]] = set()
    for number, (case, _) in enumerate(TABLE):
        (folder := tmp_path / str(number)).mkdir()
        try:
            case(folder)
        except InputError as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            reached.add((frame.filename, frame.lineno or 0))
    written_down: set[tuple[str, int]] = set()
    for name in MODULES:
        module = importlib.import_module(f"linreg_unlearn.{name}")
        written_down |= {
            (str(module.__file__), node.lineno)
            for node in ast.walk(ast.parse(inspect.getsource(module)))
            if isinstance(node, ast.Raise) and "InputError(" in ast.unparse(node)
        }
    assert len(written_down) > 40
    assert written_down - reached == set()
