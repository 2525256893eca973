"""What is saved is read back, and every file format gives the same problem."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.problem import Problem, read_forget_file
from linreg_unlearn.testing.problems import problems


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def assert_same(one: Problem, two: Problem) -> None:
    for name in ("X", "y", "rows", "retained_support", "forget_support"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), strict=True)
    for name in ("w_star", "X_test", "y_test"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_array_equal(a, b, strict=True)
    assert (one.n_f, one.name) == (two.n_f, two.name)


@given(problem=problems(), order=st.randoms(use_true_random=False), held_out=st.booleans())
def test_save_and_read(folder: Path, problem: Problem, order: object, held_out: bool) -> None:
    # A problem whose rows were given in another order, with and without held-out rows.
    places = np.arange(problem.n)
    order.shuffle(places)  # type: ignore[attr-defined]
    mixed = Problem.from_arrays(
        problem.X,
        problem.y,
        forget=places[: problem.n_f],
        w_star=problem.w_star,
        X_test=problem.X if held_out else None,
        y_test=problem.y if held_out else None,
        name="mixed",
    )
    mixed.save(folder / "saved")
    assert_same(Problem.from_npz(folder / "saved"), mixed)


def test_arrays_npz_and_csv_agree(folder: Path) -> None:
    X = np.array([[1.5, 0.0], [-2.0, 1e-3], [3.0, 4.0], [0.1, 7.0]])
    y = np.array([[1.0, 0.0], [2.0, 0.5], [3.0, -1.0], [4.0, 0.25]])
    flags = [1, 0, 1, 0]
    expected = Problem.from_arrays(X, y, forget=[0, 2], name="a")

    np.savez(folder / "a.npz", X=X, y=y, forget=[0, 2])
    assert_same(Problem.from_npz(folder / "a.npz"), expected)
    np.savez(folder / "a.npz", X=X.astype(">f4"), y=y, forget=np.array(flags, dtype=bool))
    single = Problem.from_npz(folder / "a.npz")
    assert single.X.dtype == np.float64
    np.testing.assert_allclose(single.X, expected.X, rtol=1e-7)

    lines = ["y1,first,forget,y0,second"]
    lines += [f"{y[i, 1]},{X[i, 0]},{flags[i]},{y[i, 0]},{X[i, 1]}" for i in range(4)]
    (folder / "a.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n\r\n", encoding="utf-8")
    assert_same(Problem.from_csv(folder / "a.csv"), expected)

    chosen = Problem.from_arrays(X, y, forget=[3, 1], name="a")
    assert_same(Problem.from_csv(folder / "a.csv", forget=[3, 1]), chosen)
    np.savez(folder / "a.npz", X=X, y=y)
    assert_same(Problem.from_npz(folder / "a.npz", forget=[3, 1]), chosen)
    (folder / "rows.txt").write_text("3 # last\n\n#0\n 1\n")
    np.save(folder / "rows.npy", np.array([3, 1], dtype=np.uint8))
    for name in ("rows.txt", "rows.npy"):
        rows = read_forget_file(folder / name)
        np.testing.assert_array_equal(rows, np.array([3, 1]), strict=True)


def test_one_target_column_stays_one_dimensional(folder: Path) -> None:
    (folder / "a.csv").write_text('"x, y",y,y7\n1,2,3\n4,5,6\n')
    problem = Problem.from_csv(folder / "a.csv", forget=[0])
    np.testing.assert_array_equal(problem.X, [[4, 6], [1, 3]])
    np.testing.assert_array_equal(problem.y, [5, 2])
    (folder / "a.csv").write_text("x,y0\n1,2\n4,5\n")
    assert Problem.from_csv(folder / "a.csv", forget=[0]).y.shape == (2, 1)


def test_intercept_in_files(folder: Path) -> None:
    np.savez(folder / "a.npz", X=np.eye(2), y=np.ones(2), forget=[0])
    (folder / "a.csv").write_text("p,q,y,forget\n1,0,1,1\n0,1,1,0\n")
    for problem in (
        Problem.from_npz(folder / "a.npz", intercept=True),
        Problem.from_csv(folder / "a.csv", intercept=True),
    ):
        np.testing.assert_array_equal(problem.X, [[0, 1, 1], [1, 0, 1]])
        assert problem.name == "a + intercept"


def test_supports_of_other_rows_are_not_used(folder: Path) -> None:
    stored = Problem.from_arrays(np.diag([1.0, 2.0, 3.0]), np.ones(3), forget=[2])
    stored.save(folder / "stored.npz")
    other = Problem.from_npz(folder / "stored.npz", forget=[0])
    np.testing.assert_array_equal(other.retained_support, [False, True, True])
    np.testing.assert_array_equal(other.forget_support, [True, False, False])
