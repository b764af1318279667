"""From a beacon's envelope to the facts that may be stored: pure functions with bounded caches."""
