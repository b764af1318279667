from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cms.api"
    label = "nhip_api"

    def ready(self) -> None:
        # Registrations alone: this runs in every command, and models are there only now.
        from cms.api import checks  # noqa: F401, PLC0415
        from cms.api.ahead import make_ahead  # noqa: PLC0415
        from cms.api.http.caching import addresses_of  # noqa: PLC0415
        from cms.core import purging  # noqa: PLC0415

        make_ahead()
        purging.ALSO.append(addresses_of)
