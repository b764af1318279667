"""``nhip tokens``: made, listed and revoked without the admin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ops import Ops
from wagtail.models import Site

from cms.statistics.records import CmsRecords
from cms.statistics.reports.tokens.models import TOKEN, find_token
from pipeline.operating.site import without_site
from pipeline.periods import local_date

pytestmark = pytest.mark.django_db


class OpenRecords(CmsRecords):
    """The test's transaction goes on after a command."""

    def close(self) -> None: ...


@pytest.fixture
def ops(tmp_path: Path, migrated_engine: Path) -> Iterator[Ops]:
    ops = Ops(tmp_path, now=time.time(), migrated=migrated_engine)
    ops.open_site = lambda _settings: OpenRecords()
    yield ops
    ops.close()


def add(ops: Ops, *argv: str) -> str:
    answer = ops.nhip("tokens", "add", *argv)
    assert answer.code == 0, answer.err
    assert TOKEN.fullmatch(answer.out.strip()), "the token alone, so that a script can take it"
    return answer.out.strip()


def test_a_token_is_made_listed_and_revoked(ops: Ops, site: Site) -> None:
    today = local_date(ops.now)
    secret = add(ops, "Bảng số liệu", "--site", str(site.pk), "--until", "2100-12-31")
    found = find_token(secret, today=today)
    assert found is not None
    assert found.site == site

    listed = ops.nhip("tokens", "list", "--json").json()["tokens"]
    assert listed == [
        {
            "id": found.pk,
            "name": "Bảng số liệu",
            "hint": secret[:9],
            "site": site.pk,
            "made_on": str(today),
            "made_by": "",
            "expires_on": "2100-12-31",
            "last_used_on": str(today),
            "state": "good",
        }
    ]
    table = ops.nhip("tokens", "list").out
    assert "Bảng" in table
    assert secret not in table

    assert ops.nhip("tokens", "revoke", str(found.pk)).code == 0
    assert find_token(secret, today=today) is None
    assert ops.nhip("tokens", "list", "--json").json()["tokens"][0]["state"] == "revoked"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["add", "a", "--site", "9999"], "there is no such site"),
        (["add", "a", "--until", "2020-01-01"], "has passed"),
        (["add", " "], "1 to 100"),
        (["add", "x" * 101], "1 to 100"),
        (["add", "a\x1b[31m"], "1 to 100"),
        (["revoke", "9999"], "there is no such token"),
        (["revoke", "a"], "is no whole number"),
        (["remove"], "add"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(ops: Ops, argv: list[str], words: str) -> None:
    answer = ops.nhip("tokens", *argv)
    assert (answer.code, answer.out) == (2, "")
    (line,) = answer.err.splitlines()
    assert words in line


def test_without_a_cms_it_is_said_where_to_type_it(ops: Ops) -> None:
    ops.open_site = without_site
    answer = ops.nhip("tokens", "list")
    assert answer.code == 2
    assert "DATABASE_URL" in answer.err
