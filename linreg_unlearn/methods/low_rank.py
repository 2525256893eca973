"""Small layers on top of trained weights: an update of low rank, and layers fused by regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import FloatArray, matrix, real_array, real_number, whole_number
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.bounded_rank import new_rows
from linreg_unlearn.linalg.factorization import factorize, truncated_svd
from linreg_unlearn.linalg.ridge import ridge_nearest, weighted_nearest
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import pretrained, residual_norm, trained
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.regularized import forget_targets
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

MATCHED = ("both", "forget")
"""On which rows :func:`fused` matches the layers."""


@register(
    title="low-rank residual alignment (LoRA)",
    family="structure",
    variants=[
        lambda problem: {"targets": "golden"},
        lambda problem: {"targets": "golden", "rank": 1},
    ],
)
def lora_residual(
    problem: Problem,
    *,
    targets: ArrayLike = "zero",
    rank: int | None = None,
    ridge: float = 0.0,
    seed: int = 0,
) -> Solution:
    """Add an update that changes no retained prediction and shifts those of the forget rows.

    Problem
    -------
    ``min ‖X_f Δ − T‖`` over all ``Δ`` with ``X_r Δ = 0``, of rank at most `rank`, and among the
    solutions the smallest; ``T = ỹ_f − X_f w_o``. The result is ``w_o + Δ``.

    Method
    ------
    Direct: ``Δ = B⁺T`` with ``B = X_f(I − P_r)``. With a smaller `rank`, ``T`` is replaced by the
    best approximation of that rank of its part in the range of ``B``, from its singular values. A
    linear layer in the place of the paper's adapters is our reading.

    Guarantee
    ---------
    F3: retained predictions stay exactly as they are. New labels are met if and only if ``T`` is in
    the range of ``B``, which it is for all labels if and only if ``rank X = rank X_r + n_f``; the
    rank that the update then needs is that of ``T``, which is at most 1 for one output. With labels
    "golden" and ``λ = 0`` it is golden if and only if ``X_rᵀ(X_r w_o − y_r) = 0``, at interpolation
    above all. [qin2024residual]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    targets : str or array_like of shape (n_f,) or (n_f, c), default "zero"
        ``ỹ_f``: "zero", "wrong", "random", "uniform", "golden" (with the same ridge), or the labels
        themselves; see :func:`~linreg_unlearn.methods.regularized.forget_targets`.
    rank : int, optional
        Largest rank of the update, at least 0. Default: whatever it needs.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights; the update itself has none.
    seed : int, default 0
        Of random labels.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` of ``B``, which is how many directions an update
        can use, and ``residual_norm`` of the forget rows with the new labels.

    Raises
    ------
    InputError
        `targets` is an unknown name or has another shape, `rank` or `seed` is not a whole number of
        at least 0, or `ridge` is negative or not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0, 0], [1, 1, 1]], [1, 3], forget=[1])
    >>> lora_residual(problem).coef.round(12)
    array([ 1. , -0.5, -0.5])
    >>> lora_residual(problem, targets="golden").coef.round(12)
    array([1., 0., 0.])
    """
    penalty = real_number(ridge, "ridge", 0)
    most = None if rank is None else whole_number(rank, "rank", 0)
    labels = forget_targets(problem, targets, seed, penalty)
    w_o = pretrained(problem, ridge=penalty).coef
    # B = C V with orthonormal rows V, so B⁺ = VᵀC⁺.
    C, V = new_rows(problem)
    factors = factorize(C)
    T = labels - problem.X_f @ w_o
    if most is not None:
        T = _best_of_rank(factors.column_basis(), T, most)
    coef = w_o + V.T @ factors.min_norm(T)
    named = targets if isinstance(targets, str) else "given"
    return Solution(
        coef=coef,
        rank=factors.rank,
        residual_norm=residual_norm(problem.X_f, labels, coef),
        method="lora_residual",
        done=f"{trained(penalty)}, then {named} labels on {problem.n_f} forget rows through "
        f"{factors.rank} new directions"
        + ("" if most is None else f" by an update of rank at most {most}"),
    )


class Fusion(NamedTuple):
    """Several layers fused into one; see :func:`fuse`.

    Attributes
    ----------
    coef : ndarray of shape (d,) or (d, c)
        The fused weights ``W``.
    residual_norm : float
        ``√Σ‖X_i W − X_i W_i‖²``: zero if the layers can be fused exactly.
    always_exact : bool
        Whether they could be, whatever the weights ``W_i``: the ranks of the ``X_i`` add.
    """

    coef: FloatArray
    residual_norm: float
    always_exact: bool


def fuse(rows: Sequence[ArrayLike], weights: Sequence[ArrayLike]) -> Fusion:
    """Fuse layers by regression: ``min Σ‖X_i W − X_i W_i‖²``, the solution of smallest norm.

    With full column rank that is ``(Σ X_iᵀX_i)⁻¹ Σ X_iᵀX_i W_i``, a mean of the layers weighted by
    their Gram matrices. Every layer is met exactly if and only if ``X_i W = X_i W_i`` can be solved
    jointly; for all ``W_i`` it can if and only if the rank of all rows is the sum of the ranks.

    Parameters
    ----------
    rows : sequence of array_like of shape (m_i, d)
        ``X_i``: the rows on which layer ``i`` is to be matched.
    weights : sequence of array_like of shape (d,) or (d, c)
        ``W_i``, all of one shape.

    Returns
    -------
    Fusion

    Raises
    ------
    InputError
        There is no layer, not one set of rows per layer, or shapes do not match.

    Examples
    --------
    >>> fused = fuse([[[1, 0]], [[0, 2]]], [[5, 6], [7, 8]])
    >>> fused.coef, fused.always_exact
    (array([5., 8.]), True)
    >>> fuse([[[1]], [[1]]], [[0], [1]]).coef.round(12)
    array([0.5])
    """
    if len(rows) == 0 or len(rows) != len(weights):
        raise InputError(
            f"rows has {len(rows)} entries and weights {len(weights)}: pass one set of rows per "
            "layer, and at least one layer"
        )
    blocks = [matrix(block, f"rows[{i}]") for i, block in enumerate(rows)]
    layers = [real_array(layer, f"weights[{i}]") for i, layer in enumerate(weights)]
    d, shape = blocks[0].shape[1], layers[0].shape
    for i, (block, layer) in enumerate(zip(blocks, layers, strict=True)):
        if block.shape[1] != d:
            raise InputError(
                f"rows[{i}] has {block.shape[1]} columns and rows[0] {d}: pass as many everywhere"
            )
        if layer.shape != shape or layer.ndim not in (1, 2) or len(layer) != d:
            raise InputError(
                f"weights[{i}] has shape {layer.shape}: pass shape ({d},) or ({d}, c), the same "
                "for every layer"
            )
    stacked = factorize(np.concatenate(blocks))
    wanted = np.concatenate([X @ W for X, W in zip(blocks, layers, strict=True)])
    coef = stacked.min_norm(wanted)
    return Fusion(
        coef,
        residual_norm(stacked.matrix, wanted, coef),
        stacked.rank == sum(factorize(block).rank for block in blocks),
    )


@register(
    title="fused unlearning layers (EUL)",
    family="structure",
    variants=[lambda problem: {"on": "forget"}],
)
def fused(problem: Problem, *, requests: int = 2, on: str = "both", ridge: float = 0.0) -> Solution:
    """Unlearn several requests one by one, each alone, and fuse the weights by regression.

    Problem
    -------
    ``min Σ‖X_i W − X_i W_i‖²``, of the solutions the one nearest to ``w_o``; ``W_i`` is the model
    retrained without request ``i``, but with all the others, and ``X_i`` are the rows on which it
    is to be matched.

    Method
    ------
    Direct. The forget rows, in their order, are cut into groups of equal size up to one row, the
    requests. Our reading: ``W_i`` unlearns its request exactly; what it is matched on are the rows
    of the request, or those and the retained rows; where the regression does not decide, the
    pretrained weights stay.

    Guarantee
    ---------
    F4, on both kinds of rows: golden for a single request. For more at ``λ = 0``, if ``W_i`` fits
    the retained rows, golden if and only if ``X_fᵀ(L − X_f w_g) = 0``, where ``L`` are the
    predictions of every ``W_i`` on its own request: if no request helps to predict another one, for
    example if ``X_i(I − P_r)X_jᵀ = 0`` for any two. What requests say about each other stays.
    [chen2023unlearn]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    requests : int, default 2
        How many there are; at most one per forget row.
    on : {"both", "forget"}, default "both"
        Match every layer on the retained rows and the rows of its request, or on the latter alone.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained and of all retrained weights; the regression that fuses them has
        none.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the rows matched on,
        with the predictions to be matched as targets, their mean on the retained rows.

    Raises
    ------
    InputError
        `requests` is not a whole number of at least 1, `on` is unknown, or `ridge` is negative or
        not finite.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [1, 1], [0, 1]], [1, 3, 2], forget=[1, 2])
    >>> fused(problem, requests=1).coef.round(12) + 0.0
    array([1., 0.])
    >>> fused(problem, requests=2).coef.round(12)
    array([1., 2.])
    """
    penalty = real_number(ridge, "ridge", 0)
    count = min(whole_number(requests, "requests", 1), problem.n_f)
    if on not in MATCHED:
        raise InputError(f"on is {on!r}: pass 'both' or 'forget'")
    n_r, factors = problem.n_r, factors_of(problem)
    w_o = pretrained(problem, ridge=penalty).coef
    wanted, zeros = np.zeros(problem.y.shape), np.zeros(problem.weight_shape)
    for group in np.array_split(np.arange(n_r, problem.n), count):
        rows = np.setdiff1d(np.arange(problem.n), group, assume_unique=True)
        W_i = ridge_nearest(factors.subset(rows), zeros, problem.y[rows], penalty)
        wanted[group] = problem.X[group] @ W_i
        wanted[:n_r] += problem.X_r @ W_i / count
    if on == "both":
        # Σ‖X_r(W − W_i)‖² is a constant more than the distance to the mean, times their number.
        coef, rank = weighted_nearest(
            problem, w_o, wanted, retained=float(count), forget=1.0, ridge=0.0
        )
        matched = f"the {n_r} retained rows and its own"
        residual = residual_norm(problem.X, wanted, coef)
    else:
        coef, rank = factors.forget.project_affine(w_o, wanted[n_r:]), factors.forget.rank
        matched = "its own rows"
        residual = residual_norm(problem.X_f, wanted[n_r:], coef)
    return Solution(
        coef=coef,
        rank=rank,
        residual_norm=residual,
        method="fused",
        done=f"{count} request(s) unlearned alone, then fused, each on {matched}"
        + (f", ridge {penalty:g}" if penalty else ""),
    )


def _best_of_rank(Q: FloatArray, T: FloatArray, rank: int) -> FloatArray:
    """Approximate the part of ``T`` in the range of ``Q`` by a matrix of some rank."""
    inside = Q @ (Q.T @ T)
    U, s, Vt = truncated_svd(inside.reshape(len(inside), -1))
    return np.asarray((U[:, :rank] * s[:rank]) @ Vt[:rank]).reshape(T.shape)
