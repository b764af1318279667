"""What waits for whom: the stages of pages in review, and the screens on which they are decided, phones first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.models import Page, Task, TaskState, WorkflowState
from wagtail.permissions import policy_registry

from cms.accounts.names import name_of
from cms.workflow.deadlines import due_at

MOST = 200  # stages on a screen; the oldest first


@dataclass(frozen=True)
class Waiting:
    """A page at a stage that is not decided."""

    state: Any
    page: Any
    due: datetime | None

    @property
    def is_overdue(self) -> bool:
        return self.due is not None and self.due < timezone.now()

    @property
    def title(self) -> str:
        return str(self.page.get_admin_display_title())

    @property
    def kind(self) -> str:
        return str(self.page.specific_class._meta.verbose_name if self.page.specific_class else "")

    @property
    def sender(self) -> str:
        return name_of(self.state.workflow_state.requested_by)

    @property
    def goes_live_at(self) -> datetime | None:
        found: datetime | None = self.page.go_live_at
        return found if found and found > timezone.now() else None

    @property
    def url(self) -> str:
        return reverse("workflow_review", args=[self.state.pk])


def takes_part(user: Any) -> bool:
    """Whether ``user`` writes, edits or decides about pages."""
    pages = policy_registry.get_by_type(Page)
    return bool(pages.user_has_any_permission(user, {"add", "change", "publish"}))


@dataclass(frozen=True)
class Desk:
    """``mine``: what somebody can decide. ``others``: what others decide of the pages that this one answers for."""

    mine: list[Waiting]
    others: list[Waiting]


def desk_of(user: Any) -> Desk:
    """The oldest first."""
    stages = {task.pk for task in Task.objects.active().specific() if task.get_actions(None, user)}
    waiting = in_review()
    mine = [one for one in waiting if one.state.task_id in stages]
    return Desk(mine, [one for one in waiting if one.state.task_id not in stages and _answers_for(user, one)])


def _answers_for(user: Any, one: Waiting) -> bool:
    if user.is_superuser or user.pk in (one.page.owner_id, one.state.workflow_state.requested_by_id):
        return True
    return "change" in one.page.permissions_for_user(user).permissions


def in_review() -> list[Waiting]:
    """Everything, whoever decides it; pages as they are in review, which their published state may differ from."""
    states = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS, revision__isnull=False)
    states = states.select_related("task", "revision__user", "workflow_state__requested_by").order_by("started_at")
    states = states.prefetch_related("revision__content_object")
    return [
        Waiting(state, state.revision.as_object(), due_at(state.started_at))
        for state in states[:MOST]
        if isinstance(state.revision.content_object, Page)
    ]


def words_of_return(page: Page) -> str:
    """Who returned a page and why; empty unless its author has to mend it."""
    state = page.current_workflow_state
    if state is None or state.status != WorkflowState.STATUS_NEEDS_CHANGES:
        return ""
    stage = state.current_task_state
    if not stage or not stage.comment:
        return ""
    return _("%(who)s trả lại bài: %(words)s") % {
        "who": name_of(stage.finished_by) or stage.task.name,
        "words": stage.comment,
    }


def show_waiting(request: HttpRequest) -> HttpResponse:
    """GET /admin/waiting/"""
    if not takes_part(request.user):
        raise PermissionDenied
    desk = desk_of(request.user)
    title = _("Chờ duyệt")
    context = {"page_title": title, "header_title": title, "header_icon": "clipboard-list"}
    return TemplateResponse(request, "workflow/waiting.html", context | {"mine": desk.mine, "others": desk.others})


class Decision(forms.Form):
    """``revision``: what was looked at. Somebody may have saved the page since."""

    decision = forms.ChoiceField(choices=[("approve", ""), ("reject", "")])
    revision = forms.IntegerField()
    comment = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("Cần sửa gì?"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("decision") == "reject" and not given.get("comment", "").strip():
            self.add_error("comment", _("Hãy ghi cần sửa gì để người viết biết."))
        return given


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, number: int) -> HttpResponse:
    """GET, POST /admin/waiting/<number>/: the page as it would be, and two large buttons."""
    state = _state(number)
    task = state.task.specific
    if not task.get_actions(state.revision.content_object, request.user):
        raise PermissionDenied
    form = Decision(request.POST or None, initial={"revision": state.revision_id})
    if request.method == "POST" and form.is_valid():
        return _decide(request, number, form.cleaned_data)
    if state.status != TaskState.STATUS_IN_PROGRESS:
        return _say_decided(request, state)
    waiting = Waiting(state, state.revision.as_object(), due_at(state.started_at))
    context = {
        "page_title": waiting.title,
        "header_title": waiting.title,
        "header_icon": "clipboard-list",
        "waiting": waiting,
        "form": form,
        "publishes": state.workflow_state.is_at_final_task,
        "earlier": _earlier(state),
        "returning": form.is_bound,
    }
    return TemplateResponse(request, "workflow/review.html", context)


def _state(number: int, *, lock: bool = False) -> TaskState:
    """Raises Http404, also for what is no page."""
    states = TaskState.objects.select_for_update(of=("self",)) if lock else TaskState.objects.all()
    state = get_object_or_404(states.select_related("task", "workflow_state"), pk=number)
    if state.revision is None or not isinstance(state.revision.content_object, Page):
        raise Http404
    return state


def _say_decided(request: HttpRequest, state: TaskState) -> HttpResponse:
    messages.warning(request, _("Bài này đã được xử lý: %(how)s.") % {"how": state.get_status_display()})
    return redirect("workflow_waiting")


@transaction.atomic
def _decide(request: HttpRequest, number: int, given: dict[str, Any]) -> HttpResponse:
    """Once, whoever else decides at the same time."""
    state = _state(number, lock=True)
    if state.status != TaskState.STATUS_IN_PROGRESS:
        return _say_decided(request, state)
    waiting = Waiting(state, state.revision.as_object(), due_at(state.started_at))
    if given["revision"] != state.revision_id:
        messages.warning(request, _("Bài vừa được sửa. Đây là bản mới nhất: hãy xem lại rồi quyết định."))
        return redirect(waiting.url)
    last = state.workflow_state.is_at_final_task
    decision, comment = given["decision"], given["comment"].strip()
    state.task.specific.on_action(state.specific, request.user, decision, comment=comment)
    title = {"title": waiting.title}
    if decision == "reject":
        said = _("Đã trả lại “%(title)s” kèm ghi chú.") % title
    elif not last:
        said = _("Đã duyệt “%(title)s”, chuyển bước tiếp theo.") % title
    elif waiting.goes_live_at:
        at = date_format(timezone.localtime(waiting.goes_live_at), "H:i d/m/Y")
        said = _("Đã duyệt “%(title)s”. Bài tự đăng lúc %(at)s.") % (title | {"at": at})
    else:
        said = _("Đã duyệt và đăng “%(title)s”.") % title
    messages.success(request, said)
    return redirect("workflow_waiting")


def _earlier(state: Any) -> list[dict[str, Any]]:
    """What was said at the stages before, the latest first."""
    before = TaskState.objects.filter(workflow_state=state.workflow_state).exclude(pk=state.pk).exclude(comment="")
    return [
        {"words": one.comment, "stage": one.task.name, "who": name_of(one.finished_by), "at": one.finished_at}
        for one in before.select_related("finished_by", "task").order_by("-finished_at")[:5]
    ]
