"""The command line as a user meets it: tables that fit, one sentence for bad input, exit codes."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from linreg_unlearn import cli
from linreg_unlearn.metrics import retain_loss, unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import distinct, overlapping


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, list(arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.npz"
    overlapping(n_r=8, n_f=4, d_r=8, d_lap=3, d_f=6, seed=1).save(path)
    return path


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(cli.console, "_width", 80)
    monkeypatch.setattr(cli.messages, "_width", 80)


def test_compare_writes_a_row_per_method_that_a_refit_confirms(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.json"
    result = run("compare", str(data), "--json", str(out))
    assert result.exit_code == 0, result.output
    rows = json.loads(out.read_text())
    assert {frozenset(row) for row in rows} == {
        frozenset({"method", "options", "RL", "UL", "distance_to_golden", "norm"})
    }
    problem = Problem.from_npz(data)
    refit = np.linalg.lstsq(problem.X_r, problem.y_r, rcond=None)[0]
    by_name = {row["method"]: row for row in rows if not row["options"]}
    golden = by_name["golden"]
    assert golden["UL"] == pytest.approx(unlearning_loss(problem, refit))
    assert golden["RL"] == pytest.approx(retain_loss(problem, refit), abs=1e-20)
    assert golden["distance_to_golden"] == 0
    assert golden["norm"] == pytest.approx(np.linalg.norm(refit))
    tuned = by_name["fine_tuned"]
    w_o = np.linalg.lstsq(problem.X, problem.y, rcond=None)[0]
    assert tuned["distance_to_golden"] == pytest.approx(np.linalg.norm(w_o - refit))


def test_compare_says_which_claims_apply_and_by_what_margin_others_fail(data: Path) -> None:
    output = run("compare", str(data)).output
    lines = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    assert lines["A5"].split()[1] == "yes"
    assert "3 of 17 columns are active in both" in " ".join(output.split())
    assert "rank X_r = 8, rank X = 12" in " ".join(output.split())


def test_compare_on_distinct_features_says_that_masks_are_golden(tmp_path: Path) -> None:
    path = tmp_path / "distinct.npz"
    distinct(n_r=5, n_f=3, d_r=8, d_f=6).save(path)
    out = tmp_path / "rows.json"
    result = run("compare", str(path), "--json", str(out))
    masked = next(row for row in json.loads(out.read_text()) if row["method"] == "retain_mask")
    assert masked["distance_to_golden"] < 1e-12
    assert next(line for line in result.output.splitlines() if line.startswith(" A4")).split()[
        1
    ] in ("yes", "3")


def test_every_table_fits_into_80_columns(data: Path) -> None:
    for result in (run("compare", str(data)), run("verify", "A1", "B4.overlap", "--exact", "5")):
        assert result.exit_code == 0, result.output
        assert max(len(line.rstrip()) for line in result.output.splitlines()) <= 80


def test_forget_rows_may_come_from_a_file(data: Path, tmp_path: Path) -> None:
    indices = tmp_path / "forget.txt"
    indices.write_text("# the first three\n0\n1\n2\n")
    result = run("compare", str(data), "--forget", str(indices))
    assert result.exit_code == 0, result.output
    assert "9 rows retained, 3 to forget" in " ".join(result.output.split())


def test_compare_reads_csv_and_appends_an_intercept(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b,y,forget\n1,0,1,0\n0,1,2,0\n1,1,5,1\n")
    result = run("compare", str(path), "--intercept")
    assert result.exit_code == 0, result.output
    assert "2 rows retained, 1 to forget, 3 features" in " ".join(result.output.split())


def test_verify_writes_json_and_markdown(tmp_path: Path) -> None:
    rows, table = tmp_path / "rows.json", tmp_path / "table.md"
    result = run("verify", "A2", "--exact", "5", "--json", str(rows), "--markdown", str(table))
    assert result.exit_code == 0, result.output
    (row,) = json.loads(rows.read_text())
    assert (row["id"], row["status"], row["expected"]) == ("A2", "proved", "holds")
    assert table.read_text().splitlines()[2].startswith("| A2 | ")


def _pickled() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, X=np.array([[{"a": 1}]], dtype=object), y=np.ones(1), forget=np.array([0]))
    return buffer.getvalue()


def _archive(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{n: np.asarray(value) for n, value in arrays.items()})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not an archive", "npz"),
        (_pickled(), "X"),
        (_archive(X=[[1.0]], y=[1.0]), "forget"),
        (_archive(X=[[np.nan], [1.0]], y=[1.0, 2.0], forget=[0]), "X"),
        (_archive(X=[[1.0], [1.0]], y=[1.0], forget=[0]), "y"),
        (_archive(X=[[1.0], [1.0]], y=[1.0, 2.0], forget=[2]), "forget"),
        (_archive(X=[[1.0], [1.0]], y=[1.0, 2.0], forget=[0, 0]), "forget"),
        (_archive(X=[[1.0], [1.0]], y=[1.0, 2.0], forget=[0, 1]), "forget"),
        (_archive(y=[1.0], forget=[0]), "X"),
    ],
)
def test_bad_data_get_one_sentence_and_status_2(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    result = run("compare", str(path))
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    (message,) = [line for line in result.output.splitlines() if line.startswith("Error:")]
    assert told in message
    assert not isinstance(result.exception, BaseException) or isinstance(
        result.exception, SystemExit
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("compare",), "nothing to compare on"),
        (("compare", "no-such-file.npz"), "no-such-file.npz"),
        (("compare", "x.npz", "--dataset", "digits"), "both given"),
        (("compare", "--dataset", "digits", "--intercept"), "--intercept"),
        (("compare", "--dataset", "digits", "--forget", "class:12"), "class:12"),
        (("compare", "--dataset", "letters"), "letters"),
        (("verify", "A99"), "'A99' is not registered"),
        (("verify", "--exact", "0"), "--exact"),
        (("verify", "A1", "--exact", "3", "--json", "no/such/folder/x.json"), "cannot write"),
        (("figures", "no-such-figure"), "no-such-figure"),
        (("dance",), "dance"),
    ],
)
def test_bad_arguments_get_one_sentence_and_status_2(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output
