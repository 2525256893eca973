"""The rows of the table on given data: what letters of formulas are there, and who computes them.

The formula of a cell speaks of a mask ``M``, of labels ``ỹ_f``, of a step size. On data these are
what the method itself was run with, so its weights can be laid beside those of the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from linreg_unlearn.algebra.expressions import Expr
from linreg_unlearn.algebra.floats import LARGEST_SIZE, FloatReading
from linreg_unlearn.arrays import BoolArray, FloatArray
from linreg_unlearn.claims.cells import ASSUMED, REGIMES, Cell, Regime, Row, golden_in
from linreg_unlearn.claims.claim import Margin
from linreg_unlearn.claims.iterates import B
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.factorization import truncated_svd
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.datamodels import additive_datamodel
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.iterates import critical_beta, iteration_of
from linreg_unlearn.methods.networks import two_layer_weights
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.methods.regularized import forget_targets
from linreg_unlearn.methods.sharding import shard_of_rows
from linreg_unlearn.problem import Problem

__all__ = ["OnData", "on_data", "regime_of"]


@dataclass(frozen=True)
class _Bound:
    """What a row is on data, besides the data.

    Parameters
    ----------
    options : mapping
        With which its method runs, the ridge included.
    letters : mapping of str to ndarray
    numbers : mapping of str to float
    read : callable, optional
        Letters that are read off the weights of the method, such as which of them are zero.
    """

    options: Mapping[str, Any]
    letters: Mapping[str, FloatArray] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    read: Callable[[FloatArray, FloatArray], Mapping[str, Any]] | None = None


@dataclass(frozen=True, eq=False)
class OnData:
    """A cell of the table on data.

    Parameters
    ----------
    row : Row
    cell : Cell
    solved : ndarray of shape (d, c)
        The weights that the method returns.
    formula : ndarray of shape (d, c)
        What the formula of the cell gives.
    distance : float
        From the weights of the method to golden.
    distance_by_formula : float
        From those of the formula to the formula of golden.
    condition : float
        How much the formula may magnify rounding: the product of the condition numbers of what it
        inverts one behind the other; 1 where it inverts nothing.
    squared : float
        The square of the largest condition number of the data: what rounding may be magnified by
        where a Gram matrix is formed, or a projection leaves little of what it projects.
    """

    row: Row
    cell: Cell
    solved: FloatArray
    formula: FloatArray
    distance: float
    distance_by_formula: float
    condition: float
    squared: float


def regime_of(problem: Problem, ridge: float = 0.0) -> tuple[Regime | None, dict[str, Margin]]:
    """Return the column of the table that data belong to.

    Parameters
    ----------
    problem : Problem
    ridge : float, default 0.0

    Returns
    -------
    regime : str or None
        None where there is no ridge and data neither interpolate nor determine the weights.
    missed : dict of str to Margin
        In that case, which assumptions of the other columns are not met, and by how much.

    Examples
    --------
    >>> from linreg_unlearn.setups import distinct, shared
    >>> regime_of(distinct(n_r=4, n_f=2, d_r=6, d_f=3))[0]
    'distinct'
    >>> regime, missed = regime_of(shared(n_r=4, n_f=3, d=5, noise=1.0))
    >>> regime, sorted(missed)
    (None, ['X_r of full column rank', 'interpolating'])
    """
    if ridge > 0:
        return "ridge", {}
    margins: dict[str, Margin] = {}
    # Distinct and shared features overlap, too: the column that says most comes first.
    order: tuple[Regime, ...] = ("distinct", "shared", "overlapping", "under")
    for regime in order:
        short = {}
        for assumption in ASSUMED[regime]:
            if assumption.measure is not None:
                if assumption.name not in margins:
                    margins[assumption.name] = assumption.measure(problem)
                if not margins[assumption.name].met:
                    short[assumption.name] = margins[assumption.name]
        if not short:
            return regime, {}
    needed = {a.name for regime in ("overlapping", "under") for a in ASSUMED[regime]}
    return None, {n: m for n, m in margins.items() if n in needed and not m.met}


def on_data(
    row: Row, problem: Problem, regime: Regime, ridge: float = 0.0, alpha: float = 1.0
) -> OnData:
    """Evaluate a row on data twice: by its formula, and by running its method.

    Parameters
    ----------
    row : Row
    problem : Problem
        At most 200 rows and columns: formulas are read by dense matrices.
    regime : str
        To which the data belong, as :func:`regime_of` finds.
    ridge : float, default 0.0
        ``λ``, for the regime "ridge".
    alpha : float, default 1.0
        ``α > 0`` of regularized fine-tuning.

    Returns
    -------
    OnData

    Raises
    ------
    InputError
        The data have too many rows or columns for formulas, the method refuses them, or a formula
        is not defined on them.

    Examples
    --------
    >>> from linreg_unlearn.setups import overlapping
    >>> from linreg_unlearn.table import rows
    >>> problem = overlapping(n_r=6, n_f=3, d_r=5, d_lap=4, d_f=3)
    >>> seen = on_data(rows()["retain_mask"], problem, "overlapping")
    >>> seen.cell.verdict, bool(np.allclose(seen.solved, seen.formula))
    ('inexact', True)
    """
    if max(problem.X.shape) > LARGEST_SIZE:
        raise InputError(
            f"the data are {problem.n}×{problem.d}, and formulas are read up to "
            f"{LARGEST_SIZE}×{LARGEST_SIZE}: use fewer rows or columns"
        )
    cell = row.cells[list(REGIMES).index(regime)]
    if row.name in ("regularized", "regularized.labels"):
        bound = _regularized(row, problem, ridge, alpha)
    else:
        bound = _BINDERS.get(row.name, _plain)(row, problem, ridge)
    coef = METHODS[row.methods[0]](problem, **bound.options).coef
    solved = _column(coef, problem)
    start = _column(pretrained(problem, ridge=ridge).coef, problem)
    read = bound.read(solved, start) if bound.read is not None else {}
    n_r = problem.n_r
    letters = {
        "X": problem.X,
        "E_r": np.eye(problem.n)[:n_r],
        "E_f": np.eye(problem.n)[n_r:],
        "y": _column(problem.y, problem),
        **bound.letters,
        **{name: value for name, value in read.items() if isinstance(value, np.ndarray)},
    }
    numbers = {
        "lambda": ridge,
        **bound.numbers,
        **{name: value for name, value in read.items() if not isinstance(value, np.ndarray)},
    }
    sizes = {
        "n": problem.n,
        "n_r": n_r,
        "n_f": problem.n_f,
        "d": problem.d,
        "c": problem.outputs,
        **{name: letters[letter].shape[axis] for letter, axis, name in _SIZES if letter in letters},
    }
    exact = {name: Fraction(value) for name, value in numbers.items()}
    exact |= {"m_r": Fraction(1, n_r), "m_f": Fraction(1, problem.n_f)}
    # Where forget rows add no direction, subtracting projections would leave rounding of B.
    factors = factors_of(problem)
    nothing_new = factors.all.rank == factors.retained.rank
    given: dict[Expr, FloatArray] = {}
    if nothing_new:
        given[B] = np.zeros((problem.n_f, problem.d))
    reading = FloatReading(sizes, letters, exact, given)
    formula = reading.value(cell.weights)
    by_formula = float(np.linalg.norm(formula - reading.value(golden_in(regime))))
    target = _column(golden(problem, ridge=ridge).coef, problem)
    distance = float(np.linalg.norm(solved - target))
    condition = reading.amplification(cell.weights)
    squared = max(factors.all.condition, factors.retained.condition) ** 2
    return OnData(row, cell, solved, formula, distance, by_formula, condition, squared)


# Sizes that only some formulas speak of: a letter, its axis, and the name of the size.
_SIZES = (("V_1", 1, "h"), ("U", 1, "k"), ("S", 0, "n_t"), ("S_2", 0, "n_s"))


def _column(array: FloatArray, problem: Problem) -> FloatArray:
    return array.reshape(len(array), problem.outputs)


def _ridged(ridge: float) -> dict[str, Any]:
    return {"ridge": ridge} if ridge else {}


def _plain(row: Row, problem: Problem, ridge: float) -> _Bound:
    return _Bound({**row.options, **_ridged(ridge)})


def _nearest_minimizer(row: Row, problem: Problem, ridge: float) -> _Bound:
    # With a ridge there is one stationary point.
    w = _column(golden(problem, ridge=ridge).coef, problem)
    return _Bound({**row.options, **_ridged(ridge)}, {"w": w})


def _two_layers(row: Row, problem: Problem, ridge: float) -> _Bound:
    V_1, V_2 = two_layer_weights(problem, ridge=ridge)
    size = float(np.linalg.norm(problem.X_r) ** 2 + ridge)
    eta = 1 / (4 * size * float(np.linalg.norm(V_1) ** 2 + np.linalg.norm(V_2) ** 2))
    options = {"steps": 1, "step_size": eta, **_ridged(ridge)}
    return _Bound(options, {"V_1": V_1, "V_2": V_2}, {"eta": eta})


def _base(row: Row, problem: Problem, ridge: float) -> _Bound:
    return _Bound(_ridged(ridge), {"U": truncated_svd(problem.X)[2].T})


def _supports(row: Row, problem: Problem, ridge: float) -> _Bound:
    letters = {"M": problem.retained_support, "M_B": ~problem.forget_support}
    return _Bound(_ridged(ridge), {name: _diagonal(mask) for name, mask in letters.items()})


def _surviving(row: Row, problem: Problem, ridge: float) -> _Bound:
    # Which weights survive is the method's choice; that the others are as they were is the formula.
    return _Bound(_ridged(ridge), read=lambda w, w_o: {"M": _diagonal(np.any(w != 0, axis=1))})


def _diagonal(kept: BoolArray) -> FloatArray:
    return np.diag(kept.astype(np.float64))


def _regularized(row: Row, problem: Problem, ridge: float, alpha: float) -> _Bound:
    options: dict[str, Any] = {**row.options, "alpha": alpha}
    if ridge:
        options |= {"ridge": ridge, "start": pretrained(problem, ridge=ridge).coef}
    return _Bound(options, _labels(problem, row.options.get("targets", "zero")), {"alpha": alpha})


def _labels(problem: Problem, targets: str) -> dict[str, FloatArray]:
    return {"ỹ_f": _column(forget_targets(problem, targets), problem)}


def _random_labels(row: Row, problem: Problem, ridge: float) -> _Bound:
    return _Bound({**row.options, **_ridged(ridge)}, _labels(problem, "random"))


def _additive(row: Row, problem: Problem, ridge: float) -> _Bound:
    model = additive_datamodel(problem, problem.X, ridge=ridge)
    target = problem.X @ golden(problem, ridge=ridge).coef
    error = _column(model.outputs - model.effect() - target, problem)
    return _Bound({**row.options, **_ridged(ridge)}, {"δ": error})


def _one_step(row: Row, problem: Problem, ridge: float) -> _Bound:
    """One step up the loss of the forget rows, from the pretrained weights."""
    w_o = pretrained(problem, ridge=ridge).coef
    eta = iteration_of(problem, row.methods[0], start=w_o).step_size
    options = {"steps": 1, "step_size": eta, "start": w_o}
    return _Bound(options, {"w": _column(w_o, problem)}, {"eta": eta})


def _ascent_and_descent(row: Row, problem: Problem, ridge: float) -> _Bound:
    eta = iteration_of(problem, "neg_grad_plus", **_ridged(ridge)).step_size
    beta = critical_beta(problem, ridge) / 2
    if not 0 < beta < np.inf:
        # Nowhere a minimum: a step says what happens.
        options = {"steps": 1, "beta": 1.0, "step_size": eta}
        return _Bound({**options, **_ridged(ridge)}, {}, {"eta": eta, "beta": 1.0})
    limit = {"steps": None, "beta": beta}
    return _Bound({**limit, **_ridged(ridge)}, {}, {"eta": eta, "beta": beta})


def _pair_of_steps(row: Row, problem: Problem, ridge: float) -> _Bound:
    eta = iteration_of(problem, "scrub", gamma=0.0, **_ridged(ridge)).step_size
    options = {"steps": 1, "gamma": 0.0, "step_size": eta, **_ridged(ridge)}
    return _Bound(options, {}, {"eta": eta})


def _gradient_step(row: Row, problem: Problem, ridge: float) -> _Bound:
    tau = 1 / float(np.linalg.norm(problem.X, 2) ** 2 + ridge)
    return _Bound({"step_size": tau, **_ridged(ridge)}, {"Q": tau * np.eye(problem.d)})


def _dampened(row: Row, problem: Problem, ridge: float) -> _Bound:
    def factors(w: FloatArray, w_o: FloatArray) -> dict[str, FloatArray]:
        ratio = np.divide(w, w_o, out=np.ones(w.shape), where=w_o != 0)
        if not np.allclose(ratio, ratio[:, :1], rtol=1e-9):
            raise InputError(
                f"{row.title} dampens every output by itself, and its formula is for one output: "
                "use data with one"
            )
        return {"Λ": np.diag(ratio[:, 0])}

    return _Bound({**row.options, **_ridged(ridge)}, read=factors)


def _salient(row: Row, problem: Problem, ridge: float) -> _Bound:
    def moved(w: FloatArray, w_o: FloatArray) -> dict[str, FloatArray]:
        return {"M": _diagonal(np.any(w != w_o, axis=1))}

    return _Bound({**row.options, **_ridged(ridge)}, _labels(problem, "random"), read=moved)


def _shrunk(row: Row, problem: Problem, ridge: float) -> _Bound:
    def factor(w: FloatArray, w_o: FloatArray) -> dict[str, float]:
        return {"kappa": float(np.sum(w * w_o) / np.sum(w_o * w_o)) if w_o.any() else 1.0}

    return _Bound({**row.options, **_ridged(ridge)}, read=factor)


def _shards(row: Row, problem: Problem, ridge: float) -> _Bound:
    shard = shard_of_rows(problem, shards=2)[: problem.n_r]
    rows = np.eye(problem.n_r)
    letters = {"S": rows[shard == 0], "S_2": rows[shard == 1]}
    return _Bound({**row.options, **_ridged(ridge)}, letters)


_BINDERS: Mapping[str, Callable[[Row, Problem, float], _Bound]] = {
    "retain_descent": _nearest_minimizer,
    "two_layer": _two_layers,
    "linear_head": _base,
    "retain_mask": _supports,
    "forget_mask": _supports,
    "magnitude_mask": _surviving,
    "gradient_mask": _surviving,
    "mask_ceiling": _surviving,
    "datamodel_matching.additive": _additive,
    "gradient_ascent": _one_step,
    "projected_gradient": _one_step,
    "neg_grad_plus": _ascent_and_descent,
    "scrub": _pair_of_steps,
    "first_order": _gradient_step,
    "random_label_descent": _random_labels,
    "ssd": _dampened,
    "salun": _salient,
    "just_in_time": _shrunk,
    "sharded_ridge": _shards,
}
"""How the letters of a row are bound; a row without an entry has none besides the data."""
