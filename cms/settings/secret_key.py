"""The key that signs sessions and forms, from the environment."""

import environ

from pipeline.errors import ConfigurationError

SHORTEST = 32


def read_secret_key(env: environ.Env) -> str | None:
    """NHIP_SECRET_KEY; None if it is not set. Raises ConfigurationError if it is too short to be safe."""
    key: str | None = env.str("NHIP_SECRET_KEY", default=None)
    if key is not None and len(key.strip()) < SHORTEST:
        raise ConfigurationError(
            f"NHIP_SECRET_KEY: want at least {SHORTEST} characters, such as the output of: openssl rand -hex 32",
            variable="NHIP_SECRET_KEY",
        )
    return key
