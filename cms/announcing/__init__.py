"""Tells other programs what became of the published tree: by webhooks, by a topic of Kafka, and to those who ask."""
