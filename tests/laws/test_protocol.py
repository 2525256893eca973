"""The protocol's tables hold what a refit with SciPy gives, averaged over the seeds asked for."""

import csv
import re
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.datasets import Dataset, load
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.protocol import (
    FAMILIES,
    SYMBOLS,
    Results,
    disparity,
    run_protocol,
    to_csv,
    to_latex,
    to_markdown,
    write_tables,
)

SIZES: dict[str, Any] = {"features": 220, "samples": 200}


@pytest.fixture(scope="module")
def results() -> Results:
    return run_protocol(seeds=[5, 2, 7], **SIZES)


def accuracies(problem: Problem, W: FloatArray) -> FloatArray:
    """UA, RA and TA, written again."""
    assert problem.X_test is not None
    assert problem.y_test is not None
    parts = [(problem.X_f, problem.y_f), (problem.X_r, problem.y_r)]
    parts.append((problem.X_test, problem.y_test))
    hits = [
        sum(int(np.argmax(x @ W)) == int(np.flatnonzero(t)[0]) for x, t in zip(X, y, strict=True))
        for X, y in parts
    ]
    shares = [hit / len(X) for hit, (X, _) in zip(hits, parts, strict=True)]
    return np.array([1 - shares[0], *shares[1:]])


@pytest.mark.parametrize("forget", ["class:3", "class:6", "class:9", "random"])
def test_one_seed_against_scipy(results: Results, forget: str) -> None:
    problem = load("digits").problem(forget=forget, seed=2, **SIZES)
    w_o = scipy.linalg.lstsq(problem.X, problem.y)[0]
    w_g = scipy.linalg.lstsq(problem.X_r, problem.y_r)[0]
    masked = np.where((problem.X_f == 0).all(axis=0)[:, None], w_o, 0)
    tuned = masked + scipy.linalg.lstsq(problem.X_r, problem.y_r - problem.X_r @ masked)[0]
    golden = accuracies(problem, w_g)
    found = {
        each.label: each.scores
        for each in results.measurements
        if each.setting.forget == forget and each.seed == 2
    }
    expected = {
        "pretrained": w_o,
        "fine-tuned": w_o,
        "golden (retrained)": w_g,
        "forget mask, fine-tuned": tuned,
    }
    for label, W in expected.items():
        own = accuracies(problem, W)
        np.testing.assert_allclose(found[label][:3], own, atol=1e-12)
        assert found[label].disparity == pytest.approx(np.abs(own - golden).mean(), abs=1e-12)
        distance = np.linalg.norm(W - w_g)
        assert found[label].distance_to_golden == pytest.approx(distance, rel=1e-6, abs=1e-9)
    # Otherwise the test above would compare nothing but zeros.
    assert found["pretrained"].disparity > (0.3 if forget != "random" else 0.02)


def test_every_variant_of_every_method_in_every_setting_and_seed(results: Results) -> None:
    compared = [method for method in METHODS.values() if method.family in FAMILIES]
    variants = [method.name for method in compared for _ in method.variants]
    settings = ["class:3", "class:6", "class:9", "random"]
    assert [s.forget for s in results.settings] == settings
    assert [(m.setting.forget, m.method, m.seed) for m in results.measurements] == [
        (forget, method, seed) for forget in settings for method in variants for seed in (5, 2, 7)
    ]
    labels = [row.label for row in results.summaries()][: len(variants)]
    assert len(set(labels)) == len(labels), "a row of the table is known by its label"


def test_sizes_are_those_of_the_problems(results: Results) -> None:
    for setting in results.settings:
        for seed in results.seeds:
            problem = load("digits").problem(forget=setting.forget, seed=seed, **SIZES)
            assert problem.X_test is not None
            sizes = (problem.n_r, problem.n_f, len(problem.X_test))
            assert sizes == (setting.retained, setting.forgotten, setting.held_out)


def test_golden_has_no_disparity_and_no_distance(results: Results) -> None:
    rows = [m for m in results.measurements if m.method == "golden"]
    assert len(rows) == 12
    assert all(m.scores.disparity == 0 == m.scores.distance_to_golden for m in rows)
    others = [m for m in results.measurements if m.method == "pretrained"]
    assert all(m.scores.disparity > 0 for m in others)


def test_means_and_deviations_over_seeds(results: Results) -> None:
    summaries = results.summaries()
    assert len(summaries) * 3 == len(results.measurements)
    for row in summaries:
        scores = [
            m.scores
            for m in results.measurements
            if (m.setting, m.method, m.label) == (row.setting, row.method, row.label)
        ]
        for place in range(len(SYMBOLS)):
            numbers = [score[place] for score in scores]
            assert row.mean[place] == pytest.approx(statistics.fmean(numbers), rel=1e-12)
            assert row.deviation[place] == pytest.approx(statistics.stdev(numbers), abs=1e-12)
    assert max(row.deviation.disparity for row in summaries) > 0


def test_the_seed_decides_everything(results: Results) -> None:
    again = run_protocol(seeds=[2], **SIZES)
    assert again.measurements == tuple(m for m in results.measurements if m.seed == 2)
    by_seed = [
        [m.scores.distance_to_golden for m in results.measurements if m.seed == seed]
        for seed in (2, 5)
    ]
    assert by_seed[0] != by_seed[1]


def test_progress_is_reported_problem_by_problem() -> None:
    seen: list[tuple[int, int]] = []
    run_protocol(
        seeds=[0, 1], features=30, samples=60, report=lambda done, total: seen.append((done, total))
    )
    assert seen == [(done, 8) for done in range(1, 9)]


def odd() -> Dataset:
    """Data whose names mean something to Markdown, to LaTeX and to rich."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    inputs = rng.random((60, 4)) + labels[:, None] / 3
    return Dataset("a_b|$#%&~^\\{}", inputs / inputs.max(), labels, ("50%_[red]", "x|y", "c^2"))


def test_csv_holds_the_summaries(results: Results) -> None:
    lines = to_csv(results).splitlines()
    head = [line for line in lines if line.startswith("# ")]
    assert "# seeds: [5, 2, 7]" in head
    assert "# training_rows: 160" in head
    rows = list(csv.DictReader(lines[len(head) :]))
    summaries = results.summaries()
    for row, summary in zip(rows, summaries, strict=True):
        assert row["forget"] == summary.setting.forget
        assert (row["method"], row["variant"]) == (summary.method, summary.label)
        for place, symbol in enumerate(SYMBOLS):
            assert float(row[f"{symbol}_mean"]) == pytest.approx(summary.mean[place])
            assert float(row[f"{symbol}_std"]) == pytest.approx(summary.deviation[place])


def test_markdown_holds_the_numbers_in_percent(results: Results) -> None:
    lines = to_markdown(results).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert len(tables) == 4 * 2 + len(results.summaries())
    (row,) = [line for line in tables if line.startswith("| pretrained |") and line == tables[2]]
    first = results.summaries()[0]
    means, spread = first.mean, first.deviation
    assert row.split(" | ")[3:5] == [
        f"{100 * means.test_accuracy:.1f} ± {100 * spread.test_accuracy:.1f}",
        f"{100 * means.disparity:.1f} ± {100 * spread.disparity:.1f}",
    ]
    assert row.endswith(f"{means.distance_to_golden:.1f} ± {spread.distance_to_golden:.1f} |")


def test_a_single_seed_has_no_deviation() -> None:
    results = run_protocol(odd(), seeds=[0], features=70)
    assert "±" not in "".join(to_markdown(results).splitlines()[2:])
    assert r"\pm $" not in to_latex(results)
    assert "nan" not in to_csv(results) + to_markdown(results) + to_latex(results)


def test_names_are_escaped_for_markdown_and_latex() -> None:
    results = run_protocol(odd(), seeds=[0, 1], features=70)
    assert [s.forget for s in results.settings] == [
        *("class:50%_[red]", "class:x|y", "class:c^2"),
        "random",
    ]
    assert to_markdown(results).startswith(r"a\_b\|$\#%&~^\\{}: 48 training rows")
    for line in to_markdown(results).splitlines():
        if line.startswith("| ") and "method" not in line:
            assert len(re.findall(r"(?<!\\)\|", line)) == 7
    text = to_latex(results)
    comment, *lines = text.splitlines()
    assert comment == r"% \usepackage{booktabs}"
    body = "\n".join(lines)
    # Nothing that TeX would take for a comment, a parameter, a subscript or a missing brace.
    assert not re.search(r"(?<!\\)[%#_]", body)
    assert not re.search(r"(?<!\\)\^|~(?!\{)", body.replace(r"\^", ""))
    plain = body.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert plain.replace(r"\$", "").count("$") % 2 == 0
    assert r"a\_b\textbar{}\$\#\%\&\textasciitilde{}\textasciicircum{}\textbackslash{}\{\}" in body
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(rows) == 4 + len(results.summaries())
    assert all(len(re.findall(r"(?<!\\)&", row)) == 5 for row in rows)
    for word in ("toprule", "midrule", "bottomrule", "begin{tabular}", "end{tabular}"):
        assert body.count("\\" + word) == 4


def test_tables_are_written_side_by_side(results: Results, tmp_path: Path) -> None:
    paths = write_tables(results, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["table.csv", "table.md", "table.tex"]
    written = [path.read_text(encoding="utf-8") for path in paths]
    assert written == [to_csv(results), to_markdown(results), to_latex(results)]
    with pytest.raises(InputError, match=r"cannot write .*table\.csv \(.*\): name a folder"):
        write_tables(results, paths[0])
    (tmp_path / "taken" / "table.md").mkdir(parents=True)
    with pytest.raises(InputError, match=r"cannot write .*table.md \(.*\): name a folder"):
        write_tables(results, tmp_path / "taken")


def test_disparity_is_the_mean_of_three_gaps() -> None:
    from linreg_unlearn.comparison import ComparisonRow

    def row(UA: float, RA: float, TA: float) -> ComparisonRow:
        return ComparisonRow("m", "m", {}, 0, 0, 0, 0, UA, RA, TA, np.zeros(1))

    # Gaps of both signs do not cancel.
    assert disparity(row(0.9, 0.4, 0.5), row(0.3, 0.7, 0.5)) == pytest.approx(0.3)
