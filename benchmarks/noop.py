"""The limit of the collector: the same server and setup, with a handler that reads a body and answers 202.

``python -m benchmarks.noop PORT [FILE]``: with a file it answers 200 and the bytes of the file, the limit of an answer
of that size.
"""

import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

BODY = Path(sys.argv[2]).read_bytes() if len(sys.argv) > 2 else b""
STATUS = 200 if BODY else 202
LENGTH = b"%d" % len(BODY)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": STATUS, "headers": [(b"content-length", LENGTH)]})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=2048)
    config = uvicorn.Config(
        app, lifespan="on", log_config=None, log_level="warning", access_log=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])
