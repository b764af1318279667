"""The two page types: an index, and the emulation page that it lists."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.api import APIField
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from wagtail_emulation.kinds import EventKind
from wagtail_emulation.models.rows import Commendation, EmulationPageKind
from wagtail_emulation.pages.blocks import BodyBlock
from wagtail_emulation.pages.cards import fetch_renditions
from wagtail_emulation.pages.forms import EmulationIndexPageForm, EmulationPageForm, NamedRecipients
from wagtail_emulation.pages.listing import Listing, list_events
from wagtail_emulation.pages.panels import EventKindsPanel, RowsPanel
from wagtail_emulation.pages.pasting import COMMENDATION_COLUMNS
from wagtail_emulation.sections import public
from wagtail_emulation.slugs import VietnameseSlugMixin
from wagtail_emulation.validation import check_event_dates

ROWS = ("kinds", "agreements__signatories", "commendations", "directives")


class EmulationIndexPage(VietnameseSlugMixin, Page):
    """Lists the emulation pages below it, newest event first, by year and kind."""

    per_page = 10

    intro = RichTextField(
        _("giới thiệu"),
        blank=True,
        features=["bold", "italic", "link"],
        help_text=_("Một đoạn ngắn đứng trên danh sách; có thể để trống."),
    )

    base_form_class = EmulationIndexPageForm
    subpage_types = ["wagtail_emulation.EmulationPage"]
    page_description = _("Danh sách các sự kiện thi đua – khen thưởng, lọc theo năm và loại sự kiện.")

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    api_fields = [APIField("intro")]

    class Meta:
        verbose_name = _("trang danh sách thi đua – khen thưởng")
        verbose_name_plural = _("trang danh sách thi đua – khen thưởng")

    def list_events(self, request: HttpRequest) -> Listing:
        """The children for everybody that the request's ``year``, ``kind`` and ``page`` ask for."""
        events = public(EmulationPage.objects.child_of(self).live(), request)
        return list_events(events, request.GET, per_page=self.per_page)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["listing"] = self.list_events(request)
        return context


class EmulationPage(VietnameseSlugMixin, Page):
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
        RowsPanel(
            "agreements",
            heading=_("Giao ước thi đua"),
            label=_("Giao ước"),
            help_text=_("Mỗi giao ước gắn với một năm và danh sách các bên cùng ký."),
        ),
    ]
    commendation_panels = [
        RowsPanel(
            "commendations",
            formset=NamedRecipients,
            columns=COMMENDATION_COLUMNS,
            heading=_("Tập thể, cá nhân được khen thưởng"),
            label=_("Khen thưởng"),
            help_text=_(
                "Chỉ công bố tên, đơn vị, danh hiệu hoặc hình thức khen thưởng và số quyết định; "
                "không nhập ngày sinh, số định danh hay địa chỉ."
            ),
        ),
    ]
    directive_panels = [
        RowsPanel(
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
    api_date_filters = ["event_date"]

    class Meta:
        verbose_name = _("trang thi đua – khen thưởng")
        verbose_name_plural = _("trang thi đua – khen thưởng")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        if not getattr(request, "is_preview", False):  # a preview has its rows with it
            models.prefetch_related_objects([self], *ROWS)
        fetch_renditions(block.value["image"] for block in self.body if block.block_type == "figure")
        return context

    def clean(self) -> None:
        super().clean()
        check_event_dates(self.event_date, self.event_end_date)

    @property
    def event_kinds(self) -> list[str]:
        """The event's values of ``EventKind``, in the order of their declaration."""
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
    def collectives(self) -> list[Commendation]:
        return [row for row in self.commendations.all() if not row.is_individual]

    @property
    def individuals(self) -> list[Commendation]:
        return [row for row in self.commendations.all() if row.is_individual]

    @cached_property
    def first_image(self) -> Any | None:
        """The first image of the body, for cards and link previews; None if the body has none."""
        return next((block.value["image"] for block in self.body if block.block_type == "figure"), None)

    def rows_text(self) -> str:
        """The text of the rows for search, without withheld names."""
        rows = [*self.agreements.all(), *self.commendations.all(), *self.directives.all()]
        return "\n".join([*self.kind_labels, *(row.search_text() for row in rows)])
