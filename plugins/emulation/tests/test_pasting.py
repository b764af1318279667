"""Which headings and words of pasted cells are understood, in an admin of either language."""

import pytest
from django.utils.translation import override
from wagtail_emulation.pages.pasting import COMMENDATION_COLUMNS, SIGNATORY_COLUMNS, Column


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("column", [*SIGNATORY_COLUMNS, *COMMENDATION_COLUMNS], ids=lambda column: column.field)
def test_a_heading_is_understood_as_the_admin_says_it_and_in_vietnamese(column: Column, language: str) -> None:
    with override("vi"):
        in_vietnamese = str(column.label)
    with override(language):
        data = column.as_data()
    assert {data["label"], in_vietnamese} <= set(data["headings"])


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("column", [one for one in (*SIGNATORY_COLUMNS, *COMMENDATION_COLUMNS) if one.words])
def test_a_kind_is_understood_in_vietnamese(column: Column, language: str) -> None:
    assert column.words is not None
    with override("vi"):
        in_vietnamese = {value: str(words[0]) for value, words in column.words.items()}
    with override(language):
        understood = column.as_data()["words"]
    for value, word in in_vietnamese.items():
        assert word in understood[value]
