"""Small proofs as data, one for each way in which a step may be written. The checker accepts each.

Sums are written ``2 lambda X' X - M``; a cofactor ``-1 | w' | r2' | X`` is minus one times ``w'``
times the transposed relation times ``X``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from linreg_unlearn.algebra import statements as say
from linreg_unlearn.algebra.checker import Lemma, check
from linreg_unlearn.algebra.expressions import Equation, Identity, Letter, pinv
from linreg_unlearn.algebra.relations import goals, relations
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.words import words

Json = dict[str, Any]

PARAMETERS = {"lambda", "alpha", "beta", "1/(alpha-beta)", "m_f"}


@dataclass(frozen=True)
class WrittenProof:
    """A proof, what it shows and from what."""

    letters: Json
    relations: Json
    steps: list[Json]
    statement: say.Statement
    assumed: tuple[say.Statement, ...] = ()
    lemmas: dict[str, Lemma] = field(default_factory=dict)

    @property
    def proof(self) -> Json:
        return {"relations": self.relations, "steps": self.steps}

    def check(self) -> None:
        check(self.letters, self.proof, self.statement, self.assumed, self.lemmas)


def matrix(shape: str) -> Json:
    return {"letter": shape.split("x")}


def total(shape: str, text: str) -> Json:
    """Return a sum as data."""
    rows, columns = shape.split("x")
    poly: list[Any] = []
    for term in text.replace("- ", "+ -").split("+ "):
        if not term.strip():
            continue
        tokens = term.split()
        sign = -1 if tokens[0].startswith("-") else 1
        tokens[0] = tokens[0].removeprefix("-")
        c, powers, word = Fraction(sign), dict[str, int](), list[str]()
        for token in tokens:
            name, _, power = token.partition("^")
            if token.isdigit():
                c *= int(token)
            elif name in PARAMETERS:
                powers[name] = int(power or 1)
            elif token:
                word.append(token)
        poly.append([int(c), powers, " ".join(word)])
    return {"row": rows, "col": columns, "poly": poly}


def given(shape: str, text: str) -> Json:
    return {"given": total(shape, text)}


def cofactor(text: str) -> Json:
    scalar, left, source, right = (part.strip() for part in text.split("|"))
    c, *powers = scalar.split()
    return {
        "c": int(c),
        "mono": dict.fromkeys(powers, 1),
        "l": left,
        "rel": int(source.strip("'")) if source[0].isdigit() else source.strip("'"),
        "tr": source.endswith("'"),
        "r": right,
    }


def step(rule: str, shape: str, claim: str, cofactors: Sequence[str] = (), **more: Any) -> Json:
    used = [cofactor(text) for text in cofactors]
    return {"rule": rule, "claim": total(shape, claim), "den": 1, "cofactors": used, **more}


def square(shape: str, text: str, c: int = 1, **powers: int) -> Json:
    return {"c": c, "mono": powers, "Z": total(shape, text)}


X, y, w = Letter("X", "n", "d"), Letter("y", "n", "c"), Letter("w_*", "d", "c")
z = Letter("z", "n", "c")
M = Letter("M", "d", "d")
A, B, C = (Letter(name, "n", "n") for name in "ABC")
U, V = Letter("U", "m", "n"), Letter("V", "k", "n")
lam, interpolating = parameter("lambda"), Equation(y, X @ w)
DATA = {"y": matrix("nxc"), "X": matrix("nxd"), "w_*": matrix("dxc")}
X_PINV = {"pinv1": {"pinv": total("nxd", "X")}}
SQUARE = {"A": matrix("nxn"), "B": matrix("nxn"), "C": matrix("nxn")}

_E, _F = Letter("E_long", "m", "n"), Letter("F_long", "n", "d")
_kernel = X @ X.T + lam * Identity("n")
_scalars = Letter("s", "n", "1"), Letter("t", "n", "1")

WRITTEN: dict[str, WrittenProof] = {
    "a chain": WrittenProof(
        DATA | X_PINV,
        {
            "r1": given("nxc", "y - X w_*"),
            "r2": given("nxd", "X pinv1 X - X"),
            "r3": given("nxn", "pinv1' X' - X pinv1"),
        },
        [
            step(
                "zero",
                "cxn",
                "y' - y' X pinv1",
                ["-1||r1'|X pinv1", "-1|w_*'|r2'|", "1|w_*' X'|r3|", "1||r1'|"],
            )
        ],
        y.T == y.T @ X @ pinv(X),
        (interpolating,),
    ),
    "a square term by term": WrittenProof(
        DATA | X_PINV,
        {
            "r1": given("dxd", "X' pinv1' - pinv1 X"),
            "r2": given("nxn", "pinv1' X' - X pinv1"),
            "r3": given("nxc", "y - X w_*"),
        },
        [
            step(
                "cancel",
                "dxc",
                "pinv1 y - X' pinv1' w_*",
                [
                    "-1|w_*'|r1|X' pinv1' w_*",
                    "1|w_*' X'|r2|pinv1' w_*",
                    "-1||r3'|X pinv1 pinv1' w_*",
                    "1|w_*'|r1|pinv1 y",
                    "1||r3'|pinv1' pinv1 y",
                    "-1|y'|r2|pinv1' w_*",
                ],
                squares=[square("dxc", "pinv1 y - X' pinv1' w_*")],
            ),
            step("zero", "dxc", "pinv1 y - pinv1 X w_*", ["1||r1|w_*", "1||0|"]),
        ],
        pinv(X) @ y == pinv(X) @ X @ w,
        (interpolating,),
    ),
    "squares that add up": WrittenProof(
        {"U": matrix("mxn"), "V": matrix("kxn")},
        {"r1": given("nxn", "lambda U' U + V' V")},
        [
            step(
                "cancel",
                "mxn",
                "U",
                ["1||r1|"],
                squares=[square("mxn", "U", **{"lambda": 1}), square("kxn", "V")],
            ),
            step(
                "cancel",
                "kxn",
                "V",
                ["1||r1|"],
                squares=[square("mxn", "U", **{"lambda": 1}), square("kxn", "V")],
            ),
        ],
        Equation(U, 0 * U),
        (Equation(lam * (U.T @ U) + V.T @ V, 0 * (V.T @ V)), say.Positive("lambda")),
    ),
    "halves": WrittenProof(
        SQUARE,
        {"r1": given("nxn", "A + B - C"), "r2": given("nxn", "A - B - C")},
        [{**step("zero", "nxn", "A - C", ["1||r1|", "1||r2|"]), "den": 2}],
        A == C,
        (A + B == C, A - B == C),
    ),
    "terms and their transposes": WrittenProof(
        DATA | {"z": matrix("nxc")},
        {"r1": given("nxc", "y - X w_*")},
        [
            step(
                "zero",
                "cxc",
                "m_f y' y + m_f y' z + m_f z' y - m_f w_*' X' X w_* - m_f w_*' X' z - m_f z' X w_*",
                ["1 m_f||r1'|y", "1 m_f|w_*' X'|r1|", "1 m_f||r1'|z", "1 m_f|z'|r1|"],
            )
        ],
        Equation(
            parameter("m_f") * (y.T @ y + y.T @ z + z.T @ y),
            parameter("m_f") * ((X @ w).T @ X @ w + (X @ w).T @ z + z.T @ X @ w),
        ),
        (interpolating,),
    ),
    "nothing on the left": WrittenProof(
        SQUARE,
        {"r1": given("nxn", "-A B")},
        [
            step("zero", "nxn", "-A B C A + A B B", ["1||r1|C A", "-1||r1|B"]),
            step("zero", "nxn", "-A B C A", ["1||0|", "1||r1|B"]),
            step("zero", "nxn", "-A' C' B' A'", ["1||1'|"]),
        ],
        Equation(0 * (A @ B), A.T @ C.T @ B.T @ A.T),
        (Equation(0 * (A @ B), A @ B),),
    ),
    "a definition": WrittenProof(
        SQUARE | {"let1": {"let": total("nxn", "A B")}},
        {"r1": given("nxn", "let1 - A B"), "r2": given("nxn", "A B A - A")},
        [
            step("zero", "nxn", "let1 A - A", ["1||r1|A", "1||r2|"]),
            step("zero", "nxn", "A B A B - A B", ["1||0|B", "-1||r1|A B"]),
        ],
        A @ B @ A @ B == A @ B,
        (A @ B @ A == A,),
    ),
    "a long argument": WrittenProof(
        {
            "E_long": matrix("mxn"),
            "F_long": matrix("nxd"),
            "pinv1": {"pinv": total("mxd", "E_long F_long")},
        },
        {"r1": given("mxd", "E_long F_long pinv1 E_long F_long - E_long F_long")},
        [
            step(
                "zero",
                "dxd",
                "pinv1 E_long F_long pinv1 E_long F_long - pinv1 E_long F_long",
                ["1|pinv1|r1|"],
            )
        ],
        pinv(_E @ _F) @ _E @ _F @ pinv(_E @ _F) @ _E @ _F == pinv(_E @ _F) @ _E @ _F,
    ),
    "a sum under a pseudo-inverse": WrittenProof(
        {"X": matrix("nxd"), "pinv1": {"pinv": total("nxn", "X X' + lambda")}},
        {"r1": given("nxn", "pinv1 X X' pinv1 + lambda pinv1 pinv1 - pinv1")},
        [
            step(
                "zero",
                "nxn",
                "X X' pinv1 X X' pinv1 + lambda X X' pinv1 pinv1 - X X' pinv1",
                ["1|X X'|r1|"],
            )
        ],
        X @ X.T @ pinv(_kernel) @ _kernel @ pinv(_kernel) == X @ X.T @ pinv(_kernel),
    ),
    "two parameters": WrittenProof(
        SQUARE,
        {"r1": given("nxn", "alpha 1/(alpha-beta) - beta 1/(alpha-beta) - 1")},
        [
            step(
                "zero",
                "nxn",
                "alpha^2 1/(alpha-beta)^2 A - alpha beta 1/(alpha-beta)^2 A "
                "- alpha 1/(alpha-beta) A",
                ["1 alpha 1/(alpha-beta)||r1|A"],
            )
        ],
        Equation(
            parameter("alpha")
            * parameter("1/(alpha-beta)")
            * ((parameter("alpha") - parameter("beta")) * parameter("1/(alpha-beta)") * A),
            parameter("alpha") * parameter("1/(alpha-beta)") * A,
        ),
        (say.Different("alpha", "beta"),),
    ),
    "squares without cofactors": WrittenProof(
        {"X": matrix("nxd")},
        {},
        [
            step(
                "psd",
                "dxd",
                "X' X + 2 lambda",
                squares=[square("nxd", "X"), square("dxd", "1", 2, **{"lambda": 1})],
            )
        ],
        say.Semidefinite(X.T @ X + (2 * lam) * Identity("d")),
        (say.Positive("lambda"),),
    ),
    "a projector": WrittenProof(
        {"M": matrix("dxd")},
        {"r1": given("dxd", "M' - M"), "r2": given("dxd", "M M - M")},
        [step("psd", "dxd", "M", ["-1||r2|", "-1||r1|M"], squares=[square("dxd", "M")])],
        say.Semidefinite(M),
        (say.Mask(M),),
    ),
    "half of twice a projector": WrittenProof(
        {"M": matrix("dxd")},
        {"r1": given("dxd", "M' - M"), "r2": given("dxd", "M M - M")},
        [
            step("psd", "dxd", "M", ["-2||r2|", "-2||r1|M"], squares=[square("dxd", "M", 2)])
            | {"den": 2}
        ],
        say.Semidefinite(M),
        (say.Mask(M),),
    ),
    "its complement": WrittenProof(
        {"M": matrix("dxd")},
        {"r1": given("dxd", "M' - M"), "r2": given("dxd", "M M - M")},
        [
            step(
                "psd",
                "dxd",
                "1 - M",
                ["-1||r2|", "-1||r1|M", "1||r1|"],
                squares=[square("dxd", "1 - M")],
            )
        ],
        say.Semidefinite(Identity("d") - M),
        (say.Mask(M),),
    ),
    "the other side of an inverse": WrittenProof(
        SQUARE,
        {"r1": given("nxn", "A B - 1"), "r2": given("nxn", "C - B")},
        [
            step(
                "invert",
                "nxn",
                "C A - 1",
                ["1||r1|", "1|A|r2|"],
                a=total("nxn", "A"),
                b=total("nxn", "C"),
            ),
            step(
                "invert",
                "nxn",
                "B A - 1",
                ["1||r1|"],
                a=total("nxn", "A"),
                b=total("nxn", "B"),
            ),
        ],
        C @ A == Identity("n"),
        (A @ B == Identity("n"), C == B),
    ),
    "scalars": WrittenProof(
        {"s": matrix("nx1"), "t": matrix("nx1")},
        {
            "r1": {"symmetric": [total("1x1", "s' t")]},
            "r2": {"commute": [total("1x1", "s' t"), total("1x1", "s' s")]},
        },
        [
            step("zero", "1x1", "s' t - t' s", ["1||r1|"]),
            step("zero", "1xn", "s' t s' s t' - s' s s' t t'", ["1||r2|t'"]),
            step("zero", "1xn", "s' t s' s t' - s' s t' s t'", ["1||1|", "1|s' s|0|t'"]),
        ],
        Equation(
            _scalars[0].T @ _scalars[1] @ _scalars[0].T @ _scalars[0] @ _scalars[1].T,
            _scalars[0].T @ _scalars[0] @ _scalars[1].T @ _scalars[0] @ _scalars[1].T,
        ),
    ),
    "a root": WrittenProof(
        {"X": matrix("nxd"), "root1": {"root": total("dxd", "X' X")}},
        {},
        [
            step("psd", "dxd", "X' X", squares=[square("nxd", "X")]),
            step("root", "dxd", "root1 root1 - X' X"),
            step("root", "dxd", "root1' - root1"),
            step("zero", "dxd", "root1' root1 - X' X", ["1||1|", "1||2|root1"]),
        ],
        say.Semidefinite(X.T @ X),
    ),
    "a lemma": WrittenProof(
        {"C_1": matrix("dxd"), "D′": matrix("dxd")},
        {"r1": given("dxd", "C_1 D′ - 1")},
        [
            step("zero", "dxd", "C_1 D′ - 1", ["1||r1|"]),
            step("lemma", "dxd", "D′ C_1 - 1")
            | {
                "lemma": "L_7.1",
                "with": {"A": total("dxd", "C_1"), "B": total("dxd", "D′")},
                "sizes": {"n": "d", "k": "k"},
            },
        ],
        Letter("D′", "d", "d") @ Letter("C_1", "d", "d") == Identity("d"),
        (Letter("C_1", "d", "d") @ Letter("D′", "d", "d") == Identity("d"),),
        {
            "L_7.1": Lemma(
                tuple(relations((A @ B == Identity("n"),))),
                frozenset(),
                tuple(goals(B @ A == Identity("n"), ())),
            )
        },
    ),
    "nothing to show": WrittenProof(
        {}, {}, [step("zero", "nxn", "")], A @ (B + C) == A @ B + A @ C
    ),
}

NAMES = {"X_w": words(X @ w), "K": words(_kernel), "Long": words(_E @ _F)}
"""Names that some of these proofs may be written with."""
