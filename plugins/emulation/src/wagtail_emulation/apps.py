from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EmulationConfig(AppConfig):
    name = "wagtail_emulation"
    label = "wagtail_emulation"
    verbose_name = _("Thi đua – khen thưởng")
    default_auto_field = "django.db.models.BigAutoField"
