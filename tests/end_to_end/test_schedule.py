"""A page that is scheduled appears and goes by itself, without cron."""

from __future__ import annotations

import subprocess
import sys

import pytest
from part import ROOT, START_SECONDS
from patience import wait_until
from product import Product

PUBLISH_SOON = """
page = Site.objects.get().root_page.add_child(instance=PlainPage(title="Bài hẹn giờ", slug="hen-gio", live=False))
page.go_live_at = soon
page.save_revision().publish()
assert not PlainPage.objects.get(pk=page.pk).live
"""
TAKE_DOWN_SOON = """
page = PlainPage.objects.get(slug="hen-gio")
page.expire_at = soon
page.save_revision().publish()
assert PlainPage.objects.get(pk=page.pk).live
"""


@pytest.mark.parametrize("product", ["embedded", "distributed"], indirect=True)
def test_a_scheduled_page_appears_and_goes_by_itself(product: Product) -> None:
    manage(product, PUBLISH_SOON)
    wait_until(lambda: product.status("/hen-gio/") == 200, seconds=START_SECONDS)

    manage(product, TAKE_DOWN_SOON)
    wait_until(lambda: product.status("/hen-gio/") == 404, seconds=START_SECONDS)


def manage(product: Product, script: str) -> None:
    """Run it beside the product, with ``soon`` some seconds from its beginning."""
    before = (
        "import datetime, django; django.setup()\n"
        "from django.utils import timezone\nfrom wagtail.models import Site\nfrom cms.home.models import PlainPage\n"
        "soon = timezone.now() + datetime.timedelta(seconds=5)\n"
    )
    environment = product.environment() | {"DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    subprocess.run([sys.executable, "-c", before + script], cwd=ROOT, env=environment, check=True)
