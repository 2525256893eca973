"""Where the figure and proof scripts are, and how one is loaded.

In a checkout they are the top-level folders ``figures`` and ``proofs``; a wheel carries copies of
them in ``linreg_unlearn/_shipped``. Neither folder is a package: ``import figures`` would work in a
checkout only, so scripts are loaded by path.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Literal

from linreg_unlearn.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


def checkout_root(package: Path = _PACKAGE) -> Path | None:
    """Return the root of the checkout that the package is imported from, or None.

    Parameters
    ----------
    package : Path
        The folder of the package; a parameter so that the rule can be tested.

    Returns
    -------
    Path or None
        The folder that holds the package, if ``pyproject.toml`` lies beside the package; None for
        an installed wheel.

    Examples
    --------
    >>> checkout_root(Path("/nowhere/site-packages/linreg_unlearn")) is None
    True
    """
    root = package.parent
    return root if (root / "pyproject.toml").is_file() else None


def find_directory(name: Literal["figures", "proofs"], package: Path = _PACKAGE) -> Path:
    """Return the folder of the figure or of the proof scripts.

    The checkout comes first: a copy under ``_shipped`` may be left over from an older build, and
    the scripts that lie beside the code are the ones that belong to it.

    Parameters
    ----------
    name : {"figures", "proofs"}
        Which folder.
    package : Path
        The folder of the package; a parameter so that the rule can be tested.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    InputError
        If the folder is in neither place.

    Examples
    --------
    >>> find_directory("figures").name
    'figures'
    """
    places = [package / "_shipped" / name]
    root = checkout_root(package)
    if root is not None:
        places.insert(0, root / name)
    for place in places:
        if place.is_dir():
            return place
    raise InputError(
        f"the folder {name!r} is missing from this installation of linreg-unlearn "
        f"(looked in {' and '.join(map(str, places))}): install the package again."
    )


def find_references(package: Path = _PACKAGE) -> Path:
    """Return the bibliography, ``refs.bib``: that of the checkout, or the copy in a wheel.

    Parameters
    ----------
    package : Path
        The folder of the package; a parameter so that the rule can be tested.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    InputError
        If it is in neither place.

    Examples
    --------
    >>> find_references().name
    'refs.bib'
    """
    root = checkout_root(package)
    places = [package / "_shipped" / "refs.bib"]
    if root is not None:
        places.insert(0, root / "refs.bib")
    for place in places:
        if place.is_file():
            return place
    raise InputError(
        f"the file 'refs.bib' is missing (looked in {', '.join(str(p.parent) for p in places)}): "
        "install the package again"
    )


def load_script(path: Path) -> ModuleType:
    """Run a script of the project as a module of its own and return it.

    Parameters
    ----------
    path : Path
        A Python file. Only files of this project are loaded: running a file runs its code.

    Returns
    -------
    ModuleType
        The module. Its name is the file's stem with ``linreg_unlearn_script_`` in front, so that it
        can hide no installed module. Every call runs the script anew.

    Raises
    ------
    InputError
        If there is no such file.

    Examples
    --------
    >>> script = sorted(find_directory("figures").glob("fig*.py"))[0]
    >>> load_script(script).NAME == script.stem
    True
    """
    if not path.is_file():
        raise InputError(f"the script {path} does not exist: give the path of a Python file.")
    name = f"linreg_unlearn_script_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"the script {path} is not a Python file: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    # A dataclass defined in the script looks its module up by name while the script runs.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
