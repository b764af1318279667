"""Every action is tried by every role: who has it may, who has not is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from department_form import department_form
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pictures import draw
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import (
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Site,
    TaskState,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from cms.core.models import DepartmentSettings
from cms.news.models import NewsIndexPage, NewsPage
from cms.workflow.making import make_workflow
from cms.workflow.roles import ACTIONS, APPROVING, EDITING, NAMES, STAGES, WORKFLOW, Role, actions_of

FIELDS = {"lead": "Tóm tắt.", "body-count": "0", "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
DONE, GIVEN = 302, 200


class Desk:
    """What is on the desk that somebody of a role tries something at."""

    def __init__(self, client: Client, user: Any, staff: dict[Role, Any], index: NewsIndexPage) -> None:
        self.client, self.user, self.staff, self.index = client, user, staff, index

    def article(self, *, by: Any, live: bool = False) -> NewsPage:
        found: NewsPage = self.index.add_child(
            instance=NewsPage(title="Bài", lead="Tóm tắt.", owner=by, live=live, slug=f"bai-{live}-{by.pk}")
        )
        found.save_revision(user=by)
        return found

    def waiting(self, stage: str) -> NewsPage:
        page = self.article(by=self.staff[Role.AUTHOR])
        page.get_workflow().start(page, self.staff[Role.AUTHOR])
        if stage == APPROVING:
            state = page.current_workflow_task_state
            state.task.specific.on_action(state, self.staff[Role.EDITOR], "approve")
        return page

    def edit(self, page: Page, **more: str) -> bool:
        fields = FIELDS | {"title": "Sửa", "slug": page.slug} | more
        return self.post(f"/admin/pages/{page.pk}/edit/", fields)

    def get(self, path: str) -> bool:
        return bool(self.client.get(path).status_code == GIVEN)

    def post(self, path: str, fields: dict[str, Any] | None = None) -> bool:
        answer = self.client.post(path, fields or {})
        refused = answer.status_code == 403 or answer.headers.get("Location") == "/admin/"
        assert answer.status_code in (GIVEN, DONE, 403), answer.content[:1000]
        return not refused


def _adds(desk: Desk) -> bool:
    fields = FIELDS | {"title": "Mới", "slug": "moi"}
    desk.post(f"/admin/pages/add/news/newspage/{desk.index.pk}/", fields)
    return NewsPage.objects.filter(slug="moi", live=False).exists()


def _edits(desk: Desk, page: NewsPage) -> bool:
    desk.edit(page)
    return bool(NewsPage.objects.get(pk=page.pk).get_latest_revision().as_object().title == "Sửa")


def _submits(desk: Desk) -> bool:
    page = desk.article(by=desk.user)
    desk.edit(page, **{"action-submit": "1"})
    return bool(Page.objects.get(pk=page.pk).workflow_in_progress)


def _decides(desk: Desk, stage: str, decision: str) -> bool:
    page = desk.waiting(stage)
    state = page.current_workflow_task_state
    desk.post(f"/admin/waiting/{state.pk}/", {"decision": decision, "revision": state.revision_id, "comment": "Sửa."})
    return bool(TaskState.objects.get(pk=state.pk).status != TaskState.STATUS_IN_PROGRESS)


def _reviews(stage: str) -> Callable[[Desk], bool]:
    def both(desk: Desk) -> bool:
        returned = _decides(desk, stage, "reject")
        NewsPage.objects.filter(live=False).delete()
        approved = _decides(desk, stage, "approve")
        assert returned == approved
        return approved

    return both


def _publishes(desk: Desk) -> bool:
    page = desk.article(by=desk.user)
    desk.edit(page, **{"action-publish": "1"})
    return NewsPage.objects.get(pk=page.pk).live


def _unpublishes(desk: Desk) -> bool:
    page = desk.article(by=desk.user, live=True)
    desk.post(f"/admin/pages/{page.pk}/unpublish/")
    return not NewsPage.objects.get(pk=page.pk).live


def _schedules(desk: Desk) -> bool:
    page = desk.article(by=desk.user)
    path = f"/admin/bulk/wagtailcore/page/schedule/?id={page.pk}"
    desk.post(path, {"at": "01/02/2099 07:30:15"})
    return bool(page.revisions.filter(approved_go_live_at__isnull=False).exists())


def _locks(desk: Desk) -> bool:
    page = desk.article(by=desk.staff[Role.AUTHOR])
    desk.post(f"/admin/pages/{page.pk}/lock/")
    locked: bool = NewsPage.objects.get(pk=page.pk).locked
    NewsPage.objects.filter(pk=page.pk).update(locked=True, locked_by=None)
    desk.post(f"/admin/pages/{page.pk}/unlock/")
    assert NewsPage.objects.get(pk=page.pk).locked is not locked
    return locked


def _deletes(desk: Desk) -> bool:
    desk.article(by=desk.staff[Role.AUTHOR], live=True)
    desk.post(f"/admin/pages/{desk.index.pk}/delete/")
    return not NewsIndexPage.objects.filter(pk=desk.index.pk).exists()


def _uploads(tmp_path: Path) -> Callable[[Desk], bool]:
    def both(desk: Desk) -> bool:
        text = SimpleUploadedFile("a.txt", "Chào".encode())
        desk.client.post("/admin/documents/multiple/add/", {"title": "a", "collection": "1", "files[]": text})
        with draw(tmp_path / "a.png", 20, 20).open("rb") as file:
            desk.client.post("/admin/images/multiple/add/", {"title": "a", "collection": "1", "files[]": file})
        documents = get_document_model().objects.filter(uploaded_by_user=desk.user)
        pictures = get_image_model().objects.filter(uploaded_by_user=desk.user)
        assert documents.exists() == pictures.exists()
        if document := documents.first():
            assert desk.get(f"/admin/documents/edit/{document.pk}/")
        return bool(pictures.exists())

    return both


def _edits_files(desk: Desk) -> bool:
    others = get_document_model().objects.create(title="a", file=SimpleUploadedFile("b.txt", b"b"))
    return desk.get(f"/admin/documents/edit/{others.pk}/")


def _pages(*paths: str) -> Callable[[Desk], bool]:
    """All of them open, or none."""

    def opened(desk: Desk) -> bool:
        (answer,) = {desk.get(path) for path in paths}
        return answer

    return opened


def _changes_department(desk: Desk) -> bool:
    site = Site.objects.get()
    desk.post(f"/admin/settings/core/departmentsettings/{site.pk}/", department_form(name="Sở Thử"))
    return DepartmentSettings.for_site(site).name == "Sở Thử"


TRIES: dict[str, Callable[[Desk], bool]] = {
    "enter": _pages("/admin/account/"),
    "add": _adds,
    "edit_own": lambda desk: _edits(desk, desk.article(by=desk.user)),
    "submit": _submits,
    "edit_all": lambda desk: _edits(desk, desk.article(by=get_user_model()._default_manager.create_user("khac"))),
    "review": _reviews(EDITING),
    "approve": _reviews(APPROVING),
    "publish": _publishes,
    "unpublish": _unpublishes,
    "schedule": _schedules,
    "lock": _locks,
    "delete": _deletes,
    "upload": bool,  # below: it needs a folder
    "edit_files": _edits_files,
    "collections": _pages("/admin/collections/add/"),
    "topics": _pages("/admin/snippets/news/topic/add/"),
    "redirects": _pages("/admin/redirects/add/"),
    "department": _changes_department,
    "workflows": _pages("/admin/workflows/add/", "/admin/workflows/tasks/index/"),
    "sites": _pages("/admin/sites/new/"),
    "users": _pages("/admin/users/new/", "/admin/groups/new/"),
    "audit": _pages("/admin/audit/"),
    "sign_ins": _pages("/admin/reports/sign-ins/"),
    "reports": lambda desk: desk.user.has_perm("statistics.see_reports"),
    "counting": _pages("/admin/snippets/statistics/openingbalance/add/"),
    "tokens": _pages("/admin/report_tokens/new/"),
    "webhooks": _pages("/admin/announcing_endpoint/new/"),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_its_row_says_and_nothing_else(
    role: Role, staff: dict[Role, Any], enter: Any, news_index: NewsIndexPage, tmp_path: Path
) -> None:
    assert TRIES.keys() == ACTIONS.keys()
    tries = TRIES | {"upload": _uploads(tmp_path)}
    desk = Desk(enter(role), staff[role], staff, news_index)
    done = []
    for action in sorted(tries, key=lambda name: name == "delete"):  # what takes the desk away comes last
        if tries[action](desk):
            done.append(action)
        NewsPage.objects.all().delete()

    assert sorted(done) == sorted(actions_of(role))


def test_the_migration_gives_each_group_the_rights_of_its_rows_and_no_others(db: None) -> None:
    for role in Role:
        group = Group.objects.get(name=NAMES[role])
        rows = [ACTIONS[key] for key in actions_of(role)]
        pages = GroupPagePermission.objects.filter(group=group)
        collections = GroupCollectionPermission.objects.filter(group=group)
        assert {one.permission.codename for one in pages} == {name for row in rows for name in row.pages}
        assert {_named(one.permission) for one in collections} == {name for row in rows for name in row.collections}
        assert {_named(one) for one in group.permissions.all()} == {name for row in rows for name in row.permissions}
    assert not Group.objects.filter(name__in=["Editors", "Moderators"]).exists()
    workflow = WorkflowPage.objects.get(page__depth=1).workflow
    assert [task.name for task in workflow.tasks] == list(STAGES)
    assert not Workflow.objects.exclude(name=WORKFLOW).exists()


def _named(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def test_an_installation_that_uses_wagtails_groups_keeps_them_and_their_workflow(db: None) -> None:
    Workflow.objects.all().delete()
    GroupApprovalTask.objects.all().delete()
    moderators = Group.objects.create(name="Moderators")
    moderators.user_set.add(get_user_model()._default_manager.create_user("cu"))
    task = GroupApprovalTask.objects.create(name="Moderators approval")
    task.groups.add(moderators)
    theirs = Workflow.objects.create(name="Moderators approval")
    WorkflowTask.objects.create(workflow=theirs, task=task)
    WorkflowPage.objects.create(page=Page.objects.get(depth=1), workflow=theirs)

    make_workflow(apps, "default")

    assert WorkflowPage.objects.get().workflow == theirs
    assert Workflow.objects.filter(name=WORKFLOW, active=True).exists()
    moderators.user_set.clear()
    Workflow.objects.filter(name=WORKFLOW).delete()
    make_workflow(apps, "default")
    assert WorkflowPage.objects.get().workflow.name == WORKFLOW
    assert not Group.objects.filter(name="Moderators").exists()


def test_the_manual_has_the_table() -> None:
    manual = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")
    for action in ACTIONS.values():
        marks = " | ".join("✓" if role in action.roles else "–" for role in Role)
        assert f"| {action.words} | {marks} |" in manual


def test_a_command_makes_an_account_of_a_role(db: None) -> None:
    said = io.StringIO()
    call_command("make_user", "lan", "--role=editor", "--name=Trần Thị Lan", "--email=lan@so.example", stdout=said)

    user = get_user_model()._default_manager.get(username="lan")
    assert (user.last_name, user.first_name) == ("Trần Thị", "Lan")
    assert [group.name for group in user.groups.all()] == ["Biên tập viên"]
    assert user.check_password(said.getvalue().split()[-1])
    with pytest.raises(CommandError, match="đã có"):
        call_command("make_user", "lan", "--role=editor")
    with pytest.raises(CommandError):
        call_command("make_user", "hoa", "--role=author", "--email=không phải")


def test_an_administrator_is_no_superuser_and_makes_none(enter: Any, admin_user: Any) -> None:
    path, administrator = f"/admin/users/edit/{admin_user.pk}/", enter(Role.ADMINISTRATOR)
    fields = {"username": "admin", "email": "a@so.example", "first_name": "A", "last_name": "B", "is_superuser": "on"}

    assert administrator.get(path)["Location"] == "/admin/"
    assert administrator.post(path, fields)["Location"] == "/admin/"
    administrator.post("/admin/users/new/", fields | {"username": "moi", "password1": "x" * 30, "password2": "x" * 30})
    assert not get_user_model()._default_manager.filter(is_superuser=True).exclude(pk=admin_user.pk).exists()
