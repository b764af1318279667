"""Loads Django and the site's apps, once in a process, however often it is asked to."""

import django
from django.apps import apps

from pipeline.process.memory import loading


def set_up() -> None:
    """Commands ask for it in the running product too, where memory must not be frozen again with what is in use."""
    if not apps.ready:
        with loading():
            django.setup()
