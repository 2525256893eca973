"""A figure on file is what its script and the package would produce now, or `--check` says why not.

The figure under test is a toy script in a folder of its own, so that every way to be stale can be
tried.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from linreg_unlearn import __version__, figures
from linreg_unlearn.errors import InputError
from linreg_unlearn.figures import read_data, run_figures

SCRIPT = """
NAME = "{name}"
TITLE = "A toy"
CAPTION = "It shows a line, a letter λ and nothing else."
PARAMETERS = {{"slope": {slope}, "seeds": [1, 2]}}
COLUMNS = ("kind", "step", "value")

def compute(parameters, report):
    report(1.0)
    return [("toy, quoted", step, {value} + parameters["slope"] * step) for step in (0, 1)]

def render(data):
    from matplotlib.figure import Figure
    figure = Figure()
    figure.subplots().plot(data.numbers("step"), data.numbers("value"))
    return figure
"""


class Toy(SimpleNamespace):
    """A folder of scripts with one figure, the folder it is drawn in, and how to run it."""

    scripts: Path
    out: Path

    def write(self, name: str = "fig01_toy", slope: float | str = 2.0, value: str = "0.5") -> None:
        text = SCRIPT.format(name=name, slope=repr(slope), value=value)
        (self.scripts / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, *names: str, **options: bool) -> tuple[int, list[str]]:
        with (self.out.parent / "log").open("w") as log:
            console = Console(width=200, record=True, file=log)
            status = run_figures(names, out=self.out, console=console, **options)
        return status, [line.strip() for line in console.export_text().splitlines() if line.strip()]

    def path(self, suffix: str) -> Path:
        return self.out / f"fig01_toy{suffix}"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    made = Toy(scripts=tmp_path / "scripts", out=tmp_path / "out")
    made.scripts.mkdir()
    made.out.mkdir()
    monkeypatch.setattr(figures, "find_directory", lambda name: made.scripts)
    made.write()
    return made


def test_what_was_just_drawn_is_up_to_date(toy: Toy) -> None:
    assert toy.run()[0] == 0
    status, lines = toy.run(check=True)
    assert status == 0
    assert lines == [f"1 figure(s) in {toy.out} are up to date."]


def test_the_data_say_where_they_come_from(toy: Toy) -> None:
    toy.run()
    assert toy.path(".csv").read_text().splitlines() == [
        '# figure: "fig01_toy"',
        f'# version: "{__version__}"',
        "# slope: 2.0",
        "# seeds: [1, 2]",
        "kind,step,value",
        '"toy, quoted",0,0.5',
        '"toy, quoted",1,2.5',
    ]
    data = read_data(toy.path(".csv"))
    assert data.provenance["seeds"] == [1, 2]
    assert data.where(step="1").numbers("value") == [2.5]


def test_drawing_again_gives_the_same_bytes(toy: Toy) -> None:
    toy.run()
    before = {suffix: toy.path(suffix).read_bytes() for suffix in (".csv", ".png", ".pdf")}
    toy.run()
    assert {suffix: toy.path(suffix).read_bytes() for suffix in before} == before
    assert b"CreationDate" not in before[".pdf"]


def change_a_number(toy: Toy) -> None:
    text = toy.path(".csv").read_text()
    toy.path(".csv").write_text(text.replace("1,2.5", "1,2.50001"))


def change_a_number_within_tolerance(toy: Toy) -> None:
    text = toy.path(".csv").read_text()
    toy.path(".csv").write_text(text.replace("1,2.5", "1,2.500001"))


def change_a_text(toy: Toy) -> None:
    text = toy.path(".csv").read_text()
    toy.path(".csv").write_text(text.replace('quoted",1', 'quoted ",1'))


def make_a_number_a_word(toy: Toy) -> None:
    text = toy.path(".csv").read_text()
    toy.path(".csv").write_text(text.replace("1,2.5", "1,two"))


def drop_a_row(toy: Toy) -> None:
    lines = toy.path(".csv").read_text().splitlines(keepends=True)
    toy.path(".csv").write_text("".join(lines[:-1]))


def rename_a_column(toy: Toy) -> None:
    text = toy.path(".csv").read_text()
    toy.path(".csv").write_text(text.replace("kind,step", "kind,stop"))


OTHER_DATA = [
    f"fig01_toy{suffix}: drawn from other data than fig01_toy.csv" for suffix in (".png", ".pdf")
]
OTHER_SCRIPT = [
    f"fig01_toy{suffix}: drawn by another version of fig01_toy.py" for suffix in (".png", ".pdf")
]


@pytest.mark.parametrize(
    ("spoil", "complaints"),
    [
        (
            change_a_number,
            [
                "fig01_toy: row 2, column value: 2.50001 on file, 2.5 when computed again",
                *OTHER_DATA,
            ],
        ),
        (change_a_number_within_tolerance, OTHER_DATA),
        (
            change_a_text,
            [
                "fig01_toy: row 2, column kind: toy, quoted  on file, "
                "toy, quoted when computed again",
                *OTHER_DATA,
            ],
        ),
        (
            make_a_number_a_word,
            ["fig01_toy: row 2, column value: two on file, 2.5 when computed again", *OTHER_DATA],
        ),
        (
            lambda toy: toy.write(slope="[red]"),
            ["fig01_toy: the data were made with slope 2.0, and it is [red] now", *OTHER_SCRIPT],
        ),
        (drop_a_row, ["fig01_toy: 1 rows on file, 2 when computed again", *OTHER_DATA]),
        (rename_a_column, ["fig01_toy: the data have other columns than the script", *OTHER_DATA]),
        (
            lambda toy: toy.write(value="0.6"),
            [
                "fig01_toy: row 1, column value: 0.5 on file, 0.6 when computed again",
                *OTHER_SCRIPT,
            ],
        ),
        (lambda toy: toy.write(value="0.5 + 1e-8"), OTHER_SCRIPT),
        (
            lambda toy: toy.write(slope=3.0),
            ["fig01_toy: the data were made with slope 2.0, and it is 3.0 now", *OTHER_SCRIPT],
        ),
        (lambda toy: toy.path(".png").unlink(), ["fig01_toy.png: missing"]),
        (
            lambda toy: toy.path(".pdf").write_bytes(b"%PDF-1.4"),
            ["fig01_toy.pdf: does not say which data and script it was made from"],
        ),
        (
            lambda toy: toy.path(".csv").unlink(),
            [
                "fig01_toy: the data {csv} cannot be read (No such file or directory): "
                "run linreg-unlearn figures without --reuse-data."
            ],
        ),
    ],
)
def test_check_says_what_is_stale(
    toy: Toy, spoil: Callable[[Toy], None], complaints: list[str]
) -> None:
    toy.run()
    spoil(toy)
    status, lines = toy.run(check=True)
    assert status == 1
    assert lines == [f"stale {line.format(csv=toy.path('.csv'))}" for line in complaints]


def test_another_version_is_stale(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.run()
    monkeypatch.setattr(figures, "__version__", "99.0")
    status, lines = toy.run(check=True)
    assert status == 1
    was = read_data(toy.path(".csv")).provenance["version"]
    assert lines == [f"stale fig01_toy: the data were made with version {was}, and it is 99.0 now"]


def test_check_writes_nothing_and_needs_no_matplotlib(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.run()
    before = {path: path.read_bytes() for path in toy.out.iterdir()}
    assert len(before) == 3
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert toy.run(check=True)[0] == 0
    assert {path: path.read_bytes() for path in toy.out.iterdir()} == before


def test_reused_data_are_drawn_and_not_computed(toy: Toy) -> None:
    toy.run()
    toy.write(value="1 / 0")
    assert toy.run(reuse_data=True)[0] == 0
    with pytest.raises(ZeroDivisionError):
        toy.run()


def test_data_of_other_parameters_are_not_reused(toy: Toy) -> None:
    toy.run()
    toy.write(slope=3.0)
    with pytest.raises(InputError, match="do not belong to this version"):
        toy.run(reuse_data=True)


def test_only_the_named_figures_are_drawn(toy: Toy) -> None:
    toy.write("fig02_other")
    toy.run("fig02", "fig02_other")
    assert sorted(p.suffix for p in toy.out.glob("fig02_other.*")) == [".csv", ".pdf", ".png"]
    assert not list(toy.out.glob("fig01*"))


@pytest.mark.parametrize("name", ["fig99", "fig0", ""])
def test_unknown_and_ambiguous_names(toy: Toy, name: str) -> None:
    toy.write("fig02_other")
    with pytest.raises(InputError, match=r"choose among fig01_toy, fig02_other") as caught:
        toy.run(name)
    assert repr(name) in str(caught.value)


def test_a_folder_that_cannot_be_written(toy: Toy, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(InputError, match=r"cannot be written .* name another one with --out"):
            run_figures(out=folder, console=Console(quiet=True))


def test_a_file_that_cannot_be_written(toy: Toy) -> None:
    toy.path(".png").mkdir()
    with pytest.raises(InputError, match=r"cannot be written \(Is a directory\)"):
        toy.run()


def test_matplotlib_is_missing(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'linreg-unlearn\[figures\]'"):
        run_figures(out=toy.out, console=Console(quiet=True))
    assert not toy.path(".csv").exists()


def test_check_and_reuse_exclude_each_other(toy: Toy) -> None:
    with pytest.raises(InputError, match="exclude each other"):
        run_figures(out=toy.out, check=True, reuse_data=True)


@pytest.mark.parametrize(
    "content", ["", "kind,step\ntoy\n", "# slope: {\nkind\n", "# slope\nkind\n"]
)
def test_data_that_no_figure_wrote(toy: Toy, content: str) -> None:
    toy.path(".csv").write_text(content)
    with pytest.raises(InputError, match="are not what linreg-unlearn figures writes"):
        read_data(toy.path(".csv"))


def test_binary_data(toy: Toy) -> None:
    toy.path(".csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="are not what linreg-unlearn figures writes"):
        read_data(toy.path(".csv"))


def test_a_script_without_declarations(toy: Toy) -> None:
    (toy.scripts / "fig03_empty.py").write_text("NAME = 'fig03_empty'\nTITLE = ''\n")
    with pytest.raises(InputError, match="does not declare CAPTION, PARAMETERS, COLUMNS, compute"):
        toy.run("fig03")


def test_a_script_that_was_copied_and_not_renamed(toy: Toy) -> None:
    (toy.scripts / "fig04_copy.py").write_text((toy.scripts / "fig01_toy.py").read_text())
    with pytest.raises(InputError, match="calls itself 'fig01_toy'"):
        toy.run("fig04")
