"""Mails of the workflow: Wagtail's occasions, our words, sent when what they tell of is committed.

Wagtail sends them within the transaction of the decision, which holds SQLite's only write lock meanwhile, and a mail
server that is away would fail the decision. Here it is written to the log, and the decision stands.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from wagtail.admin.mail import (
    BaseGroupApprovalTaskStateEmailNotifier,
    EmailNotificationMixin,
    GroupApprovalTaskStateSubmissionEmailNotifier,
    WorkflowStateApprovalEmailNotifier,
    WorkflowStateRejectionEmailNotifier,
    WorkflowStateSubmissionEmailNotifier,
)
from wagtail.models import Page, Site, TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

from cms.accounts.names import name_of
from cms.core.models import DepartmentSettings
from cms.workflow.deadlines import due_at

log = logging.getLogger("nhip")


class AfterCommit(EmailNotificationMixin):
    def get_context(self, instance: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(instance, **kwargs)
        context["department"] = department_of(context.get("page"))
        state = instance.workflow_state if isinstance(instance, TaskState) else instance
        context["sender"] = name_of(state.requested_by)
        if isinstance(instance, TaskState):
            context["task_state"] = instance
            context["due"] = due_at(instance.started_at)
        if task_state := context.get("task_state"):
            context["decider"] = name_of(task_state.finished_by)
        return context

    def send_notifications(self, template_set: Any, context: Any, recipients: Any, **kwargs: Any) -> bool:
        transaction.on_commit(lambda: self._send(template_set, context, recipients, **kwargs))
        return True

    def _send(self, template_set: Any, context: Any, recipients: Any, **kwargs: Any) -> None:
        try:
            self.send_emails(template_set, context, recipients, **kwargs)
        except Exception:
            log.exception("mails of the workflow could not be sent")


class Submitted(AfterCommit, GroupApprovalTaskStateSubmissionEmailNotifier):
    pass


class Begun(AfterCommit, WorkflowStateSubmissionEmailNotifier):
    pass


class Approved(AfterCommit, WorkflowStateApprovalEmailNotifier):
    pass


class Returned(AfterCommit, WorkflowStateRejectionEmailNotifier):
    pass


class Overdue(AfterCommit, BaseGroupApprovalTaskStateEmailNotifier):
    notification = "submitted"  # who wants those wants these

    def get_template_set(self, _instance: Any, **_kwargs: Any) -> dict[str, str]:
        base = f"{self.template_directory}task_state_overdue"
        return {"subject": f"{base}_subject.txt", "text": f"{base}.txt", "html": f"{base}.html"}


def department_of(page: Page | None) -> str:
    """The name before every subject."""
    site = (page.get_site() if page else None) or Site.objects.filter(is_default_site=True).first()
    return DepartmentSettings.for_site(site).name if site else ""


SENDERS = (
    (task_submitted, TaskState, Submitted(), "group_approval_task_submitted_email_notification"),
    (workflow_submitted, WorkflowState, Begun(), "workflow_state_submitted_email_notification"),
    (workflow_rejected, WorkflowState, Returned(), "workflow_state_rejected_email_notification"),
    (workflow_approved, WorkflowState, Approved(), "workflow_state_approved_email_notification"),
)


def take_the_place_of_wagtails() -> None:
    """Call in ``ready()`` of an app before Wagtail's: a signal takes one receiver for each of these names."""
    for signal, sender, receiver, name in SENDERS:
        signal.connect(receiver, sender=sender, dispatch_uid=name)
