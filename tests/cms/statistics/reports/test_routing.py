"""Questions about traffic reach the site in both modes; the collectors' own paths and those of operations do not."""

from __future__ import annotations

from typing import Any, cast

import pytest
from asgi import ask, scope_of

from cms.web.application import Web
from pipeline.collecting.application import CollectorApplication
from pipeline.process.health import Health
from pipeline.process.http import Application, Response, responding
from pipeline.reports.openapi import OPENAPI_PATH, QUERY_PATH, SCHEMA_PATH

SITE: Application = responding(lambda scope: Response(299, scope["path"].encode()))
HEALTH = Health(alive={}, ready={})


class Nothing:
    """Stands where nobody may ask."""

    def __getattr__(self, name: str) -> Any:
        return responding(lambda _scope: Response(298))


def one_process() -> Application:
    return CollectorApplication(cast(Any, Nothing()), cast(Any, Nothing()), HEALTH, elsewhere=SITE)


def web_process() -> Application:
    return Web(HEALTH, SITE)


@pytest.mark.parametrize("mode", [one_process, web_process])
@pytest.mark.parametrize("path", [QUERY_PATH, SCHEMA_PATH, OPENAPI_PATH, "/_nhip/reports/", "/"])
async def test_they_reach_the_site(mode: Any, path: str) -> None:
    answer = await ask(mode(), scope_of(path, method="POST"))
    assert (answer.status, answer.body.decode()) == (299, path)


@pytest.mark.parametrize("mode", [one_process, web_process])
@pytest.mark.parametrize(
    "path", ["/_nhip/", "/_nhip/healthz", "/_nhip/metrics", "/_nhip/reports", "/_nhip/report/query"]
)
async def test_nothing_else_below_nhip_does(mode: Any, path: str) -> None:
    assert (await ask(mode(), scope_of(path))).status != 299


async def test_a_collector_alone_answers_none() -> None:
    alone = CollectorApplication(cast(Any, Nothing()), cast(Any, Nothing()), HEALTH)
    assert (await ask(alone, scope_of(QUERY_PATH, method="POST"))).status == 404
