from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from part import ROOT
from product import Product, copy_data
from sharing import until_its_last_test
from stack import Stack, require_stack


@pytest.fixture(scope="package")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The distributed product with its demo site; at the end every view is there once and every part stops with 0."""
    require_stack()
    migrated = request.getfixturevalue("migrated_postgres")
    with Stack(tmp_path_factory.mktemp("stack"), migrated_postgres=migrated) as stack:

        def end() -> None:
            assert stack.command("verify").returncode == 0
            assert set(stack.stop().values()) == {0}

        with until_its_last_test("stack", end):
            yield stack


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product | Stack]:
    """The product with its demo site, running for the tests of a module: one process, or many if the param is
    "distributed"."""
    if getattr(request, "param", "embedded") == "distributed":
        yield request.getfixturevalue("stack")
        return
    with Product(copy_data(request.getfixturevalue("first_start"), tmp_path_factory.mktemp("product"))) as product:
        yield product
        product.stop()


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """The directory of pictures and measurements for people to look at."""
    directory = ROOT / "test-artifacts"
    directory.mkdir(exist_ok=True)
    return directory
