"""Makes the groups of the roles and the workflow. Migrations call this with their own models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db.models import Model

from cms.workflow.roles import ACTIONS, NAMES, STAGES, WORKFLOW, Action, Role

WAGTAILS_GROUPS = ("Editors", "Moderators")


def make_roles(apps: Any, using: str) -> None:
    """A group for each role with the rights of its row. A group that has such a name already keeps its own rights."""
    groups = apps.get_model("auth.Group").objects.using(using)
    made = {role for role, name in NAMES.items() if groups.get_or_create(name=name)[1]}
    give_rights(apps, using, ACTIONS, to=made)


def give_rights(apps: Any, using: str, keys: Iterable[str], *, to: Iterable[Role] = tuple(Role)) -> None:
    """Add the rights of these rows to the groups of the roles that have them."""
    for app in installed.get_app_configs():  # a migration may run before Django has made its permissions
        create_permissions(app, verbosity=0, interactive=False, using=using)
    for role in to:
        group = apps.get_model("auth.Group").objects.using(using).get(name=NAMES[role])
        for key in keys:
            if role in ACTIONS[key].roles:
                _give(apps, using, group, ACTIONS[key])


def _give(apps: Any, using: str, group: Any, action: Action) -> None:
    root = apps.get_model("wagtailcore.Page").objects.using(using).get(depth=1)
    for codename in action.pages:
        permission = _permission(apps, using, f"wagtailcore.{codename}")
        rows = apps.get_model("wagtailcore.GroupPagePermission").objects.using(using)
        rows.get_or_create(group=group, page=root, permission=permission)
    collection = apps.get_model("wagtailcore.Collection").objects.using(using).get(depth=1)
    for name in action.collections:
        rows = apps.get_model("wagtailcore.GroupCollectionPermission").objects.using(using)
        rows.get_or_create(group=group, collection=collection, permission=_permission(apps, using, name))
    group.permissions.add(*(_permission(apps, using, name) for name in action.permissions))


def _permission(apps: Any, using: str, name: str) -> Model:
    app, codename = name.split(".")
    found: Model = (
        apps.get_model("auth.Permission").objects.using(using).get(content_type__app_label=app, codename=codename)
    )
    return found


def make_workflow(apps: Any, using: str) -> None:
    """Editor, then leader, for every page – unless the installation has a workflow of its own there.

    Wagtail's two groups and its workflow go if nobody is in them and nothing was ever submitted; an installation that
    uses them keeps them, and an administrator chooses when the new workflow takes over.
    """
    moderators_used = _remove_unused(apps, using)
    workflow = apps.get_model("wagtailcore.Workflow").objects.using(using).create(name=WORKFLOW, active=True)
    content_type, _made = (
        apps.get_model("contenttypes.ContentType")
        .objects.using(using)
        .get_or_create(app_label="wagtailcore", model="groupapprovaltask")
    )
    for order, (name, role) in enumerate(STAGES.items()):
        task = apps.get_model("wagtailcore.GroupApprovalTask").objects.using(using)
        stage = task.create(name=name, content_type=content_type, active=True)
        stage.groups.add(apps.get_model("auth.Group").objects.using(using).get(name=NAMES[role]))
        steps = apps.get_model("wagtailcore.WorkflowTask").objects.using(using)
        steps.create(workflow=workflow, task=stage, sort_order=order)
    root = apps.get_model("wagtailcore.Page").objects.using(using).get(depth=1)
    if not moderators_used:
        places = apps.get_model("wagtailcore.WorkflowPage").objects.using(using)
        places.get_or_create(page=root, defaults={"workflow": workflow})


def _remove_unused(apps: Any, using: str) -> bool:
    """Returns whether Wagtail's workflow of its group Moderators stays in use."""
    groups = apps.get_model("auth.Group").objects.using(using)
    states = apps.get_model("wagtailcore.WorkflowState").objects.using(using)
    tasks = apps.get_model("wagtailcore.GroupApprovalTask").objects.using(using)
    steps = apps.get_model("wagtailcore.WorkflowTask").objects.using(using)
    workflows = apps.get_model("wagtailcore.Workflow").objects.using(using)
    used: bool = groups.filter(name="Moderators", user__isnull=False).exists()
    mine = {task.pk for task in tasks.all() if [group.name for group in task.groups.all()] == ["Moderators"]}
    for workflow in [] if used else workflows.all():
        its = set(steps.filter(workflow=workflow).values_list("task", flat=True))
        if not its or not its <= mine:
            continue
        if states.filter(workflow=workflow).exists():
            used = True
            continue
        workflow.delete()
        tasks.filter(pk__in=its - set(steps.values_list("task", flat=True))).delete()
    for group in groups.filter(name__in=WAGTAILS_GROUPS, user__isnull=True):
        if not tasks.filter(groups=group).exists():
            group.delete()
    return used
