"""Two collectors behind the proxy of docker-compose.yml, one of which is killed: its readers go to the other one."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from part import Part, free_port, launched
from patience import wait_until
from proxy import Proxy, require_caddy
from steady_load import CONNECTIONS, SteadyLoad

KEY = secrets.token_bytes(32)
VIEWS_A_SECOND = 240.0
VIEWS = 1_200  # while one collector is away


def collector(directory: Path) -> Part:
    """Without Kafka, whose views go to its spool."""
    port = free_port()
    return Part(
        directory.name,
        ["-m", "pipeline.operating.cli", "collect"],
        environment={
            "PORT": str(port),
            "NHIP_DATA_DIR": str(directory),
            "NHIP_BEACON_KEY": KEY.hex(),
            "NHIP_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
            "NHIP_CLICKHOUSE_URL": "http://reader:secret@127.0.0.1:9/nhip",
            "NHIP_TRUSTED_PROXIES": "127.0.0.1",
        },
        health_url=f"http://127.0.0.1:{port}/_nhip/",
        log=directory.with_suffix(".log"),
    )


@pytest.fixture
def collectors(tmp_path: Path) -> Iterator[list[Part]]:
    parts = [collector(tmp_path / name) for name in ("one", "other")]
    with launched(parts):
        yield parts


def test_a_collector_that_is_killed_takes_none_with_it(collectors: list[Part], tmp_path: Path) -> None:
    require_caddy()
    addresses = [part.health_url.split("/")[2] for part in collectors]
    with (
        Proxy(tmp_path / "proxy", web=addresses, collectors=addresses, cdn="127.0.0.1") as proxy,
        SteadyLoad([proxy.port], key=KEY, rate=VIEWS_A_SECOND) as load,
    ):
        wait_until(lambda: len(load.acknowledged) > 200)
        assert load.failures == []

        acknowledged, sent_before = len(load.acknowledged), len(load.sent)
        collectors[0].kill()
        # What it had in hand is lost with it, and what meets a connection whose end the proxy has yet to read.
        wait_until(lambda: len(load.acknowledged) > acknowledged + 2 * CONNECTIONS)
        noticed_at = time.monotonic()
        wait_until(lambda: len(load.sent) > sent_before + VIEWS)
        collectors[0].start(ready=False)
        acknowledged = len(load.acknowledged)
        wait_until(lambda: len(load.acknowledged) > acknowledged + 200)
        load.pause()
        refused_later = [failure for failure in load.failures if failure.sent_at > noticed_at]
        assert len(refused_later) <= VIEWS / 1_000, refused_later
        assert len(load.failures) <= CONNECTIONS, load.failures
        load.resume()
