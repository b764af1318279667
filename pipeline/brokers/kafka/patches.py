"""The network side of kafka-python with a few holes closed; everything else is its own.

What a broker says just before it hangs up is heard, and so a refused password ends the attempt to connect at once:
kafka-python loses the answer and goes on trying. Sockets of connections that failed or were cut short are closed:
kafka-python leaves them to the garbage collector.
"""

import selectors
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from kafka import errors
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket, create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

REFUSED = (errors.SaslAuthenticationFailedError, errors.UnsupportedSaslMechanismError, errors.IllegalSaslStateError)
SCHEME = "nhip-direct"


class Net(KafkaNetClient):
    """What a client of kafka-python is given as its ``kafka_client``."""

    def __init__(self, **configuration: Any) -> None:
        configuration |= {"proxy_url": f"{SCHEME}://", "selector": Selector}
        net = NetworkSelector(**configuration)
        self.connections = Connections(net, **configuration)
        super().__init__(net=net, manager=self.connections)

    def close(self, node_id: Any = None) -> None:
        super().close(node_id)
        if node_id is None:
            self.connections.close_sockets()


class Connections(KafkaConnectionManager):
    """``refusal``: what the broker said against user and password; ``trouble``: why it last could not connect."""

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
    """Of a transport that reads up to the end of a connection, first gives what came before the end."""

    def _sock_recv(self) -> Any:
        received, error = super()._sock_recv()  # type: ignore[misc]
        return (received, None) if received else (received, error)


class TcpTransport(HearsLastWords, KafkaTCPTransport):
    pass


class TlsTransport(HearsLastWords, KafkaSSLTransport):
    pass


class Selector(selectors.DefaultSelector):
    """Says that a socket is not registered without describing it.

    kafka-python asks before every wait, and the description, for nobody to read, costs four system calls.
    """

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        registered, descriptor = self.get_map(), fileobj.fileno()
        if registered is not None and descriptor >= 0 and descriptor not in iter(registered):
            raise KeyError(fileobj)
        return super().get_key(fileobj)


class TidySocket(KafkaNetSocket):
    """Connects as ever; chosen by the scheme of ``proxy_url``."""

    SCHEMES = (SCHEME,)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
