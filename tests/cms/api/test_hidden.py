"""What must not come out, through every parameter that could reach it.

Everything that is hidden has the word BIMAT in its title, its address and its text, and a public page leads to all of
it in every way that there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from demo_site import longer_than_a_test
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.test import Client, override_settings
from pictures import draw
from pytest_django import Settings
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction, Locale, Page, PageViewRestriction, Site
from wagtail_emulation.models import Commendation, EmulationAgreement, EmulationIndexPage, EmulationPage

from cms.api.filters import LISTING
from cms.core.models import DepartmentSettings
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage, Topic
from pipeline.events import PUBLIC
from pipeline.tokens import verify

WORD = "bimat"
# An editor's link to a public page of another site of the same installation is a link like any other.
LINK_ELSEWHERE = re.compile(r"http://(?:khac|trong)\.example/[\w/-]*")
KEY = bytes.fromhex("6b" * 32)  # NHIP_BEACON_KEY of tests


@dataclass
class Hidden:
    pages: dict[str, Page] = field(default_factory=dict)
    images: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    public: list[Page] = field(default_factory=list)


def hide(parent: Page, name: str, **more: Any) -> PlainPage:
    title = f"{WORD} {name}"
    body = json.dumps([{"type": "paragraph", "value": f"<p>{WORD}</p>"}])
    page: PlainPage = parent.add_child(
        instance=PlainPage(title=title, slug=title.replace(" ", "-"), lead=WORD, body=body, **more)
    )
    return page


@pytest.fixture(scope="module")
def _hidden_of_this_module(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hidden]:
    directory = tmp_path_factory.mktemp("hidden")
    with (
        longer_than_a_test(django_db_blocker, directory / "data"),
        override_settings(MEDIA_ROOT=directory / "media"),
    ):
        home = HomePage.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id)
        index = home.add_child(instance=NewsIndexPage(title="Tin tức", show_in_menus=True))
        yield hide_everything(home, index, directory)


@pytest.fixture
def hidden(_hidden_of_this_module: Hidden, db: None) -> Hidden:
    """Made once for this module, whose tests only read."""
    return _hidden_of_this_module


def hide_everything(home: HomePage, news_index: NewsIndexPage, tmp_path: Path) -> Hidden:
    found = Hidden()
    topic = Topic.objects.create(name="Công nghiệp")
    pages = found.pages

    pages["draft"] = hide(home, "nhap", live=False)
    pages["unpublished"] = hide(home, "go-xuong")
    pages["unpublished"].unpublish()
    pages["own restriction"] = hide(home, "rieng")
    # Made before the restriction, of which a copy would take one along.
    alias = pages["alias made before"] = pages["own restriction"].create_alias(parent=home, update_slug=f"{WORD}-truoc")
    pages["alias of an alias"] = alias.create_alias(parent=home, update_slug=f"{WORD}-cua-bi-danh")
    pages["below an alias"] = hide(Page.objects.get(pk=alias.pk), "duoi-bi-danh")
    made = [alias.pk, pages["alias of an alias"].pk, pages["below an alias"].pk]
    Page.objects.filter(pk__in=made).update(show_in_menus=True)
    PageViewRestriction.objects.create(page=pages["own restriction"], restriction_type=PageViewRestriction.LOGIN)
    pages["inherited restriction"] = hide(pages["own restriction"], "ben-duoi")
    pages["password"] = hide(home, "mat-khau")
    PageViewRestriction.objects.create(
        page=pages["password"], restriction_type=PageViewRestriction.PASSWORD, password="x"
    )
    pages["alias of a private one"] = pages["own restriction"].create_alias(parent=home, update_slug=f"{WORD}-bi-danh")
    article = NewsPage(title=f"{WORD} bai", slug=f"{WORD}-bai", lead=WORD, topic=topic, date="2026-01-03")
    pages["article of a topic"] = news_index.add_child(instance=article)
    PageViewRestriction.objects.create(page=pages["article of a topic"], restriction_type=PageViewRestriction.LOGIN)

    top = Page.objects.get(depth=1)
    other = top.add_child(instance=HomePage(title=f"{WORD} cổng khác", slug=f"{WORD}-khac"))
    Site.objects.create(hostname="khac.example", root_page=other, site_name=WORD)
    pages["of another site"] = hide(other, "cua-cong-khac")
    below = hide(home, "goc-ben-trong")
    Site.objects.create(hostname="trong.example", root_page=below, site_name=WORD)
    pages["root of a site within"] = below
    pages["of a site within"] = hide(below, "trong-cong-khac")

    english = Locale.objects.create(language_code="en")
    _add_files(found, home, tmp_path)
    _lead_to_all(found, home, news_index, topic)
    first = found.public[0]
    pages["translation"] = hide(home, "translation", live=False, locale=english, translation_key=first.translation_key)
    pages["private translation"] = hide(
        pages["own restriction"], "private-translation", locale=english, translation_key=found.public[1].translation_key
    )
    return found


def _add_files(found: Hidden, home: Page, tmp_path: Path) -> None:
    root = Collection.get_first_root_node()
    closed = root.add_child(name=f"{WORD} bộ sưu tập")
    CollectionViewRestriction.objects.create(collection=closed, restriction_type="login")
    within = closed.add_child(name=f"{WORD} bên trong")
    alone = "of a draft alone", "of a private page alone", "of another site alone"
    places = [("of a private collection", closed), ("below it", within), *((name, root) for name in alone)]
    for name, collection in places:
        with draw(tmp_path / f"{WORD}.png", 60, 40).open("rb") as file:
            found.images[name] = get_image_model().objects.create(
                title=f"{WORD} {name}", file=ImageFile(file, name=f"{WORD}.png"), collection=collection
            )
        found.documents[name] = get_document_model().objects.create(
            title=f"{WORD} {name}", file=ContentFile(b"%PDF-1.7", name=f"{WORD}.pdf"), collection=collection
        )
    unseen = found.images["of a draft alone"], found.documents["of a draft alone"]
    hide(home, "nhap-co-tep", live=False).save()
    draft = Page.objects.get(slug=f"{WORD}-nhap-co-tep").specific
    draft.body = json.dumps(_body_of([], [unseen[0]], [unseen[1]]))
    draft.save()
    found.pages["draft with files"] = draft
    for name, above in (("a private page", "own restriction"), ("another site", "of another site")):
        files = found.images[f"of {name} alone"], found.documents[f"of {name} alone"]
        body = _body_of([], [files[0]], [files[1]])
        page = hide(found.pages[above], f"co tep {len(found.pages)}")
        page.body = json.dumps(body)
        page.save()
        found.pages[f"{name} with files"] = page
    site = Site.objects.get(hostname="khac.example")
    emblem = found.images["emblem of another site"] = get_image_model().objects.create(
        title=f"{WORD} biểu trưng", file=found.images["below it"].file.name, width=60, height=40
    )
    DepartmentSettings.objects.create(site=site, name=WORD, emblem=emblem)


def _lead_to_all(found: Hidden, home: HomePage, news_index: NewsIndexPage, topic: Topic) -> None:
    images = [found.images[name] for name in ("of a private collection", "below it")]
    documents = [found.documents[name] for name in ("of a private collection", "below it")]
    body = _body_of(list(found.pages.values()), images, documents)
    for number in (1, 2, 4, 5):
        article = NewsPage(
            title=f"Bài {number}",
            lead="Tóm tắt",
            topic=topic,
            date=f"2026-01-0{number}",
            image=images[0],
            body=json.dumps(body),
        )
        found.public.append(news_index.add_child(instance=article))
    links = body[0]["value"]
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua", slug="thi-dua", intro=links))
    event = EmulationPage(title="Hội nghị", slug="hoi-nghi", event_date="2026-01-05", lead="Hội nghị")
    event.agreements = [EmulationAgreement(year=2026, commitments=links)]
    event.commendations = [
        Commendation(recipient_kind="individual", name=f"{WORD} Văn A", name_withheld=True, award="Giấy khen")
    ]
    found.public += [index, index.add_child(instance=event)]
    # A published page below one that was taken down.
    above = hide(home, "tren-da-go")
    above.slug = "tren-da-go"  # an address has its parents' slugs
    above.save()
    found.pages["parent that was taken down"] = above
    found.public.append(above.add_child(instance=PlainPage(title="Dưới trang đã gỡ", slug="duoi")))
    Page.objects.filter(pk=above.pk).update(live=False)
    home.featured = found.pages["article of a topic"]
    home.save()
    # A change that is not published yet.
    changed = found.public[0].specific
    changed.title, changed.lead = f"{WORD} sửa", f"{WORD} sửa"
    changed.save_revision()


def _body_of(pages: list[Page], images: list[Any], documents: list[Any]) -> list[dict[str, Any]]:
    links = "".join(f'<a linktype="page" id="{page.pk}">x</a>' for page in pages)
    files = "".join(f'<a linktype="document" id="{one.pk}">x</a>' for one in documents)
    embeds = "".join(f'<embed embedtype="image" id="{one.pk}" alt="" format="left" />' for one in images)
    shown = [{"image": one.pk, "alt_text": "x", "decorative": False} for one in images]
    pictures = [{"image": one, "caption": ""} for one in shown]
    return [
        {"type": "paragraph", "value": f"<p>{links}{files}{embeds}</p>"},
        {"type": "callout", "value": {"kind": "note", "title": "x", "text": f"<p>{links}{files}</p>"}},
        {"type": "related", "value": {"heading": "", "pages": [page.pk for page in pages]}},
        *({"type": "button", "value": {"text": "x", "page": page.pk, "url": ""}} for page in pages),
        *({"type": "button", "value": {"text": "x", "document": one.pk, "url": ""}} for one in documents),
        *({"type": "figure", "value": {"image": one, "caption": "", "credit": ""}} for one in shown),
        {"type": "gallery", "value": {"pictures": pictures, "caption": "", "credit": ""}},
        *({"type": "video", "value": {"url": "https://example.vn", "title": "x", "poster": one.pk}} for one in images),
        {
            "type": "attachments",
            "value": {"heading": "", "files": [{"document": one.pk, "title": ""} for one in documents]},
        },
    ]


def questions(hidden: Hidden) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every parameter, with what could lead to something hidden."""
    for page in hidden.pages.values():
        yield f"pages/{page.pk}/", {}
        yield f"pages/{page.pk}/", {"fields": "*"}
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            yield "pages/", {name: page.pk, "fields": "*"}
        yield "pages/", {"slug": page.slug, "fields": "*"}
    for page in hidden.public:
        yield f"pages/{page.pk}/", {}
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            yield "pages/", {name: page.pk, "fields": "*"}
    for kind in ("news.NewsPage", "home.PlainPage", "home.HomePage", "wagtail_emulation.EmulationPage"):
        yield "pages/", {"type": kind, "fields": "*", "limit": 100}
    for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
        yield "pages/", {name: "root", "fields": "*", "limit": 100}
    for order in ("title", "-slug", "first_published_at", "-id"):
        yield "pages/", {"order": order, "fields": "*", "limit": 100}
    for fields in ("parent,breadcrumbs,translations", "featured", "body", "commendations", "lead,image", "statistics"):
        yield "pages/", {"fields": fields, "limit": 100}
    yield "pages/", {"search": WORD, "fields": "*"}
    yield "pages/", {"search": f"{WORD} sua", "order": "title"}
    yield "pages/", {"locale": "en", "fields": "*"}
    yield "pages/", {"topic": "cong-nghiep", "fields": "*"}
    for name in ("published_from", "modified_since"):
        yield "pages/", {name: "2000-01-01", "fields": "*", "limit": 100}
    yield "pages/", {"published_to": "2099-01-01", "fields": "*", "limit": 100}
    for name in ("event_date_from", "event_date_to"):
        yield "pages/", {name: "2026-01-05", "fields": "*", "limit": 100}
    yield "topics/", {}
    yield "topics/", {"limit": 1, "offset": 1}
    yield "pages/", {"offset": 1, "limit": 100, "fields": "*"}
    yield "site/", {}
    yield from _questions_of_files(hidden)


def _questions_of_files(hidden: Hidden) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, files in (("images", hidden.images), ("documents", hidden.documents)):
        for order in ("id", "-title"):
            yield f"{kind}/", {"order": order, "limit": 100}
        yield f"{kind}/", {"fields": "*", "limit": 100}
        for one in files.values():
            yield f"{kind}/{one.pk}/", {}
            yield f"{kind}/{one.pk}/", {"fields": "_,title"}


def test_every_parameter_of_a_list_is_tried(hidden: Hidden) -> None:
    tried = {name for _path, query in questions(hidden) for name in query}

    assert tried == {parameter.name for parameter in LISTING}


@pytest.mark.parametrize("who", ["a stranger", "an administrator"])
def test_nothing_hidden_comes_out(hidden: Hidden, client: Client, who: str) -> None:
    if who == "an administrator":
        client.force_login(get_user_model().objects.create_superuser(f"{WORD}-admin", password="x"))
    leaked = []
    for path, query in questions(hidden):
        answer = client.get(f"/api/v2/{path}", query, headers={"host": "localhost"})
        assert answer.status_code in (200, 400, 404), (path, query, answer.content)
        said = LINK_ELSEWHERE.sub("", answer.content.decode())
        if answer.status_code != 200:
            said = said.replace(query.get("slug", "\0"), "")
        if WORD in said.casefold():
            at = said.casefold().index(WORD)
            leaked.append((path, query, said[max(at - 80, 0) : at + 40]))
    assert leaked == []


def test_no_page_of_another_site_has_an_id_or_a_number_in_an_answer(
    hidden: Hidden, ask: Any, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answer = ask("pages/", limit=100)

    ids = {page["id"] for page in answer["items"]}
    assert ids == {page.pk for page in hidden.public} | {Site.objects.get(is_default_site=True).root_page_id} | {
        NewsIndexPage.objects.get().pk
    }
    assert answer["meta"]["total_count"] == len(ids)
    assert {page["id"] for page in ask("pages/", host="trong.example")["items"]} == {
        hidden.pages[name].pk for name in ("root of a site within", "of a site within")
    }


def test_a_hidden_page_is_told_as_one_that_does_not_exist(hidden: Hidden, ask: Any) -> None:
    for page in hidden.pages.values():
        there = ask(f"pages/{page.pk}/", status=404)
        assert there == ask("pages/987654/", status=404)
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            refused = ask("pages/", status=400, **{name: page.pk})
            assert refused["errors"] == [{"parameter": name, "detail": f"There is no page {page.pk}."}]


NAMED_BY_NO_API = (
    "owner",
    "draft_title",
    "latest_revision",
    "live_revision",
    "locked_by",
    "go_live_at",
    "expire_at",
    "comments",
    "view_restrictions",
    "search_entry",
    "alias_of",
    "translation_key",
    "content_type",
    "numchild",
)


def test_a_field_that_no_api_names_is_refused_by_its_name(write: Any, ask: Any) -> None:
    article = write("Bài")
    for name in NAMED_BY_NO_API:
        for query in ({"fields": name}, {"fields": f"*,-{name}"}, {"order": name}, {name: "1"}):
            refused = ask("pages/", status=400, **query)
            assert name in refused["detail"]
        assert name in ask(f"pages/{article.pk}/", status=400, fields=name)["detail"]


def test_a_withheld_name_has_no_field(hidden: Hidden, ask: Any) -> None:
    event = hidden.public[5]
    assert isinstance(event, EmulationPage)

    for part in ("name", "page", "sort_order", "pk"):
        assert part in ask(f"pages/{event.pk}/", status=400, fields=f"commendations({part})")["detail"]
    row = ask(f"pages/{event.pk}/")["commendations"][0]
    assert row["public_name"] == "(không công bố tên)"
    assert row["name_withheld"] is True


def test_the_token_is_of_the_public_whoever_asks(hidden: Hidden, client: Client, ask: Any) -> None:
    page = hidden.public[0]
    of_a_stranger = ask(f"pages/{page.pk}/")["statistics"]["token"]
    client.force_login(get_user_model().objects.create_superuser("admin", password="x"))
    answer = client.get(f"/api/v2/pages/{page.pk}/", headers={"host": "localhost"})

    token = verify(json.loads(answer.content)["statistics"]["token"], KEY)
    assert token == verify(of_a_stranger, KEY)
    assert (token.audience, token.page_id, token.path) == (PUBLIC, page.pk, "/tin-tuc/bai-1/")
