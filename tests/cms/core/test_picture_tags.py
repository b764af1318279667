from __future__ import annotations

import pytest
from django.template import Context, Template
from wagtail_factories import ImageFactory


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param('format-webp fill-{400x225,800x450} sizes="100vw" alt="" loading="lazy"', id="one format"),
        pytest.param('format-{webp,jpeg} width-{480,960} alt="Chợ"', id="two formats"),
        pytest.param("width-480 as made %}{{ made }}{% firstof made", id="as a variable"),
    ],
)
def test_a_picture_is_as_wagtail_makes_it(db: None, arguments: str) -> None:
    images = [ImageFactory(file__width=1000), ImageFactory(file__width=900)]
    template = "{%% load %s %%}{%% for image in images %%}{%% picture image %s %%}{%% endfor %%}"

    ours = Template(template % ("picture_tags", arguments)).render(Context({"images": images}))

    assert ours == Template(template % ("wagtailimages_tags", arguments)).render(Context({"images": images}))
    assert ours.count("<picture>") >= len(images)
