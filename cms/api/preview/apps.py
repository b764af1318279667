from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PreviewConfig(AppConfig):
    name = "cms.api.preview"
    label = "previews"
    verbose_name = _("Xem trước trên trang giao diện riêng")
    default_auto_field = "django.db.models.BigAutoField"
