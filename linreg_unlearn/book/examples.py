"""Statements in exact numbers: an instance, and what the formulas of a part are on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Identity,
    Letter,
    Named,
    Zero,
    walk,
)
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import RankEquation, Semidefinite, Statement
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.claim import Part

__all__ = ["Evaluated", "evaluated"]

_LARGEST = 36
"""Matrices of more entries are not printed."""


@dataclass(frozen=True)
class Evaluated:
    """An exact instance and what a statement is on it.

    Parameters
    ----------
    instance : Instance
    given : tuple of (str, matrix)
        Its letters in LaTeX, without those that follow from the sizes.
    values : tuple of (str, matrix)
        Named formulas of the statement.
    sides : tuple of (str, matrix)
        The sides of an equation, the matrix of an inequality, or those whose ranks are compared.
    retained : int
        How many of the first rows of ``X`` are retained, 0 where no rows are to be forgotten.
    reading : str
        What the ranks are, or whether a sum is semidefinite, in words; else nothing.
    """

    instance: Instance
    given: tuple[tuple[str, Any], ...]
    values: tuple[tuple[str, Any], ...]
    sides: tuple[tuple[str, Any], ...]
    retained: int
    reading: str = ""


def evaluated(part: Part, instance: Instance) -> Evaluated:
    """Return an instance with the values of what a part speaks of.

    Parameters
    ----------
    part : Part
    instance : Instance

    Examples
    --------
    >>> from linreg_unlearn.claims.claim import load_claims
    >>> part = load_claims()["A6.reach"].parts[0]
    >>> from linreg_unlearn.audit.search import smallest_counterexample
    >>> found = smallest_counterexample(part)
    >>> [name for name, _ in evaluated(part, found.instance).values]
    ['w_o']
    """
    reading = instance.exact()
    letters = {node.name: node for node in walk(*part.expressions) if isinstance(node, Letter)}
    given = [
        (latex(letters[name]) if name in letters else name, rational.to_fractions(matrix))
        for name, matrix in instance.letters.items()
        if name not in ("E_r", "E_f") or "n_r" not in instance.sizes
    ]
    statement = part.statement
    sides = dict.fromkeys(map(latex, statement.expressions))
    named = [
        node
        for node in _outermost(statement.expressions)
        if node.name not in ("X_r", "X_f", "y_r", "y_f") and latex(node) not in sides
    ]

    def valued(expressions: Iterable[Expr]) -> tuple[tuple[str, Any], ...]:
        found = {}
        for expr in expressions:
            if isinstance(expr, Letter | Zero | Identity):
                continue
            try:
                value = reading.value(expr)
            except UndefinedError:
                continue
            if 0 < value.nrows() * value.ncols() <= _LARGEST:
                found[latex(expr)] = rational.to_fractions(value)
        return tuple(found.items())

    given.sort(key=lambda item: item[0] not in ("X", "y"))
    return Evaluated(
        instance,
        tuple(item for item in given if 0 < len(item[1]) * len(item[1][0]) <= _LARGEST),
        valued(named),
        valued(statement.expressions),
        instance.sizes.get("n_r", 0) if "X" in instance.letters else 0,
        _reading(statement, reading),
    )


def _outermost(roots: tuple[Expr, ...]) -> Iterator[Named]:
    """Yield the named formulas that expressions are written with, not those inside these."""
    for root in roots:
        if isinstance(root, Named):
            yield root
        else:
            yield from _outermost(root.children)


def _reading(statement: Statement, reading: ExactReading) -> str:
    try:
        match statement:
            case RankEquation(left=left, right=right):
                ranks = (" + ".join(str(_rank(e, reading)) for e in side) for side in (left, right))
                return "The ranks are {} and {}.".format(*ranks)
            case Semidefinite(argument=argument):
                definite = rational.is_positive_semidefinite(reading.value(argument))
                return f"It is {'' if definite else 'not '}positive semidefinite."
            case Equation(lhs=lhs, rhs=rhs):
                equal = reading.value(lhs) == reading.value(rhs)
                return "Both sides are equal." if equal else "The sides differ."
    except UndefinedError:
        return "An inverse in it does not exist."
    return ""


def _rank(expr: Expr, reading: ExactReading) -> int:
    return rational.rank(reading.value(expr))
