from __future__ import annotations

from typing import Any

from django.core import checks
from django.utils.translation import gettext as _

from cms.statistics.page_tokens import beacon_key


@checks.register()
def check_beacon_key(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Warn if the key can't be read: pages then render without a beacon, and nothing is counted."""
    try:
        beacon_key()
    except Exception as error:
        return [
            checks.Warning(
                _("Không đọc được khóa ký của bộ đếm: %(error)s") % {"error": error},
                hint=_("Kiểm tra NHIP_DATA_DIR (thư mục phải ghi được) hoặc NHIP_BEACON_KEY."),
                id="statistics.W001",
            )
        ]
    return []
