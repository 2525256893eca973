"""The text reading: plain text for terminals and LaTeX for papers."""

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

__all__ = ["latex", "plain"]

# How tightly a node holds together: a child looser than its place asks for gets brackets.
_SUM, _PRODUCT, _POWER = 0, 1, 2


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


def _write(expr: Expr, unfold: bool, tex: bool) -> tuple[str, int]:
    """Return the text of a node and how tightly it holds together."""

    def child(node: Expr, place: int) -> str:
        body, tightness = _write(node, unfold, tex)
        if tightness >= place:
            return body
        return rf"\left({body}\right)" if tex else f"({body})"

    def raised(node: Expr, mark_tex: str, mark: str) -> tuple[str, int]:
        body = child(node, _POWER)
        if not tex:
            return body + mark, _POWER
        # A second superscript needs braces around the first; brackets already hold together.
        held = f"{{{body}}}" if "^" in body and not body.endswith(r"\right)") else body
        return f"{held}^{{{mark_tex}}}", _POWER

    match expr:
        case Letter(name=name, tex=form):
            return (form or name) if tex else name, _POWER
        case Identity():
            return "I", _POWER
        case Zero():
            return "0", _POWER
        case Named(name=name, body=body, tex=form):
            if unfold:
                return _write(body, unfold, tex)
            return (form or name) if tex else name, _POWER
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
