"""User agent → browser, system and kind of device, or the name of a bot; the string itself is not stored.

Nor is a name that a program gives itself, which may be a person's or a machine's: a name is kept if all of its words
are in the lists by which agents are known.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import ua_parser
from crawlerdetect.providers import crawlers
from ua_parser.loaders import load_lazy_builtins

from pipeline.collecting.enrich import bots
from pipeline.collecting.enrich.crawlers import is_crawler

CACHED_AGENTS = 4096
MAX_AGENT_CHARS = 512
MAX_NAME_CHARS = 40
NO_AGENT = "(none)"
OTHER = "other"


class Agent(NamedTuple):
    """Families only, such as ("Chrome", "Windows", "desktop", ""); what is said of a bot is empty for people.

    ``bot_kind``: what it is for (bots.py); ``bot_operator``: whose it is, where that is known.
    """

    browser: str
    os: str
    device: str
    bot: str
    bot_kind: str = ""
    bot_operator: str = ""


_PHONES = frozenset({"Android", "iOS", "Windows Phone", "KaiOS"})


def describe_agent(user_agent: str) -> Agent:
    """Classify a user agent. A bot is what crawlerdetect, ua-parser or crawler-user-agents knows, or an empty one."""
    return _describe(user_agent[:MAX_AGENT_CHARS].strip())


def is_known_bot(name: str) -> bool:
    """Whether the lists know a bot by its name alone."""
    return bots.bot_of_name(name) is not None or is_crawler(name) or _is_spider(ua_parser.parse(name))


@lru_cache(maxsize=CACHED_AGENTS)
def _describe(text: str) -> Agent:
    # The cache keeps the cut text: a sender can make the header as long as it likes.
    if not text:
        return Agent("", "", "", NO_AGENT, bots.OTHER)
    result = ua_parser.parse(text)
    browser = _known(result.user_agent.family) if result.user_agent else ""
    system = _known(result.os.family) if result.os else ""
    found = bots.find_bot(text)
    if _is_spider(result) or is_crawler(text) or (found and found.decides) or bots.is_name_of_bot(browser):
        name, bot = bots.name_bot(browser, found)
        return Agent(browser, system, "", name, *bot)
    return Agent(browser, system, _device(system, text), "")


def _is_spider(result: ua_parser.Result) -> bool:
    return result.device is not None and result.device.family == "Spider"


def _device(system: str, text: str) -> str:
    if system not in _PHONES:
        return "desktop"
    tablet = "iPad" in text or (system == "Android" and "Mobile" not in text)
    return "tablet" if tablet else "phone"


def _known(family: str) -> str:
    name = family[:MAX_NAME_CHARS]
    return name if all(word in _vocabulary for word in _WORD.findall(name)) else OTHER


def _words_of_the_lists() -> Iterator[str]:
    """The words of patterns, without what stands for letters in them, and of names."""
    agents, systems, _devices = load_lazy_builtins()
    matchers: list[Any] = [*agents, *systems]
    for matcher in matchers:
        yield from _WORD.findall(_CLASS.sub(" ", matcher.regex))
        yield from _WORD.findall(matcher.family or "")
    for pattern in crawlers.data:
        yield from _WORD.findall(_CLASS.sub(" ", pattern))


_WORD = re.compile(r"\w+")
_CLASS = re.compile(r"\\\w")  # such as \d
_vocabulary = frozenset(_words_of_the_lists()) | {"coccocbot"}  # of Cốc Cốc, which the lists lack
