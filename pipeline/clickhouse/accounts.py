"""Rights in ClickHouse, for a server that keeps its users by SQL."""

from importlib.resources import files

from pipeline.clickhouse.client import DATABASE, ClickHouse
from pipeline.clickhouse.scripts import render


def grant_accounts(client: ClickHouse, *, database: str = DATABASE) -> None:
    """Make the roles nhip_writer, nhip_reader and nhip_migrator; ``client`` is an administrator's. May be run again."""
    for statement in account_statements(cluster=client.cluster, database=database):
        client.command(statement)


def account_statements(*, cluster: str, database: str) -> list[str]:
    return render(files("pipeline.clickhouse").joinpath("accounts.sql"), cluster=cluster, database=database)
