"""What a claim is: data, from which tests, reports and proofs are derived.

A claim has parts, each ``assumptions ⟹ statement``; an *iff* is two parts. The author says what is
expected; whether it is so is decided by evidence and never written down here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from linreg_unlearn import claims as claims_package
from linreg_unlearn.algebra.expressions import Equation, Expr, Letter
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import Semidefinite, Statement
from linreg_unlearn.errors import InputError
from linreg_unlearn.problem import Problem

__all__ = [
    "Assumption",
    "Check",
    "Claim",
    "Hints",
    "Margin",
    "Observation",
    "Part",
    "load_claims",
    "register",
    "select",
]


@dataclass(frozen=True)
class Margin:
    """By how much a data set misses an assumption; 0 is met exactly.

    Parameters
    ----------
    miss : float
        A relative norm, or a number of ranks, columns or rows.
    reading : str
        The same in words, such as ``rank X = 20, n = 25``.
    tolerance : float
        What still counts as met: 0 for counts, a rounding allowance for norms.
    """

    miss: float
    reading: str
    tolerance: float = 0.0

    @property
    def met(self) -> bool:
        """Whether the assumption holds on the data, up to the tolerance."""
        return self.miss <= self.tolerance


@dataclass(frozen=True)
class Assumption:
    """Something a part of a claim assumes.

    Parameters
    ----------
    name : str
        A short name in words, such as ``interpolating``.
    statements : tuple of Statement
        What it means; all of them are checked exactly on every instance.
    constructions : tuple of str
        Names of the ways in which instances that satisfy it are drawn (see ``audit.drawing``).
        Instances of an assumption without one are found by drawing and rejecting.
    measure : callable, optional
        By how much a given data set misses it. None: the assumption is not about the data but
        about a choice of the user, such as ``λ > 0``.
    featurewise : bool
        Whether it holds exactly when it holds for every feature alone, as a mask's does; the
        search for counterexamples then checks it before it combines features.
    """

    name: str
    statements: tuple[Statement, ...]
    constructions: tuple[str, ...] = ()
    measure: Callable[[Problem], Margin] | None = field(default=None, compare=False)
    featurewise: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(map(str, self.statements))}"


@dataclass(frozen=True)
class Hints:
    """How a part may be proved, where the search does not see it; nothing of it is believed.

    Parameters
    ----------
    via : tuple of Equation
        Equations worth showing first, in this order.
    squares : tuple of (scalar, Expr)
        Coefficients and roots ``Z`` of the squares ``ZᵀZ`` that add up to a semidefinite sum.
    roots : tuple of (Letter, Expr or Semidefinite)
        A letter in the above, and the ``Z`` whose ``ZᵀZ`` it is the symmetric root of, or the
        inequality assumed whose matrix it is the root of.
    lets : tuple of (Letter, Expr)
        A letter in the above, and what it is short for.
    lemmas : tuple of (str, mapping of str to Expr)
        Ids of lemmas, and what to put in the place of their letters.
    """

    via: tuple[Equation, ...] = ()
    squares: tuple[tuple[Polynomial | int, Expr], ...] = ()
    roots: tuple[tuple[Letter, Expr | Semidefinite], ...] = ()
    lets: tuple[tuple[Letter, Expr], ...] = ()
    lemmas: tuple[tuple[str, Mapping[str, Expr]], ...] = ()


@dataclass(frozen=True)
class Part:
    """One implication of a claim.

    Parameters
    ----------
    statement : Statement
        What follows.
    assuming : tuple of Assumption or Statement
        What it follows from; a bare statement is an assumption without a name of its own.
    also_draw : tuple of str, Equation or tuple of Equation
        Constructions in which to look for instances besides those that the assumptions name: an
        implication whose assumption is rarely met by chance, such as the converse of an *iff*,
        is tested where it is met often. An equation gives the letter on its left, or says that a
        letter has orthonormal rows or columns.
    hints : Hints
        What helps the search for a proof.
    """

    statement: Statement
    assuming: tuple[Assumption | Statement, ...] = ()
    also_draw: tuple[str | Equation | tuple[Equation, ...], ...] = ()
    hints: Hints = field(default=Hints(), compare=False)

    @property
    def assumed(self) -> tuple[Statement, ...]:
        """Every statement assumed."""
        return tuple(
            statement
            for item in self.assuming
            for statement in (item.statements if isinstance(item, Assumption) else (item,))
        )

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """Every expression in the statement and the assumptions."""
        every = (self.statement, *self.assumed)
        return tuple(expr for statement in every for expr in statement.expressions)

    def __str__(self) -> str:
        if not self.assuming:
            return str(self.statement)
        names = [a.name if isinstance(a, Assumption) else str(a) for a in self.assuming]
        return f"{', '.join(names)} ⟹ {self.statement}"


@dataclass(frozen=True)
class Observation:
    """What a check saw.

    Parameters
    ----------
    instances : int
        On how many instances.
    worst : float
        The largest deviation, in units of what the check allows: above 1 it contradicts.
    reading : str
        The same in words.
    exact : bool
        Whether the instances were decided in rational arithmetic.
    """

    instances: int
    worst: float
    reading: str
    exact: bool = False


@dataclass(frozen=True)
class Check:
    """A part of a claim that the language cannot say: a limit, an expectation, a best subset.

    It comes with a written argument from parts that are algebraic, and with a numerical check of
    its own.

    Parameters
    ----------
    statement : str
        What is said.
    argument : str
        Why it is so.
    run : callable
        ``run(seed) -> Observation``.
    """

    statement: str
    argument: str
    run: Callable[[int], Observation] = field(compare=False)

    def __str__(self) -> str:
        return self.statement


@dataclass(frozen=True)
class Claim:
    """A statement of the theory, with what it takes to check it.

    Parameters
    ----------
    id : str
        Family and number, such as ``A3``.
    title : str
        One line in words.
    parts : tuple of Part
        The implications it consists of.
    source : str
        Keys of ``refs.bib``, separated by commas.
    wording : str
        How the statement relates to the wording of its source, where that is known.
    expected : {"holds", "fails"}
        What the author expects; ``verify`` fails when the evidence disagrees.
    checks : tuple of Check
        What it says besides that the language cannot.
    """

    id: str
    title: str
    parts: tuple[Part, ...]
    source: str
    wording: str = ""
    expected: Literal["holds", "fails"] = "holds"
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if not (self.parts or self.checks):
            raise InputError(f"claim {self.id} has no parts: give it at least one implication")
        if self.expected not in ("holds", "fails"):
            raise InputError(
                f"claim {self.id} expects {self.expected!r}: use 'holds' or 'fails' instead"
            )

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The assumptions of all parts, each once, as text."""
        return tuple(dict.fromkeys(str(a) for part in self.parts for a in part.assuming))


_REGISTRY: dict[str, Claim] = {}


def register(claim: Claim) -> Claim:
    """Put a claim into the registry, from which tests, reports and figures take it.

    Raises
    ------
    InputError
        If another claim has the same id.
    """
    if claim.id in _REGISTRY and _REGISTRY[claim.id] is not claim:
        raise InputError(f"claim id {claim.id!r} is taken: give the new claim another id")
    _REGISTRY[claim.id] = claim
    return claim


def load_claims() -> dict[str, Claim]:
    """Return every registered claim by id, in the order of the theory.

    Every module of ``linreg_unlearn.claims`` is imported, so a new file there is enough.

    Examples
    --------
    >>> "A3" in load_claims()
    True
    """
    for module in sorted(pkgutil.iter_modules(claims_package.__path__), key=lambda m: m.name):
        importlib.import_module(f"{claims_package.__name__}.{module.name}")
    return dict(sorted(_REGISTRY.items(), key=lambda item: _order(item[0])))


def _order(claim_id: str) -> tuple[str, int, str]:
    head, _, tail = claim_id.partition(".")
    digits = "".join(ch for ch in head if ch.isdigit())
    return (head.rstrip("0123456789"), int(digits or 0), tail)


def select(ids: Sequence[str], registry: dict[str, Claim] | None = None) -> Iterable[Claim]:
    """Return the claims with these ids, or all where none is given.

    Raises
    ------
    InputError
        If an id is not registered.

    Examples
    --------
    >>> [claim.id for claim in select(["A1"])]
    ['A1']
    """
    registry = load_claims() if registry is None else registry
    unknown = [name for name in ids if name not in registry]
    if unknown:
        raise InputError(
            f"claim {unknown[0]!r} is not registered: choose from {', '.join(registry)}"
        )
    return [registry[name] for name in ids] if ids else list(registry.values())
