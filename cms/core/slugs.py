"""Addresses made from Vietnamese titles, by the plugin's rule: one site has one spelling."""

from wagtail_emulation.slugs import VietnameseSlugMixin, slug_of, spelling_rules

__all__ = ["VietnameseSlugMixin", "slug_of", "spelling_rules"]
