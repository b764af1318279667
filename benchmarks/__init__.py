"""Each figure beside its raw limit, measured in one run: ``make bench``."""
