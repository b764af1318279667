"""`manage.py load_demo` loads the demo site into a portal that is still empty; otherwise it does nothing."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from wagtail.models import Site

from cms.demo.loader import is_empty, load


class Command(BaseCommand):
    help = "Nạp trang mẫu (chỉ khi cổng thông tin chưa có nội dung)."

    def handle(self, *_args: Any, verbosity: int, **_options: Any) -> None:
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        if site is None:
            raise CommandError(_("Chưa có cổng thông tin mặc định; hãy tạo trong Cài đặt → Trang web rồi chạy lại."))
        if not is_empty(site):
            if verbosity:
                self.stdout.write(_("Cổng thông tin đã có nội dung; trang mẫu không được nạp nữa."))
            return
        self.stdout.write("  Nạp trang mẫu · Loading the demo site …")
        started = time.monotonic()
        load(site, report=lambda line: self.stdout.write(f"    {line}"))
        seconds = time.monotonic() - started
        self.stdout.write(_("Đã nạp trang mẫu trong %(seconds).1f giây.") % {"seconds": seconds})
