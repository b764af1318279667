from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission

from cms.home.models import HomePage
from cms.news.models import NewsIndexPage
from cms.workflow.roles import NAMES, Role

WRITE = "/admin/viet-bai/"


def test_one_click_leads_to_an_empty_article(admin_client: Client, news_index: NewsIndexPage) -> None:
    response = admin_client.get(WRITE)

    assert response["Location"] == f"/admin/pages/add/news/newspage/{news_index.pk}/"
    assert f'href="{WRITE}"' in admin_client.get("/admin/").content.decode()


def test_of_two_sections_a_writer_gets_the_one_that_is_theirs(
    client: Client, admin_client: Client, home: HomePage, news_index: NewsIndexPage
) -> None:
    other = home.add_child(instance=NewsIndexPage(title="Tin chuyên ngành"))
    assert admin_client.get(WRITE)["Location"] == reverse("wagtailadmin_explore", args=[home.pk])

    group = Group.objects.create(name="Chuyên ngành")
    group.permissions.add(*Group.objects.get(name=NAMES[Role.AUTHOR]).permissions.filter(codename="access_admin"))
    GroupPagePermission.objects.create(group=group, page=other, permission_type="add")
    writer = User.objects.create_user("writer")
    writer.groups.add(group)
    client.force_login(writer)
    assert client.get(WRITE)["Location"] == f"/admin/pages/add/news/newspage/{other.pk}/"


def test_without_a_section_it_is_said(admin_client: Client, home: HomePage) -> None:
    response = admin_client.get(WRITE, follow=True)

    assert "Chưa có chuyên trang tin tức" in response.content.decode()
