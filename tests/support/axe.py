"""What axe finds in a page that is open in Chromium (WCAG 2.2 AA). The page's context needs ``bypass_csp``."""

from __future__ import annotations

from typing import NamedTuple

from missing import skip_or_fail
from part import ROOT
from playwright.sync_api import Page

AXE = ROOT / "node_modules/axe-core/axe.min.js"  # Lighthouse brings it
AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
WITH_GOOD_PRACTICE = (*AA, "best-practice")
# Selectors of all that it looks at take a quarter of its time, and only a fault needs one. A fault that is gone when
# it looks again is one without a selector.
RUN = """async ([part, rules]) => {
  const find = async (selectors) => (await axeOfTheTests.run(part || document, {
    runOnly: rules,
    rules: rules[0].startsWith("wcag") ? { "target-size": { enabled: true } } : {},
    resultTypes: ["violations"],
    selectors,
  })).violations;
  const found = await find(false);
  const again = found.length ? await find(true) : [];
  return (again.length ? again : found).flatMap((one) => one.nodes.map(
    (node) => ({ rule: one.id, selector: (node.target || []).join(" "),
      html: node.html.slice(0, 200), why: node.failureSummary })));
}"""
# Wagtail's editor has an axe of its own, which runs while somebody writes; a copy runs once at a time.
# A colour that is on its way to another scheme is no fault, nor is a hint that fades out: it waits for its transition.
STILL = """*, *::before, *::after { transition: none !important; animation: none !important }
.tippy-box[data-state=hidden] { visibility: hidden !important }"""
SETTLES = 50  # milliseconds


class Violation(NamedTuple):
    rule: str
    selector: str
    html: str
    why: str


def _load(page: Page) -> bool:
    """Whether it was not there yet."""
    if page.evaluate("typeof axeOfTheTests === 'object'"):
        return False
    if not AXE.exists():
        skip_or_fail("no axe-core; `npm ci` would let this test run")
    # The value of an expression is carried back; that of all of axe would take a third of a second.
    page.evaluate(f"{AXE.read_text(encoding='utf-8')}; void (window.axeOfTheTests = axe)")
    return True


def violations(page: Page, *rules: str, part: str = "") -> list[Violation]:
    """By axe's rules or tags; without any, by those of WCAG 2.2 AA. ``part``: a selector; without one, all there is."""
    if _load(page):
        page.add_style_tag(content=STILL)
    page.wait_for_timeout(SETTLES)
    return [Violation(**found) for found in page.evaluate(RUN, [part, rules or AA])]
