"""The one view of all screens: reads what the address asks for, asks the engine, shows or hands out the answers."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.base import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.core.coming import ComingResponse
from cms.statistics.reports import asking
from cms.statistics.reports.coming import PLAIN_SECONDS, ComingScreen
from cms.statistics.reports.days import today
from cms.statistics.reports.facts import Publication, page_facts, published_between, titles_of
from cms.statistics.reports.permissions import MOST_PAGES, Scope, scope_of
from cms.statistics.reports.screens import BY_NAME, GRAIN, SCREENS, Part, Screen
from cms.statistics.reports.selection import (
    COMPARISONS,
    DEFAULT,
    ROWS,
    Selection,
    SelectionForm,
    read_selection,
    sites_to_choose,
)
from cms.statistics.reports.tables import Shown, heading, publishing_table, show
from cms.statistics.reports.words import decimal, full_day, name_of
from pipeline.collecting.recent_answers import ACKNOWLEDGED, MINUTES, recent_answers
from pipeline.reports.answer import Answer
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.formats.encoded import ANSWER_AS
from pipeline.reports.metrics import METRICS
from pipeline.reports.pages import Pages
from pipeline.reports.question import MAX_ROWS, BadQuestion, Question, read_question
from pipeline.reports.reading import reads_raw_events

MODES = {"previous": "previous_period", "year": "year_over_year"}
STOPPED = "stopped"  # in an address: the form, and nothing is asked
MOST_PUBLISHED = 2000  # pages whose views are asked for beside their publication

DOWNLOADS: Mapping[str, tuple[str, Callable[[Answer], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", lambda found: BOM_UTF8 + ANSWER_AS["csv"](found)),  # for Excel
    "json": ("application/json", ANSWER_AS["json"]),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ANSWER_AS["xlsx"]),
}


class Refused(Exception):
    """The screen says why, with this status."""

    def __init__(self, words: str, status: int, retry_seconds: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.retry_seconds = retry_seconds


class Asked(NamedTuple):
    """What a screen asks; the questions of its parts come first."""

    parts: Sequence[Part]
    questions: Sequence[Question]
    pages: Pages | None
    published: Sequence[Publication]


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever keeps a question from its answer, as Refused."""
    try:
        yield
    except BadQuestion as error:
        raise Refused(str(error), 400) from error
    except asking.NotAnswered as why:
        raise Refused(why.words, why.status, why.retry_seconds) from why


def _pages_for(questions: Sequence[Question]) -> Pages | None:
    """What the CMS knows, for questions about it."""
    return page_facts() if any(one.of_page for question in questions for one in question.columns) else None


def show_first(_request: HttpRequest) -> HttpResponse:
    return redirect("nhip_reports:screen", SCREENS[0].name)


class ScreenView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "statistics/reports/screen.html"
    _show_breadcrumbs = True

    screen: Screen
    scope: Scope
    selection: Selection

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:  # type: ignore[override]
        self.screen = BY_NAME.get(name) or _no_such_screen()
        self.scope = scope_of(request)
        if not self.scope:
            raise PermissionDenied
        self._sites = sites_to_choose()
        self.selection = read_selection(request.GET, today=today(), sites=self._sites)
        download = request.GET.get("download", "")
        try:
            if download:
                return self._download(*download.rpartition(".")[::2])
            if STOPPED in request.GET:
                return self.render_to_response(self.get_context_data(stopped=True))
            return self._begin(self._what_to_ask())
        except Refused as why:
            response = self.render_to_response(self.get_context_data(refusal=why.words), status=why.status)
            if why.retry_seconds:
                response["Retry-After"] = str(why.retry_seconds)
            return response

    def _begin(self, asked: Asked) -> HttpResponseBase:
        """The screen, or one that comes (``coming``). Raises Refused."""
        with _refusing():
            if self.request.method == "HEAD":
                answers = asking.ask_all(asked.questions, pages=asked.pages)
                return self.render_to_response(self.get_context_data(**self._show(asked, answers)))
            with asking.turn(), ExitStack() as unless_it_comes:
                under_way = asking.begin(asked.questions, pages=asked.pages)
                unless_it_comes.callback(under_way.give_up)
                if not under_way.wait(PLAIN_SECONDS):
                    response = self._come(asked, under_way)
                    unless_it_comes.pop_all()
                    return response
                answers = under_way.results()
        return self.render_to_response(self.get_context_data(**self._show(asked, answers)))

    def _come(self, asked: Asked, under_way: asking.UnderWay[Answer]) -> HttpResponseBase:
        context = self.get_context_data()
        query = self.selection.to_query()
        raw = any(map(reads_raw_events, asked.questions))
        coming = {"stop_url": f"?{query}&{STOPPED}=1", "from_raw": raw}
        page = render_to_string(self.get_template_names(), context | {"coming": coming}, self.request)

        def show() -> str:
            try:
                with _refusing():
                    results = self._show(asked, under_way.results())
            except Refused as why:
                results = {"refusal": why.words}
            return render_to_string("statistics/reports/results.html", context | results)

        return ComingResponse(ComingScreen(page, under_way, show))

    # what is asked

    @property
    def parts(self) -> list[Part]:
        return [part for part in self.screen.parts if self.scope.everything or part.of_pages]

    def _what_to_ask(self) -> Asked:
        """Raises Refused."""
        parts = self.parts
        if not parts:
            raise Refused(
                str(
                    _(
                        "Màn hình này nói về cả cổng thông tin, không về riêng trang nào, nên chỉ người có quyền "
                        "“Xem mọi báo cáo truy cập” xem được. Hãy hỏi quản trị viên nếu cần."
                    )
                ),
                403,
            )
        questions = [self._question(part) for part in parts]
        published: list[Publication] = []
        if any(part.marks for part in parts):
            published = self._publications()
        if self.screen.name == "publishing" and published:
            questions.append(self._views_of(published))
        return Asked(parts, questions, _pages_for(questions), published)

    def _show(self, asked: Asked, answers: Sequence[Answer]) -> dict[str, Any]:
        published = asked.published
        found: list[Shown] = [
            show(part, answer, self.selection, publications=published)
            for part, answer in zip(asked.parts, answers, strict=False)
        ]
        context: dict[str, Any] = {"shown": found, "answer": answers[0]} | _completeness(answers)
        if self.screen.name == "bots" and self.scope.everything:
            context |= refused_lately()
        if self.screen.name == "publishing":
            views = {int(row.dimensions[0]): row.metrics[0] for row in answers[-1].rows} if published else {}
            context["publishing"] = publishing_table(self.selection, answers[0], published, views)
        return context

    def _question(self, part: Part, *, rows: int = 0) -> Question:
        """`rows`: how many from the first on; 0 for those of the screen. Raises Refused."""
        if len(self.scope.pages) > MOST_PAGES:
            words = _("Bạn phụ trách hơn %(most)s trang; hãy xin quyền xem mọi báo cáo.") % {"most": MOST_PAGES}
            raise Refused(str(words), 403)
        selection = self.selection
        dimensions = [selection.grain if one == GRAIN else one for one in part.dimensions]
        include: dict[str, Any] = {
            "totals": part.chart in ("bars", "none"),
            "total_rows": part.chart in ("bars", "none"),
        }
        if selection.compare in MODES and part.chart != "heat":
            include["compare"] = MODES[selection.compare]
            include["compare_match_day_of_week"] = selection.match == "weekday"
        first = part is self.screen.parts[0]
        limit = rows or part.rows
        written: dict[str, Any] = {
            "metrics": list(part.metrics),
            "date_range": [selection.since.isoformat(), selection.until.isoformat()],
            "site": selection.site,
            "dimensions": dimensions,
            "filters": [*part.filters, *self.scope.filters, *(one.filter for one in selection.filters)],
            "order_by": _order(selection.order, part) if first else [],
            "include": include,
            "pagination": {"limit": limit, "offset": 0 if rows or not first else (selection.page - 1) * limit},
        }
        try:
            return read_question(written, today=today())
        except BadQuestion as error:
            raise Refused(str(error), 400) from error

    def _views_of(self, published: Sequence[Publication]) -> Question:
        """The views of the pages that were published, in the same days."""
        pages = [one.page_id for one in published][:MOST_PUBLISHED]
        chunks = [["is", "page", pages[start : start + 500]] for start in range(0, len(pages), 500)]
        written = {
            "metrics": ["views"],
            "date_range": [self.selection.since.isoformat(), self.selection.until.isoformat()],
            "site": self.selection.site,
            "dimensions": ["page"],
            "filters": [["or", chunks]],
            "pagination": {"limit": MAX_ROWS},
        }
        return read_question(written, today=today())

    def _publications(self) -> list[Publication]:
        selection = self.selection
        pages: Set[int] | None = None if self.scope.everything else frozenset(self.scope.pages)
        only = {int(one.value) for one in selection.filters if one.compare == "is" and one.dimension == "page"}
        if only:
            pages = only if pages is None else pages & only
        return published_between(selection.since, selection.until, site=selection.site, pages=pages)

    # what is handed out

    def _download(self, name: str, kind: str) -> HttpResponse:
        part = next((part for part in self.parts if part.name == name), None)
        if part is None or kind not in DOWNLOADS:
            raise Http404
        questions = [self._question(part, rows=MAX_ROWS)]
        with _refusing():
            found = asking.ask_all(questions, pages=_pages_for(questions))[0]
        content_type, encode = DOWNLOADS[kind]
        selection = self.selection
        file = f"{self.screen.name}-{part.name}-{selection.since}-{selection.until}.{kind}"
        return HttpResponse(
            encode(found),
            content_type=content_type,
            headers={"Content-Disposition": f'attachment; filename="{file}"'},
        )

    # what is around

    def get_page_title(self) -> str:
        return str(self.screen.title)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("nhip_reports:index"), "label": str(gettext_lazy("Báo cáo truy cập"))},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        selection = self.selection
        return context | {
            "screen": self.screen,
            "screens": screen_links(self.scope, selection, self.screen.name),
            "everything": self.scope.everything,
            "selection": selection,
            "form": SelectionForm(_initial(selection), sites=self._sites),
            "filters": [
                (self._filter_in_words(one), f"?{selection.without(one).to_query()}") for one in selection.filters
            ],
            "kept": _hidden(selection),
            "dates": f"{full_day(selection.since.isoformat())} – {full_day(selection.until.isoformat())}",
            "compare": COMPARISONS[selection.compare],
            "link": f"{self.request.build_absolute_uri(self.request.path)}?{selection.to_query()}",
            "is_usual": selection.period == DEFAULT,
            "rows": ROWS,
        }

    def _filter_in_words(self, chosen: Any) -> str:
        name = name_of(chosen.dimension, int(chosen.value) if DIMENSIONS[chosen.dimension].is_number else chosen.value)
        if chosen.dimension == "page":
            name = titles_of([int(chosen.value)]).get(int(chosen.value), (name, False))[0]
        what = heading(DIMENSIONS[chosen.dimension])
        return (
            f"{what}: {name}"
            if chosen.compare == "is"
            else str(_("%(what)s khác %(name)s")) % {"what": what, "name": name}
        )


def screen_links(scope: Scope, selection: Selection | None, current: str) -> list[dict[str, Any]]:
    """Every screen that there is something on for who asks; the days and the comparison go along."""
    query = ""
    if selection is not None:
        query = f"?{replace(selection, order='', page=1).to_query()}"
    found = [
        {
            "title": screen.title,
            "icon": screen.icon,
            "url": reverse("nhip_reports:screen", args=[screen.name]) + query,
            "current": screen.name == current,
        }
        for screen in SCREENS
        if scope.everything or screen.of_pages
    ]
    live = {
        "title": _("Ngay lúc này"),
        "icon": "view",
        "url": reverse("nhip_reports:live"),
        "current": current == "live",
    }
    return [live, *found] if scope.everything else found


def refused_lately() -> dict[str, Any]:
    """What the collector of this process refused in the last minutes, by reason; `collects` is whether it has one."""
    answers = recent_answers.read()
    refused = [(reason, count) for reason, count in answers.most_common() if reason != ACKNOWLEDGED]
    return {
        "refused": [(name_of("reason", reason), decimal(count)) for reason, count in refused],
        "collects": bool(answers),
        "refused_minutes": MINUTES,
    }


def _no_such_screen() -> Screen:
    raise Http404


def _order(order: str, part: Part) -> list[list[str]]:
    name = order.lstrip("-")
    return [[name, "desc" if order.startswith("-") else "asc"]] if name in part.metrics and name in METRICS else []


def _initial(selection: Selection) -> dict[str, Any]:
    return {
        "period": selection.period,
        "since": selection.since.isoformat(),
        "until": selection.until.isoformat(),
        "compare": selection.compare,
        "match": selection.match,
        "site": str(selection.site),
    }


def _hidden(selection: Selection) -> list[tuple[str, str]]:
    """What the form does not show, and must not lose."""
    order = [("order", selection.order)] if selection.order else []
    return [*((one.compare, one.written) for one in selection.filters), *order]


def _completeness(answers: Sequence[Answer]) -> dict[str, Any]:
    return {"complete_until": min((one.complete_until for one in answers if one.complete_until), default=None)}
