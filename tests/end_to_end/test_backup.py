"""The data directory is lost: the runbook's two commands bring the product back, and counting goes on exactly once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
from editing import Editor
from meanwhile import repeating
from part import ROOT
from pictures import draw
from product import Product

from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.events import SALTS_TOPIC

RUNBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SECONDS = 120.0


class Readers:
    """Readers who open a page one after the other; ``counted`` are the views that were acknowledged."""

    def __init__(self, product: Product, page: int) -> None:
        self.counted = 0
        self._product = product
        self._page = page

    def view(self) -> None:
        status = self._product.view(self._page, "/mot-trang/", client=f"127.0.{self.counted % 250}.7")
        assert status == 202, status
        self.counted += 1


def of_chapter(command: str, file: Path) -> list[str]:
    """The arguments of ``nhip`` behind a command of the runbook's chapter, with ``file`` as the backup."""
    chapter = RUNBOOK.partition("### Một tiến trình · The one process")[2].partition("\n## ")[0]
    assert re.search(rf"^\$ make {command} BACKUP=\S+", chapter, re.MULTILINE), command
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition(f"\n{command}:")[2].partition("\n\n")[0]
    assert f"nhip {command} $(BACKUP)" in recipe
    return [command, str(file)]


def test_a_lost_data_directory_comes_back(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "nhip.tar"
    with Product(data_dir) as product:
        with Editor(product) as editor:
            kept = editor.write("Bài còn lại", image=editor.upload(draw(tmp_path / "anh.jpg", 1200, 800)))
            readers = Readers(product, kept)
            for _ in range(20):
                readers.view()
            before = readers.counted
            with repeating(readers.view):
                backup = product.command(*of_chapter("backup", file), "--json")
            assert backup.returncode == 0, backup.stderr
            lost = editor.write("Bài bị mất", image=editor.upload(draw(tmp_path / "anh-2.jpg", 1200, 800)))
        most = readers.counted
        for _ in range(7):
            assert product.view(lost, "/bai-bi-mat/") == 202
        refused = product.command(*of_chapter("restore", file))
        assert refused.returncode == 2
        assert "another process runs on" in refused.stderr
        assert product.stop() == 0
        salts = salts_of(data_dir)

    shutil.rmtree(data_dir)
    restored = product.command(*of_chapter("restore", file))
    assert restored.returncode == 0, restored.stderr

    assert salts
    content = file.read_bytes()
    assert not [salt for salt in salts if salt in content], "the archive has a day's salt"

    with product as again:
        views = again.get(f"/_nhip/pages.json?ids={kept}")["pages"][str(kept)]
        assert before <= views <= most
        verified = again.command("verify")
        assert verified.returncode == 0, verified.stdout
        reconciled = again.command("reconcile", "--json")
        assert reconciled.returncode == 0, reconciled.stdout
        assert msgspec.json.decode(reconciled.stdout)["unknown_pages"] == {}
        home = again.page("/")
        assert "Bài còn lại" in home
        pictures = re.findall(r'(?:src|srcset)="(/media/[^" ]+)', home)
        assert pictures
        assert {again.status(picture) for picture in pictures} == {200}
        with Editor(again) as editor:
            new = editor.write("Bài mới", image=editor.upload(draw(tmp_path / "anh-3.jpg", 1200, 800)), slug="bai-moi")
        assert new not in (kept, lost), "an id that readers may still have open is not given again"
        assert again.get(f"/_nhip/pages.json?ids={new}")["pages"][str(new)] == 0
        assert again.view(new, "/bai-moi/") == 202
        for _ in range(3):
            readers.view()
        again.wait_for(
            f"/_nhip/pages.json?ids={kept},{new}",
            lambda answer: answer["pages"] == {str(kept): views + 3, str(new): 1},
            seconds=SECONDS,
        )
        assert again.command("verify").returncode == 0
        assert again.stop() == 0


def salts_of(data_dir: Path) -> list[bytes]:
    """The salts that the log has, as they are written there."""
    broker = SqliteBroker(data_dir / "log")
    found = [msgspec.json.decode(record.value)["salt"].encode() for record in broker.read(SALTS_TOPIC)]
    broker.close()
    return found


def test_a_cms_database_that_is_restored_alone_gives_no_id_again(data_dir: Path, tmp_path: Path) -> None:
    """Case by case as it happened: a copy of the database, a page, its views, the copy back, another page."""
    copy = tmp_path / "cms.sqlite3"
    shutil.copy(data_dir / "cms.sqlite3", copy)
    picture = draw(tmp_path / "anh.jpg", 1200, 800)
    with Product(data_dir) as product:
        with Editor(product) as editor:
            lost = editor.write("A", image=editor.upload(picture))
        for _ in range(7):
            assert product.view(lost, "/a/") == 202
        product.wait_for(f"/_nhip/pages.json?ids={lost}", lambda answer: answer["pages"][str(lost)] == 7)
        product.kill()
        for beside in data_dir.glob("cms.sqlite3*"):
            beside.unlink()
        shutil.copy(copy, data_dir / "cms.sqlite3")

        product.start()
        with Editor(product) as editor:
            new = editor.write("B", image=editor.upload(picture))
        assert new != lost
        assert product.get(f"/_nhip/pages.json?ids={new}")["pages"][str(new)] == 0
