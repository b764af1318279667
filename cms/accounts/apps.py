import logging

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "cms.accounts"
    label = "accounts"
    verbose_name = _("Tài khoản")

    def ready(self) -> None:
        from cms.accounts.journal import LOGGER  # noqa: PLC0415
        from cms.accounts.names import use_full_names  # noqa: PLC0415

        use_full_names()
        logging.getLogger(LOGGER).setLevel(logging.INFO)  # who signed in is in the log, whatever its level
