"""Makes dashboard.json from the panels below: python deploy/grafana/build.py. Tests compare both, and the metrics."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("dashboard.json")
DATASOURCE = {"type": "prometheus", "uid": "nhip"}
COLUMNS = 24


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One graph, or with ``kind`` "stat" one number. ``queries`` maps a legend to an expression."""

    title: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    warn: float | None = None


def quantiles(histogram: str) -> dict[str, str]:
    """The median and the 99th percentile of the last five minutes."""
    recent = f"sum by (le) (rate({histogram}_bucket[5m]))"
    return {f"p{share}": f"histogram_quantile(0.{share}, {recent})" for share in ("50", "99")}


ROWS = (
    (
        "Bây giờ · Now",
        (
            Panel(
                title="Đầy đủ đến, trễ · Complete up to, behind by",
                queries={"": "time() - min(nhip_consumer_complete_up_to_seconds)"},
                unit="s",
                kind="stat",
                width=6,
                height=5,
                warn=60,
            ),
            Panel(
                title="Lượt xem mỗi giây · Views per second",
                queries={"": 'sum(rate(nhip_collector_acknowledged_events_total{kind="PageView"}[1m]))'},
                unit="reqps",
                kind="stat",
                width=6,
                height=5,
            ),
            Panel(
                title="Hàng đợi tạm · Spool",
                queries={"": "max(nhip_collector_spooled_bytes / nhip_collector_spool_limit_bytes)"},
                unit="percentunit",
                kind="stat",
                width=6,
                height=5,
                warn=0.5,
            ),
            Panel(
                title="Không đọc được, 24 giờ · Dead letters, 24 hours",
                queries={"": "sum(increase(nhip_consumer_dead_letters_total[24h]))"},
                kind="stat",
                width=6,
                height=5,
                warn=1,
            ),
        ),
    ),
    (
        "Bộ thu thập · Collectors",
        (
            Panel(
                title="Đã ghi bền vững · Acknowledged",
                queries={"{{kind}}": "sum by (kind) (rate(nhip_collector_acknowledged_events_total[1m]))"},
                unit="reqps",
            ),
            Panel(
                title="Từ chối, theo lý do · Refused, by reason",
                queries={
                    "{{reason}}": "sum by (reason) (rate(nhip_collector_refused_beacons_total[1m])) > 0",
                    "suspect: {{reason}}": "sum by (reason) (rate(nhip_collector_suspect_events_total[1m])) > 0",
                    "repeated": "sum(rate(nhip_collector_repeated_beacons_total[1m])) > 0",
                },
                unit="reqps",
            ),
            Panel(
                title="Thời gian ghi · Time to durable",
                queries=quantiles("nhip_collector_append_seconds"),
                unit="s",
            ),
            Panel(
                title="Sự kiện trong một bản ghi · Events in a record",
                queries={
                    "": "sum(rate(nhip_collector_acknowledged_events_total[1m]))"
                    " / sum(rate(nhip_collector_appended_records_total[1m]))"
                },
            ),
            Panel(
                title="Chờ Kafka · Waiting for Kafka",
                queries={"{{instance}}": "nhip_collector_spooled_records"},
            ),
            Panel(
                title="Trang theo nơi trả lời · Pages by source",
                queries={"{{source}}": "sum by (source) (rate(nhip_site_pages_total[1m]))"},
                unit="reqps",
            ),
            Panel(
                title="Bộ nhớ trang · Page memory",
                queries={"{{instance}}": "nhip_site_page_memory_bytes"},
                unit="bytes",
            ),
            Panel(
                title="Đăng hẹn giờ bị trễ · Schedule, late",
                queries={"{{instance}}": "nhip_site_schedule_late_seconds"},
                unit="s",
            ),
            Panel(
                title="Webhook, theo kết quả · Webhooks by outcome",
                queries={
                    "{{outcome}}": "sum by (outcome) (rate(nhip_site_webhooks_total[5m]))",
                    "waiting": "max(nhip_site_webhooks_waiting)",
                },
            ),
            Panel(
                title="Webhook chờ lâu nhất · Oldest waiting webhook",
                queries={"": "max(nhip_site_webhooks_oldest_seconds)"},
                unit="s",
            ),
            Panel(
                title="Báo cáo, theo người hỏi · Reports by asker",
                queries={"{{asker}} {{end}}": "sum by (asker, end) (rate(nhip_site_report_seconds_count[5m]))"},
                unit="reqps",
            ),
            Panel(
                title="Thời gian tính báo cáo · Time of a report",
                queries=quantiles("nhip_site_report_seconds"),
                unit="s",
            ),
            Panel(title="Đang xem trực tiếp · Live readers", queries={"{{instance}}": "nhip_collector_live_readers"}),
        ),
    ),
    (
        "Bộ tiêu thụ · Consumers",
        (
            Panel(
                title="Vào ClickHouse mỗi giây · Inserted per second",
                queries={"{{instance}}": "sum by (instance) (rate(nhip_consumer_events_total[1m]))"},
                unit="reqps",
            ),
            Panel(
                title="Còn trong nhật ký · Lag",
                queries={"{{partition}}": "sum by (partition) (nhip_consumer_lag_records)"},
            ),
            Panel(
                title="Phần đang giữ · Partitions held", queries={"{{instance}}": "nhip_consumer_assigned_partitions"}
            ),
            Panel(
                title="Thời gian một lần ghi · Time of an insert",
                queries=quantiles("nhip_consumer_insert_seconds"),
                unit="s",
            ),
            Panel(
                title="Ghi thất bại · Failed inserts",
                queries={"{{instance}}": "sum by (instance) (rate(nhip_consumer_insert_failures_total[5m]))"},
                unit="ops",
            ),
            Panel(
                title="Tuổi của số trên trang · Age of the numbers shown",
                queries={"{{job}} {{instance}}": 'time() - nhip_counters_as_of_seconds{job=~"collector|web"}'},
                unit="s",
            ),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS:
        panels.append({"type": "row", "title": title, "gridPos": _place(0, top, COLUMNS, 1), "panels": []})
        left, top, height = 0, top + 1, 0
        for panel in row:
            if left + panel.width > COLUMNS:
                left, top = 0, top + height
            height = panel.height
            panels.append(_panel(panel, left, top))
            left += panel.width
        top += height
    return {
        "uid": "nhip",
        "title": "Nhịp",
        "tags": ["nhip"],
        "timezone": "Asia/Ho_Chi_Minh",
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "schemaVersion": 39,
        "editable": False,
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }


def _panel(panel: Panel, left: int, top: int) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.warn is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.warn}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    targets = [
        {"refId": chr(ord("A") + number), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
        for number, (legend, expression) in enumerate(panel.queries.items())
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATASOURCE,
        "gridPos": _place(left, top, panel.width, panel.height),
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": targets,
    }


def _place(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": width, "h": height}


def text() -> str:
    return json.dumps(dashboard(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
