"""Tests of `tools/selectors`."""
