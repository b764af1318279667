"""HTTP connections on which an insert is sent once: whether and when it is sent again is the consumer's to say."""

from pathlib import Path
from typing import Any

from clickhouse_connect.driver.httputil import get_pool_manager_options
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError


class OneTryPool(PoolManager):
    """The pool of one client, apart from every other and from proxies that the environment names.

    clickhouse-connect sends an insert again when the connection breaks. Here it is told of a fault it knows no answer
    to, so that a batch fails within its time and is repeated by the runner, which first looks whether the partition is
    still its own.
    """

    def __init__(self, *, ca_file: Path | None, connect_seconds: float, read_seconds: float) -> None:
        options = get_pool_manager_options(maxsize=2, retries=False)
        if ca_file is not None:
            options["ca_certs"] = str(ca_file)
        super().__init__(**options)
        self._timeout = Timeout(connect=connect_seconds, read=read_seconds)

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> BaseHTTPResponse:
        """As PoolManager's; an insert, whose body is a stream of blocks, raises ConnectionError when it fails."""
        options["timeout"] = self._timeout
        body = options.get("body")
        is_insert = body is not None and not isinstance(body, bytes | bytearray | str)
        try:
            return super().request(method, url, *arguments, **options)
        except HTTPError as error:
            if is_insert:
                raise ConnectionError(f"the insert was not answered: {_cause(error)}") from error
            raise

    def clear(self) -> None:
        """Close every connection now."""
        with self.pools.lock:
            pools = [self.pools[key] for key in self.pools.keys()]  # noqa: SIM118 - it can't be iterated
        super().clear()
        for pool in pools:
            pool.close()


def _cause(error: HTTPError) -> BaseException:
    return getattr(error, "reason", None) or error
