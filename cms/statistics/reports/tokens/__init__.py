"""Tokens by which programs ask about traffic: made, listed and revoked in the admin and by ``nhip tokens``."""
