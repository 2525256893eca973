"""The checker: a proof is a list of steps, each a sum that is multiplied out and compared.

docs/certificates.md describes the format. Nothing here knows how a proof was found, and nothing a
certificate says of itself is believed: the caller says what is to be proved, assuming what.
Trusted, like ``words`` and ``relations``.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from linreg_unlearn.algebra import statements as say
from linreg_unlearn.algebra.expressions import Equation, Letter
from linreg_unlearn.algebra.relations import Fact, cleared, goals, penrose, relations, root
from linreg_unlearn.algebra.scalars import fair
from linreg_unlearn.algebra.words import Monomial, Word, Words, shape_of, times, words

__all__ = ["Lemma", "RejectedError", "check"]

Json = Any
Said = say.Statement
_CITABLE = Equation | say.Mask | say.Partition | say.Positive  # true for all sizes


class RejectedError(Exception):
    """A certificate does not prove what it should."""


def _require(condition: object, reason: str) -> None:
    if not condition:
        raise RejectedError(reason)


def _plain(data: Json, key: object = None) -> None:
    """Require fair names, whole numbers, and true or false where something is transposed."""
    if isinstance(data, dict | list) and key != "tr":
        fair(*(data if isinstance(data, dict) else ()))
        for name, item in data.items() if isinstance(data, dict) else enumerate(data):
            _plain(item, name)
    else:
        fine = type(data) in ((bool,) if key == "tr" else (int, str)) and (key != "den" or data > 0)
        _require(fine, f"it cannot be read: {data!r} is nothing that can stand there")


@dataclass(frozen=True)
class Lemma:
    """What was proved: where the relations hold, so do the facts, for all letters and sizes."""

    relations: tuple[Words, ...]
    positive: frozenset[str]
    facts: tuple[Fact, ...]


class _Proof:
    def __init__(self, assumed: tuple[Said, ...], letters: Json) -> None:
        self.positive = {s.parameter for s in assumed if isinstance(s, say.Positive)}
        ones = (s.dimension for s in assumed if isinstance(s, say.SizeIs) and s.size == 1)
        self.scalars = {"1", *ones}
        self.facts: list[Fact] = []
        self.letters: dict[str, str] = {}
        given: list[Words] = []
        for name, entry in letters.items():  # a letter is made of letters before it
            ((kind, source),) = entry.items()
            _require(kind in ("letter", "pinv", "let", "root"), f"no letter is of kind {kind!r}")
            if kind == "letter":
                rows, columns = source
                whole = words(Letter(name, rows, columns))
            else:
                A = self.sum(source)
                whole = A.pinv if kind == "pinv" else Words.letter(kind, "", A.shape, A)
                given += penrose(A) if kind == "pinv" else [whole - A] if kind == "let" else []
            self.letters |= {name: whole.terms[0][0][0], f"{name}'": whole.T.terms[0][0][0]}
        sizes = {size for letter in self.letters.values() for size in shape_of(letter)}
        given += relations(assumed, sorted(sizes))
        self.given = {cleared(relation) for relation in given}

    def monomial(self, powers: Json) -> Monomial:
        fine = (k > 0 or (k < 0 and name in self.positive) for name, k in powers.items())
        _require(all(fine), f"a power in {powers} may not exist")
        return tuple(sorted(powers.items()))

    def word(self, text: str, rows: str, columns: str) -> Word:
        word = tuple(self.letters[x] for x in text.split())
        ends = [rows, *(size for letter in word for size in shape_of(letter)), columns]
        _require(ends[::2] == ends[1::2], f"the word {text!r} is not {rows}x{columns}")
        return word

    def sum(self, data: Json) -> Words:
        shape, den, poly = (data["row"], data["col"]), data.get("den", 1), data["poly"]
        fair(*shape)
        terms = [(self.word(w, *shape), self.monomial(m), Fraction(c, den)) for c, m, w in poly]
        return Words.collect(shape, terms)

    def relation(self, data: Json) -> Words:
        """Return a relation of the table, or one of scalars: they commute and are symmetric."""
        ((kind, source),) = data.items()
        if kind == "given":
            relation = self.sum(source)
            _require(relation in self.given, f"nothing assumed gives {relation.text}")
            return relation
        sums = [self.sum(item) for item in source]
        _require((kind, len(sums)) in (("commute", 2), ("symmetric", 1)), f"no relation: {kind!r}")
        _require(all(set(s.shape) <= self.scalars for s in sums), "only scalars commute")
        return sums[0] @ sums[1] - sums[1] @ sums[0] if kind == "commute" else sums[0] - sums[0].T

    def squares(self, step: Json, size: str) -> tuple[Words, list[Words]]:
        """Return a sum of squares ``Zᵀ Z`` with positive coefficients, and the ``Z``."""
        total, roots = Words((size, size)), [self.sum(item["Z"]) for item in step["squares"]]
        for item, Z in zip(step["squares"], roots, strict=True):
            monomial = self.monomial(item["mono"])
            sure = item["c"] > 0 and {name for name, _ in monomial} <= self.positive
            _require(sure, "the coefficient of a square may be negative")
            total = total + (Z.T @ Z).scaled(Fraction(item["c"], 1), monomial)
        return total, roots

    def combination(self, step: Json, known: dict[Any, Words], shape: tuple[str, str]) -> Words:
        """Return a sum of cofactors: zero, as relations and earlier steps are."""
        terms = []
        for item in step["cofactors"]:
            relation = known[item["rel"]].T if item["tr"] else known[item["rel"]]
            left = self.word(item["l"], shape[0], relation.shape[0])
            right = self.word(item["r"], relation.shape[1], shape[1])
            by, factor = self.monomial(item["mono"]), Fraction(item["c"], 1)
            terms += [(left + w + right, times(m, by), c * factor) for w, m, c in relation.terms]
        return Words.collect(shape, terms)

    def cited(self, step: Json, lemma: Lemma) -> list[Fact]:
        """Return what a lemma says of the sums put in the place of its letters."""
        _require(lemma.positive <= self.positive, "the lemma needs positive parameters")
        images = {name: self.sum(data) for name, data in step["with"].items()}
        sizes = {**step["sizes"], "1": "1"}
        zeros = self.given | {fact for kind, fact in self.facts if kind == "zero"}
        for relation in lemma.relations:
            here = cleared(relation.replaced(images, sizes))
            _require(not here.terms or here in zeros, f"the lemma needs {here.text}")
        return [(kind, cleared(fact.replaced(images, sizes))) for kind, fact in lemma.facts]

    def show(self, step: Json, known: dict[Any, Words], lemmas: dict[str, Lemma]) -> Fact:
        """Return what a step shows, after checking it."""
        rule, claim, den = step["rule"], self.sum(step["claim"]), Fraction(step["den"], 1)
        if rule in ("zero", "psd"):
            total = self.combination(step, known, claim.shape)
            total += self.squares(step, claim.shape[0])[0] if rule == "psd" else Words(claim.shape)
            _require(claim.scaled(den) == total, "the step does not add up")
        elif rule == "cancel":  # where the trace of a sum of squares is zero, so is each root
            squares, roots = self.squares(step, claim.shape[1])
            _require(claim in roots, "the step cancels something else")
            zero = self.combination(step, known, squares.shape)
            _require(squares.trace == zero.trace, "squares remain")
        elif rule == "invert":  # a left inverse of a square matrix is a right inverse
            a, b = self.sum(step["a"]), self.sum(step["b"])
            unit = Words.identity(a.shape[0])  # a and b are square where these sums make sense
            _require((a @ b - unit).scaled(den) == self.combination(step, known, unit.shape), "a b")
            _require(claim == b @ a - unit, "the step inverts something else")
        elif rule == "root":  # a semidefinite matrix has a symmetric root
            _require(any(claim in root(A) for kind, A in self.facts if kind == "psd"), "no root")
        else:
            _require(rule == "lemma", f"there is no rule {rule!r}")
            _require(("zero", claim) in self.cited(step, lemmas[step["lemma"]]), "lemma differs")
        return "psd" if rule == "psd" else "zero", claim


def check(
    letters: Json, proof: Json, statement: Said, assumed: tuple[Said, ...], lemmas: dict[str, Lemma]
) -> Lemma:
    """Check that a proof shows a statement, and return what it may be cited for, or reject it."""
    shown = goals(statement, assumed)
    try:
        _plain([letters, proof["relations"], proof["steps"]])
        state = _Proof(assumed, letters)
        known: dict[Any, Words] = {x: state.relation(r) for x, r in proof["relations"].items()}
        for position, step in enumerate(proof["steps"]):
            state.facts.append(state.show(step, known, lemmas))
            known |= {position: state.facts[-1][1]} if state.facts[-1][0] == "zero" else {}
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as e:
        raise RejectedError(f"it cannot be read: {e!r}") from e
    for kind, goal in shown:  # where nothing is left of a goal, it is an identity by expansion
        proved = (kind, cleared(goal)) in state.facts or (kind == "zero" and not goal.terms)
        _require(proved, f"it does not show {goal.text}")
    citable = shown if all(isinstance(s, _CITABLE) for s in assumed) else ()
    return Lemma(tuple(relations(assumed)), frozenset(state.positive), tuple(citable))
