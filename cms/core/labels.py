"""Labels that Wagtail leaves to the names of its fields and blocks, which are English."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

SITES = {"port": _("Cổng mạng"), "site_name": _("Tên trang web"), "root_page": _("Trang gốc")}


def name_the_unnamed() -> None:
    """Changes Wagtail's own forms and the blocks of every model; once, when all apps are loaded."""
    from wagtail.admin.forms import choosers, workflows  # noqa: PLC0415
    from wagtail.fields import StreamField  # noqa: PLC0415
    from wagtail.sites import views as sites  # noqa: PLC0415
    from wagtail.users import forms as users  # noqa: PLC0415
    from wagtail.users.views.bulk_actions import assign_role  # noqa: PLC0415

    for form in (
        choosers.ExternalLinkChooserForm,
        choosers.AnchorLinkChooserForm,
        choosers.EmailLinkChooserForm,
        choosers.PhoneLinkChooserForm,
    ):
        form.base_fields["link_text"].label = _("Chữ của liên kết")
    mail = choosers.EmailLinkChooserForm.base_fields
    mail["email_address"].label = _("Địa chỉ thư điện tử")
    mail["subject"].label = _("Tiêu đề thư")
    mail["body"].label = _("Nội dung thư")
    choosers.PhoneLinkChooserForm.base_fields["phone_number"].label = _("Số điện thoại")
    for form in (workflows.WorkflowPageForm, users.PagePermissionsForm):
        form.base_fields["page"].label = _("Trang")
    assign_role.RoleForm.base_fields["role"].label = _("Vai trò")
    for column in sites.IndexView.columns:
        column.label = SITES.get(column.name, column.label)
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, StreamField):
                _name_pictures(field.stream_block)


def _name_pictures(block: Any) -> None:
    from wagtail.images.blocks import ImageBlock  # noqa: PLC0415

    if isinstance(block, ImageBlock):
        block.child_blocks["image"].label = _("Ảnh")
    else:
        inner = [*getattr(block, "child_blocks", {}).values(), getattr(block, "child_block", None)]
        for child in filter(None, inner):
            _name_pictures(child)
