"""What the editor's scripts ask the server, in JSON: both need nothing but access to the admin."""

from __future__ import annotations

from unicodedata import normalize

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from wagtail.models import Page

from cms.core.blocks import BodyBlock
from cms.core.editing.paste import take_apart, take_table

MOST_NAMESAKES = 3


@sensitive_post_parameters("html", "text")
@require_POST
def paste(request: HttpRequest) -> JsonResponse:
    """``html`` and ``text`` of a clipboard → blocks as the editor's script takes them, and words for what was left out.

    With ``into=table`` one table, as the state of a table block's cells.
    """
    html, text = (normalize("NFC", request.POST.get(name, "").replace("\0", "")) for name in ("html", "text"))
    body = BodyBlock()
    try:
        if request.POST.get("into") == "table":
            pasted, block = take_table(html, text), body.child_blocks["table"].child_blocks["table"]
            states = [block.get_form_state(block.to_python(found["value"])) for found in pasted.blocks]
        else:
            pasted = take_apart(html)
            states = [
                {"type": found["type"], "value": block.get_form_state(block.to_python(found["value"]))}
                for found in pasted.blocks
                if (block := body.child_blocks[found["type"]])
            ]
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=413)
    return JsonResponse({"blocks": states, "said": pasted.said})


@require_GET
def namesakes(request: HttpRequest) -> JsonResponse:
    """The pages that are called ``title`` too, without the page ``besides``, if the sender may read or edit them."""
    title = normalize("NFC", request.GET.get("title", "").replace("\0", "")).strip()
    besides = request.GET.get("besides", "")
    if not title:
        return JsonResponse({"pages": [], "words": ""})
    pages = Page.objects.filter(title__iexact=title, depth__gt=1).only("title", "live", "path", "depth", "url_path")
    if besides.isdecimal() and len(besides) < 16:
        pages = pages.exclude(pk=int(besides))
    found = [
        {"title": page.title, "url": reverse("wagtailadmin_explore", args=[page.get_parent().pk])}
        for page in pages[:MOST_NAMESAKES]
        if page.live or page.permissions_for_user(request.user).can_edit()
    ]
    words = _("Đã có trang cùng tên. Nên đặt tên khác để người đọc phân biệt được.") if found else ""
    return JsonResponse({"pages": found, "words": words})
