"""Rendered pages in memory, given to anonymous readers before Django is reached, with the numbers of the moment."""
