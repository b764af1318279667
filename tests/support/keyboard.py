"""A person with a keyboard and no mouse, in a page of Chromium: Tab, Enter, Space, arrows, Escape and what is typed."""

from __future__ import annotations

from typing import TypedDict

from playwright.sync_api import Page

# What has the focus, whether that shows, and whether something lies over it.
FOCUS = """() => {
  let at = document.activeElement;
  const frame = at.tagName === "IFRAME";
  const text = (one) => (one.innerText || one.value || "").trim().replace(/\\s+/g, " ");
  const names = (at.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id));
  const name = at.getAttribute("aria-label") || names.filter(Boolean).map(text).join(" ")
    || (at.labels && at.labels.length ? text(at.labels[0]) : "") || text(at) || at.title || "";
  const shown = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const near = [];
  for (let one = at; one && near.length < 6; one = one.parentElement) near.push(one);
  if (at.nextElementSibling) near.push(at.nextElementSibling);
  const box = at.getBoundingClientRect();
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
  return {
    name: at === document.body ? "" : name, tag: at.tagName,
    id: at.id, html: at.outerHTML.slice(0, 160), end: at === document.body || frame,
    seen: near.some((one) => shown(one)) || shown(at.previousElementSibling || at),
    covered: !!over && !near.includes(over) && !at.contains(over),
  };
}"""

SETTLES = 500  # milliseconds


class Focus(TypedDict):
    name: str
    tag: str
    id: str
    html: str
    end: bool
    seen: bool
    covered: bool


class Keyboard:
    """Notes in ``faults`` each stop that could not be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops: list[Focus] = []
        self.faults: list[str] = []

    def at(self) -> Focus:
        focus: Focus = self.page.evaluate(FOCUS)
        return focus

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def tab(self, key: str = "Tab") -> Focus:
        self.press(key)
        focus = self.at()
        if not focus["seen"] or focus["covered"]:  # a block that opens pushes others on for a moment
            self.page.wait_for_timeout(SETTLES)
            focus = self.at()
        self.stops.append(focus)
        if not focus["end"] and (not focus["seen"] or focus["covered"]):
            self.faults.append(f"{'covered' if focus['covered'] else 'unseen'}: {focus['html']}")
        return focus

    def tab_to(self, name: str, *, key: str = "Tab", most: int = 150) -> Focus:
        """Tab until the focus is on what has ``name`` in its name, or is its id with #. AssertionError: it never is."""
        passed = []
        for _stop in range(most):
            focus = self.tab(key)
            passed.append(focus["name"][:30] or focus["html"][:60])
            if name == f"#{focus['id']}" or (not name.startswith("#") and name.lower() in focus["name"].lower()):
                return focus
        raise AssertionError(f"{name} was not reached: {passed}")
