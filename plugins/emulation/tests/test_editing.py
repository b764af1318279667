"""Editing with the real forms of Wagtail's admin."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield
from wagtail_emulation.models import AgreementSignatory, EmulationIndexPage, EmulationPage

Form = dict[str, Any]

# The whole editor as a tree took a quarter of the time of these tests.
COMPLAINTS = SoupStrainer(class_=re.compile(r"(?<!\S)(error-message|w-field__errors|help-critical|messages)(?!\S)"))


@pytest.fixture
def create(editor: Client, index: EmulationIndexPage) -> Callable[..., Any]:
    """Post the create form below the index; returns the response."""
    address = reverse("wagtailadmin_pages:add", args=["wagtail_emulation", "emulationpage", index.pk])

    def post(form: Form, *, publish: bool = True) -> Any:
        action = {"action-publish": "1"} if publish else {}
        return editor.post(address, nested_form_data(form) | action)

    return post


def plain_form(**replaced: Any) -> Form:
    """The create form of a small event, as it is sent; keyword arguments replace its parts."""
    plain: Form = {
        "title": "Hội nghị thi đua",
        "slug": "hoi-nghi-thi-dua",
        "event_kinds": ["conference"],
        "event_date": "2021-01-26",
        "event_end_date": "",
        "place": "",
        "lead": "Sở tổ chức hội nghị.",
        "body": streamfield([]),
        "agreements": inline_formset([]),
        "commendations": inline_formset([]),
        "directives": inline_formset([]),
        "comments": inline_formset([]),
    }
    return submit_lists(plain | replaced)


def submit_lists(form: Form) -> Form:
    """Keep a list of check box values whole: the form data helper would take it apart."""
    return {name: Whole(value) if name == "event_kinds" else value for name, value in form.items()}


class Whole(tuple[str, ...]):
    """Several values under one name."""


def agreement(*signatories: tuple[str, str], year: str = "2021") -> Form:
    rows = [{"kind": kind, "name": name, "represented_by": ""} for kind, name in signatories]
    return {"year": year, "title": "", "commitments": rich_text(""), "signatories": inline_formset(rows)}


def commendation(**replaced: str) -> Form:
    plain = {"recipient_kind": "individual", "name": "Phạm Kín Tiếng", "unit": "", "award": "Giấy khen"}
    return plain | {"decision_number": ""} | replaced


def complaints(response: Any) -> str:
    """The errors that the editor reads after a refused form."""
    assert response.status_code == 200
    told = BeautifulSoup(response.content, "html.parser", parse_only=COMPLAINTS)
    return " ".join(told.get_text(" ").split())


def test_an_editor_publishes_a_page_with_every_part(
    create: Callable[..., Any], photo: Any, index: EmulationIndexPage
) -> None:
    figure = {
        "image": {"image": str(photo.pk), "alt_text": "Lễ ký", "decorative": ""},
        "caption": "Các bên ký",
        "credit": "Văn phòng",
    }
    quote = {"text": "Cùng nhau.", "attribution": "Trần Thị Hoa", "position": ""}
    body = [
        ("heading", "Lễ ký"),
        ("text", rich_text("<p>Các bên đã ký.</p>")),
        ("figure", figure),
        ("quote", quote),
    ]
    directive = {
        "number": "05-CT/TW",
        "issued_on": "2016-05-15",
        "issuer": "Bộ Chính trị",
        "title": "",
        "link": "https://example.org/chi-thi",
    }
    response = create(
        plain_form(
            event_kinds=["signing", "launch"],
            place="Hội trường",
            body=streamfield(body),
            agreements=inline_formset([agreement(("division", "Phòng A"), ("mass_organisation", "Công đoàn"))]),
            commendations=inline_formset([commendation(name_withheld="on")]),
            directives=inline_formset([directive]),
        )
    )
    assert response.status_code == 302, complaints(response)

    page = EmulationPage.objects.child_of(index).live().get()
    assert page.event_kinds == ["launch", "signing"]
    assert [block.block_type for block in page.body] == ["heading", "text", "figure", "quote"]
    assert [(row.kind, row.name) for row in page.agreements.get().signatories.all()] == [
        ("division", "Phòng A"),
        ("mass_organisation", "Công đoàn"),
    ]
    assert page.commendations.get().public_name == "(không công bố tên)"
    assert page.directives.get().issuer == "Bộ Chính trị"
    assert "Phạm Kín Tiếng" not in Client().get(page.url).content.decode()


@pytest.mark.parametrize(
    ("replaced", "complaint"),
    [
        pytest.param({"event_kinds": []}, "Hãy chọn ít nhất một loại sự kiện", id="no kind"),
        pytest.param({"event_end_date": "2021-01-25"}, "Ngày kết thúc đứng trước", id="ends before it starts"),
        pytest.param(
            {"agreements": inline_formset([agreement(year="1944")])}, "Năm giao ước phải từ 1945", id="year too early"
        ),
        pytest.param(
            {"agreements": inline_formset([agreement(year="3021")])}, "Năm giao ước phải từ 1945", id="year too late"
        ),
        pytest.param(
            {"agreements": inline_formset([agreement(("unit", "Trung tâm A"), ("unit", " trung tâm  a"))])},
            "Bên ký này đã có trong giao ước",
            id="one party twice in an agreement",
        ),
        pytest.param(
            {"commendations": inline_formset([commendation(name="")])}, "Hãy nhập tên", id="nameless recipient"
        ),
        pytest.param(
            {"commendations": inline_formset([commendation(recipient_kind="collective", name_withheld="on")])},
            "Chỉ tên cá nhân mới được giữ kín",
            id="withheld collective",
        ),
        pytest.param(
            {
                "lead": "Biểu dương phạm kín tiếng.",
                "commendations": inline_formset([commendation(name_withheld="on")]),
            },
            "còn xuất hiện ở: sapo",
            id="withheld name in the lead",
        ),
        pytest.param(
            {
                "body": streamfield([("text", rich_text("<p>Ông <b>Phạm</b> Kín Tiếng</p>"))]),
                "commendations": inline_formset([commendation(name_withheld="on")]),
            },
            "còn xuất hiện ở: nội dung",
            id="withheld name in the body, half of it bold",
        ),
        pytest.param(
            {"commendations": inline_formset([commendation(name_withheld="on"), commendation(award="Bằng khen")])},
            "còn xuất hiện ở: khen thưởng",
            id="withheld name in another row",
        ),
        pytest.param(
            {
                "agreements": inline_formset([agreement(("division", "Phòng ông Phạm Kín Tiếng"))]),
                "commendations": inline_formset([commendation(name_withheld="on")]),
            },
            "còn xuất hiện ở: bên ký giao ước",
            id="withheld name in a signatory",
        ),
        pytest.param(
            {
                "directives": inline_formset(
                    [{"number": "1", "issuer": "A", "issued_on": "", "title": "", "link": "javascript:alert(1)"}]
                )
            },
            "URL",
            id="link that is not an address",
        ),
    ],
)
def test_a_mistake_is_refused_with_what_to_do(create: Callable[..., Any], replaced: Form, complaint: str) -> None:
    assert complaint in complaints(create(plain_form(**replaced)))
    assert not EmulationPage.objects.exists()


MENTION = {"lead": "Sở khen ông Phạm Kín Tiếng."}
WITHHELD = {"commendations": inline_formset([commendation(name_withheld="on")])}


@pytest.mark.parametrize(
    ("replaced", "complaint"),
    [
        pytest.param(MENTION | {"event_kinds": []}, "Hãy chọn ít nhất một loại sự kiện", id="no kind"),
        pytest.param({"lead": MENTION["lead"] * 30}, "600", id="the text that tells the name is too long"),
        pytest.param({"title": "Phạm Kín Tiếng " * 20}, "255", id="the title that tells the name is too long"),
        pytest.param(
            {"body": streamfield([("heading", "Phạm Kín Tiếng"), ("quote", {"text": "", "attribution": ""})])},
            "bắt buộc",
            id="the body that tells the name lacks something",
        ),
        pytest.param(
            MENTION | {"body": streamfield([("figure", {"image": {"image": "", "alt_text": ""}})])},
            "bắt buộc",
            id="a figure without a picture",
        ),
        pytest.param(
            MENTION | {"agreements": inline_formset([agreement(year="1944")])},
            "Năm giao ước phải từ 1945",
            id="wrong row before the commendations",
        ),
        pytest.param(
            MENTION | {"directives": inline_formset([{"number": "", "issuer": "A", "issued_on": "", "link": ""}])},
            "bắt buộc",
            id="wrong row after the commendations",
        ),
        pytest.param(
            {
                "agreements": inline_formset(
                    [agreement(year="1944"), agreement(("division", "Phòng ông Phạm Kín Tiếng"), year="1944")]
                )
            },
            "Năm giao ước phải từ 1945",
            id="signatory of a wrong agreement after a wrong one",
        ),
        pytest.param(
            MENTION | {"commendations": inline_formset([commendation(name_withheld="on", award="")])},
            "bắt buộc",
            id="the row of the name lacks something",
        ),
        pytest.param(
            MENTION
            | {"commendations": inline_formset([commendation(name_withheld="on", recipient_kind="collective")])},
            "Chỉ tên cá nhân mới được giữ kín",
            id="withheld as if of a collective",
        ),
    ],
)
def test_a_withheld_name_is_told_together_with_the_other_errors(
    create: Callable[..., Any], replaced: Form, complaint: str
) -> None:
    response = create(plain_form(**(WITHHELD | replaced)))
    told = complaints(response)
    of_blocks = unescape(response.content.decode())  # what is wrong with a block is data of the editor's script
    assert complaint in told or json.dumps(complaint)[1:-1] in of_blocks
    assert "Tên này không được công bố nhưng còn xuất hiện ở" in told


def test_one_party_may_sign_two_agreements(create: Callable[..., Any]) -> None:
    party = ("division", "Phòng A")
    response = create(plain_form(agreements=inline_formset([agreement(party), agreement(party, year="2022")])))
    assert response.status_code == 302, complaints(response)
    assert AgreementSignatory.objects.filter(name="Phòng A").count() == 2


def test_a_repeated_party_that_is_deleted_in_the_form_is_no_mistake(create: Callable[..., Any]) -> None:
    form = agreement(("division", "Phòng A"), ("division", "Phòng A"))
    form["signatories"]["1"]["DELETE"] = "on"
    response = create(plain_form(agreements=inline_formset([form])))
    assert response.status_code == 302, complaints(response)
    assert AgreementSignatory.objects.count() == 1


def test_a_draft_may_wait_for_its_kinds_lead_and_names(create: Callable[..., Any], index: EmulationIndexPage) -> None:
    recipients = inline_formset([commendation(name="")])
    response = create(plain_form(event_kinds=[], lead="", commendations=recipients), publish=False)
    assert response.status_code == 302, complaints(response)
    page = EmulationPage.objects.child_of(index).get()
    assert not page.live
    assert "Hội nghị thi đua" not in Client().get(index.url).content.decode()


def test_unchecking_a_kind_removes_it_and_keeps_the_others(editor: Client, full_page: EmulationPage) -> None:
    kept = full_page.kinds.get(kind="signing").pk
    address = reverse("wagtailadmin_pages:edit", args=[full_page.pk])
    response = editor.post(
        address,
        nested_form_data(plain_form(event_kinds=["signing", "commendation"])) | {"action-publish": "1"},
    )
    assert response.status_code == 302, complaints(response)
    page = EmulationPage.objects.get(pk=full_page.pk)
    assert page.event_kinds == ["signing", "commendation"]
    assert page.kinds.get(kind="signing").pk == kept


def test_the_edit_form_shows_the_kinds_and_rows_that_are_there(editor: Client, full_page: EmulationPage) -> None:
    response = editor.get(reverse("wagtailadmin_pages:edit", args=[full_page.pk]))
    soup = BeautifulSoup(response.content, "html.parser", parse_only=SoupStrainer("input"))
    boxes = soup.select('input[name="event_kinds"]')
    assert [box["value"] for box in boxes if box.has_attr("checked")] == ["conference", "launch", "signing"]
    assert soup.select_one('input[name="agreements-0-signatories-2-name"]')["value"] == "Công đoàn cơ sở"  # type: ignore[index]
    assert soup.select_one('input[name="commendations-2-name"]')["value"] == "Phạm Kín Tiếng"  # type: ignore[index]


def test_an_unsaved_page_can_be_previewed(editor: Client, index: EmulationIndexPage) -> None:
    address = reverse("wagtailadmin_pages:preview_on_add", args=["wagtail_emulation", "emulationpage", index.pk])
    form = plain_form(
        event_kinds=["launch"],
        agreements=inline_formset([agreement(("unit", "Trung tâm A"))]),
        commendations=inline_formset([commendation(name_withheld="on")]),
    )
    answer = editor.post(address, nested_form_data(form)).json()
    assert answer["is_valid"]
    shown = editor.get(address).content.decode()
    assert "Phát động thi đua" in shown
    assert "Trung tâm A" in shown
    assert "Phạm Kín Tiếng" not in shown


def test_a_preview_of_nothing_says_so(editor: Client, index: EmulationIndexPage) -> None:
    preview = reverse("wagtailadmin_pages:preview_on_add", args=["wagtail_emulation", "emulationpage", index.pk])
    assert editor.post(preview, {}).json() == {"is_valid": False, "is_available": False}
    assert editor.get(preview).status_code == 200


def test_two_revisions_are_compared_by_their_kinds_too(editor: Client, full_page: EmulationPage) -> None:
    before = full_page.save_revision()
    full_page.event_kinds = ["commendation"]
    after = full_page.save_revision()
    address = reverse("wagtailadmin_pages:revisions_compare", args=[full_page.pk, before.pk, after.pk])
    shown = editor.get(address).content.decode()
    assert "Loại sự kiện" in shown
    assert "Lễ khen thưởng" in shown


def test_an_old_revision_brings_its_rows_back(full_page: EmulationPage) -> None:
    before = full_page.save_revision()
    changed = EmulationPage.objects.get(pk=full_page.pk)
    changed.event_kinds = ["commendation"]
    changed.agreements.set([])
    changed.save_revision().publish()
    changed.event_kinds = ["launch"]
    changed.save_revision().publish()
    before.publish()
    page = EmulationPage.objects.get(pk=full_page.pk)
    assert page.event_kinds == ["conference", "launch", "signing"]
    assert page.agreements.get().signatories.count() == 3


@pytest.mark.parametrize(
    ("parent", "child", "allowed"),
    [
        pytest.param("index", EmulationPage, True, id="event below the index"),
        pytest.param("home", EmulationPage, False, id="event anywhere else"),
        pytest.param("home", EmulationIndexPage, True, id="index below any page"),
        pytest.param("index", EmulationIndexPage, False, id="index below an index"),
    ],
)
def test_pages_can_be_created_only_where_they_belong(
    request: pytest.FixtureRequest, index: EmulationIndexPage, parent: str, child: Any, *, allowed: bool
) -> None:
    assert child.can_create_at(request.getfixturevalue(parent)) is allowed
