"""One frozen report value, one file a format."""
