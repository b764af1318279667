"""What the settings of the department consist of: entries of the menu, columns of the footer, partners, accounts."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

MOST_ENTRIES, MOST_BELOW = 12, 12
MOST_COLUMNS, MOST_LINKS = 3, 8
MOST_PARTNERS, MOST_ACCOUNTS = 12, 8

validate_web_address = URLValidator(schemes=("https", "http"))


class WebAddressBlock(blocks.CharBlock):
    """An address on the web, typed whole; no other scheme leads anywhere."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, max_length=500, validators=[validate_web_address])


class LinkBlock(blocks.StructBlock):
    """To a page of the site or to an address elsewhere, one of both."""

    page = blocks.PageChooserBlock(label=_("Trang"), required=False)
    url = WebAddressBlock(
        label=_("hoặc địa chỉ ngoài"), required=False, help_text=_("Bắt đầu bằng https://, ví dụ https://chinhphu.vn.")
    )
    label = blocks.CharBlock(
        label=_("Chữ hiển thị"), required=False, max_length=60, help_text=_("Để trống thì lấy tên trang.")
    )

    class Meta:
        label = _("Liên kết")
        icon = "link"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        faults = {}
        if bool(cleaned["page"]) == bool(cleaned["url"]):
            faults["page"] = ValidationError(_("Chọn một trang, hoặc ghi một địa chỉ ngoài; không cả hai."))
        elif cleaned["url"] and not cleaned["label"]:
            faults["label"] = ValidationError(_("Địa chỉ ngoài cần có chữ hiển thị."))
        if faults:
            raise blocks.StructBlockValidationError(block_errors=faults)
        return cleaned


class MenuEntryBlock(LinkBlock):
    below = blocks.ListBlock(
        LinkBlock(), label=_("Mục con"), required=False, default=[], min_num=0, max_num=MOST_BELOW, collapsed=True
    )

    class Meta:
        label = _("Mục")
        icon = "bars"
        label_format = "{label} {page}"


class FooterColumnBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Tiêu đề cột"), max_length=60)
    links = blocks.ListBlock(LinkBlock(), label=_("Liên kết"), min_num=1, max_num=MOST_LINKS)

    class Meta:
        label = _("Cột")
        icon = "list-ul"


class PartnerBlock(blocks.StructBlock):
    name = blocks.CharBlock(label=_("Tên"), max_length=80)
    url = WebAddressBlock(label=_("Địa chỉ"))
    logo = ImageChooserBlock(
        label=_("Biểu trưng"), required=False, help_text=_("Ảnh nền trong suốt hoặc nền trắng; để trống thì hiện tên.")
    )

    class Meta:
        label = _("Liên kết")
        icon = "site"


class Account(blocks.StructValue):
    @property
    def network_name(self) -> str:
        return dict(AccountBlock.NETWORKS)[self["network"]]


class AccountBlock(blocks.StructBlock):
    """An account of the department in a social network."""

    NETWORKS = (
        ("facebook", "Facebook"),
        ("zalo", "Zalo"),
        ("youtube", "YouTube"),
        ("tiktok", "TikTok"),
        ("x", "X"),
        ("linkedin", "LinkedIn"),
        ("instagram", "Instagram"),
        ("telegram", "Telegram"),
    )

    network = blocks.ChoiceBlock(label=_("Mạng"), choices=NETWORKS)
    url = WebAddressBlock(label=_("Địa chỉ"))

    class Meta:
        label = _("Tài khoản")
        icon = "group"
        value_class = Account
