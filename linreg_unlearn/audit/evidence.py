"""What one instance says about one part of a claim: exactly, and in floating point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from flint import fmpq_mat
from numpy.typing import NDArray

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Inverse,
    Letter,
    PseudoInverse,
    Zero,
    walk,
)
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import RankEquation, Semidefinite, Statement
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.claim import Part
from linreg_unlearn.claims.vocabulary import SOLVED_BY
from linreg_unlearn.linalg.factorization import truncated_svd

__all__ = [
    "CONDITION_LIMIT",
    "FloatError",
    "Verdict",
    "assumptions_hold",
    "float_error",
    "judge",
    "lost_to_cancellation",
    "violates",
]

Array = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)

CONDITION_LIMIT = 1e10
"""Instances whose condition numbers multiply to more than this say nothing in floats."""


class Verdict(Enum):
    """What an exact instance says about a part."""

    REJECTED = "an assumption does not hold, so it says nothing"
    DEGENERATE = "the statement holds, but trivially: something it speaks of is zero"
    CONFIRMED = "the statement holds"
    VIOLATED = "the assumptions hold and the statement does not: a counterexample"


def judge(part: Part, instance: Instance) -> Verdict:
    """Decide a part on an instance, in rational arithmetic.

    A statement with an inverse that does not exist, although the assumptions hold, is violated.

    Parameters
    ----------
    part : Part
    instance : Instance

    Returns
    -------
    Verdict
    """
    reading = instance.exact()
    if not _assumed(part, reading):
        return Verdict.REJECTED
    if not _holds_where_defined(part.statement, reading):
        return Verdict.VIOLATED
    return Verdict.DEGENERATE if _is_degenerate(part.statement, reading) else Verdict.CONFIRMED


def violates(part: Part, instance: Instance) -> bool:
    """Whether an instance satisfies the assumptions of a part and not its statement."""
    reading = instance.exact()
    return _assumed(part, reading) and not _holds_where_defined(part.statement, reading)


def _holds_where_defined(statement: Statement, reading: ExactReading) -> bool:
    try:
        return holds(statement, reading)
    except UndefinedError:
        return False


def assumptions_hold(part: Part, instance: Instance) -> bool:
    """Whether an instance satisfies everything a part assumes, decided exactly."""
    return _assumed(part, instance.exact())


def _assumed(part: Part, reading: ExactReading) -> bool:
    try:
        return all(holds(statement, reading) for statement in part.assumed)
    except UndefinedError:
        return False


def _is_degenerate(statement: Statement, reading: ExactReading) -> bool:
    # A letter that is zero, a mask that masks nothing, two sides that vanish although neither is
    # written as zero, a sum that is zero because every word of it is: the statement is true there
    # for a reason that has nothing to do with it. What it says of a letter alone is not a reason.
    sides = statement.expressions
    letters = [node for node in walk(*sides) if isinstance(node, Letter)]
    if any(
        _is_trivial(letter, reading.value(letter))
        for letter in letters
        if not any(letter.same(side) for side in sides)
    ):
        return True
    if isinstance(statement, Equation):
        if not isinstance(statement.rhs, Zero):
            return rational.is_zero(reading.value(statement.rhs))
        summands = reading.summands(words(statement.lhs))
        return len(summands) > 1 and all(map(rational.is_zero, summands))
    return False


def _is_trivial(letter: Letter, matrix: fmpq_mat) -> bool:
    if rational.is_zero(matrix):
        return True
    is_mask = letter.name in ("M", "M_B")
    return is_mask and matrix.nrows() > 1 and matrix == rational.identity(matrix.nrows())


@dataclass(frozen=True)
class FloatError:
    """How far a part is from holding in floating point, on one instance.

    Parameters
    ----------
    error : float
        Norm of the difference, divided by ``eps · condition · largest summand``.
    condition : float
        Product of the condition numbers of everything inverted in the statement.
    solved : tuple of str
        The formulas whose values came from methods.
    """

    error: float
    condition: float
    solved: tuple[str, ...]


def float_error(part: Part, instance: Instance) -> FloatError | None:
    """Evaluate a part in floats, with the answers of methods in the place of their formulas.

    Parameters
    ----------
    part : Part
        An equation, a semidefiniteness or a rank equation.
    instance : Instance
        Its assumptions must hold, exactly.

    Returns
    -------
    FloatError, or None
        None where floats say nothing: the instance is conditioned worse than
        :data:`CONDITION_LIMIT`, everything compared is zero, so that there is nothing to measure
        the error by, or the statement has no float form (it speaks of masks and supports).
    """
    statement = part.statement
    reference = instance.floats()
    try:
        for expr in statement.expressions:
            reference.value(expr)
    except UndefinedError:
        return None  # singular to working precision, although not exactly
    lost = lost_to_cancellation(statement, instance, reference)
    if reference.condition * lost > CONDITION_LIMIT:
        return None
    formulas = [node for node in walk(*statement.expressions) if node in SOLVED_BY]
    problem = instance.problem() if formulas else None
    given = {node: SOLVED_BY[node](problem, instance.float_letters) for node in formulas if problem}
    computed = instance.floats(given)
    solved = tuple(str(node) for node in formulas)
    match statement:
        case Equation():
            difference = computed.value(statement.lhs) - computed.value(statement.rhs)
            size = float(np.linalg.norm(difference))
        case Semidefinite():
            value = computed.value(statement.argument)
            lowest = float(np.linalg.eigvalsh((value + value.T) / 2).min(initial=0.0))
            size = max(-lowest, float(np.linalg.norm(value - value.T)))
        case RankEquation():
            left, right = (
                sum(_rank(computed.value(expr)) for expr in side)
                for side in (statement.left, statement.right)
            )
            for expr in statement.expressions:
                reference.pseudo_inverse(computed.value(expr))  # counts into the condition
            condition = reference.condition * lost
            if condition > CONDITION_LIMIT:
                return None
            return FloatError(0.0 if left == right else np.inf, condition, solved)
        case _:
            return None
    condition = reference.condition * lost
    largest = _largest_summand(statement.expressions, reference, EPS * condition)
    if largest is None:
        return None
    return FloatError(size / (EPS * condition * largest), condition, solved)


def lost_to_cancellation(
    statement: Statement, instance: Instance, reference: FloatReading
) -> float:
    """Return by how much rounding is magnified before a matrix that was computed is inverted.

    What is inverted may be a small difference of large terms, such as ``X_f (I − P_r)``. Where
    rounding changes its rank, noise is inverted: infinity.
    """
    inverted = (n for n in walk(*statement.expressions) if isinstance(n, PseudoInverse | Inverse))
    exact, lost = instance.exact(), 1.0
    for A in {node.argument for node in inverted}:
        if not any(isinstance(below, PseudoInverse | Inverse) for below in walk(A)):
            continue
        value = reference.value(A)
        if rational.rank(exact.value(A)) != _rank(value):
            return np.inf
        terms = [float(np.linalg.norm(term)) for term in reference.summands(words(A))]
        size = float(np.linalg.norm(value))
        lost *= max([size, *terms]) / size if size > 0 else 1.0
    return lost


def _rank(matrix: Array) -> int:
    return int(truncated_svd(matrix)[1].size) if matrix.size else 0


# Exact zeros come out of the float reading as rounding errors, which are no unit of measurement.
_NOTHING = 1e-12


def _largest_summand(
    expressions: tuple[Expr, ...], reading: FloatReading, noise: float
) -> float | None:
    """Return the norm of the largest word in the expanded expressions, None if all are zero.

    Where one word is all there is and it is zero, that is the statement (``X_f w_g = 0``): then the
    product of the norms of its letters tells the scale. ``noise`` is what rounding may leave of a
    zero, relative to that.
    """
    expanded = [words(expr) for expr in expressions]
    sizes = [float(np.linalg.norm(summand)) for w in expanded for summand in reading.summands(w)]
    letters = (node for node in walk(*expressions) if isinstance(node, Letter))
    scale = max(float(np.linalg.norm(reading.value(letter))) for letter in letters)
    largest = max(sizes, default=0.0)
    bounds = [reading.bound(word) for w in expanded for word, _, _ in w.terms]
    if len(bounds) == 1 and largest <= noise * bounds[0]:
        return bounds[0] or None
    return largest if largest > max(_NOTHING, noise) * scale else None
