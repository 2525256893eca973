"""The page as a script: what gives its numbers with the public functions of the package."""

from __future__ import annotations

from linreg_unlearn.explore.solving import Solved, call_of

__all__ = ["snippet"]


def snippet(solved: Solved) -> str:
    r"""Return Python code that prints the numbers on the page, a line per method.

    Parameters
    ----------
    solved : Solved

    Returns
    -------
    str
        It prints label, retained loss, unlearning loss and distance to golden, separated by tabs.

    Examples
    --------
    >>> from linreg_unlearn.explore.solving import solve
    >>> from linreg_unlearn.explore.state import State
    >>> print(snippet(solve(State(family="fine-tuning", n_t=20))))
    from linreg_unlearn.comparison import compare
    from linreg_unlearn.setups import overlapping
    <BLANKLINE>
    problem = overlapping(n_r=20, n_f=8, d_r=30, d_lap=20, d_f=30, seed=0)
    runs = [
        ("pretrained", "pretrained", {}),
        ("golden (retrained)", "golden", {}),
        ("fine-tuned", "fine_tuned", {}),
    ]
    for label, method, options in runs:
        (row,) = compare(problem, ridge=0.0, runs=[(method, options)])
        print(label, row.retain_loss, row.unlearning_loss, row.distance_to_golden, sep="\t")
    <BLANKLINE>
    """
    name, arguments = call_of(solved.state)
    given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    if name == "digits":
        source, call = "linreg_unlearn.datasets import load", f'load("digits").problem({given})'
    else:
        source, call = f"linreg_unlearn.setups import {name}", f"{name}({given})"
    runs = [
        f"    ({_text(line.label)}, {_text(line.row.method)}, {_plain(dict(line.options))}),"
        for line in solved.lines
    ]
    ridge = solved.state.ridge
    return "\n".join(
        [
            "from linreg_unlearn.comparison import compare",
            f"from {source}",
            "",
            f"problem = {call}",
            "runs = [",
            *runs,
            "]",
            "for label, method, options in runs:",
            f"    (row,) = compare(problem, ridge={ridge!r}, runs=[(method, options)])",
            "    print(label, row.retain_loss, row.unlearning_loss, row.distance_to_golden, "
            'sep="\\t")',
            "",
        ]
    )


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(value: object) -> str:
    """Return a value as code: numbers, words, lists and dictionaries of them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return _text(value)
    tolist = getattr(value, "tolist", None)
    return repr(tolist() if tolist is not None else value)
