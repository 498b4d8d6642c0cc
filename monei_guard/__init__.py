"""monei-guard: credential linter and secret scanner for the Monei API (monei.cc)."""

__version__ = "0.1.0"
