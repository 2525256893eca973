"""The page is served to this machine only, and does nothing but what its controls say."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

import linreg_unlearn
from linreg_unlearn.errors import InputError
from linreg_unlearn.explore import serving
from linreg_unlearn.explore.serving import HOST, Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def ask(
    server: Server, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, str]:
    """Return status and text of an answer."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    text = None if body is None else json.dumps(body)
    if body is not None:
        given["Content-Type"] = "application/json"
    connection.request(method, path, text, given)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(errors="replace")
    connection.close()
    return found


def test_the_page_is_there_and_names_no_other_host(server: Server) -> None:
    status, text = ask(server, "GET", "/")
    assert status == 200
    assert "linreg_unlearn: theory to turn with a slider" in text


def test_it_listens_on_the_loopback_interface_alone(server: Server) -> None:
    parts = urlsplit(server.url)
    assert parts.hostname == HOST == "127.0.0.1"
    assert server._socket.getsockname()[0] == HOST
    # Every address of 127/8 is this machine; a server on all interfaces would answer at each.
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", parts.port), timeout=5).close()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/health", "/api/status", "/assets/index.js"])
def test_a_foreign_host_is_turned_away(server: Server, host: str, path: str) -> None:
    """A page elsewhere can let its own name point here: rebinding."""
    assert ask(server, "GET", path, Host=host)[0] == 400


def test_this_machine_by_name_is_served(server: Server) -> None:
    assert ask(server, "GET", "/health", Host=f"localhost:{urlsplit(server.url).port}")[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1", "null"]
)
def test_a_page_of_another_origin_gets_no_connection(server: Server, origin: str) -> None:
    address = server.url.replace("http", "ws") + "ws?session_id=s_from_elsewhere"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(address, origin=Origin(origin), open_timeout=30),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_its_own_page_gets_a_connection(server: Server) -> None:
    address = server.url.replace("http", "ws") + "ws?session_id=s_own"
    with connect(address, origin=Origin(server.url.rstrip("/")), open_timeout=30) as own:
        assert "kernel-ready" in str(own.recv(timeout=60))


RUNS = {"cellIds": ["Hbol"], "codes": ["open('x', 'w')"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/kernel/run", RUNS),
        ("/api/kernel/scratchpad/run", {"code": "1"}),
        (
            "/api/kernel/save",
            {"cellIds": [], "codes": [], "names": [], "configs": [], "filename": "x.py"},
        ),
        ("/api/kernel/rename", {"filename": "x.py"}),
        ("/api/kernel/delete", {"cellId": "Hbol"}),
        ("/api/kernel/shutdown", {}),
        ("/api/kernel/install_missing_packages", {"manager": "pip", "versions": {}}),
        ("/api/files/list_files", {"path": "/"}),
        ("/api/files/file_details", {"path": "/etc/passwd"}),
        ("/api/files/create", {"path": ".", "type": "file", "name": "x"}),
        ("/api/files/upload", {}),
        ("/api/packages/add", {"package": "x"}),
        ("/api/terminal/ws", {}),
        ("/api/home/shutdown_session", {"sessionId": "s_own"}),
        ("/api/export/script", {"download": False}),
        ("/api/ai/completion", {"prompt": "x"}),
        ("/api/datasources/preview_column", {}),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_nothing_can_be_run_written_or_read(server: Server, path: str, body: object) -> None:
    status, text = ask(server, "POST", path, body, Marimo_Session_Id="s_own")
    assert status in (401, 403, 404, 405), text
    assert "root:" not in text


@pytest.mark.parametrize("path", ["/terminal/ws", "/lsp/pylsp"])
def test_there_is_no_terminal(server: Server, path: str) -> None:
    address = server.url.replace("http", "ws").rstrip("/") + path
    with pytest.raises((InvalidStatus, OSError)), connect(address, open_timeout=30):
        pass


UP = 8 * "../"


@pytest.mark.parametrize(
    "path",
    [
        "/?file=/etc/passwd",
        f"/{UP}etc/passwd",
        f"/assets/{UP}etc/passwd",
        f"/assets/{quote(UP, safe='.')}etc%2fpasswd",
        f"/@file/{UP}etc/passwd",
        f"/public/{UP}etc/passwd",
    ],
)
def test_no_file_of_this_machine_is_served(server: Server, path: str) -> None:
    assert "root:" not in ask(server, "GET", path)[1]


def test_a_port_that_is_taken_is_one_sentence(server: Server) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    with pytest.raises(InputError, match=rf"^port {port} cannot be used .*--port.*$"):
        Server(port)


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:

    def without(*names: str) -> None:
        def found(name: str) -> ModuleSpec | None:
            return None if name in names else find_spec(name)

        monkeypatch.setattr(serving, "find_spec", found)

    without("marimo")
    with pytest.raises(InputError) as one:
        Server()
    assert str(one.value) == (
        "the page needs marimo, which is not installed: run "
        "python -m pip install 'linreg-unlearn[explore]'"
    )
    without("marimo", "PIL")
    with pytest.raises(InputError, match="needs marimo and PIL, which are not installed"):
        Server()


def test_a_server_that_ends_gives_its_port_back() -> None:
    with Server() as first:
        port = urlsplit(first.url).port
        assert port is not None
    with Server(port) as second:
        assert second.url == first.url


def test_a_page_of_another_origin_reads_and_sends_nothing(server: Server) -> None:
    for method, path in (("GET", "/"), ("POST", "/api/kernel/set_ui_element_value")):
        assert ask(server, method, path, Origin="http://evil.example")[0] == 403
    own = server.url.rstrip("/")
    assert ask(server, "GET", "/health", Origin=own)[0] == 200


def test_one_interrupt_ends_the_command_while_a_page_is_open() -> None:
    """The thread of a session would keep the interpreter waiting."""
    code = "from linreg_unlearn.cli import main; main(['explore', '--no-browser'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(linreg_unlearn.__file__).parents[1])},
        # A shell has its background jobs ignore Ctrl-C, and they hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+/", line)
        address = url.replace("http", "ws") + "ws?session_id=s_open"
        with connect(address, origin=Origin(url.rstrip("/")), open_timeout=60) as opened:
            opened.recv(timeout=60)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        assert process.stderr.read().splitlines()[-1] == "Ended."
    finally:
        process.kill()
        process.communicate()
