"""Questions about traffic, with answers in rows: a query, its report, and the formats a report is given out in.

A new metric or dimension is one declaration here, named by the reports of the catalogue that have it, and one column
in their SQL.
"""
