"""The blocks of a body, the same in every page type of the portal."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock
from wagtail.images.models import AbstractImage

PARAGRAPH_FEATURES = ["bold", "italic", "link", "ol", "ul", "document-link"]


class FigureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Ảnh"))
    caption = blocks.CharBlock(label=_("Chú thích"), required=False, max_length=255)
    credit = blocks.CharBlock(
        label=_("Nguồn ảnh"), required=False, max_length=120, help_text=_("Người chụp hoặc nơi cung cấp ảnh.")
    )

    class Meta:
        label = _("Ảnh có chú thích")
        icon = "image"
        template = "core/blocks/figure.html"


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Trích dẫn"))
    source = blocks.CharBlock(label=_("Người nói, nguồn"), required=False, max_length=160)

    class Meta:
        label = _("Trích dẫn")
        icon = "openquote"
        template = "core/blocks/quote.html"


class BodyBlock(blocks.StreamBlock):
    heading = blocks.CharBlock(
        label=_("Tiêu đề mục"), icon="title", max_length=160, template="core/blocks/heading.html"
    )
    paragraph = blocks.RichTextBlock(label=_("Đoạn văn"), icon="pilcrow", features=PARAGRAPH_FEATURES)
    figure = FigureBlock()
    quote = QuoteBlock()


def images_of(body: blocks.StreamValue) -> list[AbstractImage | None]:
    """The images of a body, None for one that was deleted."""
    return [block.value["image"] for block in body if block.block_type == "figure"]
