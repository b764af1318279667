from __future__ import annotations

import pytest

from pipeline.process.headers import ADMIN, DATA, PAGE, POLICY, policy, strict_transport
from pipeline.settings import SiteNames


def test_a_policy_has_the_directives_that_have_sources() -> None:
    assert (
        policy(img_src="'self' data:", frame_src="", object_src="'none'") == "img-src 'self' data:; object-src 'none'"
    )


@pytest.mark.parametrize("directive", ["base-uri", "form-action", "frame-ancestors", "default-src"])
@pytest.mark.parametrize("kind", [PAGE, ADMIN, DATA], ids=["page", "admin", "data"])
def test_no_policy_leaves_open_what_the_default_does_not_close(kind: dict[str, str], directive: str) -> None:
    assert f"{directive} '" in kind[POLICY]


def test_no_script_runs_that_is_in_a_page() -> None:
    assert "unsafe" not in PAGE[POLICY]
    assert "script-src 'self';" in ADMIN[POLICY]
    assert "unsafe-eval" not in ADMIN[POLICY]


@pytest.mark.parametrize(
    ("transport", "value"),
    [
        pytest.param("none", "", id="none"),
        pytest.param("host", "max-age=31536000", id="this host"),
        pytest.param("subdomains", "max-age=31536000; includeSubDomains", id="its subdomains"),
        pytest.param("preload", "max-age=63072000; includeSubDomains; preload", id="for the lists of browsers"),
    ],
)
def test_https_alone_is_asked_for_as_far_as_the_setting_says(transport: str, value: str) -> None:
    assert strict_transport(SiteNames(base_url="https://so.example.vn", transport=transport)) == value
    assert strict_transport(SiteNames(base_url="http://so.example.vn", transport=transport)) == ""
