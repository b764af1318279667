"""The structured rows of an emulation page, each kind in a table of its own and in the editor's order.

Reports query rows, so everything that a report may ask for is one: event kinds, agreements and their signatories,
commendations, cited directives. The body is a StreamField of the page.
"""

from typing import Any

from django.db import models
from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel, model_from_serializable_data
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.api import APIField
from wagtail.fields import RichTextField
from wagtail.models import Orderable

from wagtail_emulation.kinds import EventKind, RecipientKind, SignatoryKind
from wagtail_emulation.pages.forms import UniqueSignatories
from wagtail_emulation.pages.panels import RowsPanel
from wagtail_emulation.pages.pasting import SIGNATORY_COLUMNS
from wagtail_emulation.privacy import check_withholding, public_name, searchable_name
from wagtail_emulation.validation import check_agreement_year

PAGE = "wagtail_emulation.EmulationPage"


class EmulationPageKind(models.Model):
    """One kind of an emulation page's event."""

    page = ParentalKey(PAGE, on_delete=models.CASCADE, related_name="kinds")
    kind = models.CharField(_("loại sự kiện"), max_length=20, choices=EventKind.choices, db_index=True)

    class Meta:
        verbose_name = _("loại sự kiện")
        verbose_name_plural = _("loại sự kiện")
        constraints = [
            models.UniqueConstraint(fields=["page", "kind"], name="wagtail_emulation_one_row_per_kind"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class EmulationAgreement(ClusterableModel, Orderable):
    """An emulation agreement (giao ước thi đua), signed for one year by its signatories."""

    page = ParentalKey(PAGE, on_delete=models.CASCADE, related_name="agreements")
    year = models.PositiveSmallIntegerField(
        _("năm giao ước"),
        db_index=True,
        validators=[check_agreement_year],
        help_text=_("Năm mà các bên cam kết thi đua, ví dụ 2021."),
    )
    title = models.CharField(
        _("tên giao ước"),
        max_length=250,
        blank=True,
        help_text=_("Để trống thì trang ghi “Giao ước thi đua năm …”."),
    )
    commitments = RichTextField(
        _("nội dung cam kết"),
        blank=True,
        features=["bold", "italic", "ol", "ul", "link", "document-link"],
        help_text=_("Các chỉ tiêu, nhiệm vụ mà các bên thống nhất thực hiện; có thể để trống."),
    )

    panels = [
        FieldRowPanel([FieldPanel("year"), FieldPanel("title")]),
        FieldPanel("commitments"),
        RowsPanel(
            "signatories",
            formset=UniqueSignatories,
            columns=SIGNATORY_COLUMNS,
            heading=_("Các bên ký"),
            label=_("Bên ký"),
        ),
    ]
    api_fields = [
        APIField("year"),
        APIField("heading"),
        APIField("commitments"),
        APIField("signatories"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("giao ước thi đua")
        verbose_name_plural = _("giao ước thi đua")

    def __str__(self) -> str:
        return self.heading

    @property
    def heading(self) -> str:
        return self.title or gettext("Giao ước thi đua năm %(year)d") % {"year": self.year}

    def search_text(self) -> str:
        signatories = [f"{row.name} {row.represented_by}" for row in self.signatories.all()]
        return "\n".join([self.heading, strip_tags(self.commitments), *signatories])


class AgreementSignatory(Orderable):
    """A division, unit or mass organisation that signed an agreement."""

    agreement = ParentalKey(EmulationAgreement, on_delete=models.CASCADE, related_name="signatories")
    kind = models.CharField(_("loại"), max_length=20, choices=SignatoryKind.choices, default=SignatoryKind.DIVISION)
    name = models.CharField(
        _("tên phòng, đơn vị, tổ chức"),
        max_length=200,
        help_text=_("Tên đầy đủ, ví dụ: Phòng Quản lý thương mại."),
    )
    represented_by = models.CharField(
        _("người đại diện ký"),
        max_length=160,
        blank=True,
        help_text=_("Họ tên và chức vụ; có thể để trống."),
    )

    panels = [
        FieldRowPanel([FieldPanel("kind"), FieldPanel("name")]),
        FieldPanel("represented_by"),
    ]
    api_fields = [APIField("kind"), APIField("name"), APIField("represented_by")]

    class Meta(Orderable.Meta):
        verbose_name = _("bên ký giao ước")
        verbose_name_plural = _("bên ký giao ước")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_serializable_data(cls, data: dict[str, Any], *_args: Any, **_kwargs: Any) -> "AgreementSignatory":
        """Read the row of a revision without checking that its agreement is stored.

        A revision brings a deleted agreement back. modelcluster looks for it before saving it, and would drop its
        signatories.
        """
        row: AgreementSignatory = model_from_serializable_data(cls, data, check_fks=False)
        return row


class Commendation(Orderable):
    """A collective or an individual commended at the event.

    Only the editor sees ``name``; everything shown or served reads ``public_name``.
    """

    page = ParentalKey(PAGE, on_delete=models.CASCADE, related_name="commendations")
    recipient_kind = models.CharField(
        _("đối tượng"),
        max_length=20,
        choices=RecipientKind.choices,
        default=RecipientKind.COLLECTIVE,
        db_index=True,
    )
    name = models.CharField(
        _("tên tập thể hoặc họ tên cá nhân"),
        max_length=200,
        blank=True,
        help_text=_("Có thể để trống nếu tên được giữ kín."),
    )
    name_withheld = models.BooleanField(
        _("không công bố tên"),
        default=False,
        help_text=_(
            "Dành cho cá nhân không muốn nêu tên: trang, tìm kiếm và API chỉ ghi “(không công bố tên)”. "
            "Nhớ xem lại đơn vị, sapo và nội dung để tên không lộ ở chỗ khác."
        ),
    )
    unit = models.CharField(
        _("đơn vị"),
        max_length=200,
        blank=True,
        help_text=_("Phòng, đơn vị công tác hoặc cơ quan chủ quản."),
    )
    award = models.CharField(
        _("danh hiệu hoặc hình thức khen thưởng"),
        max_length=250,
        help_text=_("Ví dụ: Tập thể lao động xuất sắc; Giấy khen của Giám đốc Sở."),
    )
    decision_number = models.CharField(
        _("số quyết định"),
        max_length=80,
        blank=True,
        help_text=_("Ví dụ: 12/QĐ-SCT; có thể để trống."),
    )

    panels = [
        FieldRowPanel([FieldPanel("recipient_kind"), FieldPanel("name")]),
        FieldPanel("name_withheld"),
        FieldPanel("unit"),
        FieldRowPanel([FieldPanel("award"), FieldPanel("decision_number")]),
    ]
    api_fields = [
        APIField("recipient_kind"),
        APIField("public_name"),
        APIField("name_withheld"),
        APIField("unit"),
        APIField("award"),
        APIField("decision_number"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("khen thưởng")
        verbose_name_plural = _("khen thưởng")

    def __str__(self) -> str:
        return f"{self.public_name} – {self.award}"

    def clean(self) -> None:
        super().clean()
        check_withholding(is_individual=self.is_individual, name_withheld=self.name_withheld)

    @property
    def is_individual(self) -> bool:
        return self.recipient_kind == RecipientKind.INDIVIDUAL

    @property
    def public_name(self) -> str:
        """The name that may be shown, never a withheld one."""
        return public_name(self.name, name_withheld=self.name_withheld)

    def search_text(self) -> str:
        name = searchable_name(self.name, name_withheld=self.name_withheld)
        return " ".join([name, self.unit, self.award, self.decision_number])


class CitedDirective(Orderable):
    """A directive, resolution or decision that the page cites."""

    page = ParentalKey(PAGE, on_delete=models.CASCADE, related_name="directives")
    number = models.CharField(_("số, ký hiệu"), max_length=80, db_index=True, help_text=_("Ví dụ: 05-CT/TW."))
    issued_on = models.DateField(_("ngày ban hành"), null=True, blank=True)
    issuer = models.CharField(_("cơ quan ban hành"), max_length=200, help_text=_("Ví dụ: Bộ Chính trị."))
    title = models.CharField(
        _("trích yếu"),
        max_length=500,
        blank=True,
        help_text=_("Văn bản nói về việc gì, trong một câu."),
    )
    link = models.URLField(
        _("liên kết"),
        max_length=500,
        blank=True,
        help_text=_("Địa chỉ toàn văn, bắt đầu bằng https://; có thể để trống."),
    )

    panels = [
        FieldRowPanel([FieldPanel("number"), FieldPanel("issued_on")]),
        FieldPanel("issuer"),
        FieldPanel("title"),
        FieldPanel("link"),
    ]
    api_fields = [
        APIField("number"),
        APIField("issued_on"),
        APIField("issuer"),
        APIField("title"),
        APIField("link"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("văn bản được viện dẫn")
        verbose_name_plural = _("văn bản được viện dẫn")

    def __str__(self) -> str:
        return self.number

    def search_text(self) -> str:
        return " ".join([self.number, self.issuer, self.title])
