"""Nonsense is refused at the start, by the name of its variable."""

from __future__ import annotations

import pytest

from cms.settings.variables import PreviewSettings, WebhookSettings
from pipeline.errors import ConfigurationError
from pipeline.variables import read_fields

ADDRESS = "https://app.example.vn/see?link={link}"


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("NHIP_WEBHOOK_DAYS", "7", {"days": 7}),
        ("NHIP_WEBHOOK_KEPT_DAYS", "1", {"kept_days": 1}),
        ("NHIP_WEBHOOK_INNER", "1", {"inner": True}),
        ("NHIP_WEBHOOK_INNER", "0", {"inner": False}),
    ],
)
def test_webhooks_are_set(variable: str, text: str, expected: dict[str, object]) -> None:
    assert read_fields(WebhookSettings, {variable: text}) == expected


def test_previews_are_set() -> None:
    assert read_fields(PreviewSettings, {"NHIP_PREVIEW_URL": ADDRESS, "NHIP_PREVIEW_HOURS": "5"}) == {
        "url": ADDRESS,
        "hours": 5,
    }


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("NHIP_WEBHOOK_DAYS", "0"),
        ("NHIP_WEBHOOK_DAYS", ""),
        ("NHIP_WEBHOOK_KEPT_DAYS", "x"),
        ("NHIP_WEBHOOK_INNER", "yes"),
        ("NHIP_WEBHOOK_INNER", " "),
        ("NHIP_PREVIEW_HOURS", "0"),
        ("NHIP_PREVIEW_URL", "https://app.example.vn/"),
        ("NHIP_PREVIEW_URL", "app.example.vn/{link}"),
        ("NHIP_PREVIEW_URL", "javascript:alert('{link}')"),
        ("NHIP_PREVIEW_URL", ""),
    ],
)
def test_nonsense_names_its_variable(variable: str, text: str) -> None:
    kind = PreviewSettings if "PREVIEW" in variable else WebhookSettings
    with pytest.raises(ConfigurationError, match=variable):
        read_fields(kind, {variable: text})
