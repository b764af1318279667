"""The form of a page with a picture of its own: to publish it, the picture must say what it shows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from cms.core.numbering import NumberedSlugForm
from cms.core.pictures.words import is_name_of_a_file

WORDS = _(
    "Ảnh này chưa có lời mô tả cho người không nhìn thấy ảnh. Hãy mở ảnh trong thư viện (nút ba chấm trên ảnh, "
    "“Sửa ảnh này”) và viết vào ô “Ảnh cho thấy gì”, rồi xuất bản lại."
)


class IllustratedPageForm(NumberedSlugForm):
    """A draft may lack the words. ``described``: the fields whose pictures readers who see nothing are told of."""

    described = ("image",)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if not self.is_deferred_validation:
            for name in self.described:
                image = cleaned.get(name)
                if image and (not image.description.strip() or is_name_of_a_file(image.description, image)):
                    self.add_error(name, WORDS)
        return cleaned
