"""What a report is given out as. The terminal's table is in ``operating/commands/report.py``, with its printing."""
