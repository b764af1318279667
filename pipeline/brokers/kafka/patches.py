"""The inside of kafka-python 3.0.12, in this file alone (docs/decisions/0013-kafka-python-inside.md).

A client of ours needs more than the library's public API gives. Each class and function here says why, and when it can
go. They hold for exactly the version that ``pyproject.toml`` pins; ``tests/pipeline/brokers/kafka/test_patches.py``
compares them with the library that is installed. None has been reported upstream yet; the ADR has the texts.
"""

from contextlib import suppress
from typing import Any
from weakref import WeakSet

from kafka import errors
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket, create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.structs import MemberState

REFUSED = (errors.SaslAuthenticationFailedError, errors.UnsupportedSaslMechanismError, errors.IllegalSaslStateError)
SCHEME = "nhip-direct"

# Loggers of the library: these tell of a connection that comes and goes, and the last of every slow step.
CONNECTION_LOGGERS = frozenset(f"kafka.net.{name}" for name in ("connection", "inet", "manager", "transport"))
SLOW_STEP_LOGGER = "kafka.net.selector"


# the network side of every client


class Net(KafkaNetClient):
    """A client's network side, made of the classes below; given to a client as its ``kafka_client``.

    Why: a client takes no other connection manager than its own, and leaves sockets open when it is closed while
    something waits to be sent: they end with the garbage collector, which warns of each.
    Upstream: not reported.
    Remove when ``KafkaConnectionManager.close`` closes every transport, and the other classes here are gone.
    """

    def __init__(self, **configuration: Any) -> None:
        configuration |= {"proxy_url": f"{SCHEME}://"}
        net = NetworkSelector(**configuration)
        self.connections = Connections(net, **configuration)
        super().__init__(net=net, manager=self.connections)

    def close(self, node_id: Any = None) -> None:
        super().close(node_id)
        if node_id is None:
            self.connections.close_sockets()


class Connections(KafkaConnectionManager):
    """``refusal``: what the broker said against user and password; ``trouble``: why it last could not connect.

    Why: a client that is refused while it connects tries again until its time is over, and then says no more than that
    it could not connect; so the first refusal ends the attempts. A connection whose handshake fails leaves its socket
    open. And the transports must be those below.
    Upstream: dpkp/kafka-python#2994 raises refusals, but not while a client connects; the rest is not reported.
    Remove when ``bootstrap`` raises SaslAuthenticationFailedError at once, ``_build_transport`` closes what it can't
    use, and the transports below are gone.
    """

    def __init__(self, net: Any, **configuration: Any) -> None:
        super().__init__(net, **configuration)
        self.refusal: BaseException | None = None
        self.trouble: BaseException | None = None
        self._transports: WeakSet[Any] = WeakSet()

    def get_connection(self, *arguments: Any, **options: Any) -> Any:
        connection = super().get_connection(*arguments, **options)
        connection.init_future.add_errback(self._note)
        return connection

    def close_sockets(self) -> None:
        """After everything has ended: those that still had something to send."""
        for transport in tuple(self._transports):
            if transport._sock is not None:
                transport._sock.close()

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        sock = await create_connection(
            self._net,
            node.host,
            node.port,
            self.config["socket_options"],
            proxy_url=self.config["proxy_url"],
            timeout_at=timeout_at,
        )
        transport: Any
        if self.ssl_enabled:
            tls = {name: value for name, value in self.config.items() if name.startswith("ssl_")}
            transport = TlsTransport(self._net, sock, host=node.host, **tls)
        else:
            transport = TcpTransport(self._net, sock, host=node.host)
        self._transports.add(transport)
        try:
            await transport.handshake()
        except Exception as error:
            with suppress(Exception):
                transport.close()
            raise errors.KafkaConnectionError(f"handshake failed: {error}") from error
        return transport

    def _note(self, error: BaseException) -> None:
        self.trouble = error
        if isinstance(error, REFUSED) and not self.bootstrapped:
            self.refusal = error
            self.closed = True  # ends the attempts
            self._bootstrap_wakeup.notify()


class HearsLastWords:
    """A transport that gives what came before the end of a connection, and the end with the next read.

    Why: a broker that refuses a password says so and hangs up. A read that meets both drops the answer, so that the
    refusal looks like a lost connection.
    Upstream: not reported.
    Remove when ``KafkaTCPTransport._read_from_sock`` passes on what it received before it aborts.
    """

    def _sock_recv(self) -> Any:
        received, error = super()._sock_recv()  # type: ignore[misc]
        return (received, None) if received else (received, error)


class TcpTransport(HearsLastWords, KafkaTCPTransport):
    pass


class TlsTransport(HearsLastWords, KafkaSSLTransport):
    pass


class TidySocket(KafkaNetSocket):
    """Connects as the library does, and closes a socket that can't connect; chosen by the scheme of ``proxy_url``.

    Why: the library leaves such a socket to the garbage collector, one for every attempt while Kafka is away.
    Upstream: not reported.
    Remove when ``KafkaNetSocket.connect`` closes the socket it made if ``sock_connect`` fails.
    """

    SCHEMES = (SCHEME,)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise


# a member of a group


def leave_when_closed(consumer: Any) -> None:
    """Have a static member tell its group that it leaves, when it is closed and when it has not polled for too long.

    Why: only dynamic members do; a static member's partitions would wait for its session to end.
    Upstream: not reported; the Java client has ``CloseOptions.GroupMembershipOperation`` (KIP-1092).
    Remove when ``KafkaConsumer`` can be told that it leaves as a dynamic member does, in both cases.
    """
    consumer._coordinator.is_dynamic_member = lambda: True


def take_up_joins(consumer: Any) -> None:
    """Have a join that ended between two polls taken up by the next poll.

    Why: ``join_group_async`` drops the answer of a join that ended between two polls, and joins again. If the member
    leads its group, that makes another rebalance, for which the others join while the leader is again between two
    polls: members that poll for moments never settle.
    Upstream: not reported.
    Remove when ``join_group_async`` awaits a finished ``_join_task`` before it starts another.
    """
    coordinator = consumer._coordinator
    join, answer = coordinator._do_join_and_sync_async, None

    async def join_or_take_up() -> Any:
        nonlocal answer
        if coordinator.state is not MemberState.REBALANCING:  # the answer has been used
            answer = None
        if answer is None:
            answer = await join()
        return answer

    coordinator._do_join_and_sync_async = join_or_take_up


def is_replaced(consumer: Any) -> bool:
    """Whether another process has joined under this member's name.

    Why: the heartbeat learns so by FencedInstanceIdError, stops, and raises nothing: ``poll`` is empty for ever.
    Upstream: not reported.
    Remove when ``poll`` raises FencedInstanceIdError after a heartbeat was fenced.
    """
    return consumer._coordinator.stable() and not consumer._coordinator._heartbeat_enabled


# a producer


def has_failed(producer: Any) -> bool:
    """Whether the producer will send nothing more.

    Why: after a fault that an idempotent producer does not recover from, such as an identity that the broker no longer
    takes, every record fails; nothing public tells that from a record's own fault.
    Upstream: not reported.
    Remove when ``send`` raises such a fault, or a property tells it.
    """
    return bool(producer._transaction_manager.has_fatal_error())


def fail_pending(producer: Any, *, seconds: float) -> None:
    """End the producer's thread, which fails the futures of records that Kafka has not acknowledged.

    Why: ``close`` raises KafkaTimeoutError while such records are pending, before it ends the thread.
    Upstream: not reported.
    Remove when ``close`` goes on to ``force_close`` after its flush has timed out.
    """
    producer._sender.force_close()
    producer._sender.join(seconds)
