"""One file a lint rule."""
