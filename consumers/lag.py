"""How far a consumer is behind the log, measured beside its loop so that a slow insert is seen while it lasts."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from consumers.runner import Runner
from pipeline.brokers import Broker
from pipeline.errors import PipelineError
from pipeline.events import EVENTS_TOPIC
from pipeline.metrics import ASSIGNED_PARTITIONS, COMPLETE_UP_TO, LAG_RECORDS
from pipeline.process.repeating import repeating

log = logging.getLogger(__name__)

MEASURE_SECONDS = 5.0


def measure_lag(broker: Broker, runner: Runner, *, now: float) -> None:
    """Set the metrics of the held partitions at Unix time ``now``. Raises Unavailable."""
    places = dict(runner.next_offsets)
    ends = broker.end_offsets(EVENTS_TOPIC)
    lags = {partition: max(0, ends[partition] - offset) for partition, offset in places.items() if partition in ends}
    LAG_RECORDS.clear()
    for partition, lag in lags.items():
        LAG_RECORDS.labels(partition=partition.partition).set(lag)
    ASSIGNED_PARTITIONS.set(len(places))
    complete = [runner.complete_up_to.get(partition, 0) / 1000 if lag else now for partition, lag in lags.items()]
    COMPLETE_UP_TO.set(min(complete, default=now))


class LagWatch:
    """Measures the lag; logs once when that begins to fail and once when it works again."""

    def __init__(self, broker: Broker, runner: Runner, *, clock: Callable[[], float]) -> None:
        self._broker = broker
        self._runner = runner
        self._clock = clock
        self._failing = False

    def measure(self) -> float:
        """Returns the seconds until the next time."""
        try:
            measure_lag(self._broker, self._runner, now=self._clock())
        except PipelineError as error:
            if not self._failing:
                log.warning("the lag can't be measured until the log answers: %s", error)
            self._failing = True
        else:
            if self._failing:
                log.warning("the log answers: the lag is measured again")
            self._failing = False
        return MEASURE_SECONDS


def watch_lag(broker: Broker, runner: Runner) -> AbstractContextManager[object]:
    """Measure every few seconds while the block runs."""
    return repeating(LagWatch(broker, runner, clock=time.time).measure, "lag")
