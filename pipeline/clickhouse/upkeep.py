"""Work on whole tables that only the migrator's account may do."""

from pipeline.clickhouse.client import ClickHouse


def sync_replicas(client: ClickHouse) -> None:
    """Return when every replica has the rows that some replica had at the call; nothing to do on one server."""
    if client.cluster:
        for table in ("events_local", "dead_letters_local"):
            client.command(f"SYSTEM SYNC REPLICA ON CLUSTER '{client.cluster}' {table}")


def compact_dead_letters(client: ClickHouse) -> None:
    """Leave only the latest state of each dead letter on disk, so that the bytes of a dropped one are gone."""
    table = f"dead_letters_local ON CLUSTER '{client.cluster}'" if client.cluster else "dead_letters"
    client.command(f"OPTIMIZE TABLE {table} FINAL")
