"""Tests of `tools/intents`."""
