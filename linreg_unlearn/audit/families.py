"""Structured exact matrices: the kinds that assumptions ask for and random entries never are.

Each family draws a small rational matrix of a given shape: projectors, isometries, nilpotent
matrices, what other matrices span, and so on. Nothing here promises that an assumption holds; what
is drawn is checked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from flint import fmpq_mat

from linreg_unlearn.algebra import rational

__all__ = ["POLISHED", "RECTANGULAR", "SQUARE", "combination", "derived", "small"]

Rectangular = Callable[[int, int, random.Random], fmpq_mat]
Square = Callable[[int, random.Random], fmpq_mat]

# Small integers, mostly 0 and 1, so that what is drawn reads well; as often as not, few of them.
_DENSE = (0, 0, 1, 1, 1, -1, -1, 2)
_SPARSE = (0, 0, 0, 0, 0, 1, 1, -1)


def small(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    """Draw small integers.

    Examples
    --------
    >>> small(2, 3, random.Random(0)).ncols()
    3
    """
    return fmpq_mat(rows, columns, _numbers(rows * columns, rng))


def _numbers(count: int, rng: random.Random) -> list[int]:
    return rng.choices(_DENSE if rng.random() < 0.5 else _SPARSE, k=count)


def _positive(n: int, rng: random.Random) -> fmpq_mat:
    K = small(n, rng.randint(1, n), rng)
    return K * K.transpose()


def _orthogonal(n: int, rng: random.Random) -> fmpq_mat:
    """Draw a rational orthogonal matrix, by Cayley's transform of a skew one."""
    K = small(n, n, rng)
    skew = K - K.transpose()
    identity = rational.identity(n)
    # I + K is invertible, since the eigenvalues of a skew matrix are imaginary.
    return (identity - skew) * (identity + skew).inv() * _signed_permutation(n, rng)


def _signed_permutation(n: int, rng: random.Random) -> fmpq_mat:
    matrix = fmpq_mat(n, n)
    for row, column in enumerate(rng.sample(range(n), n)):
        matrix[row, column] = rng.choice((1, 1, -1))
    return matrix


def _invertible(n: int, rng: random.Random) -> fmpq_mat:
    lower, upper = small(n, n, rng), small(n, n, rng)
    for i in range(n):
        for j in range(n):
            if i <= j:
                lower[i, j] = 1 if i == j else 0
            if i >= j:
                upper[i, j] = rng.choice((1, 1, -1, 2)) if i == j else 0
    return lower * upper


def _bits(n: int, rng: random.Random) -> fmpq_mat:
    return rational.diagonal(rng.choices((0, 1), k=n))


def _eigenvalues(n: int, rng: random.Random) -> fmpq_mat:
    return rational.diagonal(rng.choices((0, 1, -1, 2), k=n))


def _projector(n: int, rng: random.Random) -> fmpq_mat:
    K = small(n, rng.randint(1, max(1, n - 1)), rng)
    return K * rational.moore_penrose(K)


def _similar(core: Square) -> Square:
    def draw(n: int, rng: random.Random) -> fmpq_mat:
        turn = _invertible(n, rng)
        return turn * core(n, rng) * turn.inv()

    return draw


def _nilpotent(n: int, rng: random.Random) -> fmpq_mat:
    matrix = small(n, n, rng)
    for i in range(n):
        for j in range(i + 1):
            matrix[i, j] = 0
    return matrix


def _range_symmetric(n: int, rng: random.Random) -> fmpq_mat:
    """Draw a matrix whose range is that of its transpose."""
    Z = small(n, rng.randint(1, n), rng)
    return Z * small(Z.ncols(), Z.ncols(), rng) * Z.transpose()


def _normal(n: int, rng: random.Random) -> fmpq_mat:
    """Draw a circulant: it commutes with its transpose, and with every other one."""
    first = _numbers(n, rng)
    return fmpq_mat(n, n, [first[(j - i) % n] for i in range(n) for j in range(n)])


def _companion(n: int, rng: random.Random) -> fmpq_mat:
    """Draw companion matrices of one small polynomial along the diagonal: they satisfy it."""
    size = rng.choice([divisor for divisor in range(1, n + 1) if n % divisor == 0])
    coefficients = rng.choices((0, 0, 1, -1, 2, -2), k=size)
    matrix = fmpq_mat(n, n)
    for start in range(0, n, size):
        for i in range(size):
            if i:
                matrix[start + i, start + i - 1] = 1
            matrix[start + i, start + size - 1] = coefficients[i]
    return matrix


def _zero(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    return fmpq_mat(rows, columns)


def _of_rank_one(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    return small(rows, 1, rng) * small(1, columns, rng)


def _of_full_rank(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    size = max(rows, columns)
    matrix = _invertible(size, rng)
    matrix = rational.select_rows(matrix, range(rows))
    return rational.select_columns(matrix, range(columns))


def _diagonal(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    matrix = fmpq_mat(rows, columns)
    for i in range(min(rows, columns)):
        matrix[i, i] = rng.choice((0, 1, 1, 2, -1))
    return matrix


def _selection(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    """Draw a matrix of full rank with one entry in each row, or in each column."""
    matrix = fmpq_mat(rows, columns)
    rank = min(rows, columns)
    places = zip(rng.sample(range(rows), rank), rng.sample(range(columns), rank), strict=True)
    for place in places:
        matrix[place] = rng.choice((1, 1, 1, -1, 2))
    return matrix


def _isometry(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    size = max(rows, columns)
    matrix = (_orthogonal if rng.random() < 0.5 else _signed_permutation)(size, rng)
    matrix = rational.select_rows(matrix, rng.sample(range(size), rows))
    return rational.select_columns(matrix, rng.sample(range(size), columns))


def _partial_isometry(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    rank = rng.randint(1, min(rows, columns))
    return _isometry(rows, rank, rng) * _isometry(rank, columns, rng)


def _repeated(rows: int, columns: int, rng: random.Random) -> fmpq_mat:
    """Draw small integers, with a row or a column that occurs twice."""
    matrix = small(rows, columns, rng)
    if rows > 1:
        matrix = rational.select_rows(matrix, [0, *range(rows - 1)])
    if columns > 1 and rng.random() < 0.5:
        matrix = rational.select_columns(matrix, [0, *range(columns - 1)])
    return matrix


RECTANGULAR: Mapping[str, Rectangular] = {
    "small": small,
    "zero": _zero,
    "of rank one": _of_rank_one,
    "of full rank": _of_full_rank,
    "diagonal": _diagonal,
    "selection": _selection,
    "isometry": _isometry,
    "partial isometry": _partial_isometry,
    "repeated": _repeated,
}
"""Families for every shape."""

SQUARE: Mapping[str, Square] = {
    "identity": lambda n, rng: rational.identity(n),
    "symmetric": lambda n, rng: (K := small(n, n, rng)) + K.transpose(),
    "skew": lambda n, rng: (K := small(n, n, rng)) - K.transpose(),
    "positive": _positive,
    "bits": _bits,
    "eigenvalues": _eigenvalues,
    "projector": _projector,
    "idempotent": _similar(_bits),
    "involution": _similar(lambda n, rng: rational.diagonal(rng.choices((1, -1), k=n))),
    "reflection": lambda n, rng: 2 * _projector(n, rng) - rational.identity(n),
    "diagonalizable": _similar(_eigenvalues),
    "nilpotent": _nilpotent,
    "turned nilpotent": _similar(_nilpotent),
    "signed permutation": _signed_permutation,
    "orthogonal": _orthogonal,
    "invertible": _invertible,
    "range symmetric": _range_symmetric,
    "normal": _normal,
    "companion": _companion,
}
"""Families for square shapes only."""


def _core(T: fmpq_mat) -> fmpq_mat:
    """Return the idempotent with the range and the kernel of a high power, a polynomial in T."""
    power = T
    for _ in range(T.nrows() - 1):
        power = power * T
    middle = rational.moore_penrose(power * power * power)
    return power * power * middle * power


POLISHED: Mapping[str, Callable[[fmpq_mat], fmpq_mat]] = {
    "as it is": lambda T: T,
    "onto the range": lambda T: T * rational.moore_penrose(T),
    "onto the row space": lambda T: rational.moore_penrose(T) * T,
    "idempotent": _core,
    "off the range": lambda T: rational.identity(T.nrows()) - T * rational.moore_penrose(T),
    "involution": lambda T: 2 * _core(T) - rational.identity(T.nrows()),
    "squared": lambda T: T * T.transpose(),
    "symmetric": lambda T: T + T.transpose(),
}
"""What a square matrix that satisfies linear assumptions is turned into, to satisfy others.

A polynomial in it still commutes with what it commuted with, a projector onto its range still
annihilates what it annihilated.
"""


def combination(origin: fmpq_mat, basis: Sequence[fmpq_mat], rng: random.Random) -> fmpq_mat:
    """Return a point of an affine space, with small coefficients.

    Examples
    --------
    >>> combination(small(1, 1, random.Random(0)), [], random.Random(0)).nrows()
    1
    """
    for direction, coefficient in zip(basis, _numbers(len(basis), rng), strict=True):
        if coefficient:
            origin = origin + direction * coefficient
    return origin


def derived(
    rows: int, columns: int, others: Sequence[fmpq_mat], rng: random.Random
) -> fmpq_mat | None:
    """Draw a matrix whose range or row space comes from other matrices, None where none fits.

    It is ``F K G`` where ``F`` and ``G`` are others, their transposes or pseudo-inverses, or
    absent, and ``K`` is small or a projector; or, where it is square, a projector that belongs to
    one of them.

    Examples
    --------
    >>> a = fmpq_mat(2, 1, [1, 2])
    >>> rational.rank(derived(2, 3, [a], random.Random(0)))
    1
    """
    forms = []
    for other in others:
        forms += [other, other.transpose()]
    left = [form for form in forms if form.nrows() == rows]
    right = [form for form in forms if form.ncols() == columns]
    if not (left or right):
        return None
    F = rng.choice([*left, None]) if right else rng.choice(left)
    G = rng.choice([*right, None]) if F is not None else rng.choice(right)
    if F is not None and rng.random() < 0.3:
        F = rational.moore_penrose(F).transpose()
    if G is not None and rng.random() < 0.3:
        G = rational.moore_penrose(G).transpose()
    if F is not None and rows == columns and rng.random() < 0.4:
        projector = F * rational.moore_penrose(F)
        return projector if rng.random() < 0.5 else rational.identity(rows) - projector
    inner_rows = rows if F is None else F.ncols()
    inner_columns = columns if G is None else G.nrows()
    choice = rng.random() if inner_rows == inner_columns else 1.0
    if choice < 0.4:
        inner = rational.identity(inner_rows)
    elif choice < 0.6:
        inner = _projector(inner_rows, rng)
    else:
        inner = small(inner_rows, inner_columns, rng)
    product = inner if F is None else F * inner
    return product if G is None else product * G
