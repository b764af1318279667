"""Rights in ClickHouse, for a server that keeps its users by SQL."""

from importlib.resources import files

from pipeline.clickhouse.scripts import render


def account_statements(*, cluster: str, database: str) -> list[str]:
    """Make the roles nhip_writer, nhip_reader and nhip_migrator; an administrator runs them, again if need be."""
    return render(files("pipeline.clickhouse").joinpath("accounts.sql"), cluster=cluster, database=database)
