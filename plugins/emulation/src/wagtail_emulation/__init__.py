"""Emulation and commendation (thi đua – khen thưởng) pages for Wagtail."""

__version__ = "0.1.0"
