"""The site alone: ``python -m cms.web``."""
