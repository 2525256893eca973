"""Adding a method is adding one file, and a method that breaks the form is refused."""

import sys
from pathlib import Path

import numpy as np
import pytest

import linreg_unlearn.methods
from linreg_unlearn.methods.registry import METHODS, Method, Option, _table, register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

NEW_FILE = """
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution


@register(title="all zero", family="trivial")
def erased(problem, *, scale: float = 0.0):
    coef = scale * problem.X[0]
    return Solution(coef=coef, rank=0, residual_norm=0.0, method="erased", done="erased")
"""


def test_a_new_file_is_a_new_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trivial.py").write_text(NEW_FILE)
    before = list(METHODS)
    package = linreg_unlearn.methods
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    try:
        # Run the discovery again, on the longer path.
        source = Path(str(package.__file__)).read_text(encoding="utf-8")
        exec(source, {"__name__": package.__name__, "__path__": package.__path__})
        assert [name for name in METHODS if name not in before] == ["erased"]
        entry = METHODS["erased"]
        assert (entry.title, entry.family) == ("all zero", "trivial")
        assert entry.options == (Option("scale", "<class 'float'>", 0.0),)
        assert not entry(shared(n_r=2, n_f=1, d=3)).coef.any()
    finally:
        _table.pop("erased", None)
        sys.modules.pop("linreg_unlearn.methods.trivial", None)


def test_what_is_there() -> None:
    assert set(METHODS) >= {"pretrained", "golden", "fine_tuned", "retain_mask", "forget_mask"}
    assert [(option.name, option.default) for option in METHODS["retain_mask"].options[:2]] == [
        ("mask", None),
        ("rows", None),
    ]
    assert {METHODS[name].family for name in ("retain_mask", "forget_mask")} == {"masking"}


def test_names_and_titles(method: Method) -> None:
    assert METHODS[method.name] is method
    assert method.function.__name__ == method.name
    assert method.title
    assert method.family
    assert [m.title for m in METHODS.values()].count(method.title) == 1


def test_variants_run(method: Method) -> None:
    problem = shared(n_r=5, n_f=2, d=9)
    assert dict(method.variants[0](problem)) == {}
    known = {option.name for option in method.options}
    for variant in method.variants:
        options = variant(problem)
        assert set(options) <= known
        assert isinstance(method(problem, **options), Solution)


def test_masks_are_compared_with_and_without_fine_tuning() -> None:
    problem = shared(n_r=5, n_f=2, d=9)
    for name in ("retain_mask", "forget_mask"):
        _, then_tuned = METHODS[name].variants
        np.testing.assert_array_equal(then_tuned(problem)["rows"], np.arange(5))


def test_the_table_is_read_only() -> None:
    with pytest.raises(TypeError):
        METHODS["golden"] = METHODS["pretrained"]  # type: ignore[index]


def golden(problem: Problem) -> Solution:
    raise NotImplementedError


def wrong_first(data: Problem) -> Solution:
    raise NotImplementedError


def positional(problem: Problem, rows: int = 0) -> Solution:
    raise NotImplementedError


def without_default(problem: Problem, *, rows: int) -> Solution:
    raise NotImplementedError


def without_type(problem: Problem, *, rows=0) -> Solution:  # type: ignore[no-untyped-def]
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (golden, "name is taken"),
        (wrong_first, "must be problem, not data"),
        (positional, "rows must be keyword-only"),
        (without_default, "rows must be keyword-only"),
        (without_type, "rows must be keyword-only"),
    ],
)
def test_a_broken_form_is_refused(function: object, complaint: str) -> None:
    before = dict(METHODS)
    with pytest.raises(TypeError, match=complaint):
        register(title="t", family="f")(function)  # type: ignore[type-var]
    assert dict(METHODS) == before
