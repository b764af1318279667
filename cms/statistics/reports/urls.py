"""The addresses of the reports, below the admin's."""

from __future__ import annotations

from django.urls import path

from cms.statistics.reports.live import LiveView
from cms.statistics.reports.view import ScreenView, show_first

app_name = "nhip_reports"
urlpatterns = [
    path("", show_first, name="index"),
    path("live/", LiveView.as_view(), name="live"),
    path("live/now/", LiveView.as_view(results_only=True), name="now"),
    path("<slug:name>/", ScreenView.as_view(), name="screen"),
]
