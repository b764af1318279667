"""Names of permissions, as forms and the audit show them. They are in the database, and Django writes English ones."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth import get_permission_codename
from django.contrib.auth.management import create_permissions
from django.utils import translation
from django.utils.translation import gettext

ACTIONS = {"add": "Thêm {}", "change": "Sửa {}", "delete": "Xóa {}", "view": "Xem {}", "choose": "Chọn {}"}
MOST_LETTERS = 255


def name_permissions(app_config: AppConfig, using: str, apps: Any, **_more: Any) -> None:
    """After migrations: the names of this app's permissions in the site's language. Nobody edits them."""
    create_permissions(app_config, verbosity=0, using=using, apps=apps)  # its own receiver may come later
    try:
        permissions = apps.get_model("auth.Permission").objects.using(using)
    except LookupError:
        return
    changed = []
    with translation.override("vi"):
        for permission in permissions.filter(content_type__app_label=app_config.label).select_related("content_type"):
            name = _name(app_config, permission)[:MOST_LETTERS]
            if name != permission.name:
                permission.name = name
                changed.append(permission)
    permissions.bulk_update(changed, ["name"])


def _name(app_config: AppConfig, permission: Any) -> str:
    try:
        options = app_config.get_model(permission.content_type.model)._meta
    except LookupError:  # of a model that is no more
        return str(permission.name)
    for action, words in ACTIONS.items():
        if permission.codename == get_permission_codename(action, options):
            declared = dict(options.permissions).get(permission.codename, "Can ")
            return words.format(options.verbose_name) if declared.startswith("Can ") else gettext(declared)
    return gettext(permission.name)
