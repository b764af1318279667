from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TokensConfig(AppConfig):
    name = "cms.statistics.reports.tokens"
    label = "report_tokens"
    verbose_name = _("Mã truy cập API báo cáo")
    default_auto_field = "django.db.models.BigAutoField"
