"""The real product as a process of its own: start, stop, kill, look at its data directory."""

import os
import re
import shutil
import stat
import subprocess
import sys
import time
import urllib.request
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec
from part import PROBE_TOKEN, ROOT, SHOWN, Part, free_port, status_of
from patience import PATIENCE

from pipeline.tokens import PageToken, sign

ADMIN_PASSWORD = "mat-khau-de-thu-nghiem"
WITH_KEPT_PICTURES = str(ROOT / "tests/support/with_kept_pictures.py")  # a program of a product that has the demo


def everything_in(directory: Path) -> dict[Path, os.stat_result]:
    """The folders and files of a running product, but for links; the engine's merges remove some at any moment."""
    found = {}
    for folder, _folders, files in os.walk(directory):
        for path in (Path(folder), *(Path(folder, file) for file in files)):
            with suppress(FileNotFoundError):
                found[path] = path.lstat()
    return {path: status for path, status in found.items() if not stat.S_ISLNK(status.st_mode)}


class SiteClient:
    """Requests to the product at ``base_url``, one process or many."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"

    @property
    @abstractmethod
    def key(self) -> bytes:
        """The key that signs page tokens."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""

    def get(self, path: str) -> Any:
        """The JSON at ``path``."""
        with urllib.request.urlopen(self._request(path), timeout=PATIENCE) as response:
            return msgspec.json.decode(response.read())

    def _request(self, path: str) -> urllib.request.Request:
        return urllib.request.Request(self.base_url + path, headers=SHOWN if path.startswith("/_nhip/") else {})

    def status(self, path: str) -> int:
        """The status of ``path``; 0 without an answer."""
        return status_of(self.base_url + path)

    def page(self, path: str) -> str:
        """The HTML at ``path``."""
        with urllib.request.urlopen(self._request(path), timeout=PATIENCE) as response:
            html: str = response.read().decode()
            return html

    def see_every_page(self) -> None:
        """Ask for all that the site maps name, without a beacon."""
        addresses = re.compile(r"<loc>(.*?)</loc>")
        for part in addresses.findall(self.page("/sitemap.xml")):
            for address in addresses.findall(self.page(urlsplit(part).path)):
                self.page(quote(unquote(urlsplit(address).path)))

    def view(
        self, page_id: int, path: str, *, agent: str = "Mozilla/5.0 Firefox/150.0", client: str = "127.0.0.1"
    ) -> int:
        """Send one view as a browser would, from the loopback address ``client``; returns the status."""
        token = sign(PageToken(site=1, page_id=page_id, locale="vi", path=path), key=self.key)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE, source_address=(client, 0))
        headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": agent}
        connection.request("POST", "/_nhip/e", body=msgspec.json.encode({"t": token, "p": path}), headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def wait_for(self, path: str, holds: Callable[[Any], bool], *, seconds: float = PATIENCE) -> Any:
        """Ask ``path`` until its JSON ``holds``; returns it. Raises AssertionError with the last answer and what
        ``nhip status`` says."""
        deadline = time.monotonic() + seconds
        while not holds(answer := self.get(path)):
            assert time.monotonic() < deadline, f"{path} still answers {answer}\n{self.command('status').stdout}"
            time.sleep(0.1)
        return answer

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``nhip ARGUMENTS``."""
        command = [sys.executable, "-m", "cms.nhip", *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )

    def verify(self) -> dict[str, Any]:
        """The findings of ``nhip verify``."""
        answer = self.command("verify", "--json")
        assert answer.returncode in (0, 1), answer.stderr
        found: dict[str, Any] = msgspec.json.decode(answer.stdout)
        return found


class Product(Part, SiteClient):
    """``python -m cms`` on a data directory; may be started again after ``stop`` or ``kill``.

    ``program``: python's arguments, if they are others. ``environment`` overrides the usual one; an empty value removes
    a variable.
    """

    def __init__(self, data_dir: Path, *, program: Sequence[str] = ("-m", "cms"), **environment: str) -> None:
        SiteClient.__init__(self, free_port())
        ours = {
            "PORT": str(self.port),
            "NHIP_DATA_DIR": str(data_dir),
            "NHIP_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "NHIP_PROBE_TOKEN": PROBE_TOKEN,
        }
        Part.__init__(
            self,
            "the product",
            list(program),
            environment=ours | environment,
            health_url=f"{self.base_url}/_nhip/",
            log=data_dir.with_suffix(".log"),
        )
        self.data_dir = data_dir

    @property
    def key(self) -> bytes:
        """The key that the first start made."""
        return bytes.fromhex((self.data_dir / "beacon.key").read_text(encoding="ascii"))

    def __enter__(self) -> "Product":
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_failure: object) -> None:
        """Leave no process, even if the block failed."""
        self.kill()


def copy_data(data_dir: Path, to: Path) -> Path:
    """A copy of a stopped product's data directory, in ``to``. The engine's relative links must stay links."""
    return Path(shutil.copytree(data_dir, to / "data", symlinks=True))
