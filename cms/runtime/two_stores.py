"""At a start: the CMS gives no id that views have been counted for, though its database may be a copy of before."""

import logging
from collections.abc import Callable

from cms.statistics.records import CmsRecords
from pipeline.brokers import Broker
from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import PipelineError
from pipeline.operating.reconcile import keep_ids_apart

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
