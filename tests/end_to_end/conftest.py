from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from part import ROOT
from product import Product
from sharing import make_once
from stack import Stack, require_stack


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after a first start, migrated and with the demo site; tests copy it."""

    def start_once(directory: Path) -> None:
        directory.mkdir()
        product = Product(directory / "data").start()
        assert product.stop() == 0, product.output()

    return make_once(tmp_path_factory, "first-start", start_once) / "data"


@pytest.fixture
def data_dir(first_start: Path, tmp_path: Path) -> Path:
    """This test's own data directory, past its first start."""
    return _copy(first_start, tmp_path / "data")


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The distributed product with its demo site; at the end every view is there once and every part stops with 0."""
    require_stack()
    with Stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack
        assert stack.command("verify").returncode == 0
        assert set(stack.stop().values()) == {0}


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product | Stack]:
    """The product with its demo site, running for the tests of a module: one process, or many if the param is
    "distributed"."""
    if getattr(request, "param", "embedded") == "distributed":
        yield request.getfixturevalue("stack")
        return
    first_start = request.getfixturevalue("first_start")
    with Product(_copy(first_start, tmp_path_factory.mktemp("product") / "data")) as product:
        yield product
        product.stop()


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """The directory of pictures and measurements for people to look at."""
    directory = ROOT / "test-artifacts"
    directory.mkdir(exist_ok=True)
    return directory


def _copy(data_dir: Path, to: Path) -> Path:
    """The engine's directory holds relative links, which must stay links."""
    return Path(shutil.copytree(data_dir, to, symlinks=True))
