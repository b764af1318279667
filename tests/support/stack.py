"""The distributed product on one machine without Docker, for ``make stack`` and for the end-to-end and chaos tests.

A real Kafka, a real PostgreSQL, ClickHouse's HTTP interface over the real engine, collectors, consumers, the web
process and the proxy of docker-compose.yml in front, each a process of its own that can be stopped, killed and frozen.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import shlex
import signal
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from clickhouse_http import ClickHouseServer
from kafka_security import SIGNED_IN
from kafka_server import KafkaServer, require_kafka
from part import START_SECONDS, Part, free_port
from patience import PATIENCE, wait_until
from postgres_server import PostgresServer, require_postgres
from product import ADMIN_PASSWORD, SiteClient
from proxy import Proxy, require_caddy

from pipeline.brokers.kafka.accounts import RIGHTS, make_accounts
from pipeline.brokers.opening import open_broker
from pipeline.brokers.plans import planned
from pipeline.brokers.topics import GROUP
from pipeline.errors import ConfigurationError
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.commands.arguments import natural
from pipeline.process.run import Parser
from pipeline.process.server import listen
from pipeline.settings import KafkaSettings, Settings

ACCOUNTS = ("writer", "reader", "migrator")
KAFKA_ACCOUNTS = {
    "web": "nhip_web",
    "prepare": "nhip_web",
    "collector": "nhip_collector",
    "consumer": "nhip_consumer",
}
SESSION_SECONDS = "6"
PENDING_BALANCES = "SELECT count(*) FROM statistics_openingbalance WHERE sent_at IS NULL"


class Stack(SiteClient):
    """Everything on ``directory``; ``base_url`` is the proxy's. Use it as a context, or ``start`` and ``stop`` it.

    ``environment`` overrides the values that docker-compose.yml would set. The proxy believes what the networks ``cdn``
    say of readers' addresses. ``migrated_postgres``: the data that PostgreSQL starts with, if not an empty database.
    """

    def __init__(
        self,
        directory: Path,
        *,
        collectors: int = 2,
        consumers: int = 2,
        port: int | None = None,
        cdn: str = "",
        migrated_postgres: Path | None = None,
        **environment: str,
    ) -> None:
        super().__init__(port or free_port())
        self.directory = directory
        self._chosen = environment
        self._key = secrets.token_bytes(32)
        self._secret = secrets.token_hex(32)
        self._names = itertools.count(1)
        self.kafka = KafkaServer(directory / "kafka", **SIGNED_IN)
        self._kafka_passwords = {name: secrets.token_hex(20) for name in RIGHTS}
        self.postgres = PostgresServer(directory / "postgres", copied_from=migrated_postgres)
        users = {name: (secrets.token_hex(8), name) for name in ACCOUNTS}
        self.clickhouse = ClickHouseServer(directory / "clickhouse", users=users)
        self.web = self._part("web", ["-m", "cms.web"])
        self.collectors = [
            self._part(f"collector-{n + 1}", ["-m", "pipeline.operating.cli", "collect"]) for n in range(collectors)
        ]
        self.consumers = [self.new_consumer() for _ in range(consumers)]
        self.proxy = Proxy(
            directory / "proxy",
            port=self.port,
            web=[_address(self.web)],
            collectors=[_address(collector) for collector in self.collectors],
            cdn=cdn,
        )

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def parts(self) -> list[Part]:
        """Our own processes."""
        return [self.web, *self.collectors, *self.consumers]

    def other_collector(self, arguments: list[str]) -> Part:
        """A collector that Python starts otherwise."""
        return self._part("collector-other", arguments)

    def new_consumer(self) -> Part:
        """One more member of the group, not started and not in ``consumers``."""
        return self._part(f"consumer-{next(self._names)}", ["-m", "consumers"])

    def ended(self) -> dict[str, int | None]:
        """The exit code of each part that no longer runs; None for PostgreSQL, which is no child of this process."""
        codes = {part.name: part.exit_code for part in self.parts}
        codes |= {"proxy": self.proxy.exit_code, "Kafka": self.kafka.exit_code, "ClickHouse": self.clickhouse.exit_code}
        gone: dict[str, int | None] = {name: code for name, code in codes.items() if code is not None}
        return gone if self.postgres.is_running() else gone | {"PostgreSQL": None}

    @property
    def settings(self) -> Settings:
        """For looking inside."""
        return Settings.from_env(self.environment())

    def environment(self) -> dict[str, str]:
        return self._part("nhip", []).environment()

    def start(self) -> Stack:
        """Start everything in the order of docker-compose.yml; returns when all of it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(3) as threads:
            for started in [threads.submit(server.start) for server in (self.kafka, self.postgres, self.clickhouse)]:
                started.result()
        self.migrate()
        self._run_once("prepare", ["-m", "cms.web", "--prepare"], NHIP_DATA_DIR=str(self.directory / "web"))
        for part in self.parts:
            part.launch()
        for part in self.parts:
            part.wait_until_it_answers()
        self.proxy.start()
        self._wait_for_numbers()
        return self

    def migrate(self) -> None:
        """Make Kafka's accounts and topics, and ClickHouse's tables, on servers that run."""
        make_accounts(KafkaSettings(bootstrap_servers=(self.kafka.internal,)), self._kafka_passwords)
        self._run_once("migrate", ["-m", "pipeline.operating.cli", "migrate"])

    def records(self) -> int:
        """How many records the log has had."""
        with closing(open_broker(self.settings)) as broker:
            return sum(broker.end_offsets(EVENTS_TOPIC).values())

    def is_through(self) -> bool:
        """Whether the group has the whole log in ClickHouse, with no plan open."""
        with closing(open_broker(self.settings)) as broker:
            ends = broker.end_offsets(EVENTS_TOPIC)
            committed = broker.committed(GROUP, EVENTS_TOPIC)
        return all(
            not end or ((place := committed.get(partition)) and place.offset == end and planned(place) is None)
            for partition, end in ends.items()
        )

    def _wait_for_numbers(self) -> None:
        """Wait until the demo's opening balances are counted and the web process, which reads on demand, has them."""
        wait_until(lambda: self.postgres.sql(PENDING_BALANCES) == "0" and self.is_through(), seconds=START_SECONDS)
        counted_at = time.time()
        self.page("/")
        wait_until(lambda: metric_of(self.web, "nhip_counters_as_of_seconds") > counted_at, seconds=START_SECONDS)

    def stop(self) -> dict[str, int]:
        """Stop everything, the servers last; returns the exit code of each of our processes that still ran."""
        self.proxy.stop()
        running = [part for part in self.parts if part.running]
        with ThreadPoolExecutor(len(running) or 1) as threads:
            codes = dict(zip((part.name for part in running), threads.map(Part.stop, running), strict=True))
        self.clickhouse.stop()
        self.kafka.stop()
        self.postgres.stop()
        return codes

    def __enter__(self) -> Stack:
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_failure: object) -> None:
        """Leave no process, even if the block failed."""
        with ExitStack() as stack:
            for server in (self.postgres, self.kafka, self.clickhouse, self.proxy):
                stack.callback(server.__exit__)
            for part in self.parts:
                stack.callback(part.kill)

    def _run_once(self, name: str, arguments: list[str], **environment: str) -> None:
        part = self._part(name, arguments, **environment)
        part.launch()
        assert part.wait(START_SECONDS) == 0, f"{name} failed:\n{part.output()}"

    def _part(self, name: str, arguments: list[str], **own: str) -> Part:
        """A process with its own data directory and port, unless ``own`` overrides them."""
        port = free_port()
        account = KAFKA_ACCOUNTS.get(name.partition("-")[0], "nhip_operator")
        environment = {
            "NHIP_DATA_DIR": str(self.directory / name),
            "PORT": str(port),
            "NHIP_HEALTH_PORT": str(port),
            "NHIP_MEMBER": name,
            "NHIP_BASE_URL": self.base_url,
            "NHIP_BEACON_KEY": self._key.hex(),
            "NHIP_SECRET_KEY": self._secret,
            "NHIP_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "NHIP_TRUSTED_PROXIES": "127.0.0.1",
            "NHIP_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "NHIP_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "NHIP_KAFKA_USERNAME": account,
            "NHIP_KAFKA_PASSWORD": self._kafka_passwords[account],
            "NHIP_KAFKA_PARTITIONS": "4",
            "NHIP_KAFKA_SESSION_SECONDS": SESSION_SECONDS,
            "NHIP_CLICKHOUSE_URL": self.clickhouse.url(user="writer"),
            "NHIP_CLICKHOUSE_READER_URL": self.clickhouse.url(user="reader"),
            "NHIP_CLICKHOUSE_MIGRATOR_URL": self.clickhouse.url(user="migrator"),
            "DATABASE_URL": self.postgres.url,
            **self._chosen,
            **own,
        }
        return Part(
            name,
            arguments,
            environment=environment,
            health_url=f"http://127.0.0.1:{port}/_nhip/",
            log=self.directory / f"{name}.log",
        )


def require_stack() -> None:
    """Without one of the servers skip the test, or fail it if CI is set."""
    require_postgres()
    require_caddy()
    require_kafka()


def metric_of(part: Part, name: str) -> float:
    """The value of a metric without labels."""
    with urllib.request.urlopen(part.health_url + "metrics", timeout=PATIENCE) as response:
        found = re.search(rf"^{name} (\S+)$", response.read().decode(), re.MULTILINE)
    assert found, f"{part.name} has no {name}"
    return float(found[1])


def _address(part: Part) -> str:
    """host:port"""
    return part.health_url.removeprefix("http://").partition("/")[0]


def main(arguments: list[str] | None = None) -> int:
    """Run the stack until Ctrl-C or SIGTERM, then stop it all; returns 2 if the port can't be used."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = Settings.from_env({"PORT": options.port})
        with listen(settings):
            pass  # check the port first: the servers take a minute to start
    except ConfigurationError as error:
        print(f"nhip: {str(error).replace('make run', 'make stack')}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="nhip-stack-") as scratch:
        stack = Stack(Path(scratch), collectors=options.collectors, consumers=options.consumers, port=settings.port)
        try:
            print(
                "Khởi động Kafka, PostgreSQL, ClickHouse và các tiến trình · Starting servers and processes …",
                flush=True,
            )
            with stack:
                _announce(stack)
                _watch(stack)
        except KeyboardInterrupt:
            print("\nĐã dừng và xoá tất cả · Everything has stopped and is deleted.")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="make stack",
        description="Bản phân tán trên một máy, không cần Docker · The distributed product on one machine, no Docker",
    )
    parser.add_argument(
        "--port", default=os.environ.get("PORT", "8000"), help="cổng vào · where the proxy listens (PORT)"
    )
    parser.add_argument("--collectors", type=natural, default=2, help="số bộ thu thập · how many (2)")
    parser.add_argument("--consumers", type=natural, default=2, help="số bộ tiêu thụ · how many (2)")
    return parser


def write_environment(stack: Stack, to: Path) -> None:
    """Write the variables, passwords among them, that a shell needs to run ``nhip`` on the stack."""
    environment = stack.environment()
    names = sorted(name for name in environment if name.startswith("NHIP_") or name == "DATABASE_URL")
    lines = [f"export {name}={shlex.quote(environment[name])}\n" for name in names]
    to.touch(mode=0o600)
    to.write_text("".join(lines), encoding="utf-8")


def _announce(stack: Stack) -> None:
    environment = stack.directory / "nhip.env"
    write_environment(stack, environment)
    print(f"\nNhịp: {stack.base_url}\nQuản trị · Admin: {stack.base_url}/admin/   admin / {ADMIN_PASSWORD}")
    print(f"Kafka {stack.kafka.bootstrap} · PostgreSQL {stack.postgres.url} · ClickHouse {stack.clickhouse.port}")
    for part in stack.parts:
        print(f"  {part.name:<12} pid {part.pid:<8} {part.health_url}readyz   {part.log}")
    print(f"Lệnh · Commands: . {environment} && .venv/bin/nhip status")
    print(f"Dữ liệu và nhật ký ở {stack.directory}, xoá hết khi dừng · Data and logs, all deleted at the end")
    print("Dừng · Stop: Ctrl-C\n", flush=True)


def _watch(stack: Stack) -> None:
    """Until interrupted, announce each part that ends, once; the others go on, as in production."""
    told: dict[str, int | None] = {}
    while True:
        ended = stack.ended()
        for name in ended.keys() - told.keys():
            print(describe_end(name, ended[name]), flush=True)
        told = ended
        time.sleep(1)


def describe_end(name: str, code: int | None) -> str:
    if code is None:
        return f"{name} đã dừng · has ended"
    return f"{name} đã dừng (mã {code}) · has ended (code {code})"


if __name__ == "__main__":
    sys.exit(main())
