from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recording_site import PATIENCE, Site, serve_site


@pytest.fixture
def site() -> Iterator[Site]:
    with serve_site() as site:
        yield site


@pytest.fixture
def browse_undriven(whole_chromium_path: str, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Opens an address in a Chromium without a driver.

    Under a driver Chromium refuses to prerender (PrerenderingDisabledByDevTools) and Playwright makes every tab think
    it is in front. Without one both behave as on a reader's machine, and the pages' own scripts do the clicking.
    """
    started: list[subprocess.Popen[bytes]] = []

    def browse(url: str) -> None:
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-popup-blocking")
        quiet = ("--disable-background-networking", "--disable-component-update", "--disable-default-apps")
        command = (whole_chromium_path, *options, *quiet, f"--user-data-dir={tmp_path / 'profile'}", url)
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    yield browse
    for process in started:
        process.terminate()
        process.wait(timeout=PATIENCE)
