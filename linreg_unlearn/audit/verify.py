"""Gathering the evidence for claims, and deriving their status from it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from linreg_unlearn.audit.certificates import Checked
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import Verdict, assumptions_hold, float_error, judge
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.search import Counterexample, smallest_counterexample
from linreg_unlearn.claims.claim import Claim, Observation, Part

__all__ = [
    "ERROR_LIMIT",
    "ClaimReport",
    "Effort",
    "PartReport",
    "to_json",
    "to_markdown",
    "verify_claim",
    "verify_claims",
]

Evidence = Literal["tested", "refuted", "off in floats", "untested"]

Status = Evidence | Literal["proved", "proved + argument", "argument", "contradicted"]
"""What is known of a claim.

``proved``: every part has a certificate that the checker accepts. ``proved + argument``: so it is,
and what the language cannot say rests on a written argument with a numeric check of its own;
``argument``: all of it does. ``tested``: instances agree. ``refuted``: an exact one does not.
``contradicted``: an exact instance disagrees with what is proved, so the checker has a fault.
"""

ERROR_LIMIT = 1000.0
"""The largest error, in units of ``eps · condition · largest summand``, that rounding explains."""


@dataclass(frozen=True)
class Effort:
    """How much evidence to gather.

    Parameters
    ----------
    exact : int
        Informative exact instances wanted per part.
    draws : int
        Draws allowed per part to find them.
    float_draws : int
        Draws per part, shape and spread of singular values.
    search : int
        Instances that the search for the smallest counterexample looks at, per part.
    proved : int
        Informative exact instances wanted of a part that is proved: an instance can only find that
        the checker is wrong, or that nothing satisfies the assumptions. Its float draws, which are
        about methods, are one per shape and spread.
    seed : int
        Of all random numbers.
    """

    exact: int = 100
    draws: int = 600
    float_draws: int = 3
    search: int = 30_000
    proved: int = 25
    seed: int = 0

    def less(self) -> Effort:
        """Return what is enough for a part that is proved."""
        return replace(
            self, exact=min(self.exact, self.proved), float_draws=min(self.float_draws, 1)
        )


# Wide problems of three sizes and tall ones, each with singular values spread over 1, 2⁶ and 2¹².
_SHAPES = (
    ((4, 8), (2, 4), (10, 20)),
    ((12, 16), (3, 6), (24, 40)),
    ((24, 32), (6, 10), (48, 64)),
    ((12, 20), (3, 6), (4, 8)),
)
_SPREADS = (0, 6, 12)
FLOAT_LIMITS = tuple(
    Limits(retained, forget, features, (1, 3), entry=3, spread=spread, for_methods=True)
    for retained, forget, features in _SHAPES
    for spread in _SPREADS
)


@dataclass(frozen=True)
class PartReport:
    """The evidence for one part.

    Parameters
    ----------
    part : Part
    verdicts : Counter of Verdict
        What the exact draws said.
    float_instances : int
        Well-conditioned instances on which methods and formulas were compared.
    max_error : float
        The largest error among them; NaN where there were none.
    max_condition : float
        The largest product of condition numbers among them.
    counterexample : Counterexample or None
    """

    part: Part
    verdicts: Counter[Verdict]
    float_instances: int
    max_error: float
    max_condition: float
    counterexample: Counterexample | None

    @property
    def exact_instances(self) -> int:
        """How many informative exact instances confirmed the part."""
        return self.verdicts[Verdict.CONFIRMED]

    @property
    def status(self) -> Evidence:
        """What the evidence amounts to.

        Draws that satisfy the assumptions and are mostly degenerate test nothing.
        """
        if self.counterexample is not None:
            return "refuted"
        if self.exact_instances == 0 or self.exact_instances < self.verdicts[Verdict.DEGENERATE]:
            return "untested"
        return "off in floats" if self.max_error >= ERROR_LIMIT else "tested"


@dataclass(frozen=True)
class ClaimReport:
    """The evidence for a claim and what follows from it.

    Parameters
    ----------
    claim : Claim
    parts : tuple of PartReport
    observations : tuple of Observation
        What its checks saw, in their order.
    proved : tuple of bool
        Which parts have a certificate that the checker accepts.
    """

    claim: Claim
    parts: tuple[PartReport, ...]
    observations: tuple[Observation, ...] = ()
    proved: tuple[bool, ...] = ()

    @property
    def evidence(self) -> Evidence:
        """What instances say of the weakest part: refuted, off in floats, untested, else tested."""
        found = {part.status for part in self.parts} | {_seen(o) for o in self.observations}
        order: tuple[Evidence, ...] = ("refuted", "off in floats", "untested", "tested")
        return next(status for status in order if status in found)

    @property
    def status(self) -> Status:
        """What is known, from proofs and from instances."""
        refuted = [part.status == "refuted" for part in self.parts]
        if any(proved and wrong for proved, wrong in zip(self.proved, refuted, strict=False)):
            return "contradicted"
        if self.evidence in ("refuted", "off in floats"):
            return self.evidence
        if self.parts and self.proved and all(self.proved):
            # A proof names an instance of its assumptions, so draws that miss them matter less.
            return "proved + argument" if self.observations else "proved"
        if self.evidence == "tested" and not self.parts:
            return "argument"
        return self.evidence

    @property
    def agrees(self) -> bool:
        """Whether the status is what the author of the claim expects."""
        if self.claim.expected == "fails":
            return self.status == "refuted"
        return self.status in ("proved", "proved + argument", "argument", "tested")

    @property
    def exact_instances(self) -> int:
        """Informative exact instances over all parts."""
        checked = sum(o.instances for o in self.observations if o.exact)
        return checked + sum(part.exact_instances for part in self.parts)

    @property
    def float_instances(self) -> int:
        """Well-conditioned float instances over all parts, and those of checks."""
        checked = sum(o.instances for o in self.observations if not o.exact)
        return checked + sum(part.float_instances for part in self.parts)

    @property
    def max_error(self) -> float:
        """The largest float error over all parts, in units of rounding; NaN where there is none."""
        errors = [part.max_error for part in self.parts if not math.isnan(part.max_error)]
        return max(errors, default=math.nan)

    @property
    def counterexample(self) -> Counterexample | None:
        """The counterexample of the first part that has one."""
        return next((p.counterexample for p in self.parts if p.counterexample is not None), None)

    def as_row(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        found = self.counterexample
        return {
            "id": self.claim.id,
            "status": self.status,
            "expected": self.claim.expected,
            "source": self.claim.source,
            "assumptions": list(self.claim.assumptions),
            "exact_instances": self.exact_instances,
            "float_instances": self.float_instances,
            "max_error": None if math.isnan(self.max_error) else self.max_error,
            "counterexample": None
            if found is None
            else {
                "part": found.part + 1,
                "statement": str(self.claim.parts[found.part]),
                **found.instance.as_data(),
                "everything_smaller_covered": found.covered,
                "instances_tried": found.tried,
            },
        }


def _seen(observation: Observation) -> Status:
    if observation.instances == 0 or math.isnan(observation.worst):
        return "untested"
    if observation.worst <= 1:
        return "tested"
    return "refuted" if observation.exact else "off in floats"


def verify_claims(
    claims: Iterable[Claim],
    effort: Effort | None = None,
    advance: Callable[[Claim], None] | None = None,
    checked: Checked | None = None,
) -> list[ClaimReport]:
    """Gather the evidence for claims.

    Parameters
    ----------
    claims : iterable of Claim
    effort : Effort, optional
    advance : callable, optional
        Called with each claim before it is looked at, for a progress display.
    checked : Checked, optional
        What certificates prove; nothing by default.

    Returns
    -------
    list of ClaimReport
    """
    reports = []
    for claim in claims:
        if advance is not None:
            advance(claim)
        reports.append(verify_claim(claim, effort, checked))
    return reports


def verify_claim(
    claim: Claim, effort: Effort | None = None, checked: Checked | None = None
) -> ClaimReport:
    """Gather the evidence for one claim.

    Parameters
    ----------
    claim : Claim
    effort : Effort, optional
    checked : Checked, optional
        What certificates prove; nothing by default.

    Returns
    -------
    ClaimReport

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> verify_claim(load_claims()["A1"], Effort(exact=5, float_draws=1)).status
    'tested'
    """
    effort = effort or Effort()
    numbers = range(1, len(claim.parts) + 1)
    proved = tuple(checked.proves(claim, n) for n in numbers) if checked is not None else ()
    efforts = [effort.less() if known else effort for known in proved or [False for _ in numbers]]
    parts = tuple(
        _verify_part(part, position, claim.expected == "fails", enough)
        for position, (part, enough) in enumerate(zip(claim.parts, efforts, strict=True))
    )
    observations = tuple(check.run(effort.seed) for check in claim.checks)
    return ClaimReport(claim, parts, observations, proved)


def _verify_part(part: Part, position: int, expect_failure: bool, effort: Effort) -> PartReport:
    source = RandomSource(effort.seed)
    verdicts: Counter[Verdict] = Counter()
    violations: list[Instance] = []
    for _ in range(effort.draws):
        instance = draw_instance(part, source, Limits())
        verdict = judge(part, instance)
        verdicts[verdict] += 1
        if verdict is Verdict.VIOLATED:
            violations.append(instance)
        if verdicts[Verdict.CONFIRMED] + len(violations) >= effort.exact:
            break
    found = None
    if violations or expect_failure:
        found = smallest_counterexample(part, budget=effort.search, position=position)
        if found is None and violations:
            smallest = min(violations, key=Instance.total_size)
            found = Counterexample(
                position, smallest, False, effort.search + sum(verdicts.values())
            )
    if found is not None:
        return PartReport(part, verdicts, 0, math.nan, math.nan, found)
    errors, conditions = _float_evidence(part, effort)
    return PartReport(
        part,
        verdicts,
        len(errors),
        max(errors, default=math.nan),
        max(conditions, default=math.nan),
        None,
    )


def _float_evidence(part: Part, effort: Effort) -> tuple[list[float], list[float]]:
    source = RandomSource(effort.seed + 1)
    errors, conditions = [], []
    for limits in FLOAT_LIMITS:
        for _ in range(effort.float_draws):
            instance = draw_instance(part, source, limits)
            if not instance.is_exact_in_floats() or not assumptions_hold(part, instance):
                continue
            measured = float_error(part, instance)
            if measured is not None:
                errors.append(measured.error)
                conditions.append(measured.condition)
    return errors, conditions


def to_json(reports: Sequence[ClaimReport]) -> str:
    """Return the reports as a JSON array, a row per claim."""
    return json.dumps([report.as_row() for report in reports], indent=2, ensure_ascii=False) + "\n"


def to_markdown(reports: Sequence[ClaimReport]) -> str:
    """Return the reports as a Markdown table, a row per claim.

    It holds no number that depends on how much evidence was gathered, so it changes only when the
    theory does. The rows of the table of methods and regimes, which ``linreg-unlearn table``
    writes, share a line.
    """
    lines = ["| claim | what it says | expected | status |", "|---|---|---|---|"]
    cells = [report for report in reports if report.claim.id.startswith("G.")]
    for report in reports:
        claim = report.claim
        if report not in cells:
            lines.append(f"| {claim.id} | {claim.title} | {claim.expected} | {report.status} |")
    for status in dict.fromkeys(report.status for report in cells):
        count = sum(report.status == status for report in cells)
        lines.append(
            f"| G | What a method does in every regime ({count} rows) | holds | {status} |"
        )
    return "\n".join(lines) + "\n"
