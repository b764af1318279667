"""Records → rows, as ``pipeline.rows`` makes them; it stands there because ``nhip replay`` makes the same rows."""

from pipeline.rows import DeadLetter, EventRow, Rows, rows_of

__all__ = ["DeadLetter", "EventRow", "Rows", "rows_of"]
