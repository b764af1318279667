"""What can be asked of a report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.reports.catalogue import Kind


@dataclass(frozen=True)
class Query:
    """A report of the days ``since`` to ``until`` of Asia/Ho_Chi_Minh, both included.

    ``site`` 0 is all sites. ``limit`` bounds the rows of pages, the most viewed first; 0 is all. ``refused``: what this
    process's collector refused lately, by reason and page (0 is none).
    """

    kind: Kind
    since: date
    until: date
    site: int = 0
    limit: int = 0
    refused: Mapping[tuple[str, int], int] = field(default_factory=dict)
