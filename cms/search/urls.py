from django.urls import path

from cms.search.views import show_results, suggest

urlpatterns = [
    path("", show_results, name="search"),
    path("goi-y.json", suggest, name="suggestions"),
]
