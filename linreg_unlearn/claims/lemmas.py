"""Family L: lemmas of linear algebra that proofs of other claims cite."""

from linreg_unlearn.algebra.expressions import Expr, Identity, Letter, inv, named, pinv
from linreg_unlearn.algebra.scalars import Polynomial
from linreg_unlearn.algebra.statements import Positive
from linreg_unlearn.claims.assumptions import distinct, interpolating, orthogonal, retain_mask
from linreg_unlearn.claims.claim import Assumption, Claim, Hints, Part, register
from linreg_unlearn.claims.vocabulary import (
    E_f,
    E_r,
    I_d,
    I_f,
    M,
    P,
    P_f,
    P_r,
    X,
    X_f,
    X_r,
    alpha,
    beta,
    m_f,
    m_r,
    ridge,
    w_g,
    w_o,
    w_star,
)

A = Letter("A", "m", "n")
B = Letter("B", "n", "m")
C = Letter("C", "k", "n")
E = Letter("E", "p", "m")
U = Letter("U", "m", "q")
V = Letter("V", "k", "q")
K, V_A, Z_n = (Letter(name, "n", "n") for name in ("K", "V_A", "Z_n"))
I_m = Identity("m")
I_n = Identity("n")


def weighted(weight: Polynomial) -> Expr:
    """Return ``m_r AᵀA + α m_f CᵀC``.

    Examples
    --------
    >>> weighted(alpha).shape
    ('n', 'n')
    """
    return m_r * (A.T @ A) + (weight * m_f) * (C.T @ C)


def _mixed(weight: Polynomial) -> Expr:
    return m_r * (A.T @ U) + (weight * m_f) * (C.T @ V)


register(
    Claim(
        "L1",
        "The four Penrose equations have one solution, the pseudo-inverse",
        (
            Part(
                pinv(A) == B,
                (A @ B @ A == A, B @ A @ B == B, (A @ B).T == A @ B, (B @ A).T == B @ A),
                also_draw=(B == pinv(A),) * 3,
            ),
        ),
        source="penrose1955inverse",
    )
)

register(
    Claim(
        "L2",
        "The pseudo-inverse of a Gram matrix of rows",
        (Part(pinv(A @ A.T) == pinv(A).T @ pinv(A)),),
        source="penrose1955inverse",
    )
)

register(
    Claim(
        "L3",
        "What a sum of Gram matrices with positive weights annihilates, each of them does",
        tuple(
            part
            for weight, positive in ((alpha, Positive("alpha")), (beta, Positive("beta")))
            for part in (
                Part(A @ pinv(weighted(weight)) @ weighted(weight) == A, (positive,)),
                Part(C @ pinv(weighted(weight)) @ weighted(weight) == C, (positive,)),
            )
        ),
        source="benisrael2003generalized",
    )
)

register(
    Claim(
        "L4",
        "Weighted normal equations have a solution",
        (
            Part(
                weighted(alpha) @ pinv(weighted(alpha)) @ _mixed(alpha) == _mixed(alpha),
                (Positive("alpha"),),
                hints=Hints(lemmas=(("L3.1", {}), ("L3.2", {}))),
            ),
            Part(
                weighted(beta) @ pinv(weighted(beta)) @ _mixed(beta) == _mixed(beta),
                (Positive("beta"),),
                hints=Hints(lemmas=(("L3.3", {}), ("L3.4", {}))),
            ),
        ),
        source="benisrael2003generalized",
    )
)

ridge_n = A.T @ A + ridge * I_n
ridge_m = A @ A.T + ridge * I_m
ridge_weighted = weighted(alpha) + ridge * I_n

ridge_block = E @ inv(ridge_m) @ E.T
Z = Letter("Z", "p", "p")
register(
    Claim(
        "L5",
        "With a ridge, or beside an invertible one, Gram matrices are invertible",
        (
            Part(inv(ridge_n) @ ridge_n == I_n, (Positive("lambda"),)),
            Part(
                inv(ridge_weighted) @ ridge_weighted == I_n,
                (Positive("lambda"), Positive("alpha")),
            ),
            Part(inv(ridge_m) @ ridge_m == I_m, (Positive("lambda"),)),
            Part(
                inv(E @ inv(ridge_m) @ E.T) @ (E @ inv(ridge_m) @ E.T) == Identity("p"),
                (Positive("lambda"), E @ E.T == Identity("p")),
                hints=Hints(
                    lets=((Z, Identity("p") - pinv(ridge_block) @ ridge_block),),
                    # K⁻¹ = K⁻¹ K K⁻¹ is a sum of squares, so K⁻¹EᵀZ = 0, and K brings EᵀZ back.
                    via=(
                        inv(ridge_m).T == inv(ridge_m),
                        inv(ridge_m) @ E.T @ Z == 0,
                        named("K K⁻¹", ridge_m @ inv(ridge_m)) @ E.T @ Z == 0,
                        Z == 0,
                    ),
                    lemmas=(("L5.3", {}),),
                ),
            ),
            Part(
                inv(K) @ K == I_n,
                (K == A.T @ A + beta * (C.T @ C), V_A @ A.T @ A == I_n, Positive("beta")),
                also_draw=(V_A == pinv(A.T @ A),) * 3,
                hints=Hints(
                    lets=((Z_n, I_n - pinv(K) @ K),),
                    via=(Z_n.T @ (A.T @ A + beta * (C.T @ C)) @ Z_n == 0, A @ Z_n == 0),
                ),
            ),
        ),
        source="benisrael2003generalized",
    )
)

register(
    Claim(
        "L6",
        "Some rows of A span part of its row space; all of them span it",
        (
            Part(E @ A @ pinv(A) @ A == E @ A),
            Part(pinv(A) @ A @ pinv(E @ A) == pinv(E @ A)),
            Part(
                pinv(E @ A) @ E @ A @ pinv(A) @ A == pinv(E @ A) @ E @ A,
                hints=Hints(lemmas=(("L6.1", {}),)),
            ),
            Part(P == (pinv(X) @ E_r.T) @ X_r + (pinv(X) @ E_f.T) @ X_f),
        ),
        source="benisrael2003generalized",
    )
)

register(
    Claim(
        "L7",
        "The projector of orthogonal rows annihilates; distinct features make rows orthogonal",
        (
            Part(X_r @ (I_d - P_f) == X_r, (orthogonal,)),
            Part(X_f @ (I_d - P_r) == X_f, (orthogonal,)),
            Part(X_r @ X_f.T == 0, (distinct,)),
        ),
        source="benisrael2003generalized",
    )
)

block = E @ inv(A @ A.T) @ E.T
Z_f = Letter("Z", "n_f", "n_f")

register(
    Claim(
        "L8",
        "With independent rows, so are some of them, and blocks of the inverse Gram matrix invert",
        (
            Part(
                E @ A @ pinv(E @ A) == Identity("p"), (A @ pinv(A) == I_m, E @ E.T == Identity("p"))
            ),
            Part(
                inv(A @ A.T) @ (A @ A.T) == I_m,
                (A @ pinv(A) == I_m,),
                hints=Hints(lemmas=(("L2.1", {}),)),
            ),
            Part(
                inv(E @ inv(A @ A.T) @ E.T) @ (E @ inv(A @ A.T) @ E.T) == Identity("p"),
                (A @ pinv(A) == I_m, E @ E.T == Identity("p")),
                hints=Hints(
                    lets=((Z, Identity("p") - pinv(block) @ block),),
                    via=(pinv(A) @ E.T @ Z == 0, named("A A⁺", A @ pinv(A)) @ E.T @ Z == 0, Z == 0),
                    lemmas=(("L2.1", {}),),
                ),
            ),
        ),
        source="benisrael2003generalized",
    )
)

hat = E_f @ X @ pinv(X) @ E_f.T
spanning = Assumption(
    "retained rows span all rows",
    (X @ P_r == X,),
    ("same row space", "retained full column rank"),
)
register(
    Claim(
        "L9",
        "Where retained rows span all rows, the hat matrix of the others has no eigenvalue 1",
        (
            Part(
                inv(I_f - hat) @ (I_f - hat) == I_f,
                (spanning,),
                hints=Hints(
                    lets=((Z_f, I_f - pinv(I_f - hat) @ (I_f - hat)),),
                    # The columns of E_fᵀZ lie in the range of X and vanish on the retained rows.
                    via=(
                        (Identity("n") - X @ pinv(X)) @ E_f.T @ Z_f == 0,
                        X_r @ pinv(X) @ E_f.T @ Z_f == 0,
                        named("X P_r", X @ P_r) @ pinv(X) @ E_f.T @ Z_f == 0,
                        Z_f == 0,
                    ),
                ),
            ),
        ),
        source="benisrael2003generalized",
    )
)

# H is what forget rows have beyond retained rows; w_o has the weights T on it.
H = Letter("H", "d", "n_f")
T = Letter("T", "n_f", "c")
novel = (I_d - P_r) @ X_f.T
directions = Assumption("H has the new directions", (H == novel,))
weights = Assumption("T has the weights on them", (T == E_f @ pinv(X).T @ w_o,))
RETAINED_ZERO = X_r @ H == 0
WRITTEN_OUT = (H - novel) @ E_f @ pinv(X).T @ w_o == 0
register(
    Claim(
        "L10",
        "What retained rows leave of w_o is a combination of the new directions of forget rows",
        (
            Part(
                H @ T == (I_d - P_r) @ w_o,
                (directions, weights),
                hints=Hints(via=(RETAINED_ZERO, WRITTEN_OUT)),
            ),
            Part(
                H.T @ H @ T == H.T @ w_o,
                (directions, weights),
                hints=Hints(
                    via=(RETAINED_ZERO, WRITTEN_OUT, H.T @ (H @ T - (I_d - P_r) @ w_o) == 0)
                ),
            ),
            Part(
                X_f @ H == H.T @ H,
                (directions,),
                hints=Hints(via=(RETAINED_ZERO, (H.T - X_f @ (I_d - P_r)) @ H == 0)),
            ),
            Part(
                X_f @ (I_d - M) @ w_o == H.T @ (I_d - M) @ H @ T,
                (directions, weights, retain_mask),
                hints=Hints(
                    via=(
                        RETAINED_ZERO,
                        WRITTEN_OUT,
                        X_f @ (I_d - M) @ ((I_d - P_r) @ w_o - H @ T) == 0,
                        (H.T - X_f @ (I_d - P_r)) @ H == 0,
                        (H.T - X_f @ (I_d - P_r)) @ M @ H == 0,
                    )
                ),
            ),
        ),
        source="benisrael2003generalized",
    )
)

# What the forget rows have beyond the retained ones, as rows.
beyond = named("B", X_f @ (I_d - P_r))
register(
    Claim(
        "L11",
        "The new directions of forget rows span what all rows see and retained rows do not",
        (
            Part(P_r @ pinv(beyond) == 0),
            Part(
                P @ pinv(beyond) == pinv(beyond),
                hints=Hints(
                    via=(beyond @ P == beyond,),
                    lemmas=(("L6.1", {"A": X, "E": E_f}), ("L6.3", {"A": X, "E": E_r})),
                ),
            ),
            Part(X_f @ pinv(beyond) == beyond @ pinv(beyond), hints=Hints(lemmas=(("L11.1", {}),))),
            Part(
                X @ (P - P_r - pinv(beyond) @ beyond) == 0,
                hints=Hints(
                    via=(
                        X_f @ pinv(beyond) @ beyond == beyond,
                        X_r @ pinv(beyond) == 0,
                    ),
                    lemmas=(("L11.1", {}), ("L11.3", {})),
                ),
            ),
            Part(
                pinv(beyond) @ beyond == P - P_r,
                hints=Hints(
                    via=(pinv(X) @ (X @ (P - P_r - pinv(beyond) @ beyond)) == 0,),
                    lemmas=(("L11.4", {}), ("L11.2", {}), ("L6.2", {"A": X, "E": E_r})),
                ),
            ),
            Part(pinv(X) @ E_f.T @ X_f == P_f, (orthogonal,)),
            Part(
                X_f @ (w_o - w_g) == beyond @ w_star,
                (interpolating,),
            ),
        ),
        source="benisrael2003generalized",
    )
)

taken = named("C", pinv(X) @ E_f.T)
apart = Assumption(
    "X⁺ keeps the rows apart",
    (X_r @ pinv(X) @ E_f.T == 0,),
    ("full row rank", "distinct", "orthogonal"),
)
register(
    Claim(
        "L12",
        "Where the pseudo-inverse keeps the rows apart, its columns for forget rows invert B",
        (
            Part(X_f @ taken @ X_f == X_f, (apart,)),
            Part(taken @ X_f @ taken == taken, (apart,)),
            Part(
                taken @ beyond == P - P_r,
                hints=Hints(lemmas=(("L6.2", {"A": X, "E": E_r}),)),
            ),
            Part(beyond @ taken == X_f @ taken, (apart,)),
            Part(
                beyond @ taken @ beyond == beyond,
                hints=Hints(lemmas=(("L12.3", {}),)),
            ),
            Part(
                taken @ beyond @ taken == taken,
                (apart,),
                hints=Hints(lemmas=(("L12.2", {}), ("L12.4", {}))),
            ),
            Part(
                (beyond @ taken).T == beyond @ taken,
                (apart,),
                hints=Hints(lemmas=(("L12.4", {}),)),
            ),
            Part(
                (taken @ beyond).T == taken @ beyond,
                hints=Hints(lemmas=(("L12.3", {}),)),
            ),
            Part(
                pinv(beyond) == taken,
                (apart,),
                hints=Hints(
                    lemmas=(
                        *((f"L12.{number}", {}) for number in range(5, 9)),
                        ("L1.1", {"A": beyond, "B": taken}),
                    )
                ),
            ),
        ),
        source="penrose1955inverse, marsaglia1974equalities",
    )
)

together = P_r + P_f - P_r @ P_f
commute = Assumption(
    "P_r and P_f commute",
    (P_r @ P_f == P_f @ P_r,),
    ("distinct", "orthogonal", "same row space"),
)
register(
    Claim(
        "L13",
        "Commuting projectors of two groups of rows make that of all rows",
        (
            Part(X_r @ together == X_r),
            Part(
                X_f @ together == X_f,
                (commute,),
                hints=Hints(via=(X_f @ (P_r @ P_f - P_f @ P_r) == 0,)),
            ),
            Part(
                X @ together == X,
                (commute,),
                hints=Hints(lemmas=(("L13.1", {}), ("L13.2", {}))),
            ),
            Part(
                P == together,
                (commute,),
                hints=Hints(
                    via=(pinv(X) @ (X @ together - X) == 0,),
                    lemmas=(
                        ("L13.3", {}),
                        ("L6.3", {"A": X, "E": E_r}),
                        ("L6.3", {"A": X, "E": E_f}),
                        ("L6.2", {"A": X, "E": E_r}),
                        ("L6.2", {"A": X, "E": E_f}),
                    ),
                ),
            ),
        ),
        source="benisrael2003generalized",
    )
)

W, F = Letter("W", "k", "m"), Letter("F", "k", "n")
register(
    Claim(
        "L14",
        "A projector on a row space leaves combinations of the rows alone",
        (Part(F @ pinv(A) @ A == F, (F == W @ A,)),),
        source="benisrael2003generalized",
    )
)
