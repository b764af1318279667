"""Files to take home, with what they are and how large."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock

from cms.core.blocks.tables import TABLES

MOST_FILES = 50


class AttachmentBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("Tệp"))
    title = blocks.CharBlock(
        label=_("Tên hiển thị"),
        required=False,
        max_length=255,
        help_text=_("Ví dụ: Quyết định số 08/QĐ-SCT ngày 05/01/2026. Để trống thì lấy tên trong thư viện."),
    )

    class Meta:
        label = _("Tệp")
        icon = "doc-full"
        label_format = "{title}"


class AttachmentsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Tiêu đề"), required=False, max_length=120, default=_("Tệp đính kèm"))
    files = blocks.ListBlock(AttachmentBlock(), label=_("Các tệp"), min_num=1, max_num=MOST_FILES)

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["files"] = [
            {
                "url": row["document"].url,
                "title": row["title"] or row["document"].title,
                "kind": row["document"].file_extension.upper(),
                "size": row["document"].file_size,
            }
            for row in value["files"]
            if row["document"]  # None for one that was deleted
        ]
        return context

    def get_preview_value(self) -> Any:
        return self.normalize(
            {"heading": "Tệp đính kèm", "files": [{"document": some_document(), "title": "Kế hoạch số 12/KH-SCT"}]}
        )

    class Meta:
        label = _("Tệp đính kèm, văn bản")
        description = _("Các tệp để tải về, kèm loại tệp và dung lượng.")
        icon = "doc-full"
        group = TABLES
        template = "core/blocks/attachments.html"


def some_document() -> Any | None:
    return get_document_model().objects.order_by("-pk").first()
