from django.urls import path

from cms.found.feeds import show_feed, show_feeds
from cms.found.sitemaps import show_index, show_news, show_part, show_topics
from cms.found.topics import show_topic
from cms.found.well_known import show_icon, show_manifest, show_robots, show_security

urlpatterns = [
    path("chuyen-muc/<slug:slug>/", show_topic, name="topic"),
    path("chuyen-muc/<slug:slug>/rss.xml", show_feed, {"form": "rss"}, name="topic_rss"),
    path("chuyen-muc/<slug:slug>/atom.xml", show_feed, {"form": "atom"}, name="topic_atom"),
    path("rss/", show_feeds, name="feeds"),
    path("rss.xml", show_feed, {"form": "rss"}, name="rss"),
    path("atom.xml", show_feed, {"form": "atom"}, name="atom"),
    path("sitemap.xml", show_index, name="sitemap"),
    path("sitemap-<int:part>.xml", show_part, name="sitemap_part"),
    path("sitemap-topics.xml", show_topics, name="sitemap_topics"),
    path("sitemap-news.xml", show_news, name="sitemap_news"),
    path("robots.txt", show_robots, name="robots"),
    path(".well-known/security.txt", show_security, name="security"),
    path("site.webmanifest", show_manifest, name="manifest"),
    path("favicon.ico", show_icon, {"name": "favicon.ico"}),
    path("apple-touch-icon.png", show_icon, {"name": "icon-180.png"}),
]
