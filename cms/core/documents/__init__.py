"""Documents that staff offer for download: which kinds, what must be inside, and how readers get them."""
