r"""The letters of the theory and its named formulas, each written once.

Rows are samples. ``X`` is the only data letter: selectors ``E_r`` and ``E_f`` take the retained and
the forget rows out of it (``X_r = E_r X``), and fine-tuning data ``X_t = S X_r`` is any mixture of
retained rows. Losses are written as Gram matrices, one row and column per output, whose trace is
the loss: ``RL(w) = (X_r w − y_r)ᵀ (X_r w − y_r) / n_r``.

Where a formula is what a method computes, :data:`SOLVED_BY` says so: float evidence for a claim
puts the method's answer in the place of the formula.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from linreg_unlearn.algebra.expressions import (
    Expr,
    Identity,
    Letter,
    Named,
    Scale,
    Sum,
    gram,
    inv,
    named,
    pinv,
    walk,
)
from linreg_unlearn.algebra.scalars import Polynomial, parameter
from linreg_unlearn.algebra.statements import Partition, Positive, Statement
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.methods.fine_tuning import fine_tuned as solve_fine_tuned
from linreg_unlearn.methods.fine_tuning import golden, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.regularized import regularized as solve_regularized
from linreg_unlearn.problem import Problem

Array = NDArray[np.float64]
Letters = dict[str, Array]

# Sizes: n = n_r + n_f samples, d features, c outputs, n_t fine-tuning samples.
I_d = Identity("d")
I_f = Identity("n_f")

# Data.
X = Letter("X", "n", "d")
y = Letter("y", "n", "c")
E_r = Letter("E_r", "n_r", "n")
E_f = Letter("E_f", "n_f", "n")
S = Letter("S", "n_t", "n_r")
X_r = named("X_r", E_r @ X)
X_f = named("X_f", E_f @ X)
X_t = named("X_t", S @ X_r)
y_r = named("y_r", E_r @ y)
y_f = named("y_f", E_f @ y)
y_t = named("y_t", S @ y_r)

# Weights that are given rather than computed.
w_star = Letter("w_*", "d", "c")
w_0 = Letter("w_0", "d", "c")
w = Letter("w", "d", "c")
v = Letter("v", "d", "c")

# Masks on the features: retain mask, forget mask, and the three column blocks.
M = Letter("M", "d", "d")
M_B = Letter("M_B", "d", "d")
C_r = Letter("C_r", "d", "d")
C_lap = Letter("C_lap", "d", "d", r"C_{\mathrm{lap}}")
C_f = Letter("C_f", "d", "d")

# Labels that regularized fine-tuning puts on the forget rows.
y_new = Letter("ỹ_f", "n_f", "c", r"\tilde y_f")

# Scalars.
ridge = parameter("lambda")
alpha = parameter("alpha")
beta = parameter("beta")
m_r = parameter("m_r")
m_f = parameter("m_f")

# Projectors on row spaces.
P = named("P", pinv(X) @ X)
P_r = named("P_r", pinv(X_r) @ X_r)
P_f = named("P_f", pinv(X_f) @ X_f)
P_t = named("P_t", pinv(X_t) @ X_t)

# Solutions.
w_o = named("w_o", pinv(X) @ y)
w_g = named("w_g", pinv(X_r) @ y_r)
w_g_ridge = named("w_g(λ)", inv(X_r.T @ X_r + ridge * I_d) @ X_r.T @ y_r, r"w_g(\lambda)")


def background(expressions: Iterable[Expr]) -> tuple[Statement, ...]:
    """Return what holds of the vocabulary itself, as far as it occurs.

    The selectors split the rows, and ``m_r = 1/n_r`` and ``m_f = 1/n_f`` are positive.

    Examples
    --------
    >>> background((unlearning_loss(w_g),))
    (E_r and E_f split the rows, m_f > 0)
    """
    nodes = tuple(walk(*expressions))
    known: list[Statement] = []
    if any(node.same(selector) for node in nodes for selector in (E_r, E_f)):
        known.append(Partition(E_r, E_f))
    used = {
        name for node in nodes if isinstance(node, Scale) for name in node.coefficient.parameters
    }
    known += [Positive(name) for name in ("m_r", "m_f") if name in used]
    return tuple(known)


def fine_tuned(start: Expr, name: str, tex: str = "") -> Named:
    """Return the weights fine-tuned from ``start`` on the mixture ``X_t`` of retained rows.

    Examples
    --------
    >>> fine_tuned(w_0, "w_t").body
    w_0 + X_t⁺ (y_t − X_t w_0)
    """
    return named(name, start + pinv(X_t) @ (y_t - X_t @ start), tex)


def fine_tuned_on_retained(start: Expr, name: str, tex: str = "") -> Named:
    """Return the weights fine-tuned from ``start`` on all retained rows.

    Examples
    --------
    >>> fine_tuned_on_retained(w_0, "w_t").body
    w_0 + X_r⁺ (y_r − X_r w_0)
    """
    return named(name, start + pinv(X_r) @ (y_r - X_r @ start), tex)


w_t = fine_tuned(w_o, "w_t")
w_t_from_start = fine_tuned_on_retained(w_0, "w_t(w_0)")
w_rbm = named("M w_o", M @ w_o)
w_rbm_tuned = fine_tuned(w_rbm, "w_t(M w_o)")
w_forget = named("M_B w_o", M_B @ w_o)
w_forget_tuned = fine_tuned(w_forget, "w_t(M_B w_o)")
w_forget_retained = fine_tuned_on_retained(w_forget, "w_r(M_B w_o)")


def _of(weights: Expr, *more: str) -> str:
    return f"({', '.join((latex(weights), *more))})"


def weighting(weight: Polynomial) -> Sum:
    """Return ``D = diag(I/n_r, α I/n_f)``, the weights of the rows in regularized fine-tuning.

    Examples
    --------
    >>> weighting(alpha).shape
    ('n', 'n')
    """
    return m_r * (E_r.T @ E_r) + (weight * m_f) * (E_f.T @ E_f)


def weighted_gram(weight: Polynomial) -> Named:
    """Return ``G = Xᵀ D X``.

    Examples
    --------
    >>> weighted_gram(alpha)
    G(α)
    """
    return named(f"G({weight})", X.T @ weighting(weight) @ X, rf"G({weight.text(latex=True)})")


relabelled = named("ỹ", E_r.T @ y_r + E_f.T @ y_new, r"\tilde y")


def regularized_operator(weight: Polynomial) -> Named:
    """Return ``G⁺ Xᵀ D``, which takes residuals to the step of the limit ``λ → 0``.

    Examples
    --------
    >>> regularized_operator(alpha).body
    G(α)⁺ Xᵀ (m_r E_rᵀ E_r + α·m_f E_fᵀ E_f)
    """
    body = pinv(weighted_gram(weight)) @ X.T @ weighting(weight)
    return named(f"T({weight})", body, rf"T({weight.text(latex=True)})")


def regularized_limit(start: Expr, targets: Expr = relabelled) -> Named:
    """Return regularized fine-tuning from ``start`` in the limit ``λ → 0``.

    Examples
    --------
    >>> regularized_limit(w_0).body
    w_0 + T(α) (ỹ − X w_0)
    """
    body = start + regularized_operator(alpha) @ (targets - X @ start)
    return named(f"w_reg({start})", body, r"w_{\mathrm{reg}}" + _of(start))


def regularized(start: Expr) -> Named:
    """Return regularized fine-tuning from ``start`` with a ridge ``λ`` around it.

    Examples
    --------
    >>> regularized(w_0).shape
    ('d', 'c')
    """
    step = inv(weighted_gram(alpha) + ridge * I_d) @ X.T @ weighting(alpha)
    body = start + step @ (relabelled - X @ start)
    return named(f"w_reg({start}, λ)", body, r"w_{\mathrm{reg}}" + _of(start, r"\lambda"))


zero_labelled = named("[y_r; 0]", E_r.T @ y_r, r"[y_r; 0]")
w_reg_limit = regularized_limit(w_o)
w_reg_limit_from_start = regularized_limit(w_0)
w_reg_zero = regularized_limit(w_o, zero_labelled)
w_reg_from_start = regularized(w_0)


def retain_loss(weights: Expr) -> Named:
    """Return the remaining loss RL as a Gram matrix: its trace is the loss.

    Examples
    --------
    >>> retain_loss(w_g)
    RL(w_g)
    """
    residual = X_r @ weights - y_r
    return named(f"RL({weights})", m_r * gram(residual), _loss("RL", weights))


def unlearning_loss(weights: Expr) -> Named:
    """Return the unlearning loss UL as a Gram matrix: its trace is the loss.

    Examples
    --------
    >>> unlearning_loss(w_g).body
    m_f (X_f w_g − y_f)ᵀ (X_f w_g − y_f)
    """
    residual = X_f @ weights - y_f
    return named(f"UL({weights})", m_f * gram(residual), _loss("UL", weights))


def _loss(name: str, weights: Expr) -> str:
    return rf"\mathrm{{{name}}}" + _of(weights)


def _rows(letters: Letters) -> NDArray[np.intp]:
    """Return which retained row each row of the selector ``S`` takes."""
    return np.nonzero(letters["S"])[1]


def _number(letters: Letters, name: str) -> float:
    return float(letters[name][0, 0])


def _diagonal(letters: Letters, name: str) -> NDArray[np.bool_]:
    return np.diag(letters[name]).astype(bool)


SOLVED_BY: dict[Expr, Callable[[Problem, Letters], Array]] = {
    w_o: lambda problem, _: pretrained(problem).coef,
    w_g: lambda problem, _: golden(problem).coef,
    w_t: lambda problem, at: solve_fine_tuned(problem, rows=_rows(at)).coef,
    w_t_from_start: lambda problem, at: solve_fine_tuned(problem, start=at["w_0"]).coef,
    w_rbm: lambda problem, at: retain_mask(problem, mask=_diagonal(at, "M")).coef,
    w_rbm_tuned: lambda problem, at: (
        retain_mask(problem, mask=_diagonal(at, "M"), rows=_rows(at)).coef
    ),
    w_forget: lambda problem, at: forget_mask(problem, mask=_diagonal(at, "M_B")).coef,
    w_forget_tuned: lambda problem, at: (
        forget_mask(problem, mask=_diagonal(at, "M_B"), rows=_rows(at)).coef
    ),
    w_forget_retained: lambda problem, at: (
        forget_mask(problem, mask=_diagonal(at, "M_B"), rows=np.arange(problem.n_r)).coef
    ),
    w_g_ridge: lambda problem, at: golden(problem, ridge=_number(at, "lambda")).coef,
    w_reg_limit: lambda problem, at: (
        solve_regularized(problem, targets=at["ỹ_f"], alpha=_number(at, "alpha")).coef
    ),
    w_reg_limit_from_start: lambda problem, at: (
        solve_regularized(
            problem, targets=at["ỹ_f"], alpha=_number(at, "alpha"), start=at["w_0"]
        ).coef
    ),
    w_reg_zero: lambda problem, at: solve_regularized(problem, alpha=_number(at, "alpha")).coef,
    w_reg_from_start: lambda problem, at: (
        solve_regularized(
            problem,
            targets=at["ỹ_f"],
            alpha=_number(at, "alpha"),
            ridge=_number(at, "lambda"),
            start=at["w_0"],
        ).coef
    ),
}
"""The formulas that methods compute, each with the call that computes it on an instance."""
