"""Digests that nobody can make or undo without the site's secret key."""

from django.utils.crypto import salted_hmac


def derive(purpose: str, *parts: str) -> bytes:
    """32 bytes of ``parts``, in which nobody finds them again, not even by trying all IPv4 addresses."""
    lengths = "".join(f"{len(part)}:{part}" for part in parts)
    return salted_hmac(f"nhip.{purpose}", lengths, algorithm="sha256").digest()


def name_of(purpose: str, *parts: str) -> str:
    """16 of those bytes as hexadecimal."""
    return derive(purpose, *parts)[:16].hex()
