#!/usr/bin/env python
"""Django's command line for the portal; the embedded settings unless DJANGO_SETTINGS_MODULE says otherwise."""

import os
import sys

from django.core.management import execute_from_command_line

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.settings import Settings

EMBEDDED = "cms.settings.embedded"
WANT_NO_DATABASE = {"migrate", "makemigrations", "check", "makemessages", "compilemessages", "help", "version"}


def main(argv: list[str]) -> int:
    """Run the command; returns 2 with one line where a setting makes no sense or names a directory without the site."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", EMBEDDED)
    try:
        _refuse_to_make_a_database(argv)
        execute_from_command_line(argv)
    except PipelineError as error:
        sys.stderr.write(f"nhip: {error}\n")
        return 2
    return 0


def _refuse_to_make_a_database(argv: list[str]) -> None:
    """SQLite makes the file it does not find, and the command would then look for a table in it."""
    if os.environ["DJANGO_SETTINGS_MODULE"] != EMBEDDED:
        return
    data_dir = Settings.from_env().data_dir
    wants_none = len(argv) < 2 or argv[1] in WANT_NO_DATABASE or {"-h", "--help", "--version"} & set(argv)
    if wants_none or "DATABASE_URL" in os.environ:
        return
    if not (data_dir / "cms.sqlite3").exists():
        raise ConfigurationError(
            f"NHIP_DATA_DIR: {data_dir} không có cơ sở dữ liệu · has no database; set NHIP_DATA_DIR, or DATABASE_URL,"
            " to what the product runs with"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv))
