from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory
from wagtail.models import Page, Site

from cms.statistics import counters, faults, page_tokens
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary

Render = Callable[..., str]

KEY = b"k" * 32
VISITS = Summary(online=3, today=12, week=345, month=1_327, total=1_234_567)
VIEWS = Summary(online=3, today=24, week=690, month=2_654, total=2_469_134)


class FixedCounters:
    """Counters that always say the same."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> Snapshot:
        return self._snapshot


@pytest.fixture(autouse=True)
def _statistics_of_this_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A data directory, a key and counters of the test's own."""
    monkeypatch.setenv("NHIP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NHIP_BEACON_KEY", KEY.hex())
    monkeypatch.setattr("cms.statistics.templatetags.statistics_tags.faults", faults.FaultLog())
    page_tokens.beacon_key.cache_clear()
    counters.uninstall()
    yield
    counters.uninstall()
    page_tokens.beacon_key.cache_clear()


@pytest.fixture
def site(db: None) -> Site:
    return Site.objects.get(is_default_site=True)


@pytest.fixture
def page(site: Site) -> Page:
    page = Page(title="Lễ phát động", slug="le-phat-dong")
    site.root_page.add_child(instance=page)
    return page


@pytest.fixture
def request_of() -> Callable[..., HttpRequest]:
    """A public GET of the front page; headers as `REFERER="…"`, attributes of the request in `set_`."""

    def make(*, set_: dict[str, Any] | None = None, **headers: str) -> HttpRequest:
        request = RequestFactory().get("/", headers={name.replace("_", "-"): text for name, text in headers.items()})
        request.user = AnonymousUser()
        for name, value in (set_ or {}).items():
            setattr(request, name, value)
        return request

    return make


@pytest.fixture
def render(request_of: Callable[..., HttpRequest]) -> Render:
    """Renders one tag: `render("page_views page", page=page)`."""

    def render_tag(tag: str, **context: Any) -> str:
        context.setdefault("request", request_of())
        return Template(f"{{% load statistics_tags %}}{{% {tag} %}}").render(Context(context))

    return render_tag


@pytest.fixture
def count(site: Site) -> Callable[..., None]:
    """Installs counters that know these numbers."""

    def install(*, as_of: float | None, pages: dict[int, int] | None = None) -> None:
        sites = {site.pk: SiteCounters(visits=VISITS, views=VIEWS)}
        counters.install(FixedCounters(Snapshot(as_of=as_of, sites=sites, pages=pages or {})))

    return install
