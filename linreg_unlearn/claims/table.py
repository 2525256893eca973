"""Family G: what every method does in every regime, a row at a time."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Identity,
    Letter,
    Zero,
    gram,
    inv,
    named,
    pinv,
)
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.statements import Mask, Positive
from linreg_unlearn.claims.assumptions import (
    forget_support,
    positive_weight,
    retain_support,
    separating_mask,
)
from linreg_unlearn.claims.cells import (
    ALL,
    ASSUMED,
    IN_ROW_SPACE,
    INTERPOLATING,
    Cell,
    Regime,
    exact,
    golden_in,
    grows,
    no_op,
    off,
    pretrained_in,
    row,
)
from linreg_unlearn.claims.claim import Assumption, Hints, Part
from linreg_unlearn.claims.iterates import (
    B,
    curvature_invertible,
    eta,
    neg_grad,
    retained_hessian,
)
from linreg_unlearn.claims.iterates import curvature as neg_grad_curvature
from linreg_unlearn.claims.matching import matched, matched_on_forget, w_o_ridge
from linreg_unlearn.claims.regularization import FITTED, by_rows
from linreg_unlearn.claims.second_order import (
    INVERSES,
    S,
    e_f,
    hessian,
    influence,
    newton,
    through,
)
from linreg_unlearn.claims.vocabulary import (
    M_B,
    SOLVED_BY,
    Array,
    E_f,
    E_r,
    I_d,
    I_f,
    Letters,
    M,
    P,
    P_f,
    P_r,
    P_t,
    X,
    X_f,
    X_r,
    X_t,
    alpha,
    beta,
    regularized_operator,
    relabelled,
    ridge,
    w,
    w_forget,
    w_g,
    w_g_ridge,
    w_o,
    w_rbm,
    w_reg_limit,
    w_reg_zero,
    w_star,
    weighted_gram,
    weighting,
    y,
    y_f,
    y_new,
    y_r,
    y_t,
    zero_labelled,
)
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem

# What golden is off the pretrained weights, in the regimes with free labels.
pulled_ridge = inv(retained_hessian) @ X_f.T @ e_f
missed = y_f - X_f @ w_g
news = pinv(X) @ E_f.T @ missed
curvature = named("H_r", X_r.T @ X_r)
moved = w_o - w_g
moved_ridge = w_o_ridge - w_g_ridge

# What retained rows miss of their labels has no part in the weights that all rows determine.
UNSEEN = Hints(
    via=(
        X.T @ E_r.T @ (y_r - X_r @ w_g) == 0,
        pinv(X) @ pinv(X).T @ X.T @ E_r.T @ (y_r - X_r @ w_g) == 0,
        P @ w_g == w_g,
    ),
    lemmas=IN_ROW_SPACE,
)

# Fine-tuning.

row(
    "pretrained",
    "nothing",
    "The pretrained model itself.",
    *(no_op(regime, pretrained_in(regime)) for regime in ALL),
    source="ding2024unlearning",
)
row(
    "golden",
    "retraining",
    "The reference itself.",
    *(exact(regime, golden_in(regime)) for regime in ALL),
    source="ding2024unlearning",
)

tuned = named("w_t", w_o + pinv(X_r) @ (y_r - X_r @ w_o))
tuned_ridge = named("w_t(λ)", w_o_ridge + inv(retained_hessian) @ X_r.T @ (y_r - X_r @ w_o_ridge))
row(
    "fine_tuned",
    "fine-tuning",
    "On all retained rows, from the pretrained weights; the ridge pulls towards these.",
    *(no_op(regime, tuned) for regime in INTERPOLATING),
    off("ridge", tuned_ridge, ridge * (inv(retained_hessian) @ w_o_ridge)),
    exact("under", tuned),
    source="ding2024unlearning",
)

row(
    "retain_descent",
    "descent on retained rows",
    "The limit of the steps, from the pretrained weights: the nearest minimizer.",
    *(no_op(regime, tuned) for regime in INTERPOLATING),
    exact(
        "ridge",
        w,
        (X_r.T @ (X_r @ w - y_r) + ridge * w == 0,),
        Hints(via=(retained_hessian @ w == X_r.T @ y_r,), lemmas=INVERSES),
        draw=(w == w_g_ridge,),
    ),
    exact("under", tuned),
    options={"steps": None},
    source="ding2024unlearning",
)

V_1, V_2 = Letter("V_1", "d", "h"), Letter("V_2", "h", "c")


def _two_layer_step(gradient: Expr) -> Expr:
    return (V_1 - eta * (gradient @ V_2.T)) @ (V_2 - eta * (V_1.T @ gradient))


def _two_layer_error(gradient: Expr) -> Expr:
    first = gradient @ V_2.T @ V_2 + V_1 @ V_1.T @ gradient
    return -eta * first + eta * eta * (gradient @ V_2.T @ V_1.T @ gradient)


gradient = named("∇", X_r.T @ (X_r @ w_o - y_r), r"\nabla")
gradient_ridge = named("∇", X_r.T @ (X_r @ w_o_ridge - y_r) + ridge * w_o_ridge, r"\nabla")
row(
    "two_layer",
    "two-layer linear network",
    "One step on the retained rows from two layers V_1 V_2 that compute the pretrained weights; "
    "the ridge is on their product.",
    *(
        no_op(
            regime,
            named("w₊", _two_layer_step(gradient), "w_+"),
            (V_1 @ V_2 == w_o,),
            Hints(via=(gradient == 0,)),
            draw=(V_1 == w_o @ pinv(V_2),),
        )
        for regime in INTERPOLATING
    ),
    off(
        "ridge",
        named("w₊", _two_layer_step(gradient_ridge), "w_+"),
        moved_ridge + _two_layer_error(gradient_ridge),
        (V_1 @ V_2 == w_o_ridge,),
        draw=(V_1 == w_o_ridge @ pinv(V_2),),
    ),
    off(
        "under",
        named("w₊", _two_layer_step(gradient), "w_+"),
        moved + _two_layer_error(gradient),
        (V_1 @ V_2 == w_o,),
        draw=(V_1 == w_o @ pinv(V_2),),
    ),
    source="dai2021representation",
)

U = Letter("U", "d", "k")
base = Assumption("U is a base of all rows", (X @ U @ U.T == X, U.T @ U == Identity("k")))
head = named("U h", U @ pinv(X_r @ U) @ y_r)
head_ridge = named(
    "U h(λ)",
    U @ inv((X_r @ U).T @ X_r @ U + ridge * Identity("k")) @ U.T @ X_r.T @ y_r,
)
row(
    "linear_head",
    "head over a fixed base",
    "The head retrained over a base of all rows that stays, without noise.",
    *(exact(regime, head, (base,), draw=(X == X @ U @ U.T,)) for regime in INTERPOLATING),
    exact(
        "ridge",
        head_ridge,
        (base,),
        Hints(
            via=(
                retained_hessian
                @ (U @ inv((X_r @ U).T @ X_r @ U + ridge * Identity("k")) @ U.T @ X_r.T)
                == X_r.T,
            ),
            lemmas=(*INVERSES, ("L5.1", {"A": X_r @ U})),
        ),
        draw=(X == X @ U @ U.T,),
    ),
    exact("under", head, (base,), draw=(X == X @ U @ U.T,)),
    source="wei2024provable",
)

# Masks.


def _still(regime: Regime, statement: Equation) -> Cell:
    """Return the cell of a rule that moves nothing where a gradient is zero."""
    return Cell(regime, "no-op", Part(statement, ASSUMED[regime]), w_o, w_o)


separating_forget_mask = Assumption(
    "forget mask drops features of forget rows alone",
    (Mask(M_B), X_r @ M_B == X_r, X_f @ M_B == 0),
    ("forget support",),
    featurewise=True,
)


def _everything_kept(regime: Regime) -> Cell:
    """Return the cell of a mask that keeps all weights, since every feature is in use."""
    part = Part(M == I_d, (*ASSUMED[regime], retain_support))
    return Cell(regime, "no-op", part, w_rbm, w_o)


kept_ridge = named("M w_o(λ)", M @ w_o_ridge, r"M w_o(\lambda)")
row(
    "retain_mask",
    "retain mask (RBM)",
    "The mask of the features that the retained rows use, without fine-tuning.",
    exact("distinct", w_rbm, (separating_mask,), Hints(lemmas=(("B4.1", {}),))),
    off("overlapping", w_rbm, M @ (P - P_r) @ w_star, (retain_support,)),
    _everything_kept("shared"),
    off("ridge", kept_ridge, -(M @ pulled_ridge), (retain_support,)),
    _everything_kept("under"),
    also=("essential_graph", "energy_mask"),
    source="ding2024unlearning",
)

dropped_ridge = named("M_B w_o(λ)", M_B @ w_o_ridge, r"M_B w_o(\lambda)")
row(
    "forget_mask",
    "forget mask",
    "The mask of the features that the forget rows do not use, without fine-tuning: none, where "
    "features are shared.",
    exact("distinct", w_forget, (separating_forget_mask,), Hints(lemmas=(("B4.1", {"M": M_B}),))),
    off("overlapping", w_forget, (M_B @ P - P_r) @ w_star, (forget_support,)),
    off("shared", Zero(("d", "c")), -(P_r @ w_star)),
    off("ridge", dropped_ridge, -(M_B @ pulled_ridge) - (I_d - M_B) @ w_g_ridge, (forget_support,)),
    off("under", w_forget, M_B @ news - (I_d - M_B) @ w_g, (forget_support,)),
    source="ding2024unlearning",
)

any_mask = Mask(M)


def _any_mask(regime: Regime) -> Cell:
    if regime == "ridge":
        error = -(M @ pulled_ridge) - (I_d - M) @ w_g_ridge
        return off(regime, kept_ridge, error, (any_mask,))
    return off(regime, w_rbm, M @ news - (I_d - M) @ w_g, (any_mask,))


row(
    "magnitude_mask",
    "any other mask",
    "Whatever weights the mask M keeps: the largest, for example.",
    *(_any_mask(regime) for regime in ALL),
    source="ding2024unlearning",
)
row(
    "gradient_mask",
    "gradient mask",
    "Gradients are zero where data interpolate, so none is larger than another (B8): nothing is "
    "reset. Elsewhere whatever weights the mask M keeps.",
    *(_still(regime, X.T @ (X @ w_o - y) == 0) for regime in INTERPOLATING),
    *(_any_mask(regime) for regime in ("ridge", "under")),
    source="ding2024unlearning",
)
row(
    "mask_ceiling",
    "the best mask in hindsight",
    "It knows golden (B10): with distinct features the best mask is the retain mask; elsewhere "
    "whatever weights it keeps.",
    exact("distinct", w_rbm, (separating_mask,), Hints(lemmas=(("B4.1", {}),))),
    *(_any_mask(regime) for regime in ("overlapping", "shared", "ridge", "under")),
    source="ding2024unlearning",
)

# Regularized fine-tuning.

T = regularized_operator(alpha)
spread = weighted_gram(alpha) + ridge * I_d


def _regularized_ridge(labels: Expr) -> Expr:
    return w_o_ridge + inv(spread) @ X.T @ weighting(alpha) @ (labels - X @ w_o_ridge)


def _regularized_error(labels: Expr) -> Expr:
    data = X.T @ weighting(alpha) @ (labels - X @ w_g_ridge)
    return inv(spread) @ (data + ridge * moved_ridge)


WEIGHTED = Hints(
    via=(
        X.T @ E_r.T @ (y_r - X_r @ w_g) == 0,
        X.T @ weighting(alpha) @ E_r.T @ (y_r - X_r @ w_g) == 0,
        T @ E_r.T @ (y_r - X_r @ w_g) == 0,
        named("T X", T @ X) @ w_g == w_g,
        named("T X", T @ X) @ w_o == w_o,
    ),
    lemmas=(*FITTED, *IN_ROW_SPACE),
)
SPREAD = Hints(lemmas=(*INVERSES, by_rows("L5.2")))
row(
    "regularized",
    "regularized fine-tuning, zero labels",
    "The limit of no ridge around the pretrained weights, with any weight α > 0; in the regime of "
    "the ridge, around weights pretrained with it.",
    exact("distinct", w_reg_zero, (positive_weight,), Hints(lemmas=(("C3.1", {}),))),
    *(
        off(regime, w_reg_zero, -(T @ E_f.T @ X_f @ w_g), (positive_weight,), WEIGHTED)
        for regime in ("overlapping", "shared")
    ),
    off(
        "ridge",
        _regularized_ridge(zero_labelled),
        _regularized_error(zero_labelled),
        (positive_weight,),
        SPREAD,
    ),
    off("under", w_reg_zero, -(T @ E_f.T @ X_f @ w_g), (positive_weight,), WEIGHTED),
    source="ding2024unlearning",
)
row(
    "regularized.labels",
    "regularized fine-tuning, other labels",
    "As with zero labels, with any labels ỹ_f: wrong, random, uniform.",
    *(
        off(regime, w_reg_limit, T @ E_f.T @ (y_new - X_f @ w_g), (positive_weight,), WEIGHTED)
        for regime in INTERPOLATING
    ),
    off(
        "ridge",
        _regularized_ridge(relabelled),
        _regularized_error(relabelled),
        (positive_weight,),
        SPREAD,
    ),
    off("under", w_reg_limit, T @ E_f.T @ (y_new - X_f @ w_g), (positive_weight,), WEIGHTED),
    also=("ce_ft", "ice_ft", "kl_ft"),
    options={"targets": "wrong"},
    source="ding2024unlearning",
)

# Matching golden's predictions.

matched_ridge = named("w_om(λ)", w_o_ridge + pinv(X) @ (X @ w_g_ridge - X @ w_o_ridge))
RIDGE_IN_ROW_SPACE = Hints(
    via=(P @ w_o_ridge == w_o_ridge, P @ w_g_ridge == w_g_ridge),
    lemmas=(*INVERSES, ("L6.1", {"A": X, "E": E_r})),
)
row(
    "oracle_matching",
    "oracle matching on all rows",
    "Golden's predictions on all rows are matched, as by exact datamodels, and by descent in the "
    "limit.",
    *(exact(regime, matched) for regime in INTERPOLATING),
    exact("ridge", matched_ridge, (), RIDGE_IN_ROW_SPACE),
    exact("under", matched),
    also=("datamodel_matching", "oracle_matching_descent"),
    source="georgiev2025attribute",
)

on_forget_ridge = named("w_om(X_f, λ)", w_o_ridge - pinv(X_f) @ X_f @ moved_ridge)
row(
    "oracle_matching.forget",
    "oracle matching on forget rows",
    "Golden's predictions on the forget rows alone are matched.",
    exact(
        "distinct",
        matched_on_forget,
        (),
        Hints(
            via=(X_r @ X_f.T == 0, P == P_r + P_f),
            lemmas=(("L7.3", {}), ("A4.3", {}), *IN_ROW_SPACE),
        ),
    ),
    *(
        off(regime, matched_on_forget, (I_d - P_f) @ (P - P_r) @ w_star)
        for regime in ("overlapping", "shared")
    ),
    off("ridge", on_forget_ridge, -((I_d - P_f) @ pulled_ridge)),
    off("under", matched_on_forget, (I_d - P_f) @ news),
    options={"rows": "forget"},
    source="georgiev2025attribute",
)

δ = Letter("δ", "n", "c", r"\delta")
mismatched = named("w_dm", w_o + pinv(X) @ (X @ w_g + δ - X @ w_o))
mismatched_ridge = named("w_dm(λ)", w_o_ridge + pinv(X) @ (X @ w_g_ridge + δ - X @ w_o_ridge))
row(
    "datamodel_matching.additive",
    "datamodel matching with error δ",
    "Targets that are off by δ, as those of additive and of regressed datamodels are (D3), and "
    "those of fused layers where one request helps to predict another (F4).",
    *(off(regime, mismatched, pinv(X) @ δ) for regime in INTERPOLATING),
    off("ridge", mismatched_ridge, pinv(X) @ δ, (), RIDGE_IN_ROW_SPACE),
    off("under", mismatched, pinv(X) @ δ),
    also=("fused",),
    options={"datamodel": "additive"},
    source="georgiev2025attribute, chen2023unlearn",
)

by_golden = named("ŷ", E_r.T @ y_r + E_f.T @ X_f @ w_g, r"\hat y")
relabelled_by_golden = named("w_muso", w_o + pinv(X) @ (by_golden - X @ w_o), r"w_{\mathrm{muso}}")
row(
    "min_norm_og",
    "minimum norm (MinNorm-OG)",
    "The projection on the retained rows, all the way.",
    *(exact(regime, named("P_r w_o", P_r @ w_o)) for regime in INTERPOLATING),
    off("ridge", named("P_r w_o(λ)", P_r @ w_o_ridge), -(P_r @ pulled_ridge)),
    no_op("under", named("P_r w_o", P_r @ w_o)),
    source="block2025overparameterization",
)

muso_ridge = named("w_muso(λ)", inv(hessian) @ (X_r.T @ y_r + X_f.T @ X_f @ w_g_ridge))
row(
    "muso",
    "MUSO (relabelling)",
    "From zeros; with a ridge, the solution on the new labels with the same ridge.",
    *(exact(regime, relabelled_by_golden) for regime in INTERPOLATING),
    exact(
        "ridge",
        muso_ridge,
        (),
        Hints(via=(retained_hessian @ w_g_ridge == X_r.T @ y_r,), lemmas=INVERSES),
    ),
    exact("under", relabelled_by_golden),
    source="yang2024muso",
)

# Steps along gradients.

up = named("w₊", w_o + eta * (X_f.T @ (X_f @ w_o - y_f)), "w_+")
up_from_any = named("w₊", w + eta * (X_f.T @ (X_f @ w - y_f)), "w_+")
growth = I_f + eta * (X_f @ X_f.T)
row(
    "gradient_ascent",
    "gradient ascent",
    "Steps up the loss of the forget rows; where it grows, from any weights w.",
    *(no_op(regime, up) for regime in INTERPOLATING),
    *(grows(regime, up_from_any, X_f @ w - y_f, growth, y_f) for regime in ("ridge", "under")),
    source="golatkar2020eternal",
)

up_and_down = named(
    "w₊",
    w_o - eta * (X_r.T @ (X_r @ w_o - y_r) - beta * (X_f.T @ (X_f @ w_o - y_f))),
    "w_+",
)
plain_curvature = named("A", X_r.T @ X_r - beta * (X_f.T @ X_f))
plain_invertible = Assumption(
    "A invertible", (inv(plain_curvature) @ plain_curvature == I_d, Positive("beta"))
)
neg_grad_plain = named(
    "w_NG", inv(plain_curvature) @ (X_r.T @ y_r - beta * (X_f.T @ y_f)), r"w_{\mathrm{NG}}"
)
row(
    "neg_grad_plus",
    "NegGrad+",
    "Where data interpolate, a step from the pretrained weights: a stationary point, and without "
    "a minimum around it wherever a forget row has a new direction (D4.ascent). Elsewhere the "
    "limit, which exists for β below β*.",
    *(no_op(regime, up_and_down) for regime in INTERPOLATING),
    off(
        "ridge",
        neg_grad,
        beta * (inv(neg_grad_curvature) @ X_f.T @ (X_f @ w_g_ridge - y_f)),
        (curvature_invertible,),
        Hints(lemmas=(("D4.ascent.3", {}),)),
    ),
    off(
        "under",
        neg_grad_plain,
        beta * (inv(plain_curvature) @ X_f.T @ (X_f @ w_g - y_f)),
        (plain_invertible,),
        Hints(
            via=(
                X_r.T @ (X_r @ w_g - y_r) == 0,
                inv(plain_curvature) @ X_r.T @ (X_r @ w_g - y_r) == 0,
            )
        ),
    ),
    source="kurmanji2023scrub",
)

# One step from w_o along any preconditioned gradient of what golden minimizes.
Q = Letter("Q", "d", "d")


def _scaled(gradient: Expr) -> Expr:
    return eta * gradient


def _conditioned(gradient: Expr) -> Expr:
    return Q @ gradient


def _stepped(by: Callable[[Expr], Expr], regime: Regime) -> Expr:
    start = pretrained_in(regime)
    slope: Expr = X_r.T @ (X_r @ start - y_r)
    if regime == "ridge":
        slope = slope + ridge * start
    return named("w₊", start - by(slope), "w_+")


def _after_step(by: Callable[[Expr], Expr], regime: Regime) -> Cell:
    error: Expr
    if regime == "ridge":
        error = moved_ridge - by(retained_hessian @ moved_ridge)
        hints = Hints(via=(retained_hessian @ w_g_ridge == X_r.T @ y_r,), lemmas=INVERSES)
    else:
        error = moved - by(curvature @ moved)
        hints = Hints(via=(X_r.T @ (X_r @ w_g - y_r) == 0,))
    return off(regime, _stepped(by, regime), error, (), hints)


row(
    "scrub",
    "SCRUB",
    "The first pair of steps from the pretrained weights, of which the ascent is stationary.",
    *(no_op(regime, _stepped(_scaled, regime)) for regime in INTERPOLATING),
    *(_after_step(_scaled, regime) for regime in ("ridge", "under")),
    options={"steps": 1},
    source="kurmanji2023scrub",
)
row(
    "first_order",
    "a step along the gradient",
    "Any fixed matrix Q times the gradient of the retained objective at the pretrained weights: "
    "a multiple of I, the inverse of a Fisher matrix, the inverse of a block of parameters.",
    *(no_op(regime, _stepped(_conditioned, regime)) for regime in INTERPOLATING),
    *(_after_step(_conditioned, regime) for regime in ("ridge", "under")),
    also=("ssse", "saps"),
    source="warnecke2023features, peste2021ssse, malekmohammadi2025sharpness",
)

newton_plain = named("w_N", w_o + pinv(curvature) @ X_f.T @ (X_f @ w_o - y_f))
row(
    "newton",
    "Newton step",
    "With the Hessian of the retained rows, at λ = 0 its pseudo-inverse. Certified removal adds "
    "noise that is zero, since nothing is left of the gradient.",
    *(no_op(regime, newton_plain) for regime in INTERPOLATING),
    exact("ridge", newton, (), Hints(lemmas=(("E1.1", {}),))),
    exact(
        "under",
        newton_plain,
        (),
        Hints(
            via=(
                X.T @ (X @ w_o - y) == 0,
                pinv(curvature) == pinv(X_r) @ pinv(X_r).T,
                pinv(curvature) @ X_r.T == pinv(X_r),
            ),
        ),
    ),
    also=("certified_removal",),
    source="warnecke2023features, guo2020certified",
)

influence_plain = named("w_IF", w_o + pinv(X.T @ X) @ X_f.T @ (X_f @ w_o - y_f))
row(
    "influence",
    "influence step",
    "With the Hessian of all rows, at λ = 0 its pseudo-inverse; one step.",
    *(no_op(regime, influence_plain) for regime in INTERPOLATING),
    off(
        "ridge",
        influence,
        -(through @ S @ e_f),
        (),
        Hints(lemmas=(("E2.1", {}), ("E1.3", {}), *INVERSES)),
    ),
    off(
        "under",
        influence_plain,
        pinv(X.T @ X) @ X_f.T @ X_f @ moved,
        (),
        Hints(
            via=(
                X_r.T @ (X_r @ w_g - y_r) == 0,
                X.T @ (X @ w_o - y) == 0,
                pinv(X.T @ X) == pinv(X) @ pinv(X).T,
                pinv(X.T @ X) @ X.T == pinv(X),
                pinv(X.T @ X) @ X_r.T @ (X_r @ w_g - y_r) == 0,
                pinv(X.T @ X) @ X.T @ (X @ w_o - y) == 0,
            ),
        ),
    ),
    source="warnecke2023features",
)

# Steps that the retained rows do not see.

projected_up = named("w₊", w_o + eta * (B.T @ (X_f @ w_o - y_f)), "w_+")
row(
    "projected_gradient",
    "projected gradient (PGU), ascent",
    "Steps up the loss of the forget rows, projected; where it grows, from any weights w.",
    *(no_op(regime, projected_up) for regime in INTERPOLATING),
    grows(
        "ridge",
        named("w₊", w + eta * (B.T @ (X_f @ w - y_f)), "w_+"),
        X_f @ w - y_f,
        I_f + eta * B @ B.T,
        y_f,
    ),
    no_op("under", projected_up),
    source="hoang2024projection",
)

silenced = named("w_B", w_o - pinv(B) @ X_f @ w_o)
silenced_ridge = named("w_B(λ)", w_o_ridge - pinv(B) @ X_f @ w_o_ridge)
row(
    "lora_residual",
    "a layer that retained rows do not see, zero labels",
    "w_o − B⁺X_f w_o: residual alignment by LoRA, and projected descent in the limit.",
    exact(
        "distinct",
        silenced,
        (),
        Hints(
            via=(
                w_o - w_g == (P - P_r) @ w_star,
                pinv(B) @ (X_f @ (w_o - w_g) - B @ w_star) == 0,
            ),
            lemmas=(("L11.5", {}), ("L11.7", {}), ("A4.1", {})),
        ),
    ),
    *(
        off(
            regime,
            silenced,
            -(pinv(B) @ X_f @ w_g),
            (),
            Hints(
                via=(
                    w_o - w_g == (P - P_r) @ w_star,
                    pinv(B) @ (X_f @ (w_o - w_g) - B @ w_star) == 0,
                ),
                lemmas=(("L11.5", {}), ("L11.7", {})),
            ),
        )
        for regime in ("overlapping", "shared")
    ),
    off("ridge", silenced_ridge, -(pinv(B) @ X_f @ w_o_ridge) - pulled_ridge),
    no_op("under", silenced, (), Hints(via=(B == 0,))),
    also=("projected_gradient",),
    source="qin2024residual, hoang2024projection",
)

# Other labels and other teachers, on all rows alike.

random_labels = named("w_rl", pinv(X) @ relabelled)
random_labels_ridge = named("w_rl(λ)", inv(hessian) @ (X_r.T @ y_r + X_f.T @ y_new))
row(
    "random_label_descent",
    "random labels",
    "The limit on the retained labels and any labels ỹ_f of the forget rows; so SalUn with all "
    "weights.",
    *(
        off(regime, random_labels, pinv(X) @ E_f.T @ (y_new - X_f @ w_g), (), UNSEEN)
        for regime in INTERPOLATING
    ),
    off(
        "ridge",
        random_labels_ridge,
        inv(hessian) @ X_f.T @ (y_new - X_f @ w_g_ridge),
        (),
        Hints(via=(retained_hessian @ w_g_ridge == X_r.T @ y_r,), lemmas=INVERSES),
    ),
    off("under", random_labels, pinv(X) @ E_f.T @ (y_new - X_f @ w_g), (), UNSEEN),
    options={"steps": None},
    source="golatkar2020eternal",
)

taught = named("w_bt", w_o - pinv(X) @ E_f.T @ X_f @ w_o)
taught_ridge = named("w_bt(λ)", w_o_ridge - pinv(X) @ E_f.T @ X_f @ w_o_ridge)
row(
    "bad_teacher",
    "bad teacher that says zero",
    "The limit: the pretrained model on retained rows, zero on forget rows.",
    exact(
        "distinct",
        taught,
        (),
        Hints(
            via=(X_r @ X_f.T == 0, P == P_r + P_f),
            lemmas=(("L7.3", {}), ("A4.3", {}), ("L11.6", {}), ("L6.2", {"A": X, "E": E_r})),
        ),
    ),
    *(
        off(
            regime,
            taught,
            -(pinv(X) @ E_f.T @ X_f @ w_g),
            (),
            Hints(
                via=(w_o - w_g == pinv(X) @ E_f.T @ X_f @ (w_o - w_g),),
                lemmas=(("L6.4", {}), *IN_ROW_SPACE),
            ),
        )
        for regime in ("overlapping", "shared")
    ),
    off("ridge", taught_ridge, -(pinv(X) @ E_f.T @ X_f @ w_o_ridge) - pulled_ridge),
    off("under", taught, news - pinv(X) @ E_f.T @ X_f @ w_o, (), UNSEEN),
    options={"steps": None},
    source="chundawat2023bad",
)

# Weights that are damped, selected or shrunk.

Λ = Letter("Λ", "d", "d", r"\Lambda")
row(
    "ssd",
    "SSD (dampening)",
    "Every sample gradient is zero where data interpolate, so no weight is dampened; elsewhere a "
    "diagonal Λ of factors, for one output.",
    *(_still(regime, X @ w_o == y) for regime in INTERPOLATING),
    off("ridge", named("Λ w_o(λ)", Λ @ w_o_ridge), (Λ - I_d) @ w_o_ridge - pulled_ridge),
    off("under", named("Λ w_o", Λ @ w_o), (Λ - I_d) @ w_o + news, (), UNSEEN),
    options={"threshold": 1.0},
    source="foster2024ssd",
)

chosen_step = pinv(X @ M) @ (relabelled - X @ w_o)
chosen_step_ridge = inv((X @ M).T @ X @ M + ridge * I_d) @ (X @ M).T @ (relabelled - X @ w_o_ridge)
masked = named("w_s", w_o + chosen_step)
masked_ridge = named("w_s(λ)", w_o_ridge + chosen_step_ridge)
row(
    "salun",
    "SalUn",
    "The gradient of the forget loss is zero where data interpolate, so no weight is salient; "
    "elsewhere labels ỹ_f on the forget rows, and the weights of a mask M move.",
    *(_still(regime, X_f.T @ (X_f @ w_o - y_f) == 0) for regime in INTERPOLATING),
    off(
        "ridge",
        masked_ridge,
        chosen_step_ridge - pulled_ridge,
        (any_mask,),
        Hints(lemmas=(*INVERSES, ("L5.1", {"A": X @ M}))),
    ),
    off("under", masked, chosen_step + news, (any_mask,), UNSEEN),
    source="fan2024salun",
)

shrink = parameter("kappa")
row(
    "just_in_time",
    "JiT",
    "Shrinks the pretrained weights by a factor κ, for one output and the exact mean.",
    *(
        off(regime, named("κ w_o", shrink * w_o), (shrink * P - P_r) @ w_star)
        for regime in INTERPOLATING
    ),
    off("ridge", named("κ w_o(λ)", shrink * w_o_ridge), (shrink - 1) * w_o_ridge - pulled_ridge),
    off("under", named("κ w_o", shrink * w_o), (shrink - 1) * w_o + news, (), UNSEEN),
    source="foster2024lipschitz",
)

S_2 = Letter("S_2", "n_s", "n_r")
X_s, y_s = named("X_s", S_2 @ X_r), named("y_s", S_2 @ y_r)
P_s = named("P_s", pinv(X_s) @ X_s)
half = Fraction(1, 2)
averaged = named("w̄", half * (pinv(X_t) @ y_t + pinv(X_s) @ y_s))


def _ridge_of(rows: Expr, labels: Expr) -> Expr:
    return inv(gram(rows) + ridge * I_d) @ rows.T @ labels


def _pulled_from_golden(rows: Expr, labels: Expr) -> Expr:
    force = rows.T @ (labels - rows @ w_g_ridge) - ridge * w_g_ridge
    return inv(gram(rows) + ridge * I_d) @ force


def _apart(rows: Expr, labels: Expr) -> Expr:
    return pinv(rows) @ (labels - rows @ w_g) - (I_d - pinv(rows) @ rows) @ w_g


averaged_ridge = named("w̄(λ)", half * (_ridge_of(X_t, y_t) + _ridge_of(X_s, y_s)))
row(
    "sharded_ridge",
    "sharded adapters (LegoNet)",
    "Two shards X_t and X_s of retained rows, averaged; exact for the average retrained (F2), "
    "which golden itself is not.",
    *(off(regime, averaged, half * (P_t + P_s - 2 * P_r) @ w_star) for regime in INTERPOLATING),
    off(
        "ridge",
        averaged_ridge,
        half * (_pulled_from_golden(X_t, y_t) + _pulled_from_golden(X_s, y_s)),
        (),
        Hints(lemmas=(*INVERSES, ("L5.1", {"A": X_t}), ("L5.1", {"A": X_s}))),
    ),
    off("under", averaged, half * (_apart(X_t, y_t) + _apart(X_s, y_s)), (), Hints()),
    options={"shards": 2},
    source="yu2022legonet",
)


def _at(at: Letters, name: str) -> float:
    return float(at[name][0, 0])


def _solves(name: str, *numbers: str, **options: Any) -> Callable[[Problem, Letters], Array]:
    """Return the call of a method with options fixed, and with numbers of the instance."""
    called = {"lambda": "ridge", "eta": "step_size"}

    def run(problem: Problem, at: Letters) -> Array:
        drawn = {called.get(number, number): _at(at, number) for number in numbers}
        return METHODS[name](problem, **drawn, **options).coef

    return run


SOLVED_BY.update(
    {
        tuned: _solves("fine_tuned"),
        tuned_ridge: _solves("fine_tuned", "lambda"),
        matched_ridge: _solves("oracle_matching", "lambda"),
        on_forget_ridge: _solves("oracle_matching", "lambda", rows="forget"),
        relabelled_by_golden: _solves("muso"),
        muso_ridge: _solves("muso", "lambda"),
        named("P_r w_o(λ)", P_r @ w_o_ridge): _solves("min_norm_og", "lambda"),
        up: _solves("gradient_ascent", "eta", steps=1),
        up_and_down: _solves("neg_grad_plus", "eta", "beta", steps=1),
        projected_up: _solves("projected_gradient", "eta", steps=1),
        silenced: _solves("lora_residual"),
        silenced_ridge: _solves("lora_residual", "lambda"),
        taught: _solves("bad_teacher", steps=None),
        newton_plain: _solves("newton"),
        influence_plain: _solves("influence"),
        kept_ridge: lambda problem, at: (
            METHODS["retain_mask"](
                problem, mask=np.diag(at["M"]) != 0, ridge=_at(at, "lambda")
            ).coef
        ),
        dropped_ridge: lambda problem, at: (
            METHODS["forget_mask"](
                problem, mask=np.diag(at["M_B"]) != 0, ridge=_at(at, "lambda")
            ).coef
        ),
    }
)
for _regime in ("distinct", "ridge"):
    SOLVED_BY[_stepped(_scaled, _regime)] = _solves(
        "scrub", "eta", *(("lambda",) if _regime == "ridge" else ()), steps=1, gamma=0.0
    )
