"""Readings of encoded, joined and compressed text."""
