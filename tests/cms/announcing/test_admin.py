"""An administrator makes receivers, sees what was sent to them, and can do something about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from wagtail.models import ModelLogEntry, Site
from webhook_receiver import receiving

from cms.announcing.delivering import deliver_to
from cms.announcing.models import Delivery, Endpoint, Event, EventType, State
from cms.announcing.noticing import announce
from cms.announcing.secrets import known_secret
from cms.workflow.roles import NAMES, Role

NEW = "/admin/announcing_endpoint/new/"
FIELDS = {
    "name": "Trang tin",
    "url": "https://app.example.vn/hook",
    "events": [one.value for one in EventType],
    "is_on": "on",
}


@pytest.fixture
def administrator(client: Client, site: Site) -> Client:
    user = get_user_model().objects.create_user(username="qt", password="x", email="")
    user.groups.add(Group.objects.get(name=NAMES[Role.ADMINISTRATOR]))
    client.force_login(user)
    return client


def make(client: Client, **fields: Any) -> tuple[Endpoint, str]:
    answer = client.post(NEW, FIELDS | fields)
    assert answer.status_code == 200, answer
    assert "no-store" in answer["Cache-Control"]
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    return Endpoint.objects.latest("pk"), secret


def screen(endpoint: Endpoint) -> str:
    return f"/admin/webhooks/{endpoint.pk}/"


def test_the_secret_is_shown_once_and_a_new_one_ends_it(administrator: Client) -> None:
    endpoint, secret = make(administrator)
    assert secret.startswith("whsec_")
    assert known_secret(endpoint) == secret
    for address in ("/admin/announcing_endpoint/", f"/admin/announcing_endpoint/edit/{endpoint.pk}/", screen(endpoint)):
        answer = administrator.get(address)
        assert answer.status_code == 200
        assert secret not in answer.content.decode()

    renewed = administrator.post(screen(endpoint), {"secret": "1"}).context["secret"]
    endpoint.refresh_from_db()
    assert known_secret(endpoint) == renewed != secret


def test_an_old_secret_signs_beside_the_new_one_until_it_is_ended_by_hand(
    administrator: Client, settings: Settings
) -> None:
    settings.WEBHOOKS = type(settings.WEBHOOKS)(inner=True)
    with receiving() as receiver:
        endpoint, old = make(administrator, url=receiver.url)
        new = administrator.post(screen(endpoint), {"secret": "1"})
        shown = administrator.get(screen(endpoint)).content.decode()
        endpoint.refresh_from_db()
        assert endpoint.old_until
        until = timezone.localtime(endpoint.old_until)
        for text in (shown, new.content.decode()):
            assert f"{until:%H:%M %d/%m/%Y}" in text
            assert old not in text

        for receiver.secret in (old, new.context["secret"]):
            administrator.post(screen(endpoint), {"test": "1"})
        assert len(receiver.taken) == 2
        assert all(len(signatures.split(" ")) == 2 for signatures in receiver.signatures)

        administrator.post(screen(endpoint), {"end_old": "1"})
        assert "Khóa bí mật cũ" not in administrator.get(screen(endpoint)).content.decode()
        administrator.post(screen(endpoint), {"test": "1"})
        receiver.secret = old
        answer = administrator.post(screen(endpoint), {"test": "1"}, follow=True)
    assert "401" in answer.content.decode()
    assert (len(receiver.taken), receiver.refused) == (3, [401])
    assert len(receiver.signatures[-1].split(" ")) == 1
    actions = ModelLogEntry.objects.for_instance(endpoint).values_list("action", flat=True)
    assert {"announcing.secret", "announcing.end_secret"} <= set(actions)


def test_who_may_not_change_receivers_ends_no_secret(administrator: Client, site: Site) -> None:
    endpoint, _secret = make(administrator)
    administrator.post(screen(endpoint), {"secret": "1"})
    author = get_user_model().objects.create_user(username="tg", password="x", email="")
    author.groups.add(Group.objects.get(name=NAMES[Role.AUTHOR]))
    client = Client()
    client.force_login(author)
    client.post(screen(endpoint), {"end_old": "1"})
    endpoint.refresh_from_db()
    assert endpoint.old_until


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://app.example.vn/", "https://"),
        ("https://10.0.0.5/", "mạng nội bộ"),
        ("https://[::1]/", "mạng nội bộ"),
        ("https://169.254.169.254/latest/meta-data/", "mạng nội bộ"),
        ("https://ai:matkhau@app.example.vn/", "mật khẩu"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
    ],
)
def test_an_address_that_is_not_sent_to_is_refused_in_the_form(administrator: Client, url: str, words: str) -> None:
    answer = administrator.post(NEW, FIELDS | {"url": url})

    assert words in str(answer.context["form"].errors["url"])
    assert not Endpoint.objects.exists()


def test_a_setting_allows_inner_addresses(administrator: Client, settings: Settings) -> None:
    settings.WEBHOOKS = type(settings.WEBHOOKS)(inner=True)

    make(administrator, url="http://10.0.0.5:8000/hook")


def test_a_test_is_sent_signed_and_its_answer_shown(administrator: Client, settings: Settings) -> None:
    settings.WEBHOOKS = type(settings.WEBHOOKS)(inner=True)
    with receiving() as receiver:
        endpoint, receiver.secret = make(administrator, url=receiver.url)
        answer = administrator.post(screen(endpoint), {"test": "1"}, follow=True)
        assert [message["type"] for message in receiver.taken] == ["nhip.test"]
        assert "đã nhận tin thử" in answer.content.decode()
        receiver.failing = [503]
        answer = administrator.post(screen(endpoint), {"test": "1"}, follow=True)
    assert "503" in answer.content.decode()


def test_what_was_sent_is_shown_and_sent_again(administrator: Client, settings: Settings) -> None:
    settings.WEBHOOKS = type(settings.WEBHOOKS)(inner=True)
    with receiving() as receiver:
        endpoint, receiver.secret = make(administrator, url=receiver.url)
        while announce():
            pass
        deliver_to(endpoint.pk)
        (delivery,) = Delivery.objects.all()
        shown = administrator.get(screen(endpoint)).content.decode()
        assert "Đã nhận" in shown
        assert "204" in shown
        administrator.post(screen(endpoint), {"resend": str(delivery.pk)})
        delivery.refresh_from_db()
        assert delivery.state == State.WAITING
        deliver_to(endpoint.pk)
        assert len(receiver.taken) == 2
        assert receiver.taken[0] == receiver.taken[1]


def test_a_delivery_of_another_receiver_is_not_sent_again_here(administrator: Client) -> None:
    first, _secret = make(administrator)
    second, _secret = make(administrator)
    while announce():
        pass
    delivery = Delivery.objects.filter(endpoint=second).first()
    assert delivery is not None
    Delivery.objects.update(state=State.DELIVERED)

    for chosen in (str(delivery.pk), "0", "9" * 18):
        assert administrator.post(screen(first), {"resend": chosen}).status_code == 404
    administrator.post(screen(first), {"resend": "x"})
    assert not Delivery.objects.filter(state=State.WAITING).exists()


def test_one_that_was_switched_off_is_said_on_the_dashboard_and_begins_anew(administrator: Client) -> None:
    endpoint, _secret = make(administrator)
    assert "Nơi nhận tin đã tự tắt" not in administrator.get("/admin/").content.decode()
    long_ago = timezone.now()
    Endpoint.objects.update(is_on=False, switched_off_at=long_ago, failing_since=long_ago, why_off="503")
    assert "Nơi nhận tin đã tự tắt" in administrator.get("/admin/").content.decode()

    answer = administrator.post(f"/admin/announcing_endpoint/edit/{endpoint.pk}/", FIELDS)

    assert answer.status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.is_on
    assert (endpoint.failing_since, endpoint.switched_off_at, endpoint.why_off) == (None, None, "")


def test_the_audit_log_has_it(administrator: Client) -> None:
    endpoint, secret = make(administrator)
    administrator.post(screen(endpoint), {"secret": "1"})
    administrator.post(f"/admin/announcing_endpoint/edit/{endpoint.pk}/", FIELDS | {"name": "Tên khác"})
    administrator.post(f"/admin/announcing_endpoint/delete/{endpoint.pk}/")

    lines = ModelLogEntry.objects.filter(content_type__model="endpoint")
    assert set(lines.values_list("action", flat=True)) == {
        "wagtail.create",
        "wagtail.edit",
        "wagtail.delete",
        "announcing.secret",
    }
    assert lines.count() == 4
    assert not any(secret[6:16] in str(line.data) for line in lines)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_nobody_else_opens_it(client: Client, site: Site, role: Role) -> None:
    endpoint = Endpoint.objects.create(name="a", url="https://a.example/", number="00", fingerprint="0")
    Event.objects.all().delete()
    user = get_user_model().objects.create_user(username="x", password="x", email="")
    user.groups.add(Group.objects.get(name=NAMES[role]))
    client.force_login(user)

    for address in (screen(endpoint), NEW, "/admin/announcing_endpoint/"):
        assert client.get(address).status_code in (302, 403)
    assert client.post(screen(endpoint), {"secret": "1"}).status_code in (302, 403)
    endpoint.refresh_from_db()
    assert endpoint.number == "00"
