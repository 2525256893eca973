"""What has to be right for a proof to be one: three short files, and nothing that they do not need.

The checker, the relations and the words, together with the trees that they read, import nothing of
the search, of the claims or of anybody else's.
"""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "linreg_unlearn"
BASE = tuple(f"linreg_unlearn.algebra.{name}" for name in ("words", "relations", "checker"))
TREES = {
    "linreg_unlearn.algebra.expressions",
    "linreg_unlearn.algebra.scalars",
    "linreg_unlearn.algebra.statements",
    "linreg_unlearn.errors",
}
TEXTS = {"linreg_unlearn.algebra.text"}
"""How trees are written: read by trees for messages, and by nothing that checks."""

MOST_LINES = 350
FORBIDDEN = {"eval", "exec", "compile", "__import__", "open", "getattr", "setattr", "globals"}


def path_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported(module: str) -> Iterator[str]:
    """Every module that a module names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if path_of(whole).is_file() else node.module


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "linreg_unlearn"


def lines_of_code(text: str) -> int:
    """The lines that hold code: no blank lines, no comments, no docstrings."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                docstrings.update(range(first.lineno, (first.end_lineno or 0) + 1))
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - docstrings)


def test_lines_of_code_are_counted() -> None:
    text = '"""Doc.\n\nMore."""\n\nimport x  # why\n\n# A comment.\ndef f():\n    """Doc."""\n'
    assert lines_of_code(text) == 2
    assert lines_of_code(text + '    return """\n\n"""\n') == 5
    assert lines_of_code("x = 1\n\n\ny = (\n    2,\n)\n") == 4
    assert lines_of_code('class A:\n    """Doc."""\n    x = 1\n    """Not one."""\n') == 3


def test_it_is_short() -> None:
    texts = {module: path_of(module).read_text(encoding="utf-8") for module in BASE}
    counted = {module: lines_of_code(text) for module, text in texts.items()}
    raw = sum(len(text.splitlines()) for text in texts.values())
    total = sum(counted.values())
    assert total <= MOST_LINES, f"{total} lines of code ({raw} in all): {counted}"
    assert all(counted.values())


def test_a_line_is_a_line() -> None:
    # Long lines and semicolons would make the count worth nothing.
    for module in BASE:
        text = path_of(module).read_text(encoding="utf-8")
        assert all(len(line) <= 100 for line in text.splitlines()), module
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        assert not any(t.type == tokenize.OP and t.string == ";" for t in tokens), module


@pytest.mark.parametrize("module", BASE)
def test_it_imports_the_standard_library_itself_and_the_trees(module: str) -> None:
    for name in imported(module):
        if is_ours(name):
            assert name in TREES | set(BASE), f"{module} imports {name}"
        else:
            assert name.partition(".")[0] in sys.stdlib_module_names, f"{module} imports {name}"


@pytest.mark.parametrize("module", sorted(TREES | TEXTS))
def test_the_trees_import_no_more_than_how_they_are_written(module: str) -> None:
    for name in imported(module):
        if is_ours(name):
            assert name in TREES | TEXTS, f"{module} imports {name}"
        else:
            assert name.partition(".")[0] in sys.stdlib_module_names, f"{module} imports {name}"


def test_whatever_it_imports_is_in_these_lists() -> None:
    closed, waiting = set[str](), list(BASE)
    while waiting:
        module = waiting.pop()
        if module not in closed:
            closed.add(module)
            waiting += filter(is_ours, imported(module))
    assert closed == {*BASE, *TREES, *TEXTS}


@pytest.mark.parametrize("module", [*BASE, *sorted(TREES)])
def test_it_evaluates_nothing(module: str) -> None:
    for node in ast.walk(ast.parse(path_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            # Trees compare their fields by name.
            allowed = {"getattr"} if module not in BASE else set[str]()
            assert node.func.id not in FORBIDDEN - allowed, f"{module} calls {node.func.id}"
    assert not {"pickle", "marshal", "importlib", "subprocess", "os"} & set(imported(module))


def test_it_does_not_depend_on_assertions() -> None:
    # python -O leaves them out.
    for module in BASE:
        tree = ast.parse(path_of(module).read_text(encoding="utf-8"))
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree)), module


ALONE = """
import importlib, json, sys, types

root, name = sys.argv[1], "linreg_unlearn"
package = types.ModuleType(name)
package.__path__ = [f"{root}/{name}"]
sys.modules[name] = package  # instead of the real one, which imports methods and metrics
checker = importlib.import_module(f"{name}.algebra.checker")
tree = importlib.import_module(f"{name}.algebra.expressions")
A = tree.Letter("A", "m", "n")
total = {"row": "m", "col": "n", "poly": [[1, {}, "A p A"], [-1, {}, "A"]]}
inverted = {"row": "m", "col": "n", "poly": [[1, {}, "A"]]}
letters = {"A": {"letter": ["m", "n"]}, "p": {"pinv": inverted}}
cofactor = {"c": 1, "mono": {}, "l": "", "rel": "r", "tr": False, "r": ""}
step = {"rule": "zero", "claim": total, "den": 1, "cofactors": [cofactor]}
proof = {"relations": {"r": {"given": total}}, "steps": [step]}
checker.check(letters, proof, A @ tree.pinv(A) @ A == A, (), {})
refused = False
try:
    checker.check(letters, proof, tree.pinv(A) @ A @ tree.pinv(A) == tree.pinv(A), (), {})
except checker.RejectedError:
    refused = True
loaded = [m for m, x in sys.modules.items() if getattr(x, "__file__", None)]
json.dump({"refused": refused, "loaded": loaded}, sys.stdout)
"""


def test_it_checks_alone() -> None:
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE, str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["refused"]
    ours = {name for name in found["loaded"] if is_ours(name)}
    assert ours <= {*BASE, *TREES, *TEXTS, "linreg_unlearn.algebra"}
    others = {name.partition(".")[0] for name in found["loaded"] if not is_ours(name)}
    assert others <= sys.stdlib_module_names | {"__main__"}
