"""Withheld names: pages, search, the API and the editor's form ask here and nowhere else.

A person may ask not to be named (personal data law 91/2025/QH15). Only the editor sees a withheld name, if it is stored
at all; nothing that is shown, indexed or served has it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_emulation.validation import fold_name


def public_name(name: str, *, name_withheld: bool) -> str:
    """The name that may be shown."""
    return _("(không công bố tên)") if name_withheld else name


def searchable_name(name: str, *, name_withheld: bool) -> str:
    """The name that search may index; "" for a withheld one."""
    return "" if name_withheld else name


def public_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without its name if that is withheld."""
    return {field: value for field, value in row.items() if field != "name" or not row.get("name_withheld")}


def check_withholding(*, is_individual: bool, name_withheld: bool) -> None:
    """Refuse to withhold the name of a collective: it is no personal data."""
    if name_withheld and not is_individual:
        message = _("Chỉ tên cá nhân mới được giữ kín. Hãy bỏ đánh dấu ô này, hoặc đổi đối tượng thành “Cá nhân”.")
        raise ValidationError({"name_withheld": ValidationError(message, code="collective_withheld")})


def check_named(*, name: str, name_withheld: bool) -> None:
    """Refuse a recipient who has no name and does not withhold one."""
    if not name.strip() and not name_withheld:
        message = _("Hãy nhập tên, hoặc đánh dấu “Không công bố tên” nếu là cá nhân không muốn nêu tên.")
        raise ValidationError({"name": ValidationError(message, code="nameless")})


def check_untold(row: Mapping[str, Any], texts: Iterable[tuple[str, str]]) -> None:
    """Refuse a withheld name that is in one of the (place, text) pairs; the message lists the places."""
    name = str(row.get("name") or "") if row.get("name_withheld") else ""
    if places := find_mentions(name, texts):
        message = _(
            "Tên này không được công bố nhưng còn xuất hiện ở: %(places)s. "
            "Hãy xóa tên ở đó, hoặc bỏ đánh dấu “Không công bố tên”."
        )
        raise ValidationError(message, code="name_told", params={"places": ", ".join(places)})


def find_mentions(name: str, texts: Iterable[tuple[str, str]]) -> list[str]:
    """The places whose text has the name as whole words, each once and in order.

    A single word is too common to be taken for a name.
    """
    wanted = fold_name(name)
    if " " not in wanted:
        return []
    pattern = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    return list(dict.fromkeys(place for place, text in texts if pattern.search(fold_name(text))))
