"""Data from openml.org become problems; what cannot be used is refused in one sentence.

The fetcher is scikit-learn's and is replaced here: no test opens a network connection.
"""

import ast
import inspect
import traceback
from collections.abc import Callable
from http.client import IncompleteRead
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets._openml import OpenMLError

from linreg_unlearn import datasets, protocol
from linreg_unlearn.comparison import compare
from linreg_unlearn.datasets import Dataset, load
from linreg_unlearn.errors import InputError
from linreg_unlearn.setups import shared

Fetch = Callable[..., Any]

ROWS = np.random.default_rng(0).normal(size=(60, 4)) * [1, 10, 100, 0] + [0, 5, -7, 3]
COLOURS = np.array(["red", "green", "blue"] * 20, dtype=object)


def bunch(**changes: Any) -> Fetch:
    """Return a fetcher of 60 rows with 4 columns and 3 classes, some of it changed."""
    usual = {
        "data": ROWS,
        "target": COLOURS,
        "feature_names": ["a", "b", "c", "d"],
        "categories": {"colour": ["red", "green", "blue"]},
    }

    def fetch(name: str, *, as_frame: bool, parser: str) -> Any:
        assert (as_frame, parser) == (False, "liac-arff"), "any other combination needs pandas"
        return SimpleNamespace(**(usual | changes))

    return fetch


def failing(error: Exception) -> Fetch:
    def fetch(name: str, **_: Any) -> Any:
        raise error

    return fetch


def loaded(monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> Dataset:
    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    return load("openml:paint")


def test_columns_are_scaled_and_classes_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = loaded(monkeypatch, bunch())
    assert data.name == "openml:paint"
    assert data.classes == ("blue", "green", "red")
    assert [data.classes[label] for label in data.labels] == COLOURS.tolist()
    np.testing.assert_array_equal(data.inputs[:, :3].min(axis=0), 0)
    np.testing.assert_array_equal(data.inputs[:, :3].max(axis=0), 1)
    # The scaling is linear, and the constant column does not become a division by zero.
    np.testing.assert_allclose(np.corrcoef(data.inputs[:, 1], ROWS[:, 1])[0, 1], 1)
    np.testing.assert_array_equal(data.inputs[:, 3], 0)


def test_sparse_data_are_the_same_data(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = loaded(monkeypatch, bunch())
    sparse = loaded(monkeypatch, bunch(data=scipy.sparse.csr_array(ROWS), categories=None))
    np.testing.assert_array_equal(sparse.inputs, dense.inputs)


def test_whole_numbers_may_be_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = loaded(monkeypatch, bunch(target=np.array([7.0, -1.0, 3.0] * 20)))
    assert data.classes == ("-1", "3", "7")
    assert data.labels[:3].tolist() == [2, 0, 1]


def test_a_class_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = loaded(monkeypatch, bunch()).problem(forget="class:green", features=80)
    assert (problem.n, problem.n_f, problem.d, problem.outputs) == (48, 16, 80, 3)
    assert set(np.argmax(problem.y_f, axis=1)) == {1}
    assert 1 not in np.argmax(problem.y_r, axis=1)


def test_warnings_about_versions_do_not_reach_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    def fetch(name: str, **options: Any) -> Any:
        warnings.warn("several versions", stacklevel=1)
        return bunch()(name, **options)

    assert loaded(monkeypatch, fetch).inputs.shape == (60, 4)


two_classes = bunch(target=np.array(["yes", "no"] * 30, dtype=object))
holes = ROWS.copy()
holes[3, 1] = np.nan

#: What is fetched, what is asked of it, and how the sentence goes.
TABLE: list[tuple[Fetch, Callable[[Dataset], object], str]] = [
    (failing(URLError("no route to host")), bool, "could not be fetched (<urlopen error no route"),
    (failing(HTTPError("x", 404, "Not Found", None, None)), bool, "(HTTP Error 404: Not Found)"),  # type: ignore[arg-type]
    (failing(OpenMLError("Dataset paint not found.")), bool, "(Dataset paint not found): check th"),
    (failing(IncompleteRead(b"")), bool, "could not be fetched (IncompleteRead"),
    (failing(TimeoutError()), bool, "could not be fetched (TimeoutError): check the name"),
    (failing(KeyError("data_set")), bool, "could not be fetched ('data_set')"),
    (
        failing(ValueError("STRING attributes are not supported for array representation.")),
        bool,
        "openml:paint has columns that are not numeric: choose numeric data",
    ),
    (
        bunch(categories={"b": ["x", "y"], "a": ["x"], "colour": []}),
        bool,
        "has columns that are not numeric (a, b): choose numeric data",
    ),
    (bunch(data=ROWS.astype(object)), bool, "has columns that are not numeric: choose"),
    (bunch(data=ROWS[:, :0], feature_names=[]), bool, "has no numeric columns: choose other data"),
    (bunch(data=holes), bool, "has missing values, in b: choose data without any"),
    (bunch(data=np.where(ROWS > 0, np.inf, 0)), bool, "the data of openml:paint has a NaN or inf"),
    (bunch(target=None), bool, "does not have one target column: choose classification data"),
    (bunch(target=np.column_stack([COLOURS] * 2)), bool, "does not have one target column"),
    (bunch(target=ROWS[:, 0]), bool, "has numbers as targets, not classes: choose other data"),
    (bunch(target=np.full(60, np.nan)), bool, "has numbers as targets, not classes"),
    (bunch(target=np.array(["a", None] * 30)), bool, "has rows without a class: choose data where"),
    (bunch(target=np.array(["a"] * 60)), bool, "has 1 class, and at least 2 are needed: choose ot"),
    (bunch(target=np.arange(60) // 5), bool, "has 12 classes for 60 rows: choose data with at lea"),
    (
        two_classes,
        lambda data: data.problem(forget="class:yes"),
        "openml:paint has only 2 classes, and a class can be forgotten where",
    ),
    (two_classes, protocol.run_protocol, "has only 2 classes"),
    (
        bunch(),
        lambda data: data.problem(forget="class:pink"),
        "forget is 'class:pink': pass 'class:' and one of blue, green, red for all rows of",
    ),
    (
        bunch(),
        lambda data: data.problem(forget="random", samples=4),
        "forget is 'random', which is 0 of the 3 training rows of openml:paint: use more",
    ),
    (
        bunch(),
        lambda data: data.problem(forget="class:red", samples=1),
        "which is 0 of the 0 training rows",
    ),
    (bunch(), lambda data: data.problem(samples=0), "samples is 0: pass a whole number that is a"),
    (bunch(), lambda _: load("openml:"), "'openml:' is no data set: pass 'digits' or 'openml:NA"),
    (bunch(), lambda _: load("openml: "), "'openml: ' is no data set"),
    (bunch(), lambda _: load("openml"), "'openml' is no data set"),
    (bunch(), lambda _: load("Digits"), "'Digits' is no data set"),
    (bunch(), lambda _: protocol.run_protocol("letters"), "'letters' is no data set"),
    (bunch(), lambda _: protocol.run_protocol(seeds=[]), "seeds is []: pass at least one whole"),
    (bunch(), lambda _: protocol.run_protocol(seeds=[4, 4]), "seeds is [4, 4]: pass at least one"),
    (bunch(), lambda _: protocol.run_protocol(seeds=[-1]), "seeds is -1: pass a whole number"),
    (bunch(), lambda _: protocol.run_protocol(features=0), "features is 0: pass a whole number"),
    (
        bunch(),
        lambda _: protocol.disparity(*compare(shared(4, 2, 8))[:2]),
        "pretrained has no accuracies to compare: use one-hot targets and held-out rows",
    ),
]


@pytest.mark.parametrize(("fetch", "ask", "start"), TABLE, ids=[text[:40] for *_, text in TABLE])
def test_sentence(
    monkeypatch: pytest.MonkeyPatch, fetch: Fetch, ask: Callable[[Dataset], object], start: str
) -> None:
    with pytest.raises(InputError) as caught:
        ask(loaded(monkeypatch, fetch))
    message = str(caught.value)
    assert start in message
    assert "\n" not in message
    assert ". " not in message
    assert not message.endswith(".")
    assert ": " in message, "says what to do after a colon"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_no_sentence_is_missing_from_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = set()
    for fetch, ask, _ in TABLE:
        with pytest.raises(InputError) as caught:
            ask(loaded(monkeypatch, fetch))
        frame = traceback.extract_tb(caught.value.__traceback__)[-1]
        reached.add((frame.filename, frame.lineno))
    for module in (datasets, protocol):
        raised = {
            (str(module.__file__), node.lineno)
            for node in ast.walk(ast.parse(inspect.getsource(module)))
            if isinstance(node, ast.Raise)
            and "InputError(" in ast.unparse(node)
            # tests/laws/test_bad_input.py does without scikit-learn.
            and "not installed" not in ast.unparse(node)
        }
        assert raised
        assert raised - reached == set()
