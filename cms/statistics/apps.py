from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatisticsConfig(AppConfig):
    name = "cms.statistics"
    label = "statistics"
    verbose_name = _("Thống kê truy cập")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registrations alone: this runs in every command, so neither a thread nor an engine may start here.
        from cms.statistics import checks, signal_handlers  # noqa: F401, PLC0415
