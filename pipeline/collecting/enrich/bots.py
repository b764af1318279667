"""What a bot is for and whose it is: by the patterns of crawler-user-agents, which have tags, and by a list of our own.

A bot's kind follows from its name where the name says one, so that what is stored can be looked at again: the agent's
string is not stored. Importing reads nothing; the first agent has the patterns read, without the published agents
beside them, and joined for RE2, which takes each letter of a stranger once.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import re2

MAX_NAME_CHARS = 40
MAX_MATCHES = 12  # each may read on to the end of the agent
MEMORY_BYTES = 16 << 20  # at most, for the states that RE2 remembers; when they are full it begins anew

AI = "ai"
PREVIEW = "preview"  # of a link, in a message or a post
FEED = "feed"
SCANNER = "scanner"  # looks for holes
ARCHIVE = "archive"
AUTOMATION = "automation"  # a browser that a program drives
ADVERTISING = "advertising"
SEARCH = "search"
MONITORING = "monitoring"
LIBRARY = "library"  # what programs are written with
RESEARCH = "research"
SEO = "seo"
OTHER = "other"

# The tags of crawler-user-agents; of a bot that has several, the first here holds.
KINDS = {
    "ai-crawler": AI,
    "social-preview": PREVIEW,
    "feed-reader": FEED,
    "scanner": SCANNER,
    "archiver": ARCHIVE,
    "browser-automation": AUTOMATION,
    "advertising": ADVERTISING,
    "search-engine": SEARCH,
    "monitoring": MONITORING,
    "http-library": LIBRARY,
    "academic": RESEARCH,
    "seo": SEO,
}
GENERAL = frozenset({LIBRARY, AUTOMATION, OTHER})  # say how a bot works, so that a word about its purpose says more


class Bot(NamedTuple):
    kind: str
    operator: str = ""


class Found(NamedTuple):
    """A bot's name in the lists. ``decides``: whether an agent with it is no reader's."""

    name: str
    bot: Bot
    decides: bool


# Ours, as of this day: bots that the lists lack or that ua-parser names in its own way, by their names. It goes first.
OURS_AS_OF = "2026-11-28"
OURS: Mapping[str, Bot] = {
    "coccocbot": Bot(SEARCH, "Cốc Cốc"),
    "coccocbot-image": Bot(SEARCH, "Cốc Cốc"),
    "coccocbot-web": Bot(SEARCH, "Cốc Cốc"),
    "FacebookBot": Bot(PREVIEW, "Meta"),  # ua-parser's name of facebookexternalhit
    "meta-externalads": Bot(ADVERTISING, "Meta"),
    "GmailImageProxy": Bot(PREVIEW, "Google"),
    "GooglePlusBot": Bot(PREVIEW, "Google"),
    "AppEngine-Google": Bot(LIBRARY, "Google"),  # programs of Google's customers
    "Applebot-Extended": Bot(AI, "Apple"),
    "ChatGPT-Browser": Bot(AI, "OpenAI"),
    "Anthropic-Claude": Bot(AI, "Anthropic"),
    "Google-GeminiNotebook": Bot(AI, "Google"),
    "GoogleAgent-Search": Bot(AI, "Google"),
    "Google-Pinpoint": Bot(AI, "Google"),
    "MistralAI-Index": Bot(AI, "Mistral AI"),
    "DeepseekBot": Bot(AI, "DeepSeek"),
    "KimiBot": Bot(AI, "Moonshot AI"),
    "Kimi-SearchBot": Bot(AI, "Moonshot AI"),
    "Kimi-User": Bot(AI, "Moonshot AI"),
    "xAI-Bot": Bot(AI, "xAI"),
    "HuggingFace-Bot": Bot(AI, "Hugging Face"),
    "Cohere-Command": Bot(AI, "Cohere"),
    "Bluesky Cardyb": Bot(PREVIEW, "Bluesky"),
    "YandexAdditional": Bot(SEARCH, "Yandex"),
    "bingbot": Bot(SEARCH, "Microsoft"),
    "msnbot": Bot(SEARCH, "Microsoft"),
    "YandexBot": Bot(SEARCH, "Yandex"),
    "PetalBot": Bot(SEARCH, "Huawei"),
    "AspiegelBot": Bot(SEARCH, "Huawei"),
    "Baiduspider": Bot(SEARCH, "Baidu"),
    "Bytespider": Bot(AI, "ByteDance"),
    "Pinterestbot": Bot(PREVIEW, "Pinterest"),
    "Slackbot-LinkExpanding": Bot(PREVIEW, "Slack"),
    "PingdomBot": Bot(MONITORING, "SolarWinds"),
    "StatusCake": Bot(MONITORING),
    "Site24x7": Bot(MONITORING, "Zoho"),
    "Uptime-Kuma": Bot(MONITORING),
    "Nagios": Bot(MONITORING),
    "check_http": Bot(MONITORING),
    "nagios-plugins": Bot(MONITORING),
    "kube-probe": Bot(MONITORING),
    "ELB-HealthChecker": Bot(MONITORING, "Amazon"),
    "GoogleHC": Bot(MONITORING, "Google"),
    "WebPageTest.org bot": Bot(MONITORING),
    "Tiny Tiny RSS": Bot(FEED),
    "SimplePie": Bot(FEED),
    "Netvibes": Bot(FEED),
    "projectdiscovery/nuclei": Bot(SCANNER, "ProjectDiscovery"),
    "Nmap Scripting Engine": Bot(SCANNER),
    "OpenVAS Scanner": Bot(SCANNER),
    "CensysInspect": Bot(SCANNER, "Censys"),
    "gobuster": Bot(SCANNER),
    "feroxbuster": Bot(SCANNER),
    "WPScan": Bot(SCANNER),
    "Python Requests": Bot(LIBRARY),
    "Python aiohttp": Bot(LIBRARY),
    "Python-httpx": Bot(LIBRARY),
    "Python-urllib": Bot(LIBRARY),
    "curl": Bot(LIBRARY),
    "Wget": Bot(LIBRARY),
    "Apache-HttpClient": Bot(LIBRARY),
    "http.rb": Bot(LIBRARY),
    "GuzzleHttp": Bot(LIBRARY),
    "PostmanRuntime": Bot(LIBRARY),
    "Java": Bot(LIBRARY),
    "Jersey": Bot(LIBRARY),
    "got": Bot(LIBRARY),
    "HeadlessChrome": Bot(AUTOMATION),
}
_our_names = frozenset(name.casefold() for name in OURS)

# Those of them that an agent may have anywhere; the others are names that ua-parser gives.
OUR_PATTERNS = (
    "coccocbot-image",
    "coccocbot-web",
    "meta-externalads",
    "Applebot-Extended",
    "ChatGPT-Browser",
    "Anthropic-Claude",
    "Google-GeminiNotebook",
    "GoogleAgent-Search",
    "Google-Pinpoint",
    "MistralAI-Index",
    "DeepseekBot",
    "KimiBot",
    "Kimi-SearchBot",
    "Kimi-User",
    "xAI-Bot",
    "HuggingFace-Bot",
    "Cohere-Command",
    "Bluesky Cardyb",
    "YandexAdditional",
    "projectdiscovery/nuclei",
    "Nmap Scripting Engine",
    "CensysInspect",
    "gobuster",
    "feroxbuster",
    "nagios-plugins",
    "check_http",
    "kube-probe",
    "ELB-HealthChecker",
    "GoogleHC",
    "Uptime-Kuma",
    "GuzzleHttp",
    "PostmanRuntime",
)

# Patterns that readers' agents have too: telephones, an Android of 2024, what is read within an app, programs to read
# with. They say what a bot is for that another list knows, and make no agent a bot's.
READERS_HAVE = frozenset(
    {
        r"AP3A\.240617\.008",  # a build of Android 15, on telephones of OPPO, OnePlus and Realme
        "MetaIAB Facebook",  # Meta's in-app browser
        "Sogou",  # Sogou's browser; its spider is known to crawlerdetect
        "Sonic",  # ViewSonic
        "Butterfly",  # HTC Butterfly
        "Fever",
        "Expanse",
        "Blackboard",
        "Fluid",
        r"^Silk\/",
        r"Freespoke\/",
        r"Code\/1\.",
        r"Trae\/",
        r"Notion\/",
        r"Tumblr\/",
        r"Bluesky\/",
        r"Asana\/",
        "Goodreads",
        "Viber",
        "Podimo",
        r"Overcast\/",
        "GoPay",
        r"PayPal\/",
    }
)

# Whose a bot is: by a word of its name, then by the host that its entry in crawler-user-agents leads to.
OPERATORS_BY_WORD = {
    "googl": "Google",
    "chrome-lighthouse": "Google",
    "gemini-deep-research": "Google",
    "bingbot": "Microsoft",
    "bingpreview": "Microsoft",
    "microsoftpreview": "Microsoft",
    "msnbot": "Microsoft",
    "azureai": "Microsoft",
    "skypeuripreview": "Microsoft",
    "linkedin": "LinkedIn",
    "facebook": "Meta",
    "facebot": "Meta",
    "meta-external": "Meta",
    "meta-webindexer": "Meta",
    "whatsapp": "Meta",
    "gptbot": "OpenAI",
    "chatgpt": "OpenAI",
    "oai-searchbot": "OpenAI",
    "claude": "Anthropic",
    "anthropic": "Anthropic",
    "perplexity": "Perplexity",
    "mistralai": "Mistral AI",
    "cohere": "Cohere",
    "deepseek": "DeepSeek",
    "bytespider": "ByteDance",
    "tiktok": "ByteDance",
    "amazon": "Amazon",
    "amzn-": "Amazon",
    "applebot": "Apple",
    "duckduck": "DuckDuckGo",
    "duckassist": "DuckDuckGo",
    "yandex": "Yandex",
    "baidu": "Baidu",
    "sogou": "Sogou",
    "360spider": "Qihoo 360",
    "petalbot": "Huawei",
    "naver": "Naver",
    "yahoo": "Yahoo",
    "slurp": "Yahoo",
    "seznam": "Seznam",
    "coccoc": "Cốc Cốc",
    "qwant": "Qwant",
    "mojeek": "Mojeek",
    "kagi": "Kagi",
    "ccbot": "Common Crawl",
    "archive.org": "Internet Archive",
    "ia_archiver": "Internet Archive",
    "ahrefs": "Ahrefs",
    "semrush": "Semrush",
    "mj12bot": "Majestic",
    "dataforseo": "DataForSEO",
    "twitter": "X",
    "telegram": "Telegram",
    "viber": "Rakuten Viber",
    "discord": "Discord",
    "slack": "Slack",
    "pinterest": "Pinterest",
    "redditbot": "Reddit",
    "linespider": "LINE",
    "uptimerobot": "UptimeRobot",
    "pingdom": "SolarWinds",
    "site24x7": "Zoho",
    "datadog": "Datadog",
    "cloudflare": "Cloudflare",
    "feedly": "Feedly",
    "flipboard": "Flipboard",
    "censys": "Censys",
    "qualys": "Qualys",
    "nessus": "Tenable",
}
OPERATORS_BY_HOST = {
    "google.com": "Google",
    "bing.com": "Microsoft",
    "microsoft.com": "Microsoft",
    "msn.com": "Microsoft",
    "facebook.com": "Meta",
    "openai.com": "OpenAI",
    "anthropic.com": "Anthropic",
    "perplexity.ai": "Perplexity",
    "amazon.com": "Amazon",
    "apple.com": "Apple",
    "duckduckgo.com": "DuckDuckGo",
    "yahoo.com": "Yahoo",
    "baidu.jp": "Baidu",
    "yandex.ru": "Yandex",
    "naver.com": "Naver",
    "daum.net": "Kakao",
    "archive.org": "Internet Archive",
    "archive-it.org": "Internet Archive",
    "commoncrawl.org": "Common Crawl",
    "slack.com": "Slack",
    "snapchat.com": "Snap",
    "snap.com": "Snap",
    "atlassian.com": "Atlassian",
    "automattic.com": "Automattic",
    "cloudflare.com": "Cloudflare",
    "datadoghq.com": "Datadog",
    "flipboard.com": "Flipboard",
    "sentry.io": "Sentry",
    "splunk.com": "Splunk",
    "tenable.com": "Tenable",
    "paessler.com": "Paessler",
    "uptime.com": "Uptime.com",
    "betteruptime.com": "Better Stack",
    "bl.uk": "British Library",
    "bnf.fr": "Bibliothèque nationale de France",
    "loc.gov": "Library of Congress",
    "arquivo.pt": "Arquivo.pt",
    "w3.org": "W3C",
    "mediawiki.org": "Wikimedia",
}


def find_bot(user_agent: str) -> Found | None:
    """What the lists call a bot in an agent: the first that says a purpose, else the first. None without any."""
    matches = islice(lists().search.finditer(user_agent), MAX_MATCHES)
    found = [lists().by_match(match.group(0)) for match in matches]
    if not found:
        return None
    first = next((one for one in found if one.bot.kind not in GENERAL), found[0])
    return first._replace(decides=any(one.decides for one in found))


def bot_of_name(name: str) -> Bot | None:
    """What today's lists know of a bot by its name alone."""
    known = lists().names.get(name.casefold())
    if known:
        return known.bot
    found = find_bot(f"{name}/") if name else None  # as most agents go on: Googlebot-Image/1.0
    return Bot(found.bot.kind, _operator(name, "") or found.bot.operator) if found else None


def is_name_of_bot(browser: str) -> bool:
    """Whether what is called a browser is in the lists of bots under this very name."""
    if browser.casefold() in _our_names:
        return True
    found = find_bot(f"{browser}/") if browser else None
    return found is not None and found.decides and found.name.casefold() == browser.casefold()


def name_bot(family: str, found: Found | None) -> tuple[str, Bot]:
    """A bot's name, and what it is: ``family``, as ua-parser calls it, unless the lists know of another purpose.

    ``review`` of the name must agree with it.
    """
    known = bot_of_name(family)
    if found is None:
        return family or OTHER, known or Bot(OTHER)
    if known and (known.kind == found.bot.kind or found.bot.kind in GENERAL):
        return family, known
    return found.name, found.bot


def review(name: str, stored: Bot) -> Bot:
    """What a stored bot is by today's lists: as its name says, unless that says less than what was stored."""
    known = bot_of_name(name)
    if known and (known.kind not in GENERAL or not stored.kind):
        return known
    return stored if stored.kind else Bot(OTHER, stored.operator)


class _Entry(msgspec.Struct):
    """Of crawler-user-agents; what else an entry has, its published agents above all, is never made."""

    pattern: str
    tags: list[str] = []
    url: str = ""


class _Lists(NamedTuple):
    """``names``: casefolded. ``texts``: what a match of a plain pattern reads; ``others``: patterns that are not."""

    search: "re2._Regexp[str]"
    names: Mapping[str, Found]
    texts: Mapping[str, Found]
    others: tuple[tuple["re2._Regexp[str]", Found], ...]

    def by_match(self, text: str) -> Found:
        plain = self.texts.get(text)
        return plain or next(found for pattern, found in self.others if pattern.fullmatch(text))


@cache
def lists() -> _Lists:
    names = {name.casefold(): Found(name, bot, decides=True) for name, bot in OURS.items()}
    texts = {name: names[name.casefold()] for name in OUR_PATTERNS}
    others = []
    patterns = [re2.escape(name) for name in OUR_PATTERNS]
    for entry in _entries():
        name = label_of(entry.pattern)
        bot = Bot(_kind(entry.tags), _operator(name, entry.url))
        decides = entry.pattern not in READERS_HAVE
        known = names.setdefault(name.casefold(), Found(name, bot, decides))
        found = known._replace(name=name, decides=decides)
        if plain := _plain_text(entry.pattern):
            texts.setdefault(plain, found)
        else:
            others.append((_compile(entry.pattern), found))
        patterns.append(entry.pattern)
    return _Lists(_compile("|".join(patterns)), names, texts, tuple(others))


def label_of(pattern: str) -> str:
    """A name to show: the words at a pattern's beginning."""
    text = re.sub(r"\[(\w)\w?\]", r"\1", pattern.removeprefix("^").removeprefix("(^| )"))
    text = re.sub(r"\((\w+)\|[^)]*\)", r"\1", text)
    words = re.split(r"[\[(|$*+]|\\[sSdw]", text, maxsplit=1)[0]
    return re.sub(r"\\(.)", r"\1", words).strip(" /;")[:MAX_NAME_CHARS].rstrip()


def _entries() -> Iterator[_Entry]:
    # Not by importing it: it would keep the published agents, half a megabyte, and compile them for Python's engine.
    package = find_spec("crawleruseragents")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).with_name("crawler-user-agents.json")
    yield from msgspec.json.decode(file.read_bytes(), type=list[_Entry])


def _plain_text(pattern: str) -> str:
    """What a pattern reads if it reads one text alone; else empty."""
    bare = re.sub(r"\\[^\w]", "", pattern)
    return "" if re.search(r"[\\^$.|?*+()\[\]{}]", bare) else re.sub(r"\\(.)", r"\1", pattern)


def _compile(pattern: str) -> "re2._Regexp[str]":
    options = re2.Options()
    options.never_capture = True
    options.longest_match = True  # AdsBot-Google-Mobile, though AdsBot-Google stands before it
    options.max_mem = MEMORY_BYTES
    return re2.compile(pattern, options)


def _kind(tags: list[str]) -> str:
    return next((kind for tag, kind in KINDS.items() if tag in tags), OTHER)


def _operator(name: str, url: str) -> str:
    folded = name.casefold()
    by_word = next((operator for word, operator in OPERATORS_BY_WORD.items() if word in folded), "")
    host = urlsplit(url).hostname or ""
    return by_word or OPERATORS_BY_HOST.get(".".join(host.split(".")[-2:]), "")
