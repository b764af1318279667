"""The script that pages load, and its minified twin."""
