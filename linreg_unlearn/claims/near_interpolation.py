"""What is left of A2, B1, B3 and C3 when data are nearly interpolated, as real data are.

Each statement is an identity or an inequality in the residual ``X w_o − y``, with no assumption
that it is zero; at zero it is the claim it is named after.
"""

from linreg_unlearn.algebra.expressions import Letter, gram, pinv
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.statements import Positive, Semidefinite
from linreg_unlearn.claims.assumptions import (
    distinct,
    one_forget_row,
    positive_weight,
    retain_mask,
)
from linreg_unlearn.claims.claim import Assumption, Claim, Hints, Part, register
from linreg_unlearn.claims.masks import one_row_squares
from linreg_unlearn.claims.vocabulary import (
    E_f,
    I_d,
    M,
    P_r,
    P_t,
    X,
    X_f,
    X_r,
    X_t,
    alpha,
    m_r,
    retain_loss,
    w_g,
    w_o,
    w_rbm,
    w_rbm_tuned,
    w_reg_zero,
    w_t,
    weighted_gram,
    y,
    y_f,
    y_r,
    y_t,
)

OURS = "Derived here, for data that do not quite interpolate."
# Free targets on full row rank are interpolated after all, so most draws avoid it.
NOT_INTERPOLATED = ("rank deficient",) * 3
missed = y_t - X_t @ w_o


# A lower bound s on the non-zero eigenvalues of X_tᵀX_t, said without eigenvalues.
least = parameter("sigma")
excess = Semidefinite(X_t.T @ X_t - least * P_t)
eigenvalues_at_least = Assumption(
    "non-zero eigenvalues of X_tᵀX_t at least σ", (excess, Positive("sigma"))
)
root_of_excess = Letter("√E", "d", "d", r"\sqrt{E}")

register(
    Claim(
        "A2.near",
        "Fine-tuning moves w_o by X_t⁺ of the residual it finds, at most its norm over σ_min⁺(X_t)",
        (
            Part(w_t - w_o == pinv(X_t) @ missed, also_draw=NOT_INTERPOLATED),
            Part(
                gram(w_t - w_o) == missed.T @ pinv(X_t @ X_t.T) @ missed,
                also_draw=NOT_INTERPOLATED,
                hints=Hints(lemmas=(("L2.1", {"A": X_t}),)),
            ),
            Part(
                Semidefinite(gram(missed) - least * gram(w_t - w_o)),
                (eigenvalues_at_least,),
                also_draw=NOT_INTERPOLATED,
                hints=Hints(
                    roots=((root_of_excess, excess),),
                    squares=(
                        (1, missed - X_t @ pinv(X_t) @ missed),
                        (1, root_of_excess @ pinv(X_t) @ missed),
                    ),
                ),
            ),
        ),
        source="ding2024unlearning",
        wording=OURS + " With the least of these eigenvalues as σ, the bound is attained.",
    )
)

register(
    Claim(
        "B1.near",
        "A retain mask leaves the retained loss as it is, and fine-tuning moves it as it moves w_o",
        (
            Part(retain_loss(w_rbm) == retain_loss(w_o), (retain_mask,)),
            Part(
                Semidefinite(m_r * gram(X @ w_o - y) - retain_loss(w_rbm)),
                (retain_mask,),
                hints=Hints(squares=((m_r, E_f @ (X @ w_o - y)),)),
            ),
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
                hints=one_row_squares(1),
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

# What retained rows predict stays, whatever the sign of α: X_r⁺ᵀ G = m_r X_r, so G⁺G leaves X_r
# alone, and G X_r⁺ = m_r X_rᵀ.
G = weighted_gram(alpha)
RETAINED_FIT = Hints(
    via=(
        X_f @ pinv(X_r) == 0,
        pinv(X_r).T @ G == m_r * X_r,
        X_r @ pinv(G) @ (G @ pinv(X_r) - m_r * X_r.T) == 0,
        X_r @ (pinv(G) @ G @ pinv(X_r) - pinv(X_r)) == 0,
        m_r * (X_r @ pinv(G) @ X_r.T) == X_r @ pinv(X_r),
        X_r @ pinv(G) @ G @ w_o == X_r @ w_o,
    ),
    lemmas=(
        ("L14.1", {"F": m_r * X_r, "A": G, "W": pinv(X_r).T}),
        ("L7.3", {}),
        ("L7.2", {}),
    ),
)

register(
    Claim(
        "C3.near",
        "Distinct features: fitting zero labels reaches golden however badly data interpolate",
        (
            Part(
                X_r @ w_reg_zero == X_r @ w_g,
                (distinct,),
                hints=RETAINED_FIT,
            ),
            Part(
                w_reg_zero == w_g, (distinct, positive_weight), hints=Hints(lemmas=(("C3.1", {}),))
            ),
        ),
        source="ding2024unlearning",
        wording=OURS + " There is nothing to degrade.",
    )
)
