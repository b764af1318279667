"""What operations type and watch: the ``nhip`` command line and what it does."""
