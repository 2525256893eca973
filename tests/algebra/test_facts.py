"""Standard facts of operator algebra: proved for all sizes, and none of their assumptions idle.

The facts are data (``facts.py``), each with its source. The matrices in ``facts_witnesses.json``
show for each that its assumptions can hold, and for each assumption what goes wrong without it.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Inverse,
    Letter,
    PseudoInverse,
    Zero,
    walk,
)
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.proofs import Proved, Refuted, prove
from linreg_unlearn.claims.claim import Part
from linreg_unlearn.language import parse_problem
from linreg_unlearn.proving.search import Limits
from tests.algebra.facts import FACTS, FALSE_STATEMENTS, UNCONDITIONAL, Fact

WITNESSES = json.loads(Path(__file__).with_name("facts_witnesses.json").read_text(encoding="utf-8"))
PATIENCE = Limits(seconds=60)  # far more than any takes; the budgets of the search end it


def parts_of(fact: Fact) -> list[Part]:
    return [parse_problem(s, fact.assume, fact.shapes).part for s in fact.statements]


def instance_of(values: Mapping[str, Any], part: Part) -> Instance:
    letters = {
        name: rational.from_rows([[Fraction(v) for v in row] for row in rows])
        for name, rows in values.items()
    }
    sizes: dict[str, int] = {}
    for node in walk(*part.expressions):
        name = getattr(node, "name", None)
        if name in letters:
            matrix = letters[name]
            for size, value in zip(node.shape, (matrix.nrows(), matrix.ncols()), strict=True):
                assert sizes.setdefault(size, value) == value, f"{name} is of another size"
    return Instance(sizes, letters, {})


def test_there_are_enough_facts_and_each_has_its_assumptions() -> None:
    assert len(FACTS) >= 60
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    for fact in FACTS:
        assert fact.source, fact.name
        assert fact.assume or any("inv(" in s for s in fact.statements), fact.name


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_is_proved(fact: Fact) -> None:
    for part in parts_of(fact):
        answer = prove(part, limits=PATIENCE)
        assert isinstance(answer, Proved), getattr(answer, "tried", answer)


@pytest.mark.parametrize("fact", UNCONDITIONAL, ids=lambda fact: fact.name)
def test_an_unconditional_fact_is_proved(fact: Fact) -> None:
    for part in parts_of(fact):
        assert isinstance(prove(part, limits=PATIENCE), Proved)


@pytest.mark.parametrize("fact", FALSE_STATEMENTS, ids=lambda fact: fact.name)
def test_a_false_statement_is_refuted(fact: Fact) -> None:
    assert any(isinstance(prove(part, limits=Limits(5)), Refuted) for part in parts_of(fact))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_the_assumptions_of_a_fact_can_hold(fact: Fact) -> None:
    values = WITNESSES[fact.name]["holds"]
    for part in parts_of(fact):
        if values is None:  # that only zero matrices meet the assumptions is what these facts say
            assert isinstance(part.statement, Equation)
            assert isinstance(part.statement.rhs, Zero)
        letters = {node.name for node in walk(*part.expressions) if isinstance(node, Letter)}
        reading = instance_of(values or {name: [[0]] for name in letters}, part).exact()
        for statement in (*part.assumed, part.statement):
            assert holds(statement, reading), f"{statement}"


def with_pseudo_inverses(expr: Any) -> Any:
    """Read inv as pinv: what a formula says where the inverse does not exist."""
    if isinstance(expr, Equation):
        return with_pseudo_inverses(expr.lhs) == with_pseudo_inverses(expr.rhs)
    if isinstance(expr, Inverse):
        return PseudoInverse(with_pseudo_inverses(expr.argument))
    changes: dict[str, Any] = {}
    for item in fields(expr):
        value = getattr(expr, item.name)
        if isinstance(value, Expr):
            changes[item.name] = with_pseudo_inverses(value)
        elif value and isinstance(value, tuple) and isinstance(value[0], Expr):
            changes[item.name] = tuple(map(with_pseudo_inverses, value))
    return replace(expr, **changes) if changes else expr


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_every_assumption_of_a_fact_is_needed_or_reported(fact: Fact) -> None:
    without = WITNESSES[fact.name]["without"]
    inverses = [text for text in without if text not in fact.assume]
    reported = {text.replace(" ", "") for text in (*without, *fact.not_needed)}
    for text in fact.assume:
        assert text.replace(" ", "") in reported, f"nothing is said of {text}"
    for text, values in without.items():
        broken = False
        for part in parts_of(fact):
            equations = [e for e in part.assuming if isinstance(e, Equation)]
            kept = [e for e, other in zip(equations, fact.assume, strict=True) if other != text]
            reading = instance_of(values, part).exact()
            statement = part.statement
            if text in inverses:
                kept, statement = (
                    [with_pseudo_inverses(e) for e in kept],
                    with_pseudo_inverses(statement),
                )
            assert all(holds(e, reading) for e in kept), f"without {text}: another fails too"
            broken = broken or not holds(statement, reading)
        assert broken, f"without {text} the fact still holds on its witness"
