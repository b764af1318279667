"""Every exception of the pipeline; the type decides what happens next.

PipelineError
├── ConfigurationError     a setting is missing or nonsense: say which and stop
│   └── DataDirectoryError the data directory can't be used: say why and stop
│       └── DataDirectoryBusy  another process runs on it: stop, or let that one do the work
├── Unavailable            a broker or an engine does not answer: wait and try again (retriable)
│   └── SpoolFull          Kafka is away and the spool has no room: surely not stored, come again later
├── Rejected               the engine understood and refused: trying again changes nothing
├── Fenced                 the group gave the partition to another member: forget it, insert nothing
├── BadToken               a page token this site did not sign: refuse the beacon
├── TooManyDeadLetters     so many lines in a row that it must be the reader's fault: stop
├── BadRecord              bytes in the log that can't be read: set aside as a dead letter
└── Cancelled              whoever typed a command has left: end it quietly
"""


class PipelineError(Exception):
    """Root of the tree. ``retriable`` says whether the same call may succeed later."""

    retriable = False


class ConfigurationError(PipelineError):
    """A setting is missing or makes no sense; the message names the variable and what it wants."""


class DataDirectoryError(ConfigurationError):
    """The data directory can't be written, or another process holds it."""


class DataDirectoryBusy(DataDirectoryError):
    """Another process holds the data directory."""


class Unavailable(PipelineError):
    """A broker or an engine does not answer in time."""

    retriable = True


class SpoolFull(Unavailable):
    """The record was not stored: the spool has reached its limit, or its disk is full."""


class Rejected(PipelineError):
    """The engine refused a statement or the data of an insert."""


class Fenced(PipelineError):
    """This member no longer owns the partition; whatever it planned belongs to another."""


class BadToken(PipelineError):
    """A page token that is malformed or was not signed with this site's key."""


class BadRecord(PipelineError):
    """A record, or a line of one, that is not a known event."""


class TooManyDeadLetters(PipelineError):
    """Nothing in a long row can be read: the reader is at fault, so it stops rather than set everything aside."""


class Cancelled(PipelineError):
    """Whoever asked for a command does not wait for it any more."""
