"""The environment chooses how hard Hypothesis tries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("environment", "examples"),
    [
        ({}, 50),
        ({"CI": "true"}, 100),
        ({"CI": ""}, 50),
        ({"HYPOTHESIS_PROFILE": "ci"}, 100),
        ({"HYPOTHESIS_PROFILE": "deep"}, 2000),
        ({"CI": "true", "HYPOTHESIS_PROFILE": "dev"}, 50),
    ],
)
def test_profile(environment: dict[str, str], examples: int) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in {"CI", "HYPOTHESIS_PROFILE"}}
    code = (
        "import runpy; runpy.run_path('tests/conftest.py'); "
        "from hypothesis import settings; print(settings().max_examples, settings().deadline)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(examples), "None"]
