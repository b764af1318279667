from __future__ import annotations

import pytest
from django.apps import apps
from django.db import OperationalError, connection

from cms.core.changes.triggers import ADDED_BY_READERS, UNSEEN_TABLES, install_triggers
from cms.core.changes.watch import STUCK_SECONDS, Changes

pytestmark = pytest.mark.django_db


def test_every_table_that_is_left_out_is_there() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert tables >= UNSEEN_TABLES | ADDED_BY_READERS, "name the tables as they are called now"


def test_putting_the_triggers_on_again_changes_nothing() -> None:
    before = triggers()
    install_triggers(using="default")
    assert triggers() == before
    assert len(before) > 100


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'content_change_%%'")
        return {name for (name,) in cursor.fetchall()}


def test_a_generation_ends_with_the_last_look_that_found_it() -> None:
    now, found = [0.0], [True, False, False, True]
    changes = Changes(lambda: found.pop(0), clock=lambda: now[0])
    for now[0] in (10.0, 20.0, 30.0, 40.0):
        changes.step()
    assert changes.known.generation == 2
    assert changes.current_until(2) == 40.0
    assert changes.current_until(1) == 30.0
    assert changes.current_until(99) == float("-inf")


@pytest.mark.parametrize("fault", [OperationalError("gone"), RuntimeError("never thought of")])
def test_a_look_that_fails_ends_nothing_and_is_logged_once(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]

    def look() -> bool:
        raise fault

    changes = Changes(look, clock=lambda: now[0])
    for now[0] in (10.0, 20.0, 30.0):
        changes.step()
    assert changes.known.away
    assert changes.check() is None
    assert len(caplog.records) == 1


def test_looks_that_ended_are_told_to_liveness() -> None:
    now = [0.0]
    changes = Changes(lambda: False, clock=lambda: now[0])
    changes.step()
    now[0] = STUCK_SECONDS + 1
    assert "no look for changes for 61 s" in str(changes.check())
