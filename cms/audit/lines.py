"""The lines of the audit log: log entries of pages, of everything else, and sign-ins, in one order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import F, IntegerField, Model, Q, QuerySet, Value
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry, Page, PageLogEntry

from cms.accounts.models import SignIn
from cms.accounts.names import name_of

SOURCES: tuple[type[Model], ...] = (PageLogEntry, ModelLogEntry, SignIn)
TIME = {PageLogEntry: "timestamp", ModelLogEntry: "timestamp", SignIn: "at"}
FILES = ("image", "document")
NOTHING = Q(pk__in=())
ALL = Q()
AT_ONCE = 500


@dataclass(frozen=True)
class Kind:
    """Which entries are of it, by source."""

    label: Any
    pages: Q = NOTHING
    models: Q = NOTHING
    sign_ins: Q = NOTHING

    def of(self, model: type[Model]) -> Q:
        return {PageLogEntry: self.pages, ModelLogEntry: self.models, SignIn: self.sign_ins}[model]


_FLOW = Q(action__startswith="wagtail.workflow")
_FILES = Q(content_type__model__in=FILES) & ~Q(action="audit.export")
_EXPORTS = Q(action="audit.export")
_ACCOUNTS = Q(content_type__app_label="auth") & ~_EXPORTS
_TOKENS = (Q(content_type__app_label="report_tokens") | Q(content_type__model="apitoken")) & ~_EXPORTS
_REDIRECTS = Q(content_type__app_label="wagtailredirects")

KINDS = {
    "pages": Kind(gettext_lazy("Trang và bài viết"), pages=~_FLOW),
    "workflow": Kind(gettext_lazy("Duyệt bài"), pages=_FLOW, models=_FLOW),
    "files": Kind(gettext_lazy("Ảnh và tài liệu"), models=_FILES),
    "accounts": Kind(gettext_lazy("Tài khoản và quyền"), models=_ACCOUNTS),
    "sign_ins": Kind(gettext_lazy("Đăng nhập"), sign_ins=ALL),
    "tokens": Kind(gettext_lazy("Mã truy cập"), models=_TOKENS),
    "redirects": Kind(gettext_lazy("Chuyển hướng"), models=_REDIRECTS),
    "exports": Kind(gettext_lazy("Tải số liệu xuống"), models=_EXPORTS),
    "settings": Kind(
        gettext_lazy("Cài đặt và danh mục"),
        models=~(_FLOW | _FILES | _EXPORTS | _ACCOUNTS | _TOKENS | _REDIRECTS),
    ),
}


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str
    kind: str
    thing: str
    details: str
    url: str | None = None

    @property
    def when(self) -> str:
        return date_format(timezone.localtime(self.at), "H:i:s d/m/Y")


def places(querysets: Iterable[QuerySet[Any]]) -> Any:
    """Where the entries are, the latest first: rows of ``pk``, ``moment`` and ``source``."""
    first, *others = (
        queryset.order_by()
        .annotate(moment=F(TIME[queryset.model]), source=Value(SOURCES.index(queryset.model), IntegerField()))
        .values("pk", "moment", "source")
        for queryset in querysets
    )
    return first.union(*others, all=True).order_by("-moment", "-pk")


def lines_of(rows: Iterable[dict[str, Any]], reader: Any) -> Iterator[Line]:
    """The lines at these places, in their order; a few queries for each ``AT_ONCE``."""
    ahead = iter(rows)
    while some := list(islice(ahead, AT_ONCE)):
        found = _read(some, AdminURLFinder(reader))
        for row in some:
            if line := found.get((row["source"], row["pk"])):
                yield line


def _read(rows: list[dict[str, Any]], finder: AdminURLFinder) -> dict[tuple[int, Any], Line]:
    keys = defaultdict(list)
    for row in rows:
        keys[row["source"]].append(row["pk"])
    found: dict[tuple[int, Any], Line] = {}
    for source, pks in keys.items():
        model = SOURCES[source]
        entries = model._default_manager.filter(pk__in=pks).select_related("user")
        if model is SignIn:
            found |= {(source, one.pk): _sign_in(one) for one in entries}
        else:
            with_instances = entries.prefetch_related("content_type").with_instances()
            found |= {(source, one.pk): _entry(one, instance, finder) for one, instance in with_instances}
    return found


def _entry(entry: Any, instance: Any, finder: AdminURLFinder) -> Line:
    return Line(
        at=entry.timestamp,
        who=_name(entry.user) if entry.user else str(entry.user_display_name) if entry.user_id else _("hệ thống"),
        what=label_of(entry.action),
        kind=_kind(entry, instance),
        thing=entry.label,
        details=_details(entry),
        url=finder.get_edit_url(instance) if instance is not None else None,
    )


def _kind(entry: Any, instance: Any) -> str:
    if isinstance(instance, Page):
        return str(instance.page_type_display_name)
    return str(entry.object_verbose_name)


def _sign_in(one: SignIn) -> Line:
    times = _(" (%(times)s lần)") % {"times": one.times} if one.times > 1 else ""
    return Line(
        at=one.at,
        who=_name(one.user) if one.user else one.account,
        what=f"{one.get_outcome_display()}{times}",
        kind=str(KINDS["sign_ins"].label),
        thing=one.device,
        details="",
    )


def label_of(action: str) -> str:
    return str(registry.get_action_label(action)) if registry.action_exists(action) else action


def _name(user: Any) -> str:
    full, account = name_of(user), user.get_username()
    return full if full == account else f"{full} ({account})"


def _details(entry: Any) -> str:
    data = entry.data or {}
    said = []
    if data.get("added"):
        said.append(_("thêm: %(what)s") % {"what": ", ".join(data["added"])})
    if data.get("removed"):
        said.append(_("bớt: %(what)s") % {"what": ", ".join(data["removed"])})
    if entry.action == "audit.export":
        said.append(str(data.get("path", "")))
    comment = entry.comment
    return "; ".join([*said, *([str(comment)] if comment else [])])


def of_kind(kind: str, queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset.filter(KINDS[kind].of(queryset.model))
