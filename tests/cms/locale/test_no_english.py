"""Every screen of the admin, as staff see it in Vietnamese: no English but names.

The addresses are the resolver's, so that a new screen is walked too, or fails the test until it is given what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from english import Seen, foreign, own_texts
from pictures import draw
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.settings.registry import registry as settings_registry
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import (
    Collection,
    Site,
    Task,
    Workflow,
    get_page_models,
)
from wagtail_emulation.models import EmulationIndexPage, EmulationPage

from cms.announcing.models import Delivery, Endpoint, Event
from cms.announcing.noticing import announce
from cms.announcing.secrets import make_secret
from cms.handbook.chapters import CHAPTERS
from cms.home.models import HomePage
from cms.news.models import NewsPage, Topic
from cms.statistics.models import OpeningBalance
from cms.statistics.reports.screens import SCREENS
from cms.statistics.reports.tokens.models import ReportToken, make_token
from cms.workflow.roles import EDITING, WORKFLOW, Role
from cms.workflow.roles import NAMES as ROLES

# Of programs, of one file, without a text, or switched off.
UNSEEN = {
    "wagtailadmin_api:documents:find",
    "wagtailadmin_api:images:find",
    "wagtailadmin_api:pages:action",
    "wagtailadmin_api:pages:find",
    "wagtailadmin_block_preview",
    "wagtailadmin_editing_sessions:release",
    "wagtailadmin_error_test",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_logout",
    "wagtailadmin_sprite",
    "wagtailredirects:process_import",  # after the first step of an import
    "wagtailimages:preview",
    "wagtailimages:url_generator",
    "wagtailimages:url_generator_output",
    "wagtailsettings:preview_on_edit",
}
# Of the demo's content, of products, and the server's own.
NAMES = (
    *("Aegis", "Authenticator", "container", "Docs", "English", "LibreOffice", "localhost", "Microsoft", "sapo"),
    *("Facebook", "Instagram", "Telegram", "TikTok", "YouTube", "Zalo"),
)
LISTINGS = re.compile(r":(index|list|choose|search)$|_explore|reports:")


def addresses(resolver: Any, spaces: tuple[str, ...] = (), path: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Name, path and pattern of every address."""
    for pattern in resolver.url_patterns:
        whole = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from addresses(pattern, inner, whole)
        else:
            yield ":".join((*spaces, pattern.name or "")), whole, pattern


class Walk:
    """Opens addresses and says what English was seen, and where; nothing that it does remains."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.raise_request_exception = False
        self.own = own_texts()
        self.found: dict[str, str] = {}
        self._known: set[str] = set()
        self._sent: set[tuple[str, frozenset[str]]] = set()

    def look(self, where: str, html: str) -> Seen:
        seen = Seen(html)
        for text in set(seen.texts) - self._known:
            if words := foreign(text, self.own, NAMES):
                self.found.setdefault(text, f"{where}: {words}")
        self._known.update(seen.texts)
        return seen

    def get(self, where: str, url: str, **query: Any) -> int:
        """Look at the screen, and at what its forms say when they are sent empty and as they are."""
        status, seen = self._ask(where, "get", url, query)
        if status == 405:
            status, seen = self._ask(where, "post", url, {})
        for form in seen.forms if seen else ():
            if form.method != "post" or "csrfmiddlewaretoken" not in form.fields or "logout" in form.action:
                continue
            form_of_this = form.action or url, frozenset(form.fields)
            if form_of_this in self._sent:
                continue
            self._sent.add(form_of_this)
            empty = {name: [""] if name in form.texts else values for name, values in form.fields.items()}
            for fields in (empty, form.fields) if form.texts else (form.fields,):
                self._ask(f"{where} · gửi", "post", form.action or url, fields)
        return status

    def _ask(self, where: str, method: str, url: str, data: Any) -> tuple[int, Seen | None]:
        cookies = self.client.cookies.output()
        kept = {name: morsel.value for name, morsel in self.client.cookies.items()}
        try:
            with transaction.atomic():
                response = getattr(self.client, method)(url, data, follow=True)
                transaction.set_rollback(True)
        finally:
            if self.client.cookies.output() != cookies:
                self.client.cookies.clear()
                for name, value in kept.items():
                    self.client.cookies[name] = value
        kind = response.get("content-type", "")
        if response.streaming:
            return response.status_code, None
        if "json" in kind:
            answer = response.json()
            html = answer.get("html", "") if isinstance(answer, dict) else ""
            return response.status_code, self.look(where, html if isinstance(html, str) else "")
        if "html" in kind and b"<" in response.content:
            return response.status_code, self.look(where, response.content.decode())
        return response.status_code, None


@pytest.fixture
def content(
    site: Site,
    home: HomePage,
    write: Any,
    admin_user: Any,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> dict[str, Any]:
    """At least one of everything that a screen shows; by the names of the parameters of addresses."""
    article: NewsPage = write("Kết nối cung cầu hàng nông sản")
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua – khen thưởng", slug="thi-dua"))
    Topic.objects.create(name="Thương mại")
    OpeningBalance.objects.create(page_id=article.pk, views=5)
    settings.WAGTAIL_PASSWORD_RESET_ENABLED = True
    colleague = get_user_model().objects.create_user(
        "an", "an@example.vn", "matkhau", last_name="Lê Thị", first_name="An"
    )
    colleague.groups.add(Group.objects.get(name=ROLES[Role.EDITOR]))
    task, workflow = Task.objects.get(name=EDITING), Workflow.objects.get(name=WORKFLOW)
    article.save_revision(user=admin_user).publish()
    article.title += ", bản mới"
    article.go_live_at = timezone.now() + timedelta(days=1)
    article.save_revision(user=admin_user)
    with django_capture_on_commit_callbacks(execute=True):  # its mails
        state = workflow.start(article, admin_user)
    alias = article.create_alias(parent=article.get_parent(), update_slug="bi-danh")
    with draw(tmp_path / "anh.png", 40, 30).open("rb") as file:
        image = get_image_model().objects.create(title="Chợ quê", file=ImageFile(file, name="anh.png"))
    document = get_document_model().objects.create(title="Tài liệu", file=ContentFile(b"abc", "tai-lieu.txt"))
    collection = Collection.get_first_root_node().add_child(name="Ảnh hội nghị")
    make_token(ReportToken(name="Bảng số liệu"), by=admin_user)
    receiver = Endpoint(name="Trang giao diện", url="https://app.example.vn/hook", is_on=False)
    receiver.switched_off_at, receiver.why_off = timezone.now(), "Không trả lời trong 10 giây"
    make_secret(receiver)
    receiver.save()
    while announce():
        pass
    Delivery.objects.create(endpoint=receiver, event=Event.objects.latest("pk"), page_id=article.pk)
    redirect = Redirect.objects.create(old_path="/cu", redirect_link="/moi/")
    return {
        "site": site,
        "parents": {NewsPage: article.get_parent(), EmulationPage: index},
        "article": article,
        "alias": alias,
        "page_id": article.pk,
        "page_pk": article.pk,
        "parent_page_id": article.get_parent().pk,
        "page_to_move_id": article.pk,
        "destination_id": home.pk,
        "content_type_app_name": "news",
        "content_type_model_name": "newspage",
        "app_label": "news",
        "model_name": "newspage",
        "app_name": "core",
        "image_id": image.pk,
        "document_id": document.pk,
        "doc_id": document.pk,
        "redirect_id": redirect.pk,
        "user_id": colleague.pk,
        "collection_id": collection.pk,
        "collection": collection,
        "revision_id": article.latest_revision_id,
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
        "task_id": task.pk,
        "workflow_pk": workflow.pk,
        "workflow_state_id": state.pk,
        "task_state_id": state.current_task_state_id,
        "number": state.current_task_state_id,
        "action_name": "approve",
        "uidb64": urlsafe_base64_encode(str(colleague.pk).encode()),
        "token": default_token_generator.make_token(colleague),
    }


def parameters(path: str) -> list[str]:
    return re.findall(r"<(?:\w+:)?(\w+)>", path)


def given(name: str, path: str, pattern: URLPattern, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the address is opened with; several times if it is that of several screens."""
    own = {
        "wagtailadmin_workflows:add_task": {"app_label": "wagtailcore", "model_name": "groupapprovaltask"},
        "wagtailadmin_pages:convert_alias": {"page_id": content["alias"].pk},
        "wagtailadmin_tag_model_autocomplete": {"app_name": "taggit", "model_name": "tag"},
        "wagtailadmin_collections:delete": {"pk": content["collection_id"]},
        "wagtailadmin_collections:edit": {"pk": content["collection_id"]},
    }.get(name, {})
    if name.startswith("wagtailsettings:"):
        for model in settings_registry:
            yield {"app_name": model._meta.app_label, "model_name": model._meta.model_name, "pk": content["site"].pk}
    elif name == "nhip_reports:screen":
        yield from ({"name": screen.name} for screen in SCREENS)
    elif name in {"wagtailadmin_pages:add", "wagtailadmin_pages:preview_on_add"}:
        for model in get_page_models():
            parent = content["parents"].get(model, content["site"].root_page)
            kind = {"content_type_app_name": model._meta.app_label, "content_type_model_name": model._meta.model_name}
            if model.can_create_at(parent):
                yield kind | {"parent_page_id": parent.pk}
    elif name == "handbook_chapter":
        yield from ({"slug": chapter.slug} for chapter in CHAPTERS)
    elif name == "wagtailadmin_editing_sessions:ping":
        yield {"app_label": "news", "model_name": "newspage", "object_id": content["page_id"], "session_id": 0}
    elif "uploaded_file_id" not in path:
        pk = _first_of(name, pattern, content) if "pk" in parameters(path) and "pk" not in own else None
        yield {key: content.get(key) for key in parameters(path)} | ({"pk": pk} if pk else {}) | own


def _first_of(name: str, pattern: URLPattern, content: dict[str, Any]) -> Any:
    if name.startswith(("wagtailadmin_pages:", "wagtailadmin_api:pages")):
        return content["page_id"]
    if name.startswith("wagtailadmin_workflows:"):
        return content["task_id" if "task" in name else "workflow_pk"]
    if name.startswith(("wagtailadmin_api:images", "wagtailimages_chooser")):
        return content["image_id"]
    if name.startswith(("wagtailadmin_api:documents", "wagtaildocs_chooser")):
        return content["document_id"]
    view = pattern.callback
    model = getattr(view, "view_initkwargs", {}).get("model") or getattr(view.view_class, "model", None)
    if not model:
        return None
    found = model._default_manager.first()
    return found.pk if found else None


def test_staff_meet_no_english(content: dict[str, Any], admin_client: Client) -> None:
    walk = Walk(admin_client)
    unopened = []
    for name, path, pattern in addresses(get_resolver()):
        if not path.startswith("admin/") or name in UNSEEN | {"", "wagtail_bulk_action"}:
            continue
        for values in given(name, path, pattern, content):
            url = reverse(name, kwargs={key: value for key, value in values.items() if key in parameters(path)})
            status = walk.get(name, url)
            if status not in {200, 503}:  # the numbers have no engine here, and say so
                unopened.append(f"{name}: {status} {url}")
            if LISTINGS.search(name):
                walk.get(name, url, q="không có ở đâu")
    for name, url in bulk_actions(content):
        walk.get(name, url)
    for role, name in ROLES.items():
        user = get_user_model().objects.create_user(str(role), first_name=name)
        user.groups.add(Group.objects.get(name=name))
        of_role = Walk(Client())
        of_role.client.force_login(user)
        of_role.found = walk.found
        for url in ("wagtailadmin_home", "workflow_waiting", "wagtailadmin_account"):
            of_role.get(f"{name} {url}", reverse(url))
        of_role.get(f"{name} explorer", reverse("wagtailadmin_explore", args=[content["parent_page_id"]]))
        of_role.get(f"{name} editor", reverse("wagtailadmin_pages:edit", args=[content["page_id"]]))
    signed_out = Walk(Client())
    signed_out.found = walk.found
    for url in ("wagtailadmin_login", "wagtailadmin_password_reset", "wagtailadmin_password_reset_done"):
        assert signed_out.get(url, reverse(url)) == 200
    signed_out.client.post(reverse("wagtailadmin_password_reset"), {"email": "an@example.vn"})
    for letter in mail.outbox:
        walk.look("thư", f"<p>{letter.subject}</p><pre>{letter.body}</pre>")

    assert walk.found == {}
    assert unopened == []
    assert {"Đặt lại mật khẩu"} < {letter.subject for letter in mail.outbox}


def bulk_actions(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    bulk_action_registry.get_bulk_actions_for_model("wagtailcore", "page")  # which finds them all
    for app, models in bulk_action_registry.actions.items():
        for model, actions in models.items():
            first = apps.get_model(app, model)._default_manager.order_by("-pk").first()
            for action in actions if first else ():
                url = reverse("wagtail_bulk_action", args=[app, model, action])
                yield f"{model} · {action}", f"{url}?id={first.pk}"
