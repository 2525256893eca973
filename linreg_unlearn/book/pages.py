"""The pages of the book, from its content: which templates there are, and what they are told."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from linreg_unlearn import __version__
from linreg_unlearn import table as methods_table
from linreg_unlearn.algebra.expressions import Expr, Letter, Named
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.text import latex, symbol
from linreg_unlearn.book.bibliography import read_references
from linreg_unlearn.book.content import FAMILIES, Book, Entry, Section
from linreg_unlearn.book.document import names_of, statement_in_latex
from linreg_unlearn.book.errata import CORRECTIONS
from linreg_unlearn.book.graph import lay_out
from linreg_unlearn.book.notation import PARAMETERS, SIZES, meaning_of, symbols
from linreg_unlearn.book.words import Words
from linreg_unlearn.claims.cells import REGIMES, ROWS
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.proving.layout import Row
from linreg_unlearn.shipped import find_directory

__all__ = ["TITLE", "pages", "search_index"]

TITLE = "Theorems of unlearning"
PAGES = (
    ("index.html", "Claims"),
    ("table.html", "Methods"),
    ("errata.html", "Errata"),
    ("graph.html", "Graph"),
    ("figures.html", "Figures"),
    ("notation.html", "Notation"),
    ("references.html", "References"),
)

_SHORT = 60
"""The longest reason, in characters of LaTeX, that is written out beside a line of a chain."""


def pages(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the address of every page and its HTML.

    Parameters
    ----------
    book : Book
    """
    site = _Site(book)
    yield "index.html", site.page("index.html", rows=_rows_of(book))
    yield from site.claims()
    yield "table.html", site.table()
    yield "errata.html", site.errata()
    yield "graph.html", site.graph()
    yield "graph.svg", site.graph_alone()
    yield "figures.html", site.page("figures.html")
    yield "notation.html", site.notation()
    yield "references.html", site.references()
    yield from site.code()


def search_index(book: Book) -> str:
    """Return what the search looks through, as a script: pages cannot fetch from a file system.

    Parameters
    ----------
    book : Book
    """
    found = [
        {
            "id": entry.id,
            "title": entry.claim.title,
            "url": f"claims/{entry.id}.html",
            "text": "; ".join(
                [str(part.statement) for part in entry.claim.parts]
                + [check.statement for check in entry.claim.checks]
                + list(entry.claim.assumptions)
            ),
        }
        for entry in book.entries.values()
    ]
    found += [
        {
            "id": picture.name[:5],
            "title": picture.title,
            "url": f"figures.html#{picture.name}",
            "text": picture.caption,
        }
        for picture in book.pictures
    ]
    found += [{"id": name, "title": "", "url": address, "text": ""} for address, name in PAGES]
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in found)
    return f"const BOOK_INDEX = [\n{lines}\n];\n"


class _Site:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.references_by_key = read_references()
        self.environment = Environment(
            loader=PackageLoader("linreg_unlearn.book"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.environment.filters |= {
            "rational": _rational,
            "parameter": lambda name: parameter(name).text(latex=True),
            "symbol": symbol,
            "shape": _shape,
            "because": _because,
            "sentence": lambda text: f"{_capital(text)}.",
            "capital": _capital,
        }

    def page(self, template: str, here: str = "", **context: Any) -> str:
        address = here or template
        root = "../" * address.count("/")
        words = Words(self.book.entries, lambda claim: f"{root}claims/{claim}.html")
        return self.environment.get_template(template).render(
            book=self.book,
            families=FAMILIES,
            here=address,
            pages=PAGES,
            root=root,
            site_title=TITLE,
            version=__version__,
            words=words,
            code_of_figure=lambda name: f"code/figures/{name}.py.html",
            defined=_defined,
            **context,
        )

    def claims(self) -> Iterator[tuple[str, str]]:
        ids = list(self.book.entries)
        for at, (name, entry) in enumerate(self.book.entries.items()):
            address = f"claims/{name}.html"
            rows = _rows_of(self.book)
            yield (
                address,
                self.page(
                    "claim.html",
                    address,
                    entry=entry,
                    title=rows[name].title if name in rows else entry.claim.title,
                    heading=lambda section, entry=entry: _heading(entry, section),
                    statement_in_latex=statement_in_latex,
                    names_of=names_of,
                    meaning=meaning_of,
                    references=[self.references_by_key[key] for key in _keys(entry)],
                    cited_by=self.book.cited_by[name],
                    pictures=[p for p in self.book.pictures if name in p.about],
                    code_of=_code_of_method,
                    code_at=lambda place: f"code/{place.file}.html#L{place.line}",
                    before=ids[at - 1] if at else "",
                    after=ids[at + 1] if at + 1 < len(ids) else "",
                ),
            )

    def table(self) -> str:
        proved = {
            f"{entry.id}.{section.number}"
            for entry in self.book.entries.values()
            for section in entry.sections
            if section.proof
        }
        entries = methods_table.entries(dict.fromkeys(proved))
        return self.page(
            "table.html",
            regimes=REGIMES,
            rows=list(methods_table.by_row(entries)),
            by_formula=_by_formula,
            pictures=[picture for picture in self.book.pictures if "table" in picture.name],
        )

    def errata(self) -> str:
        entries = self.book.entries.values()
        return self.page(
            "errata.html",
            refuted=[entry for entry in entries if entry.status == "refuted"],
            corrections=CORRECTIONS,
            superfluous=[
                (entry, section, item)
                for entry in entries
                for section in entry.sections
                for item in section.assumed
                # In the table an assumption is the regime of a column, needed in a cell or not.
                if item.outcome == "not needed" and entry.family != "G"
            ],
        )

    def _drawn(self) -> dict[str, Any]:
        """Return the graph, and of its claims what colours and titles say."""
        cites: dict[str, list[str]] = {}
        for entry in self.book.entries.values():
            node = "G" if entry.family == "G" else entry.id
            known = cites.setdefault(node, [])
            known += [name for name in entry.cites if name not in known and name[0] != "G"]
        graph = lay_out(cites)
        states = {entry.id: entry.status for entry in self.book.entries.values()}
        titles = {entry.id: entry.claim.title for entry in self.book.entries.values()}
        return {
            "graph": graph,
            "states": states | {"G": "proved"},
            "titles": titles | {"G": FAMILIES["G"]},
        }

    def graph(self) -> str:
        drawn = self._drawn()
        shown = {spot.name for spot in drawn["graph"].spots}
        alone = [entry for entry in self.book.entries.values() if entry.id not in shown]
        return self.page(
            "graph.html",
            **drawn,
            alone=[
                (letter, members)
                for letter in FAMILIES
                if letter != "G"
                and (members := [entry for entry in alone if entry.family == letter])
            ],
        )

    def graph_alone(self) -> str:
        """Return the graph as a picture of its own, with the colours of light and dark pages."""
        return self.page("drawing.svg", **self._drawn(), colours=True) + "\n"

    def notation(self) -> str:
        every = symbols({name: entry.claim for name, entry in self.book.entries.items()})
        letters = [item for item in every if isinstance(item.expr, Letter)]
        formulas = [item for item in every if isinstance(item.expr, Named)]
        return self.page(
            "notation.html",
            sizes=SIZES,
            parameters=PARAMETERS,
            groups=[("Letters", letters), ("Formulas", formulas)],
        )

    def references(self) -> str:
        cited: dict[str, list[str]] = {}
        for entry in self.book.entries.values():
            for key in _keys(entry):
                cited.setdefault(key, []).append(entry.id)
        ordered = sorted(cited, key=lambda key: (self.references_by_key[key].fields["author"], key))
        return self.page(
            "references.html", cited=[(self.references_by_key[key], cited[key]) for key in ordered]
        )

    def code(self) -> Iterator[tuple[str, str]]:
        """Yield the files that claims, methods and figures are written in, each as a page."""
        files = {entry.defined_at.file for entry in self.book.entries.values()}
        files |= {
            _file_of_method(name) for entry in self.book.entries.values() for name in entry.methods
        }
        package = Path(__file__).resolve().parents[1]
        sources = {f"code/{file}.html": package / file for file in files}
        for picture in self.book.pictures:
            name = f"figures/{picture.name}.py"
            sources[f"code/{name}.html"] = find_directory("figures") / f"{picture.name}.py"
        for address, path in sorted(sources.items()):
            lines = path.read_text(encoding="utf-8").splitlines()
            shown = address.removeprefix("code/").removesuffix(".html")
            yield address, self.page("code.html", address, file=shown, lines=lines)


def _rows_of(book: Book) -> dict[str, Any]:
    return {row.claim: row for row in ROWS.values() if row.claim in book.entries}


def _heading(entry: Entry, section: Section) -> str:
    """Return what part of a claim of the table is about: its regime, and the verdict."""
    row = next((row for row in ROWS.values() if row.claim == entry.id), None)
    if row is None:
        return ""
    cell = row.cells[section.number - 1]
    return f"{REGIMES[cell.regime]}: {cell.verdict}"


def _keys(entry: Entry) -> list[str]:
    return [key.strip() for key in entry.claim.source.split(",") if key.strip()]


def _file_of_method(name: str) -> str:
    return (
        METHODS[name].function.__module__.removeprefix("linreg_unlearn.").replace(".", "/") + ".py"
    )


def _code_of_method(name: str) -> str:
    line = inspect.getsourcelines(METHODS[name].function)[1]
    return f"code/{_file_of_method(name)}.html#L{line}"


def _by_formula(cells: list[methods_table.Entry]) -> list[tuple[str, str]]:
    """Return the formulas of a row in LaTeX, each with the regimes it holds in."""
    found: dict[str, list[str]] = {}
    for entry in cells:
        if entry.formula:
            found.setdefault(latex(entry.cell.says), []).append(REGIMES[entry.cell.regime])
    return [(says, "; ".join(where)) for says, where in found.items()]


def _defined(node: Expr) -> str:
    """Return a letter, or a named formula with what it stands for, as LaTeX."""
    if not isinstance(node, Named) or latex(node) == latex(node.body):
        return latex(node)
    return f"{latex(node)} = {latex(node.body)}"


def _shape(node: Expr) -> str:
    return r" \times ".join(symbol(size) for size in node.shape)


def _rational(value: Fraction) -> str:
    return str(value).replace("-", "−")


def _capital(text: str) -> str:
    """Return a sentence with a capital, unless it begins with a symbol."""
    return text[:1].upper() + text[1:] if text[:2].islower() and text[:2].isalpha() else text


def _because(row: Row) -> str:
    return next((reason for reason in row.reasons if len(reason) <= _SHORT), row.reasons[-1])
