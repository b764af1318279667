"""What is kept of the workflow beside Wagtail's own."""

from __future__ import annotations

from django.db import models
from wagtail.models import TaskState


class Reminder(models.Model):
    """Of a stage that is overdue its reviewers were reminded, once."""

    task_state = models.OneToOneField(TaskState, models.CASCADE, primary_key=True, related_name="+")
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task_state_id}"
