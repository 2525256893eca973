"""The protocol that unlearning papers report, on real data, with golden as the reference.

A data set is split and lifted to random features once per seed; every method, in each of its
variants, then forgets a class or one row in ten. Accuracies are compared with those of golden. Such
tables are usual for deep networks, as in [ding2024unlearning]; the classes are theirs, the sizes
and the data are our choice.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from linreg_unlearn import __version__
from linreg_unlearn.arrays import whole_number
from linreg_unlearn.comparison import ComparisonRow, compare
from linreg_unlearn.datasets import Dataset, load
from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem

__all__ = [
    "SYMBOLS",
    "Cells",
    "Measurement",
    "Results",
    "Scores",
    "Setting",
    "Summary",
    "cells_of",
    "disparity",
    "make_folder",
    "run_protocol",
    "to_csv",
    "to_latex",
    "to_markdown",
    "write_tables",
]

# Those that class-wise forgetting is usually reported for.
_USUAL_CLASSES = ("3", "6", "9")


FAMILIES = ("fine-tuning", "regularized", "masking")
"""What the protocol compares: the methods of the paper whose tables it has."""


class Scores(NamedTuple):
    """What is measured on one solution; accuracies and disparity are shares from 0 to 1.

    Attributes
    ----------
    unlearning_accuracy, retain_accuracy, test_accuracy : float
        UA (one minus the accuracy on forget rows), RA and TA.
    disparity : float
        Average gap to golden, see :func:`disparity`.
    distance_to_golden : float
        ``‖w − w_g‖`` (Frobenius).
    """

    unlearning_accuracy: float
    retain_accuracy: float
    test_accuracy: float
    disparity: float
    distance_to_golden: float


#: Column heads of :class:`Scores`, in its order.
SYMBOLS = ("UA", "RA", "TA", "disparity", "distance")


@dataclass(frozen=True)
class Setting:
    """What is forgotten, and how many rows that leaves.

    Attributes
    ----------
    forget : str
        ``"class:NAME"`` or ``"random"``.
    retained, forgotten, held_out : int
        Numbers of rows; the same for every seed.

    Examples
    --------
    >>> print(Setting("class:3", retained=1290, forgotten=147, held_out=360))
    forget class 3
    """

    forget: str
    retained: int
    forgotten: int
    held_out: int

    def __str__(self) -> str:
        kind, _, label = self.forget.partition(":")
        return f"forget class {label}" if kind == "class" else "forget random rows"


@dataclass(frozen=True)
class Measurement:
    """One method, in one variant, in one setting with one seed.

    Attributes
    ----------
    setting : Setting
    seed : int
    method : str
        Name in the registry.
    label : str
        Title of the method and the options of the variant, for tables.
    scores : Scores
    """

    setting: Setting
    seed: int
    method: str
    label: str
    scores: Scores


@dataclass(frozen=True)
class Summary:
    """Mean and spread of one variant in one setting.

    Attributes
    ----------
    setting, method, label
        As in :class:`Measurement`.
    mean : Scores
        Over the seeds.
    deviation : Scores
        Sample standard deviation over the seeds (divided by their number less one); NaN where there
        is a single seed.
    """

    setting: Setting
    method: str
    label: str
    mean: Scores
    deviation: Scores


@dataclass(frozen=True)
class Results:
    """Everything that was measured, and on what.

    Attributes
    ----------
    dataset : str
    seeds : tuple of int
    features : int
    settings : tuple of Setting
    measurements : tuple of Measurement
        By setting, then in the order of the registry, then by seed.
    """

    dataset: str
    seeds: tuple[int, ...]
    features: int
    settings: tuple[Setting, ...]
    measurements: tuple[Measurement, ...]

    def summaries(self) -> list[Summary]:
        """Return one summary per setting and variant, in the order of the measurements."""
        count = len(self.seeds)
        found = []
        for start in range(0, len(self.measurements), count):
            group = self.measurements[start : start + count]
            table = np.array([each.scores for each in group])
            # A single seed has no spread; NumPy would warn and say NaN.
            spread = table.std(axis=0, ddof=1) if count > 1 else np.full(len(SYMBOLS), math.nan)
            found.append(
                Summary(
                    setting=group[0].setting,
                    method=group[0].method,
                    label=group[0].label,
                    mean=Scores(*table.mean(axis=0).tolist()),
                    deviation=Scores(*spread.tolist()),
                )
            )
        return found

    def describe(self) -> str:
        """Say in a line what the numbers are averages over."""
        some = self.settings[0]
        seeds = f"{len(self.seeds)} seed{'s' * (len(self.seeds) != 1)}"
        return (
            f"{self.dataset}: {some.retained + some.forgotten} training rows, {some.held_out} held "
            f"out, {self.features} random features, {seeds}"
        )


def disparity(row: ComparisonRow, golden: ComparisonRow) -> float:
    """Return the average gap to golden in accuracy.

    Parameters
    ----------
    row, golden : ComparisonRow
        Of the same problem, with accuracies.

    Returns
    -------
    float
        Mean of ``|UA − UA_golden|``, ``|RA − RA_golden|`` and ``|TA − TA_golden|``, from 0 to 1.

    Examples
    --------
    >>> rows = compare(
    ...     load("digits").problem(forget="class:3", features=300, samples=200),
    ...     families=FAMILIES,
    ... )
    >>> pretrained, golden = rows[:2]
    >>> disparity(golden, golden)
    0.0
    >>> disparity(pretrained, golden) > 1 / 3
    True
    """
    gaps = [abs(a - b) for a, b in zip(_accuracies(row), _accuracies(golden), strict=True)]
    return sum(gaps) / len(gaps)


def run_protocol(
    dataset: str | Dataset = "digits",
    *,
    seeds: Sequence[int] = tuple(range(20)),
    features: int = 2000,
    samples: int = 2000,
    report: Callable[[int, int], None] | None = None,
) -> Results:
    """Run every registered method, in each of its variants, on every setting and seed.

    Parameters
    ----------
    dataset : str or Dataset, default "digits"
        ``"digits"``, ``"openml:NAME"``, or data of your own.
    seeds : sequence of int, default 0 to 19
        Each draws the random features, the split and the rows to forget.
    features : int, default 2000
        Number of random features; above the number of training rows the models interpolate.
    samples : int, default 2000
        Use at most so many rows of the data, drawn anew for every seed; all of the digits.
    report : callable, optional
        Called with the number of problems solved and of all problems.

    Returns
    -------
    Results
        For the classes called 3, 6 and 9 (the first three classes, where the data have no such
        ones) and for a random tenth of the training rows.

    Raises
    ------
    InputError
        The data cannot be had, or an argument cannot be used.

    Examples
    --------
    >>> results = run_protocol(seeds=[0], features=100, samples=60)
    >>> [setting.forget for setting in results.settings]
    ['class:3', 'class:6', 'class:9', 'random']
    """
    seeds = tuple(whole_number(seed, "seeds", 0) for seed in seeds)
    if not seeds or len(set(seeds)) != len(seeds):
        raise InputError(
            f"seeds is {list(seeds)}: pass at least one whole number, each of them once"
        )
    data = load(dataset) if isinstance(dataset, str) else dataset
    wanted = _forgotten(data)
    settings: list[Setting] = []
    measurements: list[Measurement] = []
    for done, forget in enumerate(wanted):
        by_seed = []
        for place, seed in enumerate(seeds):
            problem = data.problem(forget=forget, features=features, samples=samples, seed=seed)
            if place == 0:
                settings.append(_setting(forget, problem))
            by_seed.append(_measured(problem, settings[-1], seed))
            if report is not None:
                report(done * len(seeds) + place + 1, len(wanted) * len(seeds))
        # From one list per seed to one per variant.
        measurements += [each for variant in zip(*by_seed, strict=True) for each in variant]
    return Results(data.name, seeds, features, tuple(settings), tuple(measurements))


def to_csv(results: Results) -> str:
    """Return means and standard deviations as CSV, below lines that say where they come from.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
        Accuracies and disparities as shares. A cell is empty where there is no deviation.
    """
    text = io.StringIO()
    for key, value in _provenance(results).items():
        text.write(f"# {key}: {json.dumps(value)}\n")
    writer = csv.writer(text, lineterminator="\n")
    scores = [f"{symbol}_{part}" for symbol in SYMBOLS for part in ("mean", "std")]
    writer.writerow(["forget", "retained", "forgotten", "method", "variant", *scores])
    for row in results.summaries():
        cells = [
            "" if math.isnan(number) else format(number, ".12g")
            for pair in zip(row.mean, row.deviation, strict=True)
            for number in pair
        ]
        setting = row.setting
        head = [setting.forget, setting.retained, setting.forgotten, row.method, row.label]
        writer.writerow([*head, *cells])
    return text.getvalue()


def to_markdown(results: Results) -> str:
    """Return one Markdown table per setting: mean ± standard deviation.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
        Accuracies and disparities in percent.
    """
    lines = [f"{_escaped_markdown(results.describe())}. {_LEGEND}", ""]
    for setting, rows in _by_setting(results):
        lines += [f"### {_escaped_markdown(_heading(setting))}", ""]
        lines.append("| method | " + " | ".join(_HEADS) + " |")
        lines.append("|---|" + "---:|" * len(_HEADS))
        for label, cells in rows:
            text = [
                cell if deviation is None else f"{cell} ± {deviation}" for cell, deviation in cells
            ]
            lines.append(f"| {_escaped_markdown(label)} | " + " | ".join(text) + " |")
        lines.append("")
    return "\n".join(lines)


def to_latex(results: Results) -> str:
    r"""Return one LaTeX table per setting, for the package booktabs.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
        To be read with ``\input``; accuracies and disparities in percent.
    """
    lines = [r"% \usepackage{booktabs}"]
    for setting, rows in _by_setting(results):
        caption = f"{_heading(setting)}. {results.describe()}. {_LEGEND}"
        lines += [
            r"\begin{table}",
            r"\centering\small\setlength{\tabcolsep}{4pt}",
            rf"\caption{{{_escaped_latex(caption)}}}",
            r"\begin{tabular}{l" + "r" * len(_HEADS) + "}",
            r"\toprule",
            " & ".join(["method", *map(_escaped_latex, _HEADS)]) + r" \\",
            r"\midrule",
        ]
        for label, cells in rows:
            text = [
                f"${cell}$" if deviation is None else rf"${cell} \pm {deviation}$"
                for cell, deviation in cells
            ]
            lines.append(" & ".join([_escaped_latex(label), *text]) + r" \\")
        lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
    return "\n".join(lines)


def write_tables(results: Results, folder: Path) -> list[Path]:
    """Write ``table.csv``, ``table.md`` and ``table.tex``.

    Parameters
    ----------
    results : Results
    folder : Path
        Made if there is none.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    make_folder(folder)
    contents = {"csv": to_csv(results), "md": to_markdown(results), "tex": to_latex(results)}
    paths = []
    for suffix, content in contents.items():
        paths.append(folder / f"table.{suffix}")
        try:
            paths[-1].write_text(content, encoding="utf-8")
        except OSError as error:
            raise _unwritable(paths[-1], error) from None
    return paths


def make_folder(folder: Path) -> None:
    """Make a folder, so that a long computation does not end with nowhere to write.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    InputError
        It cannot be made, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot write {path} ({error.strerror or error}): name a folder you may write to"
    )


def _forgotten(data: Dataset) -> list[str]:
    known = set(_USUAL_CLASSES) <= set(data.classes)
    chosen = _USUAL_CLASSES if known else data.classes[: len(_USUAL_CLASSES)]
    return [*(f"class:{label}" for label in chosen), "random"]


def _setting(forget: str, problem: Problem) -> Setting:
    assert problem.X_test is not None
    return Setting(forget, problem.n_r, problem.n_f, len(problem.X_test))


def _measured(problem: Problem, setting: Setting, seed: int) -> list[Measurement]:
    rows = compare(problem, families=FAMILIES)
    golden = next(row for row in rows if row.method == "golden" and not row.options)
    return [
        Measurement(
            setting=setting,
            seed=seed,
            method=row.method,
            label=_label(row, problem.n_r),
            scores=Scores(*_accuracies(row), disparity(row, golden), row.distance_to_golden),
        )
        for row in rows
    ]


def _accuracies(row: ComparisonRow) -> tuple[float, float, float]:
    UA, RA, TA = row.unlearning_accuracy, row.retain_accuracy, row.test_accuracy
    if UA is None or RA is None or TA is None:
        raise InputError(
            f"{row.title} has no accuracies to compare: use one-hot targets and held-out rows"
        )
    return UA, RA, TA


def _label(row: ComparisonRow, n_r: int) -> str:
    """Return the title with the options; rows to fine-tune on become their share of all."""
    options = []
    for name, value in row.options.items():
        if name == "rows" and isinstance(value, int):
            options.append("fine-tuned" + ("" if value == n_r else f" on {value / n_r:.0%}"))
        else:
            options.append(f"{name}: {value}")
    return ", ".join([row.title, *options])


def _provenance(results: Results) -> dict[str, object]:
    some = results.settings[0]
    return {
        "table": "protocol",
        "version": __version__,
        "dataset": results.dataset,
        "training_rows": some.retained + some.forgotten,
        "held_out_rows": some.held_out,
        "features": results.features,
        "seeds": list(results.seeds),
    }


_HEADS = ("UA %", "RA %", "TA %", "disparity %", "distance")

_LEGEND = (
    "Mean ± standard deviation over seeds; UA, RA, TA: share of forget rows classified wrongly, of "
    "retained and of held-out rows classified rightly; disparity: average gap to golden of these "
    "three; distance: of the weights to golden's"
)

#: Mean and deviation of every score, as text.
Cells: TypeAlias = list[tuple[str, str | None]]


def _by_setting(results: Results) -> list[tuple[Setting, list[tuple[str, Cells]]]]:
    """Return the settings with their labels and cells: mean and, if any, deviation, as text."""
    found: dict[Setting, list[tuple[str, Cells]]] = {setting: [] for setting in results.settings}
    for row in results.summaries():
        found[row.setting].append((row.label, cells_of(row)))
    return list(found.items())


def cells_of(row: Summary) -> Cells:
    """Return mean and, if there is one, deviation of every score as text, shares in percent."""
    cells: Cells = []
    for symbol, mean, deviation in zip(SYMBOLS, row.mean, row.deviation, strict=True):
        scale = 1.0 if symbol == "distance" else 100.0
        spread = None if math.isnan(deviation) else f"{scale * deviation:.1f}"
        cells.append((f"{scale * mean:.1f}", spread))
    return cells


def _heading(setting: Setting) -> str:
    total = setting.retained + setting.forgotten
    text = f"{setting}, {setting.forgotten} of {total}"
    return text[0].upper() + text[1:]


def _escaped_markdown(text: str) -> str:
    for mark in "\\`*_<|#":
        text = text.replace(mark, "\\" + mark)
    return text


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "×": r"$\times$",
    "→": r"$\to$",
    "∞": r"$\infty$",
    "½": r"$\frac12$",
    "α": r"$\alpha$",
    "λ": r"$\lambda$",
} | {mark: "\\" + mark for mark in "&%$#_{}"}


def _escaped_latex(text: str) -> str:
    return "".join(_LATEX.get(mark, mark) for mark in text)
