"""Words: paragraphs with lists, headings of two levels, quotes, callouts."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

# Paragraphs may have what a paste from a word processor means; headings and tables are blocks of their own.
PARAGRAPH_FEATURES = ["bold", "italic", "underline", "superscript", "subscript", "link", "ol", "ul", "document-link"]
WORDS = _("Chữ")

PREVIEW_TEXT = "<p>Sở tổ chức <b>12 phiên chợ</b> hàng Việt tại các huyện trong quý III.</p><ul><li>Vĩnh Bảo</li></ul>"


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Trích dẫn"), rows=3)
    source = blocks.CharBlock(label=_("Người nói, nguồn"), required=False, max_length=160)

    class Meta:
        label = _("Trích dẫn")
        description = _("Lời của một người hoặc một văn bản, đứng riêng.")
        icon = "openquote"
        group = WORDS
        template = "core/blocks/quote.html"
        preview_value = {"text": "Người dân là trung tâm của chuyển đổi số.", "source": "Giám đốc Sở"}


class CalloutBlock(blocks.StructBlock):
    """Kinds: what is good to know, what is to be done, what is dangerous to miss."""

    kind = blocks.ChoiceBlock(
        label=_("Loại"),
        choices=[("note", _("Thông tin")), ("todo", _("Việc cần làm")), ("warning", _("Lưu ý, cảnh báo"))],
        default="note",
    )
    title = blocks.CharBlock(label=_("Tiêu đề"), max_length=120)
    text = blocks.RichTextBlock(label=_("Nội dung"), features=["bold", "italic", "link", "ol", "ul", "document-link"])

    class Meta:
        label = _("Khung thông báo")
        description = _("Điều quan trọng mà người đọc lướt cũng phải thấy: hạn nộp, nơi tiếp nhận, cảnh báo.")
        icon = "info-circle"
        group = WORDS
        template = "core/blocks/callout.html"
        preview_value = {"kind": "todo", "title": "Hạn nộp hồ sơ", "text": "<p>Trước 17 giờ ngày 30/11/2026.</p>"}


def heading() -> blocks.CharBlock:
    return blocks.CharBlock(
        label=_("Tiêu đề mục"),
        icon="h2",
        group=WORDS,
        max_length=160,
        template="core/blocks/heading.html",
        description=_("Mở đầu một mục lớn của bài."),
        preview_value="I. Mục tiêu",
    )


def subheading() -> blocks.CharBlock:
    return blocks.CharBlock(
        label=_("Tiêu đề nhỏ"),
        icon="h3",
        group=WORDS,
        max_length=160,
        template="core/blocks/subheading.html",
        description=_("Chia nhỏ một mục; đứng dưới một tiêu đề mục."),
        preview_value="1. Mục tiêu chung",
    )


def paragraph() -> Any:
    return blocks.RichTextBlock(
        label=_("Đoạn văn, danh sách"),
        icon="pilcrow",
        group=WORDS,
        features=PARAGRAPH_FEATURES,
        description=_("Các đoạn văn và danh sách. Dán từ Word thì tiêu đề, bảng tự thành khối riêng."),
        preview_value=PREVIEW_TEXT,
    )
