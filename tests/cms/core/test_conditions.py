"""A rule for the dark ground or for high contrast is said once and holds in every way in which it may be asked for."""

from __future__ import annotations

import re

from cms.core.styles.build import RULE, SOURCES
from cms.core.styles.conditions import WHEN, in_every_way


def test_each_condition_is_of_the_system_and_of_the_site_and_not_of_paper() -> None:
    dark = in_every_way("dark", ":root { --a: 1 }")

    assert dark.count("--a: 1") == 2
    assert dark.count("@media screen") == 2
    assert "(prefers-color-scheme: dark) {\n:root:where(:not([data-scheme=light]))" in dark
    assert "@media screen {\n:root:where([data-scheme=dark])" in dark
    assert in_every_way("dark contrast", ":root { --a: 1 }").count("--a: 1") == 4


def test_no_source_says_it_a_second_time() -> None:
    for path in SOURCES.glob("*.css"):
        css = path.read_text(encoding="utf-8")
        assert not re.search(r"prefers-(color|contrast)", css), f"{path.name}: use @when"
        for conditions, _rules in RULE.findall(css):
            assert set(conditions.split()) <= set(WHEN)
        assert css.count("@when") == len(RULE.findall(css)), f"{path.name}: a rule that the build does not read"
