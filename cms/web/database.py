"""The CMS database as a web process depends on it: prepared once a release, and checked for readiness."""

from django.db import DatabaseError, Error, InterfaceError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from cms.runtime.first_start import prepare_site
from pipeline.errors import ConfigurationError

VARIABLE = "DATABASE_URL"


def prepare_database() -> str | None:
    """Bring the site up to date; returns as ``prepare_site``. Raises ConfigurationError."""
    try:
        return prepare_site()
    except Error as error:
        raise ConfigurationError(
            f"{VARIABLE}: the database can't be prepared: {_first_line(error)}", variable=VARIABLE
        ) from error


class DatabaseCheck:
    """Whether the database answers and has every table; asks for the tables until they are there."""

    def __init__(self) -> None:
        self._migrated = False

    def __call__(self) -> str | None:
        close_old_connections()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return None if self._is_migrated() else "not prepared; run: python -m cms.web --prepare"
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            return f"{VARIABLE}: does not answer: {_first_line(error)}"

    def _is_migrated(self) -> bool:
        if not self._migrated:
            executor = MigrationExecutor(connection)
            self._migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self._migrated


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
