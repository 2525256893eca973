"""The loss gaps of A3, A4, A5, B2 and B5, entry by entry with symbolic entries.

Two routes meet here. The left side never sees a pseudo-inverse: pretrained and golden weights come
out of the Lagrange conditions of their optimization problem,

    minimize ‖w‖² subject to A w = b   ⟺   [I Aᵀ; A 0] [w; μ] = [0; b],

solved by elimination over the field of rational functions, and the loss is added up from its
definition, row by row. The right side is the formula of the registered claim, read with the same
unknowns. Their difference is the zero rational function, so the claim holds for every real value of
the entries at these sizes.

Run it with ``python proofs/loss_gaps.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sympy.polys.matrices import DomainMatrix

from linreg_unlearn.algebra.expressions import Equation, Expr
from linreg_unlearn.algebra.symbolic import SymbolicReading, SymbolicSpace, is_zero
from linreg_unlearn.claims.claim import load_claims

Entries = list[list[str | int]]


@dataclass(frozen=True)
class Case:
    """One loss gap at one pattern of unknowns.

    Parameters
    ----------
    claim, part : str, int
        Which statement, counted from 1.
    loss : {"UL", "RL"}
        Which loss its left side is.
    weights : {"golden", "retain mask", "forget mask"}
        At which weights.
    retained, forget : list of rows
        The entries of ``X_r`` and ``X_f``: names of unknowns, or 0.
    keep : tuple of int
        The diagonal of the mask.
    blocks : dict
        The diagonals of the column blocks, where the claim speaks of them.
    """

    claim: str
    part: int
    loss: str
    weights: str
    retained: Entries
    forget: Entries
    keep: tuple[int, ...] = ()
    blocks: tuple[tuple[str, tuple[int, ...]], ...] = ()


SHARED: tuple[Entries, Entries] = ([["a", "b", "c"]], [["p", "q", "r"], ["s", "t", "u"]])
OVERLAPPING: tuple[Entries, Entries] = ([["a", "b", 0]], [[0, "p", "q"]])
TWO_ROWS: tuple[Entries, Entries] = ([["a", "b", 0]], [[0, "p", "q"], [0, "r", "s"]])
DISTINCT: tuple[Entries, Entries] = ([["a", "b", 0, 0]], [[0, 0, "p", "q"], [0, 0, "r", "s"]])
OVERLAP = (("C_r", (1, 0, 0)), ("C_lap", (0, 1, 0)), ("C_f", (0, 0, 1)))

CASES = (
    Case("A3", 1, "UL", "golden", *SHARED),
    Case("A4", 2, "UL", "golden", *DISTINCT),
    Case("A5", 1, "UL", "golden", *TWO_ROWS, blocks=OVERLAP),
    Case("B2", 1, "UL", "retain mask", *OVERLAPPING, keep=(1, 1, 0)),
    Case("B5", 1, "UL", "forget mask", *OVERLAPPING, keep=(1, 0, 0)),
    Case("B5", 2, "RL", "forget mask", *OVERLAPPING, keep=(1, 0, 0)),
)


@dataclass(frozen=True)
class Derivation:
    """Both sides of a loss gap as matrices of rational functions."""

    case: Case
    derived: DomainMatrix
    formula: DomainMatrix

    @property
    def holds(self) -> bool:
        """Whether the difference is the zero function."""
        return is_zero(self.derived - self.formula)

    @property
    def is_vacuous(self) -> bool:
        """Whether the loss is zero whatever the entries."""
        return is_zero(self.derived)


def minimum_norm(A: DomainMatrix, b: DomainMatrix) -> DomainMatrix:
    """Return the shortest solution of ``A w = b`` from its Lagrange conditions."""
    rows, columns = A.shape
    field = A.domain
    upper = DomainMatrix.eye(columns, field).to_dense().hstack(A.transpose())
    lower = A.hstack(DomainMatrix.zeros((rows, rows), field).to_dense())
    right = DomainMatrix.zeros((columns, b.shape[1]), field).to_dense().vstack(b)
    return upper.vstack(lower).lu_solve(right)[:columns, :]


def mean_square(A: DomainMatrix, w: DomainMatrix, b: DomainMatrix) -> DomainMatrix:
    """Return the loss from its definition: squares of residuals, added up row by row."""
    field, rows = A.domain, A.shape[0]
    total = field.zero
    for i in range(rows):
        prediction = sum((A[i, j].element * w[j, 0].element for j in range(A.shape[1])), field.zero)
        total += (prediction - b[i, 0].element) ** 2
    return DomainMatrix([[total / field.convert(rows)]], (1, 1), field)


def diagonal(space: SymbolicSpace, entries: tuple[int, ...]) -> DomainMatrix:
    """Return a diagonal matrix."""
    size = len(entries)
    return space.matrix([[entries[i] if i == j else 0 for j in range(size)] for i in range(size)])


def derive(case: Case, formula: Expr | None = None) -> Derivation:
    """Derive one loss gap and read the formula of its claim.

    Parameters
    ----------
    case : Case
    formula : Expr, optional
        Read this instead of the right side of the claim.
    """
    statement = load_claims()[case.claim].parts[case.part - 1].statement
    assert isinstance(statement, Equation)
    d = len(case.retained[0])
    n_r, n_f = len(case.retained), len(case.forget)
    unknowns = sorted({e for row in case.retained + case.forget for e in row if isinstance(e, str)})
    targets = [f"w{j}" for j in range(d)]
    space = SymbolicSpace([*unknowns, *targets])

    X_r, X_f = space.matrix(case.retained), space.matrix(case.forget)
    X, w_star = X_r.vstack(X_f), space.matrix([[name] for name in targets])
    y_r, y_f = X_r * w_star, X_f * w_star

    if case.weights == "golden":
        weights = minimum_norm(X_r, y_r)
    else:
        weights = diagonal(space, case.keep) * minimum_norm(X, y_r.vstack(y_f))
    data = (X_f, y_f) if case.loss == "UL" else (X_r, y_r)
    derived = mean_square(data[0], weights, data[1])

    both = diagonal(space, (1,) * (n_r + n_f))
    letters = {
        "X": X,
        "y": y_r.vstack(y_f),
        "w_*": w_star,
        "E_r": both[:n_r, :],
        "E_f": both[n_r:, :],
    }
    if case.keep:
        letters["M"] = letters["M_B"] = diagonal(space, case.keep)
    letters |= {name: diagonal(space, entries) for name, entries in case.blocks}
    sizes = {"n_r": n_r, "n_f": n_f, "n": n_r + n_f, "d": d, "c": 1}
    parameters = {"m_r": Fraction(1, n_r), "m_f": Fraction(1, n_f)}
    reading = SymbolicReading(space, sizes, letters, parameters)
    return Derivation(case, derived, reading.value(formula or statement.rhs))


def main() -> int:
    """Derive every case and say what came out."""
    failed = 0
    for case in CASES:
        derivation = derive(case)
        verdict = "holds for all entries" if derivation.holds else "FAILS"
        shape = f"n_r = {len(case.retained)}, n_f = {len(case.forget)}, d = {len(case.retained[0])}"
        print(f"{case.claim} part {case.part}: {case.loss} of {case.weights}, {shape}: {verdict}")  # noqa: T201
        failed += not derivation.holds
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
