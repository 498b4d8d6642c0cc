"""Asking the API whether a key still lives; the one door to the network."""
