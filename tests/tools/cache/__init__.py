"""Tests of `tools/cache`."""
