"""The two page types and the structured rows of an emulation page.

Body text is a StreamField; everything a report may ask for – kinds, agreements and their signatories, commendations,
directives – is a row of its own table, ordered by the editor.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel, model_from_serializable_data
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.api import APIField
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page
from wagtail.search import index

from wagtail_emulation.blocks import BodyBlock
from wagtail_emulation.forms import EmulationPageForm, NamedRecipients, UniqueSignatories
from wagtail_emulation.kinds import EventKind, RecipientKind, SignatoryKind
from wagtail_emulation.listing import Listing, list_events
from wagtail_emulation.panels import CheckedInlinePanel, EventKindsPanel
from wagtail_emulation.validation import check_agreement_year, check_event_dates, check_withholding


class EmulationIndexPage(Page):
    """The list of emulation pages below it, newest event first, by year and kind."""

    per_page = 10

    intro = RichTextField(
        _("giới thiệu"),
        blank=True,
        features=["bold", "italic", "link"],
        help_text=_("Một đoạn ngắn đứng trên danh sách; có thể để trống."),
    )

    subpage_types = ["wagtail_emulation.EmulationPage"]
    page_description = _("Danh sách các sự kiện thi đua – khen thưởng, lọc theo năm và loại sự kiện.")

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    api_fields = [APIField("intro")]

    class Meta:
        verbose_name = _("trang danh sách thi đua – khen thưởng")
        verbose_name_plural = _("trang danh sách thi đua – khen thưởng")

    def list_events(self, request: HttpRequest) -> Listing:
        """The published children that the request's ``year``, ``kind`` and ``page`` ask for."""
        events = EmulationPage.objects.child_of(self).live().public()
        return list_events(events, request.GET, per_page=self.per_page)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["listing"] = self.list_events(request)
        return context


class EmulationPage(Page):
    """One emulation event: what was reported, launched, signed and commended there."""

    event_date = models.DateField(_("ngày diễn ra"), db_index=True)
    event_end_date = models.DateField(
        _("ngày kết thúc"),
        null=True,
        blank=True,
        help_text=_("Chỉ nhập khi sự kiện kéo dài hơn một ngày."),
    )
    place = models.CharField(
        _("địa điểm"),
        max_length=200,
        blank=True,
        help_text=_("Ví dụ: Hội trường Sở Công Thương."),
    )
    lead = models.TextField(
        _("sapo"),
        max_length=600,
        help_text=_("Một đến ba câu: ai, làm gì, khi nào, ở đâu. Hiển thị đầu bài và trong danh sách."),
    )
    body = StreamField(BodyBlock(), verbose_name=_("nội dung"), blank=True)

    base_form_class = EmulationPageForm
    parent_page_types = ["wagtail_emulation.EmulationIndexPage"]
    subpage_types: list[str] = []
    page_description = _("Bài về một sự kiện thi đua – khen thưởng: hội nghị, phát động, ký giao ước, khen thưởng.")

    event_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [
                EventKindsPanel("event_kinds"),
                FieldRowPanel([FieldPanel("event_date"), FieldPanel("event_end_date")]),
                FieldPanel("place"),
            ],
            heading=_("Sự kiện"),
        ),
        FieldPanel("lead"),
        FieldPanel("body"),
    ]
    agreement_panels = [
        InlinePanel(
            "agreements",
            heading=_("Giao ước thi đua"),
            label=_("Giao ước"),
            help_text=_("Mỗi giao ước gắn với một năm và danh sách các bên cùng ký."),
        ),
    ]
    commendation_panels = [
        CheckedInlinePanel(
            "commendations",
            formset=NamedRecipients,
            heading=_("Tập thể, cá nhân được khen thưởng"),
            label=_("Khen thưởng"),
            help_text=_(
                "Chỉ công bố tên, đơn vị, danh hiệu hoặc hình thức khen thưởng và số quyết định; "
                "không nhập ngày sinh, số định danh hay địa chỉ."
            ),
        ),
    ]
    directive_panels = [
        InlinePanel(
            "directives",
            heading=_("Văn bản được viện dẫn"),
            label=_("Văn bản"),
            help_text=_("Chỉ thị, nghị quyết, quyết định mà bài viết nhắc tới."),
        ),
    ]

    edit_handler = TabbedInterface(
        [
            ObjectList(event_panels, heading=_("Nội dung")),
            ObjectList(agreement_panels, heading=_("Giao ước")),
            ObjectList(commendation_panels, heading=_("Khen thưởng")),
            ObjectList(directive_panels, heading=_("Văn bản")),
            ObjectList(Page.promote_panels, heading=_("Quảng bá")),
            ObjectList(Page.settings_panels, heading=_("Xuất bản")),
        ]
    )

    search_fields = [
        *Page.search_fields,
        index.SearchField("lead", boost=2),
        index.SearchField("place"),
        index.SearchField("body"),
        index.SearchField("rows_text"),
        index.FilterField("event_date"),
        index.RelatedFields("kinds", [index.FilterField("kind")]),
    ]

    api_fields = [
        APIField("event_kinds"),
        APIField("event_date"),
        APIField("event_end_date"),
        APIField("place"),
        APIField("lead"),
        APIField("body"),
        APIField("agreements"),
        APIField("commendations"),
        APIField("directives"),
    ]

    class Meta:
        verbose_name = _("trang thi đua – khen thưởng")
        verbose_name_plural = _("trang thi đua – khen thưởng")

    def clean(self) -> None:
        super().clean()
        check_event_dates(self.event_date, self.event_end_date)

    @property
    def event_kinds(self) -> list[str]:
        """The values of ``EventKind`` that the event is, in the order of their declaration."""
        chosen = {row.kind for row in self.kinds.all()}
        return [kind.value for kind in EventKind if kind.value in chosen]

    @event_kinds.setter
    def event_kinds(self, values: Iterable[str]) -> None:
        chosen = set(values)
        rows = {row.kind: row for row in self.kinds.all()}
        self.kinds.set(
            [rows.get(kind.value) or EmulationPageKind(kind=kind.value) for kind in EventKind if kind.value in chosen]
        )

    @property
    def kind_labels(self) -> list[str]:
        return [str(EventKind(value).label) for value in self.event_kinds]

    @property
    def collectives(self) -> list["Commendation"]:
        return [row for row in self.commendations.all() if not row.is_individual]

    @property
    def individuals(self) -> list["Commendation"]:
        return [row for row in self.commendations.all() if row.is_individual]

    @cached_property
    def first_image(self) -> Any | None:
        """The first image of the body, for cards and link previews; None where the body has none."""
        return next((block.value["image"] for block in self.body if block.block_type == "figure"), None)

    def rows_text(self) -> str:
        """What search may find of the structured rows. A withheld name is not in it."""
        rows = [*self.agreements.all(), *self.commendations.all(), *self.directives.all()]
        return "\n".join([*self.kind_labels, *(row.search_text() for row in rows)])


class EmulationPageKind(models.Model):
    """One of the kinds that an emulation page's event is."""

    page = ParentalKey(EmulationPage, on_delete=models.CASCADE, related_name="kinds")
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

    page = ParentalKey(EmulationPage, on_delete=models.CASCADE, related_name="agreements")
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
        CheckedInlinePanel("signatories", formset=UniqueSignatories, heading=_("Các bên ký"), label=_("Bên ký")),
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
        """Read the row of a revision without asking whether its agreement is still stored.

        An agreement deleted since comes back with the revision; modelcluster would drop its signatories, because it
        looks for the agreement before that is saved again.
        """
        row: AgreementSignatory = model_from_serializable_data(cls, data, check_fks=False)
        return row


class Commendation(Orderable):
    """A collective or an individual commended at the event.

    ``name`` is for the editor's eyes: everything shown, indexed or served reads ``public_name``.
    """

    page = ParentalKey(EmulationPage, on_delete=models.CASCADE, related_name="commendations")
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
        """The name that may be shown; never the name of someone who asked for it to be withheld."""
        return gettext("(không công bố tên)") if self.name_withheld else self.name

    def search_text(self) -> str:
        public = "" if self.name_withheld else self.name
        return " ".join([public, self.unit, self.award, self.decision_number])


class CitedDirective(Orderable):
    """A directive, resolution or decision that the page cites."""

    page = ParentalKey(EmulationPage, on_delete=models.CASCADE, related_name="directives")
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
