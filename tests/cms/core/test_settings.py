from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cms.settings.base import read_mail_url
from cms.settings.variables import ApiSettings, PageSettings, SignInSettings
from pipeline.errors import ConfigurationError
from pipeline.variables import read_fields

PROBE = """
import django
django.setup()
from django.conf import settings
from django.db import connection
names = ("journal_mode", "busy_timeout", "foreign_keys")
with connection.cursor() as cursor:
    modes = [cursor.execute("PRAGMA " + name).fetchone()[0] for name in names]
print(connection.settings_dict["NAME"], settings.DEBUG, settings.MEDIA_ROOT, *modes, len(settings.SECRET_KEY), sep="|")
"""


def probe(data_dir: Path) -> list[str]:
    environment = os.environ | {"NHIP_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", PROBE]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return result.stdout.strip().split("|")


def test_the_embedded_portal_keeps_everything_in_its_data_directory(tmp_path: Path) -> None:
    database, debug, media, journal, timeout, foreign_keys, key_length = probe(tmp_path)

    assert Path(database) == tmp_path / "cms.sqlite3"
    assert Path(media) == tmp_path / "media"
    assert debug == "False"
    assert (journal, timeout, foreign_keys) == ("wal", "20000", "1")
    assert int(key_length) >= 50
    key = tmp_path / "django.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = key.read_bytes()
    probe(tmp_path)
    assert key.read_bytes() == kept


@pytest.mark.parametrize("name", ["NHIP_PAGE_MEMORY_MEGABYTES", "NHIP_CDN_SECONDS"])
@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5"])
def test_a_senseless_setting_of_pages_is_refused_with_its_name(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as refused:
        read_fields(PageSettings, {name: text})
    assert refused.value.variable == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("NHIP_SECOND_FACTOR_DAYS", text) for text in ("", "soon", "-1", "Never")),
        *(("NHIP_SESSION_IDLE_MINUTES", text) for text in ("", "0", "8h")),
    ],
)
def test_a_senseless_setting_of_signing_in_is_refused_with_its_name(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as refused:
        read_fields(SignInSettings, {name: text})
    assert refused.value.variable == name


@pytest.mark.parametrize(
    "text", ["thu.so.example", "smtp://a:b@thu:99999", "smtp://[::1", "smtp://a:m%E1%BA%ADt@thu:25"]
)
def test_a_mail_server_that_cannot_be_asked_is_refused_at_the_start(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", text)
    with pytest.raises(ConfigurationError, match="EMAIL_URL: want") as refused:
        read_mail_url()
    assert refused.value.variable == "EMAIL_URL"


@pytest.mark.parametrize(("text", "days"), [("never", None), ("0", 0), ("30", 30)])
def test_the_second_factor_may_be_put_off_or_not_asked_for(text: str, days: int | None) -> None:
    assert read_fields(SignInSettings, {"NHIP_SECOND_FACTOR_DAYS": text}) == {"second_factor_days": days}


def test_pages_may_be_kept_nowhere() -> None:
    nowhere = {"NHIP_PAGE_MEMORY_MEGABYTES": "0", "NHIP_CDN_SECONDS": "0"}
    assert read_fields(PageSettings, nowhere) == {"memory_megabytes": 0, "cdn_seconds": 0}


@pytest.mark.parametrize(("text", "on"), [("1", True), ("0", False)])
def test_the_preview_of_wagtails_v3_is_turned_on_and_off(text: str, on: bool) -> None:
    assert read_fields(ApiSettings, {"NHIP_API_V3": text}) == {"v3": on}


def test_it_is_off_unless_somebody_turns_it_on() -> None:
    assert not ApiSettings().v3


@pytest.mark.parametrize("text", ["", "yes", "true", "2", "11"])
def test_a_switch_is_one_or_nought(text: str) -> None:
    with pytest.raises(ConfigurationError, match="NHIP_API_V3"):
        read_fields(ApiSettings, {"NHIP_API_V3": text})
