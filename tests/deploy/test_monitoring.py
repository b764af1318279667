"""Alerts and dashboard use metrics that exist, and every alert has a section in the runbook."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from missing import skip_or_fail
from part import ROOT
from prometheus_client import Counter, Gauge, Histogram, generate_latest

from pipeline import metrics
from pipeline.collecting.beacon import Reason
from pipeline.process.http import PREFIX

PROMETHEUS = ROOT / "deploy/prometheus"
GRAFANA = ROOT / "deploy/grafana"
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SCRAPED = {"job", "instance"}
OF_PROMETHEUS = {"up"}
ENDINGS = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_sum", "_count")}


def exposed() -> dict[str, set[str]]:
    """The labels of each series that our processes expose, by its name."""
    found: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        for kind, endings in ENDINGS.items():
            if isinstance(metric, kind):
                for ending in endings:
                    found[metric._name + ending] = {*metric._labelnames, *(["le"] if ending == "_bucket" else [])}
    return found


SERIES = exposed()


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", GRAFANA / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def drawn() -> list[str]:
    dashboard = json.loads((GRAFANA / "dashboard.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


EXPRESSIONS = [
    *(pytest.param(alert["expr"], id=alert["alert"]) for alert in alerts()),
    *(pytest.param(expression, id=f"panel {number}") for number, expression in enumerate(drawn())),
]


def test_the_series_are_those_served() -> None:
    served = set(re.findall(r"^# TYPE (\S+) (?:counter|gauge|histogram)$", metrics_text(), re.MULTILINE))
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in SERIES}
    assert {name for name in served if not name.endswith("_created")} == families


def metrics_text() -> str:
    return generate_latest(metrics.REGISTRY).decode()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_of_an_expression_exists(expression: str) -> None:
    names = set(re.findall(r"\b(nhip_[a-z_]+|up)\b(?!\")", expression))
    assert names
    assert names <= {*SERIES, *OF_PROMETHEUS}

    labels = set().union(*(SERIES.get(name, set()) for name in names)) | SCRAPED
    for selector in re.findall(r"\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*(?:=~|!=|=)", selector)) <= labels
    for grouping in re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", expression):
        assert {label.strip() for label in grouping.split(",")} <= labels


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_value_that_a_label_is_compared_with_occurs(expression: str, services: dict[str, Any]) -> None:
    known = {
        "reason": {reason.value for reason in Reason},
        "kind": {"PageView", "Heartbeat"},
        "job": {"collector", "consumer", "web"},
        "outcome": {outcome for (outcome,) in metrics.WEBHOOKS._metrics},
    }
    for label, values in re.findall(r"(\w+)=~?\"([^\"]+)\"", expression):
        assert set(values.split("|")) <= known[label]
    assert known["job"] <= set(services)


@pytest.mark.parametrize("alert", [pytest.param(alert, id=alert["alert"]) for alert in alerts()])
def test_an_alert_names_its_fault_in_two_languages_and_its_section_of_the_runbook(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert " · " in alert["annotations"]["summary"]
    page, _hash, anchor = alert["annotations"]["runbook"].partition("#")
    assert (page, anchor) == ("docs/operations.md", alert["alert"].lower())
    assert f"### {alert['alert']}\n" in OPERATIONS


def test_the_runbook_has_no_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (Nhip\w+)$", OPERATIONS, re.MULTILINE)) == {alert["alert"] for alert in alerts()}


def test_every_alert_is_tried_by_a_test() -> None:
    tried = (PROMETHEUS / "alerts.test.yml").read_text(encoding="utf-8")
    assert {alert["alert"] for alert in alerts() if alert["alert"] not in tried} <= {
        "NhipSlowAcknowledgement",
        "NhipLag",
    }


def test_every_metric_is_drawn_or_watched() -> None:
    said = " ".join([*drawn(), *(alert["expr"] for alert in alerts())])
    unseen = {name for name in SERIES if not name.endswith(("_sum", "_count")) and name not in said}
    assert unseen == set()


def test_prometheus_scrapes_where_the_processes_answer(services: dict[str, Any]) -> None:
    scrapes = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    for scrape in scrapes:
        (names,) = scrape["dns_sd_configs"]
        environment = services[scrape["job_name"]]["environment"]
        assert names["names"] == [scrape["job_name"]]
        assert str(names["port"]) == environment.get("NHIP_HEALTH_PORT", environment.get("PORT"))
        assert scrape["metrics_path"] == PREFIX + "metrics"


def promtool(*arguments: str) -> None:
    if shutil.which("promtool") is None:
        skip_or_fail("no promtool; `apt-get install prometheus` would let this test run")
    answer = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("check", "rules", "alerts.yml"), id="rules"),
        pytest.param(("check", "config", "prometheus.yml"), id="configuration"),
        pytest.param(("test", "rules", "alerts.test.yml"), id="alerts at work"),
    ],
)
def test_prometheus_itself_agrees(arguments: tuple[str, ...]) -> None:
    promtool(*arguments)


def test_the_committed_dashboard_is_the_one_that_the_panels_make() -> None:
    assert (GRAFANA / "dashboard.json").read_text(encoding="utf-8") == load_build().text()


def test_the_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in load_build().dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("path", [Path("datasources/prometheus.yml"), Path("dashboards/nhip.yml")], ids=str)
def test_grafana_finds_the_dashboard_and_prometheus_by_their_names_in_compose(
    path: Path, services: dict[str, Any]
) -> None:
    content = yaml.safe_load((GRAFANA / "provisioning" / path).read_text(encoding="utf-8"))
    mounted = [volume if isinstance(volume, str) else volume["target"] for volume in services["grafana"]["volumes"]]
    if "datasources" in content:
        (source,) = content["datasources"]
        assert (source["uid"], source["url"]) == ("nhip", "http://prometheus:9090")
    else:
        (provider,) = content["providers"]
        assert any(provider["options"]["path"] in volume for volume in mounted)
