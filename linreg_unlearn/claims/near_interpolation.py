"""What is left of A2, B1, B3 and C3 when data are nearly interpolated, as real data are.

Each statement is an identity or an inequality in the residual ``X w_o − y``, with no assumption
that it is zero; at zero it is the claim it is named after.
"""

import numpy as np

from linreg_unlearn.algebra.expressions import gram, pinv
from linreg_unlearn.algebra.statements import Semidefinite
from linreg_unlearn.claims.assumptions import distinct, one_forget_row, retain_mask
from linreg_unlearn.claims.claim import Check, Claim, Observation, Part, register
from linreg_unlearn.claims.vocabulary import (
    I_d,
    M,
    P_r,
    X,
    X_f,
    X_r,
    X_t,
    m_r,
    retain_loss,
    w_g,
    w_o,
    w_rbm,
    w_rbm_tuned,
    w_reg_zero,
    w_t,
    y,
    y_f,
    y_r,
    y_t,
)
from linreg_unlearn.linalg.factorization import factorize

OURS = "Derived here, for data that do not quite interpolate."
# Free targets on full row rank are interpolated after all, so most draws avoid it.
NOT_INTERPOLATED = ("rank deficient",) * 3
missed = y_t - X_t @ w_o


def _fine_tuning_bound(seed: int) -> Observation:
    """Compare how far fine-tuning moves with the residual over the least singular value."""
    rng = np.random.default_rng(seed)
    worst, instances = 0.0, 200
    for _ in range(instances):
        n, d = int(rng.integers(2, 9)), int(rng.integers(2, 12))
        rows = rng.standard_normal((n, d))
        labels = rows @ rng.standard_normal(d) + 10.0 ** rng.uniform(-8, 0) * rng.standard_normal(n)
        pretrained = factorize(rows).min_norm(labels)
        chosen = slice(0, int(rng.integers(1, n + 1)))
        tuned = factorize(rows[chosen])
        moved = tuned.project_affine(pretrained, labels[chosen]) - pretrained
        residual = float(np.linalg.norm(labels[chosen] - rows[chosen] @ pretrained))
        least = np.linalg.svd(rows[chosen], compute_uv=False)[: tuned.rank][-1]
        bound = residual / least + 1e-12
        worst = max(worst, float(np.linalg.norm(moved)) / bound)
    return Observation(instances, worst, f"largest ratio to the bound {worst:.4f}")


register(
    Claim(
        "A2.near",
        "Fine-tuning moves w_o by X_t⁺ of the residual it finds, at most residual over σ_min⁺(X_t)",
        (
            Part(w_t - w_o == pinv(X_t) @ missed, also_draw=NOT_INTERPOLATED),
            Part(
                gram(w_t - w_o) == missed.T @ pinv(X_t @ X_t.T) @ missed,
                also_draw=NOT_INTERPOLATED,
            ),
        ),
        source="ding2024unlearning",
        wording=OURS,
        checks=(
            Check(
                "‖w_t − w_o‖ ≤ ‖y_t − X_t w_o‖ / σ_min⁺(X_t)",
                "The largest eigenvalue of (X_t X_tᵀ)⁺ is 1/σ_min⁺(X_t)²; a residual along its "
                "eigenvector attains the bound.",
                _fine_tuning_bound,
            ),
        ),
    )
)

register(
    Claim(
        "B1.near",
        "A retain mask leaves the retained loss as it is, and fine-tuning moves it as it moves w_o",
        (
            Part(retain_loss(w_rbm) == retain_loss(w_o), (retain_mask,)),
            Part(Semidefinite(m_r * gram(X @ w_o - y) - retain_loss(w_rbm)), (retain_mask,)),
            Part(w_rbm_tuned - w_rbm == w_t - w_o, (retain_mask,), also_draw=NOT_INTERPOLATED),
        ),
        source="ding2024unlearning",
        wording=OURS,
    )
)

register(
    Claim(
        "B3.near",
        "For n_f = 1 a retain mask drops no more than golden lacks; residuals of w_o add to both",
        (
            Part(
                Semidefinite(gram(X_f @ (I_d - P_r) @ w_o) - gram(X_f @ (I_d - M) @ w_o)),
                (retain_mask, one_forget_row),
            ),
            Part(X_f @ w_rbm - y_f == (X_f @ w_o - y_f) - X_f @ (I_d - M) @ w_o),
            Part(
                X_f @ w_g - y_f
                == (X_f @ w_o - y_f) - X_f @ (I_d - P_r) @ w_o + X_f @ pinv(X_r) @ (y_r - X_r @ w_o)
            ),
        ),
        source="ding2024unlearning",
        wording=OURS
        + " With ε_f = ‖X_f w_o − y_f‖ and ε_r = ‖X_f X_r⁺(y_r − X_r w_o)‖ the triangle inequality "
        "gives √UL(M w_o) ≤ √UL(w_g) + 2 ε_f + ε_r. The distance identity of B3 needs no "
        "interpolation at all.",
    )
)

register(
    Claim(
        "C3.near",
        "Distinct features: fitting zero labels reaches golden however badly data interpolate",
        (Part(X_r @ w_reg_zero == X_r @ w_g, (distinct,)), Part(w_reg_zero == w_g, (distinct,))),
        source="ding2024unlearning",
        wording=OURS + " There is nothing to degrade.",
    )
)
