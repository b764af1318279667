"""A draft for a front end elsewhere: by a signed link that an editor makes, for one page, for some time."""
