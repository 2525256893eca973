r"""The book as one LaTeX document, and single statements as LaTeX to copy.

It needs the packages amsmath, amssymb and amsthm alone.
"""

from __future__ import annotations

import re

from linreg_unlearn import __version__
from linreg_unlearn.algebra.expressions import Expr, Named
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.book.bibliography import Reference, read_references
from linreg_unlearn.book.content import FAMILIES, Book, Entry, Premise, Section
from linreg_unlearn.book.examples import Evaluated
from linreg_unlearn.book.words import prose_in_latex
from linreg_unlearn.claims.claim import Part
from linreg_unlearn.proving.layout import glyphs

__all__ = ["document", "names_of", "statement_in_latex"]

_HEAD = r"""\documentclass[10pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage[a4paper,margin=22mm]{geometry}
\usepackage{amsmath,amssymb,amsthm}
\allowdisplaybreaks
\raggedright
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5ex plus 0.5ex}
\setcounter{MaxMatrixCols}{40}
\theoremstyle{definition}
\newtheorem*{statement}{Statement}
\newtheorem*{false}{False statement}
\title{Theorems of unlearning in linear regression}
\author{linreg\_unlearn VERSION}
\date{}
\begin{document}
\maketitle
\noindent Rows are samples. $A^{+}$ is the Moore--Penrose inverse, $A^{\top}$ the transpose, and
$A \succeq 0$ means that $A$ is symmetric without negative eigenvalues. Losses are Gram matrices,
whose trace is the loss. Every proof is a certificate that a checker accepts, written out.
\tableofcontents
"""


def document(book: Book) -> str:
    r"""Return the whole book as LaTeX.

    Parameters
    ----------
    book : Book

    Returns
    -------
    str
    """
    pieces = [_HEAD.replace("VERSION", __version__)]
    for letter, name in FAMILIES.items():
        heading = f"{letter}. {prose_in_latex(name)}"
        pieces.append(rf"\section*{{{heading}}}")
        pieces.append(rf"\addcontentsline{{toc}}{{section}}{{{heading}}}")
        pieces += [_claim(entry) for entry in book.family(letter)]
    pieces.append(_bibliography(book))
    pieces.append("\\end{document}\n")
    return "\n".join(pieces)


def statement_in_latex(part: Part) -> str:
    r"""Return what a part assumes and states, and what its names stand for, as LaTeX.

    Parameters
    ----------
    part : Part

    Returns
    -------
    str

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> print(statement_in_latex(load_claims()["A11"].parts[0]))
    Assume $y = X w_*$ (interpolating). Then
    \[
    P_r w_o = w_g,
    \]
    where $w_g = X_r^{+} y_r$, $P_r = X_r^{+} X_r$, ... and $X_r = E_r X$.
    """
    given = []
    for item in part.assuming:
        premise = Premise.of(item)
        formulas = ", ".join(f"${statement.latex()}$" for statement in premise.statements)
        given.append(f"{formulas} ({prose_in_latex(premise.name)})" if premise.named else formulas)
    lines = [f"Assume {_listed(given)}. Then" if given else "For all matrices of fitting sizes,"]
    where = [f"${latex(node)} = {latex(node.body)}$" for node in names_of(part)]
    lines += _displayed(part.statement.latex(), "," if where else ".")
    if where:
        lines.append(f"where {_listed(where)}.")
    return "\n".join(lines)


_BREAK = re.compile(r"(?<= )(?=(?:[-+=]|\\succeq|\\neq|\\in) )")
_WIDEST = 64
"""How many signs of a formula a line of the page holds, about."""


def _displayed(formula: str, end: str) -> list[str]:
    """Return a formula on lines of its own, broken at signs that are in no bracket."""
    if glyphs(formula) <= _WIDEST:
        return [r"\[", formula + end, r"\]"]
    units, depth = [""], 0
    for piece in _BREAK.split(formula):
        units += [""] if depth == 0 and units[-1] else []
        units[-1] += piece
        depth += sum(map(piece.count, "([{")) - sum(map(piece.count, ")]}"))
    lines = [""]
    for unit in units:
        if lines[-1] and glyphs(lines[-1] + unit) > _WIDEST:
            lines.append("")
        lines[-1] += unit
    broken = [line.strip() + r" \\" for line in lines[:-1]]
    return [r"\begin{multline*}", *broken, lines[-1] + end, r"\end{multline*}"]


def names_of(part: Part) -> list[Named]:
    """Return the names that a part is written with, those in other names' meanings last.

    Names that are written like what they stand for, as ``P_r w_o`` is, are left out.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> [node.name for node in names_of(load_claims()["A11"].parts[0])]
    ['w_g', 'P_r', 'w_o', 'y_r', 'X_r']
    """
    found: dict[Expr, None] = {}
    waiting = list(part.expressions)
    while waiting:
        later: list[Expr] = []
        for expr in waiting:
            if not isinstance(expr, Named):
                later += expr.children
            elif expr not in found:
                found[expr] = None
                later.append(expr.body)
        waiting = later
    named = [expr for expr in found if isinstance(expr, Named)]
    return [expr for expr in named if latex(expr) != latex(expr.body)]


def _listed(texts: list[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _claim(entry: Entry) -> str:
    heading = f"{_escaped(entry.id)}. {prose_in_latex(entry.claim.title)}"
    cited = ",".join(key.strip() for key in entry.claim.source.split(","))
    note = f"{prose_in_latex(entry.claim.wording)} \\cite{{{cited}}}".strip()
    lines = [
        rf"\subsection*{{{heading}}}",
        rf"\addcontentsline{{toc}}{{subsection}}{{{heading}}}",
        rf"\emph{{{entry.status.capitalize()}.}} {note}" + "\n",
    ]
    lines += [_section(entry, section) for section in entry.sections]
    for check in entry.claim.checks:
        lines.append(rf"\begin{{statement}} {prose_in_latex(check.statement)}. \end{{statement}}")
        lines.append(rf"\emph{{Argument.}} {prose_in_latex(check.argument)}" + "\n")
    return "\n".join(lines)


def _section(entry: Entry, section: Section) -> str:
    kind = "false" if section.counterexample else "statement"
    label = f"[part {section.number}]" if len(entry.sections) > 1 else ""
    lines = [rf"\begin{{{kind}}}{label}", statement_in_latex(section.part), rf"\end{{{kind}}}"]
    if section.failing is not None and section.counterexample is not None:
        lines.append(r"\emph{Smallest counterexample.} " + _numbers(section.failing))
        extent = section.counterexample.extent
        lines.append(prose_in_latex(f"{extent[:1].upper()}{extent[1:]}.") + "\n")
    if section.proof is not None:
        lines += [r"\begin{proof}", section.proof.latex, r"\end{proof}"]
    if section.example is not None:
        lines.append(r"\emph{Example.} " + _numbers(section.example) + "\n")
    return "\n".join(lines)


def _numbers(shown: Evaluated) -> str:
    texts = [
        f"${name} = {_matrix(rows)}$" for name, rows in (*shown.given, *shown.values, *shown.sides)
    ]
    return ", ".join(texts) + f". {shown.reading}"


def _matrix(rows: list[list[object]]) -> str:
    body = r" \\ ".join(" & ".join(map(str, row)) for row in rows)
    return rf"\left[\begin{{smallmatrix}} {body} \end{{smallmatrix}}\right]"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")


def _bibliography(book: Book) -> str:
    known = read_references()
    keys = sorted(
        {key.strip() for entry in book.entries.values() for key in entry.claim.source.split(",")},
        key=lambda key: known[key].fields["author"],
    )
    items = [rf"\bibitem{{{key}}} {_reference(known[key])}" for key in keys]
    return "\n".join([r"\begin{thebibliography}{99}", *items, r"\end{thebibliography}"])


def _reference(entry: Reference) -> str:
    title = re.sub(r"^\s+|\s+$", "", entry.fields["title"])
    authors, venue = (
        text.replace("–", "--").replace("&", r"\&") for text in (entry.authors, entry.venue)
    )
    return rf"{authors}. \emph{{{title}}}. {venue}."
