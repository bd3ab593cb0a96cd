"""Tests of `tools/planning`."""
