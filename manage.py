#!/usr/bin/env python
"""Django's command line for the portal; the embedded settings unless DJANGO_SETTINGS_MODULE says otherwise."""

import os
import sys

from django.core.management import execute_from_command_line

from pipeline.errors import ConfigurationError
from pipeline.process.run import FINE, run_or_refuse
from pipeline.settings import Settings

EMBEDDED = "cms.settings.embedded"
NEED_NO_DATABASE = {"migrate", "makemigrations", "check", "makemessages", "compilemessages", "help", "version"}


def main(argv: list[str]) -> int:
    """Run the command; returns 2 with one line if a setting makes no sense or names a directory without the site."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", EMBEDDED)
    return run_or_refuse(lambda: _manage(argv))


def _manage(argv: list[str]) -> int:
    _refuse_to_make_a_database(argv)
    execute_from_command_line(argv)
    return FINE


def _refuse_to_make_a_database(argv: list[str]) -> None:
    """SQLite makes a file that is missing, and the command would then look for a table in it."""
    if os.environ["DJANGO_SETTINGS_MODULE"] != EMBEDDED:
        return
    data_dir = Settings.from_env().data_dir
    needs_none = len(argv) < 2 or argv[1] in NEED_NO_DATABASE or {"-h", "--help", "--version"} & set(argv)
    if needs_none or "DATABASE_URL" in os.environ:
        return
    if not (data_dir / "cms.sqlite3").exists():
        raise ConfigurationError(
            f"NHIP_DATA_DIR: {data_dir} không có cơ sở dữ liệu · has no database; set NHIP_DATA_DIR, or DATABASE_URL,"
            " to what the product runs with",
            variable="NHIP_DATA_DIR",
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv))
