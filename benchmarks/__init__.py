"""Whole-process benchmarks; `make bench` runs them all."""
