"""The README's example runs as written, and its commands, figure and markers are there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from linreg_unlearn.cli import main
from linreg_unlearn.figures import Figure
from linreg_unlearn.shipped import find_directory

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for name, text in BLOCKS if name == kind]


def test_it_opens_with_the_two_commands() -> None:
    kind, first = BLOCKS[0]
    assert kind == ""
    assert [line.split("#")[0].strip() for line in first.splitlines()] == [
        "make reproduce",
        "make test",
    ]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert {"reproduce", "test"} <= set(targets)
    assert README.index("```") < README.index("##")


@pytest.mark.parametrize(
    ("example", "shown"),
    list(zip(blocks("python"), blocks("text"), strict=True)),
    ids=["first", "proof"],
)
def test_an_example_prints_what_is_shown(example: str, shown: str) -> None:
    assert len(example.splitlines()) <= 10
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == shown


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"linreg-unlearn ([a-z-]+)", README)) - {"-"})
)
def test_every_command_that_it_names_exists(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0, result.output


def test_options_exist() -> None:
    commands = re.sub(r"\\\n *", "", "\n".join(blocks(""))).splitlines()
    for line in commands:
        found = re.match(r"linreg-unlearn ([a-z-]+)(.*)", line)
        if found:
            help_text = CliRunner().invoke(main, [found[1], "--help"]).output
            for option in re.findall(r"--[a-z]+", found[2]):
                assert option in help_text, f"{found[1]} {option}"


def test_it_shows_figure_1_with_its_caption() -> None:
    figure = Figure.load(find_directory("figures") / "fig01_fine_tuning_and_masks.py")
    assert f"](figures/output/{figure.name}.png)" in README
    assert " ".join(figure.caption.split()) in " ".join(README.split())


def test_the_table_of_claims_has_its_markers() -> None:
    begin, end = README.index("<!-- claims:begin -->"), README.index("<!-- claims:end -->")
    assert begin < end
    assert README.count("<!-- claims:") == 2


def test_extras_are_those_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert listed == set(project["optional-dependencies"]) - {"dev"}
    assert f"linreg_unlearn-{project['version']}-py3" in README
