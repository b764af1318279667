"""How the portal is found and read: feeds, sitemaps, topics, what pages tell machines, tools beside an article."""
