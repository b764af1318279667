from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "cms.core"
    label = "core"
    verbose_name = _("Cổng thông tin")

    def ready(self) -> None:
        from django.conf import settings  # noqa: PLC0415
        from django.db.models import DateField, DateTimeField, SlugField  # noqa: PLC0415
        from django.db.models.signals import post_migrate  # noqa: PLC0415
        from wagtail.admin.forms.models import register_form_field_override  # noqa: PLC0415

        from cms.core.changes.triggers import install_triggers  # noqa: PLC0415
        from cms.core.field_starts import start_choosers_without_scripts  # noqa: PLC0415
        from cms.core.pictures import unread  # noqa: PLC0415
        from cms.core.purging import purge_on_changes  # noqa: PLC0415
        from cms.core.widgets import TypedDateInput, TypedDateTimeInput, VietnameseSlugInput  # noqa: PLC0415

        register_form_field_override(SlugField, override={"widget": VietnameseSlugInput})
        register_form_field_override(DateField, override={"widget": TypedDateInput})
        register_form_field_override(DateTimeField, override={"widget": TypedDateTimeInput})
        post_migrate.connect(install_triggers, sender=self)
        unread.register()
        start_choosers_without_scripts()
        if hasattr(settings, "WAGTAILFRONTENDCACHE"):
            purge_on_changes()
