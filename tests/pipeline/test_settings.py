from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline import settings as settings_module
from pipeline.errors import ConfigurationError, DataDirectoryError
from pipeline.settings import Settings

KEY = "0123456789abcdef" * 4
ROOT = Path(__file__).parents[2]


def read(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_env({"NHIP_DATA_DIR": str(tmp_path / "var"), **environ})


GOOD = [
    pytest.param("NHIP_BEACON_KEY", KEY, "beacon_key", bytes.fromhex(KEY), id="key"),
    pytest.param("NHIP_BEACON_KEY", "00" * 16, "beacon_key", bytes(16), id="shortest key"),
    pytest.param("NHIP_HOST", " 0.0.0.0 ", "host", "0.0.0.0", id="host"),
    pytest.param("PORT", "1", "port", 1, id="lowest port"),
    pytest.param("PORT", "65535", "port", 65_535, id="highest port"),
    pytest.param(
        "NHIP_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16", "trusted_proxies", ("10.0.0.1", "10.1.0.0/16"), id="proxies"
    ),
    pytest.param("NHIP_TRUSTED_PROXIES", "fd00::/8", "trusted_proxies", ("fd00::/8",), id="IPv6 proxies"),
    pytest.param("NHIP_BATCH_ROWS", "10", "batch_rows", 10, id="rows"),
    pytest.param("NHIP_BATCH_SECONDS", "0.5", "batch_seconds", 0.5, id="batch seconds"),
    pytest.param("NHIP_REFRESH_SECONDS", "2", "refresh_seconds", 2.0, id="refresh seconds"),
    pytest.param("NHIP_ACKNOWLEDGE_SECONDS", "1.5", "acknowledge_seconds", 1.5, id="acknowledge seconds"),
    pytest.param("NHIP_LIVE_CONNECTIONS", "5", "live_connections", 5, id="live connections"),
]

NONSENSE = {
    "NHIP_DATA_DIR": ["~nobody-of-this-name/var"],
    "NHIP_BEACON_KEY": ["xyz", "00" * 15, "00" * 65, KEY + "0"],
    "PORT": ["0", "65536", "-1", "80.0", "http", "1e3"],
    "NHIP_TRUSTED_PROXIES": ["proxy.example", "10.0.0.0/33", "10.0.0.1,", ",", "*"],
    "NHIP_BATCH_ROWS": ["0", "-5", "1.5", "many", "10000000000"],
    "NHIP_BATCH_SECONDS": ["0", "-1", "nan", "inf", "soon", "1s"],
    "NHIP_REFRESH_SECONDS": ["0", "-1", "nan", "inf", "soon"],
    "NHIP_ACKNOWLEDGE_SECONDS": ["0", "-1", "nan", "inf", "soon"],
    "NHIP_LIVE_CONNECTIONS": ["0", "-1", "2.5", "all"],
}


@pytest.mark.parametrize(("name", "text", "attribute", "value"), GOOD)
def test_a_good_value_is_taken(tmp_path: Path, name: str, text: str, attribute: str, value: Any) -> None:
    assert getattr(read(tmp_path, **{name: text}), attribute) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [pytest.param(name, text, id=f"{name}={text}"[:50]) for name in NONSENSE for text in NONSENSE[name]],
)
def test_nonsense_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name}=") as caught:
        read(tmp_path, **{name: text})
    assert len(str(caught.value)) > len(f"{name}={text!r}: ") or name == "NHIP_BEACON_KEY"


def variables() -> set[str]:
    """Every variable that the settings read, by their source."""
    return set(re.findall(r'_read\(environ, "([A-Z_]+)"', Path(settings_module.__file__).read_text(encoding="utf-8")))


def test_every_variable_has_a_row_in_these_tables() -> None:
    tested = {str(case.values[0]) for case in GOOD} | {"NHIP_DATA_DIR"}
    assert tested == variables()
    assert set(NONSENSE) == variables() - {"NHIP_HOST"}  # any text may be a host; the socket knows better


@pytest.mark.parametrize("text", ["", "  "], ids=["empty", "blank"])
@pytest.mark.parametrize("name", sorted(variables()))
def test_a_variable_that_is_set_but_empty_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is set but empty"):
        read(tmp_path, **{name: text})


@pytest.mark.parametrize("name", sorted(variables()))
def test_every_variable_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / "README.md").read_text(encoding="utf-8")), f"README.md lacks {name}"


def test_without_variables_the_defaults_hold(tmp_path: Path) -> None:
    settings = read(tmp_path)
    defaults = Settings(data_dir=tmp_path / "var", beacon_key=settings.beacon_key)
    assert settings == defaults


def test_the_data_directory_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"NHIP_DATA_DIR": "here", "NHIP_BEACON_KEY": KEY})
    assert settings.data_dir == tmp_path / "here"
    places = (settings.log_dir, settings.engine_dir, settings.snapshot_file)
    assert {place.parent for place in places} == {settings.data_dir}
    assert Settings.from_env({"NHIP_BEACON_KEY": KEY}).data_dir == tmp_path / "var"


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = read(tmp_path).beacon_key
    assert len(first) == 32
    assert read(tmp_path).beacon_key == first
    assert read(tmp_path, NHIP_BEACON_KEY=KEY).beacon_key == bytes.fromhex(KEY)


def test_a_key_stands_neither_in_messages_nor_in_the_repr(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, NHIP_BEACON_KEY=KEY + "z")
    assert KEY not in str(caught.value)
    assert repr(bytes.fromhex(KEY)) not in repr(read(tmp_path, NHIP_BEACON_KEY=KEY))


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(DataDirectoryError, match="NHIP_DATA_DIR"):
        read(tmp_path)
