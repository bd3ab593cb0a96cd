"""Tests of `tools/dispatch`."""
