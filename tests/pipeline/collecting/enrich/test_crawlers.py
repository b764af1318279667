"""RE2 finds the crawlers that crawlerdetect finds, and nobody can choose letters that keep it busy."""

from __future__ import annotations

import random
import re
import string
import time
from collections.abc import Callable

import pytest
from crawlerdetect.crawlerdetect import CrawlerDetect
from crawlerdetect.providers import crawlers

from pipeline.collecting.enrich import crawlers as ours
from pipeline.collecting.enrich.agents import MAX_AGENT_CHARS, _describe
from pipeline.collecting.enrich.crawlers import is_crawler

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
LETTERS = string.ascii_letters + string.digits + " -_./;:()[]+,"
TIMES_A_COMMON_AGENT = 60  # Python's engine took 260 times as long for letters at random, and far more for chosen ones
ROUNDS = 150


def random_agents(chance: random.Random, count: int) -> list[str]:
    """Of random letters, and of pieces of the patterns themselves."""
    pieces = [re.sub(r"[^ -~]|[\\^$*+?|]", "", pattern) for pattern in crawlers.data]
    agents = ["".join(chance.choices(LETTERS, k=chance.randint(0, MAX_AGENT_CHARS))) for _ in range(count)]
    return agents + ["".join(chance.choices(pieces, k=chance.randint(1, 40)))[:MAX_AGENT_CHARS] for _ in range(count)]


def test_it_finds_what_crawlerdetect_finds() -> None:
    detect = CrawlerDetect()
    agents = [CHROME, f"{CHROME} Googlebot", "YandexSearch", "Yandex", *random_agents(random.Random(1), 150)]
    assert [is_crawler(agent) for agent in agents] == [detect.is_crawler(agent) for agent in agents]


def test_what_is_left_to_pythons_engine_is_little() -> None:
    assert len(ours._searches) <= 3


@pytest.mark.parametrize("examine", [is_crawler, _describe.__wrapped__], ids=["crawlers", "the whole of an agent"])
def test_no_letters_found_by_climbing_take_many_times_what_a_browsers_take(examine: Callable[[str], object]) -> None:
    """Keep the slowest agent and change some of it, again and again."""
    chance = random.Random(2)
    slowest = max(random_agents(chance, 50), key=lambda agent: cost(examine, agent))
    for _ in range(ROUNDS):
        at, length = chance.randrange(len(slowest) + 1), chance.randint(1, 60)
        change = chance.choice(random_agents(chance, 1))[:length]
        other = (slowest[:at] + change + slowest[at + length :])[:MAX_AGENT_CHARS]
        slowest = max(slowest, other, key=lambda agent: cost(examine, agent))

    assert cost(examine, slowest) < TIMES_A_COMMON_AGENT * cost(examine, CHROME), slowest


def cost(examine: Callable[[str], object], agent: str) -> float:
    """Processor seconds, the least of some tries."""
    tries = []
    for _ in range(3):
        began = time.thread_time()
        examine(agent)
        tries.append(time.thread_time() - began)
    return min(tries)
