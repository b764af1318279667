"""The broker of docker-compose.yml without Docker: the image's own program turns the environment into a configuration
and a formatted log, and a broker starts on them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from kafka_server import _java, kafka_jars, require_kafka
from part import free_port

LOGGING = """
Configuration:
  Appenders:
    Console: {name: STDOUT, PatternLayout: {pattern: "%m%n"}}
  Loggers:
    Root: {level: INFO, AppenderRef: [{ref: STDOUT}]}
    Logger: [{name: org.apache.kafka, level: INFO}]
"""
DEFAULTS = {"server.properties": "", "log4j2.yaml": LOGGING, "tools-log4j2.yaml": LOGGING}
SECONDS = 60.0


def set_up(environment: dict[str, str], directory: Path) -> Path:
    """Do what the image does before it starts the broker; returns the configuration."""
    for name in ("default", "mounted", "final"):
        (directory / name).mkdir()
    for name, text in DEFAULTS.items():
        (directory / "default" / name).write_text(text)
    arguments = [
        *("--default-configs-dir", str(directory / "default")),
        *("--mounted-configs-dir", str(directory / "mounted")),
        *("--final-configs-dir", str(directory / "final")),
    ]
    command = _java(kafka_jars(), ["-Xmx128m"], "kafka.docker.KafkaDockerWrapper", "setup", *arguments)
    answer = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return directory / "final/server.properties"


def test_the_broker_starts_with_its_environment(services: dict[str, Any], tmp_path: Path) -> None:
    require_kafka()
    port, controller = free_port(), free_port()
    given = services["kafka"]["environment"]
    # Ports and directory differ from the container's; the rest is the same.
    text = {
        name: value.replace(":9092", f":{port}").replace(":9093", f":{controller}") for name, value in given.items()
    }
    here = {
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LOG_DIRS": str(tmp_path / "data"),
    }

    configuration = set_up(text | here, tmp_path)

    properties = dict(line.split("=", 1) for line in configuration.read_text().splitlines() if "=" in line)
    assert properties["auto.create.topics.enable"] == "false"
    assert properties["log.flush.interval.messages"] == "1"
    assert f"cluster.id={given['CLUSTER_ID']}" in (tmp_path / "data/meta.properties").read_text()
    log = tmp_path / "broker.log"
    with log.open("wb") as output:
        broker = subprocess.Popen(
            _java(kafka_jars(), ["-Xmx256m"], "kafka.Kafka", str(configuration)), stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not listens(port):
            assert broker.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
    finally:
        broker.kill()
        broker.wait()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
