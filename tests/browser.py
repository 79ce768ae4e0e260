"""A headless Chromium, to try pages in."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
WITHOUT = (
    "no Chromium was found: pages were not tried in a browser; install Debian's package chromium, "
    "or name an executable in the environment variable CHROMIUM"
)


def installed_chromium() -> str | None:
    """The executable that ``CHROMIUM`` names, or the first of `NAMES` on the path."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise FileNotFoundError(
                f"the environment variable CHROMIUM names {named!r}, which is no executable file"
            )
        return found
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def launched_browser() -> Iterator[Browser]:
    """A browser without a window; the test is skipped where there is none."""
    executable = installed_chromium()
    if executable is None:
        pytest.skip(WITHOUT)
    # In a container root has no sandbox, and the shared memory is too small for long pages.
    options = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=options)
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """What a page complained of, and what it asked the network for."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))
        page.on("request", lambda request: self.requests.append(request.url))


__all__ = ["Watch", "installed_chromium", "launched_browser"]
