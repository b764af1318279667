"""``nhip report pages|days|hours|refused``: the traffic of some days, and what is not in its numbers.

``nhip report query`` answers any question (reports/question.py), whose JSON Schema ``nhip report schema`` prints.
"""

import argparse
from datetime import timedelta
from pathlib import Path

from rich.text import Text

from pipeline.collecting.recent_answers import ACKNOWLEDGED, recent_answers
from pipeline.errors import TooHeavy
from pipeline.operating.commands.arguments import Commands, day, natural
from pipeline.operating.commands.asking import add_arguments, asked, find_answer
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, local_time, shorten, table
from pipeline.periods import local_date
from pipeline.process.run import FINE
from pipeline.reports.answer import Answer, Cell, Changes, Numbers, Row
from pipeline.reports.catalogue import CATALOGUE, REFUSALS
from pipeline.reports.dimensions import PAGE, Dimension
from pipeline.reports.formats.encoded import ANSWER_AS, REPORT_AS
from pipeline.reports.metrics import Metric
from pipeline.reports.query import Query
from pipeline.reports.question import BadQuestion
from pipeline.reports.run import Report, read_report
from pipeline.reports.schema import schema_of_questions

DEFAULT_DAYS = 7
SHOWN = 100
QUERY = "query"
SCHEMA = "schema"
EXAMPLE = """'{"metrics": ["visits"], "date_range": "7d", "dimensions": ["channel"]}'"""
CELL_LENGTH = 70
ELSEWHERE = "xem nhip_collector_refused_beacons của từng bộ thu thập · see each collector's /_nhip/metrics"


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "report", help="lượt xem theo trang, ngày, giờ; lượt bị loại · views by page, day or hour; what was left out"
    )
    choices = (*CATALOGUE, QUERY, SCHEMA)
    parser.add_argument("by", choices=choices, metavar="|".join(choices))
    parser.add_argument("question", nargs="?", help="chỉ với · with query: JSON, docs/operations.md")
    parser.add_argument("--since", type=day, metavar="DAY", help=f"từ ngày · default: {DEFAULT_DAYS} days with --until")
    parser.add_argument("--until", type=day, metavar="DAY", help="đến hết ngày · that day included (default: today)")
    parser.add_argument("--site", type=natural, default=0, help="chỉ một cổng · one site by its number (default: all)")
    parser.add_argument("--limit", type=natural, default=SHOWN, help=f"số trang · pages (default {SHOWN}; 0: all)")
    parser.add_argument("--format", choices=("table", "csv", "json", "xlsx"), default="table")
    parser.add_argument("--json", action="store_const", dest="format", const="json", help="--format json")
    parser.add_argument(
        "--output", dest="file", type=Path, metavar="FILE", help="ghi vào tệp · write into a file (csv, json, xlsx)"
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(context: Context, options: argparse.Namespace) -> int:
    refusal = _refusal(options)
    if refusal:
        return context.refuse(refusal)
    if options.by == SCHEMA:
        context.print_json(schema_of_questions())
        return FINE
    return _answer(context, options) if options.by == QUERY else _report(context, options)


def _refusal(options: argparse.Namespace) -> str:
    """Why these arguments do not go together; empty if they do."""
    if (options.by == QUERY) != bool(options.question or options.metrics) or (options.question and options.metrics):
        return (
            f"câu hỏi JSON hoặc --metrics đi với query · a question in JSON, or --metrics, goes with {QUERY}: {EXAMPLE}"
        )
    if not options.metrics and (options.dimensions or options.filter or options.compare or options.weekdays):
        return "--dimensions, --filter, --compare, --weekdays: cần · want --metrics"
    if options.format == "xlsx" and not options.file:
        return "--format xlsx: cần · wants --output FILE"
    if options.file and options.format == "table":
        return "--output: cần · wants --format csv|json|xlsx"
    return ""


def _report(context: Context, options: argparse.Namespace) -> int:
    until = options.until or local_date(context.now())
    since = options.since or until - timedelta(days=DEFAULT_DAYS - 1)
    if since > until:
        return context.refuse(f"--since {since} là sau · is after --until {until}")
    kind = CATALOGUE[options.by]
    refused = _refused_lately() if kind is REFUSALS and context.running else {}
    query = Query(kind, since, until, site=options.site, limit=options.limit, refused=refused)
    report = read_report(context.client(), query)
    if options.format == "table":
        _show(context, report)
        return FINE
    return _give(context, options, REPORT_AS[options.format](report))


def _answer(context: Context, options: argparse.Namespace) -> int:
    try:
        found = find_answer(context, asked(context, options, days=DEFAULT_DAYS))
    except (BadQuestion, TooHeavy) as error:
        return context.refuse(str(error))
    if options.format == "table":
        _show_answer(context, found)
        return FINE
    return _give(context, options, ANSWER_AS[options.format](found))


def _give(context: Context, options: argparse.Namespace, made: bytes) -> int:
    """Print it, or write it into the file that was named; an older file of that name is written anew."""
    if not options.file:
        context.write(made.decode().removesuffix("\n") + "\n")
        return FINE
    try:
        options.file.write_bytes(made)
    except OSError as error:
        return context.refuse(f"--output {options.file}: {error.strerror}")
    context.out.print(Text(f"{options.file}: {len(made):,} byte"), soft_wrap=True)
    return FINE


def _show_answer(context: Context, found: Answer) -> None:
    """The rows, the others and all of them together; below, what is counted, from where and until when."""
    question, compared = found.question, found.compared
    context.tell_source()
    context.out.print(Text(f"{question.since} – {question.until} (Asia/Ho_Chi_Minh)", "dim"))
    if compared:
        context.out.print(
            Text(f"so với · compared with {compared.since} – {compared.until}{_cut(compared.ends_at)}", "dim")
        )
    columns = [(one.heading_vi, one.is_number) for one in question.dimensions]
    for metric in question.metrics:
        columns += [(metric.heading_vi, True), *([("trước", True), ("±%", True)] if compared else [])]
    numbers = tuple(place for place, (_heading, is_number) in enumerate(columns) if is_number)
    shown = table(*(heading for heading, _is_number in columns), numbers=numbers)
    for row in found.rows:
        cells = (_dimension(found, one, cell) for one, cell in zip(question.dimensions, row.dimensions, strict=True))
        add_row(shown, *cells, *_numbers(row, compared=compared is not None))
    if question.dimensions:
        blanks = [""] * (len(question.dimensions) - 1)
        together = Row((), found.totals or (), *((compared.totals, compared.change) if compared else ()))
        for name, sums in (("khác", found.others and Row((), found.others)), ("tổng", found.totals and together)):
            if sums:
                shown.add_section()
                add_row(shown, name, *blanks, *_numbers(sums, compared=compared is not None), style="bold")
    meanings = [f"{metric.heading_vi}: {metric.definition_vi} · {metric.definition_en}" for metric in question.metrics]
    context.print_table(shown, legend="\n".join((*(one.replace("\n", " ", 1) for one in meanings), *_sources(found))))


def _sources(found: Answer) -> list[str]:
    until = "không rõ · unknown" if found.complete_until is None else local_time(found.complete_until)
    gone = f"; sự kiện gốc chỉ còn từ · raw events are kept since {found.raw_since}" if found.raw_since else ""
    return [f"trả lời từ · answered from: {found.answered_from}{gone}", f"đầy đủ đến · complete until: {until}"]


def _cut(ends_at: float | None) -> str:
    return f", đến · until {local_time(ends_at)}" if ends_at else ""


def _dimension(found: Answer, dimension: Dimension, cell: Cell) -> str:
    """A page has its title beside it, as far as the CMS knows."""
    facts = found.pages.get(int(cell)) if dimension is PAGE else None
    gone = " (đã xóa · deleted)" if facts and facts.deleted else ""
    return shorten(f"{cell} {facts.title}{gone}" if facts else str(cell), CELL_LENGTH)


def _numbers(row: Row, *, compared: bool) -> list[str]:
    """Those of a row, each with that of earlier days and its change where there are any."""
    if not compared:
        return [_number(one) for one in row.metrics]
    nothing: tuple[None, ...] = (None,) * len(row.metrics)
    earlier: Numbers = row.earlier or nothing
    change: Changes = row.change or nothing
    return [
        cell
        for now, before, by in zip(row.metrics, earlier, change, strict=True)
        for cell in (_number(now), _number(before), "" if by is None else f"{by:+,}")
    ]


def _number(one: float | None) -> str:
    return "" if one is None else f"{one:,}"


def _refused_lately() -> dict[tuple[str, int], int]:
    return {kind: count for kind, count in recent_answers.read_pages().items() if kind[0] != ACKNOWLEDGED}


def _show(context: Context, report: Report) -> None:
    """The rows with their sums beneath, and a legend of the headings, which are as narrow as their numbers."""
    columns = report.query.kind.columns
    context.tell_source()
    context.out.print(Text(f"{report.query.since} – {report.query.until} (Asia/Ho_Chi_Minh)", "dim"))
    numbers = tuple(place for place, column in enumerate(columns) if isinstance(column, Metric) or column.is_number)
    shown = table(*(column.heading_vi for column in columns), numbers=numbers)
    for row in report.rows:
        add_row(shown, *map(_cell, columns, row))
    shown.add_section()
    sums = [f"{report.sums[column.name]:,}" if column.name in report.sums else "" for column in columns]
    add_row(shown, "tổng", *sums[1:], style="bold")
    meanings = [f"{column.heading_vi} · {column.heading_en}".replace("\n", " ") for column in columns]
    context.print_table(shown, legend="; ".join((*meanings, "tổng · sum")))
    if report.query.kind is REFUSALS and not context.running:
        context.out.print(Text(f"từ chối · refused: {ELSEWHERE}", "dim"))


def _cell(column: Dimension | Metric, cell: Cell) -> str:
    return f"{cell:,}" if isinstance(column, Metric) else shorten(str(cell), CELL_LENGTH)
