"""Several who want the same renditions in the same moment, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.db import connections, transaction
from patience import PATIENCE
from pictures import draw
from pytest_django import Settings
from wagtail.images.models import Image, Rendition

from cms.core import renditions
from cms.core.pictures import unread

pytestmark = pytest.mark.django_db(transaction=True)

# No AVIF: one is drawn at a time, and here the first stands still.
SPECS = ("format-webp|width-480", "format-jpeg|width-480", "format-webp|width-960")
DRAWN = [(480, "webp"), (480, "jpeg"), (960, "webp")]


@pytest.fixture
def image(settings: Settings, tmp_path: Path) -> Image:
    settings.MEDIA_ROOT = tmp_path / "media"
    with draw(tmp_path / "cho.jpg", 1000, 700).open("rb") as file:
        image: Image = Image.objects.create(title="Chợ nổi", file=ImageFile(file, name="cho.jpg"))
    return image


class Drawing:
    """Counts what is drawn; the first waits until ``go_on`` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.drawn: list[tuple[int, str]] = []
        self.has_begun, self.go_on = Event(), Event()
        self._render = unread.render
        monkeypatch.setattr(unread, "render", self._count)

    def _count(self, source: Any, recipe: Any, target: Any) -> None:
        is_first = not self.drawn
        self.drawn.append((recipe.size[0], recipe.format))
        self.has_begun.set()
        assert not is_first or self.go_on.wait(PATIENCE)
        self._render(source, recipe, target)


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> Drawing:
    return Drawing(monkeypatch)


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Calls in a thread of its own."""

    def and_leave(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        yield lambda call: thread.submit(and_leave, call)


def ask(image: Image, specs: tuple[str, ...] = SPECS) -> list[str]:
    """As a page does: with an object of its own. Returns the files."""
    mine: Image = Image.objects.get(pk=image.pk)
    found = mine.get_renditions(*specs) if len(specs) > 1 else {specs[0]: mine.get_rendition(specs[0])}
    return [found[spec].file.name for spec in specs]


@pytest.mark.parametrize("specs", [SPECS, SPECS[:1]], ids=["those of a page", "a single one"])
def test_of_two_who_want_the_same_renditions_the_second_waits_and_takes_them(
    image: Image, drawing: Drawing, elsewhere: Any, monkeypatch: pytest.MonkeyPatch, specs: tuple[str, ...]
) -> None:
    first = elsewhere(lambda: ask(image, specs))
    assert drawing.has_begun.wait(PATIENCE)
    look = Image.find_existing_renditions

    def look_in_vain(*arguments: Any) -> Any:
        found = look(*arguments)
        drawing.go_on.set()
        return found

    monkeypatch.setattr(Image, "find_existing_renditions", look_in_vain)
    second = ask(image, specs)

    assert second == first.result(PATIENCE)
    assert sorted(drawing.drawn) == sorted(DRAWN[: len(specs)]), "each once"


def test_between_two_steps_a_reader_of_the_same_picture_comes_first(
    image: Image, drawing: Drawing, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_between, reader_is_done = Event(), Event()

    def let_the_reader_go(_seconds: float) -> None:
        is_between.set()
        assert reader_is_done.wait(PATIENCE)

    def make_ahead() -> list[str]:
        with renditions.in_steps():
            return ask(image)

    drawing.go_on.set()
    monkeypatch.setattr(renditions, "sleep", let_the_reader_go)
    ahead = elsewhere(make_ahead)
    assert is_between.wait(PATIENCE)
    assert len(drawing.drawn) == 1

    read = ask(image)
    assert len(drawing.drawn) == len(SPECS), "all others, while the one ahead stands still"
    reader_is_done.set()
    assert ahead.result(PATIENCE) == read
    assert len(drawing.drawn) == len(SPECS)


def test_in_a_transaction_nobody_waits(image: Image, drawing: Drawing, elsewhere: Any) -> None:
    """The other one's rows may wait for this very transaction."""
    first = elsewhere(lambda: ask(image))
    assert drawing.has_begun.wait(PATIENCE)

    with transaction.atomic():
        second = ask(image)
    drawing.go_on.set()

    assert first.result(PATIENCE) == second
    assert sorted(Rendition.objects.values_list("file", flat=True)) == sorted(second)
    assert {path.name for path in Path(image.file.path).parents[1].glob("images/*")} == {
        Path(name).name for name in second
    }, "what was drawn in vain is gone"
