"""A proof as text says what the certificate says: it is read back, and each equality checked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linreg_unlearn.algebra.expressions import Letter, named
from linreg_unlearn.algebra.relations import root
from linreg_unlearn.algebra.words import Word, Words, meaning, words
from linreg_unlearn.audit.certificates import read_folder
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.claims.vocabulary import w_g
from linreg_unlearn.errors import InputError
from linreg_unlearn.proving import chains
from linreg_unlearn.proving.chains import Chain, Move, Proof, chain, merged, split
from linreg_unlearn.proving.notation import Notation, abbreviations
from linreg_unlearn.proving.text import latex, readable
from tests.algebra.proof_reader import ProofReader, WrittenStep
from tests.algebra.written_proofs import NAMES, WRITTEN, Json, WrittenProof

WIDE = 10**6
"""No line is broken."""

every_proof = pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
with_and_without_names = pytest.mark.parametrize("names", [None, NAMES], ids=["plain", "named"])


def told(
    written: WrittenProof, names: dict[str, Words] | None = None, **options: Any
) -> tuple[Proof, ProofReader]:
    return read(written.letters, written.proof, names=names, **options)


def read(letters: Json, data: Json, **options: Any) -> tuple[Proof, ProofReader]:
    proof = Proof(letters, data)
    made = [meaning(letter) for letter in proof.letters.values()]
    lets = {kind.argument for kind in made if kind.kind == "let" and kind.argument is not None}
    sums = [step.claim for step in proof.steps]
    sums += [move.value for step in proof.steps for move in step.moves]
    sums += [relation.total for relation in proof.relations.values()]
    parameters = {name for total in sums for _, powers, _ in total.terms for name, _ in powers}
    return proof, ProofReader(readable(letters, data, width=WIDE, **options), parameters, lets)


def monic(total: Words) -> Words:
    return total.scaled(1 / total.terms[0][2]) if total.terms else total


def same_fact(first: Words, second: Words) -> bool:
    """Return whether two sums are zero together: up to a factor and transposition."""
    return monic(first) in (monic(second), monic(second.T))


def spanned(total: Words, by: list[Words]) -> bool:
    """Return whether a sum is a linear combination of others."""
    rows = [{term[:2]: term[2] for term in item.terms} for item in (*by, total)]
    for at, row in enumerate(rows[:-1]):
        if not row:
            continue
        lead, c = next(iter(row.items()))
        for other in rows[at + 1 :]:
            factor = other.get(lead, Fraction(0)) / c
            for key, value in row.items():
                other[key] = other.get(key, Fraction(0)) - factor * value
            for key in [key for key, value in other.items() if not value]:
                del other[key]
    return not rows[-1]


def shape_in(step: chains.Step) -> tuple[str, str]:
    """Return the shape of what the chains of a step are about."""
    rows, columns = step.claim.shape
    return (columns, columns) if step.rule == "cancel" else (rows, columns)


def reasonable(step: chains.Step, reason: str, reader: ProofReader, proof: Proof) -> list[Words]:
    """Return the multiples that a step has of what a reason names."""
    if reason in ("commuting scalars", "transposing a scalar"):
        kind = {"c": "commute", "t": "symmetric"}[reason[0]]
        labels = [label for label, r in proof.relations.items() if r.kind == kind]
        return [move.value for move in step.moves if move.source in labels]
    if reason.startswith("the definition of "):
        letter = reader.sum(reason.removeprefix("the definition of "))
        kind, _, _, argument = meaning(letter.terms[0][0][0])
        assert argument is not None
        zeros = root(argument) if kind == "root" else (letter - argument,)
        return [m.value for m in step.moves if any(same_fact(m.total, zero) for zero in zeros)]
    claims = [other.claim for other in proof.steps]
    return [  # an assumption on multiples of I does not say of which size it is
        move.value
        for move in step.moves
        if same_fact(move.total, reader.zeros(reason, claims, (move.total.shape[0],) * 2))
    ]


def differences(
    step: chains.Step, written: WrittenStep, reader: ProofReader, proof: Proof
) -> list[Words]:
    """Return start minus end of each chain of a step, after checking every "=" in between."""
    made: list[Words] = []
    for path in written.chains:
        sums = [reader.sum(text.removesuffix(" ⪰ 0"), shape_in(step)) for text in path.sums]
        assert len(sums) == len(path.reasons) + 1 > 1
        for (before, after), reason in zip(itertools.pairwise(sums), path.reasons, strict=True):
            if reason in ("multiplying out", "collecting squares"):
                assert before == after
            else:
                assert before != after
                assert spanned(before - after, reasonable(step, reason, reader, proof)), reason
        made.append(sums[0] - sums[-1])
    return made


def check_head(step: chains.Step, written: WrittenStep, reader: ProofReader) -> None:
    formula = re.split("[:,]", written.head)[0]
    if step.rule == "psd":
        assert reader.sum(formula.removesuffix(" ⪰ 0"), step.claim.shape) == step.claim
    elif step.claim.terms:
        assert monic(reader.equation(formula, step.claim.shape)) == monic(step.claim)
    else:
        assert written.head == "Multiplied out, both sides are the same sum"


def signed_sum(parts: list[Words], total: Words) -> bool:
    """Return whether some of the sums with signs are another."""
    signs = itertools.product((1, -1), repeat=len(parts))
    sums = (
        sum((part.scaled(sign) for part, sign in zip(parts, choice, strict=True)), Words(p.shape))
        for choice in signs
        for p in [total]
    )
    return total in sums


# What is written is right.


@every_proof
def test_the_samples_are_proofs(written: WrittenProof) -> None:
    written.check()


@every_proof
@with_and_without_names
def test_every_step_is_there_with_its_claim(
    written: WrittenProof, names: dict[str, Words] | None
) -> None:
    proof, reader = told(written, names)
    assert len(reader.steps) == len(proof.steps)
    for step, written_step in zip(proof.steps, reader.steps, strict=True):
        check_head(step, written_step, reader)


@every_proof
@with_and_without_names
def test_every_equality_of_a_chain_has_its_reason(
    written: WrittenProof, names: dict[str, Words] | None
) -> None:
    proof, reader = told(written, names)
    for step, written_step in zip(proof.steps, reader.steps, strict=True):
        reader.enter(written_step)
        parts = differences(step, written_step, reader, proof)
        parts += [reader.equation(text, shape_in(step)) for text in written_step.again]
        squares = sum((square.value for square in step.squares), Words(shape_in(step)))
        ends = [(path.sums[0], path.sums[-1]) for path in written_step.chains]
        if step.rule == "zero" and len(ends) == 1 and ends[0][1] != "0":
            assert written_step.head == f"{ends[0][0]} = {ends[0][1]}:"
        if parts and step.rule in ("zero", "cancel", "psd"):
            shown = squares if step.rule == "cancel" else step.claim - squares
            assert signed_sum(parts, shown)


@every_proof
def test_a_step_without_a_chain_names_its_reason(written: WrittenProof) -> None:
    proof, reader = told(written)
    for step, written_step in zip(proof.steps, reader.steps, strict=True):
        reason = re.fullmatch(r"[^:,]*(?:, by (?!lemma)|: this is )(.*?)", written_step.head)
        if reason:
            text = reason[1].removesuffix(", transposed")
            assert spanned(step.claim, reasonable(step, text, reader, proof))
        elif step.rule == "zero" and step.claim.terms:
            assert written_step.chains


@every_proof
def test_the_multiples_add_up_to_what_they_should(written: WrittenProof) -> None:
    proof, reader = told(written, detail=True)
    for step, written_step in zip(proof.steps, reader.steps, strict=True):
        reader.enter(written_step)
        (opening, *lines) = [t for t in written_step.other if "[" in t or "bracket" in t] or [""]
        assert len(lines) == len(step.moves)
        if not lines:
            continue
        whole = re.fullmatch("In detail, (.*) is a sum in which each bracket is zero:", opening)
        assert whole
        shape = step.moves[0].shape
        terms = (reader.sum(line.rpartition(", by ")[0], shape) for line in lines)
        assert sum(terms, Words(shape)) == reader.sum(whole[1], shape)


@pytest.mark.parametrize("name", read_folder())
def test_the_shipped_proofs_are_written_right(name: str) -> None:
    certificate = read_folder()[name]
    for data in certificate["proofs"]:
        part = load_claims()[name].parts[data["part"] - 1]
        names = abbreviations(*part.expressions)
        proof, reader = read(certificate["letters"], data, names=names)
        assert len(reader.steps) == len(proof.steps)
        for step, written_step in zip(proof.steps, reader.steps, strict=True):
            check_head(step, reader.enter(written_step), reader)
            differences(step, written_step, reader, proof)


# Single lines, as a reader sees them.


def lines_of(name: str, **options: Any) -> list[str]:
    return readable(WRITTEN[name].letters, WRITTEN[name].proof, **options)


def test_a_chain_as_it_is_printed() -> None:
    assert lines_of("a chain") == [
        "Letters: y (n × c), X (n × d), w_* (d × c).",
        "Penrose equations: (1) A A⁺ A = A, (2) A⁺ A A⁺ = A⁺, (3) (A A⁺)ᵀ = A A⁺,",
        "  (4) (A⁺ A)ᵀ = A⁺ A.",
        "Assumed: (a) y = X w_*.",
        "1. yᵀ = yᵀ X X⁺:",
        "     yᵀ = w_*ᵀ Xᵀ         by (a) y = X w_*",
        "        = w_*ᵀ Xᵀ X⁺ᵀ Xᵀ  by Penrose 1 of X",
        "        = w_*ᵀ Xᵀ X X⁺    by Penrose 3 of X",
        "        = yᵀ X X⁺         by (a) y = X w_*",
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a square term by term", "   Zᵀ Z = 0, hence Z = 0."),
        ("squares that add up", "   λ Z₁ᵀ Z₁ + Z₂ᵀ Z₂ = 0, hence Z₁ = 0."),
        ("squares that add up", "   λ Z₁ᵀ Z₁ + Z₂ᵀ Z₂ = 0, hence Z₂ = 0."),
        ("nothing on the left", "2. A B C A = 0:"),
        ("nothing on the left", "3. Aᵀ Cᵀ Bᵀ Aᵀ = 0: this is step 2, transposed."),
        ("halves", "     A = −1/2 B + 1/2 C + 1/2 A  by (a) A + B = C"),
        ("terms and their transposes", "again, transposed."),
        ("a definition", "Let L = A B."),
        ("a definition", "by the definition of L"),
        ("a long argument", "Let G = E_long F_long."),
        ("a sum under a pseudo-inverse", "Let G = λ I + X Xᵀ."),
        ("two parameters", "α·β·1/(α−β)² A"),
        ("squares without cofactors", "1. 2·λ I + Xᵀ X ⪰ 0, a sum of squares."),
        ("a projector", "       = Mᵀ M ⪰ 0  by (a) Mᵀ = M"),
        ("its complement", "     Zᵀ Z = I − M − Mᵀ + Mᵀ M  by multiplying out"),
        ("the other side of an inverse", "a left inverse of a square matrix is a right inverse"),
        ("the other side of an inverse", "and A B = I by (a)."),
        ("scalars", "1. sᵀ t = tᵀ s, by transposing a scalar."),
        ("scalars", "by commuting scalars."),
        ("a root", "Let R be a symmetric square root: R R = Xᵀ X and Rᵀ = R."),
        ("a root", "2. R R = Xᵀ X, as a semidefinite matrix has a symmetric square root."),
        ("a lemma", "1. C_1 D′ = I: this is (a)."),
        ("a lemma", "2. D′ C_1 = I, by lemma L_7.1 with A ↦ C_1, B ↦ D′ and n ↦ d."),
    ],
)
def test_what_a_rule_is_written_as(name: str, line: str) -> None:
    assert line in "\n".join(lines_of(name, width=WIDE))


def test_names_are_used_and_explained() -> None:
    text = "\n".join(lines_of("a long argument", names=NAMES))
    assert "Products: Long = E_long F_long." in text
    assert "1. Long⁺ Long Long⁺ Long = Long⁺ Long, by Penrose 1 of Long." in text
    text = "\n".join(lines_of("a sum under a pseudo-inverse", names=NAMES))
    assert "Let K = λ I + X Xᵀ." in text
    assert "by Penrose 2 of K." in text


def test_a_product_with_a_name_is_one_symbol() -> None:
    A, B, C = map(letter, "ABC")
    letters = [total.terms[0][0][0] for total in (A, B, C)]
    names = {"AB": A @ B, "CAB": C @ A @ B, "BB": B @ B.T, "C": A @ A}
    say = Notation(letters, tex=False, names=names)
    total = C @ A @ B @ (A @ B).T
    assert say.text(total).replace("\u00a0", " ") == "CAB ABᵀ"  # the longest, and transposed
    assert set(say.used) == {"CAB", "AB"}
    assert say.text((A @ B).T.pinv) == "(ABᵀ)⁺"
    # A name that the proof has already is no name; what is no product of data stays as it is.
    assert say.text(A @ A).replace("\u00a0", " ") == "A A"
    assert say.text(B @ B.T).replace("\u00a0", " ") == "B Bᵀ"


def test_the_names_of_a_claim_are_found() -> None:
    A, B = Letter("A", "n", "n"), Letter("B", "n", "n")
    assert abbreviations(named("P", A @ B) + named("P", B @ A) + named("Q", A @ A)) == {
        "Q": words(A @ A)
    }
    found = abbreviations(w_g, w_g.T)
    assert {"X_r", "y_r"} <= set(found)
    assert found["X_r"].shape == ("n_r", "d")


@every_proof
@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("detail", [False, True])
def test_no_line_is_too_long_and_nothing_is_lost(
    written: WrittenProof, width: int, detail: bool
) -> None:
    lines = readable(written.letters, written.proof, width=width, detail=detail)
    assert max(map(len, lines)) <= width
    assert "\u00a0" not in "".join(lines)
    assert all(line == line.rstrip() for line in lines)
    assert all(re.match(r" |\d+\. |[A-Z][a-z]+", line) for line in lines)
    wide = readable(written.letters, written.proof, width=WIDE, detail=detail)
    # A reason is shorter where there is little room; everything else stays.
    short = re.compile(r"by (\(\w+\)) [^=]*=.*")
    kept = " ".join(short.sub(r"by \1", line) for line in wide).split()
    assert [x for x in kept if x not in " ".join(lines)] == []


@pytest.mark.parametrize("name", ["a chain", "a square term by term", "its complement"])
def test_without_a_chain_the_multiples_are_counted(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "_MOST", 0)
    written = WRITTEN[name]
    proof, reader = told(written)
    assert not any(step.chains for step in reader.steps)
    text = "\n".join(lines_of(name, width=WIDE))
    counts = [int(count) for count in re.findall(r"a sum of (\d+) multiples of", text)]
    assert sum(counts) >= len(proof.steps[0].moves)
    assert re.search(r"multiples of (Penrose [134] of X|\([ab]\))", text)


def test_what_is_no_proof_is_refused() -> None:
    with pytest.raises(InputError, match="the letters and the proof of a certificate"):
        readable({}, {"steps": []})
    with pytest.raises(InputError, match="certificate that was checked"):
        latex({}, {"relations": {}, "steps": [{"rule": "zero"}]})
    shown = WRITTEN["a projector"]
    for change in ({"rule": "magic"}, {"rule": "cancel", "squares": []}):
        with pytest.raises(InputError, match="shows something else"):
            readable(shown.letters, shown.proof | {"steps": [shown.steps[0] | change]})
    with pytest.raises(InputError, match="no cofactors"):
        readable(shown.letters, shown.proof | {"steps": [shown.steps[0] | NOTHING]})


NOTHING = {"rule": "zero", "cofactors": []}


def test_letters_of_other_parts_are_not_named() -> None:
    written = WRITTEN["a projector"]
    lines = readable(written.letters | WRITTEN["a chain"].letters, written.proof)
    assert lines[0] == "Letters: M (d × d)."


# Chains.


def letter(name: str) -> Words:
    return Words.letter("letter", name, ("n", "n"))


def word_of(names: str) -> Words:
    total = Words.identity("n")
    for name in names:
        total = total @ letter(name)
    return total


@st.composite
def paths(draw: st.DrawFn) -> tuple[Words, list[Move]]:
    """A sum that vanishes, and in any order the rewrites of words that show it."""
    start = here = word_of(draw(st.text("ABC", min_size=1, max_size=4)))
    moves: list[Move] = []
    for at in range(draw(st.integers(1, 5))):
        if not here.terms:
            break
        word, _, c = draw(st.sampled_from(here.terms))
        first = draw(st.integers(0, len(word)))
        last = draw(st.integers(first, len(word)))
        names = draw(st.lists(st.text("ABCDE", max_size=4), max_size=2))
        old = Words(("n", "n"), ((word[first:last], (), Fraction(1)),))
        relation = old - sum(map(word_of, names), Words(("n", "n")))
        move = Move(f"r{at}", relation, False, c, (), word[:first], word[last:], ("n", "n"))
        if relation.terms and move.value.terms:
            moves.append(move)
            here -= move.value
    return start - here, draw(st.permutations(moves))


def check_chain(found: Chain, total: Words, moves: list[Move]) -> None:
    for (before, after), link in zip(itertools.pairwise(found.sums), found.links, strict=True):
        assert before - after == sum((move.value for move in link.moves), Words(total.shape))
        assert len({move.source for move in link.moves}) == 1
    assert found.sums[0] - found.sums[-1] in (total, total.scaled(-1))
    assert sum(len(link.moves) for link in found.links) == len(moves)


@given(paths())
@settings(deadline=None)
def test_chains_of_shuffled_rewrites(path: tuple[Words, list[Move]]) -> None:
    total, moves = path
    shown = merged(moves)
    assert sum((move.value for move in shown), Words(total.shape)) == total
    groups = split(shown)
    assert sorted(map(id, itertools.chain(*groups))) == sorted(map(id, shown))
    for group in groups:
        part = sum((move.value for move in group), Words(total.shape))
        if part.terms:
            found = chain(part, group)
            if found is not None:  # moves that add up to nothing among themselves may have none
                check_chain(found, part, group)


@given(st.text("AB", min_size=1, max_size=3), st.integers(2, 6), st.randoms())
def test_a_line_of_rewrites_is_found_in_order(text: str, count: int, random: Any) -> None:
    sums = [letter(f"W{at}") @ word_of(text) for at in range(count + 1)]
    moves = [
        Move(at, sums[at] - sums[at + 1], False, Fraction(1), (), (), (), ("n", "n"))
        for at in range(count)
    ]
    random.shuffle(moves)
    found = chain(sums[0] - sums[-1], moves)
    assert found is not None
    assert found.sums in (tuple(sums), tuple(reversed(sums)))


def test_either_side_may_be_the_start() -> None:
    A, B, C = map(letter, "ABC")
    first, second = (
        Move(source, total, False, Fraction(1), (), (), (), A.shape)
        for source, total in (("r1", A.scaled(2) - C), ("r2", C - A - B))
    )
    # From A, nothing can be done: no A can be taken off, as there is but one.
    found = chain(A - B, [first, second])
    assert found is not None
    assert found.sums == (B, C - A, A)
    (away,) = [move.scaled(-1) for move in [first]]
    found = chain(C - A.scaled(2), [away])
    assert found is not None
    check_chain(found, C - A.scaled(2), [away])


def cost(start: Words, order: Sequence[Move]) -> float:
    """Return how much there is to read of a chain in some order, or infinity if there is none."""
    lines, rest, last = [start], start, None
    for move in order:
        before, rest = rest, rest - move.value
        old, new = ({t[:2]: abs(t[2]) for t in total.terms} for total in (before, rest))
        if len(move.value.terms) > 1 and not any(new.get(k, 0) < c for k, c in old.items()):
            return float("inf")
        lines = [*(lines[:-1] if move.source == last else lines), rest]
        last = move.source
    letters = sum(1 + len(word) for total in lines for word, _, _ in total.terms)
    return letters + chains._LINE * (len(lines) - 1)


@given(paths())
@settings(deadline=None)
def test_no_order_of_a_few_rewrites_is_shorter(path: tuple[Words, list[Move]]) -> None:
    total, moves = path
    shown = merged(moves)[:4]
    start, _ = chains.sides(sum((move.value for move in shown), Words(total.shape)))
    best = min(cost(start, order) for order in itertools.permutations(shown))
    found = chains.through(start, shown)
    assert (found is None) == (best == float("inf"))
    if found is not None:
        assert cost(start, [move for link in found.links for move in link.moves]) == best


def test_a_relation_that_comes_both_ways_is_one_move() -> None:
    A = letter("A")
    turned = Move("r1", (A - A.T).T, True, Fraction(-1), (), (), (), ("n", "n"))
    straight = Move("r1", A - A.T, False, Fraction(1), (), (), (), ("n", "n"))
    (move,) = merged([turned, straight])
    assert move.value == (A - A.T).scaled(2)


# LaTeX.


def formulas(text: str) -> list[str]:
    """Return everything in LaTeX that is a formula."""
    inline = re.findall(r"\$([^$]*)\$", text)
    rows = re.findall(r"\\begin{align\*}\n(.*?)\n\\end{align\*}", text, re.DOTALL)
    lines = [line for row in rows for line in row.split("\\\\\n")]
    plain = (re.sub(r" && \\text{.*}$|\\text{\(\w+\)}\\quad", "", line) for line in lines)
    return inline + [re.sub(r"&|\\quad|\\text{[^}]*}", "", line).strip() for line in plain]


@every_proof
@with_and_without_names
@pytest.mark.parametrize("detail", [False, True])
def test_latex_is_well_formed(
    written: WrittenProof, names: dict[str, Words] | None, detail: bool
) -> None:
    text = latex(written.letters, written.proof, names=names, detail=detail)
    assert text.isascii()
    depth = list(itertools.accumulate((x == "{") - (x == "}") for x in text))
    assert min(depth, default=0) == 0
    assert depth[-1] == 0
    assert text.count("$") % 2 == 0
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}")
    assert not re.search(r"\^\{[^{}]*\}\^|_\w_", text)  # TeX refuses two of a kind
    assert formulas(text) or written is WRITTEN["nothing to show"]


@every_proof
def test_latex_can_be_typeset(written: WrittenProof) -> None:
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for formula in formulas(latex(written.letters, written.proof, names=NAMES, detail=True)):
        parser.parse(f"${formula.replace('tfrac', 'frac')}$")


@every_proof
def test_latex_has_the_lines_of_the_plain_text(written: WrittenProof) -> None:
    text = latex(written.letters, written.proof)
    _, reader = told(written)
    reasons = sum(len(path.reasons) for step in reader.steps for path in step.chains)
    assert text.count(r"&& \text{by ") == reasons
    assert len(re.findall(r"\\textbf{\d+\.}", text)) == len(reader.steps)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("X", "X"),
        ("X_r", "X_r"),
        ("M_B", "M_B"),
        ("w_*", "w_{*}"),
        ("ỹ_f", r"\tilde y_f"),
        ("ỹ", r"\tilde y"),
        ("X′", "X'"),
        ("X_r′", "X_r'"),
        ("C_lap", r"C_{\mathrm{lap}}"),
        ("X10", "X_{10}"),
        ("10", "10"),
        ("lambda", r"\lambda"),
        ("w_alpha", r"w_{\alpha}"),
        ("beta_1", r"\beta_1"),
        ("Z₁", "Z_1"),
        ("G(α)", r"G(\alpha)"),
        ("foo_bar_baz", r"\mathit{foo}_{\mathrm{bar\_baz}}"),
    ],
)
def test_names_in_latex(name: str, written: str) -> None:
    assert Notation([], tex=True).symbol(name) == written


@pytest.mark.parametrize(
    ("name", "power", "written"),
    [
        ("m_r", 1, "m_r"),
        ("lambda", 2, r"\lambda^{2}"),
        ("eta", -1, r"\eta^{-1}"),
        ("1/(alpha-beta)", 1, r"\frac{1}{\alpha-\beta}"),
        ("1/(alpha-beta)", 3, r"\frac{1}{(\alpha-\beta)^{3}}"),
    ],
)
def test_parameters_in_latex(name: str, power: int, written: str) -> None:
    assert Notation([], tex=True).parameter(name, power) == written


def test_marks_share_one_superscript() -> None:
    X, prime = letter("X_r"), letter("X′")
    say = Notation([], tex=True)
    assert say.text(X.pinv.T) == r"X_r^{+\top}"
    assert say.text((X @ prime).pinv.T) == r"(X_r X')^{+\top}"
    assert say.text(X.T.pinv) == r"(X_r^{\top})^{+}"
    assert say.text(X.pinv.pinv) == "(X_r^{+})^{+}"
    assert say.text(prime.T) == r"X^{\prime\top}"


def test_traces_are_written_with_their_argument() -> None:
    inside = word_of("AB")
    trace = Words.letter("trace", "", ("1", "1"), inside)
    assert Notation([], tex=False).text(trace).replace("\u00a0", " ") == "tr(A B)"
    assert Notation([], tex=True).text(trace) == r"\operatorname{tr}(A B)"


def test_new_symbols_are_new() -> None:
    letters: list[Word] = [letter(name).terms[0][0] for name in ("G", "G_1", "Z")]
    long = [Words.letter("letter", name, ("n", "n")) for name in ("one_long", "two_long")]
    made = [(a @ b).pinv.terms[0][0] for a, b in itertools.product(long, long)]
    say = Notation([x for (x,) in [*letters, *made]], tex=False)
    assert [new.symbol for new in say.introduced] == ["G₂", "G₃", "G₄", "G₅"]
    assert say.fresh("Z") == "Z₁"
