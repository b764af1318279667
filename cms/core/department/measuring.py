"""The Ministry's measuring of portals (EMC): the snippet that it gives, read and not shown.

A page runs no script that is written in it (docs/decisions/0025-headers-and-files.md), so the snippet's three facts are
handed to a file of ours (static/core/js/emc.js), which calls the Ministry's script. Only then does the policy of public
pages allow one host beside our own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ADDRESS = re.compile(r"""["'](https://[^"'\s<>\\]{4,300})["']""")
SCRIPT_PATH = re.compile(r"\.js(?:$|\?)")
SITE_ID = re.compile(r"""setSiteId["']\s*,\s*["']?([0-9A-Za-z_-]{1,40})["']?\s*\]""")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")


class Measuring(NamedTuple):
    """``host`` is the one that the policy allows: `https://f-emc.example`."""

    script: str
    tracker: str
    site_id: str
    host: str


@lru_cache(maxsize=16)
def read_snippet(snippet: str) -> Measuring:
    """Raises ValidationError, which says what the snippet lacks."""
    addresses = ADDRESS.findall(snippet)
    scripts = [address for address in addresses if SCRIPT_PATH.search(address)]
    trackers = [address for address in addresses if address not in scripts]
    site_id = SITE_ID.search(snippet)
    if len(scripts) != 1 or len(trackers) != 1 or site_id is None:
        raise ValidationError(
            _(
                "Không đọc được đoạn mã. Dán nguyên đoạn mã của hệ thống EMC: trong đó có một địa chỉ tệp .js, "
                "một địa chỉ nhận số liệu (setTrackerUrl) và mã số của cổng (setSiteId)."
            )
        )
    hosts = {urlsplit(address).netloc.lower() for address in addresses}
    if len(hosts) != 1 or not HOST.fullmatch(host := hosts.pop()):
        raise ValidationError(_("Các địa chỉ trong đoạn mã phải cùng một máy chủ, ví dụ https://f-emc.ngsp.gov.vn."))
    return Measuring(script=scripts[0], tracker=trackers[0], site_id=site_id[1], host=f"https://{host}")


def validate_snippet(snippet: str) -> None:
    read_snippet(snippet)
