"""What every process of the product has: how it starts, stops, serves, logs and answers for its health."""
