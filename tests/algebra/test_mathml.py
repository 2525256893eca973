"""A formula is the same formula as plain text, as LaTeX and as MathML."""

import re
import unicodedata
import xml.etree.ElementTree as ET

import pytest

from linreg_unlearn.algebra.expressions import Expr, Letter, Named, pinv, walk
from linreg_unlearn.algebra.mathml import mathml
from linreg_unlearn.algebra.statements import Positive
from linreg_unlearn.algebra.text import latex, plain, symbol
from linreg_unlearn.audit.certificates import read_folder
from linreg_unlearn.audit.finding import assumed_by
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving.notation import abbreviations
from linreg_unlearn.proving.text import latex as proof_in_latex

PARTS = {
    f"{claim.id}.{number}": part
    for claim in load_claims().values()
    for number, part in enumerate(claim.parts, 1)
}
OF_ITS_OWN = {"N_ff", "N_λ"}
"""Names that LaTeX spells out, as [K⁻¹]_ff."""

RAISED = {"ᵀ": "^⊤", "⁺": "^+", "⁻¹": "^−1", "₊": "_+", "²": "^2", "³": "^3", "⁴": "^4"}
ACCENTS = {"~": "\u0303", "^": "\u0302", "¯": "\u0304", "˙": "\u0307", "¨": "\u0308"}


def linear(element: ET.Element) -> str:
    """A MathML tree on one line, with _ and ^ for scripts: a reading of its own."""
    children = [linear(child) for child in element]
    match element.tag:
        case "msub":
            return f"{children[0]}_{children[1]}"
        case "msup":
            return children[0] + _script(children[1])
        case "msubsup":
            return f"{children[0]}_{children[1]}" + _script(children[2])
        case "mover":
            return children[0] + ACCENTS[children[1]]
        case "mfrac":
            return f"{children[0]}/{children[1]}"
        case "math" | "mrow":
            return "".join(children)
    assert not children
    return element.text or ""


def _script(text: str) -> str:
    marks = text.lstrip("′")
    return text[: len(text) - len(marks)] + (f"^{marks}" if marks else "")


def shown(tex: str) -> str:
    """What a page shows of a formula in LaTeX."""
    return linear(ET.fromstring(mathml(tex)))


def spelled(text: str) -> str:
    """Plain text in the same way: decomposed, and scripts with _ and ^."""
    for mark, way in RAISED.items():
        text = text.replace(mark, way)
    return unicodedata.normalize("NFD", re.sub(r"[ ·]", "", text.replace("-", "−")))


def has_own(expr: Expr) -> bool:
    return any(isinstance(node, Named) and node.name in OF_ITS_OWN for node in walk(expr))


@pytest.mark.parametrize("name", PARTS)
def test_the_three_forms_of_every_registered_formula_agree(name: str) -> None:
    for expr in PARTS[name].expressions:
        if not has_own(expr):
            assert shown(latex(expr)) == spelled(plain(expr))
        # Written out, nothing hides behind a name.
        assert shown(latex(expr, unfold=True)) == spelled(plain(expr, unfold=True))


def test_every_registered_statement_has_mathml() -> None:
    for part in PARTS.values():
        for statement in (part.statement, *assumed_by(part)):
            assert shown(statement.latex())


def test_every_formula_of_every_shipped_proof_has_mathml() -> None:
    seen = 0
    for name, certificate in read_folder().items():
        for data in certificate["proofs"]:
            names = abbreviations(*PARTS[f"{name}.{data['part']}"].expressions)
            text = proof_in_latex(certificate["letters"], data, names=names)
            for formula in re.findall(r"\$([^$]*)\$", text):
                assert ET.fromstring(mathml(formula)).tag == "math"
                seen += 1
    assert seen > 5000


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        (r"{X^{+}}^{\top} X_r^{+\top}", "X^+^⊤X_r^+⊤"),
        ("X'^{+} y'", "X′^+y′"),
        (r"\tfrac{1}{2} \lambda^{2} \tilde y_f", "1/2λ^2y\u0303_f"),
        (r"\left(A - B\right)^{-1} \succeq 0", "(A−B)^−1⪰0"),
        (r"A e_j \neq 0 \text{ for every } j", "Ae_j≠0\xa0for\xa0every\xa0j"),
        (r"\mathbb{1}\{x\} \mapsto \operatorname{rank}\left(A\right)", "𝟙{x}↦rank(A)"),
        (r"\mathit{Long\_name}^{\prime\top}", "Long_name′^⊤"),
        ("a < b", "a<b"),
    ],
)
def test_what_a_command_becomes(tex: str, line: str) -> None:
    assert shown(tex) == line


def test_a_formula_breaks_at_relations_and_signs_that_are_in_no_bracket() -> None:
    pieces = mathml(r"-A = \left(B - C\right) D + E", breakable=True).split("<wbr>")
    assert [linear(ET.fromstring(piece)) for piece in pieces] == [
        "−A",
        "=(B−C)D",
        "+E",
    ]
    # An operator that begins a line has to keep its space.
    assert all(piece.startswith('<math><mo form="infix">') for piece in pieces[1:])


def test_a_sign_of_its_own_is_set_close_to_what_follows() -> None:
    own = '<mo form="prefix">−</mo>'
    for tex in ("-A", "B = -A", r"\left(-A\right)", r"B \left(-A\right)", "f(B, -A)", "{-A}^{-1}"):
        assert mathml(tex).replace(own, "−").count("<mo>−</mo>") == 0, tex
        # No line begins between a relation and the sign behind it.
        assert mathml(tex, breakable=True).count("<wbr>") == ("=" in tex)
    assert "<mo>−</mo>" in mathml("A - B")


@pytest.mark.parametrize(
    "tex",
    [
        r"{X",
        r"X}",
        r"\left(X",
        r"\left(X\right",
        r"X\right)",
        r"X^",
        r"X_r_f",
        r"X^{+}^{+}",
        r"\frac{1}",
        r"\frac12",
        r"\mathrm{a",
        r"\mathbb{R}",
        r"\oint",
        r"\left.X\right)",
        r"&",
    ],
)
def test_what_is_not_understood_is_refused(tex: str) -> None:
    with pytest.raises(InputError, match=r"the formula .* has .*linreg_unlearn\.algebra\.mathml"):
        mathml(tex)


def test_text_in_a_formula_is_escaped() -> None:
    assert "<mtext>&lt;b&gt;</mtext>" in mathml(r"\text{<b>}")


def test_a_name_is_written_as_mathematics_writes_it() -> None:
    assert symbol("w_om(X_f, λ)") == r"w_{\mathrm{om}}(X_f, \lambda)"
    assert symbol("κ w_o") == r"\kappa w_o"
    assert symbol("w̄(λ)") == r"\bar w(\lambda)"
    assert latex(Letter("ỹ_f", "n", "1")) == r"\tilde y_f"
    assert latex(Letter("C_lap", "n", "1", "C")) == "C"
    # Without a rule for it a sign stays as it is.
    assert symbol("w♯") == "w♯"


def test_a_mark_behind_a_name_of_several_symbols_is_about_all_of_them() -> None:
    X, w = Letter("X", "n", "d"), Letter("w", "d", "1")
    for name, one in {"X_f": True, "w_t(M w_o)": True, "P w_o": False, "H⁻¹X_fᵀ": False}.items():
        made = Named(name, X)
        assert plain(made.T) == (f"{name}ᵀ" if one else f"({name})ᵀ")
        assert latex(made.T).startswith(r"\left(") is not one
    assert plain(pinv(Named("P w", X @ w)), unfold=True) == "(X w)⁺"


def test_a_parameter_that_is_no_greek_letter_is_no_command() -> None:
    assert Positive("m_f").latex() == "m_f > 0"
    assert Positive("lambda").latex() == r"\lambda > 0"
