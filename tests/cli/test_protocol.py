"""``linreg-unlearn protocol`` and ``--dataset``: tables that fit, files, one sentence if not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from click.testing import CliRunner, Result

from linreg_unlearn import cli
from linreg_unlearn.protocol import run_protocol, to_csv, to_latex, to_markdown

SMALL = ("--seeds", "2", "--features", "120", "--samples", "100")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, list(arguments))


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(cli.console, "_width", 80)
    monkeypatch.setattr(cli.messages, "_width", 80)


@pytest.fixture
def _paint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let openml.org have one data set, with class names that look like rich's markup."""
    rng = np.random.default_rng(0)
    target = np.array(["[red]", "green", "blue"] * 20, dtype=object)

    def fetch(name: str, **_: Any) -> Any:
        if name != "paint":
            raise URLError("no route to host")
        return SimpleNamespace(
            data=rng.random((60, 3)), target=target, feature_names=list("abc"), categories=None
        )

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)


def test_it_prints_tables_and_writes_files(tmp_path: Path) -> None:
    result = run("protocol", *SMALL, "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines), "nothing is cut off"
    for title in ("class 3", "class 6", "class 9", "random rows"):
        assert any(line.startswith(f"forget {title}: ") for line in lines)
    expected = run_protocol(seeds=[0, 1], features=120, samples=100)
    files = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert files == {
        "table.csv": to_csv(expected),
        "table.md": to_markdown(expected),
        "table.tex": to_latex(expected),
    }
    row = next(line for line in lines if line.lstrip().startswith("pretrained"))
    first = expected.summaries()[0]
    assert row.split() == [
        "pretrained",
        *(f"{100 * share:.1f}" for share in first.mean[:3]),
        *(f"{100 * first.mean.disparity:.1f}", "±", f"{100 * first.deviation.disparity:.1f}"),
        *(f"{first.mean[4]:.1f}", "±", f"{first.deviation[4]:.1f}"),
    ]


@pytest.mark.usefixtures("_paint")
def test_data_from_openml(tmp_path: Path) -> None:
    result = run("protocol", "--dataset", "openml:paint", *SMALL, "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "openml:paint: 48 training rows" in result.stdout
    assert "forget class [red]: 16 rows, 32 retained" in result.stdout
    rows = run("compare", "--dataset", "openml:paint")
    assert rows.exit_code == 0, rows.output
    assert "openml:paint, random: 43 rows retained, 5 to forget" in " ".join(rows.output.split())
    by_class = run("compare", "--dataset", "openml:paint", "--forget", "class:green")
    assert "32 rows retained, 16 to forget" in " ".join(by_class.output.split())


@pytest.mark.usefixtures("_paint")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("protocol", "--dataset", "letters"), "'letters' is no data set"),
        (("protocol", "--dataset", "openml:"), "'openml:' is no data set"),
        (
            ("protocol", "--dataset", "openml:other"),
            "could not be fetched (<urlopen error no route",
        ),
        (("protocol", "--seeds", "0"), "--seeds"),
        (("protocol", "--features", "0"), "--features"),
        (("protocol", "--samples", "many"), "--samples"),
        (("protocol", "--samples", "5"), "use more samples"),
        (("compare", "--dataset", "letters"), "'letters' is no data set"),
        (("compare", "--dataset", "openml:other"), "could not be fetched"),
        (("compare", "--dataset", "openml:paint", "--forget", "class:4"), "'class:4'"),
        (("compare", "--dataset", "openml:paint", "--intercept"), "--intercept"),
    ],
)
def test_bad_arguments_get_one_sentence_and_status_2(
    arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    (message,) = [line for line in result.output.splitlines() if line.startswith("Error:")]
    assert told in message


def test_a_folder_that_cannot_be_written_is_noticed_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("computed for nothing")

    monkeypatch.setattr("linreg_unlearn.protocol.run_protocol", never)
    (tmp_path / "file").write_text("")
    result = run("protocol", "--out", str(tmp_path / "file" / "folder"))
    assert result.exit_code == 2
    assert "name a folder you may write to" in result.output
