"""The inside of kafka-python is used in one file, and is what that file takes it for."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.coordinator.base import BaseCoordinator
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket, create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.net.wakeup_notifier import WakeupNotifier
from kafka.producer.sender import Sender
from kafka.producer.transaction_manager import TransactionManager
from part import ROOT

from pipeline.brokers.kafka import patches

KAFKA = ROOT / "pipeline/brokers/kafka"
PATCHES = KAFKA / "patches.py"
WHAT_TO_DO = """
kafka-python is not what pipeline/brokers/kafka/patches.py was written for. Read each class and function there beside
the library's new code: drop what its "Remove when" says, mend the rest. Then run
    pytest tests/pipeline/brokers tests/contracts/test_broker.py tests/consumers tests/end_to_end/test_collecting.py
    make chaos
and pin the version in pyproject.toml (uv lock), in patches.py and in docs/decisions/0013-kafka-python-inside.md.
"""

# Each name of the library that patches.py uses or replaces, and whose it is.
NAMES: list[tuple[type, str]] = [
    (KafkaNetClient, "close"),
    (KafkaConnectionManager, "get_connection"),
    (KafkaConnectionManager, "bootstrapped"),
    (KafkaConnectionManager, "closed"),
    (KafkaConnectionManager, "config"),
    (KafkaConnectionManager, "ssl_enabled"),
    (KafkaConnectionManager, "_net"),
    (KafkaConnectionManager, "_bootstrap_wakeup"),
    (KafkaConnectionManager, "_build_transport"),
    (WakeupNotifier, "notify"),
    (KafkaTCPTransport, "_sock"),
    (KafkaTCPTransport, "_sock_recv"),
    (KafkaTCPTransport, "handshake"),
    (KafkaTCPTransport, "close"),
    (KafkaSSLTransport, "_sock_recv"),
    (KafkaNetSocket, "SCHEMES"),
    (KafkaNetSocket, "sock_connect"),
    (KafkaConsumer, "_coordinator"),
    (BaseCoordinator, "is_dynamic_member"),
    (BaseCoordinator, "stable"),
    (BaseCoordinator, "state"),
    (BaseCoordinator, "_do_join_and_sync_async"),
    (BaseCoordinator, "_heartbeat_enabled"),
    (KafkaProducer, "_sender"),
    (KafkaProducer, "_transaction_manager"),
    (Sender, "force_close"),
    (TransactionManager, "has_fatal_error"),
]
# Looked up by the library's own code, not defined by the class itself.
IN_SOURCE = {(KafkaNetSocket, "SCHEMES")}


@pytest.mark.parametrize(("owner", "name"), NAMES, ids=[f"{owner.__name__}.{name}" for owner, name in NAMES])
def test_a_patched_name_is_still_there(owner: type, name: str) -> None:
    source = inspect.getsource(owner)
    found = hasattr(owner, name) or f"self.{name} = " in source or ((owner, name) in IN_SOURCE and f".{name}" in source)
    assert found, f"{owner.__module__}.{owner.__name__} has no {name}.\n{WHAT_TO_DO}"


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        pytest.param(KafkaNetClient.close, "self, node_id=None", id="close"),
        pytest.param(KafkaConnectionManager._build_transport, "self, node, timeout_at=None", id="build_transport"),
        pytest.param(KafkaNetSocket.sock_connect, "self, net, sock, sockaddr, timeout_at=None", id="sock_connect"),
        pytest.param(KafkaTCPTransport._sock_recv, "self", id="sock_recv"),
        pytest.param(KafkaSSLTransport._sock_recv, "self", id="sock_recv over TLS"),
        pytest.param(BaseCoordinator._do_join_and_sync_async, "self", id="join"),
        pytest.param(BaseCoordinator.is_dynamic_member, "self", id="is_dynamic_member"),
        pytest.param(
            create_connection, "net, host, port, socket_options=(), proxy_url=None, timeout_at=None", id="connect"
        ),
    ],
)
def test_a_patched_function_takes_what_it_took(function: Callable[..., Any], parameters: str) -> None:
    assert str(inspect.signature(function)) == f"({parameters})", WHAT_TO_DO


@pytest.mark.parametrize("logger", sorted({*patches.CONNECTION_LOGGERS, patches.SLOW_STEP_LOGGER}))
def test_a_logger_that_is_filtered_is_a_module_of_the_library(logger: str) -> None:
    assert importlib.import_module(logger).log.name == logger, WHAT_TO_DO


def test_the_version_that_was_patched_is_pinned_and_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (pinned,) = (line for line in project["dependencies"] if line.startswith("kafka-python"))
    installed = importlib.metadata.version("kafka-python")
    assert pinned == f"kafka-python[crc32c]=={installed}", f"{installed} is installed.\n{WHAT_TO_DO}"
    assert patches.__doc__ is not None
    assert f"kafka-python {installed}" in patches.__doc__, WHAT_TO_DO


def test_every_private_name_in_patches_is_one_of_these() -> None:
    own = {"_transports", "_note"}
    assert set(private_names(PATCHES, of_self=True)) - own <= {name for _owner, name in NAMES}


@pytest.mark.parametrize("file", sorted(set(KAFKA.glob("*.py")) - {PATCHES}), ids=lambda file: str(file.name))
def test_no_other_file_uses_the_inside(file: Path) -> None:
    assert list(private_names(file)) == [], "kafka-python's inside is used in patches.py alone"
    assert not {name for name in imports(file) if name.startswith("kafka.net") or "._" in name}


@pytest.mark.parametrize(
    "patch", [one for one in vars(patches).values() if getattr(one, "__module__", "") == patches.__name__]
)
def test_every_patch_says_why_and_when_it_can_go(patch: Callable[..., Any]) -> None:
    if patch in (patches.TcpTransport, patches.TlsTransport):
        return  # two of HearsLastWords
    text = textwrap.dedent(patch.__doc__ or "")
    assert [word for word in ("Why: ", "Upstream: ", "Remove when ") if f"\n{word}" not in inspect.cleandoc(text)] == []


def private_names(file: Path, *, of_self: bool = False) -> Iterator[str]:
    """Attributes with an underscore; those of ``self`` only if asked for, since they are a class's own elsewhere."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if of_self or not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield node.attr


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)
