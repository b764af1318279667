"""A page never waits for statistics: without the engine the site shows the last known numbers."""

import shutil
import statistics
import time
from pathlib import Path

from product import Product

PAGE = 4321


def test_pages_render_at_the_usual_speed_with_the_last_numbers_while_the_engine_fails(
    data_dir: Path, artifacts: Path
) -> None:
    with Product(data_dir) as product:
        assert product.view(PAGE, "/con-so-cuoi/") == 202
        product.wait_for(f"/_nhip/pages.json?ids={PAGE}", lambda answer: answer["pages"][str(PAGE)] == 1)
        usual = _median_seconds(product)
        product.stop()
        _break_engine(product)

        product.start(ready=False)
        (artifacts / "pages-without-engine.txt").write_text(
            f"seconds a page, median of 15: {usual:.4f} with the engine, {_median_seconds(product):.4f} without\n"
        )
        assert product.get(f"/_nhip/pages.json?ids={PAGE}")["pages"] == {str(PAGE): 1}
        assert "Thống kê truy cập" in product.page("/")
        assert product.status("/_nhip/readyz") == 503
        assert product.view(PAGE, "/con-so-cuoi/") == 202, "views are still acknowledged"
        assert product.stop() == 0

        _mend_engine(product)
        product.start()
        assert product.get(f"/_nhip/pages.json?ids={PAGE}")["pages"] == {str(PAGE): 2}, "and counted when it is back"
        assert product.stop() == 0


def _median_seconds(product: Product) -> float:
    def once() -> float:
        started = time.perf_counter()
        product.page("/")
        return time.perf_counter() - started

    once()
    return statistics.median(once() for _ in range(15))


def _break_engine(product: Product) -> None:
    directory = product.data_dir / "clickhouse"
    shutil.move(directory, directory.with_name("aside"))
    directory.write_text("no engine can open this")


def _mend_engine(product: Product) -> None:
    directory = product.data_dir / "clickhouse"
    directory.unlink()
    shutil.move(directory.with_name("aside"), directory)
