"""The form of a picture's upload: every refusal in words, before the memory is taken that it is about.

First the suffix and the bytes, then the format and the pixels that the header tells, and at last whether a small
picture can be made of it: otherwise readers would meet a page without its picture.
"""

from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import FileField
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm
from willow.image import ImageFile

from cms.core.pictures.errors import PictureError, TooHeavy

TRIAL_WIDTH = 1440  # as wide as the widest picture of a page


class PictureField(WagtailImageField):
    """Wagtail's field for a picture, with limits that are kept before anything is read. Its words are Vietnamese."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        limits = {
            "formats": self.supported_formats_text,
            "size": filesizeformat(self.max_upload_size),
            "pixels": number_format(self.max_image_pixels // 1_000_000),
        }
        self.help_text = _("Định dạng: %(formats)s. Tối đa %(size)s và %(pixels)s triệu điểm ảnh.") % limits
        too_large = _("Tệp quá lớn: tối đa %(size)s.") % limits
        self.error_messages |= {
            "invalid_image": _(
                "Không đọc được ảnh này: tệp bị hỏng, chưa tải lên hết hoặc không phải là ảnh. "
                "Hãy mở ảnh, lưu lại rồi tải lên lần nữa."
            ),
            "invalid_image_extension": _("Định dạng này không dùng được. Hãy chọn ảnh %(formats)s.") % limits,
            "invalid_image_known_format": _("Đuôi tệp là .%(extension)s nhưng bên trong là ảnh %(image_format)s."),
            "file_too_large": too_large,
            "file_too_large_unknown_size": too_large,
            "file_too_many_pixels": _(
                "Ảnh có quá nhiều điểm ảnh: tối đa %(pixels)s triệu, ví dụ 10.000 × 8.000. "
                "Hãy thu nhỏ ảnh rồi tải lên lại."
            )
            % limits,
            "too_heavy": _(
                "Ảnh này cần quá nhiều bộ nhớ hoặc thời gian để xử lý. "
                "Hãy thu nhỏ ảnh hoặc lưu thành JPG rồi tải lên lại."
            ),
        }

    def to_python(self, data: Any) -> Any:
        upload = FileField.to_python(self, data)
        if upload is None:
            return None
        self.check_image_file_size(upload)
        self._check_suffix(upload.name or "")
        try:
            picture = super().to_python(data)
            _make_small(picture.image)
        except TooHeavy as error:
            raise ValidationError(self.error_messages["too_heavy"], code="too_heavy") from error
        except PictureError as error:
            raise ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error
        picture.seek(0)
        return picture

    def _check_suffix(self, name: str) -> None:
        """Wagtail asks for the suffix only after it has read a whole XML document as a drawing."""
        if name.rpartition(".")[2].lower() not in self.allowed_image_extensions:
            raise ValidationError(self.error_messages["invalid_image_extension"], code="invalid_image_extension")


def _make_small(image: ImageFile) -> None:
    width, height = image.get_size()
    scale = min(TRIAL_WIDTH / width, 1)
    image.resize((round(width * scale), max(round(height * scale), 1))).save_as_webp(BytesIO())


class PictureForm(BaseImageForm):
    """WAGTAILIMAGES_IMAGE_FORM_BASE: wherever Wagtail lets somebody upload a picture."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if wagtails := self.fields.get("file"):
            self.fields["file"] = PictureField(
                label=wagtails.label, required=wagtails.required, widget=wagtails.widget, initial=wagtails.initial
            )
        if description := self.fields.get("description"):
            description.label = _("Ảnh cho thấy gì")
            description.help_text = _(
                "Một câu cho người không nhìn thấy ảnh: ai, làm gì, ở đâu. Cần có trước khi xuất bản bài dùng ảnh này."
            )
