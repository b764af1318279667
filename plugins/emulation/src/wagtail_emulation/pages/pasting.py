"""Cells that are copied in Excel and pasted as rows: which columns there are, and the Vietnamese words for them.

`static/wagtail_emulation/inline-rows.js` fills the rows; it compares words without diacritics, case and punctuation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from wagtail_emulation.kinds import RecipientKind, SignatoryKind

Words = Mapping[str, Sequence[str | Promise]]


@dataclass(frozen=True)
class Column:
    """A field that cells can fill.

    ``headings``: what its first cell may say beside the label, which is known in Vietnamese too, in any admin.
    ``words``: of a field with a closed list, the words for each value; a column of them is known wherever it stands.
    """

    field: str
    label: str | Promise
    headings: Sequence[str] = ()
    words: Words | None = None

    def as_data(self) -> dict[str, Any]:
        words = {value: [str(word) for word in words] for value, words in self.words.items()} if self.words else None
        with override("vi"):
            in_vietnamese = str(self.label)
        headings = list(dict.fromkeys([str(self.label), in_vietnamese, *self.headings]))
        return {"field": self.field, "label": str(self.label), "headings": headings, "words": words}


SIGNATORY_COLUMNS = (
    Column(
        "name", _("Tên phòng, đơn vị, tổ chức"), ("Phòng, đơn vị, tổ chức", "Tên", "Tên đơn vị", "Đơn vị", "Bên ký")
    ),
    Column("represented_by", _("Người đại diện ký"), ("Người đại diện", "Đại diện", "Người ký", "Họ tên, chức vụ")),
    Column(
        "kind",
        _("Loại"),
        ("Loại bên ký", "Loại đơn vị"),
        {
            SignatoryKind.DIVISION.value: (SignatoryKind.DIVISION.label, "Phòng", "Phòng chuyên môn", "Phòng ban"),
            SignatoryKind.UNIT.value: (SignatoryKind.UNIT.label, "Đơn vị trực thuộc", "Đơn vị", "Trực thuộc"),
            SignatoryKind.MASS_ORGANISATION.value: (
                SignatoryKind.MASS_ORGANISATION.label,
                "Tổ chức đoàn thể",
                "Đoàn thể",
                "Tổ chức",
            ),
        },
    ),
)

COMMENDATION_COLUMNS = (
    Column(
        "name", _("Tên tập thể, cá nhân"), ("Tên", "Họ tên", "Họ và tên", "Tập thể, cá nhân", "Tên cá nhân, tập thể")
    ),
    Column("unit", _("Đơn vị"), ("Đơn vị công tác", "Phòng, đơn vị", "Cơ quan")),
    Column(
        "award",
        _("Danh hiệu, hình thức khen thưởng"),
        ("Danh hiệu", "Hình thức khen thưởng", "Danh hiệu hoặc hình thức khen thưởng", "Khen thưởng"),
    ),
    Column("decision_number", _("Số quyết định"), ("Quyết định", "Số QĐ", "Quyết định số")),
    Column(
        "recipient_kind",
        _("Đối tượng"),
        ("Loại", "Tập thể hay cá nhân"),
        {
            RecipientKind.COLLECTIVE.value: (RecipientKind.COLLECTIVE.label, "Tập thể", "TT"),
            RecipientKind.INDIVIDUAL.value: (RecipientKind.INDIVIDUAL.label, "Cá nhân", "CN"),
        },
    ),
    Column(
        "name_withheld",
        _("Không công bố tên"),
        ("Giữ kín tên", "Không nêu tên"),
        {"true": ("x", "✓", "Có", "Không công bố", "Không công bố tên"), "false": ("Không", "Công bố")},
    ),
)


def say_columns(columns: Sequence[Column]) -> str:
    """The order of the columns, for the editor."""
    placed = ", ".join(str(column.label) for column in columns if not column.words)
    free = ", ".join(str(column.label) for column in columns if column.words)
    return gettext(
        "Sao chép các ô trong Excel rồi dán (Ctrl+V) vào đây. Thứ tự cột: %(placed)s. "
        "Các cột sau đứng đâu cũng được nhận ra: %(free)s. Nếu có dòng tiêu đề thì thứ tự nào cũng được; "
        "cột số thứ tự được bỏ qua."
    ) % {"placed": placed, "free": free}


def texts_of_pasting() -> dict[str, Any]:
    """What the script says, with named placeholders, and how a column of numbers is headed."""
    return {
        "filled": gettext("Đã điền %(count)d dòng. Hãy xem lại trước khi lưu."),
        "nothing": gettext("Không thấy dòng nào trong đoạn đã dán. Hãy sao chép các ô trong Excel rồi dán lại."),
        "full": gettext("Còn %(count)d dòng chưa điền vì danh sách đã đủ số dòng cho phép."),
        "unused": gettext("Cột “%(heading)s” không dùng đến."),
        "above": gettext("Bỏ qua %(count)d dòng đứng trên dòng tiêu đề."),
        "extra": gettext("Dòng %(number)d: thừa ô “%(cell)s”."),
        "unknown": gettext("Dòng %(number)d, cột %(column)s: không hiểu “%(cell)s”, đang để “%(shown)s”."),
        "unknownFlag": gettext("Dòng %(number)d, cột %(column)s: không hiểu “%(cell)s”, đang bỏ trống."),
        "missing": gettext("Không thấy cột %(column)s: các dòng đang để “%(shown)s”."),
        "numbering": ["STT", "TT", "Số thứ tự", "Số TT"],
    }
