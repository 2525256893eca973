"""Family B: masks that keep retained features or drop forget features [ding2024unlearning]."""

from dataclasses import replace

from linreg_unlearn.algebra.expressions import Letter, gram, named, pinv
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import RankEquation, Semidefinite
from linreg_unlearn.claims.assumptions import (
    dense,
    forget_mask,
    interpolating,
    mask_commutes,
    one_forget_row,
    ranks_add,
    retain_mask,
    retain_support,
    separating_mask,
)
from linreg_unlearn.claims.claim import Claim, Hints, Part, register
from linreg_unlearn.claims.vocabulary import (
    M_B,
    E_f,
    E_r,
    I_d,
    M,
    P,
    P_r,
    P_t,
    X,
    X_f,
    X_r,
    m_f,
    m_r,
    retain_loss,
    unlearning_loss,
    v,
    w_forget,
    w_forget_retained,
    w_forget_tuned,
    w_g,
    w_o,
    w_rbm,
    w_rbm_tuned,
    y,
    y_f,
    y_r,
)

READING = (
    "Our reading of Retention-Based Masking for linear models; the wording and constants of the "
    "paper's theorems are not confirmed."
)
OURS = "Derived here."
COMMUTING = ("rank additive", "distinct")

# With one forget row x, the forget row's new direction is h = (I − P_r) xᵀ, and (I − P_r) w_o is
# h t: golden misses by hᵀh t, the mask drops hᵀ(I − M) h t, and the squares differ by r² + 2 q r
# with r = hᵀMh and q = hᵀ(I − M)h. A root of r makes a square of q r.
h = Letter("h", "d", "n_f")
t = Letter("t", "n_f", "c")
new = (I_d - P_r) @ X_f.T
root_r = Letter("√r", "n_f", "n_f", r"\sqrt{r}")


def one_row_squares(scale: Polynomial | int) -> Hints:
    """Return the squares that golden's loss exceeds that of a retain mask by, for one forget row.

    Parameters
    ----------
    scale : Polynomial or int
        What the loss is multiplied by.

    Examples
    --------
    >>> len(one_row_squares(1).squares)
    2
    """
    new_row = {"H": h, "T": t}
    return Hints(
        lets=((h, new), (t, E_f @ pinv(X).T @ pinv(X) @ y)),
        roots=((root_r, M @ h),),
        via=(t.T @ root_r @ root_r @ (h.T @ w_o - h.T @ h @ t) == 0,),
        # (I − P_r) w_o = h t, and on both sides of it X_f may be replaced by hᵀ.
        lemmas=(
            ("L10.1", new_row),
            ("L10.2", new_row),
            ("L10.3", {"H": h}),
            ("L10.4", new_row),
        ),
        squares=((scale, root_r @ root_r @ t), (2 * scale, (I_d - M) @ h @ root_r @ t)),
    )


# Where the data do not interpolate, w_o leaves e on the forget row, and h e = 0: what is new is
# fitted. Then golden misses by (1 + uᵀu) e − hᵀh t, and two squares more are left.
e, u = Letter("e", "n_f", "c"), Letter("u", "n_r", "n_f")
_one_row = one_row_squares(m_f)
WITH_RESIDUALS = replace(
    _one_row,
    lets=(*_one_row.lets, (u, pinv(X_r).T @ X_f.T), (e, X_f @ w_o - y_f)),
    via=(
        X.T @ (X @ w_o - y) == 0,
        X_r.T @ (y_r - X_r @ w_o) == X_f.T @ e,
        pinv(X_r) @ (y_r - X_r @ w_o) == pinv(X_r) @ pinv(X_r).T @ X_f.T @ e,
        h @ e == 0,
        *_one_row.via,
    ),
    squares=(*_one_row.squares, (2 * m_f, u @ e), (m_f, u.T @ u @ e)),
)


register(
    Claim(
        "B1",
        "A retain mask costs no retained loss, and fine-tuning it changes nothing",
        (
            Part(retain_loss(w_rbm) == 0, (interpolating, retain_mask)),
            Part(w_rbm_tuned == w_rbm, (interpolating, retain_mask)),
        ),
        source="ding2024unlearning",
        wording=READING,
    )
)

register(
    Claim(
        "B2",
        "After a mask, the unlearning loss is what the dropped weights predicted",
        (
            Part(
                unlearning_loss(w_rbm) == m_f * gram(X_f @ (I_d - M) @ w_o),
                (interpolating,),
            ),
        ),
        source="ding2024unlearning",
        wording=READING + " It needs no property of the mask.",
    )
)

register(
    Claim(
        "B3",
        "A retain mask never moves away from golden; for n_f = 1 it never widens the UL gap",
        (
            Part(
                gram(v - w_g) - gram(M @ v - w_g) == gram((I_d - M) @ v),
                (retain_mask,),
            ),
            Part(
                Semidefinite(unlearning_loss(w_g) - unlearning_loss(w_rbm)),
                (retain_mask, one_forget_row),
                hints=WITH_RESIDUALS,
            ),
        ),
        source="ding2024unlearning",
        wording=OURS,
    )
)

register(
    Claim(
        "B3.gap",
        "A retain mask never widens the gap of the unlearning loss, whatever n_f",
        (
            Part(
                Semidefinite(2 * unlearning_loss(w_g) - unlearning_loss(w_rbm)),
                (interpolating, retain_support),
            ),
        ),
        source="ding2024unlearning",
        wording=(
            "The gap before the mask is UL(w_g); a mask widens it exactly where UL(M w_o) exceeds "
            "2 UL(w_g). B3 is the sharpened statement."
        ),
        expected="fails",
    )
)

register(
    Claim(
        "B4",
        "Distinct features: the retain mask gives golden; dense features: it does nothing",
        (
            Part(
                w_rbm == w_g,
                (separating_mask,),
                hints=Hints(
                    # X M keeps the retained rows and drops the others, so that M P = P_r.
                    via=(
                        M @ X.T == X_r.T @ E_r,
                        P_r @ (M @ X.T - X_r.T @ E_r) @ pinv(X).T @ w_o == 0,
                        pinv(X_r) @ named("X_r M", X_r @ M) @ w_o == P_r @ w_o,
                        pinv(X_r) @ pinv(X_r).T @ (M @ X.T - X_r.T @ E_r) @ y == 0,
                        pinv(X_r) @ pinv(X_r).T @ (M @ X.T - X_r.T @ E_r) @ X @ w_o == 0,
                    ),
                ),
            ),
            Part(M == I_d, (retain_support, dense)),
        ),
        source="ding2024unlearning",
        wording=READING,
    )
)

register(
    Claim(
        "B4.overlap",
        "Overlapping features: the retain mask gives golden",
        (Part(w_rbm == w_g, (interpolating, retain_support)),),
        source="ding2024unlearning",
        wording="The generalization that B4 invites.",
        expected="fails",
    )
)

register(
    Claim(
        "B5",
        "A forget mask predicts zero on forget data and pays where retained data used its weights",
        (
            Part(unlearning_loss(w_forget) == m_f * gram(y_f), (forget_mask,)),
            Part(
                retain_loss(w_forget) == m_r * gram(X_r @ (I_d - M_B) @ w_o),
                (interpolating,),
            ),
            Part(
                X_r @ (I_d - M_B) @ w_o == 0,
                (interpolating, retain_loss(w_forget) == 0),
                also_draw=("distinct", "forget mask"),
            ),
        ),
        source="ding2024unlearning",
        wording=READING,
    )
)

register(
    Claim(
        "B6",
        "What fine-tuning repairs after a forget mask; golden for every target iff the ranks add",
        (
            Part(
                retain_loss(w_forget_tuned) == m_r * gram(X_r @ (I_d - P_t) @ (I_d - M_B) @ w_o),
                (interpolating,),
                also_draw=("full row rank",) * 2,
            ),
            Part(retain_loss(w_forget_retained) == 0, (interpolating,)),
            Part(w_forget_retained - w_g == (I_d - P_r) @ M_B @ w_o),
            Part((I_d - P_r) @ M_B @ P == 0, (forget_mask, mask_commutes)),
            Part(
                M_B @ P_r == P_r @ M_B,
                (forget_mask, (I_d - P_r) @ M_B @ P == 0),
                also_draw=COMMUTING,
            ),
            Part(M_B @ P_r == P_r @ M_B, (forget_mask, ranks_add)),
            Part(
                RankEquation((X_r,), (X_r @ M_B, X_r @ (I_d - M_B))),
                (forget_mask, mask_commutes),
            ),
            Part(
                unlearning_loss(w_forget_tuned) == m_f * gram(X_f @ P_t @ (I_d - M_B) @ w_o - y_f),
                (interpolating, forget_mask),
            ),
        ),
        source="ding2024unlearning",
        wording=READING + " The equivalences are ours.",
    )
)
