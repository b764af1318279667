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

        from cms.core.addresses import keep_our_addresses  # noqa: PLC0415
        from cms.core.changes.triggers import install_triggers  # noqa: PLC0415
        from cms.core.comparing import compare_as_written  # noqa: PLC0415
        from cms.core.documents.listing import tell_in_the_chooser  # noqa: PLC0415
        from cms.core.editing.copying import copy_at_once  # noqa: PLC0415
        from cms.core.field_starts import start_choosers_without_scripts  # noqa: PLC0415
        from cms.core.labels import name_the_unnamed  # noqa: PLC0415
        from cms.core.nfc import compose_on_save  # noqa: PLC0415
        from cms.core.permission_names import name_permissions  # noqa: PLC0415
        from cms.core.pictures import unread  # noqa: PLC0415
        from cms.core.pictures.ahead import make_ahead  # noqa: PLC0415
        from cms.core.pictures.words import describe_by_description_alone  # noqa: PLC0415
        from cms.core.purging import purge_on_changes  # noqa: PLC0415
        from cms.core.renditions import make_each_once  # noqa: PLC0415
        from cms.core.widgets import TypedDateInput, TypedDateTimeInput, VietnameseSlugInput  # noqa: PLC0415

        register_form_field_override(SlugField, override={"widget": VietnameseSlugInput})
        register_form_field_override(DateField, override={"widget": TypedDateInput})
        register_form_field_override(DateTimeField, override={"widget": TypedDateTimeInput})
        post_migrate.connect(install_triggers, sender=self)
        post_migrate.connect(name_permissions)
        unread.register()
        describe_by_description_alone()
        compose_on_save()
        make_ahead()
        make_each_once()
        copy_at_once()
        keep_our_addresses()
        start_choosers_without_scripts()
        name_the_unnamed()
        compare_as_written()
        tell_in_the_chooser()
        if hasattr(settings, "WAGTAILFRONTENDCACHE"):
            purge_on_changes()
