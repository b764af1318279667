from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "cms.audit"
    label = "audit"
    verbose_name = _("Nhật ký hệ thống")

    def ready(self) -> None:
        from django.apps import apps  # noqa: PLC0415
        from django.contrib.auth import get_user_model  # noqa: PLC0415
        from django.contrib.auth.models import Group  # noqa: PLC0415
        from wagtail.contrib.settings.registry import registry as settings  # noqa: PLC0415
        from wagtail.documents import get_document_model  # noqa: PLC0415
        from wagtail.images import get_image_model  # noqa: PLC0415
        from wagtail.models import Collection, CollectionViewRestriction, Site, Task, Workflow  # noqa: PLC0415
        from wagtail.snippets.models import get_snippet_models  # noqa: PLC0415

        from cms.audit.recording import record_changes, record_questions, record_rights  # noqa: PLC0415

        record_changes(
            [
                get_user_model(),
                Group,
                get_image_model(),
                get_document_model(),
                Collection,
                CollectionViewRestriction,
                Site,
                Workflow,
                *(model for model in apps.get_models() if issubclass(model, Task) and model is not Task),
                apps.get_model("wagtailredirects.Redirect"),
                apps.get_model("report_tokens.ReportToken"),
                apps.get_model("announcing.Endpoint"),
                *settings,
                *get_snippet_models(),
            ]
        )
        record_rights()
        record_questions()
