from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.auth import LoginForm

WRONG_CODE = _(
    "Mã không đúng hoặc đã dùng rồi. Mã trong ứng dụng đổi sau mỗi 30 giây: hãy kiểm tra giờ của điện thoại, rồi nhập"
    " mã mới."
)


class PasswordForm(LoginForm):
    """Wagtail's, in Vietnamese."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["username"].widget.attrs["placeholder"] = ""
        self.fields["password"].widget.attrs["placeholder"] = ""
        self.fields["password"].label = _("Mật khẩu")
        self.error_messages["invalid_login"] = _("Sai tên đăng nhập hoặc mật khẩu. Mời nhập lại.")


class CodeForm(forms.Form):
    """A code of the app, or a recovery code unless one is setting up the app."""

    code = forms.CharField(label=_("Mã xác thực"), max_length=20)

    def __init__(self, *arguments: Any, setting_up: bool = False, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["code"].widget.attrs |= {
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
            "inputmode": "numeric" if setting_up else "text",
        }
        self.fields["code"].widget.attrs["autofocus"] = not setting_up  # there, a picture comes first
