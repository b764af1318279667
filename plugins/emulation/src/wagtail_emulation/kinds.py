"""The closed lists of the domain: what an event is, who signs an agreement, who is commended.

They are code, not editable rows: filters, templates and reports rely on the values. The labels are translatable.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What happened at the event; one event is often several of these at once."""

    CONFERENCE = "conference", _("Hội nghị tổng kết")
    LAUNCH = "launch", _("Phát động thi đua")
    SIGNING = "signing", _("Ký kết giao ước thi đua")
    COMMENDATION = "commendation", _("Lễ khen thưởng")


class SignatoryKind(models.TextChoices):
    """Who signs an emulation agreement with the department."""

    DIVISION = "division", _("Phòng")
    UNIT = "unit", _("Đơn vị trực thuộc")
    MASS_ORGANISATION = "mass_organisation", _("Tổ chức đoàn thể")


class RecipientKind(models.TextChoices):
    """Who is commended."""

    COLLECTIVE = "collective", _("Tập thể")
    INDIVIDUAL = "individual", _("Cá nhân")
