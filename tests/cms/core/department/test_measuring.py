from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from wagtail.models import Site

from cms.core.department.measuring import Measuring, read_snippet
from cms.core.models import DepartmentSettings
from cms.home.models import HomePage
from pipeline.process.headers import PAGE, POLICY

SNIPPET = """<!-- EMC --><script>
var _govaq = window._govaq || []; _govaq.push(['trackPageView']); _govaq.push(['enableLinkTracking']);
(function () { _govaq.push(['setTrackerUrl', 'https://f-emc.example.vn/tracking']); _govaq.push(['setSiteId', '8231']);
var d = document, g = d.createElement('script'), s = d.getElementsByTagName('script')[0];
g.type = 'text/javascript'; g.async = true; g.src = 'https://f-emc.example.vn/embed/gov-tracking.min.js';
s.parentNode.insertBefore(g, s); })();</script>"""


def test_the_facts_of_the_ministrys_snippet_are_read() -> None:
    assert read_snippet(SNIPPET) == Measuring(
        script="https://f-emc.example.vn/embed/gov-tracking.min.js",
        tracker="https://f-emc.example.vn/tracking",
        site_id="8231",
        host="https://f-emc.example.vn",
    )


@pytest.mark.parametrize(
    "snippet",
    [
        pytest.param("", id="nothing"),
        pytest.param("<script>alert(1)</script>", id="another script"),
        pytest.param(SNIPPET.replace("'8231'", "''"), id="no number of the portal"),
        pytest.param(SNIPPET.replace("https://f-emc.example.vn/tracking", "https://other.example/t"), id="two hosts"),
        pytest.param(SNIPPET.replace("https:", "http:"), id="in the clear"),
        pytest.param(SNIPPET.replace("f-emc.example.vn", "f-emc.example.vn; *"), id="more for the policy"),
        pytest.param(SNIPPET.replace("f-emc.example.vn", "user@f-emc.example.vn"), id="credentials"),
    ],
)
def test_a_snippet_that_is_none_is_refused_in_words(snippet: str) -> None:
    with pytest.raises(ValidationError, match=r"đoạn mã|máy chủ"):
        read_snippet(snippet)


@pytest.fixture
def ask(home: HomePage, client: Client) -> Any:
    def ask(path: str, **fields: Any) -> Any:
        department = DepartmentSettings.for_site(Site.objects.get())
        for name, value in fields.items():
            setattr(department, name, value)
        department.save()
        return client.get(path, headers={"host": "localhost"})

    return ask


def test_nothing_from_outside_is_in_a_page_unless_it_is_turned_on(ask: Any) -> None:
    response = ask("/", measuring_snippet=SNIPPET)

    assert response[POLICY] == PAGE[POLICY]
    assert "f-emc" not in response.content.decode()


def test_the_policy_of_pages_allows_the_one_host_while_it_is_on(ask: Any) -> None:
    response = ask("/", measuring_snippet=SNIPPET, measured=True)

    for directive in ("script-src", "connect-src", "img-src"):
        assert f"{directive} 'self' https://f-emc.example.vn;" in response[POLICY]
    html = response.content.decode()
    assert 'data-script="https://f-emc.example.vn/embed/gov-tracking.min.js"' in html
    assert 'data-site="8231"' in html
    assert "setSiteId" not in html  # the snippet itself is never in a page
    assert "f-emc.example.vn" in ask("/cach-chung-toi-dem/").content.decode()
    assert ask("/admin/login/")[POLICY].count("f-emc") == 0
