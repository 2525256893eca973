"""Two builds are the same bytes, a folder that is no book is left alone, a fault is a sentence."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from linreg_unlearn.book import content
from linreg_unlearn.book.site import write_book
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.cli import main
from linreg_unlearn.errors import InputError
from linreg_unlearn.shipped import find_directory
from tests.book.conftest import Written


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_two_builds_are_the_same_whatever_the_order_of_sets(
    written: Written, tmp_path: Path
) -> None:
    out, tex = tmp_path / "again", tmp_path / "again.tex"
    code = "from linreg_unlearn.cli import main; main()"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "book", "--out", out, "--latex", tex],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "1234", "LC_ALL": "C"},
    )
    assert everything(out) == everything(written.folder)
    assert tex.read_bytes() == written.folder.with_suffix(".tex").read_bytes()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds something that is no book: name a new or empty"):
        write_book(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="is a file: name a folder"):
        write_book(tmp_path / "thesis.txt")


def test_an_older_book_is_replaced(
    book: content.Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = content.Book({name: book.entries[name] for name in ("A4", "L1")}, ())
    monkeypatch.setattr(content, "gather", lambda: few)
    out = tmp_path / "book"
    write_book(out)
    (out / "claims" / "A0.html").write_text("a claim that there is no longer")
    write_book(out)
    assert sorted(path.name for path in (out / "claims").iterdir()) == ["A4.html", "L1.html"]


def test_without_jinja_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec

    def hidden(name: str, *rest: Any) -> Any:
        return None if name == "jinja2" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    result = CliRunner().invoke(main, ["book", "--out", str(tmp_path / "book")])
    assert result.exit_code == 2
    assert "pip install 'linreg-unlearn[book]'" in " ".join(result.output.split())
    assert not (tmp_path / "book").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(
    book: content.Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = content.Book({"A4": book.entries["A4"]}, ())
    monkeypatch.setattr(content, "gather", lambda: few)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot write .*choose a folder you may write to"):
        write_book(tmp_path / "file" / "book")


def test_a_counterexample_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = json.loads((find_directory("proofs") / "counterexamples.json").read_text("utf-8"))
    stored["A6.reach.1"]["instance"]["letters"]["y"] = [[0], [0]]
    (tmp_path / "counterexamples.json").write_text(json.dumps(stored))
    monkeypatch.setattr(content, "find_directory", lambda _: tmp_path)
    with pytest.raises(InputError, match=r"counterexample to A6\.reach\.1 .* proofs/refute\.py"):
        content._counterexamples(load_claims())
