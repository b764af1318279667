"""A site with everything that nobody may see, and public pages that lead to all of it in every way that there is.

Everything that is hidden has the word BIMAT in its title, its address and its text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from pictures import draw
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction, Locale, Page, PageViewRestriction, Site
from wagtail_emulation.models import Commendation, EmulationAgreement, EmulationIndexPage, EmulationPage

from cms.core.blocks import BodyBlock
from cms.core.models import DepartmentSettings
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage, Topic

WORD = "bimat"
# An editor's link to a public page of another site of the same installation is a link like any other.
LINK_ELSEWHERE = re.compile(r"http://(?:khac|trong)\.example/[\w/-]*")

# Blocks that lead to no page, no picture and no file.
WITHOUT_LINKS = {"heading", "subheading", "quote", "table"}


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
    body: list[dict[str, Any]] = [
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
    if pages and images and documents:
        assert {block["type"] for block in body} == BodyBlock().child_blocks.keys() - WITHOUT_LINKS
    return body
