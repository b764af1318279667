"""Who may do what: one row an action. The migration gives these rights, the tests try them, the manual shows them.

The rights are Wagtail's and Django's own, held by a group of the role's name, so that an administrator may change them
in the admin. A right that a role gets later needs a migration that calls ``making.give_rights`` with its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop as _


class Role(StrEnum):
    AUTHOR = "author"
    EDITOR = "editor"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    OPERATOR = "ops"


NAMES = {
    Role.AUTHOR: "Tác giả",
    Role.EDITOR: "Biên tập viên",
    Role.LEADER: "Lãnh đạo",
    Role.ADMINISTRATOR: "Quản trị viên",
    Role.OPERATOR: "Vận hành",
}
WORKFLOW = "Duyệt tin bài"
EDITING, APPROVING = "Biên tập", "Lãnh đạo duyệt"
STAGES = {EDITING: Role.EDITOR, APPROVING: Role.LEADER}  # in their order


@dataclass(frozen=True)
class Action:
    """``pages``: rights on every page; ``collections``: in every collection; ``permissions``: everywhere."""

    words: str
    roles: frozenset[Role]
    pages: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    stage: str = ""


def _crud(model: str, *doing: str) -> tuple[str, ...]:
    app, name = model.split(".")
    return tuple(f"{app}.{one}_{name}" for one in doing or ("add", "change", "delete"))


_A, _E, _L, _Q, _O = Role
_EVERYBODY = frozenset(Role)
_WRITERS = _EVERYBODY - {_O}
_DESK = _WRITERS - {_A}
_PUBLISHERS = frozenset({_L, _Q})
_ADMINISTRATORS = frozenset({_Q})
_MACHINE = frozenset({_Q, _O})
_COMMUNICATIONS = frozenset({_E, _Q})

ACTIONS = {
    "enter": Action(_("Vào trang quản trị"), _EVERYBODY, permissions=("wagtailadmin.access_admin",)),
    "add": Action(_("Viết bài, tạo trang"), _WRITERS, pages=("add_page",)),
    "edit_own": Action(_("Sửa bài của mình"), _WRITERS, pages=("add_page",)),
    "submit": Action(_("Gửi duyệt"), _WRITERS, pages=("add_page",)),
    "edit_all": Action(_("Sửa mọi bài"), _DESK, pages=("change_page",)),
    "review": Action(_("Duyệt hoặc trả lại ở bước Biên tập"), frozenset({_E}), stage=EDITING),
    "approve": Action(_("Duyệt hoặc trả lại ở bước Lãnh đạo duyệt"), frozenset({_L}), stage=APPROVING),
    "publish": Action(_("Đăng bài"), _PUBLISHERS, pages=("publish_page",)),
    "unpublish": Action(_("Gỡ bài"), _PUBLISHERS, pages=("publish_page",)),
    "schedule": Action(_("Hẹn giờ đăng nhiều bài cùng lúc"), _PUBLISHERS, pages=("publish_page",)),
    "lock": Action(_("Khóa và mở khóa bài"), _DESK, pages=("lock_page", "unlock_page")),
    "delete": Action(_("Xóa trang cùng các trang con"), _ADMINISTRATORS, pages=("bulk_delete_page",)),
    "upload": Action(
        _("Tải ảnh, tài liệu lên; sửa tệp của mình"),
        _WRITERS,
        collections=(
            *_crud("wagtailimages.image", "add", "choose"),
            *_crud("wagtaildocs.document", "add", "choose"),
        ),
    ),
    "edit_files": Action(
        _("Sửa, xóa mọi ảnh và tài liệu"),
        _DESK,
        collections=("wagtailimages.change_image", "wagtaildocs.change_document"),
    ),
    "collections": Action(_("Quản lý bộ sưu tập"), _ADMINISTRATORS, collections=_crud("wagtailcore.collection")),
    "topics": Action(_("Quản lý chuyên mục"), _COMMUNICATIONS, permissions=_crud("news.topic")),
    "redirects": Action(
        _("Quản lý chuyển hướng địa chỉ"), _COMMUNICATIONS, permissions=_crud("wagtailredirects.redirect")
    ),
    "department": Action(_("Sửa thông tin cơ quan"), _ADMINISTRATORS, permissions=("core.change_departmentsettings",)),
    "workflows": Action(
        _("Sửa quy trình duyệt"),
        _ADMINISTRATORS,
        permissions=(
            *_crud("wagtailcore.workflow"),
            *_crud("wagtailcore.task"),
            *_crud("wagtailcore.groupapprovaltask"),
        ),
    ),
    "sites": Action(_("Sửa tên miền của cổng"), _ADMINISTRATORS, permissions=_crud("wagtailcore.site")),
    "users": Action(
        _("Quản lý tài khoản và vai trò"),
        _ADMINISTRATORS,
        permissions=(*_crud("auth.user"), *_crud("auth.group")),
    ),
    "audit": Action(_("Đọc nhật ký hệ thống"), _ADMINISTRATORS, permissions=("audit.view_entry",)),
    "sign_ins": Action(_("Xem nhật ký đăng nhập"), _MACHINE, permissions=("accounts.view_signin",)),
    "reports": Action(_("Xem mọi báo cáo truy cập"), _EVERYBODY - {_A}, permissions=("statistics.see_reports",)),
    "counting": Action(
        _("Sửa cài đặt thống kê và số đếm ban đầu"),
        _MACHINE,
        permissions=("statistics.change_statisticssettings", *_crud("statistics.openingbalance")),
    ),
    "tokens": Action(_("Tạo và thu hồi mã truy cập API"), _MACHINE, permissions=_crud("report_tokens.reporttoken")),
    "webhooks": Action(
        _("Quản lý nơi nhận tin (hệ thống khác)"), _ADMINISTRATORS, permissions=_crud("announcing.endpoint")
    ),
}


def actions_of(role: Role) -> list[str]:
    return [key for key, action in ACTIONS.items() if role in action.roles]
