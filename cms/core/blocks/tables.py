"""A table: a caption, typed columns with headings that may be merged, and a paste from Word and Excel.

Headings that begin alike are one above their columns: ``Kinh phí | Năm 2025`` beside ``Kinh phí | Năm 2026`` makes
*Kinh phí* a heading of two columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.telepath import register
from wagtail.contrib.typed_table_block.blocks import (
    TypedTable,
    TypedTableBlock,
    TypedTableBlockAdapter,
    TypedTableBlockValidationError,
)

SCRIPT = "core/js/blocks.js"
MOST_COLUMNS = 30
MOST_ROWS = 500
TABLES = _("Bảng, tệp")


class NumberField(forms.DecimalField):
    """Takes numbers as people here write them, ``1.234,5``, and as spreadsheets do, ``1234.5``."""

    default_error_messages = {"invalid": _("Hãy nhập một số, ví dụ 1.234,5; hoặc dùng cột chữ.")}
    widget = forms.TextInput

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        if value in self.empty_values:
            return None
        number = value if isinstance(value, Decimal) else read_number(str(value))
        if number is None or not number.is_finite():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number


_GROUPS = re.compile(r"[+-]?\d{1,3}(?:([.\s'])\d{3})(?:\1\d{3})*(?:,\d+)?")
_COMMAS = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?")
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
LONGEST_NUMBER = 40


def read_number(text: str) -> Decimal | None:
    """``1.234.567``, ``1 234,5``, ``1234.5`` and ``1,234,567`` are numbers; None for what is none."""
    text = re.sub(r"[\s\u00a0\u202f]+", " ", text).strip().replace("−", "-")
    if len(text) > LONGEST_NUMBER:
        return None
    if _GROUPS.fullmatch(text):
        text = re.sub(r"[.\s']", "", text).replace(",", ".")
    elif _COMMAS.fullmatch(text):
        text = text.replace(",", "")
    elif _PLAIN.fullmatch(text):
        text = text.replace(",", ".")
    else:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def write_number(number: Decimal | None) -> str:
    """As a form shows it, with a comma and without groups: what ``read_number`` takes for the same number."""
    return "" if number is None else f"{number:f}".replace(".", ",")


class NumberBlock(blocks.DecimalBlock):
    def __init__(self, required: bool = True, help_text: Any = None, **kwargs: Any) -> None:
        super().__init__(required=required, help_text=help_text, **kwargs)
        self.field = NumberField(required=required, help_text=help_text)

    def value_for_form(self, value: Any) -> Any:
        return write_number(value) if isinstance(value, Decimal) else value

    class Meta:
        icon = "decimal"


@dataclass(frozen=True)
class HeadCell:
    text: str
    columns: int
    rows: int
    is_group: bool


def head_of(headings: Sequence[str]) -> list[list[HeadCell]]:
    """The rows of a table's head; none if no column has a heading."""
    paths = [[part.strip() for part in heading.split("|")] for heading in headings]
    if not any(part for path in paths for part in path):
        return []
    depth = max(len(path) for path in paths)
    rows = []
    for level in range(depth):
        cells = []
        columns = [(index, path) for index, path in enumerate(paths) if len(path) > level]
        for key, group in groupby(columns, key=lambda column: _group_at(level, *column)):
            width = len(list(group))
            is_group = key[0] == "group"
            cells.append(HeadCell(key[2][-1], width, 1 if is_group else depth - level, is_group=is_group))
        rows.append(cells)
    return rows


def _group_at(level: int, index: int, path: list[str]) -> tuple[str, int, tuple[str, ...]]:
    """Equal for neighbours under one heading. A column's own heading, the last of its path, is its alone."""
    is_group = len(path) > level + 1
    return ("group" if is_group else "own", 0 if is_group else index, tuple(path[: level + 1]))


class TableCellsBlock(TypedTableBlock):
    """Wagtail's table of typed columns, with a caption that is needed to publish, and a script that takes pastes."""

    text = blocks.TextBlock(label=_("Chữ"), required=False, rows=1)
    number = NumberBlock(label=_("Số"), required=False)
    date = blocks.DateBlock(label=_("Ngày"), required=False)

    def value_from_datadict(self, data: Any, files: Any, prefix: str) -> TypedTable:
        """Raises ValidationError, not KeyError, for a form that was tampered with."""
        try:
            return super().value_from_datadict(data, files, prefix)
        except (KeyError, ValueError):
            return self.normalize(None)

    def clean(self, value: TypedTable) -> TypedTable:
        table = super().clean(value)
        wrong: list[Any] = []
        if len(table.columns) > MOST_COLUMNS or len(table.row_data) > MOST_ROWS:
            most = {"columns": MOST_COLUMNS, "rows": MOST_ROWS}
            wrong.append(_("Bảng quá lớn: tối đa %(columns)d cột và %(rows)d hàng. Hãy đính kèm tệp Excel.") % most)
        if not self.is_deferred_validation:
            if not table.caption.strip():
                wrong.append(_("Hãy đặt tên bảng, ví dụ: Bảng 1. Số phiên chợ theo huyện."))
            if not table.columns or not table.row_data:
                wrong.append(_("Bảng chưa có hàng, cột nào. Hãy thêm, hoặc xóa khối này."))
        if wrong:
            raise TypedTableBlockValidationError(non_block_errors=wrong)
        return table


class TableCellsAdapter(TypedTableBlockAdapter):
    js_constructor = "cms.core.blocks.TableCellsBlock"

    def js_args(self, block: TableCellsBlock) -> list[Any]:
        arguments: list[Any] = super().js_args(block)
        arguments[-1]["strings"] = {
            "CAPTION": _("Tên bảng"),
            "CAPTION_HELP_TEXT": _(
                "Bắt buộc khi xuất bản. Sao chép một bảng trong Word hoặc Excel rồi dán vào đây để lấy cả bảng."
            ),
            "ADD_COLUMN": _("Thêm cột"),
            "ADD_ROW": _("Thêm hàng"),
            "COLUMN_HEADING": _("Tiêu đề cột"),
            "INSERT_COLUMN": _("Chèn cột"),
            "DELETE_COLUMN": _("Xóa cột"),
            "INSERT_ROW": _("Chèn hàng"),
            "DELETE_ROW": _("Xóa hàng"),
        }
        return arguments

    @cached_property
    def media(self) -> forms.Media:
        return forms.Media(css=super().media._css, js=[*super().media._js, SCRIPT])


register(TableCellsAdapter(), TableCellsBlock)


class TableBlock(blocks.StructBlock):
    table = TableCellsBlock(
        label=_("Bảng"),
        help_text=_(
            "Gộp ô tiêu đề: viết “Kinh phí | Năm 2025” và “Kinh phí | Năm 2026” ở hai cột cạnh nhau. "
            "Cột số viết 1.234,5."
        ),
    )
    first_column_is_header = blocks.BooleanBlock(label=_("Cột đầu là tiêu đề của hàng"), required=False, default=True)
    source = blocks.CharBlock(label=_("Nguồn, ghi chú"), required=False, max_length=255)

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        table = value["table"]
        context["head"] = head_of([column["heading"] for column in table.columns]) if table else []
        context["rows"] = [_cells(row) for row in table.rows] if table else []
        return context

    class Meta:
        label = _("Bảng")
        description = _("Bảng số liệu, nhập tay hoặc dán từ Word, Excel. Cuộn ngang trên điện thoại.")
        icon = "table"
        group = TABLES
        template = "core/blocks/table.html"
        preview_value = {
            "table": {
                "caption": "Bảng 1. Số phiên chợ theo huyện",
                "columns": [
                    {"type": "text", "heading": "Huyện"},
                    {"type": "number", "heading": "Số phiên | Kế hoạch"},
                    {"type": "number", "heading": "Số phiên | Đã mở"},
                ],
                "rows": [{"values": ["Vĩnh Bảo", "1250", "5"]}, {"values": ["Tiên Lãng", "7", "6.5"]}],
            },
            "first_column_is_header": True,
            "source": "Nguồn: Phòng Quản lý thương mại",
        }


def _cells(row: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"kind": cell.block.name, "value": cell.value} for cell in row]
