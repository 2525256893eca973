"""The command line: ``linreg-unlearn verify | prove | compare | explore | figures`` and others."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from threadpoolctl import threadpool_limits

from linreg_unlearn import __version__
from linreg_unlearn.errors import InputError
from linreg_unlearn.files import read_text
from linreg_unlearn.problem import Problem, read_forget_file

if TYPE_CHECKING:
    from fractions import Fraction

    from linreg_unlearn.audit.instances import Instance
    from linreg_unlearn.audit.proofs import Proved
    from linreg_unlearn.audit.search import Counterexample
    from linreg_unlearn.audit.verify import ClaimReport
    from linreg_unlearn.claims.claim import Claim, Part
    from linreg_unlearn.language import ParsedProblem
    from linreg_unlearn.protocol import Results

console = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

_STATUS_STYLE = {
    "proved": "bold green",
    "proved + argument": "bold green",
    "argument": "green",
    "tested": "green",
    "refuted": "magenta",
}

_VERDICT_STYLE = {"exact": "green", "no-op": "dim", "inexact": "yellow", "diverges": "red"}


class _Group(click.Group):
    """Turns input errors into one sentence and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise click.UsageError(str(error), ctx=None) from None
        except MemoryError:
            raise click.UsageError(
                "the data do not fit into memory: use fewer rows or features", ctx=None
            ) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="linreg-unlearn")
def main() -> None:
    """Check the theory of machine unlearning in linear regression, exactly."""


def _write(path: Path | None, content: str) -> None:
    if path is None:
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; choose a file in an existing folder "
            "you may write to"
        ) from None
    messages.print(Text(f"wrote {path}"))


def markers(name: str) -> tuple[str, str]:
    """Return the lines between which a file has a table of this name.

    Examples
    --------
    >>> [line.strip() for line in markers("claims")]
    ['<!-- claims:begin -->', '<!-- claims:end -->']
    """
    return f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"


def _between_markers(path: Path, name: str, table: str) -> str:
    """Return the file's text with the table between its markers, or the table where it has none."""
    text = read_text(path) if path.exists() else ""
    first, last = markers(name)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        if text and text.partition("\n")[0] != table.partition("\n")[0]:
            raise InputError(
                f"{path} is no such table and has no markers for one: name a new file, or put the "
                f"lines {first.strip()} and {last.strip()} where the table goes"
            )
        return table
    return f"{before}{begin}{table}{end}{after}"


_OUTPUT = click.Path(dir_okay=False, path_type=Path)


def _progress() -> Progress:
    return Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
    )


@main.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM | FILE.py]...")
@click.option("--json", "json_file", type=_OUTPUT, help="Write one row per claim as JSON.")
@click.option(
    "--markdown",
    "markdown_file",
    type=_OUTPUT,
    help="Write the claims table; in a file that has the markers for it, between them.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all random numbers.")
@click.option(
    "--exact",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Informative exact instances wanted for each part of a claim.",
)
@click.option(
    "--search",
    type=click.IntRange(min=0),
    default=60_000,
    show_default=True,
    help="Instances to look at for the smallest counterexample.",
)
@click.option(
    "--audit",
    "only_audit",
    is_flag=True,
    help="Audit the claims instead: assumptions, neighbours, corrupted proofs, draws.",
)
@click.pass_context
def verify(
    ctx: click.Context,
    claims: tuple[str, ...],
    json_file: Path | None,
    markdown_file: Path | None,
    seed: int,
    exact: int,
    search: int,
    only_audit: bool,
) -> None:
    """Check claims: their proofs, exact instances, floats, and search for counterexamples.

    Without CLAIM (such as A3), every claim is checked. FILE.py is a file of your own that registers
    claims; it is run, and proofs of its claims are searched. Exit status 1 means that the evidence
    for some claim disagrees with what its author expects, or that a certificate is missing, stale
    or rejected; with --audit, that an assumption is not needed, that a neighbour of a statement is
    neither refuted nor proved, that a corrupted proof is accepted, or that draws say nothing.
    """
    if only_audit:
        _audit(ctx, claims)
    from linreg_unlearn.audit.certificates import check_claims, read_folder, write_certificates
    from linreg_unlearn.audit.verify import (
        Effort,
        to_json,
        to_markdown,
        verify_claims,
    )
    from linreg_unlearn.claims.claim import load_claims, select

    ids, own = _load_files(claims)
    chosen = list(select(ids))
    registered = [claim for claim in load_claims().values() if claim.id not in own]
    with threadpool_limits(1), messages.status("checking proofs"):
        certificates = read_folder()
        mine = [claim for claim in chosen if claim.id in own]
        searched, _ = write_certificates(mine)
        checked = check_claims([*registered, *mine], {**certificates, **searched})
    effort = Effort(exact=exact, draws=max(6 * exact, 100), search=search, seed=seed)
    # Thousands of small matrices: threads of the linear algebra library only wait for each other.
    with threadpool_limits(1), _progress() as progress:
        task = progress.add_task("verifying", total=len(chosen))
        seen: list[Claim] = []

        def advance(claim: Claim) -> None:
            progress.update(task, completed=len(seen), description=f"verifying {claim.id}")
            seen.append(claim)

        reports = verify_claims(chosen, effort, advance, checked)

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("claim", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("exact", justify="right", no_wrap=True)
    table.add_column("float", justify="right", no_wrap=True)
    table.add_column("error", justify="right", no_wrap=True)
    table.add_column("what it says", ratio=1)
    for report in reports:
        error = "–" if math.isnan(report.max_error) else f"{report.max_error:.2g}"
        table.add_row(
            Text(report.claim.id),
            Text(report.status, style=_STATUS_STYLE.get(report.status, "red")),
            str(report.exact_instances),
            str(report.float_instances),
            error,
            Text(report.claim.title),
        )
    console.print(table)
    console.print(
        Text(
            "exact: rational instances that agree; float: instances on which methods agree with "
            "formulas; error: the largest, in units of eps · condition · largest summand "
            "(1000 would disagree).",
            style="dim",
        )
    )
    for report in reports:
        found = report.counterexample
        if found is None:
            continue
        part = report.claim.parts[found.part]
        console.print()
        console.print(Text(f"{report.claim.id} is refuted: {part}", style="bold"))
        data = found.instance.as_data()
        for name, value in {**data["letters"], **data["parameters"]}.items():
            if name not in ("E_r", "E_f", "m_r", "m_f"):  # they follow from the sizes
                console.print(Text(f"  {name} = {value}"))
        n_r = found.instance.sizes.get("n_r")
        if n_r is not None:
            rows = "row is" if n_r == 1 else f"{n_r} rows are"
            console.print(Text(f"  (the first {rows} retained)", style="dim"))
        console.print(Text(f"  {found.extent}", style="dim"))

    _write(json_file, to_json(reports))
    if markdown_file is not None:
        _write(markdown_file, _between_markers(markdown_file, "claims", to_markdown(reports)))
    faults = [
        outcome
        for outcome in checked.outcomes
        if not outcome.accepted and outcome.name in {claim.id for claim in chosen} - own
    ]
    for outcome in faults:
        messages.print(Text(f"certificate of {outcome.name}: {outcome.reason}", style="bold red"))
    disagreeing = [report for report in reports if not report.agrees]
    for report in disagreeing:
        messages.print(
            Text(
                f"{report.claim.id} is expected to "
                f"{'hold' if report.claim.expected == 'holds' else 'fail'} and is {report.status}"
                f"{_why(report)}",
                style="bold red",
            )
        )
    ctx.exit(1 if disagreeing or faults else 0)


def _audit(ctx: click.Context, claims: tuple[str, ...]) -> None:
    """Audit registered claims, print the table, and exit with 1 where something is wrong."""
    from linreg_unlearn.audit.report import audit
    from linreg_unlearn.claims.claim import select

    chosen = list(select(claims))
    asked = [claim for claim in chosen if claim.expected == "holds" and claim.parts]
    with threadpool_limits(1), _progress() as progress:
        task = progress.add_task("auditing", total=len(asked))
        audited = audit(
            asked,
            lambda name: progress.update(task, advance=1, description=f"audited {name}"),
        )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("claim", overflow="fold")
    for name in ("assumptions", "neighbours", "corrupted", "draws"):
        table.add_column(name, justify="right", no_wrap=True)
    columns = (
        ("needs", ("needed", "not needed", "definitional", "unknown")),
        ("neighbours", ("refuted", "equivalent", "implied", "unknown")),
        ("corruptions", ("rejected", "still", "accepted")),
    )
    totals: dict[str, list[int]] = {}
    for seen in audited:
        cells = []
        for column, kinds in columns:
            counts = [getattr(seen, column).get(kind, 0) for kind in kinds]
            before = totals.setdefault(column, [0] * len(kinds))
            totals[column] = [a + b for a, b in zip(before, counts, strict=True)]
            cells.append("/".join(map(str, counts)))
        share = f"{seen.informative / seen.draws:.0%}" if seen.draws else "–"
        table.add_row(Text(seen.claim, style="red" if seen.faults else "green"), *cells, share)
    table.add_section()
    sums = ["/".join(map(str, counts)) for counts in totals.values()]
    table.add_row(Text("all", style="bold"), *sums, "")
    console.print(table)
    console.print(
        Text(
            "assumptions: needed/not needed/definitional/unknown; neighbours of the statements: "
            "refuted/equivalent/implied/unknown; corrupted proofs: rejected/still proofs/accepted; "
            "draws: the share that says something.",
            style="dim",
        )
    )
    refuted = [claim.id for claim in chosen if claim.expected == "fails"]
    if refuted:
        console.print(
            Text(
                f"Expected to fail, so that the counterexample says it all: {', '.join(refuted)}.",
                style="dim",
            )
        )
    for seen in audited:
        for note in seen.notes:
            console.print(Text(note, style="dim"))
        for fault in seen.faults:
            messages.print(Text(fault, style="bold red"))
    ctx.exit(1 if any(seen.faults for seen in audited) else 0)


def _load_files(names: tuple[str, ...]) -> tuple[list[str], set[str]]:
    """Run the files among the names; return the ids asked for, and those that the files added."""
    from linreg_unlearn.claims.claim import load_claims
    from linreg_unlearn.shipped import load_script

    ids, own = [], set[str]()
    for name in names:
        if not name.endswith(".py"):
            ids.append(name)
            continue
        before = set(load_claims())
        load_script(Path(name))
        added = [claim_id for claim_id in load_claims() if claim_id not in before]
        if not added:
            raise InputError(
                f"{name} registers no claim: call linreg_unlearn.claims.claim.register in it"
            )
        ids += added
        own |= set(added)
    return ids, own


def _why(report: ClaimReport) -> str:
    thin = [part for part in report.parts if part.status == "untested"]
    if not thin:
        return ""
    return f": too few informative instances of “{thin[0].part}”"


@main.command()
@click.argument("data", required=False, type=click.Path(path_type=Path), metavar="[DATA]")
@click.option("--dataset", metavar="NAME", help="Use digits or openml:NAME instead of DATA.")
@click.option(
    "--forget",
    metavar="WHAT",
    help="A file of row indices to forget; with --dataset: class:3 (or 6, 9, …) or random.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of --dataset.")
@click.option("--intercept", is_flag=True, help="Append a column of ones to DATA.")
@click.option(
    "--ridge",
    type=float,
    default=0.0,
    show_default=True,
    help="The ridge of golden and of every method, added to sums over rows.",
)
@click.option("--json", "json_file", type=_OUTPUT, help="Write one row per method as JSON.")
def compare(
    data: Path | None,
    dataset: str | None,
    forget: str | None,
    seed: int,
    intercept: bool,
    ridge: float,
    json_file: Path | None,
) -> None:
    """Run every method on DATA, and say which claims apply to it.

    DATA is an .npz archive with arrays X, y and forget (row indices or a mask), or a .csv table
    with a header, a column y (or y0, y1, …) and a column forget of 0 and 1.
    """
    from linreg_unlearn.comparison import compare as compare_methods

    problem = _load(data, dataset, forget, seed, intercept)
    with threadpool_limits(1), messages.status(f"solving {problem.name}") as status:
        rows = compare_methods(
            problem,
            ridge=ridge,
            advance=lambda title: status.update(f"solving {problem.name}: {title}"),
        )
    console.print(
        Text(
            f"{problem.name}: {problem.n_r} rows retained, {problem.n_f} to forget, "
            f"{problem.d} features, {problem.outputs} output{'s' * (problem.outputs > 1)}"
        )
    )
    accuracies = [name for name in ("UA", "RA", "TA") if any(name in row.as_data() for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("method", ratio=1)
    for name in ("RL", "UL", *accuracies, "distance", "norm"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        cells = row.as_data()
        options = ", ".join(f"{name}: {value}" for name, value in row.options.items())
        table.add_row(
            Text(row.title + (f" ({options})" if options else "")),
            _number(row.retain_loss),
            _number(row.unlearning_loss),
            *(f"{100 * cells[name]:.1f}%" for name in accuracies),
            _number(row.distance_to_golden),
            _number(row.norm),
        )
    console.print(table)
    _print_applicability(problem)
    content = json.dumps([row.as_data() for row in rows], indent=2) + "\n"
    _write(json_file, content)


def _load(
    data: Path | None, dataset: str | None, forget: str | None, seed: int, intercept: bool
) -> Problem:
    if data is not None and dataset is not None:
        raise InputError("DATA and --dataset are both given: give one of them")
    if data is None and dataset is None:
        raise InputError("nothing to compare on: give a DATA file or --dataset")
    if dataset is not None:
        from linreg_unlearn.datasets import load

        if intercept:
            raise InputError("--intercept is for DATA: a data set has its features fixed")
        # Only of the digits is it known that there is a class 3.
        usual = "class:3" if dataset == "digits" else "random"
        return load(dataset).problem(forget=forget or usual, seed=seed)
    assert data is not None
    indices = None if forget is None else read_forget_file(Path(forget))
    if data.suffix.lower() == ".csv":
        return Problem.from_csv(data, forget=indices, intercept=intercept)
    return Problem.from_npz(data, forget=indices, intercept=intercept)


def _number(value: float) -> str:
    # Below rounding of anything that is shown; a column of 1e-29 and 3e-31 only distracts.
    if abs(value) < 1e-20:
        return "0"
    return f"{value:.3g}"


def _print_applicability(problem: Problem) -> None:
    from linreg_unlearn.audit.applicability import about_data, applicability
    from linreg_unlearn.claims.claim import load_claims

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), title_justify="left")
    table.add_column("claim", no_wrap=True)
    table.add_column("applies", no_wrap=True)
    table.add_column("because", ratio=1)
    with messages.status("measuring assumptions"):
        found = applicability(problem, about_data(load_claims().values()))
    for item in found:
        if item.applies == item.measured:
            answer, style = "yes", "green"
        elif item.applies:
            answer, style = f"{item.applies} of {item.measured}", "yellow"
        else:
            answer, style = "no", "red"
        reasons = [f"not {name}: {margin.reading}" for name, margin in item.missed]
        reasons += [f"for a choice of yours: {name}" for name in item.chosen]
        table.add_row(
            Text(item.claim.id),
            Text(answer, style=style),
            Text("\n".join(reasons) or "every assumption is met"),
        )
    console.print(Text("Which claims apply to these data", style="bold"))
    console.print(table)


@main.command()
@click.option(
    "--dataset",
    metavar="NAME",
    default="digits",
    show_default=True,
    help="digits or openml:NAME, which scikit-learn fetches.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1), default=20, show_default=True, help="How many seeds."
)
@click.option(
    "--features",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Random features; more than training rows, or nothing interpolates.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Use at most so many rows of the data.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("linreg-unlearn-protocol"),
    show_default=True,
    help="Folder for table.csv, table.md and table.tex.",
)
def protocol(dataset: str, seeds: int, features: int, samples: int, out: Path) -> None:
    """Forget classes and random rows of real data with every method.

    Accuracy on forget rows (UA is the share classified wrongly), retained rows (RA) and held-out
    rows (TA), their average gap to golden (disparity), and the distance of the weights to golden:
    mean and standard deviation over seeds, for the classes 3, 6 and 9 and a random tenth. The
    digits with 20 seeds take two to three minutes.
    """
    from linreg_unlearn.datasets import load
    from linreg_unlearn.protocol import make_folder, run_protocol, write_tables

    with messages.status(Text(f"loading {dataset}")):
        data = load(dataset)
    make_folder(out)
    with _progress() as progress:
        task = progress.add_task("solving")
        results = run_protocol(
            data,
            seeds=range(seeds),
            features=features,
            samples=samples,
            report=lambda done, total: progress.update(task, completed=done, total=total),
        )
    _print_protocol(results)
    for path in write_tables(results, out):
        messages.print(Text(f"wrote {path}"))


def _print_protocol(results: Results) -> None:
    from linreg_unlearn.protocol import cells_of

    console.print(Text(results.describe(), style="bold"))
    summaries = results.summaries()
    for setting in results.settings:
        rows = [row for row in summaries if row.setting == setting]
        table = Table(
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
            title=Text(f"{setting}: {setting.forgotten} rows, {setting.retained} retained"),
            title_justify="left",
            title_style="bold",
        )
        table.add_column("method", ratio=1)
        for name in ("UA %", "RA %", "TA %", "disparity %", "distance"):
            table.add_column(name, justify="right", no_wrap=True)
        best = min(row.mean.disparity for row in rows if row.method != "golden")
        for row in rows:
            cells = cells_of(row)
            text = [mean for mean, _ in cells[:3]]
            text += [mean if spread is None else f"{mean} ± {spread}" for mean, spread in cells[3:]]
            nearest = row.method != "golden" and row.mean.disparity == best
            table.add_row(Text(row.label), *text, style="bold" if nearest else "")
        console.print(table)
    console.print(
        Text(
            "UA: forget rows classified wrongly; RA, TA: retained and held-out rows classified "
            "rightly; disparity: average gap of these three to golden (the smallest in bold); "
            "±: standard deviation over seeds, for UA, RA and TA in the files.",
            style="dim",
        )
    )


@main.command()
@click.argument("names", nargs=-1, metavar="[FIGURE]...")
@click.option("--reuse-data", is_flag=True, help="Draw the CSV files there are, compute nothing.")
@click.option("--check", is_flag=True, help="Fail if a data file or an image is stale.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Output folder.")
@click.pass_context
def figures(
    ctx: click.Context, names: tuple[str, ...], reuse_data: bool, check: bool, out: Path | None
) -> None:
    """Compute and draw the figures."""
    from linreg_unlearn.figures import run_figures

    with threadpool_limits(1):
        status = run_figures(names, reuse_data=reuse_data, check=check, out=out, console=messages)
    ctx.exit(status)


class _Stating(click.Command):
    """A command whose argument is an equation, which may begin with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {
            name
            for option in self.params
            if isinstance(option, click.Option) and not option.is_flag
            for name in option.opts
        }

        def is_statement(at: int) -> bool:
            return (
                args[at].startswith("-")
                and "==" in args[at]
                and args[at].partition("=")[0] not in valued
                and (at == 0 or args[at - 1] not in valued)
            )

        found = [at for at in range(len(args)) if is_statement(at)]
        if found and "--" not in args:
            rest = [arg for at, arg in enumerate(args) if at not in found]
            args = [*rest, "--", *(args[at] for at in found)]
        return super().parse_args(ctx, args)


@main.command(cls=_Stating)
@click.argument("statement", metavar="STATEMENT")
@click.option(
    "--assume",
    "assumptions",
    multiple=True,
    metavar="STATEMENT",
    help="An equation that STATEMENT may rest on; may be repeated.",
)
@click.option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="NAME=ROWSxCOLS",
    help="Sizes or names of dimensions, such as X=2x5 or X=nxd; may be repeated.",
)
@click.option("--certificate", "certificate_file", type=_OUTPUT, help="Write the proof as JSON.")
@click.pass_context
def prove(
    ctx: click.Context,
    statement: str,
    assumptions: tuple[str, ...],
    shapes: tuple[str, ...],
    certificate_file: Path | None,
) -> None:
    """Prove an equation of matrices for all sizes, or refute it by an exact example.

    STATEMENT is one equation, such as pinv(A.T*A) == pinv(A)*pinv(A).T; a name is a matrix whose
    shape is inferred. There are * (or @), + and -, rational scalars such as 3/4, .T, pinv( ),
    inv( ), I, 0 and ==. Where inv(E) occurs, E is assumed to be invertible.

    Exit status 1 means refuted. 3 means that neither a proof nor a counterexample was found, or
    that the proof assumes what no non-zero matrices were found to meet.
    """
    from linreg_unlearn.audit.proofs import Proved, Refuted
    from linreg_unlearn.audit.proofs import prove as search
    from linreg_unlearn.language import parse_problem

    problem = parse_problem(statement, assumptions, shapes)
    part = problem.part
    _print_line(", ".join(f"{name} is {'×'.join(shape)}" for name, shape in problem.shapes.items()))
    for assumed in problem.assumed:
        _print_line(f"assumed: {assumed}")
    console.print()
    with threadpool_limits(1), messages.status("searching"):
        result = search(part.statement, part.assuming)
    match result:
        case Proved():
            status = _print_proof(result, problem)
        case Refuted():
            status = 1
            _print_line(f"refuted: {part.statement}", style="bold magenta")
            _print_counterexample(result.counterexample, part)
        case _:
            status = 3
            _print_line(f"unknown: {part.statement}", style="bold yellow")
            _print_line("neither a proof nor a counterexample was found; what was tried:")
            for line in result.tried:
                _print_line(line, indent=2)
    if certificate_file is not None:
        if isinstance(result, Proved):
            content = json.dumps(result.certificate, indent=1, ensure_ascii=False)
            _write(certificate_file, content + "\n")
        else:
            messages.print(Text(f"{certificate_file} was not written: nothing is proved"))
    ctx.exit(status)


def _print_line(line: str, *, indent: int = 0, style: str = "") -> None:
    """Print a line that wraps below its own beginning."""
    for piece in Text(line, style=style).wrap(console, console.width - indent):
        piece.rstrip()
        console.print(Text(" " * indent) + piece)


def _print_proof(proof: Proved, problem: ParsedProblem) -> int:
    """Print a proof and return the exit status."""
    console.print(
        Text.assemble(
            (f"proved for {problem.extent}: ", "bold green"), (str(problem.part.statement), "bold")
        )
    )
    for line in proof.readable():  # as wide as the page already
        _print_line(line)
    _print_line(f"The certificate has {_terms(proof.terms)}.", style="dim")
    if not problem.assumed:
        return 0
    if proof.instance is None:
        _print_line(
            "No non-zero matrices were found for which all assumptions hold, so this may say "
            "nothing.",
            style="bold yellow",
        )
        return 3
    _print_line("The assumptions hold, for example, for")
    _print_matrices(_values(proof.instance))
    return 0


def _print_counterexample(found: Counterexample, part: Part) -> None:
    from linreg_unlearn.algebra.expressions import Equation
    from linreg_unlearn.algebra.rational import to_fractions

    _print_line("It fails for")
    _print_matrices(_values(found.instance))
    if isinstance(part.statement, Equation):
        reading = found.instance.exact()
        sides = {"left": part.statement.lhs, "right": part.statement.rhs}
        _print_line("where its sides are")
        _print_matrices({name: to_fractions(reading.value(e)) for name, e in sides.items()})
    _print_line(f"({found.extent})", style="dim")


def _values(instance: Instance) -> dict[str, list[list[Fraction]]]:
    from linreg_unlearn.algebra.rational import to_fractions

    return {name: to_fractions(matrix) for name, matrix in instance.letters.items()}


def _print_matrices(matrices: dict[str, list[list[Fraction]]]) -> None:
    for name, rows in matrices.items():
        entries = [[str(value) for value in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*entries, strict=True)]
        lines = [
            "["
            + "  ".join(entry.rjust(width) for entry, width in zip(row, widths, strict=True))
            + "]"
            for row in entries
        ]
        head = f"{name} = "
        if len(head) + len(lines[0]) + 2 > console.width:
            # Too wide to stand as a block: row by row, each wrapped.
            _print_line(f"{head}[" + ", ".join(lines) + "]", indent=2)
            continue
        for at, line in enumerate(lines):
            _print_line((head if at == 0 else " " * len(head)) + line, indent=2)


@main.command()
@click.option(
    "--markdown",
    "markdown_file",
    type=_OUTPUT,
    help="Write it as Markdown; in a file that has markers for it, between them.",
)
@click.option("--csv", "csv_file", type=_OUTPUT, help="Write it as CSV, a cell per line.")
@click.option("--latex", "latex_file", type=_OUTPUT, help="Write it as a LaTeX tabular.")
@click.pass_context
def table(
    ctx: click.Context,
    markdown_file: Path | None,
    csv_file: Path | None,
    latex_file: Path | None,
) -> None:
    """Show what every method does in every regime: exact, no-op, inexact or diverges.

    Every cell is a part of a claim of family G with a certificate; in an inexact one the error to
    golden is a formula, which the files show. Exit status 1 means that a cell is not proved.
    """
    from linreg_unlearn import table as cells
    from linreg_unlearn.audit.certificates import accepted_lemmas
    from linreg_unlearn.claims.cells import REGIMES

    with messages.status("checking proofs"):
        entries = cells.entries(accepted_lemmas())
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    shown.add_column("method", ratio=1)
    for regime in REGIMES:
        shown.add_column(regime, no_wrap=True)
    for row, found in cells.by_row(entries):
        marks = (
            Text(entry.cell.verdict, style=_VERDICT_STYLE[entry.cell.verdict]) for entry in found
        )
        shown.add_row(Text(row.title), *marks)
    console.print(shown)
    console.print(
        Text(
            "distinct, overlapping and shared features: no ridge, labels interpolate; ridge: free "
            "labels; under: under-parameterized, no ridge, free labels. no-op: the pretrained "
            "weights.",
            style="dim",
        )
    )
    missing = [entry.claim for entry in entries if not entry.proved]
    proved = len(entries) - len(missing)
    console.print(Text(f"{proved} of {len(entries)} cells are proved for every size."))
    if markdown_file is not None:
        before = read_text(markdown_file) if markdown_file.exists() else ""
        name = "table" if markers("table")[0] in before else "formulas"
        text = cells.to_markdown(entries, formulas=name == "formulas")
        _write(markdown_file, _between_markers(markdown_file, name, text))
    _write(csv_file, cells.to_csv(entries))
    _write(latex_file, cells.to_latex(entries))
    if missing:
        messages.print(Text(f"not proved: {', '.join(missing)}", style="bold red"))
    ctx.exit(1 if missing else 0)


@main.command("check-certificates")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.pass_context
def check_certificates(ctx: click.Context, folder: Path | None) -> None:
    """Check the certificates in DIR, or those of the registered claims.

    The checker searches for nothing and trusts nothing that the search found. Exit status 1 means
    that a certificate is rejected, missing or stale, or that it names no registered claim.
    """
    from linreg_unlearn.audit.certificates import check_folder

    if folder is not None and not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name one with certificates, or none")
    outcomes = check_folder(folder)
    width = max((len(outcome.name) for outcome in outcomes), default=0)
    for outcome in outcomes:
        if outcome.accepted:
            verdict, style = f"accepted, {_terms(outcome.terms)}", "green"
        else:
            verdict, style = f"rejected: {outcome.reason}", "bold red"
        console.print(Text.assemble(f"{outcome.name:<{width}}  ", (verdict, style)))
    accepted = sum(outcome.accepted for outcome in outcomes)
    _print_line(
        f"{accepted} of {len(outcomes)} accepted, "
        f"{_terms(sum(outcome.terms for outcome in outcomes if outcome.accepted))} in all",
        style="bold",
    )
    ctx.exit(0 if outcomes and accepted == len(outcomes) else 1)


@main.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Where to serve the page; by default a free port.",
)
@click.option("--no-browser", is_flag=True, help="Only say where the page is.")
def explore(port: int, no_browser: bool) -> None:
    """Play with the theory on a page of your browser.

    The page is served to this machine only (127.0.0.1), until Ctrl-C.
    """
    from linreg_unlearn.explore.serving import explore as serve

    with threadpool_limits(1):
        serve(port, not no_browser, lambda line: messages.print(Text(line)))


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("linreg-unlearn-book"),
    show_default=True,
    help="Folder for the pages: a new or empty one, or that of an older book.",
)
@click.option("--latex", "latex_file", type=_OUTPUT, help="Write all of it as LaTeX, too.")
def book(out: Path, latex_file: Path | None) -> None:
    """Write the theorem book: every claim with its proof, as pages that need no network.

    Open index.html in OUT. Each claim has its statement, what it assumes and why, its proof in
    readable steps, an example in exact numbers, its source, and LaTeX to copy.
    """
    from linreg_unlearn.book.site import write_book

    with threadpool_limits(1), messages.status("writing the book"):
        count = write_book(out, latex_file)
    messages.print(Text(f"wrote {count} pages: open {out / 'index.html'}"))
    if latex_file is not None:
        messages.print(Text(f"wrote {latex_file}"))


def _terms(count: int) -> str:
    return f"{count} term{'s' * (count != 1)}"
