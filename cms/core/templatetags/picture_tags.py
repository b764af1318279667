"""`{% picture %}` as Wagtail has it. The tag reads its filters when the template is read, and not for every picture."""

from django import template
from django.template.base import Parser, Token
from wagtail.images.models import Filter
from wagtail.images.templatetags.wagtailimages_tags import PictureNode
from wagtail.images.templatetags.wagtailimages_tags import image as parse

register = template.Library()


class KeptPictureNode(PictureNode):
    def __init__(self, node: PictureNode) -> None:
        super().__init__(node.image_expr, node.filter_specs, node.output_var_name, node.attrs)
        self._filters: list[Filter] = super().get_filters()

    def get_filters(self) -> list[Filter]:
        return self._filters


@register.tag
def picture(parser: Parser, token: Token) -> KeptPictureNode:
    return KeptPictureNode(parse(parser, token))
