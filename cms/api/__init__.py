"""The site for other front ends: JSON under `/api/v2/`, over Wagtail's API v2."""
