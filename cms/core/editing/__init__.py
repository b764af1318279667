"""What helps editors while they write: a paste taken apart into blocks, titles that are taken already, copies."""
