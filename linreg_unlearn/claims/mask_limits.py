"""Family B, continued: when masks are exact, the best of them, and what cannot be hoped for."""

import itertools
import random

import numpy as np
from flint import fmpq

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import gram
from linreg_unlearn.algebra.statements import Semidefinite
from linreg_unlearn.claims.assumptions import (
    any_mask,
    forget_support,
    interpolating,
    mask_is_enough,
    retain_mask,
    retain_support,
)
from linreg_unlearn.claims.claim import Check, Claim, Observation, Part, register
from linreg_unlearn.claims.vocabulary import (
    I_d,
    M,
    P,
    P_r,
    X_f,
    X_r,
    w_forget_retained,
    w_g,
    w_o,
    w_rbm,
    w_star,
    w_t,
    y_f,
    y_r,
)
from linreg_unlearn.methods.saliency import scores
from linreg_unlearn.setups import overlapping

OURS = "Derived here."

register(
    Claim(
        "B7",
        "RBM is closer to golden than a forget mask fine-tuned on all retained data",
        (
            Part(
                Semidefinite(gram(w_forget_retained - w_g) - gram(w_rbm - w_g)),
                (interpolating, retain_support, forget_support),
            ),
        ),
        source="ding2024unlearning",
        wording=(
            "What a comparison of the two suggests. It depends on overlap and amount of "
            "fine-tuning: figure 4 draws where each of them wins."
        ),
        expected="fails",
    )
)


def _energy_recovers_support(seed: int) -> Observation:
    """Threshold the column energy below its least active value, on random overlapping data."""
    rng = np.random.default_rng(seed)
    missed = 0
    for trial in range(200):
        n_r, n_f = int(rng.integers(1, 8)), int(rng.integers(1, 5))
        d_r, d_lap, d_f = (int(k) for k in rng.integers(1, 6, 3))
        problem = overlapping(n_r, n_f, d_r, d_lap, d_f, seed=seed + trial)
        energy = scores(problem, "energy")
        least = float(energy[energy > 0].min())
        for threshold in (0.0, least * float(rng.uniform(0, 1)), np.nextafter(least, 0.0)):
            missed += bool(np.any((energy > threshold) != problem.retained_support))
    return Observation(600, float(2 * missed), f"{missed} of 600 thresholds miss the support")


register(
    Claim(
        "B8",
        "At interpolation gradient saliency vanishes; column energy recovers the retained support",
        (
            Part(X_r.T @ (X_r @ w_o - y_r) == 0, (interpolating,)),
            Part(X_f.T @ (X_f @ w_o - y_f) == 0, (interpolating,)),
        ),
        source="ding2024unlearning, fan2024salun",
        wording=OURS + " A gradient mask computed there ranks rounding errors.",
        checks=(
            Check(
                "‖X_r e_j‖² > τ selects exactly the retained support for every threshold "
                "0 ≤ τ < its least active value",
                "The energy of a column is zero exactly where the column is zero.",
                _energy_recovers_support,
            ),
        ),
    )
)

register(
    Claim(
        "B9",
        "RBM is golden for every target iff retained rows span the forget rows on kept features",
        (
            Part(
                w_rbm - w_g == M @ (P - P_r) @ w_star,
                (interpolating, retain_mask),
                also_draw=("few rows",),
            ),
            Part(w_t - w_g == (P - P_r) @ w_star, (interpolating,)),
            Part(M @ (P - P_r) == 0, (retain_mask, mask_is_enough)),
            Part(
                X_f @ (I_d - P_r) @ M == 0,
                (retain_mask, M @ (P - P_r) == 0),
                also_draw=("same row space",) * 3,
            ),
        ),
        source="ding2024unlearning",
        wording=OURS,
    )
)


def _rule_against_all_masks(seed: int) -> Observation:
    """Compare the rule with the best of all 2^d masks, exactly."""
    source = random.Random(seed)
    missed, instances = 0, 0
    for _ in range(60):
        n_r, n_f, d = source.randint(1, 3), source.randint(1, 2), source.randint(1, 6)
        rows = [[source.randint(-2, 2) for _ in range(d)] for _ in range(n_r + n_f)]
        X = rational.from_rows(rows)
        y = X * rational.from_rows([[source.randint(-2, 2)] for _ in range(d)])
        o = (rational.moore_penrose(X) * y).entries()
        kept = range(n_r)
        retained = rational.moore_penrose(rational.select_rows(X, kept))
        g = (retained * rational.select_rows(y, kept)).entries()

        def distance(mask: tuple[bool, ...], o: list[fmpq] = o, g: list[fmpq] = g) -> fmpq:
            gaps = (a * bit - b for a, b, bit in zip(o, g, mask, strict=True))
            return sum((gap * gap for gap in gaps), fmpq(0))

        rule = tuple(bool(a * a <= 2 * a * b) for a, b in zip(o, g, strict=True))
        best = min(distance(mask) for mask in itertools.product((False, True), repeat=d))
        missed += distance(rule) != best
        instances += 1
    reading = f"{missed} of {instances} instances have a better mask"
    return Observation(instances, float(2 * missed), reading, exact=True)


register(
    Claim(
        "B10",
        "The best mask in hindsight keeps a weight iff w_o,j² ≤ 2 w_o,j w_g,j",
        (
            # What keeping and dropping cost, feature by feature: M splits the squared distance.
            Part(
                gram(w_o - w_g) - gram(w_rbm - w_g)
                == w_o.T @ (I_d - M) @ (w_o - w_g) - w_g.T @ (I_d - M) @ w_o,
                (any_mask,),
            ),
        ),
        source="ding2024unlearning",
        wording=OURS + " The ceiling of what any mask without later fine-tuning can reach.",
        checks=(
            Check(
                "the mask of the rule has the least distance to golden of all 2^d masks",
                "The squared distance is a sum over features: feature j adds (w_o,j − w_g,j)² when "
                "kept and w_g,j² when dropped, and the first is no larger exactly under the rule.",
                _rule_against_all_masks,
            ),
        ),
    )
)
