"""Search: readers find what everybody may read, staff find what they may see, with diacritics or without."""
