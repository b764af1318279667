"""Guesses are slowed, for the account and the network that they come from; nobody else is kept out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction, Site

from cms.accounts.models import Outcome, SignIn, Tries
from cms.accounts.tidying import tidy
from cms.accounts.tries import TooManyTries, network_of

HOME, STRANGER = "198.51.100.7", "203.0.113.9"


def guess(user: str, times: int, network: str = STRANGER) -> list[bool]:
    """Wrong passwords; which of them were compared at all."""
    return [_guess(user, f"sai-{number}", network) for number in range(times)]


def _guess(user: str, password: str, network: str) -> bool:
    try:
        assert authenticate(RequestFactory().post("/", REMOTE_ADDR=network), username=user, password=password) is None
    except TooManyTries:
        return False
    return True


def test_sixty_wrong_passwords_do_not_get_the_right_one_in(admin: User, sign_in: Any, clock: list[float]) -> None:
    assert guess("quan-tri", 60) == [True] * 10 + [False] * 50
    browser = Client()
    refused = sign_in(browser, "quan-tri", network=STRANGER)

    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert "Mời thử lại sau 60 giây" in refused.content.decode()
    clock[0] += 60
    assert sign_in(browser, "quan-tri", network=STRANGER).status_code == 302
    assert list(SignIn.objects.order_by("pk").values_list("user__username", "outcome", "times")) == [
        ("quan-tri", Outcome.WRONG_PASSWORD, 10),
        ("quan-tri", Outcome.SLOWED, 51),
        ("quan-tri", Outcome.PASSWORD, 1),
    ]


@pytest.mark.parametrize("name", ["QUAN-TRI", "khong-ai", "x" * 150])
def test_an_account_that_does_not_exist_is_answered_in_the_same_way(admin: User, name: str) -> None:
    assert guess(name, 11) == [True] * 10 + [False]
    assert not SignIn.objects.exclude(user=None).exists()


def test_a_stranger_does_not_keep_the_owner_out(admin: User, sign_in: Any) -> None:
    guess("quan-tri", 12)

    assert sign_in(Client(), "quan-tri", network=HOME).status_code == 302


def test_nor_do_a_hundred_networks(admin: User, sign_in: Any) -> None:
    compared = [sum(guess("quan-tri", 6, f"203.0.113.{number}")) for number in range(40)]

    assert compared == [6] * 8 + [5] + [3] * 31  # each network gets less once fifty have failed
    assert sign_in(Client(), "quan-tri", network=HOME).status_code == 302


def test_nor_does_a_colleague_behind_the_same_address(admin: User, sign_in: Any) -> None:
    own = Client()
    assert sign_in(own, "quan-tri", network=HOME).status_code == 302
    own.post("/admin/logout/")
    guess("quan-tri", 12, HOME)

    assert sign_in(Client(), "quan-tri", network=HOME).status_code == 429
    assert sign_in(own, "quan-tri", network=HOME).status_code == 302
    assert own.cookies["nhip_browser"]["path"] == "/admin/login/"


def test_a_known_browser_has_a_limit_too_and_is_known_for_its_account_alone(
    admin: User, editor: User, sign_in: Any
) -> None:
    own = Client()
    sign_in(own, "quan-tri")
    own.post("/admin/logout/")

    tried = [sign_in(own, "quan-tri", "sai", network=f"203.0.113.{number}").status_code for number in range(11)]
    assert tried == [200] * 10 + [429]
    guess("bien-tap", 10, HOME)
    assert sign_in(own, "bien-tap", network=HOME).status_code == 429


def test_an_office_signs_in_at_eight_and_makes_its_mistakes(db: None, sign_in: Any) -> None:
    staff = [User.objects.create_user(f"can-bo-{number}", password="bon-tu-khong-lien-quan") for number in range(30)]
    for someone in staff:
        assert all(guess(someone.username, 3, HOME))
        assert sign_in(Client(), someone.username, network=HOME).status_code == 302


def test_one_network_that_tries_one_password_at_many_accounts_is_slowed(db: None) -> None:
    compared = [_guess(f"can-bo-{number}", "matkhau123", STRANGER) for number in range(103)]

    assert compared == [True] * 100 + [False] * 3


def test_a_refused_guess_costs_no_hash(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    guess("quan-tri", 10)
    monkeypatch.setattr("django.contrib.auth.hashers.check_password", lambda *_: pytest.fail("a hash"))

    assert guess("quan-tri", 1) == [False]


@pytest.fixture
def private_page(write: Any) -> tuple[str, str]:
    restriction = PageViewRestriction.objects.create(
        page=write("Nội bộ"), restriction_type="password", password="mo-ra"
    )
    return reverse(
        "wagtailcore_authenticate_with_password", args=[restriction.pk, restriction.page_id]
    ), "/tin-tuc/noi-bo/"


@pytest.fixture
def private_collection(site: Site) -> tuple[str, str]:
    collection = Collection.get_first_root_node().add_child(name="Nội bộ")
    document = Document.objects.create(title="Công văn", file="cong-van.pdf", collection=collection)
    restriction = CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="password", password="mo-ra"
    )
    return reverse("wagtaildocs_authenticate_with_password", args=[restriction.pk]), document.url


@pytest.mark.parametrize("kind", ["private_page", "private_collection"])
def test_a_private_page_is_not_opened_by_guesses(
    kind: str, request: pytest.FixtureRequest, db: None, client: Client
) -> None:
    form, place = request.getfixturevalue(kind)

    def enter(password: str, network: str = STRANGER) -> int:
        return client.post(form, {"password": password, "return_url": place}, REMOTE_ADDR=network).status_code

    assert [enter(f"sai-{number}") for number in range(12)] == [200] * 10 + [429] * 2
    assert enter("mo-ra") == 429
    assert enter("mo-ra", HOME) == 302
    assert [enter("mo-ra", HOME) for _ in range(15)] == [302] * 15  # what is right costs nothing
    assert set(SignIn.objects.values_list("outcome", "times")) == {
        (Outcome.WRONG_PAGE_PASSWORD, 10),
        (Outcome.SLOWED, 3),
    }


@pytest.mark.parametrize(
    ("kind", "words"), [("private_page", "để xem trang này"), ("private_collection", "để xem tài liệu này")]
)
def test_the_form_of_a_private_page_is_the_portals_own(
    kind: str, words: str, request: pytest.FixtureRequest, db: None, client: Client
) -> None:
    form, place = request.getfixturevalue(kind)
    asked = client.get(place).content.decode()
    assert words in asked
    assert "core/css/site." in asked
    assert "password" not in re.sub(r"<[^>]*>", "", asked).lower()  # no word of Wagtail's own, English form

    refused = client.post(form, {"password": "sai", "return_url": place}).content.decode()
    assert words in refused
    assert "Mật khẩu không đúng" in refused


def test_nobody_fills_a_mailbox_with_links(admin: User, settings: Any, client: Client) -> None:
    settings.WAGTAIL_PASSWORD_RESET_ENABLED = True
    User.objects.filter(pk=admin.pk).update(email="quan-tri@example.gov.vn")

    def ask(network: str) -> int:
        address = {"email": "quan-tri@example.gov.vn"}
        return client.post("/admin/password_reset/", address, REMOTE_ADDR=network).status_code

    assert [ask(f"203.0.113.{number}") for number in range(5)] == [302] * 3 + [429] * 2
    assert len(mail.outbox) == 3


def test_no_address_is_kept_and_the_tries_go_by_themselves(
    admin: User, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cms.accounts.tidying.close_old_connections", lambda: None)  # this one is the test's own
    with CaptureQueriesContext(connection) as asked:
        guess("khong-ai-ca", 3, STRANGER)

    written = [query["sql"] for query in asked if query["sql"].startswith(("INSERT", "UPDATE", "\nINSERT"))]
    assert written
    assert not [sql for sql in written if STRANGER in sql or "khong-ai-ca" in sql or "Mozilla" in sql]
    assert Tries.objects.count() == 3
    clock[0] += 4 * 60
    tidy()
    assert Tries.objects.count() == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("2001:db8:1:2ab:ffff::1", "2001:db8:1:200::/56"),
        ("", "unknown"),
    ],
)
def test_a_network_is_an_address_or_what_a_household_is_given(address: str, network: str) -> None:
    assert network_of(RequestFactory().get("/", REMOTE_ADDR=address)) == network
