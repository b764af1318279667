"""``nhip kafka-accounts``: give Kafka the accounts of the processes, each with its password and its rights."""

import argparse

from rich.text import Text

from pipeline.errors import ConfigurationError
from pipeline.operating.commands.arguments import Commands
from pipeline.operating.commands.context import Context
from pipeline.process.run import FINE


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "kafka-accounts", help="tạo tài khoản Kafka cho từng tiến trình · make Kafka's accounts, as its superuser"
    )
    parser.set_defaults(run=run)


def run(context: Context, _options: argparse.Namespace) -> int:
    if context.settings.kafka is None:
        raise ConfigurationError(
            "NHIP_KAFKA_BOOTSTRAP_SERVERS is not set; the embedded log has no accounts",
            variable="NHIP_KAFKA_BOOTSTRAP_SERVERS",
        )
    passwords = context.settings.kafka_passwords.by_account()
    from pipeline.brokers.kafka.accounts import make_accounts  # noqa: PLC0415 - it loads Kafka's client

    with context.naming_log():
        make_accounts(context.settings.kafka, passwords)
    for name in passwords:
        context.out.print(Text(f"Kafka: {name}: mật khẩu và quyền đã đúng · has its password and its rights"))
    return FINE
