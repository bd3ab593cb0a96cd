"""Tests of `tools/services`."""
