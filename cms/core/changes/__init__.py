"""Notices every committed change of what the public may see, whoever makes it and in whichever process."""
