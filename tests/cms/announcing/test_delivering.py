"""Each event arrives, each page's in order, whatever the receiver does; a receiver is the standard's own library."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from patience import wait_until
from pytest_django import Settings
from wagtail.models import Site
from webhook_receiver import Receiver, receiving

from cms.announcing.delivering import LONGEST_PAUSE, deliver_to, heads, pause_after, resend
from cms.announcing.forgetting import forget
from cms.announcing.measuring import measure
from cms.announcing.models import Delivery, Endpoint, Event, EventType, State
from cms.announcing.noticing import announce
from cms.announcing.secrets import make_secret, renew_secret
from cms.announcing.sending import Message, Outcome, send_all
from cms.news.models import NewsIndexPage, NewsPage
from pipeline.metrics import REGISTRY

EVERYTHING = [one.value for one in EventType]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def endpoint(site: Site, receiver: Receiver) -> Endpoint:
    while announce():
        pass
    made = Endpoint(name="Trang tin", url=receiver.url, events=EVERYTHING)
    receiver.secret = make_secret(made)
    made.save()
    return made


def tell(page_id: int, *, kind: EventType = EventType.PUBLISHED, to: Sequence[Endpoint] = ()) -> Event:
    event = Event.objects.create(
        type=kind, at=timezone.now(), page_id=page_id, site_id=1, site_url="http://localhost",
        page_type="news.NewsPage", path=f"/{page_id}/", locale="vi",
    )  # fmt: skip
    for one in to:
        Delivery.objects.create(endpoint=one, event=event, page_id=page_id)
    return event


def send(messages: Sequence[Message], *, seconds: float = 5.0) -> list[Outcome]:
    return send_all(messages, inner_allowed=True, seconds=seconds)


def send_impatiently(messages: Sequence[Message]) -> list[Outcome]:
    return send(messages, seconds=0.3)


def later() -> None:
    """The pauses are over."""
    Delivery.objects.filter(state=State.WAITING).update(next_try_at=timezone.now())


def sequences(receiver: Receiver) -> list[int]:
    return [message["sequence"] for message in receiver.taken]


def tries(outcome: str) -> float:
    return float(REGISTRY.get_sample_value("nhip_site_webhooks_total", {"outcome": outcome}) or 0)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    monkeypatch.setattr("cms.announcing.measuring.close_old_connections", lambda: None)  # this one is the test's own
    return measure


def test_what_fails_what_waits_and_for_how_long_is_measured(
    endpoint: Endpoint, receiver: Receiver, measured: Callable[[], float]
) -> None:
    before = {outcome: tries(outcome) for outcome in ("delivered", "failed", "dead")}
    for page in (1, 2):
        tell(page, to=[endpoint])
    Delivery.objects.filter(page_id=1).update(due_since=timezone.now() - timedelta(hours=2))
    receiver.failing = [500, 500]
    deliver_to(endpoint.pk, send)
    measured()

    assert REGISTRY.get_sample_value("nhip_site_webhooks_waiting") == 2
    assert 7_200 <= (REGISTRY.get_sample_value("nhip_site_webhooks_oldest_seconds") or 0) < 7_300
    later()
    deliver_to(endpoint.pk, send)
    assert {outcome: tries(outcome) - number for outcome, number in before.items()} == {
        "delivered": 2,
        "failed": 2,
        "dead": 0,
    }
    measured()
    assert REGISTRY.get_sample_value("nhip_site_webhooks_waiting") == 0
    assert REGISTRY.get_sample_value("nhip_site_webhooks_oldest_seconds") == 0


def test_what_is_given_up_is_measured_and_waits_no_more(
    endpoint: Endpoint, receiver: Receiver, measured: Callable[[], float], django_capture_on_commit_callbacks: Any
) -> None:
    dead = tries("dead")
    for page in (1, 1, 2):
        tell(page, to=[endpoint])
    receiver.failing = [410, 410]
    with django_capture_on_commit_callbacks(execute=True):
        deliver_to(endpoint.pk, send)
    measured()

    assert Delivery.objects.filter(state=State.DEAD).count() == 3 == tries("dead") - dead
    assert REGISTRY.get_sample_value("nhip_site_webhooks_waiting") == 0


def test_events_arrive_at_a_receiver_that_has_only_one_of_two_secrets(endpoint: Endpoint, receiver: Receiver) -> None:
    old = receiver.secret
    new = renew_secret(endpoint, now=timezone.now())
    endpoint.save()
    for page, secret in ((1, old), (2, new)):
        receiver.secret = secret
        tell(page, to=[endpoint])
        deliver_to(endpoint.pk, send)
    assert [message["data"]["page"]["id"] for message in receiver.taken] == [1, 2]

    Endpoint.objects.update(old_until=timezone.now())
    receiver.secret = old
    tell(3, to=[endpoint])
    deliver_to(endpoint.pk, send)
    assert (len(receiver.taken), receiver.refused) == (2, [401])


def test_what_is_published_arrives_verified_and_in_order(
    endpoint: Endpoint, receiver: Receiver, news_index: NewsIndexPage
) -> None:
    article = news_index.add_child(instance=NewsPage(title="Bài viết", lead="Tóm tắt."))
    while announce():
        pass
    article.unpublish()
    while announce():
        pass

    assert deliver_to(endpoint.pk, send) == 3

    types = [(one["data"]["page"]["path"], one["type"]) for one in receiver.taken]
    assert sorted(types[:2]) == [("/tin-tuc/", "page.published"), ("/tin-tuc/bai-viet/", "page.published")]
    assert types[2] == ("/tin-tuc/bai-viet/", "page.unpublished")
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
    assert deliver_to(endpoint.pk, send) == 0


@pytest.mark.parametrize("fault", [500, 429, 404, "redirect", "slow"])
def test_a_receiver_that_fails_gets_it_later_and_the_pages_next_event_waits(
    endpoint: Endpoint, receiver: Receiver, fault: int | str
) -> None:
    first, second, other = tell(5, to=[endpoint]), tell(5, to=[endpoint]), tell(6, to=[endpoint])
    receiver.failing = [fault, fault]

    deliver_to(endpoint.pk, send_impatiently if fault == "slow" else send)  # both pages fail once
    wait_until(lambda: not receiver.failing)
    assert receiver.taken == []
    waiting = Delivery.objects.get(event=first)
    assert (waiting.state, waiting.tries) == (State.WAITING, 1)
    assert waiting.answer
    endpoint.refresh_from_db()
    assert endpoint.failing_since

    Delivery.objects.filter(event=other).update(next_try_at=timezone.now())
    Delivery.objects.filter(event=second).update(next_try_at=timezone.now())
    deliver_to(endpoint.pk, send)
    assert sequences(receiver) == [other.pk], "other pages go on, the page's next event waits"

    later()
    deliver_to(endpoint.pk, send)
    assert sequences(receiver) == [other.pk, first.pk, second.pk]
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_a_receiver_that_is_away_gets_it_when_it_is_back(endpoint: Endpoint, receiver: Receiver) -> None:
    event = tell(5, to=[endpoint])
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:1/hook")
    deliver_to(endpoint.pk, send)
    assert "Không kết nối được" in Delivery.objects.get().answer

    Endpoint.objects.filter(pk=endpoint.pk).update(url=receiver.url)
    later()
    deliver_to(endpoint.pk, send)

    assert sequences(receiver) == [event.pk]


def test_a_message_is_dead_after_days_and_frees_the_pages_next_one(
    endpoint: Endpoint, receiver: Receiver, settings: Settings
) -> None:
    first, second = tell(5, to=[endpoint]), tell(5, to=[endpoint])
    Delivery.objects.filter(event=first).update(due_since=timezone.now() - timedelta(days=settings.WEBHOOKS.days))
    receiver.failing = [500]

    deliver_to(endpoint.pk, send)

    assert Delivery.objects.get(event=first).state == State.DEAD
    assert sequences(receiver) == [second.pk]

    resend(Delivery.objects.get(event=first))
    deliver_to(endpoint.pk, send)
    assert sequences(receiver) == [second.pk, first.pk]


def test_a_receiver_that_fails_for_days_is_switched_off(
    endpoint: Endpoint, receiver: Receiver, settings: Settings
) -> None:
    tell(5, to=[endpoint])
    long_ago = timezone.now() - timedelta(days=settings.WEBHOOKS.days)
    Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=long_ago)
    receiver.failing = [503]

    deliver_to(endpoint.pk, send)

    endpoint.refresh_from_db()
    assert not endpoint.is_on
    assert (endpoint.state, endpoint.why_off) == ("Cổng đã tự tắt", "503")
    assert Delivery.objects.get().state == State.DEAD
    assert endpoint.leased_until is None


def test_a_receiver_that_is_gone_is_switched_off_at_once(endpoint: Endpoint, receiver: Receiver) -> None:
    tell(5, to=[endpoint])
    receiver.failing = [410]

    deliver_to(endpoint.pk, send)

    endpoint.refresh_from_db()
    assert not endpoint.is_on


def test_with_another_key_of_the_installation_nothing_is_sent(
    endpoint: Endpoint, receiver: Receiver, settings: Settings
) -> None:
    tell(5, to=[endpoint])
    settings.SECRET_KEY = "another-key"

    deliver_to(endpoint.pk, send)

    endpoint.refresh_from_db()
    assert receiver.hosts == []
    assert not endpoint.is_on
    assert "Khóa" in endpoint.why_off


def test_the_database_has_nothing_that_signs(endpoint: Endpoint, receiver: Receiver) -> None:
    kept = {str(value) for value in Endpoint.objects.filter(pk=endpoint.pk).values().get().values()}

    assert receiver.secret.startswith("whsec_")
    assert not any(receiver.secret[6:20] in value or value in receiver.secret for value in kept if len(value) > 6)


def test_a_receiver_is_one_process_at_a_time_and_a_lease_ends(endpoint: Endpoint, receiver: Receiver) -> None:
    event = tell(5, to=[endpoint])
    held = {"leased_by": "another", "leased_until": timezone.now() + timedelta(seconds=30)}
    Endpoint.objects.filter(pk=endpoint.pk).update(**held)
    assert deliver_to(endpoint.pk, send) == 0
    assert receiver.hosts == []

    Endpoint.objects.filter(pk=endpoint.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert deliver_to(endpoint.pk, send) == 1
    assert sequences(receiver) == [event.pk]


def test_a_failure_leaves_no_lease_behind(endpoint: Endpoint, receiver: Receiver) -> None:
    tell(5, to=[endpoint])

    def fail(_messages: Sequence[Message]) -> list[Outcome]:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        deliver_to(endpoint.pk, fail)

    assert deliver_to(endpoint.pk, send) == 1


def test_who_lost_the_lease_notes_nothing(endpoint: Endpoint, receiver: Receiver) -> None:
    tell(5, to=[endpoint])

    def lose(messages: Sequence[Message]) -> list[Outcome]:
        Endpoint.objects.filter(pk=endpoint.pk).update(
            leased_by="another", leased_until=timezone.now() + timedelta(seconds=30)
        )
        return send(messages)

    deliver_to(endpoint.pk, lose)

    assert len(receiver.taken) == 1
    assert Delivery.objects.get().state == State.WAITING
    endpoint.refresh_from_db()
    assert endpoint.leased_by == "another"


def test_only_what_was_asked_for_is_sent(endpoint: Endpoint, news_index: NewsIndexPage, site: Site) -> None:
    other = Site.objects.create(
        hostname="khac.example", root_page=news_index.add_child(instance=NewsIndexPage(title="K"))
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(events=[EventType.DELETED])
    elsewhere = Endpoint(name="Cổng khác", url="https://khac.example/", events=EVERYTHING, site=other)
    make_secret(elsewhere)
    elsewhere.save()
    off = Endpoint(name="Tắt", url="https://khac.example/", events=EVERYTHING, is_on=False)
    make_secret(off)
    off.save()
    while announce():
        pass

    sent = {(one.endpoint_id, one.event.type, one.event.path) for one in Delivery.objects.select_related("event")}
    assert sent == {(elsewhere.pk, "page.published", "/")}


def test_pauses_grow_and_differ_by_chance() -> None:
    assert [pause_after(tries, chance=lambda: 0.5) for tries in (1, 2, 3, 4)] == [5, 15, 45, 135]
    assert pause_after(500, chance=lambda: 0.5) == LONGEST_PAUSE
    chance = random.Random(7).random
    pauses = {pause_after(3, chance=chance) for _ in range(50)}
    assert len(pauses) > 40
    assert min(pauses) >= 45 * 0.75
    assert max(pauses) <= 45 * 1.25


def test_a_receiver_that_asks_for_time_gets_it(endpoint: Endpoint) -> None:
    tell(5, to=[endpoint])

    deliver_to(endpoint.pk, lambda messages: [Outcome(429, "429", wait_seconds=900.0) for _one in messages])

    assert Delivery.objects.get().next_try_at > timezone.now() + timedelta(seconds=890)


def test_what_is_over_is_forgotten_but_never_the_last_event_of_a_page(endpoint: Endpoint) -> None:
    superseded, waited_for = tell(5, to=[endpoint]), tell(5, to=[endpoint])
    gone, there = tell(6, kind=EventType.DELETED), tell(5)
    Event.objects.filter(pk__in=[superseded.pk, waited_for.pk]).update(last=False)
    Delivery.objects.filter(event=superseded).update(state=State.DELIVERED)
    known = {event.pk for event in Event.objects.exclude(pk__in=[superseded.pk])}

    forget(timezone.now() + timedelta(days=1))

    assert set(Event.objects.values_list("pk", flat=True)) == known
    assert Delivery.objects.get().event_id == waited_for.pk
    assert (Event.objects.get(pk=gone.pk).path, Event.objects.get(pk=there.pk).path) == ("", "/5/")


def test_the_heads_are_the_first_of_each_page(endpoint: Endpoint) -> None:
    first, _second, other = tell(5, to=[endpoint]), tell(5, to=[endpoint]), tell(6, to=[endpoint])

    assert [one.event_id for one in heads(endpoint, timezone.now())] == [first.pk, other.pk]


def test_the_receiver_verifies_what_it_gets(endpoint: Endpoint, receiver: Receiver) -> None:
    """The tests above would pass with a receiver that believes anything."""
    tell(5, to=[endpoint])
    receiver.secret = make_secret(Endpoint())

    deliver_to(endpoint.pk, send)

    assert receiver.taken == []
    assert Delivery.objects.get().state == State.WAITING
