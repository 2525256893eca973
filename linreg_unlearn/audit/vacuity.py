"""Whether the instances that are drawn say something: how many of them are degenerate, and how.

A theorem that is only ever tested where something it speaks of is zero, where a mask masks nothing
or where one row is forgotten is hardly tested. The draws are those of ``linreg-unlearn verify``
and of ``linreg_unlearn.testing``: the same routine, limits and seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Equation, Identity, Zero
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import Mask, Semidefinite, SizeIs
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import Verdict, judge
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.claim import Assumption, Part

__all__ = ["ASPECTS", "Drawn", "drawn", "reason"]

DRAWS = 200
"""How many draws are looked at for each part."""


def _is_informative(part: Part, instance: Instance) -> bool | None:
    return judge(part, instance) is Verdict.CONFIRMED


def _overlaps(part: Part, instance: Instance) -> bool | None:
    """Whether some feature is used by retained and by forget rows."""
    if not {"X", "E_r", "E_f"} <= instance.letters.keys():
        return None
    X = instance.letters["X"]
    rows = [instance.letters[name] * X for name in ("E_r", "E_f")]
    return any(
        all(any(A[i, j] != 0 for i in range(A.nrows())) for A in rows) for j in range(X.ncols())
    )


def _masks(part: Part, instance: Instance) -> bool | None:
    """Whether every mask keeps something and drops something."""
    masks = [s.argument for s in part.assumed if isinstance(s, Mask)]
    if not masks:
        return None
    reading = instance.exact()
    values = [reading.value(mask) for mask in masks]
    return not any(
        rational.is_zero(value) or value == rational.identity(value.nrows()) for value in values
    )


def _forgets_several(part: Part, instance: Instance) -> bool | None:
    """Whether at least two rows are forgotten."""
    return None if "n_f" not in instance.sizes else instance.sizes["n_f"] >= 2


def _sides(part: Part, instance: Instance) -> bool | None:
    """Whether no side vanishes that is not written as zero."""
    statement = part.statement
    if not isinstance(statement, Equation | Semidefinite):
        return None
    reading = instance.exact()
    sides = [side for side in statement.expressions if not isinstance(side, Zero)]
    if isinstance(statement, Equation) and len(sides) < 2:
        return None
    try:
        return not any(rational.is_zero(reading.value(side)) for side in sides)
    except UndefinedError:
        return False


ASPECTS: dict[str, Callable[[Part, Instance], bool | None]] = {
    "informative": _is_informative,
    "features overlap": _overlaps,
    "masks mask": _masks,
    "n_f ≥ 2": _forgets_several,
    "no side is zero": _sides,
}
"""What an instance should have, where a part speaks of it: None where it does not."""


@dataclass(frozen=True)
class Drawn:
    """How the draws of a part are.

    Parameters
    ----------
    draws : int
        How many were made.
    valid : int
        On how many of them all assumptions hold.
    having : dict of str to int
        How many of the valid ones have each aspect that the part speaks of.
    """

    draws: int
    valid: int
    having: dict[str, int]

    @property
    def never(self) -> tuple[str, ...]:
        """The aspects that no valid draw has."""
        return tuple(aspect for aspect, count in self.having.items() if not count)


def drawn(part: Part, draws: int = DRAWS, seed: int = 0) -> Drawn:
    """Draw instances of a part as ``verify`` does, and count what they have.

    Parameters
    ----------
    part : Part
    draws : int
    seed : int

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> seen = drawn(load_claims()["A4"].parts[2], draws=50)
    >>> seen.valid, seen.never
    (50, ())
    """
    source = RandomSource(seed)
    valid, having = 0, Counter[str]()
    spoken: dict[str, None] = {}
    for _ in range(draws):
        instance = draw_instance(part, source, Limits())
        if judge(part, instance) is Verdict.REJECTED:
            continue
        valid += 1
        for aspect, has in ASPECTS.items():
            answer = has(part, instance)
            if answer is not None:
                spoken.setdefault(aspect)
                having[aspect] += answer
    return Drawn(draws, valid, {aspect: having[aspect] for aspect in spoken})


def reason(part: Part, aspect: str) -> str:
    """Return why no instance of a part has an aspect, as far as it is known; else nothing.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> reason(load_claims()["A4"].parts[0], "features overlap")
    'distinct features have none in common'
    """
    assumed = part.assumed
    names = {item.name for item in part.assuming if isinstance(item, Assumption)}
    match aspect:
        case "n_f ≥ 2" if any(isinstance(s, SizeIs) and s.dimension == "n_f" for s in assumed):
            return "it is about one forget row"
        case "features overlap" if "distinct features" in names:
            return "distinct features have none in common"
        case "features overlap" if "mask separates the features" in names:
            return "a mask that separates the features keeps none of those in common"
        case "masks mask" if isinstance(part.statement, Equation) and any(
            isinstance(side, Identity) for side in part.statement.expressions
        ):
            return "that the mask keeps everything is what it says"
    return ""
