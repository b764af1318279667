from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from cms.statistics.models import OpeningBalance


class OpeningBalanceViewSet(SnippetViewSet):
    model = OpeningBalance
    icon = "history"
    menu_label = _("Số đếm ban đầu")
    menu_name = "opening-balances"
    add_to_settings_menu = True
    list_display = [
        "__str__",  # a name rather than a Column: Wagtail links it to the form
        Column("views", label=_("Lượt xem"), sort_key="views"),
        Column("visits", label=_("Lượt truy cập"), sort_key="visits"),
        Column("status", label=_("Trạng thái")),
        DateColumn("changed_at", label=_("Cập nhật"), sort_key="changed_at"),
    ]
    search_fields = ["note", "page__title"]


register_snippet(OpeningBalanceViewSet)
