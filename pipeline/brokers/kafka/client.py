"""What all our Kafka clients share: how they sign in, which errors they raise, and how little they log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypedDict, TypeVar

from kafka import errors

from pipeline.brokers.kafka.patches import CONNECTION_LOGGERS, REFUSED, SLOW_STEP_LOGGER, Net
from pipeline.errors import ConfigurationError, Fenced, NoAnswer, Rejected, Unavailable
from pipeline.settings import KafkaSettings

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 10.0
RECONNECT_SECONDS = 1.0
SAME_MESSAGE_SECONDS = 60.0

CONNECTION_FAULTS = (
    errors.KafkaConnectionError,
    errors.KafkaTimeoutError,
    errors.RequestTimedOutError,
    # what a broker says while it starts again
    errors.CoordinatorLoadInProgressError,
    errors.CoordinatorNotAvailableError,
    errors.NotCoordinatorError,
)
NO_NODE = "No node available"  # so begins a line that kafka.cluster repeats; its other lines must be seen

LOST = (
    errors.CommitFailedError,
    errors.FencedInstanceIdError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.UnknownMemberIdError,
)
SILENT = (errors.KafkaConnectionError, errors.KafkaTimeoutError, errors.NodeNotReadyError, OSError)
TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)

Client = TypeVar("Client")


class Place(TypedDict):
    """Two fields of a PipelineError."""

    service: str
    address: str


def options(settings: KafkaSettings, name: str) -> dict[str, Any]:
    """The options that every client of kafka-python gets; ``name`` appears in the broker's logs."""
    signed_in = settings.security_protocol.startswith("SASL")
    return {
        "bootstrap_servers": list(settings.bootstrap_servers),
        "client_id": name,
        "bootstrap_timeout_ms": milliseconds(CONNECT_SECONDS),
        "request_timeout_ms": milliseconds(REQUEST_SECONDS),
        "reconnect_backoff_max_ms": milliseconds(RECONNECT_SECONDS),
        "security_protocol": settings.security_protocol,
        "sasl_mechanism": settings.sasl_mechanism if signed_in else None,
        "sasl_plain_username": settings.username or None,
        "sasl_plain_password": settings.password or None,
        "ssl_cafile": _name(settings.ca_file),
        "ssl_certfile": _name(settings.certificate_file),
        "ssl_keyfile": _name(settings.key_file),
    }


def open_client(kind: Callable[..., Client], settings: KafkaSettings, name: str, **own: Any) -> Client:
    """Make a client, which connects. Raises Unavailable after CONNECT_SECONDS, ConfigurationError if it is refused.

    A constructor that fails leaves its thread and sockets behind, so they are noted as they are made, and closed here.
    """
    nets: list[Net] = []

    def open_net(**configuration: Any) -> Net:
        nets.append(Net(**configuration))
        return nets[-1]

    quieten()
    try:
        with faults(settings):
            return kind(**{**options(settings, name), **own, "kafka_client": open_net})
    except BaseException as error:
        refusals = [net.connections.refusal for net in nets if net.connections.refusal]
        troubles = [net.connections.trouble for net in nets if net.connections.trouble]
        for net in nets:
            with suppress(Exception):
                net.close()
        if refusals:
            raise fault_of(refusals[0], settings) from error
        if isinstance(error, Unavailable):
            _explain(error, troubles[0] if troubles else None)
        raise


@contextmanager
def faults(settings: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's exceptions into the pipeline's."""
    try:
        yield
    except LOST as error:
        raise Fenced(_text(error)) from error
    except (errors.KafkaError, OSError) as error:
        raise fault_of(error, settings) from error


def fault_of(error: BaseException, settings: KafkaSettings) -> ConfigurationError | Rejected | Unavailable:
    kafka = place_of(settings)
    servers, text = kafka["address"], _text(error)
    if isinstance(error, REFUSED):
        return ConfigurationError(
            f"Kafka at {servers} refuses {settings.username!r} by {settings.sasl_mechanism}: check"
            f" NHIP_KAFKA_USERNAME, NHIP_KAFKA_PASSWORD and NHIP_KAFKA_SASL_MECHANISM ({text})",
            **kafka,
            variable="NHIP_KAFKA_PASSWORD",
            cause=text,
        )
    if isinstance(error, errors.KafkaConfigurationError):
        return ConfigurationError(text, **kafka, cause=text)
    if isinstance(error, errors.AuthorizationError):
        return ConfigurationError(
            f"Kafka at {servers} gives {settings.username!r} no right to this: {text}", **kafka, cause=text
        )
    if isinstance(error, TOO_LARGE):
        return Rejected(text, **kafka, cause=text)
    if isinstance(error, SILENT):
        return NoAnswer(**kafka, cause=_cause(error))
    return Unavailable(f"Kafka at {servers}: {text}", **kafka, cause=text)


def place_of(settings: KafkaSettings) -> Place:
    """Which service an error is of."""
    return Place(service="Kafka", address=",".join(settings.bootstrap_servers))


def milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


class Sparing(logging.Handler):
    """Passes on each message at most once in SAME_MESSAGE_SECONDS, and none about a lost connection."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self._passed_at: dict[tuple[str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if _tells_of_a_connection(record):
            return
        place, now = (record.pathname, record.lineno), self._clock()
        if now - self._passed_at.get(place, float("-inf")) >= SAME_MESSAGE_SECONDS:
            self._passed_at[place] = now
            log.warning("%s: %s", record.name, record.getMessage(), exc_info=record.exc_info)


def quieten() -> None:
    """Send all that kafka-python logs through Sparing, at any level of the product's own log."""
    library = logging.getLogger("kafka")
    if not any(isinstance(handler, Sparing) for handler in library.handlers):
        library.setLevel(logging.WARNING)
        library.propagate = False
        library.addHandler(Sparing())
        logging.getLogger(SLOW_STEP_LOGGER).setLevel(logging.ERROR)  # warns of every busy moment of the machine


def _tells_of_a_connection(record: logging.LogRecord) -> bool:
    """These are said once an outage, by Availability, Runner and LagWatch."""
    return (
        record.name in CONNECTION_LOGGERS
        or str(record.msg).startswith(NO_NODE)
        or any(isinstance(argument, CONNECTION_FAULTS) for argument in record.args or ())
    )


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _cause(error: BaseException) -> str:
    """What an error says, without the name of its class, which kafka-python puts before it."""
    named = type(error).__str__ is errors.KafkaError.__str__
    return (Exception.__str__(error) if named else str(error)).strip()


def _explain(error: Unavailable, trouble: BaseException | None) -> None:
    """Add why a client could not connect; that its time was over says less than that it does not answer."""
    cause = _cause(trouble) if trouble else ""
    if not isinstance(error, NoAnswer):
        error.message += f" ({cause})" if cause else ""
    elif isinstance(error.__cause__, errors.KafkaTimeoutError):
        error.cause = cause
    elif cause:
        error.cause = f"{error.cause}: {cause}" if error.cause else cause


def _name(path: object) -> str | None:
    return str(path) if path else None
