"""What a page type names in `api_fields` and nobody can show is said when the process starts, not to a reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured


@register()
def check_fields(**_options: Any) -> list[CheckMessage]:
    # The fields of all types are put together here, once for the process.
    from cms.api.fields import fields_of  # noqa: PLC0415
    from cms.api.shapes.blocks import Stream, has_shape  # noqa: PLC0415
    from cms.api.types import page_types  # noqa: PLC0415

    found: list[CheckMessage] = []
    for model in page_types().values():
        try:
            fields = fields_of(model)
        except ImproperlyConfigured as error:
            found.append(Error(str(error), obj=model, id="nhip.api.E001"))
            continue
        bodies = [model._meta.get_field(name) for name, field in fields.items() if isinstance(field.shape, Stream)]
        for block in (block for body in bodies for block in blocks_below(body.stream_block)):
            if not has_shape(block):
                hint = "Give its class a shape in cms/api/shapes."
                found.append(
                    Error(f"The API can't show the block {block.name}.", hint=hint, obj=model, id="nhip.api.E002")
                )
    return found


def blocks_below(block: Any) -> Iterator[Any]:
    for child in (*getattr(block, "child_blocks", {}).values(), *filter(None, [getattr(block, "child_block", None)])):
        yield child
        yield from blocks_below(child)
