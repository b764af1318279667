"""Writes down what Wagtail's log leaves out: uploads and deletions in bulk, who got which rights, files taken away.

What changes in a request of the admin is noted and, when the request is over, compared with what Wagtail wrote: one
line for one deed. What commands do is written at once, as nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from wagtail.models import GroupCollectionPermission, GroupPagePermission, ModelLogEntry

from cms.statistics.reports.tokens.models import first_question_of_a_day
from pipeline.reports.openapi import QUERY_PATH

GetResponse = Callable[[HttpRequest], HttpResponseBase]

CREATE, EDIT, DELETE = "wagtail.create", "wagtail.edit", "wagtail.delete"
RIGHTS, POWERS, EXPORT = "audit.rights", "audit.powers", "audit.export"
LABEL = 200  # letters
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Deed:
    model: type[Model]
    pk: str
    label: str
    action: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Noted:
    """What a request has done so far."""

    since: datetime
    only_looks: bool
    deeds: dict[tuple[type[Model], str, str], Deed] = field(default_factory=dict)


_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


class Recording:
    """Middleware, after the one that knows the user."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(settings.ADMIN_PATH):
            return self._get_response(request)
        noted = Noted(timezone.now(), only_looks=request.method in SAFE)
        token = _noted.set(noted)
        try:
            response = self._get_response(request)
        finally:
            _noted.reset(token)
            _write_what_wagtail_did_not(noted, request)
        _note_export(request, response)
        return response


def _write_what_wagtail_did_not(noted: Noted, request: HttpRequest) -> None:
    for deed in noted.deeds.values():
        if deed.action in (CREATE, EDIT, DELETE):
            written = ModelLogEntry.objects.filter(
                content_type=ContentType.objects.get_for_model(deed.model, for_concrete_model=False),
                object_id=deed.pk,
                timestamp__gte=noted.since,
                action__endswith=f".{deed.action.rpartition('.')[2]}",
            )
            if written.exists() or (deed.action == EDIT and _is_within_another(deed, noted)):
                continue
        _write(deed, _user_of(request))


def _is_within_another(deed: Deed, noted: Noted) -> bool:
    return any((deed.model, deed.pk, other) in noted.deeds for other in (CREATE, DELETE))


def _write(deed: Deed, user: Any) -> None:
    ModelLogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(deed.model, for_concrete_model=False),
        object_id=deed.pk,
        label=deed.label[:LABEL],
        action=deed.action,
        timestamp=timezone.now(),
        user=user,
        data=deed.data,
        content_changed=deed.action != EXPORT,
        deleted=deed.action == DELETE,
    )


def _user_of(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _note_export(request: HttpRequest, response: HttpResponseBase) -> None:
    """A file that leaves the admin: the figures of a report, a list of accounts."""
    disposition = str(response.headers.get("Content-Disposition", ""))
    if response.status_code != 200 or not disposition.startswith("attachment") or not request.user.is_authenticated:
        return
    name = disposition.partition("filename=")[2].strip('"') or request.path
    _write(Deed(get_user_model(), str(request.user.pk), name, EXPORT, {"path": request.path}), request.user)


def note(instance: Model, action: str, **data: Any) -> None:
    """For signals: at the end of the request, or now if there is none."""
    deed = Deed(type(instance), str(instance.pk), str(instance), action, data)
    noted = _noted.get()
    if noted is None:
        _write(deed, None)
        return
    if noted.only_looks:
        return  # settings are made when they are first looked at
    key = (deed.model, deed.pk, action)
    if before := noted.deeds.get(key):
        merged = {name: [*before.data.get(name, []), *data.get(name, [])] for name in before.data.keys() | data.keys()}
        deed = Deed(deed.model, deed.pk, deed.label, action, merged)
    noted.deeds[key] = deed


def record_changes(models: list[type[Model]]) -> None:
    """Call once, in ``ready()``, with the models whose rows are worth a line."""
    for model in models:
        post_save.connect(_saved, sender=model)
        post_delete.connect(_deleted, sender=model)


def record_rights() -> None:
    """Call once, in ``ready()``."""
    user = get_user_model()
    m2m_changed.connect(_relation_changed, sender=user.groups.through)
    m2m_changed.connect(_relation_changed, sender=user.user_permissions.through)
    m2m_changed.connect(_relation_changed, sender=Group.permissions.through)
    for model in (GroupPagePermission, GroupCollectionPermission):
        post_save.connect(_place_given, sender=model)
        post_delete.connect(_place_taken, sender=model)
    pre_save.connect(_powers_changed, sender=user)


def record_questions() -> None:
    """Call once, in ``ready()``: figures that a program takes away under a token, one line a day."""
    first_question_of_a_day.connect(_asked)


def _asked(instance: Model, **_signal: Any) -> None:
    note(instance, EXPORT, path=QUERY_PATH)


def _saved(instance: Model, created: bool, raw: bool = False, update_fields: Any = None, **_signal: Any) -> None:
    """Outside the admin only what is new counts: a sign-in saves its account, a page its renditions."""
    if raw or (not created and (update_fields is not None or _noted.get() is None)):
        return
    note(instance, CREATE if created else EDIT)


def _deleted(instance: Model, **_signal: Any) -> None:
    note(instance, DELETE)


def _relation_changed(
    instance: Any, action: str, reverse: bool, model: type[Model], pk_set: set[Any] | None, **_signal: Any
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    word = "added" if action == "post_add" else "removed"
    others = list(model._default_manager.filter(pk__in=pk_set or ()))
    if action == "pre_clear":
        others = list(model._default_manager.filter(**{_cleared(instance, model, reverse): instance}))
    if reverse:
        for other in others:
            note(other, RIGHTS, **{word: [str(instance)]})
    elif others:
        note(instance, RIGHTS, **{word: [str(other) for other in others]})


def _cleared(instance: Any, model: type[Model], reverse: bool) -> str:
    """By which name ``model`` knows the rows that ``instance`` is about to lose."""
    if reverse:
        return "groups" if isinstance(instance, Group) else "permissions" if model is Group else "user_permissions"
    return "user" if not isinstance(instance, Group) else "group"


def _place_given(instance: Any, created: bool, raw: bool = False, **_signal: Any) -> None:
    if created and not raw:
        note(instance.group, RIGHTS, added=[_right_at(instance)])


def _place_taken(instance: Any, **_signal: Any) -> None:
    group = Group.objects.filter(pk=instance.group_id).first()
    if group:
        note(group, RIGHTS, removed=[_right_at(instance)])


def _right_at(instance: Any) -> str:
    place = instance.page if isinstance(instance, GroupPagePermission) else instance.collection
    return f"{instance.permission.codename} · {place}"


def _powers_changed(instance: Any, raw: bool = False, update_fields: Any = None, **_signal: Any) -> None:
    """Who becomes a superuser or is shut out; signing in saves the account too, with its last time alone."""
    watched = {"is_superuser", "is_active"}
    if raw or not instance.pk or (update_fields is not None and not watched & set(update_fields)):
        return
    before = type(instance)._default_manager.filter(pk=instance.pk).values(*watched).first() or {}
    now = {name: getattr(instance, name) for name in watched}
    if changed := {name for name in before if before[name] != now[name]}:
        added, removed = sorted(n for n in changed if now[n]), sorted(n for n in changed if not now[n])
        note(instance, POWERS, added=added, removed=removed)
