"""What is pasted from Word, Google Docs, LibreOffice or Excel → blocks of a body, and words for what was left out.

Kept: headings, paragraphs, lists, tables, and within them bold, italic, underline, superscript, subscript and links. A
table's merged headings are kept too. Everything else is how a document looks, which is the site's matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.builder import HTMLTreeBuilder
from bs4.element import NavigableString, PreformattedString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.core.blocks.tables import MOST_COLUMNS, MOST_ROWS, read_number

LONGEST_PASTE = 4_000_000  # letters
DEEPEST = 100  # elements within each other
LONGEST_HEADING = 160
LONGEST_CELL = 5_000

BLOCKS = (HTMLTreeBuilder.DEFAULT_BLOCK_ELEMENTS | {"body", "center"}) - {"canvas", "noscript", "output", "video"}
SILENT = frozenset(["script", "style", "head", "title", "meta", "link", "template", "noscript", "xml", "o:p"])
MARKS = {"b": "b", "strong": "b", "i": "i", "em": "i", "cite": "i", "sup": "sup", "sub": "sub", "u": "u", "ins": "u"}
SCHEMES = ("http", "https", "mailto", "tel")
CAPTION = re.compile(r"(bảng|biểu|phụ lục|table)\s*(số\s*)?[\dIVX]*\b.{0,200}", re.IGNORECASE | re.DOTALL)
FOOTNOTE_SIGN = frozenset(["sdfootnotesym", "sdendnotesym"])  # LibreOffice's number before the text of a note
YEAR = re.compile(r"(19|20)\d\d")
DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
SUPERSCRIPTS = str.maketrans("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
SUBSCRIPTS = str.maketrans("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")


@dataclass(frozen=True)
class Pasted:
    """``blocks`` as a body keeps them, without ids; ``said``: what became of the rest, in words for the editor."""

    blocks: list[dict[str, Any]]
    said: list[str]


def take_apart(html: str) -> Pasted:
    """Raises ValueError for what is too long."""
    if len(html) > LONGEST_PASTE:
        raise ValueError(_("Đoạn dán quá dài. Hãy dán từng phần."))
    return Reader().read(html)


def take_table(html: str, text: str) -> Pasted:
    """The first table of a paste, or of lines with tabs, as the value of a table block's ``table``, if there is one."""
    if len(html) + len(text) > LONGEST_PASTE:
        raise ValueError(_("Đoạn dán quá dài. Hãy dán từng phần."))
    pasted = Reader().read(html) if "<table" in html.lower() else Pasted([], [])
    tables = [block["value"]["table"] for block in pasted.blocks if block["type"] == "table"]
    if tables:
        return Pasted([{"type": "table", "value": tables[0]}], pasted.said)
    grid = [[Cell(part.strip()) for part in line.split("\t")] for line in text.splitlines() if line.strip()]
    if grid and max(len(row) for row in grid) > 1:
        return Pasted([{"type": "table", "value": _table_of(grid, head=1)}], [])
    return Pasted([], pasted.said)


@dataclass
class Reader:
    blocks: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    _rich: list[str] = field(default_factory=list)  # of the paragraph that is being read
    _lists: list[str] = field(default_factory=list)  # the lists that are open in it, by their element

    def read(self, html: str) -> Pasted:
        start, end = html.find("<!--StartFragment-->"), html.rfind("<!--EndFragment-->")
        fragment = html[start if start >= 0 else 0 : end if end > start else len(html)]
        # Word's own conditions, such as <![if !supportLists]>, are no HTML.
        soup = BeautifulSoup(re.sub(r"<!\[[^\]>]*\]>", "", fragment), "html.parser")
        self._walk(soup, 0)
        self._end_paragraph()
        return Pasted(self.blocks, list(self._say()))

    def _walk(self, parent: Tag, depth: int) -> None:
        """Blocks within blocks, one after another. Loose text between them is a paragraph of its own."""
        loose: list[Any] = []
        for child in parent.children:
            if isinstance(child, Tag) and self._is_block(child, depth):
                self._paragraph(loose)
                loose = []
                self._block(child, depth)
            else:
                loose.append(child)
        self._paragraph(loose)

    def _is_block(self, node: Any, depth: int) -> bool:
        if not isinstance(node, Tag) or depth > DEEPEST:
            return False
        name = node.name
        if name in BLOCKS or name in ("ul", "ol", "table", "hr") or re.fullmatch(r"h[1-6]", name):
            return True
        return any(self._is_block(child, depth + 1) for child in node.children)  # Google Docs: all within <b>

    def _block(self, node: Tag, depth: int) -> None:
        name = node.name
        if re.fullmatch(r"h[1-6]", name):
            self._heading(node, int(name[1]))
        elif name in ("ul", "ol"):
            self._list(node, depth)
        elif name == "table":
            self._table(node)
        elif name in SILENT or name == "hr":
            pass
        elif any(self._is_block(child, depth) for child in node.children):
            self._walk(node, depth + 1)
        elif level := _heading_level(node):
            self._heading(node, level)
        elif kind := _take_marker(node):
            self._item(list(node.children), kind)
        else:
            self._look_at(node)
            self._paragraph(list(node.children))

    def _heading(self, node: Tag, level: int) -> None:
        for image in node.find_all("img"):
            self._image(image)
        words = _words(node)
        if not words:
            return
        self._end_paragraph()
        if len(words) > LONGEST_HEADING:
            self.left_out["long headings"] += 1
            self._rich.append(f"<p><b>{escape(words)}</b></p>")
        else:
            self.blocks.append({"type": "heading" if level <= 2 else "subheading", "value": words})

    def _paragraph(self, nodes: Sequence[Any]) -> None:
        html = self._inline(nodes)
        if html:
            self._close_lists()
            self._rich.append(f"<p>{html}</p>")

    def _list(self, node: Tag, depth: int) -> None:
        for item in node.children:
            if not isinstance(item, Tag):
                continue
            if item.name in ("ul", "ol"):
                self._list(item, depth + 1)
                continue
            inner = [child for child in item.children if not (isinstance(child, Tag) and child.name in ("ul", "ol"))]
            self._item(inner, node.name)
            for nested in item.find_all(("ul", "ol"), recursive=False):
                if depth < DEEPEST:
                    self.left_out["nested lists"] += 1
                    self._list(nested, depth + 1)

    def _item(self, nodes: Sequence[Any], kind: str) -> None:
        html = self._inline(nodes)
        if not html:
            return
        if self._lists != [kind]:
            self._close_lists()
            self._lists = [kind]
            self._rich.append(f"<{kind}>")
        self._rich.append(f"<li>{html}</li>")

    def _close_lists(self) -> None:
        self._rich.extend(f"</{kind}>" for kind in self._lists)
        self._lists = []

    def _end_paragraph(self) -> None:
        self._close_lists()
        if self._rich:
            self.blocks.append({"type": "paragraph", "value": "".join(self._rich)})
            self._rich = []

    def _table(self, node: Tag) -> None:
        for image in node.find_all("img"):
            self._image(image)
        grid, title, head, merged = _grid_of(node)
        if not grid:
            return
        if merged:
            self.left_out["merged cells"] += merged
        if len(grid[0]) == 1:  # a frame around text
            self.left_out["frames"] += 1
            for row in grid:
                if row[0].text:
                    self._close_lists()
                    self._rich.append(f"<p>{escape(row[0].text)}</p>")
            return
        if len(grid[0]) > MOST_COLUMNS or len(grid) > MOST_ROWS:
            self.left_out["large tables"] += 1
        caption = self._take_caption() or title
        self._end_paragraph()
        table = _table_of(grid, head=head) | {"caption": caption}
        if not caption:
            self.left_out["captions"] += 1
        self.blocks.append({"type": "table", "value": {"table": table, "first_column_is_header": True, "source": ""}})

    def _take_caption(self) -> str:
        """The line before a table, if it is called one."""
        if self._rich and not self._lists and (line := re.fullmatch(r"<p>(.*)</p>", self._rich[-1], re.DOTALL)):
            words = _words(BeautifulSoup(line[1], "html.parser"))
            if len(words) <= LONGEST_HEADING and CAPTION.fullmatch(words):
                self._rich.pop()
                return words
        return ""

    def _inline(self, nodes: Sequence[Any]) -> str:
        html = "".join(self._inline_node(node, frozenset(), 0) for node in nodes)
        html = re.sub(r"(\s|&nbsp;)+", " ", html)
        html = re.sub(r"(?:\s*<br/>\s*)+$|^(?:\s*<br/>\s*)+", "", html).strip()
        return html if re.sub(r"<[^>]*>", "", html).strip() else ""

    def _inline_node(self, node: Any, within: frozenset[str], depth: int) -> str:
        if isinstance(node, PreformattedString):  # comments and declarations
            return ""
        if isinstance(node, NavigableString):
            return escape(str(node).replace("\u00a0", " ").replace("\u00ad", ""))
        if not isinstance(node, Tag) or depth > DEEPEST:
            return ""
        name = node.name
        if name == "img":
            self._image(node)
        if name in ("del", "s", "strike"):
            self.left_out["deleted"] += 1
        if name in SILENT or name in ("img", "input", "button", "svg", "object", "iframe", "del"):
            return ""
        if name == "br":
            return "<br/>"
        self._look_at(node)
        marks = [mark for mark in _marks_of(node) if mark not in within and not (mark == "u" and "a" in within)]
        opened, closed = "".join(f"<{mark}>" for mark in marks), "".join(f"</{mark}>" for mark in reversed(marks))
        inside = within | frozenset(marks)
        if name == "a" and "a" not in within and (address := _address_of(node)):
            inside |= {"a"}
            opened, closed = f'<a href="{escape(address)}">{opened}', f"{closed}</a>"
        elif FOOTNOTE_SIGN.intersection(node.get("class") or ()):
            opened, closed = "<sup>", "</sup> "
        text = "".join(self._inline_node(child, inside, depth + 1) for child in node.children)
        return f"{opened}{text}{closed}" if text.strip() else text

    def _image(self, node: Tag) -> None:
        if node.get("width") not in ("0", "1"):
            self.left_out["images"] += 1

    def _look_at(self, node: Tag) -> None:
        style = str(node.get("style", "")).lower()
        if (
            re.search(r"(?<![-\w])(color|background|font-size|font-family|mso-highlight)\s*:", style)
            or node.name == "font"
        ):
            self.left_out["looks"] += 1
        if re.search(r"text-align\s*:\s*(center|right)", style) or str(node.get("align")) in ("center", "right"):
            self.left_out["alignment"] += 1

    def _say(self) -> Iterator[str]:
        count = self.left_out
        if number := count["images"]:
            yield ngettext(
                "%(number)d ảnh không dán được: hãy thêm bằng khối “Ảnh có chú thích”.",
                "%(number)d ảnh không dán được: hãy thêm bằng khối “Ảnh có chú thích”.",
                number,
            ) % {"number": number}
        if number := count["captions"]:
            yield ngettext(
                "%(number)d bảng chưa có tên: hãy đặt tên trước khi xuất bản.",
                "%(number)d bảng chưa có tên: hãy đặt tên trước khi xuất bản.",
                number,
            ) % {"number": number}
        if count["merged cells"]:
            yield _("Ô gộp trong thân bảng đã tách ra, chữ được lặp lại ở từng ô.")
        if count["large tables"]:
            most = {"columns": MOST_COLUMNS, "rows": MOST_ROWS}
            yield _("Bảng quá lớn đã bị cắt còn %(columns)d cột, %(rows)d hàng: hãy đính kèm tệp.") % most
        if count["frames"]:
            yield _("Khung một cột đã thành đoạn văn.")
        if count["nested lists"]:
            yield _("Danh sách nhiều cấp đã thành một cấp.")
        if count["long headings"]:
            yield _("Tiêu đề dài quá 160 chữ đã thành đoạn văn in đậm.")
        if count["deleted"]:
            yield _("Chữ đã gạch bỏ (theo dõi thay đổi) không được dán.")
        if count["looks"] or count["alignment"]:
            yield _("Phông, cỡ, màu chữ và căn lề theo kiểu chung của cổng, không theo văn bản gốc.")


def _take_marker(node: Tag) -> str:
    """The kind of list of a paragraph that Word numbers; its number, text in a span of its own, is taken out."""
    style = str(node.get("style", "")).lower().replace(" ", "")
    if "mso-list" not in style or "mso-list:none" in style:
        return ""
    for span in node.find_all("span"):
        if "mso-list:ignore" in str(span.get("style", "")).lower().replace(" ", ""):
            number = _words(span.extract())
            return "ol" if re.match(r"\w{1,5}[.)]", number) else "ul"
    return "ul"


def _heading_level(node: Tag) -> int:
    classes = " ".join(node.get("class") or []).lower()
    if "msotitle" in classes or "msosubtitle" in classes:
        return 2
    found = re.search(r"mso-outline-level:\s*(\d)|(?:mso)?heading(\d)", f"{node.get('style', '')} {classes}".lower())
    return int(found[1] or found[2]) if found else 0


def _marks_of(node: Tag) -> list[str]:
    """What an element means, by its name and, in Google Docs and LibreOffice, by its style alone."""
    style = str(node.get("style", "")).lower().replace(" ", "")
    marks = [MARKS[node.name]] if node.name in MARKS else []
    if node.name in ("b", "strong") and re.search(r"(?<![-\w])font-weight:(normal|400)", style):
        marks = []
    for mark, pattern in (
        ("b", r"(?<![-\w])font-weight:(bold|[6-9]00)"),
        ("i", r"(?<![-\w])font-style:italic"),
        ("u", r"text-decoration(-line)?:[^;]*underline"),
        ("sup", r"vertical-align:super"),
        ("sub", r"vertical-align:sub(?!\w)"),
    ):
        if mark not in marks and re.search(pattern, style):
            marks.append(mark)
    return marks


def _address_of(node: Tag) -> str | None:
    address = str(node.get("href", "")).strip()
    try:
        return address if urlsplit(address).scheme.lower() in SCHEMES and len(address) < 2000 else None
    except ValueError:
        return None


def _words(node: Any) -> str:
    """The text of an element in one line."""
    return re.sub(r"\s+", " ", _text_of(node)).strip()


def _text_of(node: Any, depth: int = 0) -> str:
    if isinstance(node, PreformattedString):
        return ""
    if isinstance(node, NavigableString):
        return str(node).replace("\u00a0", " ").replace("\u00ad", "")
    if not isinstance(node, Tag) or depth > DEEPEST or node.name in SILENT or node.name == "del":
        return ""
    if node.name == "br":
        return "\n"
    text = "".join(_text_of(child, depth + 1) for child in node.children)
    marks = _marks_of(node)
    if "sup" in marks and not text.translate(SUPERSCRIPTS).isascii():
        text = text.translate(SUPERSCRIPTS)
    if "sub" in marks and not text.translate(SUBSCRIPTS).isascii():
        text = text.translate(SUBSCRIPTS)
    return text


@dataclass(frozen=True)
class Cell:
    text: str
    is_heading: bool = False
    number: str = ""  # as the spreadsheet knows it, in the decimal notation of programs


def _grid_of(table: Tag) -> tuple[list[list[Cell]], str, int, int]:
    """The cells by row and column, its title, how many rows are its head, how many cells of its body were merged.

    A first row of one cell is the title.
    """
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table][: MOST_ROWS + 50]
    grid: dict[tuple[int, int], Cell] = {}
    spans: list[tuple[int, int]] = []  # the row of a merged cell, and the first row after it
    for y, row in enumerate(rows):
        x = 0
        for element in row.find_all(("td", "th"), recursive=False):
            while (y, x) in grid:
                x += 1
            across, down = (_span(element, name) for name in ("colspan", "rowspan"))
            cell = Cell(
                _cell_text(element), _is_heading(element, row), str(element.get("sdval") or element.get("x:num") or "")
            )
            if across > 1 or down > 1:
                spans.append((y, y + down))
            for below in range(min(down, len(rows) - y)):
                for right in range(min(across, MOST_COLUMNS + 1)):
                    grid.setdefault((y + below, x + right), cell)
            x += across
            if x > MOST_COLUMNS:
                break
    height = 1 + max((y for y, _x in grid), default=-1)
    width = 1 + max((x for _y, x in grid), default=-1)
    filled = [[grid.get((y, x), Cell("")) for x in range(width)] for y in range(height)]
    filled = [row for row in filled if any(cell.text for cell in row)]
    if len(filled) != height:
        spans = []
    title = ""
    if width > 1 and len(filled) > 2 and all(cell is filled[0][0] for cell in filled[0]):
        title = filled.pop(0)[0].text.replace("\n", " ")[:LONGEST_HEADING]
        spans = [(first - 1, last - 1) for first, last in spans if first > 0]
    head = _height_of_head(filled, spans)
    return filled, title, head, sum(1 for first, _last in spans if first >= head)


def _height_of_head(grid: list[list[Cell]], spans: list[tuple[int, int]]) -> int:
    """Rows that are headings by their elements or all bold; as many as merged headings reach down; else the first."""
    height = 0
    while height < len(grid) - 1 and all(cell.is_heading for cell in grid[height] if cell.text):
        height += 1
    height = max(height, 1)
    for first, last in spans:
        if first == 0 and last <= 4:
            height = max(height, last)
    return min(height, max(len(grid) - 1, 1))


def _span(element: Tag, name: str) -> int:
    try:
        return min(max(int(str(element.get(name, "1"))), 1), MOST_ROWS)
    except ValueError:
        return 1


def _cell_text(element: Tag) -> str:
    parts = element.find_all(("p", "div", "li"))
    lines = [_words(part) for part in parts if not part.find(("p", "div", "li"))] if parts else []
    text = "\n".join(line for line in lines if line) or _words(element)
    return text[:LONGEST_CELL]


def _is_heading(element: Tag, row: Tag) -> bool:
    if element.name == "th" or (row.parent is not None and row.parent.name == "thead"):
        return True
    texts = [
        text for text in element.find_all(string=True) if not isinstance(text, PreformattedString) and text.strip()
    ]
    return bool(texts) and all(_is_bold(text, element) for text in texts)


def _is_bold(text: NavigableString, within: Tag) -> bool:
    for parent in text.parents:
        if parent is within:
            return False
        if "b" in _marks_of(parent):
            return True
    return False


def _table_of(grid: list[list[Cell]], *, head: int) -> dict[str, Any]:
    """The value of a table block's ``table``, of columns that are numbers or days if all of their cells are."""
    width = min(max(len(row) for row in grid), MOST_COLUMNS)
    grid = [[*row, *[Cell("")] * (width - len(row))][:width] for row in grid]
    heads, body = (grid[:head], grid[head : head + MOST_ROWS]) if len(grid) > 1 else ([], grid)
    columns, values = [], []
    for x in range(width):
        path: list[str] = []
        for row in heads:
            part = row[x].text.replace("\n", " ").replace("|", "/")
            if part and (not path or path[-1] != part):
                path.append(part)
        kind, cells = _typed([row[x] for row in body])
        columns.append({"type": kind, "heading": " | ".join(path)})
        values.append(cells)
    return {"columns": columns, "rows": [{"values": list(row)} for row in zip(*values, strict=True)], "caption": ""}


def _typed(cells: Sequence[Cell]) -> tuple[str, list[Any]]:
    filled = [cell for cell in cells if cell.text and cell.text not in ("-", "–")]
    if filled and all(_number_of(cell) is not None for cell in filled):
        # A column of years or of codes such as 001 would be read as amounts.
        is_name = all(YEAR.fullmatch(cell.text) for cell in filled) or any(
            re.match(r"0\d", cell.text) for cell in filled
        )
        if not is_name:
            return "number", [_number_of(cell) for cell in cells]
    if filled and all(_day_of(cell.text) for cell in filled):
        return "date", [_day_of(cell.text) for cell in cells]
    return "text", [cell.text for cell in cells]


def _number_of(cell: Cell) -> str | None:
    if cell.number and re.fullmatch(r"-?\d+(\.\d+)?", cell.number) and not cell.text.endswith("%"):
        return cell.number
    number = read_number(cell.text)
    return None if number is None else f"{number:f}"


def _day_of(text: str) -> str | None:
    found = DAY.fullmatch(text)
    if not found:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
