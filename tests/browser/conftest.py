"""A Chromium that Playwright drives, and the page as the command serves it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

import linreg_unlearn

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000  # milliseconds, on a machine that does other things as well


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser; what it remembers belongs to the contexts that a test opens."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.fail(f"no {CHROMIUM[0]} was found: install it, as make test-browser does")
    # The sandbox of Chromium refuses to run as root, as which containers run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    running = playwright.chromium.launch(executable_path=found, args=arguments)
    yield running
    running.close()


def heed_interrupts() -> None:
    """Have a process heed Ctrl-C, which a shell has its background jobs ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``linreg-unlearn explore`` serves the page, started as a user starts it."""
    said = tmp_path_factory.mktemp("server") / "said"
    root = str(Path(linreg_unlearn.__file__).parents[1])
    with said.open("w") as errors:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("linreg-unlearn"), "explore", "--no-browser"],
            stderr=errors,
            cwd=said.parent,
            env={**os.environ, "PYTHONPATH": root},
            preexec_fn=heed_interrupts,
        )
        try:
            end = time.monotonic() + 60
            while not (url := re.search(r"http://\S+", said.read_text())):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < end, "the page was not served within a minute"
                time.sleep(0.05)
            yield url[0]
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            # Whatever goes wrong behind a page is written there.
            assert [line for line in said.read_text().splitlines() if "rror" in line] == []
        finally:
            process.kill()
            process.wait()


class Watched:
    """Pages of one context, and what went wrong in them.

    Parameters
    ----------
    context : BrowserContext
    own : str
        The only address that may be asked.
    """

    def __init__(self, context: BrowserContext, own: str) -> None:
        self.context = context
        self.foreign: list[str] = []
        self.wrong: list[str] = []
        context.set_default_timeout(PATIENCE)
        sockets = own.replace("http", "ws")
        mine = (own, sockets, "data:", "blob:")
        context.on(
            "request",
            lambda asked: None if asked.url.startswith(mine) else self.foreign.append(asked.url),
        )
        context.on("page", self._watch)
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        context.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type == "error" else None,
        )
        self._mine = mine

    def _watch(self, page: Page) -> None:
        page.on(
            "websocket",
            lambda opened: (
                None if opened.url.startswith(self._mine) else self.foreign.append(opened.url)
            ),
        )

    def check(self) -> None:
        assert self.foreign == []
        assert self.wrong == []


Opened = Callable[..., Page]


@contextmanager
def watched(browser: Browser, server: str, **options: Any) -> Iterator[Opened]:
    """Yield what opens pages of one context; at its end nothing may have gone wrong in them."""
    settings = {"viewport": {"width": 1280, "height": 800}, **options}
    context = browser.new_context(**settings)
    found = Watched(context, server)

    def opened(query: str = "") -> Page:
        page = context.new_page()
        page.goto(server + query)
        return page

    yield opened
    found.check()
    context.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Opened]:
    """What opens pages of a context of its own, as wide as a desk."""
    with watched(browser, server) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(browser: Browser, server: str) -> Iterator[Page]:
    """A page that tests share: each sets it to what it needs."""
    with watched(browser, server) as opened:
        yield opened()
