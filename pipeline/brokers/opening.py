"""Opens the log that the settings name; the one place that knows every broker.

Kafka's client is loaded where Kafka is used: it takes a tenth of a second and some 10 MB.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from pipeline.brokers.direct import DirectLog
from pipeline.brokers.protocols import Broker, DurableLog
from pipeline.brokers.spool.producer import SpoolingProducer
from pipeline.brokers.spool.salvage import mend_spool
from pipeline.brokers.spool.store import Spool
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import topics_of
from pipeline.errors import PipelineError
from pipeline.events import EVENTS_TOPIC
from pipeline.process.data_directory import hold
from pipeline.settings import KafkaSettings, Settings


def open_broker(settings: Settings) -> Broker:
    """The log that ``settings`` name. Only `nhip migrate` makes Kafka's topics; the embedded log makes its own.

    Asks nothing of Kafka: the broker's first use raises Unavailable while Kafka is away.
    """
    if settings.kafka is not None:
        from pipeline.brokers.kafka.broker import KafkaBroker  # noqa: PLC0415

        return KafkaBroker(settings.kafka)
    broker = SqliteBroker(settings.log_dir)
    broker.create_topics(topics_of(settings))
    return broker


@contextmanager
def open_durable_log(settings: Settings, broker: Broker) -> Iterator[DurableLog]:
    """The log through which the collector acknowledges: with a spool before Kafka, without one before the embedded log.

    Asks nothing of Kafka. Raises DataDirectoryBusy if another process has the spool, Unavailable if it can't be read.
    """
    if settings.kafka is None:
        direct = DirectLog(broker.producer(), check=lambda: _fault_of(broker), try_write=broker.try_write)
        with closing(direct) as log:
            yield log
    else:
        with hold(settings.spool_dir), closing(_open_spooling(settings, settings.kafka, broker)) as log:
            yield log


def _open_spooling(settings: Settings, kafka: KafkaSettings, broker: Broker) -> SpoolingProducer:
    from pipeline.brokers.kafka.producer import KafkaProducer  # noqa: PLC0415

    mend_spool(settings.spool_dir)
    spool = Spool(settings.spool_dir, limit_bytes=settings.spool_megabytes << 20)
    log = SpoolingProducer(KafkaProducer(kafka), broker, spool, timeout_seconds=kafka.timeout_seconds)
    log.start()
    return log


def _fault_of(broker: Broker) -> str | None:
    try:
        broker.end_offsets(EVENTS_TOPIC)
    except PipelineError as error:
        return str(error)
    return None
