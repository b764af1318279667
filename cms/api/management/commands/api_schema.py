from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from cms.api.schema.contributions import openapi


class Command(BaseCommand):
    help = "Prints the API as OpenAPI 3.1: python manage.py api_schema > openapi.json"
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(msgspec.json.format(msgspec.json.encode(openapi()), indent=2).decode())
