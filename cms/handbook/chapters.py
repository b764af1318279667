"""The chapters of the editors' handbook, in the order of a new colleague's first days.

The text of a chapter is ``templates/handbook/chapters/<slug>.html``; its pictures are taken by
``python tests/support/handbook_pictures.py``. It is written in Vietnamese alone: so is the office.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Chapter:
    slug: str
    title: Promise
    about: Promise

    @property
    def template(self) -> str:
        return f"handbook/chapters/{self.slug}.html"


CHAPTERS = (
    Chapter(
        "dang-nhap",
        _("Đăng nhập và bảo vệ tài khoản"),
        _("Mật khẩu, xác thực hai bước, phiên đăng nhập, khi quên mật khẩu hoặc mất điện thoại."),
    ),
    Chapter(
        "viet-bai", _("Viết một bài"), _("Từ trang trống đến bản nháp: tiêu đề, tóm tắt, các khối nội dung, xem trước.")
    ),
    Chapter(
        "anh",
        _("Ảnh và chú thích"),
        _("Chọn và tải ảnh lên, chú thích, nguồn, ảnh cho thấy gì, vùng trọng tâm; tài liệu."),
    ),
    Chapter(
        "duyet-bai",
        _("Gửi duyệt, trả lại, duyệt"),
        _("Quy trình từ người viết đến lãnh đạo; hạn; nhận xét; các phiên bản của bài."),
    ),
    Chapter("hen-gio", _("Hẹn giờ"), _("Đặt giờ xuất bản và giờ gỡ xuống; lịch của tháng; nhiều bài cùng lúc.")),
    Chapter(
        "thi-dua-khen-thuong",
        _("Trang thi đua – khen thưởng"),
        _("Sự kiện, giao ước thi đua, danh sách khen thưởng, văn bản viện dẫn."),
    ),
    Chapter("so-lieu", _("Số liệu truy cập"), _("Lượt xem, lượt truy cập, báo cáo và tải số liệu về.")),
    Chapter("co-quan", _("Thông tin cơ quan"), _("Tên cơ quan, liên hệ, chuyên mục, menu và chuyển hướng.")),
)
BY_SLUG = {chapter.slug: chapter for chapter in CHAPTERS}
