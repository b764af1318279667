"""The form of the department's settings, as a browser sends it."""

from __future__ import annotations

from cms.core.models import DepartmentSettings


def department_form(**changes: str) -> dict[str, str]:
    """The fields of a department that has nothing but what it must have, with these changes."""
    plain = DepartmentSettings()
    fields = [field for field in plain._meta.fields if field.editable and not field.is_relation]
    streams = {f"{field.name}-count": "0" for field in fields if hasattr(field, "stream_block")}
    texts = {field.name: str(field.value_from_object(plain) or "") for field in fields if field.name not in ("id",)}
    return {name: value for name, value in texts.items() if f"{name}-count" not in streams} | streams | changes
