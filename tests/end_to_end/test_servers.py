"""``python -m cms`` with servers in its settings: one process, on a real Kafka and ClickHouse over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from clickhouse_http import ClickHouseServer
from kafka_server import KafkaServer, require_kafka
from product import Product

PAGE = 999
PATH = f"/_nhip/pages.json?ids={PAGE}"


@pytest.mark.timeout(400)
def test_one_process_uses_the_servers_that_its_settings_name(data_dir: Path, tmp_path: Path) -> None:
    require_kafka()
    with KafkaServer(tmp_path / "kafka") as kafka, ClickHouseServer(tmp_path / "clickhouse") as clickhouse:
        servers = {"NHIP_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "NHIP_CLICKHOUSE_URL": clickhouse.url()}
        with Product(data_dir, **servers) as product:
            before = product.get(PATH)["pages"][str(PAGE)]
            assert product.view(PAGE, "/trang/") == 202
            product.wait_for(PATH, lambda answer: answer["pages"][str(PAGE)] == before + 1)

            kafka.kill()
            assert product.view(PAGE, "/trang/") == 202, "acknowledged from the spool"
            kafka.start()
            product.wait_for(PATH, lambda answer: answer["pages"][str(PAGE)] == before + 2, seconds=60)
            assert product.verify()["advice"] == ["nhip reconcile"], "the balances were sent to the log of before"
            assert product.command("reconcile", "--apply").returncode == 0
            assert product.verify()["clean"]
            assert product.stop() == 0, product.output()
