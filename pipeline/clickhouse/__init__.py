"""ClickHouse, embedded (chDB) or a server: one client, numbered migrations, one writer, queries in ``.sql``."""
