"""The command that serves the page: its help, its port, and what it says without its extra."""

import socket

import pytest
from click.testing import CliRunner, Result

from linreg_unlearn import cli
from linreg_unlearn.explore import serving


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(cli.messages, "_width", 80)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["explore", *arguments])


def test_help_fits_and_says_who_is_served() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    for word in ("127.0.0.1", "--port", "--no-browser", "Ctrl-C"):
        assert word in result.output


@pytest.mark.parametrize("port", ["-1", "65536", "http", "1.5"])
def test_what_is_no_port_is_one_sentence(port: str) -> None:
    result = run("--no-browser", "--port", port)
    assert result.exit_code == 2
    assert "--port" in result.output
    assert "Traceback" not in result.output


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--no-browser", "--port", str(port))
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert f"port {port} cannot be used" in said
    assert "choose another with --port, or leave it out" in said


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    result = run("--no-browser")
    assert result.exit_code == 2
    assert "python -m pip install 'linreg-unlearn[explore]'" in " ".join(result.output.split())
