"""chDB as a user with given rights: ``python -m restricted_engine DIR USERS_XML``, statements on stdin.

The engine's own access control, which the embedded engine has for its one user ``default``. Standard input is a JSON
list of statements; standard output has null for each one done, and ClickHouse's error code for each one refused.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import chdb


def main() -> None:
    directory, users = Path(sys.argv[1]), Path(sys.argv[2])
    config = users.with_name("config.xml")
    config.write_text(f"<clickhouse><users_config>{users}</users_config></clickhouse>", encoding="utf-8")
    connection = chdb.connect(f"{directory}?config-file={config}")
    json.dump([run(connection, statement) for statement in json.load(sys.stdin)], sys.stdout)


def run(connection: Any, statement: str) -> int | None:
    try:
        connection.query(statement)
    except chdb.ChdbError as error:
        found = re.search(r"Code: (\d+)\.", str(error))
        return int(found[1]) if found else -1
    return None


if __name__ == "__main__":
    main()
