"""The scan of a whole object store."""
