"""From the log into ClickHouse: poll → batch → plan → insert → advance."""
