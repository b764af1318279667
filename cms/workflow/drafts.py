"""Clears old versions of pages and snippets, if a setting says after how many days."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils import timezone
from wagtail.models import DraftStateMixin, Page, Revision, RevisionMixin, TaskState, WorkflowState

log = logging.getLogger("nhip")

AT_ONCE = 100  # deleted in one transaction, which editors wait for
MOST_AT_A_TIME = 5000


def clear_old_versions(days: int) -> int:
    """Returns how many went. What is public, newest, scheduled or in review stays, however old."""
    cleared = 0
    while cleared < MOST_AT_A_TIME:
        some = list(old_versions(days)[:AT_ONCE])
        if not some:
            break
        Revision.objects.filter(pk__in=some).delete()
        cleared += len(some)
    if cleared:
        log.info("cleared %d old versions of pages", cleared)
    return cleared


def old_versions(days: int) -> Any:
    """Their ids, the oldest first."""
    kept = [_held(Page, "latest_revision"), _held(Page, "live_revision")]
    for model in apps.get_models():
        if issubclass(model, RevisionMixin) and not issubclass(model, Page):
            kept.append(_held(model, "latest_revision"))
        if issubclass(model, DraftStateMixin) and not issubclass(model, Page):
            kept.append(_held(model, "live_revision"))
    active = [WorkflowState.STATUS_IN_PROGRESS, WorkflowState.STATUS_NEEDS_CHANGES]
    kept.append(TaskState.objects.filter(workflow_state__status__in=active, revision__isnull=False).values("revision"))
    old = Revision.objects.filter(created_at__lt=timezone.now() - timedelta(days=days), approved_go_live_at=None)
    for held in kept:
        old = old.exclude(pk__in=held)
    return old.order_by("created_at").values_list("pk", flat=True)


def _held(model: type[Model], name: str) -> Any:
    return model._default_manager.filter(**{f"{name}__isnull": False}).order_by().values(name)
