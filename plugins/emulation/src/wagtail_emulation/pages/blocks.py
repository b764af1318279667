"""The blocks of an emulation page's body."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link"]


class FigureBlock(blocks.StructBlock):
    """An image with its alternative text, a caption and a credit."""

    image = ImageBlock(label=_("Ảnh"))
    caption = blocks.CharBlock(
        required=False,
        max_length=300,
        label=_("Chú thích"),
        help_text=_("Ai, làm gì, ở đâu. Hiển thị ngay dưới ảnh."),
    )
    credit = blocks.CharBlock(
        required=False,
        max_length=120,
        label=_("Nguồn ảnh"),
        help_text=_("Người chụp hoặc cơ quan cung cấp ảnh."),
    )

    class Meta:
        icon = "image"
        label = _("Ảnh có chú thích")
        template = "wagtail_emulation/blocks/figure.html"


class QuoteBlock(blocks.StructBlock):
    """A quotation and its speaker."""

    text = blocks.TextBlock(label=_("Lời trích"), rows=3)
    attribution = blocks.CharBlock(
        required=False, max_length=120, label=_("Người phát biểu"), help_text=_("Họ và tên.")
    )
    position = blocks.CharBlock(
        required=False, max_length=160, label=_("Chức vụ"), help_text=_("Chức vụ và cơ quan, nếu có.")
    )

    class Meta:
        icon = "openquote"
        label = _("Trích dẫn")
        template = "wagtail_emulation/blocks/quote.html"


class BodyBlock(blocks.StreamBlock):
    heading = blocks.CharBlock(
        max_length=200,
        icon="title",
        label=_("Tiêu đề mục"),
        form_classname="title",
        template="wagtail_emulation/blocks/heading.html",
    )
    text = blocks.RichTextBlock(
        features=TEXT_FEATURES,
        icon="pilcrow",
        label=_("Đoạn văn"),
        template="wagtail_emulation/blocks/text.html",
    )
    figure = FigureBlock()
    quote = QuoteBlock()
