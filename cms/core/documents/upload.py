"""The form of a document's upload: only the kinds that are taken, and only if inside is what the name says."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.utils.translation import gettext_lazy as _
from wagtail.documents.forms import BaseDocumentForm

from cms.core.documents.contents import HasMacros, looks_like
from cms.core.documents.kinds import KINDS, WITH_MACROS, Kind, suffix_of
from cms.core.documents.metadata import Damaged, SaysWhere, without_metadata

TAKEN = "PDF, Word (docx, doc), Excel (xlsx, xls), PowerPoint (pptx, ppt), OpenDocument (odt, ods, odp), CSV, TXT"
TAKEN_PICTURES = "JPG, PNG, GIF, WebP, TIFF"
SAVE_AGAIN = _("Hãy mở tệp bằng phần mềm đã tạo ra nó, lưu lại đúng định dạng rồi tải lên lần nữa.")
WITHOUT_MACROS = _(
    "Không nhận tệp có macro vì macro chạy được trên máy người đọc. Hãy lưu lại thành tệp không có macro."
)

DAMAGED = _("Tệp ảnh bị hỏng hoặc chưa tải lên hết. Hãy mở ảnh, lưu lại rồi tải lên lần nữa.")
SAYS_WHERE = _(
    "Ảnh này ghi nơi chụp (GPS), mà định dạng của nó không cho gỡ ra. Hãy lưu thành JPG hoặc PNG rồi tải lên lại: "
    "cổng sẽ tự bỏ thông tin nơi chụp, máy chụp và người chụp."
)


class DocumentForm(BaseDocumentForm):
    """WAGTAILDOCS_DOCUMENT_FORM_BASE: wherever Wagtail lets somebody upload a document."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            field.widget.attrs["accept"] = ",".join(f".{suffix}" for suffix in KINDS)

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if not upload or "file" not in self.changed_data:
            return upload
        check(upload)
        return without_metadata_of(upload)


def check(upload: Any) -> None:
    """Leaves the file at its beginning. Raises ValidationError in the editor's words."""
    suffix = suffix_of(upload.name or "")
    if suffix in WITH_MACROS:
        raise ValidationError(WITHOUT_MACROS, code="macros")
    if suffix not in KINDS:
        raise ValidationError(
            _("Không nhận tệp “.%(suffix)s”. Hãy tải lên một trong các định dạng: %(taken)s, hoặc ảnh %(pictures)s."),
            code="kind",
            params={"suffix": suffix, "taken": TAKEN, "pictures": TAKEN_PICTURES},
        )
    try:
        _check_inside(upload.file, KINDS[suffix], suffix)
    except HasMacros as error:
        raise ValidationError(WITHOUT_MACROS, code="macros") from error
    finally:
        upload.file.seek(0)


def without_metadata_of(upload: Any) -> Any:
    """The upload; if it is a picture, a new one that says nothing of its maker. Raises ValidationError."""
    kind = KINDS[suffix_of(upload.name)].content_type
    if not kind.startswith("image/"):
        return upload
    try:
        content = without_metadata(upload.file.read())
    except Damaged as error:
        raise ValidationError(DAMAGED, code="damaged") from error
    except SaysWhere as error:
        raise ValidationError(SAYS_WHERE, code="place") from error
    return InMemoryUploadedFile(BytesIO(content), "file", upload.name, kind, len(content), None)


def _check_inside(file: Any, kind: Kind, suffix: str) -> None:
    if kind.is_inside(file):
        return
    if kind.content_type.startswith("text/"):
        raise ValidationError(
            _("Tệp .%(suffix)s phải là văn bản Unicode (UTF-8). Hãy lưu lại với bảng mã UTF-8 rồi tải lên lần nữa."),
            code="text",
            params={"suffix": suffix},
        )
    raise ValidationError(
        _("Đuôi tệp là .%(suffix)s nhưng bên trong không phải như vậy%(other)s. %(save_again)s"),
        code="inside",
        params={"suffix": suffix, "other": _other(file), "save_again": SAVE_AGAIN},
    )


def _other(file: Any) -> str:
    """What it seems to be instead, if that is plain."""
    found = sorted(looks_like(file).intersection({*KINDS, "exe", "html", "svg", "zip", "rar", "7z"}))
    return f" (giống tệp .{found[0]})" if len(found) == 1 else ""
