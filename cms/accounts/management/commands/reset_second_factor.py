"""For an administrator who has lost phone and recovery codes, when no other is left to reset it in the admin."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.accounts import journal, second_factor
from cms.accounts.models import Outcome


class Command(BaseCommand):
    help = "Đặt lại xác thực hai bước của một tài khoản · Take the second factor from an account, and end its sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", help="tên đăng nhập · the account")
        parser.add_argument("--all", action="store_true", help="mọi tài khoản · all accounts, after a new secret key")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        username, everybody = options["username"], options["all"]
        if bool(username) == everybody:
            raise CommandError("cần tên đăng nhập, hoặc --all · want an account, or --all")
        users = get_user_model()._default_manager
        found = list(users.all() if everybody else users.filter(username=username))
        if not found:
            raise CommandError(f"không có tài khoản · no such account: {username}")
        for user in found:
            self._reset(user)

    def _reset(self, user: Any) -> None:
        had = second_factor.reset(user)
        journal.record(None, user, Outcome.FACTOR_RESET)
        done = "đã đặt lại, mọi phiên đã đăng xuất · reset, every session is ended"
        none = "chưa bật; mọi phiên đã đăng xuất · was not on; every session is ended"
        self.stdout.write(f"{user.get_username()}: {done if had else none}")
