from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatisticsConfig(AppConfig):
    name = "cms.statistics"
    label = "statistics"
    verbose_name = _("Thống kê truy cập")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registrations only: no thread and no engine may start here, this runs in every command.
        from cms.statistics import checks, signal_handlers  # noqa: F401, PLC0415
