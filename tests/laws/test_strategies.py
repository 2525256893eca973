"""The strategies draw what they promise: every kind often, within the limits, nothing discarded."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.methods.fine_tuning import golden
from linreg_unlearn.metrics import unlearning_loss
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared
from linreg_unlearn.testing.problems import Family, Setup, matrices, problems, retained_rows


def draws(strategy: st.SearchStrategy[Problem], count: int = 300) -> list[Problem]:
    seen: list[Problem] = []

    @settings(max_examples=count, derandomize=True, database=None)
    @given(strategy)
    def collect(problem: Problem) -> None:
        seen.append(problem)

    collect()
    # Fewer than asked for would mean that draws were thrown away.
    assert len(seen) >= count
    return seen


def rank(A: FloatArray) -> int:
    return int(np.linalg.matrix_rank(A, rtol=1e-9)) if A.size else 0


def interpolates(problem: Problem) -> bool:
    y = problem.y.reshape(problem.n, -1)
    return rank(np.hstack([problem.X, y])) == rank(problem.X)


# What a property test wants to see, and the least share of draws that show it.
KINDS: dict[str, tuple[float, Callable[[Problem], bool]]] = {
    "distinct": (0.2, lambda p: p.name.startswith("distinct")),
    "overlapping": (0.2, lambda p: p.name.startswith("overlapping")),
    "shared": (0.2, lambda p: p.name.startswith("shared")),
    "spectral": (0.2, lambda p: p.name.endswith("spectral")),
    "integers": (0.2, lambda p: p.name.endswith("integers")),
    "edge": (0.2, lambda p: p.name.endswith("edge")),
    "full row rank": (0.2, lambda p: rank(p.X) == p.n),
    "neither rank full": (0.2, lambda p: rank(p.X) < min(p.n, p.d)),
    "more columns than rows": (0.25, lambda p: p.d > p.n),
    "more rows than columns": (0.1, lambda p: p.d < p.n),
    "as many rows as columns": (0.04, lambda p: p.d == p.n),
    "one retained row": (0.1, lambda p: p.n_r == 1),
    "one forget row": (0.1, lambda p: p.n_f == 1),
    "several of both": (0.2, lambda p: p.n_r > 1 and p.n_f > 1),
    "repeated rows": (0.05, lambda p: len(np.unique(p.X, axis=0)) < p.n),
    "zero column": (0.05, lambda p: not p.X.any(axis=0).all()),
    "zero column in its support": (
        0.03,
        lambda p: bool((p.retained_support & ~p.X_r.any(axis=0)).any()),
    ),
    "no retained data": (0.01, lambda p: not p.X_r.any()),
    "interpolating": (0.4, interpolates),
    "not interpolating": (0.12, lambda p: not interpolates(p)),
    "rank lowered by forgetting": (0.25, lambda p: rank(p.X_r) < rank(p.X)),
    "rank kept": (0.07, lambda p: rank(p.X_r) == rank(p.X)),
    "shared direction": (0.05, lambda p: rank(p.X_r) + rank(p.X_f) > rank(p.X)),
    "one-dimensional targets": (0.2, lambda p: p.y.ndim == 1),
    "several outputs": (0.12, lambda p: p.outputs > 1),
    "not trivial": (0.6, lambda p: rank(p.X_r) > 0 and rank(p.X_f) > 0 and bool(p.y.any())),
}


def test_every_kind_is_frequent() -> None:
    seen = draws(problems())
    shares = {name: np.mean([holds(p) for p in seen]) for name, (_, holds) in KINDS.items()}
    rare = {name: share for name, share in shares.items() if share < KINDS[name][0]}
    assert not rare


@pytest.mark.parametrize("setup", ["distinct", "overlapping", "shared"])
def test_the_setup_is_as_asked(setup: Setup) -> None:
    for problem in draws(problems(setup=setup), 60):
        both = problem.retained_support & problem.forget_support
        either = problem.retained_support | problem.forget_support
        assert either.all()
        assert not problem.X_r[:, ~problem.retained_support].any()
        assert not problem.X_f[:, ~problem.forget_support].any()
        if setup == "distinct":
            assert not both.any()
            assert problem.retained_support.any()
            assert problem.forget_support.any()
        elif setup == "overlapping":
            assert both.any()
            assert (~problem.forget_support).any()
            assert (~problem.retained_support).any()
        else:
            assert both.all()


@pytest.mark.parametrize("family", ["integers", "edge"])
def test_whole_numbers(family: Family) -> None:
    for problem in draws(problems(family=family, interpolating=True), 60):
        assert problem.w_star is not None
        for array in (problem.X, problem.y, problem.w_star):
            np.testing.assert_array_equal(array, np.round(array))
        np.testing.assert_array_equal(problem.y, problem.X @ problem.w_star)
    assert all(p.w_star is None for p in draws(problems(family=family, interpolating=False), 30))


def test_limits() -> None:
    seen: list[Problem] = []
    families: list[Family | None] = ["edge", None]
    for family in families:
        limited = problems(
            family=family,
            min_retained=2,
            max_retained=3,
            min_forget=2,
            max_forget=2,
            max_features=4,
            outputs=(3,),
        )
        seen += draws(limited, 60)
    assert {p.n_r for p in seen} == {2, 3}
    assert {p.n_f for p in seen} == {2}
    assert max(p.d for p in seen) == 4
    assert {p.y.shape[1:] for p in seen} == {(3,)}


def test_conditions() -> None:
    seen: list[float] = []

    @settings(max_examples=200, derandomize=True, database=None)
    @given(matrices(family="spectral", min_rows=3, min_columns=3))
    def collect(A: FloatArray) -> None:
        s = np.linalg.svd(A, compute_uv=False)
        assert s[0] == pytest.approx(1)
        seen.append(round(-float(np.log10(s[s > 1e-9].min()))))

    collect()
    assert set(seen) == {0, 1, 3, 6}
    assert min(Counter(seen).values()) >= 5


def test_matrices_keep_their_limits() -> None:
    @given(matrices(min_rows=0, max_rows=3, min_columns=2, max_columns=4))
    def check(A: FloatArray) -> None:
        assert 0 <= A.shape[0] <= 3
        assert 2 <= A.shape[1] <= 4
        assert A.dtype == np.float64

    check()


def test_rows_are_none_some_or_all() -> None:
    problem = shared(n_r=4, n_f=1, d=2)
    seen: list[list[int]] = []

    @settings(max_examples=100, derandomize=True, database=None)
    @given(retained_rows(problem))
    def collect(rows: np.ndarray) -> None:
        assert len(set(rows.tolist())) == rows.size
        assert set(rows.tolist()) <= set(range(4))
        seen.append(rows.tolist())

    collect()
    assert {len(rows) for rows in seen} == {0, 1, 2, 3, 4}
    assert any(rows != sorted(rows) for rows in seen)


def test_failures_shrink_to_small_problems() -> None:
    strategy = problems(max_retained=2, max_forget=2, max_features=4, outputs=(None,))
    quiet = settings(max_examples=200, database=None, derandomize=True)

    # Golden loses on the forget row: one forget row, one entry, one target.
    loss = find(
        strategy,
        lambda p: p.w_star is not None and unlearning_loss(p, golden(p).coef) > 0.1,
        settings=quiet,
    )
    assert loss.n <= 3
    assert loss.d <= 3
    assert np.abs(loss.X).sum() == 1
    assert loss.X_f.any()
    assert np.abs(loss.y).sum() == 1
