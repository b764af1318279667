"""How many events wait for receivers, and how long the oldest has: what Prometheus asks every process that serves."""

from __future__ import annotations

import logging

from django.db import Error, close_old_connections
from django.db.models import Count, Min
from django.utils import timezone

from cms.announcing.models import Delivery, State
from pipeline.metrics import WEBHOOKS_OLDEST, WEBHOOKS_WAITING

log = logging.getLogger("nhip")

EVERY_SECONDS = 15.0


def measure() -> float:
    """Returns the seconds until the next time; raises nothing."""
    try:
        waiting = Delivery.objects.filter(state=State.WAITING, endpoint__is_on=True)
        found = waiting.aggregate(number=Count("pk"), oldest=Min("due_since"))
        oldest = found["oldest"]
        WEBHOOKS_WAITING.set(found["number"])
        WEBHOOKS_OLDEST.set(max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0)
    except Exception as error:
        if not isinstance(error, Error):
            log.exception("nobody knows how many webhooks wait")
    finally:
        close_old_connections()
    return EVERY_SECONDS
