"""Serving the page to this machine, and to no other."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from linreg_unlearn.errors import InputError

__all__ = ["HOST", "Server", "explore"]

HOST = "127.0.0.1"
"""The page is for this machine only: the loopback interface is the only one it is served on."""

NOTEBOOK = Path(__file__).with_name("notebook.py")
_PATIENCE = 60.0  # seconds to start


def _require_extra() -> None:
    missing = [
        name for name in ("marimo", "altair", "PIL", "sklearn", "jinja2") if find_spec(name) is None
    ]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise InputError(
            f"the page needs {' and '.join(missing)}, which {verb} not installed: run "
            "python -m pip install 'linreg-unlearn[explore]'"
        )


class Server:
    """The page, served from a thread until the block ends.

    Parameters
    ----------
    port : int
        0 chooses a free one.

    Attributes
    ----------
    url : str
        Where the page is.

    Raises
    ------
    InputError
        The extra is not installed, or the port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        _require_extra()
        import uvicorn

        self._socket = _bound(port)
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}/"
        self._folder = tempfile.TemporaryDirectory(prefix="linreg-unlearn-")
        self._book = Path(self._folder.name) / "book"
        self._writing: subprocess.Popen[bytes] | None = None
        # Pages that are open when the server ends would keep it waiting.
        self._server = uvicorn.Server(
            uvicorn.Config(
                _application(self._book), log_level="warning", timeout_graceful_shutdown=1
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def write_book(self) -> None:
        """Begin to write the theorem book, to which the page links, in a process of its own."""
        # In a folder of its own first, so that nobody sees half of it.
        program = (
            "import sys; from pathlib import Path; "
            "from linreg_unlearn.book.site import write_book; "
            "beside = Path(sys.argv[1]).with_name('written'); write_book(beside); "
            "beside.rename(sys.argv[1])"
        )
        self._writing = subprocess.Popen(
            [sys.executable, "-c", program, str(self._book)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        end = time.monotonic() + _PATIENCE
        while not self._server.started and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(0.02)
        if not self._server.started:
            raise InputError("the page could not be served: see the messages above")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        if self._writing is not None:
            self._writing.kill()
            self._writing.wait()
        self._folder.cleanup()

    def wait(self) -> None:
        """Serve until the thread ends or Ctrl-C is pressed."""
        while self._thread.is_alive():
            self._thread.join(0.2)


def _bound(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise InputError(
            f"port {port} cannot be used ({error.strerror or error}): choose another with --port, "
            "or leave it out"
        ) from None
    return listening


def _application(folder: Path) -> Any:
    """Return the page and the theorem book, for this machine and for no other origin.

    Parameters
    ----------
    folder : Path
        Where the theorem book is, or will be once it is written.
    """
    import marimo
    from starlette.applications import Starlette
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    page: list[Any] = []  # the application of the notebook, which knows its sessions

    def seen(app: Any) -> Any:
        page.append(app)
        return app

    served = (
        marimo.create_asgi_app(quiet=True)
        .with_app(path="", root=str(NOTEBOOK), middleware=[seen])
        .build()
    )
    book = StaticFiles(directory=folder, html=True, check_dir=False)
    app = Starlette(routes=[Mount("/book", _once_written(book, folder)), Mount("/", served)])
    # A page elsewhere can make a browser connect here under its own name; it is turned away.
    return TrustedHostMiddleware(
        _same_origin(_closing(app, page[0].state.session_manager)),
        allowed_hosts=[HOST, "localhost"],
    )


def _once_written(book: Any, folder: Path) -> Any:
    """Return the book, or while it is being written a page that looks again by itself."""

    async def patient(scope: Any, receive: Any, send: Any) -> None:
        if (folder / "index.html").is_file():
            await book(scope, receive, send)
            return
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"refresh", b"2")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        text = b"<!doctype html><title>The theorem book</title><p>The book is being written."
        await send({"type": "http.response.body", "body": text})

    return patient


def _same_origin(app: Any) -> Any:
    """Return the application without what pages of other origins send."""

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        own = (b"http://" + headers.get(b"host", b""), None)
        if headers.get(b"origin") in own:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"This page has another origin."})

    return guarded


def _closing(app: Any, sessions: Any) -> Any:
    """Return the application that ends the sessions of its pages when the server ends.

    marimo leaves that to who mounts it. The thread of a session waits for its page, and the
    interpreter would wait for the thread.
    """

    async def closing(scope: Any, receive: Any, send: Any) -> None:
        async def received() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await sessions.shutdown()
            return message

        await app(scope, received if scope["type"] == "lifespan" else receive, send)

    return closing


def _warm_up() -> None:
    """Compute what the first page would otherwise wait for."""
    from linreg_unlearn.explore import page, theory
    from linreg_unlearn.explore.solving import solve
    from linreg_unlearn.explore.state import State

    solved = solve(State())
    for part in (page.distances, page.losses, page.matrix):
        part(State(), solved)
    page.words(State(), solved, "")
    theory.formulas(State())
    theory.proved()


def explore(port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    port : int
        0 chooses a free one.
    browser : bool
        Whether to open a browser.
    say : callable
        Is told where the page is.

    Raises
    ------
    InputError
        The extra is not installed, or the port is taken.
    """
    with Server(port) as server:
        say(f"The page is at {server.url} and is served to this machine only. Press Ctrl-C to end.")
        threading.Thread(target=_warm_up, daemon=True).start()
        server.write_book()
        if browser:
            webbrowser.open(server.url)
        try:
            server.wait()
        except KeyboardInterrupt:
            say("Ended.")
