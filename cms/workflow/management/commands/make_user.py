"""The first accounts of a new site, before anybody is in the admin to make them there."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from cms.workflow.roles import NAMES, Role


class Command(BaseCommand):
    help = "Tạo tài khoản có vai trò · Make an account with a role; its password is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="tên đăng nhập · the account")
        roles = ", ".join(f"{role.value} ({NAMES[role]})" for role in Role)
        parser.add_argument("--role", required=True, choices=[role.value for role in Role], help=roles)
        parser.add_argument("--name", default="", help="họ và tên · full name")
        parser.add_argument("--email", default="", help="nhận thư về duyệt bài · gets the mails of the workflow")

    @transaction.atomic
    def handle(self, *_arguments: Any, **options: Any) -> None:
        role = Role(options["role"])
        family, _, given = options["name"].strip().rpartition(" ")
        users = get_user_model()._default_manager
        if users.filter(username=options["username"]).exists():
            raise CommandError(f"tài khoản đã có · there is such an account: {options['username']}")
        password = secrets.token_urlsafe(16)
        user = get_user_model()(
            username=options["username"], email=options["email"], first_name=given, last_name=family
        )
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        user.save()
        user.groups.add(Group.objects.get(name=NAMES[role]))
        self.stdout.write(f"{user.get_username()} · {NAMES[role]}\nMật khẩu · Password: {password}")
