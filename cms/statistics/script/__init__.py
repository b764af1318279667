"""The script that keeps the numbers of an open page current, and what minifies it."""
