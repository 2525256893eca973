"""The search for proofs against Singular's Letterplace, on the handbook facts of tests/algebra.

What one would run instead, where a fact follows from its relations alone: complete them to a
two-sided Gröbner basis up to a degree, and reduce the goal by it. Both are given the same words:
the relations of what is assumed, the Penrose equations of every pseudo-inverse that occurs, their
transposes, and the goals. A letter is one variable of Letterplace, its transpose another. The first
statement of each fact is asked.

- *ours*: search, writing the certificate and checking it. Python, without being given a degree.
- *member*: ``twostd`` and ``NF``. C++, and a yes with nothing to check.
- *cofactors*: ``lift``, from which a certificate could be written.

Letterplace's times are those of the smallest degree bound that is enough, as if it were known
beforehand: bounds tried before it, reading the input and starting the process (printed once) are
left out. ``lift`` needs words longer than its bound and gets a ring of degree 4 more.

Letterplace has no types: the identities of all sizes are one empty word. Its answers are those of
typed words all the same unless a size is forced to be zero, and each fact has matrices on which its
assumptions hold: typed words modulo typed relations act faithfully on spaces, none of them zero,
which can be made of one infinite dimension and identified, so that a typed sum vanishes with types
where it does without. (operator_gb rests on a theorem of this kind; the cofactors may still pass
through words that have no type.) Where every overlap of a basis fits its degree bound, the basis is
complete and "not in the ideal" is certain. Such a fact needs more than its relations: that
``ZᵀZ = 0`` gives ``Z = 0``, that a matrix is square, or that scalars commute. What our proof uses
of these is in the second column. That pseudo-inverses are unique is not counted: the relations
give it.

    python benchmarks/letterplace.py [patience]

``patience`` multiplies Letterplace's limits in seconds. Without Singular only our times are shown.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from linreg_unlearn.algebra.checker import Lemma, check
from linreg_unlearn.algebra.relations import cleared, goals, penrose, relations
from linreg_unlearn.algebra.words import Words, meaning
from linreg_unlearn.audit.certificates import accepted_lemmas
from linreg_unlearn.audit.finding import assumed_by, find
from linreg_unlearn.claims.claim import Part
from linreg_unlearn.language import parse_problem
from linreg_unlearn.proving.certificate import Letters, write_proof
from tests.algebra.facts import FACTS, UNCONDITIONAL

MISSING = (
    "Letterplace was not run: on Debian, `apt-get install singular-ui singular-modules` brings it."
)
COMMAND = ("Singular", "-q", "--no-rc")
SECONDS = 10.0  # for one membership, all bounds together
SHORT = 1.0  # for cofactors, and where our own proof uses more than the relations
BOUNDS = 9  # how many degree bounds are tried
ROOM = 4  # what lift needs beyond the bound
REPEATS = 3
QUICK = 0.05  # what takes longer is timed once

START = 'LIB "freegb.lib"; system("--ticks-per-sec", 1000); int t; int n; int done; int zero;'
# The clock counts milliseconds, so what is quick is repeated; the time is left in t, the runs in n.
REPEATED = """n = 1; if (t < 20) {{
  n = 0; t = rtimer; while (rtimer - t < 20) {{ {command} n++; }} t = rtimer - t;
}}"""
MEMBER = """
if (!done) {{
  ring r{d} = 0, ({letters}), dp; ring F{d} = freeAlgebra(r{d}, {d});
  ideal I = {relations}; ideal g = {goals};
  ideal J; ideal f; t = rtimer; {command} t = rtimer - t; zero = size(f) == 0;
  if (zero) {{ {repeated} print("yes {d} " + string((t * 1000) div n)); done = 1; }}
  else {{ if (2 * deg(J) - 1 <= {d}) {{ print("no {d} 0"); done = 1; }} }}
}}"""
# An error of lift ends the statement it is in, so what follows it is a statement of its own.
LIFT = """
if (!done) {{
  ring r{d} = 0, ({letters}), dp; ring F{d} = freeAlgebra(r{d}, {d} + {room}, {count});
  degBound = {d}; ideal I = {relations}; ideal g = {goals}; matrix T;
  t = rtimer; {command} t = rtimer - t;
}}
if (!done) {{ if (size(ideal(T)) > 0) {{
  {repeated} print("yes {d} " + string((t * 1000) div n)); done = 1;
}} }}"""

ASKED = {
    "member": (MEMBER, "J = twostd(I); f = NF(g, J);"),
    "cofactors": (LIFT, "T = lift(I, g);"),
}


@dataclass(frozen=True)
class Ours:
    """What the search did: how long it took, and the rules of its proof beyond relations."""

    seconds: float
    proved: bool
    rules: frozenset[str]


@dataclass(frozen=True)
class Question:
    """Whether goals are in an ideal, written for Letterplace."""

    letters: tuple[str, ...]
    relations: tuple[str, ...]
    goals: tuple[str, ...]
    degree: int


@dataclass(frozen=True)
class Answer:
    """What Letterplace says: "yes", "no", "?" when out of bounds, or nothing when out of time."""

    verdict: str = ""
    degree: int = 0
    seconds: float = 0.0


def answer_ours(part: Part, lemmas: Mapping[str, Lemma]) -> Ours:
    """Search, write and check, a few times where that is quick."""
    times: list[float] = []
    while len(times) < REPEATS and (not times or times[0] < QUICK):
        begin = perf_counter()
        outcome = find(part)
        proof = {}
        if outcome.complete:
            letters = Letters()
            proof = write_proof(outcome.reached, letters)
            check(letters.entries, proof, part.statement, assumed_by(part), dict(lemmas))
        times.append(perf_counter() - begin)
    rules = {step["rule"] for step in proof.get("steps", ())}
    rules |= {kind for relation in proof.get("relations", {}).values() for kind in relation}
    return Ours(median(times), outcome.complete, frozenset(rules - {"zero", "lemma", "given"}))


def translate(part: Part) -> Question:
    """Write the relations and goals of a part as polynomials in free variables."""
    assumed = assumed_by(part)
    wanted = [goal for _, goal in goals(part.statement, assumed) if goal.terms]
    given: list[Words] = []
    found: dict[str, None] = {}  # in the order of their finding

    def visit(total: Words) -> None:
        for letter in {x.rstrip("'"): None for word, _, _ in total.terms for x in word}:
            kind, _, _, argument = meaning(letter)
            if letter not in found:
                found[letter] = None
                if kind == "pinv" and argument is not None:
                    add(penrose(argument))

    def add(sums: Iterable[Words]) -> None:
        for total in sums:
            given.extend(s for s in (total, total.T) if s.terms)
            visit(total)

    add(relations(assumed))
    for goal in wanted:
        visit(goal)
    # Pseudo-inverses are largest, and a letter is next to its transpose: what Singular likes best.
    order = sorted(found, key=lambda letter: meaning(letter).kind != "pinv")
    names = {
        x + turn: f"{v}{i}" for i, x in enumerate(order) for turn, v in (("", "x"), ("'", "y"))
    }

    def polynomial(total: Words) -> str:
        terms = (
            "*".join([f"({c})", *(names[x] for x in word)]) for word, _, c in cleared(total).terms
        )
        return "+".join(terms)

    return Question(
        tuple(names.values()),
        tuple(dict.fromkeys(map(polynomial, given))),
        tuple(map(polynomial, wanted)),
        max(len(word) for total in (*given, *wanted) for word, _, _ in total.terms),
    )


def run_singular(script: str, limit: float) -> str:
    """Run Singular and return what it printed until it ended or was stopped."""
    try:
        done = subprocess.run(
            COMMAND,
            input=f"{START}{script}\nquit;\n",
            capture_output=True,
            timeout=limit,
            text=True,
        )
    except subprocess.TimeoutExpired as stopped:
        printed = stopped.stdout or b""
        return printed.decode() if isinstance(printed, bytes) else printed
    return done.stdout


def ask(question: Question, how: str, first: int, limit: float) -> Answer:
    """Ask for membership or cofactors, with rising degree bounds in one process."""
    template, command = ASKED[how]
    script = "".join(
        template.format(
            d=degree,
            letters=", ".join(question.letters),
            relations=", ".join(question.relations),
            goals=", ".join(question.goals),
            count=len(question.relations),
            room=ROOM,
            command=command,
            repeated=REPEATED.format(command=command),
        )
        for degree in range(first, first + BOUNDS)
    )
    printed = run_singular(script + ' print("end");', limit)
    for line in printed.splitlines():
        if line.startswith(("yes ", "no ")):
            verdict, degree, microseconds = line.split()
            return Answer(verdict, int(degree), int(microseconds) / 1e6)
        if how == "member" and line.startswith("   ? "):
            raise RuntimeError(f"Singular cannot read its script: {line}")
    return Answer("?", first + BOUNDS - 1) if "end" in printed.splitlines() else Answer()


def start_of_singular() -> float | None:
    """Return how long Singular takes to start with Letterplace; None where it is missing."""
    times = []
    for _ in range(REPEATS):
        begin = perf_counter()
        try:
            printed = run_singular(
                'ring r = 0, x, dp; ring F = freeAlgebra(r, 2); print("ready");', 60
            )
        except FileNotFoundError:
            return None
        if "ready" not in printed or "   ? " in printed:
            return None
        times.append(perf_counter() - begin)
    return median(times)


def shown(answer: Answer, ours: Ours, limit: float) -> str:
    """Return the time and degree bound of an answer, and how many times ours it is."""
    if answer.verdict == "yes":
        ratio = answer.seconds / ours.seconds
        return f"{1e3 * answer.seconds:10.2f} ({answer.degree:2d}) {ratio:7.2f}"
    reason = {"no": "not in the ideal", "?": f"none to degree {answer.degree}"}
    return f"{reason.get(answer.verdict, f'none in {limit:g} s'):>23}"


def compare(name: str, pairs: list[tuple[Ours, Answer]]) -> None:
    """Print the totals of what both answered."""
    both = [(ours.seconds, answer.seconds) for ours, answer in pairs if answer.verdict == "yes"]
    print(f"{name}: {len(both)} of {len(pairs)}", end="")
    if both:
        ours, theirs = (1e3 * sum(times) for times in zip(*both, strict=True))
        print(
            f"; on these ours took {ours:.0f} ms, Letterplace {theirs:.0f} ms, the median ratio is"
            f" {median(b / a for a, b in both):.2f}, and ours is faster on"
            f" {sum(a < b for a, b in both)}",
            end="",
        )
    print(".")


def main(patience: float = 1.0) -> None:
    """Ask every question, print a table and totals."""
    start = start_of_singular()
    lemmas = accepted_lemmas()
    about = "ms" + ("; degree bounds in brackets; ratios are Letterplace / ours" if start else "")
    print(f"{about:76}{'ours':>8}", end="")
    print(f"{'member (d)   ratio':>24}{'cofactors (d)   ratio':>24}" if start else "")
    members: list[tuple[Ours, Answer]] = []
    lifts: list[tuple[Ours, Answer]] = []
    others: list[str] = []
    began = perf_counter()
    for fact in (*FACTS, *UNCONDITIONAL):
        part = parse_problem(fact.statements[0], fact.assume, fact.shapes).part
        ours = answer_ours(part, lemmas)
        uses = ", ".join(sorted(ours.rules)) if ours.proved else "no proof"
        print(f"{fact.name[:58]:59}{uses:17}{1e3 * ours.seconds:8.1f}", end=" ", flush=True)
        if start:
            question = translate(part)
            plain = ours.proved and not ours.rules
            limit = patience * (SECONDS if plain else SHORT)
            member = ask(question, "member", question.degree, start + limit)
            print(shown(member, ours, limit), end=" ")
            if plain:
                limit, lift = patience * SHORT, Answer()
                if member.verdict == "yes":
                    lift = ask(question, "cofactors", member.degree, start + limit)
                print(shown(lift, ours, limit), end="")
                members.append((ours, member))
                lifts.append((ours, lift))
            else:
                others.append(member.verdict)
        print()
    if start is None:
        print(f"\n{MISSING}")
        return
    print(f"\nAll took {perf_counter() - began:.0f} s; Singular starts in {1e3 * start:.0f} ms.")
    print(f"{len(members)} facts are proved here from their relations alone.")
    compare("Membership", members)
    compare("Cofactors", lifts)
    print(
        f"Of the {len(others)} others, {others.count('yes')} are in the ideal,"
        f" {others.count('no')} are certainly not, the rest were left undecided."
    )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
