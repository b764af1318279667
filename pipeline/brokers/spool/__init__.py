"""The collector's disk in front of Kafka: views wait here while Kafka is away."""
