"""What claims assume, each once: its statements, how instances are drawn, how data miss it."""

import numpy as np
from numpy.typing import NDArray

from linreg_unlearn.algebra.expressions import pinv
from linreg_unlearn.algebra.statements import (
    Different,
    KeepsActiveColumns,
    Mask,
    NoZeroColumn,
    Positive,
    RankEquation,
    SizeIs,
    full_column_rank,
    full_row_rank,
)
from linreg_unlearn.claims.claim import Assumption, Margin
from linreg_unlearn.claims.vocabulary import (
    M_B,
    C_f,
    C_lap,
    C_r,
    I_d,
    M,
    P_r,
    X,
    X_f,
    X_r,
    X_t,
    w,
    w_g,
    w_o,
    w_star,
    y,
    y_f,
    y_new,
    y_r,
    y_t,
)
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.problem import Problem

# What rounding may leave of a relative norm that is zero in exact arithmetic. Far above what the
# solvers leave (1e-12 at worst on data they accept), far below anything a data set misses by.
ROUNDING = 1e-9


def _relative(size: float, scale: float) -> float:
    return size / scale if scale > 0 else 0.0


def _interpolation(problem: Problem) -> Margin:
    weights = factors_of(problem).all.min_norm(problem.y)
    residual = np.linalg.norm(problem.X @ weights - problem.y)
    miss = _relative(float(residual), float(np.linalg.norm(problem.y)))
    return Margin(miss, f"‖X w_o − y‖/‖y‖ = {miss:.1e}", ROUNDING)


def _stationarity(problem: Problem) -> Margin:
    weights = factors_of(problem).all.min_norm(problem.y)
    gradient = problem.X_r.T @ (problem.y_r - problem.X_r @ weights)
    scale = np.linalg.norm(problem.X_r) * np.linalg.norm(problem.y_r)
    miss = _relative(float(np.linalg.norm(gradient)), float(scale))
    return Margin(miss, f"‖X_rᵀ(y_r − X_r w_o)‖/(‖X_r‖‖y_r‖) = {miss:.1e}", ROUNDING)


def _orthogonality(problem: Problem) -> Margin:
    scale = np.linalg.norm(problem.X_r) * np.linalg.norm(problem.X_f)
    miss = _relative(float(np.linalg.norm(problem.X_r @ problem.X_f.T)), float(scale))
    return Margin(miss, f"‖X_r X_fᵀ‖/(‖X_r‖‖X_f‖) = {miss:.1e}", ROUNDING)


def _active(matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    active: NDArray[np.bool_] = np.any(matrix != 0, axis=0)
    return active


def _shared_columns(problem: Problem) -> Margin:
    both = int(np.sum(_active(problem.X_r) & _active(problem.X_f)))
    return Margin(both, f"{both} of {problem.d} columns are active in both")


def _zero_retained_columns(problem: Problem) -> Margin:
    zero = problem.d - int(np.sum(_active(problem.X_r)))
    return Margin(zero, f"{zero} of {problem.d} columns of X_r are zero")


def _row_rank(problem: Problem) -> Margin:
    rank = factors_of(problem).all.rank
    return Margin(problem.n - rank, f"rank X = {rank}, n = {problem.n}")


def _column_rank(problem: Problem) -> Margin:
    rank = factors_of(problem).retained.rank
    return Margin(problem.d - rank, f"rank X_r = {rank}, d = {problem.d}")


def _rank_drop(problem: Problem) -> Margin:
    factors = factors_of(problem)
    whole, retained = factors.all.rank, factors.retained.rank
    return Margin(whole - retained, f"rank X_r = {retained}, rank X = {whole}")


def _predictability(problem: Problem) -> Margin:
    weights = factors_of(problem).retained.min_norm(problem.y_r)
    residual = np.linalg.norm(problem.X_f @ weights - problem.y_f)
    miss = _relative(float(residual), float(np.linalg.norm(problem.y_f)))
    return Margin(miss, f"‖X_f w_g − y_f‖/‖y_f‖ = {miss:.1e}", ROUNDING)


def _mask_mixing(problem: Problem) -> Margin:
    # Commuting means that dropping the forget columns maps the retained row space into itself.
    rows = problem.X_r * ~problem.forget_support
    left_over = rows - factors_of(problem).retained.project(rows.T).T
    miss = _relative(float(np.linalg.norm(left_over)), float(np.linalg.norm(rows)))
    return Margin(miss, f"‖X_r M_B (I − P_r)‖/‖X_r M_B‖ = {miss:.1e}", ROUNDING)


def _masked_novelty(problem: Problem) -> Margin:
    novel = problem.X_f.T - factors_of(problem).retained.project(problem.X_f.T)
    kept = novel[problem.retained_support]
    miss = _relative(float(np.linalg.norm(kept)), float(np.linalg.norm(problem.X_f)))
    return Margin(miss, f"‖X_f(I − P_r)M‖/‖X_f‖ = {miss:.1e}", ROUNDING)


def _shared_directions(problem: Problem) -> Margin:
    factors = factors_of(problem)
    whole, parts = factors.all.rank, (factors.retained.rank, factors.forget.rank)
    reading = f"rank X = {whole}, rank X_r + rank X_f = {parts[0]} + {parts[1]}"
    return Margin(sum(parts) - whole, reading)


def _one_forget_row(problem: Problem) -> Margin:
    return Margin(problem.n_f - 1, f"n_f = {problem.n_f}")


def _always(problem: Problem) -> Margin:
    return Margin(0.0, "true by the choice of the mask")


interpolating = Assumption(
    "interpolating", (y == X @ w_star,), ("interpolating",), measure=_interpolation
)
forget_predictable = Assumption(
    "forget labels predictable",
    (y_f == X_f @ pinv(X_r) @ y_r,),
    ("forget predictable",),
    measure=_predictability,
)
stationary = Assumption(
    "w_o stationary on X_t",
    (X_t.T @ (y_t - X_t @ w_o) == 0,),
    ("interpolating", "forget predictable"),
    measure=_stationarity,
)
retained_interpolant = Assumption(
    "w fits the retained data", (X_r @ w == y_r,), ("retained interpolant",)
)

distinct = Assumption(
    "distinct features",
    (
        Mask(C_r),
        Mask(C_f),
        C_r + C_f == I_d,
        X_r @ C_f == 0,
        X_f @ C_r == 0,
    ),
    ("distinct",),
    measure=_shared_columns,
    featurewise=True,
)
overlapping = Assumption(
    "overlapping features",
    (
        Mask(C_r),
        Mask(C_lap),
        Mask(C_f),
        C_r + C_lap + C_f == I_d,
        X_r @ C_f == 0,
        X_f @ C_r == 0,
    ),
    ("overlapping",),
    measure=_always,
    featurewise=True,
)
orthogonal = Assumption(
    "X_r ⟂ X_f", (X_r @ X_f.T == 0,), ("distinct", "orthogonal"), measure=_orthogonality
)

independent_rows = Assumption(
    "full row rank", (full_row_rank(X),), ("full row rank",), measure=_row_rank
)
retained_full_column_rank = Assumption(
    "X_r of full column rank",
    (full_column_rank(X_r),),
    ("retained full column rank",),
    measure=_column_rank,
)
same_rank = Assumption(
    "forgetting keeps the rank",
    (RankEquation((X_r,), (X,)),),
    ("same row space", "retained full column rank"),
    measure=_rank_drop,
)

any_mask = Assumption("any mask", (Mask(M),), ("any mask",), measure=_always, featurewise=True)
retain_mask = Assumption(
    "retain mask",
    (Mask(M), X_r @ M == X_r),
    ("retain mask",),
    measure=_always,
    featurewise=True,
)
retain_support = Assumption(
    "mask of the retained support",
    (Mask(M), KeepsActiveColumns(M, X_r)),
    ("retain support",),
    measure=_always,
    featurewise=True,
)
separating_mask = Assumption(
    "mask separates the features",
    (Mask(M), X_r @ M == X_r, X_f @ M == 0),
    ("separating mask",),
    measure=_shared_columns,
    featurewise=True,
)
dense = Assumption(
    "every feature active in X_r", (NoZeroColumn(X_r),), ("dense",), measure=_zero_retained_columns
)
forget_mask = Assumption(
    "forget mask",
    (Mask(M_B), X_f @ M_B == 0),
    ("forget mask",),
    measure=_always,
    featurewise=True,
)
mask_commutes = Assumption(
    "the forget mask commutes with P_r",
    (M_B @ P_r == P_r @ M_B,),
    ("rank additive", "distinct"),
    measure=_mask_mixing,
)
ranks_add = Assumption(
    "the ranks of the kept and dropped columns add",
    (RankEquation((X_r,), (X_r @ M_B, X_r @ (I_d - M_B))),),
    ("rank additive", "distinct"),
    measure=_mask_mixing,
)

forget_support = Assumption(
    "mask off the forget support",
    (Mask(M_B), KeepsActiveColumns(M_B, X_f, complement=True)),
    ("forget support",),
    measure=_always,
    featurewise=True,
)
mask_is_enough = Assumption(
    "retained rows span the forget rows on the kept features",
    (X_f @ (I_d - P_r) @ M == 0,),
    ("same row space", "separating mask"),
    measure=_masked_novelty,
)
ranks_of_rows_add = Assumption(
    "retained and forget rows share no direction",
    (RankEquation((X,), (X_r, X_f)),),
    ("full row rank", "distinct", "orthogonal"),
    measure=_shared_directions,
)
golden_labels = Assumption("labels predicted by golden", (y_new == X_f @ w_g,), ("golden labels",))

positive_weight = Assumption("positive weight", (Positive("alpha"),))
two_weights = Assumption(
    "two weights", (Different("alpha", "beta"), Positive("alpha"), Positive("beta"))
)
positive_ridge = Assumption("ridge", (Positive("lambda"),))
one_forget_row = Assumption(
    "one row to forget", (SizeIs("n_f", 1),), ("one forget row",), measure=_one_forget_row
)
