"""The slug field of the Wagtail admin, made to spell Vietnamese."""

from typing import Any

from wagtail.admin.widgets import SlugInput

from cms.core.slugs import slug_of

VIETNAMESE_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
COMBINING_MARKS = "[\u0300-\u036f]"  # where a keyboard sends letter and mark apart


def spelling_rules() -> list[tuple[str, str]]:
    """Pairs of a pattern and the plain letter that replaces it, as SlugInput's `formatters` wants them."""
    letters: dict[str, str] = {}
    for letter in VIETNAMESE_LETTERS:
        letters[slug_of(letter)] = letters.get(slug_of(letter), "") + letter + letter.upper()
    return [(f"[{marked}]", plain) for plain, marked in letters.items()] + [(COMBINING_MARKS, "")]


class VietnameseSlugInput(SlugInput):
    """Wagtail's own script drops ệ, ự or ồ and writes đ as dj; these rules come before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatters", spelling_rules())
        super().__init__(*args, **kwargs)
