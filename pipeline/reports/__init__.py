"""Questions about traffic, with answers in rows."""
