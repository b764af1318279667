"""From the browser to the log: beacon, endpoints, enrichment, and the answer when a view is durable."""
