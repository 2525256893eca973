"""The law of the readings: whichever way a formula is read, it says the same."""

import numpy as np
import pytest
from hypothesis import assume, given

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.words import words
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import lost_to_cancellation
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.claims.claim import Claim, Part, load_claims
from tests.algebra.samples import PARAMETERS, Sample, samples

CLAIMS = load_claims()


def instances_of(part: Part, count: int) -> list[Instance]:
    """Draw instances; the readings agree whether or not they satisfy what the part assumes."""
    drawn = (draw_instance(part, RandomSource(seed), Limits()) for seed in range(10 * count))
    return [instance for instance in drawn if is_defined(part, instance)][:count]


def is_defined(part: Part, instance: Instance) -> bool:
    reading = instance.exact()
    try:
        for expr in part.statement.expressions:
            reading.value(expr)
    except UndefinedError:
        return False
    return True


@given(samples())
def test_words_evaluated_are_the_tree_evaluated(sample: Sample) -> None:
    reading = sample.exact()
    assert reading.value_of_words(words(sample.expr)) == sample.exact().value(sample.expr)


@given(samples())
def test_exact_and_float_agree(sample: Sample) -> None:
    floats = FloatReading(
        sample.sizes,
        {name: rational.to_float(matrix) for name, matrix in sample.letters.items()},
        PARAMETERS,
    )
    computed = floats.value(sample.expr)
    # Below this condition a rank that floats cannot see does not occur with entries this small.
    assume(floats.condition < 1e6)
    exact = rational.to_float(sample.exact().value(sample.expr))
    assume(np.abs(exact).max() < 1e6)
    np.testing.assert_allclose(computed, exact, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_every_claim_reads_the_same_in_words_and_as_a_tree(claim: Claim) -> None:
    for part in claim.parts:
        found = instances_of(part, 3)
        assert found, f"no instance of {part}"
        for instance in found:
            for expr in part.statement.expressions:
                tree = instance.exact().value(expr)
                assert instance.exact().value_of_words(words(expr)) == tree, f"{expr}"


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_every_claim_reads_the_same_exactly_and_in_floats(claim: Claim) -> None:
    for part in claim.parts:
        compared, lost = 0, 0
        for instance in instances_of(part, 20):
            floats = instance.floats()
            try:
                values = [(floats.value(e), e) for e in part.statement.expressions]
            except UndefinedError:
                continue  # singular to working precision
            if max(floats.conditions.values(), default=1.0) > 1e6:
                continue
            if lost_to_cancellation(part.statement, instance, floats) > 1e6:
                lost += 1  # rounding decides the rank of something computed
                continue
            compared += 1
            for computed, expr in values:
                exact = rational.to_float(instance.exact().value(expr))
                scale = max(1.0, float(np.abs(exact).max(initial=0.0)))
                np.testing.assert_allclose(computed, exact, atol=1e-6 * scale, err_msg=f"{expr}")
        assert compared or lost == 20, f"no well-conditioned instance of {part}"
