"""The Chromium on this machine: the whole browser, or its engine alone, which takes three fifths of the processor
time. Tabs, prerendering and the back/forward cache are the whole browser's."""

from __future__ import annotations

import shutil

WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ENGINE = ("chromium-headless-shell", "chrome-headless-shell")


def find_chromium(*, whole: bool = False) -> str | None:
    """The path of the whole browser, or of the engine alone if there is one; None without either."""
    return next(filter(None, map(shutil.which, WHOLE if whole else ENGINE + WHOLE)), None)
