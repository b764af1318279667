"""Pastes of Word, Google Docs, LibreOffice and Excel → blocks, and what is said of the rest."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cms.core.blocks import BodyBlock
from cms.core.editing.paste import Pasted, take_apart, take_table

# As Word for Windows puts it on the clipboard, shortened.
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset=utf-8><style>
<!-- p {margin:0} --></style>
</head><body lang=VI><!--StartFragment-->
<p class=MsoNormal align=center style='text-align:center'><b style='mso-bidi-font-weight:normal'><span
>KẾ HOẠCH<o:p></o:p></span></b></p>
<p class=MsoNormal><span style='font-family:"Times New Roman",serif;color:red'>Thực hiện <b>Chỉ thị số
05/CT-UBND</b>, <i>Sở</i> xây dựng <a href="https://example.vn/ke-hoach">kế hoạch</a><a
href="javascript:alert(1)"> này</a>:<o:p></o:p></span></p>
<h2><span lang=VI>I. MỤC TIÊU</span></h2>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span><![endif]><span
>Hàng Việt lên <u>85%</u></span></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>2.<span>&nbsp;
</span></span><![endif]><span>12 phiên chợ<sup>1</sup></span></p>
<h3>1. Số liệu</h3>
<p class=MsoNormal>Bảng 1. Phiên chợ theo huyện</p>
<table class=MsoTableGrid border=1>
<tr><td rowspan=2><p class=MsoNormal><b>Huyện<o:p></o:p></b></p></td><td colspan=2><p><b>Kinh phí</b></p></td><td
rowspan=2><p><b>Năm</b></p></td></tr>
<tr><td><p><b>Kế hoạch</b></p></td><td><p><b>Thực hiện</b></p></td></tr>
<tr><td><p>Vĩnh Bảo</p></td><td><p>1.250,5</p></td><td><p>5</p></td><td><p>2025</p></td></tr>
<tr><td><p>Tiên Lãng<sup>2</sup></p></td><td><p>165</p></td><td><p><o:p>&nbsp;</o:p></p></td><td><p>2026</p></td></tr>
</table>
<p class=MsoNormal><img width=400 src="file:///C:/clip_image002.jpg"><o:p>&nbsp;</o:p></p>
<p class=MsoNormal>Nơi nhận: Như trên</p><!--EndFragment--></body></html>"""

GOOGLE = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><h1 dir="ltr"><span
style="font-size:20pt">Báo cáo</span></h1>
<p dir="ltr"><span style="font-weight:700;color:#000">Đậm</span><span style="font-style:italic"> nghiêng</span><span
style="text-decoration:underline"> gạch</span><span style="font-size:0.6em;vertical-align:super">2</span></p>
<ul><li dir="ltr"><p dir="ltr"><span>Một</span></p></li><li dir="ltr"><p>Hai</p></li></ul></b>"""

EXCEL = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><!--StartFragment--><table><col width=64>
<tr><td colspan=3>Phiên chợ năm 2026</td></tr><tr><td>Mã</td><td>Số phiên</td><td>Ngày</td></tr>
<tr><td>001</td><td align=right x:num="1327.5">1.327,50</td><td>05/01/2026</td></tr>
<tr><td>002</td><td align=right x:num="7">7</td><td>31/12/2026</td></tr></table><!--EndFragment--></body></html>"""


# As LibreOffice puts it on the clipboard, shortened.
WRITER = """<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">
<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"/><title></title>
<meta name="generator" content="LibreOffice 7.4.7.2 (Linux)"/>
<style type="text/css">@page { size: 21cm 29.7cm; margin: 2cm }
p { line-height: 115%; background: transparent }
a:link { color: #000080; text-decoration: underline }</style></head>
<body lang="vi-VN" link="#000080" vlink="#800000" dir="ltr"><h1 class="western">I. MỤC TIÊU</h1>
<p style="line-height: 100%; margin-bottom: 0cm"><font face="Times New Roman, serif"><font size="4"
style="font-size: 14pt">Nâng
<b>tỷ lệ</b> hàng Việt<sup>1</sup> lên <span style="text-decoration: none">85%</span>, theo <u>Chỉ thị 05</u>.<a
class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>2</sup></a></font></font></p>
<p style="line-height: 100%; margin-bottom: 0cm"><br/>
</p>
<h2 class="western"><font color="#c9211e">1. Việc phải làm</font></h2>
<ol>
<li><p style="margin-bottom: 0cm"><font face="Times New Roman, serif">Mở 12 phiên chợ</font></p></li>
<li><p style="margin-bottom: 0cm"><font face="Times New Roman, serif">Kiểm tra</font></p></li>
</ol>
<p style="margin-bottom: 0cm">Bảng 1. Phiên chợ theo huyện</p>
<table width="100%" cellpadding="4" cellspacing="0"><colgroup><col width="128*"/><col width="128*"/></colgroup>
<thead><tr valign="top"><th width="50%" style="border: 1px solid #000000"><p class="western"
align="center"><font>Huyện</font></p></th>
<th width="50%"><p class="western"><font>Số phiên</font></p></th></tr></thead>
<tbody><tr><td><p class="western">Vĩnh Bảo</p></td><td sdval="1250.5" sdnum="1066;0;#.##0,0"><p
align="right">1.250,5</p></td></tr>
<tr><td><p class="western">Tiên Lãng</p></td><td sdval="7" sdnum="1066;"><p align="right">7</p></td></tr></tbody>
</table>
<p style="margin-bottom: 0cm"><img src="file:///tmp/lu1.tmp/x.png" name="Ảnh1" width="400"/></p>
<p><del>bỏ</del> Nơi nhận: Như trên</p>
<div id="sdfootnote1"><p class="sdfootnote"><a class="sdfootnotesym" name="sdfootnote1sym"
href="#sdfootnote1anc">2</a>Số của Sở.</p></div>
</body></html>"""
CALC = """<!DOCTYPE html><html><head><meta http-equiv="content-type"
content="text/html; charset=utf-8"/><title></title>
<meta name="generator" content="LibreOffice 7.4.7.2 (Linux)"/><style
type="text/css">body,div,table{font-family:"Liberation Sans"}</style></head>
<body><table cellspacing="0" border="0"><colgroup width="85"></colgroup><colgroup span="2" width="85"></colgroup>
<tr><td height="17" align="left"><b>Mã</b></td><td align="left"><b>Số phiên</b></td><td
align="left"><b>Ngày</b></td></tr>
<tr><td height="17" align="left">001</td><td align="right" sdval="1327.5"
sdnum="1066;0;#.##0,00">1.327,50</td><td align="right" sdval="46027" sdnum="1066;0;DD/MM/YYYY">05/01/2026</td></tr>
<tr><td height="17" align="left">002</td><td align="right" sdval="7" sdnum="1066;">7</td><td align="right"
sdval="46387" sdnum="1066;0;DD/MM/YYYY">31/12/2026</td></tr>
</table></body></html>"""


def kinds(pasted: Pasted) -> list[str]:
    return [block["type"] for block in pasted.blocks]


def table_of(pasted: Pasted) -> dict[str, Any]:
    (table,) = [block["value"]["table"] for block in pasted.blocks if block["type"] == "table"]
    found: dict[str, Any] = table
    return found


def test_word_keeps_its_structure_and_loses_its_looks() -> None:
    pasted = take_apart(WORD)

    assert kinds(pasted) == ["paragraph", "heading", "paragraph", "subheading", "table", "paragraph"]
    first, heading, items, subheading, table, last = [block["value"] for block in pasted.blocks]
    assert first == (
        "<p><b>KẾ HOẠCH</b></p><p>Thực hiện <b>Chỉ thị số 05/CT-UBND</b>, <i>Sở</i> xây dựng "
        '<a href="https://example.vn/ke-hoach">kế hoạch</a> này:</p>'
    )
    assert (heading, subheading) == ("I. MỤC TIÊU", "1. Số liệu")
    assert items == "<ol><li>Hàng Việt lên <u>85%</u></li><li>12 phiên chợ<sup>1</sup></li></ol>"
    assert last == "<p>Nơi nhận: Như trên</p>"
    assert table["table"] == {
        "caption": "Bảng 1. Phiên chợ theo huyện",
        "columns": [
            {"type": "text", "heading": "Huyện"},
            {"type": "number", "heading": "Kinh phí | Kế hoạch"},
            {"type": "number", "heading": "Kinh phí | Thực hiện"},
            {"type": "text", "heading": "Năm"},
        ],
        "rows": [
            {"values": ["Vĩnh Bảo", "1250.5", "5", "2025"]},
            {"values": ["Tiên Lãng²", "165", None, "2026"]},
        ],
    }
    assert [words.split(":")[0] for words in pasted.said] == [
        "1 ảnh không dán được",
        "Phông, cỡ, màu chữ và căn lề theo kiểu chung của cổng, không theo văn bản gốc.",
    ]


def test_google_docs_says_with_styles_what_others_say_with_elements() -> None:
    pasted = take_apart(GOOGLE)

    assert [(block["type"], block["value"]) for block in pasted.blocks] == [
        ("heading", "Báo cáo"),
        ("paragraph", "<p><b>Đậm</b><i> nghiêng</i><u> gạch</u><sup>2</sup></p><ul><li>Một</li><li>Hai</li></ul>"),
    ]


def test_libreoffice_keeps_its_structure_and_loses_its_looks() -> None:
    pasted = take_apart(WRITER)

    assert kinds(pasted) == ["heading", "paragraph", "heading", "paragraph", "table", "paragraph"]
    heading, goal, _work, steps, _table, end = (block["value"] for block in pasted.blocks)
    assert heading == "I. MỤC TIÊU"
    assert goal == ("<p>Nâng <b>tỷ lệ</b> hàng Việt<sup>1</sup> lên 85%, theo <u>Chỉ thị 05</u>.<sup>2</sup></p>")
    assert steps == "<ol><li>Mở 12 phiên chợ</li><li>Kiểm tra</li></ol>"
    assert end == "<p>Nơi nhận: Như trên</p><p><sup>2</sup> Số của Sở.</p>"
    table = table_of(pasted)
    assert table["caption"] == "Bảng 1. Phiên chợ theo huyện"
    assert [(column["heading"], column["type"]) for column in table["columns"]] == [
        ("Huyện", "text"),
        ("Số phiên", "number"),
    ]
    assert [row["values"] for row in table["rows"]] == [["Vĩnh Bảo", "1250.5"], ["Tiên Lãng", "7"]]
    for words in ("1 ảnh không dán được", "Chữ đã gạch bỏ", "Phông, cỡ, màu chữ"):
        assert any(words in line for line in pasted.said)


def test_excel_is_a_table_with_its_types() -> None:
    table = table_of(take_apart(EXCEL))

    assert table["caption"] == "Phiên chợ năm 2026"
    assert [column["type"] for column in table["columns"]] == ["text", "number", "date"]
    assert [row["values"] for row in table["rows"]] == [["001", "1327.5", "2026-01-05"], ["002", "7", "2026-12-31"]]


@pytest.mark.parametrize(
    ("html", "text", "headings", "first"),
    [
        pytest.param(EXCEL, "", ["Mã", "Số phiên", "Ngày"], ["001", "1327.5", "2026-01-05"], id="html"),
        pytest.param(CALC, "", ["Mã", "Số phiên", "Ngày"], ["001", "1327.5", "2026-01-05"], id="LibreOffice Calc"),
        pytest.param("", "A\tB\n1\t2,5\n", ["A", "B"], ["1", "2.5"], id="lines with tabs"),
        pytest.param("", "A\tB\tC\nx\n", ["A", "B", "C"], ["x", "", ""], id="lines of different lengths"),
    ],
)
def test_a_table_alone_fills_a_table_block(html: str, text: str, headings: list[str], first: list[str]) -> None:
    (block,) = take_table(html, text).blocks

    assert [column["heading"] for column in block["value"]["columns"]] == headings
    assert block["value"]["rows"][0]["values"] == first
    assert BodyBlock().child_blocks["table"].child_blocks["table"].to_python(block["value"]).columns


@pytest.mark.parametrize(
    ("html", "words"),
    [
        pytest.param("<p>a <del>b</del> c</p>", "Chữ đã gạch bỏ", id="deleted"),
        pytest.param("<ul><li>a<ul><li>b</li></ul></li></ul>", "Danh sách nhiều cấp", id="nested lists"),
        pytest.param("<h2>" + "dài " * 60 + "</h2>", "Tiêu đề dài", id="a long heading"),
        pytest.param("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "Khung một cột", id="a frame"),
        pytest.param(
            "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=2>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
            "Ô gộp trong thân bảng",
            id="merged cells",
        ),
        pytest.param("<table>" + "<tr>" + "<td>1</td>" * 40 + "</tr></table>", "Bảng quá lớn", id="a large table"),
    ],
)
def test_what_is_changed_is_said(html: str, words: str) -> None:
    pasted = take_apart(html)

    assert any(said.startswith(words) for said in pasted.said), pasted.said
    assert pasted.blocks


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 5000 + "a", id="deep"),
        pytest.param("<b>" * 3000 + "a", id="deep inline"),
        pytest.param("<table><tr><td colspan=999999999 rowspan=999999>a" * 50, id="spans"),
        pytest.param("<p style='" + "mso-list:" * 20_000 + "'>a</p>" * 10, id="styles"),
        pytest.param("<span style='color:red'>x</span>" * 20_000, id="many spans"),
        pytest.param("<p>a</p>" * 20_000, id="many paragraphs"),
        pytest.param("<![if><!--><p>&#0;\ud7ff</p><a href='http://[::1'>x</a>", id="nonsense"),
    ],
)
def test_a_hostile_paste_costs_little(html: str) -> None:
    began = time.process_time()

    take_apart(html)

    assert time.process_time() - began < 8


def test_the_editor_gets_states_that_its_blocks_take(admin_client: Client) -> None:
    answer = admin_client.post(reverse("nhip_paste"), {"html": WORD}, headers={"host": "localhost"})
    into_table = admin_client.post(
        reverse("nhip_paste"), {"html": "", "text": "A\tB\n1\t2", "into": "table"}, headers={"host": "localhost"}
    )

    assert answer.status_code == into_table.status_code == 200
    blocks = answer.json()["blocks"]
    assert [block["type"] for block in blocks][:2] == ["paragraph", "heading"]
    assert '"UNDERLINE"' in blocks[2]["value"]
    assert '"SUPERSCRIPT"' in blocks[2]["value"]
    assert into_table.json()["blocks"][0]["columns"][0] == {"type": "number", "heading": "A"}
    assert Client().post(reverse("nhip_paste"), {"html": WORD}, headers={"host": "localhost"}).status_code == 302


def test_a_paste_too_long_is_refused_in_words(admin_client: Client) -> None:
    answer = admin_client.post(reverse("nhip_paste"), {"html": "a" * 4_000_001}, headers={"host": "localhost"})

    assert answer.status_code in (400, 413)


def test_a_title_that_is_taken_is_told(admin_client: Client, write: Any) -> None:
    page = write("Họp giao ban")

    def ask(title: str, besides: str = "") -> dict[str, Any]:
        answer = admin_client.get(
            reverse("nhip_namesakes"), {"title": title, "besides": besides}, headers={"host": "localhost"}
        )
        told: dict[str, Any] = answer.json()
        return told

    assert [one["title"] for one in ask(" họp giao ban ")["pages"]] == ["Họp giao ban"]
    assert ask("Họp giao ban", str(page.pk))["pages"] == ask("")["pages"] == ask("Khác", "9" * 30)["pages"] == []
