"""Family D: matching the predictions of the retrained model [georgiev2025attribute].

Oracle matching moves weights until they predict what golden predicts; datamodels estimate those
predictions without retraining. MUSO and minimum-norm projection are relatives.
"""

import itertools
import random

import numpy as np
from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Expr, Letter, inv, named, pinv
from linreg_unlearn.algebra.statements import full_row_rank
from linreg_unlearn.claims.assumptions import (
    ROUNDING,
    independent_rows,
    interpolating,
    positive_ridge,
    retained_interpolant,
    stationary,
)
from linreg_unlearn.claims.claim import (
    Assumption,
    Check,
    Claim,
    Hints,
    Margin,
    Observation,
    Part,
    register,
)
from linreg_unlearn.claims.fine_tuning import (
    kernel,
    kernel_ridge,
    left_out,
    left_out_ridge,
)
from linreg_unlearn.claims.vocabulary import (
    SOLVED_BY,
    E_f,
    E_r,
    I_d,
    P,
    P_f,
    P_r,
    P_t,
    X,
    X_f,
    X_r,
    ridge,
    w,
    w_0,
    w_g,
    w_g_ridge,
    w_o,
    w_star,
    y,
    y_r,
)
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import pretrained
from linreg_unlearn.methods.matching import min_norm_og, oracle_matching
from linreg_unlearn.methods.matching import muso as solve_muso
from linreg_unlearn.problem import Problem

OURS = "Derived here."
READING = (
    "Our reading for linear regression; the wording and constants of the paper are not confirmed."
)

X_q = Letter("X_q", "q", "d")
"""Rows at which predictions are asked for."""

matched = named("w_om", w_o + pinv(X) @ (X @ w_g - X @ w_o), r"w_{\mathrm{om}}")
matched_on_forget = named(
    "w_om(X_f)", w_o + pinv(X_f) @ (X_f @ w_g - X_f @ w_o), r"w_{\mathrm{om}}(X_f)"
)


def _commutation(problem: Problem) -> Margin:
    factors = factors_of(problem)
    seen = factors.retained.project(problem.X_f.T)
    left_over = float(np.linalg.norm(seen - factors.forget.project(seen)))
    scale = float(np.linalg.norm(problem.X_f))
    miss = left_over / scale if scale > 0 else 0.0
    return Margin(miss, f"‖X_f P_r(I − P_f)‖/‖X_f‖ = {miss:.1e}", ROUNDING)


commuting = Assumption(
    "the projectors of retained and forget rows commute",
    (P_r @ P_f == P_f @ P_r,),
    ("distinct", "orthogonal", "same row space"),
    measure=_commutation,
)
unmatched = named("(I − P_f)(P − P_r)", (I_d - P_f) @ (P - P_r))

# MUSO: everything starts from w_0 instead of zero.
trained_from = named("w_o(w_0)", w_0 + pinv(X) @ (y - X @ w_0))
golden_from = named("w_g(w_0)", w_0 + pinv(X_r) @ (y_r - X_r @ w_0))
relabelled_by_golden = named("ŷ", E_r.T @ y_r + E_f.T @ (X_f @ golden_from), r"\hat y")
muso = named(
    "w_muso",
    trained_from + pinv(X) @ (relabelled_by_golden - X @ trained_from),
    r"w_{\mathrm{muso}}",
)

register(
    Claim(
        "D1",
        "Matching golden's predictions on all rows is exact; on forget rows iff projectors commute",
        (
            Part(matched == w_g, hints=Hints(lemmas=(("L6.2", {"A": X, "E": E_r}),))),
            Part(
                matched_on_forget - w_g == (I_d - P_f) @ (P - P_r) @ w_star,
                (interpolating,),
            ),
            Part(
                unmatched == 0,
                (commuting,),
                hints=Hints(via=(P == P_r + P_f - P_r @ P_f,), lemmas=(("L13.4", {}),)),
            ),
            Part(
                P_r @ P_f == P_f @ P_r,
                (unmatched == 0,),
                also_draw=("same row space",) * 3,
                hints=Hints(
                    lemmas=(("L6.3", {"A": X, "E": E_r}), ("L6.3", {"A": X, "E": E_f})),
                    via=(P @ P_r == P_r, P_f @ P == P_f, P_r == P - P_f + P_f @ P_r),
                ),
            ),
            Part(muso == golden_from),
        ),
        source="georgiev2025attribute, yang2024muso",
        wording=READING + " That MUSO's relabelling needs no interpolation is ours.",
    )
)

projected = named("P_r w_o", P_r @ w_o)
stationary_on_retained = Assumption(
    "w_o stationary on X_r",
    (X_r.T @ (X_r @ w_o - y_r) == 0,),
    ("interpolating", "same row space"),
    measure=stationary.measure,
)

register(
    Claim(
        "D2",
        "The minimum-norm projection P_r w_o is golden iff w_o is stationary on the retained rows",
        (
            Part(projected == w_g, (stationary_on_retained,)),
            Part(
                X_r.T @ (X_r @ w_o - y_r) == 0,
                (projected == w_g,),
                also_draw=("interpolating",),
            ),
            Part(P_r @ w == w_g, (retained_interpolant,)),
            Part(P_t @ P_r == P_t),
        ),
        source="block2025overparameterization",
        wording=READING + " The last part: deleting twice is deleting once.",
    )
)

# The exact effect of the forget rows on a prediction, and what additive datamodels say of it.
block = named("N_ff", E_f @ inv(kernel) @ E_f.T, "[K^{-1}]_{ff}")
block_ridge = named("N_λ", E_f @ inv(kernel_ridge) @ E_f.T, r"[K_\lambda^{-1}]_{ff}")
w_o_ridge = named("w_o(λ)", inv(X.T @ X + ridge * I_d) @ X.T @ y, r"w_o(\lambda)")
D = Letter("D", "n_f", "n_f")
δ = Letter("δ", "n", "c", r"\delta")


invertible = Assumption("D invertible", (full_row_rank(D),))


def _effect(middle: Expr) -> Expr:
    """Return the effect of the forget rows on weights, with what inverts their block of K⁻¹."""
    return X.T @ inv(kernel) @ E_f.T @ middle @ E_f @ inv(kernel)


FULL_RANK = (
    ("L2.1", {"A": X}),
    ("L8.1", {"A": X, "E": E_r}),
    ("L8.2", {"A": X}),
    ("L8.3", {"A": X, "E": E_f}),
    ("L6.2", {"A": X, "E": E_r}),
)
RIDGE = (
    ("L5.1", {"A": X_r}),
    ("L5.1", {"A": X}),
    ("L5.3", {"A": X}),
    ("L5.4", {"A": X, "E": E_f}),
)
blocks_differ = named("D⁻¹ − N_ff⁻¹", inv(D) - inv(block))

Subsets = list[tuple[int, ...]]


def _predictions(source: random.Random, n: int) -> dict[tuple[int, ...], fmpq]:
    """Return what the models trained on all subsets of ``n`` random rows say at a query."""
    d = source.randint(1, 3)
    rows = rational.from_rows([[source.randint(-2, 2) for _ in range(d)] for _ in range(n)])
    labels = rational.from_rows([[source.randint(-3, 3)] for _ in range(n)])
    query = rational.from_rows([[source.randint(-2, 2) for _ in range(d)]])
    said: dict[tuple[int, ...], fmpq] = {(): fmpq(0)}
    for size in range(1, n + 1):
        for subset in itertools.combinations(range(n), size):
            trained = rational.moore_penrose(rational.select_rows(rows, subset))
            said[subset] = (query * trained * rational.select_rows(labels, subset))[0, 0]
    return said


def _regressed(subsets: Subsets, said: list[fmpq], n: int) -> list[fmpq]:
    """Regress predictions on inclusion with an intercept; the coefficients of smallest norm."""
    shares = [fmpq(sum(i in subset for subset in subsets), len(subsets)) for i in range(n)]
    entries = [int(i in subset) - shares[i] for subset in subsets for i in range(n)]
    centred = fmpq_mat(len(subsets), n, entries)
    return (rational.moore_penrose(centred) * fmpq_mat(len(said), 1, said)).entries()


def _mean(values: list[fmpq]) -> fmpq:
    return sum(values, fmpq(0)) / len(values)


def _regression_on_all_subsets(seed: int) -> Observation:
    """Regress on every subset, and on every subset of one size, in rational arithmetic."""
    source = random.Random(seed)
    missed, instances = 0, 0
    for _ in range(12):
        n = source.randint(2, 5)
        said = _predictions(source, n)
        gains = [
            [said[tuple(sorted((*s, i)))] - said[s] for s in said if i not in s] for i in range(n)
        ]
        missed += _regressed(list(said), list(said.values()), n) != [_mean(g) for g in gains]
        size = source.randint(1, n - 1)
        of_size = [subset for subset in said if len(subset) == size]
        differences = [
            _mean([said[s] for s in of_size if i in s])
            - _mean([said[s] for s in of_size if i not in s])
            for i in range(n)
        ]
        expected = [fmpq(n - 1, n) * difference for difference in differences]
        missed += _regressed(of_size, [said[s] for s in of_size], n) != expected
        instances += 2
    reading = f"{missed} of {instances} regressions have other coefficients"
    return Observation(instances, float(2 * missed), reading, exact=True)


register(
    Claim(
        "D3",
        "The exact effect of a group on predictions; leave-one-out effects add up to it iff K⁻¹ "
        "has no entries between forget rows",
        (
            Part(
                X_q @ w_o - X_q @ w_g == X_q @ _effect(inv(block)) @ y,
                (independent_rows,),
                hints=Hints(
                    via=(
                        X @ w_g + E_f.T @ left_out == y,
                        E_f @ inv(kernel) @ (X @ w_g + E_f.T @ left_out - y) == 0,
                        left_out == inv(block) @ E_f @ inv(kernel) @ y,
                        w_o - w_g == X.T @ inv(kernel) @ E_f.T @ left_out,
                    ),
                    lemmas=FULL_RANK,
                ),
            ),
            Part(
                X_q @ w_o_ridge - X_q @ w_g_ridge
                == X_q
                @ X.T
                @ inv(kernel_ridge)
                @ E_f.T
                @ inv(block_ridge)
                @ E_f
                @ inv(kernel_ridge)
                @ y,
                (positive_ridge,),
                hints=Hints(
                    via=(
                        left_out_ridge == inv(block_ridge) @ E_f @ inv(kernel_ridge) @ y,
                        w_o_ridge - w_g_ridge == X.T @ inv(kernel_ridge) @ E_f.T @ left_out_ridge,
                    ),
                    lemmas=(("A7.1", {}), *RIDGE),
                ),
            ),
            Part(
                _effect(inv(D)) @ y - (w_o - w_g) == _effect(inv(D) - inv(block)) @ y,
                (independent_rows, invertible),
                hints=Hints(
                    via=(
                        X @ w_g + E_f.T @ left_out == y,
                        E_f @ inv(kernel) @ (X @ w_g + E_f.T @ left_out - y) == 0,
                        left_out == inv(block) @ E_f @ inv(kernel) @ y,
                        w_o - w_g == X.T @ inv(kernel) @ E_f.T @ left_out,
                    ),
                    lemmas=FULL_RANK,
                ),
            ),
            Part(
                D == block,
                (independent_rows, invertible, _effect(inv(D) - inv(block)) == 0),
                also_draw=(D == block,),
                hints=Hints(
                    via=(
                        X @ _effect(blocks_differ) @ X @ X.T @ E_f.T == 0,
                        blocks_differ == 0,
                        block @ blocks_differ @ D == 0,
                    ),
                    lemmas=FULL_RANK,
                ),
            ),
            Part(
                w_o + pinv(X) @ (X @ w_g + δ - X @ w_o) - w_g == pinv(X) @ δ,
                hints=Hints(lemmas=(("L6.2", {"A": X, "E": E_r}),)),
            ),
        ),
        checks=(
            Check(
                "datamodels regressed on random subsets have as coefficients Banzhaf values, the "
                "mean of f(S ∪ {i}) − f(S) over all S without i, if every row is in with "
                "probability ½, and (n − 1)/n (E[f | i ∈ S] − E[f | i ∉ S]) if all S have one size",
                "Independent indicators have covariance ¼I, so the coefficient of row i is four "
                "times its covariance with f, E[f | i ∈ S] − E[f | i ∉ S], and the other rows are "
                "a random half in both. Indicators of one size add to a constant: their covariance "
                "is m(n − m)/(n(n − 1)) times I − 11ᵀ/n for m of n rows, and its pseudo-inverse "
                "takes cov(1_i, f) = m(n − m)/n² (E[f | i ∈ S] − E[f | i ∉ S]), which add to zero, "
                "to these coefficients.",
                _regression_on_all_subsets,
            ),
        ),
        source="georgiev2025attribute, ilyas2022datamodels",
        wording=READING,
    )
)

SOLVED_BY.update(
    {
        matched: lambda problem, _: oracle_matching(problem).coef,
        matched_on_forget: lambda problem, _: oracle_matching(problem, rows="forget").coef,
        muso: lambda problem, at: solve_muso(problem, start=at["w_0"]).coef,
        projected: lambda problem, _: min_norm_og(problem).coef,
        w_o_ridge: lambda problem, at: pretrained(problem, ridge=float(at["lambda"][0, 0])).coef,
    }
)
