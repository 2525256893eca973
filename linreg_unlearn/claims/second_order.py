"""Family E: influence, Newton and what they leave [warnecke2023features].

With ``H = XᵀX + λI``, ``H_r = X_rᵀX_r + λI``, ``e_f = X_f w_o − y_f`` and ``S = X_f H⁻¹ X_fᵀ``.
"""

import random

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Expr, Letter, gram, inv, named, pinv
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.statements import Positive, Semidefinite
from linreg_unlearn.claims.assumptions import interpolating, positive_ridge
from linreg_unlearn.claims.claim import (
    Assumption,
    Check,
    Claim,
    Hints,
    Observation,
    Part,
    register,
)
from linreg_unlearn.claims.fine_tuning import kernel_ridge
from linreg_unlearn.claims.iterates import curvature as neg_grad_curvature
from linreg_unlearn.claims.iterates import (
    curvature_invertible,
    integers,
    neg_grad,
    rotation,
    squared,
)
from linreg_unlearn.claims.matching import block_ridge, w_o_ridge
from linreg_unlearn.claims.vocabulary import (
    SOLVED_BY,
    E_f,
    E_r,
    I_d,
    I_f,
    Letters,
    X,
    X_f,
    X_r,
    beta,
    ridge,
    w,
    w_g_ridge,
    w_o,
    y,
    y_f,
    y_new,
    y_r,
)
from linreg_unlearn.methods import second_order

OURS = "Derived here, in sums with ½ and one ridge for pretrained and golden weights."

hessian = named("H", X.T @ X + ridge * I_d)
retained_hessian = named("H_r", X_r.T @ X_r + ridge * I_d)
e_f = named("e_f", X_f @ w_o_ridge - y_f)
S = named("S", X_f @ inv(hessian) @ X_f.T)
pulled = named("H⁻¹X_fᵀ", inv(hessian) @ X_f.T)
newton = named("w_N", w_o_ridge + inv(retained_hessian) @ X_f.T @ e_f)
influence = named("w_IF", w_o_ridge + inv(hessian) @ X_f.T @ e_f, r"w_{\mathrm{IF}}")

INVERSES = (("L5.1", {"A": X_r}), ("L5.1", {"A": X}))
e = Letter("e", "n_f", "c")
Z = Letter("Z", "n_f", "n_f")
T = Letter("T", "n_f", "c")
# The labels that golden misses: (I − S) e_g = e_f.
e_g = named("e_g", X_f @ w_g_ridge - y_f)
STATIONARY = hessian @ w_o_ridge == X.T @ y
GOLDEN = retained_hessian @ w_g_ridge == X_r.T @ y_r
WOODBURY = (I_f - S) @ e_g == e_f
KERNELS = (("L5.3", {"A": X}), ("L5.4", {"A": X, "E": E_f}))

register(
    Claim(
        "E1",
        "With a ridge, one Newton step from the pretrained weights is golden",
        (
            Part(
                newton == w_g_ridge,
                (positive_ridge,),
                hints=Hints(
                    via=(STATIONARY, retained_hessian @ newton == X_r.T @ y_r), lemmas=INVERSES
                ),
            ),
            Part(
                I_f - S == ridge * block_ridge,
                (positive_ridge,),
                hints=Hints(lemmas=(*INVERSES, *KERNELS)),
            ),
            Part(
                inv(I_f - S) @ (I_f - S) == I_f,
                (positive_ridge,),
                hints=Hints(
                    lets=((Z, I_f - pinv(I_f - S) @ (I_f - S)),),
                    via=((I_f - S) @ Z == 0, block_ridge @ Z == 0, Z == 0),
                    lemmas=(*INVERSES, *KERNELS, ("E1.2", {})),
                ),
            ),
            Part(
                w_g_ridge == w_o_ridge + inv(hessian) @ X_f.T @ inv(I_f - S) @ e_f,
                (positive_ridge,),
                hints=Hints(
                    lets=((w, w_g_ridge), (e, X_f @ w - y_f)),
                    via=(
                        STATIONARY,
                        retained_hessian @ w == X_r.T @ y_r,
                        w == w_o_ridge + inv(hessian) @ X_f.T @ e,
                        (I_f - S) @ e == e_f,
                        e == inv(I_f - S) @ e_f,
                    ),
                    lemmas=(*INVERSES, ("E1.3", {})),
                ),
            ),
            Part(
                S == ridge * gram(pulled) + gram(X @ pulled),
                (positive_ridge,),
                hints=Hints(lemmas=INVERSES),
            ),
            Part(
                S - S @ S == ridge * gram(pulled) + gram(X_r @ pulled),
                (positive_ridge,),
                hints=Hints(lemmas=(("E1.5", {}), *INVERSES)),
            ),
        ),
        source="warnecke2023features, guo2020certified",
        wording=OURS,
    )
)

through = inv(hessian) @ X_f.T @ inv(I_f - S)
s = parameter("s")
leverage = Semidefinite(s * hessian - gram(X_f))
leverage_too = Semidefinite(s * I_f - S)
leverage_at_most = Assumption("λ_max(S) at most s", (leverage, leverage_too, Positive("s")))
root_of_leverage = Letter("√L", "d", "d", r"\sqrt{L}")
root_of_rest = Letter("√R", "n_f", "n_f", r"\sqrt{R}")
# One more step with the Hessian of all rows, along the retained gradient.
next_influence = named("w₊", w - inv(hessian) @ (X_r.T @ (X_r @ w - y_r) + ridge * w), "w_+")
v = Letter("v", "d", "c")
shrunk = named("H⁻¹X_fᵀX_f", inv(hessian) @ gram(X_f))
GOLDEN_IN = Hints(lets=((v, w_g_ridge),), lemmas=INVERSES)


def _norm_of(matrix: fmpq_mat, vector: fmpq_mat) -> fmpq:
    """Return the squared norm of a vector, in that of a positive definite matrix."""
    return (vector.transpose() * matrix * vector)[0, 0]


def _influence_contraction(seed: int) -> Observation:
    """Iterate influence where S has known eigenvalues, with the worst labels and with any."""
    source = random.Random(seed)
    wrong, instances = 0, 0
    for _ in range(30):
        d = source.randint(1, 4)
        n_f = source.randint(1, d)
        axes, mix = rotation(source, d), rotation(source, n_f)
        penalty = fmpq(source.randint(1, 6), 2)
        lengths = [source.randint(0, 3) for _ in range(d)]
        new = [source.randint(1, 3) for _ in range(n_f)]
        retained = rational.diagonal(lengths) * axes
        forget = mix * rational.diagonal(new) * rational.select_rows(axes, range(n_f))
        whole = retained.transpose() * retained + penalty * rational.identity(d)
        bowl = whole + forget.transpose() * forget
        # Along the axes H has a² + b² + λ and S has b²/(a² + b² + λ).
        shares = [b * b / (a * a + b * b + penalty) for a, b in zip(lengths, new, strict=False)]
        largest = max(shares)
        pull = retained.transpose() * integers(source, d, 1)
        target = whole.inv() * pull
        # Labels of which golden misses the eigenvector of the largest value, and any labels.
        worst_missed = rational.select_columns(mix, [shares.index(largest)])
        for missed in (worst_missed, integers(source, n_f, 1)):
            labels = forget * target - missed
            weights = bowl.inv() * (pull + forget.transpose() * labels)
            gap = target - weights
            for k in range(1, 5):
                weights -= bowl.inv() * (whole * weights - pull)
                left = target - weights
                if missed is worst_missed:
                    wrong += left != largest**k * gap
                wrong += _norm_of(bowl, left) > largest ** (2 * k) * _norm_of(bowl, gap)
                instances += 1
    reading = f"{wrong} contradictions after {instances} numbers of steps"
    return Observation(instances, float(2 * wrong), reading, exact=True)


def _order_of_limits(seed: int) -> Observation:
    """Let the ridge of a Newton step go to zero on interpolating data, in rational arithmetic."""
    source = random.Random(seed)
    wrong, instances, apart = 0, 0, 0
    for _ in range(20):
        d = source.randint(2, 4)
        retained, forget = integers(source, source.randint(1, 3), d), integers(source, 1, d)
        labels = integers(source, d, 1)
        y_kept, y_gone = retained * labels, forget * labels
        every = retained.transpose() * retained + forget.transpose() * forget
        start = rational.moore_penrose(every) * every * labels
        curved = retained.transpose() * retained
        target = rational.moore_penrose(curved) * retained.transpose() * y_kept
        # Without a ridge the step is zero, since the pretrained weights fit the forget row.
        slope = forget.transpose() * (forget * start - y_gone)
        wrong += start + rational.moore_penrose(curved) * slope != start
        apart += start != target
        scale = squared(rational.moore_penrose(curved) * target)
        for k in (0, 2, 4, 8):
            penalty = fmpq(1, 10**k) * rational.identity(d)
            trained = (every + penalty).inv() * every * labels
            slope = forget.transpose() * (forget * trained - y_gone)
            stepped = trained + (curved + penalty).inv() * slope
            # w_g(λ) − w_g = −λ H_r⁻¹ w_g, and the same for the pretrained weights.
            wrong += squared(stepped - target) > scale * fmpq(1, 100**k)
            near = squared(rational.moore_penrose(every) * start) * fmpq(1, 100**k)
            wrong += squared(trained - start) > near
            instances += 1
    wrong += apart == 0
    reading = f"{wrong} contradictions; of 20 limits {apart} are not what happens without a ridge"
    return Observation(instances, float(2 * wrong), reading, exact=True)


# Squares of these, less 144, are squares of 0, 5, 9, 16 and 35: so are eigenvalues of H_r less λ.
_ROOTS, _LENGTHS, _PENALTY = (12, 13, 15, 20, 37), (0, 5, 9, 16, 35), 144


def _best_first_order_step(seed: int) -> Observation:
    """Compare first-order steps with the best one and with its bound, which one case attains."""
    source = random.Random(seed)
    wrong, instances = 0, 0
    for trial in range(40):
        d = source.randint(2, 4)
        chosen = sorted(source.sample(range(5), d))
        axes = rotation(source, d)
        retained = rational.diagonal([_LENGTHS[i] for i in chosen]) * axes
        bowl = retained.transpose() * retained + _PENALTY * rational.identity(d)
        low, high = _ROOTS[chosen[0]], _ROOTS[chosen[-1]]
        bound = fmpq(high**2 - low**2, high**2 + low**2)
        # Along H_r⁻¹g = (high, 0, …, 0, low) the angle to g is largest [horn2013matrix].
        sharp = trial % 2 == 0
        along = [high] + [0] * (d - 2) + [low]
        if not sharp:
            along = [source.randint(-3, 3) for _ in range(d - 1)] + [1]
        away = axes.transpose() * fmpq_mat(d, 1, along)
        row, label = (bowl * away).transpose(), fmpq(source.randint(1, 5))
        pull = retained.transpose() * integers(source, d, 1)
        start = (bowl + row.transpose() * row).inv() * (pull + label * row.transpose())
        target = bowl.inv() * pull
        miss = (row * start)[0, 0] - label
        if miss == 0:
            continue
        g = miss * row.transpose()
        best = (g.transpose() * bowl.inv() * g)[0, 0] / squared(g)

        def distance(
            tau: fmpq, w: fmpq_mat = start, g: fmpq_mat = g, to: fmpq_mat = target
        ) -> fmpq:
            return squared(w + tau * g - to)

        least, whole = distance(best), distance(fmpq(0))
        for change in (fmpq(-1, 2), fmpq(-1, 1000), fmpq(1, 1000), fmpq(1, 2)):
            wrong += distance(best * (1 + change)) <= least
        wrong += least > bound * bound * whole
        wrong += sharp and least != bound * bound * whole
        instances += 1
    reading = f"{wrong} contradictions on {instances} instances, half of them attain the bound"
    return Observation(instances, float(2 * wrong), reading, exact=True)


register(
    Claim(
        "E2",
        "Influence misses golden by H⁻¹X_fᵀ(I − S)⁻¹S e_f, and by S^k after k steps",
        (
            Part(
                w_g_ridge - influence == through @ S @ e_f,
                (positive_ridge,),
                hints=Hints(lemmas=(("E1.3", {}), ("E1.4", {}), *INVERSES)),
            ),
            Part(
                w_g_ridge - next_influence == inv(hessian) @ X_f.T @ X_f @ (w_g_ridge - w),
                (positive_ridge,),
                hints=Hints(
                    lets=((v, w_g_ridge),),
                    via=(retained_hessian @ v == X_r.T @ y_r,),
                    lemmas=INVERSES,
                ),
            ),
            Part(
                w_g_ridge - next_influence == through @ S @ T,
                (positive_ridge, w_g_ridge - w == through @ T),
                also_draw=(w == w_g_ridge - through @ T,),
                hints=Hints(
                    via=(
                        inv(hessian) @ X_f.T @ X_f @ (w_g_ridge - w - through @ T) == 0,
                        S @ inv(I_f - S) == inv(I_f - S) @ S,
                    ),
                    lemmas=(("E1.3", {}), ("E2.2", {})),
                ),
            ),
            Part(
                Semidefinite(s * s * (v.T @ hessian @ v) - (shrunk @ v).T @ hessian @ shrunk @ v),
                (positive_ridge, leverage_at_most),
                hints=Hints(
                    roots=((root_of_leverage, leverage), (root_of_rest, leverage_too)),
                    squares=((s, root_of_leverage @ v), (1, root_of_rest @ X_f @ v)),
                    lemmas=INVERSES,
                ),
            ),
            Part(
                X_f @ influence - y_f == e_g - S @ S @ e_g,
                (positive_ridge,),
                hints=Hints(
                    via=((I_f - S) @ e_g == e_f, S @ ((I_f - S) @ e_g - e_f) == 0),
                    lemmas=(("E2.6", {}), *INVERSES),
                ),
            ),
            Part(
                (I_f - S) @ e_g == e_f,
                (positive_ridge,),
                hints=Hints(
                    lets=((v, w_g_ridge),),
                    via=(
                        STATIONARY,
                        retained_hessian @ v == X_r.T @ y_r,
                        v == w_o_ridge + inv(hessian) @ X_f.T @ (X_f @ v - y_f),
                    ),
                    lemmas=INVERSES,
                ),
            ),
        ),
        source="warnecke2023features",
        wording=OURS + " The relative H-norm falls by λ_max(S) a step at worst.",
        checks=(
            Check(
                "iterated k times, influence leaves at most λ_max(S)^k of the error in the norm of "
                "H, and some labels leave exactly that",
                "The part on H bounds one step. The error H⁻¹X_fᵀu, where Su = λ_max(S)u, is "
                "multiplied by λ_max(S) at every step; it is the first one if golden misses the "
                "forget labels by u.",
                _influence_contraction,
            ),
        ),
    )
)

kernel_inverse = inv(kernel_ridge)
register(
    Claim(
        "E3",
        "At λ = 0 and interpolation no update by gradients moves; the limit λ → 0 is golden",
        (
            Part(X_f.T @ (X_f @ w_o - y_f) == 0, (interpolating,)),
            Part(
                e_f == -ridge * (E_f @ kernel_inverse @ y),
                (positive_ridge,),
                hints=Hints(lemmas=(*INVERSES, *KERNELS)),
            ),
            Part(
                I_f - S == ridge * block_ridge,
                (positive_ridge,),
                hints=Hints(lemmas=(("E1.2", {}),)),
            ),
        ),
        source="warnecke2023features, block2025overparameterization",
        wording=OURS,
        checks=(
            Check(
                "on interpolating data the Newton step with ridge λ tends to golden as λ → 0, at "
                "distance at most λ‖(X_rᵀX_r)⁺w_g‖, and the Newton step without a ridge, from the "
                "limit w_o of its starts, goes nowhere",
                "By E1 the step with a ridge ends at w_g(λ), and w_g(λ) − w_g = −λH_r⁻¹w_g with "
                "w_g in the row space of X_r. Without one the gradient X_fᵀe_f is zero. With one "
                "it is of order λ, and so is the curvature of H_r along what the retained rows do "
                "not see: their quotient stays.",
                _order_of_limits,
            ),
        ),
    )
)

# Changed rows: labels ỹ_f, or rows Z_f in the place of X_f.
X_new = Letter("X̃_f", "n_f", "d", r"\tilde X_f")
changed_hessian = named("H̃", retained_hessian + gram(X_new), r"\tilde H")
changed_gradient = named(
    "∇", X_new.T @ (X_new @ w_o_ridge - y_new) - X_f.T @ (X_f @ w_o_ridge - y_f), r"\nabla"
)
retrained = named("w̃", inv(changed_hessian) @ (X_r.T @ y_r + X_new.T @ y_new), r"\tilde w")
relabelled = named("w̃", inv(hessian) @ (X_r.T @ y_r + X_f.T @ y_new), r"\tilde w")

register(
    Claim(
        "E4",
        "Second-order updates are exact for changed labels; for changed rows with their Hessian",
        (
            Part(
                relabelled == w_o_ridge - inv(hessian) @ X_f.T @ (y_f - y_new),
                (positive_ridge,),
                hints=Hints(lemmas=INVERSES),
            ),
            Part(
                retrained == w_o_ridge - inv(changed_hessian) @ changed_gradient,
                (positive_ridge,),
                hints=Hints(
                    via=(STATIONARY, changed_hessian @ inv(changed_hessian) == I_d),
                    lemmas=(*INVERSES, ("E4.4", {})),
                ),
            ),
            Part(
                retrained - (w_o_ridge - inv(hessian) @ changed_gradient)
                == inv(hessian)
                @ (changed_hessian - hessian)
                @ inv(changed_hessian)
                @ changed_gradient,
                (positive_ridge,),
                hints=Hints(lemmas=(*INVERSES, ("E4.2", {}), ("E4.4", {}))),
            ),
            Part(
                inv(changed_hessian) @ changed_hessian == I_d,
                (positive_ridge,),
            ),
        ),
        source="warnecke2023features",
        wording=OURS,
        checks=(
            Check(
                "of all steps along g that of size τ = gᵀH̃⁻¹g/‖g‖² ends nearest to the exact "
                "weights, where g is minus the gradient and H̃ the Hessian of the changed data; "
                "at most (κ − 1)/(κ + 1) of the distance is left, and for some data exactly that",
                "The exact step is u = H̃⁻¹g, and τg is its projection on the line of g. What is "
                "left of u is the sine of the angle between u and H̃u, at most (κ − 1)/(κ + 1) by "
                "Kantorovich's inequality, with equality at u = √κ v_min + v_max for unit "
                "eigenvectors.",
                _best_first_order_step,
            ),
        ),
    )
)

# Residuals on the forget rows: of influence (I + S) e_f, of golden (I − S)⁻¹ e_f = e.
r, u, t = Letter("r", "n_f", "c"), Letter("u", "n_f", "c"), Letter("t", "d", "c")
neg_grad_positive = Semidefinite(neg_grad_curvature)
root_of_neg_grad = Letter("√A", "d", "d", r"\sqrt{A}")
# Labels of which the forget rows miss nothing: K⁻¹y has no entries there.
NOTHING_MISSED = y == kernel_ridge @ E_r.T @ y_r
below_critical = Assumption(
    "β below β*",
    (
        neg_grad_positive,
        inv(neg_grad_curvature) @ neg_grad_curvature == I_d,
        Positive("beta"),
    ),
    ("small forget rows",),
)

register(
    Claim(
        "E6",
        "With a ridge influence forgets too little and ascent too much: UL(w_o) ≤ UL(w_IF) ≤ "
        "UL(w_g) ≤ UL(w_NG)",
        (
            Part(
                Semidefinite(gram(X_f @ influence - y_f) - gram(e_f)),
                (positive_ridge,),
                hints=Hints(
                    lets=((e, e_f),),
                    via=(X_f @ influence - y_f == e + S @ e,),
                    squares=((2 * ridge, pulled @ e), (2, X @ pulled @ e), (1, S @ e)),
                    lemmas=(("E1.5", {}), *INVERSES),
                ),
            ),
            Part(
                Semidefinite(gram(e_g) - gram(X_f @ influence - y_f)),
                (positive_ridge,),
                hints=Hints(
                    lets=((r, X_f @ influence - y_f), (e, e_g), (u, S @ e), (t, pulled @ u)),
                    via=(
                        r == e - X_f @ t,
                        u.T @ X_f @ t == ridge * gram(t) + gram(X @ t),
                        e.T @ X_f @ t == gram(u),
                    ),
                    squares=((1, u), (1, u - X_f @ t), (2, X_r @ t), (2 * ridge, t)),
                    lemmas=(("E2.5", {}), *INVERSES),
                ),
            ),
            Part(
                Semidefinite(gram(X_f @ neg_grad - y_f) - gram(e_g)),
                (below_critical,),
                hints=Hints(
                    lets=((v, w_g_ridge), (e, X_f @ v - y_f)),
                    via=(
                        retained_hessian @ v == X_r.T @ y_r,
                        neg_grad - v == beta * (inv(neg_grad_curvature) @ X_f.T @ e),
                    ),
                    roots=((root_of_neg_grad, neg_grad_positive),),
                    squares=(
                        (2 * beta, root_of_neg_grad @ inv(neg_grad_curvature) @ X_f.T @ e),
                        (beta * beta, X_f @ inv(neg_grad_curvature) @ X_f.T @ e),
                    ),
                    # H_r = A + β X_fᵀX_f is invertible since A is, whatever λ.
                    lemmas=(
                        (
                            "L5.5",
                            {
                                "K": retained_hessian,
                                "A": root_of_neg_grad,
                                "C": X_f,
                                "V_A": inv(neg_grad_curvature),
                            },
                        ),
                    ),
                ),
            ),
            Part(
                X_f.T @ e_g == 0,
                (positive_ridge, curvature_invertible, neg_grad == w_g_ridge),
                also_draw=(NOTHING_MISSED,) * 3,
                hints=Hints(
                    lets=((v, w_g_ridge),),
                    via=(
                        retained_hessian @ v == X_r.T @ y_r,
                        neg_grad_curvature @ (neg_grad - v) == 0,
                        beta * (X_f.T @ (X_f @ v - y_f)) == 0,
                    ),
                    lemmas=INVERSES,
                ),
            ),
            Part(
                X_f.T @ e_f == 0,
                (positive_ridge, X_f.T @ e_g == 0),
                also_draw=(NOTHING_MISSED,) * 3,
                hints=Hints(
                    lets=((v, w_g_ridge),),
                    via=(
                        retained_hessian @ v == X_r.T @ y_r,
                        hessian @ v == X.T @ y,
                        v == w_o_ridge,
                    ),
                    lemmas=INVERSES,
                ),
            ),
        ),
        source="warnecke2023features",
        wording=OURS,
    )
)

# Rows X_q are forgotten first, then X_f: before both, the weights are w_a.
X_q, y_q = Letter("X_q", "q", "d"), Letter("y_q", "q", "c")
hessian_of_all = named("H_a", hessian + gram(X_q))
w_a = named("w_a", inv(hessian_of_all) @ (X.T @ y + X_q.T @ y_q))
e_q = X_q @ w_a - y_q
first_newton = named("w_1", w_a + inv(hessian) @ X_q.T @ e_q)
first_influence = named("w_1", w_a + inv(hessian_of_all) @ X_q.T @ e_q)
joint_influence = named(
    "w_IF(both)",
    w_a + inv(hessian_of_all) @ (X_q.T @ e_q + X_f.T @ (X_f @ w_a - y_f)),
)


def _then(start: Expr, curvature: Expr) -> Expr:
    """Return one more update for the rows X_f."""
    return start + inv(curvature) @ X_f.T @ (X_f @ start - y_f)


register(
    Claim(
        "E7",
        "Newton steps for two requests, one after the other, are exact as one for both",
        (
            Part(
                first_newton == w_o_ridge,
                (positive_ridge,),
                hints=Hints(
                    via=(hessian_of_all @ w_a == X.T @ y + X_q.T @ y_q,),
                    lemmas=(*INVERSES, ("E7.3", {})),
                ),
            ),
            Part(
                _then(first_newton, retained_hessian) == w_g_ridge,
                (positive_ridge,),
                hints=Hints(lemmas=(("E7.1", {}), ("E1.1", {}), *INVERSES, ("E7.3", {}))),
            ),
            Part(inv(hessian_of_all) @ hessian_of_all == I_d, (positive_ridge,)),
        ),
        source="warnecke2023features",
        wording=OURS,
    )
)

register(
    Claim(
        "E7.influence",
        "Influence steps for two requests add up to the one for both, if the Hessian is refreshed",
        (Part(_then(first_influence, hessian) == joint_influence, (positive_ridge,)),),
        source="warnecke2023features",
        wording="What E7 says of Newton steps, hoped for of influence.",
        expected="fails",
    )
)


def _ridge(at: Letters) -> float:
    return float(at["lambda"][0, 0])


SOLVED_BY.update(
    {
        newton: lambda problem, at: second_order.newton(problem, ridge=_ridge(at)).coef,
        influence: lambda problem, at: second_order.influence(problem, ridge=_ridge(at)).coef,
        relabelled: lambda problem, at: second_order.retrained_on_correction(
            problem, labels=at["ỹ_f"], ridge=_ridge(at)
        ),
    }
)
