"""Bots have a kind and an operator; readers in an application's window, or on a telephone named like a bot, stay."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.enrich import bots
from pipeline.collecting.enrich.agents import MAX_AGENT_CHARS, describe_agent
from pipeline.collecting.enrich.bots import Bot, find_bot, review

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WINDOWS} Chrome/141.0.0.0 Safari/537.36"
ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-A536E) AppleWebKit/537.36 (KHTML, like Gecko)"
WEB_VIEW = (
    "Mozilla/5.0 (Linux; Android 13; SM-A536E Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Version/4.0 Chrome/125.0.6422.165 Mobile Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
COMPATIBLE = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {}; +https://example.org/bot)"

SLOWEST_TIMES = 100  # what a browser's agent takes; it is 37, and was 210 while every word of an agent was looked at

file = Path(str(find_spec("crawleruseragents").origin)).with_name("crawler-user-agents.json")  # type: ignore[union-attr]
PUBLISHED: list[dict[str, Any]] = msgspec.json.decode(file.read_bytes())


@pytest.mark.parametrize(
    ("user_agent", "name", "kind", "operator"),
    [
        pytest.param("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "search",
                     "Google", id="Google"),
        pytest.param("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bingbot", "search",
                     "Microsoft", id="Bing"),
        pytest.param("Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)", "coccocbot",
                     "search", "Cốc Cốc", id="Cốc Cốc's crawler"),
        pytest.param("Mozilla/5.0 (compatible; coccocbot-image/1.0; +http://help.coccoc.com/searchengine)", "coccocbot",
                     "search", "Cốc Cốc", id="Cốc Cốc's crawler of pictures"),
        pytest.param(COMPATIBLE.format("GPTBot/1.2"), "GPTBot", "ai", "OpenAI", id="GPTBot"),
        pytest.param(COMPATIBLE.format("ChatGPT-User/1.0"), "ChatGPT-User", "ai", "OpenAI", id="ChatGPT for a person"),
        pytest.param(COMPATIBLE.format("ClaudeBot/1.0"), "ClaudeBot", "ai", "Anthropic", id="ClaudeBot"),
        pytest.param(COMPATIBLE.format("PerplexityBot/1.0"), "PerplexityBot", "ai", "Perplexity", id="Perplexity"),
        pytest.param(COMPATIBLE.format("KimiBot/1.0"), "KimiBot", "ai", "Moonshot AI", id="Kimi, of our own list"),
        pytest.param("Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)", "Bytespider", "ai",
                     "ByteDance", id="Bytespider"),
        pytest.param("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "FacebookBot",
                     "preview", "Meta", id="a link on Facebook"),
        pytest.param("TelegramBot (like TwitterBot)", "TelegramBot", "preview", "Telegram", id="a link in Telegram"),
        pytest.param("WhatsApp/2.23.20.0 A", "WhatsApp", "preview", "Meta", id="a link in WhatsApp"),
        pytest.param("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "UptimeRobot",
                     "monitoring", "UptimeRobot", id="UptimeRobot"),
        pytest.param("check_http/v2.3.3 (nagios-plugins 2.3.3)", "check_http", "monitoring", "", id="Nagios"),
        pytest.param("kube-probe/1.29", "kube-probe", "monitoring", "", id="Kubernetes"),
        pytest.param("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 5 subscribers)", "Feedly", "feed", "Feedly",
                     id="Feedly"),
        pytest.param("Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
                     "Nmap Scripting Engine", "scanner", "", id="Nmap"),
        pytest.param("sqlmap/1.7.2#stable (https://sqlmap.org)", "sqlmap", "scanner", "", id="sqlmap"),
        pytest.param("curl/8.5.0", "curl", "library", "", id="curl"),
        pytest.param("python-requests/2.31", "Python Requests", "library", "", id="requests"),
        pytest.param(f"{WINDOWS} HeadlessChrome/120.0.0.0 Safari/537.36", "HeadlessChrome", "automation", "",
                     id="a browser without a window"),
        pytest.param("Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
                     "archive.org_bot", "archive", "Internet Archive", id="the Internet Archive"),
        pytest.param("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "AhrefsBot", "seo", "Ahrefs",
                     id="Ahrefs"),
        pytest.param("AdsBot-Google (+http://www.google.com/adsbot.html)", "AdsBot-Google", "advertising", "Google",
                     id="Google's advertisements"),
        pytest.param("mot-con-bo-tu-dat-ten-cho-minh-crawler/1.0", "other", "other", "", id="one that nobody knows"),
        pytest.param("", "(none)", "other", "", id="none"),
    ],
)  # fmt: skip
def test_a_bot_has_a_kind_and_an_operator(user_agent: str, name: str, kind: str, operator: str) -> None:
    agent = describe_agent(user_agent)
    assert (agent.bot.casefold(), agent.bot_kind, agent.bot_operator) == (name.casefold(), kind, operator)


@pytest.mark.parametrize(
    "user_agent",
    [
        pytest.param(f"{WEB_VIEW} Zalo android/12100698 ZaloTheme/light ZaloLanguage/vi", id="Zalo on Android"),
        pytest.param(f"{IPHONE} Mobile/15E148 Zalo iOS/25.07.01 ZaloTheme/light ZaloLanguage/vi", id="Zalo on iPhone"),
        pytest.param(f"{WEB_VIEW} [FB_IAB/FB4A;FBAV/470.0.0.45.109;]", id="Facebook on Android"),
        pytest.param(f"{WEB_VIEW} MetaIAB Facebook", id="Facebook on Android, lately"),
        pytest.param(f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.45.109;FBBV/1]", id="Facebook on iPhone"),
        pytest.param(f"{IPHONE} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/520.0.0.30.109]", id="Messenger"),
        pytest.param(f"{WEB_VIEW} Instagram 406.0.0.58.159 Android", id="Instagram"),
        pytest.param(f"{WEB_VIEW} Viber", id="Viber's window"),
        pytest.param(f"{IPHONE} Mobile/15E148 musical_ly_34.1.0 BytedanceWebview/d8a21c6", id="TikTok"),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36",
            id="a telephone of OPPO with Android 15",
        ),
        pytest.param(f"{WINDOWS} coc_coc_browser/123.0.120 Chrome/117.0.0.120 Safari/537.36", id="Cốc Cốc"),
        pytest.param(f"{ANDROID} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", id="Samsung Internet"),
        pytest.param(
            "Mozilla/5.0 (Linux; U; Android 4.3; en-US; ViewSonic A8+ Build/JLS36C) AppleWebKit/534.30 (KHTML, like"
            " Gecko) Version/4.0 UCBrowser/11.0.5.892 U3/0.8.0 Mobile Safari/534.30",
            id="UC on a ViewSonic",
        ),
        pytest.param(
            "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; vi) Presto/2.12.423 Version/12.16", id="Opera Mini"
        ),
        pytest.param(f"{ANDROID} Chrome/120.0.0.0 Mobile Safari/537.36 OPR/76.2.4027.73374", id="Opera"),
        pytest.param(f"{WINDOWS} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0", id="Edge"),
        pytest.param(
            "Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.182"
            " Odin/88.4324.2.10 Safari/537.36 Model/Hisense-MT9602",
            id="a television whose browser is called Odin, as a bot is",
        ),
        pytest.param(f"{WINDOWS} Notion/3.1.0 Chrome/120.0 Electron/28.0 Safari/537.36", id="Notion's window"),
        pytest.param(CHROME, id="Chrome"),
    ],
)
def test_readers_stay_readers(user_agent: str) -> None:
    agent = describe_agent(user_agent)
    assert (agent.bot, agent.bot_kind, agent.bot_operator) == ("", "", "")


def test_a_word_about_the_purpose_says_more_than_one_about_the_way() -> None:
    agent = describe_agent(f"{WINDOWS} HeadlessChrome/120.0 Safari/537.36 GPTBot/1.0")
    assert (agent.bot_kind, agent.bot_operator) == ("ai", "OpenAI")


def test_the_longest_name_of_a_family_is_taken() -> None:
    assert find_bot("AdsBot-Google-Mobile") == ("AdsBot-Google-Mobile", ("advertising", "Google"), True)


def test_every_tag_of_the_package_has_a_kind() -> None:
    assert {tag for entry in PUBLISHED for tag in entry["tags"]} == bots.KINDS.keys()


def test_every_pattern_of_the_package_has_a_name_that_may_be_stored() -> None:
    names = [bots.label_of(entry["pattern"]) for entry in PUBLISHED]
    assert [name for name in names if not name or len(name) > bots.MAX_NAME_CHARS or not name.isprintable()] == []


def test_what_readers_have_too_is_in_the_package() -> None:
    assert bots.READERS_HAVE - {entry["pattern"] for entry in PUBLISHED} == set()
    assert set(bots.OUR_PATTERNS) <= bots.OURS.keys()


def test_the_published_agents_are_found_and_their_tags_are_ours() -> None:
    """The judge of docs/measurements.md. The package's own patterns that readers have too are none of a bot's."""
    found: Counter[str] = Counter()
    for entry in PUBLISHED:
        kinds = {bots.KINDS[tag] for tag in entry["tags"]}
        for user_agent in entry["instances"]:
            agent = describe_agent(user_agent)
            found["all"] += 1
            found["bots"] += bool(agent.bot)
            found["of the kind"] += agent.bot_kind in kinds
            assert agent.bot or entry["pattern"] in bots.READERS_HAVE, user_agent
    assert found["bots"] / found["all"] > 0.99
    assert found["of the kind"] / found["all"] > 0.99


names = st.one_of(
    st.sampled_from(sorted(bots.OURS)),
    st.sampled_from([bots.label_of(entry["pattern"]) for entry in PUBLISHED]),
    st.text(max_size=20),
)
kinds = st.sampled_from(["", *bots.KINDS.values(), bots.OTHER])


@given(name=names, kind=kinds)
def test_a_second_review_changes_nothing(name: str, kind: str) -> None:
    once = review(name, Bot(kind, ""))
    assert once.kind
    assert review(name, once) == once


published = st.sampled_from([agent for entry in PUBLISHED for agent in entry["instances"]])


@given(pieces=st.lists(st.one_of(published, names, st.just(CHROME)), min_size=1, max_size=3))
def test_what_is_stored_of_a_view_is_what_its_name_says_today(pieces: list[str]) -> None:
    """So that ``nhip reclassify lists`` changes nothing of what was collected with the same lists."""
    agent = describe_agent(" ".join(pieces))
    if agent.bot:
        assert review(agent.bot, Bot(agent.bot_kind, agent.bot_operator)) == (agent.bot_kind, agent.bot_operator)
        assert len(agent.bot) <= bots.MAX_NAME_CHARS
    else:
        assert not bots.is_name_of_bot(agent.browser)


@given(st.text(max_size=600))
def test_nonsense_has_a_kind_or_none(text: str) -> None:
    agent = describe_agent(text)
    assert bool(agent.bot) == bool(agent.bot_kind)


def test_no_letters_keep_the_lists_busy() -> None:
    """Pieces of the patterns, as many as an agent holds; those that go on to the end of it above all."""
    chance = random.Random(3)
    pieces = [bots.label_of(entry["pattern"]) for entry in PUBLISHED]
    hostile = [" ".join(chance.choices(pieces, k=60))[:MAX_AGENT_CHARS] for _ in range(50)]
    hostile += [word * MAX_AGENT_CHARS for word in ("Spider", "Current", "ContextualBot", "(", "[[", "BW/", "S")]
    ordinary = cost(CHROME)
    assert max(cost(agent[:MAX_AGENT_CHARS]) for agent in hostile) < SLOWEST_TIMES * ordinary


def cost(agent: str) -> float:
    tries = []
    for _ in range(3):
        began = time.thread_time()
        find_bot(agent)
        tries.append(time.thread_time() - began)
    return min(tries)


def test_importing_reads_no_list() -> None:
    """Commands that look at no agent do not pay for the lists, and the package's published agents are never kept."""
    code = (
        "import sys; from pipeline.collecting.enrich import bots;"
        "assert bots.lists.cache_info().currsize == 0; bots.find_bot('x');"
        "assert bots.lists.cache_info().currsize == 1 and 'crawleruseragents' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
