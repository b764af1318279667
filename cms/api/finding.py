"""`pages/find/?path=…`: the page at an address of the site, wherever it has moved meanwhile.

One query finds the page, whatever its depth, and one the redirect if there is none. An address is taken as people write
it: encoded or not, with or without its last slash, in any form of Unicode, in large letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from cms.api.endpoint import django_request, respond
from cms.api.filters import FIELDS
from cms.api.following import below_here, may_be_followed, parts_of, private_addresses, redirects_of
from cms.api.pages import PagesEndpoint, write_pages
from cms.api.parameters import Parameter, read_parameters
from cms.api.problems import Fault, bad_request, not_found
from cms.api.reading import Reading, around_of, readable
from cms.api.selection import NAME, read_selection
from cms.core.surroundings import MOST_LEVELS
from cms.found.addresses import root_url

MOST_REDIRECTS = 5  # one after the other; a browser would give up after some, too
LONGEST_PATH = 2_000


def _path(text: str) -> str:
    if not text.startswith("/") or "\0" in unquote(text):
        raise ValueError("Give an address of the site from its first slash on, such as /tin-tuc/.")
    return text


PATH = Parameter(
    "path",
    "The address of a page, from its first slash on: /tin-tuc/",
    _path,
    {"type": "string", "maxLength": LONGEST_PATH, "pattern": "^/"},
    longest=LONGEST_PATH,
)


class FindingPages(PagesEndpoint):
    def find_view(self, request: Request) -> HttpResponse:
        return find_page(django_request(request))


@dataclass(frozen=True)
class Way:
    """From the address that was asked for through redirects to a page of the site, or out of it to ``to``."""

    page: Page | None
    to: str
    permanent: bool = True
    redirected: bool = False


def find_page(request: HttpRequest) -> HttpResponse:
    """Raises Problem."""
    given = read_parameters(request.GET, (PATH, FIELDS))
    if PATH.name not in given:
        raise bad_request(Fault(PATH.name, "Give it: the address of a page, such as /tin-tuc/."))
    asked = unicodedata.normalize("NFC", given[PATH.name])
    way = _follow(request, asked)
    if way.page is None:
        return respond({"redirect": {"to": way.to, "permanent": way.permanent}})
    model = way.page.specific_class
    if model is None:
        raise NOTHING
    reading = Reading(request)
    selection = read_selection(given.get(NAME), [model], is_list=False)
    (page,) = write_pages([way.page], selection, reading)
    if way.redirected:
        page["meta"]["redirected"] = {"from": asked, "to": way.to, "permanent": way.permanent}
    return respond(page, headers={"Content-Location": reading.detail_url("pages", way.page.pk)})


NOTHING = not_found("There is no page at this path that everybody may read, and no redirect from it.")


def _follow(request: HttpRequest, asked: str) -> Way:
    path, permanent = asked, True
    for number in range(MOST_REDIRECTS + 1):
        page = page_at(request, path)
        if page is not None:
            own = _path_of(request, page)
            return Way(page, own, permanent, redirected=bool(number) or parts_of(path) != parts_of(own))
        redirect = _redirect_at(request, path)
        if redirect is None:
            if number and not private_addresses(request)(path):  # to a file, a feed or a search of the site
                return Way(None, root_url(request) + path, permanent)
            raise NOTHING
        permanent = permanent and redirect.is_permanent
        if redirect.redirect_page_id:
            return _to_page(request, redirect, permanent=permanent)
        below = below_here(request, redirect.redirect_link)
        if below is None:
            return Way(None, redirect.redirect_link, permanent)
        path = below
    raise not_found(f"More than {MOST_REDIRECTS} redirects follow each other from this path.")


def page_at(request: HttpRequest, path: str) -> Page | None:
    """That everybody may read, without redirects; ``path``: as people write it, from its first slash on."""
    above = around_of(request).root.url_path
    exact, small = (parts_of(text) for text in (path, path.lower()))
    if len(exact) > MOST_LEVELS:
        return None
    url_paths = [above + "".join(f"{part}/" for part in parts) for parts in (exact, small)]
    pages = readable(request).filter(url_path__in=url_paths)
    if exact:
        pages = pages.filter(slug__in=[exact[-1], small[-1]])  # it has an index, url_path has none
    found = {page.url_path: page for page in pages}
    return next((found[one] for one in url_paths if one in found), None)


def _redirect_at(request: HttpRequest, path: str) -> Redirect | None:
    """As Wagtail's middleware chooses: with the query before without, the site's own before that of every site."""
    spellings = list(dict.fromkeys(_spellings(path)))
    found = Redirect.objects.filter(redirects_of(request), old_path__in=spellings).select_related("redirect_page")
    ranked = sorted(found, key=lambda one: (spellings.index(one.old_path), one.site_id is None))
    return next((one for one in ranked if one.redirect_page_id or may_be_followed(one.redirect_link)), None)


def _spellings(path: str) -> Iterator[str]:
    for text in (path, path.partition("?")[0]):
        for form in ("NFC", "NFD"):
            try:
                yield Redirect.normalise_path(unicodedata.normalize(form, unquote(text)))
                yield Redirect.normalise_path(unicodedata.normalize(form, text), decode_unicode=False)
            except ValueError:  # no address at all
                return


def _to_page(request: HttpRequest, redirect: Redirect, *, permanent: bool) -> Way:
    page = readable(request).filter(pk=redirect.redirect_page_id).first()
    if page is not None:
        to = _path_of(request, page).rstrip("/") + (redirect.redirect_page_route_path or "/")
        return Way(page, to, permanent, redirected=True)
    reading = Reading(request)
    reading.needs.pages.add(redirect.redirect_page_id)
    reading.fetch()
    href = reading.href(redirect.redirect_page_id)  # of another site, if everybody may read it
    if href is None:
        raise NOTHING
    return Way(None, href, permanent)


def _path_of(request: HttpRequest, page: Page) -> str:
    return f"/{page.url_path[len(around_of(request).root.url_path) :]}"
