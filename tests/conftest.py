"""What every test run shares: how hard Hypothesis tries, and whether a browser is there to try."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

# Thousands of small matrices: threads of the linear algebra library only wait for each other.
threadpool_limits(1)

# Where CI is set Hypothesis itself draws the same examples on every run; elsewhere new ones.
# No deadline: the first exact example pays for imports, and a slow machine is not a wrong result.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


BROWSER = Path(__file__).parent / "browser"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the tests in a browser: see ``make test-browser``."""
    parser.addoption("--browser-tests", action="store_true", help="run tests/browser as well")
    parser.addoption("--screenshots", type=Path, metavar="DIR", help="draw the page into DIR")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the tests in a browser alone where nobody asked for them."""
    if config.getoption("--browser-tests"):
        return None
    return True if BROWSER in (collection_path, *collection_path.parents) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration, a test of proofs that is skipped has failed."""
    report = yield
    proofs = {"algebra", "theory"} & set(item.path.parts)
    if os.environ.get("CI") and proofs and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report
