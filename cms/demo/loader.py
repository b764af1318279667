"""Loads the demo site into an empty portal."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.images import ImageFile
from django.db import transaction
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.images import get_image_model
from wagtail.models import Page, Site
from wagtail_emulation.models import (
    AgreementSignatory,
    CitedDirective,
    Commendation,
    EmulationAgreement,
    EmulationIndexPage,
    EmulationPage,
)

from cms.core.models import DepartmentSettings
from cms.core.slugs import slug_of
from cms.demo.content import (
    IMAGES_DIR,
    Article,
    BulletList,
    Event,
    Figure,
    Heading,
    Paragraph,
    Piece,
    PlainPageText,
    Quote,
    SiteText,
    parse_body,
    read_articles,
    read_event,
    read_site,
)
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage, Topic
from cms.statistics.models import OpeningBalance

CREDIT = "Nhịp (minh họa)"

Report = Callable[[str], None]


def is_empty(site: Site) -> bool:
    """Whether the site has nothing but the home page that migrations made."""
    return isinstance(site.root_page.specific, HomePage) and not site.root_page.get_children().exists()


@transaction.atomic
def load(site: Site, *, report: Report) -> None:
    """Make the demo's pages, images and settings. The site must be empty (see `is_empty`)."""
    text = read_site()
    pictures = Pictures()
    home = site.root_page.specific

    report(_("Thông tin cơ quan"))
    _describe_department(site, text.department)
    about, *others = [_plain_page(page, pictures) for page in text.plain_pages]
    _publish(about, under=home)

    articles = read_articles()
    index = _publish(NewsIndexPage(show_in_menus=True, **text.news), under=home)
    pages = {}
    for number, article in enumerate(articles, start=1):
        report(_("Bài viết %(number)d/%(total)d: %(title)s") % _progress(number, articles, article.title))
        pages[article.name] = _publish(_news_page(article, pictures), under=index)

    event = read_event()
    report(_("Trang thi đua – khen thưởng: %(title)s") % {"title": event.title})
    emulation = _publish(
        EmulationIndexPage(slug=slug_of(text.emulation["title"]), show_in_menus=True, **text.emulation), under=home
    )
    page = _publish(_emulation_page(event, pictures), under=emulation)
    OpeningBalance.objects.create(page=page, views=event.opening_views, note=_("Số liệu mẫu"))
    # A view of the page is a view of the site too, so the site's total has to be the larger one.
    OpeningBalance.objects.create(site=site, note=_("Số liệu mẫu"), **text.opening)

    for other in others:
        _publish(other, under=home)
    _finish_home(home, text, featured=pages[text.home["featured"]])


@dataclass
class Pictures:
    """The demo's images in Wagtail's library, each made when first asked for."""

    made: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, *, title: str, alt: str) -> Any:
        if name not in self.made:
            self.made[name] = self._make(name, title=title, alt=alt)
        return self.made[name]

    def _make(self, name: str, *, title: str, alt: str) -> Any:
        path = IMAGES_DIR / f"{name}.webp"
        with path.open("rb") as file:
            return get_image_model().objects.create(title=title, description=alt, file=ImageFile(file, name=path.name))


def _progress(number: int, articles: list[Article], title: str) -> dict[str, Any]:
    return {"number": number, "total": len(articles), "title": title}


def _publish(page: Page, *, under: Page) -> Page:
    under.add_child(instance=page)
    page.save_revision().publish()
    return page


def _describe_department(site: Site, facts: dict[str, str]) -> None:
    settings = DepartmentSettings.for_site(site)
    for name, value in facts.items():
        setattr(settings, name, value.strip())
    settings.save()
    site.site_name = settings.name
    site.save()


def _plain_page(text: PlainPageText, pictures: Pictures) -> PlainPage:
    body = _stream(parse_body(text.body), pictures, paragraph="paragraph")
    return PlainPage(title=text.title, lead=text.lead, body=body, show_in_menus=True)


def _news_page(article: Article, pictures: Pictures) -> NewsPage:
    topic, _created = Topic.objects.get_or_create(name=article.topic)
    return NewsPage(
        title=article.title,
        date=article.date,
        topic=topic,
        lead=article.lead,
        image=pictures.get(article.image, title=article.image_caption, alt=article.image_alt),
        image_caption=article.image_caption,
        image_credit=CREDIT,
        body=_stream(article.body, pictures, paragraph="paragraph"),
        author=article.author,
    )


def _emulation_page(event: Event, pictures: Pictures) -> EmulationPage:
    page = EmulationPage(
        title=event.title,
        slug=slug_of(event.title),
        event_date=event.event_date,
        place=event.place,
        lead=event.lead,
        body=_stream(event.body, pictures, paragraph="text"),
    )
    page.event_kinds = event.event_kinds
    page.agreements = [
        EmulationAgreement(
            year=agreement.year,
            commitments=_bullets(agreement.commitments),
            signatories=[AgreementSignatory(**row) for row in agreement.signatories],
        )
        for agreement in event.agreements
    ]
    page.commendations = [Commendation(**row) for row in event.commendations]
    page.directives = [CitedDirective(**row) for row in event.directives]
    return page


def _finish_home(home: HomePage, text: SiteText, *, featured: Page) -> None:
    home.title = text.home["title"]
    home.seo_title = text.home["seo_title"]
    home.search_description = text.home["search_description"]
    home.featured = featured
    home.save_revision().publish()


def _bullets(text: str) -> str:
    return _list(line.removeprefix("- ") for line in text.strip().splitlines())


def _stream(pieces: Iterable[Piece], pictures: Pictures, *, paragraph: str) -> str:
    """The JSON of a StreamField; neighbouring paragraphs and lists become one rich text of the block `paragraph`."""
    blocks: list[dict[str, Any]] = []
    for piece in pieces:
        block = _block(piece, pictures, paragraph=paragraph)
        if blocks and block["type"] == blocks[-1]["type"] == paragraph:
            blocks[-1]["value"] += block["value"]
        else:
            blocks.append(block)
    return json.dumps(blocks)


def _block(piece: Piece, pictures: Pictures, *, paragraph: str) -> dict[str, Any]:
    match piece:
        case Heading(text=text):
            return {"type": "heading", "value": text}
        case Paragraph(text=text):
            return {"type": paragraph, "value": format_html("<p>{}</p>", text)}
        case BulletList(items=items):
            return {"type": paragraph, "value": _list(items)}
        case Quote(text=text, source=source):
            return {"type": "quote", "value": {"text": text, "source": source}}
        case Figure():
            return {"type": "figure", "value": _figure(piece, pictures)}


def _figure(figure: Figure, pictures: Pictures) -> dict[str, Any]:
    image = pictures.get(figure.image, title=figure.caption, alt=figure.alt)
    return {
        "image": {"image": image.pk, "alt_text": figure.alt, "decorative": False},
        "caption": figure.caption,
        "credit": figure.credit,
    }


def _list(items: Iterable[str]) -> SafeString:
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((item,) for item in items)))
