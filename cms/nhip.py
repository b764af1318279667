"""``nhip`` with the CMS at hand. Commands that compare it with what readers see load it; the others do without."""

import os
import sys

from pipeline.operating import cli
from pipeline.operating.site import Site
from pipeline.settings import Settings


def main() -> int:
    return cli.main(open_site=open_records)


def open_records(settings: Settings) -> Site | None:
    """The CMS database that the environment names, or that of the data directory; None if there is neither."""
    if "DATABASE_URL" not in os.environ and not settings.site_database.exists():
        return None
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.embedded")

    from cms.runtime.set_up import set_up  # noqa: PLC0415 - most commands need no Django

    set_up()

    from cms.statistics.records import CmsRecords  # noqa: PLC0415 - Django must be set up before its models load

    return CmsRecords()


if __name__ == "__main__":
    sys.exit(main())
