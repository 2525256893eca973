"""Property tests of claims, for the registered ones and for your own. Needs the extra ``testing``.

A theorem about matrices of any size is a :class:`~linreg_unlearn.claims.claim.Claim`: letters,
assumptions, statements. :func:`check_claim` draws exact instances with Hypothesis and fails with
the smallest violation that shrinking finds; :func:`instances` is the strategy behind it, for tests
that look at instances themselves.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from linreg_unlearn.audit.drawing import Limits, draw_instance
from linreg_unlearn.audit.evidence import (
    Verdict,
    assumptions_hold,
    float_error,
    judge,
)
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.verify import ERROR_LIMIT
from linreg_unlearn.claims.claim import Claim, Part

__all__ = ["check_claim", "check_claim_in_floats", "instances"]


# The converse of an equivalence assumes what few instances satisfy, so many draws are rejected.
_LENIENT = settings(
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None
)


# Hypothesis likes small and repeated numbers, so half of its instances may be degenerate even where
# a random generator's hardly are. Beyond four in five the test says too little.
_TOLERATED = 4


class _Choices:
    """Integers from Hypothesis, in the form that the drawing routine asks for."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))


@st.composite
def _draw_instances(draw: st.DrawFn, part: Part, limits: Limits) -> Instance:
    instance = draw_instance(part, _Choices(draw), limits)
    assume(assumptions_hold(part, instance))
    return instance


def instances(part: Part, limits: Limits | None = None) -> st.SearchStrategy[Instance]:
    """Return a strategy for exact instances that satisfy the assumptions of a part.

    Parameters
    ----------
    part : Part
    limits : Limits, optional
        How large they may be.

    Returns
    -------
    SearchStrategy of Instance

    Examples
    --------
    >>> from hypothesis import find, settings
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> part = load_claims()["A3"].parts[0]
    >>> found = find(instances(part), lambda instance: instance.sizes["n_f"] == 2)
    >>> found.sizes["n_f"], assumptions_hold(part, found)
    (2, True)
    """
    return _draw_instances(part, limits or Limits())


def check_claim(claim: Claim, limits: Limits | None = None) -> None:
    """Test every part of a claim on exact instances drawn by Hypothesis.

    The number of instances is that of the Hypothesis profile in force. A part whose statement is
    true only trivially on more than four in five of them (a zero matrix, an empty mask) fails as
    well: such a test would say nothing.

    Parameters
    ----------
    claim : Claim
        Registered or not.
    limits : Limits, optional
        How large instances may be.

    Raises
    ------
    AssertionError
        A part is violated, or its instances are mostly degenerate. The message has the instance.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> from linreg_unlearn.claims.claim import Claim, Part
    >>> A, B = Letter("A", "m", "n"), Letter("B", "n", "k")
    >>> check_claim(Claim("penrose", "A pinv(A) A is A", (Part(A @ pinv(A) @ A == A),), "mine"))
    >>> wrong = Part(pinv(A @ B) == pinv(B) @ pinv(A))
    >>> check_claim(Claim("reverse", "reverse order law", (wrong,), "mine"))
    Traceback (most recent call last):
    ...
    AssertionError: reverse is violated: (A B)⁺ = B⁺ A⁺ fails for ...
    """
    for part in claim.parts:
        _check_part(claim, part, limits)
    for check in claim.checks:
        seen = check.run(0)
        assert seen.instances, f"{claim.id} is not tested: no instance of {check}"
        assert seen.worst <= 1, f"{claim.id} is off: {check}: {seen.reading}"


def _check_part(claim: Claim, part: Part, limits: Limits | None) -> None:
    seen: Counter[Verdict] = Counter()

    @_LENIENT
    @given(instances(part, limits))
    def test(instance: Instance) -> None:
        verdict = judge(part, instance)
        seen[verdict] += 1
        assert verdict is not Verdict.VIOLATED, (
            f"{claim.id} is violated: {part} fails for {instance}"
        )

    test()
    informative, degenerate = seen[Verdict.CONFIRMED], seen[Verdict.DEGENERATE]
    assert degenerate <= _TOLERATED * informative, (
        f"{claim.id} is hardly tested: {degenerate} of {informative + degenerate} instances of "
        f"{part} are degenerate; name constructions that draw better ones"
    )


def check_claim_in_floats(claim: Claim, limits: Limits | None = None) -> None:
    """Test every part of a claim in floats, with methods in the place of their formulas.

    Parameters
    ----------
    claim : Claim
        Formulas listed in ``claims.vocabulary.SOLVED_BY`` are replaced by what methods compute.
    limits : Limits, optional
        How large instances may be, and how far their singular values are spread.

    Raises
    ------
    AssertionError
        On a well-conditioned instance the two sides differ by more than rounding explains.

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> check_claim_in_floats(load_claims()["A1"])
    """
    for part in claim.parts:
        _check_part_in_floats(claim, part, limits or Limits(spread=3, for_methods=True))


def _check_part_in_floats(claim: Claim, part: Part, limits: Limits) -> None:
    @_LENIENT
    @given(instances(part, limits))
    def test(instance: Instance) -> None:
        if not instance.is_exact_in_floats():
            return
        measured = float_error(part, instance)
        if measured is None:
            return
        assert measured.error < ERROR_LIMIT, (
            f"{claim.id} is off in floats by {measured.error:.3g}: {part} for {instance}"
        )

    test()
