"""Every exception of the pipeline. The type decides what happens next, the fields say what it happened to.

PipelineError
├── ConfigurationError     a setting is missing or makes no sense: stop
│   └── DataDirectoryError the data directory can't be used: stop
│       └── DataDirectoryBusy  another process holds it: stop, or let that process do the work
├── Unavailable            a broker or an engine can't do it now: wait and try again
│   ├── NoAnswer           it was asked and did not answer
│   ├── NotStored          it surely did not store what it was given: come again later
│   │   ├── SpoolFull      Kafka is away and the spool has no room
│   │   └── Damaged        its file can't be read: see `nhip salvage`
│   └── LogBehind          the log ends before what is stored of it: a person has to look
├── Rejected               the engine understood and refused: trying again changes nothing
│   └── TooHeavy           a question costs more than its bounds allow: ask for less
├── Fenced                 the group gave the partition to another member: forget it, insert nothing
├── BadToken               a page token this site did not sign: refuse the beacon
├── TooManyDeadLetters     so many lines in a row that the reader must be at fault: stop
├── BadRecord              bytes in the log that can't be read: set them aside as a dead letter
└── Cancelled              the person who typed a command has left: end it quietly

No code decides by the text of a message. The words that people read are made where they read them, for the command
line in ``process/words.py``; the API and the admin make their own. ``str`` gives one English line, for logs.
"""


class PipelineError(Exception):
    """Root of the tree.

    ``service``: what failed, by its name and address, such as ``Kafka`` at ``kafka-1:9092``; ``variable``: the
    environment variable that a person would look at; ``cause``: what the system or the library said. Each is empty
    where it is not known; a caller that knows the variable sets it on the error as it passes.
    """

    def __init__(
        self, message: str = "", *, service: str = "", address: str = "", variable: str = "", cause: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.service = service
        self.address = address
        self.variable = variable
        self.cause = cause

    @property
    def place(self) -> str:
        """The service with its address."""
        return f"{self.service} at {self.address}" if self.address else self.service

    def __str__(self) -> str:
        return self.message


class ConfigurationError(PipelineError):
    """A setting is missing or makes no sense; ``variable`` names it, the message says what it needs."""


class DataDirectoryError(ConfigurationError):
    """The data directory can't be written, or another process holds it."""


class DataDirectoryBusy(DataDirectoryError):
    """Another process holds the data directory."""


class Unavailable(PipelineError):
    """A broker or an engine can't do it now; the same call may succeed later."""


class NoAnswer(Unavailable):
    """A broker or an engine did not answer in time; ``service`` names it."""

    def __str__(self) -> str:
        return self.message or f"{self.place} does not answer" + (f" ({self.cause})" if self.cause else "")


class NotStored(Unavailable):
    """The disk took nothing of it: it is full, read-only or away. ``address`` is the file, ``cause`` SQLite's words."""

    def __str__(self) -> str:
        return self.message or f"{self.address}: {self.cause}"


class SpoolFull(NotStored):
    """The spool has reached its limit, or its disk is full."""


class Damaged(NotStored):
    """Bytes of the file at ``address`` are not what SQLite wrote there."""


class LogBehind(Unavailable):
    """The log ends before the offsets that were stored of it: it is another log, or it was made again."""


class Rejected(PipelineError):
    """The engine refused a statement or the data of an insert."""


class TooHeavy(Rejected):
    """A question takes more time or memory than it may; the message says so in Vietnamese and English."""


class Fenced(PipelineError):
    """This member no longer owns the partition; its plan there belongs to another member."""


class BadToken(PipelineError):
    """A page token that is malformed or was not signed with this site's key."""


class BadRecord(PipelineError):
    """A record, or a line of one, that is not a known event."""


class TooManyDeadLetters(PipelineError):
    """No line in a long row can be read: the reader is at fault, so it stops rather than set everything aside."""


class Cancelled(PipelineError):
    """The person who asked for a command no longer waits for it."""
