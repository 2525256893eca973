"""``linreg-unlearn prove`` and ``check-certificates`` as a user meets them."""

import json
import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from flint import fmpq_mat

from linreg_unlearn import cli
from linreg_unlearn.algebra import rational
from linreg_unlearn.audit import certificates, proofs
from linreg_unlearn.language import parse_problem

OWN = "pinv(A.T*A) == pinv(A)*pinv(A).T"


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli.main, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(cli.console, "_width", 80)
    monkeypatch.setattr(cli.messages, "_width", 80)


def joined(text: str) -> str:
    """The words of a text, wherever it wraps."""
    return " ".join(text.split())


def shown_after(output: str, line: str) -> dict[str, fmpq_mat]:
    """The matrices that are printed as blocks below a line."""
    _, found, rest = output.partition(f"\n{line}\n")
    assert found, output
    matrices: dict[str, list[list[Fraction]]] = {}
    for text in rest.splitlines():
        block = re.fullmatch(r"  (?:(\w+) = | +)\[(.*)\] *", text)
        if block is None:
            break
        if block[1]:
            rows = matrices[block[1]] = []
        rows.append([Fraction(entry) for entry in block[2].split()])
    return {name: rational.from_rows(rows) for name, rows in matrices.items()}


def test_an_identity_is_proved() -> None:
    result = run("prove", OWN)
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[:3] == ["A is m×n", "", "proved for all sizes: (Aᵀ A)⁺ = A⁺ A⁺ᵀ"]
    assert "assum" not in result.stdout
    proof = proofs.prove(parse_problem(OWN).part.statement)
    assert isinstance(proof, proofs.Proved)
    assert proof.readable()
    assert lines[3 : 3 + len(proof.readable())] == [line.rstrip() for line in proof.readable()]
    assert f"The certificate has {proof.terms} terms." in result.stdout
    assert max(map(len, lines)) <= 80


def test_a_false_law_is_refuted_by_matrices_that_are_shown() -> None:
    result = run("prove", "pinv(A*B) == pinv(B)*pinv(A)")
    assert result.exit_code == 1, result.output
    assert "A is m×n, B is n×p" in result.stdout
    assert "refuted: (A B)⁺ = B⁺ A⁺" in result.stdout
    found = shown_after(result.stdout, "It fails for")
    sides = shown_after(result.stdout, "where its sides are")
    a, b = found["A"], found["B"]
    left = rational.moore_penrose(a * b)
    right = rational.moore_penrose(b) * rational.moore_penrose(a)
    assert left != right
    assert sides == {"left": left, "right": right}


def test_what_only_holds_at_full_rank_is_refuted() -> None:
    result = run("prove", "pinv(X.T*X)*X.T*X == I")
    assert result.exit_code == 1, result.output
    x = shown_after(result.stdout, "It fails for")["X"]
    gram = rational.select_columns(x, range(x.ncols())).transpose() * x
    assert rational.moore_penrose(gram) * gram != rational.identity(x.ncols())


def test_a_counterexample_has_the_declared_sizes() -> None:
    result = run("prove", "X*pinv(X) == pinv(Y)", "--shape", "Y=3x3", "--shape", "X=3x2")
    assert result.exit_code == 1, result.output
    found = shown_after(result.stdout, "It fails for")
    assert (found["X"].nrows(), found["X"].ncols(), found["Y"].nrows()) == (3, 2, 3)


def test_an_inverse_is_an_assumption_that_is_shown() -> None:
    result = run("prove", "inv(X.T*X)*X.T*X == I")
    assert result.exit_code == 0, result.output
    assert "assumed: Xᵀ X invertible: rank(Xᵀ X) = n" in result.stdout
    x = shown_after(result.stdout, "The assumptions hold, for example, for")["X"]
    assert rational.rank(x) == x.ncols()


def test_an_inverse_that_cannot_exist_is_an_input_error() -> None:
    result = run("prove", "inv(X.T*X)*X.T*X == I", "--shape", "X=2x5")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "Error: Xᵀ X has rank at most 2 and size 5 at column 5 of the statement: it is never "
        "invertible, so use pinv( ) or other shapes",
        "  inv(X.T*X)*X.T*X == I",
        "      ^",
    ]
    assert run("prove", "inv(X.T*X)*X.T*X == I", "--shape", "X=5x2").exit_code == 0


def test_assumptions_are_used_and_shown() -> None:
    statement = "(A*B)*(A*B) == A*B"
    assert run("prove", statement).exit_code == 1
    rules = ("--assume", "A*A == A", "--assume", "B*B == B")
    assert run("prove", statement, *rules).exit_code == 1
    result = run("prove", statement, *rules, "--assume", "A*B == B*A")
    assert result.exit_code == 0, result.output
    for line in ("assumed: A A = A", "assumed: B B = B", "assumed: A B = B A"):
        assert line in result.stdout.splitlines()
    found = shown_after(result.stdout, "The assumptions hold, for example, for")
    a, b = found["A"], found["B"]
    assert (a * a, b * b, a * b) == (a, b, b * a)
    assert not (rational.is_zero(a) and rational.is_zero(b))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["-A == -1*A"], 0),
        (["--A == A"], 0),
        (["-h*A == B"], 1),
        (["-A == B"], 1),
        (["-A == B", "--assume", "-B == A"], 0),
        (["--assume", "-B == A", "-A == B"], 0),
        (["--assume=-B == A", "-A == B", "--shape=A=nxd"], 0),
        (["--shape", "A=nxd", "--", "-A == -1*A"], 0),
        (["-A == B", "-B == A"], 2),
        (["-A == B", "--assumed", "-B == A"], 2),
    ],
)
def test_statements_may_begin_with_a_minus_sign(arguments: list[str], status: int) -> None:
    result = run("prove", *arguments)
    assert result.exit_code == status, result.output
    assert ("A is n×d" in result.stdout) == any("nxd" in argument for argument in arguments)


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("A == 0", ["A.T*A == 0"]),
        ("A*B == B*A", ["A == 0", "B == 2*B"]),
    ],
)
def test_a_proof_from_what_only_zero_meets_says_so(statement: str, rules: list[str]) -> None:
    result = run("prove", statement, *(word for rule in rules for word in ("--assume", rule)))
    assert result.exit_code == 3, result.output
    assert "proved for all sizes" in result.stdout
    assert "No non-zero matrices were found for which all assumptions hold" in joined(result.stdout)


@pytest.mark.parametrize("rules", [("A == I", "A == 0"), ("A*B - B*A == I",)])
def test_what_nothing_meets_makes_nothing_true(rules: tuple[str, ...]) -> None:
    result = run("prove", "A == 2*A", *(word for rule in rules for word in ("--assume", rule)))
    assert result.exit_code == 3, result.output


@pytest.mark.parametrize(
    ("shapes", "extent"),
    [
        (["X=nxd"], "all sizes"),
        (["X=2xd"], "all d"),
        (["X=nx1"], "all n"),
        (["X=2x5"], "the declared sizes"),
    ],
)
def test_it_says_for_which_sizes_it_is_proved(shapes: list[str], extent: str) -> None:
    result = run("prove", "X*pinv(X)*X == X", *(word for s in shapes for word in ("--shape", s)))
    assert result.exit_code == 0, result.output
    assert f"proved for {extent}: X X⁺ X = X" in result.stdout
    assert f"X is {shapes[0][2:].replace('x', '×')}\n" in result.stdout
    assert "assumed" not in result.stdout, "a size is no assumption about matrices"


def test_an_honest_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = ("completion up to degree 8: no end in sight " * 3, "300000 instances: none fails")
    monkeypatch.setattr(proofs, "prove", lambda *_: SimpleNamespace(tried=tried))
    result = run("prove", "A*B == B*A")
    assert result.exit_code == 3
    assert "unknown: A B = B A" in result.stdout
    for line in tried:
        assert joined(line) in joined(result.stdout)
    lines = result.stdout.splitlines()
    below = lines[next(at for at, line in enumerate(lines) if line.endswith("tried:")) + 1 :]
    assert len(below) > len(tried)
    assert all(line.startswith("  ") and len(line) <= 80 for line in below)


def test_the_certificate_goes_into_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    assert run("prove", OWN, "--certificate", str(path)).exit_code == 0
    text = path.read_text(encoding="utf-8")
    proof = proofs.prove(parse_problem(OWN).part.statement)
    assert isinstance(proof, proofs.Proved)
    assert json.loads(text) == json.loads(json.dumps(proof.certificate))
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    again = tmp_path / "again.json"
    run("prove", OWN, "--certificate", str(again))
    assert again.read_bytes() == path.read_bytes()


def test_without_a_proof_there_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    result = run("prove", "A == B", "--certificate", str(path))
    assert result.exit_code == 1
    assert "own.json was not written: nothing is proved" in joined(result.stderr).replace("\n", "")
    assert not path.exists()


@pytest.mark.parametrize(
    ("place", "told"), [(".", "is a directory"), ("none/own.json", "cannot write")]
)
def test_a_certificate_needs_a_place(tmp_path: Path, place: str, told: str) -> None:
    result = run("prove", "A == A", "--certificate", str(tmp_path / place))
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "STATEMENT"),
        (("",), "the statement is empty"),
        (("A*B",), "there is no =="),
        (("A == 2",), "such as 2*I"),
        (("A == B", "C == D"), "C == D"),
        (("A == B", "--assume", "B"), "column 2 of assumption 1"),
        (("A == B", "--shape", "C=2x2"), "C is declared 2×2 and does not occur"),
        (("A*B == C", "--shape", "A=2x5", "--shape", "B=2x5"), "5 columns and B has 2 rows"),
        (("A == B", "--shape", "A"), "NAME=ROWSxCOLS"),
        (("__import__('os').system('true') == 0",), "'_' cannot be read at column 1"),
        (("(" * 1900 + "A",), "bracket is still open"),
        (("(" * 900 + "A" + ")" * 900 + " == A",), "nested too deeply"),
        (("A" * 5000 + " == A",), "5005 characters"),
        (("[bold]A[/bold] == A",), "'[' cannot be read"),
        (("A == \x1b]0;title\x07B",), r"'\x1b' cannot be read"),
    ],
)
def test_bad_input_gets_one_sentence_and_status_2(arguments: tuple[str, ...], told: str) -> None:
    result = run("prove", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("Error: ") == 1
    assert "\x1b" not in result.stderr
    assert result.stdout == ""


def test_names_that_look_like_markup_are_shown() -> None:
    result = run("prove", "red*b == red*b")
    assert "red b = red b" in result.stdout


def test_everything_fits_into_80_columns() -> None:
    long = " + ".join(f"some_name_{i}*another_{i}" for i in range(9))
    for arguments in (
        ("prove", f"{long} == {long}"),
        ("prove", f"{long} == 0", "--assume", f"{long} == 2*I"),
        ("prove", "x*x.T == 0", "--shape", "x=30x1"),
    ):
        result = run(*arguments)
        assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80


def test_matrices_are_aligned_and_wide_ones_wrap() -> None:
    small = [[Fraction(1), Fraction(-1, 2)], [Fraction(10), Fraction(0)]]
    wide = [[Fraction(7)] * 40 for _ in range(2)]
    with cli.console.capture() as captured:
        cli._print_matrices({"A": small, "W": wide})
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert lines[:2] == ["  A = [ 1  -1/2]", "      [10     0]"]
    assert lines[2].startswith("  W = [[7  7")
    assert max(map(len, lines)) <= 80
    assert "".join(lines).count("7") == 80


def outcome(name: str, reason: str = "", terms: int = 99) -> SimpleNamespace:
    return SimpleNamespace(name=name, accepted=not reason, reason=reason, terms=terms)


def test_shipped_certificates_are_accepted() -> None:
    result = run("check-certificates")
    assert result.exit_code == 0, result.output
    *each, total = result.stdout.splitlines()
    outcomes = certificates.check_folder(None)
    assert [line.split()[:2] for line in each] == [[item.name, "accepted,"] for item in outcomes]
    terms = sum(item.terms for item in outcomes)
    assert total.rstrip() == f"{len(each)} of {len(each)} accepted, {terms} terms in all"


def test_a_rejected_certificate_is_named_and_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reason = "term 3 of step 2 cites a relation that the claim does not assume " * 2
    found = [outcome("A1", terms=12), outcome("B10.x", reason), outcome("C1", terms=1)]
    seen: list[Path | None] = []

    def check_folder(folder: Path | None) -> list[SimpleNamespace]:
        seen.append(folder)
        return found

    monkeypatch.setattr(certificates, "check_folder", check_folder)
    result = run("check-certificates", str(tmp_path))
    assert result.exit_code == 1
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0] == "A1     accepted, 12 terms"
    assert joined(f"B10.x rejected: {reason}") in joined(result.stdout)
    assert lines[-2:] == ["C1     accepted, 1 term", "2 of 3 accepted, 13 terms in all"]
    assert max(map(len, lines)) <= 80
    del found[1]
    assert run("check-certificates").exit_code == 0
    assert seen == [tmp_path, None]
    found.clear()
    assert run("check-certificates").exit_code == 1, "nothing checked is nothing proved"


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    result = run("check-certificates", str(tmp_path / "none"))
    assert result.exit_code == 2
    assert "is not a folder" in result.stderr
