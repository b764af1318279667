"""The log loses its last writes with its WAL: nothing that is acknowledged afterwards is lost, and the loss is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from load import beacon_requests, run_load
from patience import PATIENCE, wait_until
from product import Product

PAGE = 4_712
PATH = "/sau-khi-mat/"
VIEWS = 400


def test_no_view_after_a_lost_wal_is_lost(data_dir: Path) -> None:
    def killing_amid() -> Iterator[bytes]:
        for number, request in enumerate(beacon_requests(key=product.key, seed=1)):
            if number == 3 * VIEWS:
                product.kill()
            yield request

    with Product(data_dir) as product:
        load = run_load(killing_amid(), port=product.port, seconds=PATIENCE)
        assert load.acknowledged > VIEWS
        assert not product.running
        (data_dir / "log" / "records.sqlite3-wal").unlink()
        product.start()

        assert {product.view(PAGE, PATH) for _ in range(VIEWS)} == {202}
        counted = f"/_nhip/pages.json?ids={PAGE}"
        wait_until(lambda: product.get(counted)["pages"][str(PAGE)] == VIEWS, seconds=PATIENCE)
        found = product.verify()
        assert (found["missing"], found["repeated"], found["unexplained"]) == (0, 0, 0)
        assert set(found["differing"].values()) == {0}
        assert found["skipped"]
        assert "THE LOG HAD LOST ITS END" in product.command("status").stdout
        assert "the log had lost its end" in product.output()


def test_one_lost_kilobyte_of_the_log_is_said_and_the_rest_is_saved(data_dir: Path) -> None:
    file = data_dir / "log" / "records.sqlite3"
    counted = f"/_nhip/pages.json?ids={PAGE}"
    with Product(data_dir) as product:
        assert {product.view(PAGE, PATH) for _ in range(VIEWS)} == {202}
        wait_until(lambda: product.get(counted)["pages"][str(PAGE)] == VIEWS, seconds=PATIENCE)
        assert product.stop() == 0
        with file.open("r+b") as opened:
            opened.seek(file.stat().st_size // 2 // 4_096 * 4_096)
            opened.write(bytes(range(256)) * 4)
        product.start()

        assert product.view(PAGE, PATH) == 202, "views go on"
        wait_until(lambda: product.get(counted)["pages"][str(PAGE)] == VIEWS + 1, seconds=PATIENCE)
        told = product.command("verify")
        assert (told.returncode, "nhip salvage --apply" in told.stderr) == (2, True), told
        assert product.command("salvage").returncode == 1, "something is lost, and it is not saved yet"
        assert product.command("salvage", "--apply").returncode == 2, "the product must stop first"
        assert product.stop() == 0
        saved = product.command("salvage", "--apply", "--json")
        assert saved.returncode == 0, saved.stderr
        lost = sum(skip["end"] - skip["first"] for skip in msgspec.json.decode(saved.stdout)["lost"])
        assert 0 < lost < 100

        product.start()
        assert product.view(PAGE, PATH) == 202
        wait_until(lambda: product.get(counted)["pages"][str(PAGE)] == VIEWS + 2, seconds=PATIENCE)
        assert product.command("verify").returncode == 0
        assert product.command("replay", "--since", "2026-01-01").returncode == 0
