"""A token is 256 random bits. Only its digest is kept, so that neither the database nor a backup of it can ask."""

from __future__ import annotations

import logging
import re
import secrets
from datetime import date
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import Error, models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

log = logging.getLogger("nhip")

first_question_of_a_day = Signal()  # of a token: its ``instance``

BEGINNING = "nhip_"  # whoever finds one in a file or a log knows what it opens; scanners of secrets do too
RANDOM_BYTES = 32
HINT_LENGTH = len(BEGINNING) + 4
TOKEN = re.compile(rf"{BEGINNING}[\w-]{{43}}", re.ASCII)


class State(models.TextChoices):
    GOOD = "good", _("Đang dùng được")
    EXPIRED = "expired", _("Hết hạn")
    REVOKED = "revoked", _("Đã thu hồi")


class ReportToken(models.Model):
    """Who shows it may ask anything about the traffic of ``site``, or of every site if that is empty.

    It goes with its site: without one it would open all of them. ``made_by`` is empty if ``nhip`` made it.
    """

    name = models.CharField(
        _("tên"), max_length=100, help_text=_("Ai hay chương trình nào sẽ dùng – ví dụ: bảng số liệu của Sở.")
    )
    site = models.ForeignKey(
        Site,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cổng thông tin"),
        help_text=_("Chỉ hỏi được số liệu của cổng này. Để trống: mọi cổng."),
    )
    expires_on = models.DateField(
        _("dùng đến hết ngày"), null=True, blank=True, help_text=_("Để trống: đến khi bị thu hồi.")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("bắt đầu bằng"), max_length=HINT_LENGTH, editable=False)
    made_at = models.DateTimeField(_("tạo lúc"), default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("người tạo"),
    )
    last_used_on = models.DateField(_("dùng lần cuối"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("thu hồi lúc"), null=True, editable=False)

    class Meta:
        verbose_name = _("mã truy cập API báo cáo")
        verbose_name_plural = _("mã truy cập API báo cáo")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.expires_on and self.expires_on < timezone.localdate():
            raise ValidationError({"expires_on": _("Ngày này đã qua.")})

    def state_on(self, today: date) -> State:
        if self.revoked_at:
            return State.REVOKED
        return State.EXPIRED if self.expires_on and self.expires_on < today else State.GOOD

    # what the listing shows

    @property
    def state(self) -> str:
        return str(self.state_on(timezone.localdate()).label)

    @property
    def of_site(self) -> str:
        return str(self.site or _("Mọi cổng"))

    @property
    def maker(self) -> str:
        return self.made_by.get_username() if self.made_by else "nhip"

    @property
    def last_used(self) -> str:
        return date_format(self.last_used_on, "d/m/Y") if self.last_used_on else str(_("Chưa dùng"))


def make_token(token: ReportToken, *, by: Any = None) -> str:
    """Save a new token under a secret of its own; returns the secret, which nobody can know afterwards."""
    secret = BEGINNING + secrets.token_urlsafe(RANDOM_BYTES)
    token.digest = digest_of(secret)
    token.hint = secret[:HINT_LENGTH]
    token.made_by = by
    token.save()
    return secret


def find_token(shown: str, *, today: date) -> ReportToken | None:
    """The good token whose secret is ``shown``; None if there is none. Raises django.db.Error if it can't be looked up.

    The day is noted as that of its last use, and the first question of a day is a line in the audit log, unless the
    database takes no writes, which keeps nobody from asking.
    """
    if not TOKEN.fullmatch(shown):
        return None
    token = ReportToken.objects.filter(digest=digest_of(shown)).first()
    if token is None or token.state_on(today) is not State.GOOD:
        return None
    if token.last_used_on != today:
        try:
            _note_use(token, today)
        except Error as error:
            log.warning("the last use of a token can't be noted: %s", error)
    return token


def _note_use(token: ReportToken, today: date) -> None:
    """Of several processes that are asked at once, one writes the line."""
    with transaction.atomic():
        if ReportToken.objects.filter(pk=token.pk).exclude(last_used_on=today).update(last_used_on=today):
            first_question_of_a_day.send(ReportToken, instance=token)


def revoke_token(token: ReportToken) -> None:
    """From the next question on; the row stays, so that one can see who had what."""
    if not token.revoked_at:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])


def digest_of(secret: str) -> str:
    """Without a key or a salt: 256 random bits are not guessed, and a new NHIP_SECRET_KEY takes no token away."""
    return sha256(secret.encode()).hexdigest()
