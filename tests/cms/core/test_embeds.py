from __future__ import annotations

import socket
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from wagtail.embeds.embeds import get_embed
from wagtail.embeds.exceptions import EmbedException
from wagtail.embeds.finders import get_finders
from wagtail.embeds.finders.oembed import OEmbedFinder

from cms.core.embeds import PROVIDERS, finders, frames
from cms.settings import variables
from pipeline.process.headers import PAGE, POLICY, widened

FILM = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_asked: object, **_how: object) -> None:
        pytest.fail("another host was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.django_db
@pytest.mark.parametrize("url", [FILM, "https://example.vn/?a=%22&b=<script>", "https://twitter.com/a/status/1"])
def test_a_pasted_address_becomes_a_link_and_nobody_is_asked(url: str) -> None:
    html = get_embed(url).html

    assert html.startswith('<a href="https://')
    assert "<script>" not in html


@pytest.mark.django_db
def test_an_address_that_is_none_of_the_web_is_refused() -> None:
    with pytest.raises(EmbedException):
        get_embed("javascript:alert(1)")


@pytest.mark.django_db
def test_the_editors_dialog_takes_an_address_without_asking_anybody(client: Client) -> None:
    client.force_login(User.objects.create_superuser("bien-tap"))

    answer: Any = client.post(
        "/admin/embeds/chooser/upload/", {"embed-chooser-url": FILM}, headers={"host": "localhost"}
    )

    assert answer.json()["step"] == "embed_chosen"


def test_with_the_setting_only_the_named_providers_are_asked_and_only_their_frames_are_shown() -> None:
    asked = finders(("vimeo",))

    assert [finder["class"] for finder in asked] == ["wagtail.embeds.finders.oembed", "cms.core.embeds.PlainLink"]
    vimeo = OEmbedFinder(providers=asked[0]["providers"])
    assert vimeo.accept("https://vimeo.com/22439234")
    assert not vimeo.accept(FILM)
    assert widened(PAGE, frame_src=frames(("vimeo",)))[POLICY].endswith("; frame-src https://player.vimeo.com")
    assert widened(PAGE, frame_src=frames(())) == PAGE


def test_the_providers_are_named_once_and_nonsense_is_refused() -> None:
    assert set(variables.PROVIDERS) == set(PROVIDERS)
    assert variables.as_providers("youtube, vimeo") == ("youtube", "vimeo")
    for nonsense in ("twitter", ",", "youtube,", "YouTube"):
        with pytest.raises(ValueError, match="want names of youtube, vimeo"):
            variables.as_providers(nonsense)


def test_nothing_else_of_the_admin_asks_another_host() -> None:
    assert [type(finder).__name__ for finder in get_finders()] == ["PlainLink"]
    assert not settings.WAGTAIL_ENABLE_UPDATE_CHECK
    assert not settings.WAGTAIL_ENABLE_WHATS_NEW_BANNER
    assert settings.WAGTAIL_GRAVATAR_PROVIDER_URL is None
