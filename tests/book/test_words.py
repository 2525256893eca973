"""Words with formulas in them become HTML and LaTeX that show the same, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.book.content import Book
from linreg_unlearn.book.pages import pages
from linreg_unlearn.book.words import Words, prose_in_latex
from linreg_unlearn.errors import InputError
from tests.book.conftest import parse

WORDS = Words(["A6", "A6.reach", "C1", "L6"], lambda claim: f"{claim}.html")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("w_o and w_o,j²", "<i>w</i><sub><i>o</i></sub> and <i>w</i><sub><i>o,j</i></sub>²"),
        ("λ_max(S)^k", "<i>λ</i><sub>max</sub>(<i>S</i>)<sup>k</sup>"),
        ("a mask M; E UL(w_g)", "a mask <i>M</i>; E UL(<i>w</i><sub><i>g</i></sub>)"),
        ("(H_r)_SS, [K⁻¹]_ff", "(<i>H</i><sub><i>r</i></sub>)<sub>SS</sub>, "
         "[<i>K</i>⁻¹]<sub><i>ff</i></sub>"),
        ("golden's fine-tuning, by A6", "golden&#39;s fine-tuning, by <a href=\"A6.html\">A6</a>"),
        ("A6.reach, A60, XA6 and A6.", '<a href="A6.reach.html">A6.reach</a>, A60, XA6 and '
         '<a href="A6.html">A6</a>.'),
        ("ỹ_f is new", "<i>ỹ</i><sub><i>f</i></sub> is new"),
        ("H_r^{-1/2}", "<i>H</i><sub><i>r</i></sub><sup>-1/2</sup>"),
        ("<br> & w", "&lt;br&gt; &amp; <i>w</i>"),
    ],
)  # fmt: skip
def test_prose(text: str, html: str) -> None:
    assert str(WORDS.prose(text)) == html


def test_a_claim_does_not_link_to_itself() -> None:
    assert "<a" not in WORDS.prose("A6 says so", here="A6")


@given(st.text())
def test_whatever_is_written_stays_text(text: str) -> None:
    page = parse(str(WORDS.prose(text)))
    assert {node.tag for node in page.walk()} <= {"", "i", "sub", "sup", "a"}


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("100 % of w_g & A_1", r"100 \% of $w_{g}$ \& $A_{1}$"),
        ("λ_max(S)^k ≤ 1", r"$\lambda _{\mathrm{max}}$($S$)$^{k}$ $\le $ 1"),
        ("[K⁻¹]_ff", r"[$K$$^{-1}$$]_{ff}$"),
        ("ỹ_f — a −1", r"$\tilde y_{f}$ --- a -1"),
        (r"\input{x}", r"\textbackslash{}input\{$x$\}"),
    ],
)
def test_prose_as_latex(text: str, tex: str) -> None:
    assert prose_in_latex(text) == tex


def test_a_sign_without_latex_is_refused() -> None:
    with pytest.raises(InputError, match=r"'☃' .* has no LaTeX: add it"):
        prose_in_latex("a ☃")


def test_texts_of_proofs_keep_brackets_and_commas_beside_their_formulas() -> None:
    text = WORDS.proof(r"\textbf{1.} $X = Y$, by lemma L6.2 with ($n \times d$) and a\_b.")
    page = parse(str(text))
    assert [held.text for held in page.find("span", "held")] == ["=Y,", "(n×d)", "(n×d"]
    assert page.find("b")[0].text == "1."
    assert page.find("a")[0].attributes["href"] == "L6.html#part-2"
    assert page.text.endswith("and a_b.")


def test_hostile_titles_and_notes_are_text_on_every_page(book: Book) -> None:
    hostile = "<img src=x onerror=alert(1)> & \"'"
    entry = book.entries["A6.reach"]
    claim = replace(entry.claim, title=hostile, wording=hostile)
    bad = Book({"A6.reach": replace(entry, claim=claim)}, ())
    count = 0
    for address, text in pages(bad):
        page = parse(text)
        assert not page.find("img"), address
        count += hostile in page.text
    assert count >= 3  # the list, its page, the errata
