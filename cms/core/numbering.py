"""A new page whose title another page has is numbered, as Wagtail numbers a page that comes without an address: an
author who has chosen no address would not know which error to mend, nor where."""

from __future__ import annotations

from itertools import count

from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.models import Page

from cms.core.slugs import slug_of


class NumberedSlugForm(WagtailAdminPageForm):
    def clean_slug(self) -> str:
        """What was typed stays; what the editor's script has made of the title is made free, and again whenever the
        draft is saved: the script does not know of the number."""
        slug: str = self.cleaned_data["slug"]
        made_by_script = slug and slug == slug_of(self.cleaned_data.get("title", ""))
        if self.instance.first_published_at or not made_by_script:
            return slug
        own = None if self.instance._state.adding else self.instance
        candidates = (f"{slug}-{number}" if number > 1 else slug for number in count(1))
        return next(free for free in candidates if Page._slug_is_available(free, self.parent_page, own))
