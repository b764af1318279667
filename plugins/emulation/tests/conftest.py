"""A small page tree and an editor, under the active settings."""

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.images import ImageFile
from django.test import Client
from PIL import Image as Pillow
from wagtail.images import get_image_model
from wagtail.models import Page, Site
from wagtail_emulation.models import (
    AgreementSignatory,
    CitedDirective,
    Commendation,
    EmulationAgreement,
    EmulationIndexPage,
    EmulationPage,
)


def pytest_configure(config: pytest.Config) -> None:
    """Wagtail leaves the spooled file of each new rendition to the garbage collector."""
    config.addinivalue_line("filterwarnings", "ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")


MakePage = Callable[..., EmulationPage]


@pytest.fixture
def home(db: None) -> Page:
    """An empty home page below which the tests may build, as the root of the only site."""
    home = Page.get_first_root_node().add_child(instance=Page(title="Cổng thử", slug="cong-thu"))
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return home


@pytest.fixture
def index(home: Page) -> EmulationIndexPage:
    index = EmulationIndexPage(title="Thi đua – khen thưởng", slug="thi-dua", intro="<p>Các phong trào của Sở.</p>")
    home.add_child(instance=index)
    return index


@pytest.fixture
def make_page(index: EmulationIndexPage) -> MakePage:
    """Add a published page below the index; keyword arguments replace the plain event's."""

    def make(**replaced: Any) -> EmulationPage:
        plain = {
            "title": "Tổng kết thi đua năm 2020",
            "event_date": date(2021, 1, 26),
            "event_kinds": ["conference"],
            "lead": "Sở nhìn lại một năm thi đua.",
        }
        page = EmulationPage(**(plain | replaced))
        index.add_child(instance=page)
        return page

    return make


@pytest.fixture
def photo(db: None) -> Any:
    content = io.BytesIO()
    Pillow.new("RGB", (1600, 900), "teal").save(content, "PNG")
    content.seek(0)
    return get_image_model().objects.create(title="Hội trường", file=ImageFile(content, name="hoi-truong.png"))


@pytest.fixture
def full_page(make_page: MakePage, photo: Any) -> EmulationPage:
    """A page with every part filled in, one recipient's name withheld."""
    body = [
        {"type": "heading", "value": "Kết quả nổi bật"},
        {"type": "text", "value": "<p>Mười hai <b>sáng kiến</b> được công nhận.</p>"},
        {
            "type": "figure",
            "value": {
                "image": {"image": photo.pk, "alt_text": "Lãnh đạo Sở phát biểu", "decorative": False},
                "caption": "Quang cảnh hội nghị",
                "credit": "Văn phòng Sở",
            },
        },
        {
            "type": "quote",
            "value": {"text": "Thi đua là yêu nước.", "attribution": "Trần Thị Hoa", "position": "Chánh Văn phòng"},
        },
    ]
    agreement = EmulationAgreement(year=2021, commitments="<p>Cắt giảm thời gian giải quyết hồ sơ.</p>")
    agreement.signatories = [
        AgreementSignatory(kind="division", name="Phòng Quản lý thương mại", represented_by="Lê Văn Sơn"),
        AgreementSignatory(kind="unit", name="Trung tâm Khuyến công"),
        AgreementSignatory(kind="mass_organisation", name="Công đoàn cơ sở"),
    ]
    return make_page(
        title="Tổng kết năm 2020, phát động năm 2021",
        event_kinds=["conference", "launch", "signing"],
        place="Hội trường Sở Công Thương",
        body=json.dumps(body),
        agreements=[agreement],
        commendations=[
            Commendation(
                recipient_kind="collective",
                name="Văn phòng Sở",
                unit="Sở Công Thương",
                award="Tập thể lao động xuất sắc",
                decision_number="12/QĐ-SCT",
            ),
            Commendation(
                recipient_kind="individual", name="Nguyễn Minh Tâm", unit="Thanh tra Sở", award="Lao động tiên tiến"
            ),
            Commendation(
                recipient_kind="individual",
                name="Phạm Kín Tiếng",
                name_withheld=True,
                unit="Phòng Kỹ thuật",
                award="Giấy khen của Giám đốc Sở",
            ),
        ],
        directives=[
            CitedDirective(
                number="05-CT/TW",
                issued_on=date(2016, 5, 15),
                issuer="Bộ Chính trị",
                title="Về học tập và làm theo Bác",
                link="https://example.org/05-ct-tw",
            ),
        ],
    )


@pytest.fixture
def editor(db: None) -> Client:
    """A browser in which a member of staff has signed in."""
    user = get_user_model().objects.create_superuser("bien-tap", "bien-tap@example.org", "mat-khau")
    client = Client()
    client.force_login(user)
    return client
