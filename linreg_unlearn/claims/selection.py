"""Family E, continued: updating some parameters only [malekmohammadi2025sharpness]."""

import itertools
import random
from fractions import Fraction

from flint import fmpq, fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.expressions import Expr, Identity, Letter, gram, inv, named
from linreg_unlearn.claims.claim import Assumption, Check, Claim, Observation, Part, register
from linreg_unlearn.claims.iterates import integers, squared
from linreg_unlearn.claims.second_order import retained_hessian
from linreg_unlearn.claims.vocabulary import X_r, ridge, w, y_r

OURS = (
    "Our reading, on the ridge objective of the retained rows; the sources disagree on which "
    "parameters are chosen."
)

# E_S takes the chosen parameters out of all of them; it may be any matrix, and λ any number.
E_S = Letter("E_S", "k", "d")
B = Letter("B", "k", "k")
g = named("g", retained_hessian @ w - X_r.T @ y_r)
chosen = named("g_S", E_S @ g)
block = named("(H_r)_SS", E_S @ retained_hessian @ E_S.T, "(H_r)_{SS}")
updated = named("w₊", w - E_S.T @ inv(B) @ chosen, "w_+")
symmetric = Assumption(
    "B symmetric and invertible", (B == Fraction(1, 2) * (B + B.T), inv(B) @ B == Identity("k"))
)


def objective(weights: Expr) -> Expr:
    """Return twice the ridge objective of the retained rows, as a Gram matrix."""
    return gram(X_r @ weights - y_r) + ridge * gram(weights)


def _lowered(
    retained: fmpq_mat, row: fmpq_mat, labels: fmpq_mat, penalty: fmpq, chosen: tuple[int, ...]
) -> fmpq:
    """Return by how much the objective falls when the chosen weights move to where it is least.

    The retained labels come first in ``labels``; the weights start as pretrained on all rows.
    """
    rows = fmpq_mat([*retained.tolist(), *row.tolist()])
    d = rows.ncols()
    ridge_of = penalty * rational.identity(d)
    start = (rows.transpose() * rows + ridge_of).inv() * rows.transpose() * labels
    kept = rational.select_rows(labels, range(retained.nrows()))
    columns = rational.select_columns(retained, chosen)
    rest = [j for j in range(d) if j not in chosen]
    fixed = rational.select_columns(retained, rest) * rational.select_rows(start, rest)
    small = columns.transpose() * columns + penalty * rational.identity(len(chosen))
    moved = small.inv() * columns.transpose() * (kept - fixed)
    ends = rational.zeros(d, 1)
    for j in range(d):
        ends[j, 0] = moved[chosen.index(j), 0] if j in chosen else start[j, 0]

    def objective_at(weights: fmpq_mat) -> fmpq:
        return (squared(retained * weights - kept) + penalty * squared(weights)) / 2

    return objective_at(start) - objective_at(ends)


def _diagonals(retained: fmpq_mat, row: fmpq_mat, penalty: fmpq) -> tuple[list[fmpq], list[fmpq]]:
    """Return the diagonals of H_r and of H."""
    d = retained.ncols()
    of_retained = [squared(rational.select_columns(retained, [j])) + penalty for j in range(d)]
    return of_retained, [of_retained[j] + row[0, j] ** 2 for j in range(d)]


def _neither_largest_nor_smallest(seed: int) -> Observation:
    """Choose one of two weights by curvature, on H_r = diag(1, 2) with two gradients."""
    wrong, readings = 0, []
    retained, labels, penalty = fmpq_mat([[0, 1]]), fmpq_mat([[0], [6]]), fmpq(1)
    # Gradients along (2, 1) and (1, 2), from rows so short that H keeps the order of H_r.
    for gradient, better in (((2, 1), 0), ((1, 2), 1)):
        row = fmpq_mat(1, 2, gradient) / 8
        diagonal, of_training = _diagonals(retained, row, penalty)
        wrong += diagonal != [1, 2] or not of_training[0] < of_training[1]
        smallest, largest = (_lowered(retained, row, labels, penalty, (j,)) for j in (0, 1))
        wrong += (smallest > largest) != (better == 0) or smallest == largest
        readings.append(f"g along {gradient}: largest {largest}, smallest {smallest}")
    return Observation(2, float(2 * wrong), "; ".join(readings), exact=True)


def _best_by_gains(seed: int) -> Observation:
    """Compare the largest gains with the best of all sets, on diagonal H_r and on one other."""
    source = random.Random(seed)
    wrong, instances = 0, 0
    for _ in range(20):
        d = source.randint(2, 5)
        k = source.randint(1, d - 1)
        retained = rational.diagonal([source.randint(0, 3) for _ in range(d)])
        row, labels = integers(source, 1, d), integers(source, d + 1, 1)
        penalty = fmpq(source.randint(1, 4), 2)
        lowered = {
            chosen: _lowered(retained, row, labels, penalty, chosen)
            for chosen in itertools.combinations(range(d), k)
        }
        diagonal, _ = _diagonals(retained, row, penalty)
        # The gradient is a multiple of the forget row.
        gains = sorted(range(d), key=lambda j: row[0, j] ** 2 / diagonal[j], reverse=True)
        wrong += lowered[tuple(sorted(gains[:k]))] != max(lowered.values())
        instances += 1
    # H_r = [2 1 0; 1 2 0; 0 0 1], g along (2, 2, 1): gains 2, 2, 1, but two weights share theirs.
    retained, row = fmpq_mat([[1, 1, 0]]), fmpq_mat([[2, 2, 1]])
    labels, penalty = fmpq_mat([[0], [1]]), fmpq(1)
    diagonal, _ = _diagonals(retained, row, penalty)
    wrong += [row[0, j] ** 2 / diagonal[j] for j in range(3)] != [2, 2, 1]
    by_gains, better = (
        _lowered(retained, row, labels, penalty, chosen) for chosen in ((0, 1), (0, 2))
    )
    wrong += not by_gains < better
    reading = (
        f"{wrong} contradictions; with correlated columns the gains lower the objective by "
        f"{by_gains}, another pair by {better}"
    )
    return Observation(instances + 1, float(2 * wrong), reading, exact=True)


register(
    Claim(
        "E5",
        "A step on some parameters lowers the retained objective by a formula; its block is best",
        (
            Part(
                objective(w) - objective(updated)
                == 2 * (chosen.T @ inv(B) @ chosen) - chosen.T @ inv(B) @ block @ inv(B) @ chosen,
                (symmetric,),
            ),
        ),
        source="malekmohammadi2025sharpness",
        wording=OURS,
        checks=(
            Check(
                "neither the weight of largest nor that of smallest curvature is best in general: "
                "with H_r = diag(1, 2), gradients along (2, 1) want the smallest and along (1, 2) "
                "the largest",
                "The best step on weight j alone lowers the objective by g_j²/(2(H_r)_jj): in the "
                "proportion 4 : 1/2 and 1 : 2.",
                _neither_largest_nor_smallest,
            ),
            Check(
                "the k largest g_j²/(H_r)_jj are best of all sets of k weights if H_r is diagonal, "
                "and not in general: with X_r = [1 1 0], λ = 1 and g along (2, 2, 1), the first "
                "two lower the objective less than the first and the third",
                "For a diagonal H_r, ½g_Sᵀ((H_r)_SS)⁻¹g_S is a sum over S of these gains, halved. "
                "In the example the pairs give ½·8/3 and ½·3, times the square of the factor.",
                _best_by_gains,
            ),
        ),
    )
)
