"""Words with formulas in them, as HTML and as LaTeX.

Titles, notes and arguments of claims are plain text with symbols such as ``w_g`` and ``X_r⁺``;
proofs are texts with LaTeX between dollar signs. Here both become what a page or a paper shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from linreg_unlearn.algebra.mathml import mathml
from linreg_unlearn.algebra.text import ACCENTS, GREEK
from linreg_unlearn.errors import InputError

__all__ = ["Words", "prose_in_latex"]

_SYMBOL = re.compile(
    # A letter with a subscript: w_o, w_o,j, λ_max, y_f; brackets with one: (H_r)_SS.
    r"(?P<base>(?<![A-Za-z0-9'’.-])(?:[A-Za-zα-ωΑ-Ω][\u0300-\u036f]*|1|Hat)|[)\]])"
    r"_(?P<below>max|min|reg|lap|muso|IF|NG|SS|ff|jj|[A-Za-z0-9*λ](?:,[a-z](?![A-Za-z0-9]))?)"
    r"(?![A-Za-z0-9])"
    # A letter alone that is no word: not a, A or E.
    r"|(?P<letter>(?:(?<![A-Za-z0-9_'’.*-])(?:[b-zB-DF-Z](?![A-Za-z0-9_'’-]|\.[a-z])"
    r"|[A-Z]{2}(?=ᵀ))|[α-ωΔΛ∇])"
    r"[\u0300-\u036f]*)"
    # A power that has no sign of its own: S^k, H_r^{-1/2}.
    r"|\^(?P<above>\{[^{}]*\}|\([^()]*\)|[A-Za-z0-9])"
)
_PROOF = re.compile(
    r"(?P<before>\(?)\$(?P<math>[^$]*)\$(?P<after>[.,;:)]*)"
    r"|\\textbf\{(?P<bold>[^}]*)\}|lemma (?P<lemma>[\w.]+(?:\\_\w+)*\.[0-9]+)"
    r"|(?P<other>\\_|[^$\\l(]+|.)"
)

_SIGNS = {
    "⁺": "^{+}", "ᵀ": r"^{\top}", "⁻¹": "^{-1}", "²": "^{2}", "½": r"\tfrac{1}{2}",
    "¼": r"\tfrac{1}{4}", "₊": "_{+}", "′": "'", "−": "-", "‖": r"\|", "√": r"\surd ", "π": r"\pi ",
    "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "→": r"\to ", "↦": r"\mapsto ", "⟹": r"\Rightarrow ",
    "·": r"\cdot ", "×": r"\times ", "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ", "⪰": r"\succeq ",
    "⪯": r"\preceq ", "≺": r"\prec ", "Σ": r"\Sigma ", "⟂": r"\perp ", "∇": r"\nabla ",
    "Γ": r"\Gamma ", "±": r"\pm ", "⟺": r"\Leftrightarrow ", "∞": r"\infty ", "₁": "_{1}",
    "₂": "_{2}",
} | {sign: rf"\{name} " for name, sign in GREEK.items()}  # fmt: skip
_TYPED = {"–": "--", "—": "---", "’": "'", "“": "``", "”": "''", "…": r"\dots{}", "é": r"\'e"}
_SPECIAL = {sign: "\\" + sign for sign in "#$%&_{}"} | {
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


class Words:
    """Turns words into HTML, with links to claims.

    Parameters
    ----------
    claims : iterable of str
        The ids that are linked where a text names them.
    address : callable
        ``address(claim id)`` returns what a link to its page refers to.

    Examples
    --------
    >>> words = Words(["A6"], lambda claim: f"{claim}.html")
    >>> print(words.prose("A6: w_g is golden"))
    <a href="A6.html">A6</a>: <i>w</i><sub><i>g</i></sub> is golden
    """

    def __init__(self, claims: Iterable[str], address: Callable[[str], str]) -> None:
        self.address = address
        ids = sorted(claims, key=len, reverse=True)
        self.ids = frozenset(ids)
        self.claim = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, ids))})(?!\w|\.[a-z])")

    def prose(self, text: str, *, here: str = "") -> Markup:
        """Return a sentence with its symbols set as such, and claims other than ``here`` linked."""
        parts, at, text = [], 0, _decomposed(text)
        for match in self.claim.finditer(text):
            parts.append(_symbols(text[at : match.start()]))
            name, at = match[0], match.end()
            parts.append(self.link(name) if name != here else escape(name))
        whole = Markup("").join([*parts, _symbols(text[at:])])
        return Markup(unicodedata.normalize("NFC", whole))

    def link(self, claim: str, part: int = 0) -> Markup:
        """Return a link to a claim or to one part of it."""
        name = f"{claim}.{part}" if part else claim
        anchor = f"#part-{part}" if part else ""
        return Markup('<a href="{}{}">{}</a>').format(self.address(claim), anchor, name)

    def formula(self, tex: str, before: str = "", after: str = "") -> Markup:
        """Return a formula in LaTeX as MathML that may be broken into lines.

        No line begins or ends between it and the bracket or comma beside it.
        """
        pieces = [Markup(piece) for piece in mathml(tex, breakable=True).split("<wbr>")]
        if before:
            pieces[0] = _held(before, pieces[0])
        if after:
            pieces[-1] = _held(pieces[-1], after)
        return Markup('<span class="formula">{}</span>').format(Markup("<wbr>").join(pieces))

    def proof(self, text: str) -> Markup:
        """Return a text of a proof: formulas between dollar signs, lemmas that it cites linked."""
        parts: list[Markup] = []
        for match in _PROOF.finditer(text):
            if match["math"] is not None:
                parts.append(self.formula(match["math"], match["before"], match["after"]))
            elif match["bold"] is not None:
                parts.append(Markup("<b>{}</b>").format(match["bold"]))
            elif match["lemma"] is not None:
                claim, _, number = match["lemma"].replace(r"\_", "_").rpartition(".")
                parts.append(Markup("lemma {}").format(self.link(claim, int(number))))
            else:
                parts.append(escape(match["other"].replace(r"\_", "_")))
        return Markup("").join(parts)


def _held(*parts: str) -> Markup:
    return Markup('<span class="held">{}</span>').format(Markup("").join(parts))


def _symbols(text: str) -> Markup:
    parts, at = [], 0
    for match in _SYMBOL.finditer(text):
        parts.append(escape(text[at : match.start()]))
        at = match.end()
        if match["base"]:
            base, below = match["base"], match["below"]
            italic = Markup("<i>{}</i>").format(base) if base != "Hat" else escape(base)
            index = Markup("<i>{}</i>").format(below) if len(below) < 4 else escape(below)
            if base in ")]1":
                italic = escape(base)
            if below.isupper() or not below[0].isalpha() or below in ("max", "min"):
                index = escape(below)
            parts.append(Markup("{}<sub>{}</sub>").format(italic, index))
        elif match["letter"]:
            parts.append(Markup("<i>{}</i>").format(match["letter"]))
        else:
            parts.append(Markup("<sup>{}</sup>").format(match["above"].strip("{}")))
    return Markup("").join([*parts, escape(text[at:])])


def prose_in_latex(text: str) -> str:
    r"""Return plain text with symbols as LaTeX.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it has a sign for which no LaTeX is known.

    Examples
    --------
    >>> print(prose_in_latex("100 % of w_g at λ → 0"))
    100 \% of $w_{g}$ at $\lambda $ $\to $ 0
    """
    parts, at, text = [], 0, _decomposed(text)
    for match in _SYMBOL.finditer(text):
        parts.append(_signs(text[at : match.start()]))
        at = match.end()
        if match["base"]:
            base = _letters(match["base"])
            below = "".join(_math(sign) for sign in match["below"])
            upright = len(match["below"]) > 2 and match["below"].isalpha()
            below = rf"\mathrm{{{below}}}" if upright else below
            parts.append(rf"${base}_{{{below}}}$")
        elif match["letter"]:
            parts.append(f"${_letters(match['letter'])}$")
        else:
            above = "".join(map(_math, match["above"].strip("{}")))
            parts.append(rf"$^{{{above}}}$")
    return "".join([*parts, _signs(text[at:])])


def _decomposed(text: str) -> str:
    """Return a text with the accents of symbols apart, and signs such as ≠ as they are."""
    ways = {sign: unicodedata.normalize("NFD", sign) for sign in set(text)}
    return "".join(ways[sign] if ways[sign][1:] in ACCENTS else sign for sign in text)


def _letters(text: str) -> str:
    letters = re.findall(f"(.)([{''.join(ACCENTS)}]*)", text)
    return "".join(
        "".join(rf"\{ACCENTS[accent]} " for accent in accents) + _math(letter)
        for letter, accents in letters
    )


def _math(sign: str) -> str:
    return _SIGNS.get(sign, sign)


def _signs(text: str) -> str:
    done = []
    for sign in re.findall("⁻¹|.", text, re.DOTALL):
        if sign in _SIGNS:
            tex = _SIGNS[sign]
            done.append("-" if sign == "−" else "'" if sign == "′" else f"${tex}$")
        elif sign in _SPECIAL | _TYPED:
            done.append((_SPECIAL | _TYPED)[sign])
        elif sign.isascii():
            done.append(sign)
        else:
            raise InputError(
                f"{sign!r} in {text!r} has no LaTeX: add it to linreg_unlearn.book.words"
            )
    return "".join(done)
