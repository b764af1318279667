from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "cms.workflow"
    label = "workflow"
    verbose_name = _("Duyệt bài")

    def ready(self) -> None:
        from cms.workflow.mails import take_the_place_of_wagtails  # noqa: PLC0415

        take_the_place_of_wagtails()
