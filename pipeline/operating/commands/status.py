"""``nhip status``: does every part answer, and is everything in ClickHouse?"""

import argparse

import msgspec
from rich.text import Text

from pipeline.collecting.enrich.lists import versions
from pipeline.collecting.recent_answers import ACKNOWLEDGED, recent_answers
from pipeline.operating.commands.arguments import Commands, add_json, natural
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, local_time, printable, table
from pipeline.operating.status import Part, Status, count_spooled, judge_answers, read_status
from pipeline.process import descriptors
from pipeline.process.run import FINE, OFF

NAMES = {
    "process": "Tiến trình · Process",
    "log": "Nhật ký · Log",
    "clickhouse": "ClickHouse",
    "consumers": "Bộ tiêu thụ · Consumers",
    "spool": "Vùng đệm · Spool",
    "beacons": "Lượt gửi đến · Beacons",
}
NAME_WIDTH = max(map(len, NAMES.values())) + 2
SERVERS = ("log", "clickhouse", "spool")
ELSEWHERE = "xem /_nhip/metrics của từng bộ thu thập · see each collector's metrics"


def add(commands: Commands) -> None:
    parser = commands.add_parser("status", help="tình trạng từng phần, độ trễ · each part, lag, freshness")
    parser.add_argument(
        "--max-age",
        type=natural,
        default=60,
        metavar="SECONDS",
        help="trễ hơn thì mã thoát là 1 · exit 1 when ClickHouse is further behind (default 60)",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(context: Context, options: argparse.Namespace) -> int:
    status = read_status(
        broker=lambda: context.broker,
        client=context.client,
        spool=lambda: count_spooled(context.settings.data_dir),
        now=context.now(),
        consumers_expected=bool(context.settings.kafka or context.settings.clickhouse),
    )
    if context.running is not None:
        status = msgspec.structs.replace(status, parts=[_process(context), *status.parts])
    if context.running:
        answers = recent_answers.read()
        status = msgspec.structs.replace(
            status,
            parts=[*status.parts, judge_answers(answers)],
            answers=dict(answers),
            open_files=descriptors.count_open(),
            open_files_at_most=descriptors.limit(),
        )
    fine = status.is_fine(max_age=options.max_age)
    spools_elsewhere = context.settings.kafka is not None and status.spooled_records is None
    if context.as_json:
        parts = [{"name": part.name, "fault": part.fault} for part in status.parts]
        found = {**msgspec.structs.asdict(status), "parts": parts, "age": status.age(), "fine": fine}
        context.print_json({"data": context.source, **found, "spools_elsewhere": spools_elsewhere, "lists": versions()})
    else:
        _show(context, status, max_age=options.max_age, spools_elsewhere=spools_elsewhere)
    return FINE if fine else OFF


def _process(context: Context) -> Part:
    where = context.settings.data_dir
    fault = f"không có tiến trình nào đang chạy trên {where} · no process is running on {where}"
    return Part("process", None if context.running else fault)


def _show(context: Context, status: Status, *, max_age: float, spools_elsewhere: bool) -> None:
    context.tell_source()
    for part in status.parts:
        context.out.print(Text(f"{NAMES[part.name]:<{NAME_WIDTH}}").append_text(_state(part, status)))
    if status.partitions:
        _show_lags(context, status)
    for name, value in _figures(status, spools_elsewhere=spools_elsewhere):
        context.out.print(Text(f"{name}  {value}"))
    context.out.print(_completeness(status, max_age=max_age))


def _state(part: Part, status: Status) -> Text:
    if part.fault is None:
        count = f": {status.members}" if part.name == "consumers" else ""
        return Text(f"ổn · fine{count}", "green")
    away = "" if part.silent or part.name not in SERVERS else "không trả lời · away: "
    return Text(f"{away}{printable(part.fault)}", "red")


def _show_lags(context: Context, status: Status) -> None:
    lags = table("phân vùng", "đọc tiếp từ", "cuối nhật ký", "còn trễ", "chờ từ lúc", numbers=(0, 1, 2, 3))
    for lag in status.partitions:
        since = "–" if lag.oldest_unread_at is None else local_time(lag.oldest_unread_at)
        add_row(lags, lag.partition, f"{lag.next:,}", f"{lag.end:,}", f"{lag.records:,}", since)
    context.print_table(lags, legend="partition, next to read, end of the log, records behind, waiting since")


def _figures(status: Status, *, spools_elsewhere: bool) -> list[tuple[str, str]]:
    figures = [
        ("sự kiện mỗi giây · events/s (60 s)", _known(status.events_per_second, "{:.1f}")),
        ("dòng không đọc được, chờ xử lý · dead letters waiting", _known(status.dead_letters, "{:,}")),
    ]
    if status.answers is not None:
        refused = ", ".join(f"{count:,} {reason}" for reason, count in sorted(status.answers.items()) if reason)
        taken = f"{status.answers.get(ACKNOWLEDGED, 0):,}"
        figures.append(("lượt nhận và từ chối · taken and refused (10 min)", f"{taken}; {refused or '0'}"))
    for skip in status.skipped:
        words = f"{skip.partition}/{skip.first} → {skip.end}, {local_time(skip.at / 1000)}"
        figures.append(("NHẬT KÝ ĐÃ MẤT ĐOẠN CUỐI, đi tiếp · THE LOG HAD LOST ITS END, went on", words))
    if status.open_files is not None:
        files = f"{status.open_files:,} / {status.open_files_at_most:,}"
        figures.append(("tệp và kết nối đang mở · open files and connections", files))
    if status.spooled_records is not None:
        spooled = f"{status.spooled_records:,} ({status.spooled_bytes or 0:,} bytes)"
        figures.append(("trong vùng đệm · spooled", spooled))
    elif spools_elsewhere:
        figures.append(("trong vùng đệm · spooled", ELSEWHERE))
    figures.append(("danh sách · lists", ", ".join(f"{name} {version}" for name, version in versions().items())))
    return figures


def _completeness(status: Status, *, max_age: float) -> Text:
    age = status.age()
    if status.complete_up_to is None or age is None:
        return Text("đầy đủ đến · complete up to: không rõ · unknown", "red")
    behind = f" ({age:.0f} s > --max-age {max_age:.0f})" if age > max_age else ""
    return Text(
        f"đầy đủ đến · complete up to {local_time(status.complete_up_to)}{behind}", "red" if behind else "green"
    )


def _known(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
