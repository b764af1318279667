"""Brings the CMS up to date before it serves: migrations, the demo site, the first administrator."""

import os
import secrets

from django.core.management import call_command

from cms.runtime.set_up import set_up
from cms.runtime.terminal import step
from pipeline.errors import ConfigurationError


def prepare_site() -> str | None:
    """Bring the CMS up to date; returns the words about the new admin's password, None if there is an admin already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.embedded")
    with step("Nạp ứng dụng", "Loading the application"):
        set_up()
    with step("Chuẩn bị cơ sở dữ liệu", "Preparing the database"):
        call_command("migrate", verbosity=0, interactive=False)
    from cms.search.entries import is_outdated, rebuild
    from cms.statistics.balances import left_pending

    if is_outdated():
        with step("Lập chỉ mục tìm kiếm", "Indexing for search"):
            rebuild()

    with left_pending():
        call_command("load_demo", verbosity=0)
    return _make_admin()


def _make_admin() -> str | None:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from cms.workflow.roles import NAMES, Role

    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return None
    chosen = os.environ.get("NHIP_ADMIN_PASSWORD")
    if chosen == "":
        raise ConfigurationError(
            "NHIP_ADMIN_PASSWORD is set but empty; give it a value or unset it", variable="NHIP_ADMIN_PASSWORD"
        )
    if chosen:
        _check(chosen)
    password = chosen or secrets.token_urlsafe(16)
    admin = users.create_superuser(username="admin", email="", password=password)
    admin.groups.set(Group.objects.filter(name=NAMES[Role.ADMINISTRATOR]))
    return "như trong · as set in NHIP_ADMIN_PASSWORD" if chosen else f"{password} (chỉ hiện lần này · shown once)"


def _check(password: str) -> None:
    """Raises ConfigurationError if it is no better than the passwords that guessers try first."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(password, get_user_model()(username="admin"))
    except ValidationError as error:
        raise ConfigurationError(
            f"NHIP_ADMIN_PASSWORD: {' '.join(error.messages)} · too easy to guess; want 12 characters or more, such as"
            " the output of: openssl rand -hex 16",
            variable="NHIP_ADMIN_PASSWORD",
        ) from error
