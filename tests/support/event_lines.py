"""A record's events, for tests of the code that writes records."""

import msgspec

from pipeline.events import Event

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def decode_lines(value: bytes) -> list[Event]:
    """The events of one record. Raises MsgspecError if any line is not a known event."""
    return _decoder.decode_lines(value)
