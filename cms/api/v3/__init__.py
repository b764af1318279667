"""Wagtail's preview of its API v3, below `/api/v3/` with `NHIP_API_V3`: its addresses, parameters and form.

Which pages there are and what of them is told is decided for `/api/v2/`; nothing here asks the database for a page that
not everybody may read. docs/decisions/0047-wagtails-v3.md.
"""
