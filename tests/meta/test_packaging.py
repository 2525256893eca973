"""The project's own papers agree: versions, imports, licence and what the wheel is made of."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import linreg_unlearn
from linreg_unlearn.errors import InputError
from linreg_unlearn.shipped import checkout_root, find_directory, find_references, load_script

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def citation() -> dict[str, str]:
    """The entries of CITATION.cff that stand on one line."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+): (\S.*)$", text, re.MULTILINE))


def test_versions_agree(project: dict[str, Any], citation: dict[str, str]) -> None:
    version = project["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)

    assert linreg_unlearn.__version__ == version
    assert citation["version"] == version
    assert released[0] == (version, citation["date-released"])


def test_changelog_uses_the_headings_of_keep_a_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^### (.*)$", changelog, re.MULTILINE)
    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == "[Unreleased]"


def test_one_licence_everywhere(project: dict[str, Any], citation: dict[str, str]) -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert project["project"]["license"] == citation["license"] == "MIT"


def printed_by(code: str) -> str:
    """What a fresh interpreter prints that runs this code in the checkout."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_the_package_loads_no_extra() -> None:
    code = (
        "import sys, linreg_unlearn; "
        "print(*{m.split('.')[0] for m in sys.modules}"
        " & {'sympy', 'matplotlib', 'sklearn', 'hypothesis', 'marimo', 'altair', 'jinja2'})"
    )
    assert printed_by(code) == ""


def test_the_command_line_loads_no_extra_before_it_is_needed() -> None:
    code = (
        "import sys, linreg_unlearn.cli; "
        "print(*{m.split('.')[0] for m in sys.modules}"
        " & {'sympy', 'matplotlib', 'sklearn', 'marimo', 'altair', 'jinja2'})"
    )
    assert printed_by(code) == ""


def test_every_requirement_of_an_extra_is_an_extra(project: dict[str, Any]) -> None:
    core = {re.split(r"[<>=\[]", r)[0] for r in project["project"]["dependencies"]}
    assert not core & {"sympy", "matplotlib", "scikit-learn", "hypothesis", "jinja2"}
    extras = project["project"]["optional-dependencies"]
    everything = extras["all"][0]
    for name in set(extras) - {"all", "dev"}:
        assert re.search(rf"[\[,]{name}[\],]", everything), f"extra {name} is not part of 'all'"


def test_scripts_come_from_the_checkout_before_a_shipped_copy(tmp_path: Path) -> None:
    package = tmp_path / "linreg_unlearn"
    stale = package / "_shipped" / "figures"
    stale.mkdir(parents=True)
    fresh = tmp_path / "figures"
    fresh.mkdir()

    assert checkout_root(package) is None
    assert find_directory("figures", package) == stale
    (tmp_path / "pyproject.toml").touch()
    assert checkout_root(package) == tmp_path
    assert find_directory("figures", package) == fresh


def test_the_bibliography_comes_from_the_checkout_before_a_shipped_copy(tmp_path: Path) -> None:
    package = tmp_path / "linreg_unlearn"
    with pytest.raises(InputError, match=r"'refs\.bib' is missing .* install the package again"):
        find_references(package)
    (package / "_shipped").mkdir(parents=True)
    (package / "_shipped" / "refs.bib").touch()
    assert find_references(package) == package / "_shipped" / "refs.bib"
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "refs.bib").touch()
    assert find_references(package) == tmp_path / "refs.bib"


def test_a_missing_folder_of_scripts_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'proofs' is missing .* install the package again"):
        find_directory("proofs", tmp_path / "linreg_unlearn")


def test_a_script_is_loaded_by_path_and_hides_no_module(tmp_path: Path) -> None:
    script = tmp_path / "json.py"
    script.write_text(
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: 'int' = 3\n"
        "VALUE = Point().x\n"
    )
    assert load_script(script).VALUE == 3
    import json

    assert json.loads("[1]") == [1]
    with pytest.raises(InputError, match="does not exist"):
        load_script(tmp_path / "none.py")


def test_a_script_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise RuntimeError('no')\n")
    with pytest.raises(RuntimeError):
        load_script(script)
    assert "linreg_unlearn_script_broken" not in sys.modules


@pytest.mark.parametrize("folder", ["figures", "proofs"])
def test_scripts_are_no_packages(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()
