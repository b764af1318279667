"""How large a picture may be, and what making a smaller one of it may cost."""

# Full-frame cameras and telephones make up to 64 megapixels.
MAX_PIXELS = 80_000_000
MAX_UPLOAD_BYTES = 40 * 1024 * 1024
# What an older library may hold; nothing above is looked at.
MAX_PIXELS_OF_A_HEADER = 128_000_000

# A decoder needs up to 16 bytes a pixel. Three pictures of this size may be read at once (an image's renditions
# are made in three threads).
MAX_PIXELS_IN_PROCESS = 2_500_000

# One child at a time. Most of a large picture's memory is its pixels, 4 bytes each.
CHILD_MEMORY_BYTES = 512 * 1024 * 1024
CHILD_CPU_SECONDS = 20
CHILD_SECONDS = 60.0
WAIT_SECONDS = 60.0

# The child's exit codes
UNREADABLE = 3
TOO_LARGE = 4
