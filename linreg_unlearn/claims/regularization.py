"""Family C: fine-tuning that also fits new labels on the forget data [ding2024unlearning].

``w_reg(α, λ) = argmin ‖X_r w − y_r‖²/n_r + α‖X_f w − ỹ_f‖²/n_f + λ‖w − w_0‖²``, and its limit
``λ → 0``, the nearest minimizer of the first two terms.
"""

import numpy as np

from linreg_unlearn.algebra.expressions import gram, inv, pinv
from linreg_unlearn.algebra.statements import Positive, RankEquation, Semidefinite
from linreg_unlearn.claims.assumptions import (
    distinct,
    golden_labels,
    independent_rows,
    positive_ridge,
    ranks_of_rows_add,
    retained_consistent,
    two_weights,
)
from linreg_unlearn.claims.claim import Check, Claim, Observation, Part, register
from linreg_unlearn.claims.vocabulary import (
    E_f,
    I_d,
    X,
    X_f,
    X_r,
    alpha,
    beta,
    m_f,
    regularized_operator,
    relabelled,
    retain_loss,
    ridge,
    unlearning_loss,
    w_0,
    w_g,
    w_reg_from_start,
    w_reg_limit,
    w_reg_limit_from_start,
    w_reg_zero,
    weighted_gram,
    y_f,
    y_new,
    y_r,
)
from linreg_unlearn.linalg.factorization import truncated_svd

READING = (
    "Our reading of the regularizers in the paper's first version, as squared losses; the wording "
    "and constants of its theorems are not confirmed."
)
OURS = "Derived here."
ROWS_APART = ("full row rank", "distinct", "orthogonal")

kernel_inverse = inv(X @ X.T)
surprise = y_new - X_f @ w_g

register(
    Claim(
        "C1",
        "As λ → 0 the weight α of the forget term drops out iff the ranks of the rows add",
        (
            Part(
                w_reg_from_start - w_reg_limit_from_start
                == -ridge
                * (inv(weighted_gram(alpha) + ridge * I_d) @ (w_reg_limit_from_start - w_0)),
                (positive_ridge,),
            ),
            Part(
                regularized_operator(alpha) == regularized_operator(beta),
                (ranks_of_rows_add, two_weights),
            ),
            Part(
                RankEquation((X,), (X_r, X_f)),
                (two_weights, regularized_operator(alpha) == regularized_operator(beta)),
                also_draw=ROWS_APART,
            ),
            Part(regularized_operator(alpha) @ X == pinv(X) @ X, (ranks_of_rows_add,)),
        ),
        source="ding2024unlearning",
        wording=READING + " The first part shows the factor λ with which the limit is reached.",
    )
)

register(
    Claim(
        "C1.weight",
        "As λ → 0 the weight α of the forget term drops out, whatever the data",
        (Part(regularized_operator(alpha) == regularized_operator(beta), (two_weights,)),),
        source="ding2024unlearning",
        wording="What the absence of sensitivity to α suggests; C1 says where it is so.",
        expected="fails",
    )
)

register(
    Claim(
        "C2",
        "Full row rank: regularized fine-tuning fits its labels, off golden by rᵀ [K⁻¹]_ff r",
        (
            Part(X_r @ w_reg_limit_from_start == y_r, (independent_rows,)),
            Part(
                unlearning_loss(w_reg_limit_from_start) == m_f * gram(y_new - y_f),
                (independent_rows,),
            ),
            Part(
                gram(w_reg_limit - w_g) == surprise.T @ E_f @ kernel_inverse @ E_f.T @ surprise,
                (independent_rows,),
            ),
        ),
        source="ding2024unlearning",
        wording=READING + " The error formula is ours.",
    )
)

register(
    Claim(
        "C3",
        "Distinct features: regularized fine-tuning towards zero labels reaches golden",
        (
            Part(w_reg_zero == w_g, (distinct,)),
            Part(unlearning_loss(w_reg_zero) == m_f * gram(y_f), (distinct,)),
        ),
        source="ding2024unlearning",
        wording=READING + " It needs neither interpolation nor a particular α.",
    )
)

register(
    Claim(
        "C4",
        "Regularized fine-tuning reaches golden iff its labels are golden's predictions",
        (
            Part(w_reg_limit == w_g, (retained_consistent, golden_labels)),
            Part(
                w_reg_limit == w_g,
                (retained_consistent, X_f.T @ surprise == 0),
                also_draw=("golden labels",),
            ),
            Part(
                X_f.T @ surprise == 0,
                (retained_consistent, w_reg_limit == w_g),
                also_draw=("golden labels",),
            ),
        ),
        source="ding2024unlearning",
        wording=OURS + " Golden's predictions as labels are the bridge to datamodel matching.",
    )
)


def _ridge_bounds(seed: int) -> Observation:
    """Compare the distance that a ridge keeps from the limit with its bounds, on random data."""
    rng = np.random.default_rng(seed)
    worst, instances = 0.0, 0
    for _ in range(60):
        n, d = int(rng.integers(2, 10)), int(rng.integers(2, 12))
        rank = int(rng.integers(1, min(n, d) + 1))
        Z = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, d))
        b = rng.standard_normal(n)
        U, s, Vt = truncated_svd(Z)
        step = (U.T @ b) / s  # w(0) − w_0 in singular coordinates
        low, high = float(s[-1] ** 2), float(s[0] ** 2)
        distances, losses = [], []
        for weight in 10.0 ** np.arange(-4, 4):
            kept = s**2 / (s**2 + weight) * step
            missed = float(np.linalg.norm(step - kept))
            whole = float(np.linalg.norm(step))
            lower = weight * whole / (weight + high)
            upper = min(
                weight * whole / (weight + low), weight * float(np.linalg.norm(step / s**2))
            )
            worst = max(worst, lower / missed, missed / upper)
            instances += 1
            distances.append(float(np.linalg.norm(kept)))
            losses.append(float(np.linalg.norm(Z @ (Vt.T @ kept) - b)))
        if np.any(np.diff(distances) > 1e-12) or np.any(np.diff(losses) < -1e-12):
            worst = np.inf
    # Rounding may push a bound that is attained past 1.
    return Observation(instances, worst - 1e-9, f"largest ratio to a bound {worst:.6f}")


register(
    Claim(
        "C5",
        "A finite ridge misses the limit by λ (G + λI)⁻¹ Δ; distance and loss are monotone in λ",
        (
            Part(
                w_reg_from_start - w_reg_limit_from_start
                == -ridge
                * (
                    inv(weighted_gram(alpha) + ridge * I_d)
                    @ regularized_operator(alpha)
                    @ (relabelled - X @ w_0)
                ),
                (positive_ridge,),
            ),
            Part(
                Semidefinite(gram(w_reg_limit_from_start - w_0) - gram(w_reg_from_start - w_0)),
                (positive_ridge,),
            ),
        ),
        source="ding2024unlearning",
        wording=OURS,
        checks=(
            Check(
                "λ‖Δ‖/(λ + μ_max) ≤ ‖w(λ) − w(0)‖ ≤ min(λ‖Δ‖/(λ + μ_min⁺), λ‖G⁺Δ‖) with "
                "Δ = w(0) − w_0; ‖w(λ) − w_0‖ falls and the data loss grows with λ",
                "Δ lies in the range of G, on which (G + λI)⁻¹ has eigenvalues 1/(λ + μ) with "
                "μ_min⁺ ≤ μ ≤ μ_max, and λ/(λ + μ) ≤ λ/μ. Each coordinate μ/(μ + λ) of the step "
                "falls in λ, and the residual it leaves grows.",
                _ridge_bounds,
            ),
        ),
    )
)

register(
    Claim(
        "C5.retain",
        "With a smaller ridge, regularized fine-tuning has a smaller remaining loss",
        (
            Part(
                Semidefinite(retain_loss(w_reg_from_start) - retain_loss(w_reg_limit_from_start)),
                (positive_ridge, Positive("alpha")),
            ),
        ),
        source="ding2024unlearning",
        wording="The weighted loss is monotone (C5); its first term alone is not.",
        expected="fails",
    )
)
