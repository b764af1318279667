"""The plugin's own bare Wagtail site as a process, for browsers: a stranger's site with a strict policy for scripts."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from part import ROOT, free_port
from patience import PATIENCE, wait_until

PASSWORD = "mat-khau-cua-bien-tap"
# Django's own test runner never migrates this database: it is a file, and lives as long as the site.
CONTENT = """
import django; django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from wagtail.models import Page, Site
from wagtail_emulation.models import EmulationIndexPage
call_command("migrate", verbosity=0)
get_user_model().objects.create_superuser("bien-tap", "bien-tap@example.org", %(password)r)
home = Page.get_first_root_node().add_child(instance=Page(title="Sở", slug="so"))
Site.objects.all().delete()
Site.objects.create(hostname="127.0.0.1", port=%(port)d, root_page=home, is_default_site=True)
print(home.pk, home.add_child(instance=EmulationIndexPage(title="Thi đua – Khen thưởng")).pk)
"""


class StrangerSite:
    """Started on entering the block, with the account ``bien-tap``; ``home`` and ``index`` are ids of its pages."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._log = directory / "site.log"
        self._environment = os.environ | {
            "PYTHONPATH": str(ROOT / "plugins/emulation/tests"),
            "DJANGO_SETTINGS_MODULE": "emulation_site.browsing",
            "EMULATION_SITE_DATA": str(directory),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        made = self._run("-c", CONTENT % {"password": PASSWORD, "port": self.port})
        self.home, self.index = (int(number) for number in made.split())
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{self.port}"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._answers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ask(self, code: str) -> str:
        """What ``code`` prints within the site."""
        return self._run("-c", f"import django; django.setup()\n{code}").strip()

    def html(self, address: str) -> str:
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            html: str = response.read().decode()
            return html

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self._environment, capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/admin/login/", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False
