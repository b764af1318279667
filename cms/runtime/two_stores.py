"""At a start: the CMS and what was counted belong together, though one of them may be a copy of before.

The CMS gives no id that views have been counted for.
"""

import logging
from collections.abc import Callable

from cms.statistics.records import CmsRecords
from pipeline.brokers import Broker
from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import PipelineError
from pipeline.operating.reconcile import compare, keep_ids_apart, mend, skip_further
from pipeline.settings import Settings

log = logging.getLogger("nhip")


def skip_counted_ids(reader: Callable[[], ClickHouse], broker: Broker) -> None:
    """Never raises: while the servers are away, what a process has in memory of readers' numbers must do."""
    try:
        skipped = keep_ids_apart(reader(), broker, CmsRecords())
    except PipelineError as error:
        log.warning("the ids of pages can't be compared with what was counted (later: nhip reconcile): %s", error)
        return
    if skipped:
        log.warning("the CMS database is older than readers' numbers: no page gets an id up to %s again", skipped.page)


def finish_restore(settings: Settings, reader: Callable[[], ClickHouse], broker: Broker) -> None:
    """After ``nhip restore``: send the opening balances that changed while the backup was made, and skip the ids of
    pages that were made after it, which may still be open before readers. Never raises.

    The consumer must be at work.
    """
    if not settings.restored_file.exists():
        return
    site = CmsRecords()
    try:
        skip_further(site)
        mend(compare(reader(), broker, site), site)
    except PipelineError as error:
        log.warning("the CMS can't be compared with what was counted (later: nhip reconcile --apply): %s", error)
        return
    settings.restored_file.unlink(missing_ok=True)
