"""The ``nhip`` command line: what operations type, and what each command does."""
