"""One file a CI system."""
