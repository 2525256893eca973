"""How long the page takes from a slider to the chart, in Chromium: medians of twenty moves.

Needs Playwright and a Chromium, as ``make test-browser`` installs them. A move is a key pressed on
a slider; the chart is drawn when its canvas is replaced, and the page rests when nothing on it
has changed for 100 ms (these are not counted). The next move follows at once, as in dragging.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time

from playwright.sync_api import Page, sync_playwright

from linreg_unlearn.explore.charts import distances_chart, losses_chart, matrix_picture
from linreg_unlearn.explore.serving import Server
from linreg_unlearn.explore.solving import mask_of, solve
from linreg_unlearn.explore.state import State

MOVES = 20
WATCH = """() => {
  window.settled = 0; window.drawn = 0;
  const chart = () => document.querySelectorAll('canvas, svg.marks').length;
  new MutationObserver(records => {
    window.settled = performance.now();
    for (const record of records) for (const node of record.addedNodes)
      if (!window.drawn && node.querySelector && (node.matches('canvas, svg.marks')
          || node.querySelector('canvas, svg.marks'))) window.drawn = performance.now();
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def measured(page: Page, key: str) -> tuple[float, float]:
    """Return the milliseconds from a key to the new chart, and until the page rests."""
    before = page.evaluate("() => { window.settled = window.drawn = 0; return performance.now() }")
    page.keyboard.press(key)
    page.wait_for_function(
        "() => window.settled > 0 && performance.now() - window.settled > 100", timeout=30_000
    )
    drawn, settled = page.evaluate("() => [window.drawn, window.settled]")
    return (drawn or settled) - before, settled - before


def line(name: str, times: list[float]) -> None:
    """Print the median and the 95th percentile."""
    ordered = sorted(times)
    high = ordered[max(0, round(0.95 * len(ordered)) - 1)]
    print(f"{name:34}{statistics.median(ordered):8.0f}{high:8.0f}")


def python_share() -> list[float]:
    """Return how long solving and filling the charts takes, without any page."""
    times = []
    for seed in range(MOVES):
        state = State(seed=seed)
        start = time.perf_counter()
        solved = solve(state)
        for chart in (
            distances_chart(solved, log=False, sort=True),
            losses_chart(solved, log=False),
        ):
            chart.text()
        matrix_picture(solved.problem, mask_of(state))
        times.append(1e3 * (time.perf_counter() - start))
    return times


def main() -> None:
    """Print a line per view."""
    browser_path = shutil.which("chromium")
    if browser_path is None:
        sys.exit("there is no chromium: install it to time the page")
    print(f"{'milliseconds':34}{'median':>8}{'95 %':>8}")
    line("methods and charts, no page", python_share())
    with Server(port=0) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        for view in ("Solutions", "Steps"):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            start = time.perf_counter()
            page.goto(f"{server.url}?view={view}")
            page.wait_for_selector("canvas, svg.marks", timeout=60_000)
            print(f"{view + ': first chart':34}{1e3 * (time.perf_counter() - start):8.0f}")
            page.wait_for_timeout(3000)
            page.evaluate(WATCH)
            page.get_by_role("slider").first.focus()
            times = [measured(page, "ArrowRight") for _ in range(MOVES)]
            line(f"{view}: slider to chart", [drawn for drawn, _ in times])
            line(f"{view}: slider to rest", [settled for _, settled in times])
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
