"""What a reading refuses, and what it says then."""

from fractions import Fraction

import numpy as np
import pytest

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import Identity, Letter, inv, pinv
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.symbolic import SymbolicReading, SymbolicSpace
from linreg_unlearn.errors import InputError

A = Letter("A", "m", "n")
K = Letter("K", "m", "m")


def test_floats_stop_at_200_rows_or_columns() -> None:
    FloatReading({"m": 200, "n": 1}, {"A": np.zeros((200, 1))}, {})
    with pytest.raises(InputError, match=r"'n' is 201.*200.*methods"):
        FloatReading({"m": 1, "n": 201}, {"A": np.zeros((1, 201))}, {})


def test_unbound_names_are_named() -> None:
    with pytest.raises(InputError, match="letter 'A' has no matrix"):
        ExactReading({"m": 1, "n": 1}, {}, {}).value(A)
    with pytest.raises(InputError, match="dimension 'm' has no size"):
        ExactReading({}, {}, {}).value(Identity("m"))
    with pytest.raises(InputError, match="parameter 'lambda' has no value"):
        ExactReading({"m": 1}, {}, {}).value(parameter("lambda") * Identity("m"))


def test_an_inverse_that_does_not_exist_is_undefined() -> None:
    singular = rational.from_rows([[1, 1], [1, 1]])
    with pytest.raises(UndefinedError):
        ExactReading({"m": 2}, {"K": singular}, {}).value(inv(K))
    with pytest.raises(UndefinedError):
        FloatReading({"m": 2}, {"K": rational.to_float(singular)}, {}).value(inv(K))
    space = SymbolicSpace(["a"])
    with pytest.raises(UndefinedError):
        SymbolicReading(space, {"m": 1}, {"K": space.matrix([[0]])}, {}).value(inv(K))


def test_symbolic_entries_below_full_rank_are_refused() -> None:
    space = SymbolicSpace(["a"])
    zero_row = space.matrix([["a", 0], [0, 0]])
    with pytest.raises(InputError, match="full rank"):
        SymbolicReading(space, {"m": 2, "n": 2}, {"A": zero_row}, {}).value(pinv(A))


def test_the_condition_counts_each_argument_once() -> None:
    matrix = np.diag([1.0, 0.1])
    reading = FloatReading({"m": 2, "n": 2}, {"A": matrix}, {"alpha": Fraction(1)})
    reading.value(pinv(A) @ A + pinv(A + 0 * A) @ A)
    assert reading.condition == pytest.approx(10.0)
