"""Numbers out, from memory: the snapshot of all public counters, kept fresh and pushed to open pages."""
