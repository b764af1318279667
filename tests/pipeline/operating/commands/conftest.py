from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_memory import in_memory
from ops import Ops

from pipeline.collecting.recent_answers import RecentAnswers
from pipeline.events import PageView

NOW = 1_790_571_600.0  # 2026-09-28 12:00 in Asia/Ho_Chi_Minh


@pytest.fixture
def ops(tmp_path: Path, migrated_engine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ops]:
    """An empty log and engine of this test's own. Nothing is sent while a command works, so that a second look finds
    what every other would."""
    monkeypatch.setattr("pipeline.operating.verify.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("pipeline.operating.verify.ATTEMPTS", 2)
    with in_memory(tmp_path) as directory:
        monkeypatch.setenv("NHIP_DATA_DIR", str(directory / "data"))
        ops = Ops(directory / "data", now=NOW, migrated=migrated_engine, stays_open=True)
        yield ops
        ops.close()


@pytest.fixture(autouse=True)
def _no_answers_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("status", "report"):
        monkeypatch.setattr(f"pipeline.operating.commands.{command}.recent_answers", RecentAnswers())


@pytest.fixture
def view() -> Callable[..., PageView]:
    """A public view of page 7 by visitor ``number``, ``at`` seconds after NOW."""

    def make(number: int, *, at: float = 0.0, page_id: int = 7, audience: str = "public") -> PageView:
        return PageView(
            at=int((NOW + at) * 1000) + number,
            site=1,
            page_id=page_id,
            locale="vi",
            path=f"/trang-{page_id}/",
            audience=audience,
            visitor=number + 1,
            visit=number % 2 == 0,
        )

    return make
