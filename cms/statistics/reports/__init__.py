"""Questions about traffic, asked by the site: in the admin, and by programs over HTTP."""
