"""Family D, continued: where gradient steps lead, one step and the limit at a time.

A trajectory is a letter ``w`` for any iterate, and what one more step makes of it; that the first
iterate has a property and that a step keeps it are two parts. Losses are sums with ½, as in the
methods.
"""

import itertools
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Identity, Letter, gram, inv, named, pinv
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.statements import Positive, RankEquation, Semidefinite
from linreg_unlearn.claims.assumptions import (
    interpolating,
    positive_ridge,
    ranks_of_rows_add,
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
from linreg_unlearn.claims.matching import w_o_ridge
from linreg_unlearn.claims.vocabulary import (
    SOLVED_BY,
    Array,
    E_f,
    E_r,
    I_d,
    I_f,
    Letters,
    P,
    P_r,
    X,
    X_f,
    X_r,
    beta,
    ridge,
    w,
    w_0,
    w_g,
    w_g_ridge,
    w_o,
    y_f,
    y_new,
    y_r,
)
from linreg_unlearn.methods.iterates import critical_beta
from linreg_unlearn.methods.iterative import projected_gradient
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.problem import Problem
from linreg_unlearn.setups import shared

OURS = "Derived here; a sum of squares with ½, as public code has it up to scale."

eta = parameter("eta")
ROWS_APART = ("full row rank", "distinct", "orthogonal")

# One step of each method from any iterate w.
matching_step = named("w₊", w - eta * (X.T @ (X @ w - X @ w_g)), "w_+")
retain_step = named("w₊", w - eta * (X_r.T @ (X_r @ w - y_r)), "w_+")
ascent_step = named("w₊", w + eta * (X_f.T @ (X_f @ w - y_f)), "w_+")

# PGU moves along B, what the forget rows have beyond the retained ones.
B = named("B", X_f @ (I_d - P_r))
projected_ascent = named("w₊", w + eta * (B.T @ (X_f @ w - y_new)), "w_+")
projected_descent = named("w₊", w - eta * (B.T @ (X_f @ w - y_new)), "w_+")
projected_limit = named("w_pgu", w_0 + pinv(B) @ (y_new - X_f @ w_0), r"w_{\mathrm{pgu}}")


def integers(source: random.Random, rows: int, columns: int, largest: int = 3) -> fmpq_mat:
    """Draw a matrix of small integers.

    Examples
    --------
    >>> integers(random.Random(0), 2, 3).ncols()
    3
    """
    entries = [source.randint(-largest, largest) for _ in range(rows * columns)]
    return fmpq_mat(rows, columns, entries)


def rotation(source: random.Random, size: int) -> fmpq_mat:
    """Draw a rational orthogonal matrix, by Cayley's formula from a skew one.

    With it come matrices whose singular values are known exactly.

    Examples
    --------
    >>> Q = rotation(random.Random(0), 3)
    >>> Q * Q.transpose() == rational.identity(3)
    True
    """
    half = integers(source, size, size, 2)
    skew = half - half.transpose()
    return (rational.identity(size) - skew) * (rational.identity(size) + skew).inv()


def squared(matrix: fmpq_mat) -> fmpq:
    """Return the squared Frobenius norm.

    Examples
    --------
    >>> squared(rational.identity(3))
    3
    """
    return sum((value * value for value in matrix.entries()), fmpq(0))


def _with_singular_values(source: random.Random, n: int, d: int) -> tuple[fmpq_mat, list[int]]:
    """Draw a matrix, and its non-zero singular values."""
    values = [source.randint(1, 4) for _ in range(source.randint(1, min(n, d)))]
    left = rational.select_columns(rotation(source, n), range(len(values)))
    right = rational.select_rows(rotation(source, d), range(len(values)))
    return left * rational.diagonal(values) * right, values


def _contraction_of_matching(seed: int) -> Observation:
    """Compare the shrinking of errors with the largest |1 − ησ²|, at many step sizes, exactly."""
    source = random.Random(seed)
    wrong, instances = 0, 0
    for _ in range(15):
        n, d = source.randint(2, 4), source.randint(1, 4)
        rows, values = _with_singular_values(source, n, d)
        labels = integers(source, n, 1)
        projector = rational.moore_penrose(rows) * rows
        some = range(n - 1)
        retained = rational.moore_penrose(rational.select_rows(rows, some))
        golden_weights = retained * rational.select_rows(labels, some)
        low, high = min(values) ** 2, max(values) ** 2
        best = fmpq(2, low + high)
        for eta in (best, *(best * fmpq(source.randint(1, 19), 10) for _ in range(3))):
            factor = max(abs(1 - eta * value * value) for value in values)
            shrunk = projector - eta * (rows.transpose() * rows)
            rest = factor * factor * projector - shrunk.transpose() * shrunk
            # No direction of the row space shrinks less, and one shrinks by no more.
            wrong += not rational.is_positive_semidefinite(rest)
            wrong += rational.rank(rest) == len(values)
            wrong += (factor > fmpq(high - low, high + low)) == (eta == best)
            weights = rational.moore_penrose(rows) * labels
            bound = squared(weights - golden_weights)
            for _ in range(3):
                weights -= eta * (rows.transpose() * (rows * (weights - golden_weights)))
                bound *= factor * factor
                wrong += squared(weights - golden_weights) > bound
            instances += 1
    reading = f"{wrong} contradictions at {instances} step sizes"
    return Observation(instances, float(2 * wrong), reading, exact=True)


register(
    Claim(
        "D4",
        "Gradient steps: oracle matching reaches golden, descent on retained rows keeps a floor",
        (
            Part(matching_step - w_g == (I_d - eta * (X.T @ X)) @ (w - w_g)),
            Part(P @ (w_o - w_g) == w_o - w_g, hints=Hints(lemmas=(("L6.2", {"A": X, "E": E_r}),))),
            Part((I_d - P_r) @ retain_step == (I_d - P_r) @ w),
            Part(
                Semidefinite(gram(w - w_g) - gram((I_d - P_r) @ w)),
                hints=Hints(squares=((1, P_r @ w - w_g),)),
            ),
            Part(X_r.T @ (X_r @ w_o - y_r) == 0, (interpolating,)),
        ),
        source="georgiev2025attribute, ding2024unlearning",
        wording=OURS,
        checks=(
            Check(
                "a step of oracle matching shrinks the error at worst by max|1 − ησ²| over the "
                "non-zero singular values σ of X, and least at η = 2/(σ_max² + σ_min²), by "
                "(σ_max² − σ_min²)/(σ_max² + σ_min²)",
                "The error stays in the row space, where I − ηXᵀX has the eigenvalues 1 − ησ². The "
                "largest |1 − ησ²| belongs to σ_min or to σ_max, of which one falls and the other "
                "grows with η; they meet at this η.",
                _contraction_of_matching,
            ),
        ),
    )
)

curvature = named("A", X_r.T @ X_r + ridge * I_d - beta * (X_f.T @ X_f))
neg_grad = named("w_NG", inv(curvature) @ (X_r.T @ y_r - beta * (X_f.T @ y_f)), r"w_{\mathrm{NG}}")
retained_hessian = named("H_r", X_r.T @ X_r + ridge * I_d)
curvature_invertible = Assumption(
    "A invertible", (inv(curvature) @ curvature == I_d, Positive("beta"))
)


def _definite(matrix: fmpq_mat) -> bool:
    return rational.is_positive_semidefinite(matrix) and matrix.det() != 0


def _critical_weight_exactly(seed: int) -> Observation:
    """Look at NegGrad+ below, at and above β*, in rational arithmetic."""
    source = random.Random(seed)
    wrong, instances = 0, 0
    for _ in range(25):
        d, n_r, n_f = source.randint(1, 4), source.randint(1, 3), source.randint(1, 3)
        retained, forget = integers(source, n_r, d), integers(source, n_f, d)
        penalty = fmpq(source.randint(1, 6), 2)
        bowl = retained.transpose() * retained + penalty * rational.identity(d)
        steep = forget.transpose() * forget
        seen = forget * bowl.inv() * forget.transpose()
        # I − β X_f H_r⁻¹ X_fᵀ is definite below β* = 1/λ_max and has a negative value above it.
        for _ in range(4):
            weight = fmpq(source.randint(1, 40), 8)
            below = rational.identity(n_f) - weight * seen
            wrong += _definite(bowl - weight * steep) != _definite(below)
            instances += 1
        row = rational.select_rows(forget, [0])
        if rational.is_zero(row):
            continue
        # One row x has β* = 1/(x H_r⁻¹ xᵀ); a step is shorter than all curvatures allow.
        direction = bowl.inv() * row.transpose()
        critical = 1 / (row * direction)[0, 0]
        eta = 1 / rational.trace(bowl)
        for share in (fmpq(999, 1000), fmpq(1), fmpq(1001, 1000)):
            weight = share * critical
            left = bowl - weight * (row.transpose() * row)
            step = rational.identity(d) - eta * left
            shrinks = _definite(rational.identity(d) - step.transpose() * step)
            wrong += _definite(left) != (share < 1)
            wrong += shrinks != (share < 1)
            curved = (direction.transpose() * left * direction)[0, 0]
            wrong += (curved > 0, curved == 0) != (share < 1, share == 1)
            instances += 1
        # At β* the objective falls along the flat direction by what golden misses of the label.
        labels, label = integers(source, n_r, 1), fmpq(source.randint(-3, 3))
        pull = retained.transpose() * labels - critical * label * row.transpose()
        missed = (row * bowl.inv() * retained.transpose() * labels)[0, 0] - label
        wrong += (direction.transpose() * pull)[0, 0] != missed
    reading = f"{wrong} contradictions at {instances} weights"
    return Observation(instances, float(2 * wrong), reading, exact=True)


def _neg_grad_runs(seed: int) -> Observation:
    """Run NegGrad+ just below and just above β*."""
    worst, instances = 0.0, 0
    for trial in range(12):
        problem = shared(n_r=6, n_f=1 + trial % 3, d=4 + trial % 5, noise=1.0, seed=seed + trial)
        penalty = 0.5

        def ends(
            share: float, steps: int | None, problem: Problem = problem, lam: float = penalty
        ) -> Array:
            weight = share * critical_beta(problem, lam)
            method = METHODS["neg_grad_plus"]
            return method(problem, beta=weight, ridge=lam, steps=steps).coef

        limit = ends(0.99, None)
        late = float(np.linalg.norm(ends(0.99, 200_000) - limit) / np.linalg.norm(limit))
        sizes = [float(np.linalg.norm(ends(1.01, steps))) for steps in (2_000, 4_000, 8_000)]
        # Below they arrive; above, twice the steps make the weights larger by a half at least.
        worst = max(worst, late / 1e-6, *(1.5 * a / b for a, b in itertools.pairwise(sizes)))
        instances += 2
    return Observation(instances, worst, f"largest ratio to what is allowed {worst:.2g}")


register(
    Claim(
        "D4.ascent",
        "Gradient ascent grows by I + η X_f X_fᵀ a step; NegGrad+ misses golden by β A⁻¹ X_fᵀ e_g",
        (
            Part(X_f.T @ (X_f @ w_o - y_f) == 0, (interpolating,)),
            Part(X_f @ ascent_step - y_f == (I_f + eta * (X_f @ X_f.T)) @ (X_f @ w - y_f)),
            Part(
                neg_grad - w_g_ridge == beta * (inv(curvature) @ X_f.T @ (X_f @ w_g_ridge - y_f)),
                (positive_ridge, curvature_invertible),
                hints=Hints(
                    lets=((w, w_g_ridge),),
                    via=(
                        retained_hessian @ w == X_r.T @ y_r,
                        inv(curvature) @ (retained_hessian @ w - X_r.T @ y_r) == 0,
                    ),
                    lemmas=(("L5.1", {"A": X_r}),),
                ),
            ),
            Part(
                (I_d - P_r) @ (X_r.T @ X_r - beta * (X_f.T @ X_f)) @ (I_d - P_r)
                == -beta * gram(X_f @ (I_d - P_r))
            ),
        ),
        source="kurmanji2023scrub",
        wording=OURS
        + " The last part at λ = 0: along what retained rows do not see, the objective of "
        "NegGrad+ is −β‖B v‖², so it is unbounded for every β > 0 where B is not zero.",
        checks=(
            Check(
                "the objective of NegGrad+ has a minimum for all labels iff "
                "β < β* = 1/λ_max(H_r⁻¹X_fᵀX_f), and just then its steps settle for small η > 0",
                "A = H_r^{1/2}(I − βN)H_r^{1/2} with N = H_r^{-1/2}X_fᵀX_f H_r^{-1/2}, so A is "
                "positive definite iff β λ_max(N) < 1, and I − ηA contracts for 0 < η < 2/λ_max(A) "
                "iff it is. At β* a flat direction is left, along which the objective falls unless "
                "golden already predicts the forget labels there.",
                _critical_weight_exactly,
            ),
            Check(
                "with β = 0.99 β* the method arrives at w_NG, with β = 1.01 β* it runs away",
                "As above, for the default step size.",
                _neg_grad_runs,
            ),
        ),
    )
)

register(
    Claim(
        "D4.scrub",
        "SCRUB starts at a stationary point of both its phases; with a ridge of the ascent only",
        (
            Part(X_r.T @ (X_r @ w_o - y_r) == 0, (interpolating,)),
            Part(
                X_r.T @ (X_r @ w_o_ridge - y_r) + ridge * w_o_ridge
                == -(X_f.T @ (X_f @ w_o_ridge - y_f)),
                (positive_ridge,),
                hints=Hints(lemmas=(("L5.1", {"A": X}),)),
            ),
        ),
        source="kurmanji2023scrub",
        wording=OURS + " The divergence from the teacher w_o has gradient zero at w_o itself.",
    )
)

register(
    Claim(
        "D4.projected",
        "Projected gradients keep the remaining loss; + grows by I + ηBBᵀ, − relabels",
        (
            Part(X_r @ projected_ascent == X_r @ w),
            Part(X_f @ projected_ascent - y_new == (I_f + eta * gram(B.T)) @ (X_f @ w - y_new)),
            Part(X_f @ projected_descent - y_new == (I_f - eta * gram(B.T)) @ (X_f @ w - y_new)),
            Part(B.T @ (X_f @ projected_limit - y_new) == 0),
            Part(
                pinv(B) == pinv(X) @ E_f.T,
                (ranks_of_rows_add,),
                also_draw=ROWS_APART,
                hints=Hints(via=(X_r @ pinv(X) @ E_f.T == 0,), lemmas=(("L12.9", {}),)),
            ),
            Part(
                RankEquation((X,), (X_r, X_f)),
                (pinv(B) == pinv(X) @ E_f.T,),
                also_draw=ROWS_APART,
                hints=Hints(via=(X_r @ pinv(X) @ E_f.T == 0,), lemmas=(("L11.1", {}),)),
            ),
        ),
        source="hoang2024projection",
        wording=OURS,
    )
)

# One step of stochastic oracle matching on a row drawn evenly: Λ has the squared lengths of rows.
error = Letter("e", "d", "c")
lengths = Letter("Λ", "n", "n", r"\Lambda")
margin, least = parameter("gamma"), parameter("sigma")
short_steps = Semidefinite((2 - margin) * Identity("n") - eta * lengths)
curved = Semidefinite(X.T @ X - least * P)
root_of_steps = Letter("√S", "n", "n", r"\sqrt{S}")
root_of_curvature = Letter("√C", "d", "d", r"\sqrt{C}")


def _moment_step(moment: fmpq_mat, rows: fmpq_mat, eta: fmpq) -> fmpq_mat:
    """Return E[e eᵀ] after a step of matching on a row drawn evenly."""
    n, d = rows.nrows(), rows.ncols()
    after = rational.zeros(d, d)
    for i in range(n):
        row = rational.select_rows(rows, [i])
        step = rational.identity(d) - eta * (row.transpose() * row)
        after += step * moment * step / n
    return after


def _expected_contraction(seed: int) -> Observation:
    """Follow E‖w_k − w_g‖² exactly, by second moments, and compare it with the bound."""
    source = random.Random(seed)
    wrong, instances, closest = 0, 0, 0.0
    for _ in range(15):
        n, d = source.randint(1, 4), source.randint(1, 3)
        rows, values = _with_singular_values(source, n, d)
        longest = max(squared(rational.select_rows(rows, [i])) for i in range(n))
        error = rows.transpose() * integers(source, n, 1)
        if rational.is_zero(error):
            continue
        for share in (fmpq(1, 2), fmpq(1), fmpq(19, 10)):
            eta = share / longest
            factor = 1 - eta * (2 - eta * longest) * min(values) ** 2 / n
            moment, bound = error * error.transpose(), squared(error)
            for _ in range(4):
                moment, bound = _moment_step(moment, rows, eta), factor * bound
                size = rational.trace(moment)
                wrong += size > bound
                if bound > 0:
                    ratio = size / bound
                    closest = max(closest, int(ratio.p) / int(ratio.q))
                instances += 1
    reading = f"{wrong} of {instances} moments above the bound, closest ratio {closest:.3f}"
    return Observation(instances, float(2 * wrong), reading, exact=True)


def _kronecker(A: fmpq_mat, B: fmpq_mat) -> fmpq_mat:
    rows, columns = A.nrows() * B.nrows(), A.ncols() * B.ncols()
    entries = [
        A[i // B.nrows(), j // B.ncols()] * B[i % B.nrows(), j % B.ncols()]
        for i in range(rows)
        for j in range(columns)
    ]
    return fmpq_mat(rows, columns, entries)


def _noise_floor(seed: int) -> Observation:
    """Follow SGD on a ridge from golden weights exactly, with and without gradients there."""
    source = random.Random(seed)
    wrong, instances = 0, 0
    for trial in range(24):
        n, d = source.randint(2, 4), source.randint(1, 3)
        penalty = fmpq(source.randint(1, 4), 2)
        identity = rational.identity(d)
        if trial % 2:
            rows, labels = integers(source, n, d), integers(source, n, 1)
        else:
            # Parallel rows, and labels that miss by what the ridge pulls: no gradient is left.
            weights = integers(source, d, 1)
            scales = [fmpq(source.choice((-2, -1, 1, 2))) for _ in range(n)]
            rows = fmpq_mat(n, 1, scales) * weights.transpose()
            misses = fmpq_mat(n, 1, [penalty / (n * scale) for scale in scales])
            labels = rows * weights + misses
        bowl = rows.transpose() * rows + penalty * identity
        golden_weights = bowl.inv() * rows.transpose() * labels
        noise, kept = rational.zeros(d, d), rational.zeros(d * d, d * d)
        longest = max(squared(rational.select_rows(rows, [i])) for i in range(n))
        eta = 1 / (longest + penalty)
        maps = []
        for i in range(n):
            row = rational.select_rows(rows, [i])
            miss = row * golden_weights - rational.select_rows(labels, [i])
            gradient = row.transpose() * miss + penalty / n * golden_weights
            noise += eta * eta / n * (gradient * gradient.transpose())
            maps.append(identity - eta * (row.transpose() * row + penalty / n * identity))
            kept += _kronecker(maps[-1], maps[-1]) / n
        # From golden weights the mean error stays zero, as the gradients add to zero.
        flat = fmpq_mat(d * d, 1, noise.entries())
        stationary = (rational.identity(d * d) - kept).solve(flat)
        level = rational.trace(fmpq_mat(d, d, stationary.entries()))
        once, moment, size = rational.trace(noise), rational.zeros(d, d), fmpq(0)
        for _ in range(4):
            moved = noise
            for step in maps:
                moved += step * moment * step / n
            moment, before, size = moved, size, rational.trace(moved)
            wrong += not once <= size or not before <= size <= level
        wrong += (level > 0) != (once > 0)
        wrong += trial % 2 == 0 and level != 0
        instances += 1
    reading = f"{wrong} contradictions on {instances} instances, half of them without a floor"
    return Observation(instances, float(2 * wrong), reading, exact=True)


register(
    Claim(
        "D5",
        "Stochastic oracle matching contracts in expectation: by η(2 − ηL)σ²/n a step",
        (
            Part(
                Semidefinite(
                    2 * eta * gram(X @ error)
                    - eta * eta * ((X @ error).T @ lengths @ (X @ error))
                    - eta * margin * least * gram(error)
                ),
                (
                    Assumption(
                        "steps with ηL ≤ 2 − γ", (short_steps, Positive("eta"), Positive("gamma"))
                    ),
                    Assumption(
                        "non-zero eigenvalues of XᵀX at least σ", (curved, Positive("sigma"))
                    ),
                    error == P @ error,
                ),
                also_draw=(lengths == Fraction(1, 64) * (X @ X.T),) * 3,
                hints=Hints(
                    roots=((root_of_steps, short_steps), (root_of_curvature, curved)),
                    squares=(
                        (eta, root_of_steps @ X @ error),
                        (eta * margin, root_of_curvature @ error),
                    ),
                ),
            ),
        ),
        source="georgiev2025attribute",
        wording=OURS,
        checks=(
            Check(
                "E‖w_k − w_g‖² ≤ (1 − η(2 − ηL)σ²/n)^k ‖w_0 − w_g‖² for w_0 − w_g in the row space "
                "of X, with L = max‖x_i‖², 0 < η < 2/L and σ the least non-zero singular value",
                "The part above says it of one step, given the iterate before; the error stays in "
                "the row space, and means of means are means.",
                _expected_contraction,
            ),
            Check(
                "SGD on a ridge, with steps that contract in the mean square, settles at golden "
                "iff every gradient x_i(x_iᵀw_g − y_i) + (λ/n_r)w_g is zero; otherwise the mean "
                "squared error from golden on is at least η² times their mean square",
                "If all are zero, golden is a fixed point of every step. If not, the error is "
                "e ↦ (I − ηH_i)e − ηg_i with g_i of mean zero, so from e = 0 the mean of e stays "
                "zero and E[e eᵀ] is mapped to the mean of (I − ηH_i)E[e eᵀ](I − ηH_i) plus η² "
                "times that of g_i g_iᵀ: it grows from zero to a limit that is not zero.",
                _noise_floor,
            ),
        ),
    )
)


def _one_step(name: str, **more: Any) -> Callable[[Problem, Letters], Array]:
    """Return the call that takes one step of an iterative method from any weights."""

    def run(problem: Problem, at: Letters) -> Array:
        step = float(at["eta"][0, 0])
        return METHODS[name](problem, start=at["w"], steps=1, step_size=step, **more).coef

    return run


SOLVED_BY.update(
    {
        matching_step: _one_step("oracle_matching_descent"),
        retain_step: _one_step("retain_descent"),
        ascent_step: _one_step("gradient_ascent"),
        projected_ascent: lambda problem, at: (
            projected_gradient(
                problem,
                start=at["w"],
                steps=1,
                step_size=float(at["eta"][0, 0]),
                targets=at["ỹ_f"],
            ).coef
        ),
        projected_descent: lambda problem, at: (
            projected_gradient(
                problem,
                start=at["w"],
                steps=1,
                step_size=float(at["eta"][0, 0]),
                targets=at["ỹ_f"],
                direction="descent",
            ).coef
        ),
        projected_limit: lambda problem, at: (
            projected_gradient(
                problem, start=at["w_0"], steps=None, targets=at["ỹ_f"], direction="descent"
            ).coef
        ),
    }
)
