"""`site/`: what everybody sees around every page, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.images import ImageFile
from json_schema import faults_in
from PIL import Image as Pillow
from pytest_django import DjangoAssertNumQueries, Settings
from wagtail.contrib.redirects.models import Redirect
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction, Site

from cms.api.schema.contributions import openapi
from cms.core.models import DepartmentSettings
from cms.home.models import HomePage, PlainPage
from cms.statistics.models import StatisticsSettings
from pipeline.collecting.script.build import ELEMENT_SOURCE

pytestmark = pytest.mark.django_db

Ask = Callable[..., Any]
SNIPPET = """<script>var _paq = []; _paq.push(["setTrackerUrl", "https://f-emc.example/matomo.php"]);
_paq.push(["setSiteId", "42"]);</script><script src="https://f-emc.example/matomo.js"></script>"""


@pytest.fixture
def department(site: Site) -> DepartmentSettings:
    found: DepartmentSettings = DepartmentSettings.for_site(site)
    found.name, found.phone, found.email = "Sở Công Thương", "0204 000 111", "sct@example.gov.vn"
    found.footer_note = "Ghi rõ nguồn."
    found.accounts = [("account", {"network": "zalo", "url": "https://zalo.me/sct"})]
    found.save()
    return found


@pytest.fixture
def picture(media: Path) -> Callable[[str], Any]:
    def make(title: str, **more: Any) -> Any:
        file = BytesIO()
        Pillow.new("RGB", (400, 200), "red").save(file, "PNG")
        return get_image_model().objects.create(title=title, file=ImageFile(file, name=f"{title}.png"), **more)

    return make


def section(home: HomePage, title: str, **more: Any) -> PlainPage:
    page: PlainPage = home.add_child(instance=PlainPage(title=title, show_in_menus=True, **more))
    return page


def test_everything_around_a_page_is_in_one_answer_as_its_schema_says(
    ask: Ask, department: DepartmentSettings, home: HomePage, picture: Callable[..., Any]
) -> None:
    about = section(home, "Giới thiệu", slug="gioi-thieu")
    about.add_child(instance=PlainPage(title="Cơ cấu", slug="co-cau", show_in_menus=True))
    Redirect.add_redirect("/cu/", redirect_to=about, is_permanent=False)
    Redirect.add_redirect("/ra-ngoai", redirect_to="https://chinhphu.vn/")
    department.emblem = picture("emblem")
    logo = picture("logo")
    department.partners = [("partner", {"name": "Bộ", "url": "https://moit.gov.vn", "logo": logo})]
    department.measured, department.measuring_snippet = True, SNIPPET
    department.save()

    found = ask("site/")

    assert faults_in(found, {"$ref": "#/components/schemas/Site"}, openapi()) == []
    assert [(entry["title"], entry["path"]) for entry in found["menu"]] == [
        (home.title, "/"),
        ("Giới thiệu", "/gioi-thieu/"),
    ]
    (below,) = found["menu"][1]["below"]
    assert (below["path"], below["url"]) == ("/gioi-thieu/co-cau/", "http://localhost/gioi-thieu/co-cau/")
    assert found["redirects"] == [
        {"from": "/cu", "to": "/gioi-thieu/", "permanent": False},
        {"from": "/ra-ngoai", "to": "https://chinhphu.vn/", "permanent": True},
    ]
    assert found["contact"]["email"] == "sct@example.gov.vn"
    assert found["accounts"] == [{"network": "zalo", "url": "https://zalo.me/sct"}]
    assert found["emblem"]["renditions"]["full"]["src"].endswith(".webp")
    assert found["partners"][0]["logo"]["alt"] == "Bộ"
    assert found["measuring"]["site_id"] == "42"
    assert found["statistics"]["unit"] == "visits"
    assert found["locales"] == [{"code": "vi", "name": "Tiếng Việt"}]


def test_the_unit_of_the_numbers_is_that_of_the_settings(ask: Ask, site: Site) -> None:
    StatisticsSettings.objects.create(site=site, unit="views")
    assert ask("site/")["statistics"]["unit"] == "views"


def test_the_words_are_those_that_the_element_shows(ask: Ask, site: Site) -> None:
    script = ELEMENT_SOURCE.read_text(encoding="utf-8")
    for language, texts in ask("site/")["statistics"]["texts"].items():
        shown = json.loads(re.search(rf"const {language.upper()} = (\[[^]]*\]);", script)[1])  # type: ignore[index]
        names = ("online", "today", "week", "month", "total", "views", "as_of")
        assert shown[:-1] == [texts[name] for name in names]


def test_what_is_not_set_is_empty(ask: Ask, site: Site) -> None:
    found = ask("site/")
    assert (found["emblem"], found["measuring"], found["partners"], found["redirects"]) == (None, None, [], [])


def test_nothing_that_not_everybody_may_read_comes_out(
    ask: Ask, department: DepartmentSettings, home: HomePage, site: Site, picture: Callable[..., Any]
) -> None:
    """Through menu, columns, redirects, pictures, settings; words of staff stand in each and must not come out."""
    user = get_user_model()._default_manager.create_superuser(
        username="secretadmin", email="secret@staff.example", password="x"
    )
    private, draft = section(home, "secret private"), section(home, "secret draft", live=False)
    private.add_child(instance=PlainPage(title="secret below", slug="secret-below", show_in_menus=True))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    outside: Page = home.get_parent().add_child(instance=HomePage(title="secret elsewhere", slug="secret-elsewhere"))
    other = Site.objects.create(hostname="other.example", root_page=outside)
    for number, page in enumerate((private, draft, outside)):
        Redirect.add_redirect(f"/old-{number}", redirect_to=page)
    Redirect.add_redirect("/secret-of-another", redirect_to="https://secret.example/", site=other)
    hidden = Collection.get_first_root_node().add_child(name="secret")
    CollectionViewRestriction.objects.create(collection=hidden, restriction_type="login")
    department.menu = [("entry", {"page": page, "url": "", "label": "secret"}) for page in (private, draft)]
    department.footer_columns = [
        ("column", {"title": "secret", "links": [{"page": page, "url": "", "label": "secret"} for page in (draft,)]})
    ]
    department.emblem = picture("secret", collection=hidden, uploaded_by_user=user)
    department.measuring_snippet = SNIPPET.replace("42", "secret")  # not turned on
    department.save()
    DepartmentSettings.objects.create(site=other, name="secret department")

    answer = json.dumps(ask("site/"))

    assert "secret" not in answer
    assert "/old-" not in answer


def test_no_redirect_tells_the_address_of_a_private_section_now_or_before(
    ask: Ask, home: HomePage, django_capture_on_commit_callbacks: Any
) -> None:
    """Wagtail makes redirects of what is moved and renamed."""
    public, secret = section(home, "Công khai", slug="cong-khai"), section(home, "Secret", slug="secret")
    moved: Page = secret.add_child(instance=PlainPage(title="Bài", slug="bai"))
    secret.add_child(instance=PlainPage(title="Secret bài", slug="secret-bai"))
    PageViewRestriction.objects.create(page=secret, restriction_type=PageViewRestriction.LOGIN)
    PlainPage.objects.get(pk=moved.pk).move(public, pos="last-child")  # from /secret/bai/
    secret = PlainPage.objects.get(pk=secret.pk)
    secret.slug = "secret-two"
    with django_capture_on_commit_callbacks(execute=True):
        secret.save_revision().publish()  # from /secret/ and /secret/secret-bai/
    old = list(Redirect.objects.values_list("old_path", flat=True))
    assert {"/secret", "/secret/bai", "/secret/secret-bai"} <= set(old), "Wagtail has made them"
    Redirect.add_redirect("/link", redirect_to="/secret-two/secret-bai/")
    Redirect.add_redirect("/whole", redirect_to="http://localhost/Secret-Two/secret-bai/?a=b")
    Redirect.add_redirect("/before", redirect_to="/secret/anything")
    Redirect.add_redirect("/%73ecret-two/old", redirect_to=moved)
    Redirect.add_redirect("/secretary", redirect_to=moved)

    assert [one["from"] for one in ask("site/")["redirects"]] == ["/secretary"]
    for path in ("/link", "/whole", "/before", "/secret/secret-bai"):
        ask("pages/find/", path=path, status=404)
    assert ask("pages/find/", path="/secret/bai/")["id"] == moved.pk, "who has the old address still gets the page"


def test_another_host_has_its_own(ask: Ask, site: Site, home: HomePage, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "other.example"]
    root: Page = home.get_parent().add_child(instance=HomePage(title="Chi cục", slug="chi-cuc"))
    other = Site.objects.create(hostname="other.example", root_page=root)
    DepartmentSettings.objects.create(site=other, name="Chi cục Quản lý")
    found = ask("site/", host="other.example")
    assert (found["id"], found["name"], found["menu"][0]["title"]) == (other.pk, "Chi cục Quản lý", "Chi cục")


def test_a_parameter_is_refused_by_name(ask: Ask, site: Site) -> None:
    assert ask("site/", status=400, fields="name")["errors"][0]["parameter"] == "fields"


def test_more_entries_take_no_more_queries(
    ask: Ask,
    department: DepartmentSettings,
    home: HomePage,
    picture: Callable[..., Any],
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: Any,
) -> None:
    def fill(count: int) -> None:
        pages = [section(home, f"Mục {count} {number}") for number in range(count)]
        for page in pages:
            Redirect.add_redirect(f"/cu/{page.slug}", redirect_to=page)
        links = [{"page": page, "url": "", "label": ""} for page in pages[:8]]
        department.menu = [("entry", {**link, "below": links}) for link in links]
        department.footer_columns = [("column", {"title": "Cột", "links": links})]
        logo = picture(f"logo{count}")
        department.partners = [("partner", {"name": "x", "url": "https://x.vn", "logo": logo})] * count
        department.save()
        ask("site/")  # makes the renditions

    fill(1)
    with django_assert_max_num_queries(9) as taken:
        ask("site/")
    few = len(taken)
    fill(12)
    with django_assert_num_queries(few):
        found = ask("site/")
    assert len(found["redirects"]) == 13
