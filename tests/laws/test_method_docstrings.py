"""Every method explains itself in one order: problem, method, guarantee, parameters, …"""

import doctest
import inspect
import re
import sys

from linreg_unlearn.methods.registry import Method

ORDER = [
    "Problem",
    "Method",
    "Guarantee",
    "Parameters",
    "Returns",
    "Raises",
    "Examples",
]
OPTIONAL = {"Raises"}


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(text), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_order(method: Method) -> None:
    found = list(sections(method.function.__doc__ or ""))
    assert set(ORDER) - OPTIONAL <= set(found)
    assert found == [name for name in ORDER if name in found]


def test_guarantee_names_claims_and_a_source(method: Method) -> None:
    text = sections(method.function.__doc__ or "")["Guarantee"]
    assert re.search(r"\b[A-G]\d+\b", text)
    assert re.search(r"\[[a-z]+\d{4}[a-z]+\]", text)


def test_parameters_are_the_signature_with_shapes(method: Method) -> None:
    text = sections(method.function.__doc__ or "")["Parameters"]
    described = re.findall(r"^(\w+) : (.*)$", text, flags=re.MULTILINE)
    signature = inspect.signature(method.function)
    assert [name for name, _ in described] == list(signature.parameters)
    for name, what in described:
        if "ArrayLike" in str(signature.parameters[name].annotation):
            assert "shape (" in what, name


def test_example_calls_the_method(method: Method) -> None:
    module = sys.modules[method.function.__module__]
    (example,) = (
        test
        for test in doctest.DocTestFinder(recurse=False).find(
            method.function, method.name, module=module
        )
    )
    assert any(f"{method.name}(" in step.source and step.want for step in example.examples)
