from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from product import ROOT, Product


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product with its demo site, started once for the tests of a module."""
    product = Product(tmp_path_factory.mktemp("product") / "data").start()
    yield product
    product.stop()


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where pictures and measurements are kept to be looked at."""
    directory = ROOT / "test-artifacts"
    directory.mkdir(exist_ok=True)
    return directory
