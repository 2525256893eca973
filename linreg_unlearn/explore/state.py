"""What the page is set to: one flat record that fits into an address, a snippet and a test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.registry import METHODS

__all__ = [
    "CONTROLS",
    "DEFAULT",
    "LIMIT",
    "VIEWS",
    "Choice",
    "Control",
    "Grid",
    "State",
    "Whole",
    "from_query",
    "to_query",
]

VIEWS = ("Solutions", "Steps", "Formulas", "Claims", "Export")
"""What the page shows of a state, one at a time."""

#: How a limit or a default is written in an address, where a number would stand otherwise.
LIMIT = "limit"
DEFAULT = "default"


@dataclass(frozen=True)
class Control:
    """What one field of a state may be, and how it is called.

    Parameters
    ----------
    label : str
        In words.
    group : str
        Under which heading it stands.
    help : str
        What it does, in one sentence.
    setups : tuple of str
        The setups in which it does something. Empty: all.
    """

    label: str
    group: str
    help: str
    setups: tuple[str, ...] = ()

    def read(self, name: str, text: str) -> Any:
        """Return the value that a text in an address stands for.

        Raises
        ------
        InputError
            It stands for none.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Whole(Control):
    """A whole number from a range."""

    low: int = 0
    high: int = 0

    def read(self, name: str, text: str) -> int:
        """Return the number, if it is whole and in range."""
        # int() would also take "1_0" and digits of other scripts.
        if text.isascii() and text.isdigit() and len(text) < 10 and self.low <= int(text):
            number = int(text)
            if number <= self.high:
                return number
        raise InputError(
            f"{name} is {_shown(text)}: use a whole number from {self.low} to {self.high}"
        )


@dataclass(frozen=True)
class Grid(Control):
    """One of some numbers, or a word that stands at an end of them."""

    values: tuple[float | str, ...] = ()

    def read(self, name: str, text: str) -> float | str:
        """Return the value of the grid that is written so, or lies next to the number written."""
        numbers = [value for value in self.values if not isinstance(value, str)]
        if text in self.values:
            return text
        try:
            number = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            number = math.nan
        if min(numbers) <= number <= max(numbers):
            return min(numbers, key=lambda value: abs(value - number))
        words = "".join(f", or {value!r}" for value in self.values if isinstance(value, str))
        raise InputError(
            f"{name} is {_shown(text)}: use a number from {min(numbers):g} to {max(numbers):g}"
            f"{words}"
        )


@dataclass(frozen=True)
class Choice(Control):
    """One of some words."""

    options: tuple[str, ...] = ()

    def read(self, name: str, text: str) -> str:
        """Return the word, if it is one of them."""
        if text in self.options:
            return text
        raise InputError(f"{name} is {_shown(text)}: use one of {', '.join(self.options)}")


def _shown(text: str) -> str:
    clean = "".join(ch if ch.isprintable() else "?" for ch in text)
    return repr(clean[:40]) + ("…" if len(clean) > 40 else "")


def _decades(first: int, last: int, marks: Sequence[float] = (1.0, 2.0, 5.0)) -> tuple[float, ...]:
    """Return ``marks·10ᵏ`` from ``10^first`` to ``10^last``."""
    grid = [float(f"{mark}e{k}") for k in range(first, last) for mark in marks]
    return (*grid, float(f"1e{last}"))


_SYNTHETIC = ("distinct", "overlapping", "shared")
_STEPS = tuple(int(step) for step in _decades(0, 6))


@dataclass(frozen=True)
class State:
    """What the page is set to.

    The fields are described by :data:`CONTROLS`, which has one entry for each of them.

    Examples
    --------
    >>> State(setup="distinct", n_r=12).changes()
    {'setup': 'distinct', 'n_r': 12}
    """

    setup: str = "overlapping"
    n_r: int = 20
    n_f: int = 8
    n_t: int = 10
    d_r: int = 30
    d_lap: int = 20
    d_f: int = 30
    samples: int = 300
    features: int = 400
    forget: str = "class:3"
    noise: float = 0.0
    condition: float | str = DEFAULT
    ridge: float = 0.0
    seed: int = 0
    mask: str = "retained"
    kept: float = 0.5
    alpha: float = 1.0
    targets: str = "zero"
    step_size: float | str = DEFAULT
    steps: float | str = 100
    beta: float | str = DEFAULT
    fraction: float = 0.5
    family: str = "all"
    variants: str = "hidden"
    view: str = "Solutions"
    scale: str = "linear"
    order: str = "nearest first"

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from the defaults."""
        plain = asdict(State())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    def but(self, **changes: Any) -> State:
        """Return a state that differs in some fields."""
        return replace(self, **changes)


CONTROLS: Mapping[str, Control] = MappingProxyType(
    {
        "setup": Choice(
            "setup",
            "Problem",
            "Which columns the retained and the forget rows share.",
            options=(*_SYNTHETIC, "digits"),
        ),
        "n_r": Whole("retained rows n_r", "Problem", "Rows to keep.", _SYNTHETIC, 1, 60),
        "n_f": Whole("forget rows n_f", "Problem", "Rows to forget.", _SYNTHETIC, 1, 40),
        "d_r": Whole(
            "retained columns d_r",
            "Problem",
            "Columns that only retained rows use.",
            ("distinct", "overlapping"),
            1,
            60,
        ),
        "d_lap": Whole(
            "shared columns d_lap",
            "Problem",
            "Columns that both kinds of rows use.",
            ("overlapping", "shared"),
            1,
            60,
        ),
        "d_f": Whole(
            "forget columns d_f",
            "Problem",
            "Columns that only forget rows use.",
            ("distinct", "overlapping"),
            1,
            60,
        ),
        "samples": Whole(
            "samples", "Problem", "Images, a fifth of them held out.", ("digits",), 100, 600
        ),
        "features": Whole(
            "random features d", "Problem", "Columns, random and ReLU.", ("digits",), 50, 800
        ),
        "forget": Choice(
            "rows to forget",
            "Problem",
            "All images of a class, or one in ten.",
            ("digits",),
            ("class:3", "class:6", "class:9", "random"),
        ),
        "noise": Grid(
            "label noise σ",
            "Problem",
            "Standard deviation of what is added to X w_*.",
            _SYNTHETIC,
            (0.0, *_decades(-3, 0), 2.0),
        ),
        "condition": Grid(
            "condition number κ",
            "Problem",
            "Of each drawn block; by default its entries are standard normal.",
            _SYNTHETIC,
            (DEFAULT, *_decades(0, 8, (1.0,))),
        ),
        "ridge": Grid(
            "ridge λ",
            "Problem",
            "Of golden and of every method, added to sums over rows.",
            (),
            (0.0, *_decades(-9, 3)),
        ),
        "seed": Whole("seed", "Problem", "Of the problem.", (), 0, 9999),
        "n_t": Whole(
            "fine-tuning rows n_t",
            "Methods",
            "Fine-tuning sees the first n_t retained rows.",
            _SYNTHETIC,
            1,
            60,
        ),
        "mask": Choice(
            "mask",
            "Methods",
            "Which mask is drawn over the data.",
            options=("retained", "forget", "energy", "magnitude", "gradient", "none"),
        ),
        "kept": Grid(
            "share of weights kept",
            "Methods",
            "Threshold of the energy, magnitude and gradient masks.",
            values=tuple(round(0.05 * k, 2) for k in range(1, 21)),
        ),
        "alpha": Grid(
            "weight of the forget term α",
            "Methods",
            "Of regularized fine-tuning.",
            values=_decades(-4, 4),
        ),
        "targets": Choice(
            "labels of forget rows",
            "Methods",
            "What regularized fine-tuning teaches about them.",
            options=("zero", "wrong", "random", "uniform", "golden"),
        ),
        "step_size": Grid(
            "step size η",
            "Methods",
            "Of the iterative methods; by default what suits their largest curvature.",
            values=(DEFAULT, *_decades(-6, 0)),
        ),
        "steps": Grid(
            "steps",
            "Methods",
            "Of the iterative methods; the limit is where they end.",
            values=(*_STEPS, LIMIT),
        ),
        "beta": Grid(
            "weight of ascent β",
            "Methods",
            "Of NegGrad+; by default half of β*, above which it has no minimum.",
            values=(DEFAULT, *_decades(-6, 3)),
        ),
        "fraction": Grid(
            "share of weights selected",
            "Methods",
            "Of SAPS and SalUn.",
            values=tuple(round(0.05 * k, 2) for k in range(1, 21)),
        ),
        "family": Choice(
            "family",
            "Shown",
            "Which methods are shown, besides golden and the pretrained model.",
            options=("all", *dict.fromkeys(method.family for method in METHODS.values())),
        ),
        "variants": Choice(
            "variants",
            "Shown",
            "Whether methods are also shown with other options, as in a comparison.",
            options=("hidden", "shown"),
        ),
        "view": Choice("view", "Shown", "What is shown of all this.", options=VIEWS),
        "scale": Choice(
            "scale", "Shown", "Of losses and distances.", options=("linear", "logarithmic")
        ),
        "order": Choice("order", "Shown", "Of methods.", options=("nearest first", "by family")),
    }
)


def from_query(query: Mapping[str, str | Sequence[str]]) -> tuple[State, list[str]]:
    """Return the state that an address describes, and what of it could not be used.

    Parameters
    ----------
    query : mapping of str to str or list of str
        What stands behind the question mark; a key that occurs more than once has a list.

    Returns
    -------
    state : State
        Defaults stand for what could not be used.
    complaints : list of str
        One sentence for each.

    Examples
    --------
    >>> state, complaints = from_query({"n_r": "12", "n_f": "many"})
    >>> state.changes(), complaints
    ({'n_r': 12}, ["n_f is 'many': use a whole number from 1 to 40"])
    """
    found: dict[str, Any] = {}
    complaints = []
    for name, text in query.items():
        given = [text] if isinstance(text, str) else list(text)
        if name not in CONTROLS:
            complaints.append(f"{_shown(name)} is nothing that can be set here: it is left out")
            continue
        if len(given) != 1:
            complaints.append(f"{name} is given {len(given)} times: the default is used")
            continue
        try:
            found[name] = CONTROLS[name].read(name, given[0])
        except InputError as error:
            complaints.append(str(error))
    return State(**found), complaints


def to_query(state: State) -> dict[str, str]:
    """Return what stands behind the question mark: the fields that differ from the defaults.

    Examples
    --------
    >>> to_query(State(ridge=0.1, steps="limit"))
    {'ridge': '0.1', 'steps': 'limit'}
    """
    return {
        name: value if isinstance(value, str) else f"{value:g}"
        for name, value in state.changes().items()
    }
