"""The log of the embedded mode, in two SQLite files."""
