"""Family C: fine-tuning that also fits new labels on the forget data [ding2024unlearning].

``w_reg(α, λ) = argmin ‖X_r w − y_r‖²/n_r + α‖X_f w − ỹ_f‖²/n_f + λ‖w − w_0‖²``, and its limit
``λ → 0``, the nearest minimizer of the first two terms.
"""

import numpy as np

from linreg_unlearn.algebra.expressions import Expr, Identity, Letter, gram, inv, named, pinv
from linreg_unlearn.algebra.statements import Positive, RankEquation, Semidefinite
from linreg_unlearn.claims.assumptions import (
    distinct,
    golden_labels,
    independent_rows,
    positive_ridge,
    positive_weight,
    ranks_of_rows_add,
    two_weights,
)
from linreg_unlearn.claims.claim import Check, Claim, Hints, Observation, Part, register
from linreg_unlearn.claims.vocabulary import (
    E_f,
    E_r,
    I_d,
    P,
    X,
    X_f,
    X_r,
    alpha,
    beta,
    m_f,
    m_r,
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
    weighting,
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

# Letters for proofs: T for T(α), N for the inverse with a ridge, Δ for the step of the limit and
# s = N Δ for what the ridge leaves of it, over λ.
T = Letter("T", "d", "n")
step = Letter("Δ", "d", "c", r"\Delta")
shrunk = Letter("s", "d", "c")
ridge_inverse = inv(weighted_gram(alpha) + ridge * I_d)
limit_operator = regularized_operator(alpha)
projector = named("T(α) X", limit_operator @ X)

Lemmas = tuple[tuple[str, dict[str, Expr]], ...]
# What is known of T(α): it projects, and it solves the weighted normal equations.
FITTED: Lemmas = (("C1.4", {}), ("L6.2", {"A": X, "E": E_r}))
NORMAL: Lemmas = (("C1.5", {}),)


def by_rows(lemma: str) -> tuple[str, dict[str, Expr]]:
    """Return the citation of a lemma on weighted sums for the retained and the forget rows.

    Examples
    --------
    >>> by_rows("L3.1")[0]
    'L3.1'
    """
    images: dict[str, Expr] = {"A": X_r, "C": X_f}
    return (lemma, {**images, "U": E_r, "V": E_f} if lemma.startswith("L4") else images)


gram_inverse = pinv(weighted_gram(alpha))
all_rows = E_r.T @ E_r + E_f.T @ E_f - Identity("n")  # zero
# (G + λI)⁻¹ Xᵀ D = T − λ (G + λI)⁻¹ T, since G T = Xᵀ D.
WITH_RIDGE = Hints(
    lets=((T, limit_operator),),
    via=(
        ridge_inverse @ (weighted_gram(alpha) @ T - X.T @ weighting(alpha)) @ (relabelled - X @ w_0)
        == 0,
    ),
    lemmas=(*NORMAL, by_rows("L5.2")),
)
# T(α) = X⁺ where T(α) X = P and X X⁺ = I.
INVERTED = Hints(via=(projector @ pinv(X) == pinv(X),), lemmas=FITTED)
# The retained rows are fitted whatever the sign of α: E_r X⁺ᵀ G = m_r X_r, so G⁺G leaves X_r alone.
ANY_WEIGHT = Hints(
    lets=((T, limit_operator),),
    via=(
        E_r @ pinv(X).T @ weighted_gram(alpha) == m_r * X_r,
        X_r @ gram_inverse @ (weighted_gram(alpha) @ pinv(X) - X.T @ weighting(alpha)) == 0,
        X_r @ (gram_inverse @ weighted_gram(alpha) @ pinv(X) - pinv(X)) == 0,
        X_r @ T == E_r,
    ),
    lemmas=(("L14.1", {"F": m_r * X_r, "A": weighted_gram(alpha), "W": E_r @ pinv(X).T}),),
)
kernel_inverse = inv(X @ X.T)
surprise = y_new - X_f @ w_g
surprised = Letter("e", "n", "c")
error = Letter("δ", "d", "c", r"\delta")

register(
    Claim(
        "C1",
        "As λ → 0 the weight α of the forget term drops out iff the ranks of the rows add",
        (
            Part(
                w_reg_from_start - w_reg_limit_from_start
                == -ridge
                * (inv(weighted_gram(alpha) + ridge * I_d) @ (w_reg_limit_from_start - w_0)),
                (positive_ridge, positive_weight),
                hints=WITH_RIDGE,
            ),
            Part(
                regularized_operator(alpha) == pinv(X),
                (ranks_of_rows_add, positive_weight),
                also_draw=ROWS_APART,
                hints=Hints(
                    # X X⁺ keeps the rows apart, so that T X X⁺ = T.
                    via=(
                        X_r @ pinv(X) @ E_f.T @ E_f @ X @ pinv(X) == 0,
                        X_r @ pinv(X) @ E_f.T == 0,
                        X_f @ pinv(X) @ E_r.T == 0,
                        X.T @ weighting(alpha) @ X @ pinv(X) == X.T @ weighting(alpha),
                        projector @ pinv(X) == pinv(X),
                    ),
                    lemmas=FITTED,
                ),
            ),
            Part(
                RankEquation((X,), (X_r, X_f)),
                (two_weights, regularized_operator(alpha) == regularized_operator(beta)),
                also_draw=ROWS_APART,
                hints=Hints(
                    lets=((T, limit_operator),),
                    # The normal equations of both weights, subtracted, are those of each part:
                    # together they give T = X⁺, and each says that the other part is zero.
                    via=(
                        X_f.T @ X_f @ T == X_f.T @ E_f,
                        X_r.T @ X_r @ T == X_r.T @ E_r,
                        X.T @ all_rows @ X @ T == 0,
                        X.T @ all_rows == 0,
                        P @ (weighted_gram(alpha) @ gram(gram_inverse) - gram_inverse) == 0,
                        named("P G⁺", P @ gram_inverse) @ X.T @ weighting(alpha) == T,
                        pinv(X) @ pinv(X).T @ (X.T @ X @ T - X.T) == 0,
                        X_r @ pinv(X) @ E_f.T == 0,
                        X_f @ pinv(X) @ E_r.T == 0,
                        X_r @ pinv(X) @ all_rows @ X == 0,
                        X_f @ pinv(X) @ all_rows @ X == 0,
                    ),
                    lemmas=(("C1.4", {}), by_rows("L4.1"), by_rows("L4.2")),
                ),
            ),
            Part(
                regularized_operator(alpha) @ X == pinv(X) @ X,
                (positive_weight,),
                hints=Hints(
                    via=(X @ pinv(weighted_gram(alpha)) @ weighted_gram(alpha) == X,),
                    lemmas=(by_rows("L3.1"), by_rows("L3.2")),
                ),
            ),
            Part(
                weighted_gram(alpha) @ regularized_operator(alpha) == X.T @ weighting(alpha),
                (positive_weight,),
                hints=Hints(lemmas=(by_rows("L4.1"),)),
            ),
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
            Part(
                X_r @ w_reg_limit_from_start == y_r,
                (independent_rows,),
                hints=ANY_WEIGHT,
            ),
            Part(
                unlearning_loss(w_reg_limit_from_start) == m_f * gram(y_new - y_f),
                (independent_rows, positive_weight),
                hints=Hints(
                    via=(*INVERTED.via, X_f @ w_reg_limit_from_start == y_new), lemmas=FITTED
                ),
            ),
            Part(
                gram(w_reg_limit - w_g) == surprise.T @ E_f @ kernel_inverse @ E_f.T @ surprise,
                (independent_rows, positive_weight),
                hints=Hints(
                    lets=((error, w_reg_limit - w_g), (surprised, E_f.T @ surprise)),
                    via=(
                        *INVERTED.via,
                        E_r @ (surprised - E_f.T @ surprise) == 0,
                        E_f @ (surprised - E_f.T @ surprise) == 0,
                        pinv(X) @ (relabelled - X @ w_g - surprised) == 0,
                    ),
                    lemmas=(
                        *FITTED,
                        ("L2.1", {"A": X}),
                        ("L8.1", {"A": X, "E": E_r}),
                        ("L8.2", {"A": X}),
                    ),
                ),
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
            Part(
                w_reg_zero == w_g,
                (distinct, positive_weight),
                hints=Hints(
                    # m_r G⁺X_rᵀ = G⁺G X_r⁺, since forget rows are orthogonal to X_r⁺.
                    via=(projector @ pinv(X_r) == pinv(X_r),),
                    lemmas=(
                        *FITTED,
                        ("L7.3", {}),
                        ("L7.2", {}),
                    ),
                ),
            ),
            Part(
                unlearning_loss(w_reg_zero) == m_f * gram(y_f),
                (distinct, positive_weight),
                hints=Hints(lemmas=(("C3.1", {}), ("A4.1", {}))),
            ),
        ),
        source="ding2024unlearning",
        wording=READING + " It needs neither interpolation nor a particular α.",
    )
)

# Golden minimizes the weighted loss, so that T does not move it.
gradient = named("∇", X.T @ weighting(alpha) @ (relabelled - X @ w_g))
GOLDEN_FITS = Hints(
    via=(
        gradient == 0,
        gram_inverse @ gradient == 0,
        projector @ w_g == w_g,
    ),
    lemmas=FITTED,
)

register(
    Claim(
        "C4",
        "Regularized fine-tuning reaches golden iff its labels are golden's predictions",
        (
            Part(
                w_reg_limit == w_g,
                (positive_weight, golden_labels),
                hints=GOLDEN_FITS,
            ),
            Part(
                w_reg_limit == w_g,
                (positive_weight, X_f.T @ surprise == 0),
                also_draw=("golden labels",),
                hints=GOLDEN_FITS,
            ),
            Part(
                X_f.T @ surprise == 0,
                (positive_weight, w_reg_limit == w_g),
                also_draw=("golden labels",),
                hints=Hints(
                    lets=((T, limit_operator),),
                    # G (w_reg − w_g) = 0 is the gradient of the loss at golden.
                    via=(weighted_gram(alpha) @ (w_reg_limit - w_g) == 0,),
                    lemmas=NORMAL,
                ),
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
                (positive_ridge, positive_weight),
                hints=WITH_RIDGE,
            ),
            Part(
                Semidefinite(gram(w_reg_limit_from_start - w_0) - gram(w_reg_from_start - w_0)),
                (positive_ridge, positive_weight),
                hints=Hints(
                    lets=(
                        *WITH_RIDGE.lets,
                        (step, T @ (relabelled - X @ w_0)),
                        (shrunk, ridge_inverse @ step),
                    ),
                    via=(
                        *WITH_RIDGE.via,
                        named("K N", (weighted_gram(alpha) + ridge * I_d) @ ridge_inverse) @ step
                        == step,
                        shrunk.T @ ((weighted_gram(alpha) + ridge * I_d) @ shrunk - step) == 0,
                    ),
                    lemmas=WITH_RIDGE.lemmas,
                    squares=(
                        (2 * ridge * m_r, X_r @ shrunk),
                        (2 * ridge * alpha * m_f, X_f @ shrunk),
                        (ridge * ridge, shrunk),
                    ),
                ),
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
