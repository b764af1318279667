"""The browser and the Kafka, for every test that wants one."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka_server import KafkaServer, require_kafka
from playwright.sync_api import Browser, BrowserContext, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
)
# A headless Chromium calls itself HeadlessChrome, which rightly counts as a bot.
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
)

NewVisitor = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = "no Chromium on PATH; `apt-get install chromium` would let this test run"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return path


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One broker for all tests that want one and leave it running; each takes topics and groups of its own."""
    require_kafka()
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """A Chromium of this module's own.

    Not the session's: while Playwright runs, its event loop counts as running in this thread, and neither asyncio
    tests nor Django's ORM work beside it.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=[*QUIET, "--enable-features=BackForwardCache"],
            # Playwright turns these off to make tests predictable; visitors have them.
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_visitor(chromium: Browser) -> Iterator[NewVisitor]:
    """Makes a visitor: a browser profile of their own, with the next of AGENTS; options are those of new_context."""
    agents = itertools.cycle(AGENTS)
    visitors: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        options.setdefault("user_agent", next(agents))
        visitors.append(chromium.new_context(locale="vi-VN", **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.close()
