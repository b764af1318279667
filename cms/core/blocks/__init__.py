"""The blocks of a body, the same in every page type of the portal.

The database keeps a body as JSON; its blocks are read together, with one query for each kind of chooser in it however
many blocks there are.
"""

from cms.core.blocks.body import BodyBlock, images_of

__all__ = ["BodyBlock", "images_of"]
