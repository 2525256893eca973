"""Writing the book: a folder of pages that works from the file system, without a network."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

from linreg_unlearn.errors import InputError

__all__ = ["write_book"]

_MARK = "digests.json"
"""Every book has this file: the digests of all parts. A folder without it is no book of ours."""


def write_book(out: Path, latex_file: Path | None = None) -> int:
    """Write the book into a folder.

    Parameters
    ----------
    out : Path
        A new or empty folder, or one with an older book, which is replaced.
    latex_file : Path, optional
        Write all of it as one LaTeX document, too.

    Returns
    -------
    int
        How many pages there are.

    Raises
    ------
    InputError
        If Jinja is missing, the folder holds something else, or a file cannot be written.
    """
    if importlib.util.find_spec("jinja2") is None:
        raise InputError(
            "the book needs Jinja, which is not installed: run pip install 'linreg-unlearn[book]'."
        )
    from linreg_unlearn.book.content import gather
    from linreg_unlearn.book.document import document
    from linreg_unlearn.book.pages import pages, search_index

    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a folder for the book")
    if out.is_dir() and any(out.iterdir()) and not (out / _MARK).is_file():
        raise InputError(f"{out} holds something that is no book: name a new or empty folder")
    book = gather()
    texts = dict(pages(book))
    texts["search.js"] = search_index(book)
    texts[_MARK] = json.dumps(book.digests, indent=1) + "\n"
    copies = {path.name: path for path in sorted((Path(__file__).parent / "static").iterdir())}
    for entry in book.entries.values():
        if entry.certificate is not None:
            copies[f"certificates/{entry.certificate.name}"] = entry.certificate
    for picture in book.pictures:
        if picture.image is not None:
            copies[f"figures/{picture.image.name}"] = picture.image
    try:
        if out.is_dir():
            # Pages of claims that there are no longer would still be found by links from elsewhere.
            for name in ("claims", "code", "certificates", "figures"):
                shutil.rmtree(out / name, ignore_errors=True)
        for address, text in texts.items():
            path = out / address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        for address, source in copies.items():
            path = out / address
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
        if latex_file is not None:
            latex_file.write_text(document(book), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(
            f"cannot write {error.filename or out}: {error.strerror or error}; choose a folder you "
            "may write to"
        ) from None
    return sum(address.endswith(".html") for address in texts)
