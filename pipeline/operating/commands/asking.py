"""A question about traffic out of what was typed, and its answer: with progress, and with what the CMS knows."""

import argparse
from datetime import date, timedelta
from typing import Any, get_args

import msgspec

from pipeline.brokers.lags import complete_up_to, read_lags
from pipeline.errors import PipelineError
from pipeline.operating.commands.context import Context
from pipeline.periods import local_date
from pipeline.reports.answer import Answer, answer
from pipeline.reports.comparing import Mode
from pipeline.reports.dimensions import PAGE
from pipeline.reports.pages import Pages
from pipeline.reports.question import MAX_ROWS, BadQuestion, Question, read_question

READING = "sự kiện gốc · raw events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that make a question without JSON; --since, --until, --site and --limit go with them."""
    parser.add_argument(
        "--metrics", type=_names, metavar="NAME,…", help="với query, thay cho JSON · with query, instead of JSON"
    )
    parser.add_argument("--dimensions", type=_names, default=[], metavar="NAME,…", help="chia theo · with --metrics")
    parser.add_argument(
        "--filter", action="append", default=[], metavar="JSON", help="""'["is", "channel", ["search"]]'; --metrics"""
    )
    parser.add_argument(
        "--compare",
        metavar=f"{'|'.join(get_args(Mode))}|DAY,DAY",
        help="so với · with earlier days; with --metrics",
    )
    parser.add_argument("--weekdays", action="store_true", help="so thứ với thứ · whole weeks earlier; with --compare")


def asked(context: Context, options: argparse.Namespace, *, days: int) -> Question:
    """Raises BadQuestion. ``days``: how many are asked for if no first day is named."""
    today = local_date(context.now())
    if options.question:
        return read_question(options.question.encode(), today=today)
    until: date = options.until or today
    since: date = options.since or until - timedelta(days=days - 1)
    written: dict[str, Any] = {
        "metrics": options.metrics,
        "date_range": [since, until],
        "site": options.site,
        "dimensions": options.dimensions,
        "filters": [_filter(text) for text in options.filter],
        "include": {"totals": True, "total_rows": True, "compare_match_day_of_week": options.weekdays},
        "pagination": {"limit": options.limit or MAX_ROWS},
    }
    if options.compare:
        written["include"]["compare"] = options.compare.split(",") if "," in options.compare else options.compare
    return read_question(msgspec.json.encode(written), today=today)


def find_answer(context: Context, question: Question) -> Answer:
    """Tells a terminal's stderr how many raw events are read. Raises BadQuestion, and what ``answer`` raises."""
    now = context.now()
    with context.progress() as step:
        return answer(
            context.client(),
            question,
            pages=_pages(context, question),
            now=now,
            complete_until=_complete_until(context, now),
            on_progress=step(READING),
            cancelled=context.cancelled.is_set,
        )


def _pages(context: Context, question: Question) -> Pages | None:
    """What the CMS knows, if the question needs it; titles of pages only where there is a CMS that answers."""
    if any(one.of_page for one in question.columns):
        return context.site.page_facts() if context.site else None
    if PAGE not in question.dimensions:
        return None
    try:
        return context.site.page_facts() if context.site else None
    except PipelineError:
        return None


def _complete_until(context: Context, now: float) -> float | None:
    """None while the log can't be asked: reports do without it."""
    try:
        return complete_up_to(read_lags(context.broker), now)
    except PipelineError:
        return None


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _filter(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise BadQuestion(f"--filter: không phải JSON · is no JSON: {error}") from None
