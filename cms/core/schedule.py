"""Publishes and takes down by itself what editors have scheduled; Wagtail leaves that to a command and to cron.

Every process that serves pages looks for what is due; one of them at a time does it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.db import Error, close_old_connections, connection, models, transaction
from django.utils import timezone
from wagtail.models import DraftStateMixin, Page, Revision

from cms.core.turns import Turn, turn
from pipeline.metrics import SCHEDULE_LATE

log = logging.getLogger("nhip")

LOOK_SECONDS = 2.0
AGAIN_SECONDS = 60.0  # after what failed twice


class Schedule:
    """``step`` does what is due; another thread repeats it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[tuple[str, Any], list[float]] = {}

    def step(self) -> float:
        """Returns the seconds until the next look, which comes when the next of what is scheduled is due."""
        until = LOOK_SECONDS
        try:
            late = seconds_late()
            if late > 0:
                with turn(Turn.SCHEDULE) as ours:
                    if ours:
                        self._do_what_is_due()
                late = seconds_late()
            SCHEDULE_LATE.set(max(0.0, late))
            if late < 0:
                until = min(LOOK_SECONDS, -late)
        except Exception as error:
            if not isinstance(error, Error):  # away: the look for changes says so
                log.exception("nobody knows what is scheduled")
            close_old_connections()
        return until

    def _do_what_is_due(self) -> None:
        now = timezone.now()
        for queryset, due_at, do in _scheduled():
            due = queryset.filter(**{f"{due_at}__lte": now}).order_by(due_at, "pk")
            for _at, together in groupby(due, key=attrgetter(due_at)):
                self._try_together(list(together), do)

    def _try_together(self, found: list[models.Model], do: Callable[[Any], object]) -> None:
        """What is due at one moment changes in one moment; if a part of it fails, the rest does not wait for it."""
        if len(found) > 1 and not any((one._meta.label, one.pk) in self._failed for one in found):
            try:
                with transaction.atomic():
                    for one in found:
                        do(one)
            except Exception:
                if not connection.is_usable():
                    raise
                log.exception("what is scheduled together could not be done together")
            else:
                return
        for one in found:
            self._try(one, do)

    def _try(self, found: models.Model, do: Callable[[Any], object]) -> None:
        """Whole or not at all, so that it is due again after a failure."""
        name = found._meta.label, found.pk
        failures = self._failed.get(name, [])
        if len(failures) > 1 and self._clock() - failures[-1] < AGAIN_SECONDS:
            return
        try:
            with transaction.atomic():
                do(found)
            self._failed.pop(name, None)
        except Exception:
            if not connection.is_usable():
                raise
            self._failed[name] = [*failures[-1:], self._clock()]
            log.exception("what is scheduled could not be done, and is tried again: %s %s", *name)


def seconds_late() -> float:
    """How long the oldest of what is scheduled has been due; below 0 if it is due later, 0 if there is nothing."""
    waiting = [queryset.aggregate(oldest=models.Min(due_at))["oldest"] for queryset, due_at, _do in _scheduled()]
    oldest: list[datetime] = [at for at in waiting if at is not None]
    return (timezone.now() - min(oldest)).total_seconds() if oldest else 0.0


def _scheduled() -> Iterator[tuple[models.QuerySet[Any], str, Callable[[Any], object]]]:
    """What is to be taken down, and then what is to be published, as Wagtail's `publish_scheduled` has it."""
    for model in (Page, *_snippets()):
        yield model._default_manager.filter(live=True, expire_at__isnull=False), "expire_at", _take_down
    yield Revision.objects.filter(approved_go_live_at__isnull=False), "approved_go_live_at", _publish


def _snippets() -> Iterator[type[models.Model]]:
    """The models, other than pages, that can be scheduled."""
    return (model for model in apps.get_models() if issubclass(model, DraftStateMixin) and not issubclass(model, Page))


def _take_down(content: Any) -> None:
    content.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


def _publish(revision: Revision) -> None:
    revision.publish(log_action="wagtail.publish.scheduled")
