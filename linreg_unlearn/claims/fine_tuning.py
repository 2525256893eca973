"""Family A: what fine-tuning can and cannot do [ding2024unlearning]."""

from linreg_unlearn.algebra.expressions import Identity, Letter, gram, inv, named, pinv
from linreg_unlearn.algebra.statements import RankEquation
from linreg_unlearn.claims.assumptions import (
    distinct,
    forget_predictable,
    independent_rows,
    interpolating,
    orthogonal,
    overlapping,
    positive_ridge,
    retained_full_column_rank,
    retained_interpolant,
    same_rank,
    stationary,
)
from linreg_unlearn.claims.claim import Claim, Hints, Part, register
from linreg_unlearn.claims.vocabulary import (
    SOLVED_BY,
    C_f,
    C_lap,
    C_r,
    E_f,
    E_r,
    I_d,
    I_f,
    P,
    P_f,
    P_r,
    X,
    X_f,
    X_r,
    X_t,
    m_f,
    retain_loss,
    ridge,
    unlearning_loss,
    w,
    w_0,
    w_g,
    w_g_ridge,
    w_o,
    w_star,
    w_t,
    w_t_from_start,
    y,
    y_f,
    y_r,
    y_t,
)
from linreg_unlearn.linalg.leave_block_out import leave_block_out

READING = (
    "Our reading of the paper's setting; the wording and constants of its theorems are not "
    "confirmed."
)
OURS = "Derived here; standard linear algebra."

register(
    Claim(
        "A1",
        "Pretraining projects interpolating weights on the row space and fits all data",
        (
            Part(w_o == P @ w_star, (interpolating,)),
            Part(retain_loss(w_o) == 0, (interpolating,)),
            Part(unlearning_loss(w_o) == 0, (interpolating,)),
        ),
        source="ding2024unlearning",
        wording=READING,
    )
)

register(
    Claim(
        "A2",
        "Fine-tuning an interpolating model changes nothing; in general, iff the gradient is zero",
        (
            Part(w_t == w_o, (interpolating,)),
            Part(X_t @ w_o == y_t, (interpolating,)),
            Part(w_t == w_o, (stationary,)),
            Part(
                X_t.T @ (y_t - X_t @ w_o) == 0,
                (w_t == w_o,),
                also_draw=("interpolating", "forget predictable"),
            ),
        ),
        source="ding2024unlearning",
        wording=READING + " The equivalence for data that do not interpolate is ours.",
    )
)

register(
    Claim(
        "A3",
        "Golden's unlearning loss, the gap fine-tuning leaves; zero iff the labels are predictable",
        (
            Part(
                unlearning_loss(w_g) == m_f * gram(X_f @ (I_d - P_r) @ w_star),
                (interpolating,),
            ),
            Part(unlearning_loss(w_g) == 0, (forget_predictable,)),
            Part(
                y_f == X_f @ pinv(X_r) @ y_r,
                (unlearning_loss(w_g) == 0,),
                also_draw=("forget predictable",),
            ),
            Part(retain_loss(w_g) == 0, (interpolating,)),
        ),
        source="ding2024unlearning",
        wording=READING,
    )
)

register(
    Claim(
        "A4",
        "Distinct features: golden predicts zero on forget data; orthogonal rows: projectors add",
        (
            Part(X_f @ w_g == 0, (distinct,)),
            Part(unlearning_loss(w_g) == m_f * gram(y_f), (distinct,)),
            Part(
                P == P_r + P_f,
                (orthogonal,),
                hints=Hints(
                    # X Q = X for Q = P_r + P_f, row by row, and P Q = Q.
                    via=(X @ (P_r + P_f) == X, pinv(X) @ (X @ (P_r + P_f) - X) == 0),
                    lemmas=(
                        ("L7.1", {}),
                        ("L7.2", {}),
                        ("L6.2", {"A": X, "E": E_r}),
                        ("L6.2", {"A": X, "E": E_f}),
                    ),
                ),
            ),
            Part(
                X_r @ X_f.T == 0,
                (P == P_r + P_f,),
                also_draw=("distinct", "orthogonal"),
                hints=Hints(
                    via=(X_r @ (P - P_r - P_f) == 0, named("X_r P_f", X_r @ P_f) @ X_f.T == 0),
                ),
            ),
        ),
        source="ding2024unlearning",
        wording=READING + " The statement about projectors is ours.",
    )
)

register(
    Claim(
        "A5",
        "Overlapping features: golden's unlearning loss, block by block",
        (
            Part(
                unlearning_loss(w_g)
                == m_f
                * gram(
                    X_f @ (P_r @ (C_r @ w_star + C_lap @ w_star) - (C_lap @ w_star + C_f @ w_star))
                ),
                (interpolating, overlapping),
            ),
        ),
        source="ding2024unlearning",
        wording=READING,
    )
)

register(
    Claim(
        "A6",
        "Fine-tuning misses golden by (I − P_r) w_0; from w_o, by nothing iff the rank stays",
        (
            Part(w_t_from_start - w_g == (I_d - P_r) @ w_0),
            Part((I_d - P_r) @ pinv(X) == 0, (same_rank,)),
            Part(
                RankEquation((X_r,), (X,)),
                ((I_d - P_r) @ pinv(X) == 0,),
                also_draw=("same row space", "retained full column rank"),
            ),
            Part(P_r == I_d, (retained_full_column_rank,)),
        ),
        source="ding2024unlearning",
        wording=OURS,
    )
)

register(
    Claim(
        "A6.reach",
        "Fine-tuning the pretrained model on all retained data reaches golden",
        (Part(w_o + pinv(X_r) @ (y_r - X_r @ w_o) == w_g, (interpolating,)),),
        source="ding2024unlearning",
        wording="The hope that fine-tuning is based on; A6 says exactly when it comes true.",
        expected="fails",
    )
)

# For proofs: golden with a ridge, and what it misses of retained and forget labels.
N = inv(X_r.T @ X_r + ridge * I_d)
w_ridge = Letter("w", "d", "c")
z = Letter("z", "n", "c")
r = Letter("r", "n_f", "c")
missed = E_r.T @ (y_r - X_r @ w_ridge)
kernel_ridge = named("K", X @ X.T + ridge * Identity("n"))
kernel = named("K", X @ X.T)
hat_ff = named("Hat_ff", E_f @ X @ pinv(X) @ E_f.T, r"\mathrm{Hat}_{ff}")
left_out = named("r_loo", y_f - X_f @ w_g, r"r_{\mathrm{loo}}")
left_out_ridge = named("r_loo(λ)", y_f - X_f @ w_g_ridge, r"r_{\mathrm{loo}}(\lambda)")
SOLVED_BY[left_out] = lambda problem, _: leave_block_out(problem)
SOLVED_BY[left_out_ridge] = lambda problem, at: leave_block_out(
    problem, ridge=float(at["lambda"][0, 0])
)

register(
    Claim(
        "A7",
        "Golden's residuals on any forget set from one factorization, without retraining",
        (
            Part(
                left_out_ridge
                == inv(E_f @ inv(kernel_ridge) @ E_f.T) @ E_f @ inv(kernel_ridge) @ y,
                (positive_ridge,),
                hints=Hints(
                    lets=((w_ridge, w_g_ridge), (z, missed), (r, y_f - X_f @ w_ridge)),
                    # With z = E_rᵀ(y_r − X_r w) and r = y_f − X_f w, so that y = X w + z + E_fᵀ r,
                    # K z = λ (X w + z), and E_f z = 0: E_f K⁻¹ y is E_f K⁻¹ E_fᵀ r.
                    via=(
                        named("K N", (X_r.T @ X_r + ridge * I_d) @ N) @ X_r.T @ y_r == X_r.T @ y_r,
                        X.T @ (z - missed) == 0,
                        E_r @ (z - missed) == 0,
                        E_f @ (z - missed) == 0,
                        inv(kernel_ridge) @ (kernel_ridge @ z - ridge * (X @ w_ridge + z)) == 0,
                        E_f @ inv(kernel_ridge) @ (y - X @ w_ridge - z - E_f.T @ r) == 0,
                        inv(E_f @ inv(kernel_ridge) @ E_f.T)
                        @ (E_f @ inv(kernel_ridge) @ y - E_f @ inv(kernel_ridge) @ E_f.T @ r)
                        == 0,
                    ),
                    lemmas=(
                        ("L5.1", {"A": X_r}),
                        ("L5.3", {"A": X}),
                        ("L5.4", {"A": X, "E": E_f}),
                    ),
                ),
            ),
            Part(
                left_out == inv(E_f @ inv(kernel) @ E_f.T) @ E_f @ inv(kernel) @ y,
                (independent_rows,),
                hints=Hints(
                    # Golden fits the retained rows, and K⁻¹ X X_r⁺ has retained rows only.
                    via=(
                        X @ w_g + E_f.T @ left_out == y,
                        E_f @ inv(kernel) @ (X @ w_g + E_f.T @ left_out - y) == 0,
                    ),
                    lemmas=(
                        ("L2.1", {"A": X}),
                        ("L8.1", {"A": X, "E": E_r}),
                        ("L8.2", {"A": X}),
                        ("L8.3", {"A": X, "E": E_f}),
                        ("L6.2", {"A": X, "E": E_r}),
                    ),
                ),
            ),
            Part(
                left_out == inv(I_f - hat_ff) @ (y_f - X_f @ w_o),
                (same_rank,),
                hints=Hints(
                    # What retained rows miss of their labels, X⁺ takes to zero.
                    via=(
                        X.T @ E_r.T @ (y_r - X_r @ w_g) == 0,
                        pinv(X) @ pinv(X).T @ (X.T @ E_r.T @ (y_r - X_r @ w_g)) == 0,
                        (I_f - hat_ff) @ left_out == y_f - X_f @ w_o,
                        inv(I_f - hat_ff) @ ((I_f - hat_ff) @ left_out - (y_f - X_f @ w_o)) == 0,
                    ),
                    lemmas=(("L9.1", {}),),
                ),
            ),
        ),
        source="rasmussen2006gaussian",
        wording="The leave-one-out identity of kernel methods, for blocks and at any rank.",
    )
)

register(
    Claim(
        "A8",
        "Among models that fit the retained data, closer to golden means smaller norm",
        (
            Part(
                gram(w - w_g) == gram(w) - gram(w_g),
                (retained_interpolant,),
            ),
        ),
        source="benisrael2003generalized",
        wording=OURS,
    )
)
