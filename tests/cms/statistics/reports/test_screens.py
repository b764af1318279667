"""Screens of the reports: who sees what, what the address keeps, and that nothing that is asked breaks them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import wait_until
from wagtail.models import GroupPagePermission, Page, Site

from cms.core import coming
from cms.news.models import NewsIndexPage, NewsPage, Topic
from cms.statistics.reports import asking, view, words
from cms.statistics.reports.asking import ask_all, begin
from cms.statistics.reports.days import today
from cms.statistics.reports.facts import page_facts, published_between, titles_of
from cms.statistics.reports.screens import GRAIN, SCREENS
from cms.statistics.reports.selection import CUSTOM, PERIODS, Selection, read_selection
from cms.statistics.reports.tables import times_between
from cms.statistics.reports.words import REASONS
from pipeline.clickhouse.client import ClickHouse
from pipeline.collecting.beacon import Reason
from pipeline.collecting.enrich.channels import CHANNELS
from pipeline.collecting.recent_answers import ACKNOWLEDGED, RecentAnswers
from pipeline.errors import Cancelled, TooHeavy
from pipeline.events import RATE, READERS, REVIEWED
from pipeline.reports.answer import Answer, Compared, Row
from pipeline.reports.dimensions import DIMENSIONS, Dimension
from pipeline.reports.metrics import METRICS
from pipeline.reports.question import Question

pytestmark = pytest.mark.django_db

URL = "/admin/reports/traffic/"
SITES = [("0", "Tất cả"), ("1", "Sở"), ("2", "Cổng")]


class Engine:
    """Answers every question with a few rows, and keeps the questions. While ``gate`` is not set, it reads."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.values: dict[str, Sequence[Any]] = {}
        self.refuses: asking.NotAnswered | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.cancelled = threading.Event()

    def begin(self, questions: Sequence[Question], **more: Any) -> asking.UnderWay[Answer]:
        if self.refuses:
            raise self.refuses
        self.questions += questions
        return begin(questions, **more)

    def ask_all(self, questions: Sequence[Question], **more: Any) -> list[Answer]:
        self.questions += questions
        return ask_all(questions, **more)

    def answer(self, _client: Any, question: Question, **more: Any) -> Answer:
        more["on_progress"](0, 4_000_000)
        more["on_progress"](1_000_000, 4_000_000)
        while not self.gate.wait(0.01):
            if more["cancelled"]():
                self.cancelled.set()
                raise Cancelled("cancelled")
        return self._answer(question, **more)

    def _answer(self, question: Question, complete_until: float | None = None, **_more: Any) -> Answer:
        keys: list[tuple[Any, ...]] = [()]
        for dimension in question.dimensions:
            keys = [(*key, value) for key in keys for value in self._values(dimension, question)]
        compares = question.earlier is not None
        numbers = tuple(7.5 if metric.per else 1_234 for metric in question.metrics)
        before = tuple(5.0 if metric.per else 1_000 for metric in question.metrics)
        change = tuple(2.5 if metric.unit == "percent" else 23.4 for metric in question.metrics)
        rows = tuple(Row(key, numbers, before if compares else None, change if compares else None) for key in keys)
        earlier = question.earlier
        return Answer(
            question=question,
            rows=rows[: question.limit],
            answered_from="roll_up",
            complete_until=complete_until,
            totals=tuple(None if metric.per else 5_000 for metric in question.metrics) if question.totals else None,
            others=tuple(None if metric.per else 66 for metric in question.metrics) if question.totals else None,
            total_rows=60 if question.total_rows else None,
            compared=Compared(earlier.since, earlier.until, totals=before, change=change) if earlier else None,
        )

    def _values(self, dimension: Dimension, question: Question) -> Sequence[Any]:
        if dimension.name in self.values:
            return self.values[dimension.name]
        if dimension.name in ("weekday", "hour_of_day"):
            return [1, 5]
        if dimension.is_time:
            return [*times_between(dimension.name, question.since, question.until)][:3]
        return [1, 2] if dimension.is_number else ["", "<b>&x"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine()
    monkeypatch.setattr(asking, "begin", engine.begin)
    monkeypatch.setattr(asking, "ask_all", engine.ask_all)
    monkeypatch.setattr(asking, "answer", engine.answer)
    with asking.answering(
        lambda: cast(ClickHouse, SimpleNamespace(close=lambda: None)), complete_until=lambda: 1_790_571_600.0
    ):
        yield engine
        engine.gate.set()


@pytest.fixture
def news(site: Site) -> NewsIndexPage:
    index: NewsIndexPage = site.root_page.add_child(instance=NewsIndexPage(title="Tin tức", slug="tin-tuc"))
    return index


@pytest.fixture
def article(news: NewsIndexPage) -> NewsPage:
    topic = Topic.objects.create(name="Điện")
    page: NewsPage = news.add_child(
        instance=NewsPage(title="Mất điện & sửa chữa", lead="Một.", topic=topic, author="Lan")
    )
    page.first_published_at = datetime.now(UTC)
    page.save()
    return page


def user_with(name: str, *permissions: str, edits: Page | None = None) -> Any:
    user = get_user_model()._default_manager.create_user(name, "", "bon-tu-khong-lien-quan")
    for codename in ("access_admin", *permissions):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    if edits is not None:
        group = Group.objects.create(name=f"nhóm {name}")
        change = Permission.objects.get(codename="change_page", content_type__app_label="wagtailcore")
        GroupPagePermission.objects.create(group=group, page=edits, permission=change)
        user.groups.add(group)
    return user


@pytest.fixture
def ops(client: Client) -> Client:
    client.force_login(user_with("van-hanh", "see_reports"))
    return client


@pytest.fixture
def editor(client: Client, article: NewsPage) -> Client:
    client.force_login(user_with("bien-tap", edits=article))
    return client


# what is shown


@pytest.mark.parametrize("screen", [pytest.param(one, id=one.name) for one in SCREENS])
@pytest.mark.parametrize("compare", ["previous", "year", "none"])
def test_every_screen_answers_its_question(ops: Client, engine: Engine, screen: Any, compare: str) -> None:
    response = ops.get(f"{URL}{screen.name}/?period=7d&compare={compare}")
    html = response.content.decode()
    assert response.status_code == 200
    assert str(screen.question) in html
    for part in screen.parts:
        assert str(part.heading) in html
    assert html.count("<svg") or all(part.chart in ("none", "numbers") for part in screen.parts)
    assert "<b>&x" not in html  # what others wrote is text
    compared = compare != "none" and screen.parts[0].chart != "heat"  # a grid of colours shows one period
    assert (engine.questions[0].earlier is not None) == compared


def test_each_chart_has_the_table_of_its_numbers(ops: Client, engine: Engine) -> None:
    html = ops.get(f"{URL}overview/?period=7d").content.decode()
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert figures
    for figure, beside in zip(figures, re.split(r"<figure.*?</figure>", html, flags=re.DOTALL)[1:], strict=True):
        assert "<title>" in figure
        assert "<table" in figure or "<table" in beside.split("</section>")[0]


def test_rows_are_completed_by_what_is_not_shown_and_by_their_total(ops: Client, engine: Engine) -> None:
    html = ops.get(f"{URL}pages/").content.decode()
    assert "Còn lại" in html
    assert "5.000" in html
    assert "1–2 trong 60 dòng" in html


def test_change_is_said_in_words_and_not_by_a_colour_alone(ops: Client, engine: Engine) -> None:
    html = ops.get(f"{URL}overview/").content.decode()
    assert "+23,4 %" in html
    assert "trước: 1.000" in html


def test_pages_are_called_by_their_titles_also_when_they_are_gone(
    ops: Client, engine: Engine, article: NewsPage, news: NewsIndexPage
) -> None:
    gone: NewsPage = news.add_child(instance=NewsPage(title="Đã gỡ", lead="Hai."))
    number = gone.pk
    gone.delete(user=None)
    engine.values["page"] = [article.pk, number, 999_999, 0]
    html = ops.get(f"{URL}pages/").content.decode()
    assert "Mất điện &amp; sửa chữa" in html
    assert f"/admin/pages/{article.pk}/edit/" in html
    assert "Đã gỡ (đã xóa)" in html
    assert f"/admin/pages/{number}/edit/" not in html
    assert "Trang số 999999 (đã xóa)" in html


def test_publications_are_marked_on_the_curve(ops: Client, engine: Engine, article: NewsPage) -> None:
    html = ops.get(f"{URL}overview/?period=7d").content.decode()
    assert 'class="nc-mark"' in html
    assert "<title>Mất điện &amp; sửa chữa</title>" in html


def test_what_the_collector_refused_is_shown_with_its_reason(
    ops: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = RecentAnswers()
    monkeypatch.setattr("cms.statistics.reports.view.recent_answers", answers)
    assert "Tiến trình này chưa nhận lượt xem nào" in ops.get(f"{URL}bots/").content.decode()
    answers.count(ACKNOWLEDGED, 7)
    assert "Không từ chối gì." in ops.get(f"{URL}bots/").content.decode()
    answers.count("old-token", 7)
    html = ops.get(f"{URL}bots/").content.decode()
    assert re.search(r"Trang lưu quá một ngày</th>\s*<td[^>]*>1<", html)


def test_every_reason_of_a_refusal_has_words() -> None:
    assert {str(reason) for reason in Reason} <= REASONS.keys()
    assert set(CHANNELS) == set(words.CHANNELS)
    assert {RATE, READERS, REVIEWED} <= REASONS.keys()


# what the address keeps


def test_a_filter_is_kept_by_every_link_of_the_screen(ops: Client, engine: Engine) -> None:
    html = ops.get(f"{URL}sources/?period=91d&is=country:VN&order=-visits").content.decode()
    assert any("country" in str(one.filters) for one in engine.questions)
    sorting = re.search(r'href="(\?[^"]*order=views[^"]*|\?[^"]*order=-views[^"]*)"', html)
    assert sorting
    query = parse_qs(urlsplit(sorting[1].replace("&amp;", "&")).query)
    assert query["period"] == ["91d"]
    assert query["is"] == ["country:VN"]
    assert 'type="hidden" name="is" value="country:VN"' in html


def test_order_and_page_of_rows_are_those_of_the_address(ops: Client, engine: Engine) -> None:
    ops.get(f"{URL}pages/?order=visits&p=3")
    question = engine.questions[0]
    assert question.order_by[0].by == METRICS["visits"]
    assert not question.order_by[0].descending
    assert question.offset == 2 * question.limit


periods = st.sampled_from([*PERIODS])
chosen = st.tuples(
    st.sampled_from(["is", "is_not"]),
    st.sampled_from([name for name, one in DIMENSIONS.items() if not one.is_time and not one.is_number]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(
    period=periods,
    compare=st.sampled_from(["previous", "year", "none"]),
    match=st.sampled_from(["weekday", "date"]),
    site=st.sampled_from(["0", "1", "2"]),
    filters=st.lists(chosen, max_size=4),
    page=st.integers(1, 9),
)
def test_an_address_brings_back_what_was_chosen(
    period: str, compare: str, match: str, site: str, filters: list[tuple[str, str, str]], page: int
) -> None:
    query = QueryDict(mutable=True)
    query.update({"period": period, "compare": compare, "match": match, "site": site, "p": str(page)})
    for operator, dimension, value in filters:
        query.appendlist(operator, f"{dimension}:{value}")
    now = date(2026, 11, 29)
    selection = read_selection(query, today=now, sites=SITES)
    assert not selection.faults
    assert read_selection(QueryDict(selection.to_query()), today=now, sites=SITES) == selection


def test_days_that_were_chosen_stay_while_rolling_periods_roll_on() -> None:
    fixed = QueryDict("period=custom&since=2026-01-01&until=2026-01-31")
    rolling = QueryDict("period=7d")
    days = [date(2026, 11, 29), date(2026, 12, 29)]
    assert [read_selection(fixed, today=day, sites=SITES).since for day in days] == [date(2026, 1, 1)] * 2
    assert [read_selection(rolling, today=day, sites=SITES).until for day in days] == days


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, ("28d", date(2026, 11, 2)), id="nothing"),
        pytest.param({"period": "7d"}, ("7d", date(2026, 11, 23)), id="the period alone"),
        pytest.param({"since": "2026-11-10"}, (CUSTOM, date(2026, 11, 10)), id="a day, and the period still says 28"),
        pytest.param({"period": CUSTOM, "since": "2026-11-10"}, (CUSTOM, date(2026, 11, 10)), id="both"),
    ],
)
def test_a_day_that_is_changed_in_the_form_counts(changed: dict[str, str], expected: tuple[str, date]) -> None:
    now = date(2026, 11, 29)
    usual = read_selection(QueryDict("period=28d"), today=now, sites=SITES)
    sent = {"period": "28d", "since": "2026-11-02", "until": "2026-11-29", "shown": usual.shown} | changed
    query = QueryDict(mutable=True)
    query.update(sent)
    selection = read_selection(query, today=now, sites=SITES)
    assert (selection.period, selection.since) == expected


@pytest.mark.parametrize(
    ("days", "grain"), [(1, "hour"), (2, "day"), (92, "day"), (93, "week"), (365, "week"), (401, "month")]
)
def test_a_curve_has_few_enough_points_to_be_read(days: int, grain: str) -> None:
    until = date(2026, 11, 29)
    selection = Selection(CUSTOM, until - timedelta(days=days - 1), until)
    assert selection.grain == grain
    assert len([*times_between(grain, selection.since, selection.until)]) <= 92


# what is asked wrongly


@pytest.mark.parametrize(
    "query",
    [
        "period=immer",
        "period=custom",
        "period=custom&since=2026-12-31&until=2026-01-01",
        "period=custom&since=0001-01-01&until=9999-12-31",
        "period=custom&since=1971-01-01&until=1971-01-02&compare=year",
        "compare=%00&match=x&site=99999999999999",
        "is=page:abc&is=nothing:1&is=day:2026-01-01&is_not=::",
        "is=channel:" + "x" * 300,
        "order=-x&p=-1",
        "p=99999999999&order=--views",
        "download=curve.exe",
        "download=.csv",
    ],
)
@pytest.mark.parametrize("screen", ["overview", "pages"])
def test_nothing_that_is_asked_breaks_a_screen(ops: Client, engine: Engine, screen: str, query: str) -> None:
    response = ops.get(f"{URL}{screen}/?{query}")
    assert response.status_code in (200, 400, 404)


def test_what_the_address_gets_wrong_is_said(ops: Client, engine: Engine) -> None:
    html = ops.get(f"{URL}overview/?period=immer&is=page:abc").content.decode()
    assert "Không có khoảng thời gian “immer”." in html
    assert "Không hiểu bộ lọc “page:abc”." in html


@pytest.mark.parametrize(
    ("refusal", "status"), [(asking.Away(), 503), (asking.Crowded(), 503), (asking.TooMuch(), 422)]
)
def test_a_screen_without_an_answer_says_why(
    ops: Client, engine: Engine, refusal: asking.NotAnswered, status: int
) -> None:
    engine.refuses = refusal
    response = ops.get(f"{URL}overview/")
    assert response.status_code == status
    assert refusal.words.split(" · ")[0] in response.content.decode()
    assert ("Retry-After" in response.headers) == (status == 503)


def test_there_is_no_such_screen(ops: Client, engine: Engine) -> None:
    assert ops.get(f"{URL}moi/").status_code == 404


# what takes long


@pytest.fixture
def slow(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(view, "PLAIN_SECONDS", 0.05)
    monkeypatch.setattr(coming, "LINE_SECONDS", 0.05)
    engine.gate.clear()
    return engine


def test_a_screen_that_takes_long_says_how_far_it_is_and_then_comes(ops: Client, slow: Engine) -> None:
    chunks = iter(ops.get(f"{URL}entrances/?period=7d"))
    head = next(chunks).decode()
    assert "Đang tính báo cáo này" in head
    assert "từng sự kiện" in head
    line = next(chunk for chunk in map(bytes.decode, chunks) if "1.000.000" in chunk)
    assert "Đã đọc 1.000.000 trong 4.000.000 sự kiện (25%)." in line
    assert 'value="25"' in line
    slow.gate.set()
    rest = b"".join(chunks).decode()
    assert "nhip-table" in rest
    assert rest.rstrip().endswith("</html>")
    assert "nhip:coming" not in head + line + rest


def test_who_stops_a_screen_frees_its_thread_and_others_are_served_meanwhile(ops: Client, slow: Engine) -> None:
    response = ops.get(f"{URL}entrances/?period=7d")
    raw, others = asking.desks().raw, [asking.desks().people, asking.desks().raw]
    (link,) = re.findall(r'href="(\?[^"]*stopped=1)"', next(iter(response)).decode())
    wait_until(lambda: raw._taken == 1)
    stopped = ops.get(f"{URL}entrances/{link.replace('&amp;', '&')}")
    assert "Đã dừng" in stopped.content.decode()
    assert 'name="stopped"' not in stopped.content.decode(), "asked again, it is calculated"
    assert len(slow.questions) == len(set(map(str, slow.questions))), "nothing is asked by stopping"
    response.close()
    assert slow.cancelled.wait(5)
    wait_until(lambda: not any(desk._taken for desk in others))


def test_a_screen_of_sums_does_not_wait_for_those_of_raw_events(ops: Client, slow: Engine) -> None:
    waiting = [ops.get(f"{URL}entrances/?period=7d") for _ in range(asking.THREADS + 1)]
    assert all(one.streaming for one in waiting)
    assert asking._waiting_threads._value == asking.MOST_WAITING_THREADS, "none of them holds a thread of Django"
    one = asking.desks().people.start(lambda _client: "served")
    assert one.result(5) == "served"
    last = next(iter(waiting[-1])).decode()
    assert "Đang chờ các báo cáo khác tính xong." in last
    for response in waiting:
        response.close()


def test_a_screen_that_fails_late_says_why(ops: Client, slow: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "RAW_PATIENCE_SECONDS", 0.3)
    response = ops.get(f"{URL}entrances/?period=7d")
    html = b"".join(response).decode()
    assert response.status_code == 200, "it was sent before"
    assert asking.TooMuch.words.split(" · ")[0] in html
    assert html.rstrip().endswith("</html>")


def test_a_screen_that_fails_soon_has_its_status(ops: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Answer:
        raise TooHeavy("too many rows")

    monkeypatch.setattr(asking, "answer", refuse)
    assert ops.get(f"{URL}entrances/?period=7d").status_code == 422


# downloads


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_every_part_can_be_downloaded(ops: Client, engine: Engine, kind: str) -> None:
    html = ops.get(f"{URL}pages/?period=7d&is=country:VN").content.decode()
    (link,) = re.findall(rf'href="(\?[^"]*download=page\.{kind})"', html)
    response = ops.get(f"{URL}pages/{link.replace('&amp;', '&')}")
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith('attachment; filename="pages-page-')
    assert "country" in str(engine.questions[-1].filters)
    if kind == "csv":
        assert response.content.decode("utf-8-sig").splitlines()[0].startswith("page,views,")


# who sees what


def test_an_editor_is_told_of_the_pages_that_they_may_edit_alone(
    editor: Client, engine: Engine, article: NewsPage
) -> None:
    response = editor.get(f"{URL}pages/?is_not=page:{article.pk}")
    assert response.status_code == 200
    assert "Chỉ gồm các trang bạn được sửa." in response.content.decode()
    for question in engine.questions:
        (scope, *_chosen) = question.filters.parts
        assert f"values=({article.pk},)" in str(scope)


def test_an_editor_can_download_nothing_of_other_pages(editor: Client, engine: Engine, article: NewsPage) -> None:
    assert editor.get(f"{URL}pages/?download=page.csv").status_code == 200
    assert f"values=({article.pk},)" in str(engine.questions[-1].filters)
    assert editor.get(f"{URL}readers/?download=searches.csv").status_code == 404


def test_what_is_of_no_page_is_for_operations(editor: Client, engine: Engine) -> None:
    html = editor.get(f"{URL}readers/").content.decode()
    assert "Từ khóa tìm trong cổng" not in html
    assert "Văn bản được tải về" in html
    assert editor.get(f"{URL}live/").status_code in (302, 403)


def test_somebody_who_edits_nothing_sees_nothing(client: Client, engine: Engine) -> None:
    client.force_login(user_with("khach"))
    assert client.get(f"{URL}overview/").status_code in (302, 403)
    assert not engine.questions
    assert URL not in client.get("/admin/").content.decode()


def test_strangers_are_asked_to_sign_in(client: Client, engine: Engine) -> None:
    assert client.get(f"{URL}overview/").status_code == 302


def test_operations_can_be_given_to_a_group(db: None, client: Client, engine: Engine) -> None:
    user = user_with("trong-nhom")
    user.groups.add(Group.objects.get(name="Vận hành"))  # one of the roles that a migration makes
    client.force_login(user)
    assert client.get(f"{URL}bots/").status_code == 200


# what the CMS knows


def test_the_facts_of_pages(article: NewsPage, news: NewsIndexPage, site: Site) -> None:
    facts = page_facts()
    assert facts[article.pk].title == "Mất điện & sửa chữa"
    assert facts[article.pk].author == "Lan"
    assert facts[article.pk].category == "Điện"
    assert facts[article.pk].unit == "Tin tức"
    assert facts[article.pk].page_type == "Bài viết"
    assert facts[news.pk].unit == "Tin tức"
    assert facts[site.root_page_id].unit == ""
    assert titles_of([article.pk]) == {article.pk: ("Mất điện & sửa chữa", True)}


def test_publications_are_by_the_day_of_vietnam(article: NewsPage) -> None:
    article.first_published_at = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)  # half past midnight there
    article.save()
    (found,) = published_between(date(2026, 11, 22), date(2026, 11, 22))
    assert found.day == date(2026, 11, 22)
    assert not published_between(date(2026, 11, 21), date(2026, 11, 21))
    assert not published_between(date(2026, 11, 22), date(2026, 11, 22), pages=set())


def test_every_name_that_a_screen_asks_for_there_is() -> None:
    for screen in SCREENS:
        for part in screen.parts:
            assert set(part.metrics) <= METRICS.keys()
            assert {one for one in part.dimensions if one != GRAIN} <= DIMENSIONS.keys()
    assert today() <= date.today() + timedelta(days=1)
