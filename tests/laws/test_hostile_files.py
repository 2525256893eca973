"""No file can do more than be refused: whatever its bytes, there is a problem or one sentence."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem, read_forget_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def survives(path: Path, content: bytes, read: Callable[[Path], object]) -> bool:
    """Read a file of these bytes; anything but a result or one sentence fails the test."""
    path.write_bytes(content)
    try:
        read(path)
    except InputError:
        return False
    return True


def archive(compressed: bool) -> bytes:
    buffer = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(buffer, X=np.arange(12.0).reshape(4, 3), y=np.arange(4.0), forget=np.array([1]))
    return buffer.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_cut_off_anywhere(folder: Path, compressed: bool) -> None:
    content = archive(compressed)
    assert survives(folder / "a.npz", content, Problem.from_npz)
    for length in range(0, len(content), 7):
        assert not survives(folder / "a.npz", content[:length], Problem.from_npz)


@pytest.mark.parametrize("compressed", [False, True])
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))))
def test_changed_anywhere(folder: Path, compressed: bool, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(archive(compressed))
    for place, replacement in changes:
        at = place % len(content)
        content[at : at + len(replacement)] = replacement
    survives(folder / "a.npz", bytes(content), Problem.from_npz)


@given(data=st.data())
def test_a_changed_header_behind_a_right_checksum(folder: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.arange(12.0).reshape(4, 3))
    member = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, 127))
        member[at : at + 1] = data.draw(
            st.sampled_from([b"9", b"-", b"(", b"O", b"|", b"\0", b","])
        )
    path = folder / "a.npz"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("X.npy", bytes(member))
        for key, value in (("y", np.arange(4.0)), ("forget", np.array([1]))):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, value)
            target.writestr(f"{key}.npy", buffer.getvalue())
    survives(path, path.read_bytes(), Problem.from_npz)


class Trap:
    """Unpickling one makes a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_nothing_is_unpickled(folder: Path) -> None:
    sprung = folder / "sprung"
    trap = np.array([Trap(sprung), 1.0], dtype=object)
    np.savez(folder / "t.npz", X=trap, y=np.zeros(2), forget=trap)
    np.save(folder / "t.npy", trap)
    (folder / "p.npz").write_bytes(pickle.dumps(Trap(sprung)))
    (folder / "p.npy").write_bytes(pickle.dumps(Trap(sprung)))
    cases: list[tuple[str, Callable[[Path], object]]] = [
        ("t.npz", Problem.from_npz),
        ("p.npz", Problem.from_npz),
        ("t.npy", read_forget_file),
        ("p.npy", read_forget_file),
        ("p.npz", Problem.from_csv),
    ]
    for name, read in cases:
        with pytest.raises(InputError):
            read(folder / name)
    assert not sprung.exists()
    np.load(folder / "t.npy", allow_pickle=True)
    assert sprung.exists(), "the trap works"


def test_arrays_that_nobody_asked_for_are_not_read(folder: Path) -> None:
    path = folder / "extra.npz"
    np.savez(path, X=np.eye(3), y=np.ones(3), forget=[0], extra=np.array([None], dtype=object))
    assert Problem.from_npz(path).n == 3
    # Nor is an array that the caller replaces.
    np.savez(path, X=np.eye(3), y=np.ones(3), forget=np.array([None], dtype=object))
    assert Problem.from_npz(path, forget=[1]).n_r == 2


def test_a_name_from_a_file_cannot_write_to_the_terminal(folder: Path) -> None:
    path = folder / "named.npz"
    np.savez(path, X=np.eye(2), y=np.ones(2), forget=[0], name=np.array("a\x1b[31m\n" + "b" * 999))
    name = Problem.from_npz(path).name
    assert name.startswith("a[31mb")
    assert len(name) == 200


@given(text=st.text(alphabet='a0y1,."\n\r ef-+\x00\u2028', max_size=40))
def test_any_table(folder: Path, text: str) -> None:
    survives(folder / "a.csv", text.encode(), Problem.from_csv)
    survives(folder / "a.csv", f"a,y,forget\n1,2,0\n{text}".encode(), Problem.from_csv)


@given(content=st.binary(max_size=40))
def test_any_list_of_rows(folder: Path, content: bytes) -> None:
    survives(folder / "rows.txt", content, read_forget_file)
    survives(folder / "rows.npy", b"\x93NUMPY\x01\x00" + content, read_forget_file)
