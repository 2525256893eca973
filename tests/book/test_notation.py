"""Every symbol of the theory has words, and every word a symbol."""

from __future__ import annotations

from linreg_unlearn.algebra.mathml import mathml
from linreg_unlearn.algebra.text import latex
from linreg_unlearn.book.notation import (
    MEANINGS,
    PARAMETERS,
    SIZES,
    sizes_and_parameters,
    symbols,
)
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.claims.vocabulary import w_g
from tests.book.conftest import Written, parse


def test_every_symbol_has_words_and_no_words_are_left_over() -> None:
    found = symbols(load_claims())
    assert [symbol.expr.name for symbol in found if not symbol.meaning] == []
    assert set(MEANINGS) <= {symbol.expr.name for symbol in found}


def test_so_have_sizes_and_parameters() -> None:
    sizes, parameters = sizes_and_parameters(load_claims())
    assert sizes == set(SIZES)
    assert parameters == set(PARAMETERS)


def test_a_symbol_is_shown_with_its_definition_and_where_it_occurs(written: Written) -> None:
    (found,) = [s for s in symbols(load_claims()) if s.expr.same(w_g)]
    assert "A3" in found.claims
    rows = [row.text for row in written.pages["notation.html"].find("tr")]
    shown = parse(mathml(f"{latex(w_g)} = {latex(w_g.body)}")).text
    (row,) = [row for row in rows if row.startswith(shown)]
    assert row.startswith(f"{shown}d×c")
    assert "what unlearning aims at" in row
