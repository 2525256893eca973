"""How a written proof is laid out: lines of plain text for a terminal, or LaTeX.

A writer yields texts and displays; formulas in them are plain or LaTeX already. In plain formulas
a :data:`~linreg_unlearn.proving.notation.GLUE` holds together what is broken last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from linreg_unlearn.proving.notation import GLUE

__all__ = ["Display", "Item", "Row", "Text", "glyphs", "plain", "tex"]

_NARROW = 40
"""The longest start of a chain that the next line is still put beside."""


@dataclass(frozen=True)
class Text:
    """A sentence or more, and how far its first and its other lines are indented."""

    text: str
    indent: int = 0
    hang: int = 0


@dataclass(frozen=True)
class Row:
    """``= sum  by reason``: the terms of the sum, and the reason in words, longest first."""

    terms: list[str]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Display:
    """A chain: a label or nothing, the terms of the sum that it starts from, and rows."""

    label: str
    start: list[str]
    rows: list[Row] = field(default_factory=list)


Item = Text | Display


def plain(items: Iterable[Item], width: int) -> list[str]:
    """Lay a proof out for a terminal.

    Parameters
    ----------
    items : iterable of Item
    width : int
        The longest line.

    Returns
    -------
    list of str

    Examples
    --------
    >>> chain = Display("", ["A B"], [Row(["C"], ("(a) A B = C", "(a)"))])
    >>> plain([Text("1. A B = C:"), chain], 40)
    ['1. A B = C:', '     A B = C  by (a) A B = C']
    >>> plain([chain], 20)
    ['     A B = C  by (a)']
    """
    lines: list[str] = []
    for item in items:
        if isinstance(item, Text):
            lines += _folded(item.text, width, item.indent, item.indent + item.hang)
        else:
            lines += _aligned(item, width)
    return [line.replace(GLUE, " ") for line in lines]


def _folded(text: str, width: int, first: int, later: int) -> list[str]:
    """Break a text at spaces, and inside a product only where it has to be."""
    lines, line = [], " " * first
    for chunk in text.split(" "):
        room = width - len(line) - (1 if line.strip() else 0)
        if len(chunk) <= room:
            line += (" " if line.strip() else "") + chunk
            continue
        if line.strip():
            lines.append(line)
            line = " " * later
        for piece in chunk.split(GLUE):
            gap = " " if line.strip() else ""
            if gap and len(line) + 1 + len(piece) > width:
                lines.append(line)
                line, gap = " " * (later + 2), ""
            line += gap + piece
    return [*lines, line]


def _aligned(item: Display, width: int) -> list[str]:
    indent = f"   {item.label} " if item.label else " " * 5
    start = indent + " ".join(item.start) + " "
    below = " " * (len(indent) + 2)
    widest = max(len(" ".join(row.terms)) + len(row.reasons[-1]) for row in item.rows) + 7
    lines: list[str] = []
    if len(start) <= _NARROW and (len(start) + widest <= width or len(start) <= len(below) + 4):
        heads = [start, *(" " * len(start) for _ in item.rows[1:])]
    else:
        label, opening = item.label + " " if item.label else "", " ".join(item.start)
        lines = _folded(label + opening, width, len(indent) - len(label), len(below) + 2)
        heads = [below for _ in item.rows]
    bodies = [f"= {' '.join(row.terms)}" for row in item.rows]
    short = max(len(row.reasons[-1]) for row in item.rows) + 5
    lengths = [len(head + body) for head, body in zip(heads, bodies, strict=True)]
    column = max((n for n in lengths if n + short <= width), default=0)
    for head, body, row in zip(heads, bodies, item.rows, strict=True):
        parts = _folded(body, width - len(head), 0, 4)
        lines += [(head if not at else " " * len(head)) + part for at, part in enumerate(parts)]
        lines[-1] = lines[-1].ljust(column)
        reasons = [f"  by {reason}" for reason in row.reasons]
        fits = [reason for reason in reasons if len(lines[-1] + reason) <= width]
        if fits:
            lines[-1] += fits[0]
        else:
            lines += [line.rjust(width) for line in _folded(reasons[-1].strip(), width, 0, 0)]
    return lines


def tex(items: Iterable[Item]) -> str:
    r"""Lay a proof out as LaTeX.

    Parameters
    ----------
    items : iterable of Item

    Returns
    -------
    str

    Examples
    --------
    >>> print(tex([Display("", ["A B"], [Row(["C"], ("(a)",))])]))
    \begin{align*}
    & A B \\
    &= C && \text{by (a)}
    \end{align*}
    """
    text = ""
    for item in items:
        # A paragraph that ends before a display leaves a gap.
        gap = "\n" if isinstance(item, Display) else "\n\n"
        text += (gap if text else "") + (item.text if isinstance(item, Text) else _align(item))
    return text


def _align(item: Display) -> str:
    label = rf"\text{{{item.label}}}\quad " if item.label else ""
    # Reasons stand in a column of their own, so the longest of them takes room from every line.
    room = _LINE - glyphs(label) - max((glyphs(row.reasons[-1]) for row in item.rows), default=0)
    first, *others = _broken(item.start, room)
    lines = [f"{label}& {first}", *(rf"&\quad {{}}{part}" for part in others)]
    for row in item.rows:
        reason = rf" && \text{{by {row.reasons[-1]}}}"
        broken = _broken(row.terms, room)
        heads = ["&= ", *[r"&\quad {}"] * (len(broken) - 1)]
        lines += [head + part for head, part in zip(heads, broken, strict=True)]
        lines[-1] += reason
    rows = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}"


_LINE = 60
"""How many signs of a display fit beside each other on a page, about."""


def glyphs(text: str) -> float:
    r"""Return how wide a formula in LaTeX is, in letters, about.

    Parameters
    ----------
    text : str

    Returns
    -------
    float

    Examples
    --------
    >>> glyphs(r"X_r^{+\top} \lambda")
    3.5
    """
    # A subscript and a superscript stand above each other, and both are small.
    plain = re.sub(
        r"\\(?:left|right|quad|text|mathrm|operatorname|tilde|bar|hat)(?![A-Za-z])", "", text
    )
    plain = re.sub(r"_(?:\{[^{}]*\}|.)(?=\^)", "", plain)
    small = "".join(re.findall(r"[_^](\{[^{}]*\}|\\[A-Za-z]+|.)", plain))
    count = len(re.findall(r"\\[A-Za-z]+|[^\s{}_^$&]", plain))
    signs = len(re.findall(r"\s[-+=]\s", f" {text} "))
    return count + signs - len(re.findall(r"\\[A-Za-z]+|[^\s{}]", small)) / 4


def _broken(terms: Sequence[str], width: float) -> list[str]:
    """Return the terms of a sum in lines."""
    lines: list[str] = []
    for term in terms:
        if lines and glyphs(f"{lines[-1]} {term}") <= width:
            lines[-1] += " " + term
        else:
            lines.append(term)
    return lines or [""]
