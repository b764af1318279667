"""The site's day, said once for all screens."""

from __future__ import annotations

import time
from datetime import date

from pipeline.periods import local_date


def today() -> date:
    return local_date(time.time())
