"""A proof as a reader wants it: numbered steps, each an equation and the reason why it holds.

Where a step can be read as a chain ``A = B = C`` with one reason for each equality sign, it is
written as one (``chains`` looks for it). Nothing here decides whether a proof is right: that is the
checker's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from linreg_unlearn.algebra.relations import penrose, root
from linreg_unlearn.algebra.words import Monomial, Word, Words, flipped, meaning
from linreg_unlearn.proving.chains import (
    Chain,
    Move,
    Proof,
    Step,
    chain,
    merged,
    sides,
    split,
    through,
)
from linreg_unlearn.proving.layout import Display, Item, Row, Text, plain, tex
from linreg_unlearn.proving.notation import GLUE, Notation, leading

__all__ = ["latex", "paragraphs", "readable"]

Json = Any

_WIDE = 80
_FEW, _MANY = 4, 20
"""Sums of more words are shown part by part, and not written out where they are on the way."""

_BRACKET = 48
"""The longest relation that is written out in brackets, in characters."""


def readable(
    letters: Json,
    proof: Json,
    *,
    names: Mapping[str, Words] | None = None,
    detail: bool = False,
    width: int = _WIDE,
) -> list[str]:
    r"""Return a proof as lines of plain text.

    Parameters
    ----------
    letters : mapping
        The letters of a certificate.
    proof : mapping
        Its relations and steps, checked.
    names : mapping of str to Words, optional
        What to write by a name, as :func:`~linreg_unlearn.proving.notation.abbreviations` returns
        it.
    detail : bool
        Also write each step as the sum that the checker multiplies out.
    width : int
        The longest line.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If it is not in the format of certificates.

    Examples
    --------
    >>> letters = {"M": {"letter": ["d", "d"]}}
    >>> square = {"row": "d", "col": "d", "poly": [[1, {}, "M M"], [-1, {}, "M"]]}
    >>> cube = {"row": "d", "col": "d", "poly": [[1, {}, "M M M"], [-1, {}, "M"]]}
    >>> used = {"c": 1, "mono": {}, "l": "", "rel": "r1", "tr": False, "r": ""}
    >>> step = {"rule": "zero", "claim": cube, "den": 1, "cofactors": [{**used, "r": "M"}, used]}
    >>> proof = {"relations": {"r1": {"given": square}}, "steps": [step]}
    >>> print("\n".join(readable(letters, proof)))
    Letters: M (d × d).
    Assumed: (a) M M = M.
    1. M M M = M, by (a).
    """
    return plain(_Writer(letters, proof, names, tex=False, detail=detail).items(), width)


def latex(
    letters: Json,
    proof: Json,
    *,
    names: Mapping[str, Words] | None = None,
    detail: bool = False,
) -> str:
    r"""Return a proof as LaTeX paragraphs and ``align*`` environments, for the package amsmath.

    Parameters
    ----------
    letters : mapping
        The letters of a certificate.
    proof : mapping
        Its relations and steps, checked.
    names : mapping of str to Words, optional
        What to write by a name, as :func:`~linreg_unlearn.proving.notation.abbreviations` returns
        it.
    detail : bool
        Also write each step as the sum that the checker multiplies out.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it is not in the format of certificates.

    Examples
    --------
    >>> letters = {"M": {"letter": ["d", "d"]}}
    >>> square = {"row": "d", "col": "d", "poly": [[1, {}, "M M"], [-1, {}, "M"]]}
    >>> used = {"c": 1, "mono": {}, "l": "M", "rel": "r1", "tr": False, "r": ""}
    >>> cube = {"row": "d", "col": "d", "poly": [[1, {}, "M M M"], [-1, {}, "M M"]]}
    >>> step = {"rule": "zero", "claim": cube, "den": 1, "cofactors": [used]}
    >>> proof = {"relations": {"r1": {"given": square}}, "steps": [step]}
    >>> print(latex(letters, proof))
    Letters: $M$ ($d \times d$).
    <BLANKLINE>
    Assumed: (a) $M M = M$.
    <BLANKLINE>
    \textbf{1.} $M M M = M M$, by (a).
    """
    return tex(_Writer(letters, proof, names, tex=True, detail=detail).items())


def paragraphs(
    letters: Json, proof: Json, *, names: Mapping[str, Words] | None = None
) -> list[Item]:
    r"""Return a proof as texts and chains, whose formulas are LaTeX, for a layout of one's own.

    Parameters
    ----------
    letters : mapping
        The letters of a certificate.
    proof : mapping
        Its relations and steps, checked.
    names : mapping of str to Words, optional
        What to write by a name, as :func:`~linreg_unlearn.proving.notation.abbreviations` returns
        it.

    Returns
    -------
    list of Text or Display
        In texts, formulas stand between dollar signs, numbers of steps in ``\textbf``.

    Raises
    ------
    InputError
        If it is not in the format of certificates.

    Examples
    --------
    >>> letters = {"M": {"letter": ["d", "d"]}}
    >>> square = {"row": "d", "col": "d", "poly": [[1, {}, "M M"], [-1, {}, "M"]]}
    >>> used = {"c": 1, "mono": {}, "l": "M", "rel": "r1", "tr": False, "r": ""}
    >>> cube = {"row": "d", "col": "d", "poly": [[1, {}, "M M M"], [-1, {}, "M M"]]}
    >>> step = {"rule": "zero", "claim": cube, "den": 1, "cofactors": [used]}
    >>> proof = {"relations": {"r1": {"given": square}}, "steps": [step]}
    >>> print(paragraphs(letters, proof)[-1].text)
    \textbf{1.} $M M M = M M$, by (a).
    """
    return list(_Writer(letters, proof, names, tex=True, detail=False).items())


class _Writer:
    def __init__(
        self,
        letters: Json,
        proof: Json,
        names: Mapping[str, Words] | None,
        *,
        tex: bool,
        detail: bool,
    ) -> None:
        self.proof = Proof(letters, proof)
        self.say = Notation(self.proof.letters.values(), tex=tex, names=names)
        self.detail = detail
        self.reasons: dict[str | int, tuple[str, ...]] = {}
        self.assumed: list[str] = []
        self.penrose = False
        known = dict(self._known())
        for label, relation in self.proof.relations.items():
            self.reasons[label] = self._reasons(relation.kind, relation.total, known)
        for at in range(len(self.proof.steps)):
            self.reasons[at] = (f"step {at + 1}",)

    # Reasons.

    def _known(self) -> Iterator[tuple[Words, str]]:
        """Yield the relations that a letter brings with it, and what they are called."""
        for letter in self.proof.letters.values():
            kind, name, shape, argument = meaning(letter)
            if argument is None:
                continue
            if kind == "pinv":
                made = self.say.made.get(letter)
                text = self.say.symbol(made) if made else self.say.text(argument)
                for at, relation in enumerate(penrose(argument), start=1):
                    for way in (relation, relation.T):
                        yield _monic(way), f"Penrose {at} of {self.say.math(text)}"
            elif kind in ("let", "root"):
                symbol = self.say.math(self.say.word((letter,)))
                whole = Words.letter(kind, name, shape, argument)
                for relation in (whole - argument,) if kind == "let" else root(argument):
                    for way in (relation, relation.T):
                        yield _monic(way), f"the definition of {symbol}"

    def _reasons(self, kind: str, total: Words, known: dict[Words, str]) -> tuple[str, ...]:
        if kind == "commute":
            return ("commuting scalars",)
        if kind == "symmetric":
            return ("transposing a scalar",)
        if _monic(total) in known:
            reason = known[_monic(total)]
            self.penrose |= reason.startswith("Penrose")
            return (reason,)
        label = f"({_label(len(self.assumed))})"
        text = self.say.math(self.say.equation(*sides(total)))
        self.assumed.append(f"{label}{self.say.glue}{text}")
        return (f"{label} {text}", label)

    def _reason(self, source: str | int) -> str:
        return self.reasons[source][-1]

    # The whole proof.

    def items(self) -> Iterator[Item]:
        """Yield what is written."""
        body = list(self._body())
        yield from self._opening()  # it says which names the body uses
        yield from body

    def _body(self) -> Iterator[Item]:
        for number, step in enumerate(self.proof.steps, start=1):
            yield from self._step(f"{number}.", step)
            if self.detail and step.moves:
                yield from self._multiples(step)

    def _opening(self) -> Iterator[Item]:
        m, say = self.say.math, self.say
        shapes = []
        for letter in self.proof.letters.values():
            kind, name, shape, _ = meaning(letter)
            if kind == "letter":
                cross = r" \times " if say.tex else f"{GLUE}×{GLUE}"
                size = cross.join(say.symbol(size) for size in shape)
                shapes.append(f"{m(say.symbol(name))}{say.glue}({m(size)})")
        if shapes:
            yield Text(f"Letters: {', '.join(shapes)}.", hang=2)
        sums = [
            m(f"{say.symbol(new.symbol)} ={say.glue}{say.text(new.argument)}")
            for new in say.introduced
            if not new.is_root
        ]
        if say.used:
            spelled = Notation(self.proof.letters.values(), tex=say.tex)
            products = [
                m(f"{say.symbol(name)} ={say.glue}{spelled.word(word)}")
                for name, word in sorted(say.used.items())
            ]
            yield Text(f"Products: {', '.join(products)}.", hang=2)
        if sums:
            yield Text(f"Let {_listed(sums)}.", hang=2)
        for new in say.introduced:
            if new.is_root:
                yield Text(self._root_of(new.symbol, new.argument), hang=2)
        if self.penrose:
            A, p = (say.symbol("A", marks) for marks in ("", "+"))
            forms = (
                [A, p, A, "= " + A],
                [p, A, p, "= " + p],
                [say.raised(f"({A} {p})", "T"), f"= {A}", p],
                [say.raised(f"({p} {A})", "T"), f"= {p}", A],
            )
            texts = [
                f"({at}){say.glue}{m(say.glue.join(form).replace(' ', say.glue))}"
                for at, form in enumerate(forms, start=1)
            ]
            yield Text(f"Penrose equations: {', '.join(texts)}.", hang=2)
        if self.assumed:
            yield Text(f"Assumed: {', '.join(self.assumed)}.", hang=2)

    def _root_of(self, symbol: str, argument: Words) -> str:
        m, say = self.say.math, self.say
        made = say.symbol(symbol)
        square = f"{made}{say.glue}{made} ={say.glue}{say.text(argument)}"
        turned = f"{say.symbol(symbol, 'T')} ={say.glue}{made}"
        return f"Let {m(made)} be a symmetric square root: {m(square)} and {m(turned)}."

    # Steps.

    def _step(self, number: str, step: Step) -> Iterator[Item]:
        rules = {
            "zero": self._zero,
            "psd": self._semidefinite,
            "cancel": self._cancel,
            "invert": self._invert,
            "root": self._root,
            "lemma": self._lemma,
        }
        yield from rules[step.rule](number, step)

    def _headline(self, number: str, text: str) -> Text:
        number = rf"\textbf{{{number}}}" if self.say.tex else number
        return Text(f"{number} {text}", hang=3)

    def _equation(self, total: Words) -> str:
        return self.say.math(self.say.equation(*sides(total)))

    def _zero(self, number: str, step: Step) -> Iterator[Item]:
        moves = merged(step.moves)
        equation = self._equation(step.claim)
        if not step.claim.terms:
            yield self._headline(number, "Multiplied out, both sides are the same sum.")
            return
        if len(moves) == 1 and _monic(moves[0].total) == _monic(step.claim):
            reason = self._reason(moves[0].source)
            turned = ", transposed" if moves[0].turned else ""
            known = isinstance(moves[0].source, int) or reason.startswith("(")
            because = f": this is {reason}{turned}" if known else f", by {reason}"
            yield self._headline(number, f"{equation}{because}.")
            return
        groups = split(moves)
        whole = None
        if len(groups) == 1 or len(step.claim.terms) <= _FEW:
            whole = _readable(chain(step.claim, moves))
        if whole is not None and (len(groups) == 1 or _widest(whole) <= 2):
            if whole.sums[-1].terms:
                equation = self.say.math(self.say.equation(whole.start, whole.sums[-1]))
            if len(whole.links) == 1:
                reason = self._reason(whole.links[0].moves[0].source)
                yield self._headline(number, f"{equation}, by {reason}.")
                return
            yield self._headline(number, f"{equation}:")
            yield self._display("", whole)
        elif len(groups) > 1:
            yield self._headline(number, f"{equation}, term by term:")
            yield from self._groups(groups)
        else:
            yield self._headline(number, f"{equation}: {self._sum_of(moves)}.")

    def _sum_of(self, moves: Sequence[Move]) -> str:
        return f"the difference is a sum of {len(moves)} multiples of {self._sources(moves)}"

    def _sources(self, moves: Iterable[Move]) -> str:
        names = list(dict.fromkeys(self._reason(move.source) for move in moves))
        steps = [name[5:] for name in names if name.startswith("step ")]
        names = [name for name in names if not name.startswith("step ")]
        if steps:
            names.append(("step " if len(steps) == 1 else "steps ") + _listed(steps))
        return _listed(names)

    def _groups(self, groups: Iterable[Sequence[Move]]) -> Iterator[Item]:
        """Yield what shows each of some equations that add up to a claim."""
        shown: dict[Words, str] = {}
        number = 0
        for moves in groups:
            total = sum((move.value for move in moves), Words(moves[0].shape))
            if not total.terms:
                continue
            number += 1
            label = f"({_roman(number)})"
            equation = self._equation(total)
            if len(total.terms) > _MANY:
                equation = f"an equation of {len(total.terms)} terms"
            before = shown.get(_monic(total)) or shown.get(_monic(total.T))
            shown.setdefault(_monic(total), label)
            if before:
                yield Text(f"{label} {equation}: {before} again, transposed.", 3, 5)
                continue
            found = _readable(chain(total, moves))
            if found is None:
                yield Text(f"{label} {equation}: {self._sum_of(moves)}.", 3, 5)
            else:
                yield self._display(label, found)

    def _display(self, label: str, found: Chain, start: str = "") -> Display:
        first_of = leading(found.start)
        order = first_of + [t[:2] for t in found.start.terms if t[:2] not in first_of]
        first = self.say.chunks(found.start, order)
        display = Display(label, [start] if start else first)
        if start:
            display.rows.append(Row(first, ("multiplying out",)))
        for before, link in zip(found.sums, found.links, strict=False):
            order = _rearranged(order, before, link.result)
            source = link.moves[0].source
            display.rows.append(Row(self.say.chunks(link.result, order), self.reasons[source]))
        return display

    def _cancel(self, number: str, step: Step) -> Iterator[Item]:
        m, say = self.say.math, self.say
        symbols = self._squares(step)
        total = sum((square.value for square in step.squares), Words(step.squares[0].value.shape))
        squares = self._sum_of_squares(step, symbols)
        moves = merged(step.moves)
        vanishing = "a square vanishes" if len(symbols) == 1 else "a sum of squares vanishes"
        yield self._headline(number, f"{self._equation(step.claim)}, because {vanishing}.")
        yield self._where(symbols)
        groups = split(moves)
        whole = None
        if len(groups) == 1 or len(total.terms) <= _FEW // 2:
            whole = _readable(through(total, moves))
        zero = m(f"{squares} ={say.glue}0")
        if whole is not None:
            yield self._display("", whole, start=squares)
        elif len(groups) > 1:
            expanded = "" if len(total.terms) > _MANY // 2 else f": {m(say.text(total))}"
            yield Text(f"Multiplied out, {m(squares)} vanishes term by term{expanded}.", 3, 2)
            yield from self._groups(groups)
        else:
            yield Text(
                f"{zero}, as multiplied out it is a sum of {len(moves)} multiples of "
                f"{self._sources(moves)}.",
                3,
                2,
            )
        roots = m(f"{say.symbol(symbols[step.claim])} ={say.glue}0")
        yield Text(f"{zero}, hence {roots}.", 3, 2)

    def _squares(self, step: Step) -> dict[Words, str]:
        """Return a new symbol for each root of a step's squares."""
        taken = set(self.say.taken)
        symbols = {square.root: "" for square in step.squares}
        for rooted in symbols:
            symbols[rooted] = self.say.fresh("Z", len(symbols))
        self.say.taken = taken  # the next step may use them again
        return symbols

    def _sum_of_squares(self, step: Step, symbols: Mapping[Words, str]) -> str:
        """Return ``Σ c ZᵀZ``; a root without a symbol is a product, and is written out."""
        say = self.say
        texts: list[str] = []
        for item in step.squares:
            symbol = symbols.get(item.root)
            if symbol:
                pair = [say.symbol(symbol, "T"), say.symbol(symbol)]
            else:
                word = item.root.terms[0][0]
                pair = [say.word(flipped(word)), say.word(word)] if word else ["I"]
            factors = (say.scalar(item.scale, item.by), *pair)
            texts.append(say.signed(1, say.product(*factors), first=not texts))
        return " ".join(texts)

    def _where(self, symbols: Mapping[Words, str]) -> Text:
        say = self.say
        texts = [
            say.math(f"{say.symbol(symbol)} ={say.glue}{say.text(rooted)}")
            for rooted, symbol in symbols.items()
        ]
        return Text(f"Let {_listed(texts)}.", 3, 2)

    def _semidefinite(self, number: str, step: Step) -> Iterator[Item]:
        m, say = self.say.math, self.say
        above = rf"\succeq{say.glue}0" if say.tex else f"⪰{GLUE}0"
        symbols = {
            rooted: symbol
            for rooted, symbol in self._squares(step).items()
            if [c for _, _, c in rooted.terms] != [1] or rooted.terms[0][1]
        }
        squares = self._sum_of_squares(step, symbols) or "0"
        moves = merged(step.moves)
        yield self._headline(number, f"{m(f'{say.text(step.claim)} {above}')}, a sum of squares.")
        if symbols:
            yield self._where(symbols)
        total = sum((square.value for square in step.squares), Words(step.claim.shape))
        found = through(step.claim, moves)
        back = through(total, [move.scaled(-1) for move in moves]) if found is None else None
        if found is not None and (moves or symbols):
            display = self._display("", found)
            if symbols:
                display.rows.append(Row([squares], ("collecting squares",)))
            display.rows[-1].terms.append(above)
            yield display
        elif back is not None:
            yield self._display("", back, squares)
        elif moves:
            equation = m(f"{say.text(step.claim)} ={say.glue}{squares}")
            yield Text(f"{equation}, as {self._sum_of(moves)}.", 3, 2)

    def _invert(self, number: str, step: Step) -> Iterator[Item]:
        m, say = self.say.math, self.say
        moves = merged(step.moves)
        unit = Words.identity(step.claim.shape[0])
        factors = [say.text(factor) for factor in step.factors]
        factors = [f"({text})" if " " in text else text for text in factors]
        known = m(f"{say.product(*factors)} ={say.glue}I")
        found = through(step.factors[0] @ step.factors[1], moves)
        text = (
            f"{m(say.equation(step.claim + unit, unit))}: a left inverse of a square matrix is a "
            f"right inverse, and {known}"
        )
        if found is not None and len(found.links) > 1:
            yield self._headline(number, f"{text}:")
            yield self._display("", found)
        else:
            yield self._headline(number, f"{text} by {self._sources(moves)}.")

    def _root(self, number: str, step: Step) -> Iterator[Item]:
        yield self._headline(
            number,
            f"{self._equation(step.claim)}, as a semidefinite matrix has a symmetric square root.",
        )

    def _lemma(self, number: str, step: Step) -> Iterator[Item]:
        m, say = self.say.math, self.say
        arrow = rf" \mapsto{say.glue}" if say.tex else f" ↦{GLUE}"
        images = [
            m(f"{say.symbol(name)}{arrow}{say.text(image)}")
            for name, image in step.images.items()
            if say.text(image) != say.symbol(name)
        ]
        images += [
            m(f"{say.symbol(old)}{arrow}{say.symbol(new)}")
            for old, new in step.sizes.items()
            if old != new
        ]
        lemma = step.lemma.replace("_", r"\_") if say.tex else step.lemma
        using = f" with {_listed(images)}" if images else ""
        yield self._headline(number, f"{self._equation(step.claim)}, by lemma {lemma}{using}.")

    # The sums that the checker multiplies out.

    def _multiples(self, step: Step) -> Iterator[Item]:
        m, say = self.say.math, self.say
        if step.rule == "cancel":
            what = self._sum_of_squares(step, self._squares(step))
        elif step.rule == "invert":
            what = say.text(step.factors[0] @ step.factors[1] - Words.identity(step.claim.shape[0]))
        else:
            squares = (square.value for square in step.squares)
            what = say.text(step.claim - sum(squares, Words(step.claim.shape)))
        yield Text(f"In detail, {m(what)} is a sum in which each bracket is zero:", 3, 2)
        for move in step.moves:
            inside = say.text(move.total)
            if len(inside) > _BRACKET and isinstance(move.source, int):
                inside = f"step {move.source + 1}" + (", transposed" if move.turned else "")
                inside = rf"\text{{{inside}}}" if say.tex else inside
            factors = [say.scalar(abs(move.scale), move.by), say.word(move.left), f"[{inside}]"]
            text = say.product(*factors, say.word(move.right))
            term = m(say.signed(move.scale, text))
            yield Text(f"{term}, by {self._reason(move.source)}", 5, 4)


def _monic(total: Words) -> Words:
    return total.scaled(1 / total.terms[0][2]) if total.terms else total


def _length(total: Words) -> int:
    return sum(len(word) for word, _, _ in total.terms)


def _widest(found: Chain) -> int:
    return max(len(total.terms) for total in found.sums)


def _readable(found: Chain | None) -> Chain | None:
    return None if found is None or _widest(found) > _MANY else found


def _rearranged(
    order: Sequence[tuple[Word, Monomial]], before: Words, after: Words
) -> list[tuple[Word, Monomial]]:
    """Return an order for a sum in which what is new stands where something went."""
    old = {term[:2]: term[2] for term in before.terms}
    new = {term[:2]: term[2] for term in after.terms}
    fresh = [key for key in new if key not in old]
    arranged: list[tuple[Word, Monomial]] = []
    for key in order:
        if new.get(key) != old.get(key):
            arranged += fresh
            fresh = []
        if key in new:
            arranged.append(key)
    return arranged + fresh


def _label(at: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[at] if at < len(letters) else f"{letters[at % 26]}{at // 26}"


def _roman(number: int) -> str:
    text = ""
    for value, sign in ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        text += sign * (number // value)
        number %= value
    return text


def _listed(texts: Sequence[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
