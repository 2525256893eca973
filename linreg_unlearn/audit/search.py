"""The smallest counterexample: by sum of dimensions, then largest entry, then non-zero entries.

Small integer instances are enumerated in that order until one violates the part. Every statement
of the language is invariant under an orthogonal change of basis in each of its dimensions, and
renaming or flipping the sign of features, rows and outputs is one that keeps integers and masks.
So of all instances that differ by that alone, one is looked at:

- most letters have exactly one dimension ``d``, so an instance is a *multiset of features*, a tuple
  of entries each, with the sign of each feature chosen;
- among multisets that differ by renaming and flipping rows and outputs, the first in order.

Together they leave one instance in several hundred of plain enumeration. Other letters, such as a
``d×d`` matrix that is no mask, run through all matrices, and so through all turned ones as well.

What a part assumes of each feature separately (a mask keeps what ``X_r`` uses) is checked on the
tuples, before they are combined. The search stops at a budget, and says whether it had covered
everything smaller than what it found.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq_mat

from linreg_unlearn.algebra import rational
from linreg_unlearn.algebra.deciding import holds
from linreg_unlearn.algebra.expressions import Equation, Letter, walk
from linreg_unlearn.algebra.reading import UndefinedError
from linreg_unlearn.algebra.statements import Mask, Positive, SizeIs
from linreg_unlearn.audit.drawing import letters_of, parameters_of
from linreg_unlearn.audit.evidence import violates
from linreg_unlearn.audit.instances import Instance
from linreg_unlearn.audit.smallest import LARGEST_ENTRY, LARGEST_TOTAL, parameter_values
from linreg_unlearn.claims.claim import Assumption, Part
from linreg_unlearn.claims.vocabulary import E_f, E_r

__all__ = ["Counterexample", "has_selectors", "smallest_counterexample"]

# Any subset of the symmetries is valid. More of them, or any of them for a shape with so many
# features to choose from that no budget gets through it, cost more than they save.
_MOST_SYMMETRIES = 32
_LARGEST_ALPHABET = 400

Sizes = dict[str, int]
Values = tuple[int, ...]


@dataclass(frozen=True)
class Counterexample:
    """An exact instance on which a part fails.

    Parameters
    ----------
    part : int
        The position of the part in its claim.
    instance : Instance
    covered : bool
        Whether no smaller instance (integers up to 2 in size) violates the part: everything that
        comes before it in the order was looked at.
    tried : int
        How many instances were looked at.
    """

    part: int
    instance: Instance
    covered: bool
    tried: int

    @property
    def extent(self) -> str:
        """How far the search went, in words."""
        if self.covered:
            return (
                f"no smaller one with integers up to {LARGEST_ENTRY} "
                f"({self.tried} instances covered everything smaller)"
            )
        return f"the smallest found among {self.tried}; not everything smaller was covered"


def smallest_counterexample(
    part: Part,
    *,
    budget: int = 30_000,
    position: int = 0,
    wrong: Callable[[Part, Instance], bool] = violates,
) -> Counterexample | None:
    """Look for the smallest instance that satisfies the assumptions and violates the statement.

    Parameters
    ----------
    part : Part
    budget : int
        How many instances to look at in all.
    position : int
        The position of the part in its claim, for the report.
    wrong : callable, optional
        What is looked for, where it is something else.

    Returns
    -------
    Counterexample or None
        None when the budget or the order is exhausted; that proves nothing.
    """
    space = _Space(part)
    tried = 0
    for total in range(1, LARGEST_TOTAL + 1):
        for largest in range(1, LARGEST_ENTRY + 1):
            for instance in space.instances(total, largest):
                if tried == budget:
                    return None
                tried += 1
                if wrong(part, instance):
                    return Counterexample(position, instance, True, tried)
    return None


def has_selectors(part: Part) -> bool:
    """Whether a part speaks of retained or forget rows, whose selectors follow from the sizes.

    Examples
    --------
    >>> from linreg_unlearn.claims.vocabulary import X, X_r
    >>> has_selectors(Part(X == X)), has_selectors(Part(X_r == X_r))
    (False, True)
    """
    return any(letter.same(E_r) or letter.same(E_f) for letter in letters_of(part))


class _Space:
    """The integer instances of the letters of one part."""

    def __init__(self, part: Part) -> None:
        self.part = part
        letters = letters_of(part)
        self.parameters = sorted(parameters_of(part))
        self.positive = {
            statement.parameter for statement in part.assumed if isinstance(statement, Positive)
        }
        self.split = {x.name for x in letters if x.same(E_r) or x.same(E_f)}
        self.given = self._given()
        derived = self.split | self.given.keys()
        free = [letter for letter in letters if letter.name not in derived]
        masks = {
            statement.argument.name
            for statement in part.assumed
            if isinstance(statement, Mask)
            and isinstance(statement.argument, Letter)
            and statement.argument.shape == ("d", "d")
        }
        self.letters = letters
        self.diagonals = [letter for letter in free if letter.name in masks]
        self.by_feature = [
            letter
            for letter in free
            if letter.name not in masks and (letter.rows == "d") != (letter.columns == "d")
        ]
        placed = masks | {letter.name for letter in self.by_feature}
        self.others = [letter for letter in free if letter.name not in placed]
        self.fixed_sizes = {
            statement.dimension: statement.size
            for statement in part.assumed
            if isinstance(statement, SizeIs)
        }
        symbols = {symbol for letter in letters for symbol in letter.shape} - {"1"}
        if self.split:
            symbols |= {"n_r", "n_f"}
            symbols.discard("n")
        self.symbols = sorted(symbols)
        # Assumptions that hold when they hold for every feature alone; they prune early.
        bound = self.split | {letter.name for letter in (*self.diagonals, *self.by_feature)}
        self.featurewise = [
            statement
            for item in part.assuming
            if isinstance(item, Assumption) and item.featurewise
            for statement in item.statements
            if {x.name for x in walk(*statement.expressions) if isinstance(x, Letter)} <= bound
        ]

    def _given(self) -> dict[str, Equation]:
        """Return the letters that an assumption gives outright, in terms of the others.

        None of them is needed for an earlier one, so they can be computed in order.
        """
        given: dict[str, Equation] = {}
        used: set[str] = set()
        for statement in self.part.assumed:
            if not (isinstance(statement, Equation) and isinstance(statement.lhs, Letter)):
                continue
            name = statement.lhs.name
            needed = {x.name for x in walk(statement.rhs) if isinstance(x, Letter)}
            if name not in given.keys() | used | needed:
                given[name] = statement
                used |= needed
        return given

    def instances(self, total: int, largest: int) -> Iterator[Instance]:
        """Yield instances of one total size and largest entry, by number of non-zero entries."""
        cells = [_Cell(self, sizes, largest) for sizes in self._sizes(total)]
        # Equal numbers of non-zero entries come together, whatever the shape.
        most = max((cell.most_nonzero for cell in cells), default=-1)
        for nonzero in range(most + 1):
            for cell in cells:
                yield from cell.instances(nonzero)

    def _sizes(self, total: int) -> Iterator[Sizes]:
        if not self.symbols:
            if total == 1:
                yield {}
            return
        for cuts in itertools.combinations(range(1, total), len(self.symbols) - 1):
            parts = [b - a for a, b in itertools.pairwise((0, *cuts, total))]
            sizes = dict(zip(self.symbols, parts, strict=True))
            if any(sizes.get(name, size) != size for name, size in self.fixed_sizes.items()):
                continue
            if self.split:
                sizes["n"] = sizes["n_r"] + sizes["n_f"]
            yield sizes


class _Cell:
    """The instances of one shape and one largest entry."""

    def __init__(self, space: _Space, sizes: Sizes, largest: int) -> None:
        self.space, self.sizes, self.largest = space, sizes, largest
        self.features = sizes.get("d", 0)
        self.parameters = self._values_of_parameters()
        self.widths = [self._width(letter) for letter in space.by_feature]
        self.alphabet = sorted(self._feature_tuples(), key=_nonzero)
        self.counts = [_nonzero(values) for values in self.alphabet]
        entries = sum(sizes.get(a, 1) * sizes.get(b, 1) for a, b in (x.shape for x in space.others))
        self.other_entries = entries
        self.symmetries = list(self._symmetries())
        most_per_feature = max(self.counts, default=0)
        self.most_nonzero = self.features * most_per_feature + entries

    def _symmetries(self) -> Iterator[list[int]]:
        """Yield where each tuple of the alphabet goes when rows and outputs are turned."""
        if self.space.others or len(self.alphabet) > _LARGEST_ALPHABET:
            return  # other letters would have to be turned as well
        index = {values: at for at, values in enumerate(self.alphabet)}
        axes = {
            letter.columns if letter.rows == "d" else letter.rows
            for letter in self.space.by_feature
        }
        choices = [list(self._turns(axis)) for axis in sorted(axes)]
        for turns in itertools.islice(itertools.product(*choices), 1, _MOST_SYMMETRIES):
            turn = dict(zip(sorted(axes), turns, strict=True))
            yield [index[self._turned(values, turn)] for values in self.alphabet]

    def _turns(self, axis: str) -> Iterator[tuple[tuple[int, int], ...]]:
        """Yield the signed permutations of one dimension, as pairs of position and sign."""
        size = self.sizes.get(axis, 1)
        # Retained and forget rows are two sets; each is renamed within itself.
        blocks = [range(size)]
        if axis == "n" and self.space.split:
            blocks = [range(self.sizes["n_r"]), range(self.sizes["n_r"], size)]
        for orders in itertools.product(*(itertools.permutations(block) for block in blocks)):
            order = tuple(itertools.chain(*orders))
            for signs in itertools.product((1, -1), repeat=size):
                yield tuple(zip(order, signs, strict=True))

    def _turned(self, values: Values, turn: dict[str, tuple[tuple[int, int], ...]]) -> Values:
        turned: list[int] = []
        position = 0
        for letter, width in zip(self.space.by_feature, self.widths, strict=True):
            axis = letter.columns if letter.rows == "d" else letter.rows
            turned += [sign * values[position + at] for at, sign in turn[axis]]
            position += width
        if next((value for value in turned if value), 1) < 0:
            turned = [-value for value in turned]
        return (*turned, *values[position:])

    def _width(self, letter: Letter) -> int:
        symbol = letter.columns if letter.rows == "d" else letter.rows
        return self.sizes.get(symbol, 1)

    def _feature_tuples(self) -> Iterator[Values]:
        """Yield what the letters can say of one feature: entries first, then mask bits."""
        width, bits = sum(self.widths), len(self.space.diagonals)
        symbols = sorted(range(-self.largest, self.largest + 1), key=abs)
        for entries in itertools.product(symbols, repeat=width):
            # Flipping the sign of a feature changes nothing: its first entry may be positive.
            if next((value for value in entries if value), 1) < 0:
                continue
            for mask in itertools.product((0, 1), repeat=bits):
                values = (*entries, *mask)
                if self._feature_is_possible(values):
                    yield values

    def _feature_is_possible(self, values: Values) -> bool:
        if not self.space.featurewise:
            return True
        sizes = {**self.sizes, "d": 1}
        reading = Instance(sizes, self._of_features((values,), sizes), {}).exact()
        return all(holds(statement, reading) for statement in self.space.featurewise)

    def instances(self, nonzero: int) -> Iterator[Instance]:
        """Yield the instances with this many non-zero entries."""
        symbols = sorted(range(-self.largest, self.largest + 1), key=abs)
        turns = self.symmetries
        for others in itertools.product(symbols, repeat=self.other_entries):
            left = nonzero - _nonzero(others)
            if left < 0:
                continue
            # The instance of zeros comes first of all.
            reached = self.largest == 1 or any(abs(value) == self.largest for value in others)
            for chosen in self._multisets(0, self.features, left):
                if any(sorted(map(turn.__getitem__, chosen)) < list(chosen) for turn in turns):
                    continue  # another instance of its class comes first
                tuples = [self.alphabet[index] for index in chosen]
                if reached or any(abs(v) == self.largest for values in tuples for v in values):
                    for parameters in self.parameters:
                        try:
                            instance = self._instance(tuple(tuples), others, parameters)
                        except UndefinedError:
                            continue  # a letter is given by an inverse that does not exist
                        yield instance

    def _multisets(self, start: int, length: int, nonzero: int) -> Iterator[tuple[int, ...]]:
        if length == 0:
            if nonzero == 0:
                yield ()
            return
        for index in range(start, len(self.alphabet)):
            count = self.counts[index]
            if count * length > nonzero:
                return  # the alphabet is sorted, so every later choice is larger still
            for rest in self._multisets(index, length - 1, nonzero - count):
                yield (index, *rest)

    def _values_of_parameters(self) -> list[dict[str, Fraction]]:
        # Means follow from the sizes.
        means = {
            name: Fraction(1, self.sizes["n" + name[1:]])
            for name in self.space.parameters
            if name in ("m_r", "m_f")
        }
        others = [name for name in self.space.parameters if name not in means]
        return [{**means, **values} for values in parameter_values(others, self.space.positive)]

    def _of_features(self, features: tuple[Values, ...], sizes: Sizes) -> dict[str, fmpq_mat]:
        """Return the letters that are said feature by feature, and those that follow from sizes."""
        space = self.space
        letters: dict[str, fmpq_mat] = {}
        position = 0
        for letter, width in zip(space.by_feature, self.widths, strict=True):
            rows = [values[position : position + width] for values in features]
            matrix = rational.from_rows(rows, width)
            letters[letter.name] = matrix if letter.rows == "d" else matrix.transpose()
            position += width
        for letter in space.diagonals:
            letters[letter.name] = rational.diagonal([values[position] for values in features])
            position += 1
        if space.split:
            n_r, n_f = sizes["n_r"], sizes["n_f"]
            both = rational.identity(n_r + n_f)
            letters["E_r"] = rational.select_rows(both, range(n_r))
            letters["E_f"] = rational.select_rows(both, range(n_r, n_r + n_f))
        return letters

    def _instance(
        self, features: tuple[Values, ...], others: Values, parameters: dict[str, Fraction]
    ) -> Instance:
        space, sizes = self.space, self.sizes
        letters = self._of_features(features, sizes)
        used = 0
        for letter in space.others:
            rows, columns = (sizes.get(symbol, 1) for symbol in letter.shape)
            letters[letter.name] = fmpq_mat(
                rows, columns, list(others[used : used + rows * columns])
            )
            used += rows * columns
        reading = Instance(sizes, letters, parameters).exact()
        for name, equation in space.given.items():
            letters[name] = reading.letters[name] = reading.value(equation.rhs)
        ordered = {letter.name: letters[letter.name] for letter in space.letters}
        return Instance(sizes, ordered, parameters)


def _nonzero(values: Values) -> int:
    return sum(value != 0 for value in values)
