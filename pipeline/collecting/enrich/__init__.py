"""What a beacon's envelope says about it, reduced to what may be kept: pure functions with bounded caches."""
