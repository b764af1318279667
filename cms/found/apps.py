from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FoundConfig(AppConfig):
    name = "cms.found"
    label = "found"
    verbose_name = _("Được tìm thấy")

    def ready(self) -> None:
        from cms.found.moved_topics import redirect_from_old_addresses  # noqa: PLC0415

        redirect_from_old_addresses()
