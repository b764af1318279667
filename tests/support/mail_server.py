"""A mail server that asks for a password and keeps what it is given."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from patience import PATIENCE

USER = "nhip@so.example"
PASSWORD = "mat/khau:thu@1"


@dataclass
class Mails:
    url: str = ""
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.taken if mail["To"] == address]


@contextmanager
def mail_server() -> Iterator[Mails]:
    """Mails go to ``url``, as EMAIL_URL names it; nobody sends without the password."""
    mails = Mails()

    def judge(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    async def serve(started: threading.Event) -> None:
        make = partial(SMTP, mails, authenticator=judge, auth_require_tls=False)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        mails.url = f"smtp://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"
        started.set()
        await asyncio.to_thread(ended.wait)
        server.close()

    started, ended = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(started)), daemon=True)
    thread.start()
    assert started.wait(PATIENCE)
    try:
        yield mails
    finally:
        ended.set()
        thread.join()
