from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from wagtail.models import PageViewRestriction, Site

from cms.core.models import DepartmentSettings
from cms.home.models import HomePage, PlainPage


@pytest.mark.parametrize(
    ("template", "words"),
    [
        pytest.param("400.html", "Yêu cầu không hợp lệ", id="400"),
        pytest.param("403.html", "Không được phép xem trang này", id="403"),
        pytest.param("403_form.html", "Biểu mẫu đã hết hạn", id="a form that is too old"),
        pytest.param("404.html", "Không tìm thấy trang", id="404"),
        pytest.param("500.html", "Hệ thống đang gặp trục trặc", id="500"),
        pytest.param("503.html", "Cổng thông tin tạm ngừng", id="503"),
    ],
)
def test_an_error_page_speaks_vietnamese_and_needs_no_database(template: str, words: str) -> None:
    html = render_to_string(template)  # without the db mark, a query would fail the test

    assert words in html
    assert '<html lang="vi">' in html
    assert 'href="/"' in html


@pytest.mark.django_db
def test_an_unknown_address_gets_our_own_page(client: Client) -> None:
    response = client.get("/khong-co-trang-nay/")

    assert response.status_code == 404
    assert "Không tìm thấy trang" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/khong-co-trang-nay/"])
def test_a_form_that_nobody_can_read_is_refused_not_a_failure(path: str) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies["csrftoken"] = "a" * 32

    response = client.post(path, "hello", content_type="application/x-www-form-urlencoded; charset=utf-16")

    assert response.status_code in (400, 403, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/khong-co-trang-nay/"])
def test_a_trace_is_not_answered_with_the_request(client: Client, path: str) -> None:
    response = client.trace(path, headers={"X-Secret": "only-the-proxy-knows"})

    assert response.status_code in (404, 405)
    assert "only-the-proxy-knows" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/login/"])
def test_a_form_that_is_too_old_is_refused_in_vietnamese(path: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path, {"username": "admin", "password": "x"})

    assert response.status_code == 403
    assert "Biểu mẫu đã hết hạn" in response.content.decode()


@pytest.mark.django_db
def test_a_cookie_that_no_database_could_look_for_is_none() -> None:
    client = Client(raise_request_exception=False)
    client.cookies.load('sessionid="abcdefgh\\000ijkl"')

    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/khong-co/", "/noi-bo/"])
def test_answers_that_are_no_pages_have_the_departments_name_and_menu(
    home: HomePage, client: Client, path: str
) -> None:
    private = home.add_child(instance=PlainPage(title="Nội bộ"))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.PASSWORD, password="x" * 8)
    home.add_child(instance=PlainPage(title="Giới thiệu", show_in_menus=True))

    html = client.get(path, headers={"host": "localhost"}).content.decode()

    assert "message" in html
    assert '<span class="brand__name">Sở Công Thương</span>' in html
    assert "– Sở Công Thương</title>" in html
    assert ">Giới thiệu</a>" in html


def test_a_failure_names_the_department_if_it_was_read_before(home: HomePage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError

    DepartmentSettings.for_site(home.get_site())
    monkeypatch.setattr(HomePage, "get_context", fail)
    response = Client(raise_request_exception=False).get("/", headers={"host": "localhost"})

    assert response.status_code == 500
    assert '<span class="brand__name">Sở Công Thương</span>' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/pages/{page}/edit/", "/admin/settings/core/departmentsettings/{site}/"])
def test_a_form_without_a_part_that_browsers_send_is_refused_not_a_failure(
    admin_client: Client, home: HomePage, site: Site, path: str
) -> None:
    page = home.add_child(instance=PlainPage(title="Giới thiệu", slug="gioi-thieu"))
    admin_client.raise_request_exception = False

    answer = admin_client.post(path.format(page=page.pk, site=site.pk), {"title": "Giới thiệu", "name": "Sở"})

    assert answer.status_code == 400
    assert "Yêu cầu không hợp lệ" in answer.content.decode()
