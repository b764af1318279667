"""ClickHouse's HTTP interface over the real engine (chDB), as a process: ``python -m clickhouse_http DIR PORT``.

A test fixture, since the package registries have no ClickHouse server. The fixture answers clickhouse-connect's
requests: statements and Native inserts, settings and ``param_…`` in the query string, a database, compression both
ways, errors with their code, one query of an id at a time, a summary, ``/ping``, sign-in (one ``--user
NAME:PASSWORD:ROLE`` an account). Each HTTP connection has a thread and a connection to the engine.

``POST /_fault?…`` makes inserts fail until the next such request; a fault that is not named is off:

- ``cut_inserts=P``   with probability P an insert is done and the connection cut before the answer
- ``cut_next=N``      the next N inserts are done and cut
- ``delay_inserts=S`` an insert waits S seconds before it begins
- ``refuse_inserts=CODE`` an insert is refused with that error code of ClickHouse and not done

``GET /_fault`` answers the number of answers cut so far.
"""

import argparse
import contextlib
import gzip
import json
import os
import random
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import lz4.frame
from part import free_port

START_SECONDS = 180.0
STOP_SECONDS = 30.0

# Parameters of the HTTP interface; everything else in a query string is a setting of the engine.
TRANSPORT = {
    "query",
    "database",
    "user",
    "password",
    "quota_key",
    "query_id",
    "session_id",
    "session_timeout",
    "session_check",
    "compress",
    "decompress",
    "buffer_size",
    "wait_end_of_query",
    "client_protocol_version",
    "role",
    "enable_http_compression",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
}

ALREADY_RUNNING = 216
AUTHENTICATION_FAILED = 516
ACCESS_DENIED = 497
INSERT = re.compile(rb"\s*(INSERT\s+INTO\s.*?)\sFORMAT\s+(\w+)[ \t]*\r?\n", re.IGNORECASE | re.DOTALL)
COMMENTS = re.compile(r"\A(\s*--[^\n]*\n)+")
ERROR_CODE = re.compile(r"Code: (\d+)\.")

# The first words of the statements that a role may send; the migrator may send any, the writer's SELECT is for the
# engine's own tables. The engine's access control is tested without this fixture.
ROLES = {
    "writer": ("INSERT", "SELECT"),
    "reader": ("SELECT", "WITH", "DESCRIBE", "SHOW", "EXPLAIN"),
    "migrator": (),
}


class Refused(Exception):
    """An error of ClickHouse, by its code."""

    def __init__(self, code: int, text: str, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class User:
    password: str
    role: str


@dataclass
class Faults:
    """The faults of inserts at the moment; shared by all threads."""

    cut_inserts: float = 0.0
    cut_next: int = 0
    delay_inserts: float = 0.0
    refuse_inserts: int = 0
    cut: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def set(self, wanted: Mapping[str, str]) -> None:
        with self._lock:
            self.cut_inserts = float(wanted.get("cut_inserts", 0))
            self.cut_next = int(wanted.get("cut_next", 0))
            self.delay_inserts = float(wanted.get("delay_inserts", 0))
            self.refuse_inserts = int(wanted.get("refuse_inserts", 0))

    def before_insert(self) -> None:
        if self.refuse_inserts:
            raise Refused(self.refuse_inserts, f"Code: {self.refuse_inserts}. DB::Exception: refused as told. (TOLD)")
        time.sleep(self.delay_inserts)

    def cut_the_answer(self) -> bool:
        with self._lock:
            chosen = self.cut_next > 0 or random.random() < self.cut_inserts
            self.cut_next -= self.cut_next > 0
            self.cut += chosen
        return chosen


class Engine:
    """One thread's connection to chDB; each request sets its database and settings."""

    def __init__(self, directory: Path) -> None:
        import chdb  # noqa: PLC0415 - half a gigabyte, which a test that only starts the server does not need

        self._connection = chdb.connect(f"{directory}?backups.allowed_path=backups")
        self._inserts = directory.with_suffix(".inserts")
        self._database = "default"
        self._settings: dict[str, str] = {}

    def run(self, statement: str, parameters: Mapping[str, str], default_format: str) -> tuple[bytes, dict[str, int]]:
        result = self._connection.query(statement, default_format, params=dict(parameters))
        return result.bytes() or b"", {"read_rows": result.rows_read(), "written_rows": result.rows_written()}

    def insert(self, statement: str, data: bytes, data_format: str) -> dict[str, int]:
        """Insert from a file, the only way to insert several blocks into chDB under one token."""
        self._inserts.mkdir(exist_ok=True)
        file = self._inserts / str(threading.get_ident())
        file.write_bytes(data)
        try:
            infile = f"{statement} FROM INFILE {quoted(str(file))} FORMAT {data_format}"
            return {"written_rows": self._connection.query(infile, "Native").rows_written()}
        finally:
            file.unlink()

    def use(self, database: str, settings: Mapping[str, str]) -> None:
        if database != self._database:
            self._connection.query(f"USE {quoted(database, '`')}")
            self._database = database
        wanted = {name: value for name, value in settings.items() if self._settings.get(name) != value}
        gone = [name for name in self._settings if name not in settings]
        changes = [f"{quoted(name, '`')} = {quoted(value)}" for name, value in wanted.items()]
        changes += [f"{quoted(name, '`')} = DEFAULT" for name in gone]
        for change in changes:
            self._connection.query(f"SET {change}")
        self._settings = dict(settings)

    def close(self) -> None:
        self._connection.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, directory: Path, port: int, users: Mapping[str, User]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.directory = directory
        self.users = users
        self.faults = Faults()
        self._running: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def running(self, query_id: str) -> Iterator[None]:
        """Refuse a second query of the same id for this block."""
        with self._lock:
            if query_id in self._running:
                name = "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING"
                raise Refused(ALREADY_RUNNING, f"Code: 216. DB::Exception: {query_id} is already running. ({name})")
            self._running.add(query_id)
        try:
            yield
        finally:
            self._running.remove(query_id)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that goes away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for headers and body
    _engine: Engine | None = None

    def finish(self) -> None:
        super().finish()
        if self._engine:
            self._engine.close()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/ping":
            self._answer(b"Ok.\n")
        elif path == "/_fault":
            self._answer(json.dumps({"cut": self.server.faults.cut}).encode())
        else:
            self._handle_statement(b"")

    def do_POST(self) -> None:
        body = self._read_body()
        if urlsplit(self.path).path == "/_fault":
            self.server.faults.set(dict(parse_qsl(urlsplit(self.path).query)))
            self._answer(b"Ok.\n")
        else:
            self._handle_statement(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _handle_statement(self, body: bytes) -> None:
        fields = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            body = decompressed(body, self.headers.get("Content-Encoding"))
            body, form = unfolded(body, self.headers.get("Content-Type", ""))
            fields |= form
            statement = fields.get("query", "").encode()
            whole = statement + b"\n" + body if statement else body
            role = self._sign_in(fields)
            with self.server.running(fields.get("query_id") or secrets.token_hex(8)):
                answer, summary, is_insert = self._run(whole, fields, role)
        except Refused as refusal:
            self._refuse(refusal.code, str(refusal), refusal.status)
        except Exception as error:
            text = str(error)
            found = ERROR_CODE.search(text)
            self._refuse(int(found[1]) if found else 1002, text[text.find("Code: ") :] if found else text)
        else:
            if is_insert and self.server.faults.cut_the_answer():
                self._cut()
            else:
                self._answer(answer, summary)

    def _run(self, whole: bytes, fields: Mapping[str, str], role: str) -> tuple[bytes, dict[str, int], bool]:
        insert = INSERT.match(whole)
        statement = whole.decode(errors="surrogateescape") if insert is None else insert[1].decode()
        allow(role, statement)
        is_insert = statement.lstrip()[:6].upper() == "INSERT"
        if is_insert:
            self.server.faults.before_insert()
        engine = self._own_engine()
        engine.use(fields.get("database") or "default", settings_of(fields))
        if insert is not None:
            return b"", engine.insert(statement, whole[insert.end() :], insert[2].decode()), True
        parameters = {name.removeprefix("param_"): value for name, value in fields.items() if name.startswith("param_")}
        answer, summary = engine.run(statement, parameters, fields.get("default_format", "TabSeparated"))
        return answer, summary, is_insert

    def _own_engine(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self.server.directory)
        return self._engine

    def _sign_in(self, fields: Mapping[str, str]) -> str:
        """The role of the account that asks; migrator if the server has no users."""
        if not self.server.users:
            return "migrator"
        name, password = self.headers.get("X-ClickHouse-User", ""), self.headers.get("X-ClickHouse-Key", "")
        if (basic := self.headers.get("Authorization", "")).startswith("Basic "):
            name, _, password = b64decode(basic.removeprefix("Basic ")).decode().partition(":")
        name, password = name or fields.get("user", "default"), password or fields.get("password", "")
        user = self.server.users.get(name)
        if user is None or user.password != password:
            text = f"Code: 516. DB::Exception: {name}: Authentication failed. (AUTHENTICATION_FAILED)"
            raise Refused(AUTHENTICATION_FAILED, text, HTTPStatus.FORBIDDEN)
        return user.role

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, body: bytes, summary: Mapping[str, int] | None = None) -> None:
        self.send_response(HTTPStatus.OK)
        if body and "lz4" in self.headers.get("Accept-Encoding", ""):
            body = compressed(body)
            self.send_header("Content-Encoding", "lz4")
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("X-ClickHouse-Summary", json.dumps({name: str(n) for name, n in (summary or {}).items()}))
        self._send(body)

    def _refuse(self, code: int, text: str, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        self.send_response(status)
        self.send_header("X-ClickHouse-Exception-Code", str(code))
        self._send(text.encode(errors="replace") + b"\n")

    def _send(self, body: bytes) -> None:
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def allow(role: str, statement: str) -> None:
    words = COMMENTS.sub("", statement).split(maxsplit=1)
    if ROLES[role] and (not words or words[0].upper().lstrip("(") not in ROLES[role]):
        raise Refused(ACCESS_DENIED, "Code: 497. DB::Exception: Not enough privileges. (ACCESS_DENIED)")


def settings_of(fields: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in fields.items()
        if name not in TRANSPORT and name != "default_format" and not name.startswith("param_")
    }


def quoted(text: str, mark: str = "'") -> str:
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def decompressed(body: bytes, encoding: str | None) -> bytes:
    match encoding:
        case None | "identity":
            return body
        case "gzip":
            return gzip.decompress(body)
        case "lz4":
            return b"".join(frames(body))
    raise ValueError(f"Content-Encoding {encoding}")


def frames(body: bytes) -> Iterator[bytes]:
    """clickhouse-connect packs every block of an insert as a frame of its own."""
    while body:
        frame = lz4.frame.LZ4FrameDecompressor()
        yield frame.decompress(body)
        body = frame.unused_data or b""


def compressed(body: bytes) -> bytes:
    packed: bytes = lz4.frame.compress(body)
    return packed


def unfolded(body: bytes, content_type: str) -> tuple[bytes, dict[str, str]]:
    """The fields of a multipart form, which clickhouse-connect sends when parameters are too long for a URL."""
    if not content_type.startswith("multipart/form-data"):
        return body, {}
    boundary = b"--" + content_type.split("boundary=")[1].encode()
    fields = {}
    for part in body.split(boundary)[1:-1]:
        head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
        if name := re.search(rb'name="([^"]+)"', head):
            fields[name[1].decode()] = value.decode()
    return b"", fields


# for tests and tools


class ClickHouseServer:
    """The fixture as a process on ``directory``; after ``stop`` or ``kill`` it starts again on the same port.

    ``users`` maps a name to (password, role); a role is writer, reader or migrator. Without users all is allowed.
    """

    def __init__(
        self, directory: Path, *, users: Mapping[str, tuple[str, str]] | None = None, certificate: Path | None = None
    ) -> None:
        self.directory = directory
        self.log = directory.with_suffix(".log")
        self.port = free_port()
        self.users = dict(users or {})
        self.certificate = certificate
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "nhip", *, user: str = "default") -> str:
        """For NHIP_CLICKHOUSE_URL."""
        password = self.users.get(user, ("", ""))[0]
        account = f"{user}:{quote(password, safe='')}" if password else user
        return f"{self._scheme}://{account}@127.0.0.1:{self.port}/{database}"

    @property
    def exit_code(self) -> int | None:
        """None before the end; a signal's number is negative."""
        return self._process.poll() if self._process else None

    @property
    def pid(self) -> int:
        return self._running().pid

    def start(self) -> "ClickHouseServer":
        """Start and wait until it answers. Raises AssertionError with its output if it does not."""
        self.directory.mkdir(parents=True, exist_ok=True)
        arguments = [f"--user={name}:{password}:{role}" for name, (password, role) in self.users.items()]
        if self.certificate:
            arguments.append(f"--certificate={self.certificate}")
        command = [sys.executable, "-m", "clickhouse_http", str(self.directory), str(self.port), *arguments]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "TZ": "UTC"}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self._running().poll() is None, f"ClickHouse's fixture ended at once:\n{self.output()}"
            assert time.monotonic() < deadline, f"ClickHouse's fixture did not get ready:\n{self.output()}"
            time.sleep(0.05)
        return self

    def stop(self) -> int:
        """Ask it to stop (SIGTERM); returns its exit code."""
        self._running().send_signal(signal.SIGTERM)
        return self._running().wait(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL; does nothing if it has ended."""
        self._running().kill()
        self._running().wait()

    def fault(self, **faults: float) -> None:
        """Set the faults of inserts that the module's text lists; without arguments none."""
        request = urllib.request.Request(f"{self._base}/_fault?{urlencode(faults)}", method="POST", data=b"")
        urllib.request.urlopen(request, timeout=60, context=self._trusting()).close()

    def answers_cut(self) -> int:
        """The number of inserts done and not answered since the start."""
        with urllib.request.urlopen(f"{self._base}/_fault", timeout=60, context=self._trusting()) as response:
            return int(json.load(response)["cut"])

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self._base}/ping", timeout=5, context=self._trusting()).close()
        except OSError:
            return False
        return True

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> "ClickHouseServer":
        return self.start()

    def __exit__(self, *_failure: object) -> None:
        if self._process is not None:
            self.kill()

    @property
    def _scheme(self) -> str:
        return "https" if self.certificate else "http"

    @property
    def _base(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def _trusting(self) -> ssl.SSLContext | None:
        """Trusts any certificate: tests of the client check it, not this fixture."""
        if not self.certificate:
            return None
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start ClickHouse's fixture first"
        return self._process


def user_of(text: str) -> tuple[str, User]:
    name, password, role = text.split(":")
    if role not in ROLES:
        raise ValueError(f"{text}: the role is one of {', '.join(ROLES)}")
    return name, User(password, role)


def main() -> None:
    parser = argparse.ArgumentParser(prog="clickhouse_http")
    parser.add_argument("directory", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--user", action="append", default=[], type=user_of, metavar="NAME:PASSWORD:ROLE")
    parser.add_argument("--certificate", type=Path, help="PEM with certificate and key: speak TLS")
    options = parser.parse_args()

    os.environ["TZ"] = "UTC"
    time.tzset()
    _keep_open = Engine(options.directory)  # otherwise the engine closes with its last connection
    server = Server(options.directory, options.port, dict(options.user))
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGTERM))
    server.serve_forever(poll_interval=0.1)
    os._exit(0)  # an answered insert is on disk, and the engine can't be closed while threads use it


if __name__ == "__main__":
    main()
