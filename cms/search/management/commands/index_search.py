from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cms.search.entries import rebuild


class Command(BaseCommand):
    help = "Lập lại chỉ mục tìm kiếm, của người đọc và của quản trị."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(_("%(pages)d trang tìm được.") % {"pages": rebuild()})
