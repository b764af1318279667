"""Pictures in a body: one with its caption, or several side by side. Each says what it shows."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageBlock

from cms.core.pictures.words import is_name_of_a_file

PICTURES = _("Ảnh, phim")
MOST_IN_A_GALLERY = 24


class DescribedImageBlock(ImageBlock):
    """Wagtail's image with alternative text, which no file's name passes for. A draft may lack the text."""

    def __init__(self, required: bool = True, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        self._say("image", label=_("Ảnh"))
        self._say("decorative", label=_("Ảnh chỉ để trang trí"))
        self._say(
            "alt_text",
            label=_("Ảnh cho thấy gì"),
            help_text=_("Một câu cho người không nhìn thấy ảnh: ai, làm gì, ở đâu. Bắt buộc khi xuất bản."),
        )

    def _say(self, name: str, *, label: Any, help_text: Any = "") -> None:
        child = self.child_blocks[name]
        child.label = label
        child.field.label = label
        if help_text:
            child.field.help_text = help_text

    def clean(self, value: Any) -> Any:
        if not value or value.decorative or self.is_deferred_validation:
            return super().clean(value)
        if not (value.contextual_alt_text or "").strip():
            raise _refused(_("Hãy viết ảnh cho thấy gì, hoặc đánh dấu ảnh chỉ để trang trí."))
        if is_name_of_a_file(value.contextual_alt_text, value):
            raise _refused(_("Đây là tên tệp, không phải lời mô tả. Hãy viết ảnh cho thấy gì."))
        return super().clean(value)


def _refused(words: Any) -> StructBlockValidationError:
    return StructBlockValidationError(block_errors={"alt_text": ValidationError(words)})


class FigureBlock(blocks.StructBlock):
    image = DescribedImageBlock(label=_("Ảnh"))
    caption = blocks.CharBlock(label=_("Chú thích"), required=False, max_length=255)
    credit = blocks.CharBlock(
        label=_("Nguồn ảnh"), required=False, max_length=120, help_text=_("Người chụp hoặc nơi cung cấp ảnh.")
    )

    def get_preview_value(self) -> Any:
        return self.normalize({"image": some_image(), "caption": "Khách mua hàng tại phiên chợ.", "credit": "Sở"})

    class Meta:
        label = _("Ảnh có chú thích")
        description = _("Một ảnh lớn, với chú thích và nguồn.")
        icon = "image"
        group = PICTURES
        template = "core/blocks/figure.html"


class GalleryPictureBlock(blocks.StructBlock):
    image = DescribedImageBlock(label=_("Ảnh"))
    caption = blocks.CharBlock(label=_("Chú thích"), required=False, max_length=255)

    class Meta:
        label = _("Ảnh")
        icon = "image"
        label_format = "{caption}"


class GalleryBlock(blocks.StructBlock):
    pictures = blocks.ListBlock(GalleryPictureBlock(), label=_("Các ảnh"), min_num=2, max_num=MOST_IN_A_GALLERY)
    caption = blocks.CharBlock(label=_("Chú thích chung"), required=False, max_length=255)
    credit = blocks.CharBlock(label=_("Nguồn ảnh"), required=False, max_length=120)

    def get_preview_value(self) -> Any:
        pictures = [{"image": some_image(), "caption": caption} for caption in ("Khai mạc", "Gian hàng", "Bế mạc")]
        return self.normalize({"pictures": pictures, "caption": "Phiên chợ hàng Việt", "credit": "Sở"})

    class Meta:
        label = _("Bộ ảnh")
        description = _("Nhiều ảnh của một sự kiện, xếp cạnh nhau.")
        icon = "grid"
        group = PICTURES
        template = "core/blocks/gallery.html"


def some_image() -> Any | None:
    """The newest of the library, for previews of blocks."""
    image = get_image_model().objects.order_by("-pk").first()
    if image is not None:
        image.contextual_alt_text, image.decorative = "", True
    return image
