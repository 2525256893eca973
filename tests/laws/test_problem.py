"""A problem is its rows, retained ones first; it never changes and never shares its arrays."""

import copy
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.problem import Problem


@given(
    X=hnp.arrays(np.float64, (5, 3), elements=st.integers(-1, 1)),
    c=st.sampled_from([None, 1, 2]),
    forget=st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
    as_mask=st.booleans(),
)
def test_stacking(X: FloatArray, c: int | None, forget: list[int], as_mask: bool) -> None:
    y = np.arange(5.0 * (c or 1)).reshape((5,) if c is None else (5, c))
    mask = np.isin(np.arange(5), forget)
    problem = Problem.from_arrays(X, y, forget=mask if as_mask else forget)
    last = sorted(forget) if as_mask else forget
    retained = [i for i in range(5) if i not in forget]
    np.testing.assert_array_equal(problem.rows, retained + last)
    np.testing.assert_array_equal(problem.X_r, X[retained])
    np.testing.assert_array_equal(problem.X_f, X[last])
    np.testing.assert_array_equal(problem.y_r, y[retained])
    np.testing.assert_array_equal(problem.y_f, y[last])
    np.testing.assert_array_equal(np.vstack([problem.X_r, problem.X_f]), problem.X)
    np.testing.assert_array_equal(problem.retained_support, (X[retained] != 0).any(axis=0))
    np.testing.assert_array_equal(problem.forget_support, (X[last] != 0).any(axis=0))
    assert (problem.n, problem.n_r, problem.n_f, problem.d) == (5, len(retained), len(forget), 3)
    assert problem.outputs == (c or 1)
    assert problem.weight_shape == ((3,) if c is None else (3, c))
    assert problem.X_r.base is problem.X.base or problem.X_r.base is problem.X


def test_arrays_are_read_only_copies() -> None:
    X, y, w = np.eye(3), np.ones(3), np.ones(3)
    keep = np.array([True, True, True])
    problem = Problem.from_arrays(
        X, y, forget=[2], w_star=w, X_test=X, y_test=y, retained_support=keep, forget_support=keep
    )
    for given_array, name in [
        (X, "X"),
        (y, "y"),
        (w, "w_star"),
        (X, "X_test"),
        (y, "y_test"),
        (keep, "retained_support"),
        (keep, "forget_support"),
    ]:
        held = getattr(problem, name)
        assert not np.shares_memory(held, given_array), name
        assert not held.flags.writeable, name
        assert given_array.flags.writeable
    for view in (problem.X_r, problem.X_f, problem.y_r, problem.y_f, problem.rows):
        assert not view.flags.writeable
        assert view is problem.rows or np.shares_memory(
            view, problem.X if view.ndim == 2 else problem.y
        )
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.n_f = 2  # type: ignore[misc]


def test_identity() -> None:
    one = Problem.from_arrays(np.eye(2), np.ones(2), forget=[0])
    two = copy.copy(one)
    assert one == one
    assert one != two
    assert len({one, two}) == 2


def test_supports() -> None:
    X = [[1, 0, 0], [0, 2, 0]]
    wide = Problem.from_arrays(X, [1, 1], forget=[1], retained_support=[1, 0, 1])
    np.testing.assert_array_equal(wide.retained_support, [True, False, True])
    np.testing.assert_array_equal(wide.forget_support, [False, True, False])


def test_intercept() -> None:
    problem = Problem.from_arrays(
        [[2, 0], [0, 3]],
        [1, 1],
        forget=[0],
        w_star=[4, 5],
        X_test=[[7, 8]],
        y_test=[9],
        intercept=True,
        name="toy",
    )
    np.testing.assert_array_equal(problem.X, [[0, 3, 1], [2, 0, 1]])
    np.testing.assert_array_equal(problem.X_test, [[7, 8, 1]])
    np.testing.assert_array_equal(problem.w_star, [4, 5, 0])
    np.testing.assert_array_equal(problem.retained_support, [False, True, True])
    np.testing.assert_array_equal(problem.forget_support, [True, False, True])
    assert problem.name == "toy + intercept"


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint64, np.float16, np.float32, np.longdouble])
def test_any_real_type_becomes_float64(kind: type) -> None:
    problem = Problem.from_arrays(np.eye(2).astype(kind), np.ones(2, dtype=kind), forget=[0])
    assert problem.X.dtype == problem.y.dtype == np.float64
    np.testing.assert_array_equal(problem.X, [[0, 1], [1, 0]])


def test_largest_entries_have_finite_losses() -> None:
    from linreg_unlearn import golden, retain_loss, unlearning_loss

    problem = Problem.from_arrays([[1e145, 0], [0, 1e145]], [1e145, -1e145], forget=[1])
    w_g = golden(problem).coef
    np.testing.assert_allclose(w_g, [1, 0], atol=1e-15)
    assert retain_loss(problem, w_g) <= 1e260
    assert unlearning_loss(problem, w_g) == pytest.approx(1e290)
