"""What the settings tell the collector."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from place_files import HANOI, write_places

from pipeline.collecting import application
from pipeline.collecting.enrich.places import Place
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings, SiteNames


class NoSalts:
    def salt_for(self, _at: float) -> None:
        return None


def knowledge(directory: Path, **more: Any) -> Any:
    settings = Settings(data_dir=directory, given_key=bytes(32), **more)
    return application._knowledge(settings, cast(Any, NoSalts()))


def test_without_a_file_countries_are_those_of_the_registries(tmp_path: Path) -> None:
    known = knowledge(tmp_path)
    assert (known.place_of("14.177.0.1"), known.place_of("203.0.113.9")) == (Place("VN", ""), Place())


def test_with_a_file_places_are_its_own(tmp_path: Path) -> None:
    file = write_places(tmp_path / "places.mmdb", {"203.0.113.0/24": HANOI})
    known = knowledge(tmp_path, places_file=file)
    assert (known.place_of("203.0.113.9"), known.place_of("14.177.0.1")) == (Place("VN", "HN"), Place())


def test_no_collector_starts_with_a_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "places.mmdb"
    file.write_text("country,province")
    for start in (knowledge, lambda directory, **more: application.check(Settings(data_dir=directory, **more))):
        with pytest.raises(ConfigurationError) as refused:
            start(tmp_path, places_file=file)
        assert refused.value.variable == "NHIP_PLACES_FILE"


@pytest.mark.parametrize(
    ("base_url", "cookie"),
    [("https://so.example.vn", "__Host-nhip_staff"), ("http://a.vn", "nhip_staff"), ("", "nhip_staff")],
)
def test_the_cookie_of_staff_has_the_name_under_which_the_site_gives_it(
    tmp_path: Path, base_url: str, cookie: str
) -> None:
    assert knowledge(tmp_path, names=SiteNames(base_url=base_url)).staff_cookie == cookie
