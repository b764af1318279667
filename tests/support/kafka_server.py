"""A real Apache Kafka of one node (KRaft), from the jars that ``tools/kafka.sh`` fetches."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from missing import skip_or_fail
from part import ROOT, free_port, freeze
from sharing import locked

START_SECONDS = 180.0
STOP_SECONDS = 30.0
FETCH_SECONDS = 600.0
LOG_TAIL = 4_000

PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "INTERNAL",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "100",
    "broker.heartbeat.interval.ms": "200",
    "broker.session.timeout.ms": "1000",  # a broker restarted after a kill waits this long to join
    "log.initial.task.delay.ms": "100",
    "log.retention.check.interval.ms": "500",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


# A broker that lives for minutes: what it compiles better later would not be worth the time, nor is its garbage.
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class KafkaMissing(RuntimeError):
    """This machine has no Kafka; the message says how to get one."""


class KafkaServer:
    """One broker with its data in ``directory``, on ports that it keeps over restarts.

    ``properties`` are those of ``server.properties`` and override PROPERTIES. Clients connect to ``bootstrap``, whose
    protocol is that of the listener CLIENT; ``internal`` is always plain and open, to make users and to look inside.
    The broker listens on loopback only. Use it as a context, or ``start`` and ``stop`` it.

    ``options`` are Java's, for one that lives long: a short-lived broker starts in half of the time.
    """

    def __init__(self, directory: Path, *, options: Sequence[str] | None = None, **properties: object) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.log_file = directory / "kafka.log"
        self._directory = directory
        self._options = options
        client, internal, controller = (free_port() for _ in range(3))
        self.bootstrap = f"127.0.0.1:{client}"
        self.internal = f"127.0.0.1:{internal}"
        self._properties = {
            **PROPERTIES,
            "log.dirs": str(directory / "data"),
            "listeners": f"CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            **properties,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> KafkaServer:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self, *, wait: bool = True) -> None:
        """Start, and return when it answers, or at once without ``wait``."""
        assert self._process is None, "it is running already"
        jars = kafka_jars()
        options = (*SHORT_LIVED, *archived_classes(jars)) if self._options is None else self._options
        configuration = self._configure(jars)
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                _java(jars, ("-Xmx512m", *options), "kafka.Kafka", str(configuration)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the caller alone, which then stops Kafka
            )
        if wait:
            self.wait()

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Return when it answers. Raises RuntimeError with the end of its log if it does not."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"Kafka ended instead of starting:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kafka did not answer in {seconds} s:\n{self.log_tail()}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether the broker has joined its cluster and serves requests."""
        try:
            host, port = self.internal.split(":")
            socket.create_connection((host, int(port)), timeout=1).close()  # an admin client would retry
            with admin_of(self.internal) as admin:
                return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False

    def stop(self) -> None:
        """Stop it in order, thawed if need be; kill it after STOP_SECONDS."""
        if self._process is None:
            return
        self.thaw()
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """SIGSTOP; returns when every thread has stopped: connections stay open and nothing answers."""
        freeze(self.pid)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """Stop if running and start again on the same ports and data."""
        self.stop()
        self.start()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None before the end; a signal's number is negative."""
        return self._process.poll() if self._process else None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it is not running"
        return self._process.pid

    def log_tail(self) -> str:
        if not self.log_file.exists():
            return ""
        return self.log_file.read_bytes()[-LOG_TAIL:].decode(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _configure(self, jars: Path) -> Path:
        """Write server.properties and, the first time, format the data directory."""
        configuration = self._directory / "server.properties"
        configuration.write_text("".join(f"{name}={value}\n" for name, value in self._properties.items()))
        if not (self._directory / "data" / "meta.properties").exists():
            arguments = ("format", "--cluster-id", "nhip-one-node-cluster-1", "--config", str(configuration))
            storage_tool = _java(jars, SHORT_LIVED, "kafka.tools.StorageTool", *arguments)
            done = subprocess.run(storage_tool, capture_output=True, check=False)
            if done.returncode:
                raise RuntimeError(f"Kafka's data can't be formatted:\n{(done.stdout + done.stderr).decode()}")
        return configuration


@cache
def kafka_jars() -> Path:
    """The directory of Kafka's jars, fetched if need be. Raises KafkaMissing."""
    done = subprocess.run([str(ROOT / "tools" / "kafka.sh")], capture_output=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode:
        raise KafkaMissing(done.stderr.decode().strip())
    return Path(done.stdout.decode().strip())


def archived_classes(jars: Path) -> tuple[str, ...]:
    """The option that lets a broker find its classes ready; at first a broker is run to leave them."""
    java = Path(_java_program()).resolve()
    archive = jars.with_name(f"{jars.name}-{java.stat().st_mtime_ns}.jsa")
    with locked(jars.with_name("archive.lock")):
        if not archive.exists():
            aside = archive.with_suffix(".unfinished")
            with tempfile.TemporaryDirectory() as directory:
                options = (*SHORT_LIVED, f"-XX:ArchiveClassesAtExit={aside}")
                with KafkaServer(Path(directory) / "kafka", options=options):
                    pass
            aside.rename(archive)
    return (f"-XX:SharedArchiveFile={archive}",)


def require_kafka() -> None:
    """Without Kafka skip the test, or fail it if CI is set."""
    try:
        kafka_jars()
    except KafkaMissing as missing:
        skip_or_fail(str(missing))


@contextmanager
def admin_of(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """An admin connection that gives up soon."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000, bootstrap_timeout_ms=2_000)
    try:
        yield admin
    finally:
        admin.close()


def _java(jars: Path, options: Sequence[str], main: str, *arguments: str) -> list[str]:
    quiet = ("-Dlog4j2.level=WARN", "-Dlog4j2.StatusLogger.level=OFF", "-Xshare:auto", "-Xlog:disable")
    return [_java_program(), *options, *quiet, "-cp", f"{jars}/*", main, *arguments]


def _java_program() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else shutil.which("java") or "java"
