"""What `make wheel-check` runs with a freshly installed wheel, no extras, far from the checkout."""

import importlib.util
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in this folder and show what it prints."""
    command = Path(sys.executable).with_name("linreg-unlearn")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done


def main() -> None:
    """Fail with the first thing that does not hold."""
    for extra in ("sympy", "matplotlib", "sklearn", "hypothesis", "marimo", "jinja2"):
        assert importlib.util.find_spec(extra) is None, f"{extra} is installed: nothing is tested"

    import linreg_unlearn
    from linreg_unlearn.shipped import checkout_root, find_directory, find_references

    assert checkout_root() is None, f"{linreg_unlearn.__file__} is a checkout, not the wheel"
    for folder in ("figures", "proofs"):
        scripts = [path.name for path in find_directory(folder).iterdir()]
        assert any(name.endswith(".py") for name in scripts), f"no scripts in {folder}: {scripts}"
        assert "output" not in scripts, "the wheel carries drawn figures"
    packed = {str(path) for path in files("linreg-unlearn") or ()}
    assert "linreg_unlearn/py.typed" in packed, "the wheel does not say that it is typed"
    assert find_references().parent.name == "_shipped", "the wheel lacks the bibliography"
    for part in ("templates/claim.html", "static/book.css", "static/book.js"):
        assert f"linreg_unlearn/book/{part}" in packed, f"the wheel lacks {part} of the book"
    strangers = {path for path in packed if path.split("/")[0] in {"tests", "figures", "proofs"}}
    assert not strangers, f"the wheel installs top-level folders: {strangers}"

    # One claim of each kind; all of them are verified in the checkout.
    assert run("verify", "A3", "B3.gap", "C5", "E1").returncode == 0, "verify fails"
    assert run("check-certificates").returncode == 0, "a shipped certificate is not accepted"
    assert run("prove", "pinv(A.T*A) == pinv(A)*pinv(A).T").returncode == 0, "prove fails"

    for command in ("figures", "explore", "book"):
        without = run(command)
        assert without.returncode == 2, f"{command} without its extra exits {without.returncode}"
        assert f"linreg-unlearn[{command}]" in without.stderr, f"{command} does not name its extra"
        assert "Traceback" not in without.stderr, f"{command} without its extra shows a traceback"
    assert {"linreg_unlearn/explore/page.css", "linreg_unlearn/explore/notebook.py"} <= packed
    sys.stdout.write("The wheel works without extras.\n")


if __name__ == "__main__":
    main()
