"""How ``nhip`` reaches the running product: the embedded engine allows one process, so that process runs the command.

``serve`` listens on a Unix socket that only its owner may use, and writes the socket's path into ``control`` in the
data directory. ``forward`` sends a command line and describes the terminal; the running process answers with the
command's output, its questions and its exit code. Messages are JSON, one a line. A client that hangs up cancels its
command.
"""

import contextlib
import io
import logging
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

import msgspec

from pipeline.errors import Unavailable
from pipeline.process.run import COULD_NOT_RUN

log = logging.getLogger(__name__)

HELLO_SECONDS = 5.0
STOP_SECONDS = 5.0
PREFIX = "nhip-"
MAX_PATH_BYTES = 100  # sun_path holds 108 on Linux, 104 elsewhere
MAX_MESSAGE = 1 << 20


Colors = Literal["standard", "256", "truecolor", "windows"] | None


class Terminal(msgspec.Struct, frozen=True):
    """The client's end: which of its streams are a terminal, how wide it is, and rich's name of its colours."""

    reads: bool = False
    out: bool = False
    err: bool = False
    width: int = 80
    colors: Colors = None


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first message of the server: it is alive."""


class Command(msgspec.Struct, frozen=True, tag=True):
    argv: list[str]
    terminal: Terminal


class Printed(msgspec.Struct, frozen=True, tag=True):
    stream: Literal["out", "err"]
    text: str


class Question(msgspec.Struct, frozen=True, tag=True):
    text: str


class Answer(msgspec.Struct, frozen=True, tag=True):
    text: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    code: int


_from_server: "msgspec.json.Decoder[Hello | Printed | Question | Ended]" = msgspec.json.Decoder(
    Hello | Printed | Question | Ended
)
_from_client: "msgspec.json.Decoder[Command | Answer]" = msgspec.json.Decoder(Command | Answer)


class Call:
    """One command of a client: its arguments, its terminal, and streams that lead to the client.

    ``cancelled`` is set when the client has gone; output after that is dropped.
    """

    def __init__(self, command: Command, connection: "_Connection") -> None:
        self.argv = command.argv
        self.terminal = command.terminal
        self.out = cast(TextIO, _Stream("out", connection))
        self.err = cast(TextIO, _Stream("err", connection))
        self.cancelled = connection.gone
        self._connection = connection

    def ask(self, question: str) -> str:
        """The answer of the person at the terminal; empty when they have gone."""
        return self._connection.ask(question)


Handler = Callable[[Call], int]
Streams = tuple[TextIO, TextIO, TextIO]


@contextmanager
def serve(data_dir: Path, handler: Handler) -> Iterator[None]:
    """Answer commands while the block runs, each in a thread; ``handler`` returns the exit code."""
    note = data_dir / "control"
    _remove_leftover(note)
    directory = _short_directory()
    server = _Server(directory / "socket", handler)
    try:
        note.write_text(f"{directory / 'socket'}\n", encoding="utf-8")
        note.chmod(0o600)
        yield
    finally:
        note.unlink(missing_ok=True)
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def forward(data_dir: Path, argv: list[str], terminal: Terminal, *, streams: Streams) -> int | None:
    """Let the process that runs on ``data_dir`` run the command; ``streams`` are stdin, stdout and stderr.

    Returns the exit code, or None when no process listens there. Raises Unavailable when one listens and is silent.
    """
    connection = _connect(data_dir)
    if connection is None:
        return None
    with connection, connection.makefile("rb") as answers:
        _await_hello(answers, data_dir)
        connection.settimeout(None)
        connection.sendall(_encode(Command(argv, terminal)))
        return _relay(connection, answers, streams, data_dir)


def _connect(data_dir: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(HELLO_SECONDS)
    try:
        connection.connect((data_dir / "control").read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        connection.close()
        return None
    return connection


def _await_hello(answers: BinaryIO, data_dir: Path) -> None:
    try:
        greeting = answers.readline(MAX_MESSAGE)
    except OSError as error:
        raise _away(
            f"the process that runs on {data_dir} does not answer; it hangs or is stopped – restart it"
        ) from error
    if not greeting:
        raise _away(f"the process that ran on {data_dir} is ending; try again in a moment")


def _relay(connection: socket.socket, answers: BinaryIO, streams: Streams, data_dir: Path) -> int:
    stdin, stdout, stderr = streams
    for line in answers:
        message = _from_server.decode(line)
        if isinstance(message, Ended):
            return message.code
        if isinstance(message, Printed):
            stream = stdout if message.stream == "out" else stderr
            stream.write(message.text)
            stream.flush()
        elif isinstance(message, Question):
            stderr.write(message.text)
            stderr.flush()
            connection.sendall(_encode(Answer(stdin.readline())))
    raise _away(f"the process that ran on {data_dir} ended during the command")


def _away(message: str) -> Unavailable:
    return Unavailable(f"NHIP_DATA_DIR: {message}", variable="NHIP_DATA_DIR")


class _Server:
    def __init__(self, path: Path, handler: Handler) -> None:
        self._handler = handler
        self._connections: set[_Connection] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(8)
        self._accepting = threading.Thread(target=self._accept, name="control", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Take no more commands, cancel those under way, and give them a moment to end."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept; closing alone does not
        self._listener.close()
        self._accepting.join(STOP_SECONDS)
        for connection in tuple(self._connections):
            connection.gone.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._answer, args=(accepted,), name="command", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, accepted: socket.socket) -> None:
        connection = _Connection(accepted)
        self._connections.add(connection)
        try:
            connection.send(Hello())
            command = connection.receive_command()
            if command is not None:
                connection.watch()
                connection.send(Ended(self._handler(Call(command, connection))))
        except Exception:
            log.exception("a command of nhip failed")
            connection.send(Printed("err", "nhip: lỗi trong tiến trình đang chạy, xem log · a fault, see its log\n"))
            connection.send(Ended(COULD_NOT_RUN))
        finally:
            self._connections.discard(connection)
            connection.close()


class _Connection:
    """One client; ``gone`` is set when it has hung up."""

    def __init__(self, accepted: socket.socket) -> None:
        self.gone = threading.Event()
        self._socket = accepted
        self._reader = accepted.makefile("rb")
        self._writing = threading.Lock()
        self._answers: list[str] = []
        self._answered = threading.Semaphore(0)
        self._watching = False

    def receive_command(self) -> Command | None:
        line = self._reader.readline(MAX_MESSAGE)
        message = _from_client.decode(line) if line else None
        return message if isinstance(message, Command) else None

    def watch(self) -> None:
        """From now on a thread reads the client's messages, so that a client that hangs up is noticed at once."""
        self._watching = True
        threading.Thread(target=self._read_on, name="command-client", daemon=True).start()

    def send(self, message: Hello | Printed | Question | Ended) -> None:
        if self.gone.is_set() and not isinstance(message, Ended):
            return
        try:
            with self._writing:
                self._socket.sendall(_encode(message))
        except OSError:
            self.gone.set()

    def ask(self, question: str) -> str:
        self.send(Question(question))
        self._answered.acquire()
        return self._answers.pop() if self._answers else ""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # ends the thread that reads, which closes its reader
        if not self._watching:
            self._reader.close()
        self._socket.close()

    def _read_on(self) -> None:
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
            for line in self._reader:
                message = _from_client.decode(line)
                if isinstance(message, Answer):
                    self._answers.append(message.text)
                    self._answered.release()
        self.gone.set()
        self._answered.release()
        self._reader.close()


class _Stream(io.TextIOBase):
    """Text written here comes out of the client's stdout or stderr."""

    def __init__(self, name: Literal["out", "err"], connection: _Connection) -> None:
        self._name = name
        self._connection = connection

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if text:
            self._connection.send(Printed(self._name, text))
        return len(text)


def _encode(message: msgspec.Struct) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def _short_directory() -> Path:
    """A private directory whose path leaves room for a socket's name."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    if len(bytes(directory / "socket")) <= MAX_PATH_BYTES:
        return directory
    directory.rmdir()
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))


def _remove_leftover(note: Path) -> None:
    """Remove the socket of a process that was killed; the caller holds the data directory, so nobody uses it."""
    with contextlib.suppress(OSError, ValueError):
        directory = Path(note.read_text(encoding="utf-8").strip()).parent
        if directory.name.startswith(PREFIX):
            shutil.rmtree(directory, ignore_errors=True)
        note.unlink()
