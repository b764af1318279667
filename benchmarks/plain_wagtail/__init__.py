"""A Wagtail site as `wagtail start` makes it, to compare with: a title, rich text, a menu. Nothing is kept of pages."""

ARTICLE_PATH = "/bai-viet/"
MENU = ("Giới thiệu", "Tin tức", "Văn bản", "Dịch vụ công", "Hỏi đáp", "Liên hệ")
