"""The body of a page: which blocks it may have, in the order in which editors are offered them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin.telepath import register
from wagtail.blocks.stream_block import StreamBlockAdapter
from wagtail.images.models import AbstractImage

from cms.core.blocks import text
from cms.core.blocks.files import AttachmentsBlock
from cms.core.blocks.links import ButtonBlock, RelatedPagesBlock
from cms.core.blocks.pictures import FigureBlock, GalleryBlock
from cms.core.blocks.tables import SCRIPT, TableBlock
from cms.core.blocks.video import VideoBlock


class BodyBlock(blocks.StreamBlock):
    paragraph = text.paragraph()
    heading = text.heading()
    subheading = text.subheading()
    quote = text.QuoteBlock()
    callout = text.CalloutBlock()
    figure = FigureBlock()
    gallery = GalleryBlock()
    video = VideoBlock()
    table = TableBlock()
    attachments = AttachmentsBlock()
    button = ButtonBlock()
    related = RelatedPagesBlock()


class BodyAdapter(StreamBlockAdapter):
    """Its script takes what is pasted into a paragraph apart into blocks."""

    js_constructor = "cms.core.blocks.BodyBlock"

    @cached_property
    def media(self) -> forms.Media:
        return forms.Media(js=[*super().media._js, SCRIPT])


register(BodyAdapter(), BodyBlock)


def images_of(body: blocks.StreamValue) -> list[AbstractImage | None]:
    """The images of a body, None for one that was deleted."""
    return list(_images(body))


def _images(body: blocks.StreamValue) -> Iterator[Any]:
    for block in body:
        match block.block_type:
            case "figure":
                yield block.value["image"]
            case "gallery":
                yield from (picture["image"] for picture in block.value["pictures"])
            case "video":
                yield block.value["poster"]
