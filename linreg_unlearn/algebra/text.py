"""The text reading: plain text for terminals and LaTeX for papers.

``algebra.mathml`` translates the LaTeX for web pages.
"""

import re
import unicodedata

from linreg_unlearn.algebra.expressions import (
    Expr,
    Identity,
    Inverse,
    Letter,
    Named,
    Product,
    PseudoInverse,
    Scale,
    Sum,
    Trace,
    Transpose,
    Zero,
)
from linreg_unlearn.errors import InputError

__all__ = ["ACCENTS", "GREEK", "latex", "plain", "symbol"]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""Greek letters by their names in LaTeX."""

ACCENTS = {"\u0303": "tilde", "\u0302": "hat", "\u0304": "bar", "\u0307": "dot", "\u0308": "ddot"}
"""The commands of combining accents."""

_COMMANDS = {sign: name for name, sign in (GREEK | {"nabla": "∇"}).items()}
_SIGNS = {"−": "-", "′": "'", "₊": "_+", "⁺": "^{+}", "ᵀ": r"^{\top}", "⁻¹": "^{-1}"}
_PIECE = re.compile(
    r"(?P<word>[A-Za-z]{2,})"
    rf"|(?P<letter>[A-Za-z{''.join(_COMMANDS)}])(?P<accents>[{''.join(ACCENTS)}]*)"
    rf"|_(?P<below>[A-Za-z0-9{''.join(_COMMANDS)}]+|\*)"
    rf"|(?P<sign>{'|'.join(_SIGNS)})"
    r"|(?P<rest>.)"
)

# How tightly a node holds together: a child looser than its place asks for gets brackets.
_SUM, _PRODUCT, _POWER = 0, 1, 2

_ONE_SYMBOL = re.compile(r"[^\W\d_]+[\u0300-\u036f]*(_([A-Za-z0-9]+|.))?[′*₊]*(\(.*\))?")
"""A name that a mark behind it is about as a whole: ``w_t(M w_o)`` is, and ``H⁻¹X_fᵀ`` is not."""


def plain(expr: Expr, *, unfold: bool = False) -> str:
    """Return an expression as one line of plain text.

    Parameters
    ----------
    expr : Expr
    unfold : bool
        Write named sub-expressions out in full.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, named, pinv
    >>> X = Letter("X", "n", "d")
    >>> P = named("P", pinv(X) @ X)
    >>> plain(X @ P), plain(X @ P, unfold=True)
    ('X P', 'X X⁺ X')
    """
    return _write(expr, unfold, tex=False)[0]


def latex(expr: Expr, *, unfold: bool = False) -> str:
    r"""Return an expression as LaTeX, without dollar signs.

    Parameters
    ----------
    expr : Expr
    unfold : bool
        Write named sub-expressions out in full.

    Examples
    --------
    >>> from linreg_unlearn.algebra.expressions import Letter, pinv
    >>> X = Letter("X", "n", "d")
    >>> print(latex(pinv(X).T @ X.T))
    {X^{+}}^{\top} X^{\top}
    """
    return _write(expr, unfold, tex=True)[0]


def symbol(name: str) -> str:
    r"""Return the LaTeX of a name of a letter or formula, as plain text writes it.

    Parameters
    ----------
    name : str
        Letters, subscripts such as ``_r`` or ``_lap``, accents, primes, marks such as ``ᵀ``,
        brackets; several letters together are a word, as in ``UL(w_g)``. Anything else stays.

    Returns
    -------
    str

    Examples
    --------
    >>> print(symbol("w_t(M w_o)"), symbol("C_lap"), symbol("ỹ_f"))
    w_t(M w_o) C_{\mathrm{lap}} \tilde y_f
    >>> print(symbol("(I − P_f) X_qᵀ"), symbol("UL(κ w_o)"))
    (I - P_f) X_q^{\top} \mathrm{UL}(\kappa w_o)
    """
    text = ""
    for piece in _PIECE.finditer(unicodedata.normalize("NFD", name)):
        match piece.lastgroup:
            case "word":
                text += rf"\mathrm{{{piece['word']}}}"
            case "below":
                text += _below(piece["below"])
            case "sign":
                text += _SIGNS[piece["sign"]]
            case "rest":
                text += piece["rest"]
            case _:
                accents = "".join(rf"\{ACCENTS[accent]} " for accent in piece["accents"])
                if re.search(r"\\[A-Za-z]+$", text):
                    text += " "  # a command ends where no letter follows
                text += accents + _letter(piece["letter"])
    return text


def _letter(sign: str) -> str:
    return rf"\{_COMMANDS[sign]}" if sign in _COMMANDS else sign


def _below(name: str) -> str:
    if len(name) == 1:
        return f"_{{{_letter(name)}}}" if name in _COMMANDS else f"_{name}"
    return rf"_{{\mathrm{{{name}}}}}"


def _write(expr: Expr, unfold: bool, tex: bool) -> tuple[str, int]:
    """Return the text of a node and how tightly it holds together."""

    def child(node: Expr, place: int) -> str:
        body, tightness = _write(node, unfold, tex)
        if tightness >= place:
            return body
        return rf"\left({body}\right)" if tex else f"({body})"

    def raised(node: Expr, mark_tex: str, mark: str) -> tuple[str, int]:
        body = child(node, _POWER)
        if not unfold and isinstance(node, Named) and not _ONE_SYMBOL.fullmatch(node.name):
            body = rf"\left({body}\right)" if tex else f"({body})"
        if not tex:
            return body + mark, _POWER
        # A second superscript needs braces around the first; brackets already hold together.
        held = f"{{{body}}}" if "^" in body and not body.endswith(r"\right)") else body
        return f"{held}^{{{mark_tex}}}", _POWER

    match expr:
        case Letter(name=name, tex=form):
            return (form or symbol(name)) if tex else name, _POWER
        case Identity():
            return "I", _POWER
        case Zero():
            return "0", _POWER
        case Named(name=name, body=body, tex=form):
            if unfold:
                return _write(body, unfold, tex)
            return (form or symbol(name)) if tex else name, _POWER
        case Transpose(argument=argument):
            return raised(argument, r"\top", "ᵀ")
        case PseudoInverse(argument=argument):
            return raised(argument, "+", "⁺")
        case Inverse(argument=argument):
            return raised(argument, "-1", "⁻¹")
        case Trace(argument=argument):
            inner = _write(argument, unfold, tex)[0]
            return (rf"\operatorname{{tr}}\left({inner}\right)" if tex else f"tr({inner})"), _POWER
        case Product(factors=factors):
            return " ".join(child(factor, _PRODUCT) for factor in factors), _PRODUCT
        case Scale(coefficient=coefficient, argument=argument):
            value = coefficient.constant()
            if value == 1 or value == -1:
                return ("-" if value < 0 else "") + child(argument, _PRODUCT), _PRODUCT
            scalar = coefficient.text(latex=tex)
            if len(coefficient.terms) > 1:
                scalar = f"({scalar})"
            return f"{scalar} {child(argument, _PRODUCT)}", _PRODUCT
        case Sum(terms=terms):
            pieces = [child(terms[0], _SUM)]
            for term in terms[1:]:
                piece = child(term, _PRODUCT)
                minus = "-" if tex else "−"
                pieces.append(f"{minus} {piece[1:]}" if piece.startswith("-") else f"+ {piece}")
            return " ".join(pieces), _SUM
        case _:
            raise InputError(f"{type(expr).__name__} has no text: add it to algebra.text")
