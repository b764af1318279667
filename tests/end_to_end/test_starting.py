"""The product starts, stops and keeps its data; if it can't start, it says so in one line."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from part import ROOT
from product import ADMIN_PASSWORD, Product


def run_once(*arguments: str, module: str = "cms", **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the product where it must refuse."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_one_clear_line(refusal: subprocess.CompletedProcess[str], *words: str) -> None:
    assert refusal.returncode == 2, refusal.stderr
    (line,) = refusal.stderr.splitlines()
    for word in words:
        assert word in line


def test_a_taken_port_gets_one_line_that_names_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusal = run_once(PORT=str(port), NHIP_DATA_DIR=str(tmp_path / "data"))
    assert_one_clear_line(refusal, f"127.0.0.1:{port}", "PORT=")


def test_a_data_directory_that_is_a_file_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")
    assert_one_clear_line(run_once(NHIP_DATA_DIR=str(tmp_path / "data")), "NHIP_DATA_DIR", str(tmp_path / "data"))


def test_a_data_directory_that_can_not_be_made_gets_one_line() -> None:
    nowhere = "/proc/nhip"  # not even root may write there
    assert_one_clear_line(run_once(NHIP_DATA_DIR=nowhere), "NHIP_DATA_DIR", nowhere, "can't be")


def test_a_data_directory_held_by_another_process_gets_one_line(product: Product) -> None:
    refusal = run_once(PORT="1" + str(product.port)[1:], NHIP_DATA_DIR=str(product.data_dir))
    assert_one_clear_line(refusal, "NHIP_DATA_DIR", "another process", str(product.data_dir))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "many", id="a port that is no number"),
        pytest.param("NHIP_BATCH_ROWS", "0", id="a batch of nothing"),
        pytest.param("NHIP_DATA_DIR", "", id="an empty directory name"),
        pytest.param("NHIP_BEACON_KEY", "short", id="a key that is no key"),
        pytest.param("NHIP_HOST", "192.0.2.1", id="an address of another machine"),
        pytest.param("DATABASE_URL", "nonsense", id="a database that is no URL"),
        pytest.param("EMAIL_URL", "post://office", id="a mail server of no kind"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str, tmp_path: Path) -> None:
    environment = {"NHIP_DATA_DIR": str(tmp_path / "data"), name: value}
    assert_one_clear_line(run_once(**environment), name)


def test_a_second_start_keeps_everything_and_shows_no_password_again(migrated_sqlite: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.copyfile(migrated_sqlite, data / "cms.sqlite3")
    with Product(data, NHIP_ADMIN_PASSWORD="") as product:
        assert product.output().count("Mật khẩu") == 1
        assert product.view(4242, "/mot-trang/") == 202
        product.wait_for("/_nhip/pages.json?ids=4242", lambda answer: answer["pages"]["4242"] == 1)
        assert product.stop() == 0

        product.start()
        assert product.output().count("Mật khẩu") == 1
        assert product.get("/_nhip/pages.json?ids=4242")["pages"] == {"4242": 1}
        assert product.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_the_product_stops_cleanly_with_a_live_reader_and_a_view_just_sent(
    number: signal.Signals, data_dir: Path
) -> None:
    with Product(data_dir) as product, socket.create_connection(("127.0.0.1", product.port)) as reader:
        reader.sendall(b"GET /_nhip/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert reader.recv(1024).startswith(b"HTTP/1.1 200")
        assert product.view(7, "/bay/") == 202
        os.kill(product.pid, number)
        assert product.wait() == 0, product.output()
    assert "Traceback" not in product.output()
    assert product.verify()["views"] == 1


@pytest.mark.parametrize("seconds", [0.5, 1.5, 3.0, 4.5])
def test_the_product_stops_at_any_moment_of_its_start(seconds: float, data_dir: Path) -> None:
    product = Product(data_dir)
    product.launch()
    time.sleep(seconds)
    product.stop()
    assert product.status("/_nhip/healthz") == 0


def test_the_admin_password_is_taken_from_the_environment_and_not_shown(first_start: Path) -> None:
    output = Product(first_start).output()
    assert "NHIP_ADMIN_PASSWORD" in output
    assert ADMIN_PASSWORD not in output


@pytest.mark.parametrize("module", ["cms", "cms.web", "consumers"])
def test_help_and_a_wrong_argument_come_before_any_setting(module: str) -> None:
    helped, refused = (run_once(argument, module=module, NHIP_BATCH_ROWS="no") for argument in ("--help", "--nothing"))
    assert helped.returncode == 0, helped.stderr
    assert f"python -m {module}" in helped.stdout
    assert "tuỳ chọn · options" in helped.stdout
    assert_one_clear_line(refused, "--nothing", f"python -m {module} --help")
