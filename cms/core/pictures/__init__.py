"""Pictures: what may be uploaded, and how one becomes a smaller one without the memory of the large one.

An uploaded picture is known by its header. Its pixels are read only to make a smaller picture of it, and those of a
large one only in a child process, within limits.
"""
