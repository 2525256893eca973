r"""The text reading for web pages: MathML, translated from the LaTeX form.

A formula is written as LaTeX by :func:`~linreg_unlearn.algebra.text.latex`, by statements and by
proofs, and an author may give a letter any LaTeX of his own. Translating that one form, and not
writing formulas a third time, makes what is shown and what is copied the same formula. The grammar
is what these writers use and no more; anything else is refused, so nothing is shown that was not
understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

from linreg_unlearn.errors import InputError

__all__ = ["mathml"]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+|\s+|.", re.DOTALL)

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "ϕ", "chi": "χ", "psi": "ψ",
    "omega": "ω",
}  # fmt: skip
_UPRIGHT = {
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "nabla": "∇", "top": "⊤",
}  # fmt: skip
_RELATIONS = {
    "=": "=", "<": "<", ">": ">", r"\neq": "≠", r"\succeq": "⪰", r"\mapsto": "↦", r"\in": "∈",
}  # fmt: skip
_SIGNS = {"+": "+", "-": "−"}
_FENCES = {"(": "(", ")": ")", "[": "[", "]": "]", r"\{": "{", r"\}": "}"}
_OPENING = {"", "(", "[", ",", ";", r"\{"}
_MARKS = {",": ",", ";": ";", "/": "/", r"\times": "×", r"\prime": "′", "*": "*"}
_ACCENTS = {"tilde": "~", "hat": "^", "bar": "¯", "dot": "˙", "ddot": "¨"}
_WORDS = {"mathrm": "normal", "operatorname": "normal", "mathit": "italic"}


@dataclass(frozen=True)
class _Atom:
    """One element, and whether a line may be broken before it: before a relation or a sign."""

    element: str
    breaks: bool = False


@cache  # a book shows most of its formulas several times
def mathml(tex: str, *, breakable: bool = False) -> str:
    r"""Translate a formula from LaTeX to MathML.

    Parameters
    ----------
    tex : str
        A formula as the LaTeX forms of expressions, statements and proofs are written, without
        dollar signs.
    breakable : bool
        Begin a new ``math`` element at each relation and sign that is in no bracket, with ``wbr``
        before it: browsers break lines between such elements, and never inside one.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the formula has a command that is not known, or braces that do not match.

    Examples
    --------
    >>> print(mathml("X_r = 0"))
    <math><msub><mi>X</mi><mi>r</mi></msub><mo>=</mo><mn>0</mn></math>
    >>> print(mathml("A = B", breakable=True))
    <math><mi>A</mi></math><wbr><math><mo form="infix">=</mo><mi>B</mi></math>
    >>> mathml(r"\oint A")
    Traceback (most recent call last):
    ...
    linreg_unlearn.errors.InputError: the formula '\\oint A' has \oint, which has no MathML: ...
    """
    atoms = _Parser(tex).whole()
    lines: list[list[str]] = [[]]
    for atom in atoms:
        # What stands first is the sign of its term, not an operator between two.
        if breakable and atom.breaks and lines[-1]:
            lines.append([atom.element.replace("<mo>", '<mo form="infix">')])
        else:
            lines[-1].append(atom.element)
    return "<wbr>".join(f"<math>{''.join(line)}</math>" for line in lines)


class _Parser:
    """Reads a formula from left to right."""

    def __init__(self, tex: str) -> None:
        self.tex = tex
        self.tokens: list[str] = _TOKEN.findall(tex)
        self.at = 0

    def whole(self) -> list[_Atom]:
        atoms = list(self._until(""))
        if self.at < len(self.tokens):
            raise self._refused(f"{self.tokens[self.at]} that closes nothing")
        return atoms

    def _refused(self, what: str) -> InputError:
        return InputError(
            f"the formula {self.tex!r} has {what}: write it with the commands that "
            "linreg_unlearn.algebra.mathml lists, or add it there"
        )

    def _peek(self) -> str:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self.at += 1
        return token

    def _until(self, closing: str) -> Iterator[_Atom]:
        """Yield atoms with their scripts up to a closing token, which stays."""
        before = ""
        while (token := self._peek()) not in (closing, "}", r"\right", ""):
            atom = self._scripted(self._atom(), token)
            if token in _SIGNS and (before in _OPENING or before in _RELATIONS):
                # It belongs to what follows, as in (−A) or = −A, and is set close to it.
                atom = _Atom(f'<mo form="prefix">{_SIGNS[token]}</mo>')
            yield atom
            before = token

    def _scripted(self, atom: _Atom, token: str) -> _Atom:
        below, above = "", ""
        while (script := self._peek()) in ("_", "^", "'"):
            self.at += 1
            if script == "_":
                if below:
                    raise self._refused(f"two subscripts behind {token}")
                below = self._atom().element
            elif script == "'":
                above += "<mo>′</mo>"
            elif above.replace("<mo>′</mo>", ""):
                raise self._refused(f"two superscripts behind {token}")
            else:
                above += self._atom().element
        if above.startswith("<mo>′</mo><"):  # as in TeX, what follows a prime stands beside it
            above = f"<mrow>{above}</mrow>"
        if below and above:
            return _Atom(f"<msubsup>{atom.element}{below}{above}</msubsup>")
        if below:
            return _Atom(f"<msub>{atom.element}{below}</msub>")
        return _Atom(f"<msup>{atom.element}{above}</msup>") if above else atom

    def _group(self) -> str:
        """Return what stands up to a closing brace as one element."""
        inside = [atom.element for atom in self._until("}")]
        if self._next() != "}":
            raise self._refused("a brace that is not closed")
        return inside[0] if len(inside) == 1 else f"<mrow>{''.join(inside)}</mrow>"

    def _argument(self) -> str:
        if self._next() != "{":
            raise self._refused("a command without its argument in braces")
        return self._group()

    def _words(self) -> str:
        """Return the text of an argument as it stands, spaces included."""
        if self._next() != "{" or "}" not in self.tokens[self.at :]:
            raise self._refused("a command without its argument in braces")
        end = self.tokens.index("}", self.at)
        text = "".join(self.tokens[self.at : end])
        self.at = end + 1
        return escape(re.sub(r"\\([#$%&_{}])", r"\1", text))

    def _atom(self) -> _Atom:
        token = self._next()
        if token in _RELATIONS or token in _SIGNS:
            return _Atom(f"<mo>{escape((_RELATIONS | _SIGNS)[token])}</mo>", breaks=True)
        if token in _FENCES:
            return _Atom(_fence(token))
        if token in _MARKS:
            return _Atom(f"<mo>{_MARKS[token]}</mo>")
        if token == "{":
            return _Atom(self._group())
        if token.isdigit():
            return _Atom(f"<mn>{token}</mn>")
        if len(token) == 1 and token.isalpha():
            return _Atom(f"<mi>{token}</mi>")
        return _Atom(self._command(token))

    def _command(self, token: str) -> str:
        name = token[1:]
        if name in _LETTERS:
            return f"<mi>{_LETTERS[name]}</mi>"
        if name in _UPRIGHT:
            return f'<mi mathvariant="normal">{_UPRIGHT[name]}</mi>'
        if name in _ACCENTS:
            return f'<mover accent="true">{self._atom().element}<mo>{_ACCENTS[name]}</mo></mover>'
        if name in _WORDS:
            words = self._words()
            style = ' class="italic"' if _WORDS[name] == "italic" else ""
            upright = ' mathvariant="normal"' if len(words) == 1 and not style else ""
            return f"<mi{style}{upright}>{words}</mi>"
        if name in ("frac", "tfrac"):
            return f"<mfrac>{self._argument()}{self._argument()}</mfrac>"
        match name:
            case "left":
                opening = self._next()
                inside = "".join(atom.element for atom in self._until(r"\right"))
                if self._next() != r"\right" or {opening, closing := self._next()} - {*_FENCES}:
                    raise self._refused(r"a \left without its \right")
                return f"<mrow>{_fence(opening)}{inside}{_fence(closing)}</mrow>"
            case "mathbb":
                if (words := self._words()) != "1":
                    raise self._refused(f"\\mathbb{{{words}}}, which has no MathML")
                return "<mn>𝟙</mn>"
            case "text":
                return f"<mtext>{self._words().replace(' ', '&#xA0;')}</mtext>"
            case "quad":
                return '<mspace width="1em"></mspace>'
        raise self._refused(f"{token}, which has no MathML" if token else "an end too early")


def _fence(token: str) -> str:
    # Brackets grow only in fonts with a table for it; every line here is one line high.
    return f'<mo stretchy="false">{_FENCES[token]}</mo>'
