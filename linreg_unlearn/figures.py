"""Figures: compute, write the numbers down, draw them, and tell when any of it is stale.

A figure is one script in the folder ``figures``. It declares

``NAME``
    the stem of its file, which is also the stem of everything it produces;
``TITLE``, ``CAPTION``
    one line, and what a paper would print below the figure;
``PARAMETERS``
    everything that its numbers depend on, seeds included, as a dict of JSON values;
``COLUMNS``
    the names of the columns of its data;
``compute(parameters, report)``
    returns the rows, one tuple of text and numbers per row; it may call ``report`` with the done
    share, from 0 to 1;
``render(data)``
    returns a Matplotlib figure made from a :class:`Data` alone. It imports Matplotlib itself, so
    that the numbers can be computed and checked without it.

Running a figure writes ``NAME.csv``, whose header says how the numbers came about, and
``NAME.png`` and ``NAME.pdf``, which carry the digests of that file and of the script. The images
hold no time and no machine: the same numbers, script and Matplotlib give the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from linreg_unlearn import __version__
from linreg_unlearn.errors import InputError
from linreg_unlearn.shipped import checkout_root, find_directory, load_script

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

Cell = str | int | float
Row = tuple[Cell, ...]
Report = Callable[[float], None]

#: Okabe and Ito's colours, which remain distinct for colour-blind readers.
COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}

#: Widths of one and of two columns of a paper, in inches.
ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0

#: The look of every figure. All fonts come with Matplotlib, so that machines agree on the layout.
#: (Any, since the type of its keys differs between versions of Matplotlib.)
STYLE: Any = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
}

RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 1e-6, 1e-9

_IMAGES = (".png", ".pdf")
_DIGESTS = re.compile(rb"data-sha256:([0-9a-f]{64}) script-sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Data:
    """The numbers of a figure and where they come from.

    Attributes
    ----------
    provenance : dict of str to JSON value
        Name and version of the code and every parameter.
    columns : tuple of str
        The names of the columns.
    rows : tuple of tuples
        Text as written; use :meth:`numbers` for a column of floats.
    """

    provenance: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def where(self, **cells: str) -> Data:
        """Return the rows whose named columns hold these texts.

        Examples
        --------
        >>> data = Data({}, ("method", "RL"), (("golden", "0"), ("RBM", "1")))
        >>> data.where(method="RBM").rows
        (('RBM', '1'),)
        """
        places = {self.columns.index(column): cell for column, cell in cells.items()}
        rows = tuple(row for row in self.rows if all(row[i] == c for i, c in places.items()))
        return Data(self.provenance, self.columns, rows)

    def numbers(self, column: str) -> list[float]:
        """Return one column as numbers, in the order of the rows.

        Examples
        --------
        >>> Data({}, ("method", "RL"), (("golden", "0"), ("RBM", "1e-3"))).numbers("RL")
        [0.0, 0.001]
        """
        place = self.columns.index(column)
        return [float(row[place]) for row in self.rows]


@dataclass(frozen=True)
class Figure:
    """What one script in ``figures`` declares; see the module's description."""

    name: str
    title: str
    caption: str
    parameters: Mapping[str, Any]
    columns: tuple[str, ...]
    compute: Callable[[Mapping[str, Any], Report], Sequence[Row]]
    render: Callable[[Data], MatplotlibFigure]
    script_digest: str

    @classmethod
    def load(cls, path: Path) -> Figure:
        """Load the figure that a script declares.

        Parameters
        ----------
        path : Path
            The script.

        Returns
        -------
        Figure
            What it declares.

        Raises
        ------
        InputError
            If the script is missing, lacks a declaration or names itself other than its file.

        Examples
        --------
        >>> Figure.load(sorted(find_directory("figures").glob("fig01*.py"))[0]).columns[0]
        'setup'
        """
        script = load_script(path)
        needed = ("NAME", "TITLE", "CAPTION", "PARAMETERS", "COLUMNS", "compute", "render")
        missing = [word for word in needed if not hasattr(script, word)]
        if missing:
            raise InputError(
                f"the figure script {path.name} does not declare {', '.join(missing)}: "
                "see the description of linreg_unlearn.figures."
            )
        if path.stem != script.NAME:
            raise InputError(
                f"the figure script {path.name} calls itself {script.NAME!r}: "
                "NAME must be the name of the file without .py."
            )
        return cls(
            name=script.NAME,
            title=script.TITLE,
            caption=script.CAPTION,
            parameters=script.PARAMETERS,
            columns=tuple(script.COLUMNS),
            compute=script.compute,
            render=script.render,
            script_digest=_sha256(path),
        )

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from: figure, version of the package and every parameter."""
        return {"figure": self.name, "version": __version__, **self.parameters}


def figure_names() -> list[str]:
    """Return the names of all figures, in order.

    Examples
    --------
    >>> figure_names()[0]
    'fig01_fine_tuning_and_masks'
    """
    return sorted(path.stem for path in find_directory("figures").glob("fig*.py"))


def run_figures(
    names: Sequence[str] = (),
    *,
    reuse_data: bool = False,
    check: bool = False,
    out: Path | None = None,
    console: Console | None = None,
) -> int:
    """Compute and draw figures, or check those that were drawn before.

    Parameters
    ----------
    names : sequence of str
        Names of figures, or beginnings of names that fit one figure; none means all.
    reuse_data : bool
        Draw the numbers that are there instead of computing them again.
    check : bool
        Draw nothing. Compute the numbers again and compare: text exactly, numbers to a relative
        difference of 1e-6 or an absolute one of 1e-9; and see that every image was made from these
        data and by this script.
    out : Path, optional
        Where the files are. Default: ``figures/output`` of the checkout; for an installed package,
        ``linreg-unlearn-figures`` in the current folder.
    console : rich.console.Console, optional
        Where progress and results are shown.

    Returns
    -------
    int
        0, or 1 if ``check`` found anything stale.

    Raises
    ------
    InputError
        If a name is unknown, the folder cannot be written, data to be reused do not fit, or
        Matplotlib is missing.

    Examples
    --------
    >>> run_figures(["fig99"])
    Traceback (most recent call last):
    ...
    linreg_unlearn.errors.InputError: unknown figure 'fig99': ...
    """
    if check and reuse_data:
        raise InputError(
            "--check and --reuse-data exclude each other, since a check computes the data again: "
            "leave one of them out."
        )
    console = console or Console()
    out = default_folder() if out is None else out
    figures = [Figure.load(path) for path in _chosen_scripts(names)]
    if check:
        stale = [line for figure in figures for line in _check(figure, out, console)]
        for line in stale:
            console.print(Text.assemble(("stale", "red"), f" {line}"), soft_wrap=True)
        if not stale:
            up_to_date = f"{len(figures)} figure(s) in {out} are up to date."
            console.print(Text(up_to_date), soft_wrap=True)
        return 1 if stale else 0

    if importlib.util.find_spec("matplotlib") is None:
        raise InputError(
            "drawing needs Matplotlib, which is not installed: "
            "run pip install 'linreg-unlearn[figures]'."
        )
    _make_folder(out)
    for figure in figures:
        path = out / f"{figure.name}.csv"
        if reuse_data:
            _require_same_provenance(figure, path)
        else:
            _write(path, format_data(figure, _compute(figure, console)).encode())
        written = [path, *draw(figure, path)]
        console.print(Text(f"{figure.name}: {figure.title}"), soft_wrap=True)
        for file in written:
            console.print(Text(f"  {file}"), soft_wrap=True)
    return 0


def default_folder() -> Path:
    """Return where figures go unless told otherwise.

    Examples
    --------
    >>> default_folder().name in {"output", "linreg-unlearn-figures"}
    True
    """
    root = checkout_root()
    return Path("linreg-unlearn-figures") if root is None else root / "figures" / "output"


def format_data(figure: Figure, rows: Sequence[Row]) -> str:
    """Return rows as the text of a CSV file whose ``#`` lines say where they come from.

    Numbers keep 12 digits: enough to compare and to draw, and fewer than what differs between
    machines.

    Parameters
    ----------
    figure : Figure
        What the rows belong to.
    rows : sequence of tuples
        As many cells per row as the figure has columns.

    Returns
    -------
    str
        The file's text.
    """
    text = io.StringIO()
    for key, value in figure.provenance.items():
        text.write(f"# {key}: {json.dumps(value)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(figure.columns)
    for row in rows:
        if len(row) != len(figure.columns):
            raise ValueError(f"{figure.name}: a row has {len(row)} cells: {row}")
        writer.writerow([format(c, ".12g") if isinstance(c, float) else c for c in row])
    return text.getvalue()


def read_data(path: Path) -> Data:
    """Read what :func:`format_data` wrote.

    Parameters
    ----------
    path : Path
        A CSV file of a figure.

    Returns
    -------
    Data
        Provenance, columns and rows.

    Raises
    ------
    InputError
        If the file is missing or is no such file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        header = [line for line in lines if line.startswith("# ")]
        pairs = [line[2:].split(": ", 1) for line in header]
        provenance = {key: json.loads(value) for key, value in pairs}
        columns, *rows = list(csv.reader(lines[len(header) :]))
        if any(len(row) != len(columns) for row in rows):
            raise ValueError("rows of different lengths")
    except OSError as error:
        raise InputError(
            f"the data {path} cannot be read ({error.strerror}): "
            "run linreg-unlearn figures without --reuse-data."
        ) from None
    except ValueError:
        raise InputError(
            f"the data {path} are not what linreg-unlearn figures writes: "
            "run it again without --reuse-data."
        ) from None
    return Data(provenance, tuple(columns), tuple(tuple(row) for row in rows))


def draw(figure: Figure, path: Path) -> list[Path]:
    """Draw the data in a CSV file and write the images beside it.

    Parameters
    ----------
    figure : Figure
        Whose data they are.
    path : Path
        The CSV file.

    Returns
    -------
    list of Path
        The images, PNG and PDF.

    Raises
    ------
    InputError
        If the data cannot be read or the images cannot be written.
    """
    from matplotlib import rc_context

    digests = f"data-sha256:{_sha256(path)} script-sha256:{figure.script_digest}"
    maker = f"linreg-unlearn {__version__}"
    metadata: dict[str, dict[str, Any]] = {
        ".png": {
            "Title": figure.title,
            "Description": figure.caption,
            "Software": maker,
            "Comment": digests,
        },
        ".pdf": {
            "Title": figure.title,
            "Subject": figure.caption,
            "Creator": maker,
            "Keywords": digests,
            "CreationDate": None,  # by default the time of day, and the bytes would differ
        },
    }
    with rc_context(STYLE):
        drawn = figure.render(read_data(path))
        images = []
        for suffix in _IMAGES:
            buffer = io.BytesIO()
            drawn.savefig(buffer, format=suffix[1:], metadata=metadata[suffix])
            images.append(path.with_suffix(suffix))
            _write(images[-1], buffer.getvalue())
    return images


def stale_images(figure: Figure, path: Path) -> list[str]:
    """Say which images beside a CSV file were made from other data or by another script.

    Parameters
    ----------
    figure : Figure
        Whose images they are.
    path : Path
        The CSV file, which must exist.

    Returns
    -------
    list of str
        One line for each image that is missing or stale.
    """
    stale = []
    for suffix in _IMAGES:
        image = path.with_suffix(suffix)
        found = _DIGESTS.search(image.read_bytes()) if image.is_file() else None
        if not image.is_file():
            stale.append(f"{image.name}: missing")
        elif found is None:
            stale.append(f"{image.name}: does not say which data and script it was made from")
        elif found[1].decode() != _sha256(path):
            stale.append(f"{image.name}: drawn from other data than {path.name}")
        elif found[2].decode() != figure.script_digest:
            stale.append(f"{image.name}: drawn by another version of {figure.name}.py")
    return stale


def _chosen_scripts(names: Sequence[str]) -> list[Path]:
    """Return the scripts that names or unique beginnings of names stand for, each once."""
    known = figure_names()
    chosen = []
    for name in names:
        fitting = [name] if name in known else [other for other in known if other.startswith(name)]
        if len(fitting) != 1 or not name:
            raise InputError(
                f"unknown figure {name!r}: choose among {', '.join(known)}, "
                "or give a beginning that fits one of them."
            )
        chosen += fitting
    folder = find_directory("figures")
    return [folder / f"{name}.py" for name in dict.fromkeys(chosen or known)]


def _compute(figure: Figure, console: Console) -> Sequence[Row]:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"computing {figure.name}", total=1.0)
        return figure.compute(
            figure.parameters, lambda share: progress.update(task, completed=share)
        )


def _check(figure: Figure, out: Path, console: Console) -> list[str]:
    """Return one line for everything about a figure that is not up to date."""
    path = out / f"{figure.name}.csv"
    try:
        data = read_data(path)
    except InputError as error:
        return [f"{figure.name}: {error}"]
    stale = []
    if data.provenance != figure.provenance:
        stale.append(f"{figure.name}: {_provenance_difference(figure, data)}")
    elif data.columns != figure.columns:
        stale.append(f"{figure.name}: the data have other columns than the script")
    else:
        difference = _first_difference(figure, data, _compute(figure, console))
        stale += [f"{figure.name}: {difference}"] if difference else []
    return stale + stale_images(figure, path)


def _first_difference(figure: Figure, data: Data, rows: Sequence[Row]) -> str | None:
    """Say where freshly computed rows differ from those on file, or return None."""
    if len(rows) != len(data.rows):
        return f"{len(data.rows)} rows on file, {len(rows)} when computed again"
    for number, (fresh, filed) in enumerate(zip(rows, data.rows, strict=True), start=1):
        for column, new, old in zip(figure.columns, fresh, filed, strict=True):
            if not _same(new, old):
                return f"row {number}, column {column}: {old} on file, {new} when computed again"
    return None


def _same(new: Cell, old: str) -> bool:
    if not isinstance(new, float):
        return str(new) == old
    try:
        number = float(old)
    except ValueError:
        return False
    if math.isnan(new) or math.isnan(number):
        return math.isnan(new) and math.isnan(number)
    return math.isclose(new, number, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)


def _provenance_difference(figure: Figure, data: Data) -> str:
    """Say which line of the provenance differs first."""
    wanted, found = figure.provenance, dict(data.provenance)
    key = next(k for k in [*wanted, *found] if wanted.get(k) != found.get(k))
    return f"the data were made with {key} {found.get(key)}, and it is {wanted.get(key)} now"


def _require_same_provenance(figure: Figure, path: Path) -> None:
    data = read_data(path)
    if data.provenance != figure.provenance or data.columns != figure.columns:
        raise InputError(
            f"the data {path} do not belong to this version of the figure or its parameters: "
            "run linreg-unlearn figures without --reuse-data."
        )


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(out, error) from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise _cannot_write(path.parent, error) from None


def _cannot_write(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"the folder {folder} for figures cannot be written ({error.strerror}): "
        "name another one with --out."
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
