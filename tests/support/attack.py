"""``make attack``: hostile clients and broken disks against the product, while honest readers go on.

Each attack lasts ``SECONDS`` (60), on loopback. It is withstood if every honest reader got every page, every view of
theirs was acknowledged and counted once, and the attack did not get what it wanted. ``ARGS`` chooses attacks by name;
the last line printed is the tally.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import json
import multiprocessing
import os
import random
import resource
import shutil
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from editing import Editor
from honest_readers import HonestReaders
from load import AGENTS, post_request, run_load
from meanwhile import repeating
from patience import PATIENCE, wait_until
from pictures import write_flat_png
from PIL import Image
from product import Product
from proxy import CaddyMissing, Proxy, caddy_program
from slow_clients import SlowClients
from steady_load import SteadyLoad, any_address

from pipeline.brokers.sqlite.broker import RECORDS_FILE
from pipeline.tokens import PageToken, sign

STRANGER = "192.0.2.66"
ATTACKED = 700_000  # the page of the first attack that has one
CONNECTIONS = 32
# What a server has by default; other tests' readers share an address and have no limits.
LIMITS = dict.fromkeys(("NHIP_NETWORK_EVENTS_PER_SECOND", "NHIP_NETWORK_PAGE_VIEWS", "NHIP_NETWORK_READERS"), "")
SHOWN_OF_A_FLOOD = 500  # views; beside two a second
LOG_BYTES = 200_000  # that an attack may add to the product's log
LAST_WORDS = 2_000  # of its log, that are said with what went wrong
DESCRIPTORS = 1_024
STREAMS = 1_000
SILENT = 400  # connections that ask nothing
ROOM = 96 << 20  # bytes, on the disk that gets full
GUESSES_AT_ONCE = 4
LEAST_GUESSES = 4  # of each, however short the attack
ENOUGH_GUESSES = 40
LEAST_PICTURES = 10
CLIMBERS = 16
MEASURED = 60  # beacons for each agent
HOSTILE_SECONDS = 0.010  # of the processor, more for one agent than for a usual one


class NotPossible(RuntimeError):
    """This machine can't do the attack; the message says why."""


@dataclass
class Outcome:
    """``attackers`` and ``readers`` say what each got, ``faults`` what should not be."""

    attackers: str = ""
    readers: str = ""
    faults: list[str] = field(default_factory=list)

    def judge(self, readers: HonestReaders, *, since: float | None = None) -> None:
        """Add what honest readers lack. Views may fail until ``since``, by the monotonic clock, if it is given."""
        self.readers = str(readers)
        failures = [failure for failure in readers.views.failures if since is None or failure.sent_at > since]
        if readers.refused:
            self.faults.append(f"pages refused: {dict(readers.refused)}")
        if failures:
            self.faults.append(f"views refused: {dict(Counter(failure.reason for failure in failures))}")
        if not readers.served or not readers.views.acknowledged:
            self.faults.append("no reader was served")
        if wrong := readers.miscounted():
            self.faults.append(f"acknowledged views that are not counted once, by their count: {wrong}")


Attack = Callable[["Ground", float], Outcome]


class Ground:
    """Products to attack, past their first start, which ``first_start`` may have already. Use it as a context."""

    def __init__(self, directory: Path, *, first_start: Path | None = None) -> None:
        self._directory = directory
        self.first_start = first_start or directory / "first"
        self._names = itertools.count(1)
        self._pages = itertools.count(ATTACKED)
        self._stack = ExitStack()
        self._shared: Product | None = None

    def __enter__(self) -> Ground:
        if self.first_start.exists():
            return self
        first = Product(self.first_start)
        try:
            first.start()
            assert first.stop() == 0, first.output()
        finally:
            first.kill()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stack.close()

    @property
    def shared(self) -> Product:
        """The product of all attacks that need no other."""
        if self._shared is None:
            self._shared = self._stack.enter_context(self.another())
        return self._shared

    def another(self, data_dir: Path | None = None) -> Product:
        """A product of its own, not started."""
        directory = data_dir or self._directory / f"ground-{next(self._names)}"
        shutil.copytree(self.first_start, directory, symlinks=True, dirs_exist_ok=True)
        return Product(directory, NHIP_TRUSTED_PROXIES="127.0.0.1", **LIMITS)

    def new_directory(self) -> Path:
        directory = self._directory / f"ground-{next(self._names)}"
        directory.mkdir()
        return directory

    def new_page(self) -> int:
        return next(self._pages)

    def end(self) -> list[str]:
        """Stop the shared product; returns what is wrong with it after all."""
        if self._shared is None:
            return []
        faults = []
        if self._shared.command("verify").returncode:
            faults.append("nhip verify finds a fault")
        if code := self._shared.stop():
            faults.append(f"it ended with {code}")
        if "Traceback" in self._shared.output():
            faults.append("a traceback in its log")
        return faults


# slow and many


def slow_clients(ground: Ground, seconds: float) -> Outcome:
    product, outcome = ground.shared, Outcome()
    uploads = [
        b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % place
        for place in ((b"/admin/login/", 100_000), (b"/admin/login/", 50_000), (b"/_nhip/e", 4_000), (b"/", 60_000))
    ]
    film = product.data_dir / "media/images/phim.mp4"
    film.parent.mkdir(parents=True, exist_ok=True)
    film.write_bytes(os.urandom(1_024) * 30_000)
    with (
        HonestReaders(product) as readers,
        SlowClients(product.port, uploads=uploads * 50, downloads=["/media/images/phim.mp4", "/"] * 100) as slow,
    ):
        time.sleep(seconds)
        outcome.attackers = f"{slow.under_way} slow clients under way, answers {dict(slow.answers)}"
    outcome.judge(readers)
    return outcome


def flood_of_one_address(ground: Ground, seconds: float) -> Outcome:
    """One page's token under invented browsers, as fast as it goes."""
    product, outcome, page = ground.shared, Outcome(), ground.new_page()
    before = size_of_log(product)
    with HonestReaders(product) as readers:
        tally = run_load(floods(product, page), port=product.port, connections=CONNECTIONS, seconds=seconds)
    outcome.judge(readers)
    shown, grown = views_of(product, page), size_of_log(product) - before
    outcome.attackers = (
        f"{tally.sent} views sent, {tally.refused} refused, {shown} shown, the log grew by {grown >> 10} KB"
    )
    if shown > SHOWN_OF_A_FLOOD + 2 * seconds:
        outcome.faults.append(f"{shown} of the flood's views are shown")
    if tally.sent > 5_000 and not tally.refused:
        outcome.faults.append("the log takes all that one address sends")
    return outcome


def replays(ground: Ground, seconds: float) -> Outcome:
    """One display, sent again and again."""
    product, outcome, page = ground.shared, Outcome(), ground.new_page()
    beacon = post_request("/_nhip/e", agent=AGENTS[0], body=beacon_of(product, page, i="0.5"), client=STRANGER)
    with HonestReaders(product) as readers:
        tally = run_load(itertools.repeat(beacon), port=product.port, connections=CONNECTIONS, seconds=seconds)
    outcome.judge(readers)
    shown = views_of(product, page)
    outcome.attackers = f"one beacon sent {tally.sent} times, counted {shown} times"
    if shown != 1:
        outcome.faults.append(f"one display is {shown} views")
    return outcome


def foreign_names(ground: Ground, seconds: float) -> Outcome:
    """Requests for another site, each of which could be a page of log."""
    product, outcome = ground.shared, Outcome()
    before = product.log.stat().st_size
    request = b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    with HonestReaders(product) as readers:
        tally = run_load(itertools.repeat(request), port=product.port, connections=CONNECTIONS, seconds=seconds)
    outcome.judge(readers)
    grown = product.log.stat().st_size - before
    outcome.attackers = f"{tally.sent} requests, {grown} bytes of log"
    if grown > LOG_BYTES:
        outcome.faults.append(f"{tally.sent} requests made {grown} bytes of log")
    return outcome


def guesses(ground: Ground, seconds: float) -> Outcome:
    """Wrong passwords for the administrator, from one address."""
    product, outcome = ground.shared, Outcome()
    answers: Counter[int] = Counter()
    until = time.monotonic() + seconds
    with HonestReaders(product) as readers:
        threads = [
            threading.Thread(target=guess_on, args=(product, until, answers), daemon=True)
            for _ in range(GUESSES_AT_ONCE)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    outcome.judge(readers)
    outcome.attackers = f"{answers.total()} guesses, answers {dict(answers)}"
    judged = answers.total() - answers[429]
    if judged > ENOUGH_GUESSES and judged > seconds:
        outcome.faults.append(f"{judged} guesses were judged")
    if answers[302]:
        outcome.faults.append("a guess was let in")
    return outcome


# strange bytes


def hostile_agents(ground: Ground, seconds: float) -> Outcome:
    """Names of browsers that climb towards whatever takes the server longest."""
    product, outcome, page = ground.shared, Outcome(), ground.new_page()
    body = beacon_of(product, page)
    with HonestReaders(product) as readers:
        found, sent = asyncio.run(climb(product.port, body, seconds))
    outcome.judge(readers)
    usual = cost_of(product, body, AGENTS[0])
    worst = max(cost_of(product, body, agent) for agent in found[:4])
    outcome.attackers = f"{sent} agents tried; the worst costs {1_000 * (worst - usual):.1f} ms more than a usual one"
    if worst - usual > HOSTILE_SECONDS:
        outcome.faults.append(f"an agent that costs {1_000 * worst:.0f} ms")
    return outcome


def damaged_pictures(ground: Ground, seconds: float) -> Outcome:
    """Uploads by an editor: cut, bent, and one of 128 megapixels."""
    product, outcome = ground.shared, Outcome()
    said: Counter[str] = Counter()
    directory = ground.new_directory()
    until = time.monotonic() + seconds
    with HonestReaders(product) as readers, Editor(product) as editor:
        for picture in damaged(directory, random.Random(7)):
            try:
                said["taken" if editor.try_to_upload(picture)["success"] else "refused in words"] += 1
            except (AssertionError, httpx.HTTPError) as error:
                said["failed"] += 1
                outcome.faults.append(f"{picture.name}: {str(error)[:80]}")
            if time.monotonic() > until and said.total() >= LEAST_PICTURES:
                break
    outcome.judge(readers)
    outcome.attackers = f"{said.total()} pictures: {dict(said)}"
    return outcome


def broken_uploads(ground: Ground, seconds: float) -> Outcome:
    """Bodies that break off, through the proxy, which could take the processes behind it for what is broken."""
    try:
        caddy_program()
    except CaddyMissing as missing:
        raise NotPossible(str(missing)) from missing
    product, outcome = ground.shared, Outcome()
    place = [f"127.0.0.1:{product.port}"]
    sent = 0
    until = time.monotonic() + seconds
    with Proxy(ground.new_directory(), web=place, collectors=place, cdn="127.0.0.1") as proxy:
        with HonestReaders(product, port=proxy.port) as readers:
            while time.monotonic() < until:
                send_broken(proxy.port, sent)
                sent += 1
        outcome.judge(readers)
        proxy.stop()
    outcome.attackers = f"{sent} broken uploads"
    return outcome


# what runs out, and what is lost


def streams_at_1024_descriptors(ground: Ground, seconds: float) -> Outcome:
    outcome = Outcome()
    product = ground.another()
    with ExitStack() as stack:
        stack.callback(product.kill)
        product.launch()
        resource.prlimit(product.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))  # before it asks for more
        product.wait_until_it_answers()
        with HonestReaders(product) as readers:
            answers = in_another_process(hold_streams, product.port, seconds)
        outcome.judge(readers)
        outcome.attackers = f"{STREAMS} streams: {dict(answers)}, {SILENT} silent connections"
        if not answers["200"]:
            outcome.faults.append("no stream was served")
        if code := product.stop():
            outcome.faults.append(f"it ended with {code}")
    return outcome


def full_disk(ground: Ground, seconds: float) -> Outcome:
    """The last byte of the disk is taken, and given back."""
    outcome = Outcome()
    directory = ground.new_directory()
    bytes_ = sum(file.lstat().st_size for file in ground.first_start.rglob("*")) + ROOM
    with mounted(directory, bytes_), ground.another(directory) as product:
        filler = directory / "filler"
        with HonestReaders(product) as readers:
            time.sleep(seconds / 3)
            failed_before = len(readers.views.failures)
            with repeating(lambda: fill(filler)):  # ClickHouse's merges give room back
                said_so = eventually(lambda: product.status("/_nhip/readyz") == 503, seconds=max(seconds / 3, 10))
                is_full = eventually(lambda: one_view(product)[0] == 503, seconds=max(seconds / 3, 10))
                status, retry = one_view(product)
                time.sleep(seconds / 3)
            refused = len(readers.views.failures) - failed_before
            filler.unlink()
            wait_until(lambda: one_view(product)[0] == 202, what=lambda: "views are still refused")
            room_at = time.monotonic()
            time.sleep(seconds / 3)
        outcome.judge(readers, since=room_at)
        log = product.log.stat().st_size
        outcome.attackers = f"{refused} views refused while the disk was full ({status}, Retry-After {retry})"
        if not is_full:
            outcome.faults.append("no view was refused, so that nothing was tried")
        if not said_so:
            outcome.faults.append("readyz did not say that the disk is full")
        if status == 503 and not retry:
            outcome.faults.append("a refused view is not told to come again")
        if log > LOG_BYTES:
            outcome.faults.append(f"{log} bytes of log")
        if code := product.stop():
            outcome.faults.append(f"it ended with {code}")
        if outcome.faults:
            outcome.faults.append(f"its last words: {product.log.read_text(errors='replace')[-LAST_WORDS:]}")
    return outcome


def lost_wal(ground: Ground, seconds: float) -> Outcome:
    """The machine dies and the log's newest file is lost: no number is given twice, so no view is dropped for it."""
    outcome = Outcome()
    with ground.another() as product:
        with SteadyLoad([product.port], key=product.key, rate=100.0) as load:
            time.sleep(seconds / 2)
            product.kill()
        lost = [file for file in product.data_dir.rglob(f"{RECORDS_FILE}-*") if file.exists()]
        for file in lost:
            file.unlink()
        product.start()
        with HonestReaders(product) as readers:
            time.sleep(seconds / 2)
        outcome.judge(readers)
        if not lost:
            outcome.faults.append("there was no file to lose, so that nothing was tried")
        outcome.attackers = f"{', '.join(file.name for file in lost)} removed after {len(load.acknowledged)} views"
        if code := product.stop():
            outcome.faults.append(f"it ended with {code}")
    return outcome


ATTACKS: dict[str, Attack] = {
    attack.__name__.replace("_", "-"): attack
    for attack in (
        slow_clients,
        flood_of_one_address,
        replays,
        foreign_names,
        hostile_agents,
        broken_uploads,
        damaged_pictures,
        guesses,
        streams_at_1024_descriptors,
        full_disk,
        lost_wal,
    )
}


# what attackers send


def beacon_of(product: Product, page: int, **more: str) -> bytes:
    path = f"/trang-{page}/"
    token = sign(PageToken(site=1, page_id=page, locale="vi", path=path), key=product.key)
    return json.dumps({"t": token, "p": path, "n": "navigate", **more}).encode()


def floods(product: Product, page: int) -> Iterator[bytes]:
    body = beacon_of(product, page)
    for number in itertools.count():
        agent = f"Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/{number % 150}.{number % 7}"
        yield post_request("/_nhip/e", agent=agent, body=body, client=STRANGER)


def guess_on(product: Product, until: float, answers: Counter[int]) -> None:
    headers = {"X-Forwarded-For": STRANGER, "Referer": f"{product.base_url}/admin/login/"}
    with httpx.Client(base_url=product.base_url, timeout=PATIENCE, headers=headers) as browser:
        browser.get("/admin/login/")
        made = 0
        while time.monotonic() < until or made < LEAST_GUESSES:
            made += 1
            fields = {
                "username": "admin",
                "password": f"mat-khau-{random.random()}",
                "csrfmiddlewaretoken": next((v for k, v in browser.cookies.items() if k.endswith("csrftoken")), ""),
            }
            answers[browser.post("/admin/login/", data=fields).status_code] += 1


def damaged(directory: Path, chance: random.Random) -> Iterator[Path]:
    """Pictures without end, each of them broken in its own way."""
    for number in itertools.count():
        if number == 20:
            yield write_flat_png(directory / "lon.png", 11_300, 11_300)
        format_ = chance.choice(("JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF"))
        content = BytesIO()
        Image.effect_noise((chance.randrange(1, 200), chance.randrange(1, 200)), 90).convert("RGB").save(
            content, format_
        )
        bent = bytearray(content.getvalue())
        for _ in range(chance.choice((0, 1, 3, 30))):
            bent[chance.randrange(min(len(bent), chance.choice((40, 400, 40_000))))] = chance.randrange(256)
        if chance.random() < 0.4:
            del bent[chance.randrange(1, len(bent)) :]
        path = directory / f"hong-{number}.{format_.lower()}"
        path.write_bytes(bent)
        yield path


BROKEN = (
    b"Transfer-Encoding: chunked\r\n\r\nno number\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n8000\r\n" + b"x" * 0x8000 + b"\r\n",
    b"Content-Length: 100\r\n\r\nx",
    b"Content-Length: 900000\r\n\r\n" + b"x" * 20_000,
)


def send_broken(port: int, number: int) -> None:
    path = ("/_nhip/e", "/_nhip/live", "/admin/login/", "/_nhip/summary.json")[number % 4]
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {any_address()}\r\n".encode()
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(head + BROKEN[number // 4 % 4])
        connection.shutdown(socket.SHUT_WR)
        connection.recv(100)


async def climb(port: int, body: bytes, seconds: float) -> tuple[list[str], int]:
    """Each climber keeps the agent that took longest, and tries others like it; returns those, and how many were
    tried."""
    until = time.monotonic() + seconds
    tried = itertools.count()

    async def climber(chance: random.Random) -> str:
        best, best_seconds = "".join(chance.choices(string.printable[:94], k=512)), 0.0
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.monotonic() < until:
                agent = mutate(best, chance)
                began = time.perf_counter()
                writer.write(post_request("/_nhip/e", agent=agent, body=body, client=any_address()))
                head = await reader.readuntil(b"\r\n\r\n")
                took = time.perf_counter() - began
                assert b"content-length: 0" in head.lower(), head
                next(tried)
                if took > best_seconds:
                    best, best_seconds = agent, took
                best_seconds *= 0.99  # a moment's load must not be taken for a climb
        finally:
            writer.close()
        return best

    found = await asyncio.gather(*(climber(random.Random(seed)) for seed in range(CLIMBERS)))
    return list(found), next(tried)


def mutate(agent: str, chance: random.Random) -> str:
    """Another one like it: a piece repeated, moved, or of a crawler's name."""
    at, length = chance.randrange(len(agent)), chance.randrange(1, 40)
    piece = chance.choice(
        (agent[at : at + length] * 3, chance.choice(AGENTS)[:length], "bot/", "a" * length, "-_. " * 8, "http://")
    )
    return (agent[:at] + piece + agent[at + len(piece) :])[:512]


def cost_of(product: Product, body: bytes, agent: str) -> float:
    """Processor seconds that the product takes for a beacon with this agent, each time a little different so that none
    is remembered."""
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    before = processor_seconds(product.pid)
    for number in range(MEASURED):
        named = f"{agent[:-3]}{number:03}"
        headers = {"User-Agent": named, "Content-Type": "text/plain", "X-Forwarded-For": any_address()}
        connection.request("POST", "/_nhip/e", body=body, headers=headers)
        connection.getresponse().read()
    connection.close()
    return (processor_seconds(product.pid) - before) / MEASURED


def processor_seconds(pid: int) -> float:
    """As proc(5) has it: of the process, by the user and by the system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def in_another_process(harm: Callable[..., Coroutine[Any, Any, Counter[str]]], *arguments: Any) -> Counter[str]:
    """Readers share neither an event loop nor an interpreter with who does harm: they would wait for it between
    connecting and asking, and a connection without a question is the first that makes room."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as attackers:
        return attackers.submit(_run, harm, *arguments).result()


def _run(harm: Callable[..., Coroutine[Any, Any, Counter[str]]], *arguments: Any) -> Counter[str]:
    return asyncio.run(harm(*arguments))


async def hold_streams(port: int, seconds: float) -> Counter[str]:
    """Open live streams and keep them, and connections that ask nothing, which come again when they are closed. The
    answers by status, "" for none."""

    async def open_stream() -> tuple[str, asyncio.StreamWriter | None]:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /_nhip/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return (await asyncio.wait_for(reader.readline(), PATIENCE))[9:12].decode(), writer
        except (OSError, TimeoutError):
            return "", None

    async def stay_silent() -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                with closing(writer):
                    await reader.read()
            except OSError:
                await asyncio.sleep(0.01)

    opened = [await open_stream() for _ in range(STREAMS)]
    silent = [asyncio.create_task(stay_silent()) for _ in range(SILENT)]
    await asyncio.sleep(seconds)
    for one in silent:
        one.cancel()
    await asyncio.gather(*silent, return_exceptions=True)
    for _status, writer in opened:
        if writer is not None:
            writer.close()
    return Counter(status for status, _writer in opened)


# what is looked at


def views_of(product: Product, page: int) -> int:
    """The page's views when they move no more."""
    path = f"/_nhip/pages.json?ids={page}"
    known = -1
    while (now := int(product.get(path)["pages"].get(str(page), 0))) != known:
        known = now
        time.sleep(2.0)
    return now


def size_of_log(product: Product) -> int:
    return sum(file.stat().st_size for file in product.data_dir.rglob(f"{RECORDS_FILE}*"))


def one_view(product: Product) -> tuple[int, str]:
    """The status of a view, and whether it is told to come again."""
    body = beacon_of(product, ATTACKED - 1, i=str(random.random()))
    headers = {"User-Agent": AGENTS[0], "Content-Type": "text/plain", "X-Forwarded-For": any_address()}
    request = urllib.request.Request(f"{product.base_url}/_nhip/e", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Retry-After", "")


def eventually(holds: Callable[[], bool], *, seconds: float) -> bool:
    try:
        wait_until(holds, seconds=seconds)
    except AssertionError:
        return False
    return True


@contextmanager
def mounted(directory: Path, bytes_: int) -> Iterator[None]:
    """A disk of its own. Raises NotPossible."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={bytes_}", "nhip-attack", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(f"no disk can be mounted: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=False)


def fill(path: Path) -> None:
    """Take every byte that the disk has left."""
    piece = 1 << 20
    with path.open("ab", buffering=0) as file:
        while piece:
            try:
                file.write(bytes(piece))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece //= 2


# one after the other


@dataclass
class Tally:
    withstood: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_possible: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        names = f" ({', '.join(self.failed)})" if self.failed else ""
        left = f", {len(self.not_possible)} not possible here" if self.not_possible else ""
        count = len(self.withstood) + len(self.failed)
        return f"{count} attacks, {len(self.withstood)} withstood, {len(self.failed)} failed{names}{left}"


def run_attacks(
    directory: Path,
    *,
    seconds: float,
    names: Sequence[str] = (),
    first_start: Path | None = None,
    say: Callable[[str], None] = print,
) -> Tally:
    """Raises KeyError for an attack that is not there."""
    attacks = {name: ATTACKS[name] for name in names or ATTACKS}
    tally = Tally()
    with Ground(directory, first_start=first_start) as ground:
        for name, attack in attacks.items():
            started = time.monotonic()
            try:
                outcome = attack(ground, seconds)
            except NotPossible as reason:
                tally.not_possible.append(name)
                say(f"{name}: not possible here: {reason}")
                continue
            except Exception as error:
                outcome = Outcome(faults=[f"{type(error).__name__}: {str(error)[:2_000]}"])
            (tally.failed if outcome.faults else tally.withstood).append(name)
            verdict = f"FAILED: {'; '.join(outcome.faults)}" if outcome.faults else "withstood"
            say(
                f"{name} ({time.monotonic() - started:.0f} s): {verdict}\n"
                f"    attackers: {outcome.attackers}\n    honest readers: {outcome.readers}"
            )
        if faults := ground.end():
            tally.failed.append("after all of them")
            say(f"after all of them: FAILED: {'; '.join(faults)}")
    return tally


def main(names: list[str]) -> int:
    if unknown := set(names) - ATTACKS.keys():
        print(f"nhip: không có · no such attack: {', '.join(sorted(unknown))}; {', '.join(ATTACKS)}", file=sys.stderr)
        return 2
    seconds = float(os.environ.get("SECONDS", "60"))
    with tempfile.TemporaryDirectory(prefix="nhip-attack-") as scratch:
        tally = run_attacks(Path(scratch), seconds=seconds, names=names)
    print(tally)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
