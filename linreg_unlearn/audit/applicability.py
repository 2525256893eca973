"""Which claims speak of a given data set, and which assumption keeps the others silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from linreg_unlearn.claims.claim import Assumption, Claim, Margin
from linreg_unlearn.problem import Problem

__all__ = ["Applicability", "about_data", "applicability"]


@dataclass(frozen=True)
class Applicability:
    """How far a claim applies to a data set.

    Parameters
    ----------
    claim : Claim
    applies : int
        How many parts apply: each of their assumptions about the data is met.
    measured : int
        How many parts have assumptions that can be measured on data. The others are converses:
        they assume what would have to be observed.
    missed : tuple of (str, Margin)
        The assumptions that are not met, each with its margin.
    chosen : tuple of str
        Assumptions that are the user's to choose, such as a ridge.
    """

    claim: Claim
    applies: int
    measured: int
    missed: tuple[tuple[str, Margin], ...]
    chosen: tuple[str, ...]


def about_data(claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims that say something of data: no lemmas, and no cells of the table.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> [claim.id for claim in about_data(load_claims().values())][:3]
    ['A1', 'A2', 'A2.near']
    """
    return [c for c in claims if c.expected == "holds" and not c.id.startswith(("L", "G"))]


def applicability(problem: Problem, claims: Iterable[Claim]) -> list[Applicability]:
    """Measure every assumption of the claims on a data set.

    Parameters
    ----------
    problem : Problem
    claims : iterable of Claim

    Returns
    -------
    list of Applicability

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> from linreg_unlearn.setups import shared
    >>> noisy = shared(n_r=8, n_f=4, d=5, noise=1.0)
    >>> (found,) = applicability(noisy, [load_claims()["A5"]])
    >>> found.applies, [name for name, margin in found.missed]
    (0, ['interpolating'])
    """
    margins: dict[str, Margin] = {}

    def margin(assumption: Assumption) -> Margin | None:
        if assumption.measure is None:
            return None
        if assumption.name not in margins:
            margins[assumption.name] = assumption.measure(problem)
        return margins[assumption.name]

    found = []
    for claim in claims:
        applies, measured = 0, 0
        missed: dict[str, Margin] = {}
        chosen: dict[str, None] = {}
        for part in claim.parts:
            named = [item for item in part.assuming if isinstance(item, Assumption)]
            if len(named) < len(part.assuming):
                continue
            measured += 1
            measures = {item.name: margin(item) for item in named}
            short = {name: m for name, m in measures.items() if m is not None and not m.met}
            chosen |= {name: None for name, m in measures.items() if m is None}
            missed |= short
            applies += not short
        found.append(Applicability(claim, applies, measured, tuple(missed.items()), tuple(chosen)))
    return found
