"""Passwords that guessers try first: those of leaks, with years and signs added, in Vietnamese too. Nobody is asked."""

from __future__ import annotations

from threading import Lock
from typing import Any

from anyascii import anyascii
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cms.core.models import DepartmentSettings

# zxcvbn's own lists have 30,000 passwords of leaks, but few Vietnamese words.
VIETNAMESE = """
    matkhau matkhaumoi khongbiet khongcho anhyeuem emyeuanh toiyeuem yeuem emyeu anhyeu concho contrau
    vietnam vietnamdongu hanoi saigon tphcm hochiminh danang haiphong cantho nguyen nguyenvan tranvan lethi
    nguyenthi phamvan admin quantri quantrivien administrator bientap canbo congchuc vanphong vanthu coquan donvi
    phongban socongthuong congthuong so cong thuong bocongthuong ubnd uybannhandan ubndtinh chinhphu gov govvn
    congthongtin thongtin tintuc thidua khenthuong nhip xinchao chaoban camon hoilamgi motngaymoi chucmungnammoi
    iloveyou
"""
LEAST_GUESSES = 1e10  # what zxcvbn calls "very unguessable": protects if the hashes leak
LONGEST_LOOKED_AT = 72  # characters; the time grows with the square


class LengthValidator(MinimumLengthValidator):
    """Django's, whose refusal is English in its Vietnamese catalogue."""

    def get_error_message(self) -> str:
        return _("Mật khẩu cần ít nhất %(least)d ký tự.") % {"least": self.min_length}


class GuessablePasswordValidator:
    """For AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError with words for people."""
        if count_guesses(password, user) < LEAST_GUESSES:
            raise ValidationError(
                _(
                    "Mật khẩu này dễ đoán: nó hay bị lộ, hoặc là từ quen thuộc ghép với số và năm. Hãy ghép"
                    " bốn từ không liên quan, hoặc để trình duyệt tạo giúp."
                ),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return _("Mật khẩu không được là mật khẩu hay bị lộ, hoặc là từ quen thuộc ghép với số, năm.")


def count_guesses(password: str, user: Any = None) -> float:
    """How many guesses find it, by somebody who knows the department's name and the account's."""
    plain, words = anyascii(password)[:LONGEST_LOOKED_AT], _words_of_the_site(user)
    together = "".join(character for character in plain if character.isalnum())
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its lists take 13 MB, and are needed when a password is set

    with _one_at_a_time:  # zxcvbn keeps the given words in a dictionary of its module
        return min(float(zxcvbn(text, user_inputs=words)["guesses"]) for text in (plain, together))


_one_at_a_time = Lock()


def _words_of_the_site(user: Any) -> list[str]:
    names = [user.get_username(), user.get_full_name()] if user else []
    for department in DepartmentSettings.objects.all():
        names += [department.name, department.parent_body]
    plain = [anyascii(name).casefold() for name in names if name]
    return [*plain, *(name.replace(" ", "").replace("-", "") for name in plain), *VIETNAMESE.split()]
