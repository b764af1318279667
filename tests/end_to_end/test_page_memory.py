"""Whatever is changed, by whichever process, no reader gets a page that is more than a second old, or another's.

A state machine makes changes in a process of their own and through the admin, and reads between them. What the memory
answers is compared with what Django renders at the same time for a reader whom the memory does not serve.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import httpx
import msgspec
import pytest
from department_form import department_form
from editor import ADDRESSES, CHANGES, DRAFT_WORDS, PLAIN, Editor
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from postgres_server import PostgresServer
from product import ADMIN_PASSWORD, WITH_KEPT_PICTURES, Product

from pipeline.tokens import verify

OLDEST_SECONDS = 1.0
FIRST_CHANGES = 4

# A session that nobody has: Django answers as to the public, and the memory leaves such a reader to Django.
PAST_THE_MEMORY = {"Cookie": "sessionid=nobody"}
NUMBERS = re.compile(
    r'(data-counter="\w+">|data-page-views="\d+">)[^<]*|access-statistics__as-of" ?(?:hidden)?>.*?</p>', re.S
)
SIGNED = re.compile(r'(?<=data-t=")[^"]+|(?<=luot\?t=)[^"&]+')  # by the beacon and by the pixel


@dataclass
class Version:
    """What Django rendered at an address. Seconds of the monotonic clock; ``until`` is None while it is the newest."""

    seen: tuple[int, str, str]
    since: float
    until: float | None = None


class Site:
    """The running product, its editor, a member of staff, and all versions of its pages."""

    def __init__(self, product: Product) -> None:
        self.editor = Editor(product.environment() | {"DJANGO_SETTINGS_MODULE": "cms.settings.embedded"})
        self.public = httpx.Client(base_url=product.base_url, timeout=60)
        self.stranger = httpx.Client(base_url=product.base_url, timeout=60)
        self.staff = httpx.Client(base_url=product.base_url, timeout=60)
        self._key = product.key
        self._sign_in()
        self.versions: dict[str, list[Version]] = {address: [] for address in ADDRESSES}
        self.made: list[str] = []
        self.note(since=time.monotonic())

    def close(self) -> None:
        self.editor.close()
        self.public.close()
        self.stranger.close()
        self.staff.close()

    def note(self, *, since: float) -> None:
        """What the pages are now, after a change that began at ``since`` and is committed."""
        committed = time.monotonic()
        for address, versions in self.versions.items():
            seen = self.render(address)
            if versions and versions[-1].seen == seen:
                continue
            if versions:
                versions[-1].until = committed
            versions.append(Version(seen, since))

    def render(self, address: str) -> tuple[int, str, str]:
        self.stranger.cookies.clear()
        return self.shown(self.stranger.get(address, headers=PAST_THE_MEMORY))

    def shown(self, answer: httpx.Response) -> tuple[int, str, str]:
        """An answer but for its numbers, and the hour in which its tokens were signed."""
        text = SIGNED.sub(lambda token: self._of_any_hour(token[0]), NUMBERS.sub(r"\1", answer.text))
        return answer.status_code, answer.headers.get("location", ""), text

    def click(self, address: str, /, **fields: str) -> None:
        """Post a form of the admin."""
        token = self.staff.cookies.get("csrftoken", "")
        answer = self.staff.post(address, data={"csrfmiddlewaretoken": token, **fields})
        assert answer.status_code < 400, answer.text[-2000:]

    def _of_any_hour(self, token: str) -> str:
        return repr(msgspec.structs.replace(verify(token, self._key), hour=0))

    def _sign_in(self) -> None:
        self.staff.get("/admin/login/")
        self.click("/admin/login/", username="admin", password=ADMIN_PASSWORD)
        assert self.staff.get("/admin/").status_code == 200


class Pages(RuleBasedStateMachine):
    site: Site

    @initialize(changes=st.lists(st.sampled_from(CHANGES), min_size=FIRST_CHANGES, max_size=FIRST_CHANGES))
    def several_changes(self, changes: list[str]) -> None:
        """Hypothesis leaves out some of the rules in each round, and might leave out every change."""
        for change in changes:
            self.another_process_changes(change)

    @rule(change=st.sampled_from(CHANGES))
    def another_process_changes(self, change: str) -> None:
        began = time.monotonic()
        self.site.editor.make(change)
        self._changed(change, began)

    @rule(action=st.sampled_from(("unpublish", "publish", "department")))
    def this_process_changes(self, action: str) -> None:
        began = time.monotonic()
        page = f"/admin/pages/{self.site.editor.plain_id}"
        if action == "unpublish":
            self.site.click(f"{page}/unpublish/")
        elif action == "publish":
            words = f"Từ trang quản trị {len(self.site.made)}"
            self.site.click(
                f"{page}/edit/",
                **{
                    "title": words,
                    "slug": "thu",
                    "lead": words,
                    "body-count": "0",
                    "comments-TOTAL_FORMS": "0",
                    "comments-INITIAL_FORMS": "0",
                    "action-publish": "action-publish",
                },
            )
            assert words in self.site.render(PLAIN)[2] or self.site.render(PLAIN)[0] != 200
        else:
            name = f"Sở {len(self.site.made)}"
            self.site.click("/admin/settings/core/departmentsettings/1/", **department_form(name=name))
            assert name in self.site.render("/")[2]
        self._changed(f"admin: {action}", began)

    @rule(address=st.sampled_from(ADDRESSES), encoding=st.sampled_from(("br", "zstd", "gzip", "identity")))
    def somebody_reads(self, address: str, encoding: str) -> None:
        began = time.monotonic()
        answer = self.site.public.get(address, headers={"Accept-Encoding": encoding})
        self._check(address, answer, began)

    @rule()
    def everybody_reads_a_second_later(self) -> None:
        time.sleep(OLDEST_SECONDS)
        self._read_everything()

    @rule(address=st.sampled_from(("/", "/tin-tuc/", PLAIN)))
    def staff_reads(self, address: str) -> None:
        answer = self.site.staff.get(address)
        assert "no-store" in answer.headers["cache-control"]
        if answer.status_code == 200:
            assert "wagtail-userbar" in answer.text

    @precondition(lambda self: any("draft" in change for change in self.site.made))
    @rule()
    def staff_previews(self) -> None:
        answer = self.site.staff.get(f"/admin/pages/{self.site.editor.plain_id}/view_draft/")
        assert "no-store" in answer.headers["cache-control"]

    def _changed(self, change: str, began: float) -> None:
        self.site.made.append(change)
        self.site.note(since=began)
        self._read_everything()

    def _read_everything(self) -> None:
        for address in ADDRESSES:
            began = time.monotonic()
            self._check(address, self.site.public.get(address), began)

    def _check(self, address: str, answer: httpx.Response, began: float) -> None:
        ended = time.monotonic()
        seen = self.site.shown(answer)
        versions = self.site.versions[address]
        allowed = [
            version.seen
            for version in versions
            if version.since <= ended and (version.until is None or version.until >= began - OLDEST_SECONDS)
        ]
        ages = [began - version.until for version in versions if version.until and version.seen == seen]
        assert seen in allowed, (
            f"{address} after {self.site.made[-5:]}: {seen[:2]}, the newest is {versions[-1].seen[:2]}; "
            f"{f'this one was replaced {min(ages):.2f} s ago' if ages else 'this one was never rendered'}\n"
            + "\n".join(unified_diff(versions[-1].seen[2].splitlines(), seen[2].splitlines(), n=0, lineterm=""))
        )
        assert DRAFT_WORDS not in answer.text
        assert "wagtail-userbar" not in answer.text


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            product = stack.enter_context(Product(request.getfixturevalue("data_dir")))
        else:
            migrated = request.getfixturevalue("migrated_postgres")
            database = stack.enter_context(PostgresServer(tmp_path / "postgres", copied_from=migrated))
            product = Product(tmp_path / "data", program=(WITH_KEPT_PICTURES,), DATABASE_URL=database.url)
            stack.enter_context(product)
        with closing(Site(product)) as site:
            yield site
        assert product.stop() == 0


def test_no_reader_gets_a_page_that_is_old_or_not_theirs(site: Site) -> None:
    Pages.site = site
    rounds = int(os.environ.get("ROUNDS", "3"))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Pages,
        settings=settings(
            max_examples=rounds,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert len(site.made) >= FIRST_CHANGES * rounds
