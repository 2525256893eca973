"""The table of methods, filled by the decorator :func:`register`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

_F = TypeVar("_F", bound=Callable[..., Solution])

#: Chooses options that suit a problem.
Variant: TypeAlias = Callable[[Problem], Mapping[str, Any]]

_table: dict[str, Method] = {}

#: Every method by name, in the order of the modules and of the functions in them.
METHODS: Mapping[str, Method] = MappingProxyType(_table)


@dataclass(frozen=True)
class Option:
    """One keyword of a method, as its signature says.

    Attributes
    ----------
    name : str
    type : str
        The annotation as written.
    default : object
    """

    name: str
    type: str
    default: object


@dataclass(frozen=True)
class Method:
    """A registered method; calling it calls the function.

    Attributes
    ----------
    name : str
        Name of the function.
    title : str
        For tables and legends.
    family : str
        Which methods it belongs with.
    function : callable
        ``f(problem, **options) -> Solution``.
    options : tuple of Option
    variants : tuple of callable
        What a comparison of methods runs: each takes the problem and returns the options to pass.
        The first one passes none.

    Examples
    --------
    >>> METHODS["golden"].title
    'golden (retrained)'
    >>> [option.name for option in METHODS["fine_tuned"].options]
    ['rows', 'start', 'ridge']
    """

    name: str
    title: str
    family: str
    function: Callable[..., Solution]
    options: tuple[Option, ...]
    variants: tuple[Variant, ...]

    def __call__(self, problem: Problem, **options: Any) -> Solution:
        """Run the method."""
        return self.function(problem, **options)


def register(*, title: str, family: str, variants: Sequence[Variant] = ()) -> Callable[[_F], _F]:
    """Enter a method into :data:`METHODS`.

    Parameters
    ----------
    title : str
        For tables and legends.
    family : str
        Which methods it belongs with.
    variants : sequence of callable, optional
        Options that a comparison of methods should try besides the defaults, each a function of the
        problem.

    Returns
    -------
    callable
        A decorator that returns the function unchanged.

    Raises
    ------
    TypeError
        The name is taken, the first parameter is not ``problem``, or an option is not keyword-only
        with an annotation and a default.

    Examples
    --------
    >>> @register(title="golden again", family="fine-tuning")
    ... def golden(problem): ...
    Traceback (most recent call last):
        ...
    TypeError: method golden: the name is taken by linreg_unlearn.methods.fine_tuning
    """

    def enter(function: _F) -> _F:
        name = function.__name__
        if name in _table:
            module = _table[name].function.__module__
            raise TypeError(f"method {name}: the name is taken by {module}")
        first, *others = inspect.signature(function).parameters.values()
        if first.name != "problem":
            raise TypeError(f"method {name}: the first parameter must be problem, not {first.name}")
        for parameter in others:
            if (
                parameter.kind is not parameter.KEYWORD_ONLY
                or parameter.default is parameter.empty
                or parameter.annotation is parameter.empty
            ):
                raise TypeError(
                    f"method {name}: option {parameter.name} must be keyword-only with an "
                    "annotation and a default"
                )
        options = tuple(Option(p.name, str(p.annotation), p.default) for p in others)
        _table[name] = Method(name, title, family, function, options, (_defaults, *variants))
        return function

    return enter


def _defaults(problem: Problem) -> Mapping[str, Any]:
    return {}
