r"""The works that claims cite, read from ``refs.bib``.

The file is ours, and so is its form: braces around every value, names as ``Last, First``, accents
as ``\'e`` or ``\v{c}``. Anything else is refused, so that nothing is printed half understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from linreg_unlearn.errors import InputError
from linreg_unlearn.shipped import find_references

__all__ = ["Reference", "read_references"]

_ENTRY = re.compile(r"^@(\w+)\{(\w+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+)\s*=\s*\{(.*?)\},$", re.MULTILINE | re.DOTALL)
_ACCENT = re.compile(r"""\\(['"v])(?:\{(\w)\}|(\w))""")
_ACCENTS = {"'": "\u0301", '"': "\u0308", "v": "\u030c"}
_EDITIONS = {"2": "2nd", "4": "4th"}


@dataclass(frozen=True)
class Reference:
    """One entry.

    Parameters
    ----------
    key : str
    kind : str
        Such as ``article``.
    fields : mapping of str to str
        As they are in the file, on one line.
    """

    key: str
    kind: str
    fields: Mapping[str, str]

    @property
    def authors(self) -> str:
        """The authors, first names first.

        Examples
        --------
        >>> read_references()["benisrael2003generalized"].authors
        'Adi Ben-Israel and Thomas N. E. Greville'
        """
        names = []
        for name in self.fields["author"].split(" and "):
            last, _, first = _plain(name).partition(", ")
            names.append(f"{first} {last}".strip())
        *most, final = names
        if not most:
            return final
        return f"{', '.join(most)}{',' if len(most) > 1 else ''} and {final}"

    @property
    def title(self) -> str:
        """The title; formulas stay between dollar signs."""
        return _plain(self.fields["title"])

    @property
    def venue(self) -> str:
        """Where it appeared, with volume, pages and year.

        Examples
        --------
        >>> read_references()["penrose1955inverse"].venue
        'Mathematical Proceedings of the Cambridge Philosophical Society 51(3), 406–413, 1955'
        """
        known = {name: _plain(value) for name, value in self.fields.items()}
        where = known.get("journal") or known.get("booktitle") or known.get("series", "")
        volume = known.get("volume", "")
        if known.get("number"):
            volume += f"({known['number']})" if volume else known["number"]
        if self.kind == "techreport":
            where = f"{known['institution']}, {known['type']}"
        pieces = [f"{where} {volume}".strip()]
        if known.get("edition"):
            pieces.append(f"{_EDITIONS[known['edition']]} edition")
        pieces += [known.get("publisher", ""), known.get("pages", "")]
        if self.arxiv:
            pieces.append(f"arXiv:{self.arxiv}")
        return ", ".join(filter(None, [*pieces, known["year"]]))

    @property
    def note(self) -> str:
        """A remark, if there is one."""
        return _plain(self.fields.get("note", ""))

    @property
    def arxiv(self) -> str:
        """The arXiv number, if there is one."""
        return self.fields.get("eprint", "")

    @property
    def address(self) -> str:
        """Where it can be found: by DOI, or on arXiv, or nothing."""
        if "doi" in self.fields:
            return f"https://doi.org/{self.fields['doi']}"
        return f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else ""


def read_references() -> dict[str, Reference]:
    """Return all entries of ``refs.bib`` by key.

    Raises
    ------
    InputError
        If an entry is not in the form described above.

    Examples
    --------
    >>> read_references()["ding2024unlearning"].fields["year"]
    '2025'
    """
    text = find_references().read_text(encoding="utf-8")
    found = {}
    for kind, key, body in _ENTRY.findall(text):
        fields = {name: " ".join(value.split()) for name, value in _FIELD.findall(body)}
        for needed in ("author", "title", "year"):
            if needed not in fields:
                raise InputError(f"the entry {key} of refs.bib has no {needed}: add it in braces")
        found[key] = Reference(key, kind, fields)
    if len(found) != text.count("\n@") + text.startswith("@"):
        raise InputError(
            "an entry of refs.bib could not be read: begin it with @kind{key, and end it with a "
            "brace on a line of its own"
        )
    return found


def _plain(value: str) -> str:
    """Return a value as text, without braces and commands; formulas stay as they are."""
    pieces = value.split("$")
    pieces[::2] = [_words(piece) for piece in pieces[::2]]
    return "$".join(pieces)


def _words(value: str) -> str:
    def accented(match: re.Match[str]) -> str:
        letter = match[2] or match[3]
        return unicodedata.normalize("NFC", letter + _ACCENTS[match[1]])

    text = re.sub(r"[{}]", "", _ACCENT.sub(accented, value)).replace(r"\&", "&")
    text = text.replace("---", "—").replace("--", "–")
    if "\\" in text:
        raise InputError(
            f"{value!r} of refs.bib has a command that book.bibliography does not know: write the "
            "accent as it does, or add it there"
        )
    return text
