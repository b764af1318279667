"""A member of the group that takes the events of the log into ClickHouse, put together as the settings say."""

from collections.abc import Callable

from consumers.continuing import Continuing
from consumers.runner import Runner
from pipeline.brokers import Broker
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import Reconnecting
from pipeline.events import EVENTS_TOPIC
from pipeline.settings import Settings


def open_runner(
    settings: Settings,
    broker: Broker,
    writer: Reconnecting,
    *,
    member: str,
    on_insert: Callable[[], None] = lambda: None,
) -> Runner:
    consumer = Continuing(broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member=member), broker, writer)
    return Runner(
        consumer,
        consumer.write,
        batch_rows=settings.batch_rows,
        batch_seconds=settings.batch_seconds,
        dead_letters_in_a_row=settings.dead_letters_in_a_row,
        on_insert=on_insert,
    )
