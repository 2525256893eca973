"""The book as LaTeX: braces and environments match, and where there is LaTeX, it is typeset."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from linreg_unlearn.book.document import statement_in_latex
from linreg_unlearn.claims.claim import load_claims
from tests.book.conftest import Written


@pytest.fixture(scope="module")
def text(written: Written) -> str:
    return written.folder.with_suffix(".tex").read_text("utf-8")


def balanced(text: str) -> None:
    stack: list[str] = []
    for token in re.findall(r"\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\.|[{}$]", text, re.DOTALL):
        if token.startswith(r"\begin"):
            stack.append(token[7:-1])
        elif token.startswith(r"\end"):
            assert stack.pop() == token[5:-1]
        elif token == "{":
            stack.append("{")
        elif token == "}":
            assert stack.pop() == "{"
        elif token == "$":
            if stack and stack[-1] == "$":
                stack.pop()
            else:
                assert "$" not in stack or stack[-1] == "{", "a formula in a formula"
                stack.append("$")
        elif token in (r"\[", r"\]"):
            if token == r"\[":
                stack.append(r"\[")
            else:
                assert stack.pop() == r"\["
    assert not stack


def test_braces_and_environments_match(text: str) -> None:
    balanced(text)
    assert text.count(r"\begin{proof}") == sum(
        len(claim.parts) for claim in load_claims().values() if claim.expected == "holds"
    )


def test_a_brace_that_is_missing_is_noticed() -> None:
    for wrong in ("{", "$x", r"\begin{proof}", r"\[ x", "$ { $ }"):
        with pytest.raises((AssertionError, IndexError)):
            balanced(wrong)


def test_every_statement_can_be_copied_alone() -> None:
    for claim in load_claims().values():
        for part in claim.parts:
            tex = statement_in_latex(part)
            balanced(tex)
            assert part.statement.latex() in tex.replace(" \\\\\n", " ")
            for assumed in part.assumed:
                assert assumed.latex() in tex


def test_it_needs_nothing_but_ascii_and_letters_of_names(text: str) -> None:
    known = set("ćčšžöÖéČ")
    assert {sign for sign in text if not sign.isascii()} <= known


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX here")
def test_it_is_typeset(text: str, tmp_path: Path) -> None:
    (tmp_path / "book.tex").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "book.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    log = (tmp_path / "book.log").read_text("utf-8", errors="replace")
    assert done.returncode == 0, re.findall(r"^! .*(?:\n.*){4}", log, re.MULTILINE)[:3]
    assert not re.search(r"Missing character", log)
    # What is broken by an estimate of its width may reach into the margin, and not off the paper.
    wide = [float(size) for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0) < 50
