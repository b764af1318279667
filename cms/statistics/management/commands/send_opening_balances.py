from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cms.statistics.balances import pending_balances, publish_pending_balances


class Command(BaseCommand):
    help = "Gửi các số đếm ban đầu còn chờ vào nhật ký sự kiện."

    def handle(self, *_args: Any, **_options: Any) -> None:
        sent = publish_pending_balances()
        if pending_balances():
            raise CommandError(_("Đã gửi %(sent)d; số còn lại vẫn chờ, nhật ký cho biết lý do.") % {"sent": sent})
        self.stdout.write(_("Đã gửi %(sent)d số đếm ban đầu.") % {"sent": sent})
