"""What the theory says of the data on the page: formulas beside solvers, and claims that apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from linreg_unlearn.algebra.expressions import Expr, Named
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.audit.applicability import Applicability, about_data, applicability
from linreg_unlearn.audit.certificates import accepted_lemmas
from linreg_unlearn.claims.cells import REGIMES, Regime
from linreg_unlearn.claims.claim import Claim, Margin, load_claims
from linreg_unlearn.claims.on_data import OnData, on_data, regime_of
from linreg_unlearn.errors import InputError
from linreg_unlearn.explore.solving import problem_of
from linreg_unlearn.explore.state import State
from linreg_unlearn.problem import Problem
from linreg_unlearn.table import rows

__all__ = ["Formula", "Formulas", "about_data", "claims_on", "formulas", "status_of", "written"]


@dataclass(frozen=True, eq=False)
class Formula:
    """What a method amounts to in the regime of the data.

    Parameters
    ----------
    title : str
    weights : str
        LaTeX of what the method ends at.
    error : str
        LaTeX of how it misses golden, or what grows; empty where it does neither.
    verdict : str
        "exact", "no-op", "inexact" or "diverges".
    claim : str
        The part that says so, such as ``G.newton.4``.
    note : str
    seen : OnData or None
        Both numbers on the data; None where they cannot be had.
    reason : str
        Why not.
    """

    title: str
    weights: str
    error: str
    verdict: str
    claim: str
    note: str
    seen: OnData | None
    reason: str = ""

    @property
    def agreement(self) -> str:
        """Whether formula and method give the same weights.

        "yes": as far as rounding allows. "ill-conditioned": rounding would explain a difference of
        a percent or more, or explains the one there is, so nothing can be said in floating point.
        "no", or "" where one is missing.
        """
        if self.seen is None:
            return ""
        rounding = 100 * float(np.finfo(np.float64).eps)
        allowed = max(1e-8, rounding * self.seen.condition)
        if allowed > 1e-2:
            return "ill-conditioned"
        size = float(np.linalg.norm(self.seen.formula)) or 1.0
        off = float(np.linalg.norm(self.seen.solved - self.seen.formula)) / size
        if off <= allowed:
            return "yes"
        return "ill-conditioned" if off <= rounding * self.seen.squared else "no"


@dataclass(frozen=True, eq=False)
class Formulas:
    """The rows of the table on the data of a state.

    Parameters
    ----------
    regime : str or None
        The column they belong to.
    missed : mapping of str to Margin
        Where there is none: what the data miss of the others.
    formulas : tuple of Formula
    """

    regime: Regime | None
    missed: Mapping[str, Margin]
    formulas: tuple[Formula, ...]

    @property
    def title(self) -> str:
        """The column in words."""
        return REGIMES[self.regime] if self.regime is not None else "none of the table"


def formulas(state: State) -> Formulas:
    """Return what every row of the table says of a state, by formula and by method.

    Raises
    ------
    InputError
        There is no such problem.

    Examples
    --------
    >>> found = formulas(State(setup="distinct"))
    >>> found.regime, {formula.agreement for formula in found.formulas}
    ('distinct', {'yes'})
    """
    problem = problem_of(state)
    regime, missed = regime_of(problem, state.ridge)
    if regime is None:
        return Formulas(None, missed, ())
    number = list(REGIMES).index(regime) + 1
    found = []
    for row in rows().values():
        cell = row.cells[number - 1]
        seen, reason = None, ""
        try:
            seen = on_data(row, problem, regime, state.ridge, state.alpha)
        except (InputError, UndefinedError) as fault:
            reason = str(fault)
        error = cell.says if cell.verdict in ("inexact", "diverges") else None
        found.append(
            Formula(
                row.title,
                written(cell.weights),
                "" if error is None else latex(error),
                cell.verdict,
                f"{row.claim}.{number}",
                row.note,
                seen,
                reason,
            )
        )
    return Formulas(regime, missed, tuple(found))


def written(weights: Expr) -> str:
    r"""Return a formula as LaTeX, a named one with what it stands for.

    Examples
    --------
    >>> print(written(rows()["golden"].cells[0].weights))
    w_g = X_r^{+} y_r
    """
    name = latex(weights)
    if isinstance(weights, Named):
        body = latex(weights.body)
        return name if body == name else f"{name} = {body}"
    return name


def claims_on(problem: Problem) -> list[Applicability]:
    """Return how far every claim applies to data, with the margins by which data miss it."""
    return applicability(problem, about_data(load_claims().values()))


@cache
def proved() -> frozenset[str]:
    return frozenset(accepted_lemmas())


def status_of(claim: Claim) -> str:
    """Return what is known of a claim from its certificate alone.

    Examples
    --------
    >>> status_of(load_claims()["A3"])
    'proved'
    """
    if claim.expected == "fails":
        return "refuted"
    parts = [f"{claim.id}.{number}" in proved() for number in range(1, len(claim.parts) + 1)]
    if parts and all(parts):
        return "proved + argument" if claim.checks else "proved"
    return "argument" if not parts else "not proved"
