"""One webhook to one receiver, within a bound of time; what the receiver answers is read for its status alone."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import httpx

from cms.announcing.addresses import Destination, Inner, NotHttps, Refused, Unknown, destinations_of

log = logging.getLogger("nhip")

SECONDS = 10.0
SHOWN = 200  # letters of an answer, in the admin
READ_BYTES = 2_000
GONE = 410
AGENT = "nhip-webhooks/1"
NOT_TRUSTED, NOT_CONNECTED = "Chứng chỉ TLS của nơi nhận không đúng", "Không kết nối được"
CONNECT_SECONDS = 3.0  # of each address of a name, so that one that is silent leaves time for the next
REFUSALS: dict[type[Refused], str] = {
    NotHttps: "Không gửi: địa chỉ phải bắt đầu bằng https://",
    Inner: "Không gửi: địa chỉ nằm trong mạng nội bộ (NHIP_WEBHOOK_INNER)",
    Unknown: "Không tìm thấy tên máy chủ",
}


@dataclass(frozen=True)
class Message:
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """``status``: 0 without an answer. ``words``: what the admin shows. ``wait_seconds``: what Retry-After asks for."""

    status: int
    words: str
    wait_seconds: float = 0.0

    @property
    def is_delivered(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants nothing any more: the specification's meaning of 410."""
        return self.status == GONE


def send_all(messages: Sequence[Message], *, inner_allowed: bool, seconds: float = SECONDS) -> list[Outcome]:
    """Send them at once, each within ``seconds``; never raises."""

    async def send() -> list[Outcome]:
        return await asyncio.gather(*(_send(one, inner_allowed, seconds) for one in messages))

    return asyncio.run(send())


async def _send(message: Message, inner_allowed: bool, seconds: float) -> Outcome:
    try:
        async with asyncio.timeout(seconds):
            return await _post(message, inner_allowed)
    except TimeoutError:
        return Outcome(0, f"Không trả lời trong {seconds:g} giây")
    except Refused as error:
        return Outcome(0, REFUSALS[type(error)])
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError) as error:
        log.debug("a webhook could not be sent: %s", error)
        return Outcome(0, NOT_TRUSTED if _comes_of_a_certificate(error) else NOT_CONNECTED)


def _comes_of_a_certificate(error: BaseException | None) -> bool:
    """httpx has the error of httpcore as its cause, and httpcore that of TLS as its context alone."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


async def _post(message: Message, inner_allowed: bool) -> Outcome:
    *others, last = await destinations_of(message.url, inner_allowed=inner_allowed)
    for one in others:
        try:
            return await _post_to(one, message)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    return await _post_to(last, message)


async def _post_to(to: Destination, message: Message) -> Outcome:
    patience = httpx.Timeout(None, connect=CONNECT_SECONDS)
    async with (
        httpx.AsyncClient(verify=_trusted(), trust_env=False, follow_redirects=False, timeout=patience) as client,
        client.stream(
            "POST",
            to.url,
            content=message.body,
            headers={**message.headers, "host": to.authority, "user-agent": AGENT, "accept-encoding": "identity"},
            extensions={"sni_hostname": to.host},
        ) as answer,
    ):
        return Outcome(answer.status_code, await _words(answer), _wait_seconds(answer))


async def _words(answer: httpx.Response) -> str:
    """The beginning of its text, for who looks for the fault; a redirect is none to follow."""
    if answer.is_redirect:
        return f"{answer.status_code}: chuyển hướng, không đi theo"
    if answer.is_success:
        return str(answer.status_code)
    read = b""
    async for part in answer.aiter_raw():
        read += part
        if len(read) >= READ_BYTES:
            break
    text = " ".join(read[:READ_BYTES].decode("utf-8", "replace").replace("\0", "").split())
    return f"{answer.status_code} {text}".strip()[:SHOWN]


def _wait_seconds(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0.0


@cache
def _trusted() -> ssl.SSLContext:
    """The system's authorities: a department's receivers may have certificates of its own."""
    return ssl.create_default_context()
