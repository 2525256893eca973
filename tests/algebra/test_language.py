"""A user's own statement means what it says, or is refused in one sentence at the right column."""

import re
from collections.abc import Mapping
from fractions import Fraction

import pytest
from flint import fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.exact import ExactReading
from linreg_unlearn.algebra.expressions import (
    Equation,
    Expr,
    Identity,
    Inverse,
    Letter,
    Product,
    PseudoInverse,
    Scale,
    Sum,
    Transpose,
    Zero,
    inv,
    pinv,
)
from linreg_unlearn.algebra.statements import SizeIs, full_row_rank
from linreg_unlearn.algebra.text import latex, plain
from linreg_unlearn.algebra.words import words
from linreg_unlearn.claims.claim import Assumption
from linreg_unlearn.errors import InputError
from linreg_unlearn.language import MAX_SIZE, ParsedProblem, parse_problem
from linreg_unlearn.syntax import MAX_DEPTH, MAX_LENGTH, MAX_TERMS

DIMENSIONS = ("m", "n", "k")
SHAPES = {f"{name}_{r}{c}": f"{r}x{c}" for name in "AB" for r in DIMENSIONS for c in DIMENSIONS}


def equation(problem: ParsedProblem) -> Equation:
    statement = problem.part.statement
    assert isinstance(statement, Equation)
    return statement


def letter(rows: str, columns: str, name: str = "A") -> Letter:
    return Letter(f"{name}_{rows}{columns}", rows, columns)


@st.composite
def expressions(draw: st.DrawFn, rows: str, columns: str, depth: int) -> Expr:
    kinds = ["letter", "identity"] if rows == columns else ["letter"]
    if depth:
        kinds += ["sum", "difference", "product", "product", "transpose", "scale", "pinv", "zero"]
        kinds += ["inverse"] if rows == columns else []

    def below(r: str, c: str) -> Expr:
        return draw(expressions(r, c, depth - 1))

    match draw(st.sampled_from(kinds)):
        case "letter":
            return letter(rows, columns, draw(st.sampled_from("AB")))
        case "identity":
            return Identity(rows)
        case "sum":
            return below(rows, columns) + below(rows, columns)
        case "difference":
            return below(rows, columns) - below(rows, columns)
        case "product":
            middle = draw(st.sampled_from(DIMENSIONS))
            return below(rows, middle) @ below(middle, columns)
        case "transpose":
            return below(columns, rows).T
        case "scale":
            return draw(st.fractions(-3, 3, max_denominator=4)) * below(rows, columns)
        case "pinv":
            return pinv(below(columns, rows))
        case "zero":
            return Zero((rows, columns)) + below(rows, columns)
        case _:
            inner = below(draw(st.sampled_from(DIMENSIONS)), rows)
            return inv(inner.T @ inner + Identity(rows))


@st.composite
def written(draw: st.DrawFn, expr: Expr, place: int = 0) -> str:
    """Write an expression, with as few brackets as there may be and some more, and odd spaces.

    A place asks for a sum (0), a product (1), a factor (2) or something raised (3).
    """
    space = draw(st.sampled_from(["", " ", "  ", "\t"]))

    def child(node: Expr, at: int) -> str:
        return draw(written(node, at))

    match expr:
        case Letter(name=name):
            text, tightness = name, 3
        case Identity():
            text, tightness = "I", 3
        case Zero():
            text, tightness = "0", 3
        case Sum(terms=terms):
            text, tightness = child(terms[0], 0), 0
            for term in terms[1:]:
                constant = term.coefficient.constant() if isinstance(term, Scale) else None
                if constant is not None and constant < 0 and draw(st.booleans()):
                    assert isinstance(term, Scale)
                    text += f"{space}-{space}{-constant}*{child(term.argument, 2)}"
                else:
                    text += f"{space}+{space}{child(term, 1)}"
        case Product(factors=factors):
            times = [space + draw(st.sampled_from("*@")) + space for _ in factors]
            pieces = [times[at] + child(factor, 2) for at, factor in enumerate(factors)]
            text, tightness = "".join(pieces).lstrip("*@ \t"), 1
        case Scale(coefficient=coefficient, argument=argument):
            value = coefficient.constant()
            assert value is not None
            text, tightness = draw(_scaled(value, argument)), 1
        case Transpose(argument=argument):
            text, tightness = f"{child(argument, 3)}{space}.T", 3
        case PseudoInverse(argument=argument):
            text, tightness = f"pinv{space}({child(argument, 0)})", 3
        case Inverse(argument=argument):
            text, tightness = f"inv({child(argument, 0)}{space})", 3
        case _:
            raise AssertionError(expr)
    if tightness < place or draw(st.integers(0, 5)) == 0:
        return f"({space}{text})"
    return text


@st.composite
def _scaled(draw: st.DrawFn, value: Fraction, argument: Expr) -> str:
    forms = [f"{value}*{{}}", f"({value})*{{}}", f"{value.numerator}*{{}}/{value.denominator}"]
    forms += [f"{{}}*{value}", f"{{}}/{value.denominator}*{value.numerator}"]
    if value == -1:
        forms += ["-{}", "-1*{}"]
    return draw(st.sampled_from(forms)).format(draw(written(argument, 2)))


@given(st.data(), st.sampled_from(DIMENSIONS), st.sampled_from(DIMENSIONS))
def test_what_is_written_is_what_is_read(data: st.DataObject, rows: str, columns: str) -> None:
    expr = data.draw(expressions(rows, columns, 3))
    text = data.draw(written(expr))
    other = letter(rows, columns)
    used = {name: shape for name, shape in SHAPES.items() if name in text or name == other.name}
    problem = parse_problem(f"{text} == {other.name}", shapes=used)
    assert words(equation(problem).lhs) == words(expr)
    assert equation(problem).rhs.same(other)
    assert problem.shapes == {name: tuple(shape.split("x")) for name, shape in used.items()}


A, B, C = (Letter(name, "m", "m") for name in "ABC")
EYE = Identity("m")


@pytest.mark.parametrize(
    ("text", "expr"),
    [
        ("A + B*C", A + B @ C),
        ("(A + B)*C", (A + B) @ C),
        ("A*B.T", A @ B.T),
        ("(A*B).T", (A @ B).T),
        ("-A*B", Scale((-(A)).coefficient, A @ B)),  # type: ignore[attr-defined]
        ("-A.T", -(A.T)),
        ("A - B - C", A - B - C),
        ("A - (B - C)", A - B + C),
        ("A--B", A + B),
        ("A + +B", A + B),
        ("A*-B", -(A @ B)),
        ("2*A", 2 * A),
        ("A*2*B", 2 * (A @ B)),
        ("A/2*B", Fraction(1, 2) * (A @ B)),
        ("1/2*A", Fraction(1, 2) * A),
        ("2/3/4*A", Fraction(1, 6) * A),
        ("2/(3/4)*A", Fraction(8, 3) * A),
        ("(1 + 1/2)*A", Fraction(3, 2) * A),
        ("A/-2", Fraction(-1, 2) * A),
        ("3/4*A", Fraction(3, 4) * A),
        ("0*A", 0 * A),
        ("A + 0", A),
        ("2*I - A", 2 * EYE - A),
        ("I.T*A", EYE.T @ A),
        ("pinv(A).T", pinv(A).T),
        ("pinv(A.T)", pinv(A.T)),
        ("A @ B", A @ B),
        ("A.T.T", A.T.T),
        ("A . T", A.T),
        ("A\n*\tB", A @ B),
    ],
)
def test_operators_bind_as_on_paper(text: str, expr: Expr) -> None:
    read = equation(parse_problem(f"{text} == A*B*C", shapes={"A": "mxm", "B": "mxm", "C": "mxm"}))
    assert words(read.lhs) == words(expr)
    assert read.rhs.same(A @ B @ C)


def test_names_that_begin_like_functions_are_names() -> None:
    assert list(parse_problem("pinverse*inv1*I2*T_ == pinv_*invA").shapes) == [
        "pinverse",
        "inv1",
        "I2",
        "T_",
        "pinv_",
        "invA",
    ]


def test_names_have_subscripts_in_latex() -> None:
    problem = parse_problem("X_r*X1*weights_old*w_ + a_b_c*d1e == 0")
    assert equation(problem).latex() == (
        r"X_{r} X_{1} \mathit{weights}_{old} \mathit{w\_} + a_{b\_c} \mathit{d1e} = 0"
    )


def pointing(error: pytest.ExceptionInfo[InputError]) -> tuple[str, str, int]:
    """The sentence of an error, the line it shows and the column under which its mark stands."""
    sentence, line, mark = str(error.value).split("\n")
    assert re.fullmatch(r" +\^", mark)
    assert line.startswith("  ")
    return sentence, line[2:], len(mark) - 2


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("A ^ 2 == B", 3, "no powers"),
        ("A**2 == B", 3, "* is out of place"),
        ("A' == B", 2, ".T"),
        ("Aᵀ == B", 2, ".T"),
        ("A.t == B", 2, ".T"),
        ("A.TT == B", 2, ".T"),
        ("0.5*A == B", 2, "1/2"),
        ("A = B", 3, "write =="),
        ("A != B", 3, "'!' cannot be read"),
        ("A <= B", 3, "only equations"),
        ("A − B == C", 3, "keyboard"),
        ("é == A", 1, "'é' cannot be read"),
        ("_A == B", 1, "names begin"),
        ("A[0] == B", 2, "round brackets"),
        ("A == \x1b[31mB", 6, r"'\x1b' cannot be read"),
        ("A B == C", 3, "write * for a product"),
        ("2A == C", 2, "write * for a product"),
        ("2(A) == C", 2, "write * for a product"),
        ("A.T(B) == C", 4, "write * for a product"),
        ("rank(A) == B", 1, "rank is not a function"),
        ("B + A (B) == B", 5, "A is not a function"),
        ("pinv == B", 1, "pinv is a function"),
        ("A + inv B == B", 5, "inv is a function"),
        ("A*T == B", 3, "T is not a name"),
        ("A == B == C", 8, "second =="),
        ("(A == B)", 4, "bracket is still open"),
        ("A*(B == C", 6, "bracket is still open"),
        ("A == (B", 8, "close it with )"),
        ("A) == B", 2, "never opened"),
        ("A == B)", 7, "never opened"),
        ("A*B", 4, "there is no =="),
        ("A ==", 5, "the end is missing"),
        ("A == B*  ", 8, "the end is missing"),
        ("== A", 1, "== is out of place"),
        ("A * / B == C", 5, "/ is out of place"),
        ("pinv() == B", 6, ") is out of place"),
        ("A/B == C", 3, "divisor is not a number"),
        ("A/(2*B) == C", 3, "divisor is not a number"),
        ("A/0 == C", 3, "division by zero"),
        ("A/(1 - 1) == C", 3, "division by zero"),
        ("A == 2", 6, "such as 2*I"),
        ("A*B + 2 == C", 7, "such as 2*I"),
        ("A*B - 1/2 == C", 7, "such as 1/2*I"),
        ("pinv(2) == C", 6, "such as 2*I"),
        ("2.T == C", 1, "such as 2*I"),
        ("I == 0", 1, "nothing says of which size I is"),
        ("0 == 0", 1, "nothing says of which size 0 is"),
        ("A*pinv(0)*pinv(0).T*B == 0", 3, "nothing says of which size pinv(0) is"),
        ("inv(0)*A == A", 5, "never invertible"),
        ("inv(0*A*B)*A == A", 5, "never invertible"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, column: int, told: str) -> None:
    with pytest.raises(InputError) as error:
        parse_problem(text)
    sentence, line, mark = pointing(error)
    assert told in sentence
    assert f" at column {column} of the statement: " in sentence
    assert mark == column
    assert line == text.replace("\x1b", "�")


def test_it_says_which_text_is_wrong() -> None:
    with pytest.raises(InputError, match="at column 3 of assumption 2: "):
        parse_problem("A == B", assume=["A == A.T", "B ? B"])
    with pytest.raises(InputError, match=r"^assumption 1 is empty: "):
        parse_problem("A == B", assume=[" "])


@pytest.mark.parametrize(
    ("statement", "shapes", "column", "told"),
    [
        ("A*B == C", {"A": "2x5", "B": "3x4"}, 3, "A has 5 columns and B has 3 rows"),
        ("A*B == C", {"A": "nxd", "B": "pxq"}, 3, "A has d columns and B has p rows"),
        ("A*B == C", {"A": "nx1", "B": "5xq"}, 3, "A has 1 column and B has 5 rows"),
        ("A*(B+C)*D == D", {"A": "2x5", "C": "4x4"}, 3, "A has 5 columns and (B+C) has 4 rows"),
        ("A*B.T == C", {"A": "nxd", "B": "dxn"}, 3, "A has d columns and B.T has n rows"),
        ("A + B == C", {"A": "2x5", "B": "2x4"}, 5, "A has 5 columns and B has 4 columns"),
        ("A + C - B*A == C", {"A": "2x5", "B": "3x2"}, 9, "A has 2 rows and B*A has 3 rows"),
        ("A*B == C", {"A": "2x5", "C": "5x2"}, 8, "A*B has 2 rows and C has 5 rows"),
        ("X*X == Y", {"X": "nxd"}, 3, "X has d columns and X has n rows"),
        ("A*inv(X) == Y", {"X": "2x5"}, 7, "X is 2×5 and inv( ) is of square matrices"),
        ("A*inv(X.T) == Y", {"X": "nxd"}, 7, "X.T is d×n and inv( ) is of square matrices"),
        ("X*w == y", {"X": "nxd", "w": "5x1"}, 3, "X has d columns and w has 5 rows"),
        ("X*I*X == X", {"X": "2x3"}, 5, "I has 3 columns and X has 2 rows"),
    ],
)
def test_shapes_that_do_not_fit_are_pointed_at(
    statement: str, shapes: dict[str, str], column: int, told: str
) -> None:
    with pytest.raises(InputError) as error:
        parse_problem(statement, shapes=shapes)
    sentence, line, mark = pointing(error)
    assert sentence.startswith(f"the shapes do not fit at column {column} of the statement: {told}")
    assert (line, mark) == (statement, column)


def test_shapes_are_inferred_over_all_statements() -> None:
    problem = parse_problem("A*B == C", assume=["D*B.T == A", "E*A == F"])
    assert problem.shapes == {
        "A": ("m", "n"),
        "B": ("n", "p"),
        "C": ("m", "p"),
        "D": ("m", "p"),
        "E": ("q", "m"),
        "F": ("q", "n"),
    }
    with pytest.raises(InputError, match="column 6 of assumption 2: A has m rows and C has n"):
        parse_problem("A == B", assume=["B*C == D", "A == C"], shapes=["A=mxn", "C=nxd"])


def test_identities_in_one_statement_may_differ_in_size() -> None:
    read = equation(parse_problem("(I + X*X.T)*X == X*(I + X.T*X)", shapes=["X=nxd"]))
    n, d, X = Identity("n"), Identity("d"), Letter("X", "n", "d")
    assert read == ((n + X @ X.T) @ X == X @ (d + X.T @ X))


def test_dimensions_get_names_that_are_free() -> None:
    problem = parse_problem("m*A*B == n", shapes={"A": "pxc"})
    assert problem.shapes == {"m": ("q", "p"), "A": ("p", "c"), "B": ("c", "r"), "n": ("q", "r")}
    many = parse_problem(" + ".join(f"pinv(A{i}*A{i}.T)*B*B{i}" for i in range(40)) + " == 0")
    assert len({symbol for shape in many.shapes.values() for symbol in shape}) == 43
    assert many.shapes["B39"][0] not in (*"IT", "1")


def test_a_letter_is_never_the_selector_of_the_theory() -> None:
    """What is known of selectors would be a silent assumption."""
    assert parse_problem("E_r*X == Y", shapes=["E_r=n_rxm"]).shapes["E_r"] == ("n_r", "m")
    assert parse_problem("E_r*X == Y", shapes=["Y=n_rxc"]).shapes["E_r"] == ("n_r", "m")
    assert parse_problem("X*E_f == Y", shapes=["X=dxn_f"]).shapes["E_f"] == ("n_f", "m")
    for name, rows in (("E_r", "n_r"), ("E_f", "n_f")):
        with pytest.raises(InputError, match=f"^{name} of shape {rows}×n is the selector"):
            parse_problem(f"{name}*X == Y", shapes=[f"Y={rows}xc", "X=nxc"])


def test_sizes_are_symbols_with_an_assumption() -> None:
    problem = parse_problem("X*w == y", assume=["w == w"], shapes=["X=2x05", "w=5x1"])
    assert problem.shapes == {"X": ("2", "5"), "w": ("5", "1"), "y": ("2", "1")}
    w = Letter("w", "5", "1")
    assert problem.part.assuming == (Equation(w, w), SizeIs("2", 2), SizeIs("5", 5))
    assert problem.assumed == (Equation(w, w),)


@pytest.mark.parametrize(
    ("shapes", "extent"),
    [
        ([], "all sizes"),
        (["X=nxd"], "all sizes"),
        (["X=2xd"], "all d and m"),
        (["w=nx1"], "all m and n"),
        (["X=2x5", "y=2xc"], "all c"),
        (["X=2x5", "w=5x1"], "the declared sizes"),
    ],
)
def test_it_says_for_which_sizes_it_speaks(shapes: list[str], extent: str) -> None:
    assert parse_problem("X*w == y", shapes=shapes).extent == extent


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("X=2x5", ("2", "5")),
        (" X = 2 x 5 ", ("2", "5")),
        ("X=2×5", ("2", "5")),
        ("X=nxd_1", ("n", "d_1")),
        ("X=nxx", ("n", "x")),
        ("X=xxn", ("x", "n")),
        ("X=x2x5", ("x2", "5")),
        (f"X=1x{MAX_SIZE}", ("1", str(MAX_SIZE))),
    ],
)
def test_declarations(text: str, shape: tuple[str, str]) -> None:
    assert parse_problem("X == X", shapes=[text]).shapes == {"X": shape}
    name, _, sides = text.partition("=")
    assert parse_problem("X == X", shapes={name.strip(): sides}).shapes == {"X": shape}


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        (["X"], "NAME=ROWSxCOLS"),
        (["X=2"], "NAME=ROWSxCOLS"),
        (["X=2*5"], "NAME=ROWSxCOLS"),
        (["X=2x5x7"], "NAME=ROWSxCOLS"),
        (["X=-2x5"], "NAME=ROWSxCOLS"),
        (["X=2.0x5"], "NAME=ROWSxCOLS"),
        (["X=٢x5"], "NAME=ROWSxCOLS"),
        (["X=" + "x" * 300], "NAME=ROWSxCOLS"),
        (["X=axbxc"], "no x"),
        (["X=0x5"], "between 1 and"),
        ([f"X=2x{MAX_SIZE + 1}"], "between 1 and"),
        (["X=2x" + "9" * 150], "between 1 and"),
        (["=2x5"], "no name of a matrix"),
        (["I=2x5"], "no name of a matrix"),
        (["\x1b[1m=2x5"], "no name of a matrix"),
        (["X=2x2", "X=2x3"], "X is declared 2×2 and 2×3"),
        (["X=2x2", "Y=2x2"], "Y is declared 2×2 and does not occur: declare one of X, Z"),
    ],
)
def test_declarations_that_cannot_be_used(shapes: list[str], told: str) -> None:
    with pytest.raises(InputError) as error:
        parse_problem("X == Z", shapes=shapes)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250
    assert str(error.value).isprintable()


def test_declaring_twice_the_same_is_fine() -> None:
    assert parse_problem("X == X", shapes=["X=2x2", "X=2x2"]).shapes == {"X": ("2", "2")}


def test_inverses_are_assumed_to_exist() -> None:
    problem = parse_problem("inv(X.T*X + inv(K))*w == w", assume=["X*inv(K) == 0"])
    K, X = Letter("K", "n", "n"), Letter("X", "m", "n")
    inner = X.T @ X + inv(K)
    assert problem.invertible == (K, inner)
    assert problem.part.assuming[1:] == (
        Assumption("K invertible", (full_row_rank(K),)),
        Assumption("Xᵀ X + K⁻¹ invertible", (full_row_rank(inner),)),
    )
    only_there = parse_problem("A == B", assume=["inv(A)*B == I"])
    assert only_there.invertible == (Letter("A", "m", "m"),)
    assert parse_problem("pinv(A) == B").invertible == ()


@pytest.mark.parametrize(
    ("expr", "shapes", "possible"),
    [
        ("X.T*X", {"X": "2x5"}, False),
        ("X*X.T", {"X": "2x5"}, True),
        ("X.T*X", {"X": "2xd"}, True),
        ("X.T*X", {"X": "nxd"}, True),
        ("X.T*X + Y.T*Y", {"X": "2x5", "Y": "2x5"}, False),
        ("X.T*X + Y.T*Y", {"X": "2x5", "Y": "3x5"}, True),
        ("X.T*X + I", {"X": "2x5"}, True),
        ("2*I - X.T*X", {"X": "2x5"}, True),
        ("X.T*X - 0", {"X": "2x5"}, False),
        ("pinv(X)*X", {"X": "2x5"}, False),
        ("pinv(X.T*X)", {"X": "2x5"}, False),
        ("X.T*inv(K)*X", {"X": "2x5"}, False),
        ("X*inv(K)*X.T", {"X": "2x5"}, True),
        ("x*x.T", {"x": "5x1"}, False),
        ("A*x*x.T", {"A": "5x5"}, True),
        ("A*x*x.T", {"A": "5x5", "x": "5x1"}, False),
        ("x.T*x", {"x": "5x1"}, True),
        ("A*B*C", {"B": "3x2", "A": "4x3"}, False),
        ("A*0*B + C*C.T", {"C": "5x2"}, False),
        ("A - 0*I", {"A": "5x5"}, True),
        ("0*A", {}, False),
        ("0*A + B", {}, True),
    ],
)
def test_inverses_that_cannot_exist_are_refused(
    expr: str, shapes: dict[str, str], possible: bool
) -> None:
    if possible:
        assert parse_problem(f"inv({expr}) == Z", shapes=shapes).invertible
        return
    with pytest.raises(InputError, match="never invertible") as error:
        parse_problem(f"inv({expr}) == Z", shapes=shapes)
    assert pointing(error)[2] == 5
    with pytest.raises(InputError, match="column 7 of assumption 1: "):
        parse_problem("Z == Z", assume=[f"Z*inv({expr}) == Z"], shapes=shapes)


def refused(statement: str, shapes: Mapping[str, str]) -> str | None:
    try:
        parse_problem(statement, shapes=shapes)
    except InputError as error:
        return str(error)
    return None


@given(st.data(), st.fixed_dictionaries({name: st.integers(1, 3) for name in DIMENSIONS}))
def test_only_what_is_singular_is_refused(data: st.DataObject, sizes: Mapping[str, int]) -> None:
    """The exact rank of the argument on drawn matrices is at most what the refusal says."""
    size = data.draw(st.sampled_from(DIMENSIONS))
    expr = data.draw(expressions(size, size, 3))
    text = data.draw(written(expr))
    used = {name: shape for name, shape in SHAPES.items() if name in text}
    declared = {
        name: "x".join(str(sizes[symbol]) for symbol in shape.split("x"))
        for name, shape in used.items()
    }
    square = f"S_{size}"
    shapes = {**declared, square: f"{sizes[size]}x{sizes[size]}"}
    refusal = refused(f"inv({text})*{square} == {square}", shapes)
    if refusal is None:
        return
    said = re.search(r"has rank at most (\d+)|is zero", refusal)
    assert said is not None, refusal
    bound = int(said[1] or 0)
    letters = {
        name: fmpq_mat(
            sizes[shape[0]],
            sizes[shape[2]],
            data.draw(
                st.lists(
                    st.integers(-3, 3),
                    min_size=sizes[shape[0]] * sizes[shape[2]],
                    max_size=sizes[shape[0]] * sizes[shape[2]],
                )
            ),
        )
        for name, shape in used.items()
    }
    assert rational.rank(ExactReading(sizes, letters, {}).value(expr)) <= bound < sizes[size]


@given(st.data(), st.sampled_from(DIMENSIONS), st.sampled_from(DIMENSIONS))
def test_inferred_shapes_leave_free_what_is_free(
    data: st.DataObject, rows: str, columns: str
) -> None:
    """A typing that is possible is an instance of the inferred one."""
    sides = [data.draw(written(data.draw(expressions(rows, columns, 2)))) for _ in range(2)]
    other = letter(rows, columns).name
    declared = data.draw(st.sets(st.sampled_from(sorted(SHAPES))))
    text = f"{sides[0]} + {other} == {sides[1]}"
    problem = parse_problem(text, shapes={n: SHAPES[n] for n in declared if n in text})
    means: dict[str, str] = {}
    for name, shape in problem.shapes.items():
        for symbol, meant in zip(shape, SHAPES[name].split("x"), strict=True):
            assert means.setdefault(symbol, meant) == meant
        if name in declared:
            assert "x".join(shape) == SHAPES[name]


NESTINGS = {
    "brackets": ("(", "A", ")"),
    "pinv": ("pinv(", "A", ")"),
    "inv": ("inv(", "A", ")"),
    "transposes": ("", "A", ".T"),
    "signs": ("-", "A", ""),
    "plus": ("+", "A", ""),
    "sums": ("(A + ", "A", ")"),
    "differences": ("A - (", "A", ")"),
    "products": ("pinv(A*", "A", ")"),
}


@pytest.mark.parametrize("kind", NESTINGS)
def test_depth_is_bounded(kind: str) -> None:
    before, inner, after = NESTINGS[kind]

    def nested(levels: int) -> str:
        return f"{before * levels}{inner}{after * levels} == A*A"

    deepest = 0
    for levels in (1, 5, MAX_DEPTH // 3, MAX_DEPTH - 1):
        if refusal := refused(nested(levels), {}):
            assert "nested too deeply" in refusal
            break
        read = equation(parse_problem(nested(levels)))
        deepest = levels
        # Whatever was read can be used: nothing below recurses too deeply.
        assert hash(read) == hash(Equation(read.lhs, read.rhs))
        assert plain(read.lhs)
        assert latex(read.lhs)
        assert words(read.lhs) == words(read.lhs)
    assert deepest >= MAX_DEPTH // 3
    for levels in (MAX_DEPTH + 1, 300):
        if len(nested(levels)) <= MAX_LENGTH:
            with pytest.raises(
                InputError, match=r"nested too deeply at column \d+ of the statement: at most"
            ):
                parse_problem(nested(levels))


def test_length_is_bounded() -> None:
    longest = "A == " + "A*" * ((MAX_LENGTH - 6) // 2)
    assert parse_problem((longest + "A").ljust(MAX_LENGTH)).shapes == {"A": ("m", "m")}
    with pytest.raises(InputError, match=rf"^the statement has {MAX_LENGTH + 1} characters"):
        parse_problem((longest + "A").ljust(MAX_LENGTH + 1))
    with pytest.raises(InputError, match=r"^assumption 1 has 1000000 characters"):
        parse_problem("A == A", assume=["(" * 1_000_000])


@pytest.mark.parametrize(
    "template", ["{} == A", "A == B*inv(A)*pinv({})", "A == ({}).T*0", "-({}) + A == A"]
)
def test_what_multiplies_out_to_too_much_is_refused(template: str) -> None:
    most = MAX_TERMS.bit_length() - 1
    assert parse_problem(template.format("*".join(["(A+B)"] * (most - 1))))
    for factor in ("(A-B)", "(-(A-B))", "(A-B).T", "(2*(A-B))"):
        with pytest.raises(InputError, match=f"more than {MAX_TERMS} products") as error:
            parse_problem(template.format("*".join([factor] * (most + 1))))
        assert pointing(error)[2] <= template.index("{") + 1


@pytest.mark.parametrize("start", [0, 30, 200])
def test_of_a_long_line_the_place_is_shown(start: int) -> None:
    text = "A*" * start + "B ? " + "*A" * 300
    with pytest.raises(InputError) as error:
        parse_problem(text)
    sentence, line, mark = pointing(error)
    assert f"at column {2 * start + 3} " in sentence
    assert len(line) <= 76
    assert line[mark - 1] == "?"
    assert line.endswith("…")
    assert line.startswith("…") == (2 * start + 3 > 40)


TOKENS = ["A", "B", "x1", "I", "T", "0", "1", "2/3", "(", ")", "+", "-", "*", "@", "/", ".T", "=="]
TOKENS += [
    "pinv",
    "inv",
    "pinv(",
    "inv(",
    " ",
    ".",
    "=",
    "^",
    "\n",
    "é",
    "\x00",
    "，",
    "__import__",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join) | st.text(max_size=30))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    for statement, assumed in ((text, ()), ("A == A", (text,)), (f"A*({text}) == A", ())):
        try:
            problem = parse_problem(statement, assumed)
        except InputError as error:
            sentence, *shown = str(error).split("\n")
            assert sentence.isprintable()
            assert sentence.count(": ") >= 1
            place = re.search(r" at column (\d+) of (the statement|assumption 1): ", sentence)
            assert (place is None) == (not shown)
            if place:
                assert shown[1] == " " * (int(place[1]) + 1) + "^"
                assert shown[0].isprintable()
        else:
            # What is accepted has no more in it than it says.
            assert set("".join((statement, *assumed))) <= set(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-*/@.()= \t\r\n"
            )
            assert problem.shapes


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') == 0",
        "().__class__ == 0",
        "A.__class__ == B",
        "eval(A) == A",
        "open(A) == A",
        "lambda: 0 == 0",
        "[A for A in B] == A",
        "A if B else C == A",
        "A; B == C",
        "A == B # comment",
        "A == B\\",
        'f"{A}" == B',
        "A:=B == C",
        "9**9**9**9*A == A",
        "1e9*A == A",
        "0x10*A == A",
        "\u202eA == B",
        "A\u200b == B",
        "Α == B",
    ],
)
def test_nothing_is_evaluated(text: str) -> None:
    with pytest.raises(InputError):
        parse_problem(text)


def test_large_numbers_are_exact() -> None:
    digits = "123456789" * 100
    read = equation(parse_problem(f"{digits}/7*A == A"))
    assert isinstance(read.lhs, Scale)
    assert read.lhs.coefficient.constant() == Fraction(int(digits), 7)
