"""Tests of `tools/exposure`."""
