"""Family A, continued: golden's loss in expectation, depth, and what no rule can do."""

import math

import numpy as np

from linreg_unlearn.algebra.expressions import Letter, gram, named, pinv
from linreg_unlearn.algebra.statements import Semidefinite
from linreg_unlearn.claims.assumptions import interpolating
from linreg_unlearn.claims.claim import (
    Assumption,
    Check,
    Claim,
    Hints,
    Observation,
    Part,
    register,
)
from linreg_unlearn.claims.vocabulary import (
    E_f,
    E_r,
    P_r,
    X,
    X_r,
    w,
    w_g,
    w_o,
    w_star,
    y,
    y_r,
)
from linreg_unlearn.linalg.factorization import factorize, truncated_svd

OURS = "Derived here."

# Standard errors that a mean of simulations may be off: once in 1.7 million for normal means. The
# shapes stay away from n_r = d, where single draws dominate and no such statement can be made.
STANDARD_ERRORS = 5.0
DRAWS = 400


def expected_unlearning_loss(n_r: int, d: int, signal: float, noise: float) -> float:
    """Return golden's expected unlearning loss on Gaussian rows.

    Parameters
    ----------
    n_r, d : int
        Retained rows and features.
    signal : float
        ``‖w_*‖²``.
    noise : float
        Variance of the label noise.

    Returns
    -------
    float
        ``(1 − n_r/d)₊ signal + noise (1 + min(n_r, d)/(|n_r − d| − 1))``; infinite for noise with
        ``|n_r − d| ≤ 1`` [hastie2022surprises].

    Examples
    --------
    >>> expected_unlearning_loss(10, 20, 1.0, 0.0)
    0.5
    >>> expected_unlearning_loss(20, 20, 1.0, 0.1)
    inf
    """
    unseen = max(0.0, 1 - n_r / d) * signal
    if noise == 0:
        return unseen
    margin = abs(n_r - d)
    return unseen + noise * (1 + min(n_r, d) / (margin - 1)) if margin >= 2 else math.inf


def _simulate_unlearning_loss(seed: int) -> Observation:
    rng = np.random.default_rng(seed)
    scores: list[float] = []
    for n_r, d, noise in ((5, 20, 0.0), (10, 20, 0.5), (12, 30, 1.0), (30, 12, 0.5), (40, 20, 1.0)):
        w_true = rng.standard_normal(d)
        losses = []
        for _ in range(DRAWS):
            rows = rng.standard_normal((n_r + 4, d))
            labels = rows @ w_true + math.sqrt(noise) * rng.standard_normal(n_r + 4)
            weights = factorize(rows[:n_r]).min_norm(labels[:n_r])
            losses.append(float(np.mean((rows[n_r:] @ weights - labels[n_r:]) ** 2)))
        theory = expected_unlearning_loss(n_r, d, float(w_true @ w_true), noise)
        scores.append(_score(losses, theory))
    return _scored(scores)


def _simulate_distance(seed: int) -> Observation:
    rng = np.random.default_rng(seed)
    scores: list[float] = []
    for n_r, n_f, d, noise in ((5, 3, 20, 0.0), (6, 4, 24, 0.5), (10, 2, 30, 1.0)):
        w_true = rng.standard_normal(d)
        n = n_r + n_f
        squares = []
        for _ in range(DRAWS):
            rows = rng.standard_normal((n, d))
            labels = rows @ w_true + math.sqrt(noise) * rng.standard_normal(n)
            gap = factorize(rows).min_norm(labels) - factorize(rows[:n_r]).min_norm(labels[:n_r])
            squares.append(float(gap @ gap))
        spread = n / (d - n - 1) - n_r / (d - n_r - 1)
        theory = n_f / d * float(w_true @ w_true) + noise * spread
        scores.append(_score(squares, theory))
    return _scored(scores)


def _score(values: list[float], theory: float) -> float:
    return abs(float(np.mean(values)) - theory) / (float(np.std(values)) / math.sqrt(len(values)))


def _scored(scores: list[float]) -> Observation:
    worst = max(scores)
    reading = f"means of {DRAWS} draws are off by at most {worst:.1f} standard errors"
    return Observation(len(scores) * DRAWS, worst / STANDARD_ERRORS, reading)


register(
    Claim(
        "A9",
        "Gaussian rows: golden's expected unlearning loss and distance, with their double descent",
        (),
        source="hastie2022surprises",
        wording="The known risk of minimum-norm regression, read as golden's unlearning loss.",
        checks=(
            Check(
                "E UL(w_g) = (1 − n_r/d)₊‖w_*‖² + s²[1 + min(n_r, d)/(|n_r − d| − 1)] for "
                "|n_r − d| ≥ 2",
                "P_r projects on a uniformly random subspace, so it keeps n_r/d of ‖w_*‖² on "
                "average; the noise adds s² on the forget row and s² tr E(X_r X_rᵀ)⁻¹ through the "
                "weights, an inverse Wishart mean (of the other Gram matrix when n_r > d). "
                f"Simulated for |n_r − d| ≥ 6 to {STANDARD_ERRORS:g} standard errors.",
                _simulate_unlearning_loss,
            ),
            Check(
                "E‖w_o − w_g‖² = (n_f/d)‖w_*‖² + s²[n/(d − n − 1) − n_r/(d − n_r − 1)] for "
                "n ≤ d − 2",
                "At full row rank w_g = P_r w_o, so the squared distance is ‖w_o‖² − ‖w_g‖², and "
                "each norm has the mean of A9's argument.",
                _simulate_distance,
            ),
        ),
    )
)


def _deep_networks(seed: int) -> Observation:
    """Compare the parameter norm of linear networks for random interpolants with that of X⁺Y."""
    rng = np.random.default_rng(seed)
    worst, instances = 0.0, 0
    for _ in range(60):
        n, d, c = (int(k) for k in rng.integers((1, 3, 1), (4, 9, 5)))
        rows = rng.standard_normal((n, d))
        labels = rng.standard_normal((n, c))
        solved = factorize(rows)
        least = solved.min_norm(labels)
        other = solved.project_affine(rng.standard_normal((d, c)), labels)
        for depth in (1, 2, 3, 5):
            shortest, longer = _network_norm(least, depth), _network_norm(other, depth)
            # Balanced factors attain the value, so the bound is one of actual networks.
            attained = sum(float(np.sum(layer**2)) for layer in _balanced(least, depth))
            # Where only one map interpolates, the two norms are equal up to rounding.
            worst = max(worst, shortest / longer - 1e-9, abs(attained / shortest - 1) * 1e9)
            instances += 1
    return Observation(instances, worst, f"largest ratio of norms {worst:.4f}")


def _network_norm(weights: np.ndarray, depth: int) -> float:
    s = truncated_svd(weights)[1]
    return float(depth * np.sum(s ** (2 / depth)))


def _balanced(weights: np.ndarray, depth: int) -> list[np.ndarray]:
    """Return layers of equal singular values whose product is the map."""
    U, s, Vt = truncated_svd(weights)
    root = np.diag(s ** (1 / depth))
    if depth == 1:
        return [weights]
    return [U @ root, *[root] * (depth - 2), root @ Vt]


w_interpolates = Assumption(
    "w interpolates", (X @ w == y,), ("w interpolates",), measure=interpolating.measure
)

register(
    Claim(
        "A10",
        "Interpolating linear networks of any depth with least parameter norm compute X⁺Y",
        (
            Part(
                gram(w) - gram(w_o) == gram(w - w_o),
                (w_interpolates,),
                also_draw=("few rows",) * 2,
            ),
            Part(
                Semidefinite(gram(w) - gram(w_o)),
                (w_interpolates,),
                hints=Hints(squares=((1, w - w_o),)),
            ),
        ),
        source="dai2021representation",
        wording=OURS + " Hidden widths are at least the rank of the map.",
        checks=(
            Check(
                "among interpolating maps W, X⁺Y has the least L Σ σ_i(W)^(2/L), the least squared "
                "parameter norm of depth-L networks that compute W, for every L",
                "WᵀW ⪰ (X⁺Y)ᵀX⁺Y, so every singular value of W is at least that of X⁺Y (Weyl), and "
                "the norm is increasing in each of them; balanced factors attain it.",
                _deep_networks,
            ),
        ),
    )
)

# A second data set with the same forget rows, for what cannot be told apart.
X_other = Letter("X′", "n", "d", "X'")
y_other = named("y′", X_other @ w_star, "y'")
same_forget_rows = Assumption("same forget rows", (E_f @ X == E_f @ X_other,), featurewise=True)
same_pretrained = Assumption("same pretrained model", (pinv(X_other) @ y_other == w_o,))

register(
    Claim(
        "A11",
        "At interpolation the pretrained model and the row space of X_r are enough for golden",
        (Part(P_r @ w_o == w_g, (interpolating,)),),
        source="block2025overparameterization",
        wording=OURS,
    )
)

register(
    Claim(
        "A11.blind",
        "The pretrained model and the forget data are enough for golden",
        (
            Part(
                pinv(E_r @ X_other) @ E_r @ y_other == pinv(X_r) @ y_r,
                (interpolating, same_forget_rows, same_pretrained),
            ),
        ),
        source="block2025overparameterization",
        wording=(
            "An unlearning rule that never looks at retained data would need it. Where it fails, "
            "any such rule is off by at least half the distance of the two golden models on one of "
            "them."
        ),
        expected="fails",
    )
)
