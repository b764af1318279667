"""The log on Apache Kafka, through kafka-python, which nothing outside this package imports."""
