from __future__ import annotations

import selectors
import socket

import pytest

from pipeline.brokers.kafka.patches import Selector


class Undescribed(socket.socket):
    def __repr__(self) -> str:
        raise AssertionError("nobody reads it")


def test_a_socket_is_looked_up_without_being_described() -> None:
    with Selector() as selector, Undescribed() as one:
        with pytest.raises(KeyError):
            selector.get_key(one)
        key = selector.register(one, selectors.EVENT_READ, "who waits")
        assert selector.get_key(one) is key


def test_a_socket_that_was_closed_under_it_can_still_be_taken_out() -> None:
    with Selector() as selector, socket.socket() as one:
        selector.register(one, selectors.EVENT_READ)
        one.close()
        assert selector.get_key(one).fileobj is one
        selector.unregister(one)
        assert list(selector.get_map()) == []
