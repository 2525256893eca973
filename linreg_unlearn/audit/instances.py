"""One exact instance: matrices for letters, sizes for dimensions, values for parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq_mat
from numpy.typing import NDArray

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import Expr
from linreg_unlearn.algebra.floats import FloatReading
from linreg_unlearn.problem import Problem

__all__ = ["Instance"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """Exact values for everything a claim speaks of.

    Parameters
    ----------
    sizes : mapping of str to int
    letters : mapping of str to fmpq_mat
    parameters : mapping of str to Fraction
    """

    sizes: Mapping[str, int]
    letters: Mapping[str, fmpq_mat]
    parameters: Mapping[str, Fraction]

    def exact(self) -> ExactReading:
        """Return a fresh exact reading."""
        return ExactReading(self.sizes, self.letters, self.parameters)

    @cached_property
    def float_letters(self) -> dict[str, Array]:
        """The letters, and the parameters as 1×1 matrices, rounded to floating point."""
        arrays = {name: rational.to_float(matrix) for name, matrix in self.letters.items()}
        numbers = {name: np.array([[float(value)]]) for name, value in self.parameters.items()}
        return {**arrays, **numbers}

    def is_exact_in_floats(self) -> bool:
        """Whether no letter is rounded, so that float evidence is about this very instance."""
        return all(
            all(int(q.q) & (int(q.q) - 1) == 0 and abs(int(q.p)) < 2**53 for q in matrix.entries())
            for matrix in self.letters.values()
        )

    def floats(self, given: Mapping[Expr, Array] | None = None) -> FloatReading:
        """Return a fresh float reading."""
        letters = {name: self.float_letters[name] for name in self.letters}
        return FloatReading(self.sizes, letters, self.parameters, given)

    def problem(self) -> Problem:
        """Return the data of the instance as methods take it; outputs are columns of ``y``.

        Labels of which nothing is said are zero.
        """
        n_r, n = self.sizes["n_r"], self.sizes["n"]
        labels = self.float_letters.get("y", np.zeros((n, self.sizes.get("c", 1))))
        return Problem.from_arrays(self.float_letters["X"], labels, forget=np.arange(n_r, n))

    def total_size(self) -> int:
        """Return the sum of the dimensions other than ``n``.

        All rows are the retained and the forget ones, so ``n = n_r + n_f`` would count them twice.
        It is left out too where a lemma has rows that are not split: of instances that differ in
        ``n`` alone none is then the smaller one. Certificates name instances chosen in this order.

        Examples
        --------
        >>> Instance({"n_r": 2, "n_f": 1, "n": 3, "d": 4}, {}, {}).total_size()
        7
        >>> Instance({"n": 3, "k": 4}, {}, {}).total_size()
        4
        """
        return sum(size for name, size in self.sizes.items() if name != "n")

    def as_data(self) -> dict[str, Any]:
        """Return the instance as plain data for JSON; entries are integers or ``"p/q"``."""

        def entry(value: Fraction) -> int | str:
            return value.numerator if value.denominator == 1 else str(value)

        return {
            "sizes": dict(self.sizes),
            "letters": {
                name: [[entry(value) for value in row] for row in rational.to_fractions(matrix)]
                for name, matrix in self.letters.items()
            },
            "parameters": {name: entry(value) for name, value in self.parameters.items()},
        }

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Instance:
        """Return the instance that :meth:`as_data` wrote."""
        letters = {
            name: rational.from_rows([[Fraction(value) for value in row] for row in rows])
            for name, rows in data["letters"].items()
        }
        parameters = {name: Fraction(value) for name, value in data["parameters"].items()}
        return Instance(dict(data["sizes"]), letters, parameters)

    def __str__(self) -> str:
        data = self.as_data()
        return ", ".join(
            f"{name} = {value}" for name, value in {**data["letters"], **data["parameters"]}.items()
        )
