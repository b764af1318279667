"""``nhip accounts``: print the rights of writer, reader and migrator as SQL, for an administrator to run."""

import argparse
from urllib.parse import urlsplit

from pipeline.clickhouse.accounts import account_statements
from pipeline.errors import ConfigurationError
from pipeline.operating.commands.arguments import Commands
from pipeline.operating.commands.context import Context
from pipeline.process.run import FINE


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "accounts", help="in SQL cấp quyền ClickHouse · print the SQL of the roles, to pipe into clickhouse-client"
    )
    parser.set_defaults(run=run)


def run(context: Context, _options: argparse.Namespace) -> int:
    server = context.settings.clickhouse
    if server is None:
        raise ConfigurationError(
            "NHIP_CLICKHOUSE_URL is not set; the embedded engine has no accounts", variable="NHIP_CLICKHOUSE_URL"
        )
    database = urlsplit(server.url).path.strip("/")
    for statement in account_statements(cluster=server.cluster, database=database):
        context.write(f"{statement};\n")
    return FINE
