"""Keeps opening balances and ids in step with what readers see.

Wakes the errand of the opening balances after a change that may concern them; the errand finds what to send.
Before a page or a site is made, skips the ids for which views have been counted already: they were given before the
database was restored.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from wagtail.models import Page, Site
from wagtail.signals import post_page_move

from cms.statistics import counters
from cms.statistics.balances import balances_changed
from cms.statistics.models import OpeningBalance
from cms.statistics.records import CmsRecords
from pipeline.operating.reconcile import mend_ids
from pipeline.operating.site import Ids

logger = logging.getLogger("nhip")


@receiver([post_save, post_delete], sender=OpeningBalance)
@receiver([post_save, post_delete], sender=Site)
@receiver(post_delete, sender=Page)
@receiver(post_page_move)
def look_at_balances(**_signal: Any) -> None:
    transaction.on_commit(balances_changed, robust=True)


@receiver(pre_save)
def skip_known_ids(instance: models.Model, *, raw: bool = False, **_signal: Any) -> None:
    """By what this process has in memory of readers' numbers; a start and `nhip reconcile` ask for all of it."""
    if raw or instance.pk is not None or not isinstance(instance, (Page, Site)):
        return
    snapshot = counters.current().snapshot()
    known = Ids(max(snapshot.pages, default=0), max(snapshot.sites, default=0))
    if mend_ids(known, CmsRecords()):
        logger.warning("the CMS would have given an id again (known: %s); was its database restored?", known)
