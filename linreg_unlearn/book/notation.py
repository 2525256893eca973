"""What the letters, formulas, parameters and sizes of the theory mean, in words.

Shapes and definitions are read from the registry; only the words are here, by the name in plain
text. A test asks that every symbol of a claim has some, and that none is left over. Lemmas have
letters of their own, which may be any matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linreg_unlearn.algebra.expressions import Expr, Letter, Named, walk
from linreg_unlearn.audit.drawing import parameters_of
from linreg_unlearn.claims.claim import Claim

__all__ = ["MEANINGS", "PARAMETERS", "SIZES", "Symbol", "symbols"]

SIZES = {
    "n": "samples: rows of X, retained rows first, n = n_r + n_f",
    "n_r": "retained rows",
    "n_f": "rows to forget",
    "n_t": "rows of the fine-tuning data",
    "n_s": "rows of another shard of the retained rows",
    "d": "features: columns of X",
    "c": "outputs: columns of y",
    "q": "rows of a second request, or at which predictions are asked for",
    "k": "parameters that are chosen, or columns of a base",
    "h": "hidden width of a two-layer network",
    "m": "rows of a shard that is not touched",
}

PARAMETERS = {
    "lambda": "ridge, λ > 0 where it occurs",
    "alpha": "weight of the forget term in regularized fine-tuning",
    "beta": "weight of the ascent in NegGrad+, or a second weight of the forget term",
    "eta": "step size",
    "m_r": "1/n_r",
    "m_f": "1/n_f",
    "sigma": "lower bound of the non-zero eigenvalues of a Gram matrix",
    "gamma": "by how much 2 exceeds the step size times the longest squared row",
    "s": "upper bound of the largest eigenvalue of S",
    "kappa": "factor by which weights are shrunk",
}

_RIDGE = " with the ridge λ"

MEANINGS = {
    # Data.
    "X": "all data, rows are samples",
    "y": "all targets",
    "E_r": "selector that takes the retained rows out of X and y",
    "E_f": "selector that takes the rows to forget out of X and y",
    "S": "mixture that takes the fine-tuning rows out of the retained ones; of influence and "
    "Newton steps, the kernel of the forget rows in the metric of the Hessian",
    "S_2": "mixture that takes the rows of another shard out of the retained ones",
    "X_r": "retained data",
    "X_f": "data to forget",
    "X_t": "fine-tuning data: any mixture of retained rows",
    "X_s": "another shard of the retained data",
    "X_q": "rows of a second request to forget, or at which predictions are asked for",
    "X̃_f": "new rows in the place of those to forget",
    "X′": "another data set with the same rows to forget",
    "y_r": "retained targets",
    "y_f": "targets of the rows to forget",
    "y_t": "targets of the fine-tuning data",
    "y_s": "targets of another shard",
    "y_q": "targets of a second request to forget",
    "ỹ_f": "new labels for the rows to forget",
    "ỹ": "retained targets above new labels for the rows to forget",
    "y′": "targets of another data set",
    "ŷ": "retained targets above golden's predictions for the rows to forget",
    "[y_r; 0]": "retained targets above zeros",
    "[X_r W_1; X_f W_2]": "what two layers do, each on its own rows",
    # Weights.
    "w_*": "weights that interpolate: y = X w_*",
    "w_0": "weights that a method starts from",
    "w": "any weights",
    "v": "any weights",
    "w_o": "pretrained: the least-squares solution of smallest norm on all data",
    "w_g": "golden: the same on the retained data alone; what unlearning aims at",
    "w_o(λ)": "pretrained" + _RIDGE,
    "w_g(λ)": "golden" + _RIDGE,
    "w_o(w_0)": "the solution on all data nearest to w_0",
    "w_g(w_0)": "the solution on the retained data nearest to w_0",
    "w_t": "pretrained weights fine-tuned on retained data",
    "w_t(λ)": "pretrained weights fine-tuned on retained data" + _RIDGE,
    "w_t(w_0)": "w_0 fine-tuned on all retained data",
    "w_t(M w_o)": "masked weights, fine-tuned on retained data",
    "w_t(M_B w_o)": "weights after a forget mask, fine-tuned on retained data",
    "w_r(M_B w_o)": "weights after a forget mask, fine-tuned on all retained data",
    "M w_o": "pretrained weights after a mask",
    "M w_o(λ)": "pretrained weights after a mask" + _RIDGE,
    "M_B w_o": "pretrained weights after a forget mask",
    "M_B w_o(λ)": "pretrained weights after a forget mask" + _RIDGE,
    "N w_o": "pretrained weights pruned to the essential graph",
    "Λ w_o": "pretrained weights dampened, each by a factor",
    "Λ w_o(λ)": "pretrained weights dampened, each by a factor," + _RIDGE,
    "κ w_o": "pretrained weights shrunk by one factor",
    "κ w_o(λ)": "pretrained weights shrunk by one factor," + _RIDGE,
    "P_r w_o": "minimum norm: pretrained weights projected on the retained rows",
    "P_r w_o(λ)": "the same" + _RIDGE,
    "w_reg(w_0)": "regularized fine-tuning from w_0 in the limit of no ridge around it",
    "w_reg(w_0, λ)": "regularized fine-tuning from w_0 with the ridge λ around it",
    "w_reg(w_o)": "regularized fine-tuning from the pretrained weights, in the same limit",
    "w_om": "oracle matching of golden's predictions on all rows",
    "w_om(λ)": "oracle matching on all rows" + _RIDGE,
    "w_om(X_f)": "oracle matching on the rows to forget alone",
    "w_om(X_f, λ)": "oracle matching on the rows to forget alone" + _RIDGE,
    "w_dm": "datamodel matching with targets that are off by δ",
    "w_dm(λ)": "datamodel matching with targets that are off by δ" + _RIDGE,
    "w_muso": "MUSO: trained on golden's predictions for the rows to forget",
    "w_muso(λ)": "MUSO" + _RIDGE,
    "w_rl": "trained on new labels for the rows to forget",
    "w_rl(λ)": "trained on new labels for the rows to forget" + _RIDGE,
    "w_bt": "taught by a bad teacher that says zero on the rows to forget",
    "w_bt(λ)": "the same" + _RIDGE,
    "w_B": "with a layer that retained rows do not see, towards zero labels",
    "w_B(λ)": "the same" + _RIDGE,
    "w_s": "after a step on the salient weights alone",
    "w_s(λ)": "after a step on the salient weights alone," + _RIDGE,
    "w_N": "after a Newton step",
    "w_IF": "after an influence step",
    "w_IF(both)": "after one influence step for two requests",
    "w_NG": "NegGrad+: minimum of the retained loss less a weighted forget loss",
    "w_pgu": "where projected gradient steps lead",
    "w₊": "weights after one step",
    "w_a": "weights before both of two requests",
    "w_1": "weights after the first of two requests",
    "w_2": "ridge solution on the shard that is not touched",
    "w̃": "retrained on changed data",
    "w̄": "average of the solutions on two shards",
    "w̄(λ)": "average of the ridge solutions on two shards",
    "W": "the layer fused by regression",
    "W_1": "a layer that is right on retained rows",
    "W_2": "a layer that is right on the rows to forget",
    "V_1": "first layer of a linear network",
    "V_2": "second layer of a linear network",
    "U": "a base of features with orthonormal columns",
    "U h": "a head retrained over a fixed base",
    "U h(λ)": "a head retrained over a fixed base" + _RIDGE,
    "Δ": "what a residual layer adds to the weights",
    "e": "an error of weights",
    # Projectors, masks and selectors of features.
    "P": "orthogonal projector on the row space of X",
    "P_r": "orthogonal projector on the row space of X_r",
    "P_f": "orthogonal projector on the row space of X_f",
    "P_t": "orthogonal projector on the row space of X_t",
    "P_s": "orthogonal projector on the row space of X_s",
    "(I − P_f)(P − P_r)": "what matching on the forget rows alone leaves of the news",
    "M": "mask of features that are kept; in most claims a retain mask, which keeps all that "
    "retained rows use",
    "M_B": "forget mask: drops every feature that forget rows use",
    "N": "mask of the features left after pruning to the essential graph",
    "C_r": "mask of the features that retained rows alone use",
    "C_lap": "mask of the features that both use",
    "C_f": "mask of the features that forget rows alone use",
    "Λ": "diagonal: factors of dampening, or squared lengths of rows",
    "E_S": "selector of the chosen parameters",
    # Gram matrices, Hessians and what is made of them.
    "K": "kernel matrix of all rows, with or without a ridge",
    "H": "Hessian of the ridge objective on all data",
    "H_r": "Hessian of the retained objective, with the ridge where there is one",
    "H_a": "Hessian before both of two requests",
    "H̃": "Hessian of changed data",
    "(H_r)_SS": "block of the Hessian on the chosen parameters",
    "A": "Hessian of NegGrad+",
    "B": "what the forget rows have beyond the retained ones; in E5 a positive matrix to step by",
    "G(α)": "Gram matrix with weights on the rows",
    "G(β)": "the same with another weight",
    "T(α)": "takes residuals to the step of regularized fine-tuning",
    "T(β)": "the same with another weight",
    "T": "what is asked of the forget rows, or an error carried through influence steps",
    "D": "matrix in the place of the forget block of the inverse kernel matrix",
    "Q": "matrix that a gradient is multiplied by",
    "N_ff": "forget block of the inverse kernel matrix",
    "N_λ": "forget block of the inverse kernel matrix" + _RIDGE,
    "Hat_ff": "forget block of the hat matrix",
    "H⁻¹X_fᵀ": "what one row to forget pulls the weights by",
    "H⁻¹X_fᵀX_f": "what an influence step multiplies errors by",
    "Z": "data of the shard that is not touched",
    "z": "targets of the shard that is not touched",
    # Residuals, gradients and losses.
    "e_f": "forget residual of the pretrained weights",
    "e_g": "forget residual of golden",
    "r_loo": "golden's errors on the rows to forget",
    "r_loo(λ)": "golden's errors on the rows to forget" + _RIDGE,
    "δ": "error of targets",
    "g": "gradient of the retained objective",
    "g_S": "gradient on the chosen parameters",
    "∇": "gradient of a retained objective, or difference of two gradients",
}
"""By the name in plain text; losses are ``RL(…)`` and ``UL(…)`` of weights, and need no words."""


@dataclass(frozen=True)
class Symbol:
    """A letter or named formula of the theory.

    Parameters
    ----------
    expr : Letter or Named
    meaning : str
    claims : tuple of str
        Where it occurs, as it is defined here.
    """

    expr: Letter | Named
    meaning: str
    claims: tuple[str, ...]


def meaning_of(name: str) -> str:
    """Return what a symbol means, in words; nothing where there are none.

    Examples
    --------
    >>> meaning_of("UL(w_g)")
    'unlearning loss, as a Gram matrix: its trace is the loss'
    """
    loss = {"RL(": "remaining", "UL(": "unlearning"}.get(name[:3])
    if loss:
        return f"{loss} loss, as a Gram matrix: its trace is the loss"
    return MEANINGS.get(name, "")


def symbols(claims: Mapping[str, Claim]) -> list[Symbol]:
    """Return the symbols of all claims but lemmas: letters by name, then formulas.

    Parameters
    ----------
    claims : mapping of str to Claim
    """
    found: dict[Expr, dict[str, None]] = {}
    for claim in claims.values():
        if claim.id.startswith("L"):
            continue
        for part in claim.parts:
            for node in walk(*part.expressions):
                if isinstance(node, Letter | Named):
                    found.setdefault(node, {})[claim.id] = None
    order = list(MEANINGS)

    def place(item: tuple[Expr, dict[str, None]]) -> tuple[bool, int, str]:
        node = item[0]
        assert isinstance(node, Letter | Named)
        at = order.index(node.name) if node.name in MEANINGS else len(order)
        return isinstance(node, Named), at, node.name

    return [
        Symbol(node, meaning_of(node.name), tuple(where))
        for node, where in sorted(found.items(), key=place)
        if isinstance(node, Letter | Named)
    ]


def sizes_and_parameters(claims: Mapping[str, Claim]) -> tuple[set[str], set[str]]:
    """Return the sizes and the parameters that claims other than lemmas are about."""
    parts = [part for claim in claims.values() if claim.id[0] != "L" for part in claim.parts]
    nodes = [node for part in parts for node in walk(*part.expressions)]
    sizes = {size for node in nodes for size in node.shape} - {"1"}
    return sizes, {name for part in parts for name in parameters_of(part)}
