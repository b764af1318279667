from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from cms.statistics.balances import balances_changed
from cms.statistics.models import OpeningBalance, WithdrawnBalance


@receiver(post_save, sender=OpeningBalance)
def send_saved_balance(**_signal: Any) -> None:
    transaction.on_commit(balances_changed, robust=True)


@receiver(post_delete, sender=OpeningBalance)
def withdraw_deleted_balance(instance: OpeningBalance, **_signal: Any) -> None:
    """Queue a zero for the log.

    By signal, since Django does not call `delete()` for rows deleted with their page or in bulk.
    """
    if instance.site_id is None:
        return
    WithdrawnBalance.objects.create(
        site_id=instance.site_id,
        page_id=instance.page_id or 0,
        locale=instance.locale,
        changed_at=timezone.now(),
    )
    transaction.on_commit(balances_changed, robust=True)
