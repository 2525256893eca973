"""Trees: shapes, equality, and what is an error where it is written."""

from fractions import Fraction

import pytest

from linreg_unlearn.algebra.expressions import (
    Equation,
    Identity,
    Letter,
    ShapeError,
    Sum,
    Zero,
    inv,
    pinv,
    trace,
    walk,
)
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.errors import InputError

X = Letter("X", "n", "d")
y = Letter("y", "n", "c")


def test_shapes_follow_from_the_letters() -> None:
    assert (X.T @ y).shape == ("d", "c")
    assert pinv(X).shape == ("d", "n")
    assert (X @ X.T + Identity("n")).shape == ("n", "n")
    assert trace(X.T @ X).shape == ("1", "1")


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: X @ y, "d meets n"),
        (lambda: X + y, "cannot add X and y: n×d and n×c differ"),
        (lambda: X == y, "X = y cannot hold"),
        (lambda: inv(X), "use pinv"),
        (lambda: trace(X), "square"),
        (lambda: X @ X.T + Identity("d"), "n×n and d×d differ"),
    ],
)
def test_an_ill_typed_expression_is_an_error_where_it_is_written(build: object, told: str) -> None:
    assert callable(build)
    with pytest.raises(ShapeError, match=told):
        build()


def test_scalars_are_exact() -> None:
    with pytest.raises(InputError, match="not exact"):
        parameter("lambda") + 0.5  # type: ignore[operator]
    with pytest.raises(InputError, match="use @"):
        X * X  # type: ignore[operator]
    assert (X / 2).same(Fraction(1, 2) * X)


def test_equality_is_an_equation_whose_truth_is_sameness() -> None:
    equation = X.T @ y == X.T @ y
    assert isinstance(equation, Equation)
    assert equation
    assert not bool(X.T @ X == Identity("d"))
    assert (X == 0).rhs.same(Zero(("n", "d")))
    assert X != y
    assert (X != Letter("X", "n", "d")) is False


def test_expressions_are_dictionary_keys() -> None:
    table = {X.T @ y: 1, pinv(X) @ y: 2}
    assert table[Letter("X", "n", "d").T @ y] == 1
    assert pinv(X) @ y in table
    assert pinv(X) not in table


def test_letters_differ_by_shape() -> None:
    assert not X.same(Letter("X", "n", "k"))


def test_every_node_is_walked_once() -> None:
    nodes = list(walk(X.T @ X, X.T @ y))
    assert [node for node in nodes if node.same(X)] == [X]
    assert len(nodes) == len({str(node) for node in nodes})


def test_deep_sharing_is_cheap() -> None:
    # As a tree this has 2**60 nodes, so it must be walked, hashed and compared as what it is.
    def build() -> Sum:
        expr = X.T @ X + Identity("d")
        for _ in range(60):
            expr = Sum((expr.T, expr))
        return expr

    assert sum(1 for _ in walk(build())) < 200
    assert hash(build()) == hash(build())
