"""Why no smaller picture was made. Pages go on without the picture: Wagtail's tags catch the base class."""

from wagtail.images.models import SourceImageIOError


class PictureError(SourceImageIOError):
    """No smaller picture was made of this one."""


class Unreadable(PictureError):
    """It is no picture, or not a whole one."""


class NoRoom(PictureError):
    """The disk takes no more pictures."""


class TooHeavy(PictureError):
    """It needs more memory or time than there is for it."""
