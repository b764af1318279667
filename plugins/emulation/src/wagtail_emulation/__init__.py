"""Emulation and commendation (thi đua – khen thưởng) pages for Wagtail."""
