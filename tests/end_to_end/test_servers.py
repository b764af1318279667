"""``python -m cms`` with servers in its settings: one process, on a real Kafka and ClickHouse over HTTP."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from clickhouse_http import ClickHouseServer
from kafka_server import KafkaServer, require_kafka
from patience import wait_until
from product import Product

from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.events import SITE_CHANGES_TOPIC
from pipeline.settings import KafkaSettings

PAGE = 999
PATH = f"/_nhip/pages.json?ids={PAGE}"


def test_one_process_uses_the_servers_that_its_settings_name(data_dir: Path, tmp_path: Path) -> None:
    require_kafka()
    with KafkaServer(tmp_path / "kafka") as kafka, ClickHouseServer(tmp_path / "clickhouse") as clickhouse:
        servers = {"NHIP_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "NHIP_CLICKHOUSE_URL": clickhouse.url()}
        with Product(data_dir, **servers) as product:
            before = product.get(PATH)["pages"][str(PAGE)]
            assert product.view(PAGE, "/trang/") == 202
            product.wait_for(PATH, lambda answer: answer["pages"][str(PAGE)] == before + 1)

            told = product.get("/api/v2/changes/?limit=500")["changes"]
            wait_until(lambda: told == records_of(kafka))
            assert len(told) > 10, "the pages of the demo"

            kafka.kill()
            assert product.view(PAGE, "/trang/") == 202, "acknowledged from the spool"
            kafka.start()
            product.wait_for(PATH, lambda answer: answer["pages"][str(PAGE)] == before + 2)
            assert product.verify()["advice"] == ["nhip reconcile"], "the balances were sent to the log of before"
            assert product.command("reconcile", "--apply").returncode == 0
            assert product.verify()["clean"]
            assert product.stop() == 0, product.output()


def records_of(kafka: KafkaServer) -> list[Any]:
    """What other programs read of the changes of the site."""
    with closing(KafkaBroker(KafkaSettings(bootstrap_servers=(kafka.bootstrap,)))) as broker:
        return [json.loads(record.value) for record in broker.read(SITE_CHANGES_TOPIC)]
