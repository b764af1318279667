"""Addresses of signing in, before those of Wagtail that have the same path."""

from django.urls import path
from django.views.generic import RedirectView
from wagtail.documents.views.serve import authenticate_with_password as open_documents
from wagtail.views import authenticate_with_password as open_page

from cms.accounts.views import ResetPassword, SignIn, ask_for_code, with_counted_tries

urlpatterns = [
    path("admin/login/", SignIn.as_view(), name="wagtailadmin_login"),
    path("admin/login/code/", ask_for_code, name="accounts_code"),
    path("admin/password_reset/", ResetPassword.as_view(), name="wagtailadmin_password_reset"),
    path("_util/login/", RedirectView.as_view(pattern_name="wagtailadmin_login", query_string=True)),
    path(
        "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
        with_counted_tries(open_page, kind="page", named="page_view_restriction_id"),
        name="wagtailcore_authenticate_with_password",
    ),
    path(
        "documents/authenticate_with_password/<int:restriction_id>/",
        with_counted_tries(open_documents, kind="collection", named="restriction_id"),
        name="wagtaildocs_authenticate_with_password",
    ),
]
