"""What people read: brackets where they are needed, and nowhere else."""

import pytest

from linreg_unlearn.algebra.expressions import (
    Expr,
    Identity,
    Letter,
    Zero,
    inv,
    named,
    pinv,
    trace,
)
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.text import latex, plain

X = Letter("X", "n", "d")
y = Letter("y", "n", "c")
w = Letter("w_*", "d", "c")
P = named("P_r", pinv(X) @ X)
lam = parameter("lambda")


@pytest.mark.parametrize(
    ("expr", "text", "tex"),
    [
        (X @ w - y, "X w_* − y", r"X w_* - y"),
        ((Identity("d") - P) @ w, "(I − P_r) w_*", r"\left(I - P_r\right) w_*"),
        (pinv(X).T, "X⁺ᵀ", r"{X^{+}}^{\top}"),
        (pinv(X.T @ X), "(Xᵀ X)⁺", r"\left(X^{\top} X\right)^{+}"),
        (
            inv(X @ X.T + lam * Identity("n")) @ y,
            "(X Xᵀ + λ I)⁻¹ y",
            r"\left(X X^{\top} + \lambda I\right)^{-1} y",
        ),
        (-(X @ w), "-X w_*", r"-X w_*"),
        (y - 2 * (X @ w), "y − 2 X w_*", r"y - 2 X w_*"),
        (y - (X @ w - y), "y − X w_* + y", r"y - X w_* + y"),
        (trace(X @ X.T), "tr(X Xᵀ)", r"\operatorname{tr}\left(X X^{\top}\right)"),
        ((lam + 1) * X, "(1 + λ) X", r"(1 + \lambda) X"),
        (X / 3, "1/3 X", r"\tfrac{1}{3} X"),
        (Zero(("n", "d")), "0", "0"),
        ((X + X) @ w, "(X + X) w_*", r"\left(X + X\right) w_*"),
    ],
)
def test_plain_text_and_latex(expr: Expr, text: str, tex: str) -> None:
    assert plain(expr) == text == str(expr) == repr(expr)
    assert latex(expr) == tex


def test_names_are_shown_or_unfolded() -> None:
    assert plain(X @ P) == "X P_r"
    assert plain(X @ P, unfold=True) == "X X⁺ X"
    assert plain(P.T, unfold=True) == "(X⁺ X)ᵀ"
    assert latex(P, unfold=True) == "X^{+} X"


def test_notebooks_show_latex() -> None:
    assert (X @ w)._repr_latex_() == "$X w_*$"
    assert (X @ w == y)._repr_latex_() == "$X w_* = y$"
