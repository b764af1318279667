"""A topic whose address changes is still found at the old one, and so are its feeds, which readers' programs know."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save, pre_save
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect

from cms.news.models import Topic

PLACES = ("topic", "topic_rss", "topic_atom")


def redirect_from_old_addresses() -> None:
    """Call this once, in ``ready()``."""
    pre_save.connect(_note_old, sender=Topic)
    post_save.connect(_redirect, sender=Topic)


def _note_old(instance: Topic, **_signal: Any) -> None:
    known = Topic.objects.filter(pk=instance.pk).values_list("slug", flat=True).first() if instance.pk else None
    instance._old_slug = known  # type: ignore[attr-defined]


def _redirect(instance: Topic, **_signal: Any) -> None:
    old = getattr(instance, "_old_slug", None)
    if not old or old == instance.slug:
        return
    for place in PLACES:
        was, is_now = (reverse(place, args=[slug]) for slug in (old, instance.slug))
        at_new, at_old = Redirect.normalise_path(is_now), Redirect.normalise_path(was)
        Redirect.objects.filter(old_path__in=(at_new, at_old)).delete()  # the topic itself is there, or was
        Redirect.objects.filter(redirect_link=was).update(redirect_link=is_now)  # in one step, also from older ones
        Redirect.add_redirect(was, is_now, automatically_created=True)
