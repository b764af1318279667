"""Reminds of stages that are overdue, once, by mail, whichever process comes first."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from wagtail.models import TaskState

from cms.workflow.deadlines import due_at
from cms.workflow.mails import Overdue
from cms.workflow.models import Reminder

AT_ONCE = 50
send = Overdue()


def remind_of_overdue() -> int:
    """Returns how many stages were reminded of."""
    told = Reminder.objects.values("task_state")
    open_states = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS).exclude(pk__in=told)
    late = [one for one in open_states.order_by("started_at")[:AT_ONCE] if _is_late(one)]
    for state in late:
        with transaction.atomic():
            _row, first = Reminder.objects.get_or_create(task_state=state, defaults={"sent_at": timezone.now()})
            if first and state.workflow_state.content_object is not None:
                send(instance=state)
    return len(late)


def _is_late(state: TaskState) -> bool:
    due = due_at(state.started_at)
    return due is not None and due < timezone.now()
