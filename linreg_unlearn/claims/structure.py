"""Family F: shards, low-rank layers, fused layers and heads.

What each method changes is a part of the weights or of the model; when that is enough is linear
algebra.
"""

import math
from fractions import Fraction

import numpy as np
from flint import acb, arb

from linreg_unlearn.algebra.expressions import Identity, Letter, gram, inv, named, pinv
from linreg_unlearn.algebra.statements import Mask, RankEquation, Semidefinite
from linreg_unlearn.claims.assumptions import (
    any_mask,
    interpolating,
    positive_ridge,
    ranks_of_rows_add,
    retain_mask,
    separating_mask,
)
from linreg_unlearn.claims.claim import (
    Assumption,
    Check,
    Claim,
    Hints,
    Observation,
    Part,
    register,
)
from linreg_unlearn.claims.fine_tuning_limits import STANDARD_ERRORS
from linreg_unlearn.claims.iterates import B
from linreg_unlearn.claims.matching import w_o_ridge
from linreg_unlearn.claims.second_order import INVERSES, S, e_f, hessian
from linreg_unlearn.claims.vocabulary import (
    E_f,
    E_r,
    I_d,
    I_f,
    M,
    P_r,
    X,
    X_f,
    X_r,
    retain_loss,
    ridge,
    w_g,
    w_g_ridge,
    w_o,
    w_rbm,
    y,
    y_r,
)
from linreg_unlearn.methods.zero_shot import shrinkage_constant

OURS = "Derived here, for linear models."
ROWS_APART = ("full row rank", "distinct", "orthogonal")

_NOISE = 100_000  # draws of noise for a mean
_ROUNDED = 1e-10  # what rounding may leave of c_d, relative to it


def _mean_over_directions(seed: int) -> Observation:
    """Compare c_d with the mean of |cos θ| over a sphere, both enclosed in ball arithmetic."""
    sizes = (2, 3, 4, 7, 20, 101)
    worst = abs(shrinkage_constant(1) - 1.0) / _ROUNDED
    for d in sizes:

        def density(angle: acb, analytic: bool, power: int = d - 2) -> acb:
            return angle.sin() ** power

        # The mean is ∫cos θ sin^{d−2}θ dθ over ∫sin^{d−2}θ dθ, and the first of these 1/(d − 1).
        whole = acb.integral(density, 0, arb.pi() / 2).real
        mean = 1 / ((d - 1) * whole)
        half = arb(d) / 2
        constant = half.gamma() / (arb.pi().sqrt() * (half + arb(1) / 2).gamma())
        if not mean.overlaps(constant):
            worst = math.inf
        for enclosed in (mean, constant):
            error = abs(float(enclosed.mid()) - shrinkage_constant(d)) + float(enclosed.rad())
            worst = max(worst, error / (_ROUNDED * shrinkage_constant(d)))
    reading = f"largest error {worst * _ROUNDED:.1e}, with the width of the balls"
    return Observation(len(sizes) + 1, worst, reading)


def _mean_penalties(seed: int) -> Observation:
    """Estimate both mean penalties by drawing noise."""
    rng = np.random.default_rng(seed)
    scores = []
    for d, deviation in ((1, 2.0), (2, 0.5), (5, 1.0), (30, 3.0)):
        weights = rng.standard_normal(d)
        size = float(np.linalg.norm(weights))
        noise = deviation * rng.standard_normal((_NOISE, d))
        change = np.abs(noise @ weights)
        relative = change / np.linalg.norm(noise, axis=1)
        for seen, expected in (
            (relative, shrinkage_constant(d) * size),
            (change**2, deviation**2 * size**2),
        ):
            # One column alone has a relative change that does not vary, up to rounding.
            spread = max(float(seen.std()) / math.sqrt(_NOISE), _ROUNDED * expected)
            scores.append(abs(float(seen.mean()) - expected) / spread)
    worst = max(scores)
    reading = f"means of {_NOISE} draws are off by at most {worst:.1f} standard errors"
    return Observation(len(scores), worst / STANDARD_ERRORS, reading)


register(
    Claim(
        "F1",
        "Insensitivity to noise is shrinkage: its mean penalties depend on the norm of w alone",
        (),
        source="foster2024lipschitz",
        wording=OURS + " The published penalty is a mean of few draws, at the forget rows.",
        checks=(
            Check(
                "E|wᵀξ|/‖ξ‖ = c_d‖w‖ with c_d = Γ(d/2)/(√π Γ((d + 1)/2)), for ξ with independent "
                "normal entries: c_d is the mean of |cos θ| for a direction drawn evenly",
                "A linear model changes by wᵀξ at every row, so the row cancels. The direction of "
                "ξ is uniform, so only ‖w‖ is left, times the mean of |cos θ| for the angle θ to "
                "w, whose density is proportional to sin^{d−2}θ.",
                _mean_over_directions,
            ),
            Check(
                "E|wᵀξ|/‖ξ‖ = c_d‖w‖ and E(wᵀξ)² = σ²‖w‖²",
                f"As above; and E ξξᵀ = σ²I. Simulated, to {STANDARD_ERRORS:g} standard errors.",
                _mean_penalties,
            ),
        ),
    )
)

# The other shard.
Z, z = Letter("Z", "m", "d"), Letter("z", "m", "c")
other = named("w_2", inv(gram(Z) + ridge * I_d) @ Z.T @ z)
half = Fraction(1, 2)
register(
    Claim(
        "F2",
        "Sharded ridge: downdating the touched shard alone retrains the average",
        (
            Part(
                half * (w_o_ridge + inv(hessian) @ X_f.T @ inv(I_f - S) @ e_f) + half * other
                == half * w_g_ridge + half * other,
                (positive_ridge,),
                hints=Hints(
                    lemmas=(("E1.4", {}), *INVERSES, ("E1.3", {}), ("L5.1", {"A": Z})),
                ),
            ),
        ),
        source="yu2022legonet",
        wording=OURS + " Encoder, routing and combination must not depend on the deleted rows.",
    )
)

T = Letter("T", "n_f", "c")
step = Letter("Δ", "d", "c", r"\Delta")
reachable = Assumption("T in the range of B", (T == B @ pinv(B) @ T,))
does_it = Assumption("Δ does T", (T == X_f @ step, step == (I_d - P_r) @ step))
register(
    Claim(
        "F3",
        "A residual layer silent on retained rows can do T on forget rows iff T is in range(B)",
        (
            Part(X_r @ pinv(B) @ T == 0),
            Part(X_f @ pinv(B) @ T == T, (reachable,)),
            Part(B @ pinv(B) @ T == T, (does_it,)),
            Part(
                Semidefinite(gram(step) - gram(pinv(B) @ T)),
                (does_it,),
                hints=Hints(via=(B @ step == T,), squares=((1, step - pinv(B) @ T),)),
            ),
        ),
        source="qin2024residual",
        wording=OURS,
    )
)

# Two requests: W_1 is right on the rows X_r, W_2 on the rows X_f.
W_1, W_2 = Letter("W_1", "d", "c"), Letter("W_2", "d", "c")
wanted = named("[X_r W_1; X_f W_2]", E_r.T @ X_r @ W_1 + E_f.T @ X_f @ W_2)
fused = named("W", pinv(X) @ wanted)
solvable = Assumption(
    "one layer can do both", (X @ pinv(X) @ wanted == wanted,), ("full row rank", "distinct")
)
register(
    Claim(
        "F4",
        "Layers fused by regression do what each did iff one layer can; always iff the ranks add",
        (
            Part(X_r @ fused == X_r @ W_1, (solvable,)),
            Part(X_f @ fused == X_f @ W_2, (solvable,)),
            Part(
                X @ pinv(X) @ E_r.T @ X_r == E_r.T @ X_r,
                (ranks_of_rows_add,),
                also_draw=ROWS_APART,
            ),
            Part(
                RankEquation((X,), (X_r, X_f)),
                (X @ pinv(X) @ E_r.T @ X_r == E_r.T @ X_r,),
                also_draw=ROWS_APART,
            ),
        ),
        source="chen2023unlearn",
        wording=OURS,
    )
)

# N prunes what forget rows use and retained rows do not; unlike M it keeps what no row uses.
N = Letter("N", "d", "d")
pruning = Assumption(
    "N differs from M on unused features alone", (Mask(N), X @ (N - M) == 0), featurewise=True
)
pruned = named("N w_o", N @ w_o)
register(
    Claim(
        "F5",
        "Pruning to the essential graph is a retain mask on supports, exact for distinct features",
        (
            Part(
                pruned == w_rbm,
                (any_mask, pruning),
                also_draw=(N == M,),
                hints=Hints(via=((N - M) @ X.T == 0, (N - M) @ X.T @ pinv(X).T @ w_o == 0)),
            ),
            Part(
                retain_loss(pruned) == 0,
                (interpolating, retain_mask, pruning),
                also_draw=(N == M,),
                hints=Hints(lemmas=(("F5.1", {}), ("B1.1", {}))),
            ),
            Part(
                pruned == w_g,
                (separating_mask, pruning),
                also_draw=(N == M,),
                hints=Hints(lemmas=(("F5.1", {}), ("B4.1", {}))),
            ),
        ),
        source="xu2024essential, ding2024unlearning",
        wording=OURS
        + " Pruning by explanations is read as pruning by supports: a feature goes if forget rows "
        "use it and retained rows do not. What no row uses has weight zero, pruned or kept.",
    )
)

U = Letter("U", "d", "k")
orthonormal = Assumption("U has orthonormal columns", (U.T @ U == Identity("k"),))
head = named("U h", U @ pinv(X_r @ U) @ y_r)
register(
    Claim(
        "F6",
        "A head retrained over a fixed base is golden for all labels iff the base has the rows",
        (
            Part(
                U @ pinv(X_r @ U) == pinv(X_r),
                (X_r @ U @ U.T == X_r,),
                also_draw=((U.T @ U == Identity("k"), X == X @ U @ U.T),) * 3,
            ),
            Part(
                X_r @ U @ U.T == X_r,
                (orthonormal, U @ pinv(X_r @ U) == pinv(X_r)),
                also_draw=(X == X @ U @ U.T,) * 3,
            ),
        ),
        source="wei2024provable",
        wording=OURS + " Anchor-word constraints that stay inactive change nothing.",
    )
)

register(
    Claim(
        "F7",
        "At interpolation every sample gradient is zero at w_o; pruning by supports keeps that",
        (
            Part(X @ w_o == y, (interpolating,)),
            Part(X_r @ (M @ w_o) == y_r, (interpolating, retain_mask)),
        ),
        source="block2025overparameterization, fan2024salun, foster2024ssd",
        wording=OURS,
    )
)
