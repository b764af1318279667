"""How fast pages are: from memory, without it, beside what Django and Wagtail do by themselves."""
