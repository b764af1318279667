from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "cms.search"
    label = "search"
    verbose_name = _("Tìm kiếm")

    def ready(self) -> None:
        from cms.search.entries import keep_current  # noqa: PLC0415

        keep_current()
