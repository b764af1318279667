"""The site of a request, with its root page and its settings, in one query.

Wagtail asks for the site, for the root paths of all sites and for each of the settings. Here they come together, and
Wagtail finds them on the request, where it keeps its own. The portal has one language (WAGTAIL_I18N_ENABLED is off).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, QuerySet
from django.http import HttpRequest
from django.http.request import split_domain_port
from wagtail.contrib.settings.models import BaseSiteSetting
from wagtail.contrib.settings.registry import registry
from wagtail.models import PageViewRestriction, Site
from wagtail.models.sites import SiteRootPath

from cms.core.changes.remembered import Remembered, state_of

KEPT = "_nhip_site"
_remembered: Remembered[list[Site]] = Remembered()

Kind = TypeVar("Kind", bound=BaseSiteSetting)


def find_site(request: HttpRequest) -> Site | None:
    """As `Site.find_for_request`, asked once a request; `any_private` of it says whether any page is private."""
    if not hasattr(request, KEPT):
        setattr(request, KEPT, _ask(request))
    site: Site | None = getattr(request, KEPT)
    return site


def known_settings(request: HttpRequest, model: type[Kind]) -> Kind | None:
    """The settings that came with the site, or those of a preview; asks nothing and makes nothing."""
    found: Kind | None = getattr(request, model.get_cache_attr_name(), None)
    return found


def choose_site(sites: Sequence[Site], hostname: str, port: int) -> Site | None:
    """The site that answers to a host, by Wagtail's rules (`get_site_for_hostname`); they are documented there."""
    by_rank = sorted(((_rank(site, hostname, port), site) for site in sites), key=lambda pair: pair[0])
    candidates = [(rank, site) for rank, site in by_rank if rank < _OTHER]
    if not candidates:
        return None
    best, site = candidates[0]
    if len(candidates) == 1 or best in (_HOST_AND_PORT, _HOST_AND_DEFAULT):
        return site
    return candidates[len(candidates) == 2][1] if best == _DEFAULT else None


_HOST_AND_PORT, _HOST_AND_DEFAULT, _DEFAULT, _HOST, _OTHER = range(5)


def _rank(site: Site, hostname: str, port: int) -> int:
    if site.hostname == hostname:
        if site.port == port:
            return _HOST_AND_PORT
        return _HOST_AND_DEFAULT if site.is_default_site else _HOST
    return _DEFAULT if site.is_default_site else _OTHER


def _ask(request: HttpRequest) -> Site | None:
    sites = _remembered.get(state_of(request), "", lambda: list(_every_site().all()))
    host = split_domain_port(request._get_raw_host())[0]  # type: ignore[attr-defined]  # as Wagtail does
    site = choose_site(sites, host, int(request.get_port()))
    _keep_for_wagtail(request, "_wagtail_site", site)
    _keep_for_wagtail(request, "_wagtail_cached_site_root_paths", _root_paths(sites))
    for model, name in _settings_of_a_site().items() if site else ():
        try:
            _keep_for_wagtail(request, model.get_cache_attr_name(), getattr(site, name))
        except ObjectDoesNotExist:
            continue  # Wagtail makes it when somebody asks
    return site


def _root_paths(sites: Iterable[Site]) -> list[SiteRootPath]:
    """As `Site.get_site_root_paths`: the most specific first, and the default site before another of the same root."""
    ordered = sorted(sites, key=lambda site: (site.is_default_site is False, site.hostname))
    ordered.sort(key=lambda site: site.root_page.url_path, reverse=True)
    return [
        SiteRootPath(site.pk, site.root_page.url_path, site.root_url, site.root_page.locale.language_code)
        for site in ordered
    ]


@cache
def _every_site() -> QuerySet[Site]:
    """The question, put together once; each request asks a copy of it."""
    sites: QuerySet[Site] = Site._base_manager.select_related("root_page__locale", *_with_settings()).annotate(
        any_private=Exists(PageViewRestriction.objects.all())
    )
    return sites


@cache
def _settings_of_a_site() -> dict[type[BaseSiteSetting], str]:
    """Every model of settings of a site, and the site's attribute that holds them."""
    models = [model for model in registry if issubclass(model, BaseSiteSetting)]
    return {model: model._meta.get_field("site").remote_field.get_accessor_name() for model in models}


def _with_settings() -> list[str]:
    """The settings, and what they name in `select_related`, where Wagtail looks for it too."""
    settings = _settings_of_a_site()
    pictures = [f"{name}__{field}" for model, name in settings.items() for field in model.select_related or ()]
    return [*settings.values(), *pictures]


def _keep_for_wagtail(request: HttpRequest, name: str, value: Any) -> None:
    if not hasattr(request, name):
        setattr(request, name, value)
