from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from modelsearch.backends.database.sqlite import sqlite
from modelsearch.backends.database.sqlite.query import MatchExpression, normalize
from modelsearch.query import MatchAll, Not

from cms.search.backends.folded import folded
from cms.search.folding import fold


class FoldedTexts(sqlite.ObjectIndexer):
    def prepare_value(self, value: Any) -> str:
        return fold(super().prepare_value(value))


sqlite.ObjectIndexer = FoldedTexts


MOST_RANKED = 300


class FoldedQuestion:
    """Many results come with the newest first: the engine works out the relevance of each by looking at all of them
    again, which took 6 s for 20,000.
    """

    def build_search_query_content(self, query: Any, **options: Any) -> Any:
        return super().build_search_query_content(folded(query), **options)  # type: ignore[misc]

    def search(
        self: Any, config: Any, start: int | None, stop: int | None, score_field: str | None = None
    ) -> QuerySet[Any]:
        if self.order_by_relevance and score_field is None and self._finds_many(config):
            self.order_by_relevance = False
            self.queryset = self.queryset.order_by("-pk")
        return super().search(config, start, stop, score_field)  # type: ignore[misc,no-any-return]

    def _finds_many(self: Any, config: Any) -> bool:
        asked = normalize(self.query)
        if isinstance(asked, MatchAll | Not):
            return False
        matches = MatchExpression(self.fields or self.FTS_TABLE_FIELDS, self.build_search_query(asked, config=config))
        found: int = sqlite.SQLiteFTSIndexEntry.objects.filter(matches)[: MOST_RANKED + 1].count()
        return found > MOST_RANKED


class Compiler(FoldedQuestion, sqlite.SQLiteSearchQueryCompiler):
    pass


class AutocompleteCompiler(FoldedQuestion, sqlite.SQLiteAutocompleteQueryCompiler):
    pass


class SQLiteBackend(sqlite.SQLiteSearchBackend):
    query_compiler_class = Compiler
    autocomplete_query_compiler_class = AutocompleteCompiler
