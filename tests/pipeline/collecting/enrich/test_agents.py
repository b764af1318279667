from __future__ import annotations

import pytest

from pipeline.collecting.enrich import agents
from pipeline.collecting.enrich.agents import Agent, describe_agent

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-A536E) AppleWebKit/537.36 (KHTML, like Gecko)"
IOS = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system", "device"),
    [
        pytest.param(f"{WINDOWS} Chrome/141.0.0.0 Safari/537.36", "Chrome", "Windows", "desktop", id="Chrome"),
        pytest.param(
            f"{WINDOWS} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0", "Edge", "Windows", "desktop", id="Edge"
        ),
        pytest.param(
            f"{WINDOWS} coc_coc_browser/123.0.120 Chrome/117.0.0.120 Safari/537.36",
            "Coc Coc",
            "Windows",
            "desktop",
            id="Cốc Cốc",
        ),
        pytest.param(
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "Firefox",
            "Linux",
            "desktop",
            id="Firefox",
        ),
        pytest.param(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/17.0 Safari/605.1.15",
            "Safari",
            "Mac OS X",
            "desktop",
            id="Safari",
        ),
        pytest.param(
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {IOS}",
            "Mobile Safari",
            "iOS",
            "phone",
            id="iPhone",
        ),
        pytest.param(
            f"Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) {IOS}", "Mobile Safari", "iOS", "tablet", id="iPad"
        ),
        pytest.param(
            f"{ANDROID} Chrome/141.0.0.0 Mobile Safari/537.36", "Chrome Mobile", "Android", "phone", id="Android phone"
        ),
        pytest.param(f"{ANDROID} Chrome/141.0.0.0 Safari/537.36", "Chrome", "Android", "tablet", id="Android tablet"),
        pytest.param(
            f"{ANDROID} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
            "phone",
            id="Samsung",
        ),
        pytest.param(
            f"{ANDROID} Version/4.0 Chrome/115.0 Mobile Safari/537.36 Zalo android/12100698",
            "Chrome",
            "Android",
            "phone",
            id="within Zalo",
        ),
    ],
)
def test_people_are_described_by_families(user_agent: str, browser: str, system: str, device: str) -> None:
    assert describe_agent(user_agent) == Agent(browser, system, device, bot="")


@pytest.mark.parametrize(
    ("user_agent", "bot"),
    [
        pytest.param(
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", id="Googlebot"
        ),
        pytest.param(
            f"{ANDROID} Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot",
            id="Googlebot as a phone",
        ),
        pytest.param(
            "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
            "coccocbot",
            id="Cốc Cốc's crawler",
        ),
        pytest.param("curl/8.5.0", "curl", id="curl"),
        pytest.param("python-requests/2.31", "Python Requests", id="requests"),
        pytest.param(f"{WINDOWS} HeadlessChrome/120.0.0.0 Safari/537.36", "HeadlessChrome", id="headless Chrome"),
        pytest.param(
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "FacebookBot", id="Facebook"
        ),
        pytest.param("nagios-plugins", "nagios-plugins", id="a crawler whose family ua-parser does not know"),
        pytest.param("", "(none)", id="empty"),
        pytest.param("   ", "(none)", id="blank"),
    ],
)
def test_bots_are_named(user_agent: str, bot: str) -> None:
    agent = describe_agent(user_agent)
    assert (agent.bot, agent.device) == (bot, "")


@pytest.mark.parametrize(
    ("user_agent", "browser", "bot"),
    [
        pytest.param("SoCongThuong-PC-0912345678/1.0 CFNetwork/1490.0.4 Darwin/23.2.0", "other", "", id="a machine"),
        pytest.param("NguyenVanA-iPhone/12 CFNetwork/1490 Darwin/23", "other", "", id="a person's telephone"),
        pytest.param("mot-con-bo-tu-dat-ten-cho-minh-crawler/1.0", "other", "other", id="a crawler's own name"),
    ],
)
def test_a_name_that_a_program_gives_itself_is_not_kept(user_agent: str, browser: str, bot: str) -> None:
    agent = describe_agent(user_agent)
    assert (agent.browser, agent.bot) == (browser, bot)


@pytest.mark.parametrize("user_agent", ["\x00", "\xff" * 100, "(" * 5000, "Mozilla/5.0 " * 5000, "{}%s\n"])
def test_nonsense_is_described_too(user_agent: str) -> None:
    assert isinstance(describe_agent(user_agent), Agent)


def test_only_the_beginning_of_a_long_agent_is_kept_in_memory() -> None:
    beginning = f"{WINDOWS} Chrome/99.0 Safari/537.36".ljust(agents.MAX_AGENT_CHARS, "x")
    before = agents._describe.cache_info().currsize
    described = {describe_agent(beginning + "y" * length) for length in range(0, 60_000, 6_000)}
    assert len(described) == 1
    assert agents._describe.cache_info().currsize <= before + 1
