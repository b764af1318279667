"""The screens of signing in, of one's own account, and of an administrator who helps somebody."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.views.account import LoginView, PasswordResetView

from cms.accounts import browsers, journal, second_factor, sessions, tries, uncounted
from cms.accounts.forms import WRONG_CODE, CodeForm
from cms.accounts.models import Outcome
from cms.accounts.signing_in import BY_FACTOR, await_code, awaited, complete

View = Callable[..., HttpResponseBase]


class SignIn(LoginView):
    """The password; then the code of who has a second factor."""

    def form_valid(self, form: Any) -> HttpResponse:
        user, remember = form.get_user(), bool(form.cleaned_data.get("remember"))
        if second_factor.authenticator_of(user):
            await_code(self.request, user, remember=remember, to=self.get_success_url())
            return redirect("accounts_code")
        return _sign_in(self.request, user, how=Outcome.PASSWORD, remember=remember, to=self.get_success_url())


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def ask_for_code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in."""
    waiting = awaited(request)
    if waiting is None:
        messages.warning(request, _("Đã quá thời gian nhập mã. Mời đăng nhập lại."))
        return redirect("wagtailadmin_login")
    user, asked = waiting
    form = CodeForm(request.POST or None)
    if form.is_valid():
        how = _verify(request, user, form.cleaned_data["code"])
        if how:
            return _sign_in(request, user, how=how, remember=asked["remember"], to=asked["to"])
        form.add_error("code", WRONG_CODE)
    return TemplateResponse(request, "accounts/code.html", {"form": form})


def _sign_in(request: HttpRequest, user: Any, *, how: Outcome, remember: bool, to: str) -> HttpResponse:
    complete(request, user, how=how, remember=remember)
    if how is Outcome.RECOVERY:
        left = second_factor.recovery_codes_left(user)
        messages.warning(request, _("Bạn vừa dùng một mã dự phòng, còn lại %(left)d mã.") % {"left": left})
    if how is Outcome.PASSWORD and user.has_perm("wagtailadmin.access_admin") and second_factor.needs_one(user):
        to = f"{reverse('accounts_second_factor')}?{urlencode({'next': to})}"
    response = redirect(to)
    browsers.remember(request, response, user.get_username())
    return response


def _verify(request: HttpRequest, user: Any, code: str) -> Outcome | None:
    """Raises TooManyTries."""
    try:
        charged = tries.charge_code(request, user.get_username())
    except tries.TooManyTries:
        journal.record(request, user, Outcome.SLOWED)
        raise
    with tries.counting(charged):
        how = second_factor.verify(user, code)
    if how:
        charged.give_back()
    else:
        journal.record(request, user, Outcome.WRONG_CODE)
    return how


@sensitive_post_parameters()
def set_up_second_factor(request: HttpRequest) -> HttpResponse:
    """Set it up, or see that it is on. Who has one shows a code of it before getting another."""
    if second_factor.authenticator_of(request.user):
        return _change_second_factor(request)
    form = CodeForm(request.POST or None, setting_up=True)
    if form.is_valid():
        codes = second_factor.confirm(request.user, form.cleaned_data["code"])
        if codes:
            sessions.end_others(request.user, request.session)
            request.session.cycle_key()
            request.session[BY_FACTOR] = Outcome.CODE.value
            journal.record(request, request.user, Outcome.FACTOR_SET)
            return _show_recovery_codes(request, codes)
        form.add_error("code", WRONG_CODE)
    new = second_factor.begin(request.user)
    needs = second_factor.needs_one(request.user)
    import segno  # noqa: PLC0415  # 8 MB, needed when a second factor is set up

    qr = segno.make(new.config_url, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return _page(
        request,
        "accounts/set_up.html",
        _("Xác thực hai bước"),
        form=form,
        qr=mark_safe(qr),
        key=_in_fours(new.config_url),
        needs=needs,
        days_left=second_factor.days_left(request.user) if needs else None,
        to=_next(request),
    )


def _change_second_factor(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if form.is_valid() and _verify(request, request.user, form.cleaned_data["code"]):
        if "another" in request.POST:
            second_factor.reset(request.user)
            complete(request, request.user, how=Outcome.PASSWORD, remember=False)
            return redirect("accounts_second_factor")
        journal.record(request, request.user, Outcome.NEW_RECOVERY_CODES)
        return _show_recovery_codes(request, second_factor.make_recovery_codes(request.user))
    if form.is_bound and form.is_valid():
        form.add_error("code", WRONG_CODE)
    left = second_factor.recovery_codes_left(request.user)
    return _page(request, "accounts/second_factor.html", _("Xác thực hai bước"), form=form, left=left)


def _show_recovery_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return _page(request, "accounts/recovery_codes.html", _("Mã dự phòng"), codes=codes, to=_next(request))


def show_sessions(request: HttpRequest) -> HttpResponse:
    """One's own sessions; the others can be ended."""
    if request.method == "POST":
        ended = sessions.end_others(request.user, request.session)
        journal.record(request, request.user, Outcome.OTHERS_ENDED)
        messages.success(request, _("Đã đăng xuất %(ended)d phiên khác.") % {"ended": ended})
        return redirect("accounts_sessions")
    own = sessions.open_sessions(request.user)
    idle = settings.SIGN_IN.idle_minutes
    return _page(
        request,
        "accounts/sessions.html",
        _("Phiên đăng nhập"),
        sessions=own,
        others=own.exclude(session_key=request.session.session_key).count(),
        idle=_("%(hours)d giờ") % {"hours": idle // 60}
        if idle % 60 == 0
        else _("%(minutes)d phút") % {"minutes": idle},
    )


def choose_counting(request: HttpRequest) -> HttpResponse:
    """Whether one's own views in this browser are counted."""
    if request.method != "POST":
        counted = uncounted.is_counted(request)
        return _page(request, "accounts/counting.html", _("Lượt xem của tôi"), counted=counted)
    response = redirect("accounts_counting")
    if request.POST.get("counted") == "yes":
        uncounted.count(response)
        messages.success(request, _("Từ nay, sau khi đăng xuất, lượt xem từ trình duyệt này được đếm."))
    else:
        uncounted.leave_out(response)
        messages.success(request, _("Từ nay lượt xem từ trình duyệt này không được đếm."))
    return response


def may_reset(by: Any, user: Any) -> bool:
    """Administrators of users may; of a superuser, superusers alone. One's own is changed with a code."""
    return bool(by.has_perm("auth.change_user") and by.pk != user.pk and (by.is_superuser or not user.is_superuser))


def reset_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """An administrator helps somebody who has lost phone and recovery codes."""
    user = get_object_or_404(get_user_model(), pk=user_id)
    if not may_reset(request.user, user):
        raise PermissionDenied
    if request.method == "POST":
        second_factor.reset(user)
        journal.record(None, user, Outcome.FACTOR_RESET)
        messages.success(request, _("Đã đặt lại xác thực hai bước của %(name)s.") % {"name": user.get_username()})
        return redirect("wagtailusers_users:index")
    return _page(request, "accounts/reset.html", _("Đặt lại xác thực hai bước"), person=user)


class ResetPassword(PasswordResetView):
    """Mail with a link: a few for each address, so that nobody fills a mailbox."""

    def post(self, request: HttpRequest, *arguments: Any, **more: Any) -> HttpResponse:
        """Raises TooManyTries."""
        tries.charge_reset(request, request.POST.get("email", ""))
        response: HttpResponse = super().post(request, *arguments, **more)
        return response


def with_counted_tries(view: View, *, kind: str, named: str) -> View:
    """A password form of a private page or collection, whose number is the view's argument ``named``: tries at each are
    limited as those at an account."""

    @wraps(view)
    def counted(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, **arguments)
        try:
            charged = tries.charge_password(request, f"{kind} {arguments[named]}")
        except tries.TooManyTries:
            journal.record(request, None, Outcome.SLOWED)
            raise
        with tries.counting(charged):
            response = view(request, **arguments)
        if response.status_code == 302:
            charged.give_back()
        elif response.status_code == 200:
            journal.record(request, None, Outcome.WRONG_PAGE_PASSWORD)
        return response

    return counted


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    crumbs = [
        {"url": reverse("wagtailadmin_home"), "label": _("Trang chủ")},
        {"url": reverse("wagtailadmin_account"), "label": _("Tài khoản")},
        {"url": "", "label": title},
    ]
    given = {"page_title": title, "header_title": title, "header_icon": "lock", "breadcrumbs_items": crumbs, **context}
    return TemplateResponse(request, template, given)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards, on this site alone."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if safe else reverse("wagtailadmin_home")


def _in_fours(config_url: str) -> str:
    """The secret as people type it into an app that can't read the picture."""
    secret = config_url.partition("secret=")[2].partition("&")[0].rstrip("=")
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
