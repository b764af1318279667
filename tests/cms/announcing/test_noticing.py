"""What changes in the published tree is marked in the transaction that changes it, and told in an order to trust."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from wagtail.actions.convert_alias import ConvertAliasPageAction
from wagtail.models import Page, PageViewRestriction, Site

from cms.announcing import noticing
from cms.announcing.feed import BEGINNING, changes_since
from cms.announcing.models import Event, EventType, Mark
from cms.announcing.noticing import announce
from cms.announcing.published import Key, published
from cms.home.models import HomePage
from cms.news.models import NewsIndexPage, NewsPage

Tell = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def tell(site: Site) -> Tell:
    """Announces; gives the types and paths of what was not told before."""

    def told() -> list[tuple[str, str]]:
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        while announce():
            pass
        return list(Event.objects.filter(pk__gt=newest).order_by("pk").values_list("type", "path"))

    while announce():
        pass
    return told


@pytest.fixture
def article(news_index: NewsIndexPage, tell: Tell) -> NewsPage:
    found: NewsPage = news_index.add_child(instance=NewsPage(title="Bài viết", lead="Tóm tắt."))
    tell()
    return found


ARTICLE, INDEX = "/tin-tuc/bai-viet/", "/tin-tuc/"


def restrict(page: Page) -> PageViewRestriction:
    made: PageViewRestriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    return made


def test_a_site_that_had_pages_before_is_told_of_at_the_first_look(site: Site, home: HomePage) -> None:
    assert list(Mark.objects.values_list("page_id", flat=True))[:1] == [None], "the migration's own mark"

    assert not announce()

    (event,) = Event.objects.all()
    assert (event.type, event.path, event.page_type, event.site_id) == ("page.published", "/", "home.HomePage", site.pk)


def test_a_page_that_is_made_without_any_signal_is_told_of(news_index: NewsIndexPage, tell: Tell) -> None:
    tell()
    news_index.add_child(instance=NewsPage(title="Bài viết", lead="Tóm tắt."))

    assert tell() == [("page.published", ARTICLE)]


def test_what_is_rolled_back_is_not_told(article: NewsPage, tell: Tell) -> None:
    with transaction.atomic():
        article.unpublish()
        assert Mark.objects.exists(), "the mark is of the change's own transaction"
        transaction.set_rollback(True)

    assert not Mark.objects.exists()
    assert tell() == []


def test_each_kind_of_change_has_its_event(article: NewsPage, tell: Tell) -> None:
    article.save_revision().publish()
    assert tell() == [("page.published", ARTICLE)]

    article.title = "Chưa đăng"
    article.save_revision()
    assert tell() == [], "a draft is nobody's business"

    article.unpublish()
    assert tell() == [("page.unpublished", ARTICLE)]

    article.save_revision().publish()
    assert tell() == [("page.published", ARTICLE)]

    article.refresh_from_db()
    article.delete()
    assert tell() == [("page.deleted", ARTICLE)]


def test_a_page_that_was_not_public_goes_without_a_word(article: NewsPage, tell: Tell) -> None:
    article.unpublish()
    tell()
    article.delete()

    assert tell() == []


def test_a_new_slug_moves_the_whole_branch_and_says_from_where(
    article: NewsPage, news_index: NewsIndexPage, tell: Tell
) -> None:
    news_index.refresh_from_db()
    news_index.slug = "tin"
    news_index.save_revision().publish()

    assert tell() == [("page.moved", "/tin/"), ("page.published", "/tin/"), ("page.moved", "/tin/bai-viet/")]
    moved = Event.objects.get(path="/tin/bai-viet/").as_json()
    assert moved["data"]["previous_path"] == ARTICLE


def test_a_move_and_a_deletion_of_an_ancestor_tell_of_each_page(
    article: NewsPage, news_index: NewsIndexPage, home: HomePage, tell: Tell
) -> None:
    other = home.add_child(instance=NewsIndexPage(title="Khác"))
    tell()
    news_index.refresh_from_db()
    news_index.move(other, pos="last-child")
    assert tell() == [("page.moved", "/khac/tin-tuc/"), ("page.moved", "/khac/tin-tuc/bai-viet/")]

    Page.objects.get(pk=other.pk).delete()
    assert tell() == [
        ("page.deleted", "/khac/tin-tuc/bai-viet/"),
        ("page.deleted", "/khac/tin-tuc/"),
        ("page.deleted", "/khac/"),
    ]


def test_a_restriction_takes_the_branch_from_the_public_and_its_end_gives_it_back(
    article: NewsPage, news_index: NewsIndexPage, tell: Tell
) -> None:
    restriction = restrict(news_index)
    assert tell() == [("page.unpublished", ARTICLE), ("page.unpublished", INDEX)]

    restriction.delete()
    assert tell() == [("page.published", INDEX), ("page.published", ARTICLE)]


def test_a_move_below_a_private_page_is_an_unpublication(article: NewsPage, home: HomePage, tell: Tell) -> None:
    private = home.add_child(instance=NewsIndexPage(title="Nội bộ"))
    restrict(private)
    tell()

    Page.objects.get(pk=article.pk).move(private, pos="last-child")

    assert tell() == [("page.unpublished", ARTICLE)]


def test_raw_sql_and_updates_of_querysets_are_told(article: NewsPage, tell: Tell) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wagtailcore_page SET live = %s WHERE id = %s", [False, article.pk])
    assert tell() == [("page.unpublished", ARTICLE)]

    Page.objects.filter(pk=article.pk).update(live=True)
    assert tell() == [("page.published", ARTICLE)]


def test_what_is_scheduled_and_what_is_done_together_is_told(article: NewsPage, tell: Tell) -> None:
    Page.objects.filter(pk=article.pk).update(expire_at=timezone.now())
    from cms.core.schedule import Schedule  # noqa: PLC0415

    Schedule().step()

    assert tell() == [("page.unpublished", ARTICLE)]


def test_a_second_site_below_the_first_is_told_of_as_the_api_has_it(
    article: NewsPage, news_index: NewsIndexPage, tell: Tell
) -> None:
    second = Site.objects.create(hostname="tin.example", root_page=news_index)
    assert tell() == [
        ("page.unpublished", ARTICLE),
        ("page.unpublished", INDEX),
        ("page.published", "/"),
        ("page.published", "/bai-viet/"),
    ]

    second.delete()
    assert tell() == [
        ("page.unpublished", "/bai-viet/"),
        ("page.unpublished", "/"),
        ("page.published", INDEX),
        ("page.published", ARTICLE),
    ]


def test_an_alias_of_a_private_page_is_private_too(
    article: NewsPage, news_index: NewsIndexPage, home: HomePage, tell: Tell
) -> None:
    private = home.add_child(instance=NewsIndexPage(title="Nội bộ"))
    restrict(private)
    alias = article.create_alias(parent=home, update_slug="ban-sao")
    assert ("page.published", "/ban-sao/") in tell()

    Page.objects.get(pk=article.pk).move(private, pos="last-child")

    assert sorted(tell()) == [("page.unpublished", "/ban-sao/"), ("page.unpublished", ARTICLE)]
    assert alias.live


def test_a_restriction_hides_the_alias_of_an_alias_and_what_is_below_one(home: HomePage, tell: Tell) -> None:
    source = home.add_child(instance=NewsIndexPage(title="Nguồn"))
    alias = source.create_alias(parent=home, update_slug="ban-sao")
    alias.create_alias(parent=home, update_slug="ban-sao-hai")
    Page.objects.get(pk=alias.pk).add_child(instance=NewsPage(title="Bên dưới", lead="Tóm tắt."))
    paths = {"/nguon/", "/ban-sao/", "/ban-sao/ben-duoi/", "/ban-sao-hai/"}
    assert {path for _type, path in tell()} == paths

    restriction = restrict(source)
    assert sorted(tell()) == [("page.unpublished", path) for path in sorted(paths)]

    restriction.delete()
    assert sorted(tell()) == [("page.published", path) for path in sorted(paths)]


def test_an_alias_that_becomes_a_page_of_its_own_is_public_with_what_is_below(home: HomePage, tell: Tell) -> None:
    source = home.add_child(instance=NewsIndexPage(title="Nguồn"))
    alias = source.create_alias(parent=home, update_slug="ban-sao")
    Page.objects.get(pk=alias.pk).add_child(instance=NewsPage(title="Bên dưới", lead="Tóm tắt."))
    tell()
    restrict(source)
    assert ("page.unpublished", "/ban-sao/ben-duoi/") in tell()

    ConvertAliasPageAction(NewsIndexPage.objects.get(pk=alias.pk)).execute()

    assert tell() == [("page.published", "/ban-sao/"), ("page.published", "/ban-sao/ben-duoi/")]


def test_an_event_has_nothing_of_people_or_drafts(article: NewsPage, tell: Tell) -> None:
    article.title, article.draft_title = "Bản nháp bí mật", "Bản nháp bí mật"
    article.save_revision().publish()
    tell()

    told = Event.objects.get(last=True, page_id=article.pk).as_json()
    assert set(told) == {"id", "type", "timestamp", "sequence", "data"}
    assert set(told["data"]) == {"page", "site"}
    assert set(told["data"]["page"]) == {"id", "type", "path", "locale", "last_published_at"}
    assert "bí mật" not in Event.objects.get(last=True, page_id=article.pk).as_text()


def test_many_marks_are_told_in_parts(home: HomePage, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        home.add_child(instance=NewsIndexPage(title=f"Mục {number}"))

    newest = Event.objects.count()
    assert announce(limit=3)
    assert Event.objects.count() == newest + 3
    Mark.objects.all().delete()
    Mark.objects.create(page_id=None)

    store, parts = noticing._store, []

    def fail_at_the_second(events: list[Event], told: Any) -> None:
        parts.append(len(events))
        if len(parts) == 2:
            raise OperationalError
        store(events, told)

    monkeypatch.setattr(noticing, "_store", fail_at_the_second)
    with pytest.raises(OperationalError):
        announce(limit=3)
    assert Mark.objects.count() == 1, "what was not written is found again"
    assert not announce(limit=3)

    assert parts == [3, 1, 1]
    assert Event.objects.count() == newest + 7
    assert replayed() == {key: place.path for key, place in published().items()}


def replayed() -> dict[Key, str]:
    """What a receiver that heard everything knows: a path for each page."""
    known: dict[Key, str] = {}
    for event in Event.objects.order_by("pk"):
        key = Key(event.page_id, event.site_id)
        if event.type in (EventType.PUBLISHED, EventType.MOVED):
            if event.type == EventType.MOVED:
                assert known[key] == event.previous_path
            known[key] = event.path
        else:
            assert known.pop(key) == event.path
    return known


STEPS = ("publish", "unpublish", "move", "delete", "restrict", "free", "rename", "add", "announce", "site")


def take(step: str, first: int, second: int, number: int, home: HomePage) -> None:
    pages: list[Any] = list(Page.objects.descendant_of(home).order_by("path").specific())
    everywhere = [home, *pages]
    if step == "announce":
        announce(limit=4)
    elif step == "add":
        add(everywhere[first % len(everywhere)], f"Trang {number}", live=bool(second % 3))
    elif step == "move" and pages:
        move(pages[first % len(pages)], everywhere[second % len(everywhere)])
    elif pages:
        DEEDS[step](pages[first % len(pages)], second)


def add(parent: Page, title: str, *, live: bool) -> None:
    Page.objects.get(pk=parent.pk).add_child(instance=NewsIndexPage(title=title, live=live))


def move(page: Page, target: Page) -> None:
    if target != page and not target.is_descendant_of(page):
        page.move(Page.objects.get(pk=target.pk), pos="last-child")


def rename(page: Page, number: int) -> None:
    page.slug = f"ten-{number}-{page.pk}"
    page.save()


def give_a_site(page: Page, number: int) -> None:
    Site.objects.filter(hostname="hai.example").delete()
    if number % 2:
        Site.objects.create(hostname="hai.example", root_page=page)


DEEDS: dict[str, Callable[[Any, int], object]] = {
    "publish": lambda page, _number: page.save_revision().publish(),
    "unpublish": lambda page, _number: page.unpublish(),
    "delete": lambda page, _number: page.delete(),
    "restrict": lambda page, _number: restrict(page),
    "free": lambda page, _number: PageViewRestriction.objects.filter(page=page).delete(),
    "rename": rename,
    "site": give_a_site,
}
STEPS = ("announce", "add", "move", *DEEDS)


def asked_for() -> dict[Key, str]:
    """What who reads the changes of each site from the beginning knows, a few at a time."""
    known: dict[Key, str] = {}
    for site_id in {*Site.objects.values_list("pk", flat=True), *Event.objects.values_list("site_id", flat=True)}:
        cursor, more = BEGINNING, True
        while more:
            found = changes_since(cursor, site_id=site_id, limit=3)
            known |= {Key(event.page_id, site_id): event.path for event in found.events if event.is_public}
            cursor, more = found.next, found.more
    return known


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_done_the_events_lead_to_the_published_tree(home: HomePage, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(4):
        home.refresh_from_db()
        home.add_child(instance=NewsIndexPage(title=f"Mục {number}"))
    walked = []
    for number in range(45):
        step = chance.choice(STEPS)
        take(step, chance.randrange(100), chance.randrange(100), number, home)
        walked.append(step)
        if number % 3 == 0:
            while announce(limit=5):
                pass
            assert replayed() == {key: place.path for key, place in published().items()}, walked
            last = Event.objects.filter(last=True)
            assert {Key(one.page_id, one.site_id): one.path for one in last if one.is_public} == replayed(), walked
            assert asked_for() == replayed(), walked
