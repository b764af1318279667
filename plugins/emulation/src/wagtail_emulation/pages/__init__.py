"""How pages are edited and listed: form, panels, blocks of the body, and the listing of an index."""
