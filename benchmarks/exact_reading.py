"""The exact reading against what one would run instead: SymPy matrices and Python fractions.

Side by side in one run: the Moore-Penrose inverse at any rank, and one whole claim (A3) decided on
one instance. The last two columns say how many times longer SymPy takes.
"""

import random
import time
from collections.abc import Callable
from functools import partial

from sympy import QQ, Matrix
from sympy.polys.matrices import DomainMatrix

from linreg_unlearn.algebra import rational
from linreg_unlearn.audit.drawing import Limits, RandomSource, draw_instance
from linreg_unlearn.audit.evidence import judge
from linreg_unlearn.claims.claim import load_claims


def best(run: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def by_domain_matrix(entries: list[list[int]]) -> object:
    """Return the inverse of full row rank the way SymPy's fast matrices do it."""
    A = DomainMatrix.from_Matrix(Matrix(entries)).convert_to(QQ).to_dense()
    turned = A.transpose()
    return turned * (A * turned).inv()


def main() -> None:
    """Time both and print the ratios."""
    generator = random.Random(0)
    print(f"{'Moore-Penrose inverse':28}{'flint':>12}{'DomainMatrix':>16}{'Matrix.pinv':>16}")
    for rows, columns in ((2, 4), (4, 8), (6, 12)):
        entries = [[generator.randint(-3, 3) for _ in range(columns)] for _ in range(rows)]
        ours = best(partial(rational.moore_penrose, rational.from_rows(entries)), 20)
        domain = best(partial(by_domain_matrix, entries), 5)
        plain = best(Matrix(entries).pinv, 1)
        shape = f"{rows}×{columns}"
        print(f"{shape:28}{1e3 * ours:9.3f} ms{domain / ours:14.0f} ×{plain / ours:14.0f} ×")
    part = load_claims()["A3"].parts[0]
    drawn = [draw_instance(part, RandomSource(seed), Limits()) for seed in range(200)]
    each = best(lambda: [judge(part, instance) for instance in drawn], 3) / len(drawn)
    print(f"{'A3 decided, one instance':28}{1e3 * each:9.3f} ms")


if __name__ == "__main__":
    main()
