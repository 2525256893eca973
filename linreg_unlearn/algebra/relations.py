"""What assumptions give a proof to work with, and what a statement asks it to show.

A relation is a sum of words that is zero wherever the assumption holds. Trusted, so each is also
evaluated exactly on every exact instance of every claim that uses it (tests/theory).
"""

from collections.abc import Iterable, Iterator
from math import lcm

from linreg_unlearn.algebra import expressions as tree
from linreg_unlearn.algebra import statements as say
from linreg_unlearn.algebra.words import Words, words
from linreg_unlearn.errors import InputError

__all__ = ["Fact", "cleared", "goals", "penrose", "relations", "root"]

Fact = tuple[str, Words]  # ("zero", A) says A = 0, ("psd", A) says A ⪰ 0
one = Words.identity


def cleared(total: Words) -> Words:
    """Return a sum times the common denominator of its coefficients."""
    return total.scaled(lcm(*(c.denominator for _, _, c in total.terms)))


def penrose(A: Words) -> tuple[Words, ...]:
    """Return the four Penrose equations of ``pinv(A)``."""
    p = A.pinv
    return (A @ p @ A - A, p @ A @ p - p, (A @ p).T - A @ p, (p @ A).T - p @ A)


def root(A: Words) -> tuple[Words, ...]:
    """Return what the symmetric root ``R`` of a semidefinite ``A`` satisfies."""
    R = Words.letter("root", "", A.shape, A)
    return (R @ R - A, R.T - R)


def relations(assumed: tuple[say.Statement, ...], sizes: Iterable[str] = ()) -> Iterator[Words]:
    """Yield what is zero where everything assumed holds; ``sizes`` is where scalars are wanted."""
    masks = [words(s.argument) for s in assumed if isinstance(s, say.Mask)]
    dense = [words(s.argument) for s in assumed if isinstance(s, say.NoZeroColumn)]
    for statement in assumed:
        yield from _inverses(statement)
        match statement:
            case tree.Equation(lhs=lhs, rhs=rhs):
                yield words(lhs) - words(rhs)
            case say.Semidefinite():
                yield from root(words(statement.argument))
            case say.RankEquation():
                yield from _ranks(statement, assumed)
            case say.Mask(argument=argument):
                M = words(argument)
                yield from (M.T - M, M @ M - M)
                yield from (M @ N - N @ M for N in masks if N.shape == M.shape)
            case say.KeepsActiveColumns(mask=mask, matrix=matrix, complement=complement):
                M, A = words(mask), words(matrix)
                yield A @ M if complement else A @ M - A
                yield from (M - one(M.shape[0]) for B in dense if B == A and not complement)
            case say.Partition(first=first, second=second):
                E, F = words(first), words(second)
                yield from (E @ E.T - one(E.shape[0]), F @ F.T - one(F.shape[0]), E @ F.T)
                yield E.T @ E + F.T @ F - one(E.shape[1])
            case say.Different(first=p, second=q):  # 1/(p − q) is a parameter of its own
                over = (f"1/({p}-{q})", 1)
                for unit in map(one, sizes):
                    yield unit.scaled(1, ((p, 1), over)) - unit.scaled(1, ((q, 1), over)) - unit


def _inverses(statement: say.Statement) -> Iterator[Words]:
    for node in tree.walk(*statement.expressions):
        if isinstance(node, tree.Inverse):
            A = words(node.argument)
            yield from (A.pinv @ A - one(A.shape[0]), A @ A.pinv - one(A.shape[0]))


def _factors(expr: tree.Expr) -> tuple[tree.Expr, ...]:
    if isinstance(expr, tree.Named):
        return _factors(expr.body)
    return sum(map(_factors, expr.factors), ()) if isinstance(expr, tree.Product) else (expr,)


def _ranks(statement: say.RankEquation, assumed: tuple[say.Statement, ...]) -> Iterator[Words]:
    """Yield equations that hold exactly where an equation of ranks does."""
    match (statement.left, statement.right):
        case ((A,), (tree.Identity(size=n),)) if n in A.shape:
            # As many as rows, or columns: A⁺ inverts A on that side.
            a = words(A)
            yield from [a @ a.pinv - one(n)] if n == A.shape[0] else []
            yield from [a.pinv @ a - one(n)] if n == A.shape[1] else []
        case ((A,), (B,)) if _factors(A)[-len(_factors(B)) :] == _factors(B):
            # rank UB = rank B: the rows of UB span those of B.
            yield words(B) @ words(A).pinv @ words(A) - words(B)
        case ((S,), (A, B)):
            # The ranks of summands add iff S⁺ keeps them apart [marsaglia1974equalities]; rows E S
            # and F S of S count as the summands EᵀE S and FᵀF S, which have their ranks.
            s, a, b = words(S), words(A), words(B)
            splits = [x.expressions for x in assumed if isinstance(x, say.Partition)]
            for E, F in (map(words, pair) for pair in splits):
                if (E.shape[1], F.shape[1]) == (s.shape[0],) * 2 and (a, b) == (E @ s, F @ s):
                    a, b = E.T @ a, F.T @ b
                    break
            else:
                if a.shape != s.shape or a + b != s:
                    raise InputError(f"{statement} has no relations: its summands must add up")
            yield from (a @ s.pinv @ a - a, a @ s.pinv @ b, b @ s.pinv @ a, b @ s.pinv @ b - b)
        case _:
            raise InputError(f"{statement} has no relations: no equation for it is known")


def goals(statement: say.Statement, assumed: tuple[say.Statement, ...]) -> list[Fact]:
    """Return what has to be shown of a statement: its inverses exist, and it holds."""
    shown: list[Fact] = [("zero", relation) for relation in _inverses(statement)]
    match statement:
        case tree.Equation(lhs=lhs, rhs=rhs):
            return [*shown, ("zero", words(lhs) - words(rhs))]
        case say.RankEquation():
            return [*shown, *(("zero", total) for total in _ranks(statement, assumed))]
        case say.Semidefinite(argument=argument):
            return [*shown, ("psd", words(argument))]
        case _:
            raise InputError(f"{statement} is not a goal: prove an equation, a rank or A ⪰ 0")
