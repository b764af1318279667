"""Wakes the errand of the opening balances after a change that may concern them; the errand finds what to send."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail.models import Page, Site
from wagtail.signals import post_page_move

from cms.statistics.balances import balances_changed
from cms.statistics.models import OpeningBalance


@receiver([post_save, post_delete], sender=OpeningBalance)
@receiver([post_save, post_delete], sender=Site)
@receiver(post_delete, sender=Page)
@receiver(post_page_move)
def look_at_balances(**_signal: Any) -> None:
    transaction.on_commit(balances_changed, robust=True)
