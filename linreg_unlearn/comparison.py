"""Every method on one problem, side by side with golden."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from linreg_unlearn.arrays import real_number
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
    """

    method: str
    title: str
    options: Mapping[str, Any]
    retain_loss: float
    unlearning_loss: float
    distance_to_golden: float
    norm: float
    unlearning_accuracy: float | None = None
    retain_accuracy: float | None = None
    test_accuracy: float | None = None

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
    advance : callable, optional
        Called with the title of each method before it runs, for a progress display.

    Returns
    -------
    list of ComparisonRow
        In the order of the registry.

    Raises
    ------
    InputError
        `ridge` is negative or not finite, or a family has no methods.

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
    target = golden(problem, ridge=penalty).coef
    classes = problem.has_classes
    held_out = problem.X_test is not None
    rows = []
    for method in METHODS.values():
        if families is not None and method.family not in families:
            continue
        if advance is not None:
            advance(method.title)
        for build in method.variants:
            options = build(problem)
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
                )
            )
    return rows


def with_ridge(method: Method, problem: Problem, ridge: float) -> dict[str, Any]:
    """Return the options with which a method uses the ridge that golden uses.

    Regularized fine-tuning has means over rows in its loss, so its ridge is divided by ``n_r``, and
    starts from weights that it would pretrain without a ridge, so these are passed. Every other
    method takes the ridge as it is, and nothing is passed where there is none.

    Parameters
    ----------
    method : Method
    problem : Problem
    ridge : float
        ``λ ≥ 0`` of golden, added to sums over rows.

    Returns
    -------
    dict
        Options to call the method with, besides its own.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> problem = Problem.from_arrays([[2, 0], [0, 2], [0, 2]], [4, 3, 3], forget=[2])
    >>> with_ridge(METHODS["newton"], problem, 4.0)
    {'ridge': 4.0}
    >>> options = with_ridge(METHODS["regularized"], problem, 4.0)
    >>> options["ridge"], options["start"].round(12)
    (2.0, array([1., 1.]))
    >>> with_ridge(METHODS["newton"], problem, 0.0)
    {}
    """
    penalty = real_number(ridge, "ridge", 0)
    if penalty == 0:
        return {}
    if method.family == "regularized":
        start = pretrained(problem, ridge=penalty).coef
        return {"ridge": penalty / problem.n_r, "start": start}
    return {"ridge": penalty}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return int(value.size) if value.ndim == 1 else value.tolist()
    return value
