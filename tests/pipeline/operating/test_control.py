"""``nhip`` reaches the running process, which runs the command and answers."""

from __future__ import annotations

import contextlib
import io
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.operating import control
from pipeline.operating.control import Call, Terminal, forward, serve

TERMINAL = Terminal(reads=True, out=True, width=72, colors="256")
SECONDS = 60.0


class Client:
    """A person at ``nhip``, who types ``typed`` when asked."""

    def __init__(self, data_dir: Path, typed: str = "") -> None:
        self.data_dir = data_dir
        self.stdin, self.out, self.err = io.StringIO(typed), io.StringIO(), io.StringIO()

    def send(self, *argv: str) -> int | None:
        return forward(self.data_dir, list(argv), TERMINAL, streams=(self.stdin, self.out, self.err))


@contextmanager
def serving(data_dir: Path, handler: Callable[[Call], int]) -> Iterator[Client]:
    with serve(data_dir, handler):
        yield Client(data_dir)


def test_the_process_gets_arguments_and_terminal_and_the_client_gets_output_and_exit_code(tmp_path: Path) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> int:
        calls.append(call)
        call.out.write("xin chào\n")
        call.err.write("lỗi\n")
        call.out.write("hết")
        return 7

    with serving(tmp_path, answer) as client:
        assert client.send("status", "--json", "dấu cách ở đây") == 7
    assert (client.out.getvalue(), client.err.getvalue()) == ("xin chào\nhết", "lỗi\n")
    assert (calls[0].argv, calls[0].terminal) == (["status", "--json", "dấu cách ở đây"], TERMINAL)


def test_a_question_is_asked_at_the_clients_terminal(tmp_path: Path) -> None:
    def ask(call: Call) -> int:
        call.out.write(f"{call.ask('một? ').strip()}, {call.ask('hai? ').strip()}, {call.ask('ba? ')!r}")
        return 0

    with serve(tmp_path, ask):
        client = Client(tmp_path, "có\nkhông\n")
        assert client.send("drop") == 0
    assert client.err.getvalue() == "một? hai? ba? "
    assert client.out.getvalue() == "có, không, ''"


def test_several_commands_run_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(3)

    def meet(_call: Call) -> int:
        together.wait(SECONDS)
        return 0

    codes: list[int | None] = []
    with serve(tmp_path, meet):
        clients = [threading.Thread(target=lambda: codes.append(Client(tmp_path).send("x"))) for _ in range(3)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(SECONDS)
    assert codes == [0, 0, 0]


def test_a_client_that_hangs_up_cancels_its_command(tmp_path: Path) -> None:
    started, cancelled = threading.Event(), threading.Event()

    def wait(call: Call) -> int:
        started.set()
        if call.cancelled.wait(SECONDS):
            cancelled.set()
            call.out.write("nobody reads this")
        return 1

    with serve(tmp_path, wait):
        path = (tmp_path / "control").read_text().strip()
        with socket.socket(socket.AF_UNIX) as leaving:
            leaving.connect(path)
            leaving.sendall(b'{"type":"Command","argv":["verify"],"terminal":{}}\n')
            assert started.wait(SECONDS)
        assert cancelled.wait(SECONDS)


def test_stopping_cancels_the_commands_under_way(tmp_path: Path) -> None:
    started = threading.Event()

    def wait(call: Call) -> int:
        started.set()
        call.cancelled.wait(SECONDS)
        return 130

    codes: list[int | None] = []
    client = threading.Thread(target=lambda: codes.append(Client(tmp_path).send("verify")))
    with serve(tmp_path, wait):
        client.start()
        assert started.wait(SECONDS)
    client.join(SECONDS)
    assert codes == [130]


def test_a_question_without_a_client_gets_an_empty_answer(tmp_path: Path) -> None:
    answers: list[str] = []
    answered = threading.Event()

    def ask(call: Call) -> int:
        answers.append(call.ask("thật không? "))
        answered.set()
        return 0

    with serve(tmp_path, ask):
        path = (tmp_path / "control").read_text().strip()
        with socket.socket(socket.AF_UNIX) as leaving, leaving.makefile("rb") as reader:
            leaving.connect(path)
            leaving.sendall(b'{"type":"Command","argv":["drop"],"terminal":{}}\n')
            reader.readline()
            reader.readline()
        assert answered.wait(SECONDS)
    assert answers == [""]


def test_only_the_owner_may_use_the_socket(tmp_path: Path) -> None:
    with serve(tmp_path, lambda _call: 0):
        path = Path((tmp_path / "control").read_text().strip())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o600
    assert not path.parent.exists()
    assert not (tmp_path / "control").exists()


def test_a_data_directory_may_have_a_long_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("rất-dài-" * 10) / ("sâu-" * 20)
    deep.mkdir(parents=True)
    monkeypatch.setattr(control.tempfile, "tempdir", str(deep))
    with serving(deep, lambda _call: 5) as client:
        assert client.send("status") == 5


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(None, id="nobody ever ran"),
        pytest.param("/tmp/nhip-gone/socket\n", id="killed, its socket gone"),
        pytest.param("\0", id="nonsense"),
        pytest.param("/tmp/" + "x" * 200, id="no path of a socket"),
    ],
)
def test_where_nobody_listens_nothing_is_forwarded(tmp_path: Path, note: str | None) -> None:
    if note is not None:
        (tmp_path / "control").write_text(note)
    assert Client(tmp_path).send("status") is None


def test_the_socket_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, signal, os\nfrom pipeline.operating.control import serve\n"
        "with serve(pathlib.Path(sys.argv[1]), lambda call: 0):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=SECONDS)
    assert killed.returncode == -signal.SIGKILL
    left = Path((tmp_path / "control").read_text().strip())
    assert left.exists()
    assert Client(tmp_path).send("status") is None
    with serving(tmp_path, lambda _call: 0) as client:
        assert not left.parent.exists()
        assert client.send("status") == 0


def test_a_process_that_hangs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "HELLO_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "s"))
        hanging.listen()
        (tmp_path / "control").write_text(str(tmp_path / "s"))
        with pytest.raises(Unavailable, match=r"NHIP_DATA_DIR.*does not answer"):
            Client(tmp_path).send("status")


def test_a_process_that_dies_during_a_command_is_named(tmp_path: Path) -> None:
    def hang_up(call: Call) -> int:
        call._connection.close()
        return 0

    with serving(tmp_path, hang_up) as client, pytest.raises(Unavailable, match="ended during the command"):
        client.send("verify")


def test_the_process_logs_a_fault_and_the_client_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_call: Call) -> int:
        raise ZeroDivisionError

    with serving(tmp_path, fail) as client:
        assert client.send("verify") == 2
    assert "see its log" in client.err.getvalue()
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("message", [b"", b"nonsense\n", b'{"type":"Answer","text":""}\n', b"\n"])
def test_nonsense_does_no_harm(tmp_path: Path, message: bytes) -> None:
    with serving(tmp_path, lambda _call: 0) as client:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect((tmp_path / "control").read_text().strip())
            stranger.sendall(message)
        assert client.send("status") == 0


def test_no_thread_and_no_open_file_is_left(tmp_path: Path) -> None:
    threads, files = set(threading.enumerate()), _open_files()
    with serving(tmp_path, lambda _call: 0) as client:
        for _ in range(5):
            assert client.send("status") == 0
    for thread in threading.enumerate():
        if thread.name == "command-client":
            thread.join(SECONDS)
    assert set(threading.enumerate()) <= threads
    assert _open_files() <= files


def _open_files() -> set[tuple[str, str]]:
    """Each descriptor with what it is open on; those that other tests left may go meanwhile."""
    opened = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            opened.add((descriptor.name, str(descriptor.readlink())))
    return {(number, target) for number, target in opened if not target.endswith("/fd")}  # the listing's own
