"""User agent → browser, system and kind of device, or the name of a bot; the string itself is not stored."""

from functools import lru_cache
from typing import NamedTuple

import ua_parser
from crawlerdetect import CrawlerDetect

CACHED_AGENTS = 4096
MAX_AGENT_CHARS = 512
MAX_NAME_CHARS = 40
NO_AGENT = "(none)"


class Agent(NamedTuple):
    """Families only, such as ("Chrome", "Windows", "desktop", ""); ``bot`` is empty for people.

    A name is cut at MAX_NAME_CHARS: some families are names that programs give themselves.
    """

    browser: str
    os: str
    device: str
    bot: str


_crawlers = CrawlerDetect()
_PHONES = frozenset({"Android", "iOS", "Windows Phone", "KaiOS"})


def describe_agent(user_agent: str) -> Agent:
    """Classify a user agent: crawlers by the lists of crawlerdetect and ua-parser; an empty one is a bot too."""
    return _describe(user_agent[:MAX_AGENT_CHARS].strip())


@lru_cache(maxsize=CACHED_AGENTS)
def _describe(text: str) -> Agent:
    # The cache keeps the cut text: a sender can make the header as long as it likes.
    if not text:
        return Agent("", "", "", NO_AGENT)
    result = ua_parser.parse(text)
    browser = result.user_agent.family[:MAX_NAME_CHARS] if result.user_agent else ""
    system = result.os.family[:MAX_NAME_CHARS] if result.os else ""
    spider = result.device is not None and result.device.family == "Spider"
    if spider or _crawlers.is_crawler(text):
        return Agent(browser, system, "", browser or "other")
    return Agent(browser, system, _device(system, text), "")


def _device(system: str, text: str) -> str:
    if system not in _PHONES:
        return "desktop"
    tablet = "iPad" in text or (system == "Android" and "Mobile" not in text)
    return "tablet" if tablet else "phone"
