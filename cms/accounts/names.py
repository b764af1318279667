"""Names as Vietnamese write them: *họ và tên* in one field, the family's name first and one's own last."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.account import NameEmailForm
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import UserViewSet

ACCOUNT_FIELDS = ("username", "full_name", "email", "password1", "password2", "is_active")
MOST_LETTERS = 150  # as many as Django has for each half


def split_name(full_name: str) -> tuple[str, str]:
    """Family's and middle names; one's own name. A single word is one's own."""
    family, _blank, own = " ".join(unicodedata.normalize("NFC", full_name).split()).rpartition(" ")
    return family, own


def full_name(user: Any) -> str:
    """``get_full_name`` of every account, in the order in which ``split_name`` took it apart."""
    return f"{user.last_name} {user.first_name}".strip()


def name_of(user: Any) -> str:
    """Full name, else the account's; empty for nobody."""
    return "" if user is None else full_name(user) or str(user.get_username())


class FullName(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none
    """Has one field for what Django keeps as ``last_name`` and ``first_name``."""

    first_name = None
    last_name = None
    full_name = forms.CharField(
        label=_("Họ và tên"), max_length=MOST_LETTERS, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.initial.setdefault("full_name", full_name(self.instance))

    @property
    def account_fields(self) -> list[forms.BoundField]:
        """Those of the form's first tab, in their order."""
        return [self[name] for name in ACCOUNT_FIELDS if name in self.fields]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if "full_name" in self.cleaned_data:
            self.instance.last_name, self.instance.first_name = split_name(self.cleaned_data["full_name"])
        return cleaned


NAMES = {"first_name", "last_name"}


class NewAccountForm(FullName, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields - NAMES


class AccountForm(FullName, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields - NAMES


class OwnNameForm(FullName, NameEmailForm):
    field_order = ("full_name", "email")

    class Meta(NameEmailForm.Meta):
        fields = ("email",)


class Accounts(UserViewSet):
    def get_form_class(self, for_update: bool = False) -> type[FullName]:
        return AccountForm if for_update else NewAccountForm


def use_full_names() -> None:
    from wagtail.admin.views.account import NameEmailSettingsPanel  # noqa: PLC0415

    get_user_model().get_full_name = full_name  # type: ignore[assignment, method-assign]
    NameEmailSettingsPanel.form_class = OwnNameForm
