"""Ways on: a button, and other pages of the site. Nobody is sent to a page that not everybody may see."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.models import Page

from cms.core.surroundings import surroundings_of

LINKS = _("Liên kết")
MOST_PAGES = 12


class ButtonBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Chữ trên nút"), max_length=60, help_text=_("Một việc: Nộp hồ sơ, Xem lịch."))
    page = blocks.PageChooserBlock(label=_("Trang của cổng"), required=False)
    url = blocks.URLBlock(label=_("hoặc địa chỉ khác"), required=False, help_text=_("Bắt đầu bằng https://"))
    document = DocumentChooserBlock(label=_("hoặc tệp"), required=False)

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        given = [name for name in ("page", "url", "document") if cleaned.get(name)]
        if len(given) > 1 or (not given and not self.is_deferred_validation):
            words = _("Hãy chọn đúng một nơi mà nút dẫn tới: trang, địa chỉ hoặc tệp.")
            raise StructBlockValidationError(
                block_errors={name: ValidationError(words) for name in given[1:] or ["page"]}
            )
        return cleaned

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        request = context.get("request")
        page, document = value.get("page"), value.get("document")
        if page:
            context["target"] = page.get_url(request) if is_public(page, request) else None
        else:
            context["target"] = document.url if document else value.get("url")
        return context

    class Meta:
        label = _("Nút bấm")
        description = _("Một việc mà người đọc làm tiếp. Mỗi bài nên có nhiều nhất một, hai nút.")
        icon = "link"
        group = LINKS
        template = "core/blocks/button.html"
        preview_value = {"text": "Nộp hồ sơ trực tuyến", "url": "https://example.vn/"}


class RelatedPagesBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Tiêu đề"), required=False, max_length=120, default=_("Xem thêm"))
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Trang")), label=_("Các trang"), min_num=1, max_num=MOST_PAGES
    )

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        request = context.get("request")
        chosen = [page for page in value["pages"] if page and is_public(page, request)]
        links = [{"title": page.title, "url": page.get_url(request)} for page in chosen]
        context["links"] = [link for link in links if link["url"]]
        return context

    def get_preview_value(self) -> Any:
        pages = list(Page.objects.filter(live=True, depth__gt=1)[:3])
        return self.normalize({"heading": "Xem thêm", "pages": pages})

    class Meta:
        label = _("Trang liên quan")
        description = _("Những trang khác của cổng mà người đọc bài này cần.")
        icon = "link-external"
        group = LINKS
        template = "core/blocks/related.html"


def is_public(page: Page, request: Any) -> bool:
    """Published, and in no private section."""
    around = surroundings_of(request) if request else None
    return bool(page.live) and not (around and page.path.startswith(around.private))
