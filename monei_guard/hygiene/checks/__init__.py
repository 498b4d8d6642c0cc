"""One file a repository check."""
