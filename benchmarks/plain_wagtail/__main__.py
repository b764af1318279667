"""``python -m benchmarks.plain_wagtail``: the site on the product's server and threads, at PORT, in NHIP_DATA_DIR."""

import os

import django

from benchmarks.plain_wagtail import ARTICLE_PATH, MENU
from cms.runtime.django_threads import Pages
from cms.web.application import Web
from pipeline.process.health import Health
from pipeline.process.memory import freeze_memory
from pipeline.process.server import listen, serve
from pipeline.settings import Settings

PARAGRAPHS = 12


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.plain_wagtail.settings"
    settings = Settings.from_env()
    settings.data_dir.mkdir(parents=True)
    with listen(settings) as listener:
        django.setup()
        _make_site()
        from django.core.wsgi import get_wsgi_application

        site = Pages(get_wsgi_application())
        freeze_memory()
        serve(Web(Health(alive={}, ready={}), site), listener, settings=settings, on_exit=lambda: None)


def _make_site() -> None:
    from django.core.management import call_command
    from wagtail.models import Site

    from benchmarks.plain_wagtail.models import TextPage

    call_command("migrate", verbosity=0)
    root = Site.objects.get(is_default_site=True).root_page
    for title in MENU:
        root.add_child(instance=TextPage(title=title, show_in_menus=True))
    body = "".join(f"<h2>Mục {number}</h2><p>{'Một đoạn văn của bài viết. ' * 20}</p>" for number in range(PARAGRAPHS))
    root.add_child(instance=TextPage(title="Bài viết", slug=ARTICLE_PATH.strip("/"), body=body))


if __name__ == "__main__":
    main()
