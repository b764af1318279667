"""Opening balances reach the event log, at the latest when it is back."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from event_lines import decode_lines

from cms.statistics import balances
from cms.statistics.models import OpeningBalance
from pipeline import events
from pipeline.brokers.opening import open_broker
from pipeline.errors import Unavailable
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from wagtail.models import Page, Site

pytestmark = pytest.mark.django_db

NOTE = "cổng thông tin cũ"


def sent() -> list[dict[str, Any]]:
    """The balances in the log: page, views and visits, oldest first."""
    with closing(open_broker(Settings.from_env())) as broker:
        values = [record.value for record in sorted(broker.read(events.EVENTS_TOPIC), key=lambda r: r.at)]
    found = [event for value in values for event in decode_lines(value)]
    assert all(isinstance(event, events.OpeningBalance) for event in found)
    return found  # type: ignore[return-value]


def _refuse(settings: Settings) -> None:
    raise Unavailable("the log is gone")


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def broken_log(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    with monkeypatch.context() as context:
        context.setattr(balances, "open_broker", _refuse)
        yield context


def test_a_saved_balance_is_sent_when_the_transaction_commits(committing: Any, page: Page, site: Site) -> None:
    with committing():
        balance = OpeningBalance.objects.create(page=page, views=1_327, visits=900, note=NOTE)
        assert sent() == []
    balance.refresh_from_db()

    (event,) = sent()

    assert (event.site, event.page_id, event.locale) == (site.pk, page.pk, page.locale.language_code)
    assert (event.views, event.visits) == (1_327, 900)
    assert event.at >= int(balance.changed_at.timestamp() * 1000)
    assert balance.sent_at is not None
    assert balance.status == "Đã gửi"


def test_the_balance_of_a_whole_site_is_that_of_page_0(committing: Any, site: Site) -> None:
    with committing():
        OpeningBalance.objects.create(site=site, views=50_000, visits=20_000)

    (event,) = sent()

    assert (event.site, event.page_id, event.views, event.visits) == (site.pk, 0, 50_000, 20_000)


def test_a_changed_balance_is_sent_again(committing: Any, page: Page) -> None:
    with committing():
        balance = OpeningBalance.objects.create(page=page, views=1)
    balance.views = 1_327
    with committing():
        balance.save()

    first, second = sent()

    assert [first.views, second.views] == [1, 1_327]
    assert first.at < second.at


@pytest.mark.parametrize("way", ["row", "query", "page"])
def test_a_deleted_balance_is_sent_as_zero(committing: Any, page: Page, way: str) -> None:
    with committing():
        balance = OpeningBalance.objects.create(page=page, views=1_327)
    page_id = page.pk
    with committing():
        {"row": balance.delete, "query": OpeningBalance.objects.all().delete, "page": page.delete}[way]()

    last = sent()[-1]

    assert (last.page_id, last.views, last.visits) == (page_id, 0, 0)
    assert not balances.pending_balances()


def test_without_the_log_a_balance_waits_and_is_sent_later(
    committing: Any, page: Page, broken_log: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with committing():
        balance = OpeningBalance.objects.create(page=page, views=1_327)
    balance.refresh_from_db()

    assert balance.sent_at is None
    assert balance.status == "Chờ gửi"
    assert "the log is gone" in caplog.text

    broken_log.undo()
    call_command("send_opening_balances")

    assert [event.views for event in sent()] == [1_327]
    assert not balances.pending_balances()


def test_a_deletion_waits_for_the_log_too(committing: Any, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    with committing():
        OpeningBalance.objects.create(page=page, views=1_327)
    with monkeypatch.context() as broken, committing():
        broken.setattr(balances, "open_broker", _refuse)
        OpeningBalance.objects.all().delete()

    assert balances.publish_pending_balances() == 1
    assert [event.views for event in sent()] == [1_327, 0]


def test_the_command_fails_while_a_balance_is_pending(
    committing: Any, page: Page, broken_log: pytest.MonkeyPatch
) -> None:
    with committing():
        OpeningBalance.objects.create(page=page, views=1_327)

    with pytest.raises(CommandError, match="vẫn chờ"):
        call_command("send_opening_balances")


def test_an_edit_made_while_sending_stays_pending(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    OpeningBalance.objects.create(page=page, views=1)
    send = balances._send

    def send_slowly(producer: Any, batch: list[events.OpeningBalance]) -> None:
        send(producer, batch)
        OpeningBalance.objects.update(views=2, changed_at=timezone.now())

    monkeypatch.setattr(balances, "_send", send_slowly)
    balances.publish_pending_balances()

    assert OpeningBalance.objects.get().sent_at is None


def test_nothing_to_send_opens_no_log(broken_log: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    assert balances.publish_pending_balances() == 0
    assert caplog.records == []


def test_a_balance_belongs_to_a_page_or_a_site() -> None:
    with pytest.raises(ValidationError, match="chọn cổng thông tin"):
        OpeningBalance(views=1).full_clean(exclude=["changed_at"])


def test_a_site_has_one_balance_of_its_own(site: Site) -> None:
    OpeningBalance.objects.create(site=site, views=1)

    with pytest.raises(ValidationError, match="đã có số đếm ban đầu"):
        OpeningBalance(site=site, views=2).full_clean(exclude=["changed_at"])


def test_staff_enter_a_balance_in_the_admin(committing: Any, admin_client: Client, page: Page) -> None:
    add = reverse("wagtailsnippets_statistics_openingbalance:add")
    with committing():
        response = admin_client.post(add, {"page": page.pk, "site": "", "views": "1327", "visits": "0", "note": NOTE})

    assert response.status_code == 302
    assert [event.views for event in sent()] == [1_327]

    listing = admin_client.get(reverse("wagtailsnippets_statistics_openingbalance:list")).content.decode()
    assert "Số đếm ban đầu" in listing
    assert "Lễ phát động" in listing
    assert "Đã gửi" in listing


def test_an_editor_without_the_right_enters_none(db: None, client: Client) -> None:
    editor = User.objects.create_user("bien-tap")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)

    for name in ("list", "add"):
        refused = client.post(reverse(f"wagtailsnippets_statistics_openingbalance:{name}"), {"views": "1"})
        assert (refused.status_code, refused.headers["Location"]) == (302, reverse("wagtailadmin_home"))
    assert not OpeningBalance.objects.exists()


def test_staff_choose_what_the_widget_counts(admin_client: Client, site: Site) -> None:
    edit = reverse("wagtailsettings:edit", args=["statistics", "statisticssettings", site.pk])

    response = admin_client.get(edit)

    assert "Lượt truy cập" in response.content.decode()
    assert "Lượt xem trang" in response.content.decode()
