"""Every method on one problem, side by side with golden."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from linreg_unlearn.arrays import FloatArray, real_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.registry import METHODS, Method
from linreg_unlearn.metrics import (
    norm,
    retain_accuracy,
    retain_loss,
    test_accuracy,
    unlearning_accuracy,
    unlearning_loss,
)
from linreg_unlearn.problem import Problem

__all__ = ["ComparisonRow", "compare", "with_ridge"]


@dataclass(frozen=True)
class ComparisonRow:
    """What one method, with one set of options, does on one problem.

    Attributes
    ----------
    method, title : str
        Its name in the registry and for tables.
    options : Mapping
        What it was called with, as plain data; a set of rows is given by how many they are.
    retain_loss, unlearning_loss : float
        RL and UL.
    distance_to_golden, norm : float
        Frobenius norms of the weights less golden's, and of the weights.
    unlearning_accuracy, retain_accuracy, test_accuracy : float or None
        UA, RA and TA as shares; None where the targets are not one-hot classes, or where there
        are no held-out rows.
    coef : ndarray of shape (d,) or (d, c)
        The weights.
    """

    method: str
    title: str
    options: Mapping[str, Any]
    retain_loss: float
    unlearning_loss: float
    distance_to_golden: float
    norm: float
    unlearning_accuracy: float | None
    retain_accuracy: float | None
    test_accuracy: float | None
    coef: FloatArray = field(repr=False, compare=False)

    def as_data(self) -> dict[str, Any]:
        """Return the row as plain data for JSON, accuracies only where there are any."""
        data: dict[str, Any] = {
            "method": self.method,
            "options": dict(self.options),
            "RL": self.retain_loss,
            "UL": self.unlearning_loss,
            "distance_to_golden": self.distance_to_golden,
            "norm": self.norm,
        }
        accuracies = {
            "UA": self.unlearning_accuracy,
            "RA": self.retain_accuracy,
            "TA": self.test_accuracy,
        }
        return data | {name: value for name, value in accuracies.items() if value is not None}


def compare(
    problem: Problem,
    *,
    ridge: float = 0.0,
    families: Collection[str] | None = None,
    runs: Sequence[tuple[str, Mapping[str, Any]]] | None = None,
    advance: Callable[[str], None] | None = None,
) -> list[ComparisonRow]:
    """Solve a problem by every registered method, in each of its variants.

    Parameters
    ----------
    problem : Problem
    ridge : float, default 0.0
        ``λ ≥ 0`` of pretrained weights, golden and every method, added to sums over rows.
    families : collection of str, optional
        Families of methods to run. Default: all.
    runs : sequence of (str, mapping), optional
        Which methods to run, in this order, each with these options. Default: every method, in each
        of its variants.
    advance : callable, optional
        Called with the title of each method before it runs, for a progress display; what it raises
        ends the comparison.

    Returns
    -------
    list of ComparisonRow
        In the order of the registry.

    Raises
    ------
    InputError
        `ridge` is negative or not finite, a family has no methods, or `runs` names what is no
        method or no option of it.

    Examples
    --------
    >>> from linreg_unlearn.setups import distinct
    >>> rows = compare(distinct(n_r=6, n_f=3, d_r=10, d_f=8))
    >>> {row.method: round(row.distance_to_golden, 6) for row in rows if not row.options}[
    ...     "retain_mask"
    ... ]
    0.0
    """
    penalty = real_number(ridge, "ridge", 0)
    known = {method.family for method in METHODS.values()}
    unknown = sorted(set(families or ()) - known)
    if unknown:
        raise InputError(
            f"family {unknown[0]!r} has no methods: choose from {', '.join(sorted(known))}"
        )
    if runs is not None:
        chosen = [_known(name, options) for name, options in runs]
    else:
        chosen = [(m, build(problem)) for m in METHODS.values() for build in m.variants]
    target = golden(problem, ridge=penalty).coef
    classes = problem.has_classes
    held_out = problem.X_test is not None
    rows = []
    for method, options in chosen:
        if families is not None and method.family not in families:
            continue
        if advance is not None:
            advance(method.title)
        coef = method(problem, **{**with_ridge(method, problem, penalty), **options}).coef
        rows.append(
            ComparisonRow(
                method=method.name,
                title=method.title,
                options={name: _plain(value) for name, value in options.items()},
                retain_loss=retain_loss(problem, coef),
                unlearning_loss=unlearning_loss(problem, coef),
                distance_to_golden=float(np.linalg.norm(coef - target)),
                norm=norm(problem, coef),
                unlearning_accuracy=unlearning_accuracy(problem, coef) if classes else None,
                retain_accuracy=retain_accuracy(problem, coef) if classes else None,
                test_accuracy=test_accuracy(problem, coef) if classes and held_out else None,
                coef=coef,
            )
        )
    return rows


def with_ridge(method: Method, problem: Problem, ridge: float) -> dict[str, Any]:
    """Return the options with which a method uses the ridge that golden uses.

    Parameters
    ----------
    method : Method
    problem : Problem
    ridge : float
        ``λ ≥ 0``, added to sums over rows.

    Returns
    -------
    dict
        Nothing without a ridge: the defaults do.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> with_ridge(METHODS["newton"], problem, 0.5)
    {'ridge': 0.5}
    """
    if not ridge:
        return {}
    if method.family == "regularized":
        # Its losses are means over rows, and its start would be trained without a ridge.
        start = pretrained(problem, ridge=ridge).coef
        return {"ridge": ridge / problem.n_r, "start": start}
    return {"ridge": ridge}


def _known(name: str, options: Mapping[str, Any]) -> tuple[Method, Mapping[str, Any]]:
    """Refuse what is no method, and options that a method does not have."""
    if name not in METHODS:
        raise InputError(f"{name!r} is no method: choose from {', '.join(METHODS)}")
    possible = [option.name for option in METHODS[name].options]
    for option in options:
        if option not in possible:
            raise InputError(f"{name} has no option {option!r}: choose from {', '.join(possible)}")
    return METHODS[name], options


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return int(value.size) if value.ndim == 1 else value.tolist()
    return value
