"""``nhip migrate``: make the tables and the topics that are not there yet; safe to run again at any time."""

import argparse

from rich.text import Text

from pipeline.brokers.opening import open_broker
from pipeline.brokers.topics import topics_of
from pipeline.clickhouse.client import open_clickhouse
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.roll_ups import find_missing
from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.rebuild import tell_missing
from pipeline.process.run import FINE


def add(commands: Commands) -> None:
    parser = commands.add_parser("migrate", help="tạo bảng ClickHouse và topic Kafka · make tables and topics")
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, _options: argparse.Namespace) -> int:
    topics = topics_of(context.settings)
    with context.naming_log():
        broker = context.keep(open_broker(context.settings))
        broker.create_topics(topics)
    with context.naming_engine("migrator"):
        client = context.keep(open_clickhouse(context.settings, account="migrator"))
        applied = migrate(client)
        missing = find_missing(client)
    if context.as_json:
        context.print_json(
            {"migrations": applied, "topics": [topic.name for topic in topics], "missing_roll_ups": missing}
        )
        return FINE
    context.tell_source()
    for name in applied:
        context.out.print(Text(f"ClickHouse: {name}"))
    if not applied:
        context.out.print(Text("ClickHouse: không có gì mới · nothing new"))
    for topic in topics:
        context.out.print(Text(f"topic {topic.name}: đã có · is there"))
    tell_missing(context, missing)
    return FINE
