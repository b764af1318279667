from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnouncingConfig(AppConfig):
    name = "cms.announcing"
    label = "announcing"
    verbose_name = _("Báo tin cho hệ thống khác")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate  # noqa: PLC0415

        from cms.announcing.triggers import install_triggers, take_content_triggers_off  # noqa: PLC0415

        pre_migrate.connect(take_content_triggers_off, sender=self)
        post_migrate.connect(install_triggers, sender=self)
