"""HTTP connections that send an insert once; the consumer decides whether and when to send it again."""

from pathlib import Path
from typing import Any

from clickhouse_connect.driver.httputil import get_pool_manager_options
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError


class OneTryPool(PoolManager):
    """The pool of one client, shared with no other and without the proxies that the environment names.

    clickhouse-connect sends an insert again when the connection breaks, but not after the error that is raised here. So
    a batch fails within its time, and the consumer repeats it if the partition is still its own.
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
