from __future__ import annotations

from typing import Any

from modelsearch.backends.database.postgres import postgres

from cms.search.backends.folded import folded
from cms.search.folding import fold


class FoldedTexts(postgres.ObjectIndexer):
    def prepare_value(self, value: Any) -> str:
        return fold(super().prepare_value(value))


postgres.ObjectIndexer = FoldedTexts


class FoldedQuestion:
    def build_tsquery_content(self, query: Any, **options: Any) -> Any:
        return super().build_tsquery_content(folded(query), **options)  # type: ignore[misc]


class Compiler(FoldedQuestion, postgres.PostgresSearchQueryCompiler):
    pass


class AutocompleteCompiler(FoldedQuestion, postgres.PostgresAutocompleteQueryCompiler):
    pass


class PostgresBackend(postgres.PostgresSearchBackend):
    query_compiler_class = Compiler
    autocomplete_query_compiler_class = AutocompleteCompiler
