from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """What readers may find of a published page: the texts of its `search_fields`, as it was published last.

    Its folded words are in the table `search_words`, which each kind of database has in its own form. Whether everybody
    may see the page is asked of the page itself.
    """

    page = models.OneToOneField(
        "wagtailcore.Page", on_delete=models.CASCADE, primary_key=True, related_name="search_entry"
    )
    kind = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey("news.Topic", null=True, on_delete=models.SET_NULL, related_name="+")
    date = models.DateField(null=True, db_index=True)
    text = models.TextField()

    class Meta:
        verbose_name = _("mục tìm kiếm")
        verbose_name_plural = _("mục tìm kiếm")

    def __str__(self) -> str:
        return self.text[:60]


class KnownWord(models.Model):
    """A folded word that a published page has, or had; for "did you mean"."""

    text = models.CharField(max_length=40, primary_key=True)

    class Meta:
        verbose_name = _("từ")
        verbose_name_plural = _("từ")

    def __str__(self) -> str:
        return self.text


class Index(models.Model):
    """One row: the version of the form in which everything is indexed."""

    version = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("chỉ mục")
        verbose_name_plural = _("chỉ mục")

    def __str__(self) -> str:
        return str(self.version)
