"""A name that is withheld (personal data law 91/2025/QH15) appears nowhere outside the editor."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.search.backends import get_search_backend
from wagtail_emulation.models import Commendation, EmulationIndexPage, EmulationPage
from wagtail_emulation.privacy import check_named, find_mentions

WITHHELD = "Phạm Kín Tiếng"


def test_a_withheld_name_is_in_no_page(full_page: EmulationPage, index: EmulationIndexPage) -> None:
    for page in (full_page, index):
        assert WITHHELD not in Client().get(page.url).content.decode()


def test_a_withheld_name_is_not_in_the_preview(full_page: EmulationPage) -> None:
    assert WITHHELD not in full_page.make_preview_request().render().content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("Kín Tiếng", False, id="withheld name"),
        pytest.param("Minh Tâm", True, id="published name"),
        pytest.param("Khuyến công", True, id="signatory"),
        pytest.param("05-CT/TW", True, id="directive"),
        pytest.param("sáng kiến", True, id="body"),
    ],
)
def test_search_finds_what_is_published_and_no_withheld_name(
    full_page: EmulationPage, query: str, *, found: bool
) -> None:
    full_page.save_revision().publish()
    results = get_search_backend().search(query, EmulationPage.objects.live())
    assert [page.pk for page in results] == ([full_page.pk] if found else [])


def test_the_api_gives_every_part_and_no_withheld_name(full_page: EmulationPage) -> None:
    answer = ask_api(full_page)
    assert answer["event_kinds"] == ["conference", "launch", "signing"]
    assert [row["public_name"] for row in answer["commendations"]] == [
        "Văn phòng Sở",
        "Nguyễn Minh Tâm",
        "(không công bố tên)",
    ]
    assert answer["agreements"][0]["signatories"][0]["name"] == "Phòng Quản lý thương mại"
    assert answer["directives"][0]["issued_on"] == "2016-05-15"
    assert WITHHELD not in str(answer)


def ask_api(page: EmulationPage) -> dict[str, Any]:
    """The detail view's answer, with no URL of an API needed in the site."""
    request = RequestFactory().get("/", {"fields": "*"})
    request.wagtailapi_router = WagtailAPIRouter("emulation_test")  # type: ignore[attr-defined]
    response = PagesAPIViewSet.as_view({"get": "detail_view"})(request, pk=page.pk)
    assert response.status_code == 200
    answer: dict[str, Any] = response.data
    return answer


def test_the_text_of_a_commendation_never_has_a_withheld_name(full_page: EmulationPage) -> None:
    told = [f"{row} {row.search_text()}" for row in full_page.commendations.all()]
    assert WITHHELD not in "".join(told)
    assert len(told) == 3


@pytest.mark.parametrize(
    ("is_individual", "name_withheld", "allowed"),
    [
        pytest.param(True, False, True, id="named individual"),
        pytest.param(True, True, True, id="withheld individual, no reason asked"),
        pytest.param(False, False, True, id="named collective"),
        pytest.param(False, True, False, id="withheld collective"),
    ],
)
def test_only_an_individual_withholds_a_name(is_individual: bool, name_withheld: bool, *, allowed: bool) -> None:
    recipient_kind = "individual" if is_individual else "collective"
    recipient = Commendation(recipient_kind=recipient_kind, name="Tên", name_withheld=name_withheld)
    if allowed:
        recipient.clean()
    else:
        with pytest.raises(ValidationError, match="Chỉ tên cá nhân"):
            recipient.clean()


@pytest.mark.parametrize(
    ("name", "name_withheld", "allowed"),
    [
        pytest.param("Lê Sơn", False, True, id="name"),
        pytest.param("Lê Sơn", True, True, id="name withheld"),
        pytest.param("", True, True, id="name withheld and not even stored"),
        pytest.param("", False, False, id="no name"),
        pytest.param("  ", False, False, id="spaces instead of a name"),
    ],
)
def test_a_recipient_has_a_name_or_withholds_it(name: str, name_withheld: bool, *, allowed: bool) -> None:
    if allowed:
        check_named(name=name, name_withheld=name_withheld)
    else:
        with pytest.raises(ValidationError, match="Hãy nhập tên"):
            check_named(name=name, name_withheld=name_withheld)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        pytest.param("Lê Văn Sơn", ["sapo", "nội dung"], id="named in two places, told once each"),
        pytest.param("lê văn  SƠN", ["sapo", "nội dung"], id="case and spaces"),
        pytest.param("Lê Văn", ["sapo", "nội dung"], id="part of a longer name"),
        pytest.param("Lê Vă", [], id="part of a word"),
        pytest.param("Lê V.*n", [], id="signs of a pattern are letters"),
        pytest.param("Lê (Văn", [], id="half a pattern"),
        pytest.param("Sơn", [], id="one word is no name"),
        pytest.param("", [], id="no name"),
    ],
)
def test_a_name_is_found_where_it_is_mentioned(name: str, places: list[str]) -> None:
    texts = [("sapo", "Ông Lê Văn Sơn."), ("nội dung", "lê văn\nsơn"), ("nội dung", "Lê Văn Sơn"), ("tiêu đề", "Sơn")]
    assert find_mentions(name, texts) == places
