"""The one page type."""

from wagtail.fields import RichTextField
from wagtail.models import Page


class TextPage(Page):
    body = RichTextField(blank=True)
