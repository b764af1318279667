"""What is kept of signing in. No address and no user agent: see docs/decisions/0024-signing-in.md."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from cms.accounts.keys import derive


class Tries(models.Model):
    """The tries of one account, one network or both, which ``key`` names as a keyed digest.

    ``until``: the Unix time at which all of them are forgotten, and the row with them (``cms.accounts.tries``).
    """

    key = models.CharField(max_length=32, primary_key=True)
    until = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Session(AbstractBaseSession):
    """A session, with whose it is and on what kind of device."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    device = models.CharField(max_length=80, blank=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        verbose_name = "phiên đăng nhập"
        verbose_name_plural = "các phiên đăng nhập"


class Outcome(models.TextChoices):
    PASSWORD = "password", _("Đăng nhập bằng mật khẩu")
    CODE = "code", _("Đăng nhập bằng mật khẩu và mã")
    RECOVERY = "recovery", _("Đăng nhập bằng mã dự phòng")
    WRONG_PASSWORD = "wrong-password", _("Sai mật khẩu")
    WRONG_CODE = "wrong-code", _("Sai mã xác thực")
    WRONG_PAGE_PASSWORD = "wrong-page", _("Sai mật khẩu của trang riêng")
    SLOWED = "slowed", _("Bị chặn tạm vì thử sai nhiều lần")
    IDLE = "idle", _("Tự đăng xuất vì không thao tác")
    OTHERS_ENDED = "others-ended", _("Đăng xuất các phiên khác")
    FACTOR_SET = "factor-set", _("Bật xác thực hai bước")
    FACTOR_RESET = "factor-reset", _("Quản trị viên đặt lại xác thực hai bước")
    NEW_RECOVERY_CODES = "new-recovery-codes", _("Tạo mã dự phòng mới")


class SignIn(models.Model):
    """A line of the report of sign-ins. Refusals alike that come one after another are one line, counted.

    ``user`` is None for an account that does not exist, whose name nobody keeps.
    """

    at = models.DateTimeField(_("lúc"), db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", verbose_name=_("tài khoản")
    )
    outcome = models.CharField(_("việc"), max_length=20, choices=Outcome.choices)
    device = models.CharField(_("thiết bị"), max_length=80, blank=True)
    times = models.PositiveIntegerField(_("số lần"), default=1)

    class Meta:
        verbose_name = _("lần đăng nhập")
        verbose_name_plural = _("lần đăng nhập")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.get_outcome_display()

    @property
    def when(self) -> str:
        return date_format(timezone.localtime(self.at), "H:i:s d/m/Y")

    @property
    def account(self) -> str:
        return self.user.get_username() if self.user else gettext("(không có tài khoản)")


class Grace(models.Model):
    """When somebody who may publish was first asked for a second factor."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d}"


class Authenticator(TOTPDevice):
    """The app on a person's phone. Its secret is derived from the row and the site's key: the database alone, or a
    copy of it, tells no code (ASVS 2.8.2)."""

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        return derive("authenticator", self.key)[:20]
