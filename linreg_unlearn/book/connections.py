"""What else there is of a claim: where it is written, methods that rest on it, figures of it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from linreg_unlearn import claims as claims_package
from linreg_unlearn.claims.cells import ROWS
from linreg_unlearn.claims.claim import Claim
from linreg_unlearn.figures import Figure, default_folder
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.shipped import find_directory

__all__ = ["Picture", "Place", "methods_of", "pictures_of", "places_of_claims"]


@dataclass(frozen=True)
class Place:
    """A line of a file of the package: ``claims/masks.py`` and where something begins in it."""

    file: str
    line: int


@dataclass(frozen=True)
class Picture:
    """A figure that shows a claim."""

    name: str
    title: str
    caption: str
    image: Path | None
    about: tuple[str, ...]


def places_of_claims() -> dict[str, Place]:
    """Return where each claim is written: the call that makes it, or the row of the table.

    Returns
    -------
    dict of str to Place

    Examples
    --------
    >>> places_of_claims()["A3"].file
    'claims/fine_tuning.py'
    """
    found = {}
    folder = Path(claims_package.__path__[0])
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="Claim" | "row" as maker),
                    args=[ast.Constant(value=str(id_)), *_],
                ):
                    name = id_ if maker == "Claim" else f"G.{id_}"
                    found[name] = Place(f"claims/{path.name}", node.lineno)
    return found


def methods_of(claims: Mapping[str, Claim]) -> dict[str, tuple[str, ...]]:
    """Return the methods whose guarantee, or row of the table, names a claim.

    Parameters
    ----------
    claims : mapping of str to Claim

    Returns
    -------
    dict of str to tuple of str
        Names of methods by the id of the claim.
    """
    named: dict[str, list[str]] = {}
    for method in METHODS.values():
        text = re.split(r"\n-+\n", inspect.getdoc(method.function) or "")
        about = [after for before, after in pairwise(text) if before.endswith("Guarantee")]
        for claim in re.findall(r"\b[A-F][0-9]+(?:\.[a-z]+)?", " ".join(about)):
            named.setdefault(claim, []).append(method.name)
    for row in ROWS.values():
        named.setdefault(row.claim, []).extend(row.methods)
    return {name: tuple(dict.fromkeys(named[name])) for name in named if name in claims}


def pictures_of(claims: Mapping[str, Claim]) -> Iterator[Picture]:
    """Yield the figures, with the claims that their captions and labels name.

    Parameters
    ----------
    claims : mapping of str to Claim
    """
    output = default_folder()
    for path in sorted(find_directory("figures").glob("fig*.py")):
        figure = Figure.load(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        names = re.findall(r"(?<![\w.])[A-G][0-9]+(?:\.[a-z]+)?(?![\w])", " ".join(texts))
        about = [name for name in claims if name in names]
        image = output / f"{figure.name}.png"
        yield Picture(
            figure.name,
            figure.title,
            figure.caption,
            image if image.is_file() else None,
            tuple(about),
        )
