"""Every model of the plugin; import models from here."""

from wagtail_emulation.models.pages import EmulationIndexPage, EmulationPage
from wagtail_emulation.models.rows import (
    AgreementSignatory,
    CitedDirective,
    Commendation,
    EmulationAgreement,
    EmulationPageKind,
)

__all__ = [
    "AgreementSignatory",
    "CitedDirective",
    "Commendation",
    "EmulationAgreement",
    "EmulationIndexPage",
    "EmulationPage",
    "EmulationPageKind",
]
