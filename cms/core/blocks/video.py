"""A film, as a picture that is a link. Nothing comes from its site before a reader asks for it.

With ``NHIP_EMBEDS`` naming the film's site, a click on the picture puts that site's player in its place; otherwise, and
without script, the link leads there.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from cms.core.blocks.pictures import PICTURES, some_image
from cms.core.embeds import player_of


class VideoBlock(blocks.StructBlock):
    url = blocks.URLBlock(
        label=_("Địa chỉ phim"), help_text=_("Ví dụ https://www.youtube.com/watch?v=… hoặc trang đăng phim.")
    )
    title = blocks.CharBlock(label=_("Phim nói về"), max_length=160)
    poster = ImageChooserBlock(
        label=_("Ảnh bìa"), required=False, help_text=_("Từ thư viện ảnh; ảnh bìa không lấy từ trang đăng phim.")
    )
    length = blocks.CharBlock(label=_("Thời lượng"), required=False, max_length=20, help_text=_("Ví dụ 3 phút 20."))
    summary = blocks.TextBlock(
        label=_("Nội dung phim bằng lời"),
        required=False,
        rows=3,
        help_text=_("Cho người không xem hoặc không nghe được."),
    )

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["player"] = player_of(value["url"] or "", settings.EMBEDS)
        return context

    def get_preview_value(self) -> Any:
        return self.normalize(
            {"url": "https://www.youtube.com/watch?v=…", "title": "Phiên chợ hàng Việt", "poster": some_image()}
        )

    class Meta:
        label = _("Phim")
        description = _("Ảnh bìa của một phim; phim chỉ tải khi người đọc bấm.")
        icon = "media"
        group = PICTURES
        template = "core/blocks/video.html"
